/**
 * Aging of the link state database (RFC 2328 14). Timer `aging`, key ''. Ages are the clock's: a walk through the database only
 * looks for those that have come to an age at which something is due, so one that is late misses nothing. It finds as well
 * what became ours only when it was here already (13.4).
 */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { count } from '../../counter.ts';
import type { OspfAgenda } from '../agenda.ts';
import { CHECK_AGE, LS_REFRESH_TIME, MAX_AGE } from '../constants.ts';
import { originOf } from '../origination/origin.ts';
import { isGrace } from '../packet/grace.ts';
import { checksumIsGood } from '../packet/lsa.ts';
import { isOfFormerId } from '../selectors.ts';
import type { Lsa, State } from '../state.ts';
import { BUCKETS, rowsOf } from './buckets.ts';
import { ageOf, expire, findLsa, flush, isExchanging, removeLsa, scopesOf, tellChange } from './lsdb.ts';
import { isOver } from './retransmission.ts';

/** A walk takes four seconds: each second a quarter of the buckets, in turns. */
const EVERY_MS = 1_000;
const BUCKETS_AT_ONCE = 16;
const WALK_SECONDS = BUCKETS / BUCKETS_AT_ONCE;
/**
 * An LSA of MaxAge stays for so long at least. 14 removes it at once; an update of it from before that is late on its way would
 * then be taken for a new one, flooded to all but whose it is, and stay for an hour.
 */
const KEPT_MS = 2_000;
/** A turn, in ms. */
const TURN_MS = 0.25;

/** In `start`: goes on with the walk through the database, or begins one. */
export function armAging(ctx: Context): void {
  if (ctx.timerDue('aging') === undefined) ctx.setTimer('aging', '', EVERY_MS);
}

/** Expiry of the timer `aging`: a turn of well below a millisecond: at least a bucket. */
export function age(state: State, agenda: OspfAgenda, ctx: Context): void {
  const until = ctx.now() + TURN_MS;
  do {
    ageBucket(state, state.agingAt, agenda, ctx);
    state.agingAt = (state.agingAt + 1) % BUCKETS;
    if (state.agingAt % BUCKETS_AT_ONCE === 0) {
      ctx.setTimer('aging', '', EVERY_MS);
      return;
    }
  } while (ctx.now() < until);
  ctx.setTimer('aging', '', 0);
}

function ageBucket(state: State, bucket: number, agenda: OspfAgenda, ctx: Context): void {
  const now = ctx.now();
  const exchanging = isExchanging(state);
  for (const scope of scopesOf(state)) {
    for (const key of rowsOf(state.keys, scope, bucket)) {
      const lsa = findLsa(state, key);
      if (lsa === undefined) continue;
      const seconds = ageOf(lsa, now);
      if (lsa.age >= MAX_AGE) {
        if (!exchanging) agenda.aging(key);
      } else if (state.restarting === undefined && isOfFormerId(state, lsa)) flush(state, lsa, now, agenda);
      else if (seconds >= LS_REFRESH_TIME - bucket) refreshOrAge(state, key, lsa, now, agenda);
      else if (seconds >= CHECK_AGE && seconds % CHECK_AGE < WALK_SECONDS)
        check(state, key, lsa, agenda, ctx);
    }
  }
}

/**
 * One of ours is made anew at LSRefreshTime (12.4 (1)), a bucket a second sooner than the one before, for many that were made
 * at once need not be made at once for ever. Another goes when it has reached MaxAge.
 */
function refreshOrAge(state: State, key: string, lsa: Lsa, now: number, agenda: OspfAgenda): void {
  const origin = originOf(state, key);
  if (origin !== undefined) {
    count(state.counters, 'refreshed');
    agenda.originate(origin, true);
  } else if (ageOf(lsa, now) >= MAX_AGE) {
    count(state.counters, 'agedOut');
    const aged = expire(state, lsa, now).lsa;
    tellChange(state, aged, agenda);
    if (isGrace(aged)) agenda.restart(key);
    agenda.flood(key);
  }
}

/** At each multiple of CheckAge: bytes that are others than they were are a fault of the memory, and are not kept. */
function check(state: State, key: string, lsa: Lsa, agenda: OspfAgenda, ctx: Context): void {
  if (checksumIsGood(lsa.bytes)) return;
  const { type, id, router } = lsa;
  const text = `type ${type}, id ${toAddress(id)}, router ${toAddress(router)}`;
  ctx.log('error', `an LSA (${text}) is not as it was when it came: memory is faulty, restart this router`);
  const origin = originOf(state, key);
  if (origin !== undefined) agenda.originate(origin, true);
  else removeLsa(state, key);
}

/** Removes an LSA of MaxAge that nobody needs any more, unless it is that for a moment only. Agenda item `aging`. */
export function removeAged(state: State, key: string, agenda: OspfAgenda, now: number): void {
  const lsa = findLsa(state, key);
  if (lsa === undefined || !isOver(state, key, lsa)) return;
  const origin = originOf(state, key);
  // A walk finds it later.
  if (origin === undefined && now - lsa.installed < KEPT_MS) return;
  removeLsa(state, key);
  // 12.1.6: the number had come to its end, and begins anew.
  if (origin !== undefined) agenda.originate(origin);
}
