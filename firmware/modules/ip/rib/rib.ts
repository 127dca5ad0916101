/**
 * The routing information base: candidates in and out, and the longest match. Each change makes its prefix dirty, and
 * work.ts does the rest in turns. There is no tree: a match is one look-up for each prefix length that is in use, so
 * nothing has to be built when a version starts.
 */
import type { Context, Table, TableKey } from 'hitless/runtime';
import { familyOf, lengthOf, prefixText, type Words } from '../../prefix.ts';
import {
  type Candidate,
  type CandidateHop,
  candidateKey,
  type Hop,
  hopKey,
  newPrefix,
  type Offered,
  type Prefix,
  prefixKey,
  type ResolvedHop,
  type Source,
  type State,
  sameHops,
  tableOfKey,
} from '../state.ts';
import { enqueue } from './queue.ts';

/** Next hops of one route. */
export const MOST_HOPS = 64;
/** Prefixes in all tables, with those of other programs. */
export const MOST_PREFIXES = 1_000_000;
/** Next hops that are looked for in all. */
export const MOST_NEXT_HOPS = 16_384;
/** The prefixes that use one next hop stand in so many sets: none grows to where a copy of it would hold the loop. */
export const BUCKETS = 256;
/** Up to so many are in the first one. */
const MOST_TOGETHER = 64;
/** A bucket that is empty is soon passed: so much of a prefix's turn. */
export const EMPTY = 1 / 4;
/** All prefixes stand in so many sets: at the most prefixes, one has some 250. */
export const PREFIX_BUCKETS = 4_096;

/** The next hops that wait for one thing stand in so many sets. */
export const WAITER_BUCKETS = 64;

const NO_CANDIDATES: readonly Candidate[] = [];
const NO_HOPS: readonly CandidateHop[] = [];

/** The reason why a candidate is not taken. */
export type Refusal = 'too many prefixes' | 'too many next hops';

/**
 * Takes a candidate, in place of the one of the same source and id.
 * @param key of the prefix (`prefixKey`), which is canonical
 * @param lastSet of the source's whole sets, the one that it is of
 * @returns why it is not taken, for there are too many; undefined when it is
 */
export function offer(
  state: State,
  key: string,
  offered: Offered,
  ctx: Context,
  lastSet = 0,
): Refusal | undefined {
  const row = state.rib.get(key);
  const at = row === undefined ? -1 : placeOf(row, offered.source, offered.id);
  const before = row?.candidates[at];
  if (before !== undefined && isSameCandidate(before, offered)) {
    if (before.lastSet !== lastSet)
      state.rib.update(key, ({ candidates }) => {
        candidates[at]!.lastSet = lastSet;
      });
    return undefined;
  }
  if (row === undefined && state.rib.size >= MOST_PREFIXES) return 'too many prefixes';
  // A few more than the limit are no harm: those of one candidate.
  if (state.nextHops.size >= MOST_NEXT_HOPS && offered.hops.some((hop) => !state.nextHops.has(hop.key)))
    return 'too many next hops';
  const now = ctx.now();
  const candidate = candidateOf(offered, now, lastSet);
  if (row === undefined) {
    begin(state, key, now, [candidate]);
    changeUsers(state, key, NO_HOPS, candidate.hops, NO_CANDIDATES, now);
    return undefined;
  }
  const { candidates } = row;
  const others = candidates.filter((other) => other !== before);
  changeUsers(state, key, before?.hops ?? NO_HOPS, candidate.hops, others, now);
  replaceCandidates(state, key, others.concat(candidate), now);
  return undefined;
}

function placeOf({ candidates }: Readonly<Prefix>, source: Source, id: string): number {
  for (let at = 0; at < candidates.length; at++)
    if (candidates[at]!.source === source && candidates[at]!.id === id) return at;
  return -1;
}

/** Member by member: V8 makes a class of its own for each object that is spread and grows, a third of a route's memory. */
function candidateOf(offered: Offered, since: number, lastSet: number): Candidate {
  const { source, id, distance, metric, tag, type, hops, direct } = offered;
  const candidate: Candidate = { source, id, distance, metric, type, hops, since, lastSet };
  if (tag !== undefined) candidate.tag = tag;
  if (direct !== undefined) candidate.direct = direct;
  return candidate;
}

/** Takes a candidate away; false when there is none. */
export function withdraw(state: State, key: string, source: Source, id: string, ctx: Context): boolean {
  const row = state.rib.get(key);
  const gone = row?.candidates[placeOf(row, source, id)];
  if (row === undefined || gone === undefined) return false;
  const now = ctx.now();
  const left = row.candidates.filter((candidate) => candidate !== gone);
  changeUsers(state, key, gone.hops, NO_HOPS, left, now);
  replaceCandidates(state, key, left, now);
  return true;
}

