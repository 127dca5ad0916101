/** Link State Requests: asking for what is missing here (RFC 2328 10.9), and answering others (10.7). */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import type { OspfAgenda } from '../agenda.ts';
import { MAX_AGE, PACKET_REQUEST, PACKET_UPDATE } from '../constants.ts';
import { ageOf, findLsa, lsaKey, scopeOf } from '../lsdb/lsdb.ts';
import { write16 } from '../packet/bytes.ts';
import { encodeRequest, type LsaRequest, requestsThatFit } from '../packet/request.ts';
import { encodeUpdate, UPDATE } from '../packet/update.ts';
import { configOf, isAtLeast } from '../selectors.ts';
import type { Interface, Lsa, Neighbor, State } from '../state.ts';
import { roomOf, sendTo } from '../transmit.ts';
import { askFor } from './request-list.ts';

/** LSAs of one request that are answered, and their bytes: with more, one packet would hold the loop. The rest is asked for again. */
export const MOST_ANSWERED = 256;
const MOST_BYTES = 256 * 1024;

/** The list is another (10.9): the next ones are asked for when those before have come; all have come, and it is Full. */
export function requestsChanged(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  if (neighbor.state !== 'Exchange' && neighbor.state !== 'Loading') return;
  if (neighbor.requested === 0) {
    ctx.cancelTimer('request', neighbor.key);
    if (neighbor.state === 'Loading') agenda.neighbor(iface, neighbor, 'LoadingDone');
    return;
  }
  if (neighbor.asked.length > 0) return;
  askFor(state, neighbor, requestsThatFit(roomOf(state, iface)));
  ask(state, iface, neighbor, ctx);
}

/** The timer `request`: what was asked for has not come. */
export function requestIsLate(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  if (neighbor.requested === 0 || !isAtLeast(neighbor, 'Exchange')) return;
  askFor(state, neighbor, requestsThatFit(roomOf(state, iface)));
  ask(state, iface, neighbor, ctx);
}

function ask(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  const body = encodeRequest(neighbor.asked.map(requestFor));
  sendTo(state, iface, neighbor.address, PACKET_REQUEST, body, ctx);
  ctx.setTimer('request', neighbor.key, configOf(state, iface).retransmitInterval);
}

/** The adjacency has ended, or begins anew. */
export function endRequests({ key }: Neighbor, ctx: Context): void {
  ctx.cancelTimer('request', key);
}

/** A key is `scope type id router`, and a scope may have spaces. */
function requestFor(key: string): LsaRequest {
  const [type, id, router] = key.split(' ').slice(-3).map(Number) as [number, number, number];
  return { type, id, router };
}

/** Answers a Link State Request (10.7): directly to the neighbour, in updates that fit the MTU. */
export function answerRequest(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  requests: readonly LsaRequest[],
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const room = roomOf(state, iface);
  const delay = Math.max(1, Math.ceil(configOf(state, iface).transmitDelay / 1000));
  let lsas: Uint8Array[] = [];
  let used = UPDATE;
  const send = () => {
    if (lsas.length > 0) sendTo(state, iface, neighbor.address, PACKET_UPDATE, encodeUpdate(lsas), ctx);
    lsas = [];
    used = UPDATE;
  };
  let left = MOST_BYTES;
  for (const { type, id, router } of requests.slice(0, MOST_ANSWERED)) {
    if (left < 0) break;
    const lsa = findLsa(state, lsaKey(scopeOf(type, iface), type, id, router));
    if (lsa === undefined) {
      const text = `it asks for LSA type ${type} ${toAddress(id)} of ${toAddress(router)}, which we do not have`;
      agenda.neighbor(iface, neighbor, 'BadLSReq', text);
      break;
    }
    if (used + lsa.bytes.length > room) send();
    lsas.push(agedCopy(lsa, ctx.now(), delay));
    used += lsa.bytes.length;
    left -= lsa.bytes.length;
  }
  send();
}

/** 13.3, 13: with its age of now, and InfTransDelay. */
function agedCopy(lsa: Lsa, now: number, delay: number): Uint8Array {
  const bytes = lsa.bytes.slice();
  write16(bytes, 0, Math.min(MAX_AGE, ageOf(lsa, now) + delay));
  return bytes;
}
