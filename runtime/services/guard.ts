/**
 * The guard bounds module code that may never return (design rule 8). It runs a piece of the event loop under
 * one `vm` time-out: V8 then ends everything up to the guard, also a loop that spins, and neither `catch` nor
 * `finally` of the cut code runs. Entering costs some 100 µs, so it is entered once per turn, before the first disable.
 *
 * What it cannot cut: promise continuations, a collector pause, one long built-in such as a huge `fill`; and
 * nothing at all where the watching thread gets no processor (real-time priority on a single CPU), which `prove` finds out,
 * or where no file descriptor is left for it: `ready` tells, and what runs then is bounded by nothing.
 */
import vm from 'node:vm';
import { now } from '../clock.ts';
import { DescriptorReserve } from './descriptors.ts';

/**
 * The runtime's own work after module code returned must not be cut half-way: where less than this many ms are
 * left, it waits until the guard is left. Whoever sets a guard for handlers adds it to their time.
 */
export const MARGIN_MS = 10;

/** One call into module code: written before it runs, so that a cut names the culprit. */
export interface JournalEntry {
  module: string;
  hook: string;
  startedAt: number;
}

export interface Cut {
  /** Whose code was running; undefined when none of a module's was. */
  culprit: JournalEntry | undefined;
}

/** Shared by all guards: it is the process that has descriptors. */
const reserve = new DescriptorReserve();

export class Guard {
  readonly #sandbox = vm.createContext({ body: (): void => {} });
  readonly #script = new vm.Script('body()', { filename: 'hitless-guard' });
  #journal: JournalEntry | undefined;
  #depth = 0;
  #endsAt = Number.POSITIVE_INFINITY;
  #proven = false;
  readonly #later: (() => void)[] = [];

  /** Whether nothing serves yet, so that nobody waits for the event loop. */
  cold: () => boolean = () => false;

  /** True while code runs under the time-out. */
  get active(): boolean {
    return this.#depth > 0;
  }

  /** Milliseconds until the time-out strikes; infinite outside of the guard. */
  get remaining(): number {
    return this.#depth > 0 ? this.#endsAt - now() : Number.POSITIVE_INFINITY;
  }

  /** Whether it can cut now: false when the process has no file descriptors left. */
  get ready(): boolean {
    return reserve.take();
  }

  /**
   * Runs `body` for at most `limit` ms (whole ones: rounded down, at least 1). Gives undefined when it
   * returned, or who was cut. An error thrown by `body` passes through.
   */
  run(limit: number, body: () => void): Cut | undefined {
    const timeout = Math.max(1, Math.floor(limit));
    if (this.remaining <= timeout) {
      // The guard around this one strikes first: a second thread to watch would only cost time.
      body();
      return undefined;
    }
    if (!reserve.take()) {
      // The time-out would abort the process: a loop that never yields is the lesser evil.
      body();
      return undefined;
    }
    this.#journal = undefined;
    this.#sandbox.body = body;
    this.#depth++;
    this.#endsAt = now() + timeout;
    reserve.give();
    try {
      this.#script.runInContext(this.#sandbox, { timeout });
      return undefined;
    } catch (thrown) {
      if (!isTimeout(thrown)) throw thrown;
      return { culprit: this.#journal };
    } finally {
      this.#depth--;
      this.#sandbox.body = idle;
      this.#journal = undefined;
      reserve.take();
      if (this.#depth === 0) for (const task of this.#later.splice(0)) task();
    }
  }

  /**
   * Runs foreign code that may take its time (a listener, a driver): now, or when the guard is left, for inside it
   * could be cut half-way. It must not throw.
   */
  later(task: () => void): void {
    if (this.active) this.#later.push(task);
    else task();
  }

  /** Calls module code with the journal telling who it is. Errors pass through. */
  call<T>(module: string, hook: string, body: () => T): T {
    this.enter(module, hook);
    try {
      return body();
    } finally {
      // Not reached when the call is cut: the journal then still names it.
      this.leave();
    }
  }

  /** For hot paths: `enter`, the call itself, `leave`. */
  enter(module: string, hook: string): void {
    this.#journal = { module, hook, startedAt: now() };
  }

  leave(): void {
    this.#journal = undefined;
  }

  /**
   * Whether a loop that never yields is really cut here: shown once, with loops that end by themselves. Each try that
   * fails holds the event loop up for 250 ms.
   * @param tries how often to begin again: a machine that is busy for a moment does not show it
   */
  prove(tries = 1): boolean {
    if (!this.ready) return this.#proven;
    // A loop that V8 still compiles waits for its threads, and is then cut even where only one of all gets a turn.
    for (let i = 0; i < tries && !this.#proven; i++)
      this.#proven = this.#cuts() && this.#cuts() && this.#cuts();
    return this.#proven;
  }

  #cuts(): boolean {
    const giveUp = now() + 250;
    let returned = false;
    const cut = this.run(2, () => {
      while (now() < giveUp);
      returned = true;
    });
    // A thread that got its turn only after the loop had ended says that it cut, and did not.
    return cut !== undefined && !returned;
  }
}

function idle(): void {}

function isTimeout(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'code' in thrown &&
    thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
