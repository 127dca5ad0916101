/**
 * The calculation of routes (16): when it is due, in turns, and what differs from before. A change of router- or network-LSAs
 * computes the trees of their areas; all others compute routes to their destinations alone (16.5, 16.6).
 */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { leftOutText, lineDue, noteWell } from '../../limited-log.ts';
import type { OspfAgenda, RoutingChange } from '../agenda.ts';
import { NONE } from '../constants.ts';
import { isFollowed, note } from '../followers.ts';
import { allOrigins, boundariesOf, externalsOf, roleText, summariesOf } from '../origination/origins.ts';
import { areaConfigOf, isRestarting } from '../selectors.ts';
import type { BorderRoute, Id, RangeCost, Route, Routing, State, Translated } from '../state.ts';
import { isOtherWay } from './area-view.ts';
import { computeWhole, leafChanged, takeLeaves, type WholeResult } from './calculation.ts';
import { sameHops } from './hops.ts';
import { isExternal } from './leaves.ts';
import { type PrefixKey, parseKey } from './prefix.ts';
import { allRanges } from './ranges.ts';
import { type AreaTree, MOST_NETWORKS } from './spf.ts';
import { computeLeaves, computeTable, isSameBorder, type RouteTable, routeOf } from './table.ts';
import { electTranslator, STABILITY_MS, translate } from './translation.ts';
import { textOf, type Working } from './working.ts';

type Work<Result = void> = Generator<undefined, Result, undefined>;

/** Rows that are compared between two yields. */
const SOME = 16;
/** Calculations that are kept for people. */
const MOST_LOGGED = 32;
/** Reasons of one. */
const MOST_REASONS = 8;

/** Something that routes are made of is another: work is due, trees after the throttle's wait. */
export function routingChanged(state: State, change: RoutingChange, ctx: Context): void {
  if (change.of === 'summary' || change.of === 'external') {
    leafChanged(state, change.key);
    return;
  }
  const { routing } = state;
  if (routing.due === undefined) {
    routing.due = { since: ctx.now(), ids: [], all: false, reasons: [] };
    throttle(state, ctx);
  }
  const { due } = routing;
  const reason = change.of === 'all' ? 'configuration' : `area ${toAddress(change.area)}`;
  if (change.of === 'all') due.all = true;
  else if (!due.ids.includes(change.area)) due.ids.push(change.area);
  if (due.reasons.length < MOST_REASONS && !due.reasons.includes(reason)) due.reasons.push(reason);
  const wait = Math.round(ctx.timerDue('spf') ?? 0);
  note(state, 'spf', undefined, () => ({
    lines: [`due in ${wait} ms: ${reason}`],
    facts: { event: 'due', wait, reason },
  }));
}

/** The first waits shortly, and each that comes soon after another twice as long, up to a limit. */
function throttle({ routing, config }: State, ctx: Context): void {
  const { initial, hold, most } = config.timers.spf;
  const now = ctx.now();
  const isQuiet = now >= routing.quietAt;
  routing.wait = isQuiet ? hold : Math.min(2 * routing.wait, most);
  ctx.setTimer('spf', '', isQuiet ? initial : Math.max(initial, routing.quietAt - now));
}

/** Another throttle begins with its first wait. A calculation that waits is due when it would be by this one. */
export function rethrottle({ routing, config }: State, ctx: Context): void {
  const { initial, hold, most } = config.timers.spf;
  const now = ctx.now();
  const first = Math.min(hold, most);
  routing.wait = Math.min(routing.wait, first);
  routing.quietAt = Math.min(routing.quietAt, now + first);
  if (routing.due === undefined || ctx.timerDue('spf') === undefined) return;
  ctx.setTimer('spf', '', Math.max(routing.due.since + initial, routing.quietAt, now) - now);
}

/** Another configuration, or a service that is resumed: the next calculation looks at all LSAs of ours again. */
export function forgetRole({ routing }: State): void {
  routing.role = '';
}

