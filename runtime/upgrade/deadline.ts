/** A moment of the monotonic clock by which something must be done. Only reading the clock decides, never a timer's firing. */
import { now } from '../clock.ts';

/** A transaction by force goes on where the machine stood still in between; but not for ever. */
const MOST_GRANTS = 8;

export class Deadline {
  readonly start: number;
  /** Granted time, in ms. */
  readonly granted: number;
  #at: number;
  #grants = 1;

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
    this.#grants++;
  }

  /** It was granted as often as it may be. */
  get spent(): boolean {
    return this.#grants >= MOST_GRANTS;
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
