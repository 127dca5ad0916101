/** `show ip ospf`: the router and its areas. */
import type { Context, ManifestView } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { formatDuration } from '../../duration.ts';
import type { RouteFilter } from '../../messages/routes.ts';
import { type RowSteps, Rows } from '../../rows.ts';
import {
  LS_EXTERNAL,
  LS_NETWORK,
  LS_NSSA,
  LS_OPAQUE_AREA,
  LS_OPAQUE_AS,
  LS_ROUTER,
  LS_SUMMARY_ASBR,
  LS_SUMMARY_NETWORK,
} from '../constants.ts';
import { areaScope, lsasOf } from '../lsdb/lsdb.ts';
import { isAreaBorder, isBoundary } from '../routing/role.ts';
import { areaConfigOf } from '../selectors.ts';
import type { Area, Scope, State } from '../state.ts';
import { uptimeText } from './typed.ts';

export const generalViews = {
  ospf: {
    words: 'ip ospf',
    aliases: ['ospf'],
    description: 'OSPF: router id, roles, timers, areas with their databases and interfaces',
    request: 'showOspf',
    lines: 'lines',
  },
} satisfies Record<string, ManifestView>;

/** LSAs and the sum of their checksums, as FRR and the MIB have it: equal sums, equal databases. */
interface Summed {
  count: number;
  checksum: string;
}

export function generalRows(state: State, ctx: Context): Rows {
  return new Rows(() => rowsOf(state, ctx));
}

function* rowsOf(state: State, ctx: Context): RowSteps {
  const sums = yield* sumOf(state, 'as');
  yield routerRow(state, sums, ctx);
  const areas = [...state.areas.values()].sort((one, other) => one.id - other.id);
  for (const area of areas) yield areaRow(state, area, yield* sumOf(state, areaScope(area.id)));
}

function routerRow(state: State, sums: Map<number, Summed>, ctx: Context): object {
  const { config, routerId, routing, restarting } = state;
  const left = restarting?.phase === 'grace' ? Math.round(restarting.until - ctx.now()) : undefined;
  const { initial, hold, most } = config.timers.spf;
  const { referenceBandwidth: reference, distributeList: list } = config;
  const last = routing.log.at(-1);
  const abr = isAreaBorder(state);
  const asbr = [...state.areas.keys()].some((area) => isBoundary(state, area));
  const external = sums.get(LS_EXTERNAL) ?? NO_LSAS;
  const opaque = sums.get(LS_OPAQUE_AS) ?? NO_LSAS;
  const due = ctx.timerDue('spf', '');
  return {
    routerId: toAddress(routerId),
    areaBorder: abr,
    asBoundary: asbr,
    external,
    opaque,
    areas: state.areas.size,
    trees: routing.log.length,
    ...(left !== undefined && { restarting: left }),
    ...(reference !== undefined && { referenceBandwidth: reference }),
    ...(list !== undefined && { distributeList: list }),
    lines: [
      ` OSPF Routing Process, Router ID: ${toAddress(routerId)}`,
      ' Supports only single TOS (TOS0) routes',
      ' This implementation conforms to RFC2328',
      ' RFC1583Compatibility flag is disabled',
      ' OpaqueCapability flag is enabled',
      ...(left === undefined ? [] : [` Graceful restart in progress, ${Math.ceil(left / 1_000)} s are left`]),
      ` Initial SPF scheduling delay ${Math.round(initial)} millisec(s)`,
      ` Minimum hold time between consecutive SPFs ${Math.round(hold)} millisec(s)`,
      ` Maximum hold time between consecutive SPFs ${Math.round(most)} millisec(s)`,
      last === undefined
        ? ' SPF algorithm has not been run'
        : ` SPF algorithm last executed ${uptimeText(ctx.now() - last.at)} ago, duration ${last.took.toFixed(1)} ms, ${last.reasons.join(', ')}`,
      ` SPF timer is ${due === undefined ? 'inactive' : `due in ${Math.round(due)} ms`}`,
      ` Minimum LSA interval ${formatDuration(config.timers.minLsInterval)}, minimum LSA arrival ${formatDuration(config.timers.minLsArrival)}`,
      ...(abr ? [' This router is an ABR, ABR type is: RFC 3509'] : []),
      ...(asbr ? [' This router is an ASBR (injecting external routing information)'] : []),
      ...(reference === undefined ? [] : [` Reference bandwidth unit is ${reference} mbps`]),
      ...filterLines(list),
      ` Number of external LSA ${external.count}. Checksum Sum ${external.checksum}`,
      ` Number of opaque AS LSA ${opaque.count}. Checksum Sum ${opaque.checksum}`,
      ` Number of areas attached to this router: ${state.areas.size}`,
    ],
  };
}

