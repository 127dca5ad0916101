/** Which packets are taken (RFC 2328 8.2, D.5), in the order of the checks, and to whom they go by their type. */
import type { Context } from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { maskOf, toAddress, toNumber } from '../address.ts';
import { count } from '../counter.ts';
import { leftOutText, lineDue, noteAllWell } from '../limited-log.ts';
import { textOf } from '../subnet.ts';
import { receiveDescription, receiveHello, receiveRequest } from './adjacency/receive.ts';
import type { OspfAgenda } from './agenda.ts';
import {
  ALL_D_ROUTERS,
  ALL_SPF_ROUTERS,
  BACKBONE,
  NONE,
  PACKET_ACKNOWLEDGMENT,
  PACKET_DESCRIPTION,
  PACKET_HELLO,
  PACKET_NAMES,
  PACKET_REQUEST,
  PACKET_UPDATE,
} from './constants.ts';
import { type Drop, type DropReason, dropText } from './drop.ts';
import { isFollowed, note } from './followers.ts';
import { keysOf, keyToAccept } from './keys.ts';
import { receiveUpdate } from './lsdb/flooding.ts';
import { receiveAcknowledgment } from './lsdb/retransmission.ts';
import { decodeAcknowledgment } from './packet/acknowledgment.ts';
import { type Accepted, bytesOf, keyIdOf, sequenceOf, verify } from './packet/authentication.ts';
import { decodeDescription } from './packet/description.ts';
import { decodePacket, type Received } from './packet/header.ts';
import { decodeHello } from './packet/hello.ts';
import { decodeRequest } from './packet/request.ts';
import { packetText } from './packet/text.ts';
import { decodeUpdate } from './packet/update.ts';
import { configOf, isAtLeast, isOwnAddress, isTalking, neighborOf, virtualKey } from './selectors.ts';
import type { Id, Interface, Neighbor, State } from './state.ts';

/** Counted, and told to nobody: they come wherever interfaces come up, adjacencies are made, or two of our interfaces are on one network. */
const QUIET: readonly DropReason[] = ['notTalking', 'own', 'noAdjacency'];

const FIRST_MULTICAST = 0xe000_0000;

/** A packet that is taken, and the interface that it belongs to: perhaps a virtual link. */
interface Taken {
  iface: Interface;
  from: Id;
  packet: Received;
}

/** Handles a packet, or drops it: counted, and told within limits. In slices, for an Update may have thousands of LSAs. */
export function* receive(
  state: State,
  link: string,
  datum: RawIpIn,
  agenda: OspfAgenda,
  ctx: Context,
): Generator<'slice', void, unknown> {
  notePacket(state, link, datum);
  const taken = accept(state, link, datum);
  const drop = 'error' in taken ? taken : yield* handle(state, taken, agenda, ctx);
  if (drop !== undefined) noteDrop(state, link, datum.from, drop, ctx);
  else noteAllWell(state.drops, `${link} ${datum.from}`, ctx.now());
}

/** By type. Returns why it is dropped, if it is. */
function* handle(
  state: State,
  taken: Taken,
  agenda: OspfAgenda,
  ctx: Context,
): Generator<'slice', Drop | undefined, unknown> {
  const { iface, from, packet } = taken;
  if (packet.type === PACKET_HELLO) {
    const hello = decodeHello(packet.body);
    const drop = 'error' in hello ? hello : receiveHello(state, iface, from, packet, hello, agenda, ctx);
    const neighbor = drop === undefined ? neighborOf(iface, from, packet.routerId) : undefined;
    if (neighbor !== undefined) noteTaken(state, neighbor, packet);
    return drop;
  }
  const neighbor = neighborOf(iface, from, packet.routerId);
  if (neighbor === undefined) return { error: 'noNeighbor', theirs: toAddress(packet.routerId) };
  if (neighbor.routerId !== packet.routerId)
    return {
      error: 'noNeighbor',
      theirs: toAddress(packet.routerId),
      ours: toAddress(neighbor.routerId),
    };
  const drop = yield* handleAdjacent(state, taken, neighbor, agenda, ctx);
  if (drop === undefined) noteTaken(state, neighbor, packet);
  return drop;
}

