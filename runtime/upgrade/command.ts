/** Checks of a command as a program gives it: its changes, who gave it, and how it is to be run. */
import {
  checkMs,
  checkOptions,
  checkString,
  checkType,
  kindOf,
  mustBeList,
  mustBeObject,
} from '../argument.ts';
import { HitlessError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { notPlain } from '../state/plain.ts';
import { isModuleVersion, nameOf } from '../versions/bundle.ts';
import type { Change } from './change.ts';
import type { Origin } from './report.ts';
import type { RetryOptions } from './retry.ts';

/** How one transaction is run. */
export interface RunOptions {
  /** Preparation time in ms, instead of the runtime's: what is not decided by then is aborted. */
  deadline?: number;
  /** Goes back by itself unless `confirm` comes within this many ms. */
  confirm?: number;
  /** An aborted transaction is tried again. */
  retry?: RetryOptions;
  /**
   * Whether the version set is to remember the change; it is unless told. `no removals` is for a program that is told at
   * each start which modules there are. What it removes has its version again when it comes back.
   */
  remember?: boolean | 'no removals';
  /** A module that is not quiescent at the deadline is cut and frozen as it is, and the transaction goes on. See `forced` of the report. */
  force?: boolean;
  /** Whether `rollback` may undo it; it may unless told. A program's start is nothing to go back from. */
  undoable?: boolean;
}

/** How `upgrade`, `add`, `replace` and the like are carried out; and who asks for it, as the history shows it. */
export interface UpgradeOptions extends RunOptions, Partial<Origin> {}

/** Options of `add`. */
export interface AddOptions extends UpgradeOptions {
  /** A file that `checkpoint` wrote: the module starts with the state in it, and `initial` is not called. */
  checkpoint?: string;
}

/** Options of `remove` and `disable`. */
export interface ForceOptions extends UpgradeOptions {
  /** Also when others would miss the module, and when it is not quiescent at the deadline. */
  force?: boolean;
}

/** Options of `rollback`; and who asks for it, as the history shows it. */
export interface RollbackOptions extends Partial<Origin> {
  /** Preparation time in ms, instead of the runtime's. */
  deadline?: number;
  /** Where no handler carries the state back, take it as it was at the swap. */
  checkpoint?: boolean;
  /** As of `upgrade`. */
  force?: boolean;
  /** An aborted transaction is tried again. */
  retry?: RetryOptions;
}

/** The longest that a confirmation, or the next attempt, is waited for, in ms: an hour. */
export const LONGEST_MS = 3_600_000;

/** The keys that each kind of change may have. */
const CHANGES: Readonly<Record<Change['change'], readonly string[]>> = {
  replace: ['change', 'module', 'bundle', 'config'],
  add: ['change', 'module', 'bundle', 'config', 'checkpoint'],
  remove: ['change', 'module', 'force'],
  enable: ['change', 'module'],
  disable: ['change', 'module', 'force'],
  configure: ['change', 'module', 'config'],
};

/** Calls that take a command: `upgrade` and `run` of several changes, the others of one. */
export type Call = Change['change'] | 'upgrade' | 'run' | 'check';

/** Options that some calls have beside those of `run`: an unknown one is compared with them, too. */
const MORE_OPTIONS: Readonly<Record<Call, readonly string[]>> = {
  add: ['checkpoint', 'command', 'by'],
  replace: ['command', 'by'],
  remove: ['force', 'command', 'by'],
  disable: ['force', 'command', 'by'],
  enable: ['command', 'by'],
  configure: ['command', 'by'],
  upgrade: ['command', 'by'],
  run: [],
  check: [],
};

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkCommand(call: Call, changes: unknown, origin: unknown): void {
  mustBeList(call, 'changes', changes);
  for (const [i, change] of changes.entries()) {
    // The arguments of a call with one change are what that consists of.
    const argument = (name: string) => (name === 'bundle' ? 'version' : name);
    if (call in CHANGES) checkChange(call, '', change, argument);
    else checkChange(call, `changes[${i}]`, change, (name) => `changes[${i}].${name}`);
  }
  checkOrigin(call, origin);
}

function checkChange(call: string, name: string, change: unknown, called: (member: string) => string): void {
  mustBeObject(call, name, change);
  const { change: kind, module, bundle, config, checkpoint, force } = change as Record<string, unknown>;
  const kinds = Object.keys(CHANGES);
  if (typeof kind !== 'string' || !kinds.includes(kind)) {
    const found = typeof kind === 'string' ? `"${kind}"${didYouMean(kind, kinds)}` : kindOf(kind);
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: ${called('change')} must be one of ${kinds.join(', ')}, not ${found}`,
    );
  }
  const known = CHANGES[kind as Change['change']];
  checkOptions(`${call}: ${name}, "${kind}"`, change, known);
  // A bundle says itself whose version it is.
  if (module !== undefined || !known.includes('bundle')) checkString(call, called('module'), module);
  if (known.includes('bundle') && typeof bundle !== 'string' && !isModuleVersion(bundle)) {
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: ${called('bundle')} must be a name and version such as ip@2.0.0, the path of a .cjs file, or a class with a manifest as defineModule makes it, not ${kindOf(bundle)}; repository.provide makes a bundle of a text`,
    );
  }
  checkType(call, called('checkpoint'), checkpoint, 'string');
  checkType(call, called('force'), force, 'boolean');
  if (kind === 'configure' || (kind === 'replace' && config !== undefined))
    mustBePlainData(call, called('config'), config);
}

