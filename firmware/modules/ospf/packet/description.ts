/** The Database Description's body (RFC 2328 A.3.3). */
import type { DropReason } from '../drop.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { decodeLsaHeader, LSA_HEADER, type LsaHeader, putLsaHeader } from './lsa-header.ts';

/** Bytes before the headers. */
export const DESCRIPTION = 8;
/** Init, More, Master/Slave. */
export const FLAG_I = 4;
export const FLAG_M = 2;
export const FLAG_MS = 1;

export interface Description {
  /** Bytes of the largest IP packet; 0 over virtual links. */
  mtu: number;
  options: number;
  flags: number;
  /** Unsigned. */
  sequence: number;
  headers: LsaHeader[];
}

/** Never throws. */
export function decodeDescription(body: Uint8Array): Description | { error: DropReason } {
  if (body.length < DESCRIPTION || (body.length - DESCRIPTION) % LSA_HEADER !== 0)
    return { error: 'descriptionLength' };
  return {
    mtu: read16(body, 0),
    options: body[2]!,
    flags: body[3]!,
    sequence: read32(body, 4),
    headers: headersFrom(body, DESCRIPTION),
  };
}

export function encodeDescription({ mtu, options, flags, sequence, headers }: Description): Uint8Array {
  const body = new Uint8Array(DESCRIPTION + headers.length * LSA_HEADER);
  write16(body, 0, mtu);
  body[2] = options;
  body[3] = flags;
  write32(body, 4, sequence);
  for (const [i, header] of headers.entries()) putLsaHeader(body, DESCRIPTION + i * LSA_HEADER, header);
  return body;
}

/** How many headers a description can have in so many bytes of a body. */
export function headersThatFit(room: number): number {
  return Math.max(0, Math.floor((room - DESCRIPTION) / LSA_HEADER));
}

function headersFrom(body: Uint8Array, start: number): LsaHeader[] {
  const headers: LsaHeader[] = [];
  for (let at = start; at < body.length; at += LSA_HEADER) headers.push(decodeLsaHeader(body, at));
  return headers;
}
