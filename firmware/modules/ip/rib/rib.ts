/**
 * The routing information base: candidates in and out, and the longest match. Each change makes its prefix dirty, and
 * work.ts does the rest in turns. There is no tree: a match is one look-up for each prefix length that is in use, so
 * nothing has to be built when a version starts.
 */
import type { Context, Table, TableKey } from 'hitless/runtime';
import {
  type Candidate,
  candidateKey,
  type Hop,
  hopKey,
  newPrefix,
  type Prefix,
  prefixKey,
  prefixOfKey,
  type ResolvedHop,
  type Source,
  type State,
  sameHops,
  tableOfKey,
} from '../state.ts';
import { familyOf, lengthOf, prefixText, type Words } from './prefix.ts';

/** Next hops of one route. */
export const MOST_HOPS = 64;
/** Prefixes in all tables, with those of other programs. */
export const MOST_PREFIXES = 1_000_000;
/** Next hops that are looked for in all. */
export const MOST_NEXT_HOPS = 16_384;
/** The prefixes that use one next hop stand in so many sets: none grows to where a copy of it would hold the loop. */
export const BUCKETS = 256;
/** All prefixes stand in so many sets: at the most prefixes, one has some 250. */
export const PREFIX_BUCKETS = 4_096;

const NO_CANDIDATES: readonly Candidate[] = [];
const NO_HOPS: ReadonlyMap<string, Hop> = new Map();

/** As it comes: `since` is set here. */
export type Offered = Omit<Candidate, 'since'>;
/** The reason why a candidate is not taken. */
export type Refusal = 'too many prefixes' | 'too many next hops';

/**
 * Takes a candidate, in place of the one of the same source and id.
 * @param key of the prefix (`prefixKey`), which is canonical
 * @returns why it is not taken, for there are too many; undefined when it is
 */
export function offer(state: State, key: string, offered: Offered, ctx: Context): Refusal | undefined {
  const row = state.rib.get(key);
  const own = candidateKey(offered);
  const before = row?.candidates.find((candidate) => candidateKey(candidate) === own);
  if (before !== undefined && isSameCandidate(before, offered)) return undefined;
  if (row === undefined && state.rib.size >= MOST_PREFIXES) return 'too many prefixes';
  // A few more than the limit are no harm: those of one candidate.
  if (state.nextHops.size >= MOST_NEXT_HOPS && hasNewHop(state, tableOfKey(key), offered))
    return 'too many next hops';
  const now = ctx.now();
  if (row === undefined) begin(state, key, now);
  const candidates = row?.candidates ?? NO_CANDIDATES;
  const others = candidates.filter((candidate) => candidate !== before);
  replaceCandidates(state, key, candidates, others.concat(candidateOf(offered, now)), now);
  return undefined;
}

/** Member by member: V8 makes a class of its own for each object that is spread and grows, a third of a route's memory. */
function candidateOf(offered: Offered, since: number): Candidate {
  const { source, id, distance, metric, tag, type, hops, direct } = offered;
  const candidate: Candidate = { source, id, distance, metric, type, hops, since };
  if (tag !== undefined) candidate.tag = tag;
  if (direct !== undefined) candidate.direct = direct;
  return candidate;
}

/** Takes a candidate away; false when there is none. */
export function withdraw(state: State, key: string, source: Source, id: string, ctx: Context): boolean {
  const candidates = state.rib.get(key)?.candidates ?? [];
  const left = candidates.filter((candidate) => candidate.source !== source || candidate.id !== id);
  if (left.length === candidates.length) return false;
  replaceCandidates(state, key, candidates, left, ctx.now());
  return true;
}

/**
 * Takes note that a source's whole set has this prefix: those that it does not have are swept (`sweepSource`).
 * @param set consecutive number of the source's whole sets
 */
export function claim(state: State, source: Source, key: string, set: number): void {
  const id = `${source} ${key}`;
  const before = state.claims.get(id);
  if (before === set) return;
  if (before !== undefined) state.claims.delete(id);
  state.claims.set(id, set);
}

export function unclaim(state: State, source: Source, key: string): void {
  state.claims.delete(`${source} ${key}`);
}

/** Has all candidates of a source withdrawn that were claimed for sets before this one: work.ts does it in turns. */
export function sweepSource(state: State, source: Source, before: number): void {
  state.sweeps.set(source, { before });
}

