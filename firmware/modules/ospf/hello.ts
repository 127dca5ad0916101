/** Hellos: which agree with us (RFC 2328 10.5), and sending them (9.5). */
import type { Context, PortResult } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { maskOf, toAddress } from '../address.ts';
import { count, isMilestone } from '../counter.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import { begin, followTick, retime } from '../pulse.ts';
import type { Subnet } from '../subnet.ts';
import type { Drop } from './drop.ts';
import { ALL_SPF_ROUTERS, E_BIT, encodeHello, type Hello, NO_ROUTER, neighborsThatFit } from './packet.ts';
import {
  configOf,
  type Interface,
  type InterfaceConfig,
  type Neighbor,
  type State,
  subnetOf,
} from './state.ts';

/**
 * Hellos to single neighbours that an interface sends at once, and ms until one more. Those to addresses that do not
 * resolve wait for 3 s in the socket's send buffer, and may not take the room of Hellos to all routers.
 */
export const MOST_ANSWERS_AT_ONCE = 8;
export const ANSWER_EVERY_MS = 200;

/** Hellos in a row that cannot be sent until an interface is not healthy: one more, and many neighbours are lost. */
const MOST_UNSENT = 3;

/** Starts an interface's Hello Timer (9.3), also where it is down: nothing leaves there. */
export function beginHellos(state: State, iface: Interface, ctx: Context): void {
  begin(ctx, 'hello', iface.name, intervalOf(state, iface));
}

/** Goes on with another HelloInterval. */
export function retimeHellos(state: State, iface: Interface, ctx: Context): void {
  retime(ctx, 'hello', iface.name, intervalOf(state, iface));
}

/** Ends the Hello Timer of an interface that takes part no longer. */
export function endHellos(name: string, ctx: Context): void {
  ctx.cancelTimer('hello', name);
}

/** Sends a Hello on each interface whose HelloInterval ends with this tick. */
export function sendOnTick(state: State, broadcast: Broadcast, ctx: Context): void {
  for (const iface of state.interfaces.values())
    if (followTick(ctx, 'hello', iface.name, broadcast, intervalOf(state, iface)))
      sendToAll(state, iface, ctx);
}

/** HelloInterval in ms. */
function intervalOf(state: State, iface: Interface): number {
  return configOf(state, iface).helloInterval * 1000;
}

/** Sends a Hello to all routers of an interface's network. */
export function sendToAll(state: State, iface: Interface, ctx: Context): void {
  const sent = sendHello(state, iface, ALL_SPF_ROUTERS, ctx);
  if (sent !== undefined) noteSent(iface, sent, ctx);
}

/** Sends a Hello at once to a neighbour that does not know of us, unless too many were sent lately. */
export function answerHello(state: State, iface: Interface, { address }: Neighbor, ctx: Context): void {
  const now = ctx.now();
  iface.answers ??= { spare: MOST_ANSWERS_AT_ONCE, at: now };
  const { answers } = iface;
  const passed = Math.max(0, now - answers.at);
  answers.spare = Math.min(MOST_ANSWERS_AT_ONCE, answers.spare + passed / ANSWER_EVERY_MS);
  answers.at = now;
  if (answers.spare < 1) {
    count(state.counters, 'helloNotAnswered');
    return;
  }
  answers.spare--;
  sendHello(state, iface, address, ctx);
  count(state.counters, 'helloAnswered');
}

/** The interface is down: Hellos that were not sent count no longer. */
export function hellosEnd(iface: Interface): void {
  iface.unsent = 0;
}

/** The interfaces whose Hellos do not leave. */
export function failingOf(state: State): Set<string> {
  return new Set([...state.interfaces.values()].filter(isFailing).map(({ name }) => name));
}

/** Returns on which interface Hellos do not leave, in words, or true. @param inherited interfaces that do not count */
export function hellosLeave(state: State, inherited: ReadonlySet<string>, ctx: Context): true | string {
  for (const iface of state.interfaces.values()) {
    const { name, unsent } = iface;
    if (!isFailing(iface) || inherited.has(name)) continue;
    return `the last ${unsent} Hellos on ${name} could not be sent: ${failureOf(ctx, name) ?? 'the port is down'}`;
  }
  return true;
}

function isFailing({ unsent }: Interface): boolean {
  return unsent >= MOST_UNSENT;
}

/** Sends one Hello, or nothing when the interface is down or has no address. */
function sendHello(state: State, iface: Interface, to: string, ctx: Context): PortResult | undefined {
  const { helloInterval, deadInterval } = configOf(state, iface);
  const own = subnetOf(state, iface);
  if (own === undefined) return undefined;
  const { routerId, area } = state.config;
  const payload = encodeHello(routerId, area, {
    mask: maskText(own),
    helloInterval,
    options: E_BIT,
    priority: 0,
    deadInterval,
    dr: NO_ROUTER,
    bdr: NO_ROUTER,
    neighbors: routerIdsOf(iface),
  });
  // The kernel would take the interface's first address, which need not be the one that is used.
  const packet: RawIpOut = { to, payload, from: own.address };
  const result = ctx.transmit('ospf', iface.name, packet);
  count(state.counters, result === 'sent' ? 'helloSent' : 'helloNotSent');
  return result;
}

/** The neighbours that a Hello lists, each router once, those first that list us. */
function routerIdsOf({ link, neighbors }: Interface): string[] {
  const all = [...neighbors.values()];
  const twoWay = all.filter(({ state }) => state === '2-Way');
  const ids = new Set([...twoWay, ...all].map(({ routerId }) => routerId));
  return [...ids].slice(0, neighborsThatFit(link?.mtu ?? 0));
}

/** A Hello that cannot be sent is a neighbour that may be lost: it is told, and so is the end of it. */
function noteSent(iface: Interface, result: PortResult, ctx: Context): void {
  const { name } = iface;
  // A packet that is held is `sent` for the moment; the port tells of the one before.
  const failure = failureOf(ctx, name) ?? (result === 'sent' ? undefined : `the port is ${result}`);
  if (failure === undefined) {
    if (iface.unsent > 0)
      ctx.log('info', `${name}: Hellos are sent again, ${iface.unsent} in a row were not`);
    iface.unsent = 0;
    return;
  }
  iface.unsent++;
  if (!isMilestone(iface.unsent)) return;
  ctx.log('warn', `${name}: a Hello could not be sent: ${failure} (${iface.unsent} in a row)`);
}

/** Why the last packet was not sent; undefined where it was. */
function failureOf(ctx: Context, name: string): string | undefined {
  return ctx.portFailure('ospf', name)?.reason;
}

/** The first of what all routers of a network must agree on (10.5) that a Hello says otherwise than we do. */
export function differenceOf(hello: Hello, ours: InterfaceConfig, own: Subnet): Drop | undefined {
  const mask = maskText(own);
  if (hello.mask !== mask) return { error: 'mask', theirs: hello.mask, ours: mask };
  if (hello.helloInterval !== ours.helloInterval) {
    return { error: 'helloInterval', theirs: `${hello.helloInterval} s`, ours: `${ours.helloInterval} s` };
  }
  if (hello.deadInterval !== ours.deadInterval) {
    return { error: 'deadInterval', theirs: `${hello.deadInterval} s`, ours: `${ours.deadInterval} s` };
  }
  return (hello.options & E_BIT) === 0 ? { error: 'externalRouting' } : undefined;
}

function maskText({ prefixLength }: Subnet): string {
  return toAddress(maskOf(prefixLength));
}
