/** Programs of the host: one told of each change of role, others that say by their exit code whether something is there. */
import type { Context } from 'hitless/runtime';
import type { ProgramIn, ProgramOut, ProgramSettings } from '../../../drivers/program.ts';
import { leftOutText, lineDue, noteWell } from '../limited-log.ts';
import type { VrrpAgenda } from './agenda.ts';
import { dependencyTold, forget } from './dependency.ts';
import { running } from './running.ts';
import {
  type Check,
  configOf,
  keyOf,
  nameOf,
  type Script,
  type State,
  tracksOf,
  type VirtualRouter,
  type VirtualRouterState,
} from './state.ts';

/** The words of keepalived's scripts for a state, which tell a fault from an end. */
const WORDS = { Active: 'MASTER', Backup: 'BACKUP' } as const;
/** Characters of a program's output that a line of the log has. */
const MOST_SHOWN = 200;

/** The port of each program that is configured, and the times of those that check; of no others. */
export function useScripts(state: State, ctx: Context): void {
  const told = state.config.groups.flatMap((group): [string, Script][] =>
    group.notify === undefined ? [] : [[keyOf(group), group.notify]],
  );
  keepOpen('notify', new Map(told), ctx);
  const checks = checksOf(state);
  for (const id of ctx.ports('script')) if (!checks.has(id)) endCheck(state, id, ctx);
  keepOpen('script', checks, ctx);
  for (const [id, { interval }] of checks) {
    if (ctx.timerDue('check', id) !== undefined) continue;
    // The result is from before it rested, as under a version that knows no checks, and may be long out of date.
    forget(state, id, ctx.now());
    ctx.setTimer('check', id, 0, { every: interval });
  }
}

function endCheck({ limited }: State, id: string, ctx: Context): void {
  ctx.cancelTimer('check', id);
  limited.get('check')?.told.delete(id);
}

/** By `trackId`; the same program with the same arguments runs once, whoever depends on it. */
function checksOf({ config }: State): Map<string, Check> {
  const checks = new Map<string, Check>();
  for (const [id, { check }] of tracksOf(config)) if (check !== undefined) checks.set(id, check);
  return checks;
}

/** Has the program of a virtual router told of its new role. */
export function notify(state: State, router: VirtualRouter, before: VirtualRouterState, ctx: Context): void {
  const config = configOf(state, router);
  if (config.notify === undefined) return;
  const key = keyOf(router);
  const reason = router.history[0]?.reason ?? 'startup';
  const priority = String(running(state, router)?.priority ?? config.priority);
  const word = router.state === 'Initialize' ? (reason === 'left' ? 'STOP' : 'FAULT') : WORDS[router.state];
  const datum: ProgramOut = {
    arguments: ['INSTANCE', key, word, priority],
    variables: {
      VRRP_INTERFACE: config.interface,
      VRRP_GROUP: String(config.group),
      VRRP_FAMILY: String(config.family),
      VRRP_STATE: router.state,
      VRRP_BEFORE: before,
      VRRP_REASON: reason,
      VRRP_PRIORITY: priority,
      VRRP_ACTIVE: router.active,
      VRRP_ADDRESSES: config.addresses.join(' '),
    },
  };
  ctx.transmit('notify', key, datum);
}

/** A program was told of a role: only its failing is of note. */
export function takeNotified(state: State, key: string, end: ProgramIn, ctx: Context): void {
  const router = state.groups.get(key);
  if (router === undefined) return;
  router.notified = { at: ctx.now(), how: endText(end) };
  tellEnd(state, 'notify', key, `${nameOf(router)}: its program for changes of role`, end, ctx);
}

/** Time to check. */
export function runCheck(id: string, ctx: Context): void {
  ctx.transmit('script', id, {} satisfies ProgramOut);
}

/** A check has ended. */
export function takeChecked(
  state: State,
  id: string,
  end: ProgramIn,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  const check = checksOf(state).get(id);
  if (check === undefined) return;
  const there = end.ended === 'exit' && end.code === 0;
  tellEnd(state, 'check', id, `the check ${check.program}`, end, ctx);
  dependencyTold(state, id, there ? { there } : { there, why: endText(end) }, agenda, ctx);
}

function keepOpen(port: string, scripts: ReadonlyMap<string, Script>, ctx: Context): void {
  for (const key of ctx.ports(port)) if (!scripts.has(key)) ctx.closePort(port, key);
  for (const [key, script] of scripts) ctx.openPort(port, key, settingsOf(script));
}

function settingsOf({ program, arguments: args, user, timeLimit }: Script): ProgramSettings {
  return {
    program,
    timeLimit,
    ...(args !== undefined && { arguments: args }),
    ...(user !== undefined && { user }),
  };
}

function tellEnd(
  { limited }: State,
  kind: string,
  source: string,
  subject: string,
  end: ProgramIn,
  ctx: Context,
): void {
  const now = ctx.now();
  if (end.ended === 'exit' && end.code === 0) {
    noteWell(limited, kind, source, now);
    return;
  }
  const due = lineDue(limited, kind, source, now);
  if (due !== undefined) ctx.log('warn', `${subject} ${endText(end)}${leftOutText(due)}`);
}

function endText({ ended, code, signal, reason, output, took }: ProgramIn): string {
  const how = {
    exit: `ended with code ${code}`,
    signal: `was ended by ${signal}`,
    time: `was killed at its time limit, after ${took} ms`,
    unusable: `did not run: ${reason}`,
  }[ended];
  const said = output.trim().slice(0, MOST_SHOWN);
  return said === '' ? how : `${how}: ${said}`;
}
