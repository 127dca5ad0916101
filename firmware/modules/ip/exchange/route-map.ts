/**
 * Route maps, as users of FRR know them: the first entry in the order of the sequence that the route matches decides, and
 * sets what it names where it permits. What no entry matches is denied, and so is all by a map that there is not.
 */

import type { PrefixValue } from '../../prefix.ts';
import type { Filters, RouteMapEntry } from './exchange-record.ts';
import { listPermits } from './prefix-list.ts';

/** The part of a route that a map looks at. */
export interface MappedRoute {
  prefix: PrefixValue;
  source: string;
  metric: number;
  tag?: number;
}

/** The values that a map sets, or leaves. */
export interface MapResult {
  metric: number;
  tag?: number;
  type?: 1 | 2;
}

/** @returns the route's values from then on; undefined when it is denied */
export function applyRouteMap(filters: Filters, name: string, route: MappedRoute): MapResult | undefined {
  const entry = named(filters.routeMaps, name)?.find((each) => matches(filters, each, route));
  if (entry?.action !== 'permit') return undefined;
  const { setMetric: metric = route.metric, setTag: tag = route.tag, setType: type } = entry;
  return { metric, ...(tag !== undefined && { tag }), ...(type !== undefined && { type }) };
}

/** The names of the lists that a map looks at. */
export function listsOf({ routeMaps }: Filters, map: string): string[] {
  return (named(routeMaps, map) ?? []).flatMap(({ prefixList }) =>
    prefixList === undefined ? [] : [prefixList],
  );
}

/** An entry that names nothing is matched by all. */
function matches(
  { prefixLists }: Filters,
  { prefixList, tag, source }: RouteMapEntry,
  route: MappedRoute,
): boolean {
  if (source !== undefined && source !== route.source) return false;
  if (tag !== undefined && tag !== route.tag) return false;
  return prefixList === undefined || listPermits(named(prefixLists, prefixList), route.prefix);
}

/** Names come from messages too: what an object inherits is no filter. */
export function named<Filter>(filters: Readonly<Record<string, Filter>>, name: string): Filter | undefined {
  return Object.hasOwn(filters, name) ? filters[name] : undefined;
}
