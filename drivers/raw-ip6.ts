/**
 * Raw IPv6 on one interface: one socket per (interface, protocol number), over our own addon (native/socket.ts).
 *
 * The package raw-socket calls recvfrom(2), which tells neither hop limit nor destination nor interface. Neighbour Discovery
 * and VRRP must know the first, and OSPFv3 the second: recvmsg(2) tells all three in its control data. In the same way
 * sendmsg(2) takes the source: it is the interface's link-local address, unless a datum names another.
 */
import { isIPv6 } from 'node:net';
import type { Port, PortResult } from '../runtime/module/port.ts';
import { openError } from './addon.ts';
import { recordOf, writeRecord } from './ancillary.ts';
import { DriverError, firstLine } from './errors.ts';
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
  SO_BINDTODEVICE,
  SOL_ICMPV6,
  sourceOn,
} from './ipv6-socket.ts';
import type { LinkState } from './links.ts';
import { loadSocket, type NativeSocket } from './native/socket.ts';
import { AF_INET6, SO_RCVBUF, SO_RCVBUFFORCE, SOCK_RAW, SOL_SOCKET } from './netlink/constants.ts';
import { addressAt, putAddress } from './netlink/ip-text.ts';

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
  /** Source address, one of this interface; its link-local address unless told. */
  from?: string;
}

export interface RawIp6Options {
  /** Name of the interface. Nothing leaves by another one, nothing that came by another one is received. */
  interface: string;
  /** The number of the protocol, 1 to 254, as in the field Next Header. */
  protocol: number;
  /** Multicast groups to be a member of; packets to any other group are not received. `regroup` changes them. */
  groups?: readonly string[];
  /** For protocol 58: the ICMPv6 types that are received; all unless told. Others never leave the kernel. */
  icmpTypes?: readonly number[];
  /** Hop limit of what is sent; 1 unless told. */
  hopLimit?: number;
  /** Received packets with a lower hop limit are dropped and counted (RFC 5082); 0 unless told. */
  leastHopLimit?: number;
  /**
   * Where in the payload a checksum over the payload and the pseudo-header stands: an even number. The kernel fills it in,
   * and drops what has a wrong one. In protocol 58 it always does so.
   */
  checksum?: number;
  /** The field Traffic Class; 0xc0 unless told: precedence internetwork control, as routing protocols use it. */
  trafficClass?: number;
  /** Bytes of the socket's receive buffer; 1 MiB unless told. Without CAP_NET_ADMIN `net.core.rmem_max` limits it. */
  receiveBuffer?: number;
}

/** Since the port was made; a renewed socket does not reset them. */
export interface RawIp6Counters {
  sent: number;
  received: number;
  /** Received and dropped: their hop limit is lower than the least, so they were forwarded. */
  hopLimit: number;
  /** Dropped by the kernel: their checksum is wrong, or the receive buffer is full. */
  dropped: number;
  /** Received and dropped: sent by the address that this port sends from. */
  own: number;
  /** Refused by the kernel for another reason than a link that is down or a full buffer; see `lastError`. */
  errors: number;
  /** Sends answered with `down`. */
  down: number;
  /** Sends answered with `full`. */
  full: number;
}

const ICMPV6 = 58;
const LARGEST_PACKET = 65_535;
/** A link with a smaller MTU carries no IPv6 (RFC 8200, section 5). */
const LEAST_MTU = 1280;
/** Packets that are read in one turn of the loop. */
const MOST_IN_A_TURN = 64;
/** Milliseconds between attempts to get back a socket that was lost. */
const RETRY = 1_000;

const EAGAIN = 11;
const EINVAL = 22;
const EADDRNOTAVAIL = 99;
/** ENXIO, ENODEV, EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH */
const DOWN: readonly number[] = [6, 19, EADDRNOTAVAIL, 100, 101, 112, 113];
/** EAGAIN, ENOMEM, ENOBUFS */
const FULL: readonly number[] = [EAGAIN, 12, 105];

