/** Requests that wait for their answers. An answer that comes after its time-out finds nobody and is counted. */
import { HitlessError } from '../errors.ts';
import type { Timer, TimerQueue } from './timers.ts';

export type Answer = { readonly value: unknown } | { readonly error: HitlessError };

/** A request that waits for its answer. */
export interface Waiting {
  /** The asker, the asked and the question, as the beginning of a sentence. */
  readonly what: string;
  /** In ms. */
  readonly timeout: number;
  /** When the time-out is over: set by `open`. */
  due: number;
  /** Called once, with the answer or with `ASK_TIMEOUT`. */
  deliver(answer: Answer): void;
}

/**
 * Nearly every request is answered long before its time-out, so none has a timer of its own. One alarm is set for a
 * moment not later than the earliest time-out. Only when it rings do we look for those that are due.
 */
export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  /** The newest one is not in the Map yet: mostly it is answered before there is another. */
  #newest: Waiting | undefined;
  #newestId = 0;
  readonly #timers: TimerQueue;
  #alarm: Timer | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;
  /** Answers that found nobody waiting. */
  late = 0;

  constructor(timers: TimerQueue) {
    this.#timers = timers;
  }

  /** Registers a request, under its message's id. */
  open(id: number, waiting: Waiting): void {
    waiting.due = this.#timers.now() + waiting.timeout;
    this.#file();
    this.#newest = waiting;
    this.#newestId = id;
    if (waiting.due < this.#alarmAt) this.#setAlarm(waiting.due);
  }

  /** Nobody will be answered any more: everyone who waits is told so. */
  closeAll(error: HitlessError): void {
    this.#file();
    for (const id of [...this.#waiting.keys()]) this.close(id, { error });
  }

  /** Hands the answer to the one that waits for it. */
  close(id: number, answer: Answer): void {
    const waiting = id === this.#newestId ? this.#newest : this.#waiting.get(id);
    if (waiting === undefined) {
      this.late++;
      return;
    }
    if (waiting === this.#newest) this.#newest = undefined;
    else this.#waiting.delete(id);
    waiting.deliver(answer);
  }

  /** Puts the newest one to the others: there is a newer one, or all are gone through. */
  #file(): void {
    if (this.#newest !== undefined) this.#waiting.set(this.#newestId, this.#newest);
    this.#newest = undefined;
    this.#newestId = 0;
  }

  #setAlarm(due: number): void {
    if (this.#alarm !== undefined) this.#timers.cancel(this.#alarm);
    this.#alarmAt = due;
    this.#alarm = {
      type: 'ask',
      key: '',
      due,
      every: 0,
      body: undefined,
      place: -1,
      expire: () => this.#expire(),
    };
    this.#timers.arm(this.#alarm);
  }

  /** Whoever is due is told; the alarm is set again for the earliest of the others. */
  #expire(): void {
    this.#alarm = undefined;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    this.#file();
    const time = this.#timers.now();
    let earliest = Number.POSITIVE_INFINITY;
    const overdue: [id: number, waiting: Waiting][] = [];
    for (const [id, waiting] of this.#waiting) {
      if (waiting.due <= time) overdue.push([id, waiting]);
      else if (waiting.due < earliest) earliest = waiting.due;
    }
    if (earliest < Number.POSITIVE_INFINITY) this.#setAlarm(earliest);
    overdue.sort(([, a], [, b]) => a.due - b.due);
    for (const [id, { what, timeout }] of overdue) {
      // A request that was told before may have ended this one's waiting.
      if (!this.#waiting.has(id)) continue;
      this.close(id, {
        error: new HitlessError('ASK_TIMEOUT', `${what} was not answered within ${timeout} ms`),
      });
    }
  }
}
