/** Interfaces (RFC 2328 9): their state machine, the link and address that they have, and what they elect. */
import type { Context } from 'hitless/runtime';
import { toAddress, toNumber } from '../../address.ts';
import { count } from '../../counter.ts';
import { leftOutText, lineDue, noteWell } from '../../limited-log.ts';
import type { LinkAndAddresses } from '../../messages/links.ts';
import type { Subnet } from '../../subnet.ts';
import type { OspfAgenda, VirtualWay } from '../agenda.ts';
import { NONE } from '../constants.ts';
import { note } from '../followers.ts';
import type { Hello } from '../packet/hello.ts';
import { configOf, isAtLeast, isDesignated, isDesignating, portSettings } from '../selectors.ts';
import {
  DEFAULT_COST,
  type Interface,
  type InterfaceEvent,
  type InterfaceState,
  type State,
} from '../state.ts';
import { type Candidate, elect } from './election.ts';
import { choiceText, chooseAmong, typeOf } from './subnet-choice.ts';

/** Lines about elections of an interface that need not wait. */
const ELECTIONS_AT_ONCE = 8;
const NONE_LEFT_OUT = { again: 0, others: 0 };

const ALL: readonly InterfaceState[] = [
  'Down',
  'Loopback',
  'Waiting',
  'Point-to-point',
  'DROther',
  'Backup',
  'DR',
];
/** Of a link that does not tell one, in Mbit/s; as FRR has it. */
const UNKNOWN_SPEED = 10_000;
const MOST_COST = 65_535;

const ELECTED: readonly InterfaceState[] = ['DROther', 'Backup', 'DR'];

/** Returns the next state. */
type Action = (state: State, iface: Interface, agenda: OspfAgenda, ctx: Context) => InterfaceState;
type Row = readonly [from: readonly InterfaceState[], event: InterfaceEvent, action: Action];

/** RFC 2328 9.3, in its order; the last rows are of events that come where they mean nothing. */
// biome-ignore format: a table
export const TRANSITIONS: readonly Row[] = [
  // states                        event             action
  [['Down'],                       'InterfaceUp',    comeUp],
  [['Waiting'],                    'BackupSeen',     electAgain],
  [['Waiting'],                    'WaitTimer',      electAgain],
  [ELECTED,                        'NeighborChange', electAgain],
  [ALL,                            'InterfaceDown',  () => 'Down'],
  [ALL,                            'LoopInd',        () => 'Loopback'],
  [['Loopback'],                   'UnloopInd',      () => 'Down'],
  [['Down', 'Loopback', 'Waiting', 'Point-to-point'], 'NeighborChange', stay],
  [['Down', 'Loopback', 'Point-to-point', ...ELECTED], 'BackupSeen',    stay],
];

/** Runs the interface's state machine. An event that no row takes is counted, and changes nothing. */
export function interfaceEvent(
  state: State,
  iface: Interface,
  event: InterfaceEvent,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  count(iface.events, event);
  const row = TRANSITIONS.find(([from, on]) => on === event && from.includes(iface.state));
  if (row === undefined) {
    count(state.counters, 'unexpected');
    return;
  }
  const next = row[2](state, iface, agenda, ctx);
  if (next !== iface.state) changeState(state, iface, next, event, agenda, ctx);
}

/** All that a change of state sets off. */
function changeState(
  state: State,
  iface: Interface,
  next: InterfaceState,
  event: InterfaceEvent,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const before = iface.state;
  iface.state = next;
  iface.since = ctx.now();
  tellState(state, iface, `${before} -> ${next} (${event})`, event, ctx);
  noteChange(state, iface, before, event);
  if (before === 'Waiting') ctx.cancelTimer('wait', iface.key);
  if (next === 'Down' || next === 'Loopback') reset(iface, agenda);
  else if (before === 'Down') agenda.hellos(iface, true);
  if (isDesignated(before) !== isDesignated(next)) tellGroups(state, iface, ctx);
  // 12.4 (2): its links are others. 12.4 (3): it is a network's designated router, or is it no longer.
  agenda.originate({ lsa: 'router', area: iface.area });
  if (before === 'DR' || next === 'DR') agenda.originate({ lsa: 'network', iface: iface.key });
  // No path leads over an interface that is down, however long our next router-LSA has to wait.
  agenda.routing({ of: 'tree', area: iface.area });
}

function noteChange(
  state: State,
  { key, link, state: next, dr, bdr }: Interface,
  before: InterfaceState,
  event: InterfaceEvent,
): void {
  const designated = { dr: toAddress(dr), bdr: toAddress(bdr) };
  const text = `interface ${key}: ${before} -> ${next} (${event}), DR ${designated.dr}, BDR ${designated.bdr}`;
  const facts = { interface: key, event, from: before, to: next, ...designated };
  note(state, 'neighbor', { key, link }, () => ({ lines: [text], facts }));
}