/** The timer `spf`: the throttle's wait is over, or, with the key `translator`, another translates by now. */
export function waitIsOver(state: State, key: string, ctx: Context): void {
  if (key !== TRANSLATOR) return;
  state.routing.due ??= { since: ctx.now(), ids: [], all: false, reasons: [TRANSLATOR] };
}

const TRANSLATOR = 'translator';

export function hasToCalculate({ routing, leaves }: State, working: Working, ctx: Context): boolean {
  if (working.calculation !== undefined || routing.running !== undefined || leaves.size > 0) return true;
  return routing.due !== undefined && ctx.timerDue('spf') === undefined;
}

/** Goes on with a calculation, or begins one, until the time is over. @returns whether something was done */
export function calculateSome(
  state: State,
  working: Working,
  until: number,
  agenda: OspfAgenda,
  ctx: Context,
): boolean {
  if (!hasToCalculate(state, working, ctx)) return false;
  working.agenda = agenda;
  working.calculation ??= begin(state, working, outletOf(working), ctx);
  if (state.routing.running !== undefined) state.routing.running.turns++;
  do {
    if (working.calculation.next().done !== true) continue;
    delete working.calculation;
    return true;
  } while (ctx.now() < until);
  return true;
}

/** The agenda of the turn: a calculation goes on over many. */
type Outlet = Pick<OspfAgenda, 'announce' | 'originate' | 'virtual'>;

function outletOf(working: Working): Outlet {
  return {
    announce: (prefix) => working.agenda!.announce(prefix),
    originate: (of) => working.agenda!.originate(of),
    virtual: (iface, way) => working.agenda!.virtual(iface, way),
  };
}

/** One that a swap has cut short begins anew, with all that was due for it. Without what it works with, all trees are due. */
function begin(state: State, working: Working, agenda: Outlet, ctx: Context): Work {
  const { routing } = state;
  const { running, due } = routing;
  const isDue = due !== undefined && (running !== undefined || ctx.timerDue('spf') === undefined);
  const now = ctx.now();
  const all = (isDue && due.all) || running?.all === true;
  const ids = [...new Set([...(running?.ids ?? []), ...(isDue ? due.ids : [])])];
  const reasons = [...(running?.reasons ?? []), ...(isDue ? due.reasons : [])].slice(0, MOST_REASONS);
  const isWhole = isDue || running !== undefined || working.result === undefined;
  if (isDue) {
    delete routing.due;
    ctx.cancelTimer('spf', '');
  }
  const since = running?.since ?? (isDue ? due.since : now);
  const next = { since, ids, all, reasons, began: now, turns: 0 };
  routing.running = next;
  if (isWhole) return whole(state, working, next, agenda, ctx);
  return someLeaves(state, working, agenda, ctx);
}

function* whole(
  state: State,
  working: Working,
  running: NonNullable<Routing['running']>,
  agenda: Outlet,
  ctx: Context,
): Work {
  if (running.all) {
    delete working.index;
    delete working.result;
  }
  const due = running.all ? undefined : running.ids;
  const result = yield* computeWhole(state, working, due, running.began);
  const counted = { changed: 0 };
  yield* finish(state, working, result, counted, agenda, ctx);
  log(state, working, running, counted.changed, ctx.now());
  for (const area of result.computed) tellLeftOut(state, working.byArea.get(area), ctx);
  state.routing.quietAt = ctx.now() + state.routing.wait;
  delete state.routing.running;
}

