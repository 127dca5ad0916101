/** Writes messages one behind the other into a buffer that grows. */
import { DriverError } from '../errors.ts';
import { ATTRIBUTE_HEADER, aligned } from './attributes.ts';
import { NLA_F_NESTED } from './constants.ts';
import { type Family, putAddress, sizeOf } from './ip-text.ts';
import { MESSAGE_HEADER } from './message.ts';

/** The length of an attribute has 16 bits. */
const LONGEST_ATTRIBUTE = 0xffff;

/**
 * Numbers are in the machine's own order, as in attributes.ts. They are checked: what does not fit would be cut, and another
 * row be changed than the one that was meant.
 */
export class MessageWriter {
  /** Zero from `#length` on: paddings, and what is not set, are there already. */
  #bytes: Buffer;
  /** Of the same bytes: V8 compiles its writes to an instruction each, and those of a Buffer to a function with all checks. */
  #view: DataView;
  #length = 0;
  #begun = 0;
  /** Where the message begins that was ended last. */
  #ended = 0;

  /** @param room in bytes, to begin with */
  constructor(room = 4096) {
    this.#bytes = Buffer.alloc(room);
    this.#view = viewOf(this.#bytes);
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
    this.cut(0);
  }

  /** Takes back what was written since there were so many bytes. */
  cut(length: number): void {
    this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  begin(type: number, flags: number, sequence: number): void {
    this.#begun = this.#take(MESSAGE_HEADER);
    this.#view.setUint16(this.#begun + 4, type, true);
    this.#view.setUint16(this.#begun + 6, flags, true);
    this.#view.setUint32(this.#begun + 8, sequence, true);
  }

  /** Ends the message that was begun last. */
  end(): void {
    this.#view.setUint32(this.#begun, this.#length - this.#begun, true);
    this.#ended = this.#begun;
  }

  /** Sets flags of the message that was ended last. */
  mark(flags: number): void {
    const at = this.#ended + 6;
    this.#view.setUint16(at, this.#view.getUint16(at, true) | flags, true);
  }

  /** A fixed part: so many bytes, all zero. Returns where it is, for `put8` and the others. */
  struct(size: number): number {
    return this.#take(aligned(size));
  }

  /** Sets what stands there. @throws DriverError NETLINK_INVALID when the number does not fit */
  put8(at: number, value: number): void {
    this.#view.setUint8(at, within(value, 0, 0xff));
  }

  put16(at: number, value: number): void {
    this.#view.setUint16(at, within(value, 0, 0xffff), true);
  }

  put32(at: number, value: number): void {
    this.#view.setUint32(at, within(value, 0, 0xffff_ffff), true);
  }

  /** Signed, as indexes of links are. */
  putSigned32(at: number, value: number): void {
    this.#view.setInt32(at, within(value, -0x8000_0000, 0x7fff_ffff), true);
  }

  /** An attribute. @throws DriverError NETLINK_INVALID when the number does not fit */
  u8(type: number, value: number): void {
    this.put8(this.#attribute(type, 1), value);
  }

  u16(type: number, value: number): void {
    this.put16(this.#attribute(type, 2), value);
  }

  u32(type: number, value: number): void {
    this.put32(this.#attribute(type, 4), value);
  }

  /** In network order, as nf_tables has its numbers; a priority may be negative. */
  u32be(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#view.setUint32(at, within(value, -0x8000_0000, 0xffff_ffff));
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
    this.#view.setUint16(begun, length, true);
  }

  /** The length of a part, written over its first two bytes when the rest is there: struct rtnexthop has one. */
  measured(fill: () => void): void {
    const begun = this.#length;
    fill();
    this.#view.setUint16(begun, this.#length - begun, true);
  }

  #attribute(type: number, size: number): number {
    const at = this.#take(aligned(ATTRIBUTE_HEADER + size));
    this.#view.setUint16(at, ATTRIBUTE_HEADER + size, true);
    this.#view.setUint16(at + 2, type, true);
    return at + ATTRIBUTE_HEADER;
  }

  #take(size: number): number {
    const at = this.#length;
    const needed = at + size;
    if (needed > this.#bytes.length) {
      const more = Buffer.alloc(Math.max(needed, 2 * this.#bytes.length));
      more.set(this.#bytes.subarray(0, at));
      this.#bytes = more;
      this.#view = viewOf(more);
    }
    this.#length = needed;
    return at;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Also refuses what is no number. */
function within(value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new DriverError('NETLINK_INVALID', `${value} is not from ${least} to ${most}`);
}
