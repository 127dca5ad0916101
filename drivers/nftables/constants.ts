/** Numbers of the kernel's headers: linux/netfilter.h, netfilter/nfnetlink.h, netfilter/nf_tables.h. All of its numbers are big-endian. */

export const NETLINK_NETFILTER = 12;

/** The family that has chains for IPv4 and IPv6 at once. */
export const NFPROTO_INET = 1;
export const NFPROTO_IPV4 = 2;
export const NFPROTO_IPV6 = 10;

export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 16;
export const NFNL_MSG_BATCH_END = 17;

export const NFT_MSG = {
  NEWTABLE: 0,
  DELTABLE: 2,
  NEWCHAIN: 3,
  NEWRULE: 6,
  NEWSET: 9,
  NEWSETELEM: 12,
  DELSETELEM: 14,
} as const;

/** Of a new rule: behind those that are there. */
export const NLM_F_APPEND = 0x800;

/** The table is changed by the socket alone that has made it, and goes with that socket (Linux 5.12). */
export const NFT_TABLE_F_OWNER = 0x2;

export const NFTA = {
  LIST_ELEM: 1,
  DATA_VALUE: 1,
  DATA_VERDICT: 2,
  VERDICT_CODE: 1,
  TABLE_NAME: 1,
  TABLE_FLAGS: 2,
  CHAIN_TABLE: 1,
  CHAIN_NAME: 3,
  CHAIN_HOOK: 4,
  CHAIN_POLICY: 5,
  CHAIN_TYPE: 7,
  HOOK_HOOKNUM: 1,
  HOOK_PRIORITY: 2,
  RULE_TABLE: 1,
  RULE_CHAIN: 2,
  RULE_EXPRESSIONS: 4,
  EXPR_NAME: 1,
  EXPR_DATA: 2,
  SET_TABLE: 1,
  SET_NAME: 2,
  SET_FLAGS: 3,
  SET_KEY_TYPE: 4,
  SET_KEY_LEN: 5,
  SET_ID: 10,
  SET_ELEM_LIST_TABLE: 1,
  SET_ELEM_LIST_SET: 2,
  SET_ELEM_LIST_ELEMENTS: 3,
  SET_ELEM_KEY: 1,
  META_DREG: 1,
  META_KEY: 2,
  CMP_SREG: 1,
  CMP_OP: 2,
  CMP_DATA: 3,
  PAYLOAD_DREG: 1,
  PAYLOAD_BASE: 2,
  PAYLOAD_OFFSET: 3,
  PAYLOAD_LEN: 4,
  LOOKUP_SET: 1,
  LOOKUP_SREG: 2,
  LOOKUP_SET_ID: 4,
  IMMEDIATE_DREG: 1,
  IMMEDIATE_DATA: 2,
  COUNTER_BYTES: 1,
  COUNTER_PACKETS: 2,
} as const;

export const NF_INET_LOCAL_IN = 1;
export const NF_DROP = 0;
export const NF_ACCEPT = 1;

export const NFT_REG_VERDICT = 0;
/** The first register of 16 bytes, and the second of the registers of 4 bytes that lie in it. */
export const NFT_REG_1 = 1;
export const NFT_REG32_01 = 9;

export const NFT_META = { IIF: 4, NFPROTO: 15, L4PROTO: 16 } as const;
export const NFT_CMP_EQ = 0;
export const NFT_PAYLOAD = { NETWORK_HEADER: 1, TRANSPORT_HEADER: 2 } as const;

/** Types of a set's key, which the kernel keeps for `nft` (its datatype.h); so many bits has each part of one with several. */
export const NFT_TYPE = { ADDRESS4: 7, ADDRESS6: 8, IFINDEX: 20 } as const;
export const NFT_TYPE_BITS = 6;
