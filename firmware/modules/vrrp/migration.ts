/** Earlier shapes of the state, and the handlers that lead from one to the next and back. None writes its argument. */
import { addTo, type Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import { familyOf } from '../prefix.ts';
import {
  type ChangeReason,
  type Check,
  type ChecksumForm,
  type Config,
  type Counted,
  type Dependency,
  type GroupConfig,
  type LearnedForm,
  nothingLearned,
  type Reign,
  type RoleChange,
  type State,
  type Statistics,
  type Track,
  tracksOf,
  type VirtualRouter,
  type VirtualRouterState,
} from './state.ts';

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: ConfigV3;
  relay: number;
  links: Map<string, LinkState>;
  groups: Map<string, VirtualRouterV1>;
  counters: Counters<Counted>;
  /** 1.0.0 knows none. */
  told?: string[];
}

export interface VirtualRouterV1 {
  interface: string;
  group: number;
  state: VirtualRouterState;
  activeAdverInterval: number;
  active: string;
}

/** State version 2, of 2.0.0: statistics for each virtual router. */
export interface StateV2 extends Omit<StateV1, 'groups' | 'told'> {
  groups: Map<string, VirtualRouterV2>;
  /** Which disagreements with which neighbours were logged. */
  told: string[];
}

export interface VirtualRouterV2 extends VirtualRouterV1 {
  ifSilent: 'noResponse' | 'resigned' | 'preempted';
  statistics: Omit<StatisticsV3, 'notSentReason'>;
}

/** State version 3, of 2.1.0 to 2.3.1: forms of checksums are learned. IPv4 and version 3 alone. */
export interface StateV3 extends Omit<StateV2, 'groups' | 'told'> {
  groups: Map<string, VirtualRouterV3>;
  limited: LimitedLog;
  said: Map<string, string>;
  checked: boolean;
}

export interface VirtualRouterV3 extends VirtualRouterV1 {
  ifSilent: 'noResponse' | 'resigned' | 'preempted';
  checksum: LearnedForm;
  statistics: StatisticsV3;
}

export interface StatisticsV3 extends Statistics {
  lastChange?: { reason: string; at: number };
}

/** State version 4, of 3.0.0 and 3.1.0: what IP tells of what is tracked, and what programs say, have records of their own. */
export interface StateV4 extends Omit<State, 'config' | 'groups' | 'dependencies' | 'adjacencies'> {
  config: { groups: GroupConfigV4[] };
  groups: Map<string, VirtualRouterV4>;
  /** Prefixes and next hops. */
  tracked: Map<string, TrackedV4>;
  /** Programs; 3.0.0 knows none. */
  checkResults?: Map<string, TrackedV4>;
}

export type VirtualRouterV4 = Omit<VirtualRouter, 'reigns' | 'notified'>;

export interface GroupConfigV4 extends Omit<GroupConfig, 'track'> {
  track?: (Omit<Track, 'what' | 'check'> & { what: 'interface' | 'prefix' | 'next-hop' })[];
  checks?: CheckV4[];
}

export interface CheckV4 extends Check {
  decrement?: number;
}

export interface TrackedV4 {
  there: boolean;
  why?: string;
}

export interface ConfigV3 {
  groups: GroupConfigV3[];
}

export interface GroupConfigV3 {
  interface: string;
  group: number;
  priority: number;
  interval: number;
  preempt: boolean;
  addresses: string[];
  checksum?: 'auto' | ChecksumForm;
}

/** Statistics begin here. */
export function up1({ config, relay, links, groups, counters, told = [] }: StateV1): StateV2 {
  const routers = [...groups].map(([key, router]): [string, VirtualRouterV2] => [
    key,
    {
      ...router,
      ifSilent: 'noResponse',
      statistics: { counters: {}, resignations: 0, becameActive: 0, unsent: 0 },
    },
  ]);
  return {
    config,
    relay,
    links: new Map(links),
    groups: new Map(routers),
    counters: { ...counters },
    told: [...told],
  };
}

/** Counts are added up over the virtual routers; reasons and transitions are lost. */
export function down1({ config, relay, links, groups, counters, told }: StateV2): StateV1 {
  const routers = new Map<string, VirtualRouterV1>();
  const total = { ...counters };
  for (const [key, { ifSilent: _, statistics, ...router }] of groups) {
    routers.set(key, router);
    addTo(total, statistics.counters);
  }
  return {
    config,
    relay,
    links: new Map(links),
    groups: routers,
    counters: total,
    ...(told.length > 0 && { told: [...told] }),
  };
}

