/**
 * The kernel's part of a virtual router: its addresses and its MAC, which IP has for us (../messages/virtual-routers.ts). IP is
 * told of each change at once; what it had no room for is told again.
 */
import type { Context } from 'hitless/runtime';
import { isSame } from '../difference.ts';
import type {
  VirtualRouterChange,
  VirtualRouterHeld,
  VirtualRouters,
  VirtualRoutersWanted,
} from '../messages/virtual-routers.ts';
import type { VrrpAgenda } from './agenda.ts';
import { virtualMac } from './constants.ts';
import { configOf, type GroupConfig, keyOf, nameOf, type State, type VirtualRouter } from './state.ts';

export const SOURCE = 'vrrp';
const IP = 'IP';
/** Until a message is sent again for which there was no room, or no IP, in ms. */
const FULL_MS = 5;
const UNKNOWN_MS = 1_000;
/** Whoever makes us answer makes us announce no more often than this, in ms. */
const ANNOUNCE_MS = 1_000;

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
  return one.virtualMac !== other.virtualMac || !isSame(one.addresses, other.addresses);
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
export function takeWanted({ telling }: State, { has }: VirtualRoutersWanted, agenda: VrrpAgenda): void {
  const known = has[SOURCE];
  if (known?.session === telling.session && known.number === telling.number - 1) telling.asked = true;
  else telling.wanted = true;
  agenda.tell();
}

/** IP's event `virtualRouterHeld`. @returns whether the device is another */
export function takeHeld(
  state: State,
  { source, id, device, problem }: VirtualRouterHeld,
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
  delete holding.problem;
  if (device !== undefined) holding.device = device;
  if (problem !== undefined) holding.problem = problem;
  return differs;
}

function send(state: State, message: Pick<VirtualRouters, 'whole' | 'changes'>, ctx: Context): boolean {
  const { telling } = state;
  const body: VirtualRouters = {
    source: SOURCE,
    session: telling.session,
    number: telling.number,
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
  const { interface: name, family, group, virtualMac: own, addresses } = configOf(state, router);
  return {
    id: keyOf(router),
    interface: name,
    family,
    group,
    ...(own && { mac: virtualMac(family, group) }),
    addresses,
    ...(router.state === 'Active' && { active: true }),
    announced: router.holding.announced,
  };
}
