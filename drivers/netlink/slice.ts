/** Long work in slices, so that the event loop comes back in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds for which a slice may hold the loop. */
const SLICE = 0.5;
/** The clock is looked at once in so many steps. */
const STEPS = 16;

export class Slices {
  #began = performance.now();
  #steps = 0;

  /** Whether the slice is used up; to be called once a step. */
  over(): boolean {
    this.#steps = (this.#steps + 1) % STEPS;
    return this.#steps === 0 && performance.now() - this.#began > SLICE;
  }

  /** Lets the loop turn once, and begins the next slice. */
  async next(): Promise<void> {
    await nextTurn();
    this.#began = performance.now();
  }
}
