/** The Database Description (RFC 2328 A.3.3). */
import type { LsaHeader } from './lsa-header.ts';

export interface Description {
  mtu: number;
  options: number;
  /** I 4, M 2, MS 1. */
  flags: number;
  /** Unsigned. */
  sequence: number;
  headers: LsaHeader[];
}
