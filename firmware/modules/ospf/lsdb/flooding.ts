/**
 * The flooding procedure (RFC 2328 13): which LSAs of an Update are taken, and where they go on to. What is flooded waits on its
 * interface until the input is worked off, so that the LSAs of one Update leave in few.
 */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { count } from '../../counter.ts';
import { leftOutText, lineDue } from '../../limited-log.ts';
import { removeRequested, requestedOf } from '../adjacency/request-list.ts';
import type { OspfAgenda } from '../agenda.ts';
import {
  INITIAL_SEQUENCE,
  LS_OPAQUE_LINK,
  LS_ROUTER,
  MAX_AGE,
  MAX_SEQUENCE,
  OPTION_O,
} from '../constants.ts';
import { DROP_REASONS, type DropReason } from '../drop.ts';
import { isFollowed, note } from '../followers.ts';
import { originOf } from '../origination/origin.ts';
import { LOOK_AGAIN_MS, mayBeMadeYet } from '../origination/returned.ts';
import { isGrace } from '../packet/grace.ts';
import { checksumIsGood, decodeLsa } from '../packet/lsa.ts';
import { decodeLsaHeader, type LsaHeader } from '../packet/lsa-header.ts';
import { hex, lsaHeaderText, keyOf as lsaNames } from '../packet/text.ts';
import { isAtLeast, isOwnLsa, takesType } from '../selectors.ts';
import type { Interface, Lsa, Neighbor, State } from '../state.ts';
import { acknowledgingOf, type Circumstance, delayAcknowledgment, sendDirect } from './acknowledgment.ts';
import {
  areaScope,
  compareInstances,
  findLsa,
  flush,
  hasRoom,
  type Instance,
  install,
  instanceOf,
  isExchanging,
  keyOf,
  lsaKey,
  scopeOf,
  tellChange,
} from './lsdb.ts';
import {
  addRetransmission,
  isOver,
  isUnacknowledged,
  removeRetransmission,
  removeRetransmissions,
} from './retransmission.ts';
import { isUnicast, sendLsas } from './update.ts';

/** LSAs between two looks whether others wait. */
const SLICE = 16;
/** Newer instances that were sent back lately and are remembered: beyond it none is sent until some are forgotten. */
const MOST_SENT_BACK = 1_024;

/** An LSA as it came in: its bytes, its header, where from. */
interface Incoming {
  iface: Interface;
  neighbor: Neighbor;
  bytes: Uint8Array;
  header: LsaHeader;
  key: string;
}

/** The result for one LSA: how it is to be acknowledged, a reason to drop it, or no more of this Update. */
type Outcome = Circumstance | 'unacknowledged' | 'stop' | { error: DropReason };

/** An Update's LSAs, each cut by its length, from a neighbour in Exchange or beyond. In slices: there may be thousands. */
export function* receiveUpdate(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  lsas: readonly Uint8Array[],
  agenda: OspfAgenda,
  ctx: Context,
): Generator<'slice', void, unknown> {
  const direct: Uint8Array[] = [];
  if (!isAtLeast(neighbor, 'Exchange')) return;
  for (const [i, bytes] of lsas.entries()) {
    const header = decodeLsaHeader(bytes);
    const key = lsaKey(scopeOf(header.type, iface), header.type, header.id, header.router);
    const outcome = receiveLsa(state, { iface, neighbor, bytes, header, key }, agenda, ctx);
    noteLsa(state, iface, neighbor, header, outcome);
    if (outcome === 'stop') break;
    if (typeof outcome === 'object') noteDrop(state, iface, neighbor, header, outcome.error, ctx);
    else if (outcome !== 'unacknowledged') {
      const how = acknowledgingOf(iface, neighbor, outcome);
      if (how === 'direct') direct.push(bytes);
      if (how === 'delayed') delayAcknowledgment(state, iface, bytes, ctx);
    }
    if (i % SLICE === SLICE - 1) yield 'slice';
  }
  sendDirect(state, iface, neighbor, direct, ctx);
}

