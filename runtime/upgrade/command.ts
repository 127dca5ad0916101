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
import type { Change } from './plan.ts';
import type { Origin } from './report.ts';
import type { Patience } from './retry.ts';

/** How one transaction is run. */
export interface RunOptions {
  /** Goes back by itself unless `confirm` comes within this many ms. */
  confirm?: number;
  /** An aborted transaction is tried again. */
  retry?: Patience;
  /** Whether the version set is to remember the change; it is unless told. */
  remember?: boolean;
  /** Whether `rollback` may undo it; it may unless told. A program's start is nothing to go back from. */
  undoable?: boolean;
}

/** The longest that a confirmation, or the next attempt, is waited for, in ms: an hour. */
export const LONGEST_MS = 3_600_000;

/** What each kind of change may say. */
const CHANGES: Readonly<Record<Change['change'], readonly string[]>> = {
  replace: ['change', 'module', 'bundle'],
  add: ['change', 'module', 'bundle', 'config', 'checkpoint'],
  remove: ['change', 'module', 'force'],
  enable: ['change', 'module'],
  disable: ['change', 'module', 'force'],
};

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkCommand(call: string, changes: unknown, origin: unknown): void {
  mustBeList(call, 'changes', changes);
  for (const [i, change] of changes.entries()) checkChange(call, `changes[${i}]`, change);
  checkOrigin(call, origin);
}

function checkChange(call: string, name: string, change: unknown): void {
  mustBeObject(call, name, change);
  const { change: kind, module, bundle, checkpoint, force } = change as Record<string, unknown>;
  const kinds = Object.keys(CHANGES);
  if (typeof kind !== 'string' || !kinds.includes(kind)) {
    const found = typeof kind === 'string' ? `"${kind}"${didYouMean(kind, kinds)}` : kindOf(kind);
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: ${name}.change must be one of ${kinds.join(', ')}, not ${found}`,
    );
  }
  const known = CHANGES[kind as Change['change']];
  checkOptions(`${call}: ${name}, "${kind}"`, change, known);
  checkString(call, `${name}.module`, module);
  if (known.includes('bundle') && typeof bundle !== 'string') {
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: ${name}.bundle must be a name and version such as ip@2.0.0, or the path of a .cjs file, not ${kindOf(bundle)}; repository.provide makes a bundle of a text`,
    );
  }
  checkType(call, `${name}.checkpoint`, checkpoint, 'string');
  checkType(call, `${name}.force`, force, 'boolean');
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkOrigin(call: string, origin: unknown): void {
  if (origin === undefined) {
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: the origin is missing; say who gives which command, such as { command: 'upgrade', by: 'host' }`,
    );
  }
  mustBeObject(call, 'the origin', origin);
  checkOptions(`${call}: the origin`, origin, ['command', 'by'] satisfies (keyof Origin)[]);
  const { command, by } = origin as Partial<Origin>;
  checkString(call, 'origin.command', command);
  checkString(call, 'origin.by', by);
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkRunOptions(call: string, options: RunOptions | undefined): void {
  const known = ['confirm', 'retry', 'remember', 'undoable'] satisfies (keyof RunOptions)[];
  checkOptions(call, options, known);
  const { confirm, retry, remember, undoable } = options ?? {};
  if (confirm !== undefined) checkMs(call, 'confirm', confirm, 1, LONGEST_MS);
  checkPatience(call, retry);
  checkType(call, 'remember', remember, 'boolean');
  checkType(call, 'undoable', undoable, 'boolean');
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkRollbackOptions(options: { checkpoint?: boolean; retry?: Patience } | undefined): void {
  checkOptions('rollback', options, ['checkpoint', 'retry']);
  checkType('rollback', 'checkpoint', options?.checkpoint, 'boolean');
  checkPatience('rollback', options?.retry);
}

function checkPatience(call: string, retry: Patience | undefined): void {
  if (retry === undefined) return;
  checkOptions(`${call}: retry`, retry, ['times', 'every'] satisfies (keyof Patience)[]);
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
