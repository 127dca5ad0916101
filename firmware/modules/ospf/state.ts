/** The data that OSPF keeps across a swap, state version 3: neighbours by their address. Inactivity timers are the proxy's. */

import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import { type Subnet, subnetInUse } from '../subnet.ts';
import type { DropReason } from './drop.ts';
import type { InterfaceEvent, InterfaceState } from './interface.ts';
import type { Neighbor } from './neighbor.ts';

export interface InterfaceConfig {
  /** Seconds, the same on all routers of the network. */
  helloInterval: number;
  /** RouterDeadInterval in seconds, the same on all routers of the network. */
  deadInterval: number;
  /** Router Priority; see module.ts why only 0 has an effect. */
  priority: number;
  /** Which of the interface's addresses is used, or of which network; see ../subnet.ts. */
  address?: string;
}

export interface Config {
  routerId: string;
  area: string;
  interfaces: Record<string, InterfaceConfig>;
}

export interface Interface {
  name: string;
  /** The last words about it. */
  link?: LinkState;
  state: InterfaceState;
  /** By address: that is what a neighbour is on a broadcast network (RFC 2328 10). */
  neighbors: Map<string, Neighbor>;
  events: Counters<InterfaceEvent>;
  /** The last words on the choice among its addresses; empty when there was nothing to say. */
  choice?: string;
  /** Hellos that may be sent to single neighbours now, as of `at`; absent until the first was sent. */
  answers?: { spare: number; at: number };
  /** Hellos to all routers in a row, up to the last one, that could not be sent. */
  unsent: number;
}

export interface RelaySender {
  /** The last relay number. */
  last: number;
  received: number;
  /** Numbers that never came. */
  skipped: number;
  /** Numbers that came again. */
  repeated: number;
}

/**
 * `helloAnswered` are those sent at once to a new neighbour, `helloNotAnswered` had to wait for the next Hello to all;
 * `unexpected` are events that no row of the table takes.
 */
export type Counted =
  | 'helloSent'
  | 'helloNotSent'
  | 'helloReceived'
  | 'helloAnswered'
  | 'helloNotAnswered'
  | 'routerIdChanged'
  | 'routerIdShared'
  | 'unexpected'
  | DropReason;

export interface State {
  config: Config;
  /** By name, all that are configured. */
  interfaces: Map<string, Interface>;
  /** By the name of the module that sends relay numbers. */
  relays: Map<string, RelaySender>;
  counters: Counters<Counted>;
  /** The log's record of packets that are dropped, by reason. */
  drops: LimitedLog;
  /** The log's record of neighbours that come, go and change, and of senders of relay numbers. */
  changes: LimitedLog;
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
    interfaces: new Map(Object.keys(interfaces).map((name) => [name, newInterface(name)])),
    relays: new Map(),
    counters: {},
    drops: new Map(),
    changes: new Map(),
  };
}

export function newInterface(name: string): Interface {
  return {
    name,
    state: 'Down',
    neighbors: new Map(),
    events: {},
    unsent: 0,
  };
}

/** The subnet that OSPF uses on an interface; undefined while the link is down or has none that it can use. */
export function subnetOf({ config }: State, { name, link }: Interface): Subnet | undefined {
  return subnetInUse(link, config.interfaces[name]?.address);
}
