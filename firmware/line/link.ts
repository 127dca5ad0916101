/**
 * A program's conversation over a serial line: a stream of bytes in which nothing is lost, doubled or altered, made
 * of frames. Bytes are numbered by their place in the stream, as TCP does (RFC 9293 3.4), so that what was lost can be
 * sent again in smaller frames: a receiver whose 16-byte FIFO overflows loses every long frame, but not every short
 * one. The receiver takes bytes in order only; the sender goes back to what is missing.
 */
import { Duplex } from 'node:stream';
import { FirmwareError } from '../errors.ts';
import { type Frame, type Kind, MOST_PAYLOAD, type Side } from './frame.ts';
import { pack, Unpacker } from './packet.ts';

/** Bytes of payload in a frame, at first and at least. */
const FIRST_PAYLOAD = 192;
const LEAST_PAYLOAD = 16;
/** Frames on the way at once. More would wait in buffers, and delay what must be sent again. */
const WINDOW = 4;
/** Acknowledged in a row before frames get longer. */
const GROW_AFTER = 6;
/** Until an acknowledgement is missed, in ms: at first, at least, at most. */
const FIRST_TIMEOUT = 600;
const LEAST_TIMEOUT = 150;
const MOST_TIMEOUT = 3000;
/** By so much longer after each that was missed in a row: what is lost here is lost to noise, seldom to a crowd. */
const BACK_OFF = 1.5;
/** Bytes that wait to be sent before the writer is held up. */
const MOST_PENDING = 8 * 1024;
/** Bytes that wait for a slow reader before no more are taken. */
const MOST_UNREAD = 256 * 1024;
/** The host asks for a sign of life when it has heard nothing for so long, in ms. */
const PING_AFTER = 2000;
/** Without any good frame for so long, in ms, the other side is gone. */
export const PATIENCE = 15_000;

const NOTHING = new Uint8Array(0);

export interface LinkOptions {
  side: Side;
  session: string;
  /** Puts a frame on the line. */
  send(frame: Frame): void;
  /** See `PATIENCE`. */
  patience?: number;
  /** How long a frame and its answer took so far, in ms, where that is known. */
  roundTrip?: number;
}

export class Link extends Duplex {
  readonly session: string;
  readonly #options: LinkOptions;
  readonly #patience: number;
  readonly #unpacker = new Unpacker();
  readonly #watch: NodeJS.Timeout;
  /** When the last good frame came. */
  #heard = performance.now();
  /** Looks in a row that found it silent for too long. */
  #silent = 0;

  // The sending side.
  /** Not yet acknowledged, from `#base` on. */
  #pending: Uint8Array = NOTHING;
  #base = 0;
  #next = 0;
  #highest = 0;
  #done: (() => void) | undefined;
  #payload = FIRST_PAYLOAD;
  #inARow = 0;
  #timer: NodeJS.Timeout | undefined;
  #timeout = FIRST_TIMEOUT;
  #missed = 0;
  #smooth: number | undefined;
  #deviation = 0;
  #timed: { upTo: number; at: number } | undefined;
  #wentBack = Number.NEGATIVE_INFINITY;

  // The receiving side.
  #expected = 0;

  constructor(options: LinkOptions) {
    super();
    this.#options = options;
    this.session = options.session;
    this.#patience = options.patience ?? PATIENCE;
    if (options.roundTrip !== undefined) this.#measured(options.roundTrip);
    this.#watch = setInterval(() => this.#look(), Math.min(PING_AFTER, this.#patience) / 4);
  }

  /** Takes a frame of this session from the other side. */
  receive(frame: Frame): void {
    if (this.destroyed) return;
    this.#heard = performance.now();
    this.#silent = 0;
    this.#acknowledged(frame.expected, frame.kind === 'nak');
    if (frame.kind === 'ping') this.#send('ack');
    else if (frame.kind === 'data') this.#take(frame);
  }

  /** Something came that was a frame once. */
  damaged(): void {
    if (!this.destroyed) this.#send('nak');
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#pending = Buffer.concat([this.#pending, pack(bytes)]);
    this.#done = done;
    this.#pump();
    this.#release();
  }

