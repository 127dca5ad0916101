/** Earlier shapes of the state, and the handlers that lead from one to the next and back. None writes its argument. */
import { addTo, type Counters } from '../counter.ts';
import type { LinkState } from '../messages/link.ts';
import {
  type Config,
  type Counted,
  noStatistics,
  nothingLearned,
  type State,
  type Statistics,
  type VirtualRouter,
  type VirtualRouterState,
} from './state.ts';

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

/** State version 2, of 2.0.0: statistics for each virtual router. */
export interface StateV2 extends Omit<StateV1, 'groups' | 'told'> {
  groups: Map<string, VirtualRouterV2>;
  /** Which disagreements with which neighbours were logged. */
  told: string[];
}

export interface VirtualRouterV2 extends VirtualRouterV1 {
  ifSilent: 'noResponse' | 'resigned' | 'preempted';
  statistics: Omit<Statistics, 'notSentReason'>;
}

/** Statistics begin here. */
export function up1({ config, relay, links, groups, counters, told = [] }: StateV1): StateV2 {
  const routers = [...groups].map(([key, router]): [string, VirtualRouterV2] => [
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
export function up2({ told: _, groups, links, counters, ...kept }: StateV2): State {
  const routers = [...groups].map(([key, router]): [string, VirtualRouter] => [
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
export function down2(state: State): StateV2 {
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

function copyOf(statistics: Statistics): Statistics {
  return { ...statistics, counters: { ...statistics.counters } };
}
