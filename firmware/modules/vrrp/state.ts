/** The data that VRRP keeps across a swap, state version 3; earlier ones are in migration.ts. Active_Down_Timers are the proxy's. */
import type { LinkState } from '../../../drivers/links.ts';
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { Disagreement } from './agreement.ts';
import type { DropReason } from './drop.ts';
import type { ChecksumForm } from './packet.ts';
import { noStatistics, type Statistics } from './statistics.ts';

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
  /** In which form checksums are sent; absent, it is `auto`. */
  checksum?: 'auto' | ChecksumForm;
}

export interface Config {
  groups: GroupConfig[];
}

export type VirtualRouterState = 'Initialize' | 'Backup' | 'Active';

export interface VirtualRouter {
  interface: string;
  group: number;
  state: VirtualRouterState;
  /** Active_Adver_Interval in centiseconds: the Active Router's, learned from its advertisements. */
  activeAdverInterval: number;
  /** Address of the Active Router; empty when unknown. */
  active: string;
  /** Why we shall become Active if the Active_Down_Timer fires: what was heard last of the Active Router. */
  ifSilent: 'noResponse' | 'resigned' | 'preempted';
  /** Owner: checksum-form.ts */
  checksum: LearnedForm;
  statistics: Statistics;
}

/** The checksums of a group's other routers, as far as they are learned. */
export interface LearnedForm {
  form: ChecksumForm;
  /** Both forms are in use in the group. */
  mixed: boolean;
  /** The last sender in each form, and its time: monotonic time in ms. */
  heard: { [Form in ChecksumForm]?: { from: string; at: number } };
}

export function nothingLearned(): LearnedForm {
  return { form: 'pseudo-header', mixed: false, heard: {} };
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
  /** The counts that belong to no virtual router, and what was counted under state version 1. */
  counters: Counters<Counted>;
  /** Which lines that packets cause were written. */
  limited: LimitedLog;
  /** By `groupKey`: what was last said of its configuration and its interface's addresses. */
  said: Map<string, string>;
  /** The configuration was held against the links that are known. */
  checked: boolean;
}

/** Names a virtual router in the state and in the key of its timer: VRIDs are per interface. */
export function groupKey(name: string, group: number): string {
  return `${name}/${group}`;
}

export function initialState(config: unknown): State {
  const { groups = [] } = (config ?? {}) as Partial<Config>;
  const routers = groups.map(({ interface: name, group, interval }): [string, VirtualRouter] => [
    groupKey(name, group),
    {
      interface: name,
      group,
      state: 'Initialize',
      activeAdverInterval: interval,
      active: '',
      ifSilent: 'noResponse',
      checksum: nothingLearned(),
      statistics: noStatistics(),
    },
  ]);
  return {
    config: { groups },
    relay: 1,
    links: new Map(),
    groups: new Map(routers),
    counters: {},
    limited: new Map(),
    said: new Map(),
    checked: false,
  };
}
