/** Advertisements as bytes: version 3 over IPv4 and IPv6 (RFC 9568 5.2), version 2 (RFC 3768 5.3). */
import { checksumOf, sumOf } from '../checksum.ts';
import { addressText, isLinkLocalText, parseAddress, type Words } from '../prefix.ts';
import type { ChecksumForm } from './config-record.ts';
import { type Family, PROTOCOL, UNFORWARDED, type Version } from './constants.ts';
import type { DropReason } from './drop.ts';

const TYPE_ADVERTISEMENT = 1;
const HEADER = 8;
/** Behind the addresses of version 2: authentication data, which is nothing (RFC 3768 5.3.10). */
const AUTHENTICATION = 8;
const CENTISECONDS = 100;
/** The kernel takes a packet to a group of the link from it. */
const UNSPECIFIED = '0.0.0.0';

export interface Advertisement {
  version: Version;
  /** VRID, 1 to 255. */
  group: number;
  /** 0 when the sender resigns, 255 when it owns the addresses. */
  priority: number;
  /** In centiseconds: Max Advertise Interval, 12 bits; version 2 has whole seconds. */
  interval: number;
  addresses: string[];
}

/** A packet of either family, as its port received it. */
export interface Datum {
  from: string;
  to: string;
  /** TTL or hop limit. */
  hops: number;
  payload: Uint8Array;
}

/** A checksum over the pseudo-header only holds when the packet goes out from `from` to `to`. */
export function encode(
  { version, group, priority, interval, addresses }: Advertisement,
  from: string,
  to: string,
  form: ChecksumForm = 'pseudo-header',
): Uint8Array {
  const size = sizeOf(from);
  const bytes = new Uint8Array(HEADER + addresses.length * size + (version === 2 ? AUTHENTICATION : 0));
  const view = new DataView(bytes.buffer);
  bytes[0] = (version << 4) | TYPE_ADVERTISEMENT;
  bytes[1] = group;
  bytes[2] = priority;
  bytes[3] = addresses.length;
  if (version === 2) bytes[5] = interval / CENTISECONDS;
  else view.setUint16(4, interval & 0x0fff);
  addresses.forEach((address, i) => {
    putAddress(view, HEADER + i * size, address);
  });
  view.setUint16(6, checksumOf(bytes, form === 'rfc9568' ? 0 : pseudoHeader(from, to, bytes.length)));
  return bytes;
}

/** Never throws. The checks are those of RFC 9568 7.1 that need no configuration, in its order. */
export function decode(datum: Datum): Advertisement | { error: DropReason } {
  const { from, hops, payload } = datum;
  const [first, group = 0, priority = 0, count = 0] = payload;
  if (hops !== UNFORWARDED) return { error: 'ttl' };
  if (familyOfDatum(datum) === 6 ? !isLinkLocalText(from) : from === UNSPECIFIED) return { error: 'source' };
  if (first === undefined) return { error: 'truncated' };
  const version = first >> 4;
  if (version !== 3 && !(version === 2 && familyOfDatum(datum) === 4)) return { error: 'version' };
  if ((first & 0x0f) !== TYPE_ADVERTISEMENT) return { error: 'type' };
  if (payload.length < HEADER || payload.length < lengthOf(datum)) return { error: 'truncated' };
  if (checksumForms(datum).length === 0) return { error: 'checksum' };
  if (count === 0) return { error: 'addressCount' };
  if (version === 2 && payload[4] !== 0) return { error: 'authentication' };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const size = sizeOf(from);
  return {
    version,
    group,
    priority,
    interval: version === 2 ? payload[5]! * CENTISECONDS : view.getUint16(4) & 0x0fff,
    addresses: Array.from({ length: count }, (_, i) => addressAt(view, HEADER + i * size, size)),
  };
}

/**
 * The forms in which the checksum of a whole message is right: none when it is wrong, and both for the one source in
 * 65,535 whose pseudo-header sums up to nothing. IPv6 has the pseudo-header always, version 2 never. What stands behind the
 * message is no part of it.
 */
export function checksumForms(datum: Datum): ChecksumForm[] {
  const { from, to, payload } = datum;
  // One that lists no address has no end of its own.
  const message = payload[3] === 0 ? payload : payload.subarray(0, lengthOf(datum));
  const sum = sumOf(message);
  const forms: ChecksumForm[] = [];
  if (payload[0]! >> 4 !== 2 && sumOf(NOTHING, sum + pseudoHeader(from, to, message.length)) === RIGHT)
    forms.push('pseudo-header');
  if (sum === RIGHT && familyOfDatum(datum) === 4) forms.push('rfc9568');
  return forms;
}

const NOTHING = new Uint8Array(0);
/** The sum over data with a right checksum in it (RFC 1071 1). */
const RIGHT = 0xffff;

/** The length of the message that begins a payload, by its address count. */
function lengthOf({ from, payload }: Datum): number {
  return HEADER + payload[3]! * sizeOf(from) + (payload[0]! >> 4 === 2 ? AUTHENTICATION : 0);
}

function familyOfDatum({ from }: Datum): Family {
  return from.includes(':') ? 6 : 4;
}

/** Bytes of an address of the family. */
function sizeOf(address: string): number {
  return address.includes(':') ? 16 : 4;
}

/** The sum over source, destination, length and protocol (RFC 5798 5.2.8, in the manner of RFC 8200 8.1). */
function pseudoHeader(from: string, to: string, length: number): number {
  const size = sizeOf(from);
  const bytes = new Uint8Array(2 * size + 4);
  const view = new DataView(bytes.buffer);
  putAddress(view, 0, from);
  putAddress(view, size, to);
  // Zeros before either do not change the sum, so both families have the same.
  view.setUint16(2 * size, length);
  bytes[2 * size + 3] = PROTOCOL;
  return sumOf(bytes);
}

function putAddress(view: DataView, at: number, address: string): void {
  const words: Words = parseAddress(address) ?? [];
  words.forEach((word, i) => {
    view.setUint32(at + 4 * i, word);
  });
}

function addressAt(view: DataView, at: number, size: number): string {
  return addressText(Array.from({ length: size / 4 }, (_, i) => view.getUint32(at + 4 * i)));
}
