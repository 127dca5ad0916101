/**
 * Link state retransmission lists (RFC 2328 13.6, 13.7): LSAs that were flooded to a neighbour and are not acknowledged. An LSA
 * is on a list by its key, so that another instance takes the place of the one before. Timer `retransmit`, by neighbour.
 *
 * An LSA is sent again RxmtInterval after it was installed, and each RxmtInterval from then on. A long list leaves in
 * turns, so that neither the neighbour's socket nor this handler has all of it at once.
 */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { count } from '../../counter.ts';
import type { OspfAgenda } from '../agenda.ts';
import { LS_OPAQUE_LINK, MAX_AGE } from '../constants.ts';
import { isFollowed, note } from '../followers.ts';
import type { LsaHeader } from '../packet/lsa-header.ts';
import { configOf, isAtLeast } from '../selectors.ts';
import type { Interface, Lsa, Neighbor, State } from '../state.ts';
import { addRow, BUCKETS, clearRows, hasRow, removeRow, rowsOf } from './buckets.ts';
import { compareInstances, findLsa, instanceOf, isExchanging, keyOf, lsaKey, scopeOf } from './lsdb.ts';
import { sendLsas } from './update.ts';

/** Bytes of LSAs that are sent again to one neighbour in a turn, LSAs that are looked at, and ms until its next turn. */
const MOST_BYTES_A_TURN = 16_384;
const MOST_A_TURN = 1_000;
const NEXT_TURN_MS = 20;
/** LSAs that are due within such a part of RxmtInterval, or were, go with those that are due now. */
const PART_OF_INTERVAL = 8;

/** Of the timer `retransmit`, where a list is half gone through. */
export interface RetransmitBody {
  /** The bucket that comes next. */
  bucket: number;
  /** All that was due then, on the monotonic clock in ms, is sent. */
  at: number;
  /** ms from then until the first is due of those that were not. */
  wait: number;
}

/** 13.3 (1d) */
export function addRetransmission(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  key: string,
  ctx: Context,
): void {
  if (!addRow(state.retransmissions, neighbor.key, key)) return;
  neighbor.unacknowledged++;
  if (neighbor.unacknowledged === 1 && ctx.timerDue('retransmit', neighbor.key) === undefined)
    ctx.setTimer('retransmit', neighbor.key, configOf(state, iface).retransmitInterval);
}

export function isUnacknowledged(state: State, neighbor: Neighbor, key: string): boolean {
  return neighbor.unacknowledged > 0 && hasRow(state.retransmissions, neighbor.key, key);
}

/** Returns whether it was on the list. */
export function removeRetransmission(state: State, neighbor: Neighbor, key: string): boolean {
  if (neighbor.unacknowledged === 0 || !removeRow(state.retransmissions, neighbor.key, key)) return false;
  neighbor.unacknowledged--;
  return true;
}

/** 13 (5c): off the lists of all neighbours. */
export function removeRetransmissions(state: State, key: string): void {
  for (const { neighbors } of state.interfaces.values())
    for (const neighbor of neighbors.values()) removeRetransmission(state, neighbor, key);
}

/** Whether LSAs of the topology that are others than before are on its list (RFC 3623 3.1 (2)): refreshed ones are not. */
export function isChangeAwaited(state: State, neighbor: Neighbor): boolean {
  if (neighbor.unacknowledged === 0) return false;
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    for (const key of rowsOf(state.retransmissions, neighbor.key, bucket)) {
      const lsa = findLsa(state, key);
      if (lsa !== undefined && lsa.type < LS_OPAQUE_LINK && lsa.changed) return true;
    }
  return false;
}

/** Whether the LSA is on some neighbour's list (14). */
function isAwaited(state: State, key: string): boolean {
  for (const { neighbors } of state.interfaces.values())
    for (const neighbor of neighbors.values()) if (isUnacknowledged(state, neighbor, key)) return true;
  return false;
}

/** 14: an LSA of MaxAge is on no retransmission list, and no neighbour is in Exchange or Loading. */
export function isOver(state: State, key: string, { age }: Lsa): boolean {
  return age >= MAX_AGE && !isExchanging(state) && !isAwaited(state, key);
}

/** The neighbour is no longer in Exchange or beyond (10.3): its list is cleared. */
export function clearRetransmissions(state: State, neighbor: Neighbor, ctx: Context): void {
  if (neighbor.unacknowledged > 0) clearRows(state.retransmissions, neighbor.key);
  neighbor.unacknowledged = 0;
  ctx.cancelTimer('retransmit', neighbor.key);
}

