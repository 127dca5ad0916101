/** What VRRP keeps across a swap, state version 1. Active_Down_Timers are the proxy's. */
import type { LinkState } from '../../../drivers/links.ts';
import type { Counters } from '../counter.ts';
import type { Disagreement } from './agreement.ts';
import type { DropReason } from './drop.ts';
import type { VirtualRouter } from './virtual-router.ts';

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
  counters: Counters<Counted>;
  /** Which disagreements with which neighbours were logged; 1.0.0 knows none. */
  told?: string[];
}

/** Names a virtual router in the state and in the key of its timer: VRIDs are per interface. */
export function groupKey(name: string, group: number): string {
  return `${name}/${group}`;
}

export function initialState(config: unknown): State {
  const { groups = [] } = (config ?? {}) as Partial<Config>;
  return {
    config: { groups },
    relay: 1,
    links: new Map(),
    groups: new Map(
      groups.map((group) => [
        groupKey(group.interface, group.group),
        {
          interface: group.interface,
          group: group.group,
          state: 'Initialize',
          activeAdverInterval: group.interval,
          active: '',
        },
      ]),
    ),
    counters: {},
  };
}
