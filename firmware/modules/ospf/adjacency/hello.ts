/** Hellos: which agree with us (RFC 2328 10.5), and sending them (9.5). */
import type { Context, PortResult } from 'hitless/runtime';
import { maskOf, toAddress } from '../../address.ts';
import { count, isMilestone } from '../../counter.ts';
import type { Broadcast } from '../../messages/broadcast.ts';
import { begin, followTick, retime } from '../../pulse.ts';
import { NONE, OPTION_E, OPTION_NP, PACKET_HELLO } from '../constants.ts';
import type { Drop } from '../drop.ts';
import { encodeHello, type Hello, neighborsThatFit } from '../packet/hello.ts';
import { areaConfigOf, areKnownById, configOf, isAtLeast, isDesignated, isTalking } from '../selectors.ts';
import type { Id, Interface, Neighbor, State } from '../state.ts';
import { roomOf, sendTo } from '../transmit.ts';
import { spareOf } from './spare.ts';

/** Hellos to single neighbours that an interface sends at once, and ms until one more (spare.ts). */
export const MOST_ANSWERS_AT_ONCE = 8;
export const ANSWER_EVERY_MS = 200;

/** Hellos in a row that cannot be sent until an interface is not healthy: one more, and many neighbours are lost. */
const MOST_UNSENT = 3;

// ——— The Hello Timer (9.3) ———

/** Starts the Hello Timers of interfaces that have none, also where one is down: nothing leaves there. */
export function beginHellos(state: State, iface: Interface, ctx: Context): void {
  if (configOf(state, iface).passive) endHellos(iface.key, ctx);
  else begin(ctx, 'hello', iface.key, configOf(state, iface).helloInterval);
}

/** Goes on with another HelloInterval. */
export function retimeHellos(state: State, iface: Interface, ctx: Context): void {
  if (configOf(state, iface).passive) endHellos(iface.key, ctx);
  else retime(ctx, 'hello', iface.key, configOf(state, iface).helloInterval);
}

/** Ends the Hello Timer of an interface that takes part no longer. */
export function endHellos(key: string, ctx: Context): void {
  ctx.cancelTimer('hello', key);
}

/** An interface has come up: its first Hello leaves at once (9.3). It is down: Hellos that were not sent count no longer. */
export function hellosChange(state: State, iface: Interface, isUp: boolean, ctx: Context): void {
  if (isUp) sendHellos(state, iface, ctx);
  else iface.unsent = 0;
}

/** Sends Hellos on each interface whose HelloInterval ends with this tick. */
export function sendOnTick(state: State, broadcast: Broadcast, ctx: Context): void {
  for (const iface of state.interfaces.values()) {
    const { helloInterval, passive } = configOf(state, iface);
    if (!passive && followTick(ctx, 'hello', iface.key, broadcast, helloInterval))
      sendHellos(state, iface, ctx);
  }
}

/** The Hello Timer: to all routers, or to each neighbour that is to have one, where the network knows no multicast. */
export function sendHellos(state: State, iface: Interface, ctx: Context): void {
  if (!isTalking(state, iface)) return;
  const sent = isUnicast(state, iface)
    ? helloTargets(state, iface).map((to) => sendHello(state, iface, to, ctx))
    : [sendHello(state, iface, 'all', ctx)];
  const failed = sent.find((result) => result !== 'sent');
  if (sent.length > 0) noteSent(iface, failed ?? 'sent', ctx);
}

/** 9.5: no multicast, or neighbours that the configuration names. */
function isUnicast(state: State, iface: Interface): boolean {
  if (iface.type === 'non-broadcast' || iface.type === 'virtual') return true;
  return iface.type === 'point-to-multipoint' && Object.keys(configOf(state, iface).neighbors).length > 0;
}

function helloTargets(state: State, iface: Interface): Id[] {
  if (iface.virtual !== undefined) return iface.virtual.to === NONE ? [] : [iface.virtual.to];
  const known = [...iface.neighbors.values()];
  if (iface.type === 'point-to-multipoint') return known.map(({ address }) => address);
  return known.filter((neighbor) => isForNeighbor(state, iface, neighbor)).map(({ address }) => address);
}

