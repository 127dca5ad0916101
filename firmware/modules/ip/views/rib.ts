/** `show ip rib`: all candidates, and why each is not selected. `show ip nexthop`: how each next hop is reached. */
import type { ManifestView } from 'hitless/runtime';
import { type RowSteps, Rows } from '../../rows.ts';
import { type Hop, prefixOfKey, type ResolvedHop, type State, tableOfKey } from '../state.ts';
import { type NotShown, readQuery } from './query.ts';
import { each, TAKES } from './routes.ts';
import { type Standing, standingsOf } from './standing.ts';

const RIB = [
  { key: 'prefix', title: 'PREFIX' },
  { key: 'table', title: 'TABLE' },
  { key: 'source', title: 'SOURCE' },
  { key: 'distance', title: 'DISTANCE' },
  { key: 'metric', title: 'METRIC' },
  { key: 'tag', title: 'TAG' },
  { key: 'nextHops', title: 'NEXT HOPS' },
  { key: 'age', title: 'AGE', unit: 'ms' },
  { key: 'inKernel', title: 'IN KERNEL' },
  { key: 'standing', title: 'STANDING' },
];

export const ribViews = {
  rib: {
    words: 'ip rib',
    description: 'all candidates of IPv4 prefixes, and why each is or is not selected',
    takes: TAKES,
    request: 'showRib',
    columns: RIB,
    none: 'no such routes',
  },
  rib6: {
    words: 'ipv6 rib',
    description: 'all candidates of IPv6 prefixes, and why each is or is not selected',
    takes: TAKES,
    request: 'showRib6',
    columns: RIB,
    none: 'no such routes',
  },
  nextHops: {
    words: 'ip nexthop',
    aliases: ['ipv6 nexthop', 'nexthop'],
    description: 'next hops that routes use or somebody tracks: how each is reached, or why not',
    request: 'showNextHops',
    columns: [
      { key: 'nextHop', title: 'NEXT HOP' },
      { key: 'table', title: 'TABLE' },
      { key: 'state', title: 'STATE' },
      { key: 'via', title: 'VIA' },
      { key: 'resolved', title: 'RESOLVED TO' },
      { key: 'depth', title: 'DEPTH' },
      { key: 'routes', title: 'ROUTES' },
      { key: 'trackers', title: 'TRACKED BY' },
      { key: 'age', title: 'SINCE', unit: 'ms' },
    ],
    none: 'no next hops',
  },
} satisfies Record<string, ManifestView>;

/** A candidate as the answer to the requests `showRib` and `showRib6`, version 1, shows it. */
export interface CandidateView {
  prefix: string;
  table: number;
  source: string;
  distance: number;
  metric: number;
  tag?: number;
  nextHops: string[];
  /** In ms. */
  age: number;
  inKernel: Standing['inKernel'];
  /** `selected`, or why not; what the kernel says to it. */
  standing: string;
}

export function ribRows(state: State, family: 4 | 6, body: unknown, now: number): Rows | NotShown {
  const query = readQuery(state, family, body);
  if ('refused' in query) return query;
  const isShown = ({ candidate }: Standing) =>
    query.source === undefined || candidate.source === query.source;
  return new Rows((rows) =>
    each(state, query, rows, (key, row) =>
      standingsOf(state, key, row)
        .filter(isShown)
        .map((standing) => candidateView(state, key, standing, now)),
    ),
  );
}

function candidateView(state: State, key: string, standing: Standing, now: number): CandidateView {
  const { candidate, why, inKernel, refusal } = standing;
  const { source, distance, metric, tag, type, hops, direct, since } = candidate;
  const found = direct === undefined ? hops.map(hopWords) : direct.map((hop) => resolvedWords(state, hop));
  const words = why === '' ? 'selected' : why;
  return {
    prefix: prefixOfKey(key),
    table: tableOfKey(key),
    source,
    distance,
    metric,
    ...(tag !== undefined && { tag }),
    nextHops: type === 'unicast' ? found : [type],
    age: Math.max(0, Math.round(now - since)),
    inKernel,
    standing: refusal === '' ? words : `${words}; the kernel refuses it: ${refusal}`,
  };
}

/** A next hop as the answer to the request `showNextHops`, version 1, shows it. */
export interface NextHopView {
  nextHop: string;
  table: number;
  /** `reachable`, or why it cannot be used. */
  state: string;
  /** The prefix that leads there. */
  via?: string;
  resolved: string[];
  /** Next hops from it to a link. */
  depth: number;
  /** Candidates that use it. */
  routes: number;
  trackers: string[];
  /** In ms. */
  age: number;
}

export function nextHopRows(state: State, now: number): Rows {
  return new Rows((rows) => nextHops(state, now, rows));
}

function* nextHops(state: State, now: number, rows: Rows): RowSteps {
  rows.size = state.nextHops.size;
  for (const {
    table,
    state: found,
    via,
    resolved,
    depth,
    users,
    trackers,
    since,
    ...hop
  } of state.nextHops.values()) {
    const view: NextHopView = {
      nextHop: hopWords(hop),
      table,
      state: found ?? 'not looked for yet',
      ...(via !== undefined && { via: prefixOfKey(via) }),
      resolved: resolved.map((each) => resolvedWords(state, each)),
      depth,
      routes: users,
      trackers: [...trackers],
      age: Math.max(0, Math.round(now - since)),
    };
    yield view;
  }
}

/** `10.0.2.2%lan1`, with its weight where it has one. */
function hopWords({ gateway, interface: name, weight = 1, onLink }: Hop): string {
  const place = gateway === undefined ? (name ?? '') : `${gateway}${name === undefined ? '' : `%${name}`}`;
  return `${place}${onLink ? ' onlink' : ''}${weight === 1 ? '' : ` weight ${weight}`}`;
}

function resolvedWords(state: State, { gateway, interface: index, weight }: ResolvedHop): string {
  const name = state.links.get(index)?.link.name ?? `link ${index}`;
  return hopWords({ ...(gateway !== undefined && { gateway }), interface: name, weight });
}
