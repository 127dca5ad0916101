/** The console's Unix socket: where it is, who may use it, and whose it is. `visitors.ts` has those who connect. */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { FirmwareError, systemCode } from '../errors.ts';
import type { ConsoleHost } from './host.ts';
import { consoleMode, consolePath } from './socket-path.ts';
import { MOST_CONNECTIONS, Visitors } from './visitors.ts';

/** Of a Unix socket's address, without the byte that ends it (unix(7)). Longer ones would be cut in silence. */
const LONGEST_PATH = 107;
export interface ConsoleServer {
  readonly path: string;
  /** The clients that are connected just now, those who said nothing yet included. */
  readonly sessions: number;
  /** Ends every session and removes the socket. */
  close(): Promise<void>;
}

/**
 * Opens the console socket, with the directories above it, for this user only; a service's is for its group too.
 * @param idle see `Visitors`
 * @throws FirmwareError `CONSOLE_IN_USE`, `CONSOLE_PERMISSION` or `CONSOLE_PATH`
 */
export async function openConsole(
  host: ConsoleHost,
  path = consolePath(),
  idle?: number,
): Promise<ConsoleServer> {
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new FirmwareError(
      'CONSOLE_PATH',
      `the path of the console socket has more than ${LONGEST_PATH} bytes: ${path}; choose a shorter one with HITLESS_CONSOLE`,
    );
  }
  const visitors = new Visitors(host, idle);
  const server = createServer({ allowHalfOpen: true }, (socket) => visitors.welcome(socket));
  // Node closes what comes beyond, without a word; a router at its limit of descriptors could do nothing else.
  server.maxConnections = MOST_CONNECTIONS;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await replaceStale(path);
    await bind(server, path);
  } catch (thrown) {
    server.close();
    throw explained(thrown, path);
  }
  server.on('error', () => {}); // one connection that could not be accepted; the next may be
  return {
    path,
    get sessions() {
      return visitors.count;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        visitors.close();
      }),
  };
}

/** Created for its user only: nobody else may connect before it has its mode. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const before = process.umask(0o177);
    try {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        try {
          chmodSync(path, consoleMode(path));
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Removes a socket that nobody listens on, as a router that was killed leaves one. */
async function replaceStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) {
    throw new FirmwareError(
      'CONSOLE_PATH',
      `${path} exists and is no socket; move it away, or choose another path with HITLESS_CONSOLE`,
    );
  }
  const refused = await new Promise<unknown>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on('error', resolve);
  });
  switch (refused === undefined ? '' : systemCode(refused)) {
    case 'ECONNREFUSED':
      unlinkSync(path);
      return;
    case 'ENOENT':
      return;
    case '':
    case 'EAGAIN': // it listens, but has more callers than it can take
      throw inUse(path);
    default:
      throw refused;
  }
}

function inUse(path: string): FirmwareError {
  return new FirmwareError(
    'CONSOLE_IN_USE',
    `another router answers on ${path}; stop it, or choose another path with HITLESS_CONSOLE`,
  );
}

function explained(thrown: unknown, path: string): unknown {
  switch (systemCode(thrown)) {
    case 'EADDRINUSE':
      return inUse(path);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new FirmwareError(
        'CONSOLE_PERMISSION',
        `the console socket ${path} may not be made by this user; choose a path of your own with HITLESS_CONSOLE`,
        { cause: thrown },
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new FirmwareError(
        'CONSOLE_PATH',
        `the console socket cannot be at ${path}: a part of the path is no directory; choose another with HITLESS_CONSOLE`,
        { cause: thrown },
      );
    default:
      return thrown;
  }
}
