/** The router-LSA of an area (RFC 2328 12.4.1): our interfaces there, and what is at their other ends. */
import { maskOf, toAddress, toNumber } from '../../address.ts';
import { LS_ROUTER, MAX_LINK_METRIC, NONE } from '../constants.ts';
import { areaScope } from '../lsdb/lsdb.ts';
import {
  LINK_POINT_TO_POINT,
  LINK_STUB,
  LINK_TRANSIT,
  LINK_VIRTUAL,
  ROUTER_B,
  ROUTER_E,
  ROUTER_NT,
  ROUTER_V,
  type RouterLink,
} from '../packet/lsa-router.ts';
import { interfacesOf, isAreaBorder, isBoundary, translatesAlways } from '../routing/role.ts';
import { configOf, isTold } from '../selectors.ts';
import type { Id, Interface, Neighbor, State } from '../state.ts';
import { type Maker, optionsOf } from './maker.ts';

const HOST_MASK = 0xffff_ffff;

export const makeRouterLsa: Maker<'router'> = (state, { area }, now) => {
  if (!state.areas.has(area)) return undefined;
  const links = interfacesOf(state, area).flatMap((iface) => linksOf(state, iface));
  const stub = isStubRouter(state, now);
  return {
    scope: areaScope(area),
    type: LS_ROUTER,
    id: state.routerId,
    options: optionsOf(state, area),
    body: { kind: 'router', flags: flagsOf(state, area), links: stub ? links.map(withoutTransit) : links },
  };
};

/** RFC 6987: nothing is to go through us, only to us. */
export function isStubRouter({ config, stubUntil }: State, now: number): boolean {
  return config.stubRouter.always || now < stubUntil;
}

function withoutTransit(link: RouterLink): RouterLink {
  return link.type === LINK_STUB ? link : { ...link, metric: MAX_LINK_METRIC };
}

function flagsOf(state: State, area: Id): number {
  return (
    (isAreaBorder(state) ? ROUTER_B : 0) |
    (isBoundary(state, area) ? ROUTER_E : 0) |
    (isVirtualEnd(state, area) ? ROUTER_V : 0) |
    (translatesAlways(state, area) ? ROUTER_NT : 0)
  );
}

/** An end of a virtual link through this area that has a full adjacency. */
function isVirtualEnd({ interfaces }: State, area: Id): boolean {
  for (const { virtual, neighbors } of interfaces.values())
    if (virtual?.area === area && fullOf(neighbors).length > 0) return true;
  return false;
}

/** 12.4.1, the list of its interfaces, in its order. */
function linksOf(state: State, iface: Interface): RouterLink[] {
  if (iface.state === 'Down') return [];
  if (iface.state === 'Loopback')
    return iface.address === NONE || iface.subnet === undefined ? [] : [hostLink(iface)];
  switch (iface.type) {
    // 12.4.1.1
    case 'point-to-point':
      return [...pointToPointLinks(state, iface), ...pointToPointStub(iface)];
    // 12.4.1.2
    case 'broadcast':
    case 'non-broadcast':
      return isTransit(iface) ? [transitLink(iface)] : stubLink(iface);
    // 12.4.1.3
    case 'virtual':
      return fullOf(iface.neighbors).map(({ routerId }) => ({
        type: LINK_VIRTUAL,
        id: routerId,
        data: iface.address,
        metric: metricOf(iface.cost),
      }));
    // 12.4.1.4
    case 'point-to-multipoint':
      return [hostLink(iface), ...pointToPointLinks(state, iface)];
    case 'loopback':
      return [];
  }
}

/** To each router that is fully adjacent. An unnumbered interface is named by its index (MIB-II). */
function pointToPointLinks(state: State, iface: Interface): RouterLink[] {
  const data = iface.subnet === undefined ? (state.links.get(iface.link)?.index ?? 0) : iface.address;
  return fullOf(iface.neighbors).map((neighbor) => ({
    type: LINK_POINT_TO_POINT,
    id: neighbor.routerId,
    data,
    metric: metricOf(costTo(state, iface, neighbor)),
  }));
}

/** Point-to-multipoint: a neighbour may have a cost of its own. */
function costTo(state: State, iface: Interface, { address }: Neighbor): number {
  return configOf(state, iface).neighbors[toAddress(address)]?.cost ?? iface.cost;
}

/** 12.4.1.1, option 1 where the other end has an address of its own, and 2 where both are of one subnet. */
function pointToPointStub(iface: Interface): RouterLink[] {
  const { subnet } = iface;
  if (subnet?.peer === undefined) return stubLink(iface);
  // The other end's prefix, as the kernel has it.
  const mask = maskOf(subnet.prefixLength);
  const id = (toNumber(subnet.peer) & mask) >>> 0;
  return [{ type: LINK_STUB, id, data: mask, metric: metricOf(iface.cost) }];
}

/** The network of the interface; none where it is unnumbered. */
function stubLink({ subnet, cost }: Interface): RouterLink[] {
  if (subnet === undefined) return [];
  const mask = maskOf(subnet.prefixLength);
  const id = (toNumber(subnet.address) & mask) >>> 0;
  return [{ type: LINK_STUB, id, data: mask, metric: metricOf(cost) }];
}

/** Our address alone. */
function hostLink({ address }: Interface): RouterLink {
  return { type: LINK_STUB, id: address, data: HOST_MASK, metric: 0 };
}

/** 12.4.1.2: fully adjacent to the designated router, or it ourselves and fully adjacent to another. */
function isTransit({ state, dr, neighbors }: Interface): boolean {
  if (state === 'Waiting' || dr === NONE) return false;
  const full = fullOf(neighbors);
  return state === 'DR' ? full.length > 0 : full.some(({ address }) => address === dr);
}

function transitLink({ dr, address, cost }: Interface): RouterLink {
  return { type: LINK_TRANSIT, id: dr, data: address, metric: metricOf(cost) };
}

/** One that we help to restart is told of as before (RFC 3623 3). */
function fullOf(neighbors: ReadonlyMap<string, Neighbor>): Neighbor[] {
  return [...neighbors.values()].filter(isTold);
}

/** 16 bits. */
function metricOf(cost: number): number {
  return Math.min(cost, MAX_LINK_METRIC);
}
