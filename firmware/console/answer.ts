/** The result of a command, and who gave it. */

import type { TransactionReport } from '../../runtime/index.ts';
import type { Editing } from './editing.ts';
import type { By } from './host.ts';

/** The result of one line. */
export interface CommandResult {
  ok: boolean;
  /** The line as given, without `--json`. */
  command: string;
  json: boolean;
  /** Why it failed; absent when it did not. */
  error?: { code: string; message: string };
  /** The lines that a person reads, besides the error. */
  lines: string[];
  /** How many of the lines are titles; none unless told. */
  head?: number;
  /** How many lines each row of `data` has; one, unless told. */
  spans?: readonly number[];
  /** The same facts for a program. */
  data?: unknown;
  /** The transaction that the command was, if it began. */
  transaction?: TransactionReport;
  /** The session, or the router, is to end. */
  quit?: true;
}

export type Answer = Pick<CommandResult, 'lines'> &
  Partial<Pick<CommandResult, 'head' | 'spans' | 'data' | 'error' | 'transaction' | 'quit'>>;

/** Settings of one session, by commands of its own. */
export interface SessionSettings {
  /** Shows the whole log as it comes, and not only errors and what its own commands do. */
  monitor: boolean;
  /** Lines of a page; 0 shows answers whole. */
  length: number;
}

export interface Caller {
  by: By;
  /** The meaning of `quit` where the command was typed. */
  quits: 'router' | 'session';
  /** Absent where there is no session: a request of a program stands alone. */
  session?: SessionSettings;
  /** The configuration that it edits, also by several requests on one connection. */
  editing?: Editing;
  /** Breaks off a `wait`, and ends a `bench`. When aborted with `INTERRUPTED`, also gives up a retry. */
  signal?: AbortSignal;
  /** Takes lines while a command is carried out that takes long; absent where nobody would see them. */
  say?: (line: string) => void;
  /** Whether a line would be dropped now, for the reader is too slow. */
  isBehind?: () => boolean;
}

/** A person asked for it, with Ctrl-C. A session that is lost is no reason to give up a retry. */
export const INTERRUPTED = Symbol('interrupted');

export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
