/** Carries out a command for a person or a program: the same facts as text and as data. */

import { describeError, FirmwareError } from '../errors.ts';
import { jsonLine, jsonPieces, printable } from '../host/printable.ts';
import { absentView } from './absent-view.ts';
import type { Caller, CommandResult } from './answer.ts';
import { commandsOf } from './commands/all.ts';
import { filtered } from './filters.ts';
import type { Parsed } from './grammar.ts';
import type { ConsoleHost } from './host.ts';
import { atOnce, inSlices, mapped, type Sliced } from './slices.ts';

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
    const whole = await command.run(input, { host, caller, text, json, filters, commands: commandsOf(host) });
    const answer = command.follows ? whole : await inSlices(filtered(whole, filters));
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
  return atOnce(textSteps(result));
}

/** The same of an answer that may be long, a line at each step. */
export function* textSteps(result: CommandResult): Sliced<string[]> {
  if (result.json) return [yield* joined(jsonPieces(jsonFacts(result)))];
  const lines = yield* mapped(result.lines, printable);
  const { error } = result;
  return error === undefined ? lines : [printable(`${error.code}: ${error.message}`), ...lines];
}

function* joined(pieces: Iterable<string>): Sliced<string> {
  const all: string[] = [];
  for (const piece of pieces) {
    all.push(piece);
    yield;
  }
  return all.join('');
}

/** The answer to `--json`: exactly one object on one line. */
export function jsonOf(result: JsonResult): string {
  return jsonLine(jsonFacts(result));
}

type JsonResult = Pick<CommandResult, 'ok' | 'command' | 'data' | 'error'>;

function jsonFacts({ ok, command, data, error }: JsonResult): object {
  return {
    ok,
    command,
    ...(data === undefined ? {} : { data }),
    ...(error === undefined ? {} : { error }),
  };
}
