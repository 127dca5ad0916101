/**
 * ICMP messages of router discovery (RFC 1256 section 3). All other ICMP is foreign here, the kernel answers it.
 */
import { toAddress, toNumber } from '../../address.ts';
import { checksumOf } from '../../checksum.ts';
import type { DropReason } from '../drop.ts';

const TYPE_ADVERTISEMENT = 9;
const TYPE_SOLICITATION = 10;
export const ICMP_TYPES: readonly number[] = [TYPE_ADVERTISEMENT, TYPE_SOLICITATION];
const HEADER = 8;
/** 32-bit words that each address takes: the address and its preference level. */
const ENTRY_WORDS = 2;

/** RFC 1256 4.1: the default AdvertisementAddress, all systems on this network. */
export const ALL_SYSTEMS = '224.0.0.1';
/** Where hosts solicit (4.3, 5.1): all routers on this network. */
export const ALL_ROUTERS = '224.0.0.2';

export interface RouterAddress {
  address: string;
  /** Signed 32 bits, higher is preferred. */
  preference: number;
}

export interface RouterAdvertisement {
  type: 'advertisement';
  /** Seconds that the addresses may be used for without another advertisement. */
  lifetime: number;
  addresses: RouterAddress[];
}

/** A host asks for an advertisement. */
export interface RouterSolicitation {
  type: 'solicitation';
}

/** @throws never; the caller sees to at most 255 addresses. */
export function encode({ lifetime, addresses }: RouterAdvertisement): Uint8Array {
  const bytes = new Uint8Array(HEADER + addresses.length * ENTRY_WORDS * 4);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPE_ADVERTISEMENT;
  bytes[4] = addresses.length;
  bytes[5] = ENTRY_WORDS;
  view.setUint16(6, lifetime);
  addresses.forEach(({ address, preference }, i) => {
    view.setUint32(HEADER + i * 8, toNumber(address));
    view.setInt32(HEADER + i * 8 + 4, preference);
  });
  view.setUint16(2, checksumOf(bytes));
  return bytes;
}

/** How many addresses, at least 1, one message can name on a link of this MTU. */
export function addressesThatFit(mtu: number): number {
  const IP_HEADER = 20;
  const MOST = 255;
  return Math.min(MOST, Math.max(1, Math.floor((mtu - IP_HEADER - HEADER) / (ENTRY_WORDS * 4))));
}

/** Never throws. The checks are those of RFC 1256 4.2 for solicitations, and of 5.2 for advertisements. */
export function decode(bytes: Uint8Array): RouterAdvertisement | RouterSolicitation | { error: DropReason } {
  if (bytes.length < HEADER) return { error: 'truncated' };
  if (bytes[0] !== TYPE_ADVERTISEMENT && bytes[0] !== TYPE_SOLICITATION) return { error: 'foreign' };
  if (checksumOf(bytes) !== 0) return { error: 'checksum' };
  if (bytes[1] !== 0) return { error: 'code' };
  if (bytes[0] === TYPE_SOLICITATION) return { type: 'solicitation' };
  const count = bytes[4]!;
  const entry = bytes[5]! * 4;
  if (count < 1) return { error: 'addressCount' };
  if (entry < 8) return { error: 'entrySize' };
  if (bytes.length < HEADER + count * entry) return { error: 'length' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const addresses = Array.from({ length: count }, (_, i) => ({
    address: toAddress(view.getUint32(HEADER + i * entry)),
    preference: view.getInt32(HEADER + i * entry + 4),
  }));
  return { type: 'advertisement', lifetime: view.getUint16(6), addresses };
}
