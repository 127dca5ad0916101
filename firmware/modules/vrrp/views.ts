/** VRRP's views for people. */
import type { ManifestView } from 'hitless/runtime';
import { running } from './running.ts';
import { type ChecksumForm, formsSent, keyOf, type State, type VirtualRouterState } from './state.ts';

export const views = {
  routers: {
    words: 'vrrp',
    aliases: ['vrrp brief'],
    description: 'virtual routers: state, priority, who is active, and the addresses',
    request: 'virtualRouters',
    columns: [
      { key: 'interface', title: 'INTERFACE' },
      { key: 'group', title: 'GROUP' },
      { key: 'state', title: 'STATE' },
      { key: 'priority', title: 'PRIORITY' },
      { key: 'active', title: 'ACTIVE ROUTER' },
      { key: 'addresses', title: 'ADDRESSES' },
      { key: 'checksum', title: 'CHECKSUM' },
      { key: 'problem', title: 'PROBLEM' },
    ],
    none: 'no virtual routers',
  },
} satisfies Record<string, ManifestView>;

/** A virtual router as the answer to the request `virtualRouters`, version 1, shows it. */
export interface VirtualRouterView {
  interface: string;
  group: number;
  state: VirtualRouterState;
  /** The one that counts: 255 where we own a virtual address. */
  priority: number;
  /** Address of the Active Router; empty when unknown. */
  active: string;
  addresses: string[];
  /** The forms of checksum in which its advertisements leave. */
  checksum: ChecksumForm[];
  /** Why its last advertisement did not leave; empty when it did. */
  problem: string;
}

export function virtualRouterViews(state: State): VirtualRouterView[] {
  return state.config.groups.flatMap((config) => {
    const { interface: name, group, addresses } = config;
    const router = state.groups.get(keyOf(config));
    if (router === undefined) return [];
    const { unsent, notSentReason = '' } = router.statistics;
    return [
      {
        interface: name,
        group,
        state: router.state,
        priority: running(state, router)?.priority ?? config.priority,
        active: router.active,
        addresses: [...addresses],
        checksum: formsSent(router.checksum, config),
        problem: unsent === 0 ? '' : `not sent: ${notSentReason} (${unsent} in a row)`,
      },
    ];
  });
}
