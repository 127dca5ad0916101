/** How a message is made up to whole blocks (FIPS 180-4 5.1; RFC 1321 3.1, 3.2): a bit, zeros, the length in bits. */

/**
 * Returns a copy, made up.
 * @param block bytes of a block
 * @param lengthBytes of which the length takes the last
 */
export function padded(message: Uint8Array, block: number, lengthBytes: number): Uint8Array {
  const blocks = Math.ceil((message.length + 1 + lengthBytes) / block);
  const bytes = new Uint8Array(blocks * block);
  bytes.set(message);
  bytes[message.length] = 0x80;
  return bytes;
}

/** The words of a digest as bytes, the high byte first. */
export function bytesOf(words: Int32Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = words[i >> 2]! >>> (24 - 8 * (i & 3));
  return bytes;
}
