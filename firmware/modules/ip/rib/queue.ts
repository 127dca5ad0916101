/**
 * Keys that wait for their turn, a few in each row of a Table. Rows have consecutive numbers, so the first one is found
 * without a search: in a Map from whose front a hundred thousand were deleted, each look for the first one passes them all.
 */
import type { Table } from 'hitless/runtime';

/** Keys of one row. */
const MOST_IN_A_ROW = 64;

export interface Queue {
  /** Number of the first row. */
  first: number;
  /** How many of its keys were taken. */
  taken: number;
  /** Number of the next row that is begun. */
  next: number;
  /** Nothing is put into rows below this number any more. */
  closed: number;
}

/** A row. */
export interface Waiting {
  /** When its first key came. */
  since: number;
  keys: string[];
}

export function newQueue(): Queue {
  return { first: 0, taken: 0, next: 0, closed: 0 };
}

/** Puts a key at the end. */
export function enqueue(rows: Table<number, Waiting>, queue: Queue, key: string, now: number): void {
  const last = queue.next - 1;
  const isOpen = last >= queue.first && last >= queue.closed;
  if (isOpen && (rows.get(last)?.keys.length ?? MOST_IN_A_ROW) < MOST_IN_A_ROW)
    rows.update(last, ({ keys }) => {
      keys.push(key);
    });
  else rows.set(queue.next++, { since: now, keys: [key] });
}

/** Takes the first key. */
export function dequeue(rows: Table<number, Waiting>, queue: Queue): string | undefined {
  const row = rows.get(queue.first);
  const key = row?.keys[queue.taken];
  if (row === undefined || key === undefined) return undefined;
  queue.taken++;
  if (queue.taken < row.keys.length) return key;
  rows.delete(queue.first);
  queue.first++;
  queue.taken = 0;
  return key;
}

/** Whatever is put there from now on stands behind what is there. */
export function close(queue: Queue): void {
  queue.closed = queue.next;
}

/** Whether the first row is closed. */
export function isClosed({ first, closed }: Queue): boolean {
  return first < closed;
}

/** Since when the first ones wait; undefined where none does. */
export function waitsSince(rows: Table<number, Waiting>, { first }: Queue): number | undefined {
  return rows.get(first)?.since;
}
