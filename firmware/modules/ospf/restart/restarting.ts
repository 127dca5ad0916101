/**
 * A restart of the whole router that neighbours do not notice (RFC 3623 2). `stop` asks them by grace-LSAs, and flushes nothing.
 * The next start has no state. It finds its grace-LSA in neighbours' databases, with the age that says how long it has been
 * away: nothing is kept on a disk, and no clock has to be right. Until it has found it, or a neighbour without it, no LSA of
 * ours is made, those that come back are taken as they are, and IP is told no route.
 *
 * Phases: `looking`, is this start such a restart? `grace`, it is one. `leaving`, LSAs of ours are made again, and routes are
 * computed for IP. `sweeping`, LSAs of ours that nothing has claimed by then are flushed. Timer `grace`, keys '' and `listen`.
 */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import type { OspfAgenda } from '../agenda.ts';
import {
  INITIAL_SEQUENCE,
  LS_NETWORK,
  LS_OPAQUE_LINK,
  LS_ROUTER,
  MAX_AGE,
  MAX_SEQUENCE,
} from '../constants.ts';
import { sendDelayed } from '../lsdb/acknowledgment.ts';
import {
  ageOf,
  areaScope,
  findLsa,
  flush,
  install,
  lsaKey,
  lsasOf,
  scopeOf,
  scopesOf,
} from '../lsdb/lsdb.ts';
import { isUnicast, sendLsas } from '../lsdb/update.ts';
import { optionsOf } from '../origination/maker.ts';
import { originOf } from '../origination/origin.ts';
import { standingOrigins } from '../origination/origins.ts';
import { mayBeMadeYet } from '../origination/returned.ts';
import { decodeGrace, encodeGrace, GRACE_ID, isGrace, SOFTWARE_RESTART } from '../packet/grace.ts';
import { decodeLsa, encodeLsa, type NetworkBody, type RouterBody, type RouterLink } from '../packet/lsa.ts';
import { LINK_STUB, LINK_TRANSIT } from '../packet/lsa-router.ts';
import { areKnownById, isAtLeast, isDesignating, isOwnLsa, isRestarting, isTalking } from '../selectors.ts';
import type { Id, Interface, Lsa, Neighbor, State } from '../state.ts';

/** Nobody is left who could send a grace-LSA again: each leaves so often at once. */
const COPIES = 3;
/** From the end of a restart to the flush of what is left of before: IP has told what it redistributes by then. In ms. */
const SWEEP_MS = 10_000;
/** LSAs between two looks whether others wait. */
const SLICE = 16;

// ——— The end of a process ———

/** 2.1: asks all that are adjacent to go on as if we were there. In the middle of a restart they have been asked already. */
export function askForGrace(state: State, ctx: Context): void {
  if (isRestarting(state)) return;
  const { period } = state.config.gracefulRestart;
  for (const iface of state.interfaces.values()) {
    const adjacent = [...iface.neighbors.values()].filter((neighbor) => neighbor.state === 'Full');
    if (adjacent.length === 0) continue;
    // One that waits for an acknowledgment of ours would take it for a change that we do not know, and not help.
    sendDelayed(state, iface, ctx);
    const grace = makeGrace(state, iface, period, ctx.now());
    for (let copy = 0; copy < COPIES; copy++) {
      if (!isUnicast(iface)) sendLsas(state, iface, 'all', [grace], ctx);
      else for (const { address } of adjacent) sendLsas(state, iface, address, [grace], ctx);
    }
    ctx.log(
      'info',
      `${iface.key}: neighbours are asked to wait ${period / 1_000} s for a restart (RFC 3623)`,
    );
  }
}

function makeGrace(state: State, iface: Interface, period: number, now: number): Lsa {
  const data = encodeGrace({
    period: Math.ceil(period / 1_000),
    reason: SOFTWARE_RESTART,
    address: areKnownById(iface) ? undefined : iface.address,
  });
  const before = findLsa(state, graceKey(state, iface));
  const header = {
    age: 0,
    options: optionsOf(state, iface.area),
    type: LS_OPAQUE_LINK,
    id: GRACE_ID,
    router: state.routerId,
    sequence: sequenceAfter(before),
  };
  const bytes = encodeLsa(header, { kind: 'opaque', data });
  return install(state, scopeOf(LS_OPAQUE_LINK, iface), bytes, now).lsa;
}

