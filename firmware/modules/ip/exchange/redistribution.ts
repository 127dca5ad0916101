/**
 * Redistribution (../messages/redistribute.ts): subscribers are told of the selected routes that pass their filters, all of
 * them when they ask, then what differs from what they were told. Both is done in turns (work.ts), and not farther ahead
 * of what they have taken than their mailboxes have room for. One that is behind keeps no list of what it has missed: when
 * there is room, the RIB is gone through for what differs.
 */
import type { Context } from 'hitless/runtime';
import { isSame } from '../../difference.ts';
import {
  MOST_AHEAD,
  MOST_REDISTRIBUTED,
  MOST_SOURCES_ASKED,
  type Redistribute,
  type Redistributed,
  type RedistributedChange,
  type RedistributedRoute,
} from '../../messages/redistribute.ts';
import { isLinkLocal, parsePrefix } from '../../prefix.ts';
import { bestOf, bucketOf, namedHops, PREFIX_BUCKETS } from '../rib/rib.ts';
import { MAIN_TABLE, prefixOfKey, type State, tableOfKey } from '../state.ts';
import { complain } from './complaint.ts';
import {
  type Filters,
  MOST_UNANSWERED,
  QUESTION_MS,
  type Subscription,
  type Walk,
} from './exchange-record.ts';
import { isOtherwise, pass } from './route-filter.ts';
import { isFilterName, isName, isRecord, isTable, isWhole } from './route-message.ts';

export const MOST_SUBSCRIPTIONS = 16;
/** Buckets that are looked at in one go; most are empty where there are few prefixes. */
const MOST_BUCKETS = 256;
/** More is told while fewer events than these are not taken: those of one go come on top. */
const AHEAD = MOST_AHEAD / 2;

/** Takes a subscription, another one, or its end. @param module the sender's name */
export function takeRedistribute(state: State, module: string, body: unknown, ctx: Context): void {
  const read = readRedistribute(state, module, body);
  if ('wrong' in read) {
    complain(state, 'redistribute', module, `redistribution to ${module} is refused: ${read.wrong}`, ctx);
    return;
  }
  const { to, sources, table = MAIN_TABLE, family } = read;
  const known = state.subscriptions.get(to);
  if (known === undefined && sources.length === 0) return;
  const number = known?.number ?? 0;
  state.subscriptions.set(to, {
    module,
    sources,
    table,
    ...(family !== undefined && { family }),
    session: known?.session ?? String(ctx.now()),
    number,
    taken: number,
    unanswered: 0,
    walk: { bucket: 0, tells: sources.length === 0 ? 'nothing' : 'whole', begun: false },
  });
}

/** A subscriber has handled events, or answers that it is there. @param module the sender's name */
export function redistributionTaken(state: State, module: string, body: unknown, ctx: Context): void {
  const { to, session, number } = isRecord(body) ? body : {};
  const row = typeof to === 'string' ? state.subscriptions.get(to) : undefined;
  // It has ended, or never was: the next question says so.
  if (row === undefined) return;
  if (row.module !== module) {
    const why = `${to} is ${row.module}'s subscription`;
    complain(state, 'redistribute', module, `what ${module} has taken is passed over: ${why}`, ctx);
    return;
  }
  const isOfOurs = session === row.session && isWhole(number, row.taken, row.number);
  state.subscriptions.set(to as string, { ...row, unanswered: 0, taken: isOfOurs ? number : row.taken });
}

/** The time of a question is over: subscriptions of those that have not answered several end. */
export function missSubscribers(state: State, ctx: Context): void {
  for (const [to, row] of state.subscriptions) {
    if (row.sources.length === 0) continue;
    if (row.unanswered < MOST_UNANSWERED) {
      state.subscriptions.set(to, { ...row, unanswered: row.unanswered + 1 });
      continue;
    }
    state.subscriptions.set(to, { ...row, sources: [], walk: { bucket: 0, tells: 'nothing', begun: false } });
    ctx.log(
      'warn',
      `${row.module} has not answered for ${(MOST_UNANSWERED * QUESTION_MS) / 1_000} s: nothing is redistributed to ${to} until it asks again`,
    );
  }
}

/** A prefix is selected otherwise. */
export function prefixChanged(state: State, key: string, ctx: Context): void {
  if (state.subscriptions.size > 0 && !state.toRedistribute.has(key))
    state.toRedistribute.set(key, ctx.now());
}

/** Filters are others: subscribers whose routes go through them are told what differs. */
export function filtersChanged(state: State, before: Filters): void {
  for (const [to, row] of state.subscriptions) {
    if (!row.sources.some((source) => isOtherwise(source, before, state.config.filters))) continue;
    const tells = row.walk?.tells ?? 'changes';
    state.subscriptions.set(to, { ...row, walk: { bucket: 0, tells, begun: false } });
  }
}

