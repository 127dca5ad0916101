/** Carries out a command for a person or a program: the same facts as text and as data. */

import { describeError, FirmwareError } from '../errors.ts';
import { jsonLine, printable } from '../host/printable.ts';
import { absentView } from './absent-view.ts';
import type { Caller, CommandResult } from './answer.ts';
import { commandsOf } from './commands/all.ts';
import { filtered } from './filters.ts';
import type { Parsed } from './grammar.ts';
import type { ConsoleHost } from './host.ts';

/** Carries out what was read from a line. Never throws: whatever goes wrong is in the result. */
export async function execute(parsed: Parsed, host: ConsoleHost, caller: Caller): Promise<CommandResult> {
  const { text, json } = parsed;
  const told = { command: text, json };
  try {
    if ('error' in parsed) throw await explained(parsed, host);
    const { command, input, filters } = parsed;
    if (command.lab && !host.runtime.faults) {
      throw new FirmwareError(
        'LAB_ONLY',
        `"${command.words.join(' ')}" exists in the lab only (hitless lab); this router serves a network`,
      );
    }
    const whole = await command.run(input, { host, caller, text, commands: commandsOf(host) });
    const answer = filtered(whole, filters);
    return { ok: answer.error === undefined, ...told, ...answer };
  } catch (thrown) {
    return { ok: false, ...told, error: describeError(thrown), lines: [] };
  }
}

/** A command that is unknown may be one of a version that does not run. */
async function explained(
  { error, text }: Extract<Parsed, { error: unknown }>,
  { runtime }: ConsoleHost,
): Promise<FirmwareError> {
  return (error.code === 'COMMAND_UNKNOWN' && (await absentView(text, runtime))) || error;
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
