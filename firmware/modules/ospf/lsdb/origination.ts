/**
 * LSAs of ours (RFC 2328 12.4): when one is made, with which sequence number, and when it is flushed (14.1). What it holds says
 * its maker (origination/). Timer `originate`, by key of the LSA.
 *
 * `origins` says which LSA an origin has now; `originated` keeps of each LSA when it was made last, also for MinLSInterval after
 * it was flushed: one that comes and goes is made no oftener than one that changes.
 */
import type { Context } from 'hitless/runtime';
import { count } from '../../counter.ts';
import type { OspfAgenda } from '../agenda.ts';
import { INITIAL_SEQUENCE, LS_SUMMARY_ASBR, MAX_AGE, MAX_SEQUENCE } from '../constants.ts';
import { isFollowed, note } from '../followers.ts';
import type { Made } from '../origination/maker.ts';
import { make } from '../origination/makers.ts';
import { originOf, originText } from '../origination/origin.ts';
import { LOOK_AGAIN_MS, mayBeMadeYet } from '../origination/returned.ts';
import { encodeLsa } from '../packet/lsa.ts';
import { LSA_HEADER } from '../packet/lsa-header.ts';
import { hex, lsaHeaderText, keyOf as lsaNames } from '../packet/text.ts';
import { isRestarting } from '../selectors.ts';
import type { Id, Lsa, Origin, State } from '../state.ts';
import { areaScope, findLsa, flush, install, lsaKey, tellChange } from './lsdb.ts';

/** Link state ids that are tried for a prefix beside its address and its last one (Appendix E). */
const MORE_IDS = 6;
/** LSAs beside router-LSAs that are flushed at once: of more, the packets would find no room in the socket. */
const MOST_FLUSHED = 256;

/** Agenda item `origination`: the LSA is to be as things are now. */
export function originate(
  state: State,
  { of, force = false }: { of: Origin; force?: boolean },
  agenda: OspfAgenda,
  ctx: Context,
): void {
  // RFC 3623 2: all are made at its end.
  if (isRestarting(state)) return;
  const name = originText(of);
  const earlier = state.origins.get(name);
  const made = make(state, of, ctx.now());
  const placed = made && (place(state, made, name, earlier) ?? takeOver(state, made, agenda));
  if (earlier !== undefined && earlier !== placed?.key) withdraw(state, earlier, agenda, ctx);
  if (made === undefined) return;
  if (placed === undefined) {
    count(state.counters, 'noLinkStateId');
    return;
  }
  state.origins.set(name, placed.key);
  put(state, of, placed, force, agenda, ctx);
}

/** Expiry of the timer `originate`: MinLSInterval is over, or one that came back is looked at again. */
export function originateWaiting(state: State, key: string, agenda: OspfAgenda, ctx: Context): void {
  const originated = state.originated.get(key);
  if (originated === undefined) lookAgain(state, key, agenda, ctx);
  else if (originOf(state, key) !== undefined) {
    if (originated.waiting) originate(state, { of: originated.origin }, agenda, ctx);
  } else if (findLsa(state, key) === undefined) state.originated.delete(key);
  else ctx.setTimer('originate', key, state.config.timers.minLsInterval);
}

/** 13.4, of one of an earlier life that nothing has made yet: it is flushed when nothing is going to. */
function lookAgain(state: State, key: string, agenda: OspfAgenda, ctx: Context): void {
  const lsa = findLsa(state, key);
  if (lsa === undefined || lsa.router !== state.routerId || lsa.age >= MAX_AGE) return;
  const now = ctx.now();
  if (mayBeMadeYet(state, lsa, now)) ctx.setTimer('originate', key, LOOK_AGAIN_MS);
  else flush(state, lsa, now, agenda);
}

/**
 * 14.1, of LSAs of ours: the router id changes, or the router's service ends. Without our router-LSAs nothing of ours is
 * reached, so they come first; of the others, those beyond a bound age where they are: a hook takes them all at once.
 */
