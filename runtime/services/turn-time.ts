/**
 * The time of a turn. Reading the clock costs as much as a short handler: it is read after many of them. After one that was
 * long when it was measured last it is read at once.
 */
import { now } from '../clock.ts';

/** Handlers between two looks, where all are short. */
const MOST_UNSEEN = 16;
/** A handler that takes less is short: so many of them are a part of a turn. */
const SHORT_MS = 0.03;

/** One kind of work. */
export interface Effort {
  /** It was short when it was measured last; false of what was never measured. */
  isShort: boolean;
}

export class TurnTime {
  #end = 0;
  #most = MOST_UNSEEN;
  #looked = 0;
  /** Handlers since then. */
  #unseen = 0;
  #over = false;

  /**
   * The turn begins.
   * @param exact the clock is read after each handler
   */
  begin(ms: number, exact: boolean): void {
    this.#looked = now();
    this.#end = this.#looked + ms;
    this.#most = exact ? 1 : MOST_UNSEEN;
    this.#unseen = 0;
    this.#over = false;
  }

  /** Nothing more is to be begun. */
  get over(): boolean {
    return this.#over;
  }

  /** A handler, or a step of one, has ended. Returns `over`. */
  spend(effort: Effort): boolean {
    if (++this.#unseen >= this.#most || !effort.isShort) this.#look(effort);
    return this.#over;
  }

  #look(effort: Effort): void {
    const time = now();
    effort.isShort = time - this.#looked < SHORT_MS * this.#unseen;
    this.#looked = time;
    this.#unseen = 0;
    this.#over = time >= this.#end;
  }
}
