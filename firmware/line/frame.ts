/**
 * Frames: how programs speak on a serial line that people type on too. A frame is one line of printable text behind
 * three record separators (0x1e, which no key of a terminal sends and no text of the router contains):
 *
 *     RS RS RS >D 5f0c9a11.1k0.0.PAYLOAD.HASH LF        (without the blank)
 *
 * direction (`>` from the host, `<` from the router), kind, session, offset of the payload in the stream, offset
 * expected from the other side (both base 36), payload (base64url), and the first 64 bits of SHA-256 over all that
 * stands before. Whatever else is on the line, an echo of the own frames included, is not a frame and is passed over.
 */
import { createHash } from 'node:crypto';

export type Side = 'host' | 'router';

/**
 * `hello` begins a session and is answered by one; `data` carries the stream; `ack` says how much came; `nak` the
 * same, and that something came which could not be used; `ping` asks for an `ack`; `bye` ends the session and is
 * answered by one; `reset` answers what belongs to no session.
 */
export type Kind = 'hello' | 'data' | 'ack' | 'nak' | 'ping' | 'bye' | 'reset';

export interface Frame {
  from: Side;
  kind: Kind;
  /** Eight hexadecimal digits that the host chose. */
  session: string;
  /** Of the payload's first byte in the stream, in bytes. */
  offset: number;
  /** The number that the sender expects next. */
  expected: number;
  data: Uint8Array;
}

/** The most bytes of payload in a frame: a frame is then some 560 characters, 49 ms at 115,200 baud. */
export const MOST_PAYLOAD = 384;
/** Characters behind the separators after which no end is expected any more. */
const LONGEST = 1024;
const SEPARATOR = 0x1e;
const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;
const LETTERS = {
  hello: 'H',
  data: 'D',
  ack: 'A',
  nak: 'N',
  ping: 'P',
  bye: 'B',
  reset: 'R',
} as const satisfies Record<Kind, string>;
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter as string, kind as Kind]));
const FORM =
  /^(([<>])([A-Z])([0-9a-f]{8})\.([0-9a-z]{1,10})\.([0-9a-z]{1,10})\.([A-Za-z0-9_-]*))\.([A-Za-z0-9_-]{11})$/;

/** The frame as it goes on the line. */
export function encodeFrame({ from, kind, session, offset, expected, data }: Frame): string {
  const payload = Buffer.from(data).toString('base64url');
  const numbers = `${offset.toString(36)}.${expected.toString(36)}`;
  const body = `${from === 'host' ? '>' : '<'}${LETTERS[kind]}${session}.${numbers}.${payload}`;
  // Towards a terminal, the next text begins at the left; towards the router, a second character would be a key.
  return `\x1e\x1e\x1e${body}.${hashOf(body)}${from === 'host' ? '\n' : '\r\n'}`;
}

/** The frame between separators and end of line; undefined when anything about it is wrong. */
export function decodeFrame(text: string): Frame | undefined {
  const [, body, direction, letter, session, offset, expected, payload, hash] = FORM.exec(text) ?? [];
  const kind = KINDS.get(letter ?? '');
  if (body === undefined || kind === undefined || hash !== hashOf(body)) return undefined;
  const data = Buffer.from(payload!, 'base64url');
  return {
    from: direction === '>' ? 'host' : 'router',
    kind,
    session: session!,
    offset: Number.parseInt(offset!, 36),
    expected: Number.parseInt(expected!, 36),
    data,
  };
}

function hashOf(body: string): string {
  return createHash('sha256').update(body, 'latin1').digest().subarray(0, 8).toString('base64url');
}

/** Behind a CR, a terminal server sends a NUL where no newline follows (RFC 854). */
function endsReturn(byte: number | undefined): boolean {
  return byte === LF || byte === NUL;
}

/** The reading: bytes that belong to no frame, a frame, or the remains of one. */
export type LinePiece = { text: Uint8Array } | { frame: Frame } | { damaged: true };

/** Finds the frames in what is read. Keeps at most one frame's worth of bytes, whatever arrives. */
export class FrameReader {
  /** The bytes behind the separators; undefined outside of a frame. */
  #frame: string | undefined;
  /** Too long to be a frame: passed over to its end. */
  #skipping = false;
  #afterReturn = false;

  /** Inside a frame, whose end has not come yet. */
  get inside(): boolean {
    return this.#frame !== undefined;
  }

  push(chunk: Uint8Array): LinePiece[] {
    const pieces: LinePiece[] = [];
    let at = 0;
    // A frame's end may come as a pair, the second half in the next chunk.
    if (this.#afterReturn && chunk.length > 0) {
      this.#afterReturn = false;
      if (endsReturn(chunk[0])) at = 1;
    }
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        const found = chunk.indexOf(SEPARATOR, at);
        const end = found < 0 ? chunk.length : found;
        if (end > at) pieces.push({ text: chunk.subarray(at, end) });
        if (found >= 0) this.#frame = '';
        at = end + 1;
        continue;
      }
      const byte = chunk[at++]!;
      if (byte === SEPARATOR) {
        if (this.#frame !== '') pieces.push({ damaged: true });
        this.#frame = '';
        this.#skipping = false;
      } else if (byte === CR || byte === LF) {
        const frame = this.#skipping ? undefined : decodeFrame(this.#frame);
        pieces.push(frame === undefined ? { damaged: true } : { frame });
        this.#frame = undefined;
        this.#skipping = false;
        if (byte !== CR) continue;
        if (endsReturn(chunk[at])) at++;
        else this.#afterReturn = at === chunk.length;
      } else if (this.#frame.length >= LONGEST) {
        this.#skipping = true;
      } else {
        this.#frame += String.fromCharCode(byte);
      }
    }
    return pieces;
  }

  /** The end of a frame does not come any more. */
  giveUp(): void {
    this.#frame = undefined;
    this.#skipping = false;
  }
}
