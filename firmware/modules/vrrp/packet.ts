/** VRRP version 3 advertisements over IPv4 as bytes (RFC 9568 5.2). */
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { toAddress, toNumber } from '../address.ts';
import { checksumOf, sumOf } from '../checksum.ts';
import type { DropReason } from './drop.ts';
import type { ChecksumForm } from './state.ts';

const VERSION = 3;
const TYPE_ADVERTISEMENT = 1;
const HEADER = 8;
const PROTOCOL = 112;
/** It proves that the sender is on the link (5.1.1.3). */
export const TTL = 255;

/** Where advertisements go (5.1.1.2). */
export const VRRP_GROUP = '224.0.0.18';

/** Priority of the router that owns the virtual addresses (5.2.4). */
export const OWNER = 255;

export interface Advertisement {
  /** VRID, 1 to 255. */
  group: number;
  /** 0 when the sender resigns, 255 when it owns the addresses. */
  priority: number;
  /** Max Advertise Interval in centiseconds, 12 bits. */
  interval: number;
  addresses: string[];
}

/** A checksum over the pseudo-header only holds when the packet goes out from `from` to `to`. */
export function encode(
  { group, priority, interval, addresses }: Advertisement,
  from: string,
  to: string,
  form: ChecksumForm = 'pseudo-header',
): Uint8Array {
  const bytes = new Uint8Array(HEADER + addresses.length * 4);
  const view = new DataView(bytes.buffer);
  bytes[0] = (VERSION << 4) | TYPE_ADVERTISEMENT;
  bytes[1] = group;
  bytes[2] = priority;
  bytes[3] = addresses.length;
  view.setUint16(4, interval & 0x0fff);
  addresses.forEach((address, i) => {
    view.setUint32(HEADER + i * 4, toNumber(address));
  });
  view.setUint16(6, checksumOf(bytes, form === 'rfc9568' ? 0 : pseudoHeader(from, to, bytes.length)));
  return bytes;
}

/** Never throws. The checks are those of RFC 9568 7.1 that need no configuration, in its order. */
export function decode(datum: RawIpIn): Advertisement | { error: DropReason } {
  const { ttl, payload } = datum;
  if (ttl !== TTL) return { error: 'ttl' };
  if (payload.length < 1) return { error: 'truncated' };
  if (payload[0]! >> 4 !== VERSION) return { error: 'version' };
  if ((payload[0]! & 0x0f) !== TYPE_ADVERTISEMENT) return { error: 'type' };
  if (payload.length < HEADER) return { error: 'truncated' };
  const count = payload[3]!;
  if (payload.length < HEADER + count * 4) return { error: 'truncated' };
  if (checksumForms(datum).length === 0) return { error: 'checksum' };
  if (count === 0) return { error: 'addressCount' };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    group: payload[1]!,
    priority: payload[2]!,
    interval: view.getUint16(4) & 0x0fff,
    addresses: Array.from({ length: count }, (_, i) => toAddress(view.getUint32(HEADER + i * 4))),
  };
}

/**
 * The forms in which the checksum of a whole message is right: none when it is wrong, and both for the one source in
 * 65,535 whose pseudo-header sums up to nothing. What stands behind the last address is no part of the message.
 */
export function checksumForms({ from, to, payload }: RawIpIn): ChecksumForm[] {
  const count = payload[3]!;
  // One that lists no address has no end of its own.
  const message = count === 0 ? payload : payload.subarray(0, HEADER + count * 4);
  const sum = sumOf(message);
  const forms: ChecksumForm[] = [];
  if (sumOf(NOTHING, sum + pseudoHeader(from, to, message.length)) === RIGHT) forms.push('pseudo-header');
  if (sum === RIGHT) forms.push('rfc9568');
  return forms;
}

const NOTHING = new Uint8Array(0);
/** The sum over data with a right checksum in it (RFC 1071 1). */
const RIGHT = 0xffff;

/** The sum over source, destination, protocol and length (RFC 5798 5.2.8, in the manner of RFC 2460 8.1). */
function pseudoHeader(from: string, to: string, length: number): number {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, toNumber(from));
  view.setUint32(4, toNumber(to));
  bytes[9] = PROTOCOL;
  view.setUint16(10, length);
  return sumOf(bytes);
}
