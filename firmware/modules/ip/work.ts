/**
 * Work that is too long for one handler is done in turns of about half a millisecond: the rest of a handler's own, and
 * expiries of the timer `work`. All that is to be done is state, so a swap may come between any two turns, and the next version goes on.
 */
import type { Context, StopReason } from 'hitless/runtime';
import type { IpAgenda } from './agenda.ts';
import { hasToRedistribute, redistributeSome } from './exchange/redistribution.ts';
import { askAll } from './exchange/route-source.ts';
import { hasToTrack, LONGEST_REST_MS, trackSome } from './exchange/tracking.ts';
import { takeBackAll } from './interfaces/settings.ts';
import { forgetUnseen } from './kernel.ts';
import { hasRoom, OVERDUE_MS, sendLast, withdrawAll } from './request.ts';
import { claimFound, flush, retry, tryNow, want } from './rib/fib.ts';
import { type Batch, newBatch } from './rib/fib-batch.ts';
import { lookFor, release, spread } from './rib/next-hop.ts';
import { close, dequeue, enqueue, isClosed, waitsSince } from './rib/queue.ts';
import { sweepSome as sweepClaims, wakeSome } from './rib/rib.ts';
import { select, type Ways } from './rib/selection.ts';
import { offerSome } from './rib/static-route.ts';
import { isSwept, sweepNow, sweepSome } from './rib/sweep.ts';
import type { State } from './state.ts';
import { staysFor, takeBackVirtual } from './virtual/virtual-router.ts';

/** A turn, in ms. */
const TURN_MS = 0.5;
/** Prefixes of a turn, where the clock stands still. */
const MOST_A_TURN = 256;
/** Between two looks at the clock, and at what comes before. */
const SOME = 8;
/** Rows of `dirty`, above which others wait until these are looked at. */
const MOST_DIRTY_ROWS = 8;
const MOST_AT_ONCE = 64;
/** While changes do not end, a route that goes waits so long, in ms. */
const LONGEST_LEAVE_MS = 200;
/** Routes that are tried again at once. */
const MOST_RETRIES = 256;
const LEAST_RETRY_MS = 50;
const MOST_RETRY_MS = 5_000;

/** One turn: rows that are gone, then next hops, then prefixes, so that no prefix is looked at while its next hops change. */
export function work(state: State, agenda: IpAgenda, ctx: Context): void {
  // All that had come before this turn is looked at: what is to go by now may go.
  close(state.queues.leaving);
  workUntil(state, ctx.now() + TURN_MS, agenda, ctx);
}

/**
 * The rest of a handler's own turn goes for what it has set off: the timer's expiry would wait behind all that is in the
 * mailbox. @param began when the handler did
 */
export function goOn(state: State, began: number, agenda: IpAgenda, ctx: Context): void {
  if (!hasWork(state, ctx)) return;
  // At the least a half, or what comes would be looked at long after it has come.
  workUntil(state, Math.max(began + TURN_MS, ctx.now() + TURN_MS / 2), agenda, ctx);
}

