/** The exchange of Database Descriptions (RFC 2328 10.6, 10.8): who is master, what is described, what is missing here. */
import type { Context } from 'hitless/runtime';
import { count } from '../../counter.ts';
import type { OspfAgenda } from '../agenda.ts';
import {
  LS_EXTERNAL,
  LS_OPAQUE_AS,
  LS_OPAQUE_LINK,
  LS_ROUTER,
  MAX_AGE,
  OPTION_E,
  OPTION_NP,
  OPTION_O,
  PACKET_DESCRIPTION,
} from '../constants.ts';
import type { Drop } from '../drop.ts';
import { BUCKETS, rowsOf } from '../lsdb/buckets.ts';
import { ageOf, compareInstances, findLsa, instanceOf, lsaKey, scopeOf } from '../lsdb/lsdb.ts';
import { originOf } from '../origination/origin.ts';
import {
  type Description,
  encodeDescription,
  FLAG_I,
  FLAG_M,
  FLAG_MS,
  headersThatFit,
} from '../packet/description.ts';
import { isKnownType } from '../packet/lsa.ts';
import { decodeLsaHeader, type LsaHeader } from '../packet/lsa-header.ts';
import { areaConfigOf, configOf, isAtLeast, takesType } from '../selectors.ts';
import type { Exchange, Interface, Neighbor, Scope, State } from '../state.ts';
import { roomOf, sendTo } from '../transmit.ts';
import { addRequested, roomForRequests } from './request-list.ts';
import { spareOf } from './spare.ts';

/** Between two beginnings of one exchange that are sent at once: what a neighbour that refuses each may cost. */
const BEGIN_EVERY_MS = 1000;
/** First descriptions that an interface sends at once, and ms until one more: half of a send buffer in 3 s (spare.ts). */
export const MOST_BEGUN_AT_ONCE = 32;
const BEGUN_EVERY_MS = 25;
/** A sequence number is unsigned, of 32 bits. */
const SEQUENCES = 2 ** 32;

/** ExStart (10.3): claims to be master, and says so until it is answered. */
export function beginExchange(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  if (neighbor.state !== 'ExStart') return;
  const now = ctx.now();
  const before = neighbor.exchange;
  neighbor.exchange = {
    master: true,
    // 10.8: another number at each beginning, and one that was not used lately at the first.
    sequence: next(before?.sequence ?? Math.floor(now) % SEQUENCES),
    begun: now,
    summary: { scope: 0, bucket: 0, keys: [] },
    done: false,
  };
  neighbor.exchange.sent = encodeDescription(
    describing(state, iface, neighbor.exchange, FLAG_I | FLAG_M | FLAG_MS),
  );
  const { retransmitInterval } = configOf(state, iface);
  const early = before === undefined ? 0 : before.begun + BEGIN_EVERY_MS - now;
  ctx.setTimer(
    'exchange',
    neighbor.key,
    early > 0 ? Math.min(early, retransmitInterval) : retransmitInterval,
  );
  if (early <= 0) claim(state, iface, neighbor, ctx);
}

/** Sends the first description. A neighbour that is not there is one of many that somebody makes up; it waits for the timer. */
function claim(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  if (iface.type !== 'point-to-point') {
    const { spare, at } = spareOf(iface.begins, MOST_BEGUN_AT_ONCE, BEGUN_EVERY_MS, ctx.now());
    iface.begins = { spare: spare < 1 ? spare : spare - 1, at };
    if (spare < 1) {
      count(state.counters, 'descriptionNotSent');
      return;
    }
  }
  resend(state, iface, neighbor, ctx);
}

/** The adjacency has ended, or begins anew. Its sequence number is kept, for the next one is another. */
export function endExchange(neighbor: Neighbor, ctx: Context): void {
  ctx.cancelTimer('exchange', neighbor.key);
  if (neighbor.exchange === undefined) return;
  const { sequence, begun } = neighbor.exchange;
  neighbor.exchange = {
    master: true,
    sequence,
    begun,
    summary: { scope: 0, bucket: 0, keys: [] },
    done: false,
  };
  neighbor.options = 0;
}

/** The timer `exchange`: what was sent last is not answered (10.8). */
export function exchangeIsLate(state: State, iface: Interface, neighbor: Neighbor, ctx: Context): void {
  if (neighbor.state !== 'ExStart' && neighbor.state !== 'Exchange') return;
  ctx.setTimer('exchange', neighbor.key, configOf(state, iface).retransmitInterval);
  if (neighbor.state === 'ExStart') claim(state, iface, neighbor, ctx);
  else resend(state, iface, neighbor, ctx);
}

