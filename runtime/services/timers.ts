/**
 * The timers of all modules: plain data in one heap ordered by due time, and one system timer for the earliest.
 * They belong to the proxies, so a swap shifts none (design rule 2).
 */
import { type Clock, MACHINE, now } from '../clock.ts';

export interface Timer {
  readonly type: string;
  readonly key: string;
  due: number;
  /** Period in ms; 0 for once. The next due time is counted from the last one, so a period does not drift. */
  readonly every: number;
  readonly body: unknown;
  /** Called when due, from the event loop. */
  readonly expire: (timer: Timer) => void;
  /** Place in the heap; -1 when not armed. */
  place: number;
}

/**
 * In precise mode the system timer is set to ring this many ms before the due time. It counts whole ms, and wakes
 * some tenths late.
 */
const AHEAD_MS = 1.5;
/**
 * The rest is waited for so many ms at a time, without a turn of the event loop. A turn makes garbage, and its
 * collection would come between the due time and the handler.
 */
const GLANCE_MS = 0.03;

export class TimerQueue {
  readonly #heap: Timer[] = [];
  readonly #precise: boolean;
  readonly #clock: Clock;
  readonly #gather: (expire: () => void) => void;
  /** Takes the alarm back. */
  #silencer: (() => void) | undefined;
  /** Precise mode: the next turn of the event loop looks again. */
  #spin: NodeJS.Immediate | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;

  /**
   * @param gather calls what it is given, and then has those take their turn who were woken by it
   * @param precise sleeps only until shortly before the due time, and then turns the event loop until it is there.
   * Input and output go on, a processor is busy meanwhile. Only with the machine's clock
   */
  constructor(gather: (expire: () => void) => void, precise = false, clock = MACHINE) {
    this.#gather = gather;
    this.#precise = precise;
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The time by which timers are due, in ms. */
  now(): number {
    return this.#clock.now();
  }

  arm(timer: Timer): void {
    if (timer.place >= 0) this.cancel(timer);
    timer.place = this.#heap.length;
    this.#heap.push(timer);
    this.#up(timer.place);
    this.#setAlarm();
  }

  cancel(timer: Timer): void {
    const place = timer.place;
    if (place < 0) return;
    timer.place = -1;
    const last = this.#heap.pop()!;
    if (last !== timer) {
      this.#put(last, place);
      this.#up(place);
      this.#down(last.place);
    }
  }

  /** Cancels all and lets the process end. */
  clear(): void {
    for (const timer of this.#heap) timer.place = -1;
    this.#heap.length = 0;
    this.#silence();
    this.#alarmAt = Number.POSITIVE_INFINITY;
  }

  /** `setTimeout` may fire up to 1 ms early: hrtime decides what is due, and the alarm is set again for the rest. */
  #setAlarm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.due >= this.#alarmAt) return;
    this.#silence();
    this.#alarmAt = first.due;
    const left = first.due - this.#clock.now();
    if (!this.#precise) this.#silencer = this.#clock.wait(left, this.#ring);
    else if (left < AHEAD_MS + 1) this.#spin = setImmediate(this.#ring);
    else this.#silencer = this.#clock.wait(Math.floor(left - AHEAD_MS), this.#ring);
  }

  #silence(): void {
    this.#silencer?.();
    clearImmediate(this.#spin);
    this.#silencer = undefined;
    this.#spin = undefined;
  }

  readonly #ring = (): void => {
    this.#silencer = undefined;
    this.#spin = undefined;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    const first = this.#heap[0];
    if (first === undefined) return;
    const time = this.#precise ? glance(first.due) : this.#clock.now();
    if (first.due <= time) this.#gather(() => this.#expire(time));
    this.#setAlarm();
  };

  #expire(time: number): void {
    for (let timer = this.#heap[0]; timer !== undefined && timer.due <= time; timer = this.#heap[0]) {
      this.cancel(timer);
      timer.expire(timer);
      if (timer.every > 0 && timer.place < 0) {
        timer.due += timer.every;
        this.arm(timer);
      }
    }
  }

  #put(timer: Timer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }

  #up(from: number): void {
    const timer = this.#heap[from]!;
    let place = from;
    while (place > 0) {
      const above = this.#heap[(place - 1) >> 1]!;
      if (above.due <= timer.due) break;
      this.#put(above, place);
      place = (place - 1) >> 1;
    }
    this.#put(timer, place);
  }

  #down(from: number): void {
    const timer = this.#heap[from]!;
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#heap.length) break;
      if (below + 1 < this.#heap.length && this.#heap[below + 1]!.due < this.#heap[below]!.due) below++;
      if (this.#heap[below]!.due >= timer.due) break;
      this.#put(this.#heap[below]!, place);
      place = below;
    }
    this.#put(timer, place);
  }
}

/** Looks at the clock until it is `due`, or a moment has passed; returns the time. */
function glance(due: number): number {
  let time = now();
  // Farther away than a spin begins: the timer that was waited for is cancelled.
  if (due - time > AHEAD_MS + 1) return time;
  for (const until = Math.min(due, time + GLANCE_MS); time < until; ) time = now();
  return time;
}
