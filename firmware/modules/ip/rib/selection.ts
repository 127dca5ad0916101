/**
 * Which candidate of a prefix is selected: of those whose next hops can be reached the one with the lowest distance, then
 * metric. What the kernel has by itself comes first where it does so in the kernel, too: connected routes, and routes of
 * other programs with a lower metric than ours. So what is selected is what carries the packets.
 */
import type { Context } from 'hitless/runtime';
import { leftOutText, lineDue } from '../../limited-log.ts';
import { covers, lengthOf, parseAddress, parsePrefix } from '../../prefix.ts';
import type { IpAgenda } from '../agenda.ts';
import {
  type Candidate,
  candidateKey,
  type FibRoute,
  type Hop,
  MAIN_TABLE,
  type NextHop,
  type Prefix,
  prefixOfKey,
  type ResolvedHop,
  type State,
  sameHops,
  tableOfKey,
} from '../state.ts';
import { inOrder, MOST_HOPS, wake } from './rib.ts';
import { OWN_METRIC } from './route-record.ts';

/** Of a next hop in the kernel. */
const MOST_WEIGHT = 256;
/** Distance of a candidate that is kept and not used, as in FRR. */
const NEVER = 255;
const NO_HOPS: readonly ResolvedHop[] = [];
/** Of weights, before they are scaled to what the kernel takes. */
const MOST_UNIT = 2 ** 24;

/** A candidate that can be used, with where it leads. */
interface Usable {
  candidate: Candidate;
  hops: readonly ResolvedHop[];
  depth: number;
}

/** A next hop that can be used. */
interface Found {
  hop: Hop;
  way: Readonly<NextHop>;
}

/**
 * Selects anew: the prefix is not dirty any more. Next hops over the prefix are looked for again when it leads elsewhere.
 * @param ways where lists of next hops lead, as far as it is known: while no next hop changes
 * @returns the route that is wanted in the kernel; undefined where none is
 */
export function select(
  state: State,
  key: string,
  agenda: IpAgenda,
  ways: Ways = new Map(),
): FibRoute | undefined {
  const row = state.rib.get(key);
  if (row === undefined) return undefined;
  let best: Usable | undefined;
  let ours: Usable | undefined;
  for (const candidate of row.candidates) {
    const usable = usableOf(state, key, candidate, ways);
    if (usable === undefined) continue;
    if (best === undefined || compare(candidate, best.candidate) < 0) best = usable;
    if (candidate.direct === undefined && (ours === undefined || compare(candidate, ours.candidate) < 0))
      ours = usable;
  }
  put(state, key, row, best, agenda);
  if (ours === undefined) return undefined;
  if (!mayInstall(row.candidates)) {
    if (!row.candidates.some(isConnected)) agenda.heldBack(key, ours.candidate.source);
    return undefined;
  }
  return { type: ours.candidate.type, hops: ours.hops };
}

/** By a candidate's list of next hops: what several of them come to. Many prefixes share one. */
export type Ways = Map<Candidate['hops'], readonly ResolvedHop[]>;

/** The next hops of a candidate that can be used, as the kernel takes them; undefined where none can. */
export function usableOf(
  state: State,
  key: string,
  candidate: Candidate,
  ways: Ways = new Map(),
): Usable | undefined {
  if (candidate.direct !== undefined) return { candidate, hops: candidate.direct, depth: 0 };
  if (candidate.distance >= NEVER) return undefined;
  if (candidate.type !== 'unicast') return { candidate, hops: NO_HOPS, depth: 0 };
  const found: Found[] = [];
  let depth = 0;
  for (const hop of candidate.hops) {
    const way = state.nextHops.get(hop.key);
    if (way?.state !== 'reachable' || isOverItself(key, hop, way)) continue;
    found.push({ hop, way });
    depth = Math.max(depth, way.depth);
  }
  const [first] = found;
  if (first === undefined) return undefined;
  // Almost all have one next hop: the list is shared then.
  if (found.length === 1 && (first.hop.weight ?? 1) === 1)
    return { candidate, hops: first.way.resolved, depth };
  const isWhole = found.length === candidate.hops.length;
  const hops = (isWhole ? ways.get(candidate.hops) : undefined) ?? together(found);
  if (isWhole) ways.set(candidate.hops, hops);
  return { candidate, hops, depth };
}

/** Lower comes first. */
export function compare(one: Candidate, other: Candidate): number {
  return (
    rankOf(one) - rankOf(other) ||
    one.metric - other.metric ||
    (candidateKey(one) < candidateKey(other) ? -1 : 1)
  );
}

