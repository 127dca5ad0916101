/** One run of a program: its process group, its time and its output are bounded. */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { startChild } from '../child.ts';
import { firstLine } from '../errors.ts';
import { type Account, stripped } from './account.ts';

/** Bytes of the output that are kept. */
export const MOST_OUTPUT = 4_096;
/**
 * Bytes after which nobody reads any more. A program that writes on ends by SIGPIPE. Its output is a socket: a write that
 * waited for room there fails by ECONNRESET, without the signal.
 */
export const MOST_READ = 65_536;
/** For so long the end of the output is waited for, in ms: a process that has left the group may hold it open. */
const LAST_WORDS = 200;

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface RunOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly account: Account;
  /** In ms. */
  readonly timeLimit: number;
}

/** The outcome of a run. */
export interface RunEnd {
  /** `time`: it was killed at its time limit. `unusable`: it did not run at all. */
  readonly ended: 'exit' | 'signal' | 'time' | 'unusable';
  /** The exit code of `exit`. */
  readonly code?: number;
  /** The name of the signal of `signal`. */
  readonly signal?: string;
  /** Why it did not run. */
  readonly reason?: string;
  /** Of standard output and standard error, the first MOST_OUTPUT bytes. */
  readonly output: string;
  /** It has written more. */
  readonly cut: boolean;
  /** For so long it ran, in ms. */
  readonly took: number;
}

export class Run {
  readonly #child: ChildProcess;
  readonly #onEnd: (end: RunEnd) => void;
  readonly #begun = performance.now();
  readonly #kept: Buffer[] = [];
  #read = 0;
  #isLate = false;
  #ended = false;
  readonly #limit: NodeJS.Timeout;
  #lastWords: NodeJS.Timeout | undefined;

  /**
   * Starts it, in a process group of its own and with no variables but these and PATH, HOME, LC_ALL.
   * @param onEnd is called once, never before this returns
   * @throws DriverError PROGRAM_CAPABILITIES
   */
  constructor(options: RunOptions, onEnd: (end: RunEnd) => void) {
    const { program, variables, account } = options;
    this.#onEnd = onEnd;
    const [first, rest] = stripped(program, options.arguments);
    const becomes = process.geteuid!() === 0 ? { user: account.uid, group: account.gid } : {};
    this.#child = startChild(first, rest, {
      output: 'pipe',
      ownSession: true,
      folder: '/',
      environment: { PATH, HOME: '/', LC_ALL: 'C', ...variables },
      ...becomes,
    });
    this.#limit = setTimeout(() => {
      this.#isLate = true;
      this.kill();
    }, options.timeLimit);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => this.#take(chunk)).on('error', () => {});
    this.#child.once('error', (thrown) => this.#end({ ended: 'unusable', reason: firstLine(thrown) }));
    this.#child.once('exit', () => this.#exited());
    this.#child.once('close', (code: number | null, signal: string | null) => this.#closed(code, signal));
  }

  /** Kills it, and all of its process group. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, constants.signals.SIGKILL);
    } catch {
      // Nothing is left of it.
    }
  }

  #take(chunk: Buffer): void {
    const room = MOST_OUTPUT - this.#read;
    if (room > 0) this.#kept.push(Buffer.from(chunk.subarray(0, room)));
    this.#read += chunk.length;
    if (this.#read > MOST_READ) this.#deafen();
  }

  #deafen(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Processes that it has left behind in its group end with it. */
  #exited(): void {
    clearTimeout(this.#limit);
    this.kill();
    // Output that is there already is read first, also where the machine stood still meanwhile.
    this.#lastWords = setTimeout(() => setImmediate(() => this.#deafen()), LAST_WORDS);
  }

  #closed(code: number | null, signal: string | null): void {
    if (this.#isLate) this.#end({ ended: 'time' });
    else if (signal !== null) this.#end({ ended: 'signal', signal });
    else this.#end({ ended: 'exit', code: code ?? 0 });
  }

  #end(how: Pick<RunEnd, 'ended' | 'code' | 'signal' | 'reason'>): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#limit);
    clearTimeout(this.#lastWords);
    const output = Buffer.concat(this.#kept).toString('utf8');
    const took = Math.round(performance.now() - this.#begun);
    this.#onEnd({ ...how, output, cut: this.#read > MOST_OUTPUT, took });
  }
}
