/**
 * The data that IP keeps across a swap, state version 2: one record for each configured interface. Timers are the proxy's.
 * Above a field stands its owner: the one file that writes it. Counters are written through `count`, by all.
 */
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { DropReason } from './drop.ts';

export interface InterfaceConfig {
  /** Preference level of its addresses (RFC 1256 4.1), higher is preferred. */
  preference: number;
  /** Milliseconds from one advertisement to the next. */
  interval: number;
}

export interface Config {
  /** AdvertisementLifetime (RFC 1256 4.1), in seconds. */
  lifetime: number;
  interfaces: Record<string, InterfaceConfig>;
}

/**
 * `own` and `heard` are messages received, ours looped back and other routers' advertisements; `solicited` are valid
 * solicitations, `source` those from outside our networks; `withdrawn` are advertisements sent with lifetime 0.
 */
export type Counted =
  | 'sent'
  | 'notSent'
  | 'withdrawn'
  | 'relayRefused'
  | 'own'
  | 'heard'
  | 'solicited'
  | 'source'
  | DropReason;

export interface Interface {
  name: string;
  /** The last words about it. Owner: interface.ts */
  link?: LinkState;
  /** Addresses that hosts may have learned from us and not been told to forget. Owner: router-advertisement.ts */
  advertised: string[];
  /** Advertisements still to be sent closer together, because the interface came up lately. Owner: interface.ts */
  initial: number;
  /** The log's present words on it; absent where nothing is to be said, and before 2.1.0. Owner: interface.ts */
  said?: string[];
  /** Hosts that were answered alone, since when; absent before the first, and before 2.1.0. Owner: solicitation.ts */
  alone?: {
    since: number;
    /** Owner: solicitation.ts */
    answers: number;
  };
  /**
   * Messages in a row that were not sent; absent where the last one was, and before 2.1.0.
   * Owner: router-advertisement.ts
   */
  unsent?: number;
  counters: Counters<Counted>;
}

export interface State {
  /** Owner: apply.ts */
  config: Config;
  /** The next relay number, for versions before 2.2.0. */
  relay: number;
  /** By name, all that are configured. Owner: apply.ts */
  interfaces: Map<string, Interface>;
  /** The counts that belong to no interface, and what was counted under state version 1. */
  counters: Counters<Counted>;
  /** Which lines on what is not sent were written; absent before 2.1.0. Owner: router-advertisement.ts */
  lines?: LimitedLog;
}

export function initialState(config: Config): State {
  const interfaces = Object.keys(config.interfaces).map((name) => [name, newInterface(name)] as const);
  return { config, relay: 1, interfaces: new Map(interfaces), counters: {} };
}

export function newInterface(name: string): Interface {
  return { name, advertised: [], initial: 0, counters: {} };
}

/** The configuration of an interface: those that are configured are the ones that there are. */
export function configOf({ config }: State, { name }: Interface): InterfaceConfig {
  return config.interfaces[name]!;
}