/** Writes what a whole calculation has found, where it differs. */
function* finish(
  state: State,
  working: Working,
  { input, table, externals, ways, computed }: WholeResult,
  counted: { changed: number },
  agenda: Outlet,
  ctx: Context,
): Work {
  const discards = new Set<PrefixKey>();
  working.result = { input, table, discards };
  for (const [id, area] of state.areas) {
    area.transit = input.trees.get(id)?.transit ?? false;
    if (computed.includes(id)) area.trees++;
  }
  yield* translateAll(state, working, agenda, ctx);
  findDiscards(state, working);
  const texts = new Set<string>();
  let done = 0;
  for (const keys of [table.internal.routes.keys(), externals ?? table.externals.keys(), discards]) {
    for (const key of keys) {
      texts.add(textOf(working, key));
      if (writeRoute(state, working, key, agenda)) counted.changed++;
      if (++done % SOME === 0) yield;
    }
  }
  for (const [text, route] of state.routes) {
    const isKept = externals !== undefined && !isInternal(route);
    if (!isKept && !texts.has(text) && writeRoute(state, working, parseKey(text), agenda)) counted.changed++;
    if (++done % SOME === 0) yield;
  }
  yield* writeBorders(state, table, agenda);
  yield* lookAtRole(state, agenda);
  for (const [key, way] of ways) {
    const iface = state.interfaces.get(key);
    if (iface !== undefined && isOtherWay(iface, way)) agenda.virtual(iface, way);
  }
}

/** 16.5, 16.6 */
function* someLeaves(state: State, working: Working, agenda: Outlet, ctx: Context): Work {
  const result = working.result!;
  const { input } = result;
  const leaves = yield* takeLeaves(state, working.index!, ctx.now());
  if (input.transitAreas.length > 0 && leaves.some((leaf) => !isExternal(leaf))) {
    // 16.3 changes costs of what lies in the backbone, and of ranges with it.
    const activeRanges = new Set<PrefixKey>();
    const { table } = yield* computeTable({ ...input, activeRanges }, allRanges(state));
    const result = { input: { ...input, activeRanges }, table, ways: new Map(), computed: [] };
    yield* finish(state, working, result, { changed: 0 }, agenda, ctx);
    delete state.routing.running;
    return;
  }
  const { prefixes, routers } = yield* computeLeaves(result.table, input, leaves);
  let done = 0;
  for (const router of routers) {
    writeBorder(state, router, result.table.borders.get(router) ?? [], agenda);
    if (++done % SOME === 0) yield;
  }
  const isTranslating = [...state.areas.values()].some(({ translator }) => translator !== 'disabled');
  if (isTranslating || routers.size > 0 || hasNssa(state)) {
    const before = new Set(result.discards);
    yield* translateAll(state, working, agenda, ctx);
    findDiscards(state, working);
    for (const key of [...before, ...result.discards]) prefixes.add(key);
  }
  for (const key of prefixes) {
    writeRoute(state, working, key, agenda);
    if (++done % SOME === 0) yield;
  }
  yield* lookAtRole(state, agenda);
  delete state.routing.running;
}

function hasNssa(state: State): boolean {
  return [...state.areas.keys()].some((area) => areaConfigOf(state, area).type === 'nssa');
}

// ——— NSSAs ———

/** RFC 3101 3.1 to 3.3: who translates, then what. */
function* translateAll(state: State, working: Working, agenda: Outlet, ctx: Context): Work {
  const { input, table } = working.result!;
  const areas: Id[] = [];
  for (const area of input.trees.keys()) if (elect(state, area, working, ctx)) areas.push(area);
  const { rows: translated, rangeRows } = yield* translate(
    state,
    areas,
    table.externals,
    input,
    table.borders,
  );
  yield* writeRanges(state, new Map([...table.ranges, ...rangeRows]), agenda);
  let done = 0;
  for (const [prefix, row] of translated) {
    writeTranslated(state, prefix, row, agenda);
    if (++done % SOME === 0) yield;
  }
  for (const prefix of state.translated.keys()) {
    if (!translated.has(prefix)) writeTranslated(state, prefix, undefined, agenda);
    if (++done % SOME === 0) yield;
  }
}

/** @returns whether we translate: as long as elected, and for a while after another is */
function elect(state: State, id: Id, { result }: Working, ctx: Context): boolean {
  const area = state.areas.get(id);
  if (area === undefined) return false;
  const now = ctx.now();
  const next = electTranslator(state, id, result!.input, result!.table.borders);
  // Where the configuration has ended it, nobody has taken over.
  const isCandidate = areaConfigOf(state, id).translate === 'candidate' && result!.input.isBorder;
  const isDeposed = next === 'disabled' && area.translator === 'elected' && isCandidate;
  area.translator = next;
  if (next !== 'disabled') delete area.deposed;
  else if (isDeposed) {
    area.deposed = now;
    ctx.setTimer('spf', TRANSLATOR, STABILITY_MS);
  }
  if (area.deposed === undefined) return next !== 'disabled';
  if (isCandidate && now - area.deposed < STABILITY_MS) return true;
  delete area.deposed;
  return false;
}

