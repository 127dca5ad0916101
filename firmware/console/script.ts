/**
 * A list of commands, carried out one after the other as if somebody typed them: blank lines and `#` comments are
 * passed over, `wait 2s` waits, and the first command that fails ends it. What a terminal would show is printed, the
 * log included.
 */
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { FirmwareError, systemCode } from '../errors.ts';
import { printable } from '../host/printable.ts';
import type { CommandResult } from './answer.ts';
import { commandsOf } from './commands/all.ts';
import { parseLine } from './grammar.ts';
import type { ConsoleHost } from './host.ts';
import { LineSplitter } from './lines.ts';
import { LONGEST_REQUEST } from './requests.ts';
import { MOST_WAITING, type Screen, Session } from './session.ts';
import { PROMPT } from './terminal.ts';

export interface Script {
  /** As errors name it. */
  name: string;
  source: Readable;
}

export interface ScriptResult {
  ok: boolean;
  /** Commands that were carried out, the failed one included. */
  commands: number;
  /** `quit` was among them; the router has been told. */
  quit: boolean;
  failed?: { line: number; command: string; code: string; message: string };
}

/**
 * Opens a script before anything else is begun.
 * @param file a path, or `-` for standard input
 * @throws FirmwareError `SCRIPT_UNREADABLE`
 */
export async function openScript(file: string): Promise<Script> {
  if (file === '-') return { name: 'standard input', source: process.stdin };
  try {
    const handle = await open(file);
    if ((await handle.stat()).isDirectory()) {
      await handle.close();
      throw new FirmwareError(
        'SCRIPT_UNREADABLE',
        `${file} is a directory; give a file of commands, or - for standard input`,
      );
    }
    return { name: file, source: handle.createReadStream() };
  } catch (cause) {
    if (cause instanceof FirmwareError) throw cause;
    throw new FirmwareError(
      'SCRIPT_UNREADABLE',
      `the script ${file} cannot be read (${systemCode(cause) || String(cause)}); give a file of commands, or - for standard input`,
      { cause },
    );
  }
}

/** Whether standard input is a pipe or a file: a terminal has its own console, and the null device says nothing. */
export function isPiped(): boolean {
  try {
    const input = fstatSync(0);
    // Node's programs give each other sockets as pipes.
    return input.isFIFO() || input.isSocket() || input.isFile();
  } catch {
    return false; // it is closed
  }
}

export interface ScriptOptions {
  /** Work that is done before the first command; its log lines are shown. */
  before?: () => Promise<void>;
  /** Ends a command that waits, and with it the script. */
  signal?: AbortSignal;
}

/** Runs the script to its end or its first failure. Rejects only where `before` does. */
export async function runScript(
  host: ConsoleHost,
  script: Script,
  output: Writable,
  { before, signal }: ScriptOptions = {},
): Promise<ScriptResult> {
  const printer = new Printer(output);
  const session = new Session(host, { by: 'script', quits: 'router' }, printer, () => {});
  const caughtUp = () => session.caughtUp();
  output.on('drain', caughtUp);
  try {
    await before?.();
    const run = (line: string) => session.run(parseLine(line, commandsOf(host)), signal);
    const result = await carryOutAll(script, run, printer);
    if (result.quit) host.quit();
    return result;
  } finally {
    session.close();
    output.off('drain', caughtUp);
    printer.close();
  }
}

async function carryOutAll(
  script: Script,
  run: (line: string) => Promise<CommandResult>,
  printer: Printer,
): Promise<ScriptResult> {
  const result: ScriptResult = { ok: true, commands: 0, quit: false };
  let number = 0;
  try {
    for await (const line of linesOf(script.source)) {
      number++;
      if (typeof line === 'string' && /^\s*(#|$)/.test(line)) continue;
      const text = typeof line === 'string' ? line.trim() : '';
      printer.show([printable(`${PROMPT}${text}`)]);
      result.commands++;
      const error = line instanceof FirmwareError ? line : undefined;
      const done: Pick<CommandResult, 'ok' | 'error' | 'quit'> =
        typeof line === 'string' ? await run(line) : { ok: false, error: line };
      if (error) printer.show([printable(`${error.code}: ${error.message}`)]);
      if (!done.ok) {
        const { code, message } = done.error ?? { code: 'INTERNAL', message: 'no reason was given' };
        result.ok = false;
        result.failed = { line: number, command: text, code, message };
        printer.show([printable(`${script.name}:${number}: stopped here, the rest was not carried out`)]);
        break;
      }
      if (done.quit) {
        result.quit = true;
        break;
      }
      await printer.taken();
    }
  } catch (thrown) {
    // Only reading can fail here: commands answer with a result.
    const message = `the script ${script.name} cannot be read further (${systemCode(thrown) || String(thrown)})`;
    result.ok = false;
    result.failed = { line: number + 1, command: '', code: 'SCRIPT_UNREADABLE', message };
    printer.show([printable(`SCRIPT_UNREADABLE: ${message}`)]);
  }
  return result;
}

/** The lines of a script; an error stands for one that is too long. */
export async function* linesOf(source: Readable): AsyncGenerator<string | FirmwareError> {
  const splitter = new LineSplitter(LONGEST_REQUEST);
  for await (const chunk of source) {
    yield* splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array));
  }
  yield* splitter.end();
}

/** Prints lines as they come. A reader that is gone is no reason to stop: the commands are what counts. */
class Printer implements Screen {
  readonly #output: Writable;
  #gone = false;
  readonly #onGone = (): void => {
    this.#gone = true;
  };

  constructor(output: Writable) {
    this.#output = output;
    output.on('error', this.#onGone);
    output.on('close', this.#onGone);
  }

  get behind(): boolean {
    return !this.#gone && this.#output.writableLength > MOST_WAITING;
  }

  show(lines: readonly string[]): void {
    if (!this.#gone && lines.length > 0) this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Kept when the reader is no longer behind, or gone. */
  async taken(): Promise<void> {
    while (this.behind) {
      const stop = new AbortController();
      const { signal } = stop;
      await Promise.race(
        ['drain', 'close', 'error'].map((event) => once(this.#output, event, { signal }).catch(() => {})),
      );
      stop.abort();
    }
  }

  close(): void {
    this.#output.off('close', this.#onGone);
    // An error may still come, and without a listener it would end the process.
  }
}
