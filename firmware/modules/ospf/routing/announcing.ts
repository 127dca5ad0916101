/**
 * Routes for IP (../../messages/routes.ts): what differs, or the whole set where IP wants it. A message that IP has no room
 * for is sent again; its number is not used up.
 */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import {
  MOST_MESSAGE_HOPS,
  MOST_ROUTE_CHANGES,
  type RouteChange,
  type RouteHop,
  type Routes,
  type RoutesWanted,
} from '../../messages/routes.ts';
import type { Config } from '../config-record.ts';
import { NONE } from '../constants.ts';
import type { Hop, Route, State } from '../state.ts';
import type { Working } from './working.ts';

export const SOURCE = 'ospf';
const IP = 'IP';
/** Until a message is sent again for which there was no room, or no IP, in ms. */
const FULL_MS = 20;
const UNKNOWN_MS = 1_000;
/** A route that drops packets is the last choice. */
const DISCARD_DISTANCE = 254;
/** A route with it is never used. */
const NEVER = 255;
/** Routes that are looked at for one message: many may be of our own networks, which IP knows. */
const MOST_LOOKED_AT = 512;

/** Members that differ from one message to the next. */
type Part = Pick<Routes, 'whole' | 'filter' | 'changes'>;

/** The route to a prefix is another. */
export function announceLater(state: State, prefix: string): void {
  if (!state.unannounced.has(prefix)) state.unannounced.set(prefix, true);
}

/** Distances are others, or filters: all is told anew. @param config from then on */
export function announceAll({ routing }: State, { distributeList }: Config, ctx: Context): void {
  routing.wanted = true;
  if (distributeList !== undefined && routing.filters === false) tellUnfiltered(ctx);
}

/** IP's event `routesWanted`. */
export function takeRoutesWanted(
  state: State,
  { source, filters, has }: RoutesWanted,
  working: Working,
  ctx: Context,
): void {
  const { routing } = state;
  if (source !== undefined && source !== SOURCE) return;
  if (source === undefined && noteFilters(state, filters === true, ctx)) {
    routing.wanted = true;
    delete working.whole;
    return;
  }
  if (source === undefined && has[SOURCE]?.session === routing.session) {
    routing.asked = true;
    return;
  }
  routing.wanted = true;
  delete working.whole;
}

/** @returns whether IP has filters from now on, and ours is to be told */
function noteFilters({ config, routing }: State, filters: boolean, ctx: Context): boolean {
  const before = routing.filters;
  routing.filters = filters;
  if (config.distributeList === undefined || before === filters) return false;
  if (!filters) tellUnfiltered(ctx);
  return before === false;
}

function tellUnfiltered(ctx: Context): void {
  ctx.log(
    'warn',
    'ospf.distribute-list: the IP module that runs has no such filter, so all routes are used; replace it by 3.2.0 or newer',
  );
}

/** Whether there is something to tell, now or at `retryAt`. */
export function isAnnouncing({ routing, unannounced, restarting }: State): boolean {
  // RFC 3623 2: what the kernel has from before stays, until routes have been computed at its end.
  if (restarting !== undefined && restarting.phase !== 'sweeping') return false;
  return routing.wanted || routing.asked || unannounced.size > 0;
}

export function hasToAnnounce(state: State, now: number): boolean {
  return now >= state.routing.retryAt && isAnnouncing(state);
}

/** Sends a message. @returns whether one was sent */
export function announceSome(state: State, working: Working, ctx: Context): boolean {
  if (!hasToAnnounce(state, ctx.now())) return false;
  return state.routing.wanted ? tellWhole(state, working, ctx) : tellChanges(state, ctx);
}

/** The module's service ends: IP has no routes of ours, and is told all of them when it is resumed. */
export function withdrawAll(state: State, ctx: Context): void {
  state.routing.wanted = true;
  send(state, { whole: 'all', changes: [] }, ctx);
}

