/** OSPF's views for people. */
import type { Context, ManifestView } from 'hitless/runtime';
import type { NeighborState, State } from './state.ts';

export const views = {
  neighbor: {
    words: 'ip ospf neighbor',
    aliases: ['neighbors', 'ospf neighbors', 'ospf neighbor', 'ip ospf neighbors'],
    description: 'OSPF neighbours: how far the adjacency is, and when each is declared down',
    request: 'neighbors',
    columns: [
      { key: 'routerId', title: 'NEIGHBOR ID' },
      { key: 'priority', title: 'PRI' },
      { key: 'state', title: 'STATE' },
      { key: 'deadIn', title: 'DEAD IN', unit: 'ms' },
      { key: 'address', title: 'ADDRESS' },
      { key: 'interface', title: 'INTERFACE' },
      { key: 'dr', title: 'DR' },
      { key: 'bdr', title: 'BDR' },
    ],
    none: 'no neighbours',
  },
} satisfies Record<string, ManifestView>;

/** A neighbour as the answer to the request `neighbors`, version 1, shows it. */
export interface NeighborView {
  interface: string;
  routerId: string;
  address: string;
  state: NeighborState;
  /** From its last Hello, as far as this version knows: priority, designated router and backup. */
  priority?: number;
  dr?: string;
  bdr?: string;
  /** Milliseconds until it is declared down. */
  deadIn: number;
}

export function neighborViews(state: State, ctx: Context): NeighborView[] {
  return [...state.interfaces.values()].flatMap(({ name, neighbors }) =>
    [...neighbors.values()].map(({ routerId, address, state, election, timer }) => ({
      interface: name,
      routerId,
      address,
      state,
      ...election,
      deadIn: Math.round(ctx.timerDue('inactivity', timer) ?? 0),
    })),
  );
}
