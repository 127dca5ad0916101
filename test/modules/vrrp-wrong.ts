/** VRRP packets that are wrong in each way, as strangers send them, and the checksums that make them wrong in that way alone. */
import { GROUPS } from '../../firmware/modules/vrrp/constants.ts';
import type { DropReason } from '../../firmware/modules/vrrp/drop.ts';
import { encode } from '../../firmware/modules/vrrp/packet.ts';
import type { GroupConfig } from '../../firmware/modules/vrrp/state.ts';
import { fromHex, patched, toHex } from './bytes.ts';

export type Family = 4 | 6;

/** RFC 1071, by hand: over a pseudo-header where the source and destination are given. */
export function sum(message: Uint8Array, pseudo: { from: string; to: string } | undefined): number {
  const bytes = [...message];
  if (pseudo !== undefined)
    bytes.unshift(...octets(pseudo.from), ...octets(pseudo.to), 0, 112, 0, 0, ...word(message.length));
  let total = 0;
  for (let i = 0; i < bytes.length; i += 2) total += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

function word(number: number): number[] {
  return [number >> 8, number & 0xff];
}

function octets(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail = ''] = address.split('::');
  const [front, back] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - front!.length - back!.length }, () => '0');
  return [...front!, ...zeros, ...back!].flatMap((text) => word(Number.parseInt(text, 16)));
}

/** With a checksum that is right, as far as the packet's own address count says where it ends. */
export function resummed(bytes: Uint8Array, from: string): Uint8Array {
  if (bytes.length < 8) return bytes;
  const family: Family = from.includes(':') ? 6 : 4;
  const zeroed = patched(bytes, 6, 0, 0);
  const message = zeroed[3] === 0 ? zeroed : zeroed.subarray(0, lengthOf(zeroed, family));
  const pseudo = bytes[0]! >> 4 === 2 && family === 4 ? undefined : { from, to: GROUPS[family] };
  return patched(bytes, 6, ...word(~sum(message, pseudo) & 0xffff));
}

export function lengthOf(bytes: Uint8Array, family: Family): number {
  return 8 + bytes[3]! * (family === 6 ? 16 : 4) + (bytes[0]! >> 4 === 2 ? 8 : 0);
}

export interface Wrong {
  reason: DropReason;
  payload: Uint8Array;
  from: string;
  hops: number;
}

/** An advertisement of a neighbour that is right in everything. */
export function good(group: GroupConfig, from: string, priority = 254): Uint8Array {
  const { version, group: number, interval, addresses, family } = group;
  const form = version === 2 ? 'rfc9568' : 'pseudo-header';
  return encode({ version, group: number, interval, addresses, priority }, from, GROUPS[family], form);
}

/** To whom they are wrong: a virtual router of each kind. */
export interface Targets {
  v3: GroupConfig;
  v2: GroupConfig;
  v6: GroupConfig;
}

/** One packet of each kind, of neighbours with these addresses. No other target may have the number 99. */
export function wrongPackets({ v3, v2, v6 }: Targets, from4: string, from6: string): Record<string, Wrong> {
  const [good4, good2, good6] = [good(v3, from4), good(v2, from4), good(v6, from6)];
  const packets: Record<string, Partial<Wrong> & Pick<Wrong, 'reason' | 'payload'>> = {
    'IPv4 through a router': { reason: 'ttl', payload: good4, hops: 254 },
    'IPv6 through a router': { reason: 'ttl', payload: good6, from: from6, hops: 254 },
    'IPv6 from a global address': { reason: 'source', payload: good(v6, 'fd00::2'), from: 'fd00::2' },
    'IPv4 from no address': { reason: 'source', payload: good(v3, '0.0.0.0'), from: '0.0.0.0' },
    'version 2 where 3 is configured': { reason: 'version', payload: good({ ...v3, version: 2 }, from4) },
    'version 3 where 2 is configured': { reason: 'version', payload: good({ ...v2, version: 3 }, from4) },
    'version 2 over IPv6': {
      reason: 'version',
      payload: resummed(patched(good6, 0, 0x21), from6),
      from: from6,
    },
    'version 4': { reason: 'version', payload: resummed(patched(good4, 0, 0x41), from4) },
    'no advertisement': { reason: 'type', payload: resummed(patched(good4, 0, 0x32), from4) },
    nothing: { reason: 'truncated', payload: new Uint8Array(0) },
    'cut in its header': { reason: 'truncated', payload: good4.subarray(0, 7) },
    'cut in its addresses': { reason: 'truncated', payload: good6.subarray(0, -1), from: from6 },
    'version 2 without authentication data': { reason: 'truncated', payload: good2.subarray(0, 12) },
    'a wrong checksum': { reason: 'checksum', payload: patched(good4, 2, 253) },
    'a wrong checksum, version 2': { reason: 'checksum', payload: patched(good2, 2, 253) },
    "another source's checksum": { reason: 'checksum', payload: good(v6, 'fe80::3'), from: from6 },
    'no address': { reason: 'addressCount', payload: resummed(patched(good4, 3, 0), from4) },
    'a number that is not there': { reason: 'vrid', payload: good({ ...v3, group: 99 }, from4) },
    'an interval of 0': { reason: 'interval', payload: resummed(patched(good4, 4, 0, 0), from4) },
    'another interval, version 2': {
      reason: 'adverInterval',
      payload: resummed(patched(good2, 5, 2), from4),
    },
    // RFC 2338 5.3.6
    'a password, version 2': { reason: 'authentication', payload: resummed(patched(good2, 4, 1), from4) },
    'an AH behind it, version 2': {
      reason: 'authentication',
      payload: resummed(patched(good2, 4, 2), from4),
    },
    'an IP Authentication Header itself': {
      reason: 'version',
      payload: fromHex(`70040000 00000001 00000001 ${'00'.repeat(12)} ${toHex(good4)}`),
    },
    // CARP of OpenBSD and FreeBSD has VRRP's protocol number: version 2, vhid 52, advskew 0, 7 words, advbase 1.
    CARP: { reason: 'truncated', payload: fromHex(`2134 0007 0001 c9c3 ${'a5'.repeat(28)}`) },
    // HSRP version 0 (RFC 2281 5.1), in protocol 112.
    HSRP: { reason: 'version', payload: fromHex('0000 1003 0a64 3300 636973636f000000 0a000064') },
  };
  return Object.fromEntries(
    Object.entries(packets).map(([name, packet]) => [name, { from: from4, hops: 255, ...packet }]),
  );
}