/** Whether a subscriber can be told more. */
function hasRoom({ number, taken }: Readonly<Subscription>): boolean {
  return number - taken < AHEAD;
}

function canGoOn(row: Readonly<Subscription>): row is Subscription & { walk: Walk } {
  return row.walk !== undefined && (row.walk.tells === 'nothing' || hasRoom(row));
}

/** Whether there is something to tell. Nothing is told before the kernel's tables are known. */
export function hasToRedistribute({ kernel, toRedistribute, subscriptions }: State): boolean {
  if (kernel.whole === 0) return false;
  return toRedistribute.size > 0 || [...subscriptions.values()].some(canGoOn);
}

/** Tells some of it. @returns how much was looked at */
export function redistributeSome(state: State, most: number, ctx: Context): number {
  if (state.kernel.whole === 0) return 0;
  if (state.toRedistribute.size > 0) return tellChanged(state, most, ctx);
  for (const [to, row] of state.subscriptions) {
    if (canGoOn(row)) return goOn(state, to, row, row.walk, most, ctx);
  }
  return 0;
}

// --- what is told

function tellChanged(state: State, most: number, ctx: Context): number {
  const changes = new Map<string, RedistributedChange[]>();
  let done = 0;
  for (const key of state.toRedistribute.keys()) {
    if (done === most) break;
    done++;
    state.toRedistribute.delete(key);
    for (const [to, row] of state.subscriptions) {
      const change = hasRoom(row) ? changeOf(state, to, row, key) : fallBehind(state, to, row, key);
      if (change === undefined) continue;
      const some = changes.get(to);
      if (some === undefined) changes.set(to, [change]);
      else some.push(change);
    }
  }
  for (const [to, some] of changes) publish(state, to, some, undefined, ctx);
  return done;
}

/** A change without room is found later, by going through the RIB once more. */
function fallBehind(state: State, to: string, row: Readonly<Subscription>, key: string): undefined {
  const { walk } = row;
  if (walk?.behind || isSame(toldOf(state, to, key), routeFor(state, row, key))) return;
  const next: Walk =
    walk === undefined ? { bucket: 0, tells: 'changes', begun: false } : { ...walk, behind: true };
  state.subscriptions.set(to, { ...row, walk: next });
}

/** Goes on through the RIB, and through what was told and may not be there any more. */
function goOn(
  state: State,
  to: string,
  row: Readonly<Subscription>,
  walk: Walk,
  most: number,
  ctx: Context,
): number {
  const changes: RedistributedChange[] = [];
  const end = Math.min(walk.bucket + MOST_BUCKETS, PREFIX_BUCKETS);
  let { bucket } = walk;
  let done = 1;
  for (; bucket < end && done < most; bucket++) {
    const told = state.redistributed.get(bucketOfTold(to, bucket))?.keys() ?? [];
    for (const key of new Set([...(state.allPrefixes.get(bucket) ?? []), ...told])) {
      done++;
      const change = changeOf(state, to, row, key, walk.tells === 'whole');
      if (change !== undefined) changes.push(change);
    }
  }
  const ends = bucket === PREFIX_BUCKETS;
  if (walk.tells === 'nothing') forget(state, to, row, { ...walk, bucket }, ends, ctx);
  else {
    const { walk: _, ...rest } = row;
    const again: Walk = { bucket: 0, tells: 'changes', begun: false };
    if (!ends) state.subscriptions.set(to, { ...row, walk: { ...walk, bucket, begun: true } });
    else state.subscriptions.set(to, walk.behind ? { ...rest, walk: again } : rest);
    publish(state, to, changes, walk.tells === 'whole' ? { begins: !walk.begun, ends } : undefined, ctx);
  }
  return done;
}

function forget(
  state: State,
  to: string,
  row: Readonly<Subscription>,
  walk: Walk,
  ends: boolean,
  ctx: Context,
): void {
  if (!ends) {
    state.subscriptions.set(to, { ...row, walk });
    return;
  }
  state.subscriptions.delete(to);
  const { session, number } = row;
  ctx.publish(
    'redistributed',
    { to, session, number: number + 1, whole: 'all', changes: [] },
    { withdraw: to },
  );
}

/** The difference to what a subscriber was told of a prefix; all that there is, where it is told the whole. */
function changeOf(
  state: State,
  to: string,
  row: Readonly<Subscription>,
  key: string,
  whole = false,
): RedistributedChange | undefined {
  const told = toldOf(state, to, key);
  const route = routeFor(state, row, key);
  if (route === undefined) {
    if (told === undefined) return undefined;
    noteTold(state, to, key, undefined);
    // It was told before the whole set, or is of a table that was asked for before: the prefix may be there in this one.
    if (whole || tableOfKey(key) !== row.table) return undefined;
    return { prefix: prefixOfKey(key), remove: true };
  }
  if (isSame(told, route)) return whole ? route : undefined;
  noteTold(state, to, key, route);
  return route;
}

