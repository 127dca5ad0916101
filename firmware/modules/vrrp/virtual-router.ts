/** The state machine of a virtual router as a table (RFC 9568 6.4). */
import type { Context } from 'hitless/runtime';
import { lineDue } from '../limited-log.ts';
import { parseAddress } from '../prefix.ts';
import { beat, begin, retime } from '../pulse.ts';
import type { RouterEvent, VrrpAgenda } from './agenda.ts';
import { OWNER, RESIGNS } from './constants.ts';
import { activeDownInterval, running, sending, skewTime } from './running.ts';
import {
  CHANGE_REASONS,
  type ChangeReason,
  changesOf,
  configOf,
  keyOf,
  MOST_CHANGES,
  MOST_REIGNS,
  nameOf,
  type Reign,
  type Running,
  type State,
  type VirtualRouter,
  type VirtualRouterState,
} from './state.ts';

/** Another state, and why. */
type Next = readonly [state: VirtualRouterState, why: ChangeReason];
type EventOf<Type> = Extract<RouterEvent, { type: Type }>;
/** Does what the RFC says, and returns the next state where that is another. */
type Action<Type> = (
  run: Running,
  event: EventOf<Type>,
  agenda: VrrpAgenda,
  ctx: Context,
) => Next | undefined;
type Table = {
  readonly [Type in RouterEvent['type']]?: { readonly [From in VirtualRouterState]?: Action<Type> };
};

/** 6.4.1 to 6.4.3: what has no row changes nothing. The end of a router that cannot run is `shutdown`. */
// biome-ignore format: a table
export const TRANSITIONS: Table = {
  // event              state         action
  Startup:           { Initialize: wait },
  StartTimer:        { Initialize: startup },
  AddressesChanged:  { Backup:     claimOwn,  Active: renumber },
  ParametersChanged: { Backup:     rethink,   Active: keepBeat },
  PriorityChanged:   {                        Active: advertise },
  ActiveDownTimer:   { Backup:     takeOver },
  PreemptTimer:      { Backup:     preempt },
  AdverTimer:        { Active:     advertise },
  Advertisement:     { Backup:     listen,    Active: contend },
  Follow:            { Backup:     follow,    Active: follow },
  Leave:             { Active:     resign },
};

/** Timers of one that is not Active. */
const WAITING = ['activeDown', 'preempt', 'begin'] as const;

/** Missed intervals after which the others have elected another (6.1). */
const MISSED_MOST = 3;

/**
 * Runs the state machine.
 * @param known what the router runs with, where that is known
 */
export function virtualRouterEvent(
  state: State,
  router: VirtualRouter,
  event: RouterEvent,
  known: Running | undefined,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  const row = TRANSITIONS[event.type] as Record<string, Action<RouterEvent['type']>> | undefined;
  const action = row?.[router.state];
  const find = event.type === 'Leave' ? sending : running;
  const run = action && (known ?? find(state, router));
  const { active } = router;
  const next = run && action(run, event, agenda, ctx);
  if (event.type === 'Shutdown') shutdown(state, router, 'shutdown', agenda, ctx);
  else if (event.type === 'Leave') shutdown(state, router, event.why, agenda, ctx);
  else if (next !== undefined) changeState(state, router, run, next, agenda, ctx);
  if (router.active !== active) noteReign(router, next?.[1] ?? reasonOf(event), ctx);
}

/** Another is the Active Router from now on, or nobody that is known. */
function noteReign(router: VirtualRouter, reason: Reign['reason'], ctx: Context): void {
  const { active, state } = router;
  const reign: Reign = { active, ours: state === 'Active', reason, at: ctx.now() };
  router.reigns = [reign, ...router.reigns].slice(0, MOST_REIGNS);
}

/** Why the Active Router is another, where our state is the same or ends. */
function reasonOf(event: RouterEvent): Reign['reason'] {
  if (event.type === 'Advertisement') return event.priority === RESIGNS ? 'resigned' : 'heard';
  if (event.type === 'Leave') return event.why;
  return event.type === 'Shutdown' ? 'shutdown' : 'renumbered';
}