export class RawIp6Port implements Port<RawIp6In, RawIp6Out> {
  readonly interface: string;
  readonly protocol: number;
  readonly #counters: RawIp6Counters = {
    sent: 0,
    received: 0,
    hopLimit: 0,
    dropped: 0,
    own: 0,
    errors: 0,
    down: 0,
    full: 0,
  };
  readonly #options: Required<Omit<RawIp6Options, 'checksum'>> & { checksum: number | undefined };
  /** Those to be a member of, also while there is no socket. */
  #groups: readonly string[];
  /** The same, as received addresses are written. */
  #joined: ReadonlySet<string>;
  #receive: ((datum: RawIp6In) => void) | undefined;
  #socket: NativeSocket | undefined;
  /** `counters.dropped` without those of the present socket. */
  #droppedBefore = 0;
  #index = 0;
  /** The link-local address that it sends from; empty until it is known. */
  #source = '';
  #up = true;
  #mtu = LEAST_MTU;
  #gone = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #lastError = '';
  #failure = '';

  /** @throws DriverError OPTION_INVALID. Nothing is opened yet. */
  constructor(options: RawIp6Options) {
    this.#options = complete(options);
    this.#groups = this.#options.groups;
    this.#joined = asReceived(this.#groups);
    this.interface = options.interface;
    this.protocol = options.protocol;
  }

  get counters(): Readonly<Record<keyof RawIp6Counters, number>> {
    this.#counters.dropped = this.#droppedBefore + dropsOf(this.#socket);
    return this.#counters;
  }

  /** Text of the last of `counters.errors`; empty when there was none. */
  get lastError(): string {
    return this.#lastError;
  }

  /** Why the last `send` did not return `sent`: the kernel's words where it refused. Empty after one that did. */
  get failure(): string {
    return this.#failure;
  }

  /**
   * Opens the socket and starts delivery; while the interface is known to be absent, only makes sure that it can be
   * opened later. After an error it may be called again.
   * @throws DriverError NETLINK_MISSING, RAW_SOCKET_PERMISSION, INTERFACE_UNKNOWN, RAW_SOCKET_OPEN, PORT_CLOSED
   */
  open(receive: (datum: RawIp6In) => void): void {
    if (this.#closed) {
      throw new DriverError(
        'PORT_CLOSED',
        `the port of protocol ${this.protocol} on ${this.interface} was closed for good: make a new RawIp6Port`,
      );
    }
    if (this.#gone) probeRawIp6(this.protocol, this.interface);
    else if (this.#socket === undefined) this.#connect();
    this.#receive = receive;
  }

  send(datum: RawIp6Out): PortResult {
    const socket = this.#socket;
    const obstacle = this.#obstacle();
    if (socket === undefined || obstacle !== '') return this.#down(obstacle);
    // The kernel would take a wrong address for another one.
    const wrong = [datum.to, datum.from ?? ALL_NODES].find((text) => !isAddress(text));
    if (wrong !== undefined) return this.#refused(EINVAL, `"${wrong}" is not an IPv6 address`);
    let result = this.#transmit(socket, datum);
    // The address that it sent from is gone: there may be another by now.
    if (
      (result === -EINVAL || result === -EADDRNOTAVAIL) &&
      datum.from === undefined &&
      this.#source !== ''
    ) {
      this.#source = '';
      result = this.#transmit(socket, datum);
    }
    if (result === undefined) return this.#down(`${this.interface} has no link-local IPv6 address yet`);
    if (result < 0) return this.#refused(-result, errnoText(-result));
    this.#counters.sent++;
    this.#failure = '';
    return 'sent';
  }

  /**
   * Follows the interface: call it with its state at the start, before or after `open`, and with every change. One that
   * went away closes the socket, one that came back, perhaps under another index, gets a new socket with all memberships:
   * the old one stays bound to the index that is no more. States of other interfaces are ignored. Never throws.
   */
  relink(link: LinkState): void {
    if (this.#closed || link.name !== this.interface) return;
    // The kernel keeps memberships over down and up, but takes IPv6 from a link whose MTU is too small for it.
    const hadNoIpv6 = this.#mtu < LEAST_MTU && link.mtu >= LEAST_MTU;
    this.#up = link.up;
    this.#mtu = link.mtu;
    this.#gone = link.index === 0;
    this.#source = '';
    if (this.#gone || (this.#socket !== undefined && link.index !== this.#index)) this.#disconnect();
    if (this.#gone || this.#receive === undefined) return;
    if (this.#socket === undefined) this.#reconnect();
    else if (hadNoIpv6) this.#rejoin(this.#socket);
  }

  /**
   * From now on the port is a member of these multicast groups, and of no others. The socket stays; where there is none now,
   * the next one joins them.
   * @throws DriverError OPTION_INVALID, GROUP_REFUSED with the kernel's reason: the memberships are as before then
   */
  regroup(groups: readonly string[]): void {
    mustBeGroups(groups);
    const before = this.#groups;
    const socket = this.#socket;
    if (socket !== undefined) {
      this.#joinAll(
        socket,
        groups.filter((group) => !before.includes(group)),
      );
      for (const group of before) if (!groups.includes(group)) this.#leave(socket, group);
    }
    this.#groups = groups;
    this.#joined = asReceived(groups);
  }

  /** Final; a second call does nothing. Packets that the kernel still holds are dropped. */
  close(): void {
    this.#closed = true;
    this.#receive = undefined;
    this.#disconnect();
  }

  #connect(): void {
    const { interface: name, protocol } = this.#options;
    const Socket = loadSocket();
    let socket: NativeSocket | undefined;
    try {
      socket = new Socket(AF_INET6, SOCK_RAW, protocol);
      this.#prepare(socket);
    } catch (thrown) {
      socket?.close();
      throw openError(thrown, name, protocol);
    }
    this.#socket = socket;
  }

  /** @throws Error with the text of the errno */
  #prepare(socket: NativeSocket): void {
    const { interface: name, protocol, hopLimit, trafficClass, icmpTypes, checksum } = this.#options;
    // Filtered before it is bound: what came by then is dropped by its interface.
    if (icmpTypes.length > 0) must(socket.setOption(SOL_ICMPV6, ICMPV6_FILTER, filterOf(icmpTypes)));
    must(socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${name}\0`)));
    this.#index = indexOf(socket);
    const options: readonly (readonly [number, number])[] = [
      [IPV6_TCLASS, trafficClass],
      [IPV6_UNICAST_HOPS, hopLimit],
      [IPV6_MULTICAST_HOPS, hopLimit],
      [IPV6_MULTICAST_LOOP, 0],
      [IPV6_MULTICAST_IF, this.#index],
      [IPV6_RECVPKTINFO, 1],
      [IPV6_RECVHOPLIMIT, 1],
      // The kernel refuses it of ICMPv6, where it computes the checksum anyway.
      ...(checksum !== undefined && protocol !== ICMPV6 ? [[IPV6_CHECKSUM, checksum] as const] : []),
    ];
    for (const [option, value] of options) must(socket.setOption(IPPROTO_IPV6, option, number(value)));
    const size = number(this.#options.receiveBuffer);
    if (socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, size) < 0)
      must(socket.setOption(SOL_SOCKET, SO_RCVBUF, size));
    for (const group of this.#groups) must(this.#member(socket, group, IPV6_ADD_MEMBERSHIP));
    must(socket.watch(() => this.#readable(socket)));
  }

  #disconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#droppedBefore += dropsOf(this.#socket);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #reconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#connect();
    } catch (thrown) {
      this.#failed(firstLine(thrown));
      this.#retry = setTimeout(() => this.#reconnect(), RETRY);
    }
  }

  #readable(socket: NativeSocket): void {
    for (let read = 0; read < MOST_IN_A_TURN && this.#socket === socket; read++) {
      const length = socket.receiveFrom(INTO, SENDER, CONTROL);
      if (length === -EAGAIN) return;
      // The interface is gone or down, as `relink` says too; each error is told once.
      if (length < 0) this.#failed(errnoText(-length));
      else this.#arrived(length);
    }
  }

  #arrived(length: number): void {
    const about = recordOf(CONTROL, IPPROTO_IPV6, IPV6_PKTINFO);
    const hops = recordOf(CONTROL, IPPROTO_IPV6, IPV6_HOPLIMIT);
    // By another interface it came before the socket was bound to this one.
    if (about === undefined || hops === undefined || about.readUInt32LE(16) !== this.#index) return;
    const from = addressAt(SENDER, ADDRESS_AT, 6);
    const to = addressAt(about, 0, 6);
    // A raw socket gets what is for any group that this host is in: IPV6_MULTICAST_ALL concerns bound ones alone.
    if (isMulticast(to) && !this.#joined.has(to)) return;
    const hopLimit = hops.readInt32LE(0);
    if (hopLimit < this.#options.leastHopLimit) this.#counters.hopLimit++;
    else if (from === this.#source) this.#counters.own++;
    else {
      this.#counters.received++;
      const payload = new Uint8Array(INTO.subarray(0, length));
      this.#receive?.({ from, to, hopLimit, payload });
    }
  }

  /** Returns the number of bytes or a negative errno; undefined when there is no address to send from. */
  #transmit(socket: NativeSocket, { to, payload, from }: RawIp6Out): number | undefined {
    if (from === undefined && this.#source === '') this.#source = sourceOn(this.#index);
    const source = from ?? this.#source;
    if (source === '') return undefined;
    const about = Buffer.alloc(20);
    putAddress(source, 6, about, 0);
    about.writeUInt32LE(this.#index, 16);
    return socket.sendTo(payload, addressOf(to, this.#index), writeRecord(IPPROTO_IPV6, IPV6_PKTINFO, about));
  }

  /** Why nothing can be sent at all, without asking the kernel; empty when it can be tried. */
  #obstacle(): string {
    if (this.#receive === undefined) return 'the port is not open';
    if (this.#gone) return `there is no interface ${this.interface}`;
    if (this.#socket === undefined) return this.#lastError || 'the socket was lost';
    return this.#up ? '' : `${this.interface} is down`;
  }

  #down(reason: string): PortResult {
    this.#counters.down++;
    this.#failure = reason;
    return 'down';
  }

  #refused(errno: number, reason: string): PortResult {
    if (FULL.includes(errno)) {
      this.#counters.full++;
      this.#failure = reason;
      return 'full';
    }
    if (!DOWN.includes(errno)) this.#failed(reason);
    return this.#down(reason);
  }

  #failed(reason: string): void {
    this.#counters.errors++;
    this.#lastError = reason;
  }

  /** All of them, or none. */
  #joinAll(socket: NativeSocket, groups: readonly string[]): void {
    for (const [i, group] of groups.entries()) {
      const refused = this.#member(socket, group, IPV6_ADD_MEMBERSHIP);
      if (refused >= 0) continue;
      for (const other of groups.slice(0, i)) this.#leave(socket, other);
      throw new DriverError(
        'GROUP_REFUSED',
        `the port of protocol ${this.protocol} on ${this.interface} cannot join ${group}: ${errnoText(-refused)}`,
      );
    }
  }

  /** The kernel forgets memberships with their interface: that it has none is as it should be. */
  #leave(socket: NativeSocket, group: string): void {
    const refused = this.#member(socket, group, IPV6_DROP_MEMBERSHIP);
    if (refused < 0) this.#failed(errnoText(-refused));
  }

  /** The socket counts as a member still. */
  #rejoin(socket: NativeSocket): void {
    for (const group of this.#groups) {
      this.#leave(socket, group);
      const refused = this.#member(socket, group, IPV6_ADD_MEMBERSHIP);
      if (refused < 0) this.#failed(errnoText(-refused));
    }
  }

  /** `struct ipv6_mreq`: group, index of the interface. */
  #member(socket: NativeSocket, group: string, option: number): number {
    const bytes = Buffer.alloc(20);
    putAddress(group, 6, bytes, 0);
    bytes.writeUInt32LE(this.#index, 16);
    return socket.setOption(IPPROTO_IPV6, option, bytes);
  }
}

/** All sockets read into these: a packet is copied before the next one is read. */
const INTO = Buffer.alloc(LARGEST_PACKET);
const SENDER = Buffer.alloc(ADDRESS_SIZE);
const CONTROL = Buffer.alloc(128);

/**
 * Makes sure that sockets of this protocol can be opened: a missing addon or permission is an error of the start, also
 * where the interface comes later.
 * @param where the interface, for the error
 * @throws DriverError NETLINK_MISSING, RAW_SOCKET_PERMISSION, RAW_SOCKET_OPEN
 */
export function probeRawIp6(protocol: number, where: string): void {
  const Socket = loadSocket();
  try {
    new Socket(AF_INET6, SOCK_RAW, protocol).close();
  } catch (thrown) {
    throw openError(thrown, where, protocol);
  }
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

function complete(options: RawIp6Options) {
  const all = {
    groups: [],
    icmpTypes: [],
    hopLimit: 1,
    leastHopLimit: 0,
    trafficClass: 0xc0,
    receiveBuffer: 1 << 20,
    checksum: undefined,
    ...options,
  };
  within('protocol', all.protocol, 1, 254);
  within('hopLimit', all.hopLimit, 1, 255);
  within('leastHopLimit', all.leastHopLimit, 0, 255);
  within('trafficClass', all.trafficClass, 0, 255);
  for (const type of all.icmpTypes) within('icmpTypes', type, 0, 255);
  within('receiveBuffer', all.receiveBuffer, 1, 0x3fff_ffff);
  if (all.checksum !== undefined) {
    within('checksum', all.checksum, 0, 65_534);
    if (all.checksum % 2 !== 0)
      throw new DriverError('OPTION_INVALID', `checksum: ${all.checksum} is not even`);
  }
  mustBeGroups(all.groups);
  return all;
}

function mustBeGroups(groups: readonly string[]): void {
  const stray = groups.find((group) => !isAddress(group) || !isMulticast(group));
  if (stray === undefined) return;
  throw new DriverError('OPTION_INVALID', `groups: "${stray}" is not an IPv6 multicast address (ff00::/8)`);
}

function within(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new DriverError(
    'OPTION_INVALID',
    `${option}: ${value} is not a whole number from ${least} to ${most}`,
  );
}
