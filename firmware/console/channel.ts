/** The way to a router's console from outside: its Unix socket, or a serial line. */
import { type Stats, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { openSerial } from '../../drivers/serial.ts';
import { FirmwareError, systemCode } from '../errors.ts';
import { dial } from '../line/dial.ts';
import { routerPath } from './socket-path.ts';

const CONNECT_MS = 5000;
export const BAUD = 115_200;

export interface Way {
  /** Of the socket or the serial device; where the router on this machine has its socket, when absent. */
  path?: string | undefined;
  /** Of a serial line, in bits per second; 115200 when absent. */
  baud?: number | undefined;
}

export interface Channel {
  /** Passes lines of JSON (`requests.ts`). Its error, if any, is a FirmwareError. */
  stream: Duplex;
  /** As errors name it. */
  where: string;
  /** Ends the conversation; on a serial line the router takes to who types there. Never rejects. */
  close(): Promise<void>;
}

/** Whether it is a serial device, or would be one if it were there. */
export function isSerial(path: string): boolean {
  const found = look(path);
  return found === undefined ? path.startsWith('/dev/') : found.isCharacterDevice();
}

/** Nothing as well where this user may not look: connecting tells that. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Opens a conversation for a program.
 * @throws FirmwareError `CONSOLE_UNREACHABLE`, `CONSOLE_PERMISSION`, `CONSOLE_LOST`; DriverError
 */
export async function openChannel(way: Way): Promise<Channel> {
  const { path: where = routerPath(), baud = BAUD } = way;
  if (!isSerial(where)) {
    const socket = await openSocket(where);
    // Not `end`, which waits for the router to hang up as well.
    return { stream: socket, where, close: async () => void socket.destroy() };
  }
  const line = await openSerial(where, baud);
  try {
    const { link, hangUp } = await dial(line, { where });
    return {
      stream: link,
      where,
      async close() {
        await hangUp();
        await closed(line);
      },
    };
  } catch (thrown) {
    await closed(line);
    throw thrown;
  }
}

/**
 * Opens the bytes themselves, for a terminal.
 * @throws FirmwareError `CONSOLE_UNREACHABLE`, `CONSOLE_PERMISSION`; DriverError
 */
export async function openBytes(way: Way): Promise<{ stream: Duplex; where: string; serial: boolean }> {
  const { path: where = routerPath(), baud = BAUD } = way;
  const serial = isSerial(where);
  return { stream: serial ? await openSerial(where, baud) : await openSocket(where), where, serial };
}

function closed(line: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (line.closed) resolve();
    line.once('close', () => resolve());
    line.destroy();
  });
}

function openSocket(path: string): Promise<Socket> {
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

function unreachable(path: string, error: Error): FirmwareError {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return new FirmwareError(
      'CONSOLE_PERMISSION',
      `this user may not use the console at ${path}; only the user that runs the router, root, and for a service the members of its group may`,
      { cause: error },
    );
  }
  const why =
    code === 'ENOENT' ? 'there is no socket' : code === 'ECONNREFUSED' ? 'nobody listens' : error.message;
  return new FirmwareError(
    'CONSOLE_UNREACHABLE',
    `no router answers at ${path} (${why}); start one, or say where its socket is with HITLESS_CONSOLE`,
    { cause: error },
  );
}