/** All that a change of state sets off. Only one that runs becomes Active. */
function changeState(
  state: State,
  router: VirtualRouter,
  run: Running | undefined,
  [next, why]: Next,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  const { statistics, state: last } = router;
  const key = keyOf(router);
  tellChange(state, router, `${last} -> ${next}`, why, ctx);
  router.state = next;
  const change = { state: next, reason: why, at: ctx.now(), active: router.active };
  router.history = [change, ...router.history].slice(0, MOST_CHANGES);
  agenda.roleChanged(router, last);
  if (next !== 'Backup') for (const timer of WAITING) ctx.cancelTimer(timer, key);
  if (next === 'Active' && run !== undefined) {
    statistics.becameActive++;
    agenda.advertise(run);
    beat(ctx, 'adver', key, adverInterval(run));
  } else if (last === 'Active') ctx.cancelTimer('adver', key);
}

/** The Adver_Timer of each virtual router that is Active (6.4.3): a version before 2.2.0 had none. */
export function startAdverTimers(state: State, ctx: Context): void {
  for (const [key, router] of state.groups)
    if (router.state === 'Active')
      begin(ctx, 'adver', key, adverInterval({ config: configOf(state, router) }));
}

/** Advertisement_Interval in ms. */
function adverInterval({ config }: Pick<Running, 'config'>): number {
  return config.interval * 10;
}

/** 6.4.3. After a stall hosts and bridges may have learned of another. */
function advertise(
  run: Running,
  event: EventOf<'AdverTimer' | 'PriorityChanged'>,
  agenda: VrrpAgenda,
): undefined {
  agenda.advertise(run);
  if (event.type === 'AdverTimer' && event.missed >= MISSED_MOST) agenda.announce(run.router);
}

/** Startup, once the delay is over that the configuration may want. */
function wait(run: Running, _event: unknown, agenda: VrrpAgenda, ctx: Context): Next | undefined {
  const { router, config } = run;
  if (config.startDelay === undefined) return startup(run, undefined, agenda, ctx);
  const key = keyOf(router);
  if (ctx.timerDue('begin', key) === undefined) ctx.setTimer('begin', key, config.startDelay);
  return undefined;
}

/** Startup (6.4.1). The owner need not wait for anybody. */
function startup(run: Running, _event: unknown, _agenda: VrrpAgenda, ctx: Context): Next {
  const { router, config, own, priority } = run;
  if (priority === OWNER) {
    router.active = own;
    return ['Active', 'owner'];
  }
  router.activeAdverInterval = config.interval;
  router.ifSilent = 'noResponse';
  armActiveDown(run, activeDownInterval(run), ctx);
  return ['Backup', 'startup'];
}

/** The addresses changed, and now we may own those of the virtual router. Otherwise the election goes on. */
function claimOwn({ router, own, priority }: Running): Next | undefined {
  if (priority !== OWNER) return undefined;
  router.active = own;
  return ['Active', 'owner'];
}

function renumber({ router, own }: Running): undefined {
  router.active = own;
}

/** Its own priority may make it the owner. While nobody was heard, its own interval says how long it waits (6.4.1). */
function rethink(
  run: Running,
  { interval }: EventOf<'ParametersChanged'>,
  _agenda: VrrpAgenda,
  ctx: Context,
): Next | undefined {
  const { router, config } = run;
  const alone = router.active === '' && router.ifSilent === 'noResponse';
  if ((alone || config.version === 2) && interval !== config.interval) {
    router.activeAdverInterval = config.interval;
    armActiveDown(run, activeDownInterval(run), ctx);
  }
  ctx.cancelTimer('preempt', keyOf(router));
  return claimOwn(run);
}

/** The next advertisement tells the others what is new, before those that count on the interval of before miss it (6.1). */
function keepBeat(run: Running, { interval }: EventOf<'ParametersChanged'>, _: VrrpAgenda, ctx: Context) {
  if (interval !== run.config.interval) retime(ctx, 'adver', keyOf(run.router), adverInterval(run));
  return renumber(run);
}

/** The Active_Down_Timer fired (6.4.2). */
function takeOver({ router, own }: Running): Next {
  router.active = own;
  return ['Active', router.ifSilent];
}

function preempt({ router, own }: Running): Next {
  router.active = own;
  return ['Active', 'preempted'];
}

