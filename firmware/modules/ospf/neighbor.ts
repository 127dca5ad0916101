/** Neighbours and their state machine (RFC 2328 10.1 to 10.3), as far as 2-Way. */
import type { Context } from 'hitless/runtime';
import { count, isMilestone } from '../counter.ts';
import { leftOutText, lineDue, noteWell } from '../limited-log.ts';
import type { OspfAgenda } from './agenda.ts';
import { type Hello, neighborsThatFit } from './packet.ts';
import {
  configOf,
  type Interface,
  type Neighbor,
  type NeighborEvent,
  type NeighborState,
  type State,
  timerKey,
} from './state.ts';

/** Neighbours of an interface, and those of them that do not list us: whoever sends Hellos can be one of the latter. */
export const MOST_NEIGHBORS = 256;
export const MOST_ONE_WAY = 64;
/** Lines about one neighbour's changes of state that need not wait; fewer where it does not list us. */
const CHANGES_AT_ONCE = { twoWay: 8, oneWay: 2 };

type Action = (state: State, iface: Interface, neighbor: Neighbor, ctx: Context) => void;
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
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  event: NeighborEvent,
  agenda: OspfAgenda,
  ctx: Context,
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
  action(state, iface, neighbor, ctx);
  if (next !== neighbor.state) changeState(state, iface, neighbor, next, event, agenda, ctx);
}

/** All that a change of state sets off. */
function changeState(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  next: NeighborState,
  event: NeighborEvent,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const before = neighbor.state;
  neighbor.state = next;
  neighbor.since = ctx.now();
  const bidirectional = before === '2-Way' || next === '2-Way';
  tellChange(state, iface, neighbor, `${before} -> ${next} (${event})`, bidirectional, ctx);
  // A neighbour that is down is forgotten: its next Hello is that of a new one.
  if (next === 'Down') iface.neighbors.delete(neighbor.address);
  // 9.2: communication has become, or is no longer, bidirectional.
  if (bidirectional) agenda.interface(iface, 'NeighborChange');
  // One that is new, or has forgotten us, need not wait for our next interval to be listed.
  if (next === 'Init') agenda.answer(iface, neighbor);
}

/** Neighbours that list us have lines of their own: anybody can be one that does not. */
function tellChange(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  change: string,
  bidirectional: boolean,
  ctx: Context,
): void {
  const now = ctx.now();
  const kind = bidirectional ? 'twoWay' : 'oneWay';
  const source = `${iface.name} ${neighbor.address}`;
  const due = lineDue(state.changes, kind, source, now, CHANGES_AT_ONCE[kind]);
  // As long as nothing more changes it is well.
  noteWell(state.changes, kind, source, now);
  if (due !== undefined) ctx.log('info', `${who(iface, neighbor)}: ${change}${leftOutText(due)}`);
}

/** The part of a Hello that describes its sender. */
interface Sender {
  address: string;
  routerId: string;
  listsUs: boolean;
}

/**
 * The neighbour at an address (10.5), new when there is none yet; undefined when there is no room for it. Another
 * router id there is another router: whatever was agreed with the one before has ended.
 */
export function neighborAt(
  state: State,
  iface: Interface,
  sender: Sender,
  agenda: OspfAgenda,
  ctx: Context,
): Neighbor | undefined {
  const { address, routerId } = sender;
  const known = iface.neighbors.get(address);
  if (known?.routerId === routerId) return known;
  if (known !== undefined) {
    count(state.counters, 'routerIdChanged');
    const due = lineDue(state.changes, 'routerIdChanged', `${iface.name} ${address}`, ctx.now());
    if (due !== undefined) {
      ctx.log(
        'warn',
        `${who(iface, known)}: ${address} has the router id ${routerId} now${leftOutText(due)}`,
      );
    }
    neighborEvent(state, iface, known, 'KillNbr', agenda, ctx);
  } else if (!makeRoom(state, iface, sender, agenda, ctx)) {
    return undefined;
  }
  tellShared(state, iface, sender, ctx);
  const timer = keyFor(iface, sender);
  const neighbor: Neighbor = { routerId, address, state: 'Down', since: ctx.now(), timer, events: {} };
  iface.neighbors.set(address, neighbor);
  return neighbor;
}

