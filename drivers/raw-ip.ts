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
import { loadRawSocket } from './addon.ts';
import { DriverError, firstLine } from './errors.ts';
import { type Ipv4Packet, isMulticast, octets, readIpv4, writeIpv4 } from './ipv4.ts';
import type { LinkState } from './links.ts';
import {
  MEMINFO_DROPS,
  MEMINFO_RECEIVED,
  MEMINFO_WORDS,
  SO_BINDTODEVICE,
  SO_BINDTOIFINDEX,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_SOCKET,
} from './netlink/constants.ts';
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
  /** Of a unicast packet with a source of its own: its TTL, where it is not the port's. */
  ttl?: number;
}

export interface RawIpOptions extends RawOptions {
  /** TTL of what is sent to unicast and to multicast addresses; both 1 unless told: one hop. */
  unicastTtl?: number;
  multicastTtl?: number;
  /** The TOS byte; 0xc0 unless told: precedence internetwork control, as routing protocols use it. */
  tos?: number;
}

export interface RawIpCounters extends RawCounters {
  /** Received and dropped: no whole IPv4 packet. */
  malformed: number;
}

/** From Linux' in.h; the addon exports only some of them. */
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
/** Packets; a busy interface must not keep a new socket from being opened. */
const MOST_DRAINED = 10_000;

/** Of all ports: what is read into it is copied at once. */
const INTO = Buffer.alloc(LARGEST_PACKET);

export class RawIpPort extends RawPort<RawIpIn, RawIpOut, Socket, Required<RawIpOptions>, RawIpCounters> {
  /** The source address set for multicast. */
  #source = ANY;
  #own: ReadonlySet<string> = new Set();
  /** As the last `relink` said; unknown before. */
  #hasAddress: boolean | undefined;

  /** @throws DriverError OPTION_INVALID. Nothing is opened yet. */
  constructor(options: RawIpOptions) {
    const received = { received: 0, malformed: 0, dropped: 0, own: 0 };
    super(complete(options), { sent: 0, ...received, errors: 0, down: 0, full: 0 });
  }

  protected override create(): Socket {
    return create(this.protocol);
  }

  protected override prepare(socket: Socket): void {
    const { interface: name, unicastTtl, multicastTtl, tos, icmpTypes } = this.options;
    const device = Buffer.from(`${name}\0`);
    socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
    this.index = indexOf(socket);
    socket.setOption(IPPROTO_IP, IP_TOS, tos);
    socket.setOption(IPPROTO_IP, IP_TTL, unicastTtl);
    socket.setOption(IPPROTO_IP, IP_MULTICAST_TTL, multicastTtl);
    socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    // Otherwise a socket gets the packets of every group that anyone on this host has joined.
    socket.setOption(IPPROTO_IP, IP_MULTICAST_ALL, 0);
    this.#sourceFrom(socket, ANY);
    this.#enlarge(socket);
    if (icmpTypes.length > 0) filter(socket, icmpTypes);
    drain(socket);
    socket.on('message', (bytes: Buffer) => {
      if (this.socket !== socket) return;
      this.#arrived(bytes);
      this.#readOn(socket);
    });
    socket.on('error', (error: Error) => this.failed(firstLine(error)));
    socket.on('close', () => this.lost(socket));
  }

  protected override dropsOf(socket: Socket): number {
    return memoryOf(socket)[MEMINFO_DROPS]!;
  }

  protected override checkGroups(groups: readonly string[]): void {
    const stray = groups.find((group) => !isIPv4(group) || !isMulticast(group));
    if (stray === undefined) return;
    throw new DriverError(
      'OPTION_INVALID',
      `groups: "${stray}" is not an IPv4 multicast address (224.0.0.0/4)`,
    );
  }

  protected override join(socket: Socket, group: string): void {
    try {
      this.#member(socket, group, IP_ADD_MEMBERSHIP);
    } catch (thrown) {
      const why = firstLine(thrown);
      if (!/no buffer space/i.test(why)) throw thrown;
      throw new Error(`${why}; a socket may join as many groups as net.ipv4.igmp_max_memberships says`, {
        cause: thrown,
      });
    }
  }

  protected override leave(socket: Socket, group: string): void {
    this.#member(socket, group, IP_DROP_MEMBERSHIP);
  }

  protected override joinAgain(socket: Socket, group: string): void {
    try {
      this.join(socket, group);
    } catch (thrown) {
      if (!/address (already )?in use/i.test(firstLine(thrown))) throw thrown;
    }
  }

  /** The kernel keeps memberships over down and up, but not over an MTU too small for IP: join again to be sure. */
  protected override follow(link: LinkState, wasUp: boolean): boolean {
    this.#own = new Set(link.addresses.map((a) => a.address));
    this.#hasAddress = link.addresses.length > 0;
    return link.up && !wasUp;
  }

  /** The addon reads one packet a turn. In a flood, what neighbours say would wait for long, or find no room. */
  #readOn(socket: Socket): void {
    for (let read = 1; read < MOST_IN_A_TURN && this.socket === socket && isWaiting(socket); read++) {
      try {
        socket.wrap.recv(INTO, (_, length) => this.#arrived(INTO.subarray(0, length)));
      } catch {
        // It comes in at this very instant: the addon tells of it.
        return;
      }
    }
  }

