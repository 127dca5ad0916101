/** `show ip ospf route`, `… border-routers` and `… spf log`. */
import type { ManifestView } from 'hitless/runtime';
import { toAddress, toNumber } from '../../address.ts';
import { inOrder, type RowSteps, Rows } from '../../rows.ts';
import { NONE } from '../constants.ts';
import type { BorderRoute, Hop, Route, State } from '../state.ts';
import type { NotShown, Typed } from './typed.ts';
import { uptimeText } from './typed.ts';

export const routeViews = {
  route: {
    words: 'ip ospf route',
    aliases: ['ospf route', 'ospf routes'],
    description:
      'routes that OSPF has computed: N within an area, IA of other areas, E1 and E2 external ones',
    takes: [{ name: 'prefix', description: 'a prefix; all without it', optional: true }],
    request: 'showRoutes',
    lines: 'lines',
    none: 'no routes',
  },
  borders: {
    words: 'ip ospf border-routers',
    aliases: ['ospf border-routers'],
    description: 'ways to area border routers and AS boundary routers',
    request: 'showBorders',
    lines: 'lines',
    none: 'no border routers',
  },
  trees: {
    words: 'ip ospf spf log',
    aliases: ['ospf spf log'],
    description: 'the last calculations of routes: when, how long, of what, and why',
    request: 'showTrees',
    columns: [
      { key: 'ago', title: 'AGO' },
      { key: 'took', title: 'TOOK', unit: 'ms' },
      { key: 'turns', title: 'TURNS' },
      { key: 'routers', title: 'ROUTERS' },
      { key: 'routes', title: 'ROUTES' },
      { key: 'changed', title: 'CHANGED' },
      { key: 'reasons', title: 'REASONS' },
    ],
    none: 'no tree was computed yet',
  },
} satisfies Record<string, ManifestView>;

const LETTERS: Readonly<Record<Route['path'], string>> = {
  intra: 'N',
  inter: 'N IA',
  'external-1': 'N E1',
  'external-2': 'N E2',
};

export function routeRows(state: State, body: Typed): Rows | NotShown {
  const prefix = body?.prefix;
  if (prefix !== undefined && !state.routes.has(prefix))
    return {
      refused: `OSPF has no route to "${prefix}"; write it as ${[...state.routes.keys()][0] ?? '10.0.1.0/24'}`,
    };
  return new Rows((rows) => routes(state, prefix, rows));
}

function* routes(state: State, prefix: string | undefined, rows: Rows): RowSteps {
  const keys = prefix === undefined ? yield* inOrder(state.routes.keys(), orderOf) : [prefix];
  rows.size = keys.length;
  for (const key of keys) {
    const route = state.routes.get(key);
    yield route && routeView(key, route);
  }
}

function orderOf(prefix: string): number {
  const [address = '', length = ''] = prefix.split('/');
  return toNumber(address) * 64 + Number(length);
}

function routeView(prefix: string, route: Readonly<Route>): object {
  const { path, area, cost, metric2, tag, hops, from } = route;
  const isExternal = path.startsWith('external');
  const costs = path === 'external-2' ? `${cost}/${metric2}` : `${cost}`;
  const first = `${LETTERS[path].padEnd(6)} ${prefix.padEnd(18)} [${costs}]${isExternal ? ` tag: ${tag}` : ` area: ${toAddress(area)}`}`;
  return {
    prefix,
    path,
    ...(!isExternal && { area: toAddress(area) }),
    cost,
    ...(path === 'external-2' && { metric2 }),
    ...(isExternal && { tag }),
    from: toAddress(from),
    hops: hops.map(hopView),
    lines: [first, ...hops.map((hop) => `       ${hopText(hop)}`)],
  };
}

export function borderRows(state: State): Rows {
  return new Rows((rows) => borders(state, rows));
}

function* borders(state: State, rows: Rows): RowSteps {
  const found = yield* inOrder(state.borders.values(), ({ router }) => router);
  rows.size = found.length;
  for (const border of found) yield borderView(border);
}

function borderView({ router, area, path, cost, hops, abr, asbr }: Readonly<BorderRoute>): object {
  const roles = [...(abr ? ['ABR'] : []), ...(asbr ? ['ASBR'] : [])].join(', ');
  const letter = path === 'intra' ? 'R' : 'R IA';
  return {
    router: toAddress(router),
    area: toAddress(area),
    path,
    cost,
    abr,
    asbr,
    hops: hops.map(hopView),
    lines: [
      `${letter.padEnd(6)} ${toAddress(router).padEnd(18)} [${cost}] area: ${toAddress(area)}, ${roles}`,
      ...hops.map((hop) => `       ${hopText(hop)}`),
    ],
  };
}

export function treeRows({ routing }: State, now: number): Rows {
  return new Rows((rows) => trees(routing.log, now, rows));
}

function* trees(log: State['routing']['log'], now: number, rows: Rows): RowSteps {
  rows.size = log.length;
  for (const tree of log.toReversed())
    yield { ...tree, ago: uptimeText(now - tree.at), reasons: tree.reasons.join(', ') };
}

function hopView({ iface, address }: Hop): object {
  return { interface: iface, ...(address !== NONE && { gateway: toAddress(address) }) };
}

function hopText({ iface, address }: Hop): string {
  return address === NONE ? `directly attached to ${iface}` : `via ${toAddress(address)}, ${iface}`;
}
