/** What OSPF keeps across a swap, state version 1. Inactivity timers are the proxy's. */
import type { LinkState } from '../../../drivers/links.ts';
import type { Counters } from '../counter.ts';
import type { DropReason } from './drop.ts';
import type { Neighbor } from './neighbor.ts';

export interface InterfaceConfig {
  /** Seconds, the same on all routers of the network. */
  helloInterval: number;
  /** RouterDeadInterval in seconds, the same on all routers of the network. */
  deadInterval: number;
  /** Router Priority; see module.ts why only 0 has an effect. */
  priority: number;
}

export interface Config {
  routerId: string;
  area: string;
  interfaces: Record<string, InterfaceConfig>;
}

export interface RelaySender {
  /** The last relay number. */
  last: number;
  received: number;
}

/** `helloAnswered` are those sent at once to a new neighbour. */
export type Counted = 'helloSent' | 'helloNotSent' | 'helloReceived' | 'helloAnswered' | DropReason;

export interface State {
  config: Config;
  /** Of each configured interface, what was last told of it. */
  links: Map<string, LinkState>;
  /** By `neighborKey`. */
  neighbors: Map<string, Neighbor>;
  /** By the name of the module that sends relay numbers. */
  relays: Map<string, RelaySender>;
  counters: Counters<Counted>;
}

/** @throws Error when the configuration names no router id. */
export function initialState(config: unknown): State {
  const { routerId, area = '0.0.0.0', interfaces = {} } = (config ?? {}) as Partial<Config>;
  if (typeof routerId !== 'string') {
    throw new Error(
      'OSPF needs { routerId: "a.b.c.d", area, interfaces } as its configuration; routerId is missing',
    );
  }
  return {
    config: { routerId, area, interfaces },
    links: new Map(),
    neighbors: new Map(),
    relays: new Map(),
    counters: {},
  };
}
