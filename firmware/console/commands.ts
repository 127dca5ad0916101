/** Carries out a command for a person or a program: the same facts as text and as data. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Change, HitlessError, type TransactionReport } from '../../runtime/index.ts';
import { formatDuration } from '../duration.ts';
import { didYouMean } from '../nearest.ts';
import { ConsoleError, describeError } from './errors.ts';
import { type Command, parseLine, type View } from './grammar.ts';
import { help } from './help.ts';
import type { By, ConsoleFaults, ConsoleHost, ConsoleRuntime } from './host.ts';
import { jsonLine, printable } from './printable.ts';
import * as tables from './tables.ts';

/** What came of one line. */
export interface CommandResult {
  ok: boolean;
  /** The line as given, without `--json`. */
  command: string;
  json: boolean;
  /** Why it failed; absent when it did not. */
  error?: { code: string; message: string };
  /** What a person reads, besides the error. */
  lines: string[];
  /** The same facts for a program. */
  data?: unknown;
  /** The transaction that the command was, if it began. */
  transaction?: TransactionReport;
  /** The session, or the router, is to end. */
  quit?: true;
}

export interface Origin {
  by: By;
  /** What `quit` means where the command was typed. */
  quits: 'router' | 'session';
  /** Breaks off a `wait`. */
  signal?: AbortSignal;
}

type Answer = Pick<CommandResult, 'lines'> &
  Partial<Pick<CommandResult, 'data' | 'error' | 'transaction' | 'quit'>>;

/** Parses the line and carries it out. Never throws: whatever goes wrong is in the result. */
export async function execute(line: string, host: ConsoleHost, origin: Origin): Promise<CommandResult> {
  const parsed = parseLine(line);
  const told = { command: parsed.text, json: parsed.json };
  try {
    if ('error' in parsed) throw parsed.error;
    if (parsed.form?.lab && !host.runtime.faults) {
      throw new ConsoleError(
        'LAB_ONLY',
        `"${parsed.form.words.join(' ')}" exists in the lab only (hitless lab); this router serves a network`,
      );
    }
    const answer = await carryOut(parsed.command, parsed.text, host, origin);
    return { ok: answer.error === undefined, ...told, ...answer };
  } catch (thrown) {
    return { ok: false, ...told, error: describeError(thrown), lines: [] };
  }
}

/** The lines that a terminal shows: the error first, if there is one, or one line of JSON if that was asked for. */
export function textOf(result: CommandResult): string[] {
  if (result.json) return [jsonOf(result)];
  const error = result.error ? [`${result.error.code}: ${result.error.message}`] : [];
  return [...error, ...result.lines].map(printable);
}

/** The answer to `--json`: exactly one object on one line. */
export function jsonOf(result: Pick<CommandResult, 'ok' | 'command' | 'data' | 'error'>): string {
  return jsonLine({
    ok: result.ok,
    command: result.command,
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.error === undefined ? {} : { error: result.error }),
  });
}

async function carryOut(command: Command, text: string, host: ConsoleHost, origin: Origin): Promise<Answer> {
  const { runtime } = host;
  const transaction = async (changes: Change[]): Promise<Answer> =>
    answerOf(await runtime.run(changes, { command: text, by: origin.by }));
  switch (command.name) {
    case 'nothing':
      return { lines: [] };
    case 'show':
      return view(command.view, host);
    case 'show upgrade':
      return upgrade(command.id, runtime);
    case 'replace':
      return withBundles(
        command.pairs.map(({ bundle }) => bundle),
        runtime,
        (refs) =>
          transaction(
            command.pairs.map(({ module }, i) => ({
              change: 'replace',
              module: moduleNamed(module, runtime),
              bundle: refs[i]!,
            })),
          ),
      );
    case 'enable':
    case 'disable':
      return transaction([{ change: command.name, module: moduleNamed(command.module, runtime) }]);
    case 'settimer': {
      if (command.duration !== undefined) runtime.preparation = command.duration;
      const { preparation } = runtime;
      return { lines: [`preparation time ${formatDuration(preparation)}`], data: { preparation } };
    }
    case 'load': {
      const loaded = await withBundles([command.bundle], runtime, ([ref]) => runtime.repository.load(ref!));
      return { lines: tables.versionsTable([loaded]), data: loaded };
    }
    case 'unload': {
      const bundle = await withBundles([command.bundle], runtime, async ([ref]) => {
        runtime.repository.unload(ref!);
        return ref!;
      });
      return { lines: [`${bundle} is unloaded`], data: { bundle } };
    }
    case 'fault': {
      const module = moduleNamed(command.module, runtime);
      const { kind, hook, duration } = command;
      faultsOf(runtime).set(module, kind, {
        ...(hook === undefined ? {} : { hook }),
        ...(duration === undefined ? {} : { duration }),
      });
      const how = `${kind}${duration === undefined ? '' : ` ${formatDuration(duration)}`}${hook === undefined ? '' : ` in ${hook}`}`;
      return {
        lines: [`${module} will fail in the next transaction: ${how}`],
        data: { module, kind, hook, duration },
      };
    }
    case 'wait':
      await wait(command.duration, origin.signal);
      return { lines: [], data: { waited: command.duration } };
    case 'help': {
      const { lines, entries } = help(command.topic, runtime.faults !== undefined);
      return { lines, data: entries };
    }
    case 'quit':
      return {
        lines: [origin.quits === 'router' ? 'the router stops' : 'this session ends, the router goes on'],
        data: { ends: origin.quits },
        quit: true,
      };
  }
}

