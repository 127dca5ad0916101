/**
 * A simulated network that is at rest: neighbours have equal databases, without anything on its way out; these have the links
 * that there are; routes are those of the reference, and IP has been told of each.
 */
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import type { RouteChange } from '../../firmware/modules/messages/routes.ts';
import { decodeLsa, type LsaBody } from '../../firmware/modules/ospf/packet/lsa.ts';
import type { FaultWorld, Segment } from './ospf-fault-world.ts';
import type { NetworkRouter } from './ospf-network.ts';
import { hopText, type ReferenceRoute, referenceRoutes } from './ospf-reference.ts';

/** @returns what does not hold, in a sentence */
export type Check = (world: FaultWorld) => string | undefined;

/** Databases of an area, or of the AS, of all that flood to each other. */
export const haveEqualDatabases: Check = (world) => {
  const segments = world.segments();
  for (const area of new Set(segments.map((segment) => segment.area)))
    for (const group of groupsOf(segments.filter((segment) => segment.area === area))) {
      const found = differing(group, `area ${toNumber(area)} `);
      if (found !== undefined) return found;
    }
  const carrying = segments.filter(({ area }) => world.typeOf(area) === 'normal');
  for (const group of groupsOf(carrying)) {
    const found = differing(group, 'as ');
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Nothing of MaxAge, on a retransmission or request list is left. */
export const isNothingUnderWay: Check = ({ routers }) => {
  for (const router of routers) {
    if (!router.alive) continue;
    const leaving = router.database().find((row) => row.endsWith(' MaxAge'));
    if (leaving !== undefined) return `${router.id} still has ${leaving}`;
    for (const { iface, neighbor } of router.neighbors())
      if (neighbor.unacknowledged > 0 || neighbor.requested > 0)
        return `${router.id} awaits ${neighbor.unacknowledged} and ${neighbor.requested} LSAs of ${toAddress(neighbor.routerId)} on ${iface}`;
    for (const [, { waiting }] of router.state.originated)
      if (waiting) return `${router.id} has an LSA that waits`;
  }
  return undefined;
};

/** In each router's database its own LSAs, and those of whom it is connected with, have the links that there are. */
export const areLinksRight: Check = (world) => {
  const segments = world.segments();
  for (const router of world.routers) {
    if (!router.alive) continue;
    for (const area of router.state.areas.keys()) {
      const ofArea = segments.filter((segment) => toNumber(segment.area) === area);
      // One that is alone there need not have said so.
      const group = groupsOf(ofArea).find((each) => each.includes(router)) ?? [];
      for (const other of group) {
        const is = neighborsIn(router, area, other).join();
        const wanted = wantedOf(ofArea, other).join();
        if (is !== wanted)
          return `${router.id} has ${other.id} with neighbours ${is} in area ${area}, and there are ${wanted}`;
      }
    }
  }
  return undefined;
};

/** The routes of each are those that the reference computes out of its database. */
export const areRoutesRight: Check = ({ routers, network }) => {
  for (const router of routers) {
    if (!router.alive) continue;
    const wanted = sorted(referenceRoutes(router.state, network.time));
    const is = sorted(
      [...router.state.routes].map(([prefix, { path, area, cost, metric2, hops }]) => [
        prefix,
        { path, area, cost, metric2, hops: hops.map(hopText).sort() },
      ]),
    );
    const found = firstDifference(is, wanted);
    if (found !== undefined) return `routes of ${router.id}: ${found}`;
  }
  return undefined;
};

/** IP has those routes, and no other. */
export const isIpTold: Check = (world) => {
  for (const router of world.routers) {
    if (!router.alive) continue;
    const wanted = [...referenceRoutes(router.state, world.network.time)].flatMap(([prefix, route]) => {
      const text = toldText(route);
      return text === undefined ? [] : [`${prefix} ${text}`];
    });
    const is = [...world.ipOf(router).routes].map(([prefix, change]) => `${prefix} ${changeText(change)}`);
    const found = firstDifference(is.sort(), wanted.sort());
    if (found !== undefined) return `what IP has of ${router.id}: ${found}`;
  }
  return undefined;
};

export const CHECKS: readonly Check[] = [
  areLinksRight,
  isNothingUnderWay,
  haveEqualDatabases,
  areRoutesRight,
  isIpTold,
];

/** Routers by what joins them, in groups. */
export function groupsOf(segments: readonly Segment[]): NetworkRouter[][] {
  const groups: Set<NetworkRouter>[] = [];
  for (const { routers } of segments) {
    const joined = new Set(routers);
    for (const group of groups.filter((each) => routers.some((router) => each.has(router)))) {
      for (const router of group) joined.add(router);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(joined);
  }
  return groups.map((group) => [...group]);
}

function differing(group: readonly NetworkRouter[], scope: string): string | undefined {
  const rows = group.map((router) => router.database().filter((row) => row.startsWith(scope)));
  for (const [i, other] of rows.entries()) {
    const found = firstDifference(other, rows[0]!);
    if (found !== undefined) return `databases of ${group[i]!.id} and ${group[0]!.id}: ${found}`;
  }
  return undefined;
}

function firstDifference(is: readonly string[], wanted: readonly string[]): string | undefined {
  const more = is.filter((row) => !wanted.includes(row));
  const less = wanted.filter((row) => !is.includes(row));
  if (more.length + less.length === 0) return undefined;
  return `${more.slice(0, 3).join(', ') || 'nothing'} and not ${less.slice(0, 3).join(', ') || 'nothing'}`;
}

function sorted(routes: Iterable<[string, ReferenceRoute]>): string[] {
  return [...routes].map(([prefix, route]) => `${prefix} ${JSON.stringify(route)}`).sort();
}

/** Router ids that another has links to by its LSAs, as this one has them. */
function neighborsIn(router: NetworkRouter, area: number, other: NetworkRouter): string[] {
  const bodies = new Map<string, LsaBody>();
  for (const lsa of router.state.lsas.values())
    if (lsa.scope === `area ${area}`)
      bodies.set(`${lsa.type} ${lsa.id} ${lsa.router}`, decodeLsa(lsa.bytes) as LsaBody);
  const { routerId } = other.state;
  const body = bodies.get(`1 ${routerId} ${routerId}`);
  if (body?.kind !== 'router') return ['no LSA'];
  const found = body.links.flatMap(({ type, id }) => {
    if (type === 1) return [id];
    if (type !== 2) return [];
    const network = [...bodies].find(([key]) => key.startsWith(`2 ${id} `))?.[1];
    return network?.kind === 'network' ? network.routers.filter((each) => each !== routerId) : [-1];
  });
  return found.map((id) => (id === -1 ? 'a network without an LSA' : toAddress(id))).sort();
}

function wantedOf(segments: readonly Segment[], router: NetworkRouter): string[] {
  return segments
    .filter(({ routers }) => routers.includes(router))
    .flatMap(({ routers }) => routers.filter((each) => each !== router))
    .map(({ state }) => toAddress(state.routerId))
    .sort();
}

/** A route as IP is to be told of it; undefined: it knows the network itself. */
function toldText({ path, cost, metric2, hops }: ReferenceRoute): string | undefined {
  if (hops.some((hop) => hop.endsWith(' 0.0.0.0'))) return undefined;
  if (hops.length === 0) return 'blackhole';
  return `${path === 'external-2' ? metric2 : cost} ${hops.join()}`;
}

function changeText({ type, metric, hops = [] }: RouteChange): string {
  if (type === 'blackhole') return type;
  return `${metric} ${hops
    .map((hop) => `${hop.interface} ${hop.gateway}`)
    .sort()
    .join()}`;
}
