/**
 * Our routes in the kernel: of each prefix what is wanted there, what is there, and the way from the one to the other. A
 * route is replaced in place, never deleted and added. One request is under way for a prefix at a time. What the kernel
 * refuses is told once for each cause, and tried again: soon, then at a slow pace, and whenever its next hops change.
 */
import type { Context } from 'hitless/runtime';
import type { KernelRefusal } from '../../../../drivers/kernel-tables.ts';
import type { Route } from '../../../../drivers/netlink/route.ts';
import { leftOutText, lineDue, noteWell } from '../../limited-log.ts';
import { askForList, MOST_CHANGES, sendRequest } from '../request.ts';
import {
  type AskedRoute,
  type FibRoute,
  hopsLeft,
  type Installed,
  isWithout,
  type Prefix,
  type PutBack,
  prefixOfKey,
  type Refused,
  type ResolvedHop,
  type State,
  sameHops,
  sameRoute,
  type Trial,
  tableOfKey,
} from '../state.ts';
import { type Batch, newBatch, shareOf } from './fib-batch.ts';
import { fibRouteOf, identityOf, wantedOf } from './fib-route.ts';
import { begin, forgetEmpty, inOrder, makeDirty } from './rib.ts';
import { OWN_METRIC } from './route-record.ts';

/** The first try after a refusal, in ms: a link may be just coming up, and nothing is told yet. */
export const RETRY_SOON_MS = 200;
export const RETRY_SLOW_MS = 30_000;
/** A route that others remove is put back so often in PUT_BACK_WINDOW_MS, and then at the slow pace. */
export const MOST_PUT_BACK = 5;
export const PUT_BACK_WINDOW_MS = 60_000;

const ESRCH = 3;
const ETIMEDOUT = 110;

/** Puts what leads from what is there to what is wanted into the batch, if anything. */
export function want(
  state: State,
  key: string,
  wanted: FibRoute | undefined,
  batch: Batch,
  ctx: Context,
): void {
  const row = state.rib.get(key);
  if (row === undefined) return;
  if (row.asked !== undefined) {
    if (!sameRoute(row.asked.route, wanted)) again(state, key);
  } else if (wanted === undefined) remove(state, key, row, batch, ctx);
  else if (isInstalled(row, wanted)) isThere(state, key, row, ctx);
  else toBe(state, key, row, wanted, batch, ctx);
}

function isInstalled({ fib }: Readonly<Prefix>, wanted: FibRoute): boolean {
  return !fib?.doubtful && sameRoute(fib, wanted);
}

/** The route is wanted, and is not there. */
function toBe(
  state: State,
  key: string,
  row: Readonly<Prefix>,
  wanted: FibRoute,
  batch: Batch,
  ctx: Context,
): void {
  const waiting = row.refused?.route ?? row.putBack?.waiting;
  const isOther = waiting !== undefined && !sameRoute(waiting, wanted);
  if (isOther) forgetRefusal(state, key);
  const was = isOther ? undefined : row.refused;
  if (state.refused.size > 0 && state.refused.has(key)) {
    // The one that was there before leads where nothing is wanted any more.
    const isStale = was !== undefined && was.times > 1 && row.fib !== undefined && !isPart(row.fib, was);
    if (isStale) ask(state, key, {}, batch, ctx);
  } else if (!isRemovedTooOften(state, key, row, wanted, ctx)) ask(state, key, next(was, wanted), batch, ctx);
}

/** Whether a route has the good next hops of one that is refused. */
function isPart(fib: FibRoute, { trial }: Refused): boolean {
  return trial.good.length > 0 && sameHops(fib.hops, alone(trial.good));
}

/** Sends what was collected. */
export function flush(state: State, batch: Batch, ctx: Context): void {
  const { keys, changes } = batch;
  if (keys.length === 0) return;
  const isSent = sendRequest(state, 'fib', keys, changes, ctx, batch.serial) !== undefined;
  if (!isSent) for (const key of keys) notSent(state, key, ctx);
  Object.assign(batch, newBatch());
  delete batch.last;
}

