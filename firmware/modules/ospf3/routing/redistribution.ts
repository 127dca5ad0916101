/** Routes of other sources (../../messages/redistribute.ts): the subscription at IP, and what it tells. */
import type { Context } from 'hitless/runtime';
import type { Redistributed, Subscriptions } from '../../messages/redistribute.ts';
import type { OspfAgenda } from '../agenda.ts';
import type { State } from '../state.ts';

/** Asks IP for what is redistributed: at a cold start, and whenever the configuration of it is another. */
export function subscribe(_state: State, _ctx: Context): void {}

/** IP's event `redistributed`. */
export function takeRedistributed(
  _state: State,
  _body: Redistributed,
  _agenda: OspfAgenda,
  _ctx: Context,
): void {}

/** IP's event `subscriptions`: ours is asked for again where it is not there, or has gone on without us. */
export function takeSubscriptions(_state: State, _body: Subscriptions, _ctx: Context): void {}

/** Rows that a whole set did not have go. @returns whether something was done */
export function sweepSome(_state: State, _agenda: OspfAgenda): boolean {
  return false;
}
