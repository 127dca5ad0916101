/**
 * A big table of a module's state (design rule 3). It is a Map whose changes are known. So its rows can be
 * migrated one by one while the old version serves (design rule 9).
 *
 * Rows live in cells with three places: one holds the rows that the table shows, one those of
 * its checkpoint, one those of a migration. So a migration builds no second Map, whose growth
 * would stall the loop for milliseconds, and the switch is one assignment.
 */
import { copyOf, frozenCopyOf } from './copy.ts';

/** The key of a row. */
export type TableKey = string | number | bigint;

/** Makes a row of the next state version out of one of the last. Pure, and the new row shares nothing with the old. */
// biome-ignore lint/suspicious/noExplicitAny: a chain passes through rows whose types are long gone
export type RowHandler = (row: any, key: any) => unknown;

/** Which of a cell's places. */
export type Side = 0 | 1 | 2;

/** The rows under one key. */
export class Cell {
  a: unknown = undefined;
  b: unknown = undefined;
  c: unknown = undefined;
  /** Number of the migration whose row is up to date. */
  carriedBy = 0;
}

export function rowOf(cell: Cell, side: Side): unknown {
  return side === 0 ? cell.a : side === 1 ? cell.b : cell.c;
}

export function putRow(cell: Cell, side: Side, row: unknown): void {
  if (side === 0) cell.a = row;
  else if (side === 1) cell.b = row;
  else cell.c = row;
}

/**
 * Told of each write before it happens. Code that is cut in between then leaves a key too much on the watch's list,
 * never one too few. `clear` is seen by `cells` being another Map.
 */
export interface Watch {
  /** The place that it needs. */
  readonly side: Side;
  adding(key: TableKey): void;
  deleting(key: TableKey, cell: Cell): void;
}

/** Keeps the rows of the version before, until the next transaction. */
export interface Checkpoint extends Watch {
  /** @param inPlace the row itself is about to be written, and not another put in its place */
  changing(key: TableKey, cell: Cell, inPlace: boolean): void;
  drop(): void;
}

/** A table as the runtime sees it. */
export interface TableCore {
  cells: Map<TableKey, Cell>;
  /** The place of the rows that the table shows. */
  side: Side;
  /** Development mode: rows are kept as frozen copies. */
  strict: boolean;
  /** The migration that carries rows now. */
  migration: (Watch & { changing(key: TableKey, cell: Cell): void }) | undefined;
  /** The rows of the version before. */
  checkpoint: Checkpoint | undefined;
}

let coreOfTable: (table: AnyTable) => TableCore;

/**
 * Works like a Map. Rows are changed by `set`, `update` and `delete` only, never in place. A row that `get` or an
 * iteration gave is for reading (in development it is frozen). A state holds Tables only as its direct
 * members, each named in `manifest.state.tables`.
 */
