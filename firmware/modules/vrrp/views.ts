/** VRRP's views for people. */
import type { Context, ManifestView } from 'hitless/runtime';
import { addTo, type Counters, count } from '../counter.ts';
import { formatDuration } from '../duration.ts';
import { isRefusing, whyTaken } from './acceptance.ts';
import { DROP_REASONS, type DropReason } from './drop.ts';
import { running } from './running.ts';
import {
  CHANGE_REASONS,
  type ChecksumForm,
  type Counted,
  dropsOf,
  formsSent,
  type GroupConfig,
  keyOf,
  nameOf,
  REIGN_REASONS,
  type State,
  trackId,
  type VirtualRouter,
  type VirtualRouterState,
} from './state.ts';

export const views = {
  routers: {
    words: 'vrrp',
    aliases: ['vrrp brief'],
    description: 'virtual routers: state, priority, who is active, and the addresses',
    request: 'virtualRouters',
    columns: [
      { key: 'interface', title: 'INTERFACE' },
      { key: 'group', title: 'GROUP' },
      { key: 'version', title: 'VERSION' },
      { key: 'state', title: 'STATE' },
      { key: 'priority', title: 'PRIORITY' },
      { key: 'active', title: 'ACTIVE ROUTER' },
      { key: 'addresses', title: 'ADDRESSES' },
      { key: 'checksum', title: 'CHECKSUM' },
      { key: 'problem', title: 'PROBLEM' },
    ],
    none: 'no virtual routers',
  },
  detail: {
    words: 'vrrp detail',
    description:
      'virtual routers with their parameters, times, what they depend on, and who was active when and why',
    request: 'showDetail',
    lines: 'lines',
    none: 'no virtual routers',
  },
  statistics: {
    words: 'vrrp statistics',
    description: 'advertisements and errors of each virtual router (RFC 8347)',
    request: 'showStatistics',
    columns: [
      { key: 'interface', title: 'INTERFACE' },
      { key: 'group', title: 'GROUP' },
      { key: 'family', title: 'FAMILY' },
      { key: 'activeTransitions', title: 'TO ACTIVE' },
      { key: 'advertisementSent', title: 'SENT' },
      { key: 'advertisementRcvd', title: 'RCVD' },
      { key: 'priorityZeroPktsSent', title: 'PRIO 0 SENT' },
      { key: 'priorityZeroPktsRcvd', title: 'PRIO 0 RCVD' },
      { key: 'intervalErrors', title: 'INTERVAL' },
      { key: 'addressListErrors', title: 'ADDRESSES' },
      { key: 'dropped', title: 'DROPPED' },
    ],
    none: 'no virtual routers',
  },
  history: {
    words: 'vrrp history',
    description: 'who was active, since when, for how long and why, the latest first',
    request: 'showHistory',
    columns: [
      { key: 'interface', title: 'INTERFACE' },
      { key: 'group', title: 'GROUP' },
      { key: 'family', title: 'FAMILY' },
      { key: 'since', title: 'SINCE' },
      { key: 'lasted', title: 'FOR' },
      { key: 'active', title: 'ACTIVE ROUTER' },
      { key: 'ours', title: 'OURS' },
      { key: 'reason', title: 'WHY' },
    ],
    none: 'nobody was active',
  },
  drops: {
    words: 'vrrp drops',
    description: 'packets that were dropped, of all virtual routers and of none, by reason',
    request: 'showDrops',
    columns: [
      { key: 'reason', title: 'REASON' },
      { key: 'count', title: 'COUNT' },
      { key: 'source', title: 'LAST TOLD OF' },
      { key: 'meaning', title: 'MEANING' },
    ],
    none: 'nothing was dropped',
  },
} satisfies Record<string, ManifestView>;

/** A virtual router as the answer to the request `virtualRouters`, version 1, shows it. */
export interface VirtualRouterView {
  interface: string;
  group: number;
  family: 4 | 6;
  version: 2 | 3;
  state: VirtualRouterState;
  /** The one that counts: 255 where we own a virtual address, less where something is missing that it depends on. */
  priority: number;
  /** Address of the Active Router; empty when unknown. */
  active: string;
  addresses: string[];
  /** The forms of checksum in which its advertisements leave. */
  checksum: ChecksumForm[];
  /** Why its last advertisement did not leave, or why the kernel does not have its addresses; empty when all is well. */
  problem: string;
}

