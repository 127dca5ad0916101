/**
 * The table of routes as it is worked with (11): all of it out of trees and leaves, or what other leaves make of it (16.5,
 * 16.6). Both come to the same, since each destination stands alone (paths.ts).
 */

import { LS_SUMMARY_NETWORK } from '../constants.ts';
import { ROUTER_B, ROUTER_E } from '../packet/lsa-router.ts';
import type { BorderRoute, Id, RangeCost, Route } from '../state.ts';
import { sameHops } from './hops.ts';
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

/** A table of before, and leaves that are others since. */
export interface Known {
  readonly table: RouteTable;
  readonly input: PathInput;
  readonly leaves: readonly Leaf[];
}

/** Routes that may be others than before. */
export interface Touched {
  readonly prefixes: Set<PrefixKey>;
  readonly routers: Set<Id>;
}

type Work<Result = void> = Generator<undefined, Result, undefined>;

/** Destinations that are computed between two yields. */
const SOME = 32;

function newTable(externals: RouteTable['externals']): RouteTable {
  return {
    internal: { routes: new Map(), lengths: new Array<number>(33).fill(0) },
    borders: new Map(),
    externals,
    ranges: new Map(),
  };
}

/**
 * Computes all of it, but for external routes that are as they were: those of a table of before are taken over then.
 * @param allRanges the configured ranges by area; those that have networks are active in the input
 * @returns the table, and which external routes were computed; absent: all of them
 */
export function* computeTable(
  input: PathInput & { activeRanges: Set<PrefixKey> },
  allRanges: ReadonlyMap<Id, readonly PrefixKey[]>,
  known?: Known,
): Work<{ table: RouteTable; externals?: ReadonlySet<PrefixKey> }> {
  const table = yield* computeInternal(input, allRanges);
  if (known !== undefined && areExternalsKept(known, input, table)) {
    const externals = yield* otherExternals(known, input, table);
    const kept = { ...table, externals: known.table.externals };
    yield* computeExternals(kept, input, externals);
    return { table: kept, externals };
  }
  yield* computeExternals(table, input, input.index.externals.keys());
  return { table };
}

/** Routes to these prefixes outside of the AS. */
function* computeExternals(table: RouteTable, input: PathInput, keys: Iterable<PrefixKey>): Work {
  let done = 0;
  for (const key of keys) {
    if (++done % SOME === 0) yield;
    setExternal(table, key, yield* externalPath(input, table.internal, table.borders, key));
  }
}

/** External routes stay as they are as long as the ways to AS boundary routers do, and none leads to a forwarding address. */
function areExternalsKept({ table, input: before }: Known, input: PathInput, now: RouteTable): boolean {
  return (
    input.index.byForwarding.size === 0 &&
    input.isBorder === before.isBorder &&
    input.maximumPaths === before.maximumPaths &&
    isSameSet(input.capable, before.capable) &&
    isSameSet(input.withoutSummaries, before.withoutSummaries) &&
    areSameBorders(table.borders, now.borders)
  );
}

function isSameSet(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  return one.size === other.size && [...one].every((each) => other.has(each));
}

function areSameBorders(one: RouteTable['borders'], other: RouteTable['borders']): boolean {
  if (one.size !== other.size) return false;
  for (const [router, routes] of one) {
    const others = other.get(router);
    if (others?.length !== routes.length) return false;
    if (!routes.every((route, at) => isSameBorder(route, others[at]!))) return false;
  }
  return true;
}

/** Whether two ways to a router are the same. */
export function isSameBorder(one: Readonly<BorderRoute>, other: Readonly<BorderRoute>): boolean {
  return (
    one.path === other.path &&
    one.area === other.area &&
    one.cost === other.cost &&
    one.abr === other.abr &&
    one.asbr === other.asbr &&
    sameHops(one.hops, other.hops)
  );
}

/** Those of other leaves, and those that a route within the AS hides, or hides no longer (16.4 (6a)). */
function* otherExternals(
  { table, leaves }: Known,
  { index }: PathInput,
  { internal: { routes } }: RouteTable,
): Work<Set<PrefixKey>> {
  const others = new Set<PrefixKey>();
  const before = table.internal.routes;
  let done = 0;
  for (const leaf of leaves) if (isExternal(leaf)) others.add(leaf.destination);
  for (const [some, rest] of [
    [routes, before],
    [before, routes],
  ] as const)
    for (const key of some.keys()) {
      if (!rest.has(key) && index.externals.has(key)) others.add(key);
      if (++done % (SOME * 8) === 0) yield;
    }
  return others;
}

/** Routes within the AS, and to its border routers. */
function* computeInternal(
  input: PathInput & { activeRanges: Set<PrefixKey> },
  allRanges: ReadonlyMap<Id, readonly PrefixKey[]>,
): Work<RouteTable> {
  const table = newTable(new Map());
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
  yield* computeExternals(table, input, externals);
  for (const key of externals) touched.prefixes.add(key);
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