/** The port was behind, or down. Where outputs leave late, it may have left all the same. */
function notSent(state: State, key: string, ctx: Context): void {
  state.rib.update(key, (row) => {
    const route = row.asked?.route ?? row.fib;
    putFib(state, row, route && { ...route, doubtful: true });
  });
  later(state, key, ctx.now() + RETRY_SOON_MS);
}

/** A request was answered. @param refusals in order of their places */
export function answered(
  state: State,
  request: number,
  keys: readonly string[],
  refusals: readonly KernelRefusal[],
  ctx: Context,
): void {
  let at = 0;
  for (const [i, key] of keys.entries()) {
    while (at < refusals.length && refusals[at]!.at < i) at++;
    const refusal = refusals[at]?.at === i ? refusals[at] : undefined;
    const row = state.rib.get(key);
    if (row?.asked?.request !== request) continue;
    const { route, again: changed } = row.asked;
    if (route === undefined) removed(state, key, refusal, ctx);
    else if (refusal !== undefined) refused(state, key, row, row.asked, route, refusal, ctx);
    else put(state, key, row, row.asked, route, ctx);
    if (changed) makeDirty(state, key, ctx.now());
  }
}

/** A request is lost: the list that follows tells what it did. */
export function unanswered(state: State, keys: readonly string[], ctx: Context): void {
  for (const key of keys) {
    state.rib.update(key, (row) => {
      row.asked = undefined;
    });
    makeDirty(state, key, ctx.now());
  }
}

/** The kernel tells of a route of ours, in a list as a rule. */
export function toldOwn(state: State, key: string, route: Route, ctx: Context): void {
  const row = state.rib.get(key);
  // The list may have been read before what we have changed since it began.
  const { lists, whole } = state.kernel;
  const isNewer = row?.asked !== undefined || (row?.fib !== undefined && whole < lists && row.seen === lists);
  if (row === undefined) begin(state, key, ctx.now());
  if (row?.seen !== lists)
    state.rib.update(key, (draft) => {
      draft.seen = lists;
    });
  if (isNewer) return;
  const there = fibRouteOf(state, route);
  if (row !== undefined && isInstalled(row, there)) return;
  const isFound = row?.fib === undefined;
  // Between lists only what others have done is told.
  const isChanged = whole === lists && row?.fib && !row.fib.found && !row.fib.doubtful;
  state.rib.update(key, (draft) => {
    putFib(state, draft, { ...there, ...((isFound || row?.fib?.found) && { found: true }) });
    if (isChanged) draft.putBack = countLoss(state, key, draft, ctx.now());
  });
  makeDirty(state, key, ctx.now());
}

/**
 * A route of ours is gone from the kernel, and not by us.
 * @param told by an event: somebody removed it. The kernel drops routes of a link that goes down in silence, and lists show it
 */
export function lostOwn(state: State, key: string, told: boolean, ctx: Context): void {
  const row = state.rib.get(key);
  if (row === undefined) return;
  if (row.asked !== undefined) {
    state.rib.update(key, (draft) => {
      draft.seen = 0;
      draft.asked = { ...draft.asked!, doubtful: true, again: true };
      // Where the request is refused, what was there before it is not there either.
      if (draft.fib !== undefined) putFib(state, draft, { ...draft.fib, doubtful: true });
    });
    return;
  }
  if (row.fib === undefined) return;
  const now = ctx.now();
  state.rib.update(key, (draft) => {
    draft.seen = 0;
    putFib(state, draft, undefined);
    if (told && !row.fib?.found) draft.putBack = countLoss(state, key, draft, now);
  });
  makeDirty(state, key, now);
}

