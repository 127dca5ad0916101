/**
 * Long lists in a Table, in 64 buckets: a list is gone through a bucket at a time, a swap may come in between, and a change
 * copies a bucket and not the list. Rows are keys of LSAs, or records that have one.
 */
import type { Table } from 'hitless/runtime';

export const BUCKETS = 64;

export type BucketRow = string | { readonly key: string };
/** By `owner bucket`. */
export type Buckets<Row extends BucketRow> = Table<string, readonly Row[]>;

const NO_ROWS: readonly never[] = [];

/** The bucket of an LSA's key, 0 to 63: always the same one, for it is kept across swaps. */
export function bucketOf(key: string): number {
  // FNV-1a: keys that differ in one digit are spread.
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

export function rowsOf<Row extends BucketRow>(
  table: Buckets<Row>,
  owner: string,
  bucket: number,
): readonly Row[] {
  return table.get(`${owner} ${bucket}`) ?? NO_ROWS;
}

export function findRow<Row extends BucketRow>(
  table: Buckets<Row>,
  owner: string,
  key: string,
): Row | undefined {
  const rows = rowsOf(table, owner, bucketOf(key));
  const at = indexOf(rows, key);
  return at < 0 ? undefined : rows[at];
}

export function hasRow<Row extends BucketRow>(table: Buckets<Row>, owner: string, key: string): boolean {
  return indexOf(rowsOf(table, owner, bucketOf(key)), key) >= 0;
}

/** Adds a row, or puts it in the place of the one with its key. Returns whether there was none. */
export function addRow<Row extends BucketRow>(table: Buckets<Row>, owner: string, row: Row): boolean {
  const key = typeof row === 'string' ? row : row.key;
  const bucket = bucketOf(key);
  const rows = rowsOf(table, owner, bucket);
  const at = indexOf(rows, key);
  if (at >= 0 && rows[at] === row) return false;
  table.set(`${owner} ${bucket}`, at < 0 ? [...rows, row] : rows.with(at, row));
  return at < 0;
}

/** Returns whether there was such a row. */
export function removeRow<Row extends BucketRow>(table: Buckets<Row>, owner: string, key: string): boolean {
  const bucket = bucketOf(key);
  const rows = rowsOf(table, owner, bucket);
  const at = indexOf(rows, key);
  if (at < 0) return false;
  if (rows.length === 1) table.delete(`${owner} ${bucket}`);
  else table.set(`${owner} ${bucket}`, rows.toSpliced(at, 1));
  return true;
}

/** Removes all rows of an owner. */
export function clearRows<Row extends BucketRow>(table: Buckets<Row>, owner: string): void {
  for (let bucket = 0; bucket < BUCKETS; bucket++) table.delete(`${owner} ${bucket}`);
}

function indexOf<Row extends BucketRow>(rows: readonly Row[], key: string): number {
  return rows.findIndex((row) => (typeof row === 'string' ? row : row.key) === key);
}
