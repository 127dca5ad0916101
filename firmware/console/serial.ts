/**
 * The console on a serial line or a pty: there is nobody to hang up, so one session follows the other. Programs take
 * the line in between, with frames that are checked (`../line/frame.ts`).
 */
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { DriverError } from '../../drivers/errors.ts';
import { reasonOf } from '../../runtime/index.ts';
import { StatusLines } from '../host/status-lines.ts';
import { SharedLine } from '../line/shared-line.ts';
import type { ConsoleHost } from './host.ts';
import { serveRequests } from './requests.ts';
import { type Sessions, serveSessions } from './sessions.ts';
import { Terminal } from './terminal.ts';

/** The router's first words on a serial line. */
export const SERIAL_GREETING = 'Non-Stop Router, serial console';
const GREETING = [`${SERIAL_GREETING}: "help" lists the commands, "monitor on" shows the log`];
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
  /** Between two attempts to open it, in ms. */
  reopen?: number;
  /** See `serveSerial`. */
  patience?: number;
}

/**
 * Serves the console on a device that may be unplugged, or that another program may have: it is opened when it comes,
 * and when it is free. A router that has no serial console routes all the same.
 * @returns what ends it, and closes the line
 */
export async function serveSerialDevice(
  host: ConsoleHost,
  device: SerialDevice,
): Promise<{ close(): Promise<void> }> {
  const { path, patience } = device;
  const closing = new AbortController();
  const { signal } = closing;
  const lines = new StatusLines(device.tell);
  const tell: typeof device.tell = (level, text) => lines.tell(level, text);
  const opening = new Opening({ ...device, tell });

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
  const first = await opening.attempt();
  const run = async () => {
    let line = first ?? (await opening.succeed(signal));
    while (line !== undefined) {
      await serve(line);
      if (signal.aborted) return;
      tell('warn', `serial console: ${path} went away; it is opened again when it comes back`);
      opening.missed = 'gone';
      line = await opening.succeed(signal);
    }
  };
  const over = run();
  return {
    async close() {
      closing.abort();
      lines.close();
      await over;
    },
  };
}

/** Attempts to open a device. What keeps it from being opened is told once, and again only when it is something else. */
class Opening {
  readonly #device: SerialDevice;
  /** The reason that was told last: that there is no device, or why it cannot be opened. */
  missed: string | undefined;

  constructor(device: SerialDevice) {
    this.#device = device;
  }

  async attempt(): Promise<Duplex | undefined> {
    const { path, open, tell } = this.#device;
    try {
      const line = await open();
      if (this.missed !== undefined) {
        const what = this.missed === 'gone' ? 'is there' : 'is free';
        tell('info', `serial console: ${path} ${what}, the console is on it`);
      }
      this.missed = undefined;
      return line;
    } catch (thrown) {
      const there = existsSync(path);
      const reason = !there ? 'gone' : thrown instanceof DriverError ? thrown.message : reasonOf(thrown);
      if (reason === this.missed) return undefined;
      this.missed = reason;
      const text = there
        ? `${reason}; the router runs without it, and opens it when it can`
        : `${path} is not there; it is opened when it comes`;
      tell('warn', `serial console: ${text}`);
      return undefined;
    }
  }

  /** Attempts until it is open; undefined when that is no longer wanted. */
  async succeed(signal: AbortSignal): Promise<Duplex | undefined> {
    const { reopen = REOPEN_MS } = this.#device;
    for (;;) {
      await pause(reopen, signal);
      if (signal.aborted) return undefined;
      const line = await this.attempt();
      if (line === undefined) continue;
      if (!signal.aborted) return line;
      line.destroy();
      return undefined;
    }
  }
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
