/** Which packets are taken (RFC 2328 8.2, 10.5), and what they set off. */
import type { Context } from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { sameNetwork } from '../address.ts';
import { count } from '../counter.ts';
import { leftOutText, lineDue, noteAllWell } from '../limited-log.ts';
import { textOf } from '../subnet.ts';
import type { OspfAgenda } from './agenda.ts';
import { type Drop, dropText } from './drop.ts';
import { differenceOf } from './hello.ts';
import { neighborAt, noteElection } from './neighbor.ts';
import {
  ALL_D_ROUTERS,
  ALL_SPF_ROUTERS,
  decode,
  decodeHello,
  NO_ROUTER,
  type Packet,
  TYPE_HELLO,
  TYPE_LAST,
} from './packet.ts';
import { configOf, type Interface, type State, subnetOf } from './state.ts';

/** Handles a packet, or drops it: counted, and told within limits. */
export function receive(
  state: State,
  iface: Interface,
  datum: RawIpIn,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const packet = accept(state, iface, datum);
  const drop = 'error' in packet ? packet : receiveHello(state, iface, datum.from, packet, agenda, ctx);
  if (drop !== undefined) noteDrop(state, iface, datum.from, drop, ctx);
  else noteAllWell(state.drops, `${iface.name} ${datum.from}`, ctx.now());
}

/** The packet's header checked in the order of RFC 2328 8.2; IP's own checks and protocol 89 are the kernel's. */
function accept(state: State, iface: Interface, { from, to, payload }: RawIpIn): Packet | Drop {
  const own = subnetOf(state, iface);
  if (own === undefined || (to !== own.address && to !== ALL_SPF_ROUTERS && to !== ALL_D_ROUTERS)) {
    return { error: 'destination', theirs: to };
  }
  if (iface.link?.addresses.some(({ address }) => address === from)) return { error: 'own' };
  const packet = decode(payload);
  if ('error' in packet) {
    return packet.error === 'version' ? { ...packet, theirs: payload[0]! } : packet;
  }
  const { area } = state.config;
  if (packet.area !== area) return { error: 'area', theirs: packet.area, ours: area };
  if (!sameNetwork(from, own.address, own.prefixLength)) {
    return { error: 'network', theirs: from, ours: textOf(own) };
  }
  if (to === ALL_D_ROUTERS) return { error: 'allDRouters' };
  if (packet.auType !== 0) return { error: 'auType', theirs: packet.auType };
  if (!packet.checksumGood) return { error: 'checksum' };
  if (packet.type === 0 || packet.type > TYPE_LAST) return { error: 'type', theirs: packet.type };
  if (packet.type !== TYPE_HELLO) return { error: 'noAdjacency', theirs: packet.type };
  return packet;
}

/** A Hello whose header was accepted, in the order of RFC 2328 10.5; returns why it is dropped, if it is. */
function receiveHello(
  state: State,
  iface: Interface,
  from: string,
  { routerId, body }: Packet,
  agenda: OspfAgenda,
  ctx: Context,
): Drop | undefined {
  const own = subnetOf(state, iface);
  if (own === undefined) return { error: 'destination' };
  const hello = decodeHello(body);
  if ('error' in hello) return hello;
  const differs = differenceOf(hello, configOf(state, iface), own);
  if (differs !== undefined) return differs;
  const ours = state.config.routerId;
  if (routerId === ours || routerId === NO_ROUTER) {
    // Two of our interfaces on one network hear each other.
    if (isOwn(state, from)) return { error: 'own' };
    return { error: 'routerId', theirs: routerId, ours };
  }
  const listsUs = hello.neighbors.includes(ours);
  const neighbor = neighborAt(state, iface, { address: from, routerId, listsUs }, agenda, ctx);
  if (neighbor === undefined) return { error: 'tooManyNeighbors' };
  count(state.counters, 'helloReceived');
  const changed = noteElection(neighbor, hello);
  agenda.neighbor(iface, neighbor, 'HelloReceived');
  agenda.neighbor(iface, neighbor, listsUs ? '2-WayReceived' : '1-WayReceived');
  if (listsUs && changed) agenda.interface(iface, 'NeighborChange');
  return undefined;
}

function isOwn(state: State, from: string): boolean {
  return [...state.interfaces.values()].some(({ link }) =>
    link?.addresses.some(({ address }) => address === from),
  );
}

function noteDrop(state: State, { name }: Interface, from: string, drop: Drop, ctx: Context): void {
  count(state.counters, drop.error);
  if (drop.error === 'own') return;
  const due = lineDue(state.drops, drop.error, `${name} ${from}`, ctx.now());
  if (due === undefined) return;
  ctx.log('warn', `dropped a packet from ${from} on ${name}: ${dropText(drop)}${leftOutText(due)}`);
}
