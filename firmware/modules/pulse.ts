/**
 * Timers of those who send something every so often. Each has its own (design rule 16). Versions before 2.2.0 had none
 * and sent on TIMER's ticks; where TIMER still runs, its ticks are followed, so that a swap between the two keeps the
 * beat and nothing is sent late.
 */
import type { Context } from 'hitless/runtime';
import type { Broadcast } from './messages/broadcast.ts';

/** Arms the timer, unless it is: also one that a version before has left. */
export function begin(ctx: Context, timer: string, key: string, interval: number): void {
  if (ctx.timerDue(timer, key) === undefined) beat(ctx, timer, key, interval);
}

/** Arms the timer anew, from now on. */
export function beat(ctx: Context, timer: string, key: string, interval: number, after = interval): void {
  ctx.setTimer(timer, key, Math.max(0, after), { every: interval });
}

/**
 * The interval is another: the next is due as it was, or an interval from now where that is sooner. Those who count on the
 * interval of before do not miss it, and what is sent then tells them the new one.
 */
export function retime(ctx: Context, timer: string, key: string, interval: number): void {
  const due = ctx.timerDue(timer, key) ?? interval;
  beat(ctx, timer, key, interval, Math.min(due, interval));
}

/**
 * True on the ticks on which something is to be sent that is sent every `interval` ms. The timer is then put off, until the
 * next such tick is missed. An interval that is no multiple of TIMER's period has its timer alone.
 * @param next the interval from now on, where that is another
 */
export function followTick(
  ctx: Context,
  timer: string,
  key: string,
  { tick, period }: Broadcast,
  interval: number,
  next = interval,
): boolean {
  if (interval % period !== 0 || tick % (interval / period) !== 0) return false;
  beat(ctx, timer, key, next, next + period / 2);
  return true;
}
