/**
 * The kernel's tables of this network namespace: lists of links, addresses, routes, neighbours and rules, questions after
 * one, and changes, each with an answer. Work on many rows is done in slices of half a millisecond, or of a hundred rows, and
 * the event loop turns in between.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { DriverError, firstLine } from '../errors.ts';
import { Channel, type ChannelCounters, type ChannelOptions, type Room } from './channel.ts';
import {
  EBADMSG,
  EINVAL,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
  NLMSG_ERROR,
} from './constants.ts';
import { Dump, interrupted, MOST_ATTEMPTS } from './dump.ts';
import type { Asks, Writes } from './kind.ts';
import { type Answer, inWords, isFault, type Message, readAnswer } from './message.ts';
import { Slices } from './slice.ts';
import { MessageWriter } from './writer.ts';

/** `set` changes what is there already. */
export type Verb = 'add' | 'replace' | 'set' | 'remove';

/** One change of a table. */
export interface Change {
  readonly verb: Verb;
  // biome-ignore lint/suspicious/noExplicitAny: of any kind; `add` and the others see to it that `wanted` is of it.
  readonly kind: Writes<any>;
  readonly wanted: unknown;
}

/** The row is new: one that is there already is refused with EEXIST. */
export function add<Wanted>(kind: Writes<Wanted>, wanted: Wanted): Change {
  return { verb: 'add', kind, wanted };
}

/** The row takes the place of the one with the same key, in one step, or is new. */
export function replace<Wanted>(kind: Writes<Wanted>, wanted: Wanted): Change {
  return { verb: 'replace', kind, wanted };
}

/** The row is there already, and changes as told. */
export function set<Wanted>(kind: Writes<Wanted>, wanted: Wanted): Change {
  return { verb: 'set', kind, wanted };
}

/** The row goes: for links by index or name; for routes, what is told has to match, the protocol among it. */
export function remove<Wanted>(kind: Writes<Wanted>, wanted: Wanted): Change {
  return { verb: 'remove', kind, wanted };
}

const FLAGS: Readonly<Record<Verb, number>> = {
  add: NLM_F_CREATE | NLM_F_EXCL,
  replace: NLM_F_CREATE | NLM_F_REPLACE,
  set: 0,
  remove: 0,
};

/** A request that was not carried out. */
export interface Refusal extends Answer {
  /** Its place among those that were asked for together. */
  at: number;
  /** Says what was refused, and why. */
  message: string;
}

export interface NetlinkCounters extends ChannelCounters {
  /** Lists that were begun again because the table changed meanwhile. */
  interrupted: number;
}

/** So many messages are sent at once, in so many bytes: their answers have room in the receive buffer. */
const MOST_MESSAGES = 128;
const MOST_BYTES = 64 << 10;
/** Milliseconds by which each further attempt at a list waits longer. */
const PAUSE = 2;

/** Messages that are sent at once. */
interface Slice {
  readonly writer: MessageWriter;
  /** By distance from the first sequence number, the change's place. */
  readonly places: number[];
  readonly refusals: Refusal[];
  first: number;
  last: number;
  /** Where the next slice begins. */
  next: number;
}

export class Netlink {
  readonly #changes: Channel;
  /** Lists are long: changes do not wait for them. */
  readonly #reads: Channel;
  readonly #attempts: number;
  /** Those that are free. */
  readonly #writers: MessageWriter[] = [];
  readonly #questions = new MessageWriter();
  #malformed = 0;
  #interrupted = 0;

  /**
   * Its sockets are opened when they are needed.
   * @param attempts at a list that is interrupted by changes; 10 unless told
   */
  constructor(options: ChannelOptions & { attempts?: number } = {}) {
    this.#changes = new Channel(options);
    this.#reads = new Channel(options);
    this.#attempts = options.attempts ?? MOST_ATTEMPTS;
  }

