/** The flooding procedure (RFC 2328 13): which LSAs of an Update are taken, and where they go on to. */
import type { Context } from 'hitless/runtime';
import type { OspfAgenda } from '../agenda.ts';
import type { Interface, Neighbor, State } from '../state.ts';

/** An Update's LSAs, each cut by its length, from a neighbour in Exchange or beyond. In slices: there may be thousands. */
export function* receiveUpdate(
  _state: State,
  _iface: Interface,
  _neighbor: Neighbor,
  _lsas: readonly Uint8Array[],
  _agenda: OspfAgenda,
  _ctx: Context,
): Generator<'slice', void, unknown> {}

/** 13.3, of an LSA of ours, or one that has reached MaxAge here. Agenda item `flooding`. */
export function flood(_state: State, _key: string, _agenda: OspfAgenda, _ctx: Context): void {}

/** Sends what waits to leave on an interface, many in a packet. Agenda item `updates`. */
export function sendUpdates(_state: State, _iface: Interface, _ctx: Context): void {}