/** Why a Database Description is dropped before it is looked at (10.6): its sender's packets may be too large for us. */
export function refuseDescription(state: State, iface: Interface, { mtu }: Description): Drop | undefined {
  if (iface.virtual !== undefined || configOf(state, iface).mtuIgnore || mtu <= iface.mtu) return undefined;
  return { error: 'mtu', theirs: mtu, ours: iface.mtu };
}

/** 10.6, when the machines have come to rest. */
export function describe(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  description: Description,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const { exchange } = neighbor;
  if (exchange === undefined || !isAtLeast(neighbor, 'ExStart')) return;
  if (neighbor.state === 'ExStart') {
    negotiate(state, iface, neighbor, exchange, description, agenda, ctx);
    return;
  }
  if (isDuplicate(exchange, description)) {
    if (!exchange.master) resend(state, iface, neighbor, ctx);
    return;
  }
  const wrong = mismatchOf(neighbor, exchange, description);
  if (wrong !== undefined) agenda.neighbor(iface, neighbor, 'SeqNumberMismatch', wrong);
  else accept(state, iface, neighbor, exchange, description, agenda, ctx);
}

function negotiate(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  exchange: Exchange,
  description: Description,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const { flags, sequence, options, headers } = description;
  const isTheirs = flags === (FLAG_I | FLAG_M | FLAG_MS) && headers.length === 0;
  const isOurs = (flags & (FLAG_I | FLAG_MS)) === 0 && sequence === exchange.sequence;
  if (isTheirs && neighbor.routerId > state.routerId) exchange.master = false;
  else if (!(isOurs && neighbor.routerId < state.routerId)) return;
  neighbor.options = options;
  agenda.neighbor(iface, neighbor, 'NegotiationDone');
  accept(state, iface, neighbor, exchange, description, agenda, ctx);
}

function isDuplicate({ taken }: Exchange, { flags, options, sequence }: Description): boolean {
  return taken?.flags === flags && taken.options === options && taken.sequence === sequence;
}

/** Returns in words why a description is not the next one; undefined where it is. */
function mismatchOf(
  { state, options: before }: Neighbor,
  { master, sequence }: Exchange,
  { flags, options, sequence: theirs }: Description,
): string | undefined {
  if (state !== 'Exchange') return 'it describes its database again after all was described';
  if (((flags & FLAG_MS) !== 0) === master) return `both say that they are ${master ? 'master' : 'slave'}`;
  if ((flags & FLAG_I) !== 0) return 'it begins the exchange anew';
  if (options !== before) return `its options were ${hex(before)}, and are ${hex(options)} now`;
  const expected = master ? sequence : next(sequence);
  return theirs === expected ? undefined : `its sequence number is ${theirs}, ours is ${expected}`;
}

/** The next in sequence: what it describes is looked up, and answered by what comes next of ours. */
function accept(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  exchange: Exchange,
  { flags, options, sequence, headers }: Description,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const wrong = lookUp(state, iface, neighbor, headers, agenda, ctx);
  if (wrong !== undefined) {
    agenda.neighbor(iface, neighbor, 'SeqNumberMismatch', wrong);
    return;
  }
  exchange.taken = { flags, options, sequence };
  if (neighbor.requested > 0) agenda.request(iface, neighbor);
  const isLast = (flags & FLAG_M) === 0;
  if (exchange.master && exchange.done && isLast) {
    ctx.cancelTimer('exchange', neighbor.key);
    agenda.neighbor(iface, neighbor, 'ExchangeDone');
    return;
  }
  exchange.sequence = exchange.master ? next(exchange.sequence) : sequence;
  sendNext(state, iface, neighbor, exchange, agenda, ctx);
  if (!exchange.master && exchange.done && isLast) agenda.neighbor(iface, neighbor, 'ExchangeDone');
}

/** Puts what is newer than ours on the request list. Returns why the description cannot be right. */
function lookUp(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  headers: readonly LsaHeader[],
  agenda: OspfAgenda,
  ctx: Context,
): string | undefined {
  const now = ctx.now();
  const most = neighbor.requested + roomForRequests(state, neighbor);
  for (const header of headers) {
    const { type, id, router, sequence, checksum, age } = header;
    if (!isTaken(state, iface, type))
      return `it describes an LSA of type ${type}, which its area does not have`;
    if (type === LS_ROUTER && id !== router) return 'it describes a router-LSA that is not of its router';
    const key = lsaKey(scopeOf(type, iface), type, id, router);
    const ours = findLsa(state, key);
    if (ours?.sequence === sequence && ours.checksum !== checksum) outnumber(state, key, agenda);
    if (ours !== undefined && compareInstances(header, instanceOf(ours, now)) <= 0) continue;
    if (neighbor.requested >= most || !addRequested(state, neighbor, { key, sequence, checksum, age }))
      return `it describes more LSAs than we can ask for, which are ${neighbor.requested}`;
  }
  return undefined;
}