/** 13.7: an acknowledgment's headers, from a neighbour in Exchange or beyond. */
export function receiveAcknowledgment(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  headers: readonly LsaHeader[],
  agenda: OspfAgenda,
  ctx: Context,
): void {
  if (!isAtLeast(neighbor, 'Exchange')) return;
  const now = ctx.now();
  for (const header of headers) {
    const key = lsaKey(scopeOf(header.type, iface), header.type, header.id, header.router);
    const lsa = findLsa(state, key);
    if (!isUnacknowledged(state, neighbor, key)) {
      // The end of it had overtaken it, and meant nothing to one that did not know it yet (13 (4)).
      if (lsa !== undefined && lsa.age >= MAX_AGE && compareInstances(header, instanceOf(lsa, now)) < 0)
        sendAndAwait(state, iface, neighbor, key, ctx);
      continue;
    }
    // One of an instance that is no longer ours is of no use: it says nothing of ours.
    if (lsa !== undefined && compareInstances(header, instanceOf(lsa, now)) !== 0) {
      count(state.counters, 'acknowledgmentStale');
      continue;
    }
    removeRetransmission(state, neighbor, key);
    if (lsa !== undefined && lsa.age >= MAX_AGE) agenda.aging(key);
  }
}

/** Expiry of the timer `retransmit`. */
export function retransmit(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  body: RetransmitBody | undefined,
  ctx: Context,
): void {
  if (neighbor.unacknowledged === 0) return;
  const { retransmitInterval } = configOf(state, iface);
  const now = ctx.now();
  const turn = body ?? { bucket: 0, at: now, wait: retransmitInterval };
  const { due, next } = dueOf(state, neighbor, turn, retransmitInterval);
  count(state.counters, 'retransmitted', due.length);
  noteRetransmitted(state, iface, neighbor, due);
  sendLsas(state, iface, neighbor.address, due, ctx);
  if (next.bucket < BUCKETS) ctx.setTimer('retransmit', neighbor.key, NEXT_TURN_MS, { body: next });
  else ctx.setTimer('retransmit', neighbor.key, next.at + next.wait - now);
}

function noteRetransmitted(state: State, iface: Interface, { address }: Neighbor, { length }: Lsa[]): void {
  if (length === 0 || !isFollowed(state)) return;
  const to = toAddress(address);
  note(state, 'flooding', iface, () => ({
    lines: [`retransmitted to ${to} on ${iface.key}: ${length} LSAs without an acknowledgment`],
    facts: { event: 'retransmitted', interface: iface.key, to, count: length },
  }));
}

/** The LSAs that are due of a part of a list, in whole buckets, and where to go on. */
function dueOf(
  state: State,
  { key: owner }: Neighbor,
  { bucket: from, at, wait: before }: RetransmitBody,
  interval: number,
): { due: Lsa[]; next: RetransmitBody } {
  const due: Lsa[] = [];
  const near = interval / PART_OF_INTERVAL;
  let wait = before;
  let bytes = 0;
  let looked = 0;
  let bucket = from;
  for (; bucket < BUCKETS && bytes < MOST_BYTES_A_TURN && looked < MOST_A_TURN; bucket++) {
    for (const key of rowsOf(state.retransmissions, owner, bucket)) {
      looked++;
      const lsa = findLsa(state, key);
      // One that came while the list is gone through has just been sent.
      if (lsa === undefined || lsa.installed > at) continue;
      const passed = at - lsa.installed;
      const left = interval - (passed % interval);
      if (left > near && (passed < interval || left < interval - near)) {
        wait = Math.min(wait, left);
        continue;
      }
      due.push(lsa);
      bytes += lsa.bytes.length;
    }
  }
  return { due, next: { bucket, at, wait } };
}

/** An LSA goes to one neighbour alone, and on its list. Agenda item `retransmission`. */
export function sendAndAwait(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  key: string,
  ctx: Context,
): void {
  const lsa = findLsa(state, key);
  if (lsa === undefined || !isAtLeast(neighbor, 'Exchange')) return;
  addRetransmission(state, iface, neighbor, keyOf(lsa), ctx);
  sendLsas(state, iface, neighbor.address, [lsa], ctx);
}
