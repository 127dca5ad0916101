/** Summary-LSAs (12.4.3; RFC 3509 2.2): what one area is told of networks and AS boundary routers of others. */
import { maskOf, toAddress } from '../../address.ts';
import { BACKBONE, LS_INFINITY, LS_SUMMARY_ASBR, LS_SUMMARY_NETWORK } from '../constants.ts';
import { areaScope } from '../lsdb/lsdb.ts';
import { addressOf, lengthOf, type PrefixKey, parseKey } from '../routing/prefix.ts';
import { rangeKey, rangeOfNetwork, rangesOf } from '../routing/ranges.ts';
import { hasBackbone, isAreaBorder, isTransitCapable } from '../routing/role.ts';
import { areaConfigOf } from '../selectors.ts';
import type { BorderRoute, Hop, Id, Route, State } from '../state.ts';
import { type Made, type Maker, optionsOf } from './maker.ts';

/** Of a network, an address range, or the default route of a stub area. */
export const makeSummaryLsa: Maker<'summary'> = (state, { area, prefix }) => {
  if (!isSummarized(state, area)) return undefined;
  const key = parseKey(prefix);
  const config = areaConfigOf(state, area);
  const isDefault = key === 0;
  if (isDefault && (config.type === 'stub' || (config.type === 'nssa' && !config.summaries)))
    return made(state, area, LS_SUMMARY_NETWORK, 0, 0, config.defaultCost);
  if (config.type !== 'normal' && !config.summaries) return undefined;
  const cost = rangeCost(state, area, key) ?? networkCost(state, area, state.routes.get(prefix), key);
  if (cost === undefined || cost >= LS_INFINITY) return undefined;
  return made(state, area, LS_SUMMARY_NETWORK, addressOf(key), maskOf(lengthOf(key)), cost);
};

/** Of an AS boundary router: none into a stub area or NSSA. */
export const makeAsbrLsa: Maker<'asbr'> = (state, { area, router }) => {
  if (!isSummarized(state, area) || !isTransitCapable(state, area)) return undefined;
  const route = preferredBorder(state, router);
  if (route === undefined || !isToldTo(state, area, route) || route.cost >= LS_INFINITY) return undefined;
  return made(state, area, LS_SUMMARY_ASBR, router, 0, route.cost);
};

function isSummarized(state: State, area: Id): boolean {
  return state.areas.has(area) && isAreaBorder(state);
}

function made(state: State, area: Id, type: number, id: Id, mask: Id, metric: number): Made {
  const body = { kind: 'summary', mask, metric } as const;
  return { scope: areaScope(area), type, id, options: optionsOf(state, area), body };
}

/** The cost of an active range of another area that is to be told; undefined where it is none. */
function rangeCost(state: State, area: Id, key: PrefixKey): number | undefined {
  for (const other of state.areas.keys()) {
    if (other === area || isUncondensed(state, area, other) || !rangesOf(state, other).includes(key))
      continue;
    const range = areaConfigOf(state, other).ranges[`${toAddress(addressOf(key))}/${lengthOf(key)}`];
    const active = state.ranges.get(rangeKey(other, key));
    if (range?.advertise === true && active !== undefined) return range.cost ?? active.cost;
  }
  return undefined;
}

/** Undefined where it is not to be told, or is condensed. */
function networkCost(
  state: State,
  area: Id,
  route: Readonly<Route> | undefined,
  key: PrefixKey,
): number | undefined {
  // One that drops packets is that of a range.
  if (route === undefined || route.hops.length === 0) return undefined;
  if (route.path !== 'intra' && route.path !== 'inter') return undefined;
  if (!isToldTo(state, area, { ...route, path: route.path })) return undefined;
  const isCondensed =
    route.path === 'intra' &&
    !isUncondensed(state, area, route.area) &&
    rangeOfNetwork(state, route.area, key) !== undefined;
  return isCondensed ? undefined : route.cost;
}

/** Networks of the backbone are told to transit areas as they are. */
function isUncondensed(state: State, area: Id, of: Id): boolean {
  return of === BACKBONE && (state.areas.get(area)?.transit ?? false);
}

/** Not to the area itself, nor where the way leads through it; the backbone is told of paths within areas alone. */
function isToldTo(
  state: State,
  area: Id,
  route: Pick<BorderRoute, 'area' | 'path'> & { readonly hops: readonly Hop[] },
): boolean {
  if (route.area === area) return false;
  if (route.hops.some(({ iface }) => state.interfaces.get(iface)?.area === area)) return false;
  return route.path === 'intra' || (area !== BACKBONE && hasBackbone(state));
}

/** 16.4 (3): the way to a boundary router that counts. */
function preferredBorder(state: State, router: Id): Readonly<BorderRoute> | undefined {
  let best: Readonly<BorderRoute> | undefined;
  for (const area of state.areas.keys()) {
    const route = state.borders.get(`${router} ${area}`);
    if (route === undefined || !route.asbr || !isTransitCapable(state, area)) continue;
    if (best === undefined || isPreferred(route, best)) best = route;
  }
  return best;
}

function isPreferred(one: Readonly<BorderRoute>, other: Readonly<BorderRoute>): boolean {
  const rank = ({ path, area }: Readonly<BorderRoute>) => (path === 'intra' && area !== BACKBONE ? 0 : 1);
  if (rank(one) !== rank(other)) return rank(one) < rank(other);
  return one.cost === other.cost ? one.area > other.area : one.cost < other.cost;
}