/**
 * As many above the first number as seconds have passed since 1970. Neighbours may have the end of the one of before for longer
 * than we have, FRR for a minute, and take only what is newer; nobody will be here to make it anew with a higher number (13.4).
 */
function sequenceAfter(before: Lsa | undefined): number {
  const byClock = INITIAL_SEQUENCE + Math.floor(Date.now() / 1_000);
  return Math.min(before === undefined ? byClock : Math.max(byClock, before.sequence + 1), MAX_SEQUENCE);
}

function graceKey({ routerId }: State, iface: Interface): string {
  return lsaKey(scopeOf(LS_OPAQUE_LINK, iface), LS_OPAQUE_LINK, GRACE_ID, routerId);
}

// ——— The next start ———

/** At a cold start. Without a neighbour for the longest RouterDeadInterval there is nobody who waits for us. */
export function beginLooking(state: State, ctx: Context): void {
  const { period } = state.config.gracefulRestart;
  const longest = Math.max(0, ...Object.values(state.config.interfaces).map((each) => each.deadInterval));
  const now = ctx.now();
  state.restarting = { phase: 'looking', until: now + period, listenUntil: now + longest };
  ctx.setTimer('grace', 'listen', longest);
  ctx.setTimer('grace', '', period);
}

/** An LSA is another than before, or a neighbour is Full. Agenda item `restart`. */
export function lookAgain(state: State, key: string | undefined, agenda: OspfAgenda, ctx: Context): void {
  if (!isRestarting(state)) return;
  const lsa = key === undefined ? undefined : findLsa(state, key);
  if (lsa !== undefined && isGrace(lsa)) graceCameBack(state, lsa, ctx);
  else if (lsa === undefined || lsa.type === LS_ROUTER || lsa.type === LS_NETWORK) look(state, agenda, ctx);
}

function graceCameBack(state: State, lsa: Lsa, ctx: Context): void {
  const { restarting } = state;
  const body = decodeLsa(lsa.bytes);
  const grace = 'data' in body ? decodeGrace(body.data) : undefined;
  if (lsa.router !== state.routerId || restarting?.phase !== 'looking' || grace === undefined) return;
  const now = ctx.now();
  // No longer than we ask for, whoever has made it.
  const most = Math.ceil(state.config.gracefulRestart.period / 1_000);
  const left = Math.min(grace.period, most) - ageOf(lsa, now);
  if (left <= 0) return;
  state.restarting = { ...restarting, phase: 'grace', until: now + left * 1_000 };
  ctx.setTimer('grace', '', left * 1_000);
  ctx.log('info', `a graceful restart (RFC 3623): neighbours wait for us, ${left} s more`);
}

/** Expiry of the timer `grace` with a key of ours. */
export function* timeIsOver(state: State, key: string, agenda: OspfAgenda, ctx: Context): Generator<'slice'> {
  if (state.restarting?.phase === 'sweeping') {
    yield* sweep(state, agenda, ctx);
    return;
  }
  if (!isRestarting(state)) return;
  if (key === '') endRestart(state, 'its time is over', agenda, ctx);
  else if (state.restarting?.phase === 'looking' && ![...state.areas.keys()].some((id) => isHeard(state, id)))
    endRestart(state, 'there is no neighbour', agenda, ctx);
  else look(state, agenda, ctx);
}

/** 2.2: whether it has come to its end. Nothing is known of an area before the first of its neighbours is Full. */
function look(state: State, agenda: OspfAgenda, ctx: Context): void {
  const full = fullOf(state);
  if (full.length === 0) return;
  if (state.restarting?.phase === 'looking') {
    const without = full.find(([iface, neighbor]) => wasAdjacent(state, iface, neighbor));
    if (without !== undefined) endRestart(state, 'no neighbour waits for us', agenda, ctx);
    return;
  }
  let isAwaited = false;
  for (const area of state.areas.keys()) {
    const own = routerLsaOf(state, area, state.routerId);
    if (own === undefined) {
      // (2), its special case
      if (full.some(([iface]) => iface.area === area)) {
        endRestart(state, 'a neighbour has no router-LSA of ours', agenda, ctx);
        return;
      }
      isAwaited ||= isHeard(state, area) || isListening(state, area, ctx.now());
      continue;
    }
    for (const link of own.links) {
      const standing = standingOf(state, area, link);
      if (standing === 'denied') {
        endRestart(state, `the router at the link ${toAddress(link.id)} did not wait for us`, agenda, ctx);
        return;
      }
      isAwaited ||= standing === 'awaited';
    }
  }
  if (!isAwaited) endRestart(state, undefined, agenda, ctx);
}

