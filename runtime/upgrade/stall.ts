/**
 * How long the event loop stood still because of a transaction (design rule 13): what neighbours and callers feel of it. All
 * that a transaction does between two looks of the loop at its sockets and timers counts as one stretch, whatever it is.
 */
import { performance } from 'node:perf_hooks';
import { now } from '../clock.ts';
import type { StallReport, StepName } from './report.ts';

/** Shorter stretches are not in the sum, in ms. */
const COUNTED_MS = 0.05;

interface Share {
  step: StepName;
  ms: number;
}

export class Stall {
  /** The step that runs now. */
  during: StepName = 'upload';
  #since: number | undefined;
  #iteration = -1;
  /** Spent so far in this iteration of the loop. */
  #here = 0;
  /** Spent so far in its last step, and in the step that took the most of it. */
  #last: Share = { step: 'upload', ms: 0 };
  #most: Share = this.#last;
  #longest = 0;
  #longestDuring = '';
  #sum = 0;

  /** Work begins; nothing when it has begun already. */
  enter(): void {
    if (this.#since !== undefined) return;
    const iteration = performance.nodeTiming.uvMetricsInfo.loopCount;
    if (iteration !== this.#iteration) this.#close();
    this.#iteration = iteration;
    this.#since = now();
  }

  /** The event loop is given back, or somebody else's code goes on. */
  leave(): void {
    if (this.#since === undefined) return;
    const spent = now() - this.#since;
    this.#since = undefined;
    this.#here += spent;
    if (this.during !== this.#last.step) this.#last = { step: this.during, ms: 0 };
    this.#last.ms += spent;
    if (this.#last.ms > this.#most.ms) this.#most = this.#last;
    if (this.#here <= this.#longest) return;
    this.#longest = this.#here;
    this.#longestDuring = this.#most.step;
  }

  /** Waits for something, which does not count. Every `await` of a transaction goes through this. */
  async wait<T>(something: PromiseLike<T>): Promise<T> {
    this.leave();
    try {
      return await something;
    } finally {
      this.enter();
    }
  }

  /** Work that the event loop calls while the transaction waits for it. */
  within<T>(body: () => T): T {
    this.enter();
    try {
      return body();
    } finally {
      this.leave();
    }
  }

  #close(): void {
    if (this.#here >= COUNTED_MS) this.#sum += this.#here;
    this.#here = 0;
    this.#last = this.#most = { step: this.during, ms: 0 };
  }

  /** The figures so far; the stretch that runs now counts. */
  report(): StallReport {
    const working = this.#since !== undefined;
    this.leave();
    const sum = this.#sum + (this.#here >= COUNTED_MS ? this.#here : 0);
    if (working) this.enter();
    return { longest: this.#longest, during: this.#longestDuring, sum };
  }
}
