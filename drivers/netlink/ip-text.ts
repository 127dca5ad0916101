/**
 * IP addresses between text and bytes. IPv6 is written as RFC 5952 says, and so as iproute2 writes it.
 *
 * The module IP reads and writes the same texts by a file of its own (rib/prefix.ts), and a test holds both together. A bundle
 * is bound to all sources that are in it: were this file one of them, a change of a driver would ask for a new version of IP.
 */
import { isIPv6 } from 'node:net';
import { DriverError } from '../errors.ts';
import { dotted, putWord, wordOf } from '../ipv4.ts';
import { AF_INET, AF_INET6 } from './constants.ts';

/** AF_INET or AF_INET6, as people number them. */
export type Family = 4 | 6;

/** The family of that number in messages; undefined for another protocol's. */
export function familyOf(number: number): Family | undefined {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : undefined;
}

export function numberOf(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** Bytes of an address. */
export function sizeOf(family: Family): number {
  return family === 4 ? 4 : 16;
}

/** The family that the text is an address of. @throws DriverError NETLINK_INVALID */
export function familyOfText(text: string): Family {
  if (wordOf(text) >= 0) return 4;
  if (isIPv6(text) && !text.includes('%')) return 6;
  throw new DriverError('NETLINK_INVALID', `"${text}" is no IPv4 or IPv6 address`);
}

/** The unspecified address, which a default route leads to. */
export function anyAddress(family: Family): string {
  return family === 4 ? '0.0.0.0' : '::';
}

/** The address that stands at this place. */
export function addressAt(bytes: Buffer, at: number, family: Family): string {
  if (family === 4) return dotted(bytes, at);
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(at + 2 * i));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${addressAt(bytes, at + 12, 4)}`;
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The first of the longest runs of zero groups, which `::` stands for (RFC 5952, section 4.2). */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

/** Writes the address's bytes. @throws DriverError NETLINK_INVALID when the text is no address of the family */
export function putAddress(text: string, family: Family, into: Buffer, at: number): void {
  const word = family === 4 ? wordOf(text) : -1;
  if (word >= 0) {
    putWord(word, into, at);
    return;
  }
  if (familyOfText(text) !== family)
    throw new DriverError('NETLINK_INVALID', `${text} is not of IPv${family}, as the rest is`);
  const [left = '', right] = withoutDots(text).split('::');
  const before = groupsOf(left);
  const after = right === undefined ? [] : groupsOf(right);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  for (const [i, group] of [...before, ...zeros, ...after].entries()) into.writeUInt16BE(group, at + 2 * i);
}

/** The last four bytes of an IPv6 address may be written as IPv4's are (RFC 4291, section 2.2). */
function withoutDots(text: string): string {
  if (!text.includes('.')) return text;
  const from = text.lastIndexOf(':') + 1;
  const [a = 0, b = 0, c = 0, d = 0] = text.slice(from).split('.').map(Number);
  return `${text.slice(0, from)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** `00:00:5e:00:01:33`; other lengths than six bytes as well. */
export function macAt(bytes: Buffer, at: number, length: number): string {
  return bytes.toString('hex', at, at + length).replace(/..(?!$)/g, '$&:');
}

/** @throws DriverError NETLINK_INVALID */
export function macBytes(text: string): Buffer {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){0,31}$/i.test(text))
    throw new DriverError('NETLINK_INVALID', `"${text}" is no hardware address, such as 00:00:5e:00:01:33`);
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}
