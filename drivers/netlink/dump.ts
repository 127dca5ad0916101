/** One listing of a table: the rows so far, and how it ended. */
import { DriverError } from '../errors.ts';
import { NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR } from './constants.ts';
import type { Asks } from './kind.ts';
import {
  type Answer,
  behind,
  errnoName,
  inWords,
  isFault,
  type Message,
  messageAt,
  readAnswer,
} from './message.ts';
import { LARGEST_DATAGRAM, openNetlink } from './socket.ts';
import { MessageWriter } from './writer.ts';

/** A table that changes while it is listed is listed again, so often. */
export const MOST_ATTEMPTS = 10;

/** Bytes of the receive buffer of a listing at once: the kernel never fills more than one datagram ahead. */
const RECEIVE_BUFFER = 256 << 10;

const ENOENT = 2;

export class Dump<Value, Filter> {
  readonly rows: Value[] = [];
  /** The table changed meanwhile: rows may be missing, or stand there twice. */
  torn = false;
  /** Rows that were not understood. */
  malformed = 0;
  readonly #kind: Asks<Value, Filter>;
  readonly #sequence: number;
  readonly #each: (row: Value) => void;
  #answer: Answer = { errno: 0, text: '' };

  /** @param each takes a row as it comes; `rows` has them all unless told */
  constructor(
    kind: Asks<Value, Filter>,
    sequence: number,
    each: (row: Value) => void = (row) => this.rows.push(row),
  ) {
    this.#kind = kind;
    this.#sequence = sequence;
    this.#each = each;
  }

  /** Writes the question. @throws DriverError NETLINK_INVALID */
  ask(writer: MessageWriter, filter: Filter): void {
    writer.begin(this.#kind.get, NLM_F_REQUEST | NLM_F_DUMP, this.#sequence);
    this.#kind.ask(writer, filter);
    writer.end();
  }

  /** Takes a message; true when it was the last. */
  readonly take = (message: Message): boolean => {
    if (message.sequence !== this.#sequence) return false;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) this.torn = true;
    if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) {
      const answer = readAnswer(message, message.type === NLMSG_DONE ? 'dump' : 'request');
      if (isFault(answer)) this.malformed++;
      else this.#answer = answer;
      return true;
    }
    if (message.type !== this.#kind.added) return false;
    const row = this.#kind.decode(message.bytes, message.from, message.end);
    if (row === undefined) return false;
    if (isFault(row as object)) this.malformed++;
    else this.#each(row as Value);
    return false;
  };

  /** @throws DriverError NETLINK_REFUSED when the kernel ended it with an error */
  check(): void {
    // A table of routes that does not exist has no rows.
    if (this.#answer.errno === 0 || this.#answer.errno === ENOENT) return;
    throw new DriverError('NETLINK_REFUSED', `the list of each ${this.#kind.name}: ${inWords(this.#answer)}`);
  }
}

export function interrupted({ name }: { name: string }): DriverError {
  return new DriverError(
    'NETLINK_INTERRUPTED',
    `the table of each ${name} changed ${MOST_ATTEMPTS} times while it was listed; try again`,
  );
}

/**
 * Lists a table at once, for the start of a program: it holds the event loop, some 10 ms for 10,000 rows.
 * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_INVALID, NETLINK_REFUSED, NETLINK_INTERRUPTED
 */
export function dumpNow<Value, Filter>(kind: Asks<Value, Filter>, filter: Filter): Value[] {
  const socket = openNetlink(RECEIVE_BUFFER);
  try {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const dump = new Dump(kind, attempt);
      const writer = new MessageWriter();
      dump.ask(writer, filter);
      const sent = socket.send(writer.written);
      if (sent < 0) throw refused(kind.name, sent);
      receiveAll(dump, (into) => socket.receive(into));
      dump.check();
      if (!dump.torn) return dump.rows;
    }
  } finally {
    socket.close();
  }
  throw interrupted(kind);
}

/** The kernel has the next datagram ready when one is taken: nothing is waited for. */
function receiveAll<Value, Filter>(dump: Dump<Value, Filter>, receive: (into: Buffer) => number): void {
  const into = Buffer.alloc(LARGEST_DATAGRAM);
  for (let last = false; !last; ) {
    const received = receive(into);
    if (received < 0) throw refused('table', received);
    for (let at = 0; at < Math.min(received, into.length); ) {
      const message = messageAt(into, at, Math.min(received, into.length));
      if (isFault(message)) {
        dump.malformed++;
        break;
      }
      at = behind(message);
      last = dump.take(message) || last;
    }
  }
}

function refused(name: string, errno: number): DriverError {
  return new DriverError('NETLINK_REFUSED', `the list of each ${name}: ${errnoName(-errno)}`);
}