/** Has all candidates of a source withdrawn whose last whole set was before this one: work.ts does it in turns. */
export function sweepSource({ sweeps }: State, source: Source, before: number): void {
  sweeps.set(source, { before, bucket: 0 });
}

/** Goes on with a sweep. @returns how much was looked at */
export function sweepSome(state: State, source: Source, most: number, ctx: Context): number {
  const { before, bucket } = state.sweeps.get(source)!;
  const { next, done } = walk(state, bucket, most, (key, row) => {
    const last = row.candidates[placeOf(row, source, '')]?.lastSet;
    if (last !== undefined && last < before) withdraw(state, key, source, '', ctx);
  });
  if (next === PREFIX_BUCKETS) state.sweeps.delete(source);
  else state.sweeps.set(source, { before, bucket: next });
  return done;
}

/**
 * Looks at the prefixes of some buckets, `most` or a bucket's more.
 * @returns the next bucket, PREFIX_BUCKETS at the end, and how much was done
 */
export function walk(
  state: State,
  from: number,
  most: number,
  look: (key: string, row: Readonly<Prefix>) => void,
): { next: number; done: number } {
  let next = from;
  let done = 1;
  for (; next < PREFIX_BUCKETS && done < most; next++) {
    done += EMPTY;
    for (const key of state.allPrefixes.get(next) ?? []) {
      done++;
      const row = state.rib.get(key);
      if (row !== undefined) look(key, row);
    }
  }
  return { next, done };
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
  const row = state.rib.get(key);
  if (row === undefined || row.dirty !== undefined) return;
  state.rib.update(key, (draft) => {
    draft.dirty = now;
  });
  enqueue(state.dirty, state.queues.dirty, key, now);
}

/** Has the next hops looked for again that wait for this: a prefix's key, `%interface`, `@address`, or `/` and a family. */
export function wake({ waiters, waking }: State, waiter: string): void {
  if (waiters.has(waiter)) waking.set(waiter, 0);
}

/** Has those of the next bucket looked for. @returns how much was done */
export function wakeSome(state: State, now: number): number {
  for (const [waiter, bucket] of state.waking) {
    if (bucket + 1 < WAITER_BUCKETS) state.waking.set(waiter, bucket + 1);
    else state.waking.delete(waiter);
    const hops = state.waits.get(waitsKey(waiter, bucket));
    if (hops === undefined) return EMPTY;
    for (const hop of hops) if (!state.dirtyHops.has(hop)) state.dirtyHops.set(hop, now);
    return hops.size;
  }
  return 0;
}

/** Key in `waits`. */
export function waitsKey(waiter: string, bucket: number): string {
  return `${waiter} ${bucket}`;
}

/** The waiter of next hops that are to be looked for again when there are prefixes of another length. */
export function lengthsOf(table: number, family: 4 | 6): string {
  return `/${familyKey(table, family)}`;
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

/** Makes the row of a prefix that there is not yet, and has it looked at. */
export function begin(
  state: State,
  key: string,
  now: number,
  candidates: readonly Candidate[] = NO_CANDIDATES,
): void {
  const row = newPrefix();
  row.candidates = candidates;
  row.dirty = now;
  state.rib.set(key, row);
  enqueue(state.dirty, state.queues.dirty, key, now);
  addTo(state.allPrefixes, bucketOf(key, PREFIX_BUCKETS), key);
  const family = familyKeyOf(key);
  state.lengths[family] ??= {};
  const lengths = state.lengths[family];
  const length = lengthOf(key);
  // One that is new may stand between a next hop and what led there so far.
  if (lengths[length] === undefined) wake(state, `/${family}`);
  lengths[length] = (lengths[length] ?? 0) + 1;
}

/** The bucket of a key, such as a prefix's among the users of a next hop. State is found by it: later versions have to agree. */
export function bucketOf(key: string, buckets = BUCKETS): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (buckets - 1);
}

/** Key in `users`. @param id of the next hop */
export function bucketKey(id: number, bucket: number): number {
  return id * BUCKETS + bucket;
}

