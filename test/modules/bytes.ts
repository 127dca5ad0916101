/** Packets in tests: hexadecimal text, and random ones that can be had again. */

/** Spaces and line breaks are for the reader. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A copy with some bytes put in at an offset. */
export function patched(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, offset);
  return copy;
}

/** The seed of random packets: fixed, or the environment's, to replay another run. */
export const SEED = Number(process.env.HITLESS_SEED ?? 0x2328);

export function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** Cuts, flips, lengthens or replaces: what noise and enemies make of a good packet. */
export function mangled(random: () => number, good: Uint8Array): Uint8Array {
  const kind = Math.floor(random() * 4);
  if (kind === 0) return randomBytes(random, Math.floor(random() * 80));
  if (kind === 1) return good.slice(0, Math.floor(random() * good.length));
  if (kind === 2) return Uint8Array.from([...good, ...randomBytes(random, 1 + Math.floor(random() * 8))]);
  const copy = Uint8Array.from(good);
  for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  }
  return copy;
}