/** The kernel tells that a route of ours is gone, or some next hops of it: those of a link that is removed. */
export function goneOwn(state: State, key: string, route: Route, ctx: Context): void {
  const row = state.rib.get(key);
  const hops = row?.asked === undefined ? (row?.fib?.hops ?? []) : [];
  // Of an earlier route: its link had been told as down, and this one was put without it.
  if (route.family === 6 && isWithout(hops, route)) return;
  const left = hopsLeft(hops, route);
  if (left.length === 0) {
    lostOwn(state, key, true, ctx);
    return;
  }
  state.rib.update(key, (draft) => {
    draft.fib = { ...draft.fib!, hops: alone(left) };
    if (!draft.fib.found) draft.putBack = countLoss(state, key, draft, ctx.now());
  });
  // Its link may be told as gone in a moment: then nobody has removed it.
  later(state, key, ctx.now() + RETRY_SOON_MS);
  makeDirty(state, key, ctx.now());
}

/** A loss while the route is held back is not put back at once, or it would be held for ever. */
function countLoss({ refused }: State, key: string, { putBack }: Readonly<Prefix>, now: number): PutBack {
  const { times, since, waiting } = putBack ?? { times: 0, since: now };
  const isOver = now < since || now - since > PUT_BACK_WINDOW_MS;
  return {
    times: isOver ? 1 : times + 1,
    since: isOver ? now : since,
    fresh: !refused.has(key),
    ...(waiting !== undefined && { waiting }),
  };
}

/** Has a prefix looked at whose next hops have changed: the kernel may take now what it has refused. */
export function tryNow(state: State, key: string, now: number): void {
  state.refused.delete(key);
  makeDirty(state, key, now);
}

/** Has routes tried again whose time has come, as many as `most`. */
export function retry(state: State, most: number, now: number): void {
  let done = 0;
  for (const [key, due] of state.refused) {
    if (done++ >= most) return;
    state.refused.delete(key);
    if (due <= now) makeDirty(state, key, now);
    // Each has its turn, whatever comes before it.
    else state.refused.set(key, due);
  }
}

/** `via 10.0.2.2, 10.0.3.2 on the link with index 3`. */
export function hopsText(state: State, { type, hops }: FibRoute): string {
  if (type !== 'unicast') return type;
  const each = hops.slice(0, 4).map(({ gateway, interface: index }) => {
    const name = state.links.get(index)?.link.name ?? `link ${index}`;
    return gateway === undefined ? name : `${gateway} on ${name}`;
  });
  return `via ${each.join(', ')}${hops.length > each.length ? ` and ${hops.length - each.length} more` : ''}`;
}

// --- what is asked

/** Without a route it is a removal. The request's number is put there when it is sent. */
function ask(
  state: State,
  key: string,
  asked: Omit<AskedRoute, 'request'>,
  batch: Batch,
  ctx: Context,
): void {
  const { asked: what, hops } = shareOf(state, asked, batch, ctx);
  state.rib.update(key, (row) => {
    row.asked = what;
    if (row.putBack?.fresh) row.putBack = { ...row.putBack, fresh: false };
  });
  batch.keys.push(key);
  batch.changes.push(
    what.route === undefined
      ? { verb: 'remove', kind: 'route', wanted: identityOf(key) }
      : { verb: 'replace', kind: 'route', wanted: wantedOf(key, what.route.type, hops) },
  );
  if (batch.keys.length >= MOST_CHANGES) flush(state, batch, ctx);
}

function again(state: State, key: string): void {
  state.rib.update(key, (row) => {
    row.asked = { ...row.asked!, again: true };
  });
}

function remove(state: State, key: string, row: Readonly<Prefix>, batch: Batch, ctx: Context): void {
  if (row.refused !== undefined || row.putBack?.waiting !== undefined) forgetRefusal(state, key);
  if (row.putBack?.fresh) forgetLoss(state, key);
  if (row.fib === undefined) forgetEmpty(state, key);
  // It may be claimed still: sweep.ts says when that is over.
  else if (!row.fib.found) ask(state, key, {}, batch, ctx);
}

function isThere(
  state: State,
  key: string,
  { fib, refused: was, putBack }: Readonly<Prefix>,
  ctx: Context,
): void {
  if (putBack?.fresh) forgetLoss(state, key);
  if (fib?.found) claimFound(state, key);
  if (was !== undefined) wellAgain(state, key, was, ctx);
}

