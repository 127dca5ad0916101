/** The record of a transaction: cause, changes, votes and reasons, and where the time went (design rule 13). */
export type Outcome = 'committed' | 'aborted';

/** The steps of a transaction, in their order; `undo` puts back what was done. */
export type StepName =
  | 'upload'
  | 'warm'
  | 'write'
  | 'open'
  | 'migrate'
  | 'wait'
  | 'disable'
  | 'drain'
  | 'quiescent'
  | 'freeze'
  | 'decide'
  | 'names'
  | 'switch'
  | 'start'
  | 'apply'
  | 'commit'
  | 'adopt'
  | 'release'
  | 'serve'
  | 'handle'
  | 'end'
  | 'persist'
  | 'cleanup'
  | 'undo';

/** How long the event loop did not come back because of a transaction, from upload to clean-up. */
export interface StallReport {
  /** The longest time, in ms: what a neighbour or a caller waited. */
  longest: number;
  /** The step that took the most of it; for the window, its last. */
  during: string;
  /** All times above 0.05 ms, in ms. */
  sum: number;
}

/** A command and its giver. */
export interface Origin {
  /** As it was typed, or what a program calls it; the history shows it. */
  command: string;
  /** Its giver: a console's name, or the name that a program calls itself. */
  by: string;
}

/** The vote of one module, when it was asked to commit (paper 3.4). */
export interface Vote {
  /** Its name. */
  module: string;
  /** One NO aborts the transaction. */
  vote: 'YES' | 'NO';
  /** Why NO; empty for YES. */
  reason: string;
}

/** Milliseconds spent in each phase; a phase that was not reached is 0. */
export interface Phases {
  /** Read, verify, compile, instantiate: the old version serves. */
  upload: number;
  /** Carrying the rows of tables over while the old version serves. */
  migrate: number;
  /** Waiting for an instant at which every member is idle: the old version serves. */
  wait: number;
  /** From the first disable until the group is quiescent: proxies buffer from here on. */
  drain: number;
  /** State adopted or carried over, and the votes. */
  state: number;
  /** References switched, new versions started, outputs released. */
  commit: number;
  /** The old versions dropped. */
  cleanup: number;
}

/** The part of one module in a transaction. */
export interface MemberReport {
  /** Its name. */
  module: string;
  /** The change that was made to it. */
  change: 'replace' | 'add' | 'remove' | 'enable' | 'disable' | 'configure';
  /** Version before; empty when added. */
  from: string;
  /** Version after; empty when removed. */
  to: string;
  /** From disable to the first message handled by the new version (or until it could handle one, if none waited), in ms. */
  blackout: number;
  /** Messages that arrived while the module was out of service. */
  buffered: number;
  /** Most entries that its mailbox held meanwhile. */
  highWater: number;
  /** Messages that a removal gave back to their senders. */
  undelivered: number;
}

/** A member that was not quiescent in time, and that a forced transaction did not wait for any longer. */
export interface ForcedMember {
  /** Its name. */
  module: string;
  /** Why it was not quiescent. */
  why: string;
  /** Handlers that were cut in the middle, each with who had sent what it handled; at most 20. */
  interrupted: string[];
}

/** One line of the log of a transaction, in the manner of the paper's Figures 10 and 11. */
export interface StepLine {
  /** Milliseconds since the transaction began. */
  at: number;
  /** The step at which it was said. */
  step: StepName;
  /** The module that it is about. */
  module: string;
  /** The version that acts; empty where it is about the module. */
  version: string;
  /** The acts, as the paper's figures say them. */
  text: string;
}

/** All that is known of one transaction. Times are wall clock or milliseconds, as each member says. */
export interface TransactionReport {
  /** Counts from 1, aborted ones included. */
  id: number;
  /** The command as it was given. */
  command: string;
  /** Its giver: a console's name, or `host`. */
  by: string;
  /** Wall clock in ms. */
  startedAt: number;
  /** All of it is in place, or nothing has changed. */
  outcome: Outcome;
  /** Why it was aborted; empty when committed. */
  reason: string;
  /** Preparation time granted, in ms. */
  deadline: number;
  /** One entry per module, in the order of the command. */
  members: MemberReport[];
  /** The votes, by module; a module that was not asked any more is not in it. */
  votes: Vote[];
  /** Where the time went. */
  phases: Phases;
  /** From the first disable until the last member served again, in ms. */
  window: number;
  /** How long the event loop stood still because of it. */
  stall: StallReport;
  /** The step that it came to; when aborted, the one that was undone first. */
  reached: StepName;
  /** How long the whole transaction took, in ms. */
  total: number;
  /** How late the decision came after the deadline, in ms; 0 when it came in time. */
  late: number;
  /** Kept of the last hundred transactions only. */
  steps: StepLine[];
  /** By force: who was cut at the deadline, instead of an abort; absent when nobody was. */
  forced?: ForcedMember[];
  /** Which attempt this was, when the command is tried again after an abort. */
  attempt?: { number: number; of: number };
  /** The transaction that this one undid. */
  undoes?: number;
  /** Whether the versions are on disk: false when committed and not yet written; absent when no version set is kept. */
  durable?: boolean;
  /** The watch over the new versions after a commit; absent when there is none. */
  probation?: ProbationReport;
}

/** The watch over a transaction's new versions, and how it ended. */
export interface ProbationReport {
  /** Wall clock in ms: when it ends, or ended. */
  until: number;
  /** It goes back unless it is confirmed in time. */
  confirm: boolean;
  /** `superseded`: the next transaction committed before it was over. `undone`: it was rolled back by command. */
  outcome: 'running' | 'passed' | 'confirmed' | 'superseded' | 'undone' | 'failed';
  /** Why it failed. */
  reason: string;
}

/** The fate of a module's state. */
export type StateFate = 'adopted' | 'migrated' | 'initial' | 'dropped' | 'kept';

/** A Table of a state. */
export interface TableFate {
  /** Its name. */
  name: string;
  /** Rows now. */
  rows: number;
  /** Whether they would be migrated. */
  migrated: boolean;
}
