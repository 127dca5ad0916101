/** Records of what passes between IP and other modules: filters, protocols that send routes, subscriptions, tracks. */
import { Table } from 'hitless/runtime';
import type { LinkAndAddresses } from '../../messages/links.ts';
import type { RedistributedRoute, RedistributedSource } from '../../messages/redistribute.ts';
import type { RouteFilter } from '../../messages/routes.ts';
import type { Tracked } from '../../messages/track.ts';

// --- filters, of the configuration

export type FilterAction = 'permit' | 'deny';

/** A rule of a prefix list: all prefixes in one, of these lengths. */
export interface PrefixRule {
  sequence: number;
  action: FilterAction;
  /** Absent for `any`, of both families. */
  within?: { words: readonly number[]; length: number };
  /** Lengths, both included. */
  least: number;
  most: number;
}

/** An entry of a route map: a route has to match all that is named. */
export interface RouteMapEntry {
  sequence: number;
  action: FilterAction;
  prefixList?: string;
  tag?: number;
  source?: string;
  setMetric?: number;
  setTag?: number;
  setType?: 1 | 2;
}

/** By name, rules and entries in their order. */
export interface Filters {
  prefixLists: Record<string, PrefixRule[]>;
  routeMaps: Record<string, RouteMapEntry[]>;
}

/** All modules that send routes, subscribe or track are asked so often, in ms. */
export const QUESTION_MS = 30_000;
/** Questions that one may leave unanswered. */
export const MOST_UNANSWERED = 3;

// --- protocols that send routes

/** A protocol that sends `routes`. */
export interface RouteSource {
  /** Name of the module: nobody else may speak for it. */
  module: string;
  session: string;
  /** Of the last message. */
  number: number;
  /** Consecutive number of its whole sets. */
  set: number;
  /** `wanted`: all is passed over up to the next whole set. */
  state: 'wanted' | 'telling' | 'whole';
  /** Of its last whole set; absent where that had none, and before 3.2.0. */
  filter?: RouteFilter;
  /** Questions since its last message. */
  unanswered: number;
  /** Its routes that were refused. */
  refused: number;
}

// --- redistribution

/** A protocol that is told of routes of others. */
export interface Subscription {
  /** Name of the module that asked. */
  module: string;
  sources: readonly RedistributedSource[];
  table: number;
  family?: 4 | 6;
  session: string;
  /** Of the last event. */
  number: number;
  /** Of the last event that the subscriber has handled. */
  taken: number;
  /** Questions since its last message. */
  unanswered: number;
  /** The RIB is gone through for it, from this bucket on. */
  walk?: Walk;
}

export interface Walk {
  /** Of `allPrefixes` and `redistributed`, the next one. */
  bucket: number;
  /** `whole`: all is told. `changes`: filters have changed, and what differs is told. `nothing`: it ends. */
  tells: 'whole' | 'changes' | 'nothing';
  /** Its `begin` was told. */
  begun: boolean;
  /** Something has changed for which there was no room: what differs is looked for once more. */
  behind?: true;
}

// --- tracking

export interface TrackRow {
  /** Whose it is: nobody else changes or ends it. */
  module: string;
  what: 'next-hop' | 'prefix';
  /** Key of the next hop, or of the prefix. */
  key: string;
  /** The last event; absent before the first. */
  said?: Tracked;
  /** In ms. */
  since: number;
  /** Questions since the last message of the module. */
  unanswered: number;
}

/** The members of IP's state that are for others. */
export interface ExchangeState {
  /** By source. Owner: exchange/route-source.ts */
  sources: Table<string, RouteSource>;
  /** By bucket, the keys of all prefixes of the RIB, so that it can be gone through in turns. Owner: rib/rib.ts */
  allPrefixes: Table<number, Set<string>>;
  /** By subscriber. Owner: exchange/redistribution.ts */
  subscriptions: Table<string, Subscription>;
  /** By subscriber and bucket (of `allPrefixes`), by the prefix's key: what it was told. Owner: exchange/redistribution.ts */
  redistributed: Table<string, Map<string, RedistributedRoute>>;
  /** By prefix: selected otherwise since subscribers were told. Owner: exchange/redistribution.ts */
  toRedistribute: Table<string, number>;
  /** By `by id`. Owner: exchange/tracking.ts */
  tracks: Table<string, TrackRow>;
  /** By key of a prefix: who tracks it, as `by id`. Owner: exchange/tracking.ts */
  prefixTrackers: Table<string, string[]>;
  /** By `by id`: may be otherwise than it was told. Owner: exchange/tracking.ts */
  toTrack: Table<string, number>;
  /** By index: links as they were told. Owner: exchange/link-told.ts */
  linksTold: Table<number, LinkAndAddresses>;
}

/** Returns the members, empty. */
export function emptyExchange(): ExchangeState {
  return {
    sources: new Table(),
    allPrefixes: new Table(),
    subscriptions: new Table(),
    redistributed: new Table(),
    toRedistribute: new Table(),
    tracks: new Table(),
    prefixTrackers: new Table(),
    toTrack: new Table(),
    linksTold: new Table(),
  };
}

/** Every one of them, for the manifest. */
export const EXCHANGE_TABLES = {
  sources: {},
  allPrefixes: {},
  subscriptions: {},
  redistributed: {},
  toRedistribute: {},
  tracks: {},
  prefixTrackers: {},
  toTrack: {},
  linksTold: {},
};