/** 6.4.2 */
function listen(run: Running, event: EventOf<'Advertisement'>, agenda: VrrpAgenda, ctx: Context): undefined {
  const { router, config, priority } = run;
  if (event.priority === RESIGNS) {
    router.statistics.resignations++;
    router.active = '';
    router.ifSilent = 'resigned';
    armActiveDown(run, skewTime(run), ctx);
    return;
  }
  router.active = event.from;
  if (router.holding.linger !== undefined) agenda.takenOver(router);
  if (config.preempt && event.priority < priority) {
    if (config.preemptDelay === undefined) {
      router.ifSilent = 'preempted';
      return;
    }
    const key = keyOf(router);
    if (ctx.timerDue('preempt', key) === undefined) ctx.setTimer('preempt', key, config.preemptDelay);
  } else ctx.cancelTimer('preempt', keyOf(router));
  obey(run, event, ctx);
}

/** 6.4.3: a higher priority wins, and of equal ones the higher address. */
function contend(
  run: Running,
  event: EventOf<'Advertisement'>,
  agenda: VrrpAgenda,
  ctx: Context,
): Next | undefined {
  const { router, own, priority } = run;
  if (event.priority === RESIGNS) router.statistics.resignations++;
  const { priority: theirs, from } = event;
  const yields = theirs > priority || (theirs === priority && isHigher(from, own));
  if (theirs === RESIGNS || !yields) {
    // Asserts that we are Active, to the sender and to bridges that learned its port.
    agenda.advertise(run);
    agenda.announce(router);
    if (theirs === RESIGNS) beat(ctx, 'adver', keyOf(router), adverInterval(run));
    return undefined;
  }
  router.active = event.from;
  obey(run, event, ctx);
  return ['Backup', theirs > priority ? 'priority' : 'address'];
}

/** The Active Router's next advertisement is waited for. Version 2 has no interval but its own. */
function obey(run: Running, { interval }: EventOf<'Advertisement'>, ctx: Context): void {
  run.router.activeAdverInterval = run.config.version === 2 ? run.config.interval : interval;
  run.router.ifSilent = 'noResponse';
  armActiveDown(run, activeDownInterval(run), ctx);
}

/** Those of a sync group are Active together. One that gives up says so: its neighbours need not wait. */
function follow(
  run: Running,
  { state }: EventOf<'Follow'>,
  agenda: VrrpAgenda,
  ctx: Context,
): Next | undefined {
  const { router, config, own } = run;
  if (state === router.state) return undefined;
  if (state === 'Active') {
    router.active = own;
    return ['Active', 'sync'];
  }
  agenda.advertise(run, RESIGNS);
  router.active = '';
  router.activeAdverInterval = config.interval;
  router.ifSilent = 'noResponse';
  armActiveDown(run, activeDownInterval(run), ctx);
  return ['Backup', 'sync'];
}

/** Shutdown while the interface is of use: the others hear it from us, and do not wait (6.4.3). */
function resign(run: Running, _event: unknown, agenda: VrrpAgenda): undefined {
  agenda.advertise(run, RESIGNS);
}

/** Shutdown (6.4.2, 6.4.3). */
function shutdown(
  state: State,
  router: VirtualRouter,
  why: ChangeReason,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  agenda.left(router);
  ctx.cancelTimer('begin', keyOf(router));
  if (router.state === 'Initialize') return;
  router.active = '';
  changeState(state, router, undefined, ['Initialize', why], agenda, ctx);
}

function armActiveDown({ router }: Running, after: number, ctx: Context): void {
  ctx.setTimer('activeDown', keyOf(router), after);
}

/** Of two addresses of one family. */
function isHigher(one: string, other: string): boolean {
  const others = parseAddress(other) ?? [];
  for (const [i, word] of (parseAddress(one) ?? []).entries())
    if (word !== others[i]) return word > (others[i] ?? 0);
  return false;
}

function tellChange(
  { limited }: State,
  router: VirtualRouter,
  change: string,
  why: ChangeReason,
  ctx: Context,
): void {
  const now = ctx.now();
  // Each change is a source of its own: only their number is limited, since packets can cause thousands a second.
  const due = lineDue(limited, changesOf(keyOf(router)), String(now), now);
  if (due === undefined) return;
  const left = due.others > 0 ? `, ${due.others} changes before it are left out` : '';
  ctx.log('info', `${nameOf(router)}: ${change} (${CHANGE_REASONS[why]}${left})`);
}