/** A packet that belongs to an adjacency. */
function* handleAdjacent(
  state: State,
  { iface, packet }: Taken,
  neighbor: Neighbor,
  agenda: OspfAgenda,
  ctx: Context,
): Generator<'slice', Drop | undefined, unknown> {
  const { type, body } = packet;
  if (type === PACKET_DESCRIPTION) {
    const description = decodeDescription(body);
    if ('error' in description) return description;
    return receiveDescription(state, iface, neighbor, description, agenda);
  }
  if (!isAtLeast(neighbor, 'Exchange')) return { error: 'noAdjacency', theirs: neighbor.state };
  if (type === PACKET_REQUEST) {
    const requests = decodeRequest(body);
    if ('error' in requests) return requests;
    return receiveRequest(state, iface, neighbor, requests, agenda, ctx);
  }
  if (type === PACKET_UPDATE) {
    const lsas = decodeUpdate(body);
    if ('error' in lsas) return lsas;
    yield* receiveUpdate(state, iface, neighbor, lsas, agenda, ctx);
    return undefined;
  }
  const headers = decodeAcknowledgment(body);
  if ('error' in headers) return headers;
  receiveAcknowledgment(state, iface, neighbor, headers, agenda, ctx);
  return undefined;
}

/** IP's own checks and protocol 89 are the kernel's. */
function accept(state: State, link: string, { from, to, payload }: RawIpIn): Taken | Drop {
  const source = toNumber(from);
  const arrived = interfaceOn(state, link, source);
  if (arrived === undefined) return { error: 'notTalking' };
  if (state.links.get(link)?.addresses.some(({ address }) => address === from)) return { error: 'own' };
  const packet = decodePacket(payload);
  if ('error' in packet) return packet.error === 'version' ? { ...packet, theirs: payload[0]! } : packet;
  const iface = interfaceOf(state, arrived, source, to, packet);
  if ('error' in iface) return iface;
  const untrusted = distrust(state, iface, source, packet);
  if (untrusted !== undefined) return untrusted;
  const { type, routerId } = packet;
  if (type < PACKET_HELLO || type > PACKET_ACKNOWLEDGMENT) return { error: 'type', theirs: type };
  if (routerId === state.routerId || routerId === NONE) {
    // Two of our interfaces on one network hear each other.
    if (isOwnAddress(state, source)) return { error: 'own' };
    return { error: 'routerId', theirs: toAddress(routerId), ours: toAddress(state.routerId) };
  }
  return { iface, from: source, packet };
}

/** The interface of a link that a packet from there belongs to: that of its network, where several take part. */
function interfaceOn(state: State, link: string, from: Id): Interface | undefined {
  const own = state.interfaces.get(link);
  if (own !== undefined && isTalking(state, own) && isOfNetwork(own, from)) return own;
  let found: Interface | undefined = own !== undefined && isTalking(state, own) ? own : undefined;
  for (const iface of state.interfaces.values()) {
    if (iface === own || iface.link !== link || iface.virtual !== undefined) continue;
    if (!isTalking(state, iface)) continue;
    if (isOfNetwork(iface, from)) return iface;
    found ??= iface;
  }
  return found;
}

/** 8.2: the area of the interface, or the backbone over a virtual link through it. */
function interfaceOf(
  state: State,
  arrived: Interface,
  from: Id,
  to: string,
  { area, routerId }: Received,
): Interface | Drop {
  if (area === arrived.area) {
    if (to !== ALL_SPF_ROUTERS && to !== ALL_D_ROUTERS && toNumber(to) !== arrived.address)
      return { error: 'destination', theirs: to, ours: toAddress(arrived.address) };
    if (arrived.type !== 'point-to-point' && !isOfNetwork(arrived, from)) {
      const ours = arrived.subnet === undefined ? 'none' : textOf(arrived.subnet);
      return { error: 'network', theirs: toAddress(from), ours };
    }
    if (!isOfHost(arrived, from)) return { error: 'source', theirs: toAddress(from) };
    if (to === ALL_D_ROUTERS && arrived.state !== 'DR' && arrived.state !== 'Backup')
      return { error: 'allDRouters' };
    return arrived;
  }
  const other = area === BACKBONE ? state.interfaces.get(virtualKey(arrived.area, routerId)) : undefined;
  if (other === undefined) return { error: 'area', theirs: toAddress(area), ours: toAddress(arrived.area) };
  if (!isOwnAddress(state, toNumber(to))) return { error: 'destination', theirs: to };
  return isTalking(state, other) ? other : { error: 'virtualLink', theirs: toAddress(routerId) };
}

function isOfNetwork({ subnet }: Interface, from: Id): boolean {
  if (subnet === undefined) return false;
  // With a peer, the prefix is that of the other end.
  return ((toNumber(subnet.peer ?? subnet.address) ^ from) & maskOf(subnet.prefixLength)) === 0;
}

