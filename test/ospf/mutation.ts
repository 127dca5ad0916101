/** Good OSPF packets as an enemy makes others of them: field by field, with sums that are right again, or noise. */
import { checksumOf } from '../../firmware/modules/checksum.ts';
import { read16, read32, write16, write32 } from '../../firmware/modules/ospf/packet/bytes.ts';
import { putChecksum } from '../../firmware/modules/ospf/packet/fletcher.ts';
import { decodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { wholeFrom } from '../random.ts';

const HEADER = 24;
const LSA_HEADER = 20;
const TYPES = { hello: 1, description: 2, request: 3, update: 4, acknowledgment: 5 } as const;
const AGES = [0, 1, 899, 1800, 3599, 3600, 3601, 0x8001, 0xffff];
const SEQUENCES = [0x8000_0000, 0x8000_0001, 0x8000_0002, 0xffff_ffff, 0, 1, 0x7fff_fffe, 0x7fff_ffff];
const NUMBERS = [0, 1, 2, 11, 12, 20, 24, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff];

export class Mutator {
  readonly #below: (most: number) => number;
  /** Ids and addresses that mean something where the packets go. */
  readonly #ids: readonly number[];

  constructor(seed: number, ids: readonly number[]) {
    this.#below = wholeFrom(seed);
    this.#ids = [...ids, 0, 1, 0xffff_ffff, 0xe000_0005, 0x7f00_0001];
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  /** Another packet, mostly with a length and a checksum that are right. */
  mutate(good: Uint8Array): Uint8Array {
    const below = this.#below;
    let bytes: Uint8Array = Uint8Array.from(good);
    if (bytes.length >= HEADER && below(8) > 0) {
      const body = this.#body(bytes[1]!, bytes.slice(HEADER, read16(bytes, 2)));
      bytes = Uint8Array.from([...bytes.subarray(0, HEADER), ...body]);
    }
    if (below(10) === 0) bytes = this.#noise(bytes);
    if (below(12) === 0 && bytes.length >= HEADER) this.#header(bytes);
    return below(25) === 0 ? bytes : summed(bytes);
  }

  #header(bytes: Uint8Array): void {
    const at = this.#pick([0, 1, 1, 2, 3, 4, 8, 14, 15]);
    if (at === 4 || at === 8) write32(bytes, at, this.#pick(this.#ids));
    else bytes[at] = this.#below(at < 2 ? 8 : 256);
  }

  #noise(good: Uint8Array): Uint8Array {
    const below = this.#below;
    const at = below(good.length + 1);
    const how = below(4);
    if (how === 0) return good.slice(0, at);
    if (how === 1) return Uint8Array.from([...good, ...good.subarray(at, at + 1 + below(80))]);
    const bytes = Uint8Array.from(good);
    if (how === 2) bytes.copyWithin(at, below(bytes.length + 1), bytes.length);
    else for (let flips = 1 + below(4); flips > 0; flips--) bytes[below(bytes.length)] = below(256);
    return bytes;
  }

  #body(type: number, body: Uint8Array): Uint8Array {
    if (type === TYPES.update) return this.#update(body);
    if (type === TYPES.acknowledgment) this.#headers(body, 0);
    else if (type === TYPES.description && body.length >= 8) {
      if (this.#below(2) === 0) body[3] = this.#below(8);
      if (this.#below(3) === 0) write16(body, 0, this.#pick([0, 576, 1500, 1501, 9000, 0xffff]));
      if (this.#below(3) === 0) write32(body, 4, read32(body, 4) + this.#pick([-1, 0, 1, 2]));
      if (this.#below(4) === 0) body[2] = this.#below(256);
      this.#headers(body, 8);
      if (this.#below(3) === 0) return Uint8Array.from([...body, ...this.#madeUp(1 + this.#below(60))]);
    } else if (type === TYPES.request) this.#words(body, 0);
    else if (type === TYPES.hello && body.length >= 20) {
      const at = this.#pick([0, 4, 6, 7, 8, 12, 16]);
      if (at === 12 || at === 16) write32(body, at, this.#pick(this.#ids));
      else body[at] = this.#below(256);
      if (this.#below(3) === 0) this.#words(body, 20);
    }
    return body;
  }

  /** Some 32-bit words are others. */
  #words(bytes: Uint8Array, from: number): void {
    const words = Math.floor((bytes.length - from) / 4);
    if (words <= 0) return;
    for (let times = 1 + this.#below(3); times > 0; times--)
      write32(bytes, from + 4 * this.#below(words), this.#word());
  }

  #word(): number {
    const below = this.#below;
    return this.#pick([
      this.#pick(this.#ids),
      this.#pick(NUMBERS),
      below(16),
      below(2 ** 31),
      this.#pick(SEQUENCES),
    ]);
  }

  #headers(bytes: Uint8Array, from: number): void {
    const headers = Math.floor((bytes.length - from) / LSA_HEADER);
    for (let times = 1 + this.#below(3); times > 0 && headers > 0; times--)
      this.#lsaHeader(bytes, from + LSA_HEADER * this.#below(headers));
  }

  #lsaHeader(bytes: Uint8Array, at: number): void {
    const how = this.#below(7);
    if (how === 0) write16(bytes, at, this.#pick(AGES));
    else if (how === 1) bytes[at + 3] = this.#below(13);
    else if (how === 2) write32(bytes, at + 4, this.#pick(this.#ids));
    else if (how === 3) write32(bytes, at + 8, this.#pick(this.#ids));
    else if (how === 4) write32(bytes, at + 12, this.#pick(SEQUENCES));
    else if (how === 5) write32(bytes, at + 12, read32(bytes, at + 12) + this.#pick([-1, 1, 1, 2, 100]));
    else write16(bytes, at + 18, this.#pick(NUMBERS));
  }

  #madeUp(headers: number): Uint8Array {
    const bytes = new Uint8Array(headers * LSA_HEADER);
    for (let at = 0; at < bytes.length; at += LSA_HEADER) {
      bytes[at + 3] = 1 + this.#below(11);
      write32(bytes, at + 4, this.#below(2 ** 31));
      write32(bytes, at + 8, this.#word());
      write32(bytes, at + 12, this.#pick(SEQUENCES));
      write16(bytes, at + 16, this.#below(0xffff));
      write16(bytes, at + 18, 20 + this.#below(100));
    }
    return bytes;
  }

  #update(body: Uint8Array): Uint8Array {
    const lsas = decodeUpdate(body);
    if ('error' in lsas) return body;
    const others = lsas.flatMap((lsa) => {
      const how = this.#below(12);
      if (how === 0) return [];
      if (how === 1) return [lsa, lsa];
      return [this.#lsa(lsa.slice())];
    });
    const all = new Uint8Array(4 + others.reduce((sum, lsa) => sum + lsa.length, 0));
    write32(all, 0, this.#below(20) === 0 ? this.#pick(NUMBERS) : others.length);
    let at = 4;
    for (const lsa of others) {
      all.set(lsa, at);
      at += lsa.length;
    }
    return all;
  }

  #lsa(good: Uint8Array): Uint8Array {
    let lsa = good;
    for (let times = 1 + this.#below(3); times > 0; times--) this.#lsaHeader(lsa, 0);
    // Newer than what is there, or most would be dropped as old.
    if (this.#below(2) === 0) write32(lsa, 12, read32(lsa, 12) + 1 + this.#below(4));
    if (this.#below(2) === 0) this.#words(lsa, LSA_HEADER);
    if (this.#below(6) === 0) {
      const rest = lsa.subarray(LSA_HEADER, LSA_HEADER + 4 * this.#below(lsa.length / 4));
      lsa = Uint8Array.from([...lsa, ...rest]);
    }
    if (this.#below(8) > 0) {
      write16(lsa, 18, lsa.length);
      putChecksum(lsa);
    }
    return lsa;
  }
}

/** With a length and a checksum that are right, of a packet without authentication. */
export function summed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEADER) return bytes;
  write16(bytes, 2, bytes.length);
  write16(bytes, 12, 0);
  const without = Uint8Array.from([...bytes.subarray(0, 16), ...bytes.subarray(HEADER)]);
  write16(bytes, 12, checksumOf(without));
  return bytes;
}
