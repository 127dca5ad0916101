/**
 * Static routes of the configuration as candidates: next hops of one distance and tag are one route (ECMP). There may be
 * many, so what is to be offered is put down, and work.ts does it in turns.
 */
import type { Context } from 'hitless/runtime';
import { isSame } from '../../difference.ts';
import { parseAddress } from '../../prefix.ts';
import {
  type CandidateHop,
  type CandidateType,
  type Config,
  type Hop,
  hopKey,
  MAIN_TABLE,
  NOWHERE,
  type Offered,
  prefixKey,
  prefixOfKey,
  type State,
  type StaticHop,
  tableOfKey,
} from '../state.ts';
import { offer, withdraw } from './rib.ts';

type Hops = Readonly<Record<string, StaticHop>>;

/** Prefixes of one row of `statics`, which are offered in one go. */
const MOST_AT_ONCE = 16;

/** Compares two configurations. @returns keys of the prefixes whose routes are new, otherwise, or gone */
export function staticDifference(before: Config, after: Config): string[] {
  const was = staticRoutes(before);
  const is = staticRoutes(after);
  const gone = [...was.keys()].filter((key) => !is.has(key));
  const other = [...is].flatMap(([key, hops]) => (isSame(was.get(key), hops) ? [] : [key]));
  return [...gone, ...other];
}

/** Has the routes to these prefixes offered as they are configured by then, or withdrawn. */
export function changeStatic({ statics }: State, keys: readonly string[]): void {
  let row = 0;
  for (const last of statics.keys()) row = last;
  for (let at = 0; at < keys.length; at += MOST_AT_ONCE)
    statics.set(++row, keys.slice(at, at + MOST_AT_ONCE));
}

/** Has all offered that are configured. What is there already stays as it is. */
export function offerStatic(state: State): void {
  changeStatic(state, [...staticRoutes(state.config).keys()]);
}

/** Offers the next of those that were put down. @returns how many; 0 when there is none */
export function offerSome(state: State, ctx: Context): number {
  for (const [row, keys] of state.statics) {
    state.statics.delete(row);
    for (const key of keys) offerOne(state, key, ctx);
    return keys.length;
  }
  return 0;
}

function offerOne(state: State, key: string, ctx: Context): void {
  const candidates = candidatesOf(tableOfKey(key), configured(state.config, key) ?? {});
  keepOnly(state, key, candidates, ctx);
  for (const candidate of candidates) offer(state, key, candidate, ctx);
}

function configured({ routes, tables }: Config, key: string): Hops | undefined {
  const table = tableOfKey(key);
  const prefix = prefixOfKey(key);
  if (table === MAIN_TABLE) return routes[prefix];
  return Object.values(tables).find(({ number }) => number === table)?.routes[prefix];
}

/** The candidates of one prefix. */
export function candidatesOf(table: number, hops: Hops): Offered[] {
  const candidates = new Map<string, Offered>();
  for (const [name, { distance, tag, weight, interface: on }] of Object.entries(hops)) {
    const type = (NOWHERE.includes(name) ? name : 'unicast') as CandidateType;
    const id = tag === undefined ? `${distance}` : `${distance} tag ${tag}`;
    const hop = type === 'unicast' ? [hopOf(table, name, on, weight)] : [];
    const before = candidates.get(id);
    candidates.set(id, {
      source: 'static',
      id,
      distance,
      metric: 0,
      ...(tag !== undefined && { tag }),
      type,
      hops: [...(before?.hops ?? []), ...hop],
    });
  }
  return [...candidates.values()];
}

function hopOf(table: number, name: string, on: string | undefined, weight: number): CandidateHop {
  const weighted = weight === 1 ? {} : { weight };
  // Names of interfaces may have dots, too.
  const hop: Hop =
    parseAddress(name) === undefined
      ? { interface: name }
      : { gateway: name, ...(on !== undefined && { interface: on }) };
  return { key: hopKey(table, hop), ...hop, ...weighted };
}

function keepOnly(state: State, key: string, candidates: readonly Offered[], ctx: Context): void {
  const ids = candidates.map(({ id }) => id);
  for (const { source, id } of state.rib.get(key)?.candidates ?? [])
    if (source === 'static' && !ids.includes(id)) withdraw(state, key, source, id, ctx);
}

function staticRoutes({ routes, tables }: Config): Map<string, Hops> {
  const all = [{ number: MAIN_TABLE, routes }, ...Object.values(tables)];
  return new Map(
    all.flatMap(({ number, routes: some }) =>
      Object.entries(some).map(([prefix, hops]) => [prefixKey(number, prefix), hops] as const),
    ),
  );
}
