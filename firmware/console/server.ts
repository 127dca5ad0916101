/**
 * The console on a Unix socket. A client whose first byte is `{` speaks lines of JSON (`requests.ts`); any other first
 * byte begins a terminal session (`terminal.ts`), with echo and line editing on this side.
 */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { ConsoleError, systemCode } from './errors.ts';
import type { ConsoleHost } from './host.ts';
import { jsonLine } from './printable.ts';
import { refusal, serveRequests } from './requests.ts';
import { consoleMode, consolePath } from './socket-path.ts';
import { Terminal } from './terminal.ts';

const MOST_SESSIONS = 32;
/** Of a Unix socket's address, without the byte that ends it (unix(7)). Longer ones would be cut in silence. */
const LONGEST_PATH = 107;
const BRACE = '{'.charCodeAt(0);

const GREETING = [
  'Non-Stop Router: "help" lists the commands, Tab completes; quit or Ctrl-D leaves, the router goes on',
];

/** How long a session may take to accept its last lines when the console closes, in ms. */
const FAREWELL_MS = 200;

export interface ConsoleServer {
  readonly path: string;
  /** Sessions connected just now. */
  readonly sessions: number;
  /** Ends every session and removes the socket. */
  close(): Promise<void>;
}

/**
 * Opens the console socket, with the directories above it, for this user only; a service's is for its group too.
 * @throws ConsoleError `CONSOLE_IN_USE`, `CONSOLE_PERMISSION` or `CONSOLE_PATH`
 */
export async function openConsole(host: ConsoleHost, path = consolePath()): Promise<ConsoleServer> {
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new ConsoleError(
      'CONSOLE_PATH',
      `the path of the console socket has more than ${LONGEST_PATH} bytes: ${path}; choose a shorter one with HITLESS_CONSOLE`,
    );
  }
  const sessions = new Map<Socket, Terminal | undefined>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    welcome(host, socket, sessions);
  });
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
      return sessions.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const [socket, terminal] of sessions) {
          terminal?.show(['the router stops']);
          terminal?.close();
          socket.end();
          const late = setTimeout(() => socket.destroy(), FAREWELL_MS);
          socket.on('close', () => clearTimeout(late));
        }
      }),
  };
}

function welcome(host: ConsoleHost, socket: Socket, sessions: Map<Socket, Terminal | undefined>): void {
  socket.on('error', () => {}); // the client went away; `close` follows
  if (sessions.size >= MOST_SESSIONS) {
    const full = new ConsoleError(
      'CONSOLE_FULL',
      `${MOST_SESSIONS} sessions are open already; close one of them`,
    );
    socket.end(`${jsonLine(refusal(full))}\n`);
    socket.resume();
    return;
  }
  sessions.set(socket, undefined);
  socket.on('close', () => sessions.delete(socket));
  const endEarly = () => socket.end();
  socket.once('end', endEarly);
  socket.once('data', (first: Buffer) => {
    socket.off('end', endEarly);
    socket.pause();
    const session = first[0] === BRACE ? serveRequests(host, socket) : serveTerminal(host, socket, sessions);
    void session.then(() => socket.end());
    // The listeners of the session are in place: it gets the first bytes like all others.
    socket.unshift(first);
    socket.resume();
  });
}

async function serveTerminal(
  host: ConsoleHost,
  socket: Socket,
  sessions: Map<Socket, Terminal | undefined>,
): Promise<void> {
  const terminal = new Terminal(host, {
    input: socket,
    output: socket,
    by: 'socket',
    quits: 'session',
    greeting: GREETING,
  });
  sessions.set(socket, terminal);
  await terminal.ended;
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
    throw new ConsoleError(
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

function inUse(path: string): ConsoleError {
  return new ConsoleError(
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
      return new ConsoleError(
        'CONSOLE_PERMISSION',
        `the console socket ${path} may not be made by this user; choose a path of your own with HITLESS_CONSOLE`,
        { cause: thrown },
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new ConsoleError(
        'CONSOLE_PATH',
        `the console socket cannot be at ${path}: a part of the path is no directory; choose another with HITLESS_CONSOLE`,
        { cause: thrown },
      );
    default:
      return thrown;
  }
}