/** Forms of checksums are learned from here on. What was told is told once more: it may be out of date. */
export function up2({ told: _, groups, links, counters, ...kept }: StateV2): StateV3 {
  const routers = [...groups].map(([key, router]): [string, VirtualRouterV3] => [
    key,
    { ...router, checksum: nothingLearned(), statistics: copyOf(router.statistics) },
  ]);
  return {
    ...kept,
    links: new Map(links),
    groups: new Map(routers),
    counters: { ...counters },
    limited: new Map(),
    said: new Map(),
    checked: false,
  };
}

/** The forms that were learned are lost, with what was said: 2.0.0 sends the pseudo-header's. */
export function down2(state: StateV3): StateV2 {
  const { limited: _, said: _said, checked: _checked, groups, links, counters, ...kept } = state;
  const routers = [...groups].map(([key, { checksum: _form, ...router }]): [string, VirtualRouterV2] => {
    const { notSentReason: _reason, ...statistics } = copyOf(router.statistics);
    return [key, { ...router, statistics }];
  });
  return {
    ...kept,
    links: new Map(links),
    groups: new Map(routers),
    counters: { ...counters },
    told: [],
  };
}

/**
 * Roles, timers and counts go on; the last change begins the history. The kernel gets the virtual addresses as soon as IP has
 * heard of them.
 */
export function up3({ config, relay, links, groups, counters, limited, said }: StateV3): StateV4 {
  const routers = [...groups].map(([key, router]): [string, VirtualRouterV4] => [key, routerOf(router)]);
  return {
    config: { groups: config.groups.map(groupOf) },
    telling: { session: `from 3 ${relay}`, number: 0, wanted: true, asked: false, removed: [] },
    tracked: new Map(),
    relay,
    links: new Map([...links].map(([name, link]) => [name, linkOf(link)])),
    groups: new Map(routers),
    counters: { ...counters },
    limited: structuredClone(limited),
    said: new Map(said),
  };
}

/** IPv6, version 2 and what is tracked end here: their virtual routers are gone, and others take over as they miss them. */
export function down3({ config, relay, links, groups, counters, limited, said }: StateV4): StateV3 {
  const kept = config.groups.filter(({ family, version }) => family === 4 && version === 3);
  const keys = new Set(kept.map(({ interface: name, group }) => `${name}/${group}`));
  const routers = [...groups].flatMap(([key, router]): [string, VirtualRouterV3][] =>
    keys.has(key) ? [[key, routerOfV3(router)]] : [],
  );
  const used = new Set(kept.map(({ interface: name }) => name));
  return {
    config: { groups: kept.map(groupOfV3) },
    relay,
    links: new Map(
      [...links].flatMap(([name, link]): [string, LinkState][] =>
        used.has(name) ? [[name, linkOfV3(link)]] : [],
      ),
    ),
    groups: new Map(routers),
    counters: { ...counters },
    limited: structuredClone(limited),
    said: new Map([...said].filter(([key]) => keys.has(key))),
    checked: true,
  };
}

/** One record for each that virtual routers depend on. Whoever was Active, as far as its own changes tell. */
export function up4({ config, groups, tracked, checkResults = new Map(), ...state }: StateV4): State {
  const { groups: configs } = structuredClone(config);
  const now: Config = { groups: configs.map(groupOfV5) };
  const told = new Map([...tracked, ...checkResults]);
  const dependencies = [...tracksOf(now)].map(([id, { what, of }]): [string, Dependency] => {
    if (what === 'interface') return [id, { there: state.links.get(of)?.up === true }];
    return [id, { ...told.get(id) }];
  });
  const routers = [...groups].map(([key, router]): [string, VirtualRouter] => {
    const copy = structuredClone(router);
    return [key, { ...copy, reigns: reignsOf(copy.history) }];
  });
  return {
    ...structuredClone(state),
    config: now,
    groups: new Map(routers),
    dependencies: new Map(dependencies),
    adjacencies: new Map(),
  };
}

