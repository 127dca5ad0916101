/** The state machine of a virtual router as a table (RFC 9568 6.4). */
import type { Context } from 'hitless/runtime';
import { toNumber } from '../address.ts';
import { lineDue } from '../limited-log.ts';
import { beat, begin, retime } from '../pulse.ts';
import type { RouterEvent, VrrpAgenda } from './agenda.ts';
import { OWNER } from './packet.ts';
import { activeDownInterval, running, skewTime } from './running.ts';
import {
  CHANGE_REASONS,
  type ChangeReason,
  changesOf,
  configOf,
  groupKey,
  keyOf,
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
  Startup:           { Initialize: startup },
  AddressesChanged:  { Backup:     claimOwn,  Active: renumber },
  ParametersChanged: { Backup:     rethink,   Active: keepBeat },
  ActiveDownTimer:   { Backup:     takeOver },
  AdverTimer:        { Active:     advertise },
  Advertisement:     { Backup:     listen,    Active: contend },
  Leave:             { Active:     resign },
};

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
  const run = action && (known ?? running(state, router));
  const next = run && action(run, event, agenda, ctx);
  if (event.type === 'Shutdown') shutdown(state, router, 'shutdown', agenda, ctx);
  else if (event.type === 'Leave') shutdown(state, router, 'left', agenda, ctx);
  else if (next !== undefined) changeState(state, router, run, next, agenda, ctx);
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
  statistics.lastChange = { reason: why, at: ctx.now() };
  agenda.roleChanged(router);
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

/** 6.4.3 */
function advertise(run: Running, _event: unknown, agenda: VrrpAgenda): undefined {
  agenda.advertise(run);
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
function claimOwn({ router, own, priority }: Running, _event: unknown, _: VrrpAgenda, ctx: Context) {
  if (priority !== OWNER) return undefined;
  ctx.cancelTimer('activeDown', keyOf(router));
  router.active = own;
  return ['Active', 'owner'] as const;
}

function renumber({ router, own }: Running): undefined {
  router.active = own;
}

/** Its own priority may make it the owner. While nobody was heard, its own interval says how long it waits (6.4.1). */
function rethink(run: Running, { interval }: EventOf<'ParametersChanged'>, agenda: VrrpAgenda, ctx: Context) {
  const { router, config } = run;
  const alone = router.active === '' && router.ifSilent === 'noResponse';
  if (alone && interval !== config.interval) {
    router.activeAdverInterval = config.interval;
    armActiveDown(run, activeDownInterval(run), ctx);
  }
  return claimOwn(run, undefined, agenda, ctx);
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

/** 6.4.2 */
function listen(run: Running, event: EventOf<'Advertisement'>, _agenda: VrrpAgenda, ctx: Context): undefined {
  const { router, config, priority } = run;
  if (event.priority === 0) {
    router.statistics.resignations++;
    router.active = '';
    router.ifSilent = 'resigned';
    armActiveDown(run, skewTime(run), ctx);
    return;
  }
  router.active = event.from;
  if (config.preempt && event.priority < priority) {
    router.ifSilent = 'preempted';
    return;
  }
  router.activeAdverInterval = event.interval;
  router.ifSilent = 'noResponse';
  armActiveDown(run, activeDownInterval(run), ctx);
}

/** 6.4.3: a higher priority wins, and of equal ones the higher address. */
function contend(
  run: Running,
  event: EventOf<'Advertisement'>,
  agenda: VrrpAgenda,
  ctx: Context,
): Next | undefined {
  const { router, own, priority } = run;
  if (event.priority === 0) router.statistics.resignations++;
  const { priority: theirs, from } = event;
  const yields = theirs > priority || (theirs === priority && toNumber(from) > toNumber(own));
  if (theirs === 0 || !yields) {
    // Asserts that we are Active, to the sender and to bridges that learned its port.
    agenda.advertise(run);
    if (theirs === 0) beat(ctx, 'adver', keyOf(router), adverInterval(run));
    return undefined;
  }
  router.activeAdverInterval = event.interval;
  router.active = event.from;
  router.ifSilent = 'noResponse';
  armActiveDown(run, activeDownInterval(run), ctx);
  return ['Backup', theirs > priority ? 'priority' : 'address'];
}

/** Shutdown while the interface is of use: the others hear it from us, and do not wait (6.4.3). */
function resign(run: Running, _event: unknown, agenda: VrrpAgenda): undefined {
  agenda.advertise(run, 0);
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
  if (router.state === 'Initialize') return;
  ctx.cancelTimer('activeDown', keyOf(router));
  router.active = '';
  changeState(state, router, undefined, ['Initialize', why], agenda, ctx);
}

function armActiveDown({ router }: Running, after: number, ctx: Context): void {
  ctx.setTimer('activeDown', keyOf(router), after);
}

function tellChange(
  { limited }: State,
  { interface: name, group }: VirtualRouter,
  change: string,
  why: ChangeReason,
  ctx: Context,
): void {
  const now = ctx.now();
  // Each change is a source of its own: only their number is limited, since packets can cause thousands a second.
  const due = lineDue(limited, changesOf(groupKey(name, group)), String(now), now);
  if (due === undefined) return;
  const left = due.others > 0 ? `, ${due.others} changes before it are left out` : '';
  ctx.log('info', `virtual router ${group} on ${name}: ${change} (${CHANGE_REASONS[why]}${left})`);
}
