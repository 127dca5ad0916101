/**
 * A program of the host as a port: each datum is one run of it, and what became of that comes back.
 *
 * - It runs without a shell, as a user that may do nothing, without capabilities, in a process group of its own, with a time
 *   limit and with its output bounded (program/run.ts, program/account.ts).
 * - One at a time: of what is sent meanwhile the newest waits, and takes the place of what waited. `replaced` counts these,
 *   and nothing is told of them.
 * - What was sent before the closing runs all the same. With the end of the program `Turns` ends what is left.
 * - Each run looks at the program anew: one that was mended runs with the next.
 */
import type { Port, PortResult } from '../runtime/module/port.ts';
import { DriverError, firstLine } from './errors.ts';
import { accountFor } from './program/account.ts';
import { mustBeProgram } from './program/file.ts';
import { Run, type RunEnd } from './program/run.ts';
import type { Turns } from './program/turns.ts';

export interface ProgramSettings {
  /** Its absolute path. */
  readonly program: string;
  /** Before those of a datum. */
  readonly arguments?: readonly string[];
  /** Name or number; `nobody` unless told. */
  readonly user?: string;
  /** In ms; DEFAULT_TIME_LIMIT unless told. After it the process group is killed. */
  readonly timeLimit?: number;
}

/** Milliseconds. */
export const DEFAULT_TIME_LIMIT = 10_000;
export const LONGEST_TIME_LIMIT = 600_000;

/** One run. */
export interface ProgramOut {
  /** Told of what became of it. */
  readonly id?: number;
  /** Behind those of the settings. */
  readonly arguments?: readonly string[];
  /** Its environment, besides PATH, HOME and LC_ALL. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The outcome of a run. `reason` begins with a code where it did not run. */
export interface ProgramIn extends RunEnd {
  readonly id: number;
}

export class ProgramPort implements Port<ProgramIn, ProgramOut> {
  readonly #turns: Turns;
  #settings: ProgramSettings;
  #receive: ((datum: ProgramIn) => void) | undefined;
  /** Runs, or waits for its turn. */
  #busy = false;
  #next: ProgramOut | undefined;
  #failure = '';
  readonly #counters = { runs: 0, failed: 0, timeouts: 0, unusable: 0, replaced: 0 };

  constructor(settings: ProgramSettings, turns: Turns) {
    this.#settings = settings;
    this.#turns = turns;
  }

  /** The reason why it cannot be run now. It is looked at again with each run. */
  get trouble(): DriverError | undefined {
    try {
      this.#account();
      return undefined;
    } catch (thrown) {
      return thrown as DriverError;
    }
  }

  open(receive: (datum: ProgramIn) => void): void {
    this.#receive = receive;
  }

  /** The next run has them. */
  change(settings: unknown): void {
    this.#settings = settings as ProgramSettings;
  }

  send(datum: ProgramOut): PortResult {
    if (this.#receive === undefined) {
      this.#failure = 'the port is not open';
      return 'down';
    }
    if (this.#next !== undefined) this.#counters.replaced++;
    this.#next = datum;
    if (!this.#busy) this.#begin();
    return 'sent';
  }

  get failure(): string {
    return this.#failure;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#counters;
  }

  close(): void {
    this.#receive = undefined;
  }

  #begin(): void {
    this.#busy = true;
    this.#turns.want((ended) => {
      const datum = this.#next!;
      this.#next = undefined;
      try {
        return this.#run(datum, ended);
      } catch (thrown) {
        const reason =
          thrown instanceof DriverError ? `${thrown.code}: ${thrown.message}` : firstLine(thrown);
        this.#ended(datum, { ended: 'unusable', reason, output: '', cut: false, took: 0 });
        return undefined;
      }
    });
  }

  #run({ id, arguments: further = [], variables = {} }: ProgramOut, ended: () => void): Run {
    const { program, arguments: first = [], timeLimit = DEFAULT_TIME_LIMIT } = this.#settings;
    const account = this.#account();
    this.#counters.runs++;
    return new Run({ program, arguments: [...first, ...further], variables, account, timeLimit }, (end) => {
      // The datum that waits wants its turn first: with none left, a program that ends would wait no more.
      this.#ended({ ...(id !== undefined && { id }) }, end);
      ended();
    });
  }

  /** @throws DriverError PROGRAM_UNUSABLE, PROGRAM_UNSAFE, PROGRAM_USER */
  #account() {
    const { program, user } = this.#settings;
    const account = accountFor(user);
    mustBeProgram(program, account);
    return account;
  }

  #ended({ id = 0 }: ProgramOut, end: RunEnd): void {
    if (end.ended === 'unusable') this.#counters.unusable++;
    else if (end.ended === 'time') this.#counters.timeouts++;
    else if (end.code !== 0) this.#counters.failed++;
    this.#busy = false;
    if (this.#next !== undefined) this.#begin();
    this.#receive?.({ id, ...end });
  }
}
