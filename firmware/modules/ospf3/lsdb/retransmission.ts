/** Link state retransmission lists (RFC 2328 13.6, 13.7). Timer `retransmit`, by neighbour. */
import type { Context } from 'hitless/runtime';
import type { OspfAgenda } from '../agenda.ts';
import type { LsaHeader } from '../packet/lsa-header.ts';
import type { Interface, Neighbor, State } from '../state.ts';

/** An acknowledgment's headers, from a neighbour in Exchange or beyond (13.7). */
export function receiveAcknowledgment(
  _state: State,
  _iface: Interface,
  _neighbor: Neighbor,
  _headers: readonly LsaHeader[],
  _agenda: OspfAgenda,
  _ctx: Context,
): void {}

/** Expiry of the timer `retransmit`. */
export function retransmit(
  _state: State,
  _iface: Interface,
  _neighbor: Neighbor,
  _body: { bucket: number } | undefined,
  _ctx: Context,
): void {}

/** The neighbour is no longer in Exchange or beyond (10.3): its list is cleared. */
export function clearRetransmissions(_state: State, _neighbor: Neighbor, _ctx: Context): void {}
