/** Prefixes as one number each, for maps that are gone through often: address × 64 + length. Text is for the state and people. */
import { maskOf, toAddress, toNumber } from '../../address.ts';
import type { Id } from '../state.ts';

/** A prefix as a number; it sorts by address, then by length. */
export type PrefixKey = number;

/** Undefined where the mask has holes. */
export function prefixKey(address: Id, mask: Id): PrefixKey | undefined {
  const length = Math.clz32(~mask);
  if (maskOf(length) !== mask) return undefined;
  return keyOfLength(address, length);
}

export function keyOfLength(address: Id, length: number): PrefixKey {
  return ((address & maskOf(length)) >>> 0) * 64 + length;
}

export function addressOf(key: PrefixKey): Id {
  return Math.floor(key / 64);
}

export function lengthOf(key: PrefixKey): number {
  return key % 64;
}

export function prefixText(key: PrefixKey): string {
  return `${toAddress(addressOf(key))}/${lengthOf(key)}`;
}

export function parseKey(prefix: string): PrefixKey {
  const slash = prefix.indexOf('/');
  return keyOfLength(toNumber(prefix.slice(0, slash)), Number(prefix.slice(slash + 1)));
}

/** Whether all of a network is in a prefix. */
export function contains(prefix: PrefixKey, network: PrefixKey): boolean {
  const length = lengthOf(prefix);
  return lengthOf(network) >= length && keyOfLength(addressOf(network), length) === prefix;
}

/** The longest of some prefixes that has the network in it. */
export function longestOf(prefixes: readonly PrefixKey[], network: PrefixKey): PrefixKey | undefined {
  let longest: PrefixKey | undefined;
  for (const prefix of prefixes)
    if (contains(prefix, network) && (longest === undefined || lengthOf(prefix) > lengthOf(longest)))
      longest = prefix;
  return longest;
}
