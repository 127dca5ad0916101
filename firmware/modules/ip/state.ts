/**
 * The data that IP keeps across a swap, state version 3: one record for each configured interface, the kernel's links and
 * addresses as they were told, and the RIB. Timers are the proxy's. Above a field stands its owner: the one file that
 * writes it. Counters are written through `count`, by all. What grows is a Table, whose rows go over a swap at no cost.
 */
import { Table } from 'hitless/runtime';
import type { InterfaceAddress } from '../../../drivers/netlink/address.ts';
import type { Link } from '../../../drivers/netlink/link.ts';
import type { Neighbor } from '../../../drivers/netlink/neighbor.ts';
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { Config, InterfaceConfig } from './config-record.ts';
import type { DropReason } from './drop.ts';
import { EXCHANGE_TABLES, type ExchangeState, emptyExchange } from './exchange/exchange-record.ts';
import { newSettings, type SettingsState } from './interfaces/interface-record.ts';
import type { Advertising } from './nd/advertising-record.ts';
import { newQueue, type Queue, type Waiting } from './rib/queue.ts';
import type { Candidate, FibRoute, Hop, ResolvedHop } from './rib/route-record.ts';
import type { VirtualState } from './virtual/virtual-record.ts';

export type * from './config-record.ts';
export * from './rib/route-record.ts';

/** Next hops of the configuration that lead nowhere. */
export const NOWHERE: readonly string[] = ['blackhole', 'unreachable'];

/**
 * `own` and `heard` are messages received, ours looped back and other routers' advertisements; `solicited` are valid
 * solicitations, `source` those from outside our networks; `withdrawn` are advertisements sent with lifetime 0;
 * `foreignLeftOut` are routes of other programs over the limit.
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
  | 'foreignLeftOut'
  | DropReason;

export interface Interface {
  name: string;
  /** The last words about it. Owner: discovery/interface.ts */
  link?: LinkState;
  /** Addresses that hosts may have learned from us and not been told to forget. Owner: discovery/router-advertisement.ts */
  advertised: string[];
  /** Advertisements still to be sent closer together, because the interface came up lately. Owner: discovery/interface.ts */
  initial: number;
  /** The log's present words on it; absent where nothing is to be said, and before 2.1.0. Owner: discovery/interface.ts */
  said?: string[];
  /** Hosts that were answered alone, since when; absent before the first, and before 2.1.0. Owner: discovery/solicitation.ts */
  alone?: {
    since: number;
    /** Owner: discovery/solicitation.ts */
    answers: number;
  };
  /** Messages in a row that were not sent; absent where the last one was. Owner: discovery/router-advertisement.ts */
  unsent?: number;
  counters: Counters<Counted>;
  /** Absent before the first, and where IPv6 advertisements are not configured. Owner: nd/advertising.ts */
  advertising?: Advertising;
}

// --- the kernel's tables, as the port `kernel` tells them

/** The port's session, and what is known of the kernel in it. */
export interface KernelSession {
  /** Owner: kernel.ts */
  session: string;
  /** Number of the last datum that was handled. Owner: kernel.ts */
  number: number;
  /** Since when a datum is missing; absent while none is. Owner: kernel.ts */
  gapSince?: number;
  /** Rows of the list that is under way were lost: it counts for nothing. Owner: kernel.ts */
  torn?: true;
  /** How many lists have begun: rows carry the number of the last list in which they were seen. Owner: kernel.ts */
  lists: number;
  /** Number of the last list that was whole. Owner: kernel.ts */
  whole: number;
  /** Whether a whole list was told in this session: nothing is changed in the kernel before. Owner: kernel.ts */
  listed: boolean;
  /** A list has ended, and rows that it did not have are still to be forgotten. Owner: kernel.ts */
  forgetting: boolean;
  /** Routes of other programs that are not told, for there are too many. Owner: kernel.ts */
  leftOut: number;
  /** Number of the last request. Owner: request.ts */
  request: number;
  /** Routes that the last list did not have are looked for from this bucket of all prefixes on. Owner: kernel.ts */
  bucket: number;
  /** Found routes that nobody has claimed by then are swept; absent before the first list. Owner: rib/sweep.ts */
  sweepAt?: number;
  /** They are swept from this bucket of all prefixes on. Owner: rib/sweep.ts */
  sweepFrom?: number;
}

