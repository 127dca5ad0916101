/** Address ranges (3.5, 12.4.3): which of an area's networks are condensed, and at which cost. */
import { toNumber } from '../../address.ts';
import { areaConfigOf } from '../selectors.ts';
import type { Id, RangeCost, State } from '../state.ts';
import { longestOf, type PrefixKey, parseKey, prefixText } from './prefix.ts';

/** The configured ranges of an area, or, of an NSSA, those of its LSAs of type 7. */
export function rangesOf(state: State, area: Id, kind: 'ranges' | 'nssaRanges' = 'ranges'): PrefixKey[] {
  return Object.keys(areaConfigOf(state, area)[kind]).map(parseKey);
}

/** By area, those that have some. */
export function allRanges(state: State, kind: 'ranges' | 'nssaRanges' = 'ranges'): Map<Id, PrefixKey[]> {
  const all = new Map<Id, PrefixKey[]>();
  for (const [area, config] of Object.entries(state.config.areas)) {
    const ranges = Object.keys(config[kind]).map(parseKey);
    if (ranges.length > 0) all.set(toNumber(area), ranges);
  }
  return all;
}

/** The key of a range in the state. */
export function rangeKey(area: Id, range: PrefixKey): string {
  return `${area} ${prefixText(range)}`;
}

export function nssaRangeKey(area: Id, range: PrefixKey): string {
  return `nssa ${area} ${prefixText(range)}`;
}

/** Counts a network in. */
export function addToRange(ranges: Map<string, RangeCost>, key: string, cost: number): void {
  const known = ranges.get(key);
  ranges.set(key, { cost: Math.max(known?.cost ?? 0, cost), networks: (known?.networks ?? 0) + 1 });
}

/** The range of an area in which an intra-area network is, if any. */
export function rangeOfNetwork(state: State, area: Id, network: PrefixKey): PrefixKey | undefined {
  return longestOf(rangesOf(state, area), network);
}