/** 9.5.1: who sends to whom where there is no multicast. Neighbours that are down are polled by a timer of their own. */
function isForNeighbor(state: State, iface: Interface, neighbor: Neighbor): boolean {
  if (neighbor.state === 'Down') return false;
  if (isDesignated(iface.state)) return true;
  if (configOf(state, iface).priority > 0) return neighbor.priority > 0;
  return neighbor.address === iface.dr || neighbor.address === iface.bdr;
}

// ——— Poll (9.5.1) ———

/** NBMA: arms the poll timers of configured neighbours, and ends those of others. */
export function beginPolls(state: State, iface: Interface, ctx: Context, arm = begin): void {
  // Of an interface whose link has not come yet, the configuration alone knows the type.
  const { type, neighbors } = configOf(state, iface);
  for (const [name, { key }] of iface.neighbors) {
    const configured = type === 'non-broadcast' ? neighbors[name] : undefined;
    if (configured === undefined) ctx.cancelTimer('poll', key);
    else arm(ctx, 'poll', key, configured.pollInterval);
  }
}

/** Goes on with other PollIntervals. */
export function retimePolls(state: State, iface: Interface, ctx: Context): void {
  beginPolls(state, iface, ctx, retime);
}

/** The poll timer: a neighbour that is silent is sent a Hello now and then. */
export function poll(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  if (neighbor.state !== 'Down' || !isTalking(state, iface)) return;
  const { priority } = configOf(state, iface);
  // 9.5.1: those that cannot be elected are sent Hellos by the designated routers.
  if (isDesignated(iface.state) || (priority > 0 && neighbor.priority > 0))
    sendHello(state, iface, neighbor.address, ctx);
}

// ——— Sending ———

/** Sends a Hello at once to a neighbour that does not know of us, unless too many were sent lately. */
export function answerHello(state: State, iface: Interface, { address }: Neighbor, ctx: Context): void {
  if (!isTalking(state, iface)) return;
  const { spare, at } = spareOf(iface.answers, MOST_ANSWERS_AT_ONCE, ANSWER_EVERY_MS, ctx.now());
  iface.answers = { spare: spare < 1 ? spare : spare - 1, at };
  if (spare < 1) {
    count(state.counters, 'helloNotAnswered');
    return;
  }
  sendHello(state, iface, address, ctx);
  count(state.counters, 'helloAnswered');
}

/** A last Hello that lists nobody: neighbours need not wait until we have been silent for long enough. */
export function sayFarewell(state: State, iface: Interface, ctx: Context): void {
  if (!isTalking(state, iface) || iface.neighbors.size === 0) return;
  const targets = isUnicast(state, iface) ? helloTargets(state, iface) : (['all'] as const);
  for (const to of targets) sendHello(state, iface, to, ctx, true);
}

function sendHello(
  state: State,
  iface: Interface,
  to: Id | 'all',
  ctx: Context,
  farewell = false,
): PortResult {
  const { helloInterval, deadInterval, priority } = configOf(state, iface);
  const body = encodeHello({
    mask: maskFor(iface),
    helloInterval: wireSeconds(helloInterval),
    options: optionsOf(state, iface),
    priority,
    deadInterval: Math.max(1, wireSeconds(deadInterval)),
    dr: farewell ? NONE : iface.dr,
    bdr: farewell ? NONE : iface.bdr,
    neighbors: farewell ? [] : routerIdsOf(state, iface),
  });
  return sendTo(state, iface, to, PACKET_HELLO, body, ctx);
}

/** Seconds as a Hello has them: below one it is 0, and not compared. */
function wireSeconds(ms: number): number {
  return ms < 1000 ? 0 : Math.floor(ms / 1000);
}

/** A.3.2: virtual links and unnumbered ones have no mask. */
function maskFor({ subnet }: Interface): Id {
  return subnet === undefined ? 0 : maskOf(subnet.prefixLength);
}

