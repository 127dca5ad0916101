/**
 * One socket for requests. The kernel works inside sendmsg(2), in the caller's thread, and may sleep there: so messages go
 * out and answers come in on libuv's pool, one exchange at a time, and the event loop only decodes, in slices.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../errors.ts';
import type { NativeSocket } from '../native/socket.ts';
import { EMSGSIZE } from './constants.ts';
import { behind, errnoName, isFault, type Message, messageAt } from './message.ts';
import { Slices } from './slice.ts';
import { LARGEST_DATAGRAM, openNetlink, portOf } from './socket.ts';

export interface ChannelOptions {
  /** Milliseconds for which the answer to one exchange may take; 5,000 unless told. */
  timeout?: number;
  /** Bytes of the socket's receive buffer; 1 MiB unless told, which holds some thousand answers. */
  receiveBuffer?: number;
  /** Opens the socket; `openNetlink` unless told. */
  open?: typeof openNetlink;
}

/** Since the channel was made. */
export interface ChannelCounters {
  /** Datagrams, or what was left of them, that were no messages. */
  malformed: number;
  /** Answers came faster than there was room for, and some were lost. */
  overruns: number;
  /** Exchanges without an answer in time. */
  timeouts: number;
}

/** Looks at a message; true when it is the last one that is waited for. */
type Take = (message: Message) => boolean;

/** Undefined where there is room for what comes. */
export type Room = () => Promise<void> | undefined;

interface PoolEnd {
  sent: number;
  received: number;
  end: number;
  overrun: boolean;
}

const NOTHING = new Uint8Array(0);
const TIMEOUT = 5_000;
const RECEIVE_BUFFER = 1 << 20;
/** Milliseconds until an answer that was not there yet is looked for again. */
const AGAIN = 1;

export class Channel {
  readonly counters: ChannelCounters = { malformed: 0, overruns: 0, timeouts: 0 };
  readonly #timeout: number;
  readonly #receiveBuffer: number;
  readonly #open: typeof openNetlink;
  /** It takes two datagrams: the first of a dump is small. */
  readonly #into = Buffer.alloc(2 * LARGEST_DATAGRAM);
  #socket: NativeSocket | undefined;
  #port: number | undefined;
  /** Settled when the pool has given the buffers back. */
  #idle: Promise<unknown> = Promise.resolve();
  /** The exchanges that wait, and the one that runs. */
  #line: Promise<unknown> = Promise.resolve();
  #sequence = 0;
  #closed = false;

  /** The socket is opened when it is needed. */
  constructor({
    timeout = TIMEOUT,
    receiveBuffer = RECEIVE_BUFFER,
    open = openNetlink,
  }: ChannelOptions = {}) {
    this.#timeout = timeout;
    this.#receiveBuffer = receiveBuffer;
    this.#open = open;
  }

  /** `EventAbout.port` of what its messages cause; undefined before the first. Another one after an exchange that failed. */
  get port(): number | undefined {
    this.#port ??= this.#socket && portOf(this.#socket);
    return this.#port;
  }

  /** A number that no other message of this socket has had for long; below 2^32. */
  nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }

  /** Does this when all that came before is done: within it the channel is the caller's. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#line.then(async () => {
      await this.#idle;
      return work();
    });
    this.#line = result.catch(() => {});
    return result;
  }

  /**
   * Sends messages, and has all that comes looked at until the last one came, or until something came that is no message.
   * Within `inTurn` only. Returns whether answers were lost.
   * @param meanwhile is done while the kernel works
   * @param room is waited for before more is received, where it returns a promise
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_REFUSED, NETLINK_TIMEOUT, NETLINK_CLOSED; what was sent may have
   * been carried out
   */
  async exchange(
    data: Uint8Array,
    take: Take,
    meanwhile = () => {},
    room: Room = () => undefined,
  ): Promise<{ lost: boolean }> {
    let latest = performance.now() + this.#timeout;
    let lost = false;
    let onPool = this.#onPool(data);
    try {
      meanwhile();
      for (;;) {
        const { sent, received, end, overrun } = await onPool;
        if (sent < 0) throw refused(sent);
        if (overrun) {
          this.counters.overruns++;
          lost = true;
        }
        const looked = await this.#look(received, take);
        if (looked === 'last') return { lost };
        if (looked === 'malformed' || end === EMSGSIZE) {
          // The last answer may be in what was cut off: nothing is waited for, and what still comes belongs to nobody.
          this.counters.malformed++;
          this.#renew();
          return { lost: true };
        }
        if (end !== 0) {
          if (performance.now() > latest) throw this.#late();
          await delay(AGAIN);
        }
        const waits = room();
        if (waits !== undefined) {
          await waits;
          latest = performance.now() + this.#timeout;
        }
        onPool = this.#onPool(NOTHING);
      }
    } catch (thrown) {
      // An answer that still comes must not be taken for the answer to something else.
      this.#renew();
      throw thrown;
    }
  }

  /** All that waits is refused; what was sent is carried out by the kernel all the same. */
  close(): void {
    this.#closed = true;
    this.#renew();
  }

  #opened(): NativeSocket {
    this.#port = undefined;
    return this.#open(this.#receiveBuffer);
  }

  #renew(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #onPool(data: Uint8Array): Promise<PoolEnd> {
    if (this.#closed)
      return Promise.reject(new DriverError('NETLINK_CLOSED', 'the netlink socket was closed'));
    this.#socket ??= this.#opened();
    const socket = this.#socket;
    const whole = new Promise<PoolEnd>((resolve, reject) => {
      const begun = socket.request(data, this.#into, (sent, received, end, overrun) =>
        resolve({ sent, received, end, overrun }),
      );
      if (begun < 0) reject(refused(begun));
    });
    this.#idle = whole.catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#late()), this.#timeout);
    });
    return Promise.race([whole, late]).finally(() => clearTimeout(timer));
  }

  async #look(received: number, take: Take): Promise<'last' | 'more' | 'malformed'> {
    const slices = new Slices();
    let last = false;
    for (let at = 0; at < received; ) {
      const message = messageAt(this.#into, at, received);
      if (isFault(message)) return 'malformed';
      at = behind(message);
      if (take(message)) last = true;
      if (slices.over()) await slices.next();
    }
    return last ? 'last' : 'more';
  }

  #late(): DriverError {
    this.counters.timeouts++;
    return new DriverError(
      'NETLINK_TIMEOUT',
      `the kernel did not answer within ${this.#timeout} ms: what was asked for may still be carried out`,
    );
  }
}

function refused(errno: number): DriverError {
  return new DriverError('NETLINK_REFUSED', `the kernel takes no message: ${errnoName(-errno)}`);
}