/** Makes the row of a next hop that there is not yet, which is then looked for. */
export function beginHop(state: State, table: number, hop: Hop, now: number): string {
  const key = hopKey(table, hop);
  if (state.nextHops.has(key)) return key;
  const { gateway, interface: name, onLink } = hop;
  state.hopId += 1;
  state.nextHops.set(key, {
    id: state.hopId,
    table,
    ...(gateway !== undefined && { gateway }),
    ...(name !== undefined && { interface: name }),
    ...(onLink && { onLink }),
    users: 0,
    wide: false,
    trackers: [],
    resolved: [],
    depth: 0,
    waitsFor: [],
    since: now,
  });
  state.dirtyHops.set(key, now);
  return key;
}

function replaceCandidates(state: State, key: string, candidates: readonly Candidate[], now: number): void {
  let isNew = false;
  state.rib.update(key, (row) => {
    row.candidates = candidates;
    isNew = row.dirty === undefined;
    row.dirty ??= now;
  });
  if (isNew) enqueue(state.dirty, state.queues.dirty, key, now);
}

/** Puts the prefix down at the next hops that a candidate uses now, and away from those that it used, but for what others use. */
function changeUsers(
  state: State,
  key: string,
  before: readonly CandidateHop[],
  after: readonly CandidateHop[],
  others: readonly Candidate[],
  now: number,
): void {
  const isOfOthers = (hop: CandidateHop) => others.some(({ hops }) => isAmong(hops, hop));
  for (let at = 0; at < after.length; at++) {
    const hop = after[at]!;
    // One may be there twice, with two weights.
    if (isAmong(before, hop) || isOfOthers(hop) || isAmong(after, hop, at)) continue;
    join(state, key, hop, now);
  }
  for (let at = 0; at < before.length; at++) {
    const hop = before[at]!;
    if (!isAmong(after, hop) && !isOfOthers(hop) && !isAmong(before, hop, at))
      leave(state, key, hop.key, now);
  }
}

function isAmong(hops: readonly CandidateHop[], { key }: CandidateHop, end = hops.length): boolean {
  for (let at = 0; at < end; at++) if (hops[at]!.key === key) return true;
  return false;
}

function join(state: State, key: string, hop: CandidateHop, now: number): void {
  beginHop(state, tableOfKey(key), hop, now);
  let id = 0;
  let isWide = false;
  let widens = false;
  state.nextHops.update(hop.key, (row) => {
    row.users += 1;
    id = row.id;
    widens = !row.wide && row.users > MOST_TOGETHER;
    row.wide ||= widens;
    isWide = row.wide;
  });
  if (widens) widen(state, id);
  addTo(state.users, bucketKey(id, isWide ? bucketOf(key) : 0), key);
}

/** Has the users of a next hop stand in all its buckets. */
function widen({ users }: State, id: number): void {
  const first = bucketKey(id, 0);
  const keys = users.get(first) ?? [];
  users.delete(first);
  for (const key of keys) addTo(users, bucketKey(id, bucketOf(key)), key);
}

function leave(state: State, key: string, hop: string, now: number): void {
  let id = 0;
  let isUsed = true;
  let isWide = false;
  state.nextHops.update(hop, (row) => {
    row.users -= 1;
    id = row.id;
    isWide = row.wide;
    isUsed = row.users > 0;
  });
  removeFrom(state.users, bucketKey(id, isWide ? bucketOf(key) : 0), key);
  // Nobody may want it any more: it is forgotten in its turn.
  if (!isUsed && !state.dirtyHops.has(hop)) state.dirtyHops.set(hop, now);
}

export function addTo<Bucket extends TableKey>(
  sets: Table<Bucket, Set<string>>,
  bucket: Bucket,
  key: string,
): void {
  const isThere = sets.update(bucket, (keys) => {
    keys.add(key);
  });
  if (!isThere) sets.set(bucket, new Set([key]));
}

export function removeFrom<Bucket extends TableKey>(
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

function isSameCandidate(one: Candidate, other: Offered): boolean {
  return (
    one.type === other.type &&
    one.distance === other.distance &&
    one.metric === other.metric &&
    one.tag === other.tag &&
    sameHops(one.direct ?? [], other.direct ?? []) &&
    (one.direct === undefined) === (other.direct === undefined) &&
    (one.hops === other.hops ||
      (one.hops.length === other.hops.length && one.hops.every((hop, i) => isSameHop(hop, other.hops[i]!))))
  );
}

function isSameHop(one: CandidateHop, other: CandidateHop): boolean {
  return one.key === other.key && (one.weight ?? 1) === (other.weight ?? 1);
}

function familyKey(table: number, family: 4 | 6): string {
  return `${table} ${family}`;
}

function familyKeyOf(key: string): string {
  return familyKey(tableOfKey(key), familyOf(key));
}
