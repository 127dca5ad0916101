/**
 * Raw packets of one protocol number on one interface, whichever family: how the socket follows its interface, how it becomes
 * a member of groups, and what becomes of a datum. A family's port (raw-ip.ts, raw-ip6.ts) has the socket itself: its options,
 * its addresses, the packets.
 */
import type { Port, PortResult } from '../runtime/module/port.ts';
import { openError } from './addon.ts';
import { DriverError, firstLine } from './errors.ts';
import type { LinkState } from './links.ts';

export interface RawOptions {
  /** Name of the interface. Nothing leaves by another one, nothing that came by another one is received. */
  interface: string;
  /** 1 to 254: the field Protocol of IPv4, the field Next Header of IPv6. */
  protocol: number;
  /** Multicast groups to be a member of; packets to any other group are not received. `regroup` changes them. */
  groups?: readonly string[];
  /** For ICMP alone: the types that are received; all unless told. Others never leave the kernel. */
  icmpTypes?: readonly number[];
  /** Bytes of the socket's receive buffer; 1 MiB unless told. Without CAP_NET_ADMIN `net.core.rmem_max` limits it. */
  receiveBuffer?: number;
}

/** Since the port was made; a renewed socket does not reset them. */
export interface RawCounters {
  sent: number;
  received: number;
  /** Dropped by the kernel: the receive buffer is full, or, of IPv6, their checksum is wrong. */
  dropped: number;
  /** Received and dropped: sent by this interface. */
  own: number;
  /** Refused by the kernel for another reason than a link that is down or a full buffer; see `lastError`. */
  errors: number;
  /** Sends answered with `down`. */
  down: number;
  /** Sends answered with `full`. */
  full: number;
}

/** Why a datum was not sent. */
export interface Unsent {
  /** `wrong` is counted as an error besides: it is neither the link nor a full buffer. */
  readonly as: 'down' | 'full' | 'wrong';
  readonly reason: string;
}

export const LARGEST_PACKET = 65_535;
/** Packets that a port reads in one turn of the loop: in a flood others have their turn. */
export const MOST_IN_A_TURN = 64;

/** Milliseconds between attempts to get back a socket that was lost. */
const RETRY = 1_000;

/** The collector closes a socket of raw-socket that nobody refers to, in silence. */
const opened = new Set<object>();

export abstract class RawPort<
  In,
  Out,
  Socket extends { close(): unknown },
  Options extends Required<RawOptions> = Required<RawOptions>,
  Counters extends RawCounters = RawCounters,