  get counters(): NetlinkCounters {
    const [one, other] = [this.#changes.counters, this.#reads.counters];
    return {
      malformed: one.malformed + other.malformed + this.#malformed,
      overruns: one.overruns + other.overruns,
      timeouts: one.timeouts + other.timeouts,
      interrupted: this.#interrupted,
    };
  }

  /** `EventAbout.port` of its own changes; undefined before the first. Another one after a change that was rejected. */
  get port(): number | undefined {
    return this.#changes.port;
  }

  /**
   * Carries out changes in their order, also behind one that is refused. Returns those that were refused: none when all is
   * as it was asked for.
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_REFUSED, NETLINK_LOST, NETLINK_TIMEOUT, NETLINK_CLOSED: how far
   * it came only a list tells
   */
  async change(changes: readonly Change[]): Promise<Refusal[]> {
    const refusals: Refusal[] = [];
    let slice = this.#build(changes, 0);
    for (;;) {
      const now: Slice = slice;
      const following: { slice?: Slice } = {};
      // The next slice is written while the kernel works on this one.
      const meanwhile = () => {
        if (now.next < changes.length) following.slice = this.#build(changes, now.next);
      };
      // Where none of them can be said, the loop turns all the same.
      if (now.places.length === 0) await nextTurn();
      else await this.#changes.inTurn(() => this.#carryOut(changes, now, meanwhile));
      refusals.push(...now.refusals.sort((one, other) => one.at - other.at));
      this.#writers.push(now.writer);
      if (now.next >= changes.length) return refusals;
      slice = following.slice ?? this.#build(changes, now.next);
    }
  }

  /**
   * Lists a table as it was at one moment.
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_INVALID, NETLINK_REFUSED, NETLINK_INTERRUPTED, NETLINK_TIMEOUT,
   * NETLINK_CLOSED
   */
  async dump<Value, Filter>(kind: Asks<Value, Filter>, filter: Filter): Promise<Value[]> {
    for (let attempt = 1; ; attempt++) {
      const dump = await this.#reads.inTurn(() => this.#list(kind, filter));
      if (dump.torn === undefined) return dump.rows;
      this.#interrupted++;
      if (attempt >= this.#attempts) throw interrupted(kind, dump.torn, attempt);
      await delay(attempt * PAUSE);
    }
  }

  /**
   * Lists a table once, each row as it comes, however many there are. Returns whether that was all as it was at one moment:
   * false where the table changed meanwhile, so that rows may be missing or have come twice.
   * @param room is waited for between datagrams, where it returns a promise
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_INVALID, NETLINK_REFUSED, NETLINK_TIMEOUT, NETLINK_CLOSED
   */
  async each<Value, Filter>(
    kind: Asks<Value, Filter>,
    filter: Filter,
    take: (row: Value) => void,
    room?: Room,
  ): Promise<boolean> {
    const { torn } = await this.#reads.inTurn(() => this.#list(kind, filter, take, room));
    if (torn !== undefined) this.#interrupted++;
    return torn === undefined;
  }

  /**
   * Asks after single rows; each has a row or a refusal, such as ENODEV, in the order of the questions. EBADMSG: the kernel's
   * answer was not understood.
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_INVALID, NETLINK_REFUSED, NETLINK_LOST, NETLINK_TIMEOUT,
   * NETLINK_CLOSED
   */
  async read<Value, Filter>(
    kind: Asks<Value, Filter>,
    filters: readonly Filter[],
  ): Promise<(Value | Refusal)[]> {
    const found: (Value | Refusal)[] = [];
    for (let at = 0; at < filters.length; at += MOST_MESSAGES) {
      const some = filters.slice(at, at + MOST_MESSAGES);
      found.push(...(await this.#reads.inTurn(() => this.#ask(kind, some, at))));
    }
    return found;
  }

  /** All that waits is refused; what was sent is carried out by the kernel all the same. */
  close(): void {
    this.#changes.close();
    this.#reads.close();
  }

  /** Writes as many of the changes as go into one slice; those that cannot be said are refused here. */
  #build(changes: readonly Change[], from: number): Slice {
    const writer = this.#writers.pop() ?? new MessageWriter();
    writer.clear();
    const slice: Slice = { writer, places: [], refusals: [], first: 0, last: 0, next: from };
    const { places, refusals } = slice;
    const time = new Slices();
    const end = Math.min(changes.length, from + MOST_MESSAGES);
    while (slice.next < end && writer.length < MOST_BYTES) {
      const at = slice.next++;
      const sequence = this.#changes.nextSequence();
      const refusal = write(writer, changes[at] as Change, sequence, at);
      if (refusal !== undefined) refusals.push(refusal);
      else {
        if (places.length === 0) slice.first = sequence;
        places[(sequence - slice.first) >>> 0] = at;
        slice.last = sequence;
      }
      if (time.over()) break;
    }
    // Only errors are answered: the acknowledgment of the last one says that all before it are done.
    if (places.length > 0) writer.mark(NLM_F_ACK);
    return slice;
  }

  async #carryOut(
    changes: readonly Change[],
    { writer, places, refusals, first, last }: Slice,
    meanwhile: () => void,
  ): Promise<void> {
    let understood = true;
    const take = (message: Message) => {
      if (message.type !== NLMSG_ERROR) return false;
      const place = places[(message.sequence - first) >>> 0];
      if (place === undefined) return false;
      const answer = readAnswer(message, 'request');
      if (isFault(answer)) {
        this.#malformed++;
        understood = false;
      } else if (answer.errno !== 0) refusals.push(refusalOf(changes[place] as Change, place, answer));
      return message.sequence === last;
    };
    const { lost } = await this.#changes.exchange(writer.written, take, meanwhile);
    if (lost || !understood)
      throw new DriverError(
        'NETLINK_LOST',
        'some answers of the kernel were lost or not understood: the changes may have been carried out, only a list tells',
      );
  }

  async #list<Value, Filter>(
    kind: Asks<Value, Filter>,
    filter: Filter,
    each?: (row: Value) => void,
    room?: Room,
  ): Promise<Dump<Value, Filter>> {
    const dump = new Dump(kind, this.#reads.nextSequence(), each);
    this.#questions.clear();
    dump.ask(this.#questions, filter);
    const { lost } = await this.#reads.exchange(this.#questions.written, dump.take, undefined, room);
    dump.check();
    this.#malformed += dump.malformed;
    if (lost) dump.lose();
    return dump;
  }

  async #ask<Value, Filter>(
    kind: Asks<Value, Filter>,
    filters: readonly Filter[],
    from: number,
  ): Promise<(Value | Refusal)[]> {
    const writer = this.#questions;
    writer.clear();
    const sequences = filters.map((filter) => {
      const sequence = this.#reads.nextSequence();
      writer.begin(kind.get, NLM_F_REQUEST, sequence);
      kind.ask(writer, filter);
      writer.end();
      return sequence;
    });
    writer.mark(NLM_F_ACK);
    const [first = 0, last = sequences.at(-1)] = [sequences[0]];
    const none: Answer = { errno: EBADMSG, text: 'no answer that is understood' };
    const found = filters.map((_, at): Value | Refusal => questioned(kind, from + at, none));
    const { lost } = await this.#reads.exchange(writer.written, (message) => {
      const at = (message.sequence - first) >>> 0;
      if (at >= filters.length) return false;
      const answer = this.#answerOf(kind, message, from + at);
      if (answer !== undefined) found[at] = answer;
      return message.type === NLMSG_ERROR && message.sequence === last;
    });
    if (lost)
      throw new DriverError(
        'NETLINK_LOST',
        'some answers of the kernel were lost or not understood: ask again',
      );
    return found;
  }

