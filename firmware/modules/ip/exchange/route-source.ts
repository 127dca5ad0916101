/**
 * Protocols that send routes (../messages/routes.ts): each message is the next one, or the whole set is wanted. What a source
 * sends are candidates of the RIB at once; what a whole set does not have is swept in turns (work.ts).
 */
import type { Context } from 'hitless/runtime';
import type { RouteChange, RouteFilter, Routes, RoutesWanted } from '../../messages/routes.ts';
import { parsePrefix } from '../../prefix.ts';
import { offer, sweepSource, withdraw } from '../rib/rib.ts';
import { type Offered, prefixOfKey, type State } from '../state.ts';
import { complain } from './complaint.ts';
import { type Filters, MOST_UNANSWERED, QUESTION_MS, type RouteSource } from './exchange-record.ts';
import { isOtherwise, pass } from './route-filter.ts';
import { type LastHops, readChange, readRoutes, wrongLength } from './route-message.ts';

export const MOST_ROUTE_SOURCES = 32;
/** A whole set that is wanted is asked for so often, in ms. */
export const ASK_AGAIN_MS = 1_000;

/** Takes a message. @param module the sender's name */
export function takeRoutes(state: State, module: string, body: unknown, ctx: Context): void {
  const message = readRoutes(body);
  if ('wrong' in message) {
    complain(state, 'routes', module, `routes from ${module} are refused: ${message.wrong}`, ctx);
    return;
  }
  const known = state.sources.get(message.source);
  const wrong = wrongSender(state, known, module, message);
  if (wrong !== undefined) {
    complain(state, 'routes', module, `routes from ${module} are refused: ${wrong}`, ctx);
    return;
  }
  const tooLong = wrongLength(message);
  if (tooLong !== undefined) {
    complain(state, 'routes', module, `routes of ${message.source} are refused: ${tooLong}`, ctx);
    // Its content is not known: routes stay as they are. It is asked later, for it may be as long again.
    state.sources.set(message.source, { ...nextOf(known, module, message), state: 'wanted' });
    ctx.setTimer('exchange', message.source, ASK_AGAIN_MS);
    return;
  }
  const row = nextOf(known, module, message);
  const isAsked = row.state === 'wanted' && known?.state !== 'wanted';
  const refused = row.state === 'wanted' ? 0 : carryOut(state, message, row, ctx);
  const ends = row.state === 'telling' && (message.whole === 'end' || message.whole === 'all');
  // Before its first set a source has no routes.
  if (ends && row.set > 1) sweepSource(state, message.source, row.set);
  state.sources.set(message.source, {
    ...row,
    state: ends ? 'whole' : row.state,
    refused: row.refused + refused,
  });
  if (isAsked) ask(message.source, ctx);
}

/** Asks a source again, whose whole set is still wanted. */
export function askAgain(state: State, source: string, ctx: Context): void {
  if (state.sources.get(source)?.state === 'wanted') ask(source, ctx);
}

/** Asks all sources, with what there is of each. @returns how many modules hear it */
export function askAll(state: State, ctx: Context): number {
  const has: Record<string, { session: string; number: number }> = {};
  for (const [source, { state: how, session, number }] of state.sources)
    if (how !== 'wanted') has[source] = { session, number };
  return ctx.publish('routesWanted', { filters: true, has } satisfies RoutesWanted, { retain: 'all' });
}

/** The time of a question is over: those that have not answered several are taken for ended. */
export function missAnswers(state: State, ctx: Context): void {
  for (const [source, row] of state.sources) {
    const unanswered = row.unanswered + 1;
    if (unanswered === MOST_UNANSWERED + 1) end(state, source, row, unanswered, ctx);
    else if (unanswered > MOST_UNANSWERED + 1 && !state.sweeps.has(source)) state.sources.delete(source);
    else state.sources.set(source, { ...row, unanswered });
  }
}

/** Tables are others: routes of those that there are not go, and those of new ones come, with the next whole sets. */
export function wantAll(state: State, ctx: Context): void {
  for (const [source, row] of state.sources) {
    state.sources.set(source, { ...row, state: 'wanted' });
    ask(source, ctx);
  }
}

