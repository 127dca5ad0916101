/** Neighbours and their state machine (RFC 2328 10.1 to 10.4); for how many there is room, and what hinders them. */
import type { Context } from 'hitless/runtime';
import { toAddress, toNumber } from '../../address.ts';
import { count, isMilestone } from '../../counter.ts';
import { leftOutText, lineDue, noteWell } from '../../limited-log.ts';
import type { OspfAgenda } from '../agenda.ts';
import { NONE } from '../constants.ts';
import { isFollowed, note } from '../followers.ts';
import { type Hello, neighborsThatFit } from '../packet/hello.ts';
import { areKnownById, configOf, isAtLeast, isDesignating, nameOf } from '../selectors.ts';
import type { Id, Interface, Neighbor, NeighborEvent, NeighborState, State } from '../state.ts';
import { roomOf } from '../transmit.ts';

/** Neighbours of an interface, and those of them that do not list us: whoever sends Hellos can be one of the latter. */
export const MOST_NEIGHBORS = 256;
export const MOST_ONE_WAY = 64;
/** Lines about one neighbour's changes of state that need not wait; fewer where it does not list us. */
const CHANGES_AT_ONCE = { twoWay: 16, oneWay: 2 };

const ALL: readonly NeighborState[] = [
  'Down',
  'Attempt',
  'Init',
  '2-Way',
  'ExStart',
  'Exchange',
  'Loading',
  'Full',
];
const KNOWN = ALL.slice(2);
const MUTUAL = ALL.slice(3);
const ADJACENT = ALL.slice(4);
const EXCHANGED = ALL.slice(5);

/** Events that each Hello is: of these only changes are worth a note. */
const USUAL: readonly NeighborEvent[] = ['HelloReceived', '2-WayReceived'];

/** Returns the next state. */
type Action = (state: State, iface: Interface, neighbor: Neighbor, ctx: Context) => NeighborState;
type Row = readonly [from: readonly NeighborState[], event: NeighborEvent, action: Action];

/** RFC 2328 10.3, in its order. */
// biome-ignore format: a table
export const TRANSITIONS: readonly Row[] = [
  // states        event                action
  [['Down'],       'Start',             attempt],
  [['Attempt'],    'HelloReceived',     hear('Init')],
  [['Down'],       'HelloReceived',     hear('Init')],
  [KNOWN,          'HelloReceived',     hear()],
  [['Init'],       '2-WayReceived',     befriend],
  [MUTUAL,         '2-WayReceived',     stay],
  [['ExStart'],    'NegotiationDone',   () => 'Exchange'],
  [['Exchange'],   'ExchangeDone',      load],
  [['Loading'],    'LoadingDone',       () => 'Full'],
  [['2-Way'],      'AdjOK?',            befriend],
  [ADJACENT,       'AdjOK?',            keep],
  [EXCHANGED,      'SeqNumberMismatch', () => 'ExStart'],
  [EXCHANGED,      'BadLSReq',          () => 'ExStart'],
  [ALL,            'KillNbr',           die],
  [ALL,            'LLDown',            die],
  [ALL,            'InactivityTimer',   die],
  [MUTUAL,         '1-WayReceived',     () => 'Init'],
  [['Init'],       '1-WayReceived',     stay],
  // Where several consequences of one input concern one neighbour, the first may have left the state of the others.
  [['Attempt', 'Down', 'Init'],        'AdjOK?',            stay],
  [['Down', 'Init', '2-Way', 'ExStart'], 'SeqNumberMismatch', stay],
  [['Down', 'Init', '2-Way', 'ExStart'], 'BadLSReq',          stay],
];

/** Runs the state machine. An event that no row takes is named and counted, and changes nothing. @param reason what hinders it */
export function neighborEvent(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  event: NeighborEvent,
  reason: string | undefined,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  count(neighbor.events, event);
  // RFC 3623 3: one that restarts is silent, and does not list us until it has heard us again.
  if (neighbor.helping !== undefined && (event === 'InactivityTimer' || event === '1-WayReceived')) return;
  const row = TRANSITIONS.find(([from, on]) => on === event && from.includes(neighbor.state));
  if (row === undefined) {
    const unexpected = count(state.counters, 'unexpected');
    noteEvent(state, iface, neighbor, event, neighbor.state, 'unexpected');
    if (isMilestone(unexpected)) {
      ctx.log(
        'warn',
        `${who(iface, neighbor)}: unexpected ${event} in ${neighbor.state} (${unexpected} so far)`,
      );
    }
    return;
  }
  if (reason !== undefined) hinder(neighbor, reason);
  const next = row[2](state, iface, neighbor, ctx);
  if (next !== neighbor.state || !USUAL.includes(event))
    noteEvent(state, iface, neighbor, event, next, reason);
  if (next !== neighbor.state) changeState(state, iface, neighbor, next, event, reason, agenda, ctx);
}

