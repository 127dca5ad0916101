/** The checksum of LSAs: Fletcher's (RFC 2328 12.1.7; RFC 905 Annex B). The age is left out, so that it may grow. */
import { read16, write16 } from './bytes.ts';

/** Bytes of the age, which come first. */
const AGE = 2;
const CHECKSUM = 16;
/** So many bytes are summed until the sums are reduced: the second one stays below 2^53, and below 2^31 for speed. */
const STRETCH = 4096;

/** True where the checksum of a whole LSA is right; one of zero never is (12.1.7). */
export function checksumIsGood(lsa: Uint8Array): boolean {
  return read16(lsa, CHECKSUM) !== 0 && sumsOf(lsa) === 0;
}

/** Sets the checksum of a whole LSA, whose other fields are as they will be. */
export function putChecksum(lsa: Uint8Array): void {
  write16(lsa, CHECKSUM, 0);
  const sums = sumsOf(lsa);
  const [first, second] = [sums & 0xff, sums >>> 8];
  const behind = lsa.length - CHECKSUM;
  const x = modulo((behind - 1) * first - second);
  const y = modulo(second - behind * first);
  // Neither is ever 0: in ones' complement 255 is the same, and a checksum of zero would mean none.
  lsa[CHECKSUM] = x === 0 ? 255 : x;
  lsa[CHECKSUM + 1] = y === 0 ? 255 : y;
}

/** Both sums modulo 255: the first in the low byte. */
function sumsOf(lsa: Uint8Array): number {
  let first = 0;
  let second = 0;
  for (let at = AGE; at < lsa.length; ) {
    const end = Math.min(at + STRETCH, lsa.length);
    for (; at < end; at++) {
      first += lsa[at]!;
      second += first;
    }
    first %= 255;
    second %= 255;
  }
  return (second << 8) | first;
}

function modulo(value: number): number {
  const rest = value % 255;
  return rest < 0 ? rest + 255 : rest;
}