/** Whether our router-LSA of before has the adjacency; also where there is none: then nothing of before is left. */
function wasAdjacent(state: State, iface: Interface, { routerId }: Neighbor): boolean {
  const own = routerLsaOf(state, iface.area, state.routerId);
  if (own === undefined) return true;
  return own.links.some(({ type, id, data }) =>
    type === LINK_TRANSIT ? data === iface.address : type !== LINK_STUB && id === routerId,
  );
}

type Standing = 'full' | 'awaited' | 'denied';

/** An adjacency of before (2.2 (1)), and whether the other end says that it is none (2.2 (2)). */
function standingOf(state: State, area: Id, link: RouterLink): Standing {
  if (link.type === LINK_STUB) return 'full';
  if (link.type !== LINK_TRANSIT) {
    const other = routerLsaOf(state, area, link.id);
    if (other !== undefined && !hasLink(other, link.type, state.routerId)) return 'denied';
    return isFull(state, area, link.id) ? 'full' : 'awaited';
  }
  const iface = [...state.interfaces.values()].find(
    (each) => each.area === area && isDesignating(each) && each.address === link.data,
  );
  if (iface === undefined) return 'denied';
  return link.id === link.data ? standingOfNetwork(state, iface) : standingTo(state, iface, link.id);
}

/** On a network whose designated router we were: to all that are attached. */
function standingOfNetwork(state: State, iface: Interface): Standing {
  const network = networkLsaOf(state, iface.area, iface.address, state.routerId);
  const isKnown = [...iface.neighbors.values()].some((neighbor) => neighbor.state === 'Full');
  if (network === undefined) return isKnown ? 'denied' : 'awaited';
  let standing: Standing = 'full';
  for (const router of network.routers) {
    if (router === state.routerId) continue;
    const other = routerLsaOf(state, iface.area, router);
    if (other !== undefined && !hasLink(other, LINK_TRANSIT, iface.address)) return 'denied';
    if (!isFull(state, iface.area, router)) standing = 'awaited';
  }
  return standing;
}

/** On another's network: to its designated router. */
function standingTo(state: State, iface: Interface, dr: Id): Standing {
  const neighbor = [...iface.neighbors.values()].find(({ address }) => address === dr);
  if (neighbor === undefined) return 'awaited';
  const network = networkLsaOf(state, iface.area, dr, neighbor.routerId);
  const other = routerLsaOf(state, iface.area, neighbor.routerId);
  if (network?.routers.includes(state.routerId) === false) return 'denied';
  if (other !== undefined && !hasLink(other, LINK_TRANSIT, dr)) return 'denied';
  if (neighbor.state !== 'Full') return 'awaited';
  return network === undefined ? 'denied' : 'full';
}

function routerLsaOf(state: State, area: Id, router: Id): RouterBody | undefined {
  const body = bodyOf(state, lsaKey(areaScope(area), LS_ROUTER, router, router));
  return body?.kind === 'router' ? body : undefined;
}

function networkLsaOf(state: State, area: Id, address: Id, router: Id): NetworkBody | undefined {
  const body = bodyOf(state, lsaKey(areaScope(area), LS_NETWORK, address, router));
  return body?.kind === 'network' ? body : undefined;
}

function bodyOf(state: State, key: string) {
  const lsa = findLsa(state, key);
  if (lsa === undefined || lsa.age >= MAX_AGE) return undefined;
  const body = decodeLsa(lsa.bytes);
  return 'error' in body ? undefined : body;
}

function hasLink({ links }: RouterBody, type: RouterLink['type'], id: Id): boolean {
  return links.some((link) => link.type === type && link.id === id);
}

