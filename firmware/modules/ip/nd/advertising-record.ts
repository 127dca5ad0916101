/** IPv6 router advertisements of an interface in configuration and state (RFC 4861 6.2). Above a field stands its owner. */
import type { Counters } from '../../counter.ts';
import type { DropReason6 } from '../drop.ts';
import type { PrefixInformation, RoutePreference, RouterAdvertisement6 } from './offer.ts';

/** RFC 4861 6.2.1. Intervals and timers are milliseconds, lifetimes seconds. */
export interface AdvertisingConfig {
  interval: number;
  minInterval: number;
  lifetime: number;
  hopLimit: number;
  /** True: that of the interface. */
  mtu: boolean | number;
  managed: boolean;
  other: boolean;
  reachableTime: number;
  retransmitTimer: number;
  preference: RoutePreference;
  /** By prefix; absent: those of the interface's addresses. */
  prefixes?: Record<string, PrefixConfig>;
  routes: Record<string, { lifetime: number; preference: RoutePreference }>;
  servers: string[];
  search: string[];
  dnsLifetime: number;
}

export type PrefixConfig = Omit<PrefixInformation, 'prefix'>;

/**
 * `solicited` are valid solicitations; `joined` are those of them that are answered together with one before; `withdrawn` are
 * advertisements with lifetime 0 as the last ones; `disagrees` are other routers' advertisements that contradict ours.
 */
export type Counted6 =
  | 'sent'
  | 'notSent'
  | 'withdrawn'
  | 'own'
  | 'heard'
  | 'disagrees'
  | 'solicited'
  | 'joined'
  | DropReason6;

/** IPv6 router advertisements of an interface (RFC 4861 6.2). */
export interface Advertising {
  /** Is advertised now; absent while it is no advertising interface (6.2.2). Owner: nd/advertising.ts */
  offer?: RouterAdvertisement6;
  /** The link-local address that it is sent from; absent as `offer` is. Owner: nd/advertising.ts */
  source?: string;
  /** In their place, where the interface has IPv6 virtual routers: those that are Active. Owner: nd/advertising.ts */
  senders?: Sender6[];
  /** Advertisements still to be sent closer together (6.2.4). Owner: nd/advertising.ts */
  soon: number;
  /** A host waits for the next one. Owner: nd/advertising.ts */
  asked: boolean;
  /** When the last one left to all nodes. Owner: nd/advertising.ts */
  lastAt?: number;
  /** How many random times were drawn. Owner: nd/advertising.ts */
  draws: number;
  /** The log's present words on it. Owner: nd/advertising.ts */
  remarks: string[];
  /** By kind and name: of what hosts may have heard. Owner: nd/advertisement.ts */
  known: Record<string, Known>;
  /** Messages in a row that were not sent; 0 where the last one was. Owner: nd/advertisement.ts */
  unsent: number;
  /** By other router: in which it contradicts us, as was said. Owner: nd/consistency.ts */
  disputes: Record<string, string>;
  counters: Counters<Counted6>;
}

/** An Active virtual router, in whose name advertisements leave (RFC 9568 8.2.3). */
export interface Sender6 {
  /** Its link-local address. */
  from: string;
  /** Its own; absent where it has that of the interface. */
  mac?: string;
}

/** Of what hosts may have heard: once it is offered no more, so many advertisements still say that it is not. */
export interface Known {
  what: 'router' | 'prefix' | 'route' | 'server' | 'search';
  name: string;
  farewells: number;
  /** As it was told last. */
  prefix?: PrefixInformation;
}

export function newAdvertising(): Advertising {
  return { soon: 0, asked: false, draws: 0, remarks: [], known: {}, unsent: 0, disputes: {}, counters: {} };
}
