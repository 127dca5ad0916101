/** The host's side of a line: takes it for a program, and gives it back. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { FirmwareError } from '../errors.ts';
import { printable } from '../host/printable.ts';
import { encodeFrame, type Frame, FrameReader, type Kind } from './frame.ts';
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
  const session = randomBytes(4).toString('hex');
  const reader = new FrameReader();
  let take: (frame: Frame) => void = () => {};
  let damaged = () => {};
  let heard = '';
  let bytes = 0;
  const send = (frame: Frame) => {
    if (!line.destroyed && !line.writableEnded) line.write(encodeFrame(frame));
  };
  const sendOwn = (kind: Kind) =>
    send({ from: 'host', kind, session, offset: 0, expected: 0, data: new Uint8Array(0) });
  const onData = (chunk: Uint8Array) => {
    bytes += chunk.length;
    for (const piece of reader.push(chunk)) {
      if ('text' in piece) heard = (heard + Buffer.from(piece.text).toString('latin1')).slice(-HEARD);
      else if ('damaged' in piece) damaged();
      // An echo of what was sent, or the answer to a program that had the line before.
      else if (piece.frame.from === 'router' && piece.frame.session === session) take(piece.frame);
    }
  };
  line.on('data', onData);

  /**
   * Sends until a frame of this kind comes, and answers how long that took, in ms; zero when it cannot be told
   * because it was sent more than once.
   */
  const exchange = (kind: 'hello' | 'bye', within: number) =>
    new Promise<number | undefined>((resolve) => {
      const began = performance.now();
      let sent = 0;
      const once = () => {
        sent++;
        sendOwn(kind);
      };
      const over = (value: number | undefined) => {
        clearInterval(again);
        clearTimeout(late);
        line.off('close', gone);
        resolve(value);
      };
      const gone = () => over(undefined);
      take = (frame) => {
        if (frame.kind === kind) over(sent === 1 ? performance.now() - began : 0);
      };
      line.on('close', gone);
      const again = setInterval(once, AGAIN_MS);
      const late = setTimeout(gone, within);
      if (line.destroyed) over(undefined);
      else once();
    });

  const roundTrip = await exchange('hello', options.answer ?? ANSWER_MS);
  if (roundTrip === undefined) {
    line.off('data', onData);
    throw line.destroyed ? lost(options.where) : unanswered(options.where, heard, bytes);
  }
  const { patience = PATIENCE } = options;
  const link = new Link({ side: 'host', session, send, patience, ...(roundTrip > 0 && { roundTrip }) });
  const cut = () => link.destroy(lost(options.where));
  line.on('close', cut);
  damaged = () => link.damaged();
  take = (frame) => {
    if (frame.kind === 'reset' || frame.kind === 'bye') {
      link.destroy(
        new FirmwareError(
          'CONSOLE_LOST',
          `${options.where}: the router ended the conversation, or was restarted`,
        ),
      );
    } else if (frame.kind !== 'hello') link.receive(frame);
  };
  return {
    link,
    async hangUp() {
      link.destroy();
      damaged = () => {};
      if (!line.destroyed) await exchange('bye', FAREWELL_MS);
      line.off('close', cut);
      line.off('data', onData);
    },
  };
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