  #arrived(bytes: Buffer): void {
    const packet = readIpv4(bytes);
    if ('error' in packet) {
      this.counted.malformed++;
      return;
    }
    if (this.#own.has(packet.from)) {
      this.counted.own++;
      return;
    }
    try {
      this.deliver(packet);
    } catch (thrown) {
      // The addon would report it as an error of the socket and hide where it comes from.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  /** Without an address of its own the kernel would lend the packet one of another interface. */
  protected override obstacle({ from }: RawIpOut): string {
    return this.#hasAddress === false && from === undefined ? `${this.interface} has no address` : '';
  }

  protected override transmit(socket: Socket, datum: RawIpOut): Unsent | undefined {
    try {
      this.#hand(socket, datum);
      return undefined;
    } catch (thrown) {
      return unsent(firstLine(thrown));
    }
  }

  /** @throws Error with the text of the errno */
  #hand(socket: Socket, { to, payload, from, ttl }: RawIpOut): void {
    // The addon does not check what it parses, and would send to whatever the stack holds.
    if (!isIPv4(to)) throw new Error(`"${to}" is not an IPv4 address`);
    if (from !== undefined && !isIPv4(from)) throw new Error(`"${from}" is not an IPv4 address`);
    if (isMulticast(to)) {
      if (this.#source !== (from ?? ANY)) this.#sourceFrom(socket, from ?? ANY);
      socket.wrap.send(payload, 0, payload.length, to, nothing);
    } else if (from === undefined) {
      socket.wrap.send(payload, 0, payload.length, to, nothing);
    } else {
      const { protocol, tos, unicastTtl } = this.options;
      const bytes = writeIpv4({ from, to, ttl: ttl ?? unicastTtl, payload }, { protocol, tos });
      socket.setOption(IPPROTO_IP, IP_HDRINCL, 1);
      try {
        socket.wrap.send(bytes, 0, bytes.length, to, nothing);
      } finally {
        socket.setOption(IPPROTO_IP, IP_HDRINCL, 0);
      }
    }
  }

  #member(socket: Socket, group: string, option: number): void {
    socket.setOption(IPPROTO_IP, option, ipMreqn(group, ANY, this.index), 12);
  }

  #sourceFrom(socket: Socket, address: string): void {
    socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, ipMreqn(ANY, address, this.index), 12);
    this.#source = address;
  }

  #enlarge(socket: Socket): void {
    try {
      socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, this.options.receiveBuffer);
    } catch {
      socket.setOption(SOL_SOCKET, SO_RCVBUF, this.options.receiveBuffer);
    }
  }
}

/** @throws DriverError RAW_SOCKET_MISSING, RAW_SOCKET_PERMISSION, RAW_SOCKET_OPEN */
export function probeRawIp(protocol: number, where: string): void {
  probe(() => create(protocol), protocol, where);
}

/** @throws DriverError RAW_SOCKET_MISSING; Error with the text of the errno */
function create(protocol: number): Socket {
  const addon = loadRawSocket(createRequire(import.meta.url));
  return addon.createSocket({ protocol, bufferSize: LARGEST_PACKET });
}

function unsent(reason: string): Unsent {
  if (/no buffer space|temporarily unavailable|cannot allocate|out of memory/i.test(reason))
    return { as: 'full', reason };
  const isLink = /unreachable|network.*down|no such device|no route|host is down/i.test(reason);
  return { as: isLink ? 'down' : 'wrong', reason };
}

function filter(socket: Socket, types: readonly number[]): void {
  const unwanted = types.reduce((set, type) => set & ~(1 << type), -1);
  const mask = Buffer.alloc(4);
  // The kernel reads it in the machine's own order: all of Node's platforms with Linux boards are little-endian.
  mask.writeInt32LE(unwanted);
  socket.setOption(SOL_RAW, ICMP_FILTER, mask, mask.length);
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

/** Whether a packet is in its receive buffer: to try costs an exception when there is none. */
function isWaiting(socket: Socket): boolean {
  return memoryOf(socket)[MEMINFO_RECEIVED]! > 0;
}

/** Of all ports, as it is asked for with each packet. */
const MEMORY = new Uint32Array(MEMINFO_WORDS);
const MEMORY_BYTES = new Uint8Array(MEMORY.buffer);

/** Until the next call; zeros where the kernel does not say. */
function memoryOf(socket: Socket): Uint32Array {
  try {
    socket.getOption(SOL_SOCKET, SO_MEMINFO, MEMORY_BYTES, MEMORY_BYTES.length);
  } catch {
    // Before Linux 4.12.
    MEMORY.fill(0);
  }
  return MEMORY;
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
  within('unicastTtl', all.unicastTtl, 1, 255);
  within('multicastTtl', all.multicastTtl, 1, 255);
  within('tos', all.tos, 0, 255);
  for (const type of all.icmpTypes) within('icmpTypes', type, 0, 31);
  return all;
}
