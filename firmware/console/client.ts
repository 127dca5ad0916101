/** The other end of the console, over its socket or a serial line: one command for a script, or a whole terminal for a person. */
import type { Duplex, Readable, Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import type { ProbationReport } from '../../runtime/index.ts';
import { describeError, FirmwareError } from '../errors.ts';
import { jsonLine, printable } from '../host/printable.ts';
import { openBytes, openChannel, type Way } from './channel.ts';
import { COMMANDS } from './commands/all.ts';
import { Conversation } from './conversation.ts';
import { jsonOf } from './execute.ts';
import { parseLine } from './grammar.ts';
import { sizeReport } from './keyboard.ts';
import { ANSWER_MS, silenceOf } from './patience.ts';
import type { ConsoleAnswer } from './requests.ts';
import { linesOf, type Script } from './script.ts';
import { verdictOf, verdictText } from './verdict.ts';
import { checkLine } from './words.ts';

/** After the last line that was piped into a serial line, in ms. */
const QUIET_MS = 1500;
const MOST_QUIET_MS = 15_000;
/** Ctrl-], as telnet has it: leaves even when the router does not answer. */
const LEAVE = 0x1d;

/** A command that has no end of its own: it ends with whoever reads it, as in `… | head`. */
const FOLLOWS = /^\s*deb(u|ug)?\s/i;

/** Exit status: the command was carried out, failed, or did not reach a router. */
export type ExecStatus = 0 | 1 | 2;

export interface ExecOptions extends Way {
  json?: boolean;
  /** The command's words; with `--json` one line of JSON, also for errors. */
  output: Writable;
  /** Where the error goes when it is not JSON. */
  errors: Writable;
  /** How long the whole answer may take, in ms. Unless told, the router may be silent as long as the command needs. */
  timeout?: number;
  /** Waits until the probation of what was committed is over: it failed where that did. */
  wait?: boolean;
}

/** Sends one command and prints what it says. Never rejects. */
export async function exec(command: string, options: ExecOptions): Promise<ExecStatus> {
  const parsed = parseLine(command, COMMANDS);
  const json = options.json === true || parsed.json;
  return printed(options, { text: parsed.text, json }, async () => {
    checkLine(command); // a socket would be the wrong place to notice
    if ('command' in parsed && parsed.command.ofSession) throw alone(parsed.command);
    return reaching(options, (ask) => ask(command));
  });
}

/**
 * Sends commands as one session, which has one candidate; blank lines and `#` comments are passed over, and the first that
 * fails ends it. Never rejects.
 */
export async function execAll(script: Script, options: ExecOptions): Promise<ExecStatus> {
  const { json = false } = options;
  let number = 0;
  const all = async (ask: Ask): Promise<ExecStatus> => {
    for await (const line of linesOf(script.source)) {
      number++;
      if (typeof line === 'string' && /^\s*(#|$)/.test(line)) continue;
      const typed = typeof line === 'string' ? line.trim() : '';
      const parsed = parseLine(typed, COMMANDS);
      const own = { text: parsed.text, json: json || parsed.json };
      const status = await printed(options, own, async () => {
        if (typeof line !== 'string') throw line;
        checkLine(typed);
        return ask(typed);
      });
      if (status === 0) continue;
      if (!json) options.errors.write(`${script.name}:${number}: stopped here, the rest was not sent\n`);
      return status;
    }
    return 0;
  };
  let status: ExecStatus = 0;
  const failed = await printed(options, { text: '', json }, async () => {
    status = await reaching(options, all);
    return undefined;
  });
  return failed === 0 ? status : failed;
}

function alone({ words }: { words: readonly string[] }): FirmwareError {
  return new FirmwareError(
    'SESSION_ONLY',
    `"${words.join(' ')}" changes the candidate of a session, and one command alone would lose it; send several as one session: hitless exec --script FILE|-`,
  );
}

/** Prints the answer, or why there is none. @param action undefined for nothing to print */
async function printed(
  { output, errors }: ExecOptions,
  { text, json }: { text: string; json: boolean },
  action: () => Promise<Answered | undefined>,
): Promise<ExecStatus> {
  try {
    const answered = await action();
    if (answered === undefined) return 0;
    const { probation, ok, code, message, data, command } = answered;
    const error = code === undefined ? {} : { error: { code, message: message ?? '' } };
    if (json) {
      const result = { ok, command: command ?? text, ...error };
      const told = data === undefined ? result : { ...result, data };
      output.write(`${jsonLine({ ...told, ...(probation && { probation }) })}\n`);
    } else if (!ok) {
      errors.write(`${printable(`${code}: ${message}`)}\n`);
    }
    return ok ? 0 : 1;
  } catch (thrown) {
    const error = describeError(thrown);
    if (json) output.write(`${jsonOf({ ok: false, command: text, error })}\n`);
    else errors.write(`${printable(`${error.code}: ${error.message}`)}\n`);
    return /^(CONSOLE|SERIAL)_/.test(error.code) ? 2 : 1;
  }
}

type Answered = ConsoleAnswer & { probation?: ProbationReport };
type Ask = (command: string) => Promise<Answered>;

/** Opens the way to the router for the action. @throws FirmwareError, DriverError */
async function reaching<Result>(
  options: ExecOptions,
  action: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  const channel = await openChannel(options);
  try {
    const conversation = new Conversation(channel);
    return await action((command) => ask(command, conversation, channel.where, options));
  } finally {
    await channel.close();
  }
}

async function ask(
  command: string,
  conversation: Conversation,
  where: string,
  options: ExecOptions,
): Promise<Answered> {
  const { timeout } = options;
  const json = options.json === true || parseLine(command, COMMANDS).json;
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    if (timeout === undefined) return;
    const text = `the router at ${where} did not answer in ${timeout / 1000} s; it may still carry the command out`;
    limit = setTimeout(() => reject(new FirmwareError('CONSOLE_TIMEOUT', text)), timeout);
  });
  // Any other command goes on to its end.
  let close = () => {};
  const closed = new Promise<Answered>((resolve) => {
    close = () => resolve({ ok: true, command });
  });
  options.output.on('error', close);
  try {
    const show = (line: string) => options.output.write(`${printable(line)}\n`);
    const answered = async () => {
      const silence = timeout ?? (await silenceAllowed(command, conversation));
      const answer = await conversation.ask({ command, json }, silence, show);
      return options.wait ? withVerdict(answer, conversation, json ? () => {} : show) : answer;
    };
    return await Promise.race([answered(), late, ...(FOLLOWS.test(command) ? [closed] : [])]);
  } finally {
    clearTimeout(limit);
    options.output.off('error', close);
  }
}

/** The answer when the probation is over; its failure is the command's. */
async function withVerdict(
  answer: ConsoleAnswer,
  conversation: Conversation,
  show: (line: string) => void,
): Promise<Answered> {
  const { ok, transaction: id } = answer;
  const probation = ok && id !== undefined ? await verdictOf(conversation, id) : undefined;
  if (probation === undefined || id === undefined) return answer;
  const { stays, text } = verdictText(id, probation);
  if (!stays) return { ...answer, ok: false, code: 'PROBATION_FAILED', message: text, probation };
  show(text);
  return { ...answer, probation };
}

/** A router that hangs is found before a transaction is asked of it. */
async function silenceAllowed(line: string, conversation: Conversation): Promise<number> {
  // The router may have commands that are not known here: they show something.
  const parsed = parseLine(line, COMMANDS);
  if (!('command' in parsed)) return ANSWER_MS;
  if (!parsed.command.prepared) return silenceOf(parsed, 0);
  const { data } = await conversation.ask({ command: 'settimer', json: true }, ANSWER_MS);
  return silenceOf(parsed, (data as { preparation?: number } | undefined)?.preparation ?? 0);
}

export interface AttachOptions extends Way {
  input: Readable;
  output: Writable & { columns?: number; rows?: number };
  /** How long a router may take to greet on its socket, in ms. */
  answer?: number;
}

/**
 * Joins a terminal to the router's console until `quit`, Ctrl-D, or Ctrl-] (which does not need the router's help).
 * On a serial line it is Ctrl-] alone: nobody can hang up there. The terminal is left as it was found.
 * @throws FirmwareError `CONSOLE_UNREACHABLE`, `CONSOLE_PERMISSION` or `CONSOLE_TIMEOUT`; DriverError
 */
export async function attach({ input, output, answer = ANSWER_MS, ...way }: AttachOptions): Promise<void> {
  const { stream: socket, where, serial } = await openBytes(way);
  let silent: FirmwareError | undefined;
  // On a line the session may have greeted long ago.
  if (!serial) mustGreet(socket, where, answer);
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
  // Piped input is carried out to its last line, and then the router ends the session.
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
      // `close` follows.
      socket.on('error', (error) => {
        if (error instanceof FirmwareError) silent = error;
      });
      socket.on('close', () => resolve());
      input.on('data', typed);
      input.on('end', ended);
    });
    if (silent !== undefined) throw silent;
  } finally {
    input.off('data', typed);
    input.off('end', ended);
    output.off('resize', size);
    terminal?.setRawMode(false);
    input.pause();
    socket.destroy();
  }
}

/** Ends the connection, with `CONSOLE_TIMEOUT`, to a router that does not even greet: one that hangs keeps its socket. */
function mustGreet(socket: Duplex, where: string, ms: number): void {
  const text = `the router at ${where} said nothing for ${ms / 1000} s: it hangs, or is held up`;
  const late = setTimeout(() => socket.destroy(new FirmwareError('CONSOLE_TIMEOUT', text)), ms);
  const over = () => clearTimeout(late);
  socket.once('data', over);
  socket.once('close', over);
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