  #answerOf<Value, Filter>(
    kind: Asks<Value, Filter>,
    message: Message,
    at: number,
  ): Value | Refusal | undefined {
    if (message.type === NLMSG_ERROR) {
      const answer = readAnswer(message, 'request');
      if (!isFault(answer)) return answer.errno === 0 ? undefined : questioned(kind, at, answer);
      this.#malformed++;
      return undefined;
    }
    if (message.type !== kind.added) return undefined;
    const row = kind.decode(message.bytes, message.from, message.end);
    if (row === undefined || !isFault(row as object)) return row as Value | undefined;
    this.#malformed++;
    return undefined;
  }
}

/** Whether a question was refused. */
export function isRefusal(answer: object): answer is Refusal {
  return 'errno' in answer;
}

/** Writes one message, or says why it cannot be said. */
function write(writer: MessageWriter, change: Change, sequence: number, at: number): Refusal | undefined {
  const { verb, kind, wanted } = change;
  const before = writer.length;
  try {
    const removes = verb === 'remove';
    writer.begin(removes ? kind.removed : kind.added, NLM_F_REQUEST | FLAGS[verb], sequence);
    kind.write(writer, wanted, removes ? 'remove' : 'add');
    writer.end();
    return undefined;
  } catch (thrown) {
    writer.cut(before);
    return refusalOf(change, at, { errno: EINVAL, text: firstLine(thrown) });
  }
}

function refusalOf({ verb, kind, wanted }: Change, at: number, answer: Answer): Refusal {
  return { ...answer, at, message: `${verb} ${kind.name} ${kind.tell(wanted)}: ${inWords(answer)}` };
}

function questioned({ name }: { name: string }, at: number, answer: Answer): Refusal {
  return { ...answer, at, message: `${name}: ${inWords(answer)}` };
}
