/** The header of an LSA (RFC 2328 A.4.1), as it begins each LSA, and stands in descriptions and acknowledgments. */
import type { Id } from '../state.ts';
import { read16, read32, readSigned32, write16, write32 } from './bytes.ts';

/** Bytes. */
export const LSA_HEADER = 20;

export interface LsaHeader {
  /** Seconds, without the DoNotAge bit of RFC 1793, which is not supported. */
  age: number;
  options: number;
  type: number;
  id: Id;
  router: Id;
  /** Signed, as it is compared (12.1.6). */
  sequence: number;
  checksum: number;
  /** Bytes of the whole LSA. */
  length: number;
}

/** Takes at least LSA_HEADER bytes from `at` on. */
export function decodeLsaHeader(bytes: Uint8Array, at = 0): LsaHeader {
  return {
    age: read16(bytes, at),
    options: bytes[at + 2]!,
    type: bytes[at + 3]!,
    id: read32(bytes, at + 4),
    router: read32(bytes, at + 8),
    sequence: readSigned32(bytes, at + 12),
    checksum: read16(bytes, at + 16),
    length: read16(bytes, at + 18),
  };
}

export function encodeLsaHeader(header: LsaHeader): Uint8Array {
  const bytes = new Uint8Array(LSA_HEADER);
  putLsaHeader(bytes, 0, header);
  return bytes;
}

export function putLsaHeader(bytes: Uint8Array, at: number, header: LsaHeader): void {
  write16(bytes, at, header.age);
  bytes[at + 2] = header.options;
  bytes[at + 3] = header.type;
  write32(bytes, at + 4, header.id);
  write32(bytes, at + 8, header.router);
  write32(bytes, at + 12, header.sequence);
  write16(bytes, at + 16, header.checksum);
  write16(bytes, at + 18, header.length);
}