/** Looks at some claims of a sweep. @returns how many were looked at; less than `most` when the sweep is over */
export function sweepSome(state: State, source: Source, most: number, ctx: Context): number {
  const sweep = state.sweeps.get(source)!;
  // Counted when its turn comes: while another goes on, claims move.
  const left = sweep.left ?? state.claims.size;
  const wanted = Math.min(most, left);
  let done = 0;
  for (const [id, set] of state.claims) {
    if (done === wanted) break;
    done++;
    state.claims.delete(id);
    const isOf = id.startsWith(`${source} `);
    if (isOf && set < sweep.before) withdraw(state, id.slice(source.length + 1), source, '', ctx);
    // Each claim is met once, and stands behind those that are to be met.
    else state.claims.set(id, set);
  }
  if (done < most) state.sweeps.delete(source);
  else state.sweeps.set(source, { ...sweep, left: left - done });
  return done;
}

/** Next hops in one order, so that equal lists are equal. */
export function inOrder(hops: readonly ResolvedHop[]): readonly ResolvedHop[] {
  if (hops.length < 2) return hops;
  return hops.toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
}

function orderOf({ gateway = '', interface: index }: ResolvedHop): string {
  return `${gateway} ${index}`;
}

/** Where it leads, by names of interfaces; a link that has just gone is left out. */
export function namedHops(
  state: State,
  hops: readonly ResolvedHop[],
): { gateway?: string; interface: string }[] {
  return hops.flatMap(({ gateway, interface: index }) => {
    const name = state.links.get(index)?.link.name;
    return name === undefined ? [] : [{ ...(gateway !== undefined && { gateway }), interface: name }];
  });
}

/** The selected candidate of a prefix. */
export function bestOf(row: Readonly<Prefix> | undefined): Candidate | undefined {
  return row?.best === undefined
    ? undefined
    : row.candidates.find((candidate) => candidateKey(candidate) === row.best);
}

/** Keys of the prefixes that may lead to an address, the longest first; also of those that there are not. */
export function* keysOver(state: State, table: number, address: Words): Generator<string, void, void> {
  const lengths = state.lengths[familyKey(table, address.length === 1 ? 4 : 6)] ?? {};
  // Keys of an object that are whole numbers come in their order.
  for (const length of Object.keys(lengths).map(Number).reverse())
    yield prefixKey(table, prefixText(address, length));
}

/** The longest prefix with a selected candidate that the address is in. @param least its least length */
export function longestMatch(
  state: State,
  table: number,
  address: Words,
  least = 0,
): { key: string; row: Readonly<Prefix> } | undefined {
  for (const key of keysOver(state, table, address)) {
    if (lengthOf(key) < least) return undefined;
    const row = state.rib.get(key);
    if (row?.best !== undefined) return { key, row };
  }
  return undefined;
}

/** Has a prefix looked at again. */
export function makeDirty(state: State, key: string, now: number): void {
  if (!state.dirty.has(key)) state.dirty.set(key, now);
}

/** Has the next hops looked for again that wait for this: a prefix's key, `%interface`, or `@address`. */
export function wake(state: State, waiter: string, now: number): void {
  const hops = state.waiters.get(waiter);
  if (hops === undefined) return;
  for (const hop of hops) if (!state.dirtyHops.has(hop)) state.dirtyHops.set(hop, now);
}

/** Forgets a prefix of which nothing is left; true when that was so. */
export function forgetEmpty(state: State, key: string): boolean {
  const row = state.rib.get(key);
  if (row === undefined || row.candidates.length > 0 || row.fib !== undefined || row.asked !== undefined)
    return false;
  state.rib.delete(key);
  removeFrom(state.allPrefixes, bucketOf(key, PREFIX_BUCKETS), key);
  const lengths = state.lengths[familyKeyOf(key)];
  const length = lengthOf(key);
  if (lengths !== undefined) lengths[length] = (lengths[length] ?? 1) - 1;
  return true;
}

/** Makes the row of a prefix that there is not yet. */
export function begin(state: State, key: string, now: number): void {
  state.rib.set(key, newPrefix());
  addTo(state.allPrefixes, bucketOf(key, PREFIX_BUCKETS), key);
  const family = familyKeyOf(key);
  state.lengths[family] ??= {};
  const lengths = state.lengths[family];
  const length = lengthOf(key);
  if (lengths[length] === undefined) lookAgain(state, family, now);
  lengths[length] = (lengths[length] ?? 0) + 1;
}

/** The bucket of a prefix's key among the users of a next hop. */
export function bucketOf(key: string, buckets = BUCKETS): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (buckets - 1);
}

/** Key in `users`. */
export function bucketKey(hop: string, bucket: number): string {
  return `${hop} ${bucket}`;
}

