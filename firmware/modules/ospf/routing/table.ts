/**
 * The table of routes as it is worked with (11): all of it out of trees and leaves, or what other leaves make of it (16.5,
 * 16.6). Both come to the same, since each destination stands alone (paths.ts).
 */

import { LS_SUMMARY_NETWORK } from '../constants.ts';
import { ROUTER_B, ROUTER_E } from '../packet/lsa-router.ts';
import type { BorderRoute, Id, RangeCost, Route } from '../state.ts';
import { isExternal, type Leaf } from './leaves.ts';
import {
  borderPaths,
  type ExternalPath,
  externalPath,
  type InternalTable,
  internalPath,
  intraPath,
  type PathInput,
} from './paths.ts';
import { keyOfLength, lengthOf, longestOf, type PrefixKey } from './prefix.ts';
import { addToRange, rangeKey } from './ranges.ts';

export interface RouteTable {
  readonly internal: InternalTable;
  readonly borders: Map<Id, BorderRoute[]>;
  readonly externals: Map<PrefixKey, ExternalPath>;
  /** Ranges that have networks, by their keys in the state. */
  readonly ranges: Map<string, RangeCost>;
}

/** Routes that may be others than before. */
export interface Touched {
  readonly prefixes: Set<PrefixKey>;
  readonly routers: Set<Id>;
}

type Work<Result = void> = Generator<undefined, Result, undefined>;

/** Destinations that are computed between two yields. */
const SOME = 32;

function newTable(): RouteTable {
  return {
    internal: { routes: new Map(), lengths: new Array<number>(33).fill(0) },
    borders: new Map(),
    externals: new Map(),
    ranges: new Map(),
  };
}

/** Computes all of it. @param allRanges the configured ranges by area; those that have networks are active in the input */
export function* computeTable(
  input: PathInput & { activeRanges: Set<PrefixKey> },
  allRanges: ReadonlyMap<Id, readonly PrefixKey[]>,
): Work<RouteTable> {
  const table = newTable();
  const { trees, index } = input;
  let done = 0;
  for (const [area, ranges] of allRanges) {
    for (const key of trees.get(area)?.networks.keys() ?? []) {
      if (++done % SOME === 0) yield;
      const range = longestOf(ranges, key);
      if (range === undefined || intraPath(input, key)?.area !== area) continue;
      addToRange(table.ranges, rangeKey(area, range), internalPath(input, key)?.cost ?? 0);
      input.activeRanges.add(range);
    }
  }
  for (const { networks } of trees.values()) {
    for (const key of networks.keys()) {
      if (++done % SOME === 0) yield;
      setInternal(table.internal, key, internalPath(input, key));
    }
  }
  for (const key of index.networks.keys()) {
    if (++done % SOME === 0) yield;
    if (!table.internal.routes.has(key)) setInternal(table.internal, key, internalPath(input, key));
  }
  for (const { routers } of trees.values()) {
    for (const [router, { flags }] of routers) {
      if (++done % SOME === 0) yield;
      if ((flags & (ROUTER_B | ROUTER_E)) !== 0) setBorder(table.borders, router, borderPaths(input, router));
    }
  }
  for (const router of index.boundaries.keys()) {
    if (++done % SOME === 0) yield;
    if (!table.borders.has(router)) setBorder(table.borders, router, borderPaths(input, router));
  }
  for (const key of index.externals.keys()) {
    if (++done % SOME === 0) yield;
    setExternal(table, key, yield* externalPath(input, table.internal, table.borders, key));
  }
  return table;
}

/** Computes what other leaves make of a table, in place. @returns what may be another than before */
export function* computeLeaves(table: RouteTable, input: PathInput, leaves: readonly Leaf[]): Work<Touched> {
  const touched: Touched = { prefixes: new Set(), routers: new Set() };
  const externals = new Set<PrefixKey>();
  const { index } = input;
  let done = 0;
  for (const leaf of leaves) {
    if (++done % SOME === 0) yield;
    if (isExternal(leaf)) externals.add(leaf.destination);
    else if (leaf.type === LS_SUMMARY_NETWORK) touched.prefixes.add(leaf.destination);
    else touched.routers.add(leaf.destination);
  }
  for (const router of touched.routers) {
    if (++done % SOME === 0) yield;
    setBorder(table.borders, router, borderPaths(input, router));
    for (const leaf of index.byRouter.get(router) ?? []) externals.add(leaf.destination);
  }
  for (const key of touched.prefixes) {
    if (++done % SOME === 0) yield;
    setInternal(table.internal, key, internalPath(input, key));
    if (index.externals.has(key)) externals.add(key);
  }
  yield* forwardedBy(input, touched.prefixes, externals);
  for (const key of externals) {
    if (++done % SOME === 0) yield;
    setExternal(table, key, yield* externalPath(input, table.internal, table.borders, key));
    touched.prefixes.add(key);
  }
  return touched;
}

/** Externals whose forwarding address is in one of these prefixes: they go another way, or none. */
function* forwardedBy({ index }: PathInput, prefixes: ReadonlySet<PrefixKey>, into: Set<PrefixKey>): Work {
  if (prefixes.size === 0) return;
  const lengths = [...new Set([...prefixes].map(lengthOf))];
  let done = 0;
  for (const [address, leaves] of index.byForwarding) {
    if (++done % SOME === 0) yield;
    if (!lengths.some((length) => prefixes.has(keyOfLength(address, length)))) continue;
    for (const leaf of leaves) into.add(leaf.destination);
  }
}

function setInternal({ routes, lengths }: InternalTable, key: PrefixKey, route: Route | undefined): void {
  const had = routes.has(key);
  if (route === undefined) routes.delete(key);
  else routes.set(key, route);
  const has = route !== undefined;
  if (had !== has) lengths[lengthOf(key)]! += has ? 1 : -1;
}

function setBorder(borders: Map<Id, BorderRoute[]>, router: Id, routes: BorderRoute[]): void {
  if (routes.length === 0) borders.delete(router);
  else borders.set(router, routes);
}

/** 16.4 (6a): paths within the AS are preferred. */
function setExternal(table: RouteTable, key: PrefixKey, path: ExternalPath | undefined): void {
  if (path === undefined || table.internal.routes.has(key)) table.externals.delete(key);
  else table.externals.set(key, path);
}

/** The route to a prefix: paths within the AS are preferred. */
export function routeOf({ internal, externals }: RouteTable, key: PrefixKey): Route | undefined {
  return internal.routes.get(key) ?? externals.get(key)?.route;
}
