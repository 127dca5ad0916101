/**
 * Log lines about a thing of the host that may come and go each second, such as a device that is plugged in badly.
 * The first changes are told at once, later ones now and then; a state that lasts is always told in the end.
 */
import type { LogLevel } from '../../runtime/index.ts';

/** Lines that may be written at once. */
export const LINES_AT_ONCE = 6;
/** How long it takes until one more may be written, in ms. */
export const LINE_EVERY_MS = 30_000;
/** How long a state lasts that is told although no line is to spare, in ms. */
export const LASTING_MS = 30_000;

export interface Clock {
  /** In ms; it never goes back. */
  now(): number;
  /** Acts later, without keeping the program running; returns what prevents that. */
  after(ms: number, act: () => void): () => void;
}

/** The system's own. */
export const CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
};

export class StatusLines<Level extends LogLevel = LogLevel> {
  readonly #write: (level: Level, text: string) => void;
  readonly #clock: Clock;
  #spare = LINES_AT_ONCE;
  #at: number;
  /** Changes without a line since the last line. */
  #leftOut = 0;
  #cancel = () => {};

  /** @param clock a test's own, or the system's */
  constructor(write: (level: Level, text: string) => void, clock: Clock = CLOCK) {
    this.#write = write;
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** Takes the state that holds from now on. */
  tell(level: Level, text: string): void {
    const now = this.#clock.now();
    this.#spare = Math.min(LINES_AT_ONCE, this.#spare + (now - this.#at) / LINE_EVERY_MS);
    this.#at = now;
    this.#cancel();
    if (this.#spare >= 1) {
      this.#spare--;
      this.#line(level, text);
      return;
    }
    this.#leftOut++;
    this.#cancel = this.#clock.after(LASTING_MS, () => {
      // This line is one of those that were left out.
      this.#leftOut--;
      this.#line(level, text);
    });
  }

  /** Nothing is told any more. */
  close(): void {
    this.#cancel();
  }

  #line(level: Level, text: string): void {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    this.#write(level, leftOut === 0 ? text : `${text} (changes left out before: ${leftOut})`);
  }
}
