/**
 * Acknowledgments that we send (RFC 2328 13.5): those that are delayed wait with others for one packet to all, direct ones go
 * to the neighbour at once. Timer `acknowledge`, by interface.
 */
import type { Context } from 'hitless/runtime';
import { PACKET_ACKNOWLEDGMENT } from '../constants.ts';
import { LSA_HEADER } from '../packet/lsa-header.ts';
import { configOf } from '../selectors.ts';
import type { Id, Interface, Neighbor, State } from '../state.ts';
import { roomOf, sendTo } from '../transmit.ts';

/** The fate of an LSA that came in (13.5, table 19, in its order). */
export type Circumstance =
  /** It was flooded back out the interface it came from. */
  | 'floodedBack'
  /** It is newer than ours, and was not flooded back. */
  | 'newer'
  /** A duplicate that is an implied acknowledgment (13 (7a)). */
  | 'implied'
  /** A duplicate that is none. */
  | 'duplicate'
  /** LS age is MaxAge, there is none in the database, and no neighbour is in Exchange or Loading (13 (4)). */
  | 'unknownMaxAge';

export type Acknowledging = 'none' | 'delayed' | 'direct';

/** Table 19; of Backup where the LSA came from the designated router, and where it came from another. */
// biome-ignore format: a table
const ACKNOWLEDGING: Readonly<Record<Circumstance, { backupFromDr: Acknowledging; backup: Acknowledging; other: Acknowledging }>> = {
  // circumstance     Backup, from the DR        Backup, from another  all other states
  floodedBack:      { backupFromDr: 'none',    backup: 'none',       other: 'none' },
  newer:            { backupFromDr: 'delayed', backup: 'none',       other: 'delayed' },
  implied:          { backupFromDr: 'delayed', backup: 'none',       other: 'none' },
  duplicate:        { backupFromDr: 'direct',  backup: 'direct',     other: 'direct' },
  unknownMaxAge:    { backupFromDr: 'direct',  backup: 'direct',     other: 'direct' },
};

/** How an LSA is acknowledged that came from this neighbour. */
export function acknowledgingOf(
  { state, dr }: Interface,
  { address }: Neighbor,
  circumstance: Circumstance,
): Acknowledging {
  const row = ACKNOWLEDGING[circumstance];
  if (state !== 'Backup') return row.other;
  return address === dr ? row.backupFromDr : row.backup;
}

/** ms until a delayed one leaves, a part of RxmtInterval at most: the neighbours' may be as short as ours. */
const DELAY_MS = 1_000;
const PART_OF_INTERVAL = 4;

/** Has an LSA acknowledged with the next packet to all. @param header its 20 bytes as they came */
export function delayAcknowledgment(state: State, iface: Interface, header: Uint8Array, ctx: Context): void {
  iface.acknowledgments.push(header.slice(0, LSA_HEADER));
  if (iface.acknowledgments.length >= mostOf(state, iface)) sendDelayed(state, iface, ctx);
  else if (ctx.timerDue('acknowledge', iface.key) === undefined)
    ctx.setTimer(
      'acknowledge',
      iface.key,
      Math.min(DELAY_MS, configOf(state, iface).retransmitInterval / PART_OF_INTERVAL),
    );
}

/** Expiry of the timer `acknowledge`. */
export function sendDelayed(state: State, iface: Interface, ctx: Context): void {
  const headers = iface.acknowledgments;
  iface.acknowledgments = [];
  ctx.cancelTimer('acknowledge', iface.key);
  sendHeaders(state, iface, 'designated', headers, ctx);
}

/** The interface is down, or another from now on: nobody is left there to whom they belong. */
export function dropDelayed(iface: Interface, ctx: Context): void {
  iface.acknowledgments = [];
  ctx.cancelTimer('acknowledge', iface.key);
}

/** Acknowledges LSAs to one neighbour, at once. */
export function sendDirect(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  headers: readonly Uint8Array[],
  ctx: Context,
): void {
  sendHeaders(state, iface, neighbor.address, headers, ctx);
}

function sendHeaders(
  state: State,
  iface: Interface,
  to: Id | 'designated',
  headers: readonly Uint8Array[],
  ctx: Context,
): void {
  const most = mostOf(state, iface);
  for (let at = 0; at < headers.length; at += most) {
    const some = headers.slice(at, at + most);
    const body = new Uint8Array(some.length * LSA_HEADER);
    for (const [i, header] of some.entries()) body.set(header.subarray(0, LSA_HEADER), i * LSA_HEADER);
    sendTo(state, iface, to, PACKET_ACKNOWLEDGMENT, body, ctx);
  }
}

/** Headers that fit into a packet. */
function mostOf(state: State, iface: Interface): number {
  return Math.max(1, Math.floor(roomOf(state, iface) / LSA_HEADER));
}
