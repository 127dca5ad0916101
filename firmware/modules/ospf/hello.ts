/** Sending Hellos (RFC 2328 9.5) and receiving them (10.5). */
import type { Context, PortResult } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { maskOf, toAddress } from '../address.ts';
import { count, isMilestone } from '../counter.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import { isDue } from '../tick.ts';
import type { Drop } from './drop.ts';
import { ALL_SPF_ROUTERS, interfaceEvent, tellChoice } from './interface.ts';
import { type Neighbor, neighborAt, neighborEvent } from './neighbor.ts';
import { decodeHello, E_BIT, encodeHello, type Hello, neighborsThatFit, type Packet } from './packet.ts';
import { type Interface, type InterfaceConfig, type State, subnetOf } from './state.ts';

const NONE = '0.0.0.0';

/**
 * Hellos to single neighbours that an interface sends at once, and ms until one more. Those to addresses that do not
 * resolve wait for 3 s in the socket's send buffer, and may not take the room of Hellos to all routers.
 */
export const MOST_ANSWERS_AT_ONCE = 8;
export const ANSWER_EVERY_MS = 200;

/** Hellos in a row that cannot be sent until an interface is not healthy: one more, and many neighbours are lost. */
const MOST_UNSENT = 3;

/** Sends a Hello on each interface whose HelloInterval ends with this tick. */
export function sendOnTick(ctx: Context, state: State, broadcast: Broadcast): void {
  for (const iface of state.interfaces.values()) {
    const { helloInterval = 0 } = state.config.interfaces[iface.name] ?? {};
    if (!isDue(broadcast, helloInterval * 1000)) continue;
    // A version before may have chosen in silence.
    if (iface.choice === undefined) tellChoice(ctx, state, iface);
    const sent = sendHello(ctx, state, iface, ALL_SPF_ROUTERS);
    if (sent !== undefined) noteSent(ctx, iface, sent);
  }
}

/** Sends a Hello at once to a neighbour that does not know of us, unless too many were sent lately. */
export function answerHello(ctx: Context, state: State, iface: Interface, { address }: Neighbor): void {
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
  sendHello(ctx, state, iface, address);
  count(state.counters, 'helloAnswered');
}

/** Returns on which interface Hellos do not leave, in words, or true. */
export function hellosLeave(ctx: Context, state: State): true | string {
  for (const { name, unsent } of state.interfaces.values()) {
    if (unsent < MOST_UNSENT) continue;
    return `the last ${unsent} Hellos on ${name} could not be sent: ${failureOf(ctx, name) ?? 'the port is down'}`;
  }
  return true;
}

/** Sends one Hello, or nothing when the interface is down or has no address. */
function sendHello(ctx: Context, state: State, iface: Interface, to: string): PortResult | undefined {
  const config = state.config.interfaces[iface.name];
  const own = subnetOf(state, iface);
  if (config === undefined || own === undefined) return undefined;
  const { routerId, area } = state.config;
  const payload = encodeHello(routerId, area, {
    mask: toAddress(maskOf(own.prefixLength)),
    helloInterval: config.helloInterval,
    options: E_BIT,
    priority: 0,
    deadInterval: config.deadInterval,
    dr: NONE,
    bdr: NONE,
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
function noteSent(ctx: Context, iface: Interface, result: PortResult): void {
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

/** Why the last packet was not sent. A host of before 2.1.0 does not tell. */
function failureOf(ctx: Context, name: string): string | undefined {
  return ctx.portFailure?.('ospf', name)?.reason;
}

/** Handles a Hello whose header was accepted; returns why it was dropped, if it was. The order is RFC 2328 10.5's. */
export function receiveHello(
  ctx: Context,
  state: State,
  iface: Interface,
  from: string,
  { routerId, body }: Packet,
): Drop | undefined {
  const config = state.config.interfaces[iface.name];
  const own = subnetOf(state, iface);
  if (config === undefined || own === undefined) return { error: 'destination' };
  const hello = decodeHello(body);
  if ('error' in hello) return hello;
  const differs = differenceOf(hello, config, toAddress(maskOf(own.prefixLength)));
  if (differs !== undefined) return differs;
  const ours = state.config.routerId;
  if (routerId === ours || routerId === NONE) {
    // Two of our interfaces on one network hear each other.
    if (isOwn(state, from)) return { error: 'own' };
    return { error: 'routerId', theirs: routerId, ours };
  }
  const listsUs = hello.neighbors.includes(ours);
  const neighbor = neighborAt(ctx, state, iface, { address: from, routerId, listsUs });
  if (neighbor === undefined) return { error: 'tooManyNeighbors' };
  count(state.counters, 'helloReceived');
  const changed = noteElection(neighbor, hello, from);
  neighborEvent(ctx, state, iface, neighbor, 'HelloReceived');
  if (!listsUs) {
    neighborEvent(ctx, state, iface, neighbor, '1-WayReceived');
    return undefined;
  }
  neighborEvent(ctx, state, iface, neighbor, '2-WayReceived');
  if (changed) interfaceEvent(ctx, state, iface, 'NeighborChange');
  return undefined;
}

/** The first of what all routers of a network must agree on (10.5) that a Hello says otherwise than we do. */
function differenceOf(hello: Hello, ours: InterfaceConfig, mask: string): Drop | undefined {
  if (hello.mask !== mask) return { error: 'mask', theirs: hello.mask, ours: mask };
  if (hello.helloInterval !== ours.helloInterval) {
    return { error: 'helloInterval', theirs: `${hello.helloInterval} s`, ours: `${ours.helloInterval} s` };
  }
  if (hello.deadInterval !== ours.deadInterval) {
    return { error: 'deadInterval', theirs: `${hello.deadInterval} s`, ours: `${ours.deadInterval} s` };
  }
  return (hello.options & E_BIT) === 0 ? { error: 'externalRouting' } : undefined;
}

function isOwn(state: State, from: string): boolean {
  return [...state.interfaces.values()].some(({ link }) =>
    link?.addresses.some(({ address }) => address === from),
  );
}

/** Keeps what a Hello says for the election; true when that should make an interface elect again (10.5). */
function noteElection(neighbor: Neighbor, { priority, dr, bdr }: Hello, from: string): boolean {
  const before = neighbor.election;
  neighbor.election = { priority, dr, bdr };
  if (before === undefined) return false;
  const declared = (field: string) => field === from;
  return (
    before.priority !== priority ||
    declared(before.dr) !== declared(dr) ||
    declared(before.bdr) !== declared(bdr)
  );
}
