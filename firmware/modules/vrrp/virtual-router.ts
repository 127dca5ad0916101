/** The state machine of a virtual router (RFC 9568 6.4). */
import type { Context } from 'hitless/runtime';
import { toNumber } from '../address.ts';
import { lineDue } from '../limited-log.ts';
import { sendAdvertisement } from './advertisement.ts';
import { forgetHeard } from './checksum-form.ts';
import { OWNER } from './ownership.ts';
import type { Advertisement } from './packet.ts';
import { activeDownInterval, type Running, running, skewTime } from './running.ts';
import { groupKey, type State, type VirtualRouter, type VirtualRouterState } from './state.ts';
import { CHANGE_REASONS, type ChangeReason } from './statistics.ts';

/** 6.4.1: the interface came up, or got its address. */
export function startup(ctx: Context, state: State, run: Running): void {
  const { router, config, priority } = run;
  if (priority === OWNER) {
    becomeActive(ctx, state, run, 'owner');
  } else {
    router.activeAdverInterval = config.interval;
    router.ifSilent = 'noResponse';
    armActiveDown(ctx, run, activeDownInterval(run));
    change(ctx, state, router, 'Backup', 'startup');
  }
}

/** Shutdown (6.4.2, 6.4.3): the interface is no use any more, so a last advertisement of priority 0 cannot leave. */
export function shutdown(ctx: Context, state: State, router: VirtualRouter, why: ChangeReason): void {
  forgetHeard(router.checksum);
  if (router.state === 'Initialize') return;
  ctx.cancelTimer('activeDown', groupKey(router.interface, router.group));
  router.active = '';
  change(ctx, state, router, 'Initialize', why);
}

/** Shutdown while the interface is of use: the others hear it from us, and do not wait (6.4.3). */
export function leave(ctx: Context, state: State): void {
  for (const [key, router] of state.groups) {
    const run = router.state === 'Active' ? running(state, key) : undefined;
    if (run !== undefined) sendAdvertisement(ctx, state, run, 0);
    shutdown(ctx, state, router, 'left');
  }
}

/**
 * 6.4.1 for virtual routers that nothing else starts: `leave` left them in Initialize, and service goes on with the
 * links as they were.
 */
export function startIdle(ctx: Context, state: State): void {
  for (const [key, router] of state.groups) {
    const run = router.state === 'Initialize' ? running(state, key) : undefined;
    if (run !== undefined) startup(ctx, state, run);
  }
}

/** The addresses of the interface changed while the virtual router runs. The election goes on, but for the owner. */
export function addressesChanged(ctx: Context, state: State, run: Running): void {
  const { router, own, priority } = run;
  if (router.state === 'Active') {
    router.active = own;
  } else if (priority === OWNER) {
    ctx.cancelTimer('activeDown', groupKey(router.interface, router.group));
    becomeActive(ctx, state, run, 'owner');
  }
}

/** 6.4.2: the Active_Down_Timer fired. */
export function activeDown(ctx: Context, state: State, run: Running): void {
  if (run.router.state === 'Backup') becomeActive(ctx, state, run, run.router.ifSilent);
}

/** 6.4.2 and 6.4.3: an advertisement that passed all checks. `from` is the sender's primary address. */
export function advertisementReceived(
  ctx: Context,
  state: State,
  run: Running,
  adv: Advertisement,
  from: string,
): void {
  if (adv.priority === 0) run.router.statistics.resignations++;
  if (run.router.state === 'Backup') receivedAsBackup(ctx, run, adv, from);
  else if (run.router.state === 'Active') receivedAsActive(ctx, state, run, adv, from);
}

/** 6.4.2 */
function receivedAsBackup(ctx: Context, run: Running, adv: Advertisement, from: string): void {
  const { router, config, priority } = run;
  if (adv.priority === 0) {
    router.active = '';
    router.ifSilent = 'resigned';
    armActiveDown(ctx, run, skewTime(run));
    return;
  }
  router.active = from;
  if (config.preempt && adv.priority < priority) {
    router.ifSilent = 'preempted';
    return;
  }
  router.activeAdverInterval = adv.interval;
  router.ifSilent = 'noResponse';
  armActiveDown(ctx, run, activeDownInterval(run));
}

/** 6.4.3 */
function receivedAsActive(ctx: Context, state: State, run: Running, adv: Advertisement, from: string): void {
  const { router, own, priority } = run;
  const yields = adv.priority > priority || (adv.priority === priority && toNumber(from) > toNumber(own));
  if (adv.priority === 0 || !yields) {
    // Asserts that we are Active, to the sender and to bridges that learned its port.
    sendAdvertisement(ctx, state, run);
    return;
  }
  router.activeAdverInterval = adv.interval;
  router.active = from;
  router.ifSilent = 'noResponse';
  armActiveDown(ctx, run, activeDownInterval(run));
  change(ctx, state, router, 'Backup', adv.priority > priority ? 'priority' : 'address');
}

function becomeActive(ctx: Context, state: State, run: Running, why: ChangeReason): void {
  run.router.active = run.own;
  run.router.statistics.becameActive++;
  change(ctx, state, run.router, 'Active', why);
  sendAdvertisement(ctx, state, run);
}

function change(
  ctx: Context,
  state: State,
  router: VirtualRouter,
  next: VirtualRouterState,
  reason: ChangeReason,
): void {
  const { interface: name, group, state: last } = router;
  const now = ctx.now();
  // Each change is a source of its own: only their number is limited, since packets can cause thousands a second.
  const due = lineDue(state.limited, `change ${groupKey(name, group)}`, String(now), now);
  if (due !== undefined) {
    const left = due.others > 0 ? `, ${due.others} changes before it are left out` : '';
    ctx.log(
      'info',
      `virtual router ${group} on ${name}: ${last} -> ${next} (${CHANGE_REASONS[reason]}${left})`,
    );
  }
  router.state = next;
  router.statistics.lastChange = { reason, at: now };
  router.statistics.unsent = 0;
}

function armActiveDown(ctx: Context, { router }: Running, after: number): void {
  ctx.setTimer('activeDown', groupKey(router.interface, router.group), after);
}
