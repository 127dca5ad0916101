/**
 * Work on an answer that may be long, such as a table of 100,000 routes: a generator that yields after each of its rows. It
 * is done in slices, and the router's own work comes in between.
 */
import { consoleTurn } from './turns.ts';

/** A slice ends after so many ms, between two steps. */
const SLICE_MS = 2;

/** Nothing is told at a step. */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** A short one is done in the first slice, at once. */
export async function inSlices<T>(steps: Sliced<T>): Promise<T> {
  for (;;) {
    const end = performance.now() + SLICE_MS;
    do {
      const { done, value } = steps.next();
      if (done) return value;
    } while (performance.now() < end);
    await consoleTurn();
  }
}

/** For what is known to be short. */
export function atOnce<T>(steps: Sliced<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** As `items.map(make)`. */
export function* mapped<Item, Made>(items: readonly Item[], make: (item: Item) => Made): Sliced<Made[]> {
  const made: Made[] = [];
  for (const item of items) {
    made.push(make(item));
    yield;
  }
  return made;
}
