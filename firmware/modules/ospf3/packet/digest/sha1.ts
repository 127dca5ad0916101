/** SHA-1 (FIPS 180-4 6.1). */
import { bytesOf, padded } from './padding.ts';

/** Bytes. */
const BLOCK = 64;
const ADDED = Int32Array.of(0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6);

/** 20 bytes. */
export function sha1(message: Uint8Array): Uint8Array {
  const bytes = padded(message, BLOCK, 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 4, message.length * 8);
  const state = Int32Array.of(0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0);
  const schedule = new Int32Array(80);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    for (let i = 0; i < 16; i++) schedule[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 80; i++) {
      const word = schedule[i - 3]! ^ schedule[i - 8]! ^ schedule[i - 14]! ^ schedule[i - 16]!;
      schedule[i] = (word << 1) | (word >>> 31);
    }
    addBlock(state, schedule);
  }
  return bytesOf(state, 20);
}

function addBlock(state: Int32Array, schedule: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let i = 0; i < 80; i++) {
    const round = (i / 20) | 0;
    let mixed = b ^ c ^ d;
    if (round === 0) mixed = (b & c) | (~b & d);
    else if (round === 2) mixed = (b & c) | (b & d) | (c & d);
    const next = (((a << 5) | (a >>> 27)) + mixed + e + ADDED[round]! + schedule[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}
