/** Carries out a command for a person or a program: the same facts as text and as data. */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../config/duration.ts';
import { describeError, FirmwareError } from '../errors.ts';
import { jsonLine, printable } from '../host/printable.ts';
import type { Answer, Caller, CommandResult } from './answer.ts';
import { bench } from './bench.ts';
import type { Command } from './command.ts';
import { parseLine } from './grammar.ts';
import { help } from './help.ts';
import type { ConsoleHost } from './host.ts';
import { moduleNamed, withBundles } from './lookup.ts';
import { rebootText } from './slot-tables.ts';
import * as tables from './tables.ts';
import { cancel, checkChanges, confirm, rollback, runChanges } from './transactions.ts';
import { faultsOf, oneUpgrade, slotsOf, stateOf, view } from './views.ts';

export type { Caller, CommandResult } from './answer.ts';

/** Parses the line and carries it out. Never throws: whatever goes wrong is in the result. */
export async function execute(line: string, host: ConsoleHost, caller: Caller): Promise<CommandResult> {
  const parsed = parseLine(line);
  const told = { command: parsed.text, json: parsed.json };
  try {
    if ('error' in parsed) throw parsed.error;
    if (parsed.form?.lab && !host.runtime.faults) {
      throw new FirmwareError(
        'LAB_ONLY',
        `"${parsed.form.words.join(' ')}" exists in the lab only (hitless lab); this router serves a network`,
      );
    }
    const answer = await carryOut(parsed.command, parsed.text, host, caller);
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

async function carryOut(command: Command, text: string, host: ConsoleHost, caller: Caller): Promise<Answer> {
  const { runtime } = host;
  switch (command.name) {
    case 'nothing':
      return { lines: [] };
    case 'show':
      return view(command.view, host, command.last);
    case 'show upgrade':
      return oneUpgrade(command.id, runtime);
    case 'show state':
      return stateOf(command.module, command.path, runtime);
    case 'run':
      return runChanges(command.changes, command.options, text, host, caller);
    case 'check':
      return checkChanges(command.changes, text, host, caller);
    case 'confirm':
      return confirm(runtime, text, caller);
    case 'rollback':
      return rollback(runtime, command.options, text, caller);
    case 'cancel':
      return cancel(runtime, text, caller);
    case 'checkpoint': {
      const data = await runtime.checkpoint(moduleNamed(command.module, runtime), command.file);
      return {
        lines: [
          `${data.module} ${data.version}, state version ${data.stateVersion}: ${data.bytes} bytes written to ${data.file}`,
        ],
        data,
      };
    }
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
    case 'reboot': {
      const status = await slotsOf(host, 'reboot').reboot();
      return { lines: [rebootText(status)], data: { next: status.trying ?? status.chosen, ...status } };
    }
    case 'wait':
      await wait(command.duration, caller.signal);
      return { lines: [], data: { waited: command.duration } };
    case 'bench latency':
    case 'bench swap':
      return bench(command, text, host, caller);
    case 'help': {
      const { lines, entries } = help(command.topic, runtime.faults !== undefined);
      return { lines, data: entries };
    }
    case 'quit':
      return {
        lines: [caller.quits === 'router' ? 'the router stops' : 'this session ends, the router goes on'],
        data: { ends: caller.quits },
        quit: true,
      };
  }
}

/** @throws FirmwareError `WAIT_INTERRUPTED` */
async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.reason instanceof FirmwareError) throw signal.reason;
    throw new FirmwareError('WAIT_INTERRUPTED', `the wait of ${formatDuration(ms)} was broken off`, {
      cause,
    });
  }
}
