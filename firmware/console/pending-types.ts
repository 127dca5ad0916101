/**
 * PENDING: what `runtime/index.ts` does not export yet, as the console needs it. Every other file of the console takes
 * these types from here only, so when the runtime has them, this file becomes one line:
 * `export type { Change, … } from '../../runtime/index.ts';` (or goes, with its imports), and `pendingRuntime` goes.
 */
import type {
  LogRecord as LogRecordNow,
  MemberReport as MemberReportNow,
  QueueView as QueueViewNow,
  TransactionReport as ReportNow,
  Runtime,
} from '../../runtime/index.ts';
import type { ConsoleRuntime } from './host.ts';

export type Change =
  | { change: 'replace'; module: string; bundle: string }
  | { change: 'add'; module: string; bundle: string; config?: unknown; checkpoint?: string }
  | { change: 'remove'; module: string; force?: boolean }
  | { change: 'enable' | 'disable'; module: string };

export interface RunOptions {
  confirm?: number;
  retry?: { times: number; every: number };
}

export interface ProbationView {
  transaction: number;
  members: string[];
  /** Wall clock in ms. */
  endsAt: number;
  /** Must be confirmed, or it goes back. */
  confirm: boolean;
}

export interface CheckReport {
  command: string;
  by: string;
  ok: boolean;
  /** What would make it abort. */
  problems: string[];
  warnings: string[];
  /** Predicted, in ms. */
  window: number;
  members: CheckMember[];
}

export interface CheckMember {
  module: string;
  change: MemberReport['change'];
  from: string;
  to: string;
  stateFrom: number;
  stateTo: number;
  how: 'adopted' | 'migrated' | 'initial' | 'dropped' | 'kept';
  tables: { name: string; rows: number; migrated: boolean }[];
  /** Entries in its mailbox now. */
  waiting: number;
  quiescent: true | string;
  /** Predicted, in ms. */
  blackout: number;
}

export interface StateView {
  module: string;
  version: string;
  stateVersion: number;
  state: unknown;
}

export interface CheckpointView {
  module: string;
  version: string;
  stateVersion: number;
  at: number;
  bytes: number;
  file: string;
}

export interface MemberReport extends MemberReportNow {
  /** Messages given back to their senders by a removal. */
  undelivered: number;
}

export interface TransactionReport extends Omit<ReportNow, 'members'> {
  members: MemberReport[];
  attempt?: { number: number; of: number };
  /** The transaction that this one undid. */
  undoes?: number;
  /** False: committed, but not yet written; absent: no version set is kept. */
  durable?: boolean;
  probation?: {
    /** Wall clock in ms. */
    until: number;
    outcome: 'running' | 'passed' | 'confirmed' | 'superseded' | 'failed';
    reason: string;
    confirm: boolean;
  };
}

export interface QueueView extends QueueViewNow {
  /** Messages of this module that came back because their receiver was removed. */
  undeliverable: number;
}

export interface LogRecord extends LogRecordNow {
  /** On the line that ends a transaction: its report, without the steps. */
  data?: unknown;
}

export type LogSink = (record: LogRecord) => void;

/** The runtime as the console sees it. PENDING: when `Runtime` has all of it, no cast is needed. */
export function pendingRuntime(runtime: Runtime): ConsoleRuntime {
  return runtime as unknown as ConsoleRuntime;
}
