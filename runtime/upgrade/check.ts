/**
 * A dry run (OTP's `check_install_release`): what a transaction would do up to the decision, on copies. Nothing is
 * disabled, opened or written; taking a copy stalls the event loop for as long as the state is large, and code of the
 * new version for as long as it takes, up to the deadline.
 */
import { turn } from '../turn.ts';
import type { Participant } from './participant.ts';
import type { Plan } from './plan.ts';
import type { MemberReport, Origin, Rehearsal, StateFate, TableFate, TransactionReport } from './report.ts';

/** Blackout of a swap without handlers, in ms, before there is one to learn from. */
const BARE_MS = 0.03;
/** Transactions that the prediction learns from. */
const LEARNT = 20;

/** What would become of one module. */
export interface CheckMember {
  /** Its name. */
  module: string;
  /** What would be done to it. */
  change: MemberReport['change'];
  /** Version now; empty when it would be added. */
  from: string;
  /** Version afterwards; empty when it would be removed. */
  to: string;
  /** State versions; 0 where there is none. */
  stateFrom: number;
  /** State version afterwards; 0 when it would be removed. */
  stateTo: number;
  /** What would become of the state. */
  how: StateFate;
  /** The state's Tables: rows now, and whether each would be migrated. */
  tables: TableFate[];
  /** Entries in its mailbox now. */
  waiting: number;
  /** Whether it would agree to be swapped now, or why not. */
  quiescent: true | string;
  /** Predicted, in ms. */
  blackout: number;
}

/** What a dry run (`Runtime.check`) found: the transaction as it would go. */
export interface CheckReport {
  /** The command as it was given. */
  command: string;
  /** Who gave it: a console's name, or `host`. */
  by: string;
  /** Whether nothing was found that would make it abort. */
  ok: boolean;
  /** What would make it abort. */
  problems: string[];
  /** What would not make it abort, and should be known. */
  warnings: string[];
  /** Predicted time during which the group is out of service, in ms. */
  window: number;
  /** One entry per module, in the order of the command. */
  members: CheckMember[];
}

export async function dryRun(
  { members }: Plan,
  preparation: number,
  { command, by }: Origin,
  history: readonly TransactionReport[],
): Promise<CheckReport> {
  const rehearsals: Rehearsal[] = [];
  for (const member of members) rehearsals.push(await member.rehearse(preparation));
  const window = bare(history) + rehearsals.reduce((sum, { work }) => sum + work, 0);
  const problems = rehearsals.flatMap((rehearsal) => rehearsal.problems);
  return {
    command,
    by,
    ok: problems.length === 0,
    problems,
    warnings: [...rehearsals.flatMap((rehearsal) => rehearsal.warnings), ...members.flatMap(busy)],
    window,
    members: await turn(() => members.map((member, i) => checked(member, rehearsals[i]!, window))),
  };
}

function checked(member: Participant, { how, tables }: Rehearsal, window: number): CheckMember {
  const { module, change, from, to, proxy } = member;
  const before = member.change === 'add' ? 0 : proxy.manifest.state.version;
  return {
    module,
    change,
    from,
    to,
    stateFrom: before,
    stateTo: member.after?.manifest.state.version ?? 0,
    how,
    tables,
    waiting: member.change === 'add' ? 0 : proxy.queue().waiting,
    quiescent: member.wouldBeQuiescent(),
    blackout: window,
  };
}

function busy(member: Participant): string[] {
  const unfinished = member.drains ? member.proxy.unfinished : '';
  return unfinished === '' ? [] : [`${member.module}: ${unfinished}: the swap would wait for that`];
}

/** What a swap costs besides the members' own code: the median of the last ones. */
function bare(history: readonly TransactionReport[]): number {
  const costs = history
    .filter(({ outcome }) => outcome === 'committed')
    .slice(-LEARNT)
    .map(({ window, phases }) => Math.max(0, window - phases.state - phases.commit))
    .sort((a, b) => a - b);
  return costs[costs.length >> 1] ?? BARE_MS;
}
