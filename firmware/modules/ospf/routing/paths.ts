/**
 * Paths to one destination out of trees and leaves (16.2 to 16.4; RFC 3509 2.2; RFC 3101 2.5), RFC1583Compatibility off. They are
 * pure, and each destination stands alone: whether one is computed or all makes no difference.
 */
import { BACKBONE, LS_INFINITY, LS_NSSA, NONE } from '../constants.ts';
import { ROUTER_B, ROUTER_E } from '../packet/lsa-router.ts';
import type { BorderRoute, Id, Route } from '../state.ts';
import { type Hops, hopsTo, mergeHops } from './hops.ts';
import type { ExternalLeaf, LeafIndex, SummaryLeaf } from './leaves.ts';
import { keyOfLength, type PrefixKey } from './prefix.ts';
import type { AreaTree } from './spf.ts';

/** Leaves of one destination between two yields: it may have all that there are. */
const SOME = 256;

export interface PathInput {
  readonly routerId: Id;
  readonly maximumPaths: number;
  readonly trees: ReadonlyMap<Id, AreaTree>;
  readonly index: LeafIndex;
  readonly isBorder: boolean;
  /** Areas whose summaries count: the backbone, or all of them (RFC 3509 2.2). */
  readonly summaryAreas: readonly Id[];
  /** Areas through which virtual links lead, of a border router (16.3). */
  readonly transitAreas: readonly Id[];
  /** Areas into which LSAs of type 5 are flooded, and NSSAs without summaries. */
  readonly capable: ReadonlySet<Id>;
  readonly withoutSummaries: ReadonlySet<Id>;
  /** Ranges of ours that have networks (16.2 (3)). */
  readonly activeRanges: ReadonlySet<PrefixKey>;
  /** Addresses of ours. */
  readonly own: ReadonlySet<Id>;
}

/** Within the AS, by prefix, with which lengths of prefixes there are. */
export interface InternalTable {
  readonly routes: Map<PrefixKey, Route>;
  /** How many prefixes of each length. */
  readonly lengths: number[];
}

/** 16.1: of several areas with a path to a network the nearest counts, then the higher area id. */
export function intraPath({ trees }: PathInput, key: PrefixKey): Route | undefined {
  let best: Route | undefined;
  for (const tree of trees.values()) {
    const network = tree.networks.get(key);
    if (network === undefined || network.cost >= LS_INFINITY) continue;
    if (best !== undefined && !isNearer(network.cost, tree.area, best)) continue;
    const { cost, hops, from } = network;
    best = { path: 'intra', area: tree.area, cost, metric2: 0, tag: 0, hops, from };
  }
  return best;
}

/** An intra-area or inter-area path, as 16.3 changes it. */
export function internalPath(input: PathInput, key: PrefixKey): Route | undefined {
  const intra = intraPath(input, key);
  const leaves = input.index.networks.get(key);
  if (leaves === undefined) return intra;
  const isRange = intra === undefined && input.activeRanges.has(key);
  const found = intra ?? (isRange ? undefined : summaryPath(input, leaves));
  return found && throughTransit(input, found, leaves);
}

/** 16.2: the best of some summaries, as a route. */
function summaryPath(input: PathInput, leaves: readonly SummaryLeaf[]): Route | undefined {
  let best: Route | undefined;
  for (const { area, router, metric } of leaves) {
    if (!input.summaryAreas.includes(area)) continue;
    const border = borderOf(input, area, router);
    const cost = (border?.cost ?? 0) + metric;
    if (border === undefined || cost >= LS_INFINITY) continue;
    if (best !== undefined && best.area === area && best.cost === cost) {
      const from = Math.max(best.from, router);
      best = { ...best, from, hops: mergeHops(best.hops, border.hops, input.maximumPaths) };
    } else if (best === undefined || isNearer(cost, area, best))
      best = { path: 'inter', area, cost, metric2: 0, tag: 0, hops: border.hops, from: router };
  }
  return best;
}

