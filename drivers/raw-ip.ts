/**
 * Raw IPv4 on one interface: one socket per (interface, protocol number), over the npm package raw-socket.
 *
 * The addon loads once per process and on the main thread only, which is why a driver owns it for the life of
 * the process and modules see a port. Two of its habits shape this file. It hands out one reused buffer, so
 * each packet is copied. Its queued `send` reports late, and not at all after `close`, so packets go through
 * its synchronous inner call, whose outcome is the port's answer.
 */
import { createRequire } from 'node:module';
import { isIPv4 } from 'node:net';
import type { Socket } from 'raw-socket';
import type { Port, PortResult } from '../runtime/module/port.ts';
import { loadRawSocket, openError, probeRawIp } from './addon.ts';
import { DriverError, firstLine } from './errors.ts';
import { type Ipv4Packet, isMulticast, octets, readIpv4, writeIpv4 } from './ipv4.ts';
import type { LinkState } from './links.ts';

/** A received packet: addresses in dotted notation, the IP header's TTL, what follows the IP header. */
export type RawIpIn = Ipv4Packet;

export interface RawIpOut {
  to: string;
  payload: Uint8Array;
  /**
   * Source address, one of this host; without it the kernel takes the interface's primary address. A unicast
   * packet with a source of its own must fit the MTU: the kernel does not fragment it.
   */
  from?: string;
}

export interface RawIpOptions {
  /** Name of the interface. Nothing leaves by another one, nothing that came by another one is received. */
  interface: string;
  /** IP protocol number, 1 to 254. */
  protocol: number;
  /** Multicast groups to be a member of; packets to any other group are not received. `regroup` changes them. */
  groups?: readonly string[];
  /** For protocol 1: the ICMP types that are received; all unless told. Others never leave the kernel. */
  icmpTypes?: readonly number[];
  /** TTL of what is sent to unicast and to multicast addresses; both 1 unless told: one hop. */
  unicastTtl?: number;
  multicastTtl?: number;
  /** The TOS byte; 0xc0 unless told: precedence internetwork control, as routing protocols use it. */
  tos?: number;
  /** Bytes of the socket's receive buffer; 1 MiB unless told. Without CAP_NET_ADMIN `net.core.rmem_max` limits it. */
  receiveBuffer?: number;
}

/** Since the port was made; a renewed socket does not reset them. */
export interface RawIpCounters {
  sent: number;
  received: number;
  /** Received and dropped: no whole IPv4 packet. */
  malformed: number;
  /** Received and dropped: sent by an address of this interface. */
  own: number;
  /** What the kernel refused for another reason than a link that is down or a full buffer; see `lastError`. */
  errors: number;
  /** Sends answered with `down`. */
  down: number;
  /** Sends answered with `full`. */
  full: number;
}

/** From Linux' socket.h and in.h; the addon exports only some of them. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const SO_BINDTOIFINDEX = 62;
const IPPROTO_IP = 0;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_HDRINCL = 3;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_DROP_MEMBERSHIP = 36;
const IP_MULTICAST_ALL = 49;
/** From Linux' icmp.h: a 32-bit set of the types that a raw ICMP socket does not want. */
const SOL_RAW = 255;
const ICMP_FILTER = 1;

const ANY = '0.0.0.0';
const LARGEST_PACKET = 65_535;
/** Packets; a busy interface must not keep a new socket from being opened. */
const MOST_DRAINED = 10_000;
/** Milliseconds between attempts to get back a socket that was lost. */
const RETRY = 1_000;

/** The collector closes a socket that nobody refers to, in silence. */
const opened = new Set<RawIpPort>();

