/** A virtual router and its state machine (RFC 9568 6). */
import type { Context } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { toNumber } from '../address.ts';
import { type Broadcast, isDue } from '../broadcast.ts';
import { count } from '../counter.ts';
import { type Advertisement, encode, VRRP_GROUP } from './packet.ts';
import { type GroupConfig, groupKey, type State } from './state.ts';
import { CHANGE_REASONS, type ChangeReason, type Statistics } from './statistics.ts';

export type VirtualRouterState = 'Initialize' | 'Backup' | 'Active';

export interface VirtualRouter {
  interface: string;
  group: number;
  state: VirtualRouterState;
  /** Active_Adver_Interval in centiseconds: the Active Router's, learned from its advertisements. */
  activeAdverInterval: number;
  /** Address of the Active Router; empty when unknown. */
  active: string;
  /** Why we shall become Active if the Active_Down_Timer fires: what was heard last of the Active Router. */
  ifSilent: 'noResponse' | 'resigned' | 'preempted';
  statistics: Statistics;
}

/** A virtual router as the answer to the request `virtualRouters`, version 1, shows it. */
export interface VirtualRouterView {
  interface: string;
  group: number;
  state: VirtualRouterState;
  priority: number;
  active: string;
}

/** Priority of the router that owns the virtual addresses (5.2.4). */
export const OWNER = 255;

/** A virtual router with its configuration and our primary address on its interface: what its events work on. */
export interface Running {
  router: VirtualRouter;
  config: GroupConfig;
  own: string;
}

/** The virtual router of this key, if it is configured and its interface is up and has an address. */
export function running(state: State, key: string): Running | undefined {
  const router = state.groups.get(key);
  const config = state.config.groups.find((group) => groupKey(group.interface, group.group) === key);
  const link = config === undefined ? undefined : state.links.get(config.interface);
  const own = link?.up ? link.addresses[0]?.address : undefined;
  return router === undefined || config === undefined || own === undefined
    ? undefined
    : { router, config, own };
}

/** 6.4.1: the interface came up, or got its address. */
export function startup(ctx: Context, run: Running): void {
  const { router, config } = run;
  if (config.priority === OWNER) {
    becomeActive(ctx, run, 'owner');
  } else {
    router.activeAdverInterval = config.interval;
    router.ifSilent = 'noResponse';
    armActiveDown(ctx, run, activeDownInterval(run));
    change(ctx, router, 'Backup', 'startup');
  }
}

/** Shutdown (6.4.2, 6.4.3): the interface is no use any more, so a last advertisement of priority 0 cannot leave. */
export function shutdown(ctx: Context, router: VirtualRouter): void {
  if (router.state === 'Initialize') return;
  ctx.cancelTimer('activeDown', groupKey(router.interface, router.group));
  router.active = '';
  change(ctx, router, 'Initialize', 'shutdown');
}

/** 6.4.2: the Active_Down_Timer fired. */
export function activeDown(ctx: Context, run: Running): void {
  if (run.router.state === 'Backup') becomeActive(ctx, run, run.router.ifSilent);
}

/** 6.4.2 and 6.4.3: an advertisement that passed all checks. `from` is the sender's primary address. */
export function advertisementReceived(ctx: Context, run: Running, adv: Advertisement, from: string): void {
  if (adv.priority === 0) run.router.statistics.resignations++;
  if (run.router.state === 'Backup') receivedAsBackup(ctx, run, adv, from);
  else if (run.router.state === 'Active') receivedAsActive(ctx, run, adv, from);
}

/** 6.4.2 */
function receivedAsBackup(ctx: Context, run: Running, adv: Advertisement, from: string): void {
  const { router, config } = run;
  if (adv.priority === 0) {
    router.active = '';
    router.ifSilent = 'resigned';
    armActiveDown(ctx, run, skewTime(run));
    return;
  }
  router.active = from;
  if (config.preempt && adv.priority < config.priority) {
    router.ifSilent = 'preempted';
    return;
  }
  router.activeAdverInterval = adv.interval;
  router.ifSilent = 'noResponse';
  armActiveDown(ctx, run, activeDownInterval(run));
}

/** 6.4.3 */
function receivedAsActive(ctx: Context, run: Running, adv: Advertisement, from: string): void {
  const { router, config, own } = run;
  const yields =
    adv.priority > config.priority || (adv.priority === config.priority && toNumber(from) > toNumber(own));
  if (adv.priority === 0 || !yields) {
    // Asserts that we are Active, to the sender and to bridges that learned its port.
    sendAdvertisement(ctx, run);
    return;
  }
  router.activeAdverInterval = adv.interval;
  router.active = from;
  router.ifSilent = 'noResponse';
  armActiveDown(ctx, run, activeDownInterval(run));
  change(ctx, router, 'Backup', adv.priority > config.priority ? 'priority' : 'address');
}

/** Sends an advertisement for each virtual router that is Active and whose interval ends with this tick. */
export function advertiseOnTick(ctx: Context, state: State, broadcast: Broadcast): void {
  for (const [key, router] of state.groups) {
    if (router.state !== 'Active') continue;
    const run = running(state, key);
    if (run !== undefined && isDue(broadcast, run.config.interval * 10)) sendAdvertisement(ctx, run);
  }
}

function becomeActive(ctx: Context, run: Running, why: ChangeReason): void {
  run.router.active = run.own;
  run.router.statistics.becameActive++;
  change(ctx, run.router, 'Active', why);
  sendAdvertisement(ctx, run);
}

function sendAdvertisement(ctx: Context, { router: { statistics }, config, own }: Running): void {
  const payload = encode(config, own, VRRP_GROUP);
  const packet: RawIpOut = { to: VRRP_GROUP, payload };
  if (ctx.transmit('vrrp', config.interface, packet) === 'sent') {
    count(statistics.counters, 'sent');
    statistics.unsent = 0;
  } else {
    count(statistics.counters, 'notSent');
    statistics.unsent++;
  }
}

function change(ctx: Context, router: VirtualRouter, next: VirtualRouterState, reason: ChangeReason): void {
  const { interface: name, group, state } = router;
  ctx.log('info', `virtual router ${group} on ${name}: ${state} -> ${next} (${CHANGE_REASONS[reason]})`);
  router.state = next;
  router.statistics.lastChange = { reason, at: ctx.now() };
  router.statistics.unsent = 0;
}

/** Advertisements in a row that may stay unsent: after three intervals the others elect a new Active Router (6.1). */
const MOST_UNSENT = 3;

/** The first virtual router that is Active for us alone, since its advertisements do not leave. */
export function unheard(state: State): VirtualRouter | undefined {
  return [...state.groups.values()].find(
    (router) => router.state === 'Active' && router.statistics.unsent >= MOST_UNSENT,
  );
}

/** 6.1, in ms */
function skewTime({ router, config }: Running): number {
  return ((256 - config.priority) * router.activeAdverInterval * 10) / 256;
}

/** 6.1, in ms */
function activeDownInterval(run: Running): number {
  return 3 * run.router.activeAdverInterval * 10 + skewTime(run);
}

function armActiveDown(ctx: Context, { router }: Running, after: number): void {
  ctx.setTimer('activeDown', groupKey(router.interface, router.group), after);
}

export function virtualRouterViews(state: State): VirtualRouterView[] {
  return state.config.groups.map(({ interface: name, group, priority }) => {
    const router = state.groups.get(groupKey(name, group));
    return {
      interface: name,
      group,
      state: router?.state ?? 'Initialize',
      priority,
      active: router?.active ?? '',
    };
  });
}
