/**
 * LSAs that are leaves of the tree, types 3, 4, 5 and 7, by what they lead to: so one of them concerns its destination alone
 * (16.5, 16.6). Those that no route is made of are left out: ours, those of MaxAge or LSInfinity.
 */

import type { ExternalType } from '../config-record.ts';
import {
  LS_EXTERNAL,
  LS_INFINITY,
  LS_NSSA,
  LS_SUMMARY_ASBR,
  LS_SUMMARY_NETWORK,
  MAX_AGE,
  NONE,
  OPTION_NP,
} from '../constants.ts';
import type { Id, Lsa } from '../state.ts';
import { bodyOf } from './graph.ts';
import { type PrefixKey, prefixKey } from './prefix.ts';

interface LeafBase {
  /** Of the LSA. */
  readonly key: string;
  readonly router: Id;
  readonly metric: number;
}

/** Types 3 and 4. */
export interface SummaryLeaf extends LeafBase {
  readonly type: typeof LS_SUMMARY_NETWORK | typeof LS_SUMMARY_ASBR;
  readonly area: Id;
  /** A prefix; of type 4 a router id. */
  readonly destination: number;
}

/** Types 5 and 7. */
export interface ExternalLeaf extends LeafBase {
  readonly type: typeof LS_EXTERNAL | typeof LS_NSSA;
  /** Of type 7. */
  readonly area: Id | undefined;
  readonly destination: PrefixKey;
  readonly metricType: ExternalType;
  readonly forwarding: Id;
  readonly tag: number;
  /** The P-bit of type 7. */
  readonly propagate: boolean;
}

export type Leaf = SummaryLeaf | ExternalLeaf;

export interface LeafIndex {
  /** By the key of the LSA. */
  readonly byKey: Map<string, Leaf>;
  /** Type 3 by prefix, type 4 by router, types 5 and 7 by prefix. */
  readonly networks: Map<PrefixKey, SummaryLeaf[]>;
  readonly boundaries: Map<Id, SummaryLeaf[]>;
  readonly externals: Map<PrefixKey, ExternalLeaf[]>;
  /** Types 5 and 7 by their router, and by forwarding address. */
  readonly byRouter: Map<Id, Set<ExternalLeaf>>;
  readonly byForwarding: Map<Id, Set<ExternalLeaf>>;
}

export function newLeafIndex(): LeafIndex {
  return {
    byKey: new Map(),
    networks: new Map(),
    boundaries: new Map(),
    externals: new Map(),
    byRouter: new Map(),
    byForwarding: new Map(),
  };
}

/** Puts an LSA as it is now in the place of what was known by its key. @returns both, where there are any */
export function indexLeaf(
  index: LeafIndex,
  key: string,
  lsa: Lsa | undefined,
  age: number,
  self: Id,
): Leaf[] {
  const touched: Leaf[] = [];
  const before = index.byKey.get(key);
  if (before !== undefined) {
    remove(index, before);
    touched.push(before);
  }
  const now = lsa && age < MAX_AGE && lsa.router !== self ? leafOf(key, lsa) : undefined;
  if (now !== undefined) {
    add(index, now);
    touched.push(now);
  }
  return touched;
}

function leafOf(key: string, lsa: Lsa): Leaf | undefined {
  const { type, id, router, scope, options } = lsa;
  const body = bodyOf(lsa);
  if (body === undefined || !('metric' in body) || body.metric >= LS_INFINITY) return undefined;
  const { metric } = body;
  const area = scope === 'as' ? undefined : Number(scope.slice('area '.length));
  const destination = type === LS_SUMMARY_ASBR ? id : prefixKey(id, body.mask);
  if (destination === undefined) return undefined;
  if (body.kind === 'external') {
    if (type !== LS_EXTERNAL && type !== LS_NSSA) return undefined;
    const { type: metricType, forwarding, tag } = body;
    const propagate = type === LS_NSSA && (options & OPTION_NP) !== 0;
    return { key, type, area, router, destination, metric, metricType, forwarding, tag, propagate };
  }
  if (area === undefined || (type !== LS_SUMMARY_NETWORK && type !== LS_SUMMARY_ASBR)) return undefined;
  return { key, type, area, router, destination, metric };
}

export function isExternal(leaf: Leaf): leaf is ExternalLeaf {
  return leaf.type === LS_EXTERNAL || leaf.type === LS_NSSA;
}

function add(index: LeafIndex, leaf: Leaf): void {
  index.byKey.set(leaf.key, leaf);
  if (!isExternal(leaf)) {
    push(leaf.type === LS_SUMMARY_NETWORK ? index.networks : index.boundaries, leaf.destination, leaf);
    return;
  }
  push(index.externals, leaf.destination, leaf);
  put(index.byRouter, leaf.router, leaf);
  if (leaf.forwarding !== NONE) put(index.byForwarding, leaf.forwarding, leaf);
}

function remove(index: LeafIndex, leaf: Leaf): void {
  index.byKey.delete(leaf.key);
  if (!isExternal(leaf)) {
    pull(leaf.type === LS_SUMMARY_NETWORK ? index.networks : index.boundaries, leaf.destination, leaf);
    return;
  }
  pull(index.externals, leaf.destination, leaf);
  take(index.byRouter, leaf.router, leaf);
  if (leaf.forwarding !== NONE) take(index.byForwarding, leaf.forwarding, leaf);
}

function push<L>(map: Map<number, L[]>, at: number, leaf: L): void {
  const list = map.get(at);
  if (list === undefined) map.set(at, [leaf]);
  else list.push(leaf);
}

function pull<L>(map: Map<number, L[]>, at: number, leaf: L): void {
  const rest = (map.get(at) ?? []).filter((other) => other !== leaf);
  if (rest.length > 0) map.set(at, rest);
  else map.delete(at);
}

function put<L>(map: Map<number, Set<L>>, at: number, leaf: L): void {
  const set = map.get(at);
  if (set === undefined) map.set(at, new Set([leaf]));
  else set.add(leaf);
}

function take<L>(map: Map<number, Set<L>>, at: number, leaf: L): void {
  const set = map.get(at);
  set?.delete(leaf);
  if (set?.size === 0) map.delete(at);
}
