/** LSAs of ours (RFC 2328 12.4): when one is made, and with which sequence number. Timer `originate`, by key of the LSA. */
import type { Context } from 'hitless/runtime';
import type { Item, OspfAgenda } from '../agenda.ts';
import type { Id, State } from '../state.ts';

/** Agenda item `origination`: the LSA is to be as things are now. */
export function originate(
  _state: State,
  _item: Pick<Extract<Item, { on: 'origination' }>, 'of' | 'force'>,
  _agenda: OspfAgenda,
  _ctx: Context,
): void {}

/** Expiry of the timer `originate`: MinLSInterval is over. */
export function originateWaiting(_state: State, _key: string, _agenda: OspfAgenda, _ctx: Context): void {}

/** 14.1, of all LSAs of ours: the router id changes, or the router's service ends. */
export function flushAll(_state: State, _agenda: OspfAgenda, _ctx: Context): void {}

/** 14.1, of those in an area that is no more, while its interfaces are up still. */
export function flushArea(_state: State, _area: Id, _agenda: OspfAgenda, _ctx: Context): void {}

/** At a cold start: a stub router for as long as is configured (RFC 6987). Timer `stub`, key ''. */
export function beginStub(_state: State, _ctx: Context): void {}

/** Expiry of the timer `stub`. */
export function endStub(_state: State, _agenda: OspfAgenda): void {}
