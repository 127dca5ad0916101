/** What OSPF keeps across a swap, state version 2: neighbours by interface. Inactivity timers are the proxy's. */
import type { LinkState } from '../../../drivers/links.ts';
import type { Counters } from '../counter.ts';
import type { DropReason } from './drop.ts';
import { addressOf, type InterfaceEvent, type InterfaceState } from './interface.ts';
import { type Neighbor, type NeighborState, neighborKey } from './neighbor.ts';

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

export interface Interface {
  name: string;
  /** What was last told of it. */
  link?: LinkState;
  state: InterfaceState;
  /** By router id. */
  neighbors: Map<string, Neighbor>;
  events: Counters<InterfaceEvent>;
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

/** `helloAnswered` are those sent at once to a new neighbour; `unexpected` are events that no row of the table takes. */
export type Counted =
  | 'helloSent'
  | 'helloNotSent'
  | 'helloReceived'
  | 'helloAnswered'
  | 'unexpected'
  | DropReason;

export interface State {
  config: Config;
  /** By name, all that are configured. */
  interfaces: Map<string, Interface>;
  /** By the name of the module that sends relay numbers. */
  relays: Map<string, RelaySender>;
  counters: Counters<Counted>;
}

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: Config;
  links: Map<string, LinkState>;
  /** By `neighborKey`. */
  neighbors: Map<string, NeighborV1>;
  relays: Map<string, { last: number; received: number }>;
  counters: Counters<Counted>;
}

export interface NeighborV1 {
  interface: string;
  routerId: string;
  address: string;
  state: NeighborState;
}

/** @throws Error when the configuration names no router id. */
export function initialState(config: unknown): State {
  const { routerId, area = '0.0.0.0', interfaces = {} } = (config ?? {}) as Partial<Config>;
  if (typeof routerId !== 'string') {
    throw new Error(
      'OSPF needs { routerId: "a.b.c.d", area, interfaces } as its configuration; routerId is missing',
    );
  }
  return up({
    config: { routerId, area, interfaces },
    links: new Map(),
    neighbors: new Map(),
    relays: new Map(),
    counters: {},
  });
}

/** What neighbours say of the election is unknown until their next Hello. */
export function up({ config, links, neighbors, relays, counters }: StateV1): State {
  const interfaces = new Map<string, Interface>();
  for (const name of Object.keys(config.interfaces)) {
    const link = links.get(name);
    interfaces.set(name, {
      name,
      ...(link && { link }),
      state: addressOf(link) === undefined ? 'Down' : 'DROther',
      neighbors: new Map(),
      events: {},
    });
  }
  for (const { interface: name, routerId, address, state } of neighbors.values()) {
    interfaces.get(name)?.neighbors.set(routerId, { routerId, address, state, events: {} });
  }
  const senders = [...relays].map(([from, { last, received }]): [string, RelaySender] => [
    from,
    { last, received, skipped: 0, repeated: 0 },
  ]);
  return { config, interfaces, relays: new Map(senders), counters: { ...counters } };
}

/** What version 1 has no place for is lost: the election's fields, events, and what relay numbers skipped or repeated. */
export function down({ config, interfaces, relays, counters }: State): StateV1 {
  const links = new Map<string, LinkState>();
  const neighbors = new Map<string, NeighborV1>();
  for (const { name, link, neighbors: theirs } of interfaces.values()) {
    if (link !== undefined) links.set(name, link);
    for (const { routerId, address, state } of theirs.values()) {
      neighbors.set(neighborKey(name, routerId), { interface: name, routerId, address, state });
    }
  }
  const senders = [...relays].map(([from, { last, received }]) => [from, { last, received }] as const);
  return { config, links, neighbors, relays: new Map(senders), counters: { ...counters } };
}
