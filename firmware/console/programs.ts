/** Programs of the host, run for a command: their lines as they come, bounded, and ended with the command. */
import { spawn } from 'node:child_process';
import { FirmwareError, systemCode } from '../errors.ts';
import type { Caller } from './answer.ts';
import { LineSplitter } from './lines.ts';

/** Lines that are shown and kept of one program, and bytes of one of them. */
const MOST_LINES = 5_000;
const LONGEST_LINE = 4_096;
/** After its interrupt a program may say how far it came, for so long, in ms. */
const FAREWELL_MS = 2_000;

export interface Ran {
  lines: string[];
  /** The exit code; undefined when it was ended by a signal. */
  code: number | undefined;
  interrupted: boolean;
}

/**
 * Runs a program without a shell. Ctrl-C interrupts it, and so does `longest`.
 * @param longest in ms
 * @throws FirmwareError `PROGRAM_MISSING`
 */
export function runProgram(
  name: string,
  args: readonly string[],
  { signal, say }: Pick<Caller, 'signal' | 'say'>,
  longest: number,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    // Its words are read by programs too: no language but one.
    const child = spawn(name, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    const ran: Ran = { lines: [], code: undefined, interrupted: false };
    const take = (line: string | Error) => {
      if (ran.lines.length >= MOST_LINES) return;
      const text = typeof line === 'string' ? line : line.message;
      ran.lines.push(text);
      say?.(text);
    };
    let last: NodeJS.Timeout | undefined;
    const interrupt = () => {
      ran.interrupted = true;
      child.kill('SIGINT');
      last ??= setTimeout(() => child.kill('SIGKILL'), FAREWELL_MS);
    };
    const late = setTimeout(interrupt, longest);
    const over = () => {
      clearTimeout(late);
      clearTimeout(last);
      signal?.removeEventListener('abort', interrupt);
    };
    signal?.addEventListener('abort', interrupt);
    if (signal?.aborted) interrupt();
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter(LONGEST_LINE);
      stream.on('data', (chunk: Buffer) => {
        for (const line of splitter.push(chunk)) take(line);
      });
      stream.on('end', () => {
        for (const line of splitter.end()) take(line);
      });
    }
    child.once('error', (cause) => {
      over();
      const missing = systemCode(cause) === 'ENOENT';
      const why = missing ? 'is not installed on this host' : `cannot be run: ${cause.message}`;
      reject(new FirmwareError('PROGRAM_MISSING', `the program ${name} ${why}`, { cause }));
    });
    child.once('close', (code) => {
      over();
      ran.code = code ?? undefined;
      resolve(ran);
    });
  });
}
