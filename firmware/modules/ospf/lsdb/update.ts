/** LSAs on their way out: Updates of as many as fit, each with the age that it has when it arrives (RFC 2328 13.3, 13.6). */
import type { Context } from 'hitless/runtime';
import { MAX_AGE, PACKET_UPDATE } from '../constants.ts';
import { encodeUpdate, UPDATE } from '../packet/update.ts';
import { configOf } from '../selectors.ts';
import type { Id, Interface, Lsa, State } from '../state.ts';
import { roomOf, sendTo } from '../transmit.ts';
import { agedBytes, ageOf } from './lsdb.ts';

/** An LSA that is longer than a packet leaves on its own, and IP cuts it. */
export function sendLsas(
  state: State,
  iface: Interface,
  to: Id | 'all' | 'designated',
  lsas: Iterable<Lsa>,
  ctx: Context,
): void {
  const room = roomOf(state, iface);
  const delay = Math.max(1, Math.ceil(configOf(state, iface).transmitDelay / 1000));
  const now = ctx.now();
  let packed: Uint8Array[] = [];
  let size = UPDATE;
  const send = () => {
    if (packed.length > 0) sendTo(state, iface, to, PACKET_UPDATE, encodeUpdate(packed), ctx);
    packed = [];
    size = UPDATE;
  };
  for (const lsa of lsas) {
    if (size + lsa.bytes.length > room) send();
    packed.push(agedBytes(lsa, Math.min(MAX_AGE, ageOf(lsa, now) + delay)));
    size += lsa.bytes.length;
  }
  send();
}

/** Whether packets for several neighbours of the interface are sent to each (8.1, 13.3 (5)). */
export function isUnicast({ type }: Interface): boolean {
  return type !== 'broadcast' && type !== 'point-to-point';
}
