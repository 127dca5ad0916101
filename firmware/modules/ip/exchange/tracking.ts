/**
 * Tracking (../messages/track.ts): next hops and prefixes whose reachability others want to know. A change is told when what it
 * is about is at rest, so that nothing is told that holds for an instant only.
 */
import type { Context } from 'hitless/runtime';
import { isSame } from '../../difference.ts';
import type { Track, Tracked } from '../../messages/track.ts';
import { canonicalAddress, canonicalPrefix, isLinkLocal, isMulticast, parseAddress } from '../../prefix.ts';
import { beginHop, bestOf, MOST_NEXT_HOPS, namedHops } from '../rib/rib.ts';
import { type Hop, hopKey, MAIN_TABLE, prefixKey, prefixOfKey, type State } from '../state.ts';
import { complain } from './complaint.ts';
import { MOST_UNANSWERED, QUESTION_MS, type TrackRow } from './exchange-record.ts';
import { isInterface, isName, isRecord, isTable } from './route-message.ts';

export const MOST_TRACKS = 1_024;
/** The first word waits until nothing is left to be done, but not longer, in ms. */
export const LONGEST_REST_MS = 1_000;
/** Tracks that are looked at in one go. */
const SOME = 64;
const ID = /^\S{1,64}$/;

/** A track as it is wanted. */
type Wanted = { what: 'next-hop'; table: number; hop: Hop } | { what: 'prefix'; key: string };

/** Takes a track, another one, or its end. @param module the sender's name */
export function takeTrack(state: State, module: string, body: unknown, ctx: Context): void {
  if (!isRecord(body) || !isName(body.by) || typeof body.id !== 'string' || !ID.test(body.id)) {
    complain(state, 'track', module, `a track of ${module} is refused: \`by\` or \`id\` is no name`, ctx);
    return;
  }
  const id = `${body.by} ${body.id}`;
  const owner = state.tracks.get(id)?.module ?? module;
  if (owner !== module) {
    complain(state, 'track', module, `a track of ${module} is refused: ${id} is ${owner}'s`, ctx);
    return;
  }
  if (body.remove === true) {
    untrack(state, id, ctx);
    return;
  }
  const wanted = readTrack(state, id, body as unknown as Track);
  if ('wrong' in wanted) {
    complain(state, 'track', id, `the track ${id} is refused: ${wanted.wrong}`, ctx);
    return;
  }
  track(state, module, id, wanted, ctx);
}

/** A module has answered: its tracks stay. What it says of others' is passed over. */
export function stillTracking(state: State, module: string, body: unknown): void {
  if (!isRecord(body)) return;
  for (const [id, row] of state.tracks)
    if (row.module === module && row.unanswered > 0 && namesOf(id).by === body.by)
      state.tracks.set(id, { ...row, unanswered: 0 });
}

/** The time of a question is over: tracks of modules that have not answered several end. */
export function missTrackers(state: State, ctx: Context): void {
  const ended = new Map<string, number>();
  for (const [id, row] of state.tracks) {
    if (row.unanswered < MOST_UNANSWERED) {
      state.tracks.set(id, { ...row, unanswered: row.unanswered + 1 });
      continue;
    }
    untrack(state, id, ctx);
    ended.set(row.module, (ended.get(row.module) ?? 0) + 1);
  }
  for (const [module, tracks] of ended)
    ctx.log(
      'warn',
      `${module} has not answered for ${(MOST_UNANSWERED * QUESTION_MS) / 1_000} s: ${tracks} of its tracks end, until it sends them again`,
    );
}

/** A next hop is reached otherwise. */
export function trackedHopChanged(state: State, key: string, ctx: Context): void {
  for (const id of state.nextHops.get(key)?.trackers ?? []) lookAt(state, id, ctx);
}

/** A prefix is selected otherwise. */
export function trackedPrefixChanged(state: State, key: string, ctx: Context): void {
  for (const id of state.prefixTrackers.get(key) ?? []) lookAt(state, id, ctx);
}

/** Whether something can be told now. */
export function hasToTrack(state: State, now: number): boolean {
  for (const id of state.toTrack.keys()) if (isAtRest(state, state.tracks.get(id), now)) return true;
  return false;
}

/** Tells what has changed. @returns how many were told */
export function trackSome(state: State, ctx: Context): number {
  let told = 0;
  let left = Math.min(SOME, state.toTrack.size);
  for (const [id, since] of state.toTrack) {
    if (left-- === 0) break;
    state.toTrack.delete(id);
    const row = state.tracks.get(id);
    // It has its turn again, and keeps none behind it waiting.
    if (!isAtRest(state, row, ctx.now())) state.toTrack.set(id, since);
    else if (row !== undefined) {
      told++;
      say(state, id, row, ctx);
    }
  }
  return told;
}

function track(state: State, module: string, id: string, wanted: Wanted, ctx: Context): void {
  const now = ctx.now();
  const key = wanted.what === 'prefix' ? wanted.key : beginHop(state, wanted.table, wanted.hop, now);
  const before = state.tracks.get(id);
  if (before?.key !== key || before.what !== wanted.what) {
    if (before !== undefined) leave(state, id, before, now);
    join(state, id, wanted.what, key);
  }
  state.tracks.set(id, { module, what: wanted.what, key, since: now, unanswered: 0 });
  lookAt(state, id, ctx);
}