/** Adjacencies end here: virtual routers do not depend on them any more. So do the Active Routers of before. */
export function down4({ config, groups, dependencies, adjacencies: _, ...state }: State): StateV4 {
  const tracked = new Map<string, TrackedV4>();
  const checkResults = new Map<string, TrackedV4>();
  for (const [id, { what }] of tracksOf(config)) {
    const { there, why } = dependencies.get(id) ?? {};
    if (there === undefined || what === 'interface' || what === 'adjacency') continue;
    (what === 'program' ? checkResults : tracked).set(id, { there, ...(why !== undefined && { why }) });
  }
  const routers = [...groups].map(([key, router]): [string, VirtualRouterV4] => {
    const { reigns: _reigns, notified: _notified, ...kept } = router;
    return [key, structuredClone(kept)];
  });
  return {
    ...structuredClone(state),
    config: { groups: structuredClone(config).groups.map(groupOfV4) },
    groups: new Map(routers),
    tracked,
    ...(checkResults.size > 0 && { checkResults }),
  };
}

function groupOfV5({ track = [], checks = [], ...group }: GroupConfigV4): GroupConfig {
  const programs = checks.map(({ decrement, ...check }): Track => {
    const { program: of } = check;
    return { what: 'program', of, ...(decrement !== undefined && { decrement }), check };
  });
  const all = [...track, ...programs];
  return { ...group, ...(all.length > 0 && { track: all }) };
}

function groupOfV4({ track = [], ...group }: GroupConfig): GroupConfigV4 {
  const tracks: NonNullable<GroupConfigV4['track']> = [];
  const checks: CheckV4[] = [];
  for (const { what, of, decrement, check } of track) {
    const lower = decrement === undefined ? {} : { decrement };
    if (check !== undefined) checks.push({ ...check, ...lower });
    else if (what !== 'adjacency' && what !== 'program') tracks.push({ what, of, ...lower });
  }
  return {
    ...group,
    ...(tracks.length > 0 && { track: tracks }),
    ...(checks.length > 0 && { checks }),
  };
}

/** The latest first, as is the history: each change of it that came with another Active Router. */
function reignsOf(history: readonly RoleChange[]): Reign[] {
  return history
    .filter(({ active }, i) => active !== (history[i + 1]?.active ?? ''))
    .map(({ active, state, reason, at }) => ({ active, ours: state === 'Active', reason, at }));
}

function groupOf(group: GroupConfigV3): GroupConfigV4 {
  return { ...group, family: 4, version: 3, virtualMac: true };
}

function groupOfV3({ checksum, ...group }: GroupConfigV4): GroupConfigV3 {
  const { interface: name, priority, interval, preempt, addresses } = group;
  return {
    interface: name,
    group: group.group,
    priority,
    interval,
    preempt,
    addresses: [...addresses],
    ...(checksum !== undefined && { checksum }),
  };
}

function routerOf({ statistics, checksum, ...router }: VirtualRouterV3): VirtualRouterV4 {
  const { lastChange, ...counts } = copyOf(statistics);
  const { state, active } = router;
  return {
    ...router,
    family: 4,
    checksum: structuredClone(checksum),
    statistics: counts,
    history:
      lastChange === undefined
        ? []
        : [{ state, reason: lastChange.reason as ChangeReason, at: lastChange.at, active }],
    holding: { untold: true, announced: 0 },
  };
}

function routerOfV3({
  family: _,
  holding: _holding,
  history,
  statistics,
  checksum,
  ...router
}: VirtualRouterV4): VirtualRouterV3 {
  const [last] = history;
  const counts = copyOf(statistics);
  delete counts.counters.resigned;
  return {
    ...router,
    checksum: structuredClone(checksum),
    statistics: {
      ...counts,
      ...(last !== undefined && { lastChange: { reason: last.reason, at: last.at } }),
    },
  };
}

/** As far as the host told it then; IP tells more of it soon. */
function linkOf({ name, index, up, mtu, mac, addresses }: LinkState): LinkAndAddresses {
  return { name, index, admin: up, up, mtu, mac, kind: '', pointToPoint: false, table: 254, addresses };
}

function linkOfV3({ name, index, up, mtu, mac, addresses }: LinkAndAddresses): LinkState {
  const ipv4 = addresses.filter(({ address }) => familyOf(address) === 4);
  return {
    name,
    index,
    up,
    mtu,
    mac,
    addresses: ipv4.map(({ address, prefixLength, peer }) => ({
      address,
      prefixLength,
      ...(peer !== undefined && { peer }),
    })),
  };
}

function copyOf<Some extends Statistics>(statistics: Some): Some {
  return { ...statistics, counters: { ...statistics.counters } };
}
