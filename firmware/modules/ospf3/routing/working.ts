/**
 * What routing works with, a private field of the module: never state, made anew after a swap. Without it the next change
 * has all trees computed.
 */
import type { Id } from '../state.ts';
import type { LeafIndex } from './leaves.ts';
import type { AreaTree } from './spf.ts';

export interface Working {
  /** The trees as they were computed last, by area. */
  trees: Map<Id, AreaTree>;
  /** LSAs of type 3, 4, 5 and 7 by destination; absent until a whole calculation was done. */
  leaves?: LeafIndex;
  /** A calculation under way: each step is some work. */
  calculation?: Generator<undefined, void, undefined>;
  /** Routes that are still to be told in a whole set to IP. */
  whole?: { rest: IterableIterator<string>; begun: boolean };
}

export function newWorking(): Working {
  return { trees: new Map() };
}