/** 16.3: a transit area may have a nearer way to what the backbone leads to. */
function throughTransit<R extends Pick<Route, 'area' | 'cost' | 'hops'>>(
  input: PathInput,
  route: R,
  leaves: readonly SummaryLeaf[],
): R {
  if (route.area !== BACKBONE || input.transitAreas.length === 0) return route;
  let { cost, hops } = route;
  for (const { area, router, metric } of leaves) {
    if (!input.transitAreas.includes(area)) continue;
    const border = borderOf(input, area, router);
    if (border === undefined || border.cost + metric > cost) continue;
    hops = border.cost + metric < cost ? border.hops : mergeHops(hops, border.hops, input.maximumPaths);
    cost = border.cost + metric;
  }
  return hops === route.hops && cost === route.cost ? route : { ...route, cost, hops };
}

/** An area border router, as the area's tree leads to it. */
function borderOf({ trees, routerId }: PathInput, area: Id, router: Id) {
  const reached = router === routerId ? undefined : trees.get(area)?.routers.get(router);
  return reached !== undefined && (reached.flags & ROUTER_B) !== 0 ? reached : undefined;
}

function isNearer(cost: number, area: Id, than: Pick<Route, 'cost' | 'area'>): boolean {
  return cost < than.cost || (cost === than.cost && area > than.area);
}

/** Ways to a border router, one for each area that has one (11, 16.1 (4), 16.2, 16.3). */
export function borderPaths(input: PathInput, router: Id): BorderRoute[] {
  const routes: BorderRoute[] = [];
  if (router === input.routerId) return routes;
  for (const { area, routers } of input.trees.values()) {
    const reached = routers.get(router);
    if (reached === undefined || (reached.flags & (ROUTER_B | ROUTER_E)) === 0) continue;
    const { cost, hops, flags } = reached;
    const abr = (flags & ROUTER_B) !== 0;
    routes.push({ router, area, path: 'intra', cost, hops, abr, asbr: (flags & ROUTER_E) !== 0 });
  }
  const leaves = input.index.boundaries.get(router);
  if (leaves === undefined) return routes;
  for (const area of input.summaryAreas) {
    if (routes.some((route) => route.area === area)) continue;
    const found = summaryPath(
      input,
      leaves.filter((leaf) => leaf.area === area),
    );
    if (found === undefined) continue;
    const { cost, hops } = found;
    routes.push({ router, area, path: 'inter', cost, hops, abr: false, asbr: true });
  }
  return routes.map((route) => (route.asbr ? throughTransit(input, route, leaves) : route));
}

/** An external route, and the LSAs that it is made of. */
export interface ExternalPath {
  readonly route: Route;
  readonly leaves: readonly ExternalLeaf[];
}

interface Way {
  readonly cost: number;
  readonly hops: Hops;
  readonly area: Id;
  /** 16.4.1: intra-area, not by the backbone. */
  readonly preferred: boolean;
}

/** 16.4; RFC 3101 2.5. @param borders ways to a router, as `borderPaths` has them */
export function* externalPath(
  input: PathInput,
  internal: InternalTable,
  borders: ReadonlyMap<Id, readonly BorderRoute[]>,
  key: PrefixKey,
): Generator<undefined, ExternalPath | undefined, undefined> {
  let best: { way: Way; total: number; equal: ExternalLeaf[] } | undefined;
  let done = 0;
  for (const leaf of input.index.externals.get(key) ?? []) {
    if (++done % SOME === 0) yield;
    const way = wayOf(input, internal, borders.get(leaf.router) ?? [], leaf);
    if (way === undefined) continue;
    const order = best === undefined ? -1 : comparePaths(leaf, way, best.equal[0]!, best.way);
    if (order > 0) continue;
    if (best === undefined || order < 0) {
      const total = leaf.metricType === 1 ? way.cost + leaf.metric : way.cost;
      best = { way, total, equal: [leaf] };
    } else {
      const hops = mergeHops(best.way.hops, way.hops, input.maximumPaths);
      const area = Math.max(best.way.area, way.area);
      best.way = { ...best.way, area, hops };
      best.equal.push(leaf);
    }
  }
  if (best === undefined) return undefined;
  const { way, total: cost } = best;
  const leaves = withoutEquals(best.equal).sort(compareOrigins);
  const { metricType, metric, tag, router: from } = leaves[0]!;
  const { area, hops } = way;
  const route: Route =
    metricType === 1
      ? { path: 'external-1', area, cost, metric2: 0, tag, hops, from }
      : { path: 'external-2', area, cost, metric2: metric, tag, hops, from };
  return { route, leaves };
}

