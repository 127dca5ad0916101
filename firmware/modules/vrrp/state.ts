/**
 * The data that VRRP keeps across a swap, state version 5; earlier ones are in migration.ts. Timers are the proxy's.
 * Above a field stands its owner: the one file that writes it. Counters are written through `count`, and the record of
 * the log's lines through `lineDue` and `noteWell`, by all.
 */
import type { Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { Adjacent } from '../messages/adjacencies.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import { type ChecksumForm, type Config, type GroupConfig, keyOf } from './config-record.ts';
import type { Family } from './constants.ts';
import type { DropReason } from './drop.ts';

export * from './config-record.ts';
export type { Family, Version } from './constants.ts';

export type VirtualRouterState = 'Initialize' | 'Backup' | 'Active';

export interface VirtualRouter {
  interface: string;
  group: number;
  family: Family;
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
  /** The last changes of its state, the latest first. Owner: virtual-router.ts */
  history: readonly RoleChange[];
  /** The last Active Routers of the group, ourselves among them, the latest first. Owner: virtual-router.ts */
  reigns: readonly Reign[];
  /** The last run of the program for changes of role. Owner: script.ts */
  notified?: { readonly at: number; readonly how: string };
  holding: Holding;
}

/** The kernel's part of a virtual router: its addresses and its MAC, as far as IP has told. */
export interface Holding {
  /** IP is to be told of it again. Owner: holding.ts */
  untold: boolean;
  /** Counts how often its addresses were to be announced besides taking over (8.2.2). Owner: holding.ts */
  announced: number;
  /** When that was last, monotonic time in ms. Owner: holding.ts */
  announcedAt?: number;
  /** Name of the interface with its MAC; absent while there is none. Owner: holding.ts */
  device?: string;
  /** The kernel drops packets to its addresses. Owner: holding.ts */
  closed?: true;
  /** Why the kernel does not have its addresses, in words. Owner: holding.ts */
  problem?: string;
  /**
   * While it is not Active and no other is known to be: for so many ms the kernel may keep what it has of it. Absent in versions
   * before 4.1.0. Owner: holding.ts
   */
  linger?: number;
  /** The kernel does so. Owner: holding.ts */
  lingers?: true;
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
  tracked: 'what it depends on is not there',
  left: 'VRRP ends its service here',
  owner: 'we own the addresses',
  noResponse: 'no other router is Active',
  resigned: 'the Active Router resigned',
  preempted: 'the Active Router has a lower priority than we',
  priority: 'another router has a higher priority',
  address: 'another router has our priority and a higher address',
  sync: 'another of its sync group did',
} as const;

export type ChangeReason = keyof typeof CHANGE_REASONS;

export interface RoleChange {
  readonly state: VirtualRouterState;
  readonly reason: ChangeReason;
  /** Monotonic time in ms. */
  readonly at: number;
  /** Address of the Active Router from then on; empty when unknown. */
  readonly active: string;
}

/** Why another router is Active, besides that our state changed. */
export const REIGN_REASONS = {
  ...CHANGE_REASONS,
  heard: 'it advertises',
  renumbered: 'we have another address',
} as const;

/** Somebody is the Active Router from a time on, or nobody that is known. */
export interface Reign {
  /** Its address; empty when unknown. */
  readonly active: string;
  /** It is ourselves. */
  readonly ours: boolean;
  readonly reason: keyof typeof REIGN_REASONS;
  /** Monotonic time in ms. */
  readonly at: number;
}

/** So many changes are kept, and Active Routers. */
export const MOST_CHANGES = 8;
export const MOST_REIGNS = 16;

/** Counters and memories of a virtual router, in the manner of the VRRP management models (RFC 6527, RFC 8347). */
export interface Statistics {
  /** Packets sent, and errors of packets for this virtual router. */
  counters: Counters<'sent' | 'notSent' | 'resigned' | 'received' | Disagreement | DropReason>;
  /** Of the received, those of priority 0. Owner: virtual-router.ts */
  resignations: number;
  /** Transitions to Active. Owner: virtual-router.ts */
  becameActive: number;
  /** Advertisements in a row, up to the last one, that could not be sent. Owner: advertisement.ts */
  unsent: number;
  /** Why the last of those could not; absent when the last one was sent. Owner: advertisement.ts */
  notSentReason?: string;
}

export type Counted = 'sent' | 'notSent' | 'relayRefused' | 'received' | Disagreement | DropReason;

/** Something that virtual routers depend on, once for all of them. */
export interface Dependency {
  /** As it was told last; absent while nobody has said. Owner: dependency.ts */
  there?: boolean;
  /** Why it is not there. Owner: dependency.ts */
  why?: string;
  /** When it came, went, or began to be asked for: monotonic time in ms; absent where that is not known. Owner: dependency.ts */
  since?: number;
}

export interface State {
  /** Owner: apply.ts */
  config: Config;
  /** The next relay number, for versions before 2.2.0. */
  relay: number;
  /** By name, all that IP told: one that is not configured may be so next. Owner: interface.ts */
  links: Map<string, LinkAndAddresses>;
  /** By `keyOf`, one for each configured group. Owner: apply.ts */
  groups: Map<string, VirtualRouter>;
  /** By `trackId`, one for each that is configured. Owner: dependency.ts */
  dependencies: Map<string, Dependency>;
  /** By protocol, as it told last: one that is not configured may be so next. Owner: adjacency.ts */
  adjacencies: Map<string, readonly Adjacent[]>;
  /** Session and number of the messages `virtualRouters` to IP. */
  telling: {
    /** Owner: holding.ts */
    session: string;
    /** Owner: holding.ts */
    number: number;
    /** IP wants the whole set. Owner: holding.ts */
    wanted: boolean;
    /** IP has asked, and has our session: it is sent a message, if only without changes. Owner: holding.ts */
    asked: boolean;
    /** IP knows of Accept_Mode; absent while it has not asked. Owner: holding.ts */
    takesAccept?: boolean;
    /** Of those that are configured no more, what IP is still to be told. Owner: holding.ts */
    removed: string[];
  };
  /** The counts that belong to no virtual router, and what was counted under state version 1. */
  counters: Counters<Counted>;
  /** Which lines that packets cause were written. */
  limited: LimitedLog;
  /** By `keyOf`: what was last said of its configuration and its interface's addresses. Owner: interface.ts */
  said: Map<string, string>;
}

/** A virtual router with its configuration and what its interface makes of it: what one input works on. Nothing keeps it. */
export interface Running {
  router: VirtualRouter;
  config: GroupConfig;
  /** Our primary address on its interface; of IPv6 the link-local one. */
  own: string;
  /** Ours: that of the configuration without what is missing, or 255 where we own a virtual address. */
  priority: number;
}

/** The kind of the log's lines about a virtual router's changes of state: each has its own. */
export function changesOf(key: string): string {
  return `change ${key}`;
}

/** The kind of the log's lines about packets that are dropped for a reason. */
export function dropsOf(reason: DropReason): string {
  return `drop ${reason}`;
}

/** The state of a router that has heard nothing yet. */
export function initialState(config: Config, session: string): State {
  const routers = config.groups.map((group): [string, VirtualRouter] => [keyOf(group), newRouter(group)]);
  return {
    config,
    relay: 1,
    links: new Map(),
    groups: new Map(routers),
    dependencies: new Map(),
    adjacencies: new Map(),
    telling: { session, number: 0, wanted: true, asked: false, removed: [] },
    counters: {},
    limited: new Map(),
    said: new Map(),
  };
}

/** One that has heard nothing yet. */
export function newRouter({ interface: name, group, family, interval }: GroupConfig): VirtualRouter {
  return {
    interface: name,
    group,
    family,
    state: 'Initialize',
    activeAdverInterval: interval,
    active: '',
    ifSilent: 'noResponse',
    checksum: nothingLearned(),
    statistics: noStatistics(),
    history: [],
    reigns: [],
    holding: { untold: true, announced: 0 },
  };
}

export function nothingLearned(): LearnedForm {
  return { form: 'pseudo-header', mixed: false, heard: {} };
}

export function noStatistics(): Statistics {
  return { counters: {}, resignations: 0, becameActive: 0, unsent: 0 };
}

/** The configuration of a virtual router: those that are configured are the ones that there are. */
export function configOf({ config }: State, router: VirtualRouter): GroupConfig {
  let byKey = byKeys.get(config);
  if (byKey === undefined) {
    byKey = new Map(config.groups.map((group) => [keyOf(group), group]));
    byKeys.set(config, byKey);
  }
  return byKey.get(keyOf(router))!;
}

/** A configuration is replaced as a whole. */
const byKeys = new WeakMap<Config, ReadonlyMap<string, GroupConfig>>();

/** The forms in which an advertisement leaves (5.2.8): IPv6 and version 2 have one each. */
export function formsSent(
  learned: LearnedForm,
  { family, version, checksum = 'auto' }: GroupConfig,
): ChecksumForm[] {
  if (family === 6) return ['pseudo-header'];
  if (version === 2) return ['rfc9568'];
  if (checksum !== 'auto') return [checksum];
  return learned.mixed ? ['pseudo-header', 'rfc9568'] : [learned.form];
}
