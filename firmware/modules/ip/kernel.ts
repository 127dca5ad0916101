/** Data of the port `kernel`: lists and changes of the kernel's tables, and the answers to requests. */
import type { Context } from 'hitless/runtime';
import type { KernelIn, KernelRow } from '../../../drivers/kernel-tables.ts';
import type { Neighbor } from '../../../drivers/netlink/neighbor.ts';
import type { Netconf } from '../../../drivers/netlink/netconf.ts';
import type { Route } from '../../../drivers/netlink/route.ts';
import type { IpAgenda } from './agenda.ts';
import { forwards6 } from './nd/advertising.ts';
import { acknowledge, askForList, forgetRequest, isOverdue, takeRequests } from './request.ts';
import {
  forgetLinkRoute,
  goneAddress,
  goneLink,
  goneLinkRoute,
  isLinkRoute,
  toldAddress,
  toldLink,
  toldLinkRoute,
} from './rib/connected.ts';
import { answered, goneOwn, lostOwn, toldOwn, unanswered } from './rib/fib.ts';
import {
  concernsUs,
  forgetForeign,
  goneForeign,
  isInPlaceOfOurs,
  isOwn,
  keyOf,
  toldForeign,
} from './rib/foreign.ts';
import { PREFIX_BUCKETS, walk } from './rib/rib.ts';
import { type SeenKind, saw, unsee, unseen } from './rib/seen.ts';
import { offerStatic } from './rib/static-route.ts';
import { listed } from './rib/sweep.ts';
import { ALL_INTERFACES, addressKey, neighborKey, type State } from './state.ts';

/** The port has so many data under way; one that is farther ahead is none that was lost on the way. */
const MOST_AHEAD = 8;
/** The port sends again what is not acknowledged for 1 s: a gap that lasts longer was acknowledged by another state. */
const LONGEST_GAP_MS = 3_000;
export const MOST_NEIGHBORS = 16_384;

/** Opens the port, or goes on with it. A program that is older than this version has no addresses closed, and refuses each. */
export function openKernel(ctx: Context): void {
  try {
    ctx.openPort('kernel', '', { neighbors: true, closed: true });
  } catch {
    ctx.openPort('kernel', '', { neighbors: true });
  }
}

/** Takes a datum, when it is the next one: what is lost comes again, and what was handled is passed over. */
export function receiveKernel(state: State, datum: KernelIn, agenda: IpAgenda, ctx: Context): void {
  if (datum.session !== state.kernel.session) beginSession(state, datum, ctx);
  if (!isNext(state, datum, ctx)) return;
  delete state.kernel.gapSince;
  if (datum.of === 'rows') for (const row of datum.rows) told(state, row, agenda, ctx);
  else if (datum.of === 'list') list(state, datum.at, datum.leftOut ?? 0, ctx);
  else done(state, datum, agenda, ctx);
  // Not before: when something fails here, the datum comes again.
  state.kernel.number = datum.number;
  acknowledge(datum.number, ctx);
}

/** Forgets some rows that the last list did not have. @returns how much was looked at */
export function forgetUnseen(state: State, most: number, agenda: IpAgenda, ctx: Context): number {
  let forgotten = 0;
  for (const [kind, key] of unseen(state)) {
    if (forgotten === most) return most;
    forgotten++;
    FORGET[kind](state, key, agenda, ctx);
  }
  const { kernel } = state;
  const { next, done } = walk(state, kernel.bucket, most, (key, row) => {
    forgetForeign(state, key, row, ctx);
    if (row.fib !== undefined && row.seen < kernel.whole) lostOwn(state, key, false, ctx);
  });
  kernel.bucket = next;
  if (next < PREFIX_BUCKETS) return forgotten + done;
  kernel.forgetting = false;
  agenda.listed();
  return forgotten + done;
}

const FORGET: Readonly<
  Record<SeenKind, (state: State, key: string, agenda: IpAgenda, ctx: Context) => void>
> = {
  link: (state, key, agenda, ctx) => goneLink(state, Number(key), agenda, ctx),
  address: goneAddress,
  neighbor: forgetNeighbor,
  linkRoute: (state, key, _agenda, ctx) => forgetLinkRoute(state, key, ctx),
};

/** Requests that should have been answered long ago were never sent: a list tells what there is. */
export function lookForOverdue(state: State, ctx: Context): void {
  if (!isOverdue(state, ctx.now())) return;
  loseRequests(state, ctx);
  askForList(ctx);
}

/** Settings miss theirs by the list. */
function loseRequests(state: State, ctx: Context): void {
  for (const { by, keys } of takeRequests(state)) if (by === 'fib') unanswered(state, keys, ctx);
}

