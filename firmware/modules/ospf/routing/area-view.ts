/** An area as its tree is made of it, out of the state: its LSAs, our attachments, and the ends of virtual links. */
import { maskOf, toNumber } from '../../address.ts';
import type { VirtualWay } from '../agenda.ts';
import { BACKBONE, LS_NETWORK, LS_ROUTER, MAX_LINK_METRIC, NONE } from '../constants.ts';
import { ageOf, areaScope, keyOf, lsasOf } from '../lsdb/lsdb.ts';
import { make } from '../origination/makers.ts';
import { originText } from '../origination/origin.ts';
import { ROUTER_B } from '../packet/lsa-router.ts';
import type { Id, Interface, Origin, State } from '../state.ts';
import { type Attachment, addVertex, type Graph, putVertex } from './graph.ts';
import { NO_HOPS } from './hops.ts';
import { interfacesOf } from './role.ts';
import { type AreaTree, addressBack, shortestPaths } from './spf.ts';

/** LSAs between two yields. */
const SOME = 64;

export interface AreaResult {
  readonly tree: AreaTree;
  /** By key of the virtual link: how its other end is reached, if it is. */
  readonly ways: ReadonlyMap<string, VirtualWay | undefined>;
}

/** @param trees those of transit areas: next hops of virtual links come out of them */
export function* computeArea(
  state: State,
  area: Id,
  trees: ReadonlyMap<Id, AreaTree>,
  now: number,
): Generator<undefined, AreaResult, undefined> {
  const graph: Graph = { routers: new Map(), networks: new Map() };
  let done = 0;
  for (const type of [LS_ROUTER, LS_NETWORK]) {
    putWaiting(state, graph, area, type, now);
    for (const lsa of lsasOf(state, areaScope(area), type)) {
      if (!isWaiting(state, keyOf(lsa))) addVertex(graph, lsa, ageOf(lsa, now));
      if (++done % SOME === 0) yield;
    }
  }
  const attachments = interfacesOf(state, area)
    .filter((iface) => iface.state !== 'Down')
    .map((iface) => attachmentOf(state, iface, trees));
  const { routerId: root, config } = state;
  const tree = yield* shortestPaths(graph, { area, root, attachments, maximumPaths: config.maximumPaths });
  return { tree, ways: waysThrough(state, area, tree, graph) };
}

/**
 * Our part of the tree is as we are, and not as others say: of one of ours that somebody else has made, has flushed, or spent
 * the numbers of, MinLSInterval may pass until the next is there (13.4, 12.1.6). Meanwhile the database may have none.
 */
function putWaiting(state: State, graph: Graph, area: Id, type: number, now: number): void {
  const origins: Origin[] =
    type === LS_ROUTER
      ? [{ lsa: 'router', area }]
      : interfacesOf(state, area).map(({ key: iface }) => ({ lsa: 'network', iface }));
  for (const origin of origins) {
    const key = state.origins.get(originText(origin));
    if (key === undefined || !isWaiting(state, key)) continue;
    const made = make(state, origin, now);
    if (made !== undefined) putVertex(graph, { id: made.id, router: state.routerId }, 0, made.body);
  }
}

function isWaiting({ originated }: State, key: string): boolean {
  return originated.get(key)?.waiting === true;
}

function attachmentOf(state: State, iface: Interface, trees: ReadonlyMap<Id, AreaTree>): Attachment {
  const { key, link, address, subnet, neighbors, virtual } = iface;
  return {
    key,
    address,
    mask: subnet && maskOf(subnet.prefixLength),
    index: state.links.get(link)?.index ?? 0,
    neighbors: [...neighbors.values()].map((neighbor) => ({
      router: neighbor.routerId,
      address: neighbor.address,
    })),
    ...(virtual && {
      virtual: {
        router: virtual.router,
        hops: trees.get(virtual.area)?.routers.get(virtual.router)?.hops ?? NO_HOPS,
      },
    }),
  };
}

/** Both ends are border routers; one that costs more than 16 bits say is none (15). */
function waysThrough(
  state: State,
  area: Id,
  tree: AreaTree,
  graph: Graph,
): Map<string, VirtualWay | undefined> {
  const ways = new Map<string, VirtualWay | undefined>();
  for (const { key, virtual } of interfacesOf(state, BACKBONE)) {
    if (virtual?.area !== area) continue;
    const reached = tree.routers.get(virtual.router);
    const vertex = graph.routers.get(virtual.router);
    const to = vertex === undefined ? NONE : addressBack(vertex);
    const over = state.interfaces.get(reached?.hops[0]?.iface ?? '');
    const isWay =
      reached !== undefined &&
      (reached.flags & ROUTER_B) !== 0 &&
      reached.cost < MAX_LINK_METRIC &&
      to !== NONE &&
      over !== undefined;
    ways.set(key, isWay ? { to, over: over.key, address: over.address, cost: reached.cost } : undefined);
  }
  return ways;
}

/** Whether a virtual link is not as it would be by this way. */
export function isOtherWay(
  { address, cost, state, virtual }: Interface,
  way: VirtualWay | undefined,
): boolean {
  if (way === undefined) return state !== 'Down' || virtual?.to !== NONE;
  return (
    state === 'Down' ||
    way.address !== address ||
    way.cost !== cost ||
    way.to !== virtual?.to ||
    way.over !== virtual.over
  );
}

/** Addresses of ours: nothing is forwarded to them. */
export function ownAddresses({ interfaces, links }: State): Set<Id> {
  const own = new Set<Id>();
  for (const { address } of interfaces.values()) if (address !== NONE) own.add(address);
  for (const link of links.values())
    for (const { address } of link.addresses) if (!address.includes(':')) own.add(toNumber(address));
  return own;
}