/** RFC 2328 13, (1) to (8), of one LSA. */
function receiveLsa(state: State, incoming: Incoming, agenda: OspfAgenda, ctx: Context): Outcome {
  const { iface, neighbor, bytes, header, key } = incoming;
  // (1)
  if (!checksumIsGood(bytes)) return { error: 'lsaChecksum' };
  // (2)
  const body = decodeLsa(bytes);
  if ('error' in body) return body;
  // A.4.2. FRR drops a whole Update that has one such.
  if (header.type === LS_ROUTER && header.id !== header.router) return { error: 'lsaId' };
  // (3), RFC 3101 2.1, RFC 5250 3.1
  if (!takesType(state, iface.area, header.type)) return { error: 'lsaScope' };
  const now = ctx.now();
  const age = Math.min(header.age, MAX_AGE);
  const lsa = findLsa(state, key);
  // (4)
  if (age >= MAX_AGE && lsa === undefined && !isExchanging(state)) return 'unknownMaxAge';
  // (5)
  const newer = lsa === undefined ? 1 : compareInstances({ ...header, age }, instanceOf(lsa, now));
  if (newer > 0) return takeNewer(state, incoming, lsa, now, agenda, ctx);
  // (6)
  if (requestedOf(state, neighbor, key) !== undefined) {
    agenda.neighbor(iface, neighbor, 'BadLSReq');
    return 'stop';
  }
  // (7)
  if (newer === 0) {
    if (!removeRetransmission(state, neighbor, key)) return 'duplicate';
    if (age >= MAX_AGE) agenda.aging(key);
    return 'implied';
  }
  // (8)
  sendBack(state, incoming, lsa!, now, ctx);
  return 'unacknowledged';
}

/** 13 (5) */
function takeNewer(
  state: State,
  { iface, neighbor, bytes, header, key }: Incoming,
  lsa: Lsa | undefined,
  now: number,
  agenda: OspfAgenda,
  ctx: Context,
): Outcome {
  const own = isOwnLsa(state, header);
  // One that claims to be ours, and that we do not keep up, is anybody's.
  const isKept = own && originOf(state, key) !== undefined;
  const scope = scopeOf(header.type, iface);
  if (!isKept && !hasRoom(state, scope, key, bytes, lsa)) return { error: 'lsaRoom' };
  // (a). One that is over is kept for a moment (aging.ts), and hinders no other.
  const soon =
    lsa !== undefined && !isOver(state, key, lsa) && now - lsa.installed < state.config.timers.minLsArrival;
  if (soon && isFlooded(state, key, lsa, header, isKept)) return { error: 'minLsArrival' };
  // (c), (d), before (b): what is flooded is what is installed
  removeRetransmissions(state, key);
  const installed = install(state, scope, bytes, now, neighbor.key);
  if (installed.changed) tellChange(state, installed.lsa, agenda);
  if (isGrace(header)) agenda.restart(key);
  // (b)
  const back = floodOut(state, installed.lsa, { iface, neighbor }, agenda, ctx);
  // (f)
  if (own) takeOwn(state, installed.lsa, now, agenda, ctx);
  // (e)
  return back ? 'floodedBack' : 'newer';
}

/**
 * 13 (5a): whether what is there came by flooding, so that another may be too soon. What we made did not. Nor is the end of
 * an LSA too soon, once: its sender may be gone before it would be sent again.
 */
function isFlooded(state: State, key: string, lsa: Lsa, { age }: LsaHeader, isKept: boolean): boolean {
  const made = state.originated.get(key);
  if (lsa.age >= MAX_AGE) return isKept || made === undefined;
  return isKept ? lsa.sequence < (made?.atLeast ?? INITIAL_SEQUENCE) : age < MAX_AGE;
}

/**
 * 13.4: one of ours that is newer than ours. Where it is to be, the next instance is newer than that; else it is flushed with
 * the sequence number that it came with. Where that is not known yet, origination.ts looks at it again.
 */