/**
 * Room for one more. A router that hears us lists us in its first Hello, so those that do not may take a part of the
 * table only, and one that has not for as long as a neighbour may be silent makes way. Those that do make way for none.
 */
function makeRoom(
  state: State,
  iface: Interface,
  { listsUs }: Sender,
  agenda: OspfAgenda,
  ctx: Context,
): boolean {
  const most = Math.min(MOST_NEIGHBORS, neighborsThatFit(iface.link?.mtu ?? 0));
  let oneWay = 0;
  let longest: Neighbor | undefined;
  for (const neighbor of iface.neighbors.values()) {
    if (neighbor.state === '2-Way') continue;
    oneWay++;
    if (longest === undefined || neighbor.since < longest.since) longest = neighbor;
  }
  const mostOneWay = Math.min(MOST_ONE_WAY, Math.floor(most / 2));
  if (iface.neighbors.size < most && (listsUs || oneWay < mostOneWay)) return true;
  const dead = configOf(state, iface).deadInterval * 1000;
  if (longest === undefined || (!listsUs && ctx.now() - longest.since < dead)) return false;
  neighborEvent(state, iface, longest, 'KillNbr', agenda, ctx);
  return true;
}

/** Two addresses of one router id are two routers that must not share it, or one with two interfaces here. */
function tellShared(state: State, iface: Interface, { address, routerId }: Sender, ctx: Context): void {
  for (const other of iface.neighbors.values()) {
    if (other.routerId !== routerId || other.address === address) continue;
    count(state.counters, 'routerIdShared');
    const due = lineDue(state.changes, 'routerIdShared', `${iface.name} ${routerId}`, ctx.now());
    if (due !== undefined) {
      ctx.log(
        'warn',
        `${who(iface, other)}: ${other.address} and ${address} both have the router id ${routerId}, which no two routers may share${leftOutText(due)}`,
      );
    }
    return;
  }
}

/** Warns of a router id that a neighbour has (C.1). Only of one that lists us: whoever else says that it has it may have made it up. */
export function tellTaken({ interfaces }: State, routerId: string, ctx: Context): void {
  for (const { name, neighbors } of interfaces.values()) {
    for (const { routerId: theirs, address, state } of neighbors.values()) {
      if (state !== '2-Way' || theirs !== routerId) continue;
      ctx.log(
        'warn',
        `the router id ${routerId} is that of the neighbour ${address} on ${name}, and no two routers may share one; give this router another`,
      );
      return;
    }
  }
}

/** Keeps what a Hello says for the election; true when that should make an interface elect again (10.5). */
export function noteElection(neighbor: Neighbor, { priority, dr, bdr }: Hello): boolean {
  const { election: before, address } = neighbor;
  neighbor.election = { priority, dr, bdr };
  if (before === undefined) return false;
  const declared = (field: string) => field === address;
  return (
    before.priority !== priority ||
    declared(before.dr) !== declared(dr) ||
    declared(before.bdr) !== declared(bdr)
  );
}

function startInactivity(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  const key = keyFor(iface, neighbor);
  if (key !== neighbor.timer) ctx.cancelTimer('inactivity', neighbor.timer);
  neighbor.timer = key;
  ctx.setTimer('inactivity', key, configOf(state, iface).deadInterval * 1000);
}

function stopInactivity(_state: State, _iface: Interface, { timer }: Neighbor, ctx: Context): void {
  ctx.cancelTimer('inactivity', timer);
}

function nothing(): void {}

function who({ name }: Interface, { routerId }: Neighbor): string {
  return `neighbour ${routerId} on ${name}`;
}

/** The key that all versions look for, unless another neighbour with the same router id has it: then one of its own, which no version before knows. */
function keyFor(iface: Interface, { address, routerId }: Pick<Neighbor, 'address' | 'routerId'>): string {
  const key = timerKey(iface.name, routerId);
  if (iface.neighbors.get(address)?.timer === key) return key;
  for (const { timer } of iface.neighbors.values()) if (timer === key) return `${key}/${address}`;
  return key;
}
