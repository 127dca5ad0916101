/**
 * Reading the attributes of a message one after the other (struct nlattr of linux/netlink.h: length, type, value, padded to
 * four bytes). Nothing throws: the first fault ends the reading, and `error` says what it was.
 *
 * Numbers are in the machine's own order; all machines with Linux that Node's boards have are little-endian.
 */
import { NLA_TYPE_MASK } from './constants.ts';
import { addressAt, type Family, macAt, sizeOf } from './ip-text.ts';

/** Bytes before an attribute's value. */
export const ATTRIBUTE_HEADER = 4;

/** The next multiple of four. */
export function aligned(length: number): number {
  return (length + 3) & ~3;
}

export class AttributeReader {
  readonly bytes: Buffer;
  /** Of the attribute that is being looked at; without flags. */
  type = 0;
  /** Where its value is. */
  at = 0;
  length = 0;
  /** Why the reading ended early; empty when all was well. */
  error = '';
  #next: number;
  readonly #end: number;

  constructor(bytes: Buffer, from: number, end: number) {
    this.bytes = bytes;
    this.#next = from;
    this.#end = end;
  }

  /** Goes on to the next attribute; false when there is none, or after a fault. */
  next(): boolean {
    const left = this.#end - this.#next;
    if (this.error !== '' || left < ATTRIBUTE_HEADER) return false;
    const length = this.bytes.readUInt16LE(this.#next);
    this.type = this.bytes.readUInt16LE(this.#next + 2) & NLA_TYPE_MASK;
    if (length < ATTRIBUTE_HEADER || length > left) {
      this.error = `attribute ${this.type} has a length of ${length}, where ${left} bytes are left`;
      return false;
    }
    this.at = this.#next + ATTRIBUTE_HEADER;
    this.length = length - ATTRIBUTE_HEADER;
    this.#next += aligned(length);
    return true;
  }

  u8(): number {
    return this.holds(1) ? this.bytes.readUInt8(this.at) : 0;
  }

  u16(): number {
    return this.holds(2) ? this.bytes.readUInt16LE(this.at) : 0;
  }

  u32(): number {
    return this.holds(4) ? this.bytes.readUInt32LE(this.at) : 0;
  }

  i32(): number {
    return this.holds(4) ? this.bytes.readInt32LE(this.at) : 0;
  }

  /** Up to the first zero byte. */
  text(): string {
    const zero = this.bytes.indexOf(0, this.at);
    const end = this.at + this.length;
    return this.bytes.toString('utf8', this.at, zero >= 0 && zero < end ? zero : end);
  }

  address(family: Family): string {
    return this.holds(sizeOf(family)) ? addressAt(this.bytes, this.at, family) : '';
  }

  /** A hardware address of any length; empty when it has none. */
  mac(): string {
    return macAt(this.bytes, this.at, this.length);
  }

  /** Whether its value has at least so many bytes; a fault when it has not. */
  holds(size: number): boolean {
    if (this.length >= size) return true;
    this.fail(`attribute ${this.type} has ${this.length} bytes, not ${size}`);
    return false;
  }

  /** The attributes that are this one's value. A fault in there is to be handed to `fail`. */
  nested(): AttributeReader {
    return new AttributeReader(this.bytes, this.at, this.at + this.length);
  }

  fail(reason: string): void {
    if (this.error === '') this.error = reason;
  }
}
