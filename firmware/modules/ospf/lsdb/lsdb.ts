/**
 * The link state database (RFC 2328 12.2): which LSAs there are, and which instance of one is newer (13.1). One that is of
 * MaxAge stays here, and nothing is computed from it, until all neighbours have it (14; aging.ts).
 */

import { count } from '../../counter.ts';
import type { OspfAgenda, RoutingChange } from '../agenda.ts';
import {
  LS_EXTERNAL,
  LS_NETWORK,
  LS_NSSA,
  LS_OPAQUE_AS,
  LS_OPAQUE_LINK,
  LS_ROUTER,
  LS_SUMMARY_ASBR,
  LS_SUMMARY_NETWORK,
  MAX_AGE,
  MAX_AGE_DIFF,
} from '../constants.ts';
import { write16 } from '../packet/bytes.ts';
import { decodeLsaHeader, LSA_HEADER } from '../packet/lsa-header.ts';
import { isRestarting } from '../selectors.ts';
import type { Id, Interface, Lsa, Scope, State } from '../state.ts';
import { addRow, BUCKETS, bucketOf, clearRows, removeRow, rowsOf } from './buckets.ts';

/**
 * LSAs of all scopes that others may make us keep, their bytes, and those of one bucket: bytes that are chosen for it could
 * put all into one, where each change copies the bucket. Ours are not counted out: there is always room for them.
 */
export const MOST_LSAS = 100_000;
export const MOST_LSA_BYTES = 32 * 1024 * 1024;
export const MOST_IN_BUCKET = 4_096;

/** The fields that tell instances of an LSA apart; LS age is that of now, in seconds. */
export interface Instance {
  readonly sequence: number;
  readonly checksum: number;
  readonly age: number;
}

export interface Installed {
  lsa: Lsa;
  /** The instance that was there. */
  before: Lsa | undefined;
  /** Its content is another (13.2). */
  changed: boolean;
}

export function lsaKey(scope: Scope, type: number, id: Id, router: Id): string {
  return `${scope} ${type} ${id} ${router}`;
}

export function keyOf({ scope, type, id, router }: Pick<Lsa, 'scope' | 'type' | 'id' | 'router'>): string {
  return lsaKey(scope, type, id, router);
}

export function areaScope(area: Id): Scope {
  return `area ${area}`;
}

/** How far an LSA of this type goes that comes in, or is made, on an interface (RFC 2328 3.6, RFC 5250 3). */
export function scopeOf(type: number, { key, area }: Pick<Interface, 'key' | 'area'>): Scope {
  if (type === LS_EXTERNAL || type === LS_OPAQUE_AS) return 'as';
  return type === LS_OPAQUE_LINK ? `link ${key}` : areaScope(area);
}

/** The scopes that there are, `as` first. */
export function scopesOf({ areas, interfaces }: State): Scope[] {
  return [
    'as',
    ...[...areas.keys()].map(areaScope),
    ...[...interfaces.values()].map((iface) => scopeOf(LS_OPAQUE_LINK, iface)),
  ];
}

/** Whether there is room for an LSA of somebody else's. @param before the instance that it takes the place of */
export function hasRoom(
  state: State,
  scope: Scope,
  key: string,
  bytes: Uint8Array,
  before: Lsa | undefined,
): boolean {
  if (state.lsaBytes + bytes.length - (before?.bytes.length ?? 0) > MOST_LSA_BYTES) return false;
  if (before !== undefined) return true;
  return state.lsas.size < MOST_LSAS && rowsOf(state.keys, scope, bucketOf(key)).length < MOST_IN_BUCKET;
}

export function findLsa(state: State, key: string): Lsa | undefined {
  return state.lsas.get(key);
}

/** LS age now in seconds, at most MaxAge. Ages by the clock: nothing is missed where nobody looks for long. */
export function ageOf({ age, installed }: Pick<Lsa, 'age' | 'installed'>, now: number): number {
  return Math.min(MAX_AGE, age + Math.max(0, Math.floor((now - installed) / 1000)));
}

export function instanceOf(lsa: Lsa, now: number): Instance {
  return { sequence: lsa.sequence, checksum: lsa.checksum, age: ageOf(lsa, now) };
}

/** RFC 2328 13.1: above 0 where `one` is newer, below where `other` is, 0 where they are the same instance. */
export function compareInstances(one: Instance, other: Instance): number {
  if (one.sequence !== other.sequence) return one.sequence - other.sequence;
  if (one.checksum !== other.checksum) return one.checksum - other.checksum;
  if (one.age === other.age) return 0;
  if (one.age >= MAX_AGE) return 1;
  if (other.age >= MAX_AGE) return -1;
  return Math.abs(one.age - other.age) > MAX_AGE_DIFF ? other.age - one.age : 0;
}

/**
 * RFC 2328 13.2, of rows as they were installed: neither of options, length and body differs, nor is one alone of MaxAge.
 * One that has reached MaxAge here is installed anew (aging.ts), so that its row says so.
 */
export function isSameContent(one: Lsa, other: Lsa): boolean {
  if (one.options !== other.options || one.bytes.length !== other.bytes.length) return false;
  if (one.age >= MAX_AGE !== other.age >= MAX_AGE) return false;
  for (let at = LSA_HEADER; at < one.bytes.length; at++) if (one.bytes[at] !== other.bytes[at]) return false;
  return true;
}

/**
 * Puts an instance in the place of the one before (12.2, 13.2). The bytes are copied, as far as its length says.
 * @param from key of the neighbour that sent it; none has where it is ours
 */
