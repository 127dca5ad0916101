/**
 * Routes of ours that a version or a router before left in the kernel: they stay in use until the protocols have said
 * what they want, and those that nobody has claimed by then are removed (mark and sweep).
 */
import type { Context } from 'hitless/runtime';
import type { State } from '../state.ts';
import { makeDirty, PREFIX_BUCKETS, walk } from './rib.ts';

/** After a crash, in ms: the protocols have come to rest by then. With `keep-routes` it is that time. */
export const CLAIM_MS = 60_000;

/** By then, in ms, the other modules of a start are there: if none of them tells routes, nobody has to be waited for. */
export const LOOK_MS = 5_000;

/** A whole list was told: from the first one on the time counts. */
export function listed(state: State, ctx: Context): void {
  const hold = state.config.keepRoutes || CLAIM_MS;
  const now = ctx.now();
  const { sweepAt } = state.kernel;
  // After a checkpoint of another boot the clock may have begun elsewhere.
  if (sweepAt === undefined || sweepAt > now + hold) state.kernel.sweepAt = now + hold;
  const size = state.unclaimed;
  if (sweepAt === undefined && size > 0)
    ctx.log(
      'info',
      `${size} routes of an earlier start are in the kernel: those that nobody claims within ${hold / 1000} s are removed`,
    );
  arm(state, ctx);
  if (sweepAt === undefined && size > 0) ctx.setTimer('work', 'claimants', LOOK_MS);
}

/** Nobody is left who could claim routes: they are swept at once. */
export function sweepNow(state: State, ctx: Context): void {
  if (state.kernel.sweepAt === undefined) return;
  state.kernel.sweepAt = ctx.now();
  arm(state, ctx);
}

/** Whether the time for claims is over. */
export function isSwept({ kernel: { sweepAt } }: State, now: number): boolean {
  return sweepAt !== undefined && now >= sweepAt;
}

/** Has some found routes removed. @param claim makes them ours @returns how much was looked at */
export function sweepSome(state: State, most: number, claim: (key: string) => void, now: number): number {
  const { kernel } = state;
  const { next, done } = walk(state, kernel.sweepFrom ?? 0, most, (key, { fib }) => {
    if (!fib?.found) return;
    claim(key);
    makeDirty(state, key, now);
  });
  // The next sweep is of those that were found meanwhile.
  kernel.sweepFrom = next < PREFIX_BUCKETS ? next : 0;
  return done;
}

function arm(state: State, ctx: Context): void {
  if (state.unclaimed > 0) ctx.setTimer('work', 'sweep', (state.kernel.sweepAt ?? 0) - ctx.now());
}
