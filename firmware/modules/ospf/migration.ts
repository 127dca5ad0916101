/** Earlier versions of the state, and the state handlers from and to them. */
import { toAddress, toNumber } from '../address.ts';
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import { subnetInUse } from '../subnet.ts';
import { fromEarlier } from './config.ts';
import type { Config } from './config-record.ts';
import { NONE } from './constants.ts';
import {
  type Counted,
  FROM_BEFORE,
  type Interface,
  initialState,
  type Lsa,
  type Neighbor,
  newArea,
  newInterface,
  type RelaySender,
  type State,
} from './state.ts';

/** The configuration of versions before 3.0.0: one area, times in seconds. */
export interface ConfigV3 {
  routerId: string;
  area: string;
  interfaces: Record<
    string,
    { helloInterval: number; deadInterval: number; priority: number; address?: string }
  >;
}

type NeighborStateV3 = 'Down' | 'Init' | '2-Way';

/** An LSA in state version 4, of 3.0.0 to 3.1.0: nobody knows who sent it. */
export type LsaV4 = Omit<Lsa, 'from'>;

/** State version 3, of 2.2.0 to 2.3.1: neighbours by their address, up to 2-Way. */
export interface StateV3 {
  config: ConfigV3;
  interfaces: Map<string, InterfaceV3>;
  relays: Map<string, RelaySender>;
  counters: Counters<string>;
  drops: LimitedLog;
  changes: LimitedLog;
}

export interface InterfaceV3 {
  name: string;
  link?: LinkState;
  state: 'Down' | 'DROther';
  /** By address. */
  neighbors: Map<string, NeighborV3>;
  events: Counters<string>;
  choice?: string;
  answers?: { spare: number; at: number };
  unsent: number;
}

export interface NeighborV3 {
  routerId: string;
  address: string;
  state: NeighborStateV3;
  since: number;
  /** Key of its inactivity timer. */
  timer: string;
  election?: { priority: number; dr: string; bdr: string };
  events: Counters<string>;
}

/** State version 2, of 2.0.0: neighbours by interface and router id. */
export interface StateV2 {
  config: ConfigV3;
  interfaces: Map<string, InterfaceV2>;
  relays: Map<string, RelaySender>;
  counters: Counters<string>;
}

export interface InterfaceV2 {
  name: string;
  link?: LinkState;
  state: 'Down' | 'DROther';
  /** By router id. */
  neighbors: Map<string, NeighborV2>;
  events: Counters<string>;
}

export type NeighborV2 = Omit<NeighborV3, 'timer' | 'since'>;

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: ConfigV3;
  links: Map<string, LinkState>;
  /** By `timerKey`. */
  neighbors: Map<string, { interface: string; routerId: string; address: string; state: NeighborStateV3 }>;
  relays: Map<string, { last: number; received: number }>;
  counters: Counters<string>;
}

