/** What VRRP keeps across a swap, state version 2: statistics for each virtual router. Active_Down_Timers are the proxy's. */
import type { LinkState } from '../../../drivers/links.ts';
import { addTo, type Counters } from '../counter.ts';
import type { Disagreement } from './agreement.ts';
import type { DropReason } from './drop.ts';
import { noStatistics } from './statistics.ts';
import type { VirtualRouter, VirtualRouterState } from './virtual-router.ts';

/** The parameters of one virtual router (RFC 9568 6.1). */
export interface GroupConfig {
  interface: string;
  /** VRID, 1 to 255. */
  group: number;
  /** 1 to 254; 255 on the router that owns the addresses. */
  priority: number;
  /** Advertisement_Interval in centiseconds. */
  interval: number;
  /** Preempt_Mode. */
  preempt: boolean;
  addresses: string[];
}

export interface Config {
  groups: GroupConfig[];
}

export type Counted = 'sent' | 'notSent' | 'relayRefused' | 'received' | Disagreement | DropReason;

export interface State {
  config: Config;
  /** The next relay number. */
  relay: number;
  /** Of each configured interface, what was last told of it. */
  links: Map<string, LinkState>;
  /** By `groupKey`, one for each configured group. */
  groups: Map<string, VirtualRouter>;
  /** What belongs to no virtual router, and what was counted under state version 1. */
  counters: Counters<Counted>;
  /** Which disagreements with which neighbours were logged. */
  told: string[];
}

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: Config;
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

/** Names a virtual router in the state and in the key of its timer: VRIDs are per interface. */
export function groupKey(name: string, group: number): string {
  return `${name}/${group}`;
}

export function initialState(config: unknown): State {
  const { groups = [] } = (config ?? {}) as Partial<Config>;
  const routers = groups.map(({ interface: name, group, interval }): [string, VirtualRouterV1] => [
    groupKey(name, group),
    { interface: name, group, state: 'Initialize', activeAdverInterval: interval, active: '' },
  ]);
  return up({ config: { groups }, relay: 1, links: new Map(), groups: new Map(routers), counters: {} });
}

/** Statistics begin here. */
export function up({ config, relay, links, groups, counters, told = [] }: StateV1): State {
  const routers = [...groups].map(([key, router]): [string, VirtualRouter] => [
    key,
    { ...router, ifSilent: 'noResponse', statistics: noStatistics() },
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
export function down({ config, relay, links, groups, counters, told }: State): StateV1 {
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
