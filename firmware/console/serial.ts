/**
 * The console on a serial line or a pty: there is nobody to hang up, so one session follows the other. Programs take
 * the line in between, with frames that are checked (`../line/frame.ts`).
 */
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { reasonOf } from '../../runtime/index.ts';
import { SharedLine } from '../line/shared-line.ts';
import type { ConsoleHost } from './host.ts';
import { serveRequests } from './requests.ts';
import { type Sessions, serveSessions } from './sessions.ts';
import { Terminal } from './terminal.ts';

/** What a router says first on a serial line. */
export const SERIAL_GREETING = 'Non-Stop Router, serial console';
const GREETING = [`${SERIAL_GREETING}: "help" lists the commands`];
/** Between two attempts to open a line that went away, in ms. */
const REOPEN_MS = 1000;

/**
 * Serves sessions until the line closes. The line stays the caller's to close.
 * @param line an open line that passes bytes as they are
 * @param patience silence after which a program that has the line is gone, in ms
 */
export function serveSerial(host: ConsoleHost, line: Duplex, patience?: number): Sessions {
  line.on('error', () => {}); // the session notices, and ends
  let terminal: Terminal | undefined;
  const shared = new SharedLine(line, {
    serve: (link) => void serveRequests(host, link, 'serial'),
    returned: () => terminal?.redraw(),
    ...(patience !== undefined && { patience }),
  });
  const { person } = shared;
  const options = { input: person, output: person, by: 'serial', quits: 'session', columns: 80 } as const;
  const begin = () => {
    terminal = new Terminal(host, { ...options, greeting: GREETING });
    return terminal;
  };
  const sessions = serveSessions(begin, { again: true });
  return {
    ended: sessions.ended.finally(() => shared.close()),
    close: () => sessions.close(),
  };
}

export interface SerialDevice {
  path: string;
  /** @throws (as a rejection) what keeps it from being opened */
  open(): Promise<Duplex>;
  /** Told when the line is there no more, cannot be opened, or is back. */
  tell(level: 'info' | 'warn', text: string): void;
  /** See `serveSerial`. */
  patience?: number;
}

/**
 * Serves the console on a device that may be unplugged: it is opened again when it comes back. One that is not there
 * yet is waited for.
 * @returns what ends it, and closes the line
 * @throws what `open` throws for a device that is there, and cannot be used
 */
export async function serveSerialDevice(
  host: ConsoleHost,
  device: SerialDevice,
): Promise<{ close(): Promise<void> }> {
  const { path, open, tell, patience } = device;
  const closing = new AbortController();
  const { signal } = closing;
  const first = await open().catch((thrown: unknown) => {
    if (existsSync(path)) throw thrown;
    tell('warn', `serial console: ${path} is not there; it is opened when it comes`);
    return undefined;
  });

  const serve = async (line: Duplex) => {
    const closed = new Promise<void>((resolve) => line.once('close', () => resolve()));
    const sessions = serveSerial(host, line, patience);
    const end = () => sessions.close();
    signal.addEventListener('abort', end);
    await sessions.ended;
    signal.removeEventListener('abort', end);
    line.destroy();
    await closed;
  };
  const reopen = async (): Promise<Duplex | undefined> => {
    let said = '';
    while (!signal.aborted) {
      await pause(REOPEN_MS, signal);
      if (signal.aborted) return undefined;
      try {
        return await open();
      } catch (thrown) {
        const reason = reasonOf(thrown);
        if (existsSync(path) && reason !== said) tell('warn', `serial console: ${reason}`);
        said = reason;
      }
    }
    return undefined;
  };
  const run = async () => {
    let line = first ?? (await reopen());
    while (line !== undefined) {
      if (line !== first) tell('info', `serial console: ${path} is there`);
      await serve(line);
      if (signal.aborted) return;
      tell('warn', `serial console: ${path} went away; it is opened again when it comes back`);
      line = await reopen();
    }
  };
  const over = run();
  return {
    async close() {
      closing.abort();
      await over;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
  });
}
