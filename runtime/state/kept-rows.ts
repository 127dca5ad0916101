/**
 * The rows, as they were at the swap, of a table that goes on while the rest of the state is carried over. What the
 * new version writes is kept as it was before, row by row. So neither the swap nor the memory depends on the table.
 */
import { copyOf } from './copy.ts';
import {
  type AnyTable,
  type Cell,
  type Checkpoint,
  coreOf,
  putRow,
  rowOf,
  type Side,
  type TableCore,
  type TableKey,
} from './table.ts';

export class KeptRows implements Checkpoint {
  readonly table: AnyTable;
  readonly #core: TableCore;
  #cells: TableCore['cells'];
  readonly #added = new Set<TableKey>();
  /** Rows that were changed or deleted since, each with its cell, where an older checkpoint may have its own. */
  readonly #changed = new Map<TableKey, { cell: Cell; row: unknown }>();
  /** The one before it, until this one is known to stay. */
  #before: Checkpoint | undefined;

  constructor(table: AnyTable) {
    this.table = table;
    this.#core = coreOf(table);
    this.#cells = this.#core.cells;
  }

  get side(): Side {
    return this.#core.side;
  }

  /** From now on what is written is kept as it was. Assignments only, for this is inside of the window. */
  begin(): void {
    const core = this.#core;
    this.#cells = core.cells;
    this.#before = core.checkpoint;
    core.checkpoint = this;
  }

  /** There is no way back to before `begin` but by a rollback. */
  stay(): void {
    this.#before = undefined;
  }

  get alive(): boolean {
    return this.#core.checkpoint === this;
  }

  /** After a `clear` the table has other cells, and what happens to those need not be known. */
  get #follows(): boolean {
    return this.#core.cells === this.#cells;
  }

  adding(key: TableKey): void {
    if (this.#follows && !this.#changed.has(key)) this.#added.add(key);
  }

  changing(key: TableKey, cell: Cell, inPlace: boolean): void {
    if (!this.#follows || this.#added.has(key) || this.#changed.has(key)) return;
    const row = rowOf(cell, this.#core.side);
    this.#changed.set(key, { cell, row: inPlace ? copyIfPlain(row) : row });
  }

  deleting(key: TableKey, cell: Cell): void {
    if (this.#follows && this.#added.delete(key)) return;
    this.changing(key, cell, false);
  }

  /** The table is again as it was, but for the order. */
  restore(): void {
    if (!this.alive) return;
    const core = this.#core;
    const cells = this.#cells;
    for (const key of this.#added) cells.delete(key);
    for (const [key, { cell, row }] of this.#changed) {
      cells.set(key, cell);
      putRow(cell, core.side, row);
    }
    core.cells = cells;
    core.checkpoint = this.#before;
    this.#forget();
  }

  /** As they were at `begin`, in any order. */
  *rows(): IterableIterator<[TableKey, unknown]> {
    for (const [key, cell] of this.#cells)
      if (!this.#added.has(key) && !this.#changed.has(key)) yield [key, rowOf(cell, this.#core.side)];
    for (const [key, { row }] of this.#changed) yield [key, row];
  }

  drop(): void {
    if (this.alive) this.#core.checkpoint = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#before = undefined;
    this.#added.clear();
    this.#changed.clear();
  }
}

/** Data that is not plain is against the rules, but no reason to fail a handler that writes it. */
function copyIfPlain(row: unknown): unknown {
  try {
    return copyOf(row);
  } catch {
    return row;
  }
}
