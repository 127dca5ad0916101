/** Records of interfaces and neighbours (RFC 2328 9, 10), as they stand in the state: above each field its one owner. */
import type { Counters } from '../../counter.ts';
import type { Subnet } from '../../subnet.ts';
import type { InterfaceType } from '../config-record.ts';
import { type Id, NONE } from '../constants.ts';

/** Packets that may be sent now, as of `at`, on the monotonic clock in ms (adjacency/spare.ts). */
export interface Spare {
  readonly spare: number;
  readonly at: number;
}

// ——— Interfaces (9) ———

export type InterfaceState = 'Down' | 'Loopback' | 'Waiting' | 'Point-to-point' | 'DROther' | 'Backup' | 'DR';

/** RFC 2328 9.2 */
export type InterfaceEvent =
  | 'InterfaceUp'
  | 'WaitTimer'
  | 'BackupSeen'
  | 'NeighborChange'
  | 'LoopInd'
  | 'UnloopInd'
  | 'InterfaceDown';

export interface Interface {
  /** That of its configuration; `vlink AREA ROUTER` for a virtual link. */
  readonly key: string;
  /** Name of the link; empty for a virtual link. */
  readonly link: string;
  /** Owner: apply.ts */
  area: Id;
  /** As it is used now. Owner: adjacency/interface.ts */
  type: InterfaceType | 'virtual';
  /** The subnet in use; absent while there is none, and on an unnumbered one, whose `address` is borrowed. Owner: adjacency/interface.ts */
  subnet?: Subnet;
  /** Its source address as a number; NONE while there is none. Owner: adjacency/interface.ts */
  address: Id;
  /** Bytes of the largest IP packet. Owner: adjacency/interface.ts */
  mtu: number;
  /** Of its output; of a virtual link, that of the way through its area. Owner: adjacency/interface.ts */
  cost: number;
  /** Owner: adjacency/interface.ts */
  state: InterfaceState;
  /** When it came to this state, on the monotonic clock in ms. Owner: adjacency/interface.ts */
  since: number;
  /** Addresses of the designated router and its backup; NONE where there is none. Owner: adjacency/interface.ts */
  dr: Id;
  /** Owner: adjacency/interface.ts */
  bdr: Id;
  /** By address, or by router id on point-to-point and virtual links (10), as text. Owner: adjacency/neighbor.ts */
  neighbors: Map<string, Neighbor>;
  /** Of a virtual link: its transit area and other end. */
  virtual?: {
    readonly area: Id;
    readonly router: Id;
    /** Address of the other end, as the tree of the area has it (16.1 (4)); NONE while there is no way. Owner: adjacency/interface.ts */
    to: Id;
    /** The interface by which packets to it leave. Owner: adjacency/interface.ts */
    over: string;
  };
  events: Counters<InterfaceEvent>;
  /** The last words on the choice among its addresses; empty when there was nothing to say. Owner: adjacency/interface.ts */
  choice?: string;
  /** Hellos that may be sent to single neighbours now; absent until the first was sent. Owner: adjacency/hello.ts */
  answers?: Spare;
  /** The same of first descriptions, to neighbours in ExStart. Owner: adjacency/exchange.ts */
  begins?: Spare;
  /** Hellos to all routers in a row, up to the last one, that could not be sent. Owner: adjacency/hello.ts */
  unsent: number;
  /** Headers that wait for the delayed acknowledgment (13.5), as bytes. Owner: lsdb/acknowledgment.ts */
  acknowledgments: Uint8Array[];
  /** Keys of LSAs that leave with the next Updates, when the input that brought them is worked off. Owner: lsdb/flooding.ts */
  flooding: string[];
}

/** Where neither the configuration nor the link says a cost. */
export const DEFAULT_COST = 10;

// ——— Neighbours (10) ———

export type NeighborState =
  | 'Down'
  | 'Attempt'
  | 'Init'
  | '2-Way'
  | 'ExStart'
  | 'Exchange'
  | 'Loading'
  | 'Full';

/** RFC 2328 10.2 */
export type NeighborEvent =
  | 'Start'
  | 'HelloReceived'
  | '2-WayReceived'
  | 'NegotiationDone'
  | 'ExchangeDone'
  | 'BadLSReq'
  | 'LoadingDone'
  | 'AdjOK?'
  | 'SeqNumberMismatch'
  | '1-WayReceived'
  | 'KillNbr'
  | 'InactivityTimer'
  | 'LLDown';

export interface Neighbor {
  /** `interface/address`, or `interface/router id`: its timers have it, and its lists. */
  readonly key: string;
  /** Key of its inactivity timer, `interface/router id` where that is not another's: the one of versions before 3.0.0. Owner: adjacency/neighbor.ts */
  timer: string;
  /** That of its last Hello. Owner: adjacency/neighbor.ts */
  routerId: Id;
  /** Where packets to it go. Owner: adjacency/neighbor.ts */
  address: Id;
  /** Owner: adjacency/neighbor.ts */
  state: NeighborState;
  /** When it came to this state, on the monotonic clock in ms. Owner: adjacency/neighbor.ts */
  since: number;
  /** Of its last Hello. Owner: adjacency/neighbor.ts */
  priority: number;
  /** Owner: adjacency/neighbor.ts */
  dr: Id;
  /** Owner: adjacency/neighbor.ts */
  bdr: Id;
  /** Options of its Database Descriptions; 0 before. Owner: adjacency/exchange.ts */
  options: number;
  /** The exchange of descriptions (10.6, 10.8). Owner: adjacency/exchange.ts */
  exchange?: Exchange;
  /** LSAs on the link state request list. Owner: adjacency/request-list.ts */
  requested: number;
  /** Of these, those that a request under way asks for, as keys. Owner: adjacency/request-list.ts */
  asked: string[];
  /** LSAs on the retransmission list. Owner: lsdb/retransmission.ts */
  unacknowledged: number;
  /** It restarts, and we help (RFC 3623 3); absent otherwise. Owner: restart/helping.ts */
  helping?: { until: number; reason: number };
  /** Highest cryptographic sequence number taken, by key id (D.4.3). Owner: receive.ts */
  sequences: Record<string, number>;
  /** Why it does not come up, as was told last; empty while nothing hinders. Owner: adjacency/neighbor.ts */
  hindrance: string;
  events: Counters<NeighborEvent>;
}

export interface Exchange {
  /** We are the master. */
  master: boolean;
  sequence: number;
  /** When it began last, on the monotonic clock in ms. */
  begun: number;
  /** Bytes of the body sent last: answered to a duplicate, or sent again. */
  sent?: Uint8Array;
  /** It tells the last one received from a duplicate: flags, options, sequence. */
  taken?: { flags: number; options: number; sequence: number };
  /** Which bucket of the database summary comes next, of which scope, and what is left of the one before. */
  summary: { scope: number; bucket: number; keys: readonly string[] };
  /** All of ours was described. */
  done: boolean;
}

/** A new interface, down. */
export function newInterface(key: string, link: string, area: number): Interface {
  return {
    key,
    link,
    area,
    type: 'broadcast',
    address: NONE,
    mtu: 0,
    cost: DEFAULT_COST,
    state: 'Down',
    since: 0,
    dr: NONE,
    bdr: NONE,
    neighbors: new Map(),
    events: {},
    unsent: 0,
    acknowledgments: [],
    flooding: [],
  };
}