export function flushAll(state: State, agenda: OspfAgenda, ctx: Context): void {
  flushSome(state, '', agenda, ctx);
}

/** 14.1, of those in an area that is no more, while its interfaces are up still. */
export function flushArea(state: State, area: Id, agenda: OspfAgenda, ctx: Context): void {
  flushSome(state, `${areaScope(area)} `, agenda, ctx);
}

function flushSome(state: State, scope: string, agenda: OspfAgenda, ctx: Context): void {
  const first: string[] = [];
  const others: string[] = [];
  for (const [name, key] of state.origins) {
    if (!key.startsWith(scope)) continue;
    if (name.startsWith('router ')) first.push(key);
    else if (others.length < MOST_FLUSHED) others.push(key);
  }
  for (const key of [...first, ...others]) withdraw(state, key, agenda, ctx);
}

/** Forgets what we have made, by another router id. */
export function forgetOwn(state: State): void {
  state.origins.clear();
  state.originated.clear();
}

/** A cold start that no neighbour waits for: a stub router for as long as is configured (RFC 6987). Timer `stub`, key ''. */
export function beginStub(state: State, ctx: Context): void {
  const { onStart } = state.config.stubRouter;
  if (onStart === 0) return;
  state.stubUntil = ctx.now() + onStart;
  ctx.setTimer('stub', '', onStart);
}

/** Expiry of the timer `stub`. */
export function endStub(state: State, agenda: OspfAgenda): void {
  state.stubUntil = 0;
  for (const area of state.areas.keys()) agenda.originate({ lsa: 'router', area });
}

/** Makes an instance, unless it would hold the same, or is not due. */
function put(
  state: State,
  origin: Origin,
  { key, made }: Placed,
  force: boolean,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const now = ctx.now();
  const lsa = findLsa(state, key);
  const last = state.originated.get(key);
  // One of MaxAge that came back may have been removed meanwhile; others keep it for longer.
  const higher = Math.max(sequenceAfter(lsa), last?.atLeast ?? INITIAL_SEQUENCE);
  // 12.1.6: behind the last number comes the first, where the LSA of that number is gone already.
  const next = lsa === undefined && higher > MAX_SEQUENCE ? INITIAL_SEQUENCE : higher;
  // 13.4: one that this life has not made came back, and the next instance is newer than that. After a restart that
  // neighbours wait for it is ours as it is.
  const isReturned = last === undefined && state.restarting === undefined;
  const atLeast = force || isReturned ? next : (last?.atLeast ?? INITIAL_SEQUENCE);
  const bytes = encode(state, made, Math.min(next, MAX_SEQUENCE));
  if (lsa !== undefined && lsa.sequence >= atLeast && holds(lsa, bytes)) {
    if (last === undefined || last.waiting)
      state.originated.set(key, { origin, at: last?.at ?? lsa.installed, waiting: false });
    return;
  }
  // 12.4: MinLSInterval, also for one that came back (13.4): until then others have its links of before.
  const left = last === undefined ? 0 : last.at + state.config.timers.minLsInterval - now;
  if (left > 0) {
    state.originated.set(key, { origin, at: last!.at, waiting: true, atLeast });
    ctx.setTimer('originate', key, left);
    if (lsa !== undefined) noteMade(state, lsa, `changes in ${Math.round(left)} ms (MinLSInterval)`);
    return;
  }
  ctx.cancelTimer('originate', key);
  // 12.1.6: the last number is flushed first. When all neighbours have that, the first one is taken (aging.ts).
  if (lsa !== undefined && next > MAX_SEQUENCE) {
    state.originated.set(key, { origin, at: last?.at ?? now, waiting: true });
    if (lsa.age < MAX_AGE) flush(state, lsa, now, agenda);
    return;
  }
  const installed = install(state, made.scope, bytes, now);
  state.originated.set(key, { origin, at: now, waiting: false });
  count(state.counters, 'originated');
  noteMade(state, installed.lsa, 'originated');
  agenda.flood(key);
  if (installed.changed) tellChange(state, installed.lsa, agenda);
}

