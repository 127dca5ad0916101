/** Sending advertisements (RFC 9568 7.2), and what becomes of those that do not leave. */
import type { Context } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import { leftOutText, lineDue, noteWell } from '../limited-log.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import { followTick } from '../pulse.ts';
import type { VrrpAgenda } from './agenda.ts';
import { type Family, GROUPS, PORTS, RESIGNS } from './constants.ts';
import { encode } from './packet.ts';
import { running } from './running.ts';
import { configOf, formsSent, keyOf, nameOf, type Running, type State, type VirtualRouter } from './state.ts';

/** Has each virtual router that is Active advertise, if its interval ends with this tick. */
export function advertiseOnTick(state: State, broadcast: Broadcast, agenda: VrrpAgenda, ctx: Context): void {
  for (const [key, router] of state.groups) {
    if (router.state !== 'Active') continue;
    const { interval } = configOf(state, router);
    if (!followTick(ctx, 'adver', key, broadcast, interval * 10)) continue;
    const run = running(state, router);
    if (run !== undefined) agenda.advertise(run);
  }
}

/** Sends one advertisement, in each form of checksum that the group is to have. */
export function advertise(state: State, run: Running, priority: number, ctx: Context): void {
  const { router, config, own } = run;
  const { counters } = router.statistics;
  let reason: string | undefined;
  for (const form of formsSent(router.checksum, config)) {
    const to = GROUPS[config.family];
    const payload = encode({ ...config, priority }, own, to, form);
    // The source is named: the kernel would take the interface's first address, which may be another.
    const failed = transmit(router, { to, payload, from: own }, ctx);
    count(counters, failed === undefined ? 'sent' : 'notSent');
    if (failed === undefined && priority === RESIGNS) count(counters, 'resigned');
    reason ??= failed;
  }
  if (reason === undefined) sentAgain(state, router, ctx);
  else notSent(state, router, reason, ctx);
}

/** In another role, failures to send are counted anew. */
export function countAnew({ statistics }: VirtualRouter): void {
  statistics.unsent = 0;
}

/** Hands a packet to the port; returns why it does not leave. */
function transmit(router: VirtualRouter, packet: RawIpOut, ctx: Context): string | undefined {
  const { port, key } = outletOf(router);
  const failed = transmitOn(port, key, packet, ctx);
  const { heard } = PORTS[router.family];
  // Better heard from the interface's own MAC (7.3) than not at all.
  return failed !== undefined && port !== heard ? transmitOn(heard, router.interface, packet, ctx) : failed;
}

function transmitOn(port: OutPort, key: string, packet: RawIpOut, ctx: Context): string | undefined {
  const result = ctx.transmit(port, key, packet);
  // While outputs are held the result is `sent`, and only the port knows better.
  const failure = ctx.portFailure(port, key);
  if (result === 'sent' && failure === undefined) return undefined;
  return failure?.reason ?? (result === 'full' ? 'the driver is behind' : 'the port is down');
}

type OutPort = (typeof PORTS)[Family]['heard' | 'virtual'];

/** The port by which advertisements leave: that of the virtual MAC (7.2), where there is one. */
function outletOf({ family, interface: name, holding }: VirtualRouter): { port: OutPort; key: string } {
  const { heard, virtual } = PORTS[family];
  return holding.device === undefined ? { port: heard, key: name } : { port: virtual, key: holding.device };
}

function notSent(state: State, router: VirtualRouter, reason: string, ctx: Context): void {
  const { statistics } = router;
  statistics.unsent++;
  statistics.notSentReason = reason;
  const due = lineDue(state.limited, 'notSent', keyOf(router), ctx.now());
  if (due === undefined) return;
  ctx.log(
    'warn',
    `${nameOf(router)}: advertisements do not leave, so other routers will become Active as well: ${reason} (${statistics.unsent} in a row)${leftOutText({ ...due, again: 0 })}`,
  );
}

function sentAgain(state: State, router: VirtualRouter, ctx: Context): void {
  const { statistics } = router;
  const { unsent } = statistics;
  statistics.unsent = 0;
  delete statistics.notSentReason;
  if (unsent === 0) return;
  const key = keyOf(router);
  noteWell(state.limited, 'notSent', key, ctx.now());
  if (lineDue(state.limited, 'sentAgain', key, ctx.now()) !== undefined) {
    ctx.log('info', `${nameOf(router)}: advertisements leave again, after ${unsent} that did not`);
  }
}

/** Advertisements in a row that may stay unsent: after three intervals the others elect a new Active Router (6.1). */
const MOST_UNSENT = 3;

/** The virtual routers whose advertisements do not leave, or would not, by their keys. */
export function failingOf(state: State, ctx: Context): Set<string> {
  const failing = [...state.groups].filter(([, router]) => unsentOf(router, ctx) >= MOST_UNSENT);
  return new Set(failing.map(([key]) => key));
}

/**
 * A sentence on the first virtual router that is Active for us alone, since its advertisements do not leave.
 * @param inherited keys of those that do not count
 */
export function unheard(state: State, inherited: ReadonlySet<string>, ctx: Context): string | undefined {
  for (const [key, router] of state.groups) {
    const unsent = unsentOf(router, ctx);
    if (router.state !== 'Active' || unsent < MOST_UNSENT || inherited.has(key)) continue;
    const { port, key: outlet } = outletOf(router);
    const reason =
      ctx.portFailure(port, outlet)?.reason ?? router.statistics.notSentReason ?? 'for an unknown reason';
    return `${nameOf(router)} is Active, but its last ${unsent} advertisements could not be sent: ${reason}`;
  }
  return undefined;
}

/** On probation outputs are held, and the count of what was transmitted lags behind the port's. */
function unsentOf(router: VirtualRouter, ctx: Context): number {
  const { port, key } = outletOf(router);
  return Math.max(router.statistics.unsent, ctx.portFailure(port, key)?.inARow ?? 0);
}