/** A link, and how often it came up: routes through it are put anew after each time, for the kernel drops them in silence. */
export interface LinkRow {
  link: Link;
  ups: number;
  /** The table of its routes: 254, or that of its VRF; 0 where it is in one that is not configured. */
  table: number;
  /** Keys of its addresses in `addresses`. */
  addresses: readonly string[];
  /** The network of each, at the same place; undefined where it makes no route. */
  networks: readonly (string | undefined)[];
}

/** Changes that are under way to the kernel. */
export interface KernelRequest {
  /** The file that is told what became of it. */
  by: 'fib' | 'settings';
  /** At the place of each change the key of what it is about: a prefix's, an interface's name. */
  keys: string[];
  at: number;
}

// --- the RIB

export interface Prefix {
  /** Owner: rib/rib.ts */
  candidates: readonly Candidate[];
  /** Key of the selected candidate (`candidateKey`), where one can be used. Owner: rib/selection.ts */
  best: string | undefined;
  /** Leads where the selected candidate leads: next hops over this prefix do, too. Owner: rib/selection.ts */
  hops: readonly ResolvedHop[];
  /** Next hops from here to a link: 0 where the selected candidate is connected. Owner: rib/selection.ts */
  depth: number;
  /** Our route in the kernel. Owner: rib/fib.ts */
  fib: Installed | undefined;
  /** The list of the kernel in which our route was seen last; 0 where it is not there. Owner: rib/fib.ts */
  seen: number;
  /** The request that is under way for it, and what was asked: a removal without a route. Owner: rib/fib.ts */
  asked: AskedRoute | undefined;
  /** The kernel refused what is wanted. Owner: rib/fib.ts */
  refused: Refused | undefined;
  /** How often it was put back after others had removed it, since when. Owner: rib/fib.ts */
  putBack: PutBack | undefined;
  /** Since when it waits to be looked at; it is in `dirty` then. */
  dirty: number | undefined;
  /** It is in `leaving`. */
  leaving: boolean;
}

export interface PutBack {
  times: number;
  since: number;
  /** It has just gone, and is not put back yet. */
  fresh: boolean;
  /** The route that was put back too often: another one is put at once. */
  waiting?: FibRoute;
}

export interface AskedRoute {
  request: number;
  route?: FibRoute;
  /** It went from the kernel meanwhile: before this request or after it. */
  doubtful?: true;
  /** Something else is wanted by now. */
  again?: true;
  /** Not all that is wanted, but a part of it. */
  isTrial?: true;
}

export interface Installed extends FibRoute {
  /** Found at a list, and not claimed yet. */
  found?: true;
  /** It may be there or not: it is put again, or removed. */
  doubtful?: true;
}

export interface Refused {
  route: FibRoute;
  errno: number;
  /** `ENETUNREACH`. */
  name: string;
  /** In the kernel's words. */
  message: string;
  at: number;
  times: number;
  /** Of several next hops, those that the kernel takes, and those that are still to be tried, one by one. */
  trial: Trial;
}

export interface Trial {
  good: readonly ResolvedHop[];
  rest: readonly ResolvedHop[];
}

export type Unreachable =
  /** It is one of our own addresses. */
  | 'own address'
  /** There is no such interface. */
  | 'no interface'
  | 'interface down'
  /** No route leads there, but perhaps the default route. */
  | 'no route'
  /** It is not of a network of the interface that it is to be on. */
  | 'not on link'
  /** The route that leads there drops packets. */
  | 'blackhole'
  /** Next hops lead by each other, or by too many others. */
  | 'too deep';

/** A next hop that candidates use, or somebody tracks. */
export interface NextHop {
  /** Its part of the keys in `users`. */
  id: number;
  table: number;
  gateway?: string;
  interface?: string;
  onLink?: true;
  /** Candidates that use it, counted by their hops. Owner: rib/rib.ts */
  users: number;
  /** There are, or were, too many of them for one bucket. Owner: rib/rib.ts */
  wide: boolean;
  /** Ids of those that want to know of it besides. Owner: exchange/tracking.ts */
  trackers: string[];
  /** Absent before it was looked for; else why it cannot be used, or `reachable`. Owner: rib/next-hop.ts */
  state?: 'reachable' | Unreachable;
  /** Key of the prefix that leads there. Owner: rib/next-hop.ts */
  via?: string;
  /** Empty while it is not reachable; weights are shares. Owner: rib/next-hop.ts */
  resolved: readonly ResolvedHop[];
  /** Owner: rib/next-hop.ts */
  depth: number;
  /** Keys in `waiters` under which it stands. Owner: rib/next-hop.ts */
  waitsFor: readonly string[];
  /** Since when it is as it is. Owner: rib/next-hop.ts */
  since: number;
}

