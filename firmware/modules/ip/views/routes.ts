/** `show ip route` and `show ipv6 route`, in the form of FRR: a line for each next hop. */
import type { ManifestView } from 'hitless/runtime';
import { type RowSteps, Rows } from '../../rows.ts';
import {
  type Candidate,
  type Hop,
  hopKey,
  MAIN_TABLE,
  type Prefix,
  prefixOfKey,
  type ResolvedHop,
  type State,
  tableOfKey,
} from '../state.ts';
import { keysInOrder } from './prefixes.ts';
import { CODES, NAMES, type NotShown, OFFERS, type Query, readQuery } from './query.ts';
import { type InKernel, type Standing, standingsOf } from './standing.ts';

export const TAKES = [
  {
    name: NAMES[0],
    description: 'a prefix, an address (its longest match), a source, longer-prefixes, table or vrf',
    optional: true,
    offers: OFFERS,
  },
  {
    name: NAMES[1],
    description: 'a prefix or a table, where one is to follow; or a further wish',
    optional: true,
  },
  { name: NAMES[2], description: 'a further wish', optional: true },
  { name: NAMES[3], description: 'its prefix or table', optional: true },
];

const LEGEND = [
  'Codes: K - kernel route, C - connected, S - static, R - RIP,',
  '       O - OSPF, I - IS-IS, B - BGP, A - Babel, ? - others, u - of an earlier start,',
  '       > - selected route, * - FIB route, q - queued, r - rejected',
];

const SUMMARY = [
  { key: 'source', title: 'SOURCE' },
  { key: 'routes', title: 'ROUTES' },
  { key: 'selected', title: 'SELECTED' },
  { key: 'installed', title: 'FIB' },
  { key: 'rejected', title: 'REJECTED' },
];

/** Those with more words go first: the others take any word behind theirs. */
export const routeViews = {
  routeSummary: {
    words: 'ip route summary',
    description: 'how many IPv4 routes there are of each source, and in the kernel',
    takes: TAKES,
    request: 'showRouteSummary',
    columns: SUMMARY,
  },
  routes: {
    words: 'ip route',
    description: 'IPv4 routes in the form of FRR: all, or of a prefix, a source, a table',
    takes: TAKES,
    request: 'showRoutes',
    lines: 'lines',
    legend: LEGEND,
    none: 'no such routes',
  },
  routeSummary6: {
    words: 'ipv6 route summary',
    description: 'how many IPv6 routes there are of each source, and in the kernel',
    takes: TAKES,
    request: 'showRouteSummary6',
    columns: SUMMARY,
  },
  routes6: {
    words: 'ipv6 route',
    description: 'IPv6 routes in the form of FRR: all, or of a prefix, a source, a table',
    takes: TAKES,
    request: 'showRoutes6',
    lines: 'lines',
    legend: LEGEND,
    none: 'no such routes',
  },
} satisfies Record<string, ManifestView>;

/** A route as a program is told it; `lines` is for people. Times are in ms. */
export interface RouteView {
  prefix: string;
  table: number;
  source: string;
  selected: boolean;
  inKernel: InKernel;
  distance: number;
  metric: number;
  tag?: number;
  type: Candidate['type'];
  age?: number;
  hops: HopView[];
  /** Why it is not selected. */
  why?: string;
  /** The kernel's words. */
  refusal?: string;
  lines: string[];
}

export interface HopView {
  gateway?: string;
  interface?: string;
  weight?: number;
  onLink?: true;
  /** In the kernel. */
  installed: boolean;
  /** Why it cannot be used. */
  inactive?: string;
  /** It leads over another route, so in the kernel are these. */
  over?: HopView[];
}

/** @param now of the request, for ages */
export function routeRows(state: State, family: 4 | 6, body: unknown, now: number): Rows | NotShown {
  const query = readQuery(state, family, body);
  if ('refused' in query) return query;
  return new Rows((rows) => each(state, query, rows, (key, row) => viewsOf(state, key, row, query, now)));
}

export function routeSummary(state: State, family: 4 | 6, body: unknown): Rows | NotShown {
  const query = readQuery(state, family, body);
  if ('refused' in query) return query;
  return new Rows(() => summed(state, query));
}