function rankOf({ source, direct, metric, distance }: Candidate): number {
  if (direct === undefined) return distance;
  if (source === 'connected') return -2;
  return metric <= OWN_METRIC ? -1 : 256;
}

/** A connected prefix is the kernel's own. Another program's route with our metric would be overwritten. */
export function mayInstall(candidates: readonly Candidate[]): boolean {
  return candidates.every(
    (candidate) =>
      candidate.direct === undefined || (!isConnected(candidate) && candidate.metric !== OWN_METRIC),
  );
}

function isConnected({ source }: Candidate): boolean {
  return source === 'connected';
}

/** Tells of a route that another program's with our metric keeps out of the kernel. */
export function tellHeldBack(state: State, key: string, source: string, ctx: Context): void {
  state.lines ??= new Map();
  const due = lineDue(state.lines, 'heldBack', key, ctx.now());
  if (due === undefined) return;
  const table = tableOfKey(key) === MAIN_TABLE ? '' : ` of table ${tableOfKey(key)}`;
  ctx.log(
    'warn',
    `${prefixOfKey(key)}${table} (${source}) is not installed: another program has a route there with metric ${OWN_METRIC}, which is ours; it is installed when that one is gone${leftOutText(due)}`,
  );
}

/**
 * A route whose own prefix has its next hop in it needs a longer one that leads there. Without this rule it would lead
 * over itself once it is there, and come and go for ever.
 */
function isOverItself(key: string, { gateway }: Hop, { via }: Readonly<NextHop>): boolean {
  if (gateway === undefined || via === undefined || lengthOf(via) > lengthOf(key)) return false;
  const prefix = parsePrefix(prefixOfKey(key));
  const address = parseAddress(gateway);
  return prefix !== undefined && address !== undefined && covers(prefix, address);
}

/**
 * One list of what several next hops come to, each link's neighbour once, in one order. What leads over several links has
 * its weight divided among them.
 */
function together(found: readonly Found[]): readonly ResolvedHop[] {
  const hops = new Map<string, ResolvedHop>();
  const unit = found.reduce((least, { way }) => commonMultiple(least, sumOf(way.resolved)), 1);
  let most = 0;
  for (const { hop, way } of found) {
    const part = ((hop.weight ?? 1) * unit) / sumOf(way.resolved);
    for (const resolved of way.resolved) {
      const id = `${resolved.gateway ?? ''} ${resolved.interface}`;
      const weight = (hops.get(id)?.weight ?? 0) + resolved.weight * part;
      hops.set(id, { ...resolved, weight });
      most = Math.max(most, weight);
    }
  }
  const [only] = hops.values();
  if (hops.size === 1) return [{ ...only!, weight: 1 }];
  const scale = Math.min(1, MOST_WEIGHT / most);
  const whole = [...hops.values()].map((hop) => ({
    ...hop,
    weight: Math.max(1, Math.round(hop.weight * scale)),
  }));
  return inOrder(whole).slice(0, MOST_HOPS);
}

function sumOf(hops: readonly ResolvedHop[]): number {
  return hops.reduce((sum, { weight }) => sum + weight, 0);
}

/** The least common multiple; the first number where that would be too much to be exact. */
function commonMultiple(one: number, other: number): number {
  let [greater, lesser] = [one, other];
  while (lesser > 0) [greater, lesser] = [lesser, greater % lesser];
  const multiple = (one / greater) * other;
  return multiple <= MOST_UNIT ? multiple : one;
}

function put(
  state: State,
  key: string,
  row: Readonly<Prefix>,
  best: Usable | undefined,
  agenda: IpAgenda,
): void {
  const id = best && candidateKey(best.candidate);
  const hops = best?.hops ?? NO_HOPS;
  const depth = best?.depth ?? 0;
  if (row.best === id && sameHops(row.hops, hops) && row.depth === depth) {
    // The same way with another metric or tag matters to those to whom it is redistributed.
    if (best !== undefined && best.candidate.since >= (row.dirty ?? Number.POSITIVE_INFINITY))
      tell(state, key, agenda);
    state.rib.update(key, (draft) => {
      draft.dirty = undefined;
    });
    return;
  }
  state.rib.update(key, (draft) => {
    draft.best = id;
    draft.hops = hops;
    draft.depth = depth;
    draft.dirty = undefined;
  });
  wake(state, key);
  tell(state, key, agenda);
}

/** Almost always there is nobody to whom it matters. */
function tell({ subscriptions, prefixTrackers }: State, key: string, agenda: IpAgenda): void {
  if (subscriptions.size + prefixTrackers.size > 0) agenda.selected(key);
}