/** The origin has this LSA no longer: it is flushed with the number that it has (14.1). */
function withdraw(state: State, key: string, agenda: OspfAgenda, ctx: Context): void {
  const originated = state.originated.get(key);
  if (originated === undefined) return;
  const { origin, at } = originated;
  state.origins.delete(originText(origin));
  state.originated.set(key, { origin, at, waiting: false });
  ctx.setTimer('originate', key, state.config.timers.minLsInterval);
  const lsa = findLsa(state, key);
  if (lsa === undefined || lsa.age >= MAX_AGE) return;
  noteMade(state, lsa, 'flushed');
  flush(state, lsa, ctx.now(), agenda);
}

function noteMade(state: State, { type, id, router, sequence, age }: Lsa, event: string): void {
  if (!isFollowed(state)) return;
  const header = { type, id, router, sequence, age };
  note(state, 'flooding', undefined, () => ({
    lines: [`${event}: ${lsaHeaderText(header)}`],
    facts: { event, ...lsaNames(header), age, sequence: hex(sequence) },
  }));
}

/** 12.1.6: one more than that of the instance there is, of MaxAge or somebody else's as it may be. */
function sequenceAfter(lsa: Lsa | undefined): number {
  return lsa === undefined ? INITIAL_SEQUENCE : lsa.sequence + 1;
}

function encode({ routerId }: State, { type, id, options, body }: Made, sequence: number): Uint8Array {
  return encodeLsa({ age: 0, options, type, id, router: routerId, sequence }, body);
}

/** Whether an instance of ours is as this one would be, number and checksum apart. */
function holds(lsa: Lsa, bytes: Uint8Array): boolean {
  if (lsa.age >= MAX_AGE || lsa.options !== bytes[2] || lsa.bytes.length !== bytes.length) return false;
  for (let at = LSA_HEADER; at < bytes.length; at++) if (lsa.bytes[at] !== bytes[at]) return false;
  return true;
}

/** An LSA to be made, with the link state id that it takes. */
interface Placed {
  key: string;
  made: Made;
}

/**
 * Looks for a link state id that no other prefix has: that which this one has already, the network's address, its last one, or
 * another of it (Appendix E, where any host of the network may be taken). Undefined: none is left.
 */
function place(state: State, made: Made, name: string, earlier: string | undefined): Placed | undefined {
  let first: Placed | undefined;
  for (const id of idsOf(made)) {
    const key = lsaKey(made.scope, made.type, id, state.routerId);
    const origin = originOf(state, key);
    if (origin !== undefined && originText(origin) !== name) continue;
    if (first === undefined || key === earlier) first = { key, made: { ...made, id } };
  }
  return first;
}

/** Appendix E: a host has one id alone. The network that has it takes another, and its LSA becomes that of the host. */
function takeOver(state: State, made: Made, agenda: OspfAgenda): Placed | undefined {
  const key = lsaKey(made.scope, made.type, made.id, state.routerId);
  const holder = originOf(state, key);
  if (idsOf(made).length > 1 || holder === undefined) return undefined;
  state.origins.delete(originText(holder));
  agenda.originate(holder);
  return { key, made };
}

function idsOf({ type, id, body }: Made): Id[] {
  // Type 4 has no mask.
  if (type === LS_SUMMARY_ASBR || (body.kind !== 'external' && body.kind !== 'summary')) return [id];
  const hosts = ~body.mask >>> 0;
  const ids = hosts === 0 ? [id] : [id, (id | hosts) >>> 0];
  for (let host = 1; host <= MORE_IDS && host < hosts; host++) ids.push((id | host) >>> 0);
  return ids;
}