function workUntil(state: State, until: number, agenda: IpAgenda, ctx: Context): void {
  const batch = newBatch();
  // A part of each turn: what comes all the time keeps it from no end.
  let left = MOST_A_TURN - someRows(state, agenda, ctx);
  while (left > 0 && ctx.now() < until) {
    const done = some(state, batch, until, agenda, ctx) || someRows(state, agenda, ctx);
    if (done === 0) break;
    left -= done;
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

/**
 * The module's service ends: its routes go, unless they are to be kept for the next start. While another router takes over what
 * hosts send to virtual addresses, it passes through us all the same.
 */
export function withdrawRoutes(state: State, why: StopReason, ctx: Context): void {
  if (why === 'remove' || state.config.keepRoutes === 0)
    withdrawAll(state, staysFor(state, why, ctx.now()), ctx);
}

/**
 * Its settings of interfaces go, too, at the same time: routes that stay need them. Virtual addresses always go: others take them.
 */
export function takeBackSettings(state: State, why: StopReason, ctx: Context): void {
  const after = staysFor(state, why, ctx.now());
  const changes =
    why === 'remove' || state.config.keepRoutes === 0
      ? takeBackAll(state, ctx.now())
      : takeBackVirtual(state, ctx);
  sendLast(state, changes, after, ctx);
}

/** @returns how much was done; 0 when there is nothing to do, or it has to wait for the kernel */
function some(state: State, batch: Batch, until: number, agenda: IpAgenda, ctx: Context): number {
  const { kernel } = state;
  // Links and addresses before anything that leads over them.
  if (kernel.forgetting && kernel.bucket === 0) return forgetUnseen(state, SOME, agenda, ctx);
  if (state.waking.size > 0) return wakeSome(state, ctx.now());
  if (state.dirtyHops.size > 0) return someHops(state, agenda, ctx);
  if (hasMore(state)) {
    const now = ctx.now();
    for (const [key, bucket] of state.spreading)
      return spread(state, key, bucket, (prefix) => tryNow(state, prefix, now));
    return offerSome(state, ctx);
  }
  const tracked = state.toTrack.size > 0 ? trackSome(state, ctx) : 0;
  if (tracked > 0) return tracked;
  if (canInstall(state)) {
    if (mayLeave(state, ctx.now())) return someLeaving(state, batch, until, agenda, ctx);
    if (state.dirty.size > 0) return somePrefixes(state, batch, until, agenda, ctx);
  }
  return redistributeSome(state, MOST_AT_ONCE, ctx);
}

/** Goes on with what goes through all prefixes. @returns how much was done */
function someRows(state: State, agenda: IpAgenda, ctx: Context): number {
  if (state.kernel.forgetting) return forgetUnseen(state, MOST_AT_ONCE, agenda, ctx);
  for (const source of state.sweeps.keys()) return sweepClaims(state, source, MOST_AT_ONCE, ctx);
  const now = ctx.now();
  return maySweep(state, now) ? sweepSome(state, MOST_AT_ONCE, (key) => claimFound(state, key), now) : 0;
}

/** Whether more prefixes are to become dirty by and by: not while many are. */
function hasMore({ spreading, statics, dirty }: State): boolean {
  return spreading.size + statics.size > 0 && dirty.size < MOST_DIRTY_ROWS;
}

function someHops(state: State, agenda: IpAgenda, ctx: Context): number {
  let done = 0;
  for (const key of state.dirtyHops.keys()) {
    if (done >= SOME) break;
    state.dirtyHops.delete(key);
    done += lookFor(state, key, agenda, ctx);
  }
  return done;
}

function somePrefixes(state: State, batch: Batch, until: number, agenda: IpAgenda, ctx: Context): number {
  const ways: Ways = new Map();
  let done = 0;
  // A prefix that leads elsewhere may be the way to next hops of those behind it.
  while (done < MOST_AT_ONCE && state.waking.size + state.dirtyHops.size === 0) {
    if (done % SOME === SOME - 1 && ctx.now() >= until) break;
    const key = dequeue(state.dirty, state.queues.dirty);
    if (key === undefined) break;
    done++;
    // It has had its turn before, or is gone.
    if (state.rib.get(key)?.dirty === undefined) continue;
    const wanted = select(state, key, agenda, ways);
    if (wanted === undefined && state.rib.get(key)?.fib !== undefined) leave(state, key, ctx);
    else want(state, key, wanted, batch, ctx);
  }
  return done;
}

/** The next change may give what one has taken: a route goes when all is looked at, so that none goes that stays. */
function leave(state: State, key: string, ctx: Context): void {
  if (state.rib.get(key)?.leaving) return;
  state.rib.update(key, (row) => {
    row.leaving = true;
  });
  enqueue(state.leaving, state.queues.leaving, key, ctx.now());
}

function someLeaving(state: State, batch: Batch, until: number, agenda: IpAgenda, ctx: Context): number {
  const ways: Ways = new Map();
  let done = 0;
  while (done < MOST_AT_ONCE && isClosed(state.queues.leaving)) {
    if (done % SOME === SOME - 1 && ctx.now() >= until) break;
    const key = dequeue(state.leaving, state.queues.leaving);
    if (key === undefined) break;
    done++;
    const isThere = state.rib.update(key, (row) => {
      row.leaving = false;
    });
    if (isThere) want(state, key, select(state, key, agenda, ways), batch, ctx);
  }
  return done;
}

/** Whether routes may go: all is looked at, or more comes all the time. */
function mayLeave(state: State, now: number): boolean {
  const { leaving, queues } = state;
  const since = waitsSince(leaving, queues.leaving);
  if (since === undefined || !isClosed(queues.leaving)) return false;
  const isRest = state.dirty.size + state.spreading.size + state.statics.size === 0;
  return isRest || now - since > LONGEST_LEAVE_MS || now < since;
}

function canInstall(state: State): boolean {
  const { kernel, dirty, leaving } = state;
  return kernel.listed && dirty.size + leaving.size > 0 && hasRoom(state, 'fib');
}

/** Found routes go when the time for claims is over, and all that are configured have claimed theirs. */
function maySweep(state: State, now: number): boolean {
  return state.unclaimed > 0 && state.statics.size === 0 && isSwept(state, now);
}

function hasWork(state: State, ctx: Context): boolean {
  return (
    state.kernel.forgetting ||
    state.waking.size > 0 ||
    state.dirtyHops.size > 0 ||
    hasMore(state) ||
    state.sweeps.size > 0 ||
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
  for (const due of held.values()) {
    first = Math.min(first, due - now);
    break;
  }
  for (const due of refused.values()) {
    if (++looked > 64) break;
    first = Math.min(first, due - now);
  }
  return Math.max(first, LEAST_RETRY_MS);
}
