/** The Link State Update's body (RFC 2328 A.3.5). */
import type { DropReason } from '../drop.ts';
import { read16, read32, write32 } from './bytes.ts';
import { LSA_HEADER } from './lsa-header.ts';

/** Bytes of the number of LSAs, which comes first. */
export const UPDATE = 4;

/**
 * Whole LSAs, each as long as its header says; neither their types nor their checksums are looked at. They are parts of the
 * given bytes: whoever keeps one keeps a copy. Never throws.
 */
export function decodeUpdate(body: Uint8Array): Uint8Array[] | { error: DropReason } {
  if (body.length < UPDATE) return { error: 'updateLength' };
  const lsas: Uint8Array[] = [];
  let at = UPDATE;
  for (let left = read32(body, 0); left > 0; left--) {
    if (at + LSA_HEADER > body.length) return { error: 'updateLength' };
    const length = read16(body, at + 18);
    if (length < LSA_HEADER || at + length > body.length) return { error: 'updateLength' };
    lsas.push(body.subarray(at, at + length));
    at += length;
  }
  return at === body.length ? lsas : { error: 'updateLength' };
}

/** @param lsas whole ones, with the age that they are to have */
export function encodeUpdate(lsas: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(lsas.reduce((length, lsa) => length + lsa.length, UPDATE));
  write32(body, 0, lsas.length);
  let at = UPDATE;
  for (const lsa of lsas) {
    body.set(lsa, at);
    at += lsa.length;
  }
  return body;
}