/** It is not one that was found any more: somebody wants it, or it is to go. */
export function claimFound(state: State, key: string): void {
  state.rib.update(key, (row) => {
    const { found: _, ...route } = row.fib!;
    putFib(state, row, route);
  });
}

/** Tells of a route that others removed or changed; true when it is to wait, for they do so again and again. */
function isRemovedTooOften(
  state: State,
  key: string,
  { putBack, fib }: Readonly<Prefix>,
  wanted: FibRoute,
  ctx: Context,
): boolean {
  if (!putBack?.fresh) return false;
  const isTooOften = putBack.times > MOST_PUT_BACK;
  const pace = isTooOften ? ` every ${RETRY_SLOW_MS / 1000} s from now on` : '';
  // That it is put back seldom is another thing to say, and has room of its own where very many are removed.
  const due = lineDue(logOf(state), isTooOften ? 'putBackSlowly' : 'putBack', key, ctx.now());
  if (due !== undefined)
    ctx.log(
      'warn',
      `${prefixOfKey(key)} ${hopsText(state, wanted)} was ${fib === undefined ? 'removed from' : 'changed in'} the kernel by another program: it is put back${pace}${leftOutText(due)}`,
    );
  if (!isTooOften) return false;
  state.rib.update(key, (row) => {
    row.putBack = { ...row.putBack!, fresh: false, waiting: wanted };
  });
  later(state, key, ctx.now() + RETRY_SLOW_MS);
  return true;
}

/** The loss did no harm: its link went, too, and nothing is wanted there. */
function forgetLoss(state: State, key: string): void {
  state.rib.update(key, (row) => {
    row.putBack = { ...row.putBack!, times: row.putBack!.times - 1, fresh: false };
  });
}

/** All that is wanted, or in a trial the next hops that are good and one more. */
function next(was: Refused | undefined, wanted: FibRoute): Omit<AskedRoute, 'request'> {
  const { good, rest } = was?.trial ?? { good: [], rest: [] };
  const [tried] = rest;
  if (tried === undefined) return { route: wanted };
  const hops = alone(inOrder([...good, tried]));
  return { route: { type: wanted.type, hops }, isTrial: true };
}

/** The only next hop of a route has no weight. */
function alone(hops: readonly ResolvedHop[]): readonly ResolvedHop[] {
  return hops.length === 1 && hops[0]!.weight !== 1 ? [{ ...hops[0]!, weight: 1 }] : hops;
}

// --- what became of it

function putFib(state: State, row: Prefix, fib: Installed | undefined): void {
  if (row.fib?.found) state.unclaimed -= 1;
  if (fib?.found) state.unclaimed += 1;
  row.fib = fib;
}

function put(
  state: State,
  key: string,
  { refused: was, candidates }: Readonly<Prefix>,
  { isTrial, doubtful }: AskedRoute,
  route: FibRoute,
  ctx: Context,
): void {
  state.rib.update(key, (row) => {
    row.asked = undefined;
    putFib(state, row, doubtful ? { ...route, doubtful } : route);
    row.seen = state.kernel.lists;
  });
  // Another program's came at the same time: which of them the other overwrote, the kernel knows.
  if (candidates.some(({ source, metric }) => source === 'kernel' && metric === OWN_METRIC)) askForList(ctx);
  if (was === undefined) return;
  if (!isTrial) wellAgain(state, key, was, ctx);
  else {
    const [good, ...rest] = was.trial.rest;
    tryOn(state, key, was, { good: inOrder([...was.trial.good, ...(good ? [good] : [])]), rest }, ctx);
  }
}

