/**
 * The clients of the console's socket. A client whose first byte is `{` speaks lines of JSON (`requests.ts`); any
 * other first byte begins a terminal session (`terminal.ts`), with echo and line editing on this side. However many
 * connect and say nothing, who has something to say finds a place, and the router keeps its descriptors.
 */
import type { Socket } from 'node:net';
import { FirmwareError } from '../errors.ts';
import { jsonLine } from '../host/printable.ts';
import type { ConsoleHost } from './host.ts';
import { refusal, serveRequests } from './requests.ts';
import { Terminal } from './terminal.ts';

const MOST_SESSIONS = 32;
/** Those who have said nothing yet. */
const MOST_SILENT = 32;
/** Those who are told that there is no place. */
const MOST_REFUSED = 16;
/** All of them, and some that are just accepted. */
export const MOST_CONNECTIONS = MOST_SESSIONS + MOST_SILENT + MOST_REFUSED + 16;
/** How long the first byte may take, in ms. */
const FIRST_BYTE_MS = 30_000;
/** A session that rests or only waits for so long gives way, in ms, when all places are taken. */
const IDLE_MS = 60_000;
/** How long a session may take to accept its last lines, in ms. */
const FAREWELL_MS = 200;
/** How long a client that is refused may take to read why, in ms. */
const REFUSAL_MS = 1000;
/** How often is looked whether a client that has said all still waits for its answer, in ms. */
const LOOK_MS = 1000;
const BRACE = '{'.charCodeAt(0);

const GREETING = [
  'Non-Stop Router: "help" lists the commands, Tab completes; quit or Ctrl-D leaves, the router goes on',
];

/** A client with a place. */
interface Visitor {
  /** Undefined for a program. */
  terminal: Terminal | undefined;
  /** A request of a program is carried out. */
  busy: boolean;
  /** Ends a program's request that only waits, with this error as its answer. */
  breakOff: ((why: FirmwareError) => void) | undefined;
  /** It is to go as soon as it is answered. */
  leaves: boolean;
  /** When it last said something, or was answered. */
  heard: number;
}

export class Visitors {
  readonly #host: ConsoleHost;
  readonly #idle: number;
  /** In the order of their coming. */
  readonly #silent = new Set<Socket>();
  readonly #sessions = new Map<Socket, Visitor>();
  readonly #refused = new Set<Socket>();

  /** @param idle in ms; see `IDLE_MS` */
  constructor(host: ConsoleHost, idle = IDLE_MS) {
    this.#host = host;
    this.#idle = idle;
  }

  get count(): number {
    return this.#silent.size + this.#sessions.size;
  }

  welcome(socket: Socket): void {
    socket.on('error', () => {}); // the client went away; `close` follows
    const [oldest] = this.#silent;
    if (oldest !== undefined && this.#silent.size >= MOST_SILENT) {
      this.#silent.delete(oldest);
      oldest.destroy();
    }
    this.#silent.add(socket);
    const late = setTimeout(() => socket.destroy(), FIRST_BYTE_MS);
    const endEarly = () => socket.end();
    const over = () => {
      clearTimeout(late);
      this.#silent.delete(socket);
      socket.off('end', endEarly);
    };
    socket.once('end', endEarly);
    socket.once('close', over);
    socket.once('data', (first: Buffer) => {
      over();
      if (this.#makeRoom()) this.#serve(socket, first);
      else this.#refuse(socket);
    });
  }

  /** Ends them all. */
  close(): void {
    for (const socket of [...this.#silent, ...this.#refused]) socket.destroy();
    for (const [socket, { terminal }] of this.#sessions) dismiss(socket, terminal, 'the router stops');
  }

  /** Whether there is a place, perhaps that of a session which has been at rest for long. */
  #makeRoom(): boolean {
    if (this.#sessions.size < MOST_SESSIONS) return true;
    const resting = [...this.#sessions].filter(
      ([, { terminal, busy, breakOff }]) => !(terminal?.busy ?? (busy && breakOff === undefined)),
    );
    const [longest] = resting.sort(([, a], [, b]) => a.heard - b.heard);
    if (longest === undefined || performance.now() - longest[1].heard < this.#idle) return false;
    const [socket, visitor] = longest;
    this.#sessions.delete(socket);
    if (visitor.breakOff === undefined) {
      dismiss(socket, visitor.terminal, 'this session rested for long, and another needs its place');
    } else {
      visitor.leaves = true;
      visitor.breakOff(
        new FirmwareError(
          'WAIT_INTERRUPTED',
          `the wait was broken off: all ${MOST_SESSIONS} places of the console were taken, and another session needs one; wait outside of the router`,
        ),
      );
    }
    return true;
  }

  #serve(socket: Socket, first: Buffer): void {
    const visitor: Visitor = {
      terminal: undefined,
      busy: false,
      breakOff: undefined,
      leaves: false,
      heard: performance.now(),
    };
    const heard = () => {
      visitor.heard = performance.now();
    };
    this.#sessions.set(socket, visitor);
    socket.once('close', () => this.#sessions.delete(socket));
    socket.on('data', heard);
    socket.pause();
    const isProgram = first[0] === BRACE;
    const session = isProgram ? this.#serveProgram(socket, visitor) : this.#servePerson(socket, visitor);
    void session.then(() => socket.end());
    lookAfter(socket, isProgram ? ' ' : '\r');
    // The listeners of the session are in place: it gets the first bytes like all others.
    socket.unshift(first);
    socket.resume();
  }

  #serveProgram(socket: Socket, visitor: Visitor): Promise<void> {
    return serveRequests(this.#host, socket, 'socket', {
      begun(breakOff) {
        visitor.busy = true;
        visitor.breakOff = breakOff;
      },
      done() {
        visitor.busy = false;
        visitor.breakOff = undefined;
        visitor.heard = performance.now();
        if (visitor.leaves) dismiss(socket, undefined, '');
      },
    });
  }

  async #servePerson(socket: Socket, visitor: Visitor): Promise<void> {
    visitor.terminal = new Terminal(this.#host, {
      input: socket,
      output: socket,
      by: 'socket',
      quits: 'session',
      greeting: GREETING,
    });
    await visitor.terminal.ended;
  }

  /** It is closed here: a client that stays would keep its descriptor. What it sends is read, or it would not hear why. */
  #refuse(socket: Socket): void {
    const full = new FirmwareError(
      'CONSOLE_FULL',
      `${MOST_SESSIONS} sessions are open already; close one of them`,
    );
    if (this.#refused.size >= MOST_REFUSED) {
      socket.destroy();
      return;
    }
    this.#refused.add(socket);
    const late = setTimeout(() => socket.destroy(), REFUSAL_MS);
    socket.once('close', () => {
      clearTimeout(late);
      this.#refused.delete(socket);
    });
    socket.once('end', () => socket.destroySoon());
    socket.end(`${jsonLine(refusal(full))}\n`);
    socket.resume();
  }
}

function dismiss(socket: Socket, terminal: Terminal | undefined, why: string): void {
  terminal?.show([why]);
  terminal?.close();
  socket.end();
  const late = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.on('close', () => clearTimeout(late));
}

/**
 * A client may say all that it has to say and still wait for the answer: to the kernel, one that is gone looks the same
 * until something is written to it. So from then on something is, which means nothing to it.
 */
function lookAfter(socket: Socket, nothing: string): void {
  socket.once('end', () => {
    const look = setInterval(() => {
      if (!socket.writableEnded && socket.writableLength === 0) socket.write(nothing);
    }, LOOK_MS);
    socket.once('close', () => clearInterval(look));
  });
}
