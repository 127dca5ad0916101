/**
 * The data that OSPF keeps across a swap, state version 3: neighbours by their address. Timers are the proxy's.
 * Above a field stands its owner: the one file that writes it. Counters and counts of events are written through
 * `count`, and the records of the log's lines through `lineDue` and `noteWell`, by all.
 */
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import { type Subnet, subnetInUse } from '../subnet.ts';
import type { DropReason } from './drop.ts';

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

/** RFC 2328 9.1. With priority 0 and no election an interface is one or the other. */
export type InterfaceState = 'Down' | 'DROther';

/** RFC 2328 9.2 */
export type InterfaceEvent = 'InterfaceUp' | 'InterfaceDown' | 'NeighborChange';

export interface Interface {
  name: string;
  /** The last words about it. Owner: interface.ts */
  link?: LinkState;
  /** Owner: interface.ts */
  state: InterfaceState;
  /** By address: that is what a neighbour is on a broadcast network (RFC 2328 10). Owner: neighbor.ts */
  neighbors: Map<string, Neighbor>;
  events: Counters<InterfaceEvent>;
  /** The last words on the choice among its addresses; empty when there was nothing to say. Owner: interface.ts */
  choice?: string;
  /** Hellos that may be sent to single neighbours now, as of `at`; absent until the first was sent. */
  answers?: {
    /** Owner: hello.ts */
    spare: number;
    /** Owner: hello.ts */
    at: number;
  };
  /** Hellos to all routers in a row, up to the last one, that could not be sent. Owner: hello.ts */
  unsent: number;
}

/** Attempt is for networks without multicast; ExStart and beyond need adjacencies. */
export type NeighborState = 'Down' | 'Init' | '2-Way';

/** RFC 2328 10.2 */
export type NeighborEvent =
  | 'HelloReceived'
  | '2-WayReceived'
  | '1-WayReceived'
  | 'KillNbr'
  | 'InactivityTimer'
  | 'LLDown';

export interface Neighbor {
  /** That of its last Hello. */
  routerId: string;
  /** The source of its Hellos, by which it is known. */
  address: string;
  /** Owner: neighbor.ts */
  state: NeighborState;
  /**
   * When it came to this state, on the monotonic clock in ms; 0 when an earlier version did not note it.
   * Owner: neighbor.ts
   */
  since: number;
  /** Key of its inactivity timer; see `keyFor`. Owner: neighbor.ts */
  timer: string;
  /** The part of its last Hello that is for the election; absent until this version has heard one. Owner: neighbor.ts */
  election?: { priority: number; dr: string; bdr: string };
  events: Counters<NeighborEvent>;
}

export interface RelaySender {
  /** The last relay number. Owner: relay.ts */
  last: number;
  /** Owner: relay.ts */
  received: number;
  /** Numbers that never came. Owner: relay.ts */
  skipped: number;
  /** Numbers that came again. Owner: relay.ts */
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
  /** Owner: apply.ts */
  config: Config;
  /** By name, all that are configured. Owner: apply.ts */
  interfaces: Map<string, Interface>;
  /** By the name of the module that sends relay numbers. Owner: relay.ts */
  relays: Map<string, RelaySender>;
  counters: Counters<Counted>;
  /** The log's record of packets that are dropped, by reason. */
  drops: LimitedLog;
  /** The log's record of neighbours that come, go and change, and of senders of relay numbers. */
  changes: LimitedLog;
}

export function initialState(config: Config): State {
  return {
    config,
    interfaces: new Map(Object.keys(config.interfaces).map((name) => [name, newInterface(name)])),
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

/** The configuration of an interface: those that are configured are the ones that there are. */
export function configOf({ config }: State, { name }: Interface): InterfaceConfig {
  return config.interfaces[name]!;
}

/** The key of a neighbour's inactivity timer that all versions look for. */
export function timerKey(name: string, routerId: string): string {
  return `${name}/${routerId}`;
}

/** The neighbour whose inactivity timer has this key, with its interface. */
export function findNeighbor(state: State, key: string): [Interface, Neighbor] | undefined {
  for (const iface of state.interfaces.values()) {
    for (const neighbor of iface.neighbors.values()) {
      if (neighbor.timer === key) return [iface, neighbor];
    }
  }
  return undefined;
}

/** The subnet that OSPF uses on an interface; undefined while the link is down or has none that it can use. */
export function subnetOf(state: State, iface: Interface): Subnet | undefined {
  return subnetInUse(iface.link, configOf(state, iface).address);
}
