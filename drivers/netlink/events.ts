/**
 * Changes of the kernel's tables as it tells them, in its order. Where changes come faster than they are taken, the
 * kernel drops some and says so once, and what is not understood is as good as dropped: `onLost` is then the time to list
 * again.
 */
import { DriverError } from '../errors.ts';
import type { NativeSocket } from '../native/socket.ts';
import { ENOBUFS } from './constants.ts';
import { filterWithout } from './filter.ts';
import type { Reads } from './kind.ts';
import { behind, isFault, type Message, messageAt } from './message.ts';
import { Slices } from './slice.ts';
import { join, LARGEST_DATAGRAM, openNetlink } from './socket.ts';

/** @param gone the row is no more, as it was last; else it is new, or has changed */
export type RowChange<Value> = (row: Value, gone: boolean, about: EventAbout) => void;

export interface EventAbout {
  /** Port of the socket whose request it was; 0 for the kernel itself. */
  port: number;
  /** NLM_F_… of the message: NLM_F_REPLACE where the row took the place of another. */
  flags: number;
}

export interface EventOptions {
  receiveBuffer?: number;
  passesOver?: (type: number, port: number) => boolean;
}

export interface EventCounters {
  /** Events that were told. */
  received: number;
  /** Events that were not understood. */
  malformed: number;
  /** How often the kernel dropped some. */
  overruns: number;
}

/** In bytes: 10,000 events that wait. */
const RECEIVE_BUFFER = 4 << 20;

export class NetlinkEvents {
  readonly #counters: EventCounters = { received: 0, malformed: 0, overruns: 0 };
  readonly #receiveBuffer: number;
  readonly #into = Buffer.alloc(LARGEST_DATAGRAM);
  /** By type of message. */
  readonly #told = new Map<number, { kind: Reads<unknown>; gone: boolean; tell: Set<RowChange<unknown>> }>();
  readonly #groups = new Set<number>();
  readonly #onLost = new Set<() => void>();
  readonly #passesOver: (type: number, port: number) => boolean;
  #socket: NativeSocket | undefined;
  #lost = false;
  /** The port whose events the kernel drops; undefined while it drops none. */
  #deafTo: number | undefined;

  /**
   * @param receiveBuffer in bytes; 4 MiB unless told
   * @param passesOver whether an event of this type, caused by the socket with this port, is not even decoded
   */
  constructor({ receiveBuffer = RECEIVE_BUFFER, passesOver = () => false }: EventOptions = {}) {
    this.#receiveBuffer = receiveBuffer;
    this.#passesOver = passesOver;
  }

  get counters(): Readonly<EventCounters> {
    return this.#counters;
  }

  /**
   * Tells changes of one kind, also when it is started already. Returns how to end that.
   * @param groups of the kind, where not all of them are wanted
   * @throws DriverError NETLINK_OPEN
   */
  on<Value>(kind: Reads<Value>, tell: RowChange<Value>, groups: readonly number[] = kind.groups): () => void {
    const one = tell as RowChange<unknown>;
    for (const [type, gone] of [
      [kind.added, false],
      [kind.removed, true],
    ] as const) {
      const told = this.#told.get(type) ?? { kind, gone, tell: new Set() };
      told.tell.add(one);
      this.#told.set(type, told);
    }
    for (const group of groups) {
      this.#groups.add(group);
      if (this.#socket !== undefined) join(this.#socket, group);
    }
    return () => {
      for (const type of [kind.added, kind.removed]) this.#told.get(type)?.tell.delete(one);
    };
  }

  /** Something was dropped or not understood, and all else has been told. Returns how to end that. */
  onLost(tell: () => void): () => void {
    this.#onLost.add(tell);
    return () => this.#onLost.delete(tell);
  }

  /**
   * From its return on every change is told, or that some were lost. Keeps the program running until `stop`.
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN
   */
  start(): void {
    if (this.#socket !== undefined) throw new Error('these NetlinkEvents are started already');
    const socket = openNetlink(this.#receiveBuffer);
    try {
      for (const group of this.#groups) join(socket, group);
      if (socket.watch(() => this.#readable(socket)) < 0)
        throw new DriverError('NETLINK_OPEN', 'a netlink socket cannot be watched');
    } catch (thrown) {
      socket.close();
      throw thrown;
    }
    this.#socket = socket;
  }

  /**
   * The kernel drops events of these types that the socket with this port causes, where it can: some may come all the same.
   * Without a port it drops none from the return on.
   */
  deafen(port: number | undefined, types: readonly number[] = []): void {
    if (this.#socket === undefined || port === this.#deafTo) return;
    const program = port === undefined ? Buffer.alloc(0) : filterWithout(port, types);
    if (this.#socket.attach(program) === 0) this.#deafTo = port;
  }

  /** Nothing is told after it. A second call does nothing. */
  stop(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#deafTo = undefined;
    this.#lost = false;
  }

  /** Tells what came so far, and does not wait for the next turn. Returns false where there is more than a slice of time takes. */
  catchUp(): boolean {
    return this.#socket === undefined || this.#readable(this.#socket);
  }

  /** Takes what there is, for a slice of time: the loop calls again while there is more. Returns whether that was all. */
  #readable(socket: NativeSocket): boolean {
    const slices = new Slices();
    while (this.#socket === socket) {
      const received = socket.receive(this.#into);
      if (received === -ENOBUFS) {
        this.#counters.overruns++;
        this.#lost = true;
      } else if (received < 0) {
        this.#drained();
        return true;
      } else this.#look(received);
      if (slices.over()) return false;
    }
    return true;
  }

  #drained(): void {
    if (!this.#lost) return;
    this.#lost = false;
    for (const tell of this.#onLost) tell();
  }

  #look(received: number): void {
    for (let at = 0; at < received; ) {
      // Cut, it has no end here, and is a fault.
      const message = messageAt(this.#into, at, Math.min(received, this.#into.length));
      if (isFault(message)) {
        this.#fault();
        return;
      }
      at = behind(message);
      this.#tell(message);
    }
  }

  #fault(): void {
    this.#counters.malformed++;
    this.#lost = true;
  }

  #tell(message: Message): void {
    const told = this.#told.get(message.type);
    if (told === undefined || told.tell.size === 0 || this.#passesOver(message.type, message.port)) return;
    const row: unknown = told.kind.decode(message.bytes, message.from, message.end);
    if (row === undefined) return;
    if (isFault(row as object)) {
      this.#fault();
      return;
    }
    this.#counters.received++;
    const about = { port: message.port, flags: message.flags };
    for (const tell of told.tell) tell(row, told.gone, about);
  }
}
