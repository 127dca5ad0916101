/** Neighbours and their state machine (RFC 2328 10.1 to 10.3), as far as 2-Way. */
import type { Context } from 'hitless/runtime';
import type { State } from './state.ts';

/** Attempt is for networks without multicast; ExStart and beyond need adjacencies. */
export type NeighborState = 'Down' | 'Init' | '2-Way';

export type NeighborEvent =
  | 'HelloReceived'
  | '2-WayReceived'
  | '1-WayReceived'
  | 'InactivityTimer'
  | 'KillNbr';

export interface Neighbor {
  interface: string;
  routerId: string;
  /** Source of its last Hello. */
  address: string;
  state: NeighborState;
}

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

/** Names a neighbour in the state and in the key of its inactivity timer. */
export function neighborKey(neighbor: { interface: string; routerId: string }): string {
  return `${neighbor.interface}/${neighbor.routerId}`;
}

/** Runs the state machine. A neighbour that goes Down is forgotten. */
export function neighborEvent(ctx: Context, state: State, neighbor: Neighbor, event: NeighborEvent): void {
  const key = neighborKey(neighbor);
  const before = neighbor.state;
  neighbor.state = nextState(before, event);
  if (event === 'HelloReceived') {
    const dead = state.config.interfaces[neighbor.interface]?.deadInterval ?? 0;
    ctx.setTimer('inactivity', key, dead * 1000);
  }
  if (event === 'KillNbr') ctx.cancelTimer('inactivity', key);
  if (neighbor.state === before) return;
  if (neighbor.state === 'Down') state.neighbors.delete(key);
  ctx.log(
    'info',
    `neighbour ${neighbor.routerId} on ${neighbor.interface}: ${before} -> ${neighbor.state} (${event})`,
  );
}

function nextState(state: NeighborState, event: NeighborEvent): NeighborState {
  switch (event) {
    case 'HelloReceived':
      return state === 'Down' ? 'Init' : state;
    case '2-WayReceived':
      return '2-Way';
    case '1-WayReceived':
      return 'Init';
    case 'InactivityTimer':
    case 'KillNbr':
      return 'Down';
  }
}

/** The neighbours of an interface that have been heard lately, for its Hellos. */
export function heardOn(state: State, name: string): string[] {
  return [...state.neighbors.values()].filter((n) => n.interface === name).map((n) => n.routerId);
}

export function neighborViews(ctx: Context, state: State): NeighborView[] {
  return [...state.neighbors].map(([key, neighbor]) => ({
    interface: neighbor.interface,
    routerId: neighbor.routerId,
    address: neighbor.address,
    state: neighbor.state,
    deadIn: Math.round(ctx.timerDue('inactivity', key) ?? 0),
  }));
}