/** Whoever follows is told. @param next the state from now on */
function noteEvent(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  event: NeighborEvent,
  next: NeighborState,
  reason: string | undefined,
): void {
  if (!isFollowed(state)) return;
  const { routerId, address, state: before } = neighbor;
  const name = `${who(iface, neighbor)} (${toAddress(address)})`;
  const change = before === next ? `${event} in ${before}` : `${before} -> ${next} (${event})`;
  const facts = {
    interface: iface.key,
    neighbor: toAddress(routerId),
    address: toAddress(address),
    event,
    from: before,
    to: next,
    ...(reason !== undefined && { reason }),
  };
  const lines = [`${name}: ${change}${reason === undefined ? '' : `: ${reason}`}`];
  note(state, 'neighbor', iface, () => ({ lines, facts }));
}

/** All that a change of state sets off. */
function changeState(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  next: NeighborState,
  event: NeighborEvent,
  reason: string | undefined,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const before = { state: neighbor.state };
  neighbor.state = next;
  neighbor.since = ctx.now();
  const mutual = isAtLeast(before, '2-Way') !== isAtLeast(neighbor, '2-Way');
  const told = mutual || isAtLeast(neighbor, '2-Way');
  tellChange(state, iface, neighbor, `${before.state} -> ${next} (${event})`, reason, told, ctx);
  // 10.3: lists and exchange are those of an adjacency that has ended, or begins anew.
  const isAdjacent = isAtLeast(neighbor, 'Exchange');
  if (isAtLeast(before, 'ExStart') && !isAdjacent) agenda.lists(iface, neighbor);
  // 9.2: communication has become, or is no longer, bidirectional.
  if (mutual) agenda.interface(iface, 'NeighborChange');
  if (before.state === 'Full' || next === 'Full') {
    changedFull(iface, agenda);
    agenda.adjacencies();
  }
  if (next === 'ExStart') agenda.exchange(iface, neighbor);
  if (next === 'Loading') agenda.request(iface, neighbor);
  // One that is new, or has forgotten us, need not wait for our next interval to be listed.
  if (next === 'Init' || next === 'Attempt') agenda.answer(iface, neighbor);
  if (next === 'Full') {
    neighbor.hindrance = '';
    agenda.restart();
  }
  if (next === 'Down') forget(state, iface, neighbor);
}

/** 12.4 (4): our router-LSA has a link to it, or has it no longer; so has the network-LSA of a network of ours. */
function changedFull(iface: Interface, agenda: OspfAgenda): void {
  agenda.originate({ lsa: 'router', area: iface.area });
  if (iface.state === 'DR') agenda.originate({ lsa: 'network', iface: iface.key });
  // RFC 2328 12.4.1: the V-bit is that of the transit area.
  if (iface.virtual !== undefined) agenda.originate({ lsa: 'router', area: iface.virtual.area });
  // While nobody is Full, LSAs of others change no tree (lsdb.ts). 3.1, RFC 3509: somebody in the backbone makes a border router.
  agenda.routing({ of: 'tree', area: iface.area });
}

/** A neighbour that is down is forgotten: its next Hello is that of a new one. One that is configured stays known. */
function forget(state: State, iface: Interface, neighbor: Neighbor): void {
  const name = nameOf(iface, neighbor.address, neighbor.routerId);
  if (configOf(state, iface).neighbors[name] === undefined) {
    if (iface.neighbors.get(name) === neighbor) iface.neighbors.delete(name);
    return;
  }
  neighbor.routerId = NONE;
  neighbor.timer = neighbor.key;
  neighbor.dr = NONE;
  neighbor.bdr = NONE;
}

// ——— Actions ———

function hear(next?: NeighborState): Action {
  return (state, iface, neighbor, ctx) => {
    startInactivity(state, iface, neighbor, ctx);
    return next ?? neighbor.state;
  };
}

function attempt(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): NeighborState {
  startInactivity(state, iface, neighbor, ctx);
  return 'Attempt';
}

function startInactivity(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  const timer = timerFor(iface, neighbor);
  if (timer !== neighbor.timer) ctx.cancelTimer('inactivity', neighbor.timer);
  neighbor.timer = timer;
  ctx.setTimer('inactivity', timer, configOf(state, iface).deadInterval);
}

/** Versions before 3.0.0 look for this key, unless another neighbour with the same router id has it. */
function timerFor(iface: Interface, { key, routerId }: Pick<Neighbor, 'key' | 'routerId'>): string {
  if (routerId === NONE) return key;
  const timer = `${iface.key}/${toAddress(routerId)}`;
  for (const other of iface.neighbors.values()) if (other.key !== key && other.timer === timer) return key;
  return timer;
}

