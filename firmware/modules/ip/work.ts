/**
 * Work that is too long for one handler is done in turns of about half a millisecond, each an expiry of the timer `work`.
 * All that is to be done is state, so a swap may come between any two turns, and the next version goes on.
 */
import type { Context, StopReason } from 'hitless/runtime';
import type { IpAgenda } from './agenda.ts';
import { hasToRedistribute, redistributeSome } from './exchange/redistribution.ts';
import { askAll } from './exchange/route-source.ts';
import { hasToTrack, LONGEST_REST_MS, trackSome } from './exchange/tracking.ts';
import { takeBackAll } from './interfaces/settings.ts';
import { forgetUnseen } from './kernel.ts';
import { hasRoom, OVERDUE_MS, sendLast, withdrawAll } from './request.ts';
import { type Batch, flush, retry, want } from './rib/fib.ts';
import { lookFor, release, spread } from './rib/next-hop.ts';
import { sweepSome as sweepClaims } from './rib/rib.ts';
import { select } from './rib/selection.ts';
import { offerSome } from './rib/static-route.ts';
import { isSwept, sweepNow, sweepSome } from './rib/sweep.ts';
import type { State } from './state.ts';

/** A turn, in ms. */
const TURN_MS = 0.5;
/** Prefixes of a turn, where the clock stands still. */
const MOST_A_TURN = 256;
/** Between two looks at the clock, and at what comes before. */
const SOME = 8;
const MOST_AT_ONCE = 64;
/** While changes do not end, a route that goes waits so long, in ms. */
const LONGEST_LEAVE_MS = 200;
/** Routes that are tried again at once. */
const MOST_RETRIES = 256;
const LEAST_RETRY_MS = 50;
const MOST_RETRY_MS = 5_000;

/** One turn: rows that are gone, then next hops, then prefixes, so that no prefix is looked at while its next hops change. */
export function work(state: State, agenda: IpAgenda, ctx: Context): void {
  const until = ctx.now() + TURN_MS;
  const batch: Batch = { keys: [], changes: [] };
  let left = MOST_A_TURN;
  while (left > 0) {
    const done = some(state, batch, until, agenda, ctx);
    if (done === 0) break;
    left -= done;
    if (ctx.now() >= until) break;
  }
  flush(state, batch, ctx);
}

/** Sees to it that work that is left is done. */
export function armWork(state: State, ctx: Context): void {
  if (hasWork(state, ctx) && ctx.timerDue('work') === undefined) ctx.setTimer('work', '', 0);
  const { refused, held } = state;
  if (refused.size + held.size > 0 && ctx.timerDue('work', 'retry') === undefined)
    ctx.setTimer('work', 'retry', untilRetry(state, ctx.now()));
  if (state.requests.size > 0 && ctx.timerDue('work', 'overdue') === undefined)
    ctx.setTimer('work', 'overdue', OVERDUE_MS);
  if (state.toTrack.size > 0 && ctx.timerDue('work', 'track') === undefined)
    ctx.setTimer('work', 'track', LONGEST_REST_MS);
}

/** The time has come for some of what did not succeed. */
export function tryAgain(state: State, ctx: Context): void {
  const now = ctx.now();
  release(state, now);
  retry(state, MOST_RETRIES, now);
}

/** Static routes are all there, and no module tells others: found routes that nobody claims need not be waited with. */
export function lookForClaimants(state: State, ctx: Context): void {
  if (askAll(state, ctx) === 0) sweepNow(state, ctx);
}

/** The module's service ends: its routes go, unless they are to be kept for the next start. */
export function withdrawRoutes(state: State, why: StopReason, ctx: Context): void {
  if (why === 'remove' || state.config.keepRoutes === 0) withdrawAll(state, ctx);
}

/** Its settings of interfaces go, too: routes that stay need them. */
export function takeBackSettings(state: State, why: StopReason, ctx: Context): void {
  if (why === 'remove' || state.config.keepRoutes === 0) sendLast(state, takeBackAll(state, ctx.now()), ctx);
}