function mustBePlainData(call: string, name: string, value: unknown): void {
  const wrong = value === undefined ? `${name} is missing` : notPlain(value, name);
  if (wrong !== undefined)
    throw new HitlessError('ARGUMENT_INVALID', `${call}: ${wrong}; a configuration must be plain data`);
}

/**
 * Takes the origin out of options. A command that is not told is the call in words, and `by` is the host.
 * @throws HitlessError `ARGUMENT_INVALID`
 */
export function originOf<Options extends Partial<Origin>>(
  call: string,
  options: Options,
  changes?: readonly Change[],
): { origin: Origin; rest: Omit<Options, keyof Origin> } {
  mustBeObject(call, 'options', options);
  const { command = wordsOf(call, changes), by = 'host', ...rest } = options;
  return { origin: { command, by }, rest };
}

/** An origin that says less than all: as `originOf`. */
export function completed(call: string, origin: Partial<Origin>, changes?: readonly Change[]): Origin {
  mustBeObject(call, 'the origin', origin);
  return { command: wordsOf(call, changes), by: 'host', ...origin };
}

/** Takes out of options those that belong to the change. */
export function split<Options extends UpgradeOptions, Name extends keyof Options>(
  call: string,
  options: Options,
  names: readonly Name[],
): { own: Pick<Options, Name>; rest: Omit<Options, Name> } {
  mustBeObject(call, 'options', options);
  const own = {} as Pick<Options, Name>;
  const rest = { ...options };
  for (const name of names) {
    if (options[name] !== undefined) own[name] = options[name];
    delete rest[name];
  }
  return { own, rest };
}

/** The command as a console would have it; never throws, whatever the changes are. */
function wordsOf(call: string, changes: readonly Change[] | undefined): string {
  if (!Array.isArray(changes)) return call;
  return changes
    .map((change: Partial<Change> | null) => {
      const { change: kind, module, ...rest } = change ?? {};
      const bundle = 'bundle' in rest ? rest.bundle : undefined;
      return `${kind} ${bundle === undefined ? module : nameOf(bundle)}`;
    })
    .join(', ');
}

/** Calls whose origin is an argument of its own; with the others it stands among the options. */
const ORIGIN_APART = ['run', 'check', 'confirm', 'cancel'];

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkOrigin(call: string, origin: unknown): void {
  mustBeObject(call, 'the origin', origin);
  checkOptions(`${call}: the origin`, origin, ['command', 'by'] satisfies (keyof Origin)[]);
  const { command, by } = origin as Partial<Origin>;
  const within = ORIGIN_APART.includes(call) ? 'origin.' : '';
  checkString(call, `${within}command`, command);
  checkString(call, `${within}by`, by);
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkRunOptions(call: Call, options: RunOptions | undefined): void {
  const known = [
    'deadline',
    'confirm',
    'retry',
    'remember',
    'force',
    'undoable',
  ] satisfies (keyof RunOptions)[];
  checkOptions(call, options, [...known, ...MORE_OPTIONS[call]]);
  const { deadline, confirm, retry, remember, force, undoable } = options ?? {};
  if (deadline !== undefined) checkMs(call, 'deadline', deadline, 1, LONGEST_MS);
  if (confirm !== undefined) checkMs(call, 'confirm', confirm, 1, LONGEST_MS);
  checkRetry(call, retry);
  if (remember !== 'no removals') checkType(call, 'remember', remember, 'boolean');
  checkType(call, 'force', force, 'boolean');
  checkType(call, 'undoable', undoable, 'boolean');
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkRollbackOptions(options: Omit<RollbackOptions, keyof Origin>): void {
  checkOptions('rollback', options, ['deadline', 'checkpoint', 'force', 'retry', 'command', 'by']);
  if (options.deadline !== undefined) checkMs('rollback', 'deadline', options.deadline, 1, LONGEST_MS);
  checkType('rollback', 'checkpoint', options.checkpoint, 'boolean');
  checkType('rollback', 'force', options.force, 'boolean');
  checkRetry('rollback', options.retry);
}

function checkRetry(call: string, retry: RetryOptions | undefined): void {
  if (retry === undefined) return;
  checkOptions(`${call}: retry`, retry, ['times', 'every'] satisfies (keyof RetryOptions)[]);
  checkMs(call, 'retry.every', retry.every, 1, LONGEST_MS);
  checkCount(call, 'retry.times', retry.times, 1, 1_000_000);
}

function checkCount(call: string, name: string, value: unknown, least: number, most: number): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  throw new HitlessError(
    'ARGUMENT_INVALID',
    `${call}: ${name} must be a whole number from ${least} to ${most}, not ${typeof value === 'number' ? value : kindOf(value)}`,
  );
}