function untrack(state: State, id: string, ctx: Context): void {
  const row = state.tracks.get(id);
  if (row === undefined) return;
  leave(state, id, row, ctx.now());
  state.tracks.delete(id);
  state.toTrack.delete(id);
  ctx.publish(
    'tracked',
    { ...namesOf(id), reachable: false, why: 'it is not tracked any more', hops: [] },
    { withdraw: id },
  );
}

function join(state: State, id: string, what: TrackRow['what'], key: string): void {
  if (what === 'prefix') state.prefixTrackers.set(key, [...(state.prefixTrackers.get(key) ?? []), id]);
  else
    state.nextHops.update(key, (row) => {
      row.trackers = [...row.trackers, id];
    });
}

function leave(state: State, id: string, { what, key }: Readonly<TrackRow>, now: number): void {
  if (what === 'prefix') {
    const others = (state.prefixTrackers.get(key) ?? []).filter((other) => other !== id);
    if (others.length > 0) state.prefixTrackers.set(key, others);
    else state.prefixTrackers.delete(key);
    return;
  }
  state.nextHops.update(key, (row) => {
    row.trackers = row.trackers.filter((other) => other !== id);
  });
  // Nobody may want it any more: it is forgotten in its turn.
  if (!state.dirtyHops.has(key)) state.dirtyHops.set(key, now);
}

function lookAt(state: State, id: string, ctx: Context): void {
  if (!state.toTrack.has(id)) state.toTrack.set(id, ctx.now());
}

function isAtRest(state: State, row: Readonly<TrackRow> | undefined, now: number): boolean {
  if (row === undefined) return true;
  if (state.kernel.whole === 0) return false;
  const isFirst = row.said === undefined && now - row.since < LONGEST_REST_MS;
  if (isFirst && (state.dirty.size > 0 || state.dirtyHops.size > 0 || state.kernel.forgetting)) return false;
  if (row.what === 'prefix') return state.rib.get(row.key)?.dirty === undefined;
  return !state.dirtyHops.has(row.key) && state.nextHops.get(row.key)?.state !== undefined;
}

function say(state: State, id: string, row: Readonly<TrackRow>, ctx: Context): void {
  const said = row.what === 'prefix' ? prefixWords(state, id, row.key) : hopWords(state, id, row.key);
  if (isSame(said, row.said)) return;
  state.tracks.set(id, { ...row, said });
  ctx.publish('tracked', said, { retain: id });
}

function hopWords(state: State, id: string, key: string): Tracked {
  const hop = state.nextHops.get(key);
  const isReachable = hop?.state === 'reachable';
  const why = isReachable ? {} : { why: hop?.state ?? 'no route' };
  const via = hop?.via === undefined ? {} : { via: prefixOfKey(hop.via) };
  return {
    ...namesOf(id),
    reachable: isReachable,
    ...via,
    ...why,
    hops: namedHops(state, hop?.resolved ?? []),
  };
}

function prefixWords(state: State, id: string, key: string): Tracked {
  const row = state.rib.get(key);
  const type = bestOf(row)?.type;
  const isReachable = type === 'unicast';
  const why = isReachable ? {} : { why: type ?? 'no route' };
  const via = isReachable ? { via: prefixOfKey(key) } : {};
  return { ...namesOf(id), reachable: isReachable, ...via, ...why, hops: namedHops(state, row?.hops ?? []) };
}

function namesOf(track: string): { by: string; id: string } {
  const [by = '', id = ''] = track.split(' ');
  return { by, id };
}

function readTrack(
  state: State,
  id: string,
  { what, address, interface: name, table = MAIN_TABLE }: Track,
): Wanted | { wrong: string } {
  if (!state.tracks.has(id) && state.tracks.size >= MOST_TRACKS)
    return { wrong: `there are ${MOST_TRACKS} tracks, which is the most` };
  if (!isTable(state, table)) return { wrong: `there is no table ${String(table)} in the configuration` };
  if (typeof address !== 'string') return { wrong: 'it has no address' };
  if (what === 'prefix') {
    const prefix = canonicalPrefix(address);
    return prefix === undefined
      ? { wrong: 'its address is no prefix' }
      : { what, key: prefixKey(table, prefix) };
  }
  if (what !== 'next-hop') return { wrong: '`what` is not next-hop or prefix' };
  const words = parseAddress(address);
  if (words === undefined || isMulticast(words)) return { wrong: 'its address is none of a host' };
  if (name !== undefined && !isInterface(name)) return { wrong: 'its interface has no name' };
  if (name === undefined && isLinkLocal(words)) return { wrong: 'its address needs an interface' };
  const hop: Hop = { gateway: canonicalAddress(address)!, ...(name !== undefined && { interface: name }) };
  const isNew = !state.nextHops.has(hopKey(table, hop));
  return isNew && state.nextHops.size >= MOST_NEXT_HOPS
    ? { wrong: 'too many next hops' }
    : { what, table, hop };
}