/** @returns how much was done; 0 when there is nothing to do, or it has to wait for the kernel */
function some(state: State, batch: Batch, until: number, agenda: IpAgenda, ctx: Context): number {
  if (state.kernel.forgetting) return forgetUnseen(state, SOME, agenda, ctx) || 1;
  if (state.dirtyHops.size > 0) return someHops(state, agenda, ctx);
  for (const [key, bucket] of state.spreading) {
    spread(state, key, bucket, ctx);
    return 1;
  }
  const tracked = state.toTrack.size > 0 ? trackSome(state, ctx) : 0;
  if (tracked > 0) return tracked;
  for (const source of state.sweeps.keys()) return sweepClaims(state, source, MOST_AT_ONCE, ctx) || 1;
  if (state.statics.size > 0) return offerSome(state, ctx);
  const now = ctx.now();
  if (maySweep(state, now)) return sweepSome(state, SOME, now);
  if (canInstall(state))
    return mayLeave(state, now)
      ? someLeaving(state, batch, until, agenda, ctx)
      : somePrefixes(state, batch, until, agenda, ctx);
  return redistributeSome(state, MOST_AT_ONCE, ctx);
}

function someHops(state: State, agenda: IpAgenda, ctx: Context): number {
  let done = 0;
  for (const key of state.dirtyHops.keys()) {
    if (done === SOME) break;
    done++;
    state.dirtyHops.delete(key);
    lookFor(state, key, agenda, ctx);
  }
  return done;
}

function somePrefixes(state: State, batch: Batch, until: number, agenda: IpAgenda, ctx: Context): number {
  let done = 0;
  for (const [key, since] of state.dirty) {
    // A prefix that leads elsewhere may be the way to next hops of those behind it.
    if (done === MOST_AT_ONCE || state.dirtyHops.size > 0) break;
    if (done % SOME === SOME - 1 && ctx.now() >= until) break;
    done++;
    state.dirty.delete(key);
    const wanted = select(state, key, since, agenda, ctx);
    if (wanted === undefined && state.rib.get(key)?.fib !== undefined) leave(state, key, ctx);
    else want(state, key, wanted, batch, ctx);
  }
  return done;
}

/** The next change may give what one has taken: a route goes when all is looked at, so that none goes that stays. */
function leave(state: State, key: string, ctx: Context): void {
  if (!state.leaving.has(key)) state.leaving.set(key, ctx.now());
}

function someLeaving(state: State, batch: Batch, until: number, agenda: IpAgenda, ctx: Context): number {
  let done = 0;
  for (const key of state.leaving.keys()) {
    if (done === MOST_AT_ONCE || (done % SOME === SOME - 1 && ctx.now() >= until)) break;
    done++;
    state.leaving.delete(key);
    want(state, key, select(state, key, Number.POSITIVE_INFINITY, agenda, ctx), batch, ctx);
  }
  return done;
}

/** Whether routes may go: all is looked at, or more comes all the time. */
function mayLeave({ leaving, dirty }: State, now: number): boolean {
  if (dirty.size === 0) return leaving.size > 0;
  for (const since of leaving.values()) return now - since > LONGEST_LEAVE_MS || now < since;
  return false;
}

function canInstall(state: State): boolean {
  const { kernel, dirty, leaving } = state;
  return kernel.listed && dirty.size + leaving.size > 0 && hasRoom(state, 'fib');
}

/** Found routes go when the time for claims is over, and all that are configured have claimed theirs. */
function maySweep(state: State, now: number): boolean {
  return state.unclaimed.size > 0 && state.statics.size === 0 && isSwept(state, now);
}

function hasWork(state: State, ctx: Context): boolean {
  return (
    state.kernel.forgetting ||
    state.dirtyHops.size > 0 ||
    state.spreading.size > 0 ||
    state.sweeps.size > 0 ||
    state.statics.size > 0 ||
    maySweep(state, ctx.now()) ||
    canInstall(state) ||
    hasToRedistribute(state) ||
    (state.toTrack.size > 0 && hasToTrack(state, ctx.now()))
  );
}

/** Until the first that is due; not all are looked at. */
function untilRetry({ refused, held }: State, now: number): number {
  let first = MOST_RETRY_MS;
  let looked = 0;
  for (const due of [...held.values()].slice(0, 1)) first = Math.min(first, due - now);
  for (const due of refused.values()) {
    if (++looked > 64) break;
    first = Math.min(first, due - now);
  }
  return Math.max(first, LEAST_RETRY_MS);
}
