/** The outcome that a transaction must have, judged before it runs; `either` where its timing decides. */
import type { NamedChange } from '../../runtime/index.ts';
import { accepts, carries, type Version, versionOf } from './family.ts';
import { type Model, needed, type Part, understood } from './model.ts';
import type { Habit, PlannedFault } from './plan.ts';

export type Fault = PlannedFault & { module: string };
export type ModuleHabit = Habit & { module: string };

export interface Expectation {
  outcome: 'refused' | 'committed' | 'aborted' | 'either';
  /** Code of the refusal. */
  code?: string;
  why: string;
  /** It is expected to run into its deadline. */
  hangs: boolean;
}

const bundleVersion = (change: NamedChange): Version | undefined =>
  'bundle' in change ? versionOf(change.bundle.split('@')[1]!) : undefined;

/** How the command is given. */
export interface Manner {
  /** A member may wait for ever. */
  mayHang: boolean;
  command: 'run' | 'check' | 'rollback' | 'rollback checkpoint';
  retries: boolean;
}

export function expectationOf(
  model: Model,
  parts: readonly Part[],
  faults: readonly Fault[],
  habits: readonly ModuleHabit[],
  { mayHang, command, retries }: Manner,
): Expectation {
  const changes = parts.map(({ change }) => change);
  const back = command === 'rollback' || command === 'rollback checkpoint';
  const has = (module: string, ...kinds: NamedChange['change'][]) =>
    changes.some((change) => change.module === module && kinds.includes(change.change));
  const drains = (module: string) =>
    has(module, 'replace', 'disable', 'remove') && !model.get(module).disabled;
  /** A module that comes back disabled is not started. */
  const starts = (module: string) =>
    has(module, 'replace', 'enable') ||
    parts.some(
      (part) => part.change.module === module && part.change.change === 'add' && !part.before?.disabled,
    );
  const carried = (module: string, to: Version | undefined) => {
    const { version } = model.get(module);
    return version !== undefined && to !== undefined && carries(version, to);
  };
  const refused = (code: string): Expectation => ({ outcome: 'refused', code, why: code, hangs: false });

  if (back && changes.length === 0) return refused('NOTHING_TO_ROLL_BACK');
  for (const change of changes) {
    const { module } = change;
    const to = bundleVersion(change);
    if (change.change === 'replace' && !carried(module, to) && command !== 'rollback checkpoint')
      return refused('STATE_NO_HANDLER');
    if (to !== undefined && habits.some((habit) => habit.module === module && habit.hook === 'constructor'))
      return refused('HOOK_THREW');
  }
  const after = new Map(model.present.map(({ name, version }) => [name, version!]));
  for (const change of changes) {
    const version = bundleVersion(change);
    if (version !== undefined) after.set(change.module, version);
    if (change.change === 'remove') after.delete(change.module);
  }
  const gone = changes.flatMap((change) =>
    change.change === 'remove' && change.force !== true ? change.module : [],
  );
  if (needed(after, gone)) return refused('MODULE_NEEDED');
  if (!understood(after, new Set(changes.map(({ module }) => module)))) return refused('PROTOCOL_MISMATCH');

  /** Faults that strike once, and those that strike each time. */
  const once: string[] = [];
  const aborts: string[] = [];
  const maybe: string[] = [];
  let hangs = mayHang;
  if (mayHang) maybe.push('a member may wait for ever');
  for (const fault of faults) {
    const { module, kind, hook, duration } = fault;
    const strikes =
      hook === 'isQuiescent'
        ? drains(module)
        : hook === 'state'
          ? has(module, 'replace', 'add')
          : hook === 'start'
            ? starts(module)
            : true;
    if (!strikes) continue;
    if (kind === 'busy' && duration > 0) continue;
    if (kind === 'busy' || kind === 'spin') hangs = true;
    once.push(`${module} ${kind} in ${hook}`);
  }
  for (const { module, hook, does } of habits) {
    const from = model.get(module).version;
    const change = changes.find((candidate) => candidate.module === module)!;
    const to = bundleVersion(change);
    const strikes =
      hook === 'isQuiescent'
        ? drains(module)
        : hook === 'state'
          ? (has(module, 'replace') && from?.state !== to?.state && carried(module, to)) ||
            (has(module, 'add') && does !== 'write' && !back)
          : hook === 'start'
            ? does === 'write'
              ? has(module, 'replace') && from?.state === to?.state && !back
              : starts(module)
            : false;
    if (!strikes || does === 'talk' || does === 'once') continue;
    if (does === 'late') {
      maybe.push(`${module} late in ${hook}`);
      hangs = true;
      continue;
    }
    if (['spin', 'never', 'number'].includes(does) || (hook === 'isQuiescent' && does === 'promise'))
      hangs = true;
    aborts.push(`${module} ${does} in ${hook}`);
  }
  // A message that is queued, or on its way, may be of a protocol version that the new version does not know.
  for (const change of changes) {
    const from = model.get(change.module).version;
    const to = bundleVersion(change);
    if (
      change.change === 'replace' &&
      !accepts(change.module, to!).includes(2) &&
      accepts(change.module, from!).includes(2)
    )
      maybe.push(`${change.module} unlearns version 2`);
  }
  if (!retries) aborts.push(...once);
  else if (once.length > 0 && hangs) maybe.push('in a hurry when it is tried again');
  if (aborts.length > 0) return { outcome: 'aborted', why: aborts.join(', '), hangs };
  if (maybe.length > 0) return { outcome: 'either', why: maybe.join(', '), hangs };
  return { outcome: 'committed', why: 'nothing speaks against it', hangs };
}
