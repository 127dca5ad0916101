/** Filters by their names, as messages of other modules have them: a prefix list, a route map, or both one after the other. */
import { isSame } from '../../difference.ts';
import type { RouteFilter } from '../../messages/routes.ts';
import type { Filters } from './exchange-record.ts';
import { listPermits } from './prefix-list.ts';
import { applyRouteMap, listsOf, type MappedRoute, type MapResult, named } from './route-map.ts';

/** @returns the route's values from then on; undefined when it is denied */
export function pass(
  filters: Filters,
  { prefixList, routeMap }: RouteFilter,
  route: MappedRoute,
): MapResult | undefined {
  const list = prefixList === undefined ? undefined : named(filters.prefixLists, prefixList);
  if (prefixList !== undefined && !listPermits(list, route.prefix)) return undefined;
  if (routeMap !== undefined) return applyRouteMap(filters, routeMap, route);
  return { metric: route.metric, ...(route.tag !== undefined && { tag: route.tag }) };
}

/** Whether another configuration may let other routes pass, or with other values. */
export function isOtherwise({ prefixList, routeMap }: RouteFilter, before: Filters, after: Filters): boolean {
  const lists = [
    ...(prefixList === undefined ? [] : [prefixList]),
    ...(routeMap === undefined ? [] : [...listsOf(before, routeMap), ...listsOf(after, routeMap)]),
  ];
  const isOther = <Filter>(was: Record<string, Filter>, is: Record<string, Filter>, name: string) =>
    !isSame(named(was, name), named(is, name));
  return (
    (routeMap !== undefined && isOther(before.routeMaps, after.routeMaps, routeMap)) ||
    lists.some((name) => isOther(before.prefixLists, after.prefixLists, name))
  );
}
