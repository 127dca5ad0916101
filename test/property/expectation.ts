/** What must become of a transaction, judged before it runs; `either` where its timing decides. */
import type { Change } from '../../runtime/index.ts';
import { accepts, type Version, versionOf } from './family.ts';
import { type Model, understood } from './model.ts';
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

const bundleVersion = (change: Change): Version | undefined =>
  'bundle' in change ? versionOf(change.bundle.split('@')[1]!) : undefined;

export function expectationOf(
  model: Model,
  changes: readonly Change[],
  faults: readonly Fault[],
  habits: readonly ModuleHabit[],
  mayHang: boolean,
): Expectation {
  const has = (module: string, ...kinds: Change['change'][]) =>
    changes.some((change) => change.module === module && kinds.includes(change.change));
  const refused = (code: string): Expectation => ({ outcome: 'refused', code, why: code, hangs: false });

  if (habits.some(({ module, hook }) => hook === 'constructor' && has(module, 'add', 'replace')))
    return refused('HOOK_THREW');
  const after = new Map(model.present.map(({ name, version }) => [name, version!]));
  for (const change of changes) {
    const version = bundleVersion(change);
    if (version !== undefined) after.set(change.module, version);
  }
  if (!understood(after, new Set(changes.map(({ module }) => module)))) return refused('PROTOCOL_MISMATCH');

  const aborts: string[] = [];
  const maybe: string[] = [];
  let hangs = mayHang;
  if (mayHang) maybe.push('a member may wait for ever');
  for (const fault of faults) {
    const { module, kind, hook, duration } = fault;
    const strikes =
      hook === 'isQuiescent'
        ? has(module, 'replace', 'disable')
        : hook === 'state'
          ? has(module, 'replace', 'add')
          : hook === 'start'
            ? has(module, 'replace', 'add', 'enable')
            : true;
    if (!strikes) continue;
    if (kind === 'busy' && duration > 0) continue;
    if (kind === 'busy' || kind === 'spin') hangs = true;
    aborts.push(`${module} ${kind} in ${hook}`);
  }
  for (const { module, hook, does } of habits) {
    const from = model.get(module).version;
    const change = changes.find((candidate) => candidate.module === module)!;
    const to = bundleVersion(change);
    const strikes =
      hook === 'isQuiescent'
        ? has(module, 'replace', 'disable')
        : hook === 'state'
          ? (has(module, 'replace') && from?.state !== to?.state) || (has(module, 'add') && does !== 'write')
          : hook === 'start'
            ? does === 'write'
              ? has(module, 'replace') && from?.state === to?.state
              : has(module, 'replace', 'add', 'enable')
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
  // What is queued, or on its way, may be of a protocol version that the new version does not know.
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
  if (aborts.length > 0) return { outcome: 'aborted', why: aborts.join(', '), hangs };
  if (maybe.length > 0) return { outcome: 'either', why: maybe.join(', '), hangs };
  return { outcome: 'committed', why: 'nothing speaks against it', hangs };
}
