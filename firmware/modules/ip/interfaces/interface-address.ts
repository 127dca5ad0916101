/** Addresses of interfaces with the length of their network's prefix, IPv4 and IPv6, in the form in which the kernel has them. */
import {
  addressText,
  hasHostBits,
  isLinkLocal as isLinkLocalWords,
  isMulticast,
  parsePrefix,
  type Words,
} from '../../prefix.ts';
import type { Address } from './interface-record.ts';

export type { Address } from './interface-record.ts';

/** Reads `10.0.1.1/24` or `fd00:1::1/64`; undefined for what is no such address. */
export function readAddress(text: string): Address | undefined {
  const read = parsePrefix(text);
  if (read === undefined || read.length === 0) return undefined;
  const { words, length } = read;
  return { family: words.length === 1 ? 4 : 6, address: addressText(words), prefixLength: length };
}

/** `10.0.1.1/24`; the same text for the same address. */
export function textOf({ address, prefixLength }: Address): string {
  return `${address}/${prefixLength}`;
}

/** All ones behind the prefix; IPv6 has none, nor has a network of two addresses or one (RFC 3021). */
export function broadcastOf(address: Address): string | undefined {
  const { family, prefixLength } = address;
  if (family === 6 || prefixLength > 30) return undefined;
  return addressText([(wordsOf(address)[0]! | hostMask(prefixLength)) >>> 0]);
}

export function isLinkLocal(address: Address): boolean {
  return isLinkLocalWords(wordsOf(address));
}

/** Why no interface of a router can have this address; undefined where it can. @param loopback it is for the loopback */
export function whyNotOfInterface(address: Address, loopback: boolean): string | undefined {
  const { family, prefixLength } = address;
  const words = wordsOf(address);
  const reserved = family === 6 ? reserved6(words) : reserved4(words[0]!, loopback);
  if (reserved !== undefined) return reserved;
  if (prefixLength >= (family === 6 ? 127 : 31)) return undefined;
  // RFC 4291 2.6.1: every router of the network has this one already.
  if (!hasHostBits({ words, length: prefixLength }))
    return family === 6 ? "the network's anycast address (RFC 4291 2.6.1)" : "the network's own address";
  return address.address === broadcastOf(address) ? "the network's broadcast address" : undefined;
}

/** RFC 1122 3.2.1.3. */
function reserved4(word: number, loopback: boolean): string | undefined {
  const first = word >>> 24;
  if (first === 0) return 'of 0.0.0.0/8, "this network"';
  if (first === 127 && !loopback) return 'of 127.0.0.0/8, which is for the loopback';
  return first >= 224 ? 'a multicast or reserved address' : undefined;
}

/** RFC 4291 2.4. */
function reserved6(words: Words): string | undefined {
  if (isMulticast(words)) return 'a multicast address';
  const [a, b, c, d] = words as [number, number, number, number];
  if (a !== 0 || b !== 0) return undefined;
  if (c === 0 && d <= 1) return d === 0 ? 'the unspecified address' : "the loopback's own address";
  return c === 0xffff ? 'an IPv4 address in IPv6 form' : undefined;
}

function wordsOf(address: Address): Words {
  return parsePrefix(textOf(address))!.words;
}

/** @param length at least 1 */
function hostMask(length: number): number {
  return 2 ** (32 - length) - 1;
}
