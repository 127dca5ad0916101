/** Translation of LSAs of type 7 into type 5 at the border of an NSSA (RFC 3101 3.1 to 3.3). */

import type { ExternalType } from '../config-record.ts';
import { BACKBONE, LS_EXTERNAL, LS_INFINITY, LS_NSSA, NONE } from '../constants.ts';
import { ROUTER_B, ROUTER_NT } from '../packet/lsa-router.ts';
import { areaConfigOf } from '../selectors.ts';
import type { Area, BorderRoute, Id, RangeCost, State, Translated } from '../state.ts';
import type { ExternalLeaf } from './leaves.ts';
import type { ExternalPath, PathInput } from './paths.ts';
import { longestOf, type PrefixKey, prefixText } from './prefix.ts';
import { nssaRangeKey, rangesOf } from './ranges.ts';

/** TranslatorStabilityInterval: one that was supplanted goes on for so long, in ms. */
export const STABILITY_MS = 40_000;

/** Routes that are looked at between two yields. */
const SOME = 64;

type Borders = ReadonlyMap<Id, readonly BorderRoute[]>;

/** 3.1: whether we are the translator of an NSSA, as trees and routes are now. */
export function electTranslator(
  state: State,
  area: Id,
  { isBorder, trees, capable, routerId }: PathInput,
  borders: Borders,
): Area['translator'] {
  const { type, translate } = areaConfigOf(state, area);
  if (type !== 'nssa' || translate === 'never' || !isBorder) return 'disabled';
  if (translate === 'always') return 'enabled';
  for (const [router, { flags }] of trees.get(area)?.routers ?? []) {
    if (router === routerId || (flags & ROUTER_B) === 0) continue;
    const isBoundary = borders.get(router)?.some((route) => route.asbr && capable.has(route.area)) ?? false;
    if (isBoundary && ((flags & ROUTER_NT) !== 0 || router > routerId)) return 'disabled';
  }
  return 'elected';
}

/** Routes of NSSAs that are told outside of them, and what their ranges have. */
export interface Translation {
  readonly rows: Map<string, Translated>;
  readonly rangeRows: Map<string, RangeCost>;
}

/** 3.2, of the LSAs that routes are made of; it yields so that others have their turn. @param areas those we translate */
export function* translate(
  state: State,
  areas: readonly Id[],
  externals: ReadonlyMap<PrefixKey, ExternalPath>,
  input: PathInput,
  borders: Borders,
): Generator<undefined, Translation, undefined> {
  const into: Translation = { rows: new Map(), rangeRows: new Map() };
  for (const area of areas) {
    const ranges = rangesOf(state, area, 'nssaRanges');
    const config = areaConfigOf(state, area).nssaRanges;
    const inRanges = new Map<PrefixKey, ExternalLeaf[]>();
    let looked = 0;
    for (const { leaves } of externals.values()) {
      for (const leaf of leaves) {
        if (++looked % SOME === 0) yield;
        if (!isTranslatable(leaf, area)) continue;
        const range = longestOf(ranges, leaf.destination);
        if (range === undefined) translateOne(leaf, input, borders, into);
        else if (config[prefixText(range)]?.advertise === true) inRange(inRanges, range).push(leaf);
      }
    }
    for (const [range, leaves] of inRanges) {
      if (leaves.every(({ destination }) => destination === range)) {
        for (const leaf of leaves) translateOne(leaf, input, borders, into);
        continue;
      }
      const { type, metric } = condense(leaves);
      const { tag = 0 } = config[prefixText(range)] ?? {};
      into.rows.set(prefixText(range), { type, metric, forwarding: NONE, tag });
      into.rangeRows.set(nssaRangeKey(area, range), { cost: metric, type, networks: leaves.length });
    }
  }
  return into;
}

function isTranslatable({ type, area, propagate, forwarding }: ExternalLeaf, of: Id): boolean {
  return type === LS_NSSA && area === of && propagate && forwarding !== NONE;
}

function inRange(ranges: Map<PrefixKey, ExternalLeaf[]>, range: PrefixKey): ExternalLeaf[] {
  const leaves = ranges.get(range) ?? [];
  ranges.set(range, leaves);
  return leaves;
}

/** 3.2 (2): unless a translator of a higher router id says the same. */
function translateOne(leaf: ExternalLeaf, input: PathInput, borders: Borders, into: Translation): void {
  if (isSaidBy(leaf, input, borders)) return;
  const key = prefixText(leaf.destination);
  const { metricType: type, metric, forwarding, tag } = leaf;
  const known = into.rows.get(key);
  if (known === undefined || isPreferred({ type, metric, forwarding, tag }, known))
    into.rows.set(key, { type, metric, forwarding, tag });
}

function isSaidBy(leaf: ExternalLeaf, { index, routerId, trees }: PathInput, borders: Borders): boolean {
  return (index.externals.get(leaf.destination) ?? []).some(
    (other) =>
      other.type === LS_EXTERNAL &&
      other.router > routerId &&
      other.metric === leaf.metric &&
      other.metricType === leaf.metricType &&
      other.forwarding === leaf.forwarding &&
      isBorderRouter(trees.get(leaf.area ?? BACKBONE)?.routers.get(other.router)?.flags) &&
      (borders.get(other.router) ?? []).some(({ area, asbr }) => area === BACKBONE && asbr),
  );
}

function isBorderRouter(flags: number | undefined): boolean {
  return flags !== undefined && (flags & ROUTER_B) !== 0;
}

/** One of two areas' tells the network: 16.4 (6b), (6d), then the higher forwarding address. */
export function isPreferred(one: Translated, other: Translated): boolean {
  if (one.type !== other.type) return one.type < other.type;
  return one.metric === other.metric ? one.forwarding > other.forwarding : one.metric < other.metric;
}

/** 3.2 (3) */
function condense(leaves: readonly ExternalLeaf[]): { type: ExternalType; metric: number } {
  const type = leaves.some(({ metricType }) => metricType === 2) ? 2 : 1;
  // One after the other: as arguments they may be too many.
  const most = leaves.reduce(
    (more, { metricType, metric }) => (metricType === type ? Math.max(more, metric) : more),
    0,
  );
  return { type, metric: Math.min(type === 2 ? most + 1 : most, LS_INFINITY - 1) };
}