function tellWhole(state: State, working: Working, ctx: Context): boolean {
  if (working.whole === undefined) {
    // Whatever differs from here on is told as well, wherever the set has come to.
    state.unannounced.clear();
    working.whole = { rest: state.routes.keys(), begun: false };
  }
  const { whole } = working;
  whole.message ??= nextOfWhole(state, whole);
  if (!send(state, whole.message, ctx)) return false;
  whole.begun = true;
  const { whole: part } = whole.message;
  delete whole.message;
  if (part === 'end' || part === 'all') {
    state.routing.wanted = false;
    delete working.whole;
  }
  return true;
}

function nextOfWhole(state: State, whole: NonNullable<Working['whole']>): Part {
  const { rest, begun } = whole;
  const changes: RouteChange[] = [];
  let room = MOST_MESSAGE_HOPS;
  let isEnd = false;
  for (let looked = 0; looked < MOST_LOOKED_AT && changes.length < MOST_ROUTE_CHANGES; looked++) {
    const prefix = whole.held ?? rest.next().value;
    delete whole.held;
    if (prefix === undefined) {
      isEnd = true;
      break;
    }
    const change = changeOf(state, prefix);
    room -= change.hops?.length ?? 0;
    if (room < 0) {
      whole.held = prefix;
      break;
    }
    if (change.remove !== true) changes.push(change);
  }
  if (begun) return { whole: isEnd ? 'end' : 'more', changes };
  const { distributeList: filter } = state.config;
  return { whole: isEnd ? 'all' : 'begin', ...(filter !== undefined && { filter }), changes };
}

function tellChanges(state: State, ctx: Context): boolean {
  const changes: RouteChange[] = [];
  let room = MOST_MESSAGE_HOPS;
  for (const prefix of state.unannounced.keys()) {
    if (changes.length === MOST_ROUTE_CHANGES) break;
    const change = changeOf(state, prefix);
    room -= change.hops?.length ?? 0;
    if (room < 0) break;
    changes.push(change);
  }
  if (!send(state, { changes }, ctx)) return false;
  for (const { prefix } of changes) state.unannounced.delete(prefix);
  return true;
}

function send(state: State, message: Part, ctx: Context): boolean {
  const { routing } = state;
  const body: Routes = { source: SOURCE, session: routing.session, number: routing.number, ...message };
  const result = ctx.send(IP, 'routes', body);
  if (result === 'queued') {
    routing.number++;
    routing.asked = false;
    routing.retryAt = 0;
    return true;
  }
  routing.retryAt = ctx.now() + (result === 'full' ? FULL_MS : UNKNOWN_MS);
  return false;
}

/** A network that is ours IP knows itself. */
function changeOf(state: State, prefix: string): RouteChange {
  const route = state.routes.get(prefix);
  if (route === undefined || route.hops.some(({ address }) => address === NONE))
    return { prefix, remove: true };
  if (route.hops.length === 0) return { prefix, type: 'blackhole', distance: DISCARD_DISTANCE };
  const hops = route.hops.flatMap((hop) => hopOf(state, hop) ?? []);
  if (hops.length === 0) return { prefix, remove: true };
  const distance = distanceOf(state, route);
  if (distance === NEVER) return { prefix, remove: true };
  const metric = route.path === 'external-2' ? route.metric2 : route.cost;
  return { prefix, distance, metric, ...(route.tag !== 0 && { tag: route.tag }), hops };
}

function distanceOf({ config: { distance } }: State, { path }: Readonly<Route>): number {
  if (path === 'intra') return distance.intra;
  return path === 'inter' ? distance.inter : distance.external;
}

/** Undefined where the interface is gone meanwhile. */
function hopOf({ interfaces }: State, { iface, address }: Hop): RouteHop | undefined {
  const over = interfaces.get(iface);
  if (over === undefined) return undefined;
  const hop = { gateway: toAddress(address), interface: over.link };
  return over.subnet === undefined || over.subnet.peer !== undefined ? { ...hop, onLink: true } : hop;
}
