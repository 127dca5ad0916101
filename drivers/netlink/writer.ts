/** Writes messages one behind the other into a buffer that grows. */
import { DriverError } from '../errors.ts';
import { ATTRIBUTE_HEADER, aligned } from './attributes.ts';
import { NLA_F_NESTED } from './constants.ts';
import { type Family, putAddress, sizeOf } from './ip-text.ts';
import { MESSAGE_HEADER } from './message.ts';

/** The length of an attribute has 16 bits. */
const LONGEST_ATTRIBUTE = 0xffff;

export class MessageWriter {
  #bytes: Buffer;
  #length = 0;
  #begun = 0;
  /** Where the message begins that was ended last. */
  #ended = 0;

  /** @param room in bytes, to begin with */
  constructor(room = 4096) {
    this.#bytes = Buffer.alloc(room);
  }

  /** Bytes that were written so far. */
  get length(): number {
    return this.#length;
  }

  /** Valid until more is written. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Takes back what was written since there were so many bytes. */
  cut(length: number): void {
    this.#length = length;
  }

  begin(type: number, flags: number, sequence: number): void {
    this.#begun = this.#take(MESSAGE_HEADER);
    this.#bytes.writeUInt16LE(type, this.#begun + 4);
    this.#bytes.writeUInt16LE(flags, this.#begun + 6);
    this.#bytes.writeUInt32LE(sequence, this.#begun + 8);
  }

  /** Ends the message that was begun last. */
  end(): void {
    this.#bytes.writeUInt32LE(this.#length - this.#begun, this.#begun);
    this.#ended = this.#begun;
  }

  /** Sets flags of the message that was ended last. */
  mark(flags: number): void {
    const at = this.#ended + 6;
    this.#bytes.writeUInt16LE(this.#bytes.readUInt16LE(at) | flags, at);
  }

  /** A fixed part: so many bytes, all zero, which `fill` sets. */
  struct(size: number, fill: (bytes: Buffer, at: number) => void): void {
    const at = this.#take(aligned(size));
    fill(this.#bytes, at);
  }

  u8(type: number, value: number): void {
    const at = this.#attribute(type, 1);
    this.#bytes.writeUInt8(value, at);
  }

  u16(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    this.#bytes.writeUInt16LE(value, at);
  }

  u32(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#bytes.writeUInt32LE(value, at);
  }

  /** With a zero byte behind it. */
  text(type: number, value: string): void {
    const size = Buffer.byteLength(value);
    const at = this.#attribute(type, size + 1);
    this.#bytes.write(value, at, 'utf8');
  }

  /** @throws DriverError NETLINK_INVALID */
  address(type: number, value: string, family: Family): void {
    const at = this.#attribute(type, sizeOf(family));
    putAddress(value, family, this.#bytes, at);
  }

  blob(type: number, value: Uint8Array): void {
    const at = this.#attribute(type, value.length);
    this.#bytes.set(value, at);
  }

  /** An attribute whose value is what `fill` writes. @throws DriverError NETLINK_INVALID when that is too long */
  nest(type: number, fill: () => void): void {
    const begun = this.#length;
    this.#attribute(type | NLA_F_NESTED, 0);
    fill();
    const length = this.#length - begun;
    if (length > LONGEST_ATTRIBUTE)
      throw new DriverError('NETLINK_INVALID', `${length} bytes are too long for attribute ${type}`);
    this.#bytes.writeUInt16LE(length, begun);
  }

  /** The length of a part, written over its first two bytes when the rest is there: struct rtnexthop has one. */
  measured(fill: () => void): void {
    const begun = this.#length;
    fill();
    this.#bytes.writeUInt16LE(this.#length - begun, begun);
  }

  #attribute(type: number, size: number): number {
    const at = this.#take(aligned(ATTRIBUTE_HEADER + size));
    this.#bytes.writeUInt16LE(ATTRIBUTE_HEADER + size, at);
    this.#bytes.writeUInt16LE(type, at + 2);
    return at + ATTRIBUTE_HEADER;
  }

  #take(size: number): number {
    const at = this.#length;
    const needed = at + size;
    if (needed > this.#bytes.length) {
      const more = Buffer.alloc(Math.max(needed, 2 * this.#bytes.length));
      more.set(this.#bytes.subarray(0, at));
      this.#bytes = more;
    }
    this.#bytes.fill(0, at, needed);
    this.#length = needed;
    return at;
  }
}
