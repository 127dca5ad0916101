/** The Internet checksum (RFC 1071): the complement of the ones' complement sum of 16-bit words, in network order. */

/** The sum before the complement; an odd last byte counts as the high half of a word. `start` is an earlier sum. */
export function sumOf(bytes: Uint8Array, start = 0): number {
  let sum = start;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even < bytes.length) sum += bytes[even]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The checksum to be sent; over bytes that contain a correct checksum already, 0. */
export function checksumOf(bytes: Uint8Array, start = 0): number {
  return ~sumOf(bytes, start) & 0xffff;
}