function writeTranslated(state: State, prefix: string, row: Translated | undefined, agenda: Outlet): void {
  const before = state.translated.get(prefix);
  if (row === undefined) {
    if (!state.translated.delete(prefix)) return;
  } else {
    if (before !== undefined && isSameRow(before, row)) return;
    state.translated.set(prefix, row);
  }
  for (const origin of externalsOf(state, prefix)) agenda.originate(origin);
}

// ——— What differs ———

function* writeRanges(state: State, ranges: ReadonlyMap<string, RangeCost>, agenda: Outlet): Work {
  let done = 0;
  for (const [key, row] of ranges) {
    const before = state.ranges.get(key);
    if (before !== undefined && isSameRow(before, row)) continue;
    state.ranges.set(key, row);
    originateRange(state, key, agenda);
    if (++done % SOME === 0) yield;
  }
  for (const key of state.ranges.keys()) {
    if (ranges.has(key)) continue;
    state.ranges.delete(key);
    originateRange(state, key, agenda);
    if (++done % SOME === 0) yield;
  }
}

function originateRange(state: State, key: string, agenda: Outlet): void {
  const [area, prefix] = key.split(' ');
  if (area === 'nssa' || prefix === undefined) return;
  for (const origin of summariesOf(state, prefix)) agenda.originate(origin);
}

/** Where a range is told, what is in it, and has no route, is dropped here: it would come back else. */
function findDiscards(state: State, { result }: Working): void {
  const { discards, input } = result!;
  discards.clear();
  if (!input.isBorder) return;
  for (const key of state.ranges.keys()) {
    const parts = key.split(' ');
    const isNssa = parts[0] === 'nssa';
    const prefix = parts.at(-1)!;
    const config = areaConfigOf(state, Number(parts[isNssa ? 1 : 0]));
    const { advertise } = (isNssa ? config.nssaRanges : config.ranges)[prefix] ?? { advertise: false };
    if (advertise) discards.add(parseKey(prefix));
  }
}

/** @returns whether it is another */
function writeRoute(state: State, working: Working, key: PrefixKey, agenda: Outlet): boolean {
  const { table, discards } = working.result!;
  const text = textOf(working, key);
  const before = state.routes.get(text);
  const route = routeOf(table, key) ?? (discards.has(key) ? DISCARD : undefined);
  if (route === undefined) {
    if (before === undefined) return false;
    state.routes.delete(text);
    working.texts.delete(key);
  } else {
    if (before !== undefined && isSameRoute(before, route)) return false;
    state.routes.set(text, route);
  }
  noteRoute(state, text, before, route);
  agenda.announce(text);
  if (isInternal(before) || isInternal(route))
    for (const origin of summariesOf(state, text)) agenda.originate(origin);
  return true;
}

function noteRoute(state: State, prefix: string, before: Route | undefined, now: Route | undefined): void {
  if (!isFollowed(state)) return;
  const [from, to] = [wayText(before), wayText(now)];
  note(state, 'spf', undefined, () => ({
    lines: [`route ${prefix}: ${from} -> ${to}`],
    facts: { event: 'route', prefix, from, to },
  }));
}

/** As `intra 20 via 10.0.0.2 lan0`. */
function wayText(route: Route | undefined): string {
  if (route === undefined) return 'none';
  const { path, cost, metric2, hops } = route;
  const over = hops.map(({ iface, address }) => `${address === NONE ? 'here' : toAddress(address)} ${iface}`);
  return `${path} ${path === 'external-2' ? `${cost}/${metric2}` : cost} via ${over.join(', ') || 'nothing'}`;
}

