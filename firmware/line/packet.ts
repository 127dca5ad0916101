/**
 * The pieces of a stream on a slow line: pieces that are compressed where that makes them
 * shorter. One byte says how, four how many bytes follow.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Bytes of one piece before it is compressed: its compression must not hold up the router. */
const PIECE = 16 * 1024;
const HEAD = 5;
const PLAIN = 0;
const DEFLATED = 1;

/** The bytes for the line. */
export function pack(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    const plain = bytes.subarray(at, at + PIECE);
    const deflated = deflateRawSync(plain);
    const shorter = deflated.length < plain.length;
    const body = shorter ? deflated : plain;
    const head = Buffer.alloc(HEAD);
    head.writeUInt8(shorter ? DEFLATED : PLAIN, 0);
    head.writeUInt32BE(body.length, 1);
    parts.push(head, body);
  }
  return Buffer.concat(parts);
}

/** Puts together what came over the line, in any portions. */
export class Unpacker {
  #waiting: Uint8Array = new Uint8Array(0);

  /** @throws Error when the other side speaks otherwise */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    const whole: Uint8Array[] = [];
    while (this.#waiting.length >= HEAD) {
      const head = Buffer.from(this.#waiting.buffer, this.#waiting.byteOffset, HEAD);
      const how = head.readUInt8(0);
      const length = head.readUInt32BE(1);
      if (how > DEFLATED || length > PIECE) throw new Error(`a piece of kind ${how} with ${length} bytes`);
      if (this.#waiting.length < HEAD + length) break;
      const body = this.#waiting.subarray(HEAD, HEAD + length);
      whole.push(how === DEFLATED ? inflateRawSync(body, { maxOutputLength: PIECE }) : Buffer.from(body));
      this.#waiting = this.#waiting.subarray(HEAD + length);
    }
    return whole;
  }
}