> implements Port<In, Out>
{
  readonly interface: string;
  readonly protocol: number;
  protected readonly options: Options;
  protected readonly counted: Counters;
  /** Of the interface; a family's port sets it when it binds the socket. */
  protected index = 0;
  /** Those to be a member of, also while there is no socket. */
  #groups: readonly string[];
  #receive: ((datum: In) => void) | undefined;
  #socket: Socket | undefined;
  /** `counters.dropped` without those of the present socket. */
  #droppedBefore = 0;
  #up = true;
  #gone = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #lastError = '';
  #failure = '';

  /** @throws DriverError OPTION_INVALID. Nothing is opened yet. */
  constructor(options: Options, counters: Counters) {
    within('protocol', options.protocol, 1, 254);
    within('receiveBuffer', options.receiveBuffer, 1, 0x3fff_ffff);
    this.options = options;
    this.counted = counters;
    this.interface = options.interface;
    this.protocol = options.protocol;
    this.checkGroups(options.groups);
    this.#groups = options.groups;
  }

  // --- what a family's port has

  /** A new socket without any option. @throws Error with the kernel's reason, or a DriverError */
  protected abstract create(): Socket;
  /** Binds it to the interface, sets its options, begins to receive. @throws Error with the kernel's reason */
  protected abstract prepare(socket: Socket): void;
  /** How many packets the kernel dropped at a socket. */
  protected abstract dropsOf(socket: Socket): number;
  /** @throws DriverError OPTION_INVALID where one is no group of the family */
  protected abstract checkGroups(groups: readonly string[]): void;
  /** @throws Error with the kernel's reason */
  protected abstract join(socket: Socket, group: string): void;
  /** @throws Error with the kernel's reason */
  protected abstract leave(socket: Socket, group: string): void;
  /** Joins a group again that the kernel may have taken the socket out of. @throws Error with the kernel's reason */
  protected abstract joinAgain(socket: Socket, group: string): void;
  /** Takes from the state of the interface what it needs. Returns whether the kernel may have dropped memberships. */
  protected abstract follow(link: LinkState, wasUp: boolean): boolean;
  /** Why this datum cannot be sent now, though the interface is up; empty when it can be tried. */
  protected obstacle(_datum: Out): string {
    return '';
  }
  /** Returns undefined when the kernel has taken it. */
  protected abstract transmit(socket: Socket, datum: Out): Unsent | undefined;

  // --- the port

  get counters(): Readonly<Record<keyof Counters, number>> {
    const socket = this.#socket;
    this.counted.dropped = this.#droppedBefore + (socket === undefined ? 0 : this.dropsOf(socket));
    return this.counted as Readonly<Record<keyof Counters, number>>;
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
   * @throws DriverError RAW_SOCKET_MISSING (IPv4), NETLINK_MISSING (IPv6), RAW_SOCKET_PERMISSION, INTERFACE_UNKNOWN,
   * RAW_SOCKET_OPEN, PORT_CLOSED
   */
  open(receive: (datum: In) => void): void {
    if (this.#closed) {
      throw new DriverError(
        'PORT_CLOSED',
        `the port of protocol ${this.protocol} on ${this.interface} was closed for good: make a new one`,
      );
    }
    if (this.#gone) probe(() => this.create(), this.protocol, this.interface);
    else if (this.#socket === undefined) this.#connect();
    this.#receive = receive;
    opened.add(this);
  }

  send(datum: Out): PortResult {
    const socket = this.#socket;
    const obstacle = this.#obstacle(datum);
    if (socket === undefined || obstacle !== '') return this.#refused({ as: 'down', reason: obstacle });
    const unsent = this.transmit(socket, datum);
    if (unsent !== undefined) return this.#refused(unsent);
    this.counted.sent++;
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
    const mayHaveLeft = this.follow(link, this.#up);
    this.#up = link.up;
    this.#gone = link.index === 0;
    if (this.#gone || (this.#socket !== undefined && link.index !== this.index)) this.#disconnect();
    if (this.#gone || this.#receive === undefined) return;
    if (this.#socket === undefined) this.#reconnect();
    else if (mayHaveLeft) this.#joinAllAgain(this.#socket);
  }

  /**
   * From now on the port is a member of these multicast groups, and of no others. The socket stays; where there is none now,
   * the next one joins them.
   * @throws DriverError OPTION_INVALID, GROUP_REFUSED with the kernel's reason: the memberships are as before then
   */
  regroup(groups: readonly string[]): void {
    this.checkGroups(groups);
    const before = this.#groups;
    const socket = this.#socket;
    if (socket !== undefined) {
      const joined = groups.filter((group) => !before.includes(group));
      this.#joinAll(socket, joined);
      for (const group of before) if (!groups.includes(group)) this.#leave(socket, group);
    }
    this.#groups = groups;
  }

  /** Final; a second call does nothing. Packets that the kernel still holds are dropped. */
  close(): void {
    this.#closed = true;
    this.#receive = undefined;
    this.#disconnect();
    opened.delete(this);
  }

  // --- for the family's port

  /** The port's socket; undefined while it has none. */
  protected get socket(): Socket | undefined {
    return this.#socket;
  }

  protected deliver(datum: In): void {
    this.counted.received++;
    this.#receive?.(datum);
  }

  /** The socket has closed itself. */
  protected lost(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#reconnectLater();
  }

  protected failed(reason: string): void {
    this.counted.errors++;
    this.#lastError = reason;
  }

  // --- groups

  /** All of them, or none. */
  #joinAll(socket: Socket, groups: readonly string[]): void {
    for (const [i, group] of groups.entries()) {
      try {
        this.join(socket, group);
      } catch (thrown) {
        for (const other of groups.slice(0, i)) this.#leave(socket, other);
        throw new DriverError(
          'GROUP_REFUSED',
          `the port of protocol ${this.protocol} on ${this.interface} cannot join ${group}: ${firstLine(thrown)}`,
          { cause: thrown },
        );
      }
    }
  }

  /** The kernel forgets memberships with their interface: that it has none is what was wanted. */
  #leave(socket: Socket, group: string): void {
    this.#orFailed(() => this.leave(socket, group));
  }

  #joinAllAgain(socket: Socket): void {
    for (const group of this.#groups) this.#orFailed(() => this.joinAgain(socket, group));
  }

  #orFailed(body: () => void): void {
    try {
      body();
    } catch (thrown) {
      this.failed(firstLine(thrown));
    }
  }

  // --- the socket's life

  #connect(): void {
    let socket: Socket | undefined;
    try {
      socket = this.create();
      this.prepare(socket);
      for (const group of this.#groups) this.join(socket, group);
    } catch (thrown) {
      socket?.close();
      throw openError(thrown, this.interface, this.protocol);
    }
    this.#socket = socket;
  }

  /** Closing is done on a socket that is no longer ours, so that its end is not taken for a loss. */
  #disconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    this.#droppedBefore += this.dropsOf(socket);
    socket.close();
  }

  #reconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#connect();
    } catch (thrown) {
      this.failed(firstLine(thrown));
      this.#reconnectLater();
    }
  }

  #reconnectLater(): void {
    this.#retry ??= setTimeout(() => this.#reconnect(), RETRY);
  }

  // --- what becomes of a datum

  /** Why nothing can be sent at all, without asking the kernel; empty when it can be tried. */
  #obstacle(datum: Out): string {
    if (this.#receive === undefined) return 'the port is not open';
    if (this.#gone) return `there is no interface ${this.interface}`;
    if (this.#socket === undefined) return this.#lastError || 'the socket was lost';
    return this.#up ? this.obstacle(datum) : `${this.interface} is down`;
  }

  #refused({ as, reason }: Unsent): PortResult {
    this.#failure = reason;
    if (as === 'full') {
      this.counted.full++;
      return 'full';
    }
    if (as === 'wrong') this.failed(reason);
    this.counted.down++;
    return 'down';
  }
}

/**
 * Makes sure that sockets can be opened: a missing addon or permission is an error of the start, also where the interface
 * comes later.
 * @param where the interface, for the error
 * @throws DriverError RAW_SOCKET_MISSING, NETLINK_MISSING, RAW_SOCKET_PERMISSION, RAW_SOCKET_OPEN
 */
export function probe(create: () => { close(): unknown }, protocol: number, where: string): void {
  try {
    create().close();
  } catch (thrown) {
    throw openError(thrown, where, protocol);
  }
}

/** @throws DriverError OPTION_INVALID */
export function within(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new DriverError(
    'OPTION_INVALID',
    `${option}: ${value} is not a whole number from ${least} to ${most}`,
  );
}
