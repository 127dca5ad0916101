/**
 * All that waits to be told to the module, and in which order: first which requests were carried out, then a list, then changes
 * that were heard. Changes that were heard while it lists are told behind it.
 */
import { type KernelRow, type KernelTold, MOST_ROWS } from './datum.ts';

/** Changes that wait; where more come, they are dropped, and a list is told in their place. */
export const MOST_WAITING = 50_000;

type Done = KernelTold & { of: 'done' };

/** A route's change, heard when so many requests had begun. */
interface Held {
  row: KernelRow;
  begun: number;
}

interface List {
  /** Its `begin` is told. */
  begun: boolean;
  rows: KernelRow[];
  /** All its rows are here. */
  ended: boolean;
  leftOut: number;
}

export class Tidings {
  /** There is something to be told, or room for more rows of a list. */
  onChange: () => void = () => {};
  /** A `done` is on its way to the module. */
  onDone: () => void = () => {};

  readonly #done: Done[] = [];
  /** Rows of a list that are not told yet; undefined when there is none under way. */
  #list: List | undefined;
  #heard: KernelRow[] = [];
  /** They wait for the requests that were under way when they were heard. */
  #held: Held[] = [];
  #dropped = 0;
  #overflown = false;

  /** Changes that were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Changes that wait. */
  get waiting(): number {
    return this.#heard.length + this.#held.length;
  }

  /** Whether the list that is under way needs no more rows for now. */
  get full(): boolean {
    return this.#list !== undefined && this.#list.rows.length >= 2 * MOST_ROWS;
  }

  /** Whether changes were dropped, so that only a new list is right. It is asked once. */
  overflown(): boolean {
    const was = this.#overflown;
    this.#overflown = false;
    return was;
  }

  /** A list begins; one that did not end is forgotten. What was heard before it is in it. */
  begin(): void {
    this.#heard = [];
    this.#held = [];
    this.#overflown = false;
    this.#list = { begun: false, rows: [], ended: false, leftOut: 0 };
  }

  list(row: KernelRow): void {
    this.#list?.rows.push(row);
  }

  /** @param leftOut rows that are not in the list, for there are too many */
  end(leftOut: number): void {
    if (this.#list === undefined) return;
    this.#list.ended = true;
    this.#list.leftOut = leftOut;
    this.onChange();
  }

  /**
   * A change was heard. That of a route waits until the requests are done that are under way: else the module could not tell
   * which of the two came later.
   * @param begun how many requests have begun so far
   * @param finished and how many are done
   * @returns false where it was dropped
   */
  hear(row: KernelRow, begun: number, finished: number): boolean {
    if (this.#overflown) {
      this.#dropped++;
      return true;
    }
    if (this.waiting >= MOST_WAITING) {
      this.#dropped += this.waiting + 1;
      this.#heard = [];
      this.#held = [];
      this.#overflown = true;
      return false;
    }
    if (row.kind === 'route' && begun > finished) this.#held.push({ row, begun });
    else this.#heard.push(row);
    this.onChange();
    return true;
  }

  /** A request is done; those that are done now are so many. */
  done(told: Done, finished: number): void {
    this.#done.push(told);
    const free = this.#held.findIndex(({ begun }) => begun > finished);
    for (const { row } of this.#held.splice(0, free < 0 ? this.#held.length : free)) this.#heard.push(row);
    this.onChange();
  }

  /** Takes what is to be told next; undefined when there is nothing, or not enough of a list yet. */
  next(): KernelTold | undefined {
    const done = this.#done.shift();
    if (done !== undefined) {
      this.onDone();
      return done;
    }
    if (this.#list !== undefined) return this.#nextOfList(this.#list);
    return this.#heard.length === 0 ? undefined : { of: 'rows', rows: this.#heard.splice(0, MOST_ROWS) };
  }

  #nextOfList(list: List): KernelTold | undefined {
    if (!list.begun) {
      list.begun = true;
      return { of: 'list', at: 'begin' };
    }
    if (list.rows.length > 0 && (list.ended || list.rows.length >= MOST_ROWS)) {
      const rows = list.rows.splice(0, MOST_ROWS);
      this.onChange();
      return { of: 'rows', rows };
    }
    if (!list.ended || list.rows.length > 0) return undefined;
    this.#list = undefined;
    return { of: 'list', at: 'end', ...(list.leftOut > 0 && { leftOut: list.leftOut }) };
  }
}