/**
 * An LSA of ours is there with other contents by the same number: of an earlier life, or of before it was flushed while the neighbour
 * was away. FRR does not ask for the one with the larger checksum (13.1), so we make one that is newer for all.
 */
function outnumber(state: State, key: string, agenda: OspfAgenda): void {
  const origin = originOf(state, key);
  if (origin !== undefined) agenda.originate(origin, true);
}

/** Types that it may describe: LSAs of the AS are none of a virtual link's. */
function isTaken(state: State, { area, virtual }: Interface, type: number): boolean {
  if (virtual !== undefined && (type === LS_EXTERNAL || type === LS_OPAQUE_AS)) return false;
  return isKnownType(type) && takesType(state, area, type);
}

/** The next of ours: with headers as many as fit, and M while there are more. */
function sendNext(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  exchange: Exchange,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const headers = exchange.done ? [] : takeHeaders(state, iface, neighbor, exchange, agenda, ctx.now());
  const flags = (exchange.done ? 0 : FLAG_M) | (exchange.master ? FLAG_MS : 0);
  exchange.sent = encodeDescription(describing(state, iface, exchange, flags, headers));
  if (exchange.master) ctx.setTimer('exchange', neighbor.key, configOf(state, iface).retransmitInterval);
  else ctx.cancelTimer('exchange', neighbor.key);
  resend(state, iface, neighbor, ctx);
}

function describing(
  state: State,
  iface: Interface,
  { sequence }: Exchange,
  flags: number,
  headers: LsaHeader[] = [],
): Description {
  const { type } = areaConfigOf(state, iface.area);
  const options = OPTION_O | (type === 'normal' ? OPTION_E : type === 'nssa' ? OPTION_NP : 0);
  // A.3.3: no MTU is said over virtual links.
  const mtu = iface.virtual === undefined ? iface.mtu : 0;
  return { mtu, options, flags, sequence, headers };
}

/**
 * Takes the next headers of the database summary list (10.3). It is gone through bucket by bucket, as the database is at
 * that time: what comes into a bucket later is flooded, for the neighbour is in Exchange.
 */
function takeHeaders(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  exchange: Exchange,
  agenda: OspfAgenda,
  now: number,
): LsaHeader[] {
  const most = headersThatFit(roomOf(state, iface));
  const headers: LsaHeader[] = [];
  const scopes = scopesFor(state, iface);
  let { scope, bucket, keys } = exchange.summary;
  let at = 0;
  while (headers.length < most) {
    if (at >= keys.length) {
      if (scope >= scopes.length) break;
      keys = rowsOf(state.keys, scopes[scope]!, bucket);
      at = 0;
      bucket++;
      if (bucket === BUCKETS) {
        bucket = 0;
        scope++;
      }
      continue;
    }
    const key = keys[at++]!;
    const header = headerOf(state, iface, neighbor, key, agenda, now);
    if (header !== undefined) headers.push(header);
  }
  exchange.summary = { scope, bucket, keys: keys.slice(at) };
  exchange.done = exchange.summary.keys.length === 0 && scope >= scopes.length;
  return headers;
}

/** 10.3: what is known in the area, of the AS where the area takes that, and of the link. */
function scopesFor(state: State, iface: Interface): Scope[] {
  const scopes = [`area ${iface.area}`];
  if (iface.virtual !== undefined) return scopes;
  if (areaConfigOf(state, iface.area).type === 'normal') scopes.unshift('as');
  return [...scopes, `link ${iface.key}`];
}

function headerOf(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  key: string,
  agenda: OspfAgenda,
  now: number,
): LsaHeader | undefined {
  const lsa = findLsa(state, key);
  if (lsa === undefined) return undefined;
  const isOpaque = lsa.type >= LS_OPAQUE_LINK && lsa.type <= LS_OPAQUE_AS;
  if (isOpaque && (neighbor.options & OPTION_O) === 0) return undefined;
  const age = ageOf(lsa, now);
  // 10.3: it is on its way out, and told as that.
  if (age >= MAX_AGE) {
    agenda.retransmission(iface, neighbor, key);
    return undefined;
  }
  return { ...decodeLsaHeader(lsa.bytes), age };
}

function resend(state: State, iface: Interface, { address, exchange }: Neighbor, ctx: Context): void {
  if (exchange?.sent !== undefined) sendTo(state, iface, address, PACKET_DESCRIPTION, exchange.sent, ctx);
}

function next(sequence: number): number {
  return (sequence + 1) % SEQUENCES;
}

function hex(options: number): string {
  return `0x${options.toString(16).padStart(2, '0')}`;
}
