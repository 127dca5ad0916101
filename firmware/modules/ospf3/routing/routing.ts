/**
 * The calculation of routes (16): when it is due, in turns, and what differs from before. A change of router- or network-LSAs
 * computes the trees of their areas; all others compute routes to their destinations alone (16.5, 16.6).
 */
import type { Context } from 'hitless/runtime';
import type { OspfAgenda, RoutingChange } from '../agenda.ts';
import type { State } from '../state.ts';
import type { Working } from './working.ts';

/** Something that routes are made of is another: work is due, trees after the throttle's wait. */
export function routingChanged(_state: State, _change: RoutingChange, _ctx: Context): void {}

/** The timer `spf`: the throttle's wait is over. */
export function waitIsOver(_state: State, _ctx: Context): void {}

export function hasToCalculate(_state: State, _working: Working, _ctx: Context): boolean {
  return false;
}

/** Goes on with a calculation, or begins one, until the time is over. @returns whether something was done */
export function calculateSome(
  _state: State,
  _working: Working,
  _until: number,
  _agenda: OspfAgenda,
  _ctx: Context,
): boolean {
  return false;
}