function takeOwn(state: State, lsa: Lsa, now: number, agenda: OspfAgenda, ctx: Context): void {
  count(state.counters, 'ownReceived');
  const key = keyOf(lsa);
  // One that was flushed lately is not kept up, though it is remembered.
  const origin = lsa.router === state.routerId ? originOf(state, key) : undefined;
  if (origin !== undefined) {
    agenda.originate(origin, true);
    return;
  }
  // RFC 3623 2: one of before a restart is taken as it is for now.
  if (lsa.age >= MAX_AGE || state.restarting !== undefined) return;
  if (!state.originated.has(key) && mayBeMadeYet(state, lsa, now)) {
    ctx.setTimer('originate', key, LOOK_AGAIN_MS);
    return;
  }
  flush(state, lsa, now, agenda);
}

/** 13 (8): the neighbour has an older one. It gets ours alone, at most once in MinLSArrival. */
function sendBack(
  state: State,
  { iface, neighbor, key }: Incoming,
  lsa: Lsa,
  now: number,
  ctx: Context,
): void {
  if (lsa.age >= MAX_AGE && lsa.sequence === MAX_SEQUENCE) return;
  const { minLsArrival } = state.config.timers;
  for (const [sent, at] of state.sentBack) {
    if (now - at < minLsArrival) break;
    state.sentBack.delete(sent);
  }
  const sent = `${neighbor.key} ${key}`;
  if (state.sentBack.has(sent) || state.sentBack.size >= MOST_SENT_BACK) return;
  state.sentBack.set(sent, now);
  sendLsas(state, iface, neighbor.address, [lsa], ctx);
}

/** 13.3, of an LSA of ours, or one that has reached MaxAge here. Agenda item `flooding`. */
export function flood(state: State, key: string, agenda: OspfAgenda, ctx: Context): void {
  const lsa = findLsa(state, key);
  if (lsa === undefined) return;
  removeRetransmissions(state, key);
  floodOut(state, lsa, undefined, agenda, ctx);
}

/** 13.3: on which interfaces it goes on. Returns whether out of the one where it came from. */
function floodOut(
  state: State,
  lsa: Lsa,
  from: { iface: Interface; neighbor: Neighbor } | undefined,
  agenda: OspfAgenda,
  ctx: Context,
): boolean {
  const key = keyOf(lsa);
  const instance = instanceOf(lsa, ctx.now());
  let back = false;
  const over: string[] = [];
  for (const iface of state.interfaces.values()) {
    if (!isEligible(state, iface, lsa)) continue;
    // (1), (2)
    if (!awaitAll(state, iface, key, instance, lsa.type, from?.neighbor, agenda, ctx)) continue;
    if (iface === from?.iface) {
      // (3)
      if (from.neighbor.address === iface.dr || from.neighbor.address === iface.bdr) continue;
      // (4)
      if (iface.state === 'Backup') continue;
      // Packets to single neighbours do not tell the sender that we have it.
      back = !isUnicast(iface);
    }
    // (5)
    if (iface.flooding.length === 0) agenda.updates(iface);
    iface.flooding.push(key);
    over.push(iface.key);
  }
  noteFlooded(state, lsa, instance.age, over);
  if (lsa.age >= MAX_AGE) agenda.aging(key);
  return back;
}

const OUTCOMES: Readonly<Record<Circumstance | 'unacknowledged' | 'stop', string>> = {
  floodedBack: 'newer, and flooded back',
  newer: 'newer',
  implied: 'a duplicate that acknowledges ours',
  duplicate: 'a duplicate',
  unknownMaxAge: 'the end of one that is not known',
  unacknowledged: 'older than ours, which is sent back',
  stop: 'older than what it described: the exchange begins anew',
};

function noteLsa(
  state: State,
  iface: Interface,
  { address }: Neighbor,
  header: LsaHeader,
  outcome: Outcome,
): void {
  if (!isFollowed(state)) return;
  const text = typeof outcome === 'object' ? DROP_REASONS[outcome.error] : OUTCOMES[outcome];
  const from = toAddress(address);
  note(state, 'flooding', iface, () => ({
    lines: [`received from ${from} on ${iface.key}: ${lsaHeaderText(header)}: ${text}`],
    facts: {
      event: 'received',
      ...{ interface: iface.key, from, ...lsaNames(header), age: header.age, sequence: hex(header.sequence) },
      outcome: typeof outcome === 'object' ? outcome.error : outcome,
    },
  }));
}

