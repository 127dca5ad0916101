/** MD5 (RFC 1321), for what RFC 2328 D.4.3 asks. */
import { padded } from './padding.ts';

/** Bytes. */
const BLOCK = 64;
/** RFC 1321 3.4: rotations of each round. */
const ROTATIONS = Int32Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);
/** Which word each step takes: by round every one, every fifth, every third, every seventh. */
const ORDER = Int32Array.from(
  { length: 64 },
  (_, i) => ([i, 5 * i + 1, 3 * i + 5, 7 * i] as const)[(i >> 4) as 0 | 1 | 2 | 3] & 15,
);
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))) | 0);

/** 16 bytes. */
export function md5(message: Uint8Array): Uint8Array {
  const bytes = padded(message, BLOCK, 8);
  const end = new DataView(bytes.buffer);
  end.setUint32(bytes.length - 8, message.length * 8, true);
  const state = Int32Array.of(0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476);
  const words = new Int32Array(16);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    for (let i = 0; i < 16; i++) words[i] = end.getInt32(at + 4 * i, true);
    addBlock(state, words);
  }
  const digest = new Uint8Array(16);
  const view = new DataView(digest.buffer);
  for (const [i, word] of state.entries()) view.setInt32(4 * i, word, true);
  return digest;
}

function addBlock(state: Int32Array, words: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    let mixed = 0;
    if (round === 0) mixed = (b & c) | (~b & d);
    else if (round === 1) mixed = (d & b) | (~d & c);
    else if (round === 2) mixed = b ^ c ^ d;
    else mixed = c ^ (b | ~d);
    const sum = (a + mixed + SINES[i]! + words[ORDER[i]!]!) | 0;
    const by = ROTATIONS[4 * round + (i & 3)]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << by) | (sum >>> (32 - by)))) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}
