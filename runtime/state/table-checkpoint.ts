/**
 * The rows of the old version after a migrated table was switched: they stay in their place of the cells, so that
 * nothing is copied. Kept track of are only the keys that the new version adds and deletes.
 */
import { type Cell, type Checkpoint, rowOf, type Side, type TableCore, type TableKey } from './table.ts';

export class TableCheckpoint implements Checkpoint {
  /** Where the old rows are. */
  side: Side;
  readonly #core: TableCore;
  /** The cells at the flip. After a `clear` the table has others, and what happens to those need not be known. */
  #cells: TableCore['cells'];
  readonly #added = new Set<TableKey>();
  readonly #deleted = new Map<TableKey, Cell>();
  /** The one before it, until this one is known to stay. */
  #before: Checkpoint | undefined;

  constructor(core: TableCore) {
    this.#core = core;
    this.side = core.side;
    this.#cells = core.cells;
  }

  /** From now on the table shows the rows in place `side`. Assignments only, for this is inside of the window. */
  flip(side: Side): void {
    const core = this.#core;
    this.side = core.side;
    this.#cells = core.cells;
    this.#before = core.checkpoint;
    core.checkpoint = this;
    core.migration = undefined;
    core.side = side;
  }

  /** There is no way back to before the flip but by a rollback: the checkpoint before this one is not needed any more. */
  stay(): void {
    this.#before = undefined;
  }

  /** False once it was dropped, also by the flip of a later migration. */
  get alive(): boolean {
    return this.#core.checkpoint === this;
  }

  adding(key: TableKey): void {
    if (this.#core.cells === this.#cells) this.#added.add(key);
  }

  /** Rows are written in another place than the old ones. */
  changing(): void {}

  deleting(key: TableKey, cell: Cell): void {
    if (this.#core.cells === this.#cells && !this.#added.delete(key)) this.#deleted.set(key, cell);
  }

  restore(): void {
    const cells = this.#cells;
    for (const key of this.#added) cells.delete(key);
    for (const [key, cell] of this.#deleted) cells.set(key, cell);
    this.#core.cells = cells;
    this.#core.side = this.side;
    if (this.alive) this.#core.checkpoint = this.#before;
    this.#before = undefined;
  }

  *rows(): IterableIterator<[TableKey, unknown]> {
    for (const [key, cell] of this.#cells)
      if (!this.#added.has(key) && !this.#deleted.has(key)) yield [key, rowOf(cell, this.side)];
    for (const [key, cell] of this.#deleted) yield [key, rowOf(cell, this.side)];
  }

  drop(): void {
    if (this.alive) this.#core.checkpoint = undefined;
    this.#before = undefined;
  }
}
