/**
 * Finds the module whose handlers fill the heap, before V8 ends the process. Steps are measured at random, and their
 * growth is on the account of the module that was stepped: who allocates most is measured most. When the heap's end is
 * near, the native watch cuts the call that runs, and the module with the largest account is named.
 *
 * Without the native watch nothing is cut and nobody is named: V8 tells nobody else that the end is near.
 */
import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import { nativeWatch } from '../native/watch.ts';

/** Looking at the heap costs some µs: one of so many steps is measured, and each one when so much of the heap is used. */
const EACH = 64;
const FULL = 0.7;
/** Accounts are halved after so many measurements: what was long ago counts little. */
const HALVED_AFTER = 1_000;

export class HeapWatch {
  readonly #native = isMainThread ? nativeWatch() : undefined;
  readonly #limit = getHeapStatistics().heap_size_limit;
  readonly #grown = new Map<string, number>();
  /** Steps until one is measured. */
  #left = EACH;
  #measured = 0;
  /** The module that was named last, and what it had on its account. */
  #named: { name: string; bytes: number } | undefined;
  #seen: number;
  #used = 0;

  constructor() {
    this.#native?.watchHeap();
    this.#seen = this.#native?.heapEnds[0] ?? 0;
  }

  /** The end has come near since it was asked last. */
  get isNear(): boolean {
    return this.#native !== undefined && this.#native.heapEnds[0] !== this.#seen;
  }

  /** Whether the step that comes is to be measured. */
  get due(): boolean {
    return this.#native !== undefined && --this.#left <= 0;
  }

  /** Before a step that is due. */
  begin(): void {
    this.#used = usedBytes();
  }

  /** After that step, or a cut one: the growth since `begin` is the module's. */
  charge(module: string): void {
    const used = usedBytes();
    this.#grown.set(module, (this.#grown.get(module) ?? 0) + Math.max(0, used - this.#used));
    this.#used = used;
    // By chance: modules that take turns would otherwise never be measured, or always.
    this.#left = used > FULL * this.#limit ? 1 : 2 * EACH * Math.random();
    if (++this.#measured % HALVED_AFTER !== 0) return;
    for (const [name, bytes] of this.#grown) this.#grown.set(name, bytes / 2);
  }

  /** The module that has filled the heap, by its account; undefined when nobody has one. */
  culprit(): string | undefined {
    this.#seen = this.#native?.heapEnds[0] ?? 0;
    const [most] = [...this.#grown].sort(([, a], [, b]) => b - a);
    const [name, bytes] = most ?? [undefined, 0];
    // Its garbage may be there for a while: nobody else is named for that who has allocated much less since.
    const other = name !== undefined && bytes > 0 && name !== this.#named?.name;
    if (other && bytes >= (this.#named?.bytes ?? 0) / 2) this.#named = { name, bytes };
    this.#grown.clear();
    return this.#named?.name;
  }
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size;
}