/** Of equal ones that of the highest router id says tag and router, whatever came first. */
function compareOrigins(one: ExternalLeaf, other: ExternalLeaf): number {
  if (one.router !== other.router) return other.router - one.router;
  return one.key < other.key ? -1 : 1;
}

/** 16.4 (3): to the forwarding address, or to the AS boundary router itself. */
function wayOf(
  input: PathInput,
  internal: InternalTable,
  borders: readonly BorderRoute[],
  leaf: ExternalLeaf,
): Way | undefined {
  const { area, forwarding, destination, propagate } = leaf;
  const isNssa = leaf.type === LS_NSSA;
  const ways = borders.filter(
    (route) =>
      route.asbr && (isNssa ? route.area === area && route.path === 'intra' : input.capable.has(route.area)),
  );
  if (ways.length === 0) return undefined;
  if (isNssa && destination === 0 && input.isBorder) {
    if (!propagate || (area !== undefined && input.withoutSummaries.has(area))) return undefined;
  }
  if (forwarding === NONE) return preferredOf(ways);
  if (input.own.has(forwarding)) return undefined;
  const route = lookUp(internal, forwarding);
  if (route === undefined) return undefined;
  const isAllowed = isNssa ? route.area === area && route.path === 'intra' : input.capable.has(route.area);
  if (!isAllowed) return undefined;
  return { ...wayBy(route), hops: hopsTo(route.hops, forwarding, input.maximumPaths) };
}

/** 16.4 (3), 16.4.1 */
function preferredOf(routes: readonly BorderRoute[]): Way | undefined {
  let best: Way | undefined;
  for (const route of routes) {
    const way = wayBy(route);
    const isBetter =
      best === undefined ||
      (way.preferred === best.preferred ? isNearer(way.cost, way.area, best) : way.preferred);
    if (isBetter) best = way;
  }
  return best;
}

function wayBy({ cost, hops, area, path }: Pick<Route, 'cost' | 'hops' | 'area' | 'path'>): Way {
  return { cost, hops, area, preferred: path === 'intra' && area !== BACKBONE };
}

/** 16.4 (6): below 0 where the first is preferred, 0 where they are equal. */
function comparePaths(one: ExternalLeaf, way: Way, other: ExternalLeaf, otherWay: Way): number {
  if (one.metricType !== other.metricType) return one.metricType - other.metricType;
  if (one.metricType === 2 && one.metric !== other.metric) return one.metric - other.metric;
  if (way.preferred !== otherWay.preferred) return way.preferred ? -1 : 1;
  const added = one.metricType === 1 ? one.metric - other.metric : 0;
  return way.cost - otherWay.cost + added;
}

/** RFC 3101 2.5 (6e): of LSAs that say the same with a forwarding address, one counts. */
function withoutEquals(leaves: ExternalLeaf[]): ExternalLeaf[] {
  if (leaves.length === 1) return leaves;
  const first = new Map<string, number>();
  for (const leaf of leaves) {
    const said = saidBy(leaf);
    first.set(said, Math.max(first.get(said) ?? 0, rankOf(leaf)));
  }
  return leaves.filter((leaf) => leaf.forwarding === NONE || rankOf(leaf) === first.get(saidBy(leaf)));
}

function saidBy({ forwarding, metric }: ExternalLeaf): string {
  return `${forwarding} ${metric}`;
}

/** By kind, then by router id. */
function rankOf({ type, propagate, router }: ExternalLeaf): number {
  const kind = type !== LS_NSSA ? 1 : propagate ? 2 : 0;
  return kind * 2 ** 32 + router;
}

/** The longest prefix that has an address in it (11.1). */
export function lookUp({ routes, lengths }: InternalTable, address: Id): Route | undefined {
  for (let length = 32; length >= 0; length--) {
    if (lengths[length] === 0) continue;
    const route = routes.get(keyOfLength(address, length));
    if (route !== undefined) return route;
  }
  return undefined;
}
