/** A moment of the monotonic clock by which something must be done. Only reading the clock decides, never a timer's firing. */
import { now } from '../clock.ts';

export class Deadline {
  readonly start: number;
  /** Granted time, in ms. */
  readonly granted: number;
  #at: number;
  /** It was granted more than once. */
  extended = false;

  constructor(granted: number) {
    this.start = now();
    this.granted = granted;
    this.#at = this.start + granted;
  }

  get at(): number {
    return this.#at;
  }

  /** Grants the same time once more, from now on. */
  again(): void {
    this.#at = now() + this.granted;
    this.extended = true;
  }

  /** Milliseconds left; negative when past. */
  get remaining(): number {
    return this.#at - now();
  }

  get passed(): boolean {
    return now() >= this.#at;
  }

  /** The moment at which the given share of the time is used up. */
  share(part: number): number {
    return this.start + this.granted * part;
  }
}
