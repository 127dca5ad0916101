/** What IP keeps across a swap, state version 1. */
import type { LinkState } from '../../../drivers/links.ts';
import type { Counters } from '../counter.ts';
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
 * solicitations, `source` those from outside our networks.
 */
export type Counted =
  | 'sent'
  | 'notSent'
  | 'relayRefused'
  | 'own'
  | 'heard'
  | 'solicited'
  | 'source'
  | DropReason;

export interface State {
  config: Config;
  /** The next relay number. */
  relay: number;
  /** Of each configured interface, what was last told of it. */
  links: Map<string, LinkState>;
  counters: Counters<Counted>;
}

/** RFC 1256 4.1: the default lifetime is three times the default interval of 600 s. */
const DEFAULT_LIFETIME = 1800;

export function initialState(config: unknown): State {
  const { lifetime = DEFAULT_LIFETIME, interfaces = {} } = (config ?? {}) as Partial<Config>;
  return { config: { lifetime, interfaces }, relay: 1, links: new Map(), counters: {} };
}
