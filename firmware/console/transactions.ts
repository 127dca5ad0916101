/** The commands that change modules: run, tried dry, confirmed, undone, given up. */

import type {
  CheckReport,
  MemberReport,
  NamedChange,
  RunOptions,
  TransactionReport,
} from '../../runtime/index.ts';
import { type Answer, type Caller, countOf, INTERRUPTED } from './answer.ts';
import type { ConsoleHost, ConsoleRuntime } from './host.ts';
import { moduleNamed, newModuleNamed, withBundles } from './lookup.ts';
import { formatLeft, micros } from './tables.ts';
import { buffered, checkText, forcedLines, votesText } from './upgrade-tables.ts';

/** How often a retry is looked for that is not waiting yet, in ms. */
const GIVE_UP_MS = 50;

export async function runChanges(
  changes: readonly NamedChange[],
  given: RunOptions,
  text: string,
  host: ConsoleHost,
  caller: Caller,
): Promise<Answer> {
  const { runtime } = host;
  const from = { command: text, by: caller.by };
  const force = changes.some((change) => 'force' in change && change.force === true);
  const options = force ? { ...given, force } : given;
  return named(changes, host, async (known) => {
    if (Object.keys(options).length === 0) return answerOf(await runtime.run(known, from));
    const giveUp = new GivingUp(runtime, from, options.retry ? caller.signal : undefined);
    try {
      return answerOf(await runtime.run(known, from, options));
    } finally {
      giveUp.done();
    }
  });
}

export function checkChanges(
  changes: readonly NamedChange[],
  text: string,
  host: ConsoleHost,
  caller: Caller,
): Promise<Answer> {
  return named(changes, host, async (known) =>
    checkAnswer(await host.runtime.check(known, { command: text, by: caller.by })),
  );
}

export function checkAnswer(report: CheckReport): Answer {
  const lines = checkText(report);
  if (report.ok) return { lines, data: report };
  const why = report.problems.join('; ') || 'no reason was given';
  const message = `it would be aborted: ${why}; nothing was changed: mend this, and check again`;
  return { lines, data: report, error: { code: 'CHECK_FAILED', message } };
}

export async function confirm(runtime: ConsoleRuntime, text: string, caller: Caller): Promise<Answer> {
  const report = await runtime.confirm({ command: text, by: caller.by });
  return {
    lines: [
      `transaction ${report.id} is confirmed: ${report.members.map(changeOf).join(', ')}`,
      ...durability(report),
    ],
    data: report,
  };
}

export async function rollback(
  runtime: ConsoleRuntime,
  options: { checkpoint?: boolean; force?: boolean },
  text: string,
  caller: Caller,
): Promise<Answer> {
  return answerOf(await runtime.rollback({ command: text, by: caller.by, ...options }));
}

export function cancel(runtime: ConsoleRuntime, text: string, caller: Caller): Answer {
  const given = runtime.cancel({ command: text, by: caller.by });
  return { lines: [`given up: ${given.command}`], data: given };
}

/** Ctrl-C where a command with `retry` was typed: gives the retry up when it waits, or as soon as it does. */
class GivingUp {
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #begin: () => void;

  constructor(
    runtime: ConsoleRuntime,
    from: { command: string; by: string },
    signal: AbortSignal | undefined,
  ) {
    const attempt = (): void => {
      try {
        runtime.cancel({ command: 'cancel', by: from.by });
      } catch {
        // An attempt is running: it is let finish, as any transaction is.
        this.#timer = setTimeout(attempt, GIVE_UP_MS);
      }
    };
    this.#begin = () => {
      if (signal?.reason === INTERRUPTED) attempt();
    };
    this.#signal = signal;
    signal?.addEventListener('abort', this.#begin);
    if (signal?.aborted) this.#begin();
  }

  done(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#begin);
  }
}

/**
 * Calls the action with the changes as the router names their modules and bundles.
 * @throws HitlessError `MODULE_UNKNOWN`; and what `host.configured` throws
 */
function named(
  changes: readonly NamedChange[],
  host: ConsoleHost,
  action: (known: NamedChange[]) => Promise<Answer>,
): Promise<Answer> {
  const { runtime } = host;
  const bundles = changes.map((change) => ('bundle' in change ? change.bundle : undefined));
  const typed = bundles.filter((bundle) => bundle !== undefined);
  return withBundles(typed, runtime, async (refs) => {
    const rest = [...refs];
    const known = changes.map((change): NamedChange => {
      if (change.change === 'add') {
        const bundle = rest.shift()!;
        return { ...change, bundle, module: newModuleNamed(change.module, bundle, runtime) };
      }
      const module = moduleNamed(change.module, runtime);
      return change.change === 'replace'
        ? { ...change, module, bundle: rest.shift()! }
        : { ...change, module };
    });
    return action(host.configured === undefined ? known : await host.configured(known));
  });
}

/** A committed transaction in short; an aborted one as a failure, with the votes. */
export function answerOf(report: TransactionReport): Answer {
  const attempt =
    report.attempt === undefined ? '' : `, attempt ${report.attempt.number} of ${report.attempt.of}`;
  if (report.outcome === 'aborted') {
    return {
      error: {
        code: 'TRANSACTION_ABORTED',
        message: `transaction ${report.id} was aborted${attempt}: ${report.reason}; everything is as it was before`,
      },
      lines: [
        ...votesText(report),
        `${countOf(buffered(report), 'message')} held meanwhile, handed over in order`,
        ...forcedLines(report),
      ],
      data: report,
      transaction: report,
    };
  }
  const undoes = report.undoes === undefined ? '' : `, undoes transaction ${report.undoes}`;
  return {
    lines: [
      `transaction ${report.id} committed${attempt}${undoes}: window ${micros(report.window)} µs, ${micros(report.total)} µs in all`,
      ...report.members.map(memberLine),
      ...forcedLines(report),
      ...durability(report),
      ...watched(report),
    ],
    data: report,
    transaction: report,
  };
}

const DONE = {
  add: 'added',
  remove: 'removed',
  enable: 'enabled',
  disable: 'disabled',
  configure: 'configured',
} as const;

function changeOf({ module, change, from, to }: MemberReport): string {
  return `${module} ${change === 'replace' ? `${from} -> ${to}` : `${to || from} ${DONE[change]}`}`;
}

function memberLine(member: MemberReport): string {
  const what = changeOf(member);
  if (member.change === 'enable' || member.change === 'disable') return what;
  const back =
    member.undelivered > 0 ? `, ${countOf(member.undelivered, 'message')} back to the senders` : '';
  return `${what}: blackout ${micros(member.blackout)} µs, ${countOf(member.buffered, 'message')} buffered${back}`;
}

function durability(report: TransactionReport): string[] {
  if (report.durable !== false) return [];
  return [
    'committed, not durable: the set of versions could not be written yet; a start now would have the set before',
  ];
}

/** The work that is still open after the commit. */
function watched({ probation }: TransactionReport): string[] {
  if (probation?.outcome !== 'running') return [];
  const left = formatLeft(probation.until - Date.now());
  return [probation.confirm ? `confirm within ${left} or it goes back` : `on probation for ${left}`];
}
