/** SHA-256 (FIPS 180-4 6.2). */
import { bytesOf, padded } from './padding.ts';
import { CUBE_ROOTS, SQUARE_ROOTS } from './roots.ts';

/** Bytes. */
const BLOCK = 64;
const ADDED = Int32Array.from({ length: 64 }, (_, i) => CUBE_ROOTS[2 * i]!);
const BEGIN = Int32Array.from({ length: 8 }, (_, i) => SQUARE_ROOTS[2 * i]!);

/** 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  const bytes = padded(message, BLOCK, 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 4, message.length * 8);
  const state = BEGIN.slice();
  const schedule = new Int32Array(64);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    for (let i = 0; i < 16; i++) schedule[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const [one, two] = [schedule[i - 15]!, schedule[i - 2]!];
      const low = rotated(one, 7) ^ rotated(one, 18) ^ (one >>> 3);
      const high = rotated(two, 17) ^ rotated(two, 19) ^ (two >>> 10);
      schedule[i] = schedule[i - 16]! + low + schedule[i - 7]! + high;
    }
    addBlock(state, schedule);
  }
  return bytesOf(state, 32);
}

function addBlock(state: Int32Array, schedule: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const fromE = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const one = (h + fromE + ((e & f) ^ (~e & g)) + ADDED[i]! + schedule[i]!) | 0;
    const fromA = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const two = (fromA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
