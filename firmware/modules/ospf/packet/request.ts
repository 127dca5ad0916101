/** The Link State Request's body (RFC 2328 A.3.4). */
import type { DropReason } from '../drop.ts';
import type { Id } from '../state.ts';
import { read32, write32 } from './bytes.ts';

/** Bytes of each LSA that is asked for. */
export const REQUEST = 12;

export interface LsaRequest {
  type: number;
  id: Id;
  router: Id;
}

/** Never throws. */
export function decodeRequest(body: Uint8Array): LsaRequest[] | { error: DropReason } {
  if (body.length % REQUEST !== 0) return { error: 'requestLength' };
  const requests: LsaRequest[] = [];
  for (let at = 0; at < body.length; at += REQUEST)
    requests.push({ type: read32(body, at), id: read32(body, at + 4), router: read32(body, at + 8) });
  return requests;
}

export function encodeRequest(requests: readonly LsaRequest[]): Uint8Array {
  const body = new Uint8Array(requests.length * REQUEST);
  for (const [i, { type, id, router }] of requests.entries()) {
    write32(body, i * REQUEST, type);
    write32(body, i * REQUEST + 4, id);
    write32(body, i * REQUEST + 8, router);
  }
  return body;
}

/** How many LSAs can be asked for in so many bytes of a body. */
export function requestsThatFit(room: number): number {
  return Math.max(0, Math.floor(room / REQUEST));
}