/** Walks the prefixes of a query in order; a prefix that went meanwhile is left out. */
export function* each(
  state: State,
  query: Query,
  rows: Rows,
  make: (key: string, row: Readonly<Prefix>) => object[],
): RowSteps {
  const keys = query.keys ?? (yield* keysInOrder(state, query));
  rows.size = keys.length;
  for (const key of keys) {
    const row = state.rib.get(key);
    const made = row === undefined ? [] : make(key, row);
    rows.size += made.length - 1;
    if (made.length === 0) yield;
    yield* made;
  }
}

function* summed(state: State, query: Query): RowSteps {
  const sums = new Map<
    string,
    { source: string; routes: number; selected: number; installed: number; rejected: number }
  >();
  const total = { source: 'total', routes: 0, selected: 0, installed: 0, rejected: 0 };
  for (const key of query.keys ?? (yield* keysInOrder(state, query))) {
    const row = state.rib.get(key);
    yield;
    if (row === undefined) continue;
    for (const { candidate, selected, inKernel } of standingsOf(state, key, row)) {
      const { source } = candidate;
      if (query.source !== undefined && source !== query.source) continue;
      const sum = sums.get(source) ?? { ...total, source, routes: 0, selected: 0, installed: 0, rejected: 0 };
      sums.set(source, sum);
      for (const one of [sum, total]) {
        one.routes++;
        if (selected) one.selected++;
        if (inKernel === 'yes') one.installed++;
        if (inKernel === 'refused') one.rejected++;
      }
    }
  }
  yield* sums.values();
  yield total;
}

function viewsOf(
  state: State,
  key: string,
  row: Readonly<Prefix>,
  { source }: Query,
  now: number,
): RouteView[] {
  const views = standingsOf(state, key, row)
    .filter(({ candidate }) => source === undefined || candidate.source === source)
    .map((standing) => viewOf(state, key, row, standing, now));
  return row.candidates.length === 0 && source === undefined ? unclaimed(state, key, row) : views;
}

function viewOf(
  state: State,
  key: string,
  row: Readonly<Prefix>,
  standing: Standing,
  now: number,
): RouteView {
  const { candidate, selected, inKernel, why, refusal } = standing;
  const { source, distance, metric, tag, type, since } = candidate;
  const facts = {
    prefix: prefixOfKey(key),
    table: tableOfKey(key),
    source,
    selected,
    inKernel,
    distance,
    metric,
    ...(tag !== undefined && { tag }),
    type,
    age: Math.max(0, Math.round(now - since)),
    hops: hopsOf(state, key, row, standing),
    ...(why !== '' && { why }),
    ...(refusal !== '' && { refusal }),
  };
  return { ...facts, lines: linesOf(facts) };
}

/** Was found in the kernel, and nobody has claimed it yet. */
function unclaimed(state: State, key: string, { fib }: Readonly<Prefix>): RouteView[] {
  if (fib === undefined) return [];
  const facts = {
    prefix: prefixOfKey(key),
    table: tableOfKey(key),
    source: 'unclaimed',
    selected: false,
    inKernel: 'yes' as const,
    distance: 0,
    metric: 0,
    type: fib.type,
    hops: fib.hops.map((hop) => resolvedView(state, hop, true)),
  };
  return [{ ...facts, lines: linesOf(facts) }];
}

function hopsOf(
  state: State,
  key: string,
  { fib }: Readonly<Prefix>,
  { candidate, inKernel }: Standing,
): HopView[] {
  const isIn = (hop: ResolvedHop) =>
    candidate.direct !== undefined ||
    ((inKernel === 'yes' || inKernel === 'refused') &&
      fib?.hops.some((other) => isSamePlace(hop, other)) === true);
  if (candidate.direct !== undefined) return candidate.direct.map((hop) => resolvedView(state, hop, true));
  return candidate.hops.map((hop) => {
    const way = state.nextHops.get(hopKey(tableOfKey(key), hop));
    const { gateway, interface: name, weight = 1, onLink } = hop;
    const wanted = {
      ...(gateway !== undefined && { gateway }),
      ...(name !== undefined && { interface: name }),
      weight,
      ...(onLink && { onLink }),
    };
    if (way?.state !== 'reachable')
      return { ...wanted, installed: false, inactive: way?.state ?? 'not looked for yet' };
    const [first] = way.resolved;
    if (isItself(hop, way.resolved)) return { ...resolvedView(state, first!, isIn(first!)), weight };
    return {
      ...wanted,
      installed: false,
      over: way.resolved.map((each) => resolvedView(state, each, isIn(each))),
    };
  });
}