export class RawIpPort implements Port<RawIpIn, RawIpOut> {
  readonly interface: string;
  readonly protocol: number;
  readonly counters: Readonly<Record<keyof RawIpCounters, number>>;
  readonly #counters: RawIpCounters = {
    sent: 0,
    received: 0,
    malformed: 0,
    own: 0,
    errors: 0,
    down: 0,
    full: 0,
  };
  readonly #options: Required<RawIpOptions>;
  /** Those to be a member of, also while there is no socket. */
  #groups: readonly string[];
  #receive: ((datum: RawIpIn) => void) | undefined;
  #socket: Socket | undefined;
  #index = 0;
  /** The source address set for multicast. */
  #source = ANY;
  #up = true;
  #gone = false;
  #own: ReadonlySet<string> = new Set();
  /** As the last `relink` said; unknown before. */
  #hasAddress: boolean | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #lastError = '';
  #failure = '';

  /** @throws DriverError OPTION_INVALID. Nothing is opened yet. */
  constructor(options: RawIpOptions) {
    this.#options = complete(options);
    this.#groups = this.#options.groups;
    this.interface = options.interface;
    this.protocol = options.protocol;
    this.counters = this.#counters;
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
   * @throws DriverError RAW_SOCKET_MISSING, RAW_SOCKET_PERMISSION, INTERFACE_UNKNOWN, RAW_SOCKET_OPEN, PORT_CLOSED
   */
  open(receive: (datum: RawIpIn) => void): void {
    if (this.#closed) {
      throw new DriverError(
        'PORT_CLOSED',
        `the port of protocol ${this.protocol} on ${this.interface} was closed for good: make a new RawIpPort`,
      );
    }
    if (this.#gone) probeRawIp(this.protocol, this.interface);
    else if (this.#socket === undefined) this.#connect();
    this.#receive = receive;
    opened.add(this);
  }

  send(datum: RawIpOut): PortResult {
    const socket = this.#socket;
    const obstacle = this.#obstacle(datum);
    if (socket === undefined || obstacle !== '') {
      this.#counters.down++;
      this.#failure = obstacle;
      return 'down';
    }
    try {
      this.#transmit(socket, datum);
      this.#counters.sent++;
      this.#failure = '';
      return 'sent';
    } catch (thrown) {
      return this.#refused(firstLine(thrown));
    }
  }

  /**
   * Follows the interface: call it with its state at the start, before or after `open`, and with every change:
   * from it the port knows its own addresses, and whether it is up. One that went away closes the socket, one
   * that came back, perhaps under another index, gets a new socket with all memberships: the old one stays
   * bound to the index that is no more. States of other interfaces are ignored. Never throws.
   */
  relink(link: LinkState): void {
    if (this.#closed || link.name !== this.interface) return;
    const cameUp = link.up && !this.#up;
    this.#up = link.up;
    this.#gone = link.index === 0;
    this.#own = new Set(link.addresses.map((a) => a.address));
    this.#hasAddress = link.addresses.length > 0;
    if (this.#gone || (this.#socket !== undefined && link.index !== this.#index)) this.#disconnect();
    if (this.#gone || this.#receive === undefined) return;
    if (this.#socket === undefined) this.#reconnect();
    else if (cameUp) this.#join(this.#socket);
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
      const joined = groups.filter((group) => !before.includes(group));
      this.#joinAll(socket, joined);
      for (const group of before) if (!groups.includes(group)) this.#leave(socket, group);
    }
    this.#groups = groups;
  }

  /** All of them, or none. */
  #joinAll(socket: Socket, groups: readonly string[]): void {
    for (const [i, group] of groups.entries()) {
      try {
        this.#member(socket, group);
      } catch (thrown) {
        for (const other of groups.slice(0, i)) this.#leave(socket, other);
        const why = firstLine(thrown);
        const most = /no buffer space/i.test(why)
          ? '; a socket may join as many groups as net.ipv4.igmp_max_memberships says'
          : '';
        throw new DriverError(
          'GROUP_REFUSED',
          `the port of protocol ${this.protocol} on ${this.interface} cannot join ${group}: ${why}${most}`,
          { cause: thrown },
        );
      }
    }
  }

  /** The kernel forgets memberships with their interface: that it has none is what was wanted. */
  #leave(socket: Socket, group: string): void {
    try {
      socket.setOption(IPPROTO_IP, IP_DROP_MEMBERSHIP, ipMreqn(group, ANY, this.#index), 12);
    } catch (thrown) {
      this.#failed(firstLine(thrown));
    }
  }

  /** Final; a second call does nothing. Packets that the kernel still holds are dropped. */
  close(): void {
    this.#closed = true;
    this.#receive = undefined;
    this.#disconnect();
    opened.delete(this);
  }

  #connect(): void {
    const { interface: name, protocol, unicastTtl, multicastTtl, tos } = this.#options;
    const addon = loadRawSocket(createRequire(import.meta.url));
    let socket: Socket | undefined;
    try {
      socket = addon.createSocket({ protocol, bufferSize: LARGEST_PACKET });
      const device = Buffer.from(`${name}\0`);
      socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
      this.#index = indexOf(socket);
      socket.setOption(IPPROTO_IP, IP_TOS, tos);
      socket.setOption(IPPROTO_IP, IP_TTL, unicastTtl);
      socket.setOption(IPPROTO_IP, IP_MULTICAST_TTL, multicastTtl);
      socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
      // Otherwise a socket gets the packets of every group that anyone on this host has joined.
      socket.setOption(IPPROTO_IP, IP_MULTICAST_ALL, 0);
      this.#sourceFrom(socket, ANY);
      this.#enlarge(socket);
      for (const group of this.#groups) this.#member(socket, group);
      if (this.#options.icmpTypes.length > 0) this.#filter(socket);
      drain(socket);
    } catch (thrown) {
      socket?.close();
      throw openError(thrown, name, protocol);
    }
    this.#attend(socket);
    this.#socket = socket;
  }

  #attend(socket: Socket): void {
    socket.on('message', (bytes: Buffer) => this.#arrived(bytes));
    socket.on('error', (error: Error) => this.#failed(firstLine(error)));
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#reconnectLater();
    });
  }

  /** Closing is done on a socket that is no longer ours, so that its `close` event is not taken for a loss. */
  #disconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #reconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#connect();
    } catch (thrown) {
      this.#failed(firstLine(thrown));
      this.#reconnectLater();
    }
  }

  #reconnectLater(): void {
    this.#retry ??= setTimeout(() => this.#reconnect(), RETRY);
  }

  #arrived(bytes: Buffer): void {
    if (this.#receive === undefined) return;
    const packet = readIpv4(bytes);
    if ('error' in packet) {
      this.#counters.malformed++;
      return;
    }
    if (this.#own.has(packet.from)) {
      this.#counters.own++;
      return;
    }
    this.#counters.received++;
    try {
      this.#receive(packet);
    } catch (thrown) {
      // The addon would report it as an error of the socket and hide where it comes from.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #transmit(socket: Socket, { to, payload, from }: RawIpOut): void {
    // The addon does not check what it parses, and would send to whatever the stack holds.
    if (!isIPv4(to)) throw new Error(`"${to}" is not an IPv4 address`);
    if (from !== undefined && !isIPv4(from)) throw new Error(`"${from}" is not an IPv4 address`);
    if (isMulticast(to)) {
      if (this.#source !== (from ?? ANY)) this.#sourceFrom(socket, from ?? ANY);
      socket.wrap.send(payload, 0, payload.length, to, nothing);
    } else if (from === undefined) {
      socket.wrap.send(payload, 0, payload.length, to, nothing);
    } else {
      const { protocol, tos, unicastTtl: ttl } = this.#options;
      const bytes = writeIpv4({ from, to, ttl, payload }, { protocol, tos });
      socket.setOption(IPPROTO_IP, IP_HDRINCL, 1);
      try {
        socket.wrap.send(bytes, 0, bytes.length, to, nothing);
      } finally {
        socket.setOption(IPPROTO_IP, IP_HDRINCL, 0);
      }
    }
  }

  /** Why nothing can be sent at all, without asking the kernel; empty when it can be tried. */
  #obstacle({ from }: RawIpOut): string {
    if (this.#receive === undefined) return 'the port is not open';
    if (this.#gone) return `there is no interface ${this.interface}`;
    if (this.#socket === undefined) return this.#lastError || 'the socket was lost';
    if (!this.#up) return `${this.interface} is down`;
    // Without an address of its own the kernel would lend the packet one of another interface.
    if (this.#hasAddress === false && from === undefined) return `${this.interface} has no address`;
    return '';
  }

  #refused(reason: string): PortResult {
    this.#failure = reason;
    if (/no buffer space|temporarily unavailable|cannot allocate|out of memory/i.test(reason)) {
      this.#counters.full++;
      return 'full';
    }
    if (!/unreachable|network.*down|no such device|no route|host is down/i.test(reason)) this.#failed(reason);
    this.#counters.down++;
    return 'down';
  }

  #failed(reason: string): void {
    this.#counters.errors++;
    this.#lastError = reason;
  }

  /** The kernel keeps memberships over down and up, but not over an MTU too small for IP: join again to be sure. */
  #join(socket: Socket): void {
    for (const group of this.#groups) {
      try {
        this.#member(socket, group);
      } catch (thrown) {
        if (!/address (already )?in use/i.test(firstLine(thrown))) this.#failed(firstLine(thrown));
      }
    }
  }

  #member(socket: Socket, group: string): void {
    socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, ipMreqn(group, ANY, this.#index), 12);
  }

  #filter(socket: Socket): void {
    const unwanted = this.#options.icmpTypes.reduce((set, type) => set & ~(1 << type), -1);
    const mask = Buffer.alloc(4);
    // The kernel reads it in the machine's own order: all of Node's platforms with Linux boards are little-endian.
    mask.writeInt32LE(unwanted);
    socket.setOption(SOL_RAW, ICMP_FILTER, mask, mask.length);
  }

  #sourceFrom(socket: Socket, address: string): void {
    socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, ipMreqn(ANY, address, this.#index), 12);
    this.#source = address;
  }

  #enlarge(socket: Socket): void {
    try {
      socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, this.#options.receiveBuffer);
    } catch {
      socket.setOption(SOL_SOCKET, SO_RCVBUF, this.#options.receiveBuffer);
    }
  }
}

function nothing(): void {}

/** Drops what arrived, by any interface, between the making of a socket and its binding. */
function drain(socket: Socket): void {
  const scratch = new Uint8Array(1);
  try {
    for (let i = 0; i < MOST_DRAINED; i++) socket.wrap.recv(scratch, nothing);
  } catch {
    // "Resource temporarily unavailable": it is empty.
  }
}

/** `struct ip_mreqn` of ip(7): group, local address, index of the interface in the machine's byte order. */
function ipMreqn(group: string, address: string, index: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(octets(group), 0);
  bytes.set(octets(address), 4);
  bytes.set(new Uint8Array(Int32Array.of(index).buffer), 8);
  return bytes;
}

/** The index that the socket is bound to, from the kernel: /sys may show another namespace's interfaces. */
function indexOf(socket: Socket): number {
  const index = new Int32Array(1);
  socket.getOption(SOL_SOCKET, SO_BINDTOIFINDEX, new Uint8Array(index.buffer), 4);
  return index[0] ?? 0;
}

function complete(options: RawIpOptions): Required<RawIpOptions> {
  const all = {
    groups: [],
    icmpTypes: [],
    unicastTtl: 1,
    multicastTtl: 1,
    tos: 0xc0,
    receiveBuffer: 1 << 20,
    ...options,
  };
  within('protocol', all.protocol, 1, 254);
  within('unicastTtl', all.unicastTtl, 1, 255);
  within('multicastTtl', all.multicastTtl, 1, 255);
  within('tos', all.tos, 0, 255);
  for (const type of all.icmpTypes) within('icmpTypes', type, 0, 31);
  within('receiveBuffer', all.receiveBuffer, 1, 0x3fff_ffff);
  mustBeGroups(all.groups);
  return all;
}

function mustBeGroups(groups: readonly string[]): void {
  const stray = groups.find((group) => !isIPv4(group) || !isMulticast(group));
  if (stray === undefined) return;
  throw new DriverError(
    'OPTION_INVALID',
    `groups: "${stray}" is not an IPv4 multicast address (224.0.0.0/4)`,
  );
}

function within(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new DriverError(
    'OPTION_INVALID',
    `${option}: ${value} is not a whole number from ${least} to ${most}`,
  );
}