export function install(state: State, scope: Scope, bytes: Uint8Array, now: number, from = ''): Installed {
  const { type, id, router, options, sequence, checksum, age, length } = decodeLsaHeader(bytes);
  const key = lsaKey(scope, type, id, router);
  const before = state.lsas.get(key);
  const made: Lsa = {
    scope,
    type,
    id,
    router,
    options,
    sequence,
    checksum,
    age: Math.min(age, MAX_AGE),
    installed: now,
    bytes: bytes.slice(0, length),
    from,
  };
  const changed = before === undefined || !isSameContent(before, made);
  const lsa: Lsa = changed ? { ...made, changed } : made;
  state.lsas.set(key, lsa);
  state.lsaBytes += length - (before?.bytes.length ?? 0);
  if (before === undefined) addRow(state.keys, scope, key);
  return { lsa, before, changed };
}

/** The same instance with MaxAge: it has reached it here, or is flushed before (14.1). */
export function expire(state: State, lsa: Lsa, now: number): Installed {
  return install(state, lsa.scope, agedBytes(lsa, MAX_AGE), now, lsa.from);
}

/** An LSA of ours goes, with the number that it has (14.1). */
export function flush(state: State, lsa: Lsa, now: number, agenda: OspfAgenda): void {
  count(state.counters, 'flushed');
  tellChange(state, expire(state, lsa, now).lsa, agenda);
  agenda.flood(keyOf(lsa));
}

/** The bytes of an LSA with another age, which its checksum leaves out (12.1.7). */
export function agedBytes({ bytes }: Lsa, age: number): Uint8Array {
  const aged = bytes.slice();
  write16(aged, 0, age);
  return aged;
}

export function removeLsa(state: State, key: string): void {
  const lsa = state.lsas.get(key);
  if (lsa === undefined) return;
  state.lsas.delete(key);
  state.lsaBytes -= lsa.bytes.length;
  removeRow(state.keys, lsa.scope, key);
}

/** Forgets all LSAs of an area or a link that is no more. */
export function removeScope(state: State, scope: Scope): void {
  for (const lsa of lsasOf(state, scope)) {
    state.lsas.delete(keyOf(lsa));
    state.lsaBytes -= lsa.bytes.length;
  }
  clearRows(state.keys, scope);
}

/** An area is no more: its LSAs are forgotten in turns. */
export function leaveScope(state: State, scope: Scope): void {
  state.left.push(scope);
}

/** There is such an area again: what is left of the one before is forgotten at once. */
export function enterScope(state: State, scope: Scope): void {
  if (!state.left.includes(scope)) return;
  removeScope(state, scope);
  state.left = state.left.filter((other) => other !== scope);
}

/** A turn: forgets a bucket of LSAs. @returns whether something was done */
export function forgetSome(state: State): boolean {
  const [scope] = state.left;
  if (scope === undefined) return false;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const keys = rowsOf(state.keys, scope, bucket);
    if (keys.length === 0) continue;
    for (const key of keys) state.lsas.delete(key);
    state.keys.delete(`${scope} ${bucket}`);
    return true;
  }
  state.left.shift();
  return true;
}

/** Forgets all LSAs. */
export function forgetAll(state: State): void {
  state.lsas.clear();
  state.keys.clear();
  state.left = [];
}

/** The LSAs of a scope, those of MaxAge too, bucket by bucket: what comes meanwhile may be met or not. */
export function* lsasOf(state: State, scope: Scope, type?: number): Generator<Lsa, void, undefined> {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    for (const key of rowsOf(state.keys, scope, bucket)) {
      const lsa = state.lsas.get(key);
      if (lsa !== undefined && (type === undefined || lsa.type === type)) yield lsa;
    }
  }
}

/** The part of routing that is computed anew when an LSA's content is another (13.2, 16); undefined: nothing. */
export function routingChangeOf(lsa: Lsa): RoutingChange | undefined {
  const { type, scope } = lsa;
  const area = Number(scope.slice('area '.length));
  if (type === LS_ROUTER || type === LS_NETWORK) return { of: 'tree', area };
  if (type === LS_SUMMARY_NETWORK || type === LS_SUMMARY_ASBR)
    return { of: 'summary', area, key: keyOf(lsa) };
  return type === LS_EXTERNAL || type === LS_NSSA ? { of: 'external', key: keyOf(lsa) } : undefined;
}

/**
 * The content of an LSA is another: routing is told, and whoever restarts, or helps a neighbour to. While no neighbour in an
 * area is Full, nothing is reached there: thousands of LSAs that are loaded would have its tree computed again and again.
 */
export function tellChange(state: State, lsa: Lsa, agenda: OspfAgenda): void {
  const change = routingChangeOf(lsa);
  if (change === undefined) return;
  if (change.of !== 'tree' || lsa.router === state.routerId || isAdjacentIn(state, change.area))
    agenda.routing(change);
  if (isHelping(state) || isRestarting(state)) agenda.restart(keyOf(lsa));
}

function isAdjacentIn({ interfaces }: State, area: Id): boolean {
  for (const iface of interfaces.values()) {
    if (iface.area !== area) continue;
    for (const { state } of iface.neighbors.values()) if (state === 'Full') return true;
  }
  return false;
}

function isHelping({ interfaces }: State): boolean {
  for (const { neighbors } of interfaces.values())
    for (const { helping } of neighbors.values()) if (helping !== undefined) return true;
  return false;
}

/** Whether some neighbour is in Exchange or Loading: LSAs of MaxAge stay, and are taken, meanwhile (13 (4), 14). */
export function isExchanging({ interfaces }: State): boolean {
  for (const { neighbors } of interfaces.values())
    for (const { state } of neighbors.values()) if (state === 'Exchange' || state === 'Loading') return true;
  return false;
}