export interface State extends ExchangeState {
  /** Virtual routers of other modules; absent before the first, and before 3.3.0. */
  virtual?: VirtualState;
  /** Owner: apply.ts */
  config: Config;
  /** The next relay number, for versions before 2.2.0. */
  relay: number;
  /** By name, all that are configured. Owner: apply.ts */
  interfaces: Map<string, Interface>;
  /** The counts that belong to no interface, and what was counted under state version 1. */
  counters: Counters<Counted>;
  /** Which lines that others cause were written; absent before 2.1.0. */
  lines?: LimitedLog;

  kernel: KernelSession;
  /** By index. Owner: rib/connected.ts */
  links: Table<number, LinkRow>;
  /** Indexes by name. Owner: rib/connected.ts */
  names: Table<string, number>;
  /** By `addressKey`. Owner: rib/connected.ts */
  addresses: Table<string, InterfaceAddress>;
  /** By address, the indexes of the links that have it. Owner: rib/connected.ts */
  owned: Table<string, number[]>;
  /**
   * By index and prefix (`prefixKey`): metrics of the kernel's own routes over the link without a gateway. Most are of its
   * addresses; NetworkManager and systemd-networkd put others in the kernel's name. Owner: rib/connected.ts
   */
  linkRoutes: Table<number, Map<string, readonly number[]>>;
  /** By index, and of `ALL_INTERFACES`: the kernel's switch `forwarding` of IPv6. Owner: nd/advertising.ts */
  forwarding6: Record<number, boolean>;
  /** By `neighborKey`. Owner: kernel.ts */
  neighbors: Table<string, Neighbor>;
  /** Of each link, address and neighbour the list in which it was seen last, the one seen longest ago first. Owner: rib/seen.ts */
  seen: Table<string, number>;
  /** Requests under way, by number. Owner: request.ts */
  requests: Table<number, KernelRequest>;

  /** By `prefixKey`. */
  rib: Table<string, Prefix>;
  /** By table and family: how many prefixes of each length there are. One that was in use stays on the list. Owner: rib/rib.ts */
  lengths: Record<string, Record<number, number>>;
  /** By `hopKey`. */
  nextHops: Table<string, NextHop>;
  /** The id of the last next hop. Owner: rib/rib.ts */
  hopId: number;
  /** By prefix, `%interface`, `@address`, or `/` and a family: how many next hops are looked for again when it changes. Owner: rib/next-hop.ts */
  waiters: Table<string, number>;
  /** By the same and a bucket: their keys. Owner: rib/next-hop.ts */
  waits: Table<string, Set<string>>;
  /** By the id of a next hop and a bucket (`bucketKey`): keys of the prefixes that use it. Owner: rib/rib.ts */
  users: Table<number, Set<string>>;

  /** By source, one after the other: candidates of whole sets before this one are withdrawn, from this bucket of all prefixes on. Owner: rib/rib.ts */
  sweeps: Table<string, { before: number; bucket: number }>;

  /** Owner: interfaces/settings.ts */
  settings: SettingsState;

  // Work that is to be done, each in the order in which it came. Several put there; work.ts takes away.
  /** Static routes that are to be offered or withdrawn: keys of their prefixes, a few in a row. Owner: rib/static-route.ts */
  statics: Table<number, readonly string[]>;
  /** Where `dirty` and `leaving` begin and end. Owner: rib/queue.ts */
  queues: { dirty: Queue; leaving: Queue };
  /** Keys of prefixes, a few in a row (rib/queue.ts). */
  dirty: Table<number, Waiting>;
  /** Prefixes whose route is to go: a way may be found for them still, when all that is dirty was looked at. */
  leaving: Table<number, Waiting>;
  /** By what has changed: the next bucket of the next hops that wait for it, which are to become dirty. */
  waking: Table<string, number>;
  /** Next hops by key, and since when. */
  dirtyHops: Table<string, number>;
  /** Next hops that have changed: the next bucket whose prefixes are to become dirty. */
  spreading: Table<string, number>;
  /** Next hops that led by each other, and when they are looked for again. */
  held: Table<string, number>;
  /** Prefixes whose route the kernel refuses, and when it is tried again. */
  refused: Table<string, number>;
  /** How many prefixes have a route that was found in the kernel and is claimed by nobody. Owner: rib/fib.ts */
  unclaimed: number;
}