function removed(state: State, key: string, refusal: KernelRefusal | undefined, ctx: Context): void {
  if (refusal?.errno === ETIMEDOUT) {
    later(state, key, ctx.now() + RETRY_SOON_MS);
    return;
  }
  state.rib.update(key, (row) => {
    row.asked = undefined;
    putFib(state, row, undefined);
    row.seen = 0;
  });
  // A list finds it again, if it is there still.
  if (refusal !== undefined && refusal.errno !== ESRCH) {
    const due = lineDue(logOf(state), 'notRemoved', refusal.name, ctx.now());
    if (due !== undefined)
      ctx.log(
        'warn',
        `${prefixOfKey(key)} is not removed from the kernel: ${refusal.message}${leftOutText(due)}`,
      );
  }
  forgetEmpty(state, key);
}

function refused(
  state: State,
  key: string,
  { refused: was }: Readonly<Prefix>,
  { isTrial }: AskedRoute,
  route: FibRoute,
  refusal: KernelRefusal,
  ctx: Context,
): void {
  const now = ctx.now();
  const { errno, name, message } = refusal;
  if (errno === ETIMEDOUT) {
    // It may be there or not.
    state.rib.update(key, (row) => {
      putFib(state, row, { ...route, doubtful: true });
    });
    later(state, key, now + RETRY_SOON_MS);
    return;
  }
  state.rib.update(key, (row) => {
    row.asked = undefined;
  });
  if (isTrial && was !== undefined) {
    const { good, rest } = was.trial;
    tryOn(state, key, was, { good, rest: rest.slice(1) }, ctx);
    return;
  }
  const times = (was?.times ?? 0) + 1;
  const record = { route, errno, name, message, at: now, times };
  // The second time: then it has not come right by itself.
  if (times === 2) tell(state, key, record, ctx);
  // The kernel refuses all for one that is bad. Those that were good stay in use while the others are tried.
  const good = was?.trial.good ?? [];
  const rest = route.hops.filter((hop) => !good.some((other) => sameHops([hop], [other])));
  tryOn(state, key, record, { good, rest: route.hops.length < 2 ? [] : rest }, ctx);
}

/** Goes on with a trial; when it is over, what is good stays, and all is tried again later. */
function tryOn(state: State, key: string, record: Omit<Refused, 'trial'>, trial: Trial, ctx: Context): void {
  const now = ctx.now();
  state.rib.update(key, (row) => {
    row.refused = { ...record, trial };
  });
  if (trial.rest.length === 0) later(state, key, now + (record.times > 1 ? RETRY_SLOW_MS : RETRY_SOON_MS));
  makeDirty(state, key, now);
}

function later(state: State, key: string, due: number): void {
  state.rib.update(key, (row) => {
    row.asked = undefined;
  });
  state.refused.delete(key);
  state.refused.set(key, due);
}

function forgetRefusal(state: State, key: string): void {
  state.refused.delete(key);
  state.rib.update(key, (row) => {
    row.refused = undefined;
    if (row.putBack?.waiting === undefined) return;
    const { waiting: _, ...putBack } = row.putBack;
    row.putBack = putBack;
  });
}

function wellAgain(state: State, key: string, was: Refused, ctx: Context): void {
  forgetRefusal(state, key);
  noteWell(logOf(state), 'refused', causeOf(state, was), ctx.now());
}

function tell(state: State, key: string, record: Omit<Refused, 'trial'>, ctx: Context): void {
  const due = lineDue(logOf(state), 'refused', causeOf(state, record), ctx.now());
  if (due === undefined) return;
  const { route, message } = record;
  const table = tableOfKey(key) === 254 ? '' : ` of table ${tableOfKey(key)}`;
  ctx.log(
    'warn',
    `the kernel refuses ${prefixOfKey(key)}${table} ${hopsText(state, route)}: ${message}; it is tried again every ${RETRY_SLOW_MS / 1000} s, and when its next hop changes${leftOutText(due)}`,
  );
}

/** One cause may be behind thousands of routes: the error, and where they lead. */
function causeOf(state: State, { name, route }: Pick<Refused, 'name' | 'route'>): string {
  return `${name} ${hopsText(state, route)}`;
}

function logOf(state: State): NonNullable<State['lines']> {
  state.lines ??= new Map();
  return state.lines;
}
