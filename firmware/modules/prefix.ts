/**
 * IPv4 and IPv6 addresses and prefixes: text in state, configuration and messages, 32-bit words where they are computed
 * with. Text is canonical: IPv6 as RFC 5952 has it, prefixes without host bits. So equal texts are equal prefixes.
 */

/** One word of IPv4, four of IPv6, unsigned. */
export type Words = readonly number[];

export interface PrefixValue {
  words: Words;
  length: number;
}

const DOT = 0x2e;
const SLASH = 0x2f;
const ZERO = 0x30;
const GROUP = /^[0-9a-f]{1,4}$/i;
const GROUPS = 8;

/** Reads an address without a zone; undefined when it is none. */
export function parseAddress(text: string): Words | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Reads a prefix such as `10.0.0.0/8`; undefined when it is none. Host bits are kept (`hasHostBits`). */
export function parsePrefix(text: string): PrefixValue | undefined {
  const slash = text.indexOf('/');
  const length = slash < 0 ? undefined : parseLength(text, slash + 1);
  if (length === undefined) return undefined;
  const words = text.includes(':') ? parseIpv6(text.slice(0, slash)) : parseIpv4(text, slash);
  return words !== undefined && length <= 32 * words.length ? { words, length } : undefined;
}

/** The canonical text of a prefix without host bits. */
export function textOf(text: string, { words, length }: PrefixValue): string {
  // IPv4 that can be read has no other form.
  return words.length === 1 ? text : prefixText(words, length);
}

/** The text of an address. */
export function addressText(words: Words): string {
  return words.length === 1 ? ipv4Text(words[0]!) : ipv6Text(words);
}

/** The text of the prefix of this length that has the address in it. */
export function prefixText(words: Words, length: number): string {
  return `${addressText(networkOf(words, length))}/${length}`;
}

/** The canonical text of an address; undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  const words = parseAddress(text);
  return words && addressText(words);
}

/** The canonical text of a prefix, without host bits; undefined when it is none. */
export function canonicalPrefix(text: string): string | undefined {
  const prefix = parsePrefix(text);
  return prefix && prefixText(prefix.words, prefix.length);
}

/** Whether bits beyond the prefix's length are set. */
export function hasHostBits({ words, length }: PrefixValue): boolean {
  if (words.length === 1) return (words[0]! & ~maskOfWord(length)) !== 0;
  return networkOf(words, length).some((word, i) => word !== words[i]);
}

/** The address with all bits beyond this length 0. */
export function networkOf(words: Words, length: number): Words {
  if (words.length === 1) return [(words[0]! & maskOfWord(length)) >>> 0];
  return words.map((word, i) => (word & maskOfWord(length - 32 * i)) >>> 0);
}

/** Whether the address is in the prefix. */
export function covers({ words, length }: PrefixValue, address: Words): boolean {
  if (words.length !== address.length) return false;
  for (let i = 0; 32 * i < length; i++)
    if (((words[i]! ^ address[i]!) & maskOfWord(length - 32 * i)) !== 0) return false;
  return true;
}

/** The same of text: `10.0.0.1/24` has `10.0.0.9` in it. */
export function isWithin(prefix: string, address: string): boolean {
  const read = parsePrefix(prefix);
  const words = parseAddress(address);
  return read !== undefined && words !== undefined && covers(read, words);
}

/** Whether all of the other prefix is in this one; one of the same length is. */
export function coversPrefix(prefix: PrefixValue, other: PrefixValue): boolean {
  return other.length >= prefix.length && covers(prefix, other.words);
}

export function familyOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}

/** fe80::/10 (RFC 4291 2.5.6): such an address says nothing without its interface. */
export function isLinkLocal(words: Words): boolean {
  return words.length === 4 && words[0]! >>> 22 === 0xfe80 >>> 6;
}

/** The same of text. */
export function isLinkLocalText(address: string): boolean {
  const words = parseAddress(address);
  return words !== undefined && isLinkLocal(words);
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(words: Words): boolean {
  return words.length === 1 ? words[0]! >>> 28 === 14 : words[0]! >>> 24 === 0xff;
}

/** The length of a prefix in canonical text, or of a key that ends with one. */
export function lengthOf(prefix: string): number {
  let length = 0;
  let unit = 1;
  for (let at = prefix.length - 1; at >= 0; at--) {
    const code = prefix.charCodeAt(at);
    if (code === SLASH) break;
    length += unit * (code - ZERO);
    unit *= 10;
  }
  return length;
}

/** At most three digits without a leading zero, up to the end. */
function parseLength(text: string, from: number): number | undefined {
  const digits = text.length - from;
  if (digits < 1 || digits > 3) return undefined;
  let length = 0;
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9 || (digit === 0 && length === 0 && digits > 1)) return undefined;
    length = 10 * length + digit;
  }
  return length;
}

/** @param bits less than 1 for none, more than 31 for all */
function maskOfWord(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffff_ffff : -1 << (32 - bits);
}

/** It is done for every route that is told, so nothing is made for it but the result. */
function parseIpv4(text: string, end = text.length): Words | undefined {
  let word = 0;
  let dots = 0;
  let octet: number | undefined;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet === undefined || ++dots > 3) return undefined;
      word = (word << 8) | octet;
      octet = undefined;
      continue;
    }
    const digit = code - ZERO;
    // A leading zero would be octal for some.
    if (digit < 0 || digit > 9 || octet === 0) return undefined;
    octet = 10 * (octet ?? 0) + digit;
    if (octet > 255) return undefined;
  }
  return dots === 3 && octet !== undefined ? [((word << 8) | octet) >>> 0] : undefined;
}

function parseIpv6(text: string): Words | undefined {
  const halves = withoutDots(text)?.split('::');
  if (halves === undefined || halves.length > 2) return undefined;
  const [before, after] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = [...before!, ...(after ?? [])];
  const missing = GROUPS - given.length;
  // `::` stands for one group at the least.
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  if (!given.every((group) => GROUP.test(group))) return undefined;
  const groups = [...before!, ...Array.from({ length: missing }, () => '0'), ...(after ?? [])];
  const values = groups.map((group) => Number.parseInt(group, 16));
  return [0, 2, 4, 6].map((i) => ((values[i]! << 16) | values[i + 1]!) >>> 0);
}

/** The last four bytes may be written as IPv4's are (RFC 4291 2.2). */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const from = text.lastIndexOf(':') + 1;
  const word = parseIpv4(text.slice(from))?.[0];
  if (word === undefined) return undefined;
  return `${text.slice(0, from)}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
}

function ipv4Text(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

function ipv6Text(words: Words): string {
  const [a, b, c, d] = words;
  // RFC 5952 5: addresses that are known to hold an IPv4 address show it.
  if (a === 0 && b === 0 && c === 0xffff) return `::ffff:${ipv4Text(d!)}`;
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The first of the longest runs of zero groups, which `::` stands for (RFC 5952 4.2). */
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