function fullOf({ interfaces }: State): [Interface, Neighbor][] {
  return [...interfaces.values()].flatMap((iface) =>
    [...iface.neighbors.values()].flatMap((neighbor): [Interface, Neighbor][] =>
      neighbor.state === 'Full' ? [[iface, neighbor]] : [],
    ),
  );
}

function isFull(state: State, area: Id, router: Id): boolean {
  return fullOf(state).some(([iface, { routerId }]) => iface.area === area && routerId === router);
}

/** Somebody of the area has said a Hello. */
function isHeard({ interfaces }: State, area: Id): boolean {
  for (const iface of interfaces.values())
    if (iface.area === area)
      for (const neighbor of iface.neighbors.values()) if (isAtLeast(neighbor, 'Init')) return true;
  return false;
}

/** Somebody of the area may still say one. */
function isListening(state: State, area: Id, now: number): boolean {
  if (now >= (state.restarting?.listenUntil ?? 0)) return false;
  return [...state.interfaces.values()].some((iface) => iface.area === area && isTalking(state, iface));
}

// ——— Its end (2.3) ———

/** The service ends in the middle of it, and not for a restart: nobody is waited for when it begins again. */
export function abandonRestart(state: State, ctx: Context): void {
  for (const key of ['', 'listen']) ctx.cancelTimer('grace', key);
  delete state.restarting;
}

/** Reverts to normal operation. @param why it is no graceful one; undefined where all adjacencies are there again */
export function endRestart(state: State, why: string | undefined, agenda: OspfAgenda, ctx: Context): void {
  if (!isRestarting(state)) return;
  const { phase, listenUntil } = state.restarting!;
  abandonRestart(state, ctx);
  state.restarting = { phase: 'leaving', until: ctx.now() + SWEEP_MS, listenUntil };
  if (phase === 'looking') {
    ctx.log('info', `an ordinary start, no graceful restart (RFC 3623): ${why}`);
    agenda.stub();
  } else if (why === undefined)
    ctx.log('info', 'the graceful restart is over: all adjacencies are there again');
  else ctx.log('warn', `the graceful restart has ended early: ${why}`);
  // (1) to (3). All others follow from the calculation, which looks at each of ours when it is the first.
  for (const origin of standingOrigins(state)) agenda.originate(origin);
  agenda.routing({ of: 'all' });
}

/** Whether routes have been computed since its end: IP may be told of them. */
export function mayLeave({ restarting, routing, leaves }: State): boolean {
  if (restarting?.phase !== 'leaving') return false;
  return routing.due === undefined && routing.running === undefined && leaves.size === 0;
}

/** (6). IP is told of routes from now on; routes that it found in the kernel it removes when its time for that has come (4). */
export function leave(state: State, agenda: OspfAgenda, ctx: Context): void {
  const now = ctx.now();
  state.restarting = { ...state.restarting!, phase: 'sweeping', until: now + SWEEP_MS };
  ctx.setTimer('grace', '', SWEEP_MS);
  for (const iface of state.interfaces.values()) {
    const grace = findLsa(state, graceKey(state, iface));
    if (grace !== undefined && grace.age < MAX_AGE) flush(state, grace, now, agenda);
  }
}

/** (5), when nothing of this life makes them any more. */
function* sweep(state: State, agenda: OspfAgenda, ctx: Context): Generator<'slice'> {
  let isWaiting = false;
  let looked = 0;
  for (const scope of scopesOf(state))
    for (const lsa of lsasOf(state, scope)) {
      if (++looked % SLICE === 0) yield 'slice';
      if (!isLeftOver(state, lsa)) continue;
      if (mayBeMadeYet(state, lsa, ctx.now())) isWaiting = true;
      else flush(state, lsa, ctx.now(), agenda);
    }
  if (isWaiting) ctx.setTimer('grace', '', SWEEP_MS);
  else delete state.restarting;
}

function isLeftOver(state: State, lsa: Lsa): boolean {
  if (lsa.age >= MAX_AGE || !isOwnLsa(state, lsa)) return false;
  return originOf(state, lsaKey(lsa.scope, lsa.type, lsa.id, lsa.router)) === undefined;
}
