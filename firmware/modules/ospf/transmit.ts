/** Sending packets: where to (RFC 2328 8.1), how many bytes fit, and with what authentication (D). */
import type { Context, PortResult } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { toAddress } from '../address.ts';
import { count } from '../counter.ts';
import { leftOutText, lineDue } from '../limited-log.ts';
import { ALL_D_ROUTERS, ALL_SPF_ROUTERS, NONE, PACKET_HELLO, PACKET_NAMES } from './constants.ts';
import { note } from './followers.ts';
import { keysOf, keyToSend } from './keys.ts';
import { type Authenticator, bytesOf, digestLengthOf } from './packet/authentication.ts';
import { encodePacket, HEADER } from './packet/header.ts';
import { packetText } from './packet/text.ts';
import { configOf, isAtLeast } from './selectors.ts';
import { heardOn, nextSequence } from './sequence.ts';
import type { Id, Interface, State } from './state.ts';

/** Bytes. */
const IP_HEADER = 20;
const LARGEST_IP = 65_535;
/** Nobody knows the MTU of the way to the other end of a virtual link: such packets are not to be fragmented (A.1). */
const VIRTUAL_MTU = 576;
/** Hops that packets over a virtual link may take; all others take one (A.1). */
const VIRTUAL_TTL = 255;

/**
 * Sends a packet on an interface, and counts it. On a point-to-point link all go to all routers, whomever they are for (8.1).
 * @param to an address; `all`: all routers, which is each neighbour by itself where there is no multicast; `designated`: where
 * updates and delayed acknowledgments go (13.3, 13.5), AllDRouters unless we are DR or Backup, and else the same as `all`
 * @param body what follows the header
 * @returns what became of the packet before it, as ports do; `down` where it cannot be sent
 */
export function sendTo(
  state: State,
  iface: Interface,
  to: Id | 'all' | 'designated',
  type: number,
  body: Uint8Array,
  ctx: Context,
): PortResult {
  const link = linkOf(state, iface);
  if (link === undefined || iface.address === NONE) return 'down';
  const authentication = authenticatorOf(state, iface, ctx);
  if (authentication === undefined) return 'down';
  const payload = encodePacket({ type, routerId: state.routerId, area: iface.area }, body, authentication);
  let result: PortResult = 'sent';
  for (const address of destinationsOf(iface, to, type)) {
    const sent = ctx.transmit('ospf', link, datumOf(iface, address, payload));
    count(state.counters, counterOf(type, sent));
    notePacket(state, iface, address, payload, sent);
    if (sent !== 'sent') result = sent;
  }
  return result;
}

/** Bytes of a body that fit into one IP packet of the interface, whichever of its keys is used. */
export function roomOf(state: State, iface: Interface): number {
  const { authentication } = configOf(state, iface);
  const keys = authentication.type === 'cryptographic' ? keysOf(state.config, authentication) : {};
  const digest = Object.values(keys).reduce(
    (most, { algorithm }) => Math.max(most, digestLengthOf(algorithm)),
    0,
  );
  const mtu = iface.type === 'virtual' ? VIRTUAL_MTU : Math.min(iface.mtu, LARGEST_IP);
  return Math.max(0, mtu - IP_HEADER - HEADER - digest);
}

/** The link by which packets of an interface leave. */
function linkOf(state: State, iface: Interface): string | undefined {
  if (iface.state === 'Down' || iface.state === 'Loopback') return undefined;
  if (iface.virtual === undefined) return iface.link;
  return iface.virtual.to === NONE ? undefined : state.interfaces.get(iface.virtual.over)?.link;
}

/** 8.1 */
function destinationsOf(iface: Interface, to: Id | 'all' | 'designated', type: number): readonly string[] {
  if (iface.type === 'point-to-point') return [ALL_SPF_ROUTERS];
  if (iface.type === 'virtual') return [toAddress(iface.virtual?.to ?? NONE)];
  if (typeof to === 'number') return [toAddress(to)];
  if (iface.type === 'broadcast') {
    const designated = iface.state === 'DR' || iface.state === 'Backup';
    return [to === 'all' || designated ? ALL_SPF_ROUTERS : ALL_D_ROUTERS];
  }
  // Neighbours that nobody has named find each other so; where some are named, each Hello is for one of them.
  if (iface.type === 'point-to-multipoint' && type === PACKET_HELLO) return [ALL_SPF_ROUTERS];
  const least = type === PACKET_HELLO ? 'Attempt' : 'Exchange';
  return [...iface.neighbors.values()]
    .filter((neighbor) => isAtLeast(neighbor, least))
    .map(({ address }) => toAddress(address));
}

/** The kernel would take the interface's first address, which need not be the one that is used. */
function datumOf(iface: Interface, to: string, payload: Uint8Array): RawIpOut {
  const from = toAddress(iface.address);
  if (iface.type === 'virtual') return { to, payload, from, ttl: VIRTUAL_TTL };
  const multicast = to === ALL_SPF_ROUTERS || to === ALL_D_ROUTERS;
  // One LSA may be larger than the MTU, and the port does not fragment what has a source of its own.
  return multicast || payload.length + IP_HEADER <= iface.mtu ? { to, payload, from } : { to, payload };
}

function notePacket(
  state: State,
  { key, link, address }: Interface,
  to: string,
  payload: Uint8Array,
  result: PortResult,
): void {
  const from = toAddress(address);
  const say = () => {
    const { lines, facts } = packetText(from, to, payload);
    const [first, ...others] = lines;
    const verb = result === 'sent' ? 'sent' : `not sent (${result})`;
    return {
      lines: [`${verb} on ${key}: ${first}`, ...others],
      facts: { direction: 'sent', interface: key, result, ...facts },
    };
  };
  note(state, 'packet', { key, link }, say, payload.length);
}

function counterOf(type: number, result: PortResult) {
  if (result !== 'sent') return type === PACKET_HELLO ? 'helloNotSent' : 'notSent';
  return `${PACKET_NAMES[type as keyof typeof PACKET_NAMES]}Sent` as const;
}

/** Undefined where no key is left: nothing is sent without one. */
function authenticatorOf(state: State, iface: Interface, ctx: Context): Authenticator | undefined {
  const { authentication } = configOf(state, iface);
  if (authentication.type === 'none') return { type: 0 };
  if (authentication.type === 'simple') return { type: 1, password: bytesOf(authentication.password) };
  const wall = Date.now();
  const heard = heardOn(iface, wall);
  const found = keyToSend(keysOf(state.config, authentication), wall, heard?.keyId);
  if (found === undefined) return undefined;
  const { id, key, outOfTime } = found;
  if (outOfTime) noteOutOfTime(state, iface, id, ctx);
  const sequence = nextSequence(state.sequences.get(iface.key), heard, ctx.now(), wall);
  state.sequences.set(iface.key, sequence);
  const { algorithm, secret } = key;
  return { type: 2, keyId: id, algorithm, secret: bytesOf(secret), sequence: sequence.number };
}

/** D.3: the operator is told that the last key has expired. */
function noteOutOfTime(state: State, { key }: Interface, id: number, ctx: Context): void {
  const due = lineDue(state.changes, 'keyLifetime', key, ctx.now());
  if (due === undefined) return;
  ctx.log(
    'warn',
    `${key}: no key is to be sent at this time; key ${id} is used, so that packets stay authenticated: give a key a longer lifetime, or add one${leftOutText(due)}`,
  );
}