/** Returns the members that are empty at first, and after a version before 3.0.0. */
export function emptyTables() {
  return {
    kernel: {
      session: '',
      number: 0,
      lists: 0,
      whole: 0,
      listed: false,
      forgetting: false,
      bucket: 0,
      leftOut: 0,
      request: 0,
    } as KernelSession,
    links: new Table<number, LinkRow>(),
    names: new Table<string, number>(),
    addresses: new Table<string, InterfaceAddress>(),
    owned: new Table<string, number[]>(),
    linkRoutes: new Table<number, Map<string, readonly number[]>>(),
    forwarding6: {} as State['forwarding6'],
    neighbors: new Table<string, Neighbor>(),
    seen: new Table<string, number>(),
    requests: new Table<number, KernelRequest>(),
    rib: new Table<string, Prefix>(),
    lengths: {} as State['lengths'],
    nextHops: new Table<string, NextHop>(),
    hopId: 0,
    waiters: new Table<string, number>(),
    waits: new Table<string, Set<string>>(),
    users: new Table<number, Set<string>>(),
    sweeps: new Table<string, { before: number; bucket: number }>(),
    settings: newSettings(),
    statics: new Table<number, readonly string[]>(),
    queues: { dirty: newQueue(), leaving: newQueue() },
    dirty: new Table<number, Waiting>(),
    leaving: new Table<number, Waiting>(),
    waking: new Table<string, number>(),
    dirtyHops: new Table<string, number>(),
    spreading: new Table<string, number>(),
    held: new Table<string, number>(),
    refused: new Table<string, number>(),
    unclaimed: 0,
    ...emptyExchange(),
  };
}

/** Every member that is a Table, for the manifest. */
export const TABLES = {
  links: {},
  names: {},
  addresses: {},
  owned: {},
  linkRoutes: {},
  neighbors: {},
  seen: {},
  requests: {},
  rib: {},
  nextHops: {},
  waiters: {},
  waits: {},
  users: {},
  sweeps: {},
  statics: {},
  dirty: {},
  leaving: {},
  waking: {},
  dirtyHops: {},
  spreading: {},
  held: {},
  refused: {},
  ...EXCHANGE_TABLES,
};

export function initialState(config: Config): State {
  const interfaces = Object.keys(config.interfaces).map((name) => [name, newInterface(name)] as const);
  return { config, relay: 1, interfaces: new Map(interfaces), counters: {}, ...emptyTables() };
}

export function newInterface(name: string): Interface {
  return { name, advertised: [], initial: 0, counters: {} };
}

/** The configuration of an interface: those that are configured are the ones that there are. */
export function configOf({ config }: State, { name }: Interface): InterfaceConfig {
  return config.interfaces[name]!;
}

/** Whether the interface is advertised by ICMP. */
export function isDiscovered({ interfaces }: Pick<Config, 'interfaces'>, name: string): boolean {
  return interfaces[name]?.discovery !== false;
}

/** The kernel's index of the switch of all interfaces (NETCONFA_IFINDEX_ALL). */
export const ALL_INTERFACES = -1;

/** The main table of the kernel (RT_TABLE_MAIN). */
export const MAIN_TABLE = 254;

/** Key in `rib`. @param prefix canonical, such as `10.0.0.0/8` */
export function prefixKey(table: number, prefix: string): string {
  return `${table} ${prefix}`;
}

/** Key in `nextHops`. */
export function hopKey(table: number, { gateway = '', interface: name, onLink }: Hop): string {
  return `${table} ${gateway}${name === undefined ? '' : `%${name}`}${onLink ? ' onlink' : ''}`;
}

/** Key in `addresses`. */
export function addressKey({ index, address, prefixLength, peer = '' }: InterfaceAddress): string {
  return `${index} ${address}/${prefixLength} ${peer}`;
}

/** Key in `neighbors`. */
export function neighborKey({ index, address }: Pick<Neighbor, 'index' | 'address'>): string {
  return `${index} ${address}`;
}

export function newPrefix(): Prefix {
  return {
    candidates: [],
    best: undefined,
    hops: [],
    depth: 0,
    fib: undefined,
    seen: 0,
    asked: undefined,
    refused: undefined,
    putBack: undefined,
    dirty: undefined,
    leaving: false,
  };
}

/** The table that a key of a prefix or a next hop begins with. */
export function tableOfKey(key: string): number {
  return Number.parseInt(key, 10);
}

/** The prefix that a key in `rib` ends with. */
export function prefixOfKey(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}
