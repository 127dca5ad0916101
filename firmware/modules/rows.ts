/**
 * Rows of a view that are made one by one, when their turn comes: 100,000 of them hold nobody up, and are in order. A step
 * without a row is undefined; the runtime ends a slice between two steps. What is changed meanwhile is shown as it is then.
 */

/** Steps of work that are one in the walk of the rows. */
const SOME = 64;

export type RowSteps = Generator<object | undefined, void, undefined>;

export class Rows implements Iterable<object | undefined> {
  /** How many there are, as far as it is known. */
  size = 0;
  readonly #make: (rows: Rows) => RowSteps;

  constructor(make: (rows: Rows) => RowSteps) {
    this.#make = make;
  }

  [Symbol.iterator](): RowSteps {
    return this.#make(this);
  }
}

/** Something in its place: orders compare as texts, or as numbers. */
interface Ordered<T> {
  readonly item: T;
  readonly order: string | number;
}

/**
 * Puts in order what there is, in steps.
 * @param orderOf undefined for what is left out
 */
export function* inOrder<T>(
  all: Iterable<T>,
  orderOf: (item: T) => string | number | undefined,
): Generator<undefined, T[], undefined> {
  const found: Ordered<T>[] = [];
  let steps = 0;
  for (const item of all) {
    if (++steps % SOME === 0) yield;
    const order = orderOf(item);
    if (order !== undefined) found.push({ item, order });
  }
  return (yield* sorted(found)).map(({ item }) => item);
}

/** Short runs are sorted at once, then merged, two at a time. */
function* sorted<T>(all: readonly Ordered<T>[]): Generator<undefined, Ordered<T>[], undefined> {
  let runs: Ordered<T>[][] = [];
  for (let at = 0; at < all.length; at += SOME) {
    runs.push(all.slice(at, at + SOME).sort((one, other) => (one.order < other.order ? -1 : 1)));
    yield;
  }
  while (runs.length > 1) {
    const merged: Ordered<T>[][] = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(yield* together(runs[at]!, runs[at + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* together<T>(
  one: readonly Ordered<T>[],
  other: readonly Ordered<T>[],
): Generator<undefined, Ordered<T>[], undefined> {
  const merged: Ordered<T>[] = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    const isFirst = j === other.length || (i < one.length && one[i]!.order < other[j]!.order);
    merged.push(isFirst ? one[i++]! : other[j++]!);
    if (merged.length % SOME === 0) yield;
  }
  return merged;
}
