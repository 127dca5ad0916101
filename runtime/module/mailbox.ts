/**
 * The bounded queue of a module: a ring that grows up to what is asked of it and never moves entries while it
 * has room. Messages and packets count against the capacity; timer expiries have room of their own.
 */
import type { Entry } from '../message.ts';

const SMALLEST = 16;

export class Mailbox {
  #ring: (Entry | undefined)[] = new Array<Entry | undefined>(SMALLEST).fill(undefined);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(entry: Entry): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = entry;
    this.#size++;
  }

  shift(): Entry | undefined {
    if (this.#size === 0) return undefined;
    const entry = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return entry;
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let i = 0; i < this.#size; i++) yield this.#ring[(this.#head + i) & (this.#ring.length - 1)]!;
  }

  /** Takes out the entries that `wanted` picks and returns them in order; the others keep theirs. */
  take(wanted: (entry: Entry) => boolean): Entry[] {
    const taken: Entry[] = [];
    for (let left = this.#size; left > 0; left--) {
      const entry = this.shift()!;
      if (wanted(entry)) taken.push(entry);
      else this.push(entry);
    }
    return taken;
  }

  #grow(): void {
    const ring = new Array<Entry | undefined>(this.#ring.length * 2).fill(undefined);
    let i = 0;
    for (const entry of this) ring[i++] = entry;
    this.#ring = ring;
    this.#head = 0;
  }
}
