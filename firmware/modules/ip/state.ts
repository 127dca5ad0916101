/** The data that IP keeps across a swap, state version 2: one record for each configured interface. */

import { addTo, type Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { DropReason } from './packet.ts';

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
  /** The last words about it. */
  link?: LinkState;
  /** Addresses that hosts may have learned from us and not been told to forget. */
  advertised: string[];
  /** Advertisements still to be sent closer together, because the interface came up lately. */
  initial: number;
  /** The log's present words on it; absent where nothing is to be said, and before 2.1.0. */
  said?: string[];
  /** Hosts that were answered alone, since when; absent before the first, and before 2.1.0. */
  alone?: { since: number; answers: number };
  /** Messages in a row that were not sent; absent where the last one was, and before 2.1.0. */
  unsent?: number;
  counters: Counters<Counted>;
}

export interface State {
  config: Config;
  /** The next relay number. */
  relay: number;
  /** By name, all that are configured. */
  interfaces: Map<string, Interface>;
  /** The counts that belong to no interface, and what was counted under state version 1. */
  counters: Counters<Counted>;
  /** Which lines on what is not sent were written; absent before 2.1.0. */
  lines?: LimitedLog;
}

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: Config;
  relay: number;
  links: Map<string, LinkState>;
  counters: Counters<Counted>;
}

/** RFC 1256 4.1: the default lifetime is three times the default interval of 600 s. */
const DEFAULT_LIFETIME = 1800;

export function initialState(config: unknown): State {
  const { lifetime = DEFAULT_LIFETIME, interfaces = {} } = (config ?? {}) as Partial<Config>;
  return up({ config: { lifetime, interfaces }, relay: 1, links: new Map(), counters: {} });
}

/** Version 1 advertised the first address of each interface, so hosts may know that one. */
export function up({ config, relay, links, counters }: StateV1): State {
  const interfaces = Object.keys(config.interfaces).map((name): [string, Interface] => {
    const link = links.get(name);
    const advertised = link?.addresses.slice(0, 1).map(({ address }) => address) ?? [];
    return [name, { name, ...(link && { link }), advertised, initial: 0, counters: {} }];
  });
  return { config, relay, interfaces: new Map(interfaces), counters: { ...counters } };
}

/** Counts are added up over the interfaces; which addresses hosts know is forgotten. */
export function down({ config, relay, interfaces, counters }: State): StateV1 {
  const links = new Map<string, LinkState>();
  const total = { ...counters };
  for (const { name, link, counters: counted } of interfaces.values()) {
    if (link !== undefined) links.set(name, link);
    addTo(total, counted);
  }
  return { config, relay, links, counters: total };
}
