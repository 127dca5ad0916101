/** The timers of one module. They are the proxy's, so a swap shifts none (design rule 2). */
import type { Expiry } from '../message.ts';
import type { Timer, TimerQueue } from '../services/timers.ts';

/** A timer as plain data: what is kept of one that is cancelled with its module or version. */
export interface TimerRecord {
  readonly type: string;
  readonly key: string;
  readonly due: number;
  readonly every: number;
  readonly body: unknown;
}

export class ModuleTimers {
  readonly #queue: TimerQueue;
  readonly #armed = new Map<string, Timer>();
  /** Expiries in the mailbox that are not handled yet: one a timer. */
  readonly #waiting = new Map<string, Expiry>();
  readonly #deliver: (expiry: Expiry) => void;
  readonly #withdraw: (expiry: Expiry) => void;
  /** Expiries that came while the same timer's last one still waited. */
  overruns = 0;

  /** `deliver` puts an expiry into the mailbox, `withdraw` takes it out again. */
  constructor(queue: TimerQueue, deliver: (expiry: Expiry) => void, withdraw: (expiry: Expiry) => void) {
    this.#queue = queue;
    this.#deliver = deliver;
    this.#withdraw = withdraw;
  }

  arm(type: string, key: string, due: number, every: number, body: unknown): void {
    this.disarm(type, key);
    const timer: Timer = { type, key, due, every, body, place: -1, expire: (t) => this.#expired(t) };
    this.#armed.set(timerId(type, key), timer);
    this.#queue.arm(timer);
  }

  /** Also takes back an expiry that was not handled yet: who re-arms a timer starts it afresh. */
  disarm(type: string, key: string): void {
    const id = timerId(type, key);
    const timer = this.#armed.get(id);
    if (timer !== undefined) {
      this.#queue.cancel(timer);
      this.#armed.delete(id);
    }
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#withdraw(waiting);
  }

  /** Cancels every timer whose name is not among these, and returns them; one whose expiry waited is due at once. */
  keepOnly(names: readonly string[]): TimerRecord[] {
    const cancelled = this.records().filter(({ type }) => !names.includes(type));
    for (const { type, key } of cancelled) this.disarm(type, key);
    return cancelled;
  }

  /** Every timer; one whose expiry waits is due since then. */
  records(): TimerRecord[] {
    const records = new Map<string, TimerRecord>();
    for (const { type, key, due, every, body } of this.#armed.values())
      records.set(timerId(type, key), { type, key, due, every, body });
    for (const { type, key, due, body } of this.#waiting.values()) {
      const id = timerId(type, key);
      records.set(id, { type, key, due, every: records.get(id)?.every ?? 0, body });
    }
    return [...records.values()];
  }

  /** Milliseconds until the timer is due, 0 where its expiry waits; undefined when it is not armed. */
  dueIn(type: string, key: string): number | undefined {
    const id = timerId(type, key);
    if (this.#waiting.has(id)) return 0;
    const timer = this.#armed.get(id);
    return timer === undefined ? undefined : timer.due - this.#queue.now();
  }

  /** The expiry is about to be handled. */
  handled({ type, key }: Expiry): void {
    this.#waiting.delete(timerId(type, key));
  }

  view(): { type: string; key: string; dueIn: number }[] {
    const time = this.#queue.now();
    return [...this.#armed.values()].map(({ type, key, due }) => ({ type, key, dueIn: due - time }));
  }

  #expired({ type, key, due, every, body }: Timer): void {
    const id = timerId(type, key);
    if (every === 0) this.#armed.delete(id);
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) {
      waiting.overruns++;
      this.overruns++;
      return;
    }
    const expiry: Expiry = { kind: 'timer', type, key, due, overruns: 0, body };
    this.#waiting.set(id, expiry);
    this.#deliver(expiry);
  }
}

/** Names one timer of a module. Without a key it needs no new string, which would have to be hashed at every expiry. */
export function timerId(type: string, key: string): string {
  return key === '' ? type : `${type}\0${key}`;
}
