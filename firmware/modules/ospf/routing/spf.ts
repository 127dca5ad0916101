/**
 * The shortest-path tree of an area (16.1, 16.1.1), as pure functions over its router- and network-LSAs. Costs, next hops and
 * parents stay on the vertices, as loop-free alternates would need them.
 */
import { NONE } from '../constants.ts';
import type { RouterLink } from '../packet/lsa.ts';
import { LINK_STUB, LINK_TRANSIT, LINK_VIRTUAL, ROUTER_V } from '../packet/lsa-router.ts';
import type { Hop, Id } from '../state.ts';
import {
  type Attachment,
  type Graph,
  isRouter,
  leadsTo,
  type NetworkVertex,
  type RouterVertex,
  type Vertex,
} from './graph.ts';
import { Heap } from './heap.ts';
import { type Hops, mergeHops, NO_HOPS, sortedHops } from './hops.ts';
import { type PrefixKey, prefixKey } from './prefix.ts';

/** Routers and networks that a tree leads to. */
export interface AreaTree {
  readonly area: Id;
  /** TransitCapability: some router is an end of a virtual link through the area (16.1 (2)). */
  readonly transit: boolean;
  /** By router id, those that can be reached, and the root. */
  readonly routers: ReadonlyMap<Id, Reached>;
  readonly networks: ReadonlyMap<PrefixKey, NetworkRoute>;
  /** Links to networks that there was no room for. */
  readonly leftOut: number;
}

export interface Reached {
  readonly cost: number;
  readonly hops: Hops;
  /** Of its router-LSA. */
  readonly flags: number;
}

export interface NetworkRoute {
  readonly cost: number;
  readonly hops: Hops;
  /** Router of the LSA. */
  readonly from: Id;
}

export interface SpfInput {
  readonly area: Id;
  readonly root: Id;
  readonly attachments: readonly Attachment[];
  /** Next hops of a route. */
  readonly maximumPaths: number;
}

/** Links that are looked at between two yields. */
const SOME = 256;
/** Links of one router to one network that are told apart, and networks of an area that have a route: what LSAs say has no bound. */
const MOST_PARALLEL = 64;
export const MOST_NETWORKS = 100_000;

/** Computes the tree; it yields so that others have their turn. The graph has its costs and next hops afterwards. */
export function* shortestPaths(graph: Graph, input: SpfInput): Generator<undefined, AreaTree, undefined> {
  const root = graph.routers.get(input.root);
  const candidates = new Heap<Vertex>();
  let looked = 0;
  let transit = false;
  if (root !== undefined) {
    root.distance = 0;
    candidates.push(0, root);
  }
  for (let vertex = candidates.pop(); vertex !== undefined; vertex = candidates.pop()) {
    // It was put in again, nearer.
    if (vertex.isDone) continue;
    vertex.isDone = true;
    if (isRouter(vertex)) {
      if ((vertex.body.flags & ROUTER_V) !== 0) transit = true;
      for (const link of vertex.body.links) {
        if (++looked % SOME === 0) yield;
        lookAtLink(graph, input, vertex, link, candidates);
      }
    } else {
      for (const id of new Set(vertex.body.routers)) {
        if (++looked % SOME === 0) yield;
        const to = graph.routers.get(id);
        if (to !== undefined) relax(vertex, to, vertex.distance, input, undefined, candidates);
      }
    }
  }
  const routers = new Map<Id, Reached>();
  const networks = new Map<PrefixKey, NetworkRoute>();
  yield* networkRoutes(graph, networks);
  let leftOut = 0;
  for (const vertex of graph.routers.values()) {
    if (!vertex.isDone) continue;
    const { id, distance: cost, hops, body } = vertex;
    routers.set(id, { cost, hops, flags: body.flags });
    for (const link of body.links) {
      if (++looked % SOME === 0) yield;
      if (link.type === LINK_STUB && !addStub(input, vertex, link, networks)) leftOut++;
    }
  }
  return { area: input.area, transit, routers, networks, leftOut };
}

function lookAtLink(
  graph: Graph,
  input: SpfInput,
  from: RouterVertex,
  link: RouterLink,
  candidates: Heap<Vertex>,
): void {
  if (link.type === LINK_STUB) return;
  const to = link.type === LINK_TRANSIT ? graph.networks.get(link.id) : graph.routers.get(link.id);
  if (to !== undefined) relax(from, to, from.distance + link.metric, input, link, candidates);
}

/** 16.1 (2b) to (2d) */
function relax(
  from: Vertex,
  to: Vertex,
  cost: number,
  input: SpfInput,
  link: RouterLink | undefined,
  candidates: Heap<Vertex>,
): void {
  if (to.isDone || cost > to.distance || !leadsTo(to, from)) return;
  const hops = hopsVia(from, to, input, link);
  if (hops.length === 0) return;
  if (cost === to.distance) {
    to.hops = mergeHops(to.hops, hops, input.maximumPaths);
    return;
  }
  to.distance = cost;
  to.hops = hops;
  to.parent = from;
  // Networks come before routers of the same cost, so that all paths of equal cost are found (16.1 (3)).
  candidates.push(2 * cost + (isRouter(to) ? 1 : 0), to);
}