  /** Kept when all was acknowledged. */
  override _final(done: () => void): void {
    this.#done = done;
    if (this.#pending.length === 0) this.#release();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#pending = NOTHING;
    this.#done = undefined;
    done(error);
  }

  #send(kind: Kind, offset = this.#next, data: Uint8Array = NOTHING): void {
    const { side: from, send } = this.#options;
    send({ from, kind, session: this.session, offset, expected: this.#expected, data });
  }

  #take({ offset, data }: Frame): void {
    const from = this.#expected - offset;
    if (from < 0 || this.readableLength > MOST_UNREAD) {
      this.#send('nak'); // something before it is missing
      return;
    }
    const fresh = data.subarray(from);
    this.#expected += fresh.length;
    this.#send('ack');
    try {
      for (const piece of fresh.length > 0 ? this.#unpacker.push(fresh) : []) this.push(piece);
    } catch (cause) {
      this.destroy(
        new FirmwareError('CONSOLE_LOST', 'the other side of the line speaks another protocol', { cause }),
      );
    }
  }

  #acknowledged(upTo: number, missing: boolean): void {
    if (upTo > this.#highest || upTo < this.#base) return;
    if (upTo > this.#base) {
      this.#pending = this.#pending.subarray(upTo - this.#base);
      this.#base = upTo;
      this.#next = Math.max(this.#next, upTo);
      this.#missed = 0;
      if (this.#timed !== undefined && upTo >= this.#timed.upTo) {
        this.#measured(performance.now() - this.#timed.at);
        this.#timed = undefined;
      }
      if (++this.#inARow >= GROW_AFTER) {
        this.#inARow = 0;
        this.#payload = Math.min(MOST_PAYLOAD, Math.ceil(this.#payload * 1.5));
      }
      this.#restartTimer();
    }
    if (missing && this.#next > this.#base) this.#goBack();
    this.#pump();
    this.#release();
  }

  /** Once for each time that a frame is on the way: what was behind a lost one is reported missing too. */
  #goBack(): void {
    const now = performance.now();
    if (now - this.#wentBack < (this.#smooth ?? LEAST_TIMEOUT)) return;
    this.#again(now);
  }

  #again(now: number): void {
    this.#wentBack = now;
    this.#inARow = 0;
    this.#payload = Math.max(LEAST_PAYLOAD, Math.floor(this.#payload * 0.6));
    this.#next = this.#base;
    // A frame that is sent twice tells no time (Karn's rule, RFC 6298 3).
    this.#timed = undefined;
  }

  #pump(): void {
    const end = this.#base + this.#pending.length;
    while (this.#next < end && this.#next - this.#base < WINDOW * this.#payload) {
      const from = this.#next - this.#base;
      const data = this.#pending.subarray(from, from + this.#payload);
      const offset = this.#next;
      this.#next += data.length;
      if (this.#timed === undefined && offset >= this.#highest) {
        this.#timed = { upTo: this.#next, at: performance.now() };
      }
      this.#highest = Math.max(this.#highest, this.#next);
      this.#send('data', offset, data);
      if (this.#timer === undefined) this.#restartTimer();
    }
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#next === this.#base) return;
    const wait = Math.min(MOST_TIMEOUT, this.#timeout * BACK_OFF ** this.#missed);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#missed++;
      this.#again(performance.now());
      this.#pump();
    }, wait);
  }

  #release(): void {
    if (this.#pending.length > (this.writableEnded ? 0 : MOST_PENDING)) return;
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }

  /** RFC 6298 2, with bounds of our own. */
  #measured(ms: number): void {
    const { abs, max, min } = Math;
    this.#deviation =
      this.#smooth === undefined ? ms / 2 : 0.75 * this.#deviation + 0.25 * abs(this.#smooth - ms);
    this.#smooth = this.#smooth === undefined ? ms : 0.875 * this.#smooth + 0.125 * ms;
    this.#timeout = min(MOST_TIMEOUT, max(LEAST_TIMEOUT, this.#smooth + 4 * this.#deviation));
  }

  #look(): void {
    const silence = performance.now() - this.#heard;
    // Twice, because a program that was held up finds the frames only after its timers.
    if (silence > this.#patience && ++this.#silent > 1) {
      this.destroy(
        new FirmwareError(
          'CONSOLE_LOST',
          `no frame came for ${Math.round(silence / 1000)} s: the line is cut, or the router ended`,
        ),
      );
    } else if (this.#options.side === 'host' && silence > PING_AFTER) {
      this.#send('ping');
    }
  }
}
