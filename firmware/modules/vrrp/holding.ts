/**
 * The kernel's part of a virtual router: its addresses and its MAC, which IP has for us (../messages/virtual-routers.ts). IP is
 * told of each change at once; what it had no room for is told again.
 *
 * One that leaves has its addresses for as long as others need to take over; so has one of an earlier life, while nobody is known
 * to be Active: whoever is heard ends that.
 */
import type { Context } from 'hitless/runtime';
import { isSame } from '../difference.ts';
import type {
  Takeover,
  VirtualRouterChange,
  VirtualRouterHeld,
  VirtualRouters,
  VirtualRoutersWanted,
} from '../messages/virtual-routers.ts';
import { isRefusing, UNKNOWN_TO_IP } from './acceptance.ts';
import type { VrrpAgenda } from './agenda.ts';
import { virtualMac } from './constants.ts';
import {
  type ChangeReason,
  configOf,
  type GroupConfig,
  keyOf,
  nameOf,
  type State,
  type VirtualRouter,
  type VirtualRouterState,
} from './state.ts';

export const SOURCE = 'vrrp';
const IP = 'IP';
/** Until a message is sent again for which there was no room, or no IP, in ms. */
const FULL_MS = 5;
const UNKNOWN_MS = 1_000;
/** Whoever makes us answer makes us announce no more often than this, in ms. */
const ANNOUNCE_MS = 1_000;

/** Until what another router has taken over is announced, and has arrived, in ms. */
const ANNOUNCED_MS = 100;
/** Why it is Active no more, where priority 0 has told the others so. */
const TOLD: ReadonlySet<ChangeReason> = new Set(['left', 'tracked', 'sync']);

/** Service begins: of an earlier life the kernel may have what nobody has taken over yet. */
export function beginHolding(state: State): void {
  for (const router of state.groups.values()) newlyHeld(router, configOf(state, router));
}

/** The same of one that is configured from now on. */
export function newlyHeld(router: VirtualRouter, config: GroupConfig): VirtualRouter {
  router.holding.linger = takeoverOf(config).silent;
  return router;
}

/** A version that began may have more to say of those that are Active than the one before. */
export function holdAgain(state: State): void {
  for (const { state: role, holding } of state.groups.values()) if (role === 'Active') holding.untold = true;
}

/** It has another role. What the kernel has of it may stay while no other router is known to have taken over. */
export function holdRole(
  state: State,
  router: VirtualRouter,
  before: VirtualRouterState,
  agenda: VrrpAgenda,
): void {
  const { holding, state: now, history } = router;
  const why = history[0]?.reason;
  if (before === 'Active' && why !== undefined && TOLD.has(why)) {
    holding.linger = takeoverOf(configOf(state, router)).told;
    // Should it be Active again before that is over, another may have announced it meanwhile.
    holding.announced++;
  } else if (before !== 'Initialize' || now !== 'Backup') delete holding.linger;
  hold(router, agenda);
}

/** Another router has taken over. */
export function holdNoMore(router: VirtualRouter, agenda: VrrpAgenda): void {
  delete router.holding.linger;
  hold(router, agenda);
}

/** How long others need, whatever their priority: Active_Down_Interval and Skew_Time at most (6.1). */
function takeoverOf({ interval }: GroupConfig): Takeover {
  return { silent: 4 * interval * 10 + ANNOUNCED_MS, told: interval * 10 + ANNOUNCED_MS };
}

/** Its role or its configuration is another. */
export function hold(router: VirtualRouter, agenda: VrrpAgenda): void {
  router.holding.untold = true;
  agenda.tell();
}

/** Its addresses are to be announced once more (8.2.2, 8.3.2). */
export function announce(router: VirtualRouter, agenda: VrrpAgenda, ctx: Context): void {
  const { holding } = router;
  const now = ctx.now();
  const since = now - (holding.announcedAt ?? Number.NEGATIVE_INFINITY);
  // A state from a file may be of another boot, whose clock began elsewhere.
  if (router.state !== 'Active' || (since >= 0 && since < ANNOUNCE_MS)) return;
  holding.announced++;
  holding.announcedAt = now;
  hold(router, agenda);
}

/** The kernel is to have something else of it. */
export function isHeldOtherwise(one: GroupConfig, other: GroupConfig): boolean {
  const { virtualMac, interval, accept, addresses } = one;
  return (
    virtualMac !== other.virtualMac ||
    interval !== other.interval ||
    accept !== other.accept ||
    !isSame(addresses, other.addresses)
  );
}

/** Whoever was here before may have told IP nothing of Accept_Mode. */
export function tellRefusing(state: State, agenda: VrrpAgenda): void {
  for (const router of state.groups.values()) if (isRefusing(state, router)) hold(router, agenda);
}

