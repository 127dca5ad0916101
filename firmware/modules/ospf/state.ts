/**
 * The data that OSPF keeps across a swap, state version 5 (4.0.0): plain data. Timers are the proxy's; what can be made
 * again from this at little cost, such as a tree under way, is not here. Above a field stands its owner: the one file that
 * writes it. Counters and counts of events are written through `count`, and records of the log's lines through `lineDue`
 * and `noteWell`, by all.
 *
 * Ids and addresses are unsigned 32-bit numbers here, in packets and in the tree; configuration and people have dotted text
 * (../address.ts). Rows of a Table are never written in place: `set` another.
 */
import { Table } from 'hitless/runtime';
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import type { Interface } from './adjacency/adjacency-record.ts';
import type { Config, ExternalType } from './config-record.ts';
import type { Id } from './constants.ts';
import type { DropReason } from './drop.ts';

export * from './adjacency/adjacency-record.ts';
export type { Id } from './constants.ts';

// ——— The link state database (12, 13) ———

/**
 * Of whom an LSA is known: `as`; `area 0`, the area's id as a number; `link lan0`, by an interface's key. It begins the key
 * of each LSA, and tells its bucket in `keys`.
 */
export type Scope = string;

/** No neighbour has that key. */
export const FROM_BEFORE = '-';

/** An LSA as it was installed: a row, never written in place. */
export interface Lsa {
  readonly scope: Scope;
  readonly type: number;
  readonly id: Id;
  readonly router: Id;
  readonly options: number;
  /** Signed, as it is compared (12.1.6). */
  readonly sequence: number;
  readonly checksum: number;
  /** LS age in seconds when it was installed. */
  readonly age: number;
  /** When that was, on the monotonic clock in ms. */
  readonly installed: number;
  /** Its content is another than that of the instance before it (13.2); absent: it is the same. */
  readonly changed?: true;
  /** Key of the neighbour that sent it; empty: it was made here; FROM_BEFORE: a version before 4.0.0 has not kept it. */
  readonly from: string;
  /** All of it, header included, with the age as it was then. */
  readonly bytes: Uint8Array;
}

/** On a link state request list: at least this instance is wanted (10.6). */
export interface Requested {
  readonly key: string;
  readonly sequence: number;
  readonly checksum: number;
  readonly age: number;
}

/** Which LSA of ours is meant: origination.ts knows what it holds (12.4). */
export type Origin =
  | { lsa: 'router'; area: Id }
  | { lsa: 'network'; iface: string }
  | { lsa: 'summary'; area: Id; prefix: string }
  | { lsa: 'asbr'; area: Id; router: Id }
  | { lsa: 'external'; prefix: string }
  | { lsa: 'nssa'; area: Id; prefix: string }
  | { lsa: 'router-information'; area: Id };

/** An LSA of ours; kept as long as it is in the database, and while another instance of it waits (MinLSInterval). */
export interface Originated {
  readonly origin: Origin;
  /** When the last instance was made, on the monotonic clock in ms. */
  readonly at: number;
  /** Another is due, no sooner than MinLSInterval after it. */
  readonly waiting: boolean;
  /** The next instance takes at least this sequence number: of one of ours that came back (13.4). */
  readonly atLeast?: number;
}

// ——— Routing (16) ———

export interface Area {
  readonly id: Id;
  /** TransitCapability: another router of the area may be reached over a virtual link through it (16.1). Owner: routing/routing.ts */
  transit: boolean;
  /** NSSA: whether we translate its LSAs of type 7 (RFC 3101 3.1). Owner: routing/routing.ts */
  translator: 'disabled' | 'elected' | 'enabled';
  /** NSSA: another was elected then, in ms of the monotonic clock: translation goes on for a while. Owner: routing/routing.ts */
  deposed?: number;
  /** Trees that were computed. Owner: routing/routing.ts */
  trees: number;
}

/** A next hop: the interface by which packets leave, and the router they go to; NONE where it is on the link itself. */
export interface Hop {
  readonly iface: string;
  readonly address: Id;
}

export type PathType = 'intra' | 'inter' | 'external-1' | 'external-2';

/** A route to a network, as it was computed last: a row. */
export interface Route {
  readonly path: PathType;
  readonly area: Id;
  readonly cost: number;
  /** Of external type 2: the metric that counts first. */
  readonly metric2: number;
  readonly tag: number;
  /** None where packets are dropped: an address range of ours that has networks. */
  readonly hops: readonly Hop[];
  /** Where it was learned: the LSA's router, for views. */
  readonly from: Id;
}

/** A way to an area border router or AS boundary router, as it was computed last (11). */
export interface BorderRoute {
  readonly router: Id;
  readonly area: Id;
  readonly path: 'intra' | 'inter';
  readonly cost: number;
  readonly hops: readonly Hop[];
  readonly abr: boolean;
  readonly asbr: boolean;
}

