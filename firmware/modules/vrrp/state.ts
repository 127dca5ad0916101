/**
 * The data that VRRP keeps across a swap, state version 3; earlier ones are in migration.ts. Timers are the proxy's.
 * Above a field stands its owner: the one file that writes it. Counters are written through `count`, and the record of
 * the log's lines through `lineDue` and `noteWell`, by all.
 */
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { DropReason } from './drop.ts';

/**
 * The cover of an IPv4 advertisement's checksum. RFC 5798 5.2.8 has a pseudo-header before the message, and so
 * have FRR and keepalived by default. RFC 9568 5.2.8 has the message alone, and so have Cisco's routers.
 */
export type ChecksumForm = 'pseudo-header' | 'rfc9568';

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
  /** Owner: virtual-router.ts */
  state: VirtualRouterState;
  /**
   * Active_Adver_Interval in centiseconds: the Active Router's, learned from its advertisements.
   * Owner: virtual-router.ts
   */
  activeAdverInterval: number;
  /** Address of the Active Router; empty when unknown. Owner: virtual-router.ts */
  active: string;
  /**
   * Why we shall become Active if the Active_Down_Timer fires: what was heard last of the Active Router.
   * Owner: virtual-router.ts
   */
  ifSilent: 'noResponse' | 'resigned' | 'preempted';
  checksum: LearnedForm;
  statistics: Statistics;
}

/** The checksums of a group's other routers, as far as they are learned. */
export interface LearnedForm {
  /** Owner: checksum-form.ts */
  form: ChecksumForm;
  /** Both forms are in use in the group. Owner: checksum-form.ts */
  mixed: boolean;
  /** The last sender in each form, and its time: monotonic time in ms. Owner: checksum-form.ts */
  heard: { [Form in ChecksumForm]?: { from: string; at: number } };
}

/** A point in which another router is configured otherwise than we are (7.1). */
export type Disagreement = 'intervalMismatch' | 'addressMismatch';

/** Why the state of a virtual router changed: a code, and a sentence for the log. */
export const CHANGE_REASONS = {
  startup: 'startup',
  shutdown: 'the interface went down',
  left: 'VRRP ends its service here',
  owner: 'we own the addresses',
  noResponse: 'no other router is Active',
  resigned: 'the Active Router resigned',
  preempted: 'the Active Router has a lower priority than we',
  priority: 'another router has a higher priority',
  address: 'another router has our priority and a higher address',
} as const;

export type ChangeReason = keyof typeof CHANGE_REASONS;

/** Counters and memories of a virtual router, in the manner of the VRRP management models (RFC 8347). */
export interface Statistics {
  /** Packets sent, and errors of packets for this virtual router. */
  counters: Counters<'sent' | 'notSent' | 'received' | Disagreement | DropReason>;
  /** Of the received, those of priority 0. Owner: virtual-router.ts */
  resignations: number;
  /** Transitions to Active. Owner: virtual-router.ts */
  becameActive: number;
  /** Owner: virtual-router.ts */
  lastChange?: {
    reason: ChangeReason;
    /** Monotonic time in ms. */
    at: number;
  };
  /** Advertisements in a row, up to the last one, that could not be sent. Owner: advertisement.ts */
  unsent: number;
  /** Why the last of those could not; absent when the last one was sent. Owner: advertisement.ts */
  notSentReason?: string;
}

export type Counted = 'sent' | 'notSent' | 'relayRefused' | 'received' | Disagreement | DropReason;

export interface State {
  /** Owner: apply.ts */
  config: Config;
  /** The next relay number, for versions before 2.2.0. */
  relay: number;
  /** Of each configured interface, what was last told of it. Owner: interface.ts */
  links: Map<string, LinkState>;
  /** By `groupKey`, one for each configured group. Owner: apply.ts */
  groups: Map<string, VirtualRouter>;
  /** The counts that belong to no virtual router, and what was counted under state version 1. */
  counters: Counters<Counted>;
  /** Which lines that packets cause were written. */
  limited: LimitedLog;
  /** By `groupKey`: what was last said of its configuration and its interface's addresses. Owner: interface.ts */
  said: Map<string, string>;
  /** The configuration was held against the links that are known. Owner: interface.ts */
  checked: boolean;
}

/** A virtual router with its configuration and what its interface makes of it: what one input works on. Nothing keeps it. */
export interface Running {
  router: VirtualRouter;
  config: GroupConfig;
  /** Our primary address on its interface. */
  own: string;
  /** Ours: that of the configuration, or 255 where we own a virtual address. */
  priority: number;
}

/** Names a virtual router in the state and in the keys of its timers: VRIDs are per interface. */
export function groupKey(name: string, group: number): string {
  return `${name}/${group}`;
}

export function keyOf({ interface: name, group }: Pick<VirtualRouter, 'interface' | 'group'>): string {
  return groupKey(name, group);
}

/** The kind of the log's lines about a virtual router's changes of state: each has its own. */
export function changesOf(key: string): string {
  return `change ${key}`;
}

/** The state of a router that has heard nothing yet. */
export function initialState(config: Config): State {
  const routers = config.groups.map((group): [string, VirtualRouter] => [keyOf(group), newRouter(group)]);
  return {
    config,
    relay: 1,
    links: new Map(),
    groups: new Map(routers),
    counters: {},
    limited: new Map(),
    said: new Map(),
    // Links are told, and held against it, from now on.
    checked: true,
  };
}

/** One that has heard nothing yet. */
export function newRouter({ interface: name, group, interval }: GroupConfig): VirtualRouter {
  return {
    interface: name,
    group,
    state: 'Initialize',
    activeAdverInterval: interval,
    active: '',
    ifSilent: 'noResponse',
    checksum: nothingLearned(),
    statistics: noStatistics(),
  };
}

export function nothingLearned(): LearnedForm {
  return { form: 'pseudo-header', mixed: false, heard: {} };
}

export function noStatistics(): Statistics {
  return { counters: {}, resignations: 0, becameActive: 0, unsent: 0 };
}

/** The configuration of a virtual router: those that are configured are the ones that there are. */
export function configOf(state: State, { interface: name, group }: VirtualRouter): GroupConfig {
  return state.config.groups.find((one) => one.group === group && one.interface === name)!;
}

/** The forms in which an advertisement leaves (5.2.8). */
export function formsSent(learned: LearnedForm, { checksum = 'auto' }: GroupConfig): ChecksumForm[] {
  if (checksum !== 'auto') return [checksum];
  return learned.mixed ? ['pseudo-header', 'rfc9568'] : [learned.form];
}