function filterLines({ prefixList, routeMap }: RouteFilter = {}): string[] {
  const lines = prefixList === undefined ? [] : [` Routes are filtered by prefix-list ${prefixList}`];
  return routeMap === undefined ? lines : [...lines, ` Routes are filtered by route-map ${routeMap}`];
}

const TYPES: readonly (readonly [type: number, name: string])[] = [
  [LS_ROUTER, 'router'],
  [LS_NETWORK, 'network'],
  [LS_SUMMARY_NETWORK, 'summary'],
  [LS_SUMMARY_ASBR, 'ASBR summary'],
  [LS_NSSA, 'NSSA'],
  [LS_OPAQUE_AREA, 'opaque area'],
];

function areaRow(state: State, { id, trees, transit }: Area, sums: Map<number, Summed>): object {
  const config = areaConfigOf(state, id);
  const own = [...state.interfaces.values()].filter(({ area }) => area === id);
  const active = own.filter((iface) => iface.state !== 'Down');
  const full = own.flatMap(({ neighbors }) => [...neighbors.values()].filter((one) => one.state === 'Full'));
  const counts = TYPES.map(([type, name]) => ({ name, ...(sums.get(type) ?? NO_LSAS) }));
  const kind =
    config.type === 'normal'
      ? ''
      : ` (${config.type.toUpperCase()}${config.summaries ? '' : ', no summary'})`;
  return {
    area: toAddress(id),
    type: config.type,
    summaries: config.summaries,
    interfaces: own.length,
    active: active.length,
    full: full.length,
    trees,
    transit,
    lsas: Object.fromEntries(counts.map(({ name, ...sum }) => [name, sum])),
    lines: [
      ` Area ID: ${toAddress(id)}${id === 0 ? ' (Backbone)' : ''}${kind}`,
      `   Number of interfaces in this area: Total: ${own.length}, Active: ${active.length}`,
      `   Number of fully adjacent neighbors in this area: ${full.length}`,
      ...(transit ? ['   This area carries transit traffic of virtual links'] : []),
      `   SPF algorithm executed ${trees} times`,
      `   Number of LSA ${counts.reduce((sum, { count }) => sum + count, 0)}`,
      ...counts.map(
        ({ name, count, checksum }) => `   Number of ${name} LSA ${count}. Checksum Sum ${checksum}`,
      ),
    ],
  };
}

const NO_LSAS: Summed = { count: 0, checksum: '0x00000000' };
const SOME = 64;

/** By LS type. */
function* sumOf(state: State, scope: Scope): Generator<undefined, Map<number, Summed>, undefined> {
  const sums = new Map<number, { count: number; sum: number }>();
  let steps = 0;
  for (const { type, checksum } of lsasOf(state, scope)) {
    const { count, sum } = sums.get(type) ?? { count: 0, sum: 0 };
    sums.set(type, { count: count + 1, sum: (sum + checksum) >>> 0 });
    if (++steps % SOME === 0) yield;
  }
  return new Map(
    [...sums].map(([type, { count, sum }]) => [
      type,
      { count, checksum: `0x${sum.toString(16).padStart(8, '0')}` },
    ]),
  );
}