/** The port was opened anew, or for the first time: requests of the session before are lost, and all is listed. */
function beginSession(state: State, { session, number }: KernelIn, ctx: Context): void {
  const { kernel } = state;
  loseRequests(state, ctx);
  if (kernel.lists === 0) offerStatic(state);
  Object.assign(kernel, { session, number: number - 1, listed: false });
  // This state is new, and the session is not: it knows nothing of what was told.
  if (number !== 1) missData(state, ctx);
}

/** Data were told that this state will never see: answers, and rows of a list perhaps. */
function missData(state: State, ctx: Context): void {
  loseRequests(state, ctx);
  state.kernel.torn = true;
  askForList(ctx);
}

function isNext(state: State, { number }: KernelIn, ctx: Context): boolean {
  const { kernel } = state;
  if (number <= kernel.number) {
    acknowledge(kernel.number, ctx);
    return false;
  }
  if (number === kernel.number + 1) return true;
  const now = ctx.now();
  kernel.gapSince ??= now;
  const { gapSince } = kernel;
  if (number <= kernel.number + MOST_AHEAD && now >= gapSince && now - gapSince < LONGEST_GAP_MS)
    return false;
  missData(state, ctx);
  return true;
}

function list(state: State, at: 'begin' | 'end', leftOut: number, ctx: Context): void {
  const { kernel } = state;
  if (at === 'begin') {
    kernel.lists += 1;
    delete kernel.torn;
    return;
  }
  if (kernel.torn) return;
  kernel.whole = kernel.lists;
  kernel.listed = true;
  kernel.forgetting = true;
  kernel.bucket = 0;
  if (leftOut > 0 && kernel.leftOut === 0)
    ctx.log('warn', `${leftOut} routes of other programs are left out: there are too many`);
  kernel.leftOut = leftOut;
  listed(state, ctx);
}

function told(state: State, told: KernelRow, agenda: IpAgenda, ctx: Context): void {
  const isGone = told.gone === true;
  switch (told.kind) {
    case 'link':
      if (isGone) goneLink(state, told.row.index, agenda, ctx);
      else toldLink(state, told.row, agenda, ctx);
      break;
    case 'address':
      if (isGone) goneAddress(state, addressKey(told.row), agenda, ctx);
      else toldAddress(state, told.row, agenda, ctx);
      break;
    case 'netconf':
      toldNetconf(state, told.row, isGone, agenda);
      break;
    case 'neighbor':
      if (isGone) forgetNeighbor(state, neighborKey(told.row));
      else toldNeighbor(state, told.row);
      break;
    case 'route':
      toldRoute(state, told.row, isGone, ctx);
  }
}

function toldNetconf(
  state: State,
  { family, index, forwarding }: Netconf,
  isGone: boolean,
  agenda: IpAgenda,
): void {
  // The host says of IPv4, with the link.
  if (family !== 6) return;
  forwards6(state, index, isGone ? undefined : forwarding);
  const concerned = index === ALL_INTERFACES ? [...state.interfaces.keys()] : [];
  for (const each of [index, ...concerned.flatMap((name) => state.names.get(name) ?? [])]) {
    const link = state.links.get(each)?.link;
    if (link !== undefined) agenda.linkChanged(each, link.name);
  }
}

function toldRoute(state: State, route: Route, isGone: boolean, ctx: Context): void {
  const key = keyOf(route);
  if (isOwn(route)) {
    if (isGone) goneOwn(state, key, route, ctx);
    else toldOwn(state, key, route, ctx);
    return;
  }
  if (!concernsUs(state, route)) return;
  if (isGone) {
    if (isLinkRoute(route)) goneLinkRoute(state, key, route, ctx);
    else goneForeign(state, route, ctx);
    return;
  }
  if (isLinkRoute(route)) toldLinkRoute(state, key, route, ctx);
  else toldForeign(state, route, ctx);
  if (isInPlaceOfOurs(route)) lostOwn(state, key, true, ctx);
}

function toldNeighbor(state: State, neighbor: Neighbor): void {
  const key = neighborKey(neighbor);
  if (!state.neighbors.has(key) && state.neighbors.size >= MOST_NEIGHBORS) return;
  state.neighbors.set(key, neighbor);
  saw(state, 'neighbor', key);
}

function forgetNeighbor(state: State, key: string): void {
  state.neighbors.delete(key);
  unsee(state, 'neighbor', key);
}

function done(
  state: State,
  { request, refusals, was = [] }: Extract<KernelIn, { of: 'done' }>,
  agenda: IpAgenda,
  ctx: Context,
): void {
  const asked = state.requests.get(request);
  if (asked === undefined) return;
  if (asked.by === 'fib') answered(state, request, asked.keys, refusals, ctx);
  else agenda.settingsAnswered(request, refusals, was);
  forgetRequest(state, request);
}