/** The kernel has the same next hop, perhaps with another share. */
function isSamePlace(one: ResolvedHop, other: ResolvedHop): boolean {
  return one.gateway === other.gateway && one.interface === other.interface;
}

/** The next hop is a neighbour, and not over another route. */
function isItself({ gateway }: Hop, resolved: readonly ResolvedHop[]): boolean {
  return resolved.length === 1 && resolved[0]!.gateway === gateway;
}

function resolvedView(
  state: State,
  { gateway, interface: index, weight, onLink }: ResolvedHop,
  installed: boolean,
): HopView {
  return {
    ...(gateway !== undefined && { gateway }),
    interface: state.links.get(index)?.link.name ?? `link ${index}`,
    weight,
    ...(onLink && { onLink }),
    installed,
  };
}

const NOWHERE: Readonly<Record<string, string>> = {
  blackhole: 'unreachable (blackhole)',
  unreachable: 'unreachable (ICMP unreachable)',
  prohibit: 'unreachable (ICMP admin-prohibited)',
};

/** As FRR writes it, with the tag, and the table where it is not the main one. */
function linesOf(view: Omit<RouteView, 'lines'>): string[] {
  const { prefix, table, source, selected, distance, metric, tag, type, age, hops, refusal } = view;
  const code = source === 'unclaimed' ? 'u' : (CODES[source] ?? '?');
  const isDirect = source === 'connected' || source === 'unclaimed';
  const isOurs = !isDirect && source !== 'kernel';
  const begin = ` ${prefix}${isDirect ? '' : ` [${distance}/${metric}]`}`;
  const end = [
    ...(tag === undefined ? [] : [`tag ${tag}`]),
    ...(table === MAIN_TABLE ? [] : [`table ${table}`]),
    ...(age === undefined ? [] : [ageText(age)]),
  ];
  const line = (hop: HopView | undefined, place: string, depth: number) => {
    const weight = isOurs ? [`weight ${hop?.weight ?? 1}`] : [];
    return [
      `${place}${' '.repeat(2 * depth)} ${hop === undefined ? NOWHERE[type] : hopText(hop)}`,
      ...weight,
      ...end,
    ].join(', ');
  };
  const first = `${code}${selected ? '>' : ' '}`;
  const flat = hops.flatMap((hop) => [
    { hop, depth: 0 },
    ...(hop.over ?? []).map((over) => ({ hop: over, depth: 1 })),
  ]);
  const nowhere = type === 'unicast' ? [] : [line(undefined, `${first}${mark(view, undefined)}${begin}`, 0)];
  const lines = flat.map(({ hop, depth }, i) =>
    line(
      hop,
      i === 0 ? `${first}${mark(view, hop)}${begin}` : `  ${mark(view, hop)}${' '.repeat(begin.length)}`,
      depth,
    ),
  );
  return [
    ...nowhere,
    ...lines,
    ...(refusal === undefined ? [] : [`      rejected by the kernel: ${refusal}`]),
  ];
}

function mark({ inKernel }: Pick<RouteView, 'inKernel'>, hop: HopView | undefined): string {
  if (hop?.over !== undefined || hop?.inactive !== undefined) return ' ';
  if (hop?.installed ?? inKernel === 'yes') return '*';
  return inKernel === 'refused' ? 'r' : inKernel === 'waiting' ? 'q' : ' ';
}

function hopText({ gateway, interface: name, onLink, inactive, over }: HopView): string {
  const way = gateway === undefined ? `is directly connected, ${name}` : `via ${gateway}`;
  if (over !== undefined) return `${way} (recursive)`;
  const on = gateway === undefined || name === undefined ? '' : `, ${name}`;
  return `${way}${on}${onLink ? ' onlink' : ''}${inactive === undefined ? '' : ` inactive (${inactive})`}`;
}

/** FRR's form: `00:00:04`, `1d02h03m`, `01w2d03h`. */
function ageText(ms: number): string {
  const s = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [minutes, hours, days] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86_400)];
  if (days >= 7) return `${two(Math.floor(days / 7))}w${days % 7}d${two(hours % 24)}h`;
  if (days >= 1) return `${days}d${two(hours % 24)}h${two(minutes % 60)}m`;
  return `${two(hours)}:${two(minutes % 60)}:${two(s % 60)}`;
}
