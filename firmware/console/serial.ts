/** The console on a serial line or a pty: there is nobody to hang up, so one session follows the other. */
import type { Duplex } from 'node:stream';
import type { ConsoleHost } from './host.ts';
import { type Sessions, serveSessions } from './sessions.ts';
import { Terminal } from './terminal.ts';

const GREETING = ['Non-Stop Router, serial console: "help" lists the commands'];

/**
 * Serves sessions until the line closes. The line stays the caller's to close.
 * @param line an open line that passes bytes as they are
 */
export function serveSerial(host: ConsoleHost, line: Duplex): Sessions {
  line.on('error', () => {}); // the session notices, and ends
  const options = { input: line, output: line, by: 'serial', quits: 'session', columns: 80 } as const;
  return serveSessions(() => new Terminal(host, { ...options, greeting: GREETING }), { again: true });
}
