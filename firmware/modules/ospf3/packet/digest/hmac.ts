/** HMAC (RFC 2104) over any of the digests. */

/**
 * @param digest returns that of a message
 * @param block bytes of its blocks: a longer key is digested first
 */
export function hmac(
  digest: (message: Uint8Array) => Uint8Array,
  block: number,
  key: Uint8Array,
  ...message: readonly Uint8Array[]
): Uint8Array {
  const own = key.length > block ? digest(key) : key;
  const inner = digest(joined(keyPad(own, block, 0x36), ...message));
  return digest(joined(keyPad(own, block, 0x5c), inner));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function keyPad(key: Uint8Array, block: number, pad: number): Uint8Array {
  const bytes = new Uint8Array(block).fill(pad);
  for (const [i, byte] of key.entries()) bytes[i] = byte ^ pad;
  return bytes;
}
