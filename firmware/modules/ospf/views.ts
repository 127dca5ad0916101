/** OSPF's views for people. */
import type { Context } from 'hitless/runtime';
import type { NeighborState, State } from './state.ts';

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