/** 16.1.1 */
function hopsVia(from: Vertex, to: Vertex, input: SpfInput, link: RouterLink | undefined): Hops {
  if (isRouter(from)) {
    if (from.id !== input.root || link === undefined) return from.hops;
    return isRouter(to) ? hopsToNeighbor(input, link) : hopsToNetwork(input, link);
  }
  if (!isRouter(to) || from.hops.every(({ address }) => address !== NONE)) return from.hops;
  const hops: Hop[] = [];
  for (const hop of from.hops) {
    if (hop.address !== NONE) hops.push(hop);
    else
      for (const { type, id, data } of to.body.links)
        if (type === LINK_TRANSIT && id === from.id && hops.length < MOST_PARALLEL)
          hops.push({ iface: hop.iface, address: data });
  }
  return sortedHops(hops, input.maximumPaths);
}

function hopsToNetwork({ attachments }: SpfInput, { data }: RouterLink): Hops {
  const attachment = attachments.find(({ address, virtual }) => address === data && virtual === undefined);
  return attachment === undefined ? NO_HOPS : [{ iface: attachment.key, address: NONE }];
}

/** To a router at the other end of a link. Its address is that of its Hellos: on Ethernet a next hop needs one. */
function hopsToNeighbor({ attachments, maximumPaths }: SpfInput, link: RouterLink): Hops {
  const hops: Hop[] = [];
  for (const { key, address, index, neighbors, virtual } of attachments) {
    if ((link.type === LINK_VIRTUAL) !== (virtual !== undefined)) continue;
    if (virtual !== undefined) {
      if (virtual.router === link.id) hops.push(...virtual.hops);
    } else if (link.data === address || link.data === index) {
      for (const neighbor of neighbors)
        if (neighbor.router === link.id) hops.push({ iface: key, address: neighbor.address });
    }
  }
  return sortedHops(hops, maximumPaths);
}

/** 16.1 (4): several vertices of one network are there while its designated router changes. */
function* networkRoutes(graph: Graph, networks: Map<PrefixKey, NetworkRoute>): Generator<undefined, void> {
  const origins = new Map<PrefixKey, NetworkVertex>();
  let looked = 0;
  for (const vertex of graph.networks.values()) {
    if (++looked % SOME === 0) yield;
    if (!vertex.isDone) continue;
    const key = prefixKey(vertex.id, vertex.body.mask);
    if (key === undefined) continue;
    const other = origins.get(key);
    const isBetter =
      other === undefined ||
      vertex.distance < other.distance ||
      (vertex.distance === other.distance && vertex.id > other.id);
    if (!isBetter) continue;
    origins.set(key, vertex);
    networks.set(key, { cost: vertex.distance, hops: vertex.hops, from: vertex.router });
  }
}

/** The second stage of 16.1. @returns false where there is no room for the network */
function addStub(
  input: SpfInput,
  router: RouterVertex,
  link: RouterLink,
  networks: Map<PrefixKey, NetworkRoute>,
): boolean {
  const key = prefixKey(link.id, link.data);
  if (key === undefined) return true;
  const cost = router.distance + link.metric;
  const known = networks.get(key);
  if (known === undefined && networks.size >= MOST_NETWORKS) return false;
  if (known !== undefined && known.cost < cost) return true;
  const hops = router.id === input.root ? ownStub(input, link) : router.hops;
  if (known === undefined || cost < known.cost) {
    networks.set(key, { cost, hops, from: router.id });
    return true;
  }
  const merged = mergeHops(known.hops, hops, input.maximumPaths);
  if (merged !== known.hops || router.id > known.from)
    networks.set(key, { cost, hops: merged, from: Math.max(known.from, router.id) });
  return true;
}

/** A network of ours, on the interface that has it; without one where none does, as of a host (C.7). */
function ownStub({ attachments }: SpfInput, { id, data }: RouterLink): Hops {
  const own = attachments.find(
    ({ address, mask, virtual }) =>
      virtual === undefined && (address & data) >>> 0 === id && (mask ?? data) === data,
  );
  const host = own ?? attachments.find(({ address, virtual }) => virtual === undefined && address === id);
  return [{ iface: host?.key ?? '', address: NONE }];
}

/** An address of a router that leads back to its parent on the tree (16.1 (4)), for the end of a virtual link. */
export function addressBack({ body, parent }: RouterVertex): Id {
  if (parent === undefined) return NONE;
  const numbered = body.links.filter(({ type, data }) => type !== LINK_STUB && data > UNNUMBERED);
  const back = numbered.find(
    ({ type, id }) => id === parent.id && (type === LINK_TRANSIT) === !isRouter(parent),
  );
  // Over an unnumbered link any other address of it will do.
  return (back ?? numbered.find(({ type }) => type !== LINK_VIRTUAL))?.data ?? NONE;
}

/** Link Data of unnumbered links are the kernel's indices: below 1.0.0.0. */
const UNNUMBERED = 0xff_ffff;
