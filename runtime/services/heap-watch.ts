/**
 * Finds whose code fills the heap, before V8 ends the process. V8 samples allocations and forgets those that are collected.
 * When the heap's end is near, the native watch cuts the call that runs. Whose code has allocated most of what is still
 * there is named, whoever runs.
 *
 * Without the native watch nothing is cut and nobody is named: V8 tells nobody else that the end is near. A class of the
 * program is never named: it has no file of its own.
 */
import { isMainThread } from 'node:worker_threads';
import { nativeWatch } from '../native/watch.ts';

/** The share of what is there that must be one module's: with less, somebody else fills the heap. */
const LEAST_SHARE = 0.25;

export class HeapWatch {
  readonly #native = isMainThread ? nativeWatch() : undefined;
  /** How often the end was near when somebody looked last. */
  #seen: number;

  constructor() {
    this.#native?.watchHeap();
    this.#seen = this.#native?.heapEnds[0] ?? 0;
  }

  /** The end has come near since `culprit` was asked last. */
  get isNear(): boolean {
    return this.#native !== undefined && this.#native.heapEnds[0] !== this.#seen;
  }

  /**
   * The owner of the code that fills the heap; undefined when no owner has a large share of it.
   * @param ownerOf whose code a file is now: what an earlier version left goes by itself
   */
  culprit<Owner>(ownerOf: (file: string) => Owner | undefined): Owner | undefined {
    this.#seen = this.#native?.heapEnds[0] ?? 0;
    const held = new Map<Owner, number>();
    let all = 0;
    for (const [bytes, ...files] of this.#native?.heapHeld() ?? []) {
      all += bytes;
      const owner = firstOf(files, ownerOf);
      if (owner !== undefined) held.set(owner, (held.get(owner) ?? 0) + bytes);
    }
    const [most] = [...held].sort(([, a], [, b]) => b - a);
    return most !== undefined && most[1] >= LEAST_SHARE * all ? most[0] : undefined;
  }
}

function firstOf<T>(files: readonly string[], ownerOf: (file: string) => T | undefined): T | undefined {
  for (const file of files) {
    const owner = ownerOf(file);
    if (owner !== undefined) return owner;
  }
  return undefined;
}
