/** Requests that wait for their answers. An answer that comes after its time-out finds nobody and is counted. */
import { now } from './clock.ts';
import { HitlessError } from './errors.ts';
import type { Timer, TimerQueue } from './timers.ts';

export type Answer = { readonly value: unknown } | { readonly error: HitlessError };

interface Waiting {
  readonly deliver: (answer: Answer) => void;
  readonly timer: Timer;
}

export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  readonly #timers: TimerQueue;
  /** Answers that found nobody waiting. */
  late = 0;

  constructor(timers: TimerQueue) {
    this.#timers = timers;
  }

  /** Registers a request; `deliver` is called once, with the answer or with `ASK_TIMEOUT`. */
  open(id: number, what: string, timeout: number, deliver: (answer: Answer) => void): void {
    const timer: Timer = {
      type: 'ask',
      key: String(id),
      due: now() + timeout,
      every: 0,
      body: undefined,
      place: -1,
      expire: () =>
        this.close(id, {
          error: new HitlessError('ASK_TIMEOUT', `${what} was not answered within ${timeout} ms`),
        }),
    };
    this.#waiting.set(id, { deliver, timer });
    this.#timers.arm(timer);
  }

  /** Nobody will be answered any more: everyone who waits is told so. */
  closeAll(error: HitlessError): void {
    for (const id of [...this.#waiting.keys()]) this.close(id, { error });
  }

  /** Gives the answer to who waits for it. */
  close(id: number, answer: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      this.late++;
      return;
    }
    this.#waiting.delete(id);
    this.#timers.cancel(waiting.timer);
    waiting.deliver(answer);
  }
}
