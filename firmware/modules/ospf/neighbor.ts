/** Neighbours and their state machine (RFC 2328 10.1 to 10.3), as far as 2-Way. */
import type { Context } from 'hitless/runtime';
import { type Counters, count, isMilestone } from '../counter.ts';
import { sendHello } from './hello.ts';
import { interfaceEvent } from './interface.ts';
import type { Interface, State } from './state.ts';

/** Attempt is for networks without multicast; ExStart and beyond need adjacencies. */
export type NeighborState = 'Down' | 'Init' | '2-Way';

export type NeighborEvent =
  | 'HelloReceived'
  | '2-WayReceived'
  | '1-WayReceived'
  | 'KillNbr'
  | 'InactivityTimer'
  | 'LLDown';

export interface Neighbor {
  routerId: string;
  /** Source of its last Hello. */
  address: string;
  state: NeighborState;
  /** What its last Hello said for the election; absent until this version has heard one. */
  election?: { priority: number; dr: string; bdr: string };
  events: Counters<NeighborEvent>;
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

type Action = (ctx: Context, state: State, iface: Interface, neighbor: Neighbor) => void;
type Row = readonly [
  from: readonly NeighborState[],
  event: NeighborEvent,
  action: Action,
  next: NeighborState,
];

/**
 * RFC 2328 10.3, in its order. Left out are the rows of Attempt (10.1: networks without multicast) and those that
 * begin at ExStart; 2-WayReceived ends in 2-Way since no adjacency is ever wanted (10.4).
 */
// biome-ignore format: a table
export const TRANSITIONS: readonly Row[] = [
  // states                   event              action            next
  [['Down'],                  'HelloReceived',   startInactivity,  'Init'],
  [['Init'],                  'HelloReceived',   startInactivity,  'Init'],
  [['2-Way'],                 'HelloReceived',   startInactivity,  '2-Way'],
  [['Init'],                  '2-WayReceived',   nothing,          '2-Way'],
  [['2-Way'],                 '2-WayReceived',   nothing,          '2-Way'],
  [['2-Way'],                 '1-WayReceived',   nothing,          'Init'],
  [['Init'],                  '1-WayReceived',   nothing,          'Init'],
  [['Down', 'Init', '2-Way'], 'KillNbr',         stopInactivity,   'Down'],
  [['Down', 'Init', '2-Way'], 'LLDown',          stopInactivity,   'Down'],
  [['Down', 'Init', '2-Way'], 'InactivityTimer', nothing,          'Down'],
];

/** Runs the state machine. An event that no row takes is named and counted, and changes nothing. */
export function neighborEvent(
  ctx: Context,
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  event: NeighborEvent,
): void {
  count(neighbor.events, event);
  const row = TRANSITIONS.find(([from, on]) => on === event && from.includes(neighbor.state));
  if (row === undefined) {
    const unexpected = count(state.counters, 'unexpected');
    if (isMilestone(unexpected)) {
      ctx.log(
        'warn',
        `${who(iface, neighbor)}: unexpected ${event} in ${neighbor.state} (${unexpected} so far)`,
      );
    }
    return;
  }
  const [, , action, next] = row;
  action(ctx, state, iface, neighbor);
  if (next !== neighbor.state) changeState(ctx, state, iface, neighbor, next, event);
}

/** All that a change of state sets off. */
function changeState(
  ctx: Context,
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  next: NeighborState,
  event: NeighborEvent,
): void {
  const before = neighbor.state;
  neighbor.state = next;
  ctx.log('info', `${who(iface, neighbor)}: ${before} -> ${next} (${event})`);
  // A neighbour that is down is forgotten: its next Hello is that of a new one.
  if (next === 'Down') iface.neighbors.delete(neighbor.routerId);
  // 9.2: communication has become, or is no longer, bidirectional.
  if (before === '2-Way' || next === '2-Way') interfaceEvent(ctx, state, iface, 'NeighborChange');
  // Who is new, or has forgotten us, need not wait for our next interval to be listed.
  if (next === 'Init') {
    sendHello(ctx, state, iface, neighbor.address);
    count(state.counters, 'helloAnswered');
  }
}

function startInactivity(ctx: Context, state: State, iface: Interface, { routerId }: Neighbor): void {
  const dead = state.config.interfaces[iface.name]?.deadInterval ?? 0;
  ctx.setTimer('inactivity', neighborKey(iface.name, routerId), dead * 1000);
}

function stopInactivity(ctx: Context, _state: State, iface: Interface, { routerId }: Neighbor): void {
  ctx.cancelTimer('inactivity', neighborKey(iface.name, routerId));
}

function nothing(): void {}

function who({ name }: Interface, { routerId }: Neighbor): string {
  return `neighbour ${routerId} on ${name}`;
}

/** The key of a neighbour's inactivity timer, the same in all versions. */
export function neighborKey(name: string, routerId: string): string {
  return `${name}/${routerId}`;
}

/** The neighbour whose inactivity timer has this key, with its interface. */
export function findNeighbor(state: State, key: string): [Interface, Neighbor] | undefined {
  for (const iface of state.interfaces.values()) {
    for (const neighbor of iface.neighbors.values()) {
      if (neighborKey(iface.name, neighbor.routerId) === key) return [iface, neighbor];
    }
  }
  return undefined;
}

export function neighborViews(ctx: Context, state: State): NeighborView[] {
  return [...state.interfaces.values()].flatMap(({ name, neighbors }) =>
    [...neighbors.values()].map(({ routerId, address, state, election }) => ({
      interface: name,
      routerId,
      address,
      state,
      ...election,
      deadIn: Math.round(ctx.timerDue('inactivity', neighborKey(name, routerId)) ?? 0),
    })),
  );
}