export class Table<K extends TableKey, V> {
  readonly #core: TableCore = {
    cells: new Map(),
    side: 0,
    strict: false,
    migration: undefined,
    checkpoint: undefined,
  };

  static {
    coreOfTable = (table) => table.#core;
  }

  /** A Table with these rows. */
  constructor(entries?: Iterable<readonly [K, V]> | null) {
    for (const [key, row] of entries ?? []) this.set(key, row);
  }

  /** Number of rows. */
  get size(): number {
    return this.#core.cells.size;
  }

  /** The row under this key. It is to be read, not written: `set` another one. */
  get(key: K): Readonly<V> | undefined {
    const core = this.#core;
    const cell = core.cells.get(key);
    return cell === undefined ? undefined : (rowOf(cell, core.side) as V);
  }

  /** Whether there is a row under this key. */
  has(key: K): boolean {
    return this.#core.cells.has(key);
  }

  /** Puts a row under this key. */
  set(key: K, row: V): this {
    const core = this.#core;
    const value = core.strict ? frozenCopyOf(row) : row;
    const cell = core.cells.get(key);
    if (cell !== undefined) {
      core.migration?.changing(key, cell);
      core.checkpoint?.changing(key, cell, false);
      putRow(cell, core.side, value);
    } else {
      core.migration?.adding(key);
      core.checkpoint?.adding(key);
      const added = new Cell();
      putRow(added, core.side, value);
      core.cells.set(key, added);
    }
    return this;
  }

  /**
   * Changes a row: `change` writes the row that it receives, or returns another in its place.
   * @returns whether there is such a row
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
  update(key: K, change: (row: V) => V | void): boolean {
    const core = this.#core;
    const cell = core.cells.get(key);
    if (cell === undefined) return false;
    core.migration?.changing(key, cell);
    core.checkpoint?.changing(key, cell, !core.strict);
    const row = rowOf(cell, core.side) as V;
    const draft = core.strict ? copyOf(row) : row;
    const changed = change(draft) ?? draft;
    putRow(cell, core.side, core.strict ? frozenCopyOf(changed) : changed);
    return true;
  }

  /** @returns whether there was such a row */
  /** Removes the row under this key; false when there is none. */
  delete(key: K): boolean {
    const core = this.#core;
    if (core.migration !== undefined || core.checkpoint !== undefined) {
      const cell = core.cells.get(key);
      if (cell === undefined) return false;
      core.migration?.deleting(key, cell);
      core.checkpoint?.deleting(key, cell);
    }
    return core.cells.delete(key);
  }

  /** Removes all rows. */
  clear(): void {
    const core = this.#core;
    if (core.migration === undefined && core.checkpoint === undefined) core.cells.clear();
    else core.cells = new Map();
  }

  /** The keys, in the order in which they came. */
  keys(): IterableIterator<K> {
    return new Walk(this.#core, (key) => key as K);
  }

  /** The rows, in the order of their keys. */
  values(): IterableIterator<Readonly<V>> {
    return new Walk(this.#core, (_, row) => row as V);
  }

  /** Keys with their rows. */
  entries(): IterableIterator<[K, Readonly<V>]> {
    return new Walk(this.#core, (key, row) => [key as K, row as V]);
  }

  [Symbol.iterator](): IterableIterator<[K, Readonly<V>]> {
    return this.entries();
  }

  /** Calls the function with each row and its key. */
  forEach(callback: (row: Readonly<V>, key: K, table: this) => void): void {
    for (const [key, row] of this) callback(row, key, this);
  }

  /** For `console.log`. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return inspect(new Map(this), options).replace(/^Map/, 'Table');
  }
}

/** As a Map's iterator, also when `clear` took another Map: rows that come later are still met. */
class Walk<T> implements IterableIterator<T> {
  readonly #core: TableCore;
  readonly #pick: (key: TableKey, row: unknown) => T;
  #cells: TableCore['cells'];
  #entries: Iterator<[TableKey, Cell]>;
  #done = false;

  constructor(core: TableCore, pick: (key: TableKey, row: unknown) => T) {
    this.#core = core;
    this.#pick = pick;
    this.#cells = core.cells;
    this.#entries = core.cells.entries();
  }

  next(): IteratorResult<T, undefined> {
    const core = this.#core;
    if (core.cells !== this.#cells) {
      this.#cells = core.cells;
      this.#entries = core.cells.entries();
    }
    const step = this.#done ? undefined : this.#entries.next();
    if (step === undefined || step.done === true) {
      this.#done = true;
      return { done: true, value: undefined };
    }
    return { done: false, value: this.#pick(step.value[0], rowOf(step.value[1], core.side)) };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tables of every kind of row
export type AnyTable = Table<any, any>;

/** For the runtime: a table's inside. */
export function coreOf(table: AnyTable): TableCore {
  return coreOfTable(table);
}

/** A Table itself; one of a class derived from it has behaviour that would not survive. */
export function isTable(value: unknown): value is AnyTable {
  return value instanceof Table && Object.getPrototypeOf(value) === Table.prototype;
}

/**
 * From now on rows are frozen copies. A write in place throws, and one to a row after it was `set` has no
 * effect: both are found in development. Costs a copy of every row now, and one per write.
 */
export function makeStrict(table: AnyTable): void {
  const core = coreOf(table);
  if (core.strict) return;
  core.strict = true;
  for (const cell of core.cells.values()) putRow(cell, core.side, frozenCopyOf(rowOf(cell, core.side)));
}
