/** The host's side of a line: takes it for a program, and gives it back. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { FirmwareError } from '../errors.ts';
import { printable } from '../host/printable.ts';
import { encodeFrame, type Frame, FrameReader } from './frame.ts';
import { Link, PATIENCE } from './link.ts';

/** A `hello` or a `bye` that is not answered is sent again, in ms. */
const AGAIN_MS = 400;
/** How long a router may take to answer, in ms: it may be sending what a person asked for, 64 kB of it. */
const ANSWER_MS = 10_000;
const FAREWELL_MS = 1500;
/** Characters of what was heard instead that an error repeats. */
const HEARD = 80;

export interface DialOptions {
  /** As errors name the line. */
  where: string;
  /** How long the router may take to answer, in ms. */
  answer?: number;
  /** Silence after which the line counts as cut, in ms. */
  patience?: number;
}

export interface Dialled {
  /** A stream to the router, as a socket is one; fails with FirmwareError `CONSOLE_LOST`. */
  link: Duplex;
  /** Gives the line back to who types on it. The line itself stays open. Never rejects. */
  hangUp(): Promise<void>;
}

/**
 * Begins a conversation with the router at the other end of a line.
 * @throws FirmwareError `CONSOLE_UNREACHABLE` when nobody answers, `CONSOLE_LOST` when the line ends
 */
export async function dial(line: Duplex, options: DialOptions): Promise<Dialled> {
  const { where, answer = ANSWER_MS, patience = PATIENCE } = options;
  const wire = new Wire(line);
  const roundTrip = await wire.exchange('hello', answer);
  if (roundTrip === undefined) {
    wire.close();
    throw line.destroyed ? lost(where) : unanswered(where, wire.heard, wire.bytes);
  }
  const { session, send } = wire;
  const link = new Link({ side: 'host', session, send, patience, ...(roundTrip > 0 && { roundTrip }) });
  const cut = () => link.destroy(lost(where));
  line.on('close', cut);
  wire.onDamage = () => link.damaged();
  wire.onFrame = (frame) => {
    if (frame.kind === 'reset' || frame.kind === 'bye') link.destroy(ended(where));
    else if (frame.kind !== 'hello') link.receive(frame);
  };
  return {
    link,
    async hangUp() {
      link.destroy();
      wire.onDamage = () => {};
      if (!line.destroyed) await wire.exchange('bye', FAREWELL_MS);
      line.off('close', cut);
      wire.close();
    },
  };
}

/** The frames of one conversation on a line. */
class Wire {
  readonly session = randomBytes(4).toString('hex');
  /** The end of the text that came instead of frames, and all bytes that came, for an error. */
  heard = '';
  bytes = 0;
  onFrame: (frame: Frame) => void = () => {};
  onDamage: () => void = () => {};
  readonly #line: Duplex;
  readonly #reader = new FrameReader();

  constructor(line: Duplex) {
    this.#line = line;
    line.on('data', this.#onData);
  }

  /** The line itself stays open. */
  close(): void {
    this.#line.off('data', this.#onData);
  }

  readonly send = (frame: Frame): void => {
    if (!this.#line.destroyed && !this.#line.writableEnded) this.#line.write(encodeFrame(frame));
  };

  readonly #onData = (chunk: Uint8Array): void => {
    this.bytes += chunk.length;
    for (const piece of this.#reader.push(chunk)) {
      if ('text' in piece)
        this.heard = (this.heard + Buffer.from(piece.text).toString('latin1')).slice(-HEARD);
      else if ('damaged' in piece) this.onDamage();
      // An echo of what was sent, or the answer to a program that had the line before.
      else if (piece.frame.from === 'router' && piece.frame.session === this.session)
        this.onFrame(piece.frame);
    }
  };

  /**
   * Sends a frame until one of this kind comes. Takes the place of `onFrame`.
   * @returns how long that took, in ms; 0 when it was sent more than once, so that nobody can tell; undefined when none came
   */
  exchange(kind: 'hello' | 'bye', within: number): Promise<number | undefined> {
    const line = this.#line;
    return new Promise((resolve) => {
      const began = performance.now();
      let sent = 0;
      const once = () => {
        sent++;
        this.send({
          from: 'host',
          kind,
          session: this.session,
          offset: 0,
          expected: 0,
          data: new Uint8Array(0),
        });
      };
      const over = (value: number | undefined) => {
        clearInterval(again);
        clearTimeout(late);
        line.off('close', gone);
        resolve(value);
      };
      const gone = () => over(undefined);
      this.onFrame = (frame) => {
        if (frame.kind === kind) over(sent === 1 ? performance.now() - began : 0);
      };
      line.on('close', gone);
      const again = setInterval(once, AGAIN_MS);
      const late = setTimeout(gone, within);
      if (line.destroyed) over(undefined);
      else once();
    });
  }
}

function ended(where: string): FirmwareError {
  return new FirmwareError('CONSOLE_LOST', `${where}: the router ended the conversation, or was restarted`);
}

function lost(where: string): FirmwareError {
  return new FirmwareError('CONSOLE_LOST', `${where}: the line went away; plug it in again, and try again`);
}

function unanswered(where: string, heard: string, bytes: number): FirmwareError {
  const last = printable(heard.trim());
  const what =
    bytes === 0
      ? 'nothing came back: look whether the cable is in, the router runs, and its configuration has console.serial'
      : last === ''
        ? `${bytes} bytes came back, no text: look whether both sides have the same --baud`
        : `what came back ends in "${last}": look whether both sides have the same --baud, and that hitless has the console there`;
  return new FirmwareError('CONSOLE_UNREACHABLE', `no router answers on ${where}; ${what}`);
}
