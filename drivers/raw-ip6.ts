/**
 * Raw IPv6 on one interface: one socket per (interface, protocol number), over our own addon (native/socket.ts).
 *
 * The package raw-socket calls recvfrom(2), which tells neither hop limit nor destination nor interface. Neighbour Discovery
 * and VRRP must know the first, and OSPFv3 the second: recvmsg(2) tells all three in its control data. In the same way
 * sendmsg(2) takes the source: it is the interface's link-local address, unless a datum names another.
 */
import { isIPv6 } from 'node:net';
import { recordOf, writeRecord } from './ancillary.ts';
import { DriverError } from './errors.ts';
import {
  ADDRESS_AT,
  ADDRESS_SIZE,
  ALL_NODES,
  addressOf,
  dropsOf,
  errnoText,
  filterOf,
  ICMPV6_FILTER,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_CHECKSUM,
  IPV6_DROP_MEMBERSHIP,
  IPV6_FREEBIND,
  IPV6_HOPLIMIT,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_PKTINFO,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVPKTINFO,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  indexOf,
  must,
  number,
  SOL_ICMPV6,
  sourceOn,
} from './ipv6-socket.ts';
import type { LinkState } from './links.ts';
import { loadSocket, type NativeSocket } from './native/socket.ts';
import {
  AF_INET6,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_RAW,
  SOL_SOCKET,
} from './netlink/constants.ts';
import { addressAt, putAddress } from './netlink/ip-text.ts';
import {
  LARGEST_PACKET,
  MOST_IN_A_TURN,
  probe,
  type RawCounters,
  type RawOptions,
  RawPort,
  type Unsent,
  within,
} from './raw-port.ts';

/** A received packet: addresses without a zone, for that is the interface; the payload follows all IPv6 headers. */
export interface RawIp6In {
  from: string;
  to: string;
  hopLimit: number;
  payload: Uint8Array;
}

export interface RawIp6Out {
  to: string;
  payload: Uint8Array;
  /** Source address, one of this interface but for `anySource`; its link-local address unless told. */
  from?: string;
}

export interface RawIp6Options extends RawOptions {
  /** Hop limit of what is sent; 1 unless told. */
  hopLimit?: number;
  /** Received packets with a lower hop limit are dropped and counted (RFC 5082); 0 unless told. */
  leastHopLimit?: number;
  /**
   * Where in the payload a checksum over the payload and the pseudo-header stands: an even number. The kernel fills it in,
   * and drops what has a wrong one. In protocol 58 it always does so.
   */
  checksum?: number;
  /** A datum may name a source that is no address of the interface: such as a macvlan that sends for its parent. */
  anySource?: boolean;
  /** The field Traffic Class; 0xc0 unless told: precedence internetwork control, as routing protocols use it. */
  trafficClass?: number;
}

/** `own`: sent by the address that this port sends from. */
export interface RawIp6Counters extends RawCounters {
  /** Received and dropped: their hop limit is lower than the least, so they were forwarded. */
  hopLimit: number;
}

type Complete = Required<Omit<RawIp6Options, 'checksum'>> & { checksum: number | undefined };

const ICMPV6 = 58;
/** A link with a smaller MTU carries no IPv6 (RFC 8200, section 5). */
const LEAST_MTU = 1280;

const EAGAIN = 11;
const EINVAL = 22;
const EADDRNOTAVAIL = 99;
/** ENXIO, ENODEV, EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH */
const DOWN: readonly number[] = [6, 19, EADDRNOTAVAIL, 100, 101, 112, 113];
/** EAGAIN, ENOMEM, ENOBUFS */
const FULL: readonly number[] = [EAGAIN, 12, 105];

export class RawIp6Port extends RawPort<RawIp6In, RawIp6Out, NativeSocket, Complete, RawIp6Counters> {
  /** The groups, as received addresses are written. */
  #joined: ReadonlySet<string>;
  /** The link-local address that it sends from; empty until it is known. */
  #source = '';
  #mtu = LEAST_MTU;

  /** @throws DriverError OPTION_INVALID. Nothing is opened yet. */
  constructor(options: RawIp6Options) {
    const received = { received: 0, hopLimit: 0, dropped: 0, own: 0 };
    super(complete(options), { sent: 0, ...received, errors: 0, down: 0, full: 0 });
    this.#joined = asReceived(this.options.groups);
  }