/** Elections are as many as somebody's Hellos make of them; all else is the link's. */
function tellState(
  { changes }: State,
  { key }: Interface,
  text: string,
  event: InterfaceEvent,
  ctx: Context,
): void {
  const now = ctx.now();
  const elected = event === 'NeighborChange';
  const due = elected ? lineDue(changes, 'election', key, now, ELECTIONS_AT_ONCE) : NONE_LEFT_OUT;
  // As long as nothing more changes it is well.
  if (elected) noteWell(changes, 'election', key, now);
  if (due !== undefined) ctx.log('info', `${key}: ${text}${leftOutText(due)}`);
}

/** 9.3: all that the interface knew is of before. */
function reset(iface: Interface, agenda: OspfAgenda): void {
  iface.dr = NONE;
  iface.bdr = NONE;
  agenda.hellos(iface, false);
  for (const neighbor of iface.neighbors.values()) agenda.neighbor(iface, neighbor, 'KillNbr');
}

function comeUp(state: State, iface: Interface, agenda: OspfAgenda, ctx: Context): InterfaceState {
  if (!isDesignating(iface)) return 'Point-to-point';
  const { priority, deadInterval } = configOf(state, iface);
  if (priority === 0) return 'DROther';
  if (iface.type === 'non-broadcast') startAll(state, iface, true, agenda);
  ctx.setTimer('wait', iface.key, deadInterval);
  return 'Waiting';
}

/** NBMA: those of the configured neighbours that may be elected, or those that may not, are spoken to from now on. */
function startAll(state: State, iface: Interface, eligible: boolean, agenda: OspfAgenda): void {
  const { neighbors } = configOf(state, iface);
  for (const [name, neighbor] of iface.neighbors) {
    const configured = neighbors[name];
    if (configured !== undefined && configured.priority > 0 === eligible && neighbor.state === 'Down')
      agenda.neighbor(iface, neighbor, 'Start');
  }
}

/** RFC 3623 2.2: what we were before a restart, a neighbour's Hello says: we are it again. */
export function resumeRole(
  iface: Interface,
  { dr, bdr }: Pick<Hello, 'dr' | 'bdr'>,
  agenda: OspfAgenda,
): void {
  const { address } = iface;
  if (iface.state !== 'Waiting' || (dr !== address && bdr !== address)) return;
  iface.dr = dr;
  iface.bdr = bdr;
  agenda.interface(iface, 'BackupSeen');
}

function stay(_state: State, iface: Interface): InterfaceState {
  return iface.state;
}

/** 9.4 */
function electAgain(state: State, iface: Interface, agenda: OspfAgenda, _ctx: Context): InterfaceState {
  const { address, dr: drBefore, bdr: bdrBefore } = iface;
  const others = [...iface.neighbors.values()].filter((neighbor) => isAtLeast(neighbor, '2-Way'));
  const self: Candidate = {
    id: state.routerId,
    address,
    priority: configOf(state, iface).priority,
    dr: drBefore,
    bdr: bdrBefore,
  };
  const { dr, bdr } = elect(
    self,
    others.map(({ routerId, ...neighbor }) => ({ id: routerId, ...neighbor })),
  );
  const next = dr === address ? 'DR' : bdr === address ? 'Backup' : 'DROther';
  if (dr !== drBefore || bdr !== bdrBefore) {
    iface.dr = dr;
    iface.bdr = bdr;
    // 12.4 (3)
    if (dr !== drBefore) {
      agenda.originate({ lsa: 'router', area: iface.area });
      agenda.originate({ lsa: 'network', iface: iface.key });
    }
    for (const neighbor of others) agenda.neighbor(iface, neighbor, 'AdjOK?');
  }
  if (iface.type === 'non-broadcast' && isDesignated(next) && !isDesignated(iface.state))
    startAll(state, iface, false, agenda);
  return next;
}

/** A link is another than before: its interfaces follow, and those that borrow its address. */
export function linkChanged(state: State, link: LinkAndAddresses, agenda: OspfAgenda, ctx: Context): void {
  if (link.index === 0) state.links.delete(link.name);
  else state.links.set(link.name, link);
  for (const iface of state.interfaces.values())
    if (iface.link === link.name || isBorrowing(state, iface)) refresh(state, iface, agenda, ctx);
}

function isBorrowing({ links }: State, { type, link }: Interface): boolean {
  return (
    type === 'point-to-point' &&
    links.get(link)?.addresses.some(({ address }) => !address.includes(':')) !== true
  );
}

/** An interface as its link and configuration want it. */
interface Wanted {
  type: Interface['type'];
  subnet?: Subnet;
  address: number;
  mtu: number;
  cost: number;
  up: boolean;
}

/**
 * Makes an interface what its link and configuration say. Another address or type is another interface: it goes down, and
 * comes up as that.
 */
