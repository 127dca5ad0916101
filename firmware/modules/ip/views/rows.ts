/**
 * Rows of a view that are made one by one, when their turn comes: 100,000 routes hold nobody up, and are in order. A step
 * without a row is undefined; the runtime ends a slice between two steps. What is changed meanwhile is shown as it is then.
 */
import { familyOf, parsePrefix } from '../rib/prefix.ts';
import { prefixOfKey, type State, tableOfKey } from '../state.ts';

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

/** Which prefixes: of a table, or of all, of a family, perhaps only some. */
export interface Selection {
  family: 4 | 6;
  table?: number;
  takes?: (key: string) => boolean;
}

/** Keys of the prefixes in their order: tables, then addresses, then lengths. */
export function* keysInOrder(
  { rib }: Pick<State, 'rib'>,
  { family, table, takes }: Selection,
): Generator<undefined, string[], undefined> {
  const keys: Ordered[] = [];
  const begin = table === undefined ? '' : `${table} `;
  let steps = 0;
  for (const key of rib.keys()) {
    if (++steps % SOME === 0) yield;
    if (!key.startsWith(begin) || familyOf(key) !== family || takes?.(key) === false) continue;
    keys.push({ key, order: orderOf(key) });
  }
  return (yield* sorted(keys)).map(({ key }) => key);
}

interface Ordered {
  key: string;
  order: string;
}

/** Texts of one length, so that they compare as the numbers do. */
function orderOf(key: string): string {
  const { words = [], length = 0 } = parsePrefix(prefixOfKey(key)) ?? {};
  const address = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return `${String(tableOfKey(key)).padStart(10, '0')} ${address} ${String(length).padStart(3, '0')}`;
}

/** Short runs are sorted at once, then merged, two at a time. */
function* sorted(all: readonly Ordered[]): Generator<undefined, Ordered[], undefined> {
  let runs: Ordered[][] = [];
  for (let at = 0; at < all.length; at += SOME) {
    runs.push(all.slice(at, at + SOME).sort((one, other) => (one.order < other.order ? -1 : 1)));
    yield;
  }
  while (runs.length > 1) {
    const merged: Ordered[][] = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(yield* together(runs[at]!, runs[at + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* together(
  one: readonly Ordered[],
  other: readonly Ordered[],
): Generator<undefined, Ordered[], undefined> {
  const merged: Ordered[] = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    const isFirst = j === other.length || (i < one.length && one[i]!.order < other[j]!.order);
    merged.push(isFirst ? one[i++]! : other[j++]!);
    if (merged.length % SOME === 0) yield;
  }
  return merged;
}
