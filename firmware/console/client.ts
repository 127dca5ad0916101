/** The other end of the console, over its socket or a serial line: one command for a script, or a whole terminal for a person. */
import type { Duplex, Readable, Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { openBytes, openChannel, type Way } from './channel.ts';
import { jsonOf } from './commands.ts';
import { Conversation } from './conversation.ts';
import { ConsoleError, describeError } from './errors.ts';
import { parseLine } from './grammar.ts';
import { sizeReport } from './keyboard.ts';
import { printable } from './printable.ts';
import type { ConsoleAnswer } from './requests.ts';
import { checkLine } from './words.ts';

/** After the last line that was piped into a serial line, in ms. */
const QUIET_MS = 1500;
const MOST_QUIET_MS = 15_000;
/** Ctrl-], as telnet has it: leaves even when the router does not answer. */
const LEAVE = 0x1d;

/** Exit status: the command was carried out, failed, or did not reach a router. */
export type ExecStatus = 0 | 1 | 2;

export interface ExecOptions extends Way {
  json?: boolean;
  /** What the command says; with `--json` one line of JSON, also for errors. */
  output: Writable;
  /** Where the error goes when it is not JSON. */
  errors: Writable;
  /** How long the answer may take, in ms; a transaction takes up to its preparation time. No limit unless told. */
  timeout?: number;
}

/** Sends one command and prints what it says. Never rejects. */
export async function exec(command: string, options: ExecOptions): Promise<ExecStatus> {
  const parsed = parseLine(command);
  const json = options.json === true || parsed.json;
  try {
    checkLine(command); // a socket would be the wrong place to notice
    const answer = await ask(command, json, options);
    const { ok, code, message, data } = answer;
    const error = code === undefined ? {} : { error: { code, message: message ?? '' } };
    if (json) {
      const result = { ok, command: answer.command ?? parsed.text, ...error };
      options.output.write(`${jsonOf(data === undefined ? result : { ...result, data })}\n`);
    } else if (!ok) {
      options.errors.write(`${printable(`${code}: ${message}`)}\n`);
    }
    return ok ? 0 : 1;
  } catch (thrown) {
    const error = describeError(thrown);
    if (json) options.output.write(`${jsonOf({ ok: false, command: parsed.text, error })}\n`);
    else options.errors.write(`${printable(`${error.code}: ${error.message}`)}\n`);
    return /^(CONSOLE|SERIAL)_/.test(error.code) ? 2 : 1;
  }
}

async function ask(command: string, json: boolean, options: ExecOptions): Promise<ConsoleAnswer> {
  const channel = await openChannel(options);
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    if (options.timeout === undefined) return;
    const text = `the router at ${channel.where} did not answer in ${options.timeout} ms; it may still carry the command out`;
    limit = setTimeout(() => reject(new ConsoleError('CONSOLE_TIMEOUT', text)), options.timeout);
  });
  try {
    const show = (line: string) => options.output.write(`${printable(line)}\n`);
    return await Promise.race([new Conversation(channel).ask({ command, json }, show), late]);
  } finally {
    clearTimeout(limit);
    await channel.close();
  }
}

export interface AttachOptions extends Way {
  input: Readable;
  output: Writable & { columns?: number; rows?: number };
}

/**
 * Joins a terminal to the router's console until `quit`, Ctrl-D, or Ctrl-] (which does not need the router's help).
 * On a serial line it is Ctrl-] alone: nobody can hang up there. The terminal is left as it was found.
 * @throws ConsoleError `CONSOLE_UNREACHABLE` or `CONSOLE_PERMISSION`; DriverError
 */
export async function attach({ input, output, ...way }: AttachOptions): Promise<void> {
  const { stream: socket, serial } = await openBytes(way);
  const terminal = input instanceof ReadStream ? input : undefined;
  const size = () => socket.write(sizeReport(output.rows ?? 0, output.columns ?? 0));
  const typed = (chunk: Buffer | string) => {
    const bytes = Buffer.from(chunk);
    const leave = terminal ? bytes.indexOf(LEAVE) : -1;
    if (leave >= 0) socket.destroy();
    // A router that hangs takes nothing: what is typed at it must not pile up.
    else if (!socket.write(bytes)) input.pause();
  };
  const taken = () => input.resume();
  // What was piped in is carried out to its last line, and then the router ends the session.
  const ended = () => {
    if (serial) void quiet(socket).then(() => socket.destroy());
    else socket.end();
  };
  const shown = (chunk: Buffer) => {
    if (output.write(chunk)) return;
    socket.pause();
    output.once('drain', () => socket.resume());
  };
  try {
    if (serial && terminal) output.write('a serial line; Ctrl-] leaves it\r\n');
    terminal?.setRawMode(true);
    output.on('resize', size);
    size(); // also the first byte, which begins the session
    await new Promise<void>((resolve) => {
      socket.on('data', shown);
      socket.on('drain', taken);
      socket.on('error', () => {}); // `close` follows
      socket.on('close', () => resolve());
      input.on('data', typed);
      input.on('end', ended);
    });
  } finally {
    input.off('data', typed);
    input.off('end', ended);
    output.off('resize', size);
    terminal?.setRawMode(false);
    input.pause();
    socket.destroy();
  }
}

/** A line does not say when it has answered: it has when it says nothing for a while, or talks of something else. */
function quiet(line: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(silence);
      clearTimeout(most);
      line.off('data', again);
      line.off('close', over);
      resolve();
    };
    const silence = setTimeout(over, QUIET_MS);
    const most = setTimeout(over, MOST_QUIET_MS);
    const again = () => silence.refresh();
    line.on('data', again);
    line.on('close', over);
  });
}