/** Those of these keys are configured no more. */
export function release(state: State, keys: readonly string[], agenda: VrrpAgenda): void {
  state.telling.removed.push(...keys);
  if (keys.length > 0) agenda.tell();
}

/** Tells IP what it has not heard yet, or all where it wants that. */
export function tell(state: State, ctx: Context): void {
  const { telling, groups } = state;
  const routers = [...groups].filter(([, { holding }]) => telling.wanted || holding.untold);
  const changes: VirtualRouterChange[] = routers.map(([, router]) => changeOf(state, router));
  if (!telling.wanted)
    for (const id of telling.removed) if (!groups.has(id)) changes.push({ id, remove: true });
  if (changes.length === 0 && !telling.wanted && !telling.asked) return;
  if (!send(state, { ...(telling.wanted && { whole: true }), changes }, ctx)) return;
  for (const [, { holding }] of routers) holding.untold = false;
  telling.wanted = false;
  telling.removed = [];
}

/** The module's service ends: the kernel has none of ours. IP is told of all when it is resumed. */
export function releaseAll(state: State, ctx: Context): void {
  send(state, { whole: true, changes: [] }, ctx);
  state.telling.wanted = true;
}

/** IP's event `virtualRoutersWanted`. */
export function takeWanted(
  state: State,
  { has, takesAccept: takes }: VirtualRoutersWanted,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  const { telling } = state;
  const takesAccept = takes === true;
  if (telling.takesAccept !== takesAccept) {
    telling.takesAccept = takesAccept;
    if (takesAccept) tellRefusing(state, agenda);
    else forgetClosed(state, ctx);
  }
  const known = has[SOURCE];
  if (known?.session === telling.session && known.number === telling.number - 1) telling.asked = true;
  else telling.wanted = true;
  agenda.tell();
}

/** An IP that does not know of it has nothing closed. */
function forgetClosed(state: State, ctx: Context): void {
  for (const { holding } of state.groups.values()) delete holding.closed;
  tellUnknown(state, [...state.groups.values()], ctx);
}

/** Says that packets to the addresses of these are taken, where IP knows nothing else. */
export function tellUnknown(state: State, routers: readonly VirtualRouter[], ctx: Context): void {
  if (state.telling.takesAccept !== false) return;
  const names = routers.filter((router) => isRefusing(state, router)).map(nameOf);
  const [first] = names;
  if (first === undefined) return;
  const more = names.length === 1 ? '' : ` and ${names.length - 1} more`;
  ctx.log(
    'warn',
    `${first}${more}: packets to the addresses are taken, though accept is false: ${UNKNOWN_TO_IP}`,
  );
}

/** IP's event `virtualRouterHeld`. @returns whether the device is another */
export function takeHeld(
  state: State,
  { source, id, device, closed, problem, lingers }: VirtualRouterHeld,
  ctx: Context,
): boolean {
  const router = source === SOURCE ? state.groups.get(id) : undefined;
  if (router === undefined) return false;
  const { holding } = router;
  if (problem !== holding.problem) {
    if (problem !== undefined) ctx.log('warn', `${nameOf(router)}: ${problem}`);
    else ctx.log('info', `${nameOf(router)}: the kernel has its addresses as they should be again`);
  }
  const differs = device !== holding.device;
  delete holding.device;
  delete holding.closed;
  delete holding.problem;
  delete holding.lingers;
  if (device !== undefined) holding.device = device;
  if (closed !== undefined) holding.closed = closed;
  if (problem !== undefined) holding.problem = problem;
  if (lingers) holding.lingers = true;
  return differs;
}

function send(state: State, message: Pick<VirtualRouters, 'whole' | 'changes'>, ctx: Context): boolean {
  const { telling } = state;
  const body: VirtualRouters = {
    source: SOURCE,
    session: telling.session,
    number: telling.number,
    saysAccept: true,
    ...message,
  };
  const result = ctx.send(IP, 'virtualRouters', body);
  if (result !== 'queued') {
    ctx.setTimer('tell', '', result === 'full' ? FULL_MS : UNKNOWN_MS);
    return false;
  }
  telling.number++;
  telling.asked = false;
  ctx.cancelTimer('tell', '');
  return true;
}

function changeOf(state: State, router: VirtualRouter): VirtualRouterChange {
  const config = configOf(state, router);
  const { interface: name, family, group, virtualMac: own, addresses } = config;
  const { announced, linger } = router.holding;
  return {
    id: keyOf(router),
    interface: name,
    family,
    group,
    ...(own && { mac: virtualMac(family, group) }),
    addresses,
    ...(router.state === 'Active'
      ? { active: true, takeover: takeoverOf(config) }
      : linger !== undefined && { linger }),
    announced,
    ...(isRefusing(state, router) && { accept: false }),
  };
}
