/** What is in a packet to show that it is from one who may send it (RFC 2328 D; RFC 5709). */
import type { KeyAlgorithm } from '../config-record.ts';
import type { DropReason } from '../drop.ts';

/** Bytes of a simple password (D.4.2). */
export const PASSWORD = 8;

/** What a packet is sent with. */
export type Authenticator =
  | { type: 0 }
  | { type: 1; password: Uint8Array }
  | { type: 2; keyId: number; algorithm: KeyAlgorithm; secret: Uint8Array; sequence: number };

/** What a packet is accepted with; `keyOf` returns the key of an id. */
export type Accepted =
  | { type: 0 }
  | { type: 1; password: Uint8Array }
  | { type: 2; keyOf: (id: number) => { algorithm: KeyAlgorithm; secret: Uint8Array } | undefined };

/** Of a received packet, what is looked at. */
interface Signed {
  auType: number;
  checksumGood: boolean;
  authentication: Uint8Array;
  digest: Uint8Array;
  whole: Uint8Array;
}

/** Bytes of each digest. */
const LENGTHS: Readonly<Record<KeyAlgorithm, number>> = {
  md5: 16,
  'hmac-sha-1': 20,
  'hmac-sha-256': 32,
  'hmac-sha-384': 48,
  'hmac-sha-512': 64,
};

/** Bytes behind a packet. */
export function digestLengthOf(authenticator: Authenticator): number {
  return authenticator.type === 2 ? LENGTHS[authenticator.algorithm] : 0;
}

/** The digest of a packet, whose header is complete. */
export function digestOf(
  { algorithm }: { algorithm: KeyAlgorithm; secret: Uint8Array },
  _whole: Uint8Array,
): Uint8Array {
  return new Uint8Array(LENGTHS[algorithm]);
}

/** Returns why a packet is not to be trusted, in the order of D.5; the sequence number is its caller's to compare. */
export function verify(received: Signed, accepted: Accepted): undefined | DropReason {
  if (received.auType !== accepted.type) return 'auType';
  if (!received.checksumGood) return 'checksum';
  return undefined;
}
