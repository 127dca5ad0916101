/** The other end of the console socket: one command for a script, or a whole terminal for a person. */
import { connect, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { jsonOf } from './commands.ts';
import { ConsoleError, describeError, systemCode } from './errors.ts';
import { parseLine } from './grammar.ts';
import { sizeReport } from './keyboard.ts';
import { LineSplitter } from './lines.ts';
import { printable } from './printable.ts';
import type { ConsoleAnswer } from './requests.ts';
import { consolePath } from './socket-path.ts';
import { checkLine } from './words.ts';

const CONNECT_MS = 5000;
/** Bytes of one answer: the log of a transaction and every fact about it is far less. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** Ctrl-], as telnet has it: leaves even when the router does not answer. */
const LEAVE = 0x1d;

/** Exit status: the command was carried out, failed, or did not reach a router. */
export type ExecStatus = 0 | 1 | 2;

export interface ExecOptions {
  path?: string;
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
    return error.code.startsWith('CONSOLE_') ? 2 : 1;
  }
}

async function ask(command: string, json: boolean, options: ExecOptions): Promise<ConsoleAnswer> {
  const path = options.path ?? consolePath();
  const socket = await open(path);
  return new Promise<ConsoleAnswer>((resolve, reject) => {
    const splitter = new LineSplitter(LONGEST_ANSWER);
    const limit =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            reject(
              new ConsoleError(
                'CONSOLE_TIMEOUT',
                `the router at ${path} did not answer in ${options.timeout} ms; it may still carry the command out`,
              ),
            );
            socket.destroy();
          }, options.timeout);
    socket.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk)) {
        const answer = decode(line);
        if ('line' in answer) options.output.write(`${printable(answer.line)}\n`);
        else {
          resolve(answer);
          socket.end();
        }
      }
    });
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => {
      clearTimeout(limit);
      reject(
        new ConsoleError(
          'CONSOLE_LOST',
          `the router at ${path} went away before it answered; whether it carried the command out is not known`,
        ),
      );
    });
    socket.write(`${JSON.stringify({ command, json })}\n`);
  });
}

function decode(line: string | ConsoleError): ConsoleAnswer | { line: string } {
  if (line instanceof ConsoleError) return { ok: false, code: line.code, message: line.message };
  try {
    return JSON.parse(line) as ConsoleAnswer | { line: string };
  } catch {
    return {
      ok: false,
      code: 'REQUEST_INVALID',
      message: `what answers on the socket is no router: ${line.slice(0, 80)}`,
    };
  }
}

export interface AttachOptions {
  path?: string;
  input: Readable;
  output: Writable & { columns?: number; rows?: number };
}

/**
 * Joins a terminal to the router's console until `quit`, Ctrl-D, or Ctrl-] (which does not need the router's help).
 * The terminal is left as it was found.
 * @throws ConsoleError `CONSOLE_UNREACHABLE` or `CONSOLE_PERMISSION`
 */
export async function attach({ path = consolePath(), input, output }: AttachOptions): Promise<void> {
  const socket = await open(path);
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
  const ended = () => socket.end();
  const shown = (chunk: Buffer) => {
    if (output.write(chunk)) return;
    socket.pause();
    output.once('drain', () => socket.resume());
  };
  try {
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

/** @throws ConsoleError `CONSOLE_UNREACHABLE` or `CONSOLE_PERMISSION` */
function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const failed = (error: Error) => {
      socket.destroy();
      reject(unreachable(path, error));
    };
    const late = setTimeout(() => failed(new Error('no answer')), CONNECT_MS);
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      resolve(socket);
    });
    socket.once('close', () => clearTimeout(late));
    socket.once('connect', () => clearTimeout(late));
  });
}

function unreachable(path: string, error: Error): ConsoleError {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return new ConsoleError(
      'CONSOLE_PERMISSION',
      `this user may not use the console at ${path}; only the user that runs the router (or root) may`,
      { cause: error },
    );
  }
  const why =
    code === 'ENOENT' ? 'there is no socket' : code === 'ECONNREFUSED' ? 'nobody listens' : error.message;
  return new ConsoleError(
    'CONSOLE_UNREACHABLE',
    `no router answers at ${path} (${why}); start one, or say where its socket is with HITLESS_CONSOLE`,
    { cause: error },
  );
}
