/** Time that stands still until a test lets it go on, and turns that a test's call runs to their end. */
import type { Clock } from '../clock.ts';
import { HitlessError } from '../index.ts';

/** A module that is not at rest after so many turns, or so many timers at one instant, never is. */
const MOST_ROUNDS = 10_000;

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  /** The earliest first; of those at the same time, the one that was set first. */
  readonly #alarms: Alarm[] = [];
  readonly #turns: (() => void)[] = [];
  #running = false;

  /** @param at what it shows first, in ms */
  constructor(at: number) {
    this.#now = at;
  }

  now(): number {
    return this.#now;
  }

  wait(ms: number, ring: () => void): () => void {
    const alarm = { at: this.#now + Math.max(0, ms), ring };
    const later = this.#alarms.findIndex(({ at }) => at > alarm.at);
    this.#alarms.splice(later === -1 ? this.#alarms.length : later, 0, alarm);
    return () => {
      const place = this.#alarms.indexOf(alarm);
      if (place !== -1) this.#alarms.splice(place, 1);
    };
  }

  /** In a test's call the turn is run before it returns; otherwise, such as in a transaction, from the event loop. */
  soon(turn: () => void): void {
    this.#turns.push(turn);
    if (this.#turns.length === 1 && !this.#running) setImmediate(() => this.settle());
  }

  /** Whether a turn waits. */
  get waiting(): boolean {
    return this.#turns.length > 0;
  }

  /**
   * Runs turns until none is left.
   * @throws HitlessError `NOT_QUIESCENT` when there is no end of them
   */
  settle(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let round = 0; this.#turns.length > 0; round++) {
        if (round === MOST_ROUNDS) throw restless('turns');
        this.#turns.shift()!();
      }
    } finally {
      this.#running = false;
    }
  }

  /**
   * Lets `ms` pass. Each alarm rings when it is due, and what follows from it is done before the next.
   * @throws HitlessError `NOT_QUIESCENT` as `settle`
   */
  advance(ms: number): void {
    const until = this.#now + ms;
    let rung = 0;
    for (let next = this.#alarms[0]; next !== undefined && next.at <= until; next = this.#alarms[0]) {
      rung = next.at > this.#now ? 0 : rung + 1;
      if (rung === MOST_ROUNDS) throw restless('timers at one instant');
      this.#now = next.at;
      this.#alarms.shift();
      next.ring();
      this.settle();
    }
    this.#now = until;
  }
}

function restless(what: string): HitlessError {
  return new HitlessError(
    'NOT_QUIESCENT',
    `the module did not come to rest within ${MOST_ROUNDS} ${what}: it sends to itself, yields or sets a timer for now, without end`,
  );
}
