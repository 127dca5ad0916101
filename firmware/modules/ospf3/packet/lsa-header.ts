/** The header of an LSA (RFC 2328 A.4.1). */
import type { Id } from '../state.ts';

export interface LsaHeader {
  age: number;
  options: number;
  type: number;
  id: Id;
  router: Id;
  /** Signed (12.1.6). */
  sequence: number;
  checksum: number;
  length: number;
}