/** An address range of ours with the networks in it (12.4.3), or an NSSA's of its LSAs of type 7 (RFC 3101 3.2). */
export interface RangeCost {
  /** The largest of its networks. */
  readonly cost: number;
  /** Of an NSSA's range. */
  readonly type?: ExternalType;
  /** Networks in it. */
  readonly networks: number;
}

/** An LSA of type 7 that we translate (RFC 3101 3.2). */
export interface Translated {
  readonly type: ExternalType;
  readonly metric: number;
  /** NONE where it stands for a range. */
  readonly forwarding: Id;
  readonly tag: number;
}

export interface Routing {
  /** Trees wait to be computed: since when, for which areas, and what set them off. Owner: routing/routing.ts */
  due?: { since: number; ids: Id[]; all: boolean; reasons: string[] };
  /** A calculation is under way, or was before a swap: it begins anew then. Owner: routing/routing.ts */
  running?: { since: number; ids: Id[]; all: boolean; reasons: string[]; began: number; turns: number };
  /** Our role, on which our LSAs depend besides routes, as of the last calculation: all of them are looked at when it differs. Owner: routing/routing.ts */
  role: string;
  /** How long the next one waits at least, and until when that is doubled (throttle). Owner: routing/routing.ts */
  wait: number;
  /** Owner: routing/routing.ts */
  quietAt: number;
  /** The last ones, for `show ip ospf spf log`. Owner: routing/routing.ts */
  log: {
    at: number;
    took: number;
    turns: number;
    routers: number;
    routes: number;
    changed: number;
    reasons: string[];
  }[];
  /** Session and number of the messages `routes` to IP (../messages/routes.ts). Owner: routing/announcing.ts */
  session: string;
  /** Owner: routing/announcing.ts */
  number: number;
  /** IP wants the whole set. Owner: routing/announcing.ts */
  wanted: boolean;
  /** IP has asked, and has our session: it is sent a message, if only without changes. Owner: routing/announcing.ts */
  asked: boolean;
  /** Whether this IP takes the filter of `distribute-list`; absent before it has said so. Owner: routing/announcing.ts */
  filters?: boolean;
  /** A message could not be sent: none is until then, in ms of the monotonic clock. Owner: routing/announcing.ts */
  retryAt: number;
}

/** A route of another source, as IP's `redistributed` told it: a row. */
export interface Redistributable {
  readonly source: string;
  readonly metric: number;
  readonly tag: number;
  readonly type?: ExternalType;
  /** Its only next hop: a forwarding address may be made of it (12.4.4). */
  readonly gateway?: Id;
  readonly link?: string;
  /** In which whole set of IP's it came last. */
  readonly set: number;
}

// ——— All of it ———

/** `unexpected` are events that no row of a table takes. */
export type Counted =
  | `${'hello' | 'description' | 'request' | 'update' | 'acknowledgment'}${'Sent' | 'Received'}`
  | 'helloNotSent'
  | 'helloAnswered'
  | 'helloNotAnswered'
  | 'descriptionNotSent'
  | 'notSent'
  | 'routerIdChanged'
  | 'routerIdShared'
  | 'retransmitted'
  | 'originated'
  | 'flushed'
  | 'refreshed'
  | 'ownReceived'
  | 'acknowledgmentStale'
  | 'agedOut'
  | 'noLinkStateId'
  | 'unexpected'
  | DropReason;

/** A restart of ours that neighbours wait for (RFC 3623 2), or a start that may turn out to be one: restart/restarting.ts. */
export interface Restarting {
  readonly phase: 'looking' | 'grace' | 'leaving' | 'sweeping';
  /** The end of the phase at the latest, in ms of the monotonic clock. */
  readonly until: number;
  /** A neighbour that has not been heard by then is not waited for. */
  readonly listenUntil: number;
}

