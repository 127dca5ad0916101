/**
 * The terminal that the router itself was started on. Node writes to a terminal's `process.stdout` synchronously: a
 * terminal that hangs (a stopped window, a lost ssh connection) would hold up the whole router for as long. Read
 * and written through one `tty.ReadStream`, which does not block, only the console waits.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';
import type { ConsoleHost } from './host.ts';
import { type Sessions, serveSessions } from './sessions.ts';
import { Terminal } from './terminal.ts';

const GREETING = [
  'Non-Stop Router: "help" lists the commands, Tab completes, quit or Ctrl-C stops the router',
];

/** True where standard input and output are a terminal. */
export function hasOwnTerminal(): boolean {
  return isatty(0) && isatty(1);
}

/**
 * Runs a session on the process's own terminal, in raw mode until it ended. Its `quit` stops the router.
 * @returns undefined when standard input or output is no terminal
 */
export function ownTerminal(host: ConsoleHost): Sessions | undefined {
  if (!hasOwnTerminal()) return undefined;
  const line = isOneTerminal() ? new ReadStream(0) : undefined;
  const input: ReadStream = line ?? process.stdin;
  const output: Writable = line ?? process.stdout;
  // A terminal that goes away after the session is no reason to fail.
  input.on('error', () => {});
  output.on('error', () => {});
  input.setRawMode(true);
  let terminal: Terminal | undefined;
  const begin = () => {
    const { columns } = process.stdout;
    terminal = new Terminal(host, {
      input,
      output,
      by: 'terminal',
      quits: 'router',
      ...(columns ? { columns } : {}),
      greeting: GREETING,
    });
    return terminal;
  };
  const resized = () => terminal?.resize(process.stdout.columns);
  process.stdout.on('resize', resized);
  const sessions = serveSessions(begin, { again: false });
  void sessions.ended.then((why) => {
    process.stdout.off('resize', resized);
    if (why === 'hangup') {
      input.destroy();
      return;
    }
    input.setRawMode(false);
    // Not destroyed before what was written is taken. A paused terminal still waits for one more key: unref'd,
    // that keeps no process alive.
    input.pause();
    input.unref();
  });
  return sessions;
}

/** Standard input can be written too, and is the terminal that standard output is. */
function isOneTerminal(): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1];
    const readWrite = (Number.parseInt(flags ?? '0', 8) & 3) === 2;
    return readWrite && readlinkSync('/proc/self/fd/0') === readlinkSync('/proc/self/fd/1');
  } catch {
    return false; // no /proc
  }
}
