/**
 * The part of a packet that shows that it is of one who may send it (RFC 2328 D; RFC 5709).
 *
 * HMAC takes keys as RFC 2104 says, like FRR and BIRD: one that is longer than a block is digested first. RFC 5709 3.3 says
 * so of each that is longer than the digest, which nobody does; shorter keys are the same in both.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import type { KeyAlgorithm } from '../config-record.ts';
import type { DropReason } from '../drop.ts';
import { read32 } from './bytes.ts';

/** Bytes of a simple password (D.4.2), and of a key of MD5 (D.4.3). Shorter ones are made up with zeros. */
export const PASSWORD = 8;
export const MD5_KEY = 16;
/** RFC 5709 3.3: what stands in the digest's place while it is computed. */
const APAD = [0x87, 0x8f, 0xe1, 0xf3];

export interface AlgorithmAndSecret {
  algorithm: KeyAlgorithm;
  secret: Uint8Array;
}

/** With this a packet is sent. */
export type Authenticator =
  | { type: 0 }
  | { type: 1; password: Uint8Array }
  | ({ type: 2; keyId: number; sequence: number } & AlgorithmAndSecret);

/** With this a packet is accepted. */
export type Accepted =
  | { type: 0 }
  | { type: 1; password: Uint8Array }
  | { type: 2; keyOf: (id: number) => AlgorithmAndSecret | { error: DropReason } };

/** Of a received packet, what is looked at. */
interface Signed {
  auType: number;
  checksumGood: boolean;
  authentication: Uint8Array;
  digest: Uint8Array;
  whole: Uint8Array;
}

type Digest = (key: Uint8Array, packet: Uint8Array) => Uint8Array;

/** By algorithm: the bytes of its digest, and how it is made. */
const ALGORITHMS: Readonly<Record<KeyAlgorithm, { length: number; make: Digest }>> = {
  md5: { length: 16, make: (key, packet) => md5(concatBytes(packet, madeUp(key, MD5_KEY))) },
  'hmac-sha-1': { length: 20, make: hmacOf(sha1) },
  'hmac-sha-256': { length: 32, make: hmacOf(sha256) },
  'hmac-sha-384': { length: 48, make: hmacOf(sha384) },
  'hmac-sha-512': { length: 64, make: hmacOf(sha512) },
};

/** Bytes behind a packet. */
export function digestLengthOf(algorithm: KeyAlgorithm): number {
  return ALGORITHMS[algorithm].length;
}

/** The digest of a packet, whose header is complete. */
export function digestOf({ algorithm, secret }: AlgorithmAndSecret, packet: Uint8Array): Uint8Array {
  return ALGORITHMS[algorithm].make(secret, packet);
}

/** Returns why a packet is not to be trusted, in the order of D.5; the sequence number is its caller's to compare. */
export function verify(received: Signed, accepted: Accepted): undefined | DropReason {
  const { auType, authentication, digest, whole } = received;
  if (auType !== accepted.type) return 'auType';
  if (!received.checksumGood) return 'checksum';
  if (accepted.type === 0) return undefined;
  if (accepted.type === 1)
    return isSame(authentication, madeUp(accepted.password, PASSWORD)) ? undefined : 'password';
  const key = accepted.keyOf(keyIdOf(received));
  if ('error' in key) return key.error;
  const { length } = ALGORITHMS[key.algorithm];
  if (authentication[3] !== length || digest.length < length) return 'digest';
  return isSame(digest.subarray(0, length), digestOf(key, whole)) ? undefined : 'digest';
}

/** D.4.3 */
export function keyIdOf({ authentication }: Pick<Signed, 'authentication'>): number {
  return authentication[2]!;
}

/** Unsigned. */
export function sequenceOf({ authentication }: Pick<Signed, 'authentication'>): number {
  return read32(authentication, 4);
}

/** A password or secret as it is in packets. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** So many bytes of a key: cut, or with zeros behind. */
export function madeUp(key: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(key.subarray(0, length));
  return bytes;
}

function hmacOf(digest: Parameters<typeof hmac>[0]): Digest {
  const apad = Uint8Array.from({ length: digest.outputLen }, (_, i) => APAD[i % APAD.length]!);
  return (key, packet) => hmac(digest, key, concatBytes(packet, apad));
}

/** In a time that does not depend on where they differ. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let different = 0;
  for (const [i, byte] of one.entries()) different |= byte ^ other[i]!;
  return different === 0;
}
