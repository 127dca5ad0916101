/** The Link State Acknowledgment's body (RFC 2328 A.3.6): headers, and nothing else. */
import type { DropReason } from '../drop.ts';
import { decodeLsaHeader, LSA_HEADER, type LsaHeader } from './lsa-header.ts';

/** Never throws. */
export function decodeAcknowledgment(body: Uint8Array): LsaHeader[] | { error: DropReason } {
  if (body.length % LSA_HEADER !== 0) return { error: 'acknowledgmentLength' };
  const headers: LsaHeader[] = [];
  for (let at = 0; at < body.length; at += LSA_HEADER) headers.push(decodeLsaHeader(body, at));
  return headers;
}

/** @param headers each LSA_HEADER bytes, as they were received; longer ones are cut there */
export function encodeAcknowledgment(headers: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(headers.length * LSA_HEADER);
  for (const [i, header] of headers.entries()) body.set(header.subarray(0, LSA_HEADER), i * LSA_HEADER);
  return body;
}
