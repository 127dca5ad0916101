/**
 * Router advertisements of IPv6 as values: as they stand in state, and in messages (RFC 4861 4.2 and 4.6, RFC 4191 2.2 and
 * 2.3, RFC 8106 5.1 and 5.2). Addresses and prefixes are canonical text; lifetimes are seconds, INFINITE for ever.
 */

/** A lifetime without an end (RFC 4861 4.6.2). */
export const INFINITE = 0xffff_ffff;

/** All nodes of the link. */
export const ALL_NODES6 = 'ff02::1';
/** Where hosts solicit: all routers of the link. */
export const ALL_ROUTERS6 = 'ff02::2';

export type RoutePreference = 'low' | 'medium' | 'high';

export interface RouterAdvertisement6 {
  type: 'advertisement';
  /** For the packets that hosts send; 0: no word of it. */
  hopLimit: number;
  /** Addresses are to be had by DHCPv6. */
  managed: boolean;
  /** Other settings are to be had by DHCPv6. */
  other: boolean;
  preference: RoutePreference;
  /** Of the router as a default router; 0: it is none. At most 65535. */
  lifetime: number;
  /** Milliseconds; 0: no word of it. */
  reachableTime: number;
  retransmitTimer: number;
  /** The sender's link-layer address, such as `02:00:00:00:00:01`. */
  mac?: string;
  mtu?: number;
  prefixes: PrefixInformation[];
  routes: RouteInformation[];
  servers: DnsServers[];
  search: SearchList[];
}

export interface PrefixInformation {
  prefix: string;
  onLink: boolean;
  autonomous: boolean;
  valid: number;
  preferred: number;
}

export interface RouteInformation {
  prefix: string;
  preference: RoutePreference;
  lifetime: number;
}

export interface DnsServers {
  addresses: string[];
  lifetime: number;
}

export interface SearchList {
  /** Without a dot at the end. */
  names: string[];
  lifetime: number;
}

/** A host asks for an advertisement. */
export interface RouterSolicitation6 {
  type: 'solicitation';
  /** The sender's link-layer address. */
  mac?: string;
}
