/**
 * SHA-384 and SHA-512 (FIPS 180-4 6.4, 6.5). A word of 64 bits is two numbers here, the high one first: BigInt would make
 * each packet a hundred times dearer.
 */
import { bytesOf, padded } from './padding.ts';
import { CUBE_ROOTS, SQUARE_ROOTS, SQUARE_ROOTS_9 } from './roots.ts';

/** Bytes. */
const BLOCK = 128;
const ROUNDS = 80;
const ADDED = Int32Array.from(CUBE_ROOTS);

/** 48 bytes. */
export function sha384(message: Uint8Array): Uint8Array {
  return bytesOf(digestFrom(SQUARE_ROOTS_9, message), 48);
}

/** 64 bytes. */
export function sha512(message: Uint8Array): Uint8Array {
  return bytesOf(digestFrom(SQUARE_ROOTS, message), 64);
}

function digestFrom(begin: readonly number[], message: Uint8Array): Int32Array {
  const bytes = padded(message, BLOCK, 16);
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 4, message.length * 8);
  const state = Int32Array.from(begin);
  const schedule = new Int32Array(2 * ROUNDS);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    for (let i = 0; i < 32; i++) schedule[i] = view.getInt32(at + 4 * i);
    extend(schedule);
    addBlock(state, schedule);
  }
  return state;
}

/** FIPS 180-4 6.4.2 (1): the words from the sixteenth on. */
function extend(schedule: Int32Array): void {
  for (let i = 32; i < 2 * ROUNDS; i += 2) {
    const oneHigh = schedule[i - 30]!;
    const oneLow = schedule[i - 29]!;
    const twoHigh = schedule[i - 4]!;
    const twoLow = schedule[i - 3]!;
    // Rotated by 1 and 8, shifted by 7; rotated by 19 and 61, shifted by 6.
    const aHigh = right(oneHigh, oneLow, 1) ^ right(oneHigh, oneLow, 8) ^ (oneHigh >>> 7);
    const aLow = right(oneLow, oneHigh, 1) ^ right(oneLow, oneHigh, 8) ^ right(oneLow, oneHigh, 7);
    const bHigh = right(twoHigh, twoLow, 19) ^ right(twoLow, twoHigh, 29) ^ (twoHigh >>> 6);
    const bLow = right(twoLow, twoHigh, 19) ^ right(twoHigh, twoLow, 29) ^ right(twoLow, twoHigh, 6);
    const low = (schedule[i - 31]! >>> 0) + (aLow >>> 0) + (schedule[i - 13]! >>> 0) + (bLow >>> 0);
    schedule[i] = schedule[i - 32]! + aHigh + schedule[i - 14]! + bHigh + carry(low);
    schedule[i + 1] = low;
  }
}

function addBlock(state: Int32Array, schedule: Int32Array): void {
  const v = state.slice();
  for (let i = 0; i < 2 * ROUNDS; i += 2) {
    const eHigh = v[8]!;
    const eLow = v[9]!;
    const aHigh = v[0]!;
    const aLow = v[1]!;
    // Rotated by 14, 18, 41; and by 28, 34, 39.
    const fromEHigh = right(eHigh, eLow, 14) ^ right(eHigh, eLow, 18) ^ right(eLow, eHigh, 9);
    const fromELow = right(eLow, eHigh, 14) ^ right(eLow, eHigh, 18) ^ right(eHigh, eLow, 9);
    const fromAHigh = right(aHigh, aLow, 28) ^ right(aLow, aHigh, 2) ^ right(aLow, aHigh, 7);
    const fromALow = right(aLow, aHigh, 28) ^ right(aHigh, aLow, 2) ^ right(aHigh, aLow, 7);
    const chosenHigh = (eHigh & v[10]!) ^ (~eHigh & v[12]!);
    const chosenLow = (eLow & v[11]!) ^ (~eLow & v[13]!);
    const mostHigh = (aHigh & v[2]!) ^ (aHigh & v[4]!) ^ (v[2]! & v[4]!);
    const mostLow = (aLow & v[3]!) ^ (aLow & v[5]!) ^ (v[3]! & v[5]!);
    const oneLow =
      (v[15]! >>> 0) +
      (fromELow >>> 0) +
      (chosenLow >>> 0) +
      (ADDED[i + 1]! >>> 0) +
      (schedule[i + 1]! >>> 0);
    const oneHigh = (v[14]! + fromEHigh + chosenHigh + ADDED[i]! + schedule[i]! + carry(oneLow)) | 0;
    const twoLow = (fromALow >>> 0) + (mostLow >>> 0);
    const twoHigh = (fromAHigh + mostHigh + carry(twoLow)) | 0;
    for (let j = 15; j > 1; j--) v[j] = v[j - 2]!;
    const newELow = (v[9]! >>> 0) + (oneLow >>> 0);
    v[8]! += oneHigh + carry(newELow);
    v[9] = newELow;
    const newALow = (oneLow >>> 0) + (twoLow >>> 0);
    v[0] = oneHigh + twoHigh + carry(newALow);
    v[1] = newALow;
  }
  for (let i = 0; i < 16; i += 2) {
    const low = (state[i + 1]! >>> 0) + (v[i + 1]! >>> 0);
    state[i]! += v[i]! + carry(low);
    state[i + 1] = low;
  }
}

/** The high half of a word that is rotated right by less than 32: with the halves exchanged, the low one. */
function right(high: number, low: number, by: number): number {
  return (high >>> by) | (low << (32 - by));
}

/** Of a sum of low halves that is below 2^53. */
function carry(low: number): number {
  return Math.floor(low / 2 ** 32);
}