export function refresh(state: State, iface: Interface, agenda: OspfAgenda, ctx: Context): void {
  if (iface.virtual !== undefined) return;
  const wanted = wantedOf(state, iface, ctx);
  const same =
    wanted.type === iface.type &&
    wanted.address === iface.address &&
    wanted.subnet?.prefixLength === iface.subnet?.prefixLength &&
    wanted.subnet?.peer === iface.subnet?.peer;
  if (iface.state !== 'Down' && !(wanted.up && same)) takeDown(state, iface, agenda, ctx);
  iface.mtu = wanted.mtu;
  if (wanted.up) take(iface, wanted);
  if (wanted.up && iface.state === 'Down') bringUp(iface, agenda);
  changeCost(iface, wanted.cost, agenda);
}

/** Brings an interface down, and up again with what link and configuration say now. */
export function restart(state: State, iface: Interface, agenda: OspfAgenda, ctx: Context): void {
  takeDown(state, iface, agenda, ctx);
  if (iface.virtual === undefined) refresh(state, iface, agenda, ctx);
  else if (iface.address !== NONE) bringUp(iface, agenda);
}

/** At once, with what follows put on the agenda: whatever comes next on it finds the interface as it is. */
export function takeDown(state: State, iface: Interface, agenda: OspfAgenda, ctx: Context): void {
  if (iface.state !== 'Down') interfaceEvent(state, iface, 'InterfaceDown', agenda, ctx);
}

function bringUp(iface: Interface, agenda: OspfAgenda): void {
  // A neighbour of before is killed first, and then one of the same name may be met.
  agenda.interface(iface, iface.type === 'loopback' ? 'LoopInd' : 'InterfaceUp');
}

function take(iface: Interface, { type, subnet, address }: Wanted): void {
  iface.type = type;
  iface.address = address;
  if (subnet === undefined) delete iface.subnet;
  else iface.subnet = subnet;
}

function changeCost(iface: Interface, cost: number, agenda: OspfAgenda): void {
  if (cost === iface.cost) return;
  iface.cost = cost;
  if (iface.state !== 'Down') agenda.originate({ lsa: 'router', area: iface.area });
}

function wantedOf(state: State, iface: Interface, ctx: Context): Wanted {
  const config = configOf(state, iface);
  const link = state.links.get(iface.link);
  const cost = config.cost ?? costOf(state.config.referenceBandwidth, link?.speed);
  if (link === undefined) return { type: iface.type, address: NONE, mtu: 0, cost, up: false };
  const type = typeOf(link, config.type);
  const choice = chooseAmong(link, type, config.address);
  tellChoice(iface, choiceText(iface.key, choice, config.address), choice.used !== undefined, ctx);
  const { used, unnumbered } = choice;
  const address = used === undefined ? lentTo(state, type) : toNumber(used.address);
  return {
    type,
    ...(used !== undefined && !unnumbered && { subnet: used }),
    address,
    mtu: link.mtu,
    cost,
    up: link.up && address !== NONE,
  };
}

/** C.3: as FRR has it, rounded, and from 1 on. */
function costOf(reference: number | undefined, speed = UNKNOWN_SPEED): number {
  if (reference === undefined) return DEFAULT_COST;
  return Math.min(Math.max(1, Math.round(reference / speed)), MOST_COST);
}

/** An unnumbered link borrows an address: that of a loopback first, or of any other interface. */
function lentTo(state: State, type: Interface['type']): number {
  if (type !== 'point-to-point') return NONE;
  const lenders = [...state.interfaces.values()].filter(({ subnet }) => subnet !== undefined);
  const lender = lenders.find((iface) => iface.type === 'loopback') ?? lenders[0];
  return lender?.address ?? NONE;
}

/** Says once which of a link's addresses is used, when there is a choice; again when that changes. */
function tellChoice(iface: Interface, text: string, used: boolean, ctx: Context): void {
  if (text !== '' && text !== iface.choice) ctx.log(used ? 'info' : 'warn', text);
  iface.choice = text;
}

/** RFC 2328 15: a virtual link is up while there is a way to its other end through the transit area. */
export function virtualWayChanged(
  state: State,
  iface: Interface,
  way: VirtualWay | undefined,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const { virtual } = iface;
  if (virtual === undefined) return;
  if (way === undefined || (iface.address !== NONE && way.address !== iface.address))
    takeDown(state, iface, agenda, ctx);
  iface.address = way?.address ?? NONE;
  virtual.to = way?.to ?? NONE;
  virtual.over = way?.over ?? '';
  if (way === undefined) return;
  iface.mtu = state.interfaces.get(way.over)?.mtu ?? iface.mtu;
  changeCost(iface, way.cost, agenda);
  if (iface.state === 'Down') bringUp(iface, agenda);
}

/** The link's port is a member of the group for designated routers while one of its interfaces is one (7.1, 8.1). */
export function tellGroups(state: State, { link }: Interface, ctx: Context): void {
  if (link !== '') ctx.openPort('ospf', link, portSettings(state, link));
}
