/** The configuration as it stands in the state: see config.ts for the section that it is made of. */

import type { Filters } from './exchange/exchange-record.ts';
import type { InterfaceSettings } from './interfaces/interface-record.ts';
import type { AdvertisingConfig } from './nd/advertising-record.ts';

export interface InterfaceConfig {
  /** Preference level of its addresses (RFC 1256 4.1), higher is preferred. */
  preference: number;
  /** Milliseconds from one advertisement to the next. */
  interval: number;
  /** False where it is not advertised by ICMP. */
  discovery?: boolean;
  /** In Mbit/s, where its driver's is not to be told. */
  bandwidth?: number;
  settings?: InterfaceSettings;
  /** IPv6 router advertisements; absent where there are none. */
  advertising?: AdvertisingConfig;
}

export interface Config {
  /** AdvertisementLifetime (RFC 1256 4.1), in seconds. */
  lifetime: number;
  interfaces: Record<string, InterfaceConfig>;
  /** Milliseconds for which routes stay in the kernel after a clean exit; 0: they are withdrawn. */
  keepRoutes: number;
  /** Static routes of the main table. */
  routes: RoutesConfig;
  /** Further tables by name. */
  tables: Record<string, TableConfig>;
  filters: Filters;
}

export interface TableConfig {
  number: number;
  routes: RoutesConfig;
}

/** By canonical prefix, then by next hop: an address, an interface's name, `blackhole`, `unreachable`. */
export type RoutesConfig = Record<string, Record<string, StaticHop>>;

export interface StaticHop {
  distance: number;
  weight: number;
  tag?: number;
  /** Where the next hop is on. */
  interface?: string;
}