/** Filters are others: routes that went through them come again, and those that they denied. */
export function sourceFiltersChanged(state: State, before: Filters, ctx: Context): void {
  for (const [source, row] of state.sources) {
    if (row.filter === undefined || !isOtherwise(row.filter, before, state.config.filters)) continue;
    state.sources.set(source, { ...row, state: 'wanted' });
    ask(source, ctx);
  }
}

function ask(source: string, ctx: Context): void {
  ctx.publish('routesWanted', { source, has: {} } satisfies RoutesWanted);
  ctx.setTimer('exchange', source, ASK_AGAIN_MS);
}

function wrongSender(
  { sources }: State,
  known: Readonly<RouteSource> | undefined,
  module: string,
  { source }: Routes,
): string | undefined {
  if (known !== undefined && known.module !== module) return `${source} is ${known.module}'s source`;
  if (known === undefined && sources.size >= MOST_ROUTE_SOURCES)
    return `there are ${MOST_ROUTE_SOURCES} sources, which is the most`;
  return undefined;
}

/** A source after a message: what is no whole set counts only as the next one. */
function nextOf(
  known: Readonly<RouteSource> | undefined,
  module: string,
  { session, number, whole, filter: ofSet }: Routes,
): RouteSource {
  const { set = 0, refused = 0 } = known ?? {};
  const begins = whole === 'begin' || whole === 'all';
  const filter = begins ? ofSet : known?.filter;
  const row = { module, session, number, set, refused, unanswered: 0, ...(filter && { filter }) };
  if (begins) return { ...row, set: set + 1, refused: 0, state: 'telling' };
  const isNext = known !== undefined && known.session === session && known.number + 1 === number;
  return { ...row, state: isNext ? known.state : 'wanted' };
}

/** @returns how many routes were refused */
function carryOut(state: State, { source, changes }: Routes, row: RouteSource, ctx: Context): number {
  let refused = 0;
  const before: LastHops = { table: 0, family: 4, list: [] };
  for (const change of changes) {
    const wrong = carryOutOne(state, source, change, row, before, ctx);
    if (wrong === undefined) continue;
    refused++;
    complain(state, 'routes', `${source} ${wrong}`, `a route of ${source} is refused: ${wrong}`, ctx);
  }
  return refused;
}

/** A route that is refused or denied is absent: one that was there before says something else. @returns why it is refused */
function carryOutOne(
  state: State,
  source: string,
  change: RouteChange,
  { set, filter }: RouteSource,
  before: LastHops,
  ctx: Context,
): string | undefined {
  const read = readChange(state, source, change, before);
  let wrong = 'wrong' in read ? read.wrong : undefined;
  if ('offered' in read) {
    const passed = filter === undefined ? read.offered : filtered(state, read.key, read.offered, filter);
    wrong = passed && offer(state, read.key, passed, ctx, set);
    if (passed !== undefined && wrong === undefined) return undefined;
  }
  if (read.key !== undefined) withdraw(state, read.key, source, '', ctx);
  return wrong;
}

/** Undefined where the filter denies it. */
function filtered(
  { config }: State,
  key: string,
  offered: Offered,
  filter: RouteFilter,
): Offered | undefined {
  const { source, metric, tag, ...rest } = offered;
  const prefix = parsePrefix(prefixOfKey(key))!;
  const passed = pass(config.filters, filter, { prefix, source, metric, ...(tag !== undefined && { tag }) });
  if (passed === undefined) return undefined;
  // The type is that of an external metric, which means nothing here.
  const { type: _type, ...values } = passed;
  return { ...rest, source, ...values };
}

function end(
  state: State,
  source: string,
  row: Readonly<RouteSource>,
  unanswered: number,
  ctx: Context,
): void {
  const set = row.set + 1;
  state.sources.set(source, { ...row, unanswered, set, session: '', state: 'wanted' });
  sweepSource(state, source, set);
  const silent = (MOST_UNANSWERED * QUESTION_MS) / 1_000;
  ctx.log(
    'warn',
    `${source} has not answered for ${silent} s: its routes are withdrawn, until ${row.module} sends them again`,
  );
}
