/** An area as a directed graph (2.1, 16.1): its router- and network-LSAs as vertices, and where we are attached to it. */
import { MAX_AGE } from '../constants.ts';
import { decodeLsa, type LsaBody, type NetworkBody, type RouterBody } from '../packet/lsa.ts';
import { LINK_TRANSIT } from '../packet/lsa-router.ts';
import type { Id, Lsa } from '../state.ts';
import { type Hops, NO_HOPS } from './hops.ts';

interface VertexBase {
  /** Router id; of a network the address of its designated router. */
  readonly id: Id;
  /** Router of the LSA. */
  readonly router: Id;
  /** Of the LSA when it was put into the graph, in seconds. */
  readonly age: number;
  /** From the root; infinite while no path is known. */
  distance: number;
  hops: Hops;
  /** The vertex before it on the path that was found first. */
  parent: Vertex | undefined;
  /** It is on the tree. */
  isDone: boolean;
}

export interface RouterVertex extends VertexBase {
  readonly body: RouterBody;
}

export interface NetworkVertex extends VertexBase {
  readonly body: NetworkBody;
}

export type Vertex = RouterVertex | NetworkVertex;

export function isRouter(vertex: Vertex): vertex is RouterVertex {
  return vertex.body.kind === 'router';
}

export interface Graph {
  routers: Map<Id, RouterVertex>;
  networks: Map<Id, NetworkVertex>;
}

/** An interface of ours in the area that is not down. */
export interface Attachment {
  readonly key: string;
  readonly address: Id;
  /** Its network's mask; undefined on an unnumbered one. */
  readonly mask: Id | undefined;
  /** Of the kernel: Link Data of an unnumbered one. */
  readonly index: number;
  readonly neighbors: readonly { readonly router: Id; readonly address: Id }[];
  /** Of a virtual link: its other end, and how it is reached through its transit area. */
  readonly virtual?: { readonly router: Id; readonly hops: Hops };
}

/** Bodies by the bytes of their LSAs, which are never written. */
const BODIES = new WeakMap<Uint8Array, LsaBody | 'wrong'>();

/** The body of an LSA as it was installed; undefined where its length is wrong. */
export function bodyOf({ bytes }: Lsa): LsaBody | undefined {
  const known = BODIES.get(bytes);
  if (known !== undefined) return known === 'wrong' ? undefined : known;
  const body = decodeLsa(bytes);
  const isWrong = 'error' in body;
  BODIES.set(bytes, isWrong ? 'wrong' : body);
  return isWrong ? undefined : body;
}

/** Puts an LSA of type 1 or 2 into a graph. @param age in seconds: one of MaxAge is no part of it (16.1 (2b)) */
export function addVertex(graph: Graph, lsa: Lsa, age: number): void {
  if (age < MAX_AGE) putVertex(graph, lsa, age, bodyOf(lsa));
}

/** The same with a body that may be another than the LSA's. */
export function putVertex(
  graph: Graph,
  { id, router }: Pick<Lsa, 'id' | 'router'>,
  age: number,
  body?: LsaBody,
): void {
  if (body?.kind === 'router' && id === router) graph.routers.set(id, vertexOf(id, router, age, body));
  else if (body?.kind === 'network') {
    const vertex = vertexOf(id, router, age, body);
    const other = graph.networks.get(id);
    if (other === undefined || isPreferred(graph, vertex, other)) graph.networks.set(id, vertex);
  }
}

/** Written out, so that all vertices are of one shape. */
function vertexOf<Body>(id: Id, router: Id, age: number, body: Body) {
  return { id, router, age, distance: Infinity, hops: NO_HOPS, parent: undefined, isDone: false, body };
}

/**
 * Two routers tell of a network by the same address: one of them had it before, also one that has another router id now. The
 * one counts that says in its router-LSA that the address is its own. Where both do, the younger LSA counts: nobody makes one
 * of before anew. Routers are to be in the graph before networks.
 */
function isPreferred(graph: Graph, one: NetworkVertex, other: NetworkVertex): boolean {
  const owns = ownsAddress(graph.routers.get(one.router), one.id);
  if (owns !== ownsAddress(graph.routers.get(other.router), one.id)) return owns;
  return one.age === other.age ? one.router > other.router : one.age < other.age;
}

function ownsAddress(vertex: RouterVertex | undefined, address: Id): boolean {
  return (
    vertex?.body.links.some(
      ({ type, id, data }) => type === LINK_TRANSIT && id === address && data === address,
    ) ?? false
  );
}

/** From so many links on, those that lead to a vertex are looked up and not searched. */
const MANY = 16;
const ENDS = new WeakMap<RouterBody | NetworkBody, Set<number>>();

/** Whether a vertex has a link to another one (16.1 (2b)). */
export function leadsTo(from: Vertex, to: Vertex): boolean {
  const { body } = from;
  const towards = isRouter(to) ? to.id : ofNetwork(to.id);
  if (body.kind === 'network')
    return body.routers.length > MANY ? endsOf(body).has(towards) : body.routers.includes(to.id);
  if (body.links.length > MANY) return endsOf(body).has(towards);
  for (const link of body.links) if (endOf(link) === towards) return true;
  return false;
}

function endsOf(body: RouterBody | NetworkBody): Set<number> {
  let ends = ENDS.get(body);
  if (ends === undefined) {
    ends = new Set(body.kind === 'network' ? body.routers : body.links.map(endOf));
    ENDS.set(body, ends);
  }
  return ends;
}

/** Numbers of networks are others than those of routers; stub networks are no vertices. */
function endOf({ type, id }: { type: number; id: Id }): number {
  if (type === LINK_TRANSIT) return ofNetwork(id);
  return type === 3 ? -1 : id;
}

function ofNetwork(id: Id): number {
  return id + 2 ** 32;
}