  override regroup(groups: readonly string[]): void {
    super.regroup(groups);
    this.#joined = asReceived(groups);
  }

  protected override create(): NativeSocket {
    return create(this.protocol);
  }

  protected override prepare(socket: NativeSocket): void {
    const {
      interface: name,
      protocol,
      hopLimit,
      trafficClass,
      icmpTypes,
      checksum,
      anySource,
    } = this.options;
    // Filtered before it is bound: what came by then is dropped by its interface.
    if (icmpTypes.length > 0) must(socket.setOption(SOL_ICMPV6, ICMPV6_FILTER, filterOf(icmpTypes)));
    must(socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${name}\0`)));
    this.index = indexOf(socket);
    const options: readonly (readonly [number, number])[] = [
      [IPV6_TCLASS, trafficClass],
      [IPV6_UNICAST_HOPS, hopLimit],
      [IPV6_MULTICAST_HOPS, hopLimit],
      [IPV6_MULTICAST_LOOP, 0],
      [IPV6_MULTICAST_IF, this.index],
      [IPV6_RECVPKTINFO, 1],
      [IPV6_RECVHOPLIMIT, 1],
      [IPV6_FREEBIND, anySource ? 1 : 0],
      // The kernel refuses it of ICMPv6, where it computes the checksum anyway.
      ...(checksum !== undefined && protocol !== ICMPV6 ? [[IPV6_CHECKSUM, checksum] as const] : []),
    ];
    for (const [option, value] of options) must(socket.setOption(IPPROTO_IPV6, option, number(value)));
    const size = number(this.options.receiveBuffer);
    if (socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, size) < 0)
      must(socket.setOption(SOL_SOCKET, SO_RCVBUF, size));
    must(socket.watch(() => this.#readable(socket)));
  }

  protected override dropsOf(socket: NativeSocket): number {
    return dropsOf(socket);
  }

  protected override checkGroups(groups: readonly string[]): void {
    const stray = groups.find((group) => !isAddress(group) || !isMulticast(group));
    if (stray === undefined) return;
    throw new DriverError('OPTION_INVALID', `groups: "${stray}" is not an IPv6 multicast address (ff00::/8)`);
  }

  protected override join(socket: NativeSocket, group: string): void {
    this.#member(socket, group, IPV6_ADD_MEMBERSHIP);
  }

  protected override leave(socket: NativeSocket, group: string): void {
    this.#member(socket, group, IPV6_DROP_MEMBERSHIP);
  }

  /** The socket counts as a member still. */
  protected override joinAgain(socket: NativeSocket, group: string): void {
    try {
      this.leave(socket, group);
    } finally {
      this.join(socket, group);
    }
  }

  /** The kernel keeps memberships over down and up, but takes IPv6 from a link whose MTU is too small for it. */
  protected override follow(link: LinkState): boolean {
    const hadNoIpv6 = this.#mtu < LEAST_MTU && link.mtu >= LEAST_MTU;
    this.#mtu = link.mtu;
    this.#source = '';
    return hadNoIpv6;
  }

  #readable(socket: NativeSocket): void {
    for (let read = 0; read < MOST_IN_A_TURN && this.socket === socket; read++) {
      const length = socket.receiveFrom(INTO, SENDER, CONTROL);
      if (length === -EAGAIN) return;
      // The interface is gone or down, as `relink` says too; each error is told once.
      if (length < 0) this.failed(errnoText(-length));
      else this.#arrived(length);
    }
  }

  #arrived(length: number): void {
    const about = recordOf(CONTROL, IPPROTO_IPV6, IPV6_PKTINFO);
    const hops = recordOf(CONTROL, IPPROTO_IPV6, IPV6_HOPLIMIT);
    // By another interface it came before the socket was bound to this one.
    if (about === undefined || hops === undefined || about.readUInt32LE(16) !== this.index) return;
    const from = addressAt(SENDER, ADDRESS_AT, 6);
    const to = addressAt(about, 0, 6);
    // A raw socket gets what is for any group that this host is in: IPV6_MULTICAST_ALL concerns bound ones alone.
    if (isMulticast(to) && !this.#joined.has(to)) return;
    const hopLimit = hops.readInt32LE(0);
    if (hopLimit < this.options.leastHopLimit) this.counted.hopLimit++;
    else if (from === this.#source) this.counted.own++;
    else this.deliver({ from, to, hopLimit, payload: new Uint8Array(INTO.subarray(0, length)) });
  }

  protected override transmit(socket: NativeSocket, datum: RawIp6Out): Unsent | undefined {
    // The kernel would take a wrong address for another one.
    const wrong = [datum.to, datum.from ?? ALL_NODES].find((text) => !isAddress(text));
    if (wrong !== undefined) return { as: 'wrong', reason: `"${wrong}" is not an IPv6 address` };
    let result = this.#hand(socket, datum);
    // The address that it sent from is gone: there may be another by now.
    if (
      (result === -EINVAL || result === -EADDRNOTAVAIL) &&
      datum.from === undefined &&
      this.#source !== ''
    ) {
      this.#source = '';
      result = this.#hand(socket, datum);
    }
    if (result === undefined)
      return { as: 'down', reason: `${this.interface} has no link-local IPv6 address yet` };
    return result < 0 ? unsent(-result) : undefined;
  }

  /** Returns the number of bytes or a negative errno; undefined when there is no address to send from. */
  #hand(socket: NativeSocket, { to, payload, from }: RawIp6Out): number | undefined {
    if (from === undefined && this.#source === '') this.#source = sourceOn(this.index);
    const source = from ?? this.#source;
    if (source === '') return undefined;
    const about = Buffer.alloc(20);
    putAddress(source, 6, about, 0);
    about.writeUInt32LE(this.index, 16);
    return socket.sendTo(payload, addressOf(to, this.index), writeRecord(IPPROTO_IPV6, IPV6_PKTINFO, about));
  }

  /** `struct ipv6_mreq`: group, index of the interface. @throws Error with the text of the errno */
  #member(socket: NativeSocket, group: string, option: number): void {
    const bytes = Buffer.alloc(20);
    putAddress(group, 6, bytes, 0);
    bytes.writeUInt32LE(this.index, 16);
    must(socket.setOption(IPPROTO_IPV6, option, bytes));
  }
}

/** All sockets read into these: a packet is copied before the next one is read. */
const INTO = Buffer.alloc(LARGEST_PACKET);
const SENDER = Buffer.alloc(ADDRESS_SIZE);
const CONTROL = Buffer.alloc(128);

/** @throws DriverError NETLINK_MISSING, RAW_SOCKET_PERMISSION, RAW_SOCKET_OPEN */
export function probeRawIp6(protocol: number, where: string): void {
  probe(() => create(protocol), protocol, where);
}

/** @throws DriverError NETLINK_MISSING; Error with the text of the errno */
function create(protocol: number): NativeSocket {
  const Socket = loadSocket();
  return new Socket(AF_INET6, SOCK_RAW, protocol);
}

function unsent(errno: number): Unsent {
  const as = FULL.includes(errno) ? 'full' : DOWN.includes(errno) ? 'down' : 'wrong';
  return { as, reason: errnoText(errno) };
}

function isAddress(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isMulticast(address: string): boolean {
  return /^ff/i.test(address);
}

function asReceived(groups: readonly string[]): ReadonlySet<string> {
  return new Set(groups.map((group) => addressAt(addressOf(group, 0), ADDRESS_AT, 6)));
}

function complete(options: RawIp6Options): Complete {
  const all = {
    groups: [],
    icmpTypes: [],
    hopLimit: 1,
    anySource: false,
    leastHopLimit: 0,
    trafficClass: 0xc0,
    receiveBuffer: 1 << 20,
    checksum: undefined,
    ...options,
  };
  within('hopLimit', all.hopLimit, 1, 255);
  within('leastHopLimit', all.leastHopLimit, 0, 255);
  within('trafficClass', all.trafficClass, 0, 255);
  for (const type of all.icmpTypes) within('icmpTypes', type, 0, 255);
  if (all.checksum !== undefined) {
    within('checksum', all.checksum, 0, 65_534);
    if (all.checksum % 2 !== 0)
      throw new DriverError('OPTION_INVALID', `checksum: ${all.checksum} is not even`);
  }
  return all;
}