const DISCARD: Route = { path: 'intra', area: 0, cost: 0, metric2: 0, tag: 0, hops: [], from: 0 };

function isInternal(route: Readonly<Route> | undefined): boolean {
  return route !== undefined && (route.path === 'intra' || route.path === 'inter');
}

function isSameRoute(one: Readonly<Route>, other: Readonly<Route>): boolean {
  return (
    one.path === other.path &&
    one.area === other.area &&
    one.cost === other.cost &&
    one.metric2 === other.metric2 &&
    one.tag === other.tag &&
    one.from === other.from &&
    sameHops(one.hops, other.hops)
  );
}

function* writeBorders(state: State, { borders }: RouteTable, agenda: Outlet): Work {
  let done = 0;
  for (const [router, routes] of borders) {
    writeBorder(state, router, routes, agenda);
    if (++done % SOME === 0) yield;
  }
  for (const [key, { router, area }] of state.borders) {
    if (borders.get(router)?.some((route) => route.area === area) !== true) {
      state.borders.delete(key);
      for (const origin of boundariesOf(state, router)) agenda.originate(origin);
    }
    if (++done % SOME === 0) yield;
  }
}

/** The ways to a router, one for each area. */
function writeBorder(state: State, router: Id, routes: readonly BorderRoute[], agenda: Outlet): void {
  let changed = false;
  for (const route of routes) {
    const key = `${router} ${route.area}`;
    const before = state.borders.get(key);
    if (before !== undefined && isSameBorder(before, route)) continue;
    state.borders.set(key, route);
    changed = true;
  }
  for (const area of state.areas.keys()) {
    if (routes.some((route) => route.area === area)) continue;
    if (state.borders.delete(`${router} ${area}`)) changed = true;
  }
  if (changed) for (const origin of boundariesOf(state, router)) agenda.originate(origin);
}

function isSameRow<Row extends object>(one: Readonly<Row>, other: Readonly<Row>): boolean {
  const keys = Object.keys(other) as (keyof Row)[];
  return keys.length === Object.keys(one).length && keys.every((key) => one[key] === other[key]);
}

/** All that depends on what we are is looked at again, when that is another. */
function* lookAtRole(state: State, agenda: Outlet): Work {
  // None is made now: the first calculation after that looks at them.
  if (isRestarting(state)) return;
  const role = roleText(state);
  if (role === state.routing.role) return;
  let done = 0;
  for (const origin of allOrigins(state)) {
    agenda.originate(origin);
    if (++done % SOME === 0) yield;
  }
  state.routing.role = role;
}

/** Networks that a tree has no room for are told, and told again while it is so. */
function tellLeftOut({ changes }: State, tree: AreaTree | undefined, ctx: Context): void {
  if (tree === undefined) return;
  const area = toAddress(tree.area);
  if (tree.leftOut === 0) {
    noteWell(changes, 'networks', area, ctx.now());
    return;
  }
  const due = lineDue(changes, 'networks', area, ctx.now());
  if (due === undefined) return;
  const text = `area ${area} has more than ${MOST_NETWORKS} networks: ${tree.leftOut} links to others of them have no route here; sum networks up, or make further areas`;
  ctx.log('warn', `${text}${leftOutText(due)}`);
}

function log(
  state: State,
  { result }: Working,
  { since, began, turns, reasons }: NonNullable<Routing['running']>,
  changed: number,
  now: number,
): void {
  const { trees } = result!.input;
  let routers = 0;
  for (const { routers: reached } of trees.values()) routers += reached.size;
  const { log: logged } = state.routing;
  logged.push({ at: since, took: now - began, turns, routers, routes: state.routes.size, changed, reasons });
  if (logged.length > MOST_LOGGED) logged.shift();
  const last = logged.at(-1)!;
  const { took, routes } = last;
  const text = `computed in ${took.toFixed(1)} ms and ${turns} turns: ${routers} routers, ${routes} routes, ${changed} changed (${reasons.join(', ')})`;
  note(state, 'spf', undefined, () => ({ lines: [text], facts: { event: 'computed', ...last } }));
}
