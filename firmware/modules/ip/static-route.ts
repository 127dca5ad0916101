/** Static routes of the configuration as candidates: next hops of one distance and tag are one route (ECMP). */
import type { Context } from 'hitless/runtime';
import { isSame } from '../difference.ts';
import { parseAddress } from './prefix.ts';
import { type Offered, offer, withdraw } from './rib.ts';
import {
  type CandidateType,
  type Config,
  type Hop,
  MAIN_TABLE,
  NOWHERE,
  prefixKey,
  type State,
  type StaticHop,
} from './state.ts';

type Hops = Readonly<Record<string, StaticHop>>;

/** The difference that another configuration makes, by key of the prefix. */
export interface StaticDifference {
  /** Those that are new or otherwise. */
  readonly put: readonly (readonly [key: string, hops: Hops])[];
  readonly removed: readonly string[];
}

/** Compares two configurations: a route that is in both as it was is not named. */
export function staticDifference(before: Config, after: Config): StaticDifference {
  const was = staticRoutes(before);
  const is = staticRoutes(after);
  return {
    put: [...is].filter(([key, hops]) => !isSame(was.get(key), hops)),
    removed: [...was.keys()].filter((key) => !is.has(key)),
  };
}

/** Puts a difference in force. */
export function changeStatic(state: State, { put, removed }: StaticDifference, ctx: Context): void {
  for (const key of removed) keepOnly(state, key, [], ctx);
  for (const [key, hops] of put) {
    const candidates = candidatesOf(hops);
    keepOnly(state, key, candidates, ctx);
    for (const candidate of candidates) offer(state, key, candidate, ctx);
  }
}

/** Offers all that are configured. What is there already stays as it is. */
export function offerStatic(state: State, ctx: Context): void {
  changeStatic(state, { put: [...staticRoutes(state.config)], removed: [] }, ctx);
}

/** The candidates of one prefix. */
export function candidatesOf(hops: Hops): Offered[] {
  const candidates = new Map<string, Offered>();
  for (const [name, { distance, tag, weight, interface: on }] of Object.entries(hops)) {
    const type = (NOWHERE.includes(name) ? name : 'unicast') as CandidateType;
    const id = tag === undefined ? `${distance}` : `${distance} tag ${tag}`;
    const hop = type === 'unicast' ? [hopOf(name, on, weight)] : [];
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

function hopOf(name: string, on: string | undefined, weight: number): Hop {
  const weighted = weight === 1 ? {} : { weight };
  // Names of interfaces may have dots, too.
  if (parseAddress(name) === undefined) return { interface: name, ...weighted };
  return { gateway: name, ...(on !== undefined && { interface: on }), ...weighted };
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