function noteFlooded(state: State, lsa: Lsa, age: number, over: readonly string[]): void {
  if (over.length === 0 || !isFollowed(state)) return;
  const { type, id, router, sequence } = lsa;
  const header = { type, id, router, sequence, age };
  const say = () => ({
    lines: [`flooded on ${over.join(', ')}: ${lsaHeaderText(header)}`],
    facts: { event: 'flooded', interfaces: over, ...lsaNames(header), age, sequence: hex(sequence) },
  });
  note(state, 'flooding', over, say);
}

/** 13.3 (1): puts it on the retransmission lists of those that have to have it. Returns whether there are some. */
function awaitAll(
  state: State,
  iface: Interface,
  key: string,
  instance: Instance,
  type: number,
  sender: Neighbor | undefined,
  agenda: OspfAgenda,
  ctx: Context,
): boolean {
  let some = false;
  for (const neighbor of iface.neighbors.values()) {
    // (a)
    if (!isAtLeast(neighbor, 'Exchange')) continue;
    // RFC 5250 3: opaque ones go to those that know them.
    if (type >= LS_OPAQUE_LINK && (neighbor.options & OPTION_O) === 0) continue;
    // (b)
    if (neighbor.state !== 'Full') {
      const requested = requestedOf(state, neighbor, key);
      const newer = requested === undefined ? 1 : compareInstances(instance, requested);
      if (newer < 0) continue;
      if (requested !== undefined) {
        removeRequested(state, neighbor, key);
        agenda.request(iface, neighbor);
      }
      if (newer === 0) continue;
    }
    // (c)
    if (neighbor === sender) continue;
    // (d)
    addRetransmission(state, iface, neighbor, key, ctx);
    some = true;
  }
  return some;
}

/** Sends what waits to leave on an interface, many in a packet (13.3 (5)). Agenda item `updates`. */
export function sendUpdates(state: State, iface: Interface, ctx: Context): void {
  const keys = [...new Set(iface.flooding)];
  iface.flooding = [];
  const lsas = keys.flatMap((key) => findLsa(state, key) ?? []);
  if (!isUnicast(iface)) {
    sendLsas(state, iface, 'designated', lsas, ctx);
    return;
  }
  for (const neighbor of iface.neighbors.values()) {
    if (!isAtLeast(neighbor, 'Exchange')) continue;
    const its = lsas.filter((lsa) => isUnacknowledged(state, neighbor, keyOf(lsa)));
    sendLsas(state, iface, neighbor.address, its, ctx);
  }
}

/** 13.3: the interfaces of its scope. LSAs of the AS do not go over virtual links. */
function isEligible(state: State, iface: Interface, { scope, type }: Lsa): boolean {
  if (iface.neighbors.size === 0) return false;
  if (scope === 'as') return iface.type !== 'virtual' && takesType(state, iface.area, type);
  return scope === areaScope(iface.area) || scope === scopeOf(LS_OPAQUE_LINK, iface);
}

function noteDrop(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  { type, id, router }: LsaHeader,
  error: DropReason,
  ctx: Context,
): void {
  count(state.counters, error);
  // A neighbour that is faster than MinLSArrival sends it again.
  if (error === 'minLsArrival') return;
  const from = toAddress(neighbor.address);
  const due = lineDue(state.drops, error, `${iface.key} ${from}`, ctx.now());
  if (due === undefined) return;
  const lsa = `type ${type}, id ${toAddress(id)}, router ${toAddress(router)}`;
  const text = `dropped an LSA (${lsa}) from ${from} on ${iface.key}: ${DROP_REASONS[error]} (${error})`;
  ctx.log('warn', `${text}${leftOutText(due)}`);
}
