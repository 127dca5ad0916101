/** Routes of ours between the shape in which they are kept and that of the kernel. */
import type { HopWanted, Route, RouteWanted } from '../../../../drivers/netlink/route.ts';
import { type CandidateType, type FibRoute, type ResolvedHop, type State, tableOfKey } from '../state.ts';
import { inOrder } from './rib.ts';
import { OWN_METRIC, OWN_PROTOCOL } from './route-record.ts';

const RTNH_F_ONLINK = 4;

/** Tells a route of ours from all others. @param key of its prefix */
export function identityOf(
  key: string,
): Required<Pick<RouteWanted, 'destination' | 'prefixLength' | 'protocol' | 'table' | 'metric'>> {
  const slash = key.indexOf('/');
  return {
    destination: key.slice(key.indexOf(' ') + 1, slash),
    prefixLength: Number(key.slice(slash + 1)),
    protocol: OWN_PROTOCOL,
    table: tableOfKey(key),
    metric: OWN_METRIC,
  };
}

/** A route as the kernel is asked for it. */
export function wantedOf(key: string, type: CandidateType, hops: HopWanted[]): RouteWanted {
  const { destination, prefixLength, protocol, table, metric } = identityOf(key);
  if (type !== 'unicast') return { destination, prefixLength, protocol, table, metric, type };
  return { destination, prefixLength, protocol, table, metric, type, hops };
}

/** A next hop as the kernel is asked for it. */
export function hopWanted({ gateway, interface: index, weight, onLink }: ResolvedHop): HopWanted {
  const wanted: HopWanted =
    gateway === undefined ? { interface: index, weight } : { gateway, interface: index, weight };
  if (onLink) wanted.flags = RTNH_F_ONLINK;
  return wanted;
}

/** A route as the kernel told it. */
export function fibRouteOf(state: State, { type, hops }: Route): FibRoute {
  if (type !== 'unicast') return { type: type as CandidateType, hops: [] };
  const each = hops.map(({ gateway, interface: index, weight, flags }) => {
    const ups = state.links.get(index)?.ups ?? 0;
    const hop: ResolvedHop =
      gateway === undefined ? { interface: index, weight, ups } : { gateway, interface: index, weight, ups };
    if ((flags & RTNH_F_ONLINK) !== 0) hop.onLink = true;
    return hop;
  });
  return { type: 'unicast', hops: inOrder(each) };
}