/** The key of a neighbour's inactivity timer that all versions look for. */
function timerKey(name: string, routerId: string): string {
  return `${name}/${routerId}`;
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
  const neighbors: StateV1['neighbors'] = new Map();
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
export function up2({ config, interfaces, relays, counters }: StateV2): StateV3 {
  const later = new Map<string, InterfaceV3>();
  for (const { name, link, events, neighbors } of interfaces.values()) {
    const used = subnetInUse(link, config.interfaces[name]?.address);
    const theirs = [...neighbors.values()].map((neighbor): [string, NeighborV3] => [
      neighbor.address,
      { ...copyOf(neighbor), timer: timerKey(name, neighbor.routerId), since: 0 },
    ]);
    later.set(name, {
      name,
      ...(link && { link }),
      state: used === undefined ? 'Down' : 'DROther',
      neighbors: new Map(theirs),
      events: { ...events },
      unsent: 0,
    });
  }
  return {
    config,
    interfaces: later,
    relays: copyOfRelays(relays),
    counters: { ...counters },
    drops: new Map(),
    changes: new Map(),
  };
}

/**
 * From 3 to 2. Of the neighbours with one router id the one stays whose timer has the key that version 2 looks for:
 * it would never miss another.
 */
export function down2({ config, interfaces, relays, counters }: StateV3): StateV2 {
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
  return { config, interfaces: earlier, relays: copyOfRelays(relays), counters: { ...counters } };
}

/** The part of a neighbour that both versions know. */
function copyOf({ routerId, address, state, election, events }: NeighborV2): NeighborV2 {
  return { routerId, address, state, ...(election && { election: { ...election } }), events: { ...events } };
}

function copyOfRelays(relays: ReadonlyMap<string, RelaySender>): Map<string, RelaySender> {
  return new Map([...relays].map(([from, sender]) => [from, { ...sender }]));
}

/**
 * From 3 to 4. Neighbours stay as they are. What they declare is forgotten: their next Hello says it anew, and so the
 * interface elects, and adjacencies begin.
 */
export function up3({ config, interfaces, relays, counters, drops, changes }: StateV3): State {
  const now = fromEarlier(config);
  // IP may have routes of a state before that went back to version 3, and its session is to be another.
  const session = `after ${(counters.helloSent ?? 0) + (counters.helloReceived ?? 0)} hellos`;
  const state = initialState(now, toNumber(config.routerId), session);
  for (const id of Object.keys(now.areas).map(toNumber)) state.areas.set(id, newArea(id));
  for (const iface of interfaces.values()) {
    state.interfaces.set(iface.name, upInterface(iface, config));
    if (iface.link !== undefined) state.links.set(iface.name, upLink(iface.link));
  }
  state.relays = copyOfRelays(relays);
  state.counters = { ...counters } as Counters<Counted>;
  state.drops = drops;
  state.changes = changes;
  return state;
}

function upInterface(earlier: InterfaceV3, { area, interfaces }: ConfigV3): Interface {
  const { name, link, state, neighbors, events, choice, answers, unsent } = earlier;
  const config = interfaces[name]!;
  const used = subnetInUse(link, config.address);
  const isUp = state !== 'Down' && used !== undefined;
  const iface: Interface = {
    ...newInterface(name, name, toNumber(area)),
    ...(used && { subnet: used, address: toNumber(used.address) }),
    mtu: link?.mtu ?? 0,
    // 9.3: with a priority it may be elected, and listens first whether there is a designated router.
    state: !isUp ? 'Down' : config.priority > 0 ? 'Waiting' : 'DROther',
    events: { ...events },
    ...(choice !== undefined && { choice }),
    ...(answers !== undefined && { answers: { ...answers } }),
    unsent,
  };
  for (const neighbor of neighbors.values())
    iface.neighbors.set(neighbor.address, upNeighbor(name, neighbor));
  return iface;
}

function upNeighbor(name: string, earlier: NeighborV3): Neighbor {
  const { routerId, address, state, since, timer, election, events } = earlier;
  return {
    key: `${name}/${address}`,
    timer,
    routerId: toNumber(routerId),
    address: toNumber(address),
    state,
    since,
    priority: election?.priority ?? 0,
    dr: NONE,
    bdr: NONE,
    options: 0,
    requested: 0,
    asked: [],
    unacknowledged: 0,
    sequences: {},
    hindrance: '',
    events: { ...events },
  };
}

function upLink({ name, index, up, mtu, mac, addresses }: LinkState): LinkAndAddresses {
  return { name, index, admin: up, up, mtu, mac, kind: '', pointToPoint: false, table: 254, addresses };
}

/**
 * From 4 to 3. Version 3 knows one area, broadcast networks and 2-Way: the first interface's area stays, with its interfaces
 * of that kind, one for each link. Neighbours beyond 2-Way are in 2-Way.
 */
export function down3({ config, links, interfaces, relays, counters, drops, changes }: State): StateV3 {
  const kept = keptBy3(config, interfaces);
  const earlier = new Map<string, InterfaceV3>();
  for (const iface of kept) {
    const link = links.get(iface.link);
    earlier.set(iface.link, downInterface(iface, link));
  }
  return {
    config: downConfig(config, kept),
    interfaces: earlier,
    relays: copyOfRelays(relays),
    counters: { ...counters },
    drops,
    changes,
  };
}

function keptBy3({ interfaces: configs }: Config, interfaces: State['interfaces']): Interface[] {
  const byLink = new Map<string, Interface>();
  const [first] = Object.values(configs);
  for (const iface of interfaces.values()) {
    const config = configs[iface.key];
    if (config === undefined || config.passive || config.area !== first?.area) continue;
    if ((config.type ?? 'broadcast') === 'broadcast' && iface.type === 'broadcast' && !byLink.has(iface.link))
      byLink.set(iface.link, iface);
  }
  return [...byLink.values()];
}

function downConfig({ routerId, interfaces: configs }: Config, kept: readonly Interface[]): ConfigV3 {
  const [first] = Object.values(configs);
  const interfaces: ConfigV3['interfaces'] = {};
  for (const { key, link } of kept) {
    const { helloInterval, deadInterval, priority, address } = configs[key]!;
    interfaces[link] = {
      helloInterval: Math.max(1, Math.round(helloInterval / 1000)),
      deadInterval: Math.max(2, Math.round(deadInterval / 1000)),
      priority,
      ...(address !== undefined && { address }),
    };
  }
  return { routerId, area: first?.area ?? '0.0.0.0', interfaces };
}

function downInterface(iface: Interface, told: LinkAndAddresses | undefined): InterfaceV3 {
  const { link: name, state, neighbors, events, choice, answers, unsent } = iface;
  const theirs = [...neighbors.values()].filter((neighbor) => neighbor.routerId !== NONE);
  return {
    name,
    ...(told && { link: downLink(told) }),
    state: state === 'Down' ? 'Down' : 'DROther',
    neighbors: new Map(theirs.map((neighbor) => [toAddress(neighbor.address), downNeighbor(neighbor)])),
    events: { ...events },
    ...(choice !== undefined && { choice }),
    ...(answers !== undefined && { answers: { ...answers } }),
    unsent,
  };
}

function downNeighbor(neighbor: Neighbor): NeighborV3 {
  const { routerId, address, state, since, timer, priority, dr, bdr, events } = neighbor;
  return {
    routerId: toAddress(routerId),
    address: toAddress(address),
    state: state === 'Down' ? 'Down' : state === 'Init' || state === 'Attempt' ? 'Init' : '2-Way',
    since,
    timer,
    election: { priority, dr: toAddress(dr), bdr: toAddress(bdr) },
    events: { ...events },
  };
}

function downLink({ name, index, up, mtu, mac, addresses }: LinkAndAddresses): LinkState {
  const ipv4 = addresses.filter(({ address }) => !address.includes(':'));
  return {
    name,
    index,
    up,
    mtu,
    mac,
    addresses: ipv4.map(({ address, prefixLength, peer }) => ({
      address,
      prefixLength,
      ...(peer !== undefined && { peer }),
    })),
  };
}

/** A row from 4 to 5. The rest of that state is as it was. */
export function upLsa4(lsa: LsaV4): Lsa {
  return { ...lsa, bytes: lsa.bytes.slice(), from: FROM_BEFORE };
}

/** A row from 5 to 4. */
export function downLsa4({ from: _, bytes, ...lsa }: Lsa): LsaV4 {
  return { ...lsa, bytes: bytes.slice() };
}
