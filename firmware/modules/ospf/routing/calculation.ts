/**
 * A whole calculation, or that of other leaves, as work in steps that writes nothing of the state (16). LSAs that change
 * meanwhile may be met or not: they are due again.
 */

import type { VirtualWay } from '../agenda.ts';
import { BACKBONE } from '../constants.ts';
import { ageOf, areaScope, findLsa, keyOf, lsasOf } from '../lsdb/lsdb.ts';
import { areaConfigOf } from '../selectors.ts';
import type { Id, State } from '../state.ts';
import { computeArea, ownAddresses } from './area-view.ts';
import { indexLeaf, type Leaf, type LeafIndex, newLeafIndex } from './leaves.ts';
import type { PathInput } from './paths.ts';
import type { PrefixKey } from './prefix.ts';
import { allRanges } from './ranges.ts';
import { hasBackbone, isAreaBorder, isAttached, isTransitCapable } from './role.ts';
import type { AreaTree } from './spf.ts';
import { computeTable, type RouteTable } from './table.ts';
import type { Working } from './working.ts';

type Work<Result = void> = Generator<undefined, Result, undefined>;

/** LSAs between two yields. */
const SOME = 64;

export interface WholeResult {
  readonly input: PathInput;
  readonly table: RouteTable;
  /** External routes that were computed; absent: all of them. */
  readonly externals?: ReadonlySet<PrefixKey>;
  /** By key of a virtual link: how its other end is reached, if it is. */
  readonly ways: ReadonlyMap<string, VirtualWay | undefined>;
  /** Areas whose trees were computed. */
  readonly computed: readonly Id[];
}

/** Trees that are due, and those that are not there, then the table. @param due areas; undefined: all of them */
export function* computeWhole(
  state: State,
  working: Working,
  due: readonly Id[] | undefined,
  now: number,
): Work<WholeResult> {
  const { ways, computed } = yield* computeTrees(state, working, due, now);
  const leaves = yield* computeIndex(state, working, now);
  const known = leaves && working.result && { ...working.result, leaves };
  const activeRanges = new Set<PrefixKey>();
  const input = { ...inputOf(state, working.byArea, working.index!), activeRanges };
  const ranges = input.isBorder ? allRanges(state) : new Map<Id, PrefixKey[]>();
  return { input, ...(yield* computeTable(input, ranges, known)), ways, computed };
}

/** Transit areas come before the backbone: next hops of virtual links come out of them. */
function* computeTrees(
  state: State,
  working: Working,
  due: readonly Id[] | undefined,
  now: number,
): Work<Pick<WholeResult, 'ways' | 'computed'>> {
  const computed: Id[] = [];
  const ways = new Map<string, VirtualWay | undefined>();
  const attached = [...state.areas.keys()].filter((area) => isAttached(state, area));
  attached.sort((one, other) => other - one);
  for (const area of working.byArea.keys()) if (!attached.includes(area)) working.byArea.delete(area);
  const links = [...state.interfaces.values()].filter(({ virtual }) => virtual !== undefined);
  for (const { key } of links) ways.set(key, undefined);
  for (const area of attached) {
    const isEnd = links.some(({ virtual }) => area === BACKBONE || virtual?.area === area);
    if (due !== undefined && !due.includes(area) && working.byArea.has(area) && !isEnd) continue;
    const result = yield* computeArea(state, area, working.byArea, now);
    working.byArea.set(area, result.tree);
    computed.push(area);
    for (const [key, way] of result.ways) ways.set(key, way);
  }
  return { ways, computed };
}

/** All leaves, where there is no index; else those that are others since, which are returned. */
function* computeIndex(state: State, working: Working, now: number): Work<Leaf[] | undefined> {
  if (working.index !== undefined) return yield* takeLeaves(state, working.index, now);
  const index = newLeafIndex();
  // Those that change from here on are taken with the next calculation.
  state.leaves.clear();
  let done = 0;
  for (const scope of ['as', ...[...state.areas.keys()].map(areaScope)]) {
    for (const lsa of lsasOf(state, scope)) {
      indexLeaf(index, keyOf(lsa), lsa, ageOf(lsa, now), state.routerId);
      if (++done % SOME === 0) yield;
    }
  }
  working.index = index;
  return undefined;
}

/** An LSA of type 3, 4, 5 or 7 is another. */
export function leafChanged(state: State, key: string): void {
  if (!state.leaves.has(key)) state.leaves.set(key, true);
}

/** Puts LSAs that are others into the index. @returns the leaves of before and now */
export function* takeLeaves(state: State, index: LeafIndex, now: number): Work<Leaf[]> {
  const touched: Leaf[] = [];
  let done = 0;
  for (const key of state.leaves.keys()) {
    state.leaves.delete(key);
    const lsa = findLsa(state, key);
    touched.push(...indexLeaf(index, key, lsa, lsa === undefined ? 0 : ageOf(lsa, now), state.routerId));
    if (++done % SOME === 0) yield;
  }
  return touched;
}

function inputOf(
  state: State,
  trees: ReadonlyMap<Id, AreaTree>,
  index: LeafIndex,
): Omit<PathInput, 'activeRanges'> {
  const areas = [...trees.keys()];
  const isBorder = isAreaBorder(state);
  return {
    routerId: state.routerId,
    maximumPaths: state.config.maximumPaths,
    trees: new Map(trees),
    index,
    isBorder,
    summaryAreas: isBorder && hasBackbone(state) ? [BACKBONE] : areas,
    transitAreas: isBorder ? areas.filter((area) => area !== BACKBONE && trees.get(area)!.transit) : [],
    capable: new Set(areas.filter((area) => isTransitCapable(state, area))),
    withoutSummaries: new Set(areas.filter((area) => !areaConfigOf(state, area).summaries)),
    own: ownAddresses(state),
  };
}