export function virtualRouterViews(state: State): VirtualRouterView[] {
  return each(state).map(({ config, router }) => viewOf(state, config, router));
}

function viewOf(state: State, config: GroupConfig, router: VirtualRouter): VirtualRouterView {
  const { interface: name, group, family, version, addresses } = config;
  return {
    interface: name,
    group,
    family,
    version,
    state: router.state,
    priority: running(state, router)?.priority ?? config.priority,
    active: router.active,
    addresses: [...addresses],
    checksum: formsSent(router.checksum, config),
    problem: problemOf(state, router),
  };
}

function problemOf(state: State, router: VirtualRouter): string {
  const { unsent, notSentReason = '' } = router.statistics;
  if (unsent > 0) return `not sent: ${notSentReason} (${unsent} in a row)`;
  const unknown = state.telling.takesAccept === false ? whyTaken(state, router) : undefined;
  return router.holding.problem ?? unknown ?? '';
}

export function detailViews(state: State, ctx: Context): object[] {
  return each(state).map(({ config, router }) => {
    const view = viewOf(state, config, router);
    const history = router.history.map(({ at, ...change }) => ({
      ...change,
      reason: CHANGE_REASONS[change.reason],
      ago: Math.round(ctx.now() - at),
    }));
    const due = ctx.timerDue('activeDown', keyOf(router));
    const { sync, notify } = config;
    const track = dependenciesOf(state, config, ctx.now());
    return {
      ...view,
      interval: config.interval * 10,
      preempt: config.preempt,
      device: router.holding.device ?? '',
      lingers: router.holding.lingers ?? false,
      acceptMode: !isRefusing(state, router),
      takenBecause: whyTaken(state, router) ?? '',
      activeDownIn: due === undefined ? null : Math.round(due),
      sync: sync ?? '',
      track,
      notify: notify?.program ?? '',
      history,
      lines: [
        `${nameOf(config)}, version ${config.version}: ${view.state}${view.problem === '' ? '' : ` (${view.problem})`}`,
        `  Addresses ${view.addresses.join(', ')}`,
        `  Priority ${view.priority} (configured ${config.priority}), advertisement interval ${formatDuration(config.interval * 10)}, ${preemptText(config)}`,
        `  Active router ${view.active === '' ? 'unknown' : view.active}, advertisement interval ${formatDuration(router.activeAdverInterval * 10)}${due === undefined ? '' : `, missed in ${Math.round(due)} ms`}`,
        `  Virtual MAC ${macText(config, router)}`,
        `  Accept mode ${acceptText(state, router)}`,
        ...(sync === undefined ? [] : [`  Sync group ${sync}`]),
        ...track.map(dependencyText),
        ...(notify === undefined ? [] : [notifyText(notify.program, router, ctx.now())]),
        ...history.map(
          ({ state: then, reason, ago, active }) =>
            `  ${wholeSeconds(ago)} ago: ${then}, ${reason}${active === '' ? '' : `, active ${active}`}`,
        ),
      ],
    };
  });
}

interface DependencyView {
  /** As it is configured; of a program its path and arguments. */
  of: string;
  /** Null while nobody has said so. */
  there: boolean | null;
  /** Why it is not there; empty where that is not known. */
  why: string;
  /** Null where the virtual router does not run without it. */
  decrement: number | null;
  /** For how long that has been so, in ms; null where that is not known. */
  for: number | null;
}

/** All that a virtual router depends on. */
function dependenciesOf(state: State, { track = [] }: GroupConfig, now: number): DependencyView[] {
  return track.map((one) => {
    const { there = null, why = '', since } = state.dependencies.get(trackId(one)) ?? {};
    return {
      of: [one.of, ...(one.check?.arguments ?? [])].join(' '),
      there,
      why,
      decrement: one.decrement ?? null,
      for: since === undefined ? null : Math.round(now - since),
    };
  });
}

function dependencyText({ of, there, why, decrement, for: since }: DependencyView): string {
  const without = decrement === null ? 'does not run without' : `priority ${decrement} lower without`;
  const now = there === null ? 'not known yet' : there ? 'there' : `not there${why === '' ? '' : `: ${why}`}`;
  const long = since === null || there === null ? '' : `, for ${wholeSeconds(since)}`;
  return `  Depends on ${of}, ${without}: ${now}${long}`;
}