/** A cryptographic sequence number that was sent, and since when, on the monotonic clock in ms. */
export interface SentSequence {
  readonly number: number;
  readonly at: number;
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

export interface State {
  /** Owner: apply.ts */
  config: Config;
  /** That of the configuration. Owner: apply.ts */
  routerId: Id;
  /** By name, all that IP told: one that is not configured may be so next. Owner: adjacency/interface.ts */
  links: Map<string, LinkAndAddresses>;
  /** By key. Owner: apply.ts */
  interfaces: Map<string, Interface>;
  /** By id. Owner: apply.ts */
  areas: Map<Id, Area>;
  /** By key: `scope type id router`. Owner: lsdb/lsdb.ts */
  lsas: Table<string, Lsa>;
  /** Bytes of all LSAs together, as they came. Owner: lsdb/lsdb.ts */
  lsaBytes: number;
  /** Keys of LSAs by `scope bucket`: they are gone through a bucket at a time. Owner: lsdb/lsdb.ts */
  keys: Table<string, readonly string[]>;
  /** Scopes that are no more: their LSAs are forgotten in turns. Owner: lsdb/lsdb.ts */
  left: Scope[];
  /** Link state request lists by `neighbour bucket`. Owner: adjacency/request-list.ts */
  requests: Table<string, readonly Requested[]>;
  /** Retransmission lists, as keys of LSAs, by `neighbour bucket`. Owner: lsdb/retransmission.ts */
  retransmissions: Table<string, readonly string[]>;
  /** By key of the LSA: those of ours. Owner: lsdb/origination.ts */
  originated: Table<string, Originated>;
  /** Key of the LSA by origin, as originText has it: prefixes may change their link state id (Appendix E). Owner: lsdb/origination.ts */
  origins: Table<string, string>;
  /** Newer instances that were sent back to who had an older one (13 (8)): when, by `neighbour key`. Owner: lsdb/flooding.ts */
  sentBack: Map<string, number>;
  /** We are a stub router until then, on the monotonic clock in ms (RFC 6987); 0: not by time. Owner: lsdb/origination.ts */
  stubUntil: number;
  /** Absent: the router runs normally. Owner: restart/restarting.ts */
  restarting?: Restarting;
  /** By prefix. Owner: routing/routing.ts */
  routes: Table<string, Route>;
  /** By `router area`, as numbers. Owner: routing/routing.ts */
  borders: Table<string, BorderRoute>;
  /** LSAs of type 3, 4, 5 and 7 that are others than before, by key: routes to their destinations are due. Owner: routing/calculation.ts */
  leaves: Table<string, true>;
  /** By `area prefix`, or `nssa area prefix`: ranges that have networks. Owner: routing/routing.ts */
  ranges: Table<string, RangeCost>;
  /** By prefix: what we translate of NSSAs. Owner: routing/routing.ts */
  translated: Table<string, Translated>;
  /** By prefix: IP is told of it next. Owner: routing/announcing.ts */
  unannounced: Table<string, true>;
  /** By prefix: what others may be told of the AS's outside. Owner: routing/redistribution.ts */
  redistributable: Table<string, Redistributable>;
  routing: Routing;
  /** Session and number of what IP redistributes, as far as it came in order. */
  redistribution: {
    /** Owner: routing/redistribution.ts */
    session: string;
    /** Owner: routing/redistribution.ts */
    number: number;
    /** Whole sets so far; a row of an earlier one goes at the end of this one. Owner: routing/redistribution.ts */
    set: number;
    /** `asked`: all is passed over up to the next whole set; `sweep`: rows of earlier sets go. Owner: routing/redistribution.ts */
    how: 'asked' | 'telling' | 'sweep' | 'whole';
  };
  /** Aging: the bucket that comes next. Owner: lsdb/aging.ts */
  agingAt: number;
  /** The last cryptographic sequence number that was sent, by key of the interface (D.3). Owner: transmit.ts */
  sequences: Map<string, SentSequence>;
  /** By the name of the module that sends relay numbers. Owner: relay.ts */
  relays: Map<string, RelaySender>;
  counters: Counters<Counted>;
  /** The log's record of packets that are dropped, by reason. */
  drops: LimitedLog;
  /** The log's record of neighbours that come, go and change, and of senders of relay numbers. */
  changes: LimitedLog;
}

export function newArea(id: Id): Area {
  return { id, transit: false, translator: 'disabled', trees: 0 };
}

/** Tables of the state, as the manifest names them. */
export const TABLES = {
  lsas: {},
  keys: {},
  requests: {},
  retransmissions: {},
  originated: {},
  origins: {},
  routes: {},
  borders: {},
  leaves: {},
  ranges: {},
  translated: {},
  unannounced: {},
  redistributable: {},
};

export function initialState(config: Config, routerId: Id, session: string): State {
  return {
    config,
    routerId,
    links: new Map(),
    interfaces: new Map(),
    areas: new Map(),
    lsas: new Table(),
    lsaBytes: 0,
    keys: new Table(),
    left: [],
    requests: new Table(),
    retransmissions: new Table(),
    originated: new Table(),
    origins: new Table(),
    sentBack: new Map(),
    stubUntil: 0,
    routes: new Table(),
    borders: new Table(),
    leaves: new Table(),
    ranges: new Table(),
    translated: new Table(),
    unannounced: new Table(),
    redistributable: new Table(),
    routing: {
      role: '',
      wait: 0,
      quietAt: 0,
      log: [],
      session,
      number: 0,
      wanted: true,
      asked: false,
      retryAt: 0,
    },
    redistribution: { session: '', number: 0, set: 0, how: 'asked' },
    agingAt: 0,
    sequences: new Map(),
    relays: new Map(),
    counters: {},
    drops: new Map(),
    changes: new Map(),
  };
}
