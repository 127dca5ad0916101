/** Sets of next hops: sorted, without doubles, shared between the routes that have the same. */
import type { Hop, Id } from '../state.ts';

/** A list that is compared by what it has, and is never written. */
export type Hops = readonly Hop[];

export const NO_HOPS: Hops = [];

function compareHops(one: Hop, other: Hop): number {
  if (one.iface === other.iface) return one.address - other.address;
  return one.iface < other.iface ? -1 : 1;
}

export function sameHops(one: Hops, other: Hops): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) {
    const hop = one[at]!;
    const theirs = other[at]!;
    if (hop.address !== theirs.address || hop.iface !== theirs.iface) return false;
  }
  return true;
}

/** All of both, at most so many: the first in their order, so that it does not matter which came first. */
export function mergeHops(one: Hops, other: Hops, most: number): Hops {
  if (one === other || other.length === 0) return one;
  if (one.length === 0) return other;
  if (sameHops(one, other)) return one;
  return sortedHops([...one, ...other], most);
}

export function sortedHops(hops: Hop[], most: number): Hops {
  const sorted = hops.sort(compareHops);
  const kept = sorted.filter((hop, at) => at === 0 || compareHops(sorted[at - 1]!, hop) !== 0);
  return kept.length > most ? kept.slice(0, most) : kept;
}

/** On a network that is ours the next hop is the address itself. */
export function hopsTo(hops: Hops, address: Id, most: number): Hops {
  if (hops.every((hop) => hop.address !== 0)) return hops;
  return sortedHops(
    hops.map((hop) => (hop.address === 0 ? { iface: hop.iface, address } : hop)),
    most,
  );
}