/** Key in `redistributed`. */
function bucketOfTold(to: string, bucket: number): string {
  return `${to} ${bucket}`;
}

function toldOf(state: State, to: string, key: string): RedistributedRoute | undefined {
  return state.redistributed.get(bucketOfTold(to, bucketOf(key, PREFIX_BUCKETS)))?.get(key);
}

function noteTold(state: State, to: string, key: string, route: RedistributedRoute | undefined): void {
  const bucket = bucketOfTold(to, bucketOf(key, PREFIX_BUCKETS));
  const told = state.redistributed.get(bucket);
  if (told === undefined) {
    if (route !== undefined) state.redistributed.set(bucket, new Map([[key, route]]));
  } else if (route === undefined && told.size === 1 && told.has(key)) state.redistributed.delete(bucket);
  else
    state.redistributed.update(bucket, (routes) => {
      if (route === undefined) routes.delete(key);
      else routes.set(key, route);
    });
}

/** The route to a prefix as a subscriber is to have it; undefined where it is to have none. */
function routeFor(
  state: State,
  { sources, table, family }: Readonly<Subscription>,
  key: string,
): RedistributedRoute | undefined {
  if (sources.length === 0 || tableOfKey(key) !== table) return undefined;
  const row = state.rib.get(key);
  const best = bestOf(row);
  if (row === undefined || best === undefined) return undefined;
  const asked = sources.find(({ source }) => source === best.source);
  const text = prefixOfKey(key);
  const prefix = parsePrefix(text);
  if (asked === undefined || prefix === undefined || isLinkLocal(prefix.words)) return undefined;
  if (family !== undefined && family !== (prefix.words.length === 1 ? 4 : 6)) return undefined;
  const { source, metric, tag } = best;
  const route = { prefix, source, metric, ...(tag !== undefined && { tag }) };
  if (asked.tag !== undefined && asked.tag !== tag) return undefined;
  const passed = pass(state.config.filters, asked, route);
  return passed && { prefix: text, source, ...passed, hops: namedHops(state, row.hops) };
}

/** Numbers follow each other; a whole set is as many events as it needs, one at the least. */
function publish(
  state: State,
  to: string,
  changes: readonly RedistributedChange[],
  whole: { begins: boolean; ends: boolean } | undefined,
  ctx: Context,
): void {
  const row = state.subscriptions.get(to);
  // While the subscription ends, nobody is told.
  if (row === undefined || row.sources.length === 0) return;
  const isNeeded = changes.length > 0 || (whole !== undefined && (whole.begins || whole.ends));
  if (!isNeeded) return;
  let { number } = row;
  const events = Math.max(1, Math.ceil(changes.length / MOST_REDISTRIBUTED));
  for (let i = 0; i < events; i++) {
    const part = whole && partOf(whole.begins && i === 0, whole.ends && i === events - 1);
    const body: Redistributed = {
      to,
      session: row.session,
      number: ++number,
      ...(part !== undefined && { whole: part }),
      changes: changes.slice(i * MOST_REDISTRIBUTED, (i + 1) * MOST_REDISTRIBUTED),
    };
    ctx.publish('redistributed', body, { retain: to });
  }
  state.subscriptions.set(to, { ...row, number });
}

function partOf(begins: boolean, ends: boolean): NonNullable<Redistributed['whole']> {
  if (begins) return ends ? 'all' : 'begin';
  return ends ? 'end' : 'more';
}

// --- what is asked

function readRedistribute(state: State, module: string, body: unknown): Redistribute | { wrong: string } {
  if (!isRecord(body)) return { wrong: 'it has no body' };
  const { to, sources, table = MAIN_TABLE, family } = body;
  if (!isName(to)) return { wrong: '`to` is no name' };
  const known = state.subscriptions.get(to);
  if (known !== undefined && known.module !== module)
    return { wrong: `${to} is ${known.module}'s subscription` };
  if (known === undefined && state.subscriptions.size >= MOST_SUBSCRIPTIONS)
    return { wrong: `there are ${MOST_SUBSCRIPTIONS} subscriptions, which is the most` };
  if (!isTable(state, table)) return { wrong: `there is no table ${String(table)} in the configuration` };
  if (family !== undefined && family !== 4 && family !== 6) return { wrong: 'its family is not 4 or 6' };
  if (!Array.isArray(sources) || sources.length > MOST_SOURCES_ASKED)
    return { wrong: `its sources are no list of at most ${MOST_SOURCES_ASKED}` };
  if (!sources.every(isSourceAsked)) return { wrong: 'one of its sources is none' };
  return body as unknown as Redistribute;
}

function isSourceAsked(asked: unknown): boolean {
  if (!isRecord(asked) || !isName(asked.source)) return false;
  const { prefixList, routeMap, tag } = asked;
  return isFilterName(prefixList) && isFilterName(routeMap) && (tag === undefined || isWhole(tag, 0));
}