/** Whatever is sent to any other address goes to many hosts, or to none. */
function isOfHost(iface: Interface, from: Id): boolean {
  if (from === NONE || from >= FIRST_MULTICAST) return false;
  const { subnet } = iface;
  if (subnet === undefined || subnet.prefixLength >= 31 || !isOfNetwork(iface, from)) return true;
  const hosts = ~maskOf(subnet.prefixLength) >>> 0;
  const host = (from & hosts) >>> 0;
  return host !== 0 && host !== hosts;
}

/** D.5: why a packet is not to be trusted, if it is not. */
function distrust(state: State, iface: Interface, from: Id, packet: Received): Drop | undefined {
  const { authentication } = configOf(state, iface);
  if (packet.auType === 2 && authentication.type === 'cryptographic') {
    const ours = highestOf(iface, from, packet);
    const theirs = sequenceOf(packet);
    if (ours !== undefined && theirs < ours) return { error: 'sequence', theirs, ours };
  }
  const accepted = acceptedOn(state, authentication);
  const error = verify(packet, accepted);
  if (error === 'auType') return { error, theirs: packet.auType, ours: accepted.type };
  if (error === 'keyUnknown' || error === 'keyLifetime') return { error, theirs: keyIdOf(packet) };
  return error && { error };
}

function acceptedOn(state: State, authentication: ReturnType<typeof configOf>['authentication']): Accepted {
  if (authentication.type === 'none') return { type: 0 };
  if (authentication.type === 'simple') return { type: 1, password: bytesOf(authentication.password) };
  const keys = keysOf(state.config, authentication);
  return {
    type: 2,
    keyOf(id) {
      const key = keyToAccept(keys, id, Date.now());
      return 'error' in key ? key : { algorithm: key.algorithm, secret: bytesOf(key.secret) };
    },
  };
}

/**
 * D.4.3: the highest number that was taken of a neighbour. The digest does not cover the source address: packets of a router
 * that is known by another address may be old ones that somebody repeats.
 */
function highestOf(iface: Interface, from: Id, packet: Received): number | undefined {
  const keyId = keyIdOf(packet);
  const known = neighborOf(iface, from, packet.routerId);
  if (isKnown(known)) return known.sequences[keyId];
  let highest: number | undefined;
  for (const other of iface.neighbors.values())
    if (other.routerId === packet.routerId && isKnown(other))
      highest = Math.max(highest ?? 0, other.sequences[keyId] ?? 0);
  return highest;
}

/** D.4.3: of one that is Down nothing is remembered, for it may begin anew. */
function isKnown(neighbor: Neighbor | undefined): neighbor is Neighbor {
  return neighbor !== undefined && neighbor.state !== 'Down' && neighbor.state !== 'Attempt';
}

/** A packet was taken: counted, and its sequence number is the least of the next one. */
function noteTaken(state: State, neighbor: Neighbor, packet: Received): void {
  count(state.counters, `${PACKET_NAMES[packet.type as keyof typeof PACKET_NAMES]}Received`);
  if (packet.auType !== 2) return;
  const own = { [keyIdOf(packet)]: sequenceOf(packet) };
  neighbor.sequences = isKnown(neighbor) ? { ...neighbor.sequences, ...own } : own;
}

function notePacket(state: State, link: string, { from, to, payload }: RawIpIn): void {
  if (!isFollowed(state)) return;
  const bytes = payload.slice();
  const say = () => {
    const { lines, facts } = packetText(from, to, bytes);
    const [first, ...others] = lines;
    return {
      lines: [`received on ${link}: ${first}`, ...others],
      facts: { direction: 'received', interface: link, ...facts },
    };
  };
  note(state, 'packet', [link], say, bytes.length);
}

function noteDrop(state: State, link: string, from: string, drop: Drop, ctx: Context): void {
  count(state.counters, drop.error);
  note(state, 'packet', [link], () => ({
    lines: [`dropped on ${link}, from ${from}: ${dropText(drop)}`],
    facts: { direction: 'dropped', interface: link, from, reason: drop.error },
  }));
  if (QUIET.includes(drop.error)) return;
  const due = lineDue(state.drops, drop.error, `${link} ${from}`, ctx.now());
  if (due === undefined) return;
  ctx.log('warn', `dropped a packet from ${from} on ${link}: ${dropText(drop)}${leftOutText(due)}`);
}