function stay(_state: State, _iface: Interface, neighbor: Neighbor): NeighborState {
  return neighbor.state;
}

function befriend(_state: State, iface: Interface, neighbor: Neighbor): NeighborState {
  return isWanted(iface, neighbor) ? 'ExStart' : '2-Way';
}

function keep(_state: State, iface: Interface, neighbor: Neighbor): NeighborState {
  return isWanted(iface, neighbor) ? neighbor.state : '2-Way';
}

function load(_state: State, _iface: Interface, { requested }: Neighbor): NeighborState {
  return requested > 0 ? 'Loading' : 'Full';
}

function die(_state: State, _iface: Interface, { timer }: Neighbor, ctx: Context): NeighborState {
  ctx.cancelTimer('inactivity', timer);
  return 'Down';
}

/** 10.4: whether an adjacency is to be formed, or kept. */
function isWanted(iface: Interface, { address }: Neighbor): boolean {
  if (!isDesignating(iface)) return true;
  if (iface.state === 'DR' || iface.state === 'Backup') return true;
  return address !== NONE && (address === iface.dr || address === iface.bdr);
}

// ——— Who is known ———

/** The part of a Hello that says who sent it. */
export interface Sender {
  address: Id;
  routerId: Id;
  listsUs: boolean;
}

/**
 * The neighbour that a Hello is from (10.5), new when there is none yet; undefined when there is no room for it. Another
 * router id at its address is another router: whatever was agreed with the one before has ended.
 */
export function neighborAt(
  state: State,
  iface: Interface,
  sender: Sender,
  agenda: OspfAgenda,
  ctx: Context,
): Neighbor | undefined {
  const { address, routerId } = sender;
  const name = nameOf(iface, address, routerId);
  const known = iface.neighbors.get(name);
  if (known !== undefined && (known.routerId === routerId || known.routerId === NONE)) {
    known.routerId = routerId;
    // 10.5: on point-to-point links its address may be another from now on.
    known.address = address;
    return known;
  }
  if (known !== undefined) leaveOld(state, iface, known, routerId, agenda, ctx);
  else if (!makeRoom(state, iface, sender, agenda, ctx)) return undefined;
  tellShared(state, iface, sender, ctx);
  const neighbor = newNeighbor(iface, name, address, routerId, ctx.now());
  iface.neighbors.set(name, neighbor);
  return neighbor;
}

function leaveOld(
  state: State,
  iface: Interface,
  known: Neighbor,
  routerId: Id,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  count(state.counters, 'routerIdChanged');
  const address = toAddress(known.address);
  const due = lineDue(state.changes, 'routerIdChanged', `${iface.key} ${address}`, ctx.now());
  if (due !== undefined) {
    const text = `${who(iface, known)}: ${address} has the router id ${toAddress(routerId)} now`;
    ctx.log('warn', `${text}${leftOutText(due)}`);
  }
  kill(state, iface, known, agenda, ctx);
}

/** At once: another takes its place. */
function kill(state: State, iface: Interface, neighbor: Neighbor, agenda: OspfAgenda, ctx: Context): void {
  neighborEvent(state, iface, neighbor, 'KillNbr', undefined, agenda, ctx);
}

export function newNeighbor(
  iface: Interface,
  name: string,
  address: Id,
  routerId: Id,
  now: number,
): Neighbor {
  const key = `${iface.key}/${name}`;
  return {
    key,
    timer: timerFor(iface, { key, routerId }),
    routerId,
    address,
    state: 'Down',
    since: now,
    priority: 0,
    dr: NONE,
    bdr: NONE,
    options: 0,
    requested: 0,
    asked: [],
    unacknowledged: 0,
    sequences: {},
    hindrance: '',
    events: {},
  };
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
  const most = Math.min(MOST_NEIGHBORS, neighborsThatFit(roomOf(state, iface)));
  const { deadInterval, neighbors } = configOf(state, iface);
  let oneWay = 0;
  let longest: Neighbor | undefined;
  for (const [name, neighbor] of iface.neighbors) {
    if (isAtLeast(neighbor, '2-Way') || neighbors[name] !== undefined) continue;
    oneWay++;
    if (longest === undefined || neighbor.since < longest.since) longest = neighbor;
  }
  const mostOneWay = Math.min(MOST_ONE_WAY, Math.floor(most / 2));
  if (iface.neighbors.size < most && (listsUs || oneWay < mostOneWay)) return true;
  if (longest === undefined || (!listsUs && ctx.now() - longest.since < deadInterval)) return false;
  kill(state, iface, longest, agenda, ctx);
  return true;
}