async function view(which: View, host: ConsoleHost): Promise<Answer> {
  const { runtime } = host;
  switch (which) {
    case 'modules': {
      const data = runtime.modules();
      return { lines: tables.modulesTable(data, Date.now()), data };
    }
    case 'names': {
      const data = runtime.nameTable();
      return { lines: tables.namesTable(data), data };
    }
    case 'events': {
      const data = runtime.eventTable();
      return { lines: tables.eventsTable(data), data };
    }
    case 'versions': {
      const data = runtime.versions();
      return { lines: tables.versionsTable(data), data };
    }
    case 'queues': {
      const data = runtime.queues();
      return { lines: tables.queuesTable(data), data };
    }
    case 'upgrades': {
      const data = runtime.history;
      return { lines: tables.upgradesTable(data), data };
    }
    case 'monitors': {
      if (!host.monitors) {
        throw new ConsoleError(
          'MONITORS_ABSENT',
          'this router has no monitors; they run beside it in the lab (hitless lab)',
        );
      }
      const data = host.monitors();
      return { lines: tables.monitorsTable(data), data };
    }
    case 'neighbors':
      return protocolView(runtime, 'OSPF', 'neighbors', 'no neighbours');
    case 'vrrp':
      return protocolView(runtime, 'VRRP', 'virtualRouters', 'no virtual routers');
    case 'faults': {
      const data = faultsOf(runtime).list();
      return { lines: tables.faultsTable(data), data };
    }
  }
}

async function protocolView(
  runtime: ConsoleRuntime,
  module: string,
  request: string,
  none: string,
): Promise<Answer> {
  const data = await runtime.ask(moduleNamed(module, runtime), request, undefined, { timeout: 2000 });
  return { lines: tables.answerTable(data, none), data };
}

function upgrade(id: number, runtime: ConsoleRuntime): Answer {
  const report = runtime.history.find((each) => each.id === id);
  if (!report) {
    const kept = runtime.history.map((each) => each.id);
    const range = kept.length === 0 ? 'there was none yet' : `${kept[0]} to ${kept.at(-1)} are kept`;
    throw new ConsoleError('UPGRADE_UNKNOWN', `there is no transaction ${id}; ${range}`);
  }
  return { lines: tables.upgradeText(report), data: report };
}

const DONE = { add: 'added', remove: 'removed', enable: 'enabled', disable: 'disabled' } as const;

/** A committed transaction in short; an aborted one as a failure, with the votes. */
function answerOf(report: TransactionReport): Answer {
  if (report.outcome === 'aborted') {
    const held = tables.buffered(report);
    return {
      error: {
        code: 'TRANSACTION_ABORTED',
        message: `transaction ${report.id} was aborted: ${report.reason}; everything is as it was before`,
      },
      lines: [
        ...tables.votesText(report),
        `${countOf(held, 'message')} held meanwhile, handed over in order`,
      ],
      data: report,
      transaction: report,
    };
  }
  const lines = report.members.map((member) => {
    const what =
      member.change === 'replace'
        ? `${member.from} -> ${member.to}`
        : `${member.to || member.from} ${DONE[member.change]}`;
    if (member.change === 'enable' || member.change === 'disable') return `${member.module} ${what}`;
    return `${member.module} ${what}: blackout ${tables.micros(member.blackout)} µs, ${countOf(member.buffered, 'message')} buffered`;
  });
  return {
    lines: [
      `transaction ${report.id} committed: window ${tables.micros(report.window)} µs, ${tables.micros(report.total)} µs in all`,
      ...lines,
    ],
    data: report,
    transaction: report,
  };
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** @throws HitlessError `MODULE_UNKNOWN` */
function moduleNamed(typed: string, runtime: ConsoleRuntime): string {
  const names = [
    ...runtime.modules().map((module) => ({ name: module.name, module: module.name })),
    ...runtime.nameTable(),
  ];
  const found =
    names.find(({ name }) => name === typed) ??
    names.find(({ name }) => name.toLowerCase() === typed.toLowerCase());
  if (found) return found.module;
  const known = runtime.modules().map((module) => module.name);
  throw new HitlessError(
    'MODULE_UNKNOWN',
    `there is no module "${typed.slice(0, 60)}"${didYouMean(typed, known)}; modules: ${known.join(', ') || 'none'}`,
  );
}

/**
 * Calls the action with the bundles as the repository names them; a path, and what the repository does not know,
 * goes as typed. When it says that one is missing, the console adds what is near.
 */
async function withBundles<Result>(
  typed: readonly string[],
  runtime: ConsoleRuntime,
  action: (refs: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const known = runtime.versions().map((version) => version.bundle);
  const refs = typed.map(
    (text) => known.find((bundle) => bundle.toLowerCase() === text.toLowerCase()) ?? text,
  );
  try {
    return await action(refs);
  } catch (thrown) {
    const missing = refs.find((ref) => !known.includes(ref));
    const isMissing = thrown instanceof HitlessError && thrown.code === 'BUNDLE_NOT_FOUND';
    if (!isMissing || missing === undefined) throw thrown;
    throw new HitlessError('BUNDLE_NOT_FOUND', `${thrown.message}${didYouMean(missing, known)}`, {
      cause: thrown,
      ...(thrown.module === undefined ? {} : { module: thrown.module }),
    });
  }
}

/** @throws ConsoleError `LAB_ONLY` */
function faultsOf(runtime: ConsoleRuntime): ConsoleFaults {
  if (runtime.faults) return runtime.faults;
  throw new ConsoleError('LAB_ONLY', 'faults exist in the lab only (hitless lab)');
}

/** @throws ConsoleError `WAIT_INTERRUPTED` */
async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (cause) {
    throw new ConsoleError('WAIT_INTERRUPTED', `the wait of ${formatDuration(ms)} was broken off`, { cause });
  }
}
