/**
 * The configuration as it stands in the state: plain data, complete, made by config.ts. Ids and addresses are dotted text,
 * as people write them; times are ms.
 */
import type { RouteFilter } from '../messages/routes.ts';

/** Type 1: its metric is added to that of the way there; type 2: it counts alone (RFC 2328 2.3). */
export type ExternalType = 1 | 2;

export interface Config {
  routerId: string;
  /** By area id, those that have interfaces, virtual links, or a configuration. */
  areas: Record<string, AreaConfig>;
  /** By the key of the interface: the link's name, or `name/network` where a link has several subnets that take part. */
  interfaces: Record<string, InterfaceConfig>;
  /** By source: `connected`, `static`, `kernel`. */
  redistribute: Record<string, RedistributeConfig>;
  /** A default route is told to the AS; absent where none is. */
  defaultInformation?: { always: boolean } & ExternalConfig;
  /** ECMP: next hops of a route, 1 to 64. */
  maximumPaths: number;
  distance: { intra: number; inter: number; external: number };
  /** In Mbit/s, over the speed of a link: the cost of an interface that has none configured. Absent: DEFAULT_COST. */
  referenceBandwidth?: number;
  /** Filters of IP's that our routes pass on their way to it; absent where there are none. */
  distributeList?: RouteFilter;
  /** RFC 6987: always, or for so long after the start. */
  stubRouter: { always: boolean; onStart: number };
  /** Router information with the hostname (RFC 7770, 5642); empty: none. */
  hostname: string;
  timers: {
    /** Waiting before a tree: first, then twice as long each time, at most. */
    spf: { initial: number; hold: number; most: number };
    minLsInterval: number;
    minLsArrival: number;
  };
  /** RFC 3623: whether it helps others, and asks others when the router ends; for how long. */
  gracefulRestart: { helper: boolean; restarter: boolean; period: number };
  /** By name and key id. */
  keyChains: Record<string, Record<string, KeyConfig>>;
}

export type InterfaceType =
  | 'broadcast'
  | 'point-to-point'
  | 'point-to-multipoint'
  | 'non-broadcast'
  | 'loopback';

export interface InterfaceConfig {
  /** The link's name. */
  link: string;
  area: string;
  /** Which of the link's addresses, or of which network; absent: the first that can be used. */
  address?: string;
  /** Absent: as the link is. */
  type?: InterfaceType;
  /** Its prefixes are told, and nobody is spoken to. */
  passive: boolean;
  /** Absent: by `referenceBandwidth`. */
  cost?: number;
  priority: number;
  helloInterval: number;
  deadInterval: number;
  retransmitInterval: number;
  transmitDelay: number;
  mtuIgnore: boolean;
  authentication: AuthenticationConfig;
  /** NBMA and point-to-multipoint: by address. */
  neighbors: Record<string, { priority: number; pollInterval: number; cost?: number }>;
}

export type KeyAlgorithm = 'md5' | 'hmac-sha-1' | 'hmac-sha-256' | 'hmac-sha-384' | 'hmac-sha-512';

/** Of an interface or a virtual link (D; RFC 5709). */
export type AuthenticationConfig =
  | { type: 'none' }
  | { type: 'simple'; password: string }
  /** Keys of its own, or those of a chain. */
  | { type: 'cryptographic'; keys: Record<string, KeyConfig> }
  | { type: 'cryptographic'; keyChain: string };

export interface KeyConfig {
  algorithm: KeyAlgorithm;
  secret: string;
  /** When it is sent and accepted, in ms since 1970; absent: always. */
  send?: { from?: number; until?: number };
  accept?: { from?: number; until?: number };
}

export interface AreaConfig {
  type: 'normal' | 'stub' | 'nssa';
  /** Whether summaries go into a stub area or NSSA: false makes it a totally stubby one. */
  summaries: boolean;
  /** Of the default route that a border router tells it. */
  defaultCost: number;
  /** By prefix: what other areas are told of it (12.4.3). */
  ranges: Record<string, { advertise: boolean; cost?: number }>;
  /** NSSA: by prefix, what the AS is told of it (RFC 3101 3.2). */
  nssaRanges: Record<string, { advertise: boolean; tag?: number }>;
  /** RFC 3101 3.1 */
  translate: 'candidate' | 'always' | 'never';
  /** NSSA: a default route of type 7. `always` is absent in a state of versions before 4.2.3, which told it always. */
  defaultInformation?: { always?: boolean } & ExternalConfig;
  /** By router id of the other end. */
  virtualLinks: Record<string, VirtualLinkConfig>;
}

export type VirtualLinkConfig = Pick<
  InterfaceConfig,
  'helloInterval' | 'deadInterval' | 'retransmitInterval' | 'transmitDelay' | 'authentication'
>;

export interface ExternalConfig {
  metric: number;
  type: ExternalType;
  /** Absent: that of the route. */
  tag?: number;
  /** Of IP. */
  routeMap?: string;
}

export interface RedistributeConfig extends ExternalConfig {
  prefixList?: string;
}
