/** The Hello's body (RFC 2328 A.3.2). */
import type { DropReason } from '../drop.ts';
import type { Id } from '../state.ts';
import { read16, read32, write16, write32 } from './bytes.ts';

/** Bytes before the list of neighbours. */
export const HELLO = 20;

export interface Hello {
  /** Network mask of the sender's interface; 0 on point-to-point and virtual links means none. */
  mask: Id;
  /** Seconds; 0 where it is below a second, and is not compared then, as in FRR. */
  helloInterval: number;
  options: number;
  priority: number;
  /** Seconds. */
  deadInterval: number;
  /** Addresses of interfaces; NONE where there is none. */
  dr: Id;
  bdr: Id;
  /** Router ids that the sender has heard from lately. */
  neighbors: Id[];
}

/** Never throws. */
export function decodeHello(body: Uint8Array): Hello | { error: DropReason } {
  if (body.length < HELLO || body.length % 4 !== 0) return { error: 'helloLength' };
  const neighbors: Id[] = [];
  for (let at = HELLO; at < body.length; at += 4) neighbors.push(read32(body, at));
  return {
    mask: read32(body, 0),
    helloInterval: read16(body, 4),
    options: body[6]!,
    priority: body[7]!,
    deadInterval: read32(body, 8),
    dr: read32(body, 12),
    bdr: read32(body, 16),
    neighbors,
  };
}

export function encodeHello(hello: Hello): Uint8Array {
  const body = new Uint8Array(HELLO + hello.neighbors.length * 4);
  write32(body, 0, hello.mask);
  write16(body, 4, hello.helloInterval);
  body[6] = hello.options;
  body[7] = hello.priority;
  write32(body, 8, hello.deadInterval);
  write32(body, 12, hello.dr);
  write32(body, 16, hello.bdr);
  for (const [i, neighbor] of hello.neighbors.entries()) write32(body, HELLO + i * 4, neighbor);
  return body;
}

/** How many neighbours a Hello can list in so many bytes of a body. */
export function neighborsThatFit(room: number): number {
  return Math.max(0, Math.floor((room - HELLO) / 4));
}
