/** Numbers of the kernel's headers: linux/netlink.h, rtnetlink.h, genetlink.h, ethtool_netlink.h, if_link.h, if_addr.h, neighbour.h, fib_rules.h, netconf.h. */
import { constants } from 'node:os';

export const { EBADMSG, EINVAL, EMSGSIZE, ENOBUFS, ENODEV, ENOENT, EPERM } = constants.errno;

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_RAW = 3;
export const NETLINK_ROUTE = 0;
export const NETLINK_GENERIC = 16;

export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_RCVBUFFORCE = 33;
export const SO_MEMINFO = 55;
/** Of the words of SO_MEMINFO: bytes that wait to be received, packets that the socket dropped, and how many words there are. */
export const MEMINFO_RECEIVED = 0;
export const MEMINFO_DROPS = 8;
export const MEMINFO_WORDS = 9;
export const SO_BINDTOIFINDEX = 62;
export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
/** NLM_F_ROOT | NLM_F_MATCH */
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
/** Of an error: the request is not repeated in it; attributes follow. */
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

export const NLMSGERR_ATTR_MSG = 1;

/** Flags in the type of an attribute: nested, and in network byte order. */
export const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;

export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  NEWADDR: 20,
  DELADDR: 21,
  GETADDR: 22,
  NEWROUTE: 24,
  DELROUTE: 25,
  GETROUTE: 26,
  NEWNEIGH: 28,
  DELNEIGH: 29,
  GETNEIGH: 30,
  NEWRULE: 32,
  DELRULE: 33,
  GETRULE: 34,
  NEWNETCONF: 80,
  DELNETCONF: 81,
  GETNETCONF: 82,
} as const;

export const GROUP = {
  LINK: 1,
  NEIGH: 3,
  IPV4_IFADDR: 5,
  IPV4_ROUTE: 7,
  IPV4_RULE: 8,
  IPV6_IFADDR: 9,
  IPV6_ROUTE: 11,
  IPV6_RULE: 19,
  IPV4_NETCONF: 24,
  IPV6_NETCONF: 25,
} as const;

export const IFF_UP = 0x1;
/** It has a carrier. */
export const IFF_LOWER_UP = 0x10000;

export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  OPERSTATE: 16,
  LINKINFO: 18,
  IFALIAS: 20,
  GROUP: 27,
  EXT_MASK: 29,
  INFO_KIND: 1,
  INFO_DATA: 2,
  MACVLAN_MODE: 1,
  VLAN_ID: 1,
  VRF_TABLE: 1,
  VETH_PEER: 1,
} as const;

/** RTEXT_FILTER_SKIP_STATS: the largest part of a link is left out. So are virtual functions, unless they are asked for. */
export const WITHOUT_STATISTICS = 8;

export const IFA = {
  ADDRESS: 1,
  LOCAL: 2,
  LABEL: 3,
  BROADCAST: 4,
  FLAGS: 8,
  RT_PRIORITY: 9,
  PROTO: 11,
} as const;

export const IFA_F_SECONDARY = 0x01;

export const RTA = {
  DST: 1,
  OIF: 4,
  GATEWAY: 5,
  PRIORITY: 6,
  PREFSRC: 7,
  METRICS: 8,
  MULTIPATH: 9,
  TABLE: 15,
  VIA: 18,
  NH_ID: 30,
  METRICS_MTU: 2,
} as const;

export const RTM_F_CLONED = 0x200;

export const NDA = { DST: 1, LLADDR: 2 } as const;

export const FRA = {
  DST: 1,
  SRC: 2,
  IIFNAME: 3,
  GOTO: 4,
  PRIORITY: 6,
  FWMARK: 10,
  SUPPRESS_PREFIXLEN: 14,
  TABLE: 15,
  FWMASK: 16,
  OIFNAME: 17,
  L3MDEV: 19,
  PROTOCOL: 21,
} as const;

/** Generic netlink: the family that knows all others, by name. */
export const CTRL = { ID: 16, GETFAMILY: 3, FAMILY_ID: 1, FAMILY_NAME: 2 } as const;

export const ETHTOOL = {
  LINKMODES_GET: 4,
  LINKMODES_HEADER: 1,
  LINKMODES_SPEED: 5,
  HEADER_DEV_INDEX: 1,
  HEADER_FLAGS: 3,
  /** ETHTOOL_FLAG_COMPACT_BITSETS: without the name of each mode. */
  COMPACT: 1,
} as const;

export const FIB_RULE_INVERT = 0x2;

export const NETCONFA = { IFINDEX: 1, FORWARDING: 2 } as const;