/** Makes the row of a next hop that there is not yet, which is then looked for. */
export function beginHop(state: State, table: number, hop: Hop, now: number): string {
  const key = hopKey(table, hop);
  if (state.nextHops.has(key)) return key;
  const { gateway, interface: name, onLink } = hop;
  state.nextHops.set(key, {
    table,
    ...(gateway !== undefined && { gateway }),
    ...(name !== undefined && { interface: name }),
    ...(onLink && { onLink }),
    users: 0,
    trackers: [],
    resolved: [],
    depth: 0,
    waitsFor: [],
    since: now,
  });
  state.dirtyHops.set(key, now);
  return key;
}

function hasNewHop({ nextHops }: State, table: number, { hops }: Offered): boolean {
  return hops.some((hop) => !nextHops.has(hopKey(table, hop)));
}

/** A length that is new may stand between a next hop and what led there so far. */
function lookAgain(state: State, family: string, now: number): void {
  for (const [key, hop] of state.nextHops)
    if (hop.gateway !== undefined && familyKey(hop.table, familyOf(hop.gateway)) === family)
      state.dirtyHops.set(key, now);
}

function replaceCandidates(
  state: State,
  key: string,
  before: readonly Candidate[],
  after: readonly Candidate[],
  now: number,
): void {
  changeUsers(state, key, before, after, now);
  state.rib.update(key, (row) => {
    row.candidates = after;
  });
  makeDirty(state, key, now);
}

/** Puts the prefix down at the next hops that its candidates use now, and away from those that they used. */
function changeUsers(
  state: State,
  key: string,
  before: readonly Candidate[],
  after: readonly Candidate[],
  now: number,
): void {
  const table = tableOfKey(key);
  const used = hopsOf(table, before);
  const uses = hopsOf(table, after);
  for (const [hop, each] of uses) {
    if (used.has(hop)) continue;
    beginHop(state, table, each, now);
    addTo(state.users, bucketKey(hop, bucketOf(key)), key);
    state.nextHops.update(hop, (row) => {
      row.users += 1;
    });
  }
  for (const hop of used.keys()) if (!uses.has(hop)) leaveHop(state, key, hop, now);
}

function leaveHop(state: State, key: string, hop: string, now: number): void {
  removeFrom(state.users, bucketKey(hop, bucketOf(key)), key);
  state.nextHops.update(hop, (row) => {
    row.users -= 1;
  });
  // Nobody may want it any more: it is forgotten in its turn.
  if (!state.dirtyHops.has(hop)) state.dirtyHops.set(hop, now);
}

function addTo<Bucket extends TableKey>(sets: Table<Bucket, Set<string>>, bucket: Bucket, key: string): void {
  const isThere = sets.update(bucket, (keys) => {
    keys.add(key);
  });
  if (!isThere) sets.set(bucket, new Set([key]));
}

function removeFrom<Bucket extends TableKey>(
  sets: Table<Bucket, Set<string>>,
  bucket: Bucket,
  key: string,
): void {
  const keys = sets.get(bucket);
  if (keys?.size === 1 && keys.has(key)) sets.delete(bucket);
  else
    sets.update(bucket, (some) => {
      some.delete(key);
    });
}

function hopsOf(table: number, candidates: readonly Candidate[]): ReadonlyMap<string, Hop> {
  if (candidates.length === 0) return NO_HOPS;
  const hops = new Map<string, Hop>();
  for (const candidate of candidates) for (const hop of candidate.hops) hops.set(hopKey(table, hop), hop);
  return hops;
}

function isSameCandidate(one: Candidate, other: Offered): boolean {
  return (
    one.type === other.type &&
    one.distance === other.distance &&
    one.metric === other.metric &&
    one.tag === other.tag &&
    sameHops(one.direct ?? [], other.direct ?? []) &&
    (one.direct === undefined) === (other.direct === undefined) &&
    one.hops.length === other.hops.length &&
    one.hops.every((hop, i) => isSameHop(hop, other.hops[i]!))
  );
}

function isSameHop(one: Hop, other: Hop): boolean {
  return (
    one.gateway === other.gateway &&
    one.interface === other.interface &&
    (one.weight ?? 1) === (other.weight ?? 1) &&
    one.onLink === other.onLink
  );
}

function familyKey(table: number, family: 4 | 6): string {
  return `${table} ${family}`;
}

function familyKeyOf(key: string): string {
  return familyKey(tableOfKey(key), familyOf(prefixOfKey(key)));
}