/** NBMA and point-to-multipoint: neighbours of the configuration are known from the start (C.5, C.6), and polled. */
export function knowConfigured(state: State, iface: Interface, agenda: OspfAgenda, ctx: Context): void {
  const { neighbors } = configOf(state, iface);
  for (const [name, { priority }] of Object.entries(neighbors)) {
    if (iface.neighbors.has(name) || areKnownById(iface)) continue;
    const neighbor = newNeighbor(iface, name, toNumber(name), NONE, ctx.now());
    neighbor.priority = priority;
    iface.neighbors.set(name, neighbor);
  }
  for (const [name, neighbor] of iface.neighbors) {
    if (neighbors[name] !== undefined || neighbor.state !== 'Down') continue;
    iface.neighbors.delete(name);
    ctx.cancelTimer('poll', neighbor.key);
    agenda.lists(iface, neighbor);
  }
}

// ——— What a Hello says ———

/**
 * Keeps what a Hello says for the election, and says what that means for the interface (10.5). Called for Hellos that
 * list us.
 */
export function noteElection(
  iface: Interface,
  neighbor: Neighbor,
  { priority, dr, bdr }: Hello,
  listsUs: boolean,
  agenda: OspfAgenda,
): void {
  // RFC 3623 3: who is designated stays so while one of them restarts.
  if (neighbor.helping !== undefined) return;
  const { address } = neighbor;
  const before = { ...neighbor };
  neighbor.priority = priority;
  neighbor.dr = dr;
  neighbor.bdr = bdr;
  if (!listsUs || !isDesignating(iface)) return;
  const isNow = { dr: dr === address, bdr: bdr === address };
  const was = { dr: before.dr === address, bdr: before.bdr === address };
  // A designated router may have taken us for its backup already: nobody else would say that there is one.
  if (iface.state === 'Waiting' && (isNow.bdr || (isNow.dr && (bdr === NONE || bdr === iface.address))))
    agenda.interface(iface, 'BackupSeen');
  else if (before.priority !== priority || isNow.dr !== was.dr || isNow.bdr !== was.bdr)
    agenda.interface(iface, 'NeighborChange');
}

/** Notes why a neighbour does not come up, as it was told: people see it beside the neighbour. */
export function hinder(neighbor: Neighbor, reason: string): void {
  neighbor.hindrance = reason;
}

/** Warns of a router id that a neighbour has (C.1). Only of one that lists us: whoever else says that it has it may have made it up. */
export function tellTaken({ interfaces }: State, routerId: Id, ctx: Context): void {
  for (const { key, neighbors } of interfaces.values()) {
    for (const neighbor of neighbors.values()) {
      if (!isAtLeast(neighbor, '2-Way') || neighbor.routerId !== routerId) continue;
      ctx.log(
        'warn',
        `the router id ${toAddress(routerId)} is that of the neighbour ${toAddress(neighbor.address)} on ${key}, and no two routers may share one; give this router another`,
      );
      return;
    }
  }
}

/** Two addresses of one router id are two routers that must not share it, or one with two interfaces here. */
function tellShared(state: State, iface: Interface, { address, routerId }: Sender, ctx: Context): void {
  for (const other of iface.neighbors.values()) {
    if (other.routerId !== routerId || other.address === address) continue;
    count(state.counters, 'routerIdShared');
    const id = toAddress(routerId);
    const due = lineDue(state.changes, 'routerIdShared', `${iface.key} ${id}`, ctx.now());
    if (due !== undefined) {
      const both = `${toAddress(other.address)} and ${toAddress(address)} both have the router id ${id}`;
      ctx.log('warn', `${who(iface, other)}: ${both}, which no two routers may share${leftOutText(due)}`);
    }
    return;
  }
}

/** Neighbours that list us have lines of their own: anybody can be one that does not. */
function tellChange(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  change: string,
  reason: string | undefined,
  mutual: boolean,
  ctx: Context,
): void {
  const now = ctx.now();
  const kind = mutual ? 'twoWay' : 'oneWay';
  const source = `${iface.key} ${toAddress(neighbor.address)}`;
  const due = lineDue(state.changes, kind, source, now, CHANGES_AT_ONCE[kind]);
  // As long as nothing more changes it is well.
  noteWell(state.changes, kind, source, now);
  const why = reason === undefined ? '' : `: ${reason}`;
  if (due === undefined) return;
  ctx.log(
    reason === undefined ? 'info' : 'warn',
    `${who(iface, neighbor)}: ${change}${why}${leftOutText(due)}`,
  );
}

function who({ key }: Interface, { routerId, address }: Neighbor): string {
  return routerId === NONE
    ? `neighbour at ${toAddress(address)} on ${key}`
    : `neighbour ${toAddress(routerId)} on ${key}`;
}
