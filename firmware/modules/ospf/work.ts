/**
 * Work that is too long for one handler is done in turns of at most half a millisecond, each an expiry of the timer `work`.
 * The list of it is state, so a swap may come between any two turns; what a turn works with is made anew then.
 */
import type { Context } from 'hitless/runtime';
import type { OspfAgenda } from './agenda.ts';
import { forgetSome } from './lsdb/lsdb.ts';
import { leave, mayLeave } from './restart/restarting.ts';
import { announceSome, hasToAnnounce, isAnnouncing } from './routing/announcing.ts';
import { sweepSome } from './routing/redistribution.ts';
import { calculateSome, hasToCalculate } from './routing/routing.ts';
import type { Working } from './routing/working.ts';
import type { State } from './state.ts';

/** A turn, in ms. */
const TURN_MS = 0.5;
/** Turns of one expiry: a timer is up to a millisecond late each time, between turns others are not. */
export const TURNS = 8;

/** One turn. What it sets off is on the agenda, for the caller to settle. */
export function work(state: State, working: Working, agenda: OspfAgenda, ctx: Context): void {
  const until = ctx.now() + TURN_MS;
  while (some(state, working, until, agenda, ctx)) if (ctx.now() >= until) break;
}

/** Sees to it that work that is left is done: after each handler, and in `start`. */
export function armWork(state: State, working: Working, ctx: Context): void {
  if (hasWork(state, working, ctx)) {
    if (ctx.timerDue('work') === undefined) ctx.setTimer('work', '', 0);
  } else if (isAnnouncing(state) && ctx.timerDue('work', 'retry') === undefined) {
    ctx.setTimer('work', 'retry', Math.max(0, state.routing.retryAt - ctx.now()));
  }
}

export function hasWork(state: State, working: Working, ctx: Context): boolean {
  return (
    hasToCalculate(state, working, ctx) ||
    mayLeave(state) ||
    hasToAnnounce(state, ctx.now()) ||
    state.left.length > 0 ||
    state.redistribution.how === 'sweep'
  );
}

/** @returns whether there was something to do */
function some(state: State, working: Working, until: number, agenda: OspfAgenda, ctx: Context): boolean {
  if (calculateSome(state, working, until, agenda, ctx)) return true;
  if (mayLeave(state)) {
    leave(state, agenda, ctx);
    return true;
  }
  if (announceSome(state, working, ctx)) return true;
  if (forgetSome(state)) return true;
  return sweepSome(state, working, agenda);
}