/** A.2, RFC 3101 2.4: what all routers of an area agree on. */
function optionsOf(state: State, { area }: Interface): number {
  const { type } = areaConfigOf(state, area);
  return type === 'normal' ? OPTION_E : type === 'nssa' ? OPTION_NP : 0;
}

/** The neighbours that a Hello lists, each router once, those first that list us. */
function routerIdsOf(state: State, iface: Interface): Id[] {
  const all = [...iface.neighbors.values()].filter((neighbor) => isAtLeast(neighbor, 'Init'));
  const mutual = all.filter((neighbor) => isAtLeast(neighbor, '2-Way'));
  const ids = new Set([...mutual, ...all].map(({ routerId }) => routerId));
  return [...ids].slice(0, neighborsThatFit(roomOf(state, iface)));
}

// ——— Health ———

/** The interfaces whose Hellos do not leave. */
export function failingOf(state: State): Set<string> {
  return new Set([...state.interfaces.values()].filter(isFailing).map(({ key }) => key));
}

/** Returns on which interface Hellos do not leave, in words, or true. @param inherited interfaces that do not count */
export function hellosLeave(state: State, inherited: ReadonlySet<string>, ctx: Context): true | string {
  for (const iface of state.interfaces.values()) {
    if (!isFailing(iface) || inherited.has(iface.key)) continue;
    const why = failureOf(ctx, iface) ?? 'the port is down';
    return `the last ${iface.unsent} Hellos on ${iface.key} could not be sent: ${why}`;
  }
  return true;
}

function isFailing({ unsent, virtual }: Interface): boolean {
  return virtual === undefined && unsent >= MOST_UNSENT;
}

/** A Hello that cannot be sent is a neighbour that may be lost: it is told, and so is the end of it. */
function noteSent(iface: Interface, result: PortResult, ctx: Context): void {
  const { key } = iface;
  // A packet that is held is `sent` for the moment; the port tells of the one before.
  const failure = failureOf(ctx, iface) ?? (result === 'sent' ? undefined : `the port is ${result}`);
  if (failure === undefined) {
    if (iface.unsent > 0) ctx.log('info', `${key}: Hellos are sent again, ${iface.unsent} in a row were not`);
    iface.unsent = 0;
    return;
  }
  iface.unsent++;
  if (!isMilestone(iface.unsent)) return;
  ctx.log('warn', `${key}: a Hello could not be sent: ${failure} (${iface.unsent} in a row)`);
}

/** Why the last packet was not sent; undefined where it was. */
function failureOf(ctx: Context, { link }: Interface): string | undefined {
  return link === '' ? undefined : ctx.portFailure('ospf', link)?.reason;
}

// ——— Agreement (10.5) ———

/** The first of what all routers of a network must agree on that a Hello says otherwise than we do. */
export function differenceOf(state: State, iface: Interface, hello: Hello): Drop | undefined {
  const { helloInterval, deadInterval } = configOf(state, iface);
  const mask = maskFor(iface);
  if (!areKnownById(iface) && hello.mask !== mask)
    return { error: 'mask', theirs: toAddress(hello.mask), ours: toAddress(mask) };
  const hellos = wireSeconds(helloInterval);
  // One of 0 is below a second, and says no more.
  if (hello.helloInterval !== 0 && hellos !== 0 && hello.helloInterval !== hellos)
    return { error: 'helloInterval', theirs: `${hello.helloInterval} s`, ours: `${hellos} s` };
  const dead = Math.max(1, wireSeconds(deadInterval));
  if (hello.deadInterval !== dead)
    return { error: 'deadInterval', theirs: `${hello.deadInterval} s`, ours: `${dead} s` };
  const ours = optionsOf(state, iface);
  if ((hello.options & OPTION_E) !== (ours & OPTION_E))
    return { error: 'externalRouting', theirs: bit(hello.options, OPTION_E), ours: bit(ours, OPTION_E) };
  if ((hello.options & OPTION_NP) !== (ours & OPTION_NP))
    return { error: 'nssa', theirs: bit(hello.options, OPTION_NP), ours: bit(ours, OPTION_NP) };
  return undefined;
}

function bit(options: number, of: number): string {
  return (options & of) === 0 ? 'clear' : 'set';
}
