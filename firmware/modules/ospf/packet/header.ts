/** The header of every packet (RFC 2328 A.3.1), and what authentication puts there and behind the packet (D.4). */
import { checksumOf, sumOf } from '../../checksum.ts';
import type { DropReason } from '../drop.ts';
import type { Id } from '../state.ts';
import { type Authenticator, digestLengthOf, digestOf, madeUp, PASSWORD } from './authentication.ts';
import { read16, read32, write16, write32 } from './bytes.ts';

const VERSION = 2;
/** Bytes. */
export const HEADER = 24;
/** Of the header, the bytes before the 64-bit authentication field, which the checksum leaves out. */
const BEFORE_AUTHENTICATION = 16;
const CRYPTOGRAPHIC = 2;

export interface Header {
  type: number;
  routerId: Id;
  area: Id;
  auType: number;
}

export interface Received extends Header {
  /** With cryptographic authentication there is none, and it is always good. */
  checksumGood: boolean;
  /** The bytes after the header. */
  body: Uint8Array;
  /** The header's 8 bytes of authentication. */
  authentication: Uint8Array;
  /** All that follows the packet's length: the digest of AuType 2, and an LLS block (RFC 5613), which is passed over. */
  digest: Uint8Array;
  /** Header and body. */
  whole: Uint8Array;
}

/** Never throws. */
export function decodePacket(bytes: Uint8Array): Received | { error: DropReason } {
  if (bytes.length < HEADER) return { error: 'truncated' };
  if (bytes[0] !== VERSION) return { error: 'version' };
  const length = read16(bytes, 2);
  if (length < HEADER || length > bytes.length) return { error: 'truncated' };
  const whole = bytes.subarray(0, length);
  const auType = read16(bytes, 14);
  return {
    type: bytes[1]!,
    routerId: read32(bytes, 4),
    area: read32(bytes, 8),
    auType,
    checksumGood: auType === CRYPTOGRAPHIC || checksum(whole) === 0,
    body: bytes.subarray(HEADER, length),
    authentication: bytes.subarray(BEFORE_AUTHENTICATION, HEADER),
    digest: bytes.subarray(length),
    whole,
  };
}

/** A whole packet, with the digest behind it where there is one. @param body what follows the header */
export function encodePacket(
  { type, routerId, area }: Omit<Header, 'auType'>,
  body: Uint8Array,
  authentication: Authenticator,
): Uint8Array {
  const length = HEADER + body.length;
  const bytes = new Uint8Array(
    length + (authentication.type === 2 ? digestLengthOf(authentication.algorithm) : 0),
  );
  bytes[0] = VERSION;
  bytes[1] = type;
  write16(bytes, 2, length);
  write32(bytes, 4, routerId);
  write32(bytes, 8, area);
  write16(bytes, 14, authentication.type);
  bytes.set(body, HEADER);
  const whole = bytes.subarray(0, length);
  if (authentication.type === 2) {
    // D.4.3: a field of zero, the key's id, the digest's length, the sequence number.
    bytes[18] = authentication.keyId;
    bytes[19] = bytes.length - length;
    write32(bytes, 20, authentication.sequence);
    bytes.set(digestOf(authentication, whole), length);
    return bytes;
  }
  write16(bytes, 12, checksum(whole));
  if (authentication.type === 1) bytes.set(madeUp(authentication.password, PASSWORD), BEFORE_AUTHENTICATION);
  return bytes;
}

/** Over the packet without the authentication field (D.4.1). */
function checksum(packet: Uint8Array): number {
  return checksumOf(packet.subarray(HEADER), sumOf(packet.subarray(0, BEFORE_AUTHENTICATION)));
}