function notifyText(program: string, { notified }: VirtualRouter, now: number): string {
  const last = notified && ` (the last run ${notified.how}, ${wholeSeconds(now - notified.at)} ago)`;
  return `  Changes of role are told to ${program}${last ?? ''}`;
}

function wholeSeconds(ms: number): string {
  return formatDuration(Math.round(ms / 1000) * 1000);
}

/** Of each virtual router the Active Routers, the latest first. */
export function historyViews(state: State, ctx: Context): object[] {
  return each(state).flatMap(({ config: { interface: name, group, family }, router: { reigns } }) =>
    reigns.map(({ active, ours, reason, at }, i) => {
      const until = i === 0 ? ctx.now() : reigns[i - 1]!.at;
      return {
        interface: name,
        group,
        family,
        active,
        ours,
        reason: REIGN_REASONS[reason],
        ago: Math.round(ctx.now() - at),
        since: `${wholeSeconds(ctx.now() - at)} ago`,
        lasted: formatDuration(Math.round(until - at)),
      };
    }),
  );
}

function preemptText({ preempt, preemptDelay }: GroupConfig): string {
  if (!preempt) return 'does not preempt';
  return preemptDelay === undefined ? 'preempts' : `preempts after ${formatDuration(preemptDelay)}`;
}

function macText({ virtualMac }: GroupConfig, { holding: { device, lingers } }: VirtualRouter): string {
  if (!virtualMac) return 'is not used: that of the interface is';
  if (device === undefined) return 'is not there';
  return lingers
    ? `on ${device}, with the addresses still there until another router has taken over`
    : `on ${device}`;
}

/** The word of RFC 6527 is vrrpv3OperationsAcceptMode. */
function acceptText(state: State, router: VirtualRouter): string {
  if (!isRefusing(state, router)) return 'true';
  const why = whyTaken(state, router);
  return why === undefined
    ? 'false: packets to the addresses are dropped'
    : `false, but packets to the addresses are taken: ${why}`;
}

/** In the words of RFC 8347; `dropped` are all packets for it that were dropped. */
export function statisticsViews(state: State): object[] {
  return each(state).map(({ config, router }) => {
    const { counters, resignations, becameActive } = router.statistics;
    const { interface: name, group, family } = config;
    return {
      interface: name,
      group,
      family,
      activeTransitions: becameActive,
      advertisementSent: counters.sent ?? 0,
      advertisementRcvd: counters.received ?? 0,
      priorityZeroPktsSent: counters.resigned ?? 0,
      priorityZeroPktsRcvd: resignations,
      intervalErrors:
        (counters.intervalMismatch ?? 0) + (counters.adverInterval ?? 0) + (counters.interval ?? 0),
      addressListErrors: counters.addressMismatch ?? 0,
      dropped: DROPPED.reduce((sum, reason) => sum + (counters[reason] ?? 0), 0),
      notSent: counters.notSent ?? 0,
      reasons: reasonsOf(counters),
    };
  });
}

/** Counted at a virtual router; the others belong to none. */
const DROPPED: readonly DropReason[] = ['inactive', 'version', 'owner', 'interval', 'adverInterval'];

function reasonsOf(counters: Counters<DropReason>): Counters<DropReason> {
  const reasons: Counters<DropReason> = {};
  for (const reason of DROPPED) if (counters[reason] !== undefined) count(reasons, reason, counters[reason]);
  return reasons;
}

/** In the order of the checks. */
export function dropViews(state: State): object[] {
  const counters: Counters<Counted> = {};
  addTo(counters, state.counters);
  for (const { statistics } of state.groups.values())
    addTo(counters, statistics.counters as Counters<Counted>);
  return (Object.keys(DROP_REASONS) as DropReason[]).flatMap((reason) => {
    const count = counters[reason];
    if (count === undefined) return [];
    // An interface and an address; none of those that nobody is told of.
    const source = [...(state.limited.get(dropsOf(reason))?.told.keys() ?? [])].at(-1) ?? '-';
    return [{ reason, count, source, meaning: DROP_REASONS[reason] }];
  });
}

/** In the order of the configuration. */
function each(state: State): { config: GroupConfig; router: VirtualRouter }[] {
  return state.config.groups.map((config) => ({ config, router: state.groups.get(keyOf(config))! }));
}
