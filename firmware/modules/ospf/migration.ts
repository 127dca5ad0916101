/** Earlier shapes of the state, and the state handlers from and to them. */

import type { Counters } from '../counter.ts';
import type { LinkState } from '../messages/link.ts';
import {
  type Config,
  type Counted,
  type Interface,
  type InterfaceEvent,
  type InterfaceState,
  type Neighbor,
  type NeighborState,
  newInterface,
  type RelaySender,
  type State,
  subnetOf,
  timerKey,
} from './state.ts';

/** State version 2, of 2.0.0: neighbours by interface and router id. */
export interface StateV2 {
  config: Config;
  interfaces: Map<string, InterfaceV2>;
  relays: Map<string, RelaySender>;
  counters: Counters<Counted>;
}

export interface InterfaceV2 {
  name: string;
  link?: LinkState;
  state: InterfaceState;
  /** By router id. */
  neighbors: Map<string, NeighborV2>;
  events: Counters<InterfaceEvent>;
}

export type NeighborV2 = Omit<Neighbor, 'timer' | 'since'>;

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: Config;
  links: Map<string, LinkState>;
  /** By `timerKey`. */
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

/** From 1 to 2. What neighbours say of the election is unknown until their next Hello. */
export function up1({ config, links, neighbors, relays, counters }: StateV1): StateV2 {
  const interfaces = new Map<string, InterfaceV2>();
  for (const name of Object.keys(config.interfaces)) {
    const link = links.get(name);
    interfaces.set(name, {
      name,
      ...(link && { link }),
      state: link?.up && link.addresses.length > 0 ? 'DROther' : 'Down',
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

/** From 2 to 1. What that has no place for is lost: the election's fields, events, numbers skipped or repeated. */
export function down1({ config, interfaces, relays, counters }: StateV2): StateV1 {
  const links = new Map<string, LinkState>();
  const neighbors = new Map<string, NeighborV1>();
  for (const { name, link, neighbors: theirs } of interfaces.values()) {
    if (link !== undefined) links.set(name, link);
    for (const { routerId, address, state } of theirs.values()) {
      neighbors.set(timerKey(name, routerId), { interface: name, routerId, address, state });
    }
  }
  const senders = [...relays].map(([from, { last, received }]) => [from, { last, received }] as const);
  return { config, links, neighbors, relays: new Map(senders), counters: { ...counters } };
}

/**
 * From 2 to 3. Of two router ids at one address the one that came later stays. A timer runs on under the key that
 * version 2 gave it.
 */
export function up2({ config, interfaces, relays, counters }: StateV2): State {
  const state: State = {
    config,
    interfaces: new Map(),
    relays: new Map([...relays].map(([from, sender]) => [from, { ...sender }])),
    counters: { ...counters },
    drops: new Map(),
    changes: new Map(),
  };
  for (const { name, link, events, neighbors } of interfaces.values()) {
    const iface: Interface = { ...newInterface(name), ...(link && { link }), events: { ...events } };
    for (const neighbor of neighbors.values()) {
      iface.neighbors.set(neighbor.address, {
        ...copyOf(neighbor),
        timer: timerKey(name, neighbor.routerId),
        since: 0,
      });
    }
    iface.state = subnetOf(state, iface) === undefined ? 'Down' : 'DROther';
    state.interfaces.set(name, iface);
  }
  return state;
}

/**
 * From 3 to 2. Of the neighbours with one router id the one stays whose timer has the key that version 2 looks for:
 * it would never miss another.
 */
export function down2({ config, interfaces, relays, counters }: State): StateV2 {
  const earlier = new Map<string, InterfaceV2>();
  for (const { name, link, state, events, neighbors } of interfaces.values()) {
    const theirs = [...neighbors.values()]
      .filter(({ timer, routerId }) => timer === timerKey(name, routerId))
      .map((neighbor): [string, NeighborV2] => [neighbor.routerId, copyOf(neighbor)]);
    earlier.set(name, {
      name,
      ...(link && { link }),
      state,
      neighbors: new Map(theirs),
      events: { ...events },
    });
  }
  const senders = [...relays].map(([from, sender]): [string, RelaySender] => [from, { ...sender }]);
  return { config, interfaces: earlier, relays: new Map(senders), counters: { ...counters } };
}

/** The part of a neighbour that both versions know. */
function copyOf({ routerId, address, state, election, events }: NeighborV2): NeighborV2 {
  return { routerId, address, state, ...(election && { election: { ...election } }), events: { ...events } };
}
