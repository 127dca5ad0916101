/** What is kept of a transaction: who, what, votes and reasons, and where the time went (design rule 13). */
export type Outcome = 'committed' | 'aborted';

export interface Vote {
  module: string;
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

export interface MemberReport {
  module: string;
  change: 'replace' | 'add' | 'remove' | 'enable' | 'disable';
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

/** One line of the log of a transaction, in the manner of the paper's Figures 10 and 11. */
export interface StepLine {
  /** Milliseconds since the transaction began. */
  at: number;
  module: string;
  version: string;
  text: string;
}

export interface TransactionReport {
  id: number;
  /** The command as it was given. */
  command: string;
  /** Who gave it: a console's name, or `host`. */
  by: string;
  /** Wall clock in ms. */
  startedAt: number;
  outcome: Outcome;
  /** Why it was aborted; empty when committed. */
  reason: string;
  /** Preparation time granted, in ms. */
  deadline: number;
  members: MemberReport[];
  votes: Vote[];
  phases: Phases;
  /** From the first disable until the last member served again, in ms. */
  window: number;
  /** How long the whole transaction took, in ms. */
  total: number;
  /** How late the decision came after the deadline, in ms; 0 when it came in time. */
  late: number;
  /** Kept of the last hundred transactions only. */
  steps: StepLine[];
  /** Which attempt this was, when the command is tried again after an abort. */
  attempt?: { number: number; of: number };
  /** The transaction that this one undid. */
  undoes?: number;
  /** Whether the versions are on disk: false when committed and not yet written; absent when no version set is kept. */
  durable?: boolean;
  /** The watch over the new versions after a commit; absent when there is none. */
  probation?: ProbationReport;
}

export interface ProbationReport {
  /** Wall clock in ms: when it ends, or ended. */
  until: number;
  /** It goes back unless it is confirmed in time. */
  confirm: boolean;
  /** `superseded`: the next transaction, or a rollback, committed before it was over. */
  outcome: 'running' | 'passed' | 'confirmed' | 'superseded' | 'failed';
  /** Why it failed. */
  reason: string;
}
