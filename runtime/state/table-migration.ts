/**
 * Direct transfer (paper 3.3, "small data units sent continuously"; design rule 9). A table's rows are carried to the
 * next state version in slices while the old version serves. What it changes meanwhile is carried again.
 *
 * carrying ── flip ──► flipped ── restore ──► ended       the old rows are back, as they were at the flip
 *     │                   └────── sweep ────► ended       the old rows are forgotten
 *     └────── abandon ──► ended
 */
import { now } from '../clock.ts';
import { HitlessError, reasonOf, thrownOf } from '../errors.ts';
import { frozenCopyOf, isPrimitive } from './copy.ts';
import { wrongMade } from './made.ts';
import { notPlain, sharedPart, textOf } from './plain.ts';
import {
  type AnyTable,
  type Cell,
  coreOf,
  putRow,
  type RowHandler,
  rowOf,
  type Side,
  Table,
  type TableCore,
  type TableKey,
} from './table.ts';
import { TableCheckpoint } from './table-checkpoint.ts';

/** Rows are carried over in slices of this many ms; one row may take as long as `ROW_MS`. */
export const SLICE_MS = 0.5;
export const ROW_MS = 1_000;

/** Rows between two looks at the clock; one, when rows take longer than `LONG_MS` together. */
const STRIDE = 16;
const LONG_MS = 0.1;

const SIDES: readonly Side[] = [0, 1, 2];

let migrations = 0;
let warmed = false;

/** The first call of code costs its compilation, ten times the call: better now than inside of a window. */
function warm(): void {
  warmed = true;
  const table = new Table<number, number>([
    [1, 1],
    [2, 2],
  ]);
  for (const way of ['sweep', 'restore'] as const) {
    const migration = new TableMigration(table, '', (row) => row);
    migration.step(Number.POSITIVE_INFINITY);
    migration.flip();
    table.set(3, 3).delete(1);
    migration[way](0);
  }
}

/**
 * The row that a row handler makes of a row.
 * @throws HitlessError naming table and key: `HOOK_THREW`, `STATE_KIND`
 */
export function rowMade(handler: RowHandler, name: string, row: unknown, key: TableKey): unknown {
  let made: unknown;
  try {
    made = handler(row, key);
  } catch (thrown) {
    // Of a chain, the first handler that failed has said so.
    if (thrown instanceof HitlessError) throw thrown;
    throw new HitlessError('HOOK_THREW', `${placeOf(name, key)}: its row handler threw ${reasonOf(thrown)}`, {
      cause: thrownOf(thrown),
    });
  }
  const wrong = wrongMade(row, made, 'the new row');
  if (wrong === undefined) return made;
  throw new HitlessError('STATE_KIND', `${placeOf(name, key)}: its row handler ${wrong}`);
}

function placeOf(name: string, key: TableKey): string {
  return `table "${name}", key ${textOf(key)}`;
}

export class TableMigration {
  /** Of the table in the state. */
  readonly name: string;
  readonly table: AnyTable;
  /** Where the new rows go. */
  readonly side: Side;
  /** Passes begun: the first over all rows, each further one over those that were changed meanwhile. */
  rounds = 0;
  readonly #core: TableCore;
  readonly #handler: RowHandler;
  readonly #id = ++migrations;
  #cells: TableCore['cells'];
  #pass: Iterator<TableKey>;
  /** The pass is over all rows: it meets by itself what is added. */
  #whole = true;
  #carried = 0;
  /** Keys for the next pass. */
  #dirty = new Set<TableKey>();
  #stride = STRIDE;
  /** Made beforehand: the flip is inside of the window. */
  readonly #checkpoint: TableCheckpoint;
  #flipped = false;
  /** When ended: the place of rows that nobody will need. */
  #waste: Side | undefined;
  #sweep: Iterator<Cell> | undefined;

  /**
   * @param name of the table in the state, for errors
   * @param handler the row handlers of all steps, composed
   */
  constructor(table: AnyTable, name: string, handler: RowHandler) {
    if (!warmed) warm();
    const core = coreOf(table);
    if (core.migration !== undefined) throw new Error(`table "${name}" is being migrated already`);
    this.name = name;
    this.table = table;
    this.#handler = handler;
    this.#core = core;
    this.#cells = core.cells;
    this.#pass = core.cells.keys();
    this.side = SIDES.find((side) => side !== core.side && side !== core.checkpoint?.side)!;
    this.#checkpoint = new TableCheckpoint(core);
    core.migration = this;
  }

  /** Rows still to carry; 0 when it is over. */
  get left(): number {
    if (this.#over) return 0;
    this.#follow();
    return this.#cells.size - this.#carried;
  }

  /**
   * Carries rows until none is left or `now()` reaches `end`, but a few at least.
   * @returns whether none is left
   * @throws HitlessError naming table and key: `HOOK_THREW`, `STATE_KIND`, `STATE_NOT_PLAIN`; in development also `STATE_SHARED`
   */
  step(end: number): boolean {
    this.#mustCarry('step');
    if (this.rounds === 0) this.rounds = 1;
    while (this.left > 0) {
      const began = now();
      for (let i = 0; i < this.#stride && this.left > 0; i++) this.#carryNext();
      const at = now();
      this.#stride = at - began > LONG_MS ? 1 : STRIDE;
      if (at >= end) break;
    }
    return this.left === 0;
  }

  /** The new rows are the table's, at once; the old ones are its checkpoint in place of an older one. */
  flip(): void {
    this.#mustCarry('flip');
    if (this.left > 0) throw new Error(`table "${this.name}" cannot flip: ${this.left} rows are not carried`);
    this.#checkpoint.flip(this.side);
    this.#flipped = true;
  }

  /** After the flip: it will not be put back as an abort does, but at most by a rollback. */
  stay(): void {
    this.#checkpoint.stay();
  }

  /** Before the flip: stops carrying, the table goes on with its rows. */
  abandon(): void {
    if (this.#over) return;
    this.#waste = this.side;
    this.#core.migration = undefined;
  }

  /** Whether the table can still be put back: it was flipped, and not swept or migrated further. */
  get restorable(): boolean {
    return this.#checkpoint.alive && this.#core.migration === undefined;
  }

  /**
   * Puts the table back as it was at the flip, whatever was written meanwhile; costs as much as keys were added
   * and deleted. Keys that were deleted come last in the order then. Before the flip the same as `abandon`.
   */
  restore(): void {
    if (!this.#flipped) {
      this.abandon();
      return;
    }
    if (!this.restorable) throw new Error(`table "${this.name}" cannot be restored any more`);
    this.#checkpoint.restore();
    this.#waste = this.side;
  }

  /** The old version's rows, as they were at the flip or are before it; in any order. For comparisons. */
  oldRows(): Iterable<[TableKey, unknown]> {
    return this.#checkpoint.alive ? this.#checkpoint.rows() : this.table.entries();
  }

  /**
   * After a flip: gives up the checkpoint. Then, and after `abandon` and `restore`, forgets the rows that nobody will
   * need, until `now()` reaches `end`, so that their memory is given back.
   * @returns whether all are forgotten
   */
  sweep(end: number): boolean {
    if (this.#waste === undefined) {
      if (!this.#flipped) throw new Error(`table "${this.name}" is still being migrated`);
      this.#waste = this.#checkpoint.side;
      this.#checkpoint.drop();
    }
    const core = this.#core;
    this.#sweep ??= core.cells.values();
    do {
      // Used again by now: what is left there is overwritten.
      if ([core.side, core.migration?.side, core.checkpoint?.side].includes(this.#waste)) return true;
      for (let i = 0; i < STRIDE; i++) {
        const next = this.#sweep.next();
        if (next.done === true) return true;
        putRow(next.value, this.#waste, undefined);
      }
    } while (now() < end);
    return false;
  }

  /** The table tells of a row about to be written. */
  changing(key: TableKey, cell: Cell): void {
    this.#follow();
    if (cell.carriedBy !== this.#id) return;
    this.#dirty.add(key);
    cell.carriedBy = 0;
    this.#carried--;
  }

  adding(key: TableKey): void {
    this.#follow();
    if (!this.#whole) this.#dirty.add(key);
  }

  deleting(key: TableKey, cell: Cell): void {
    this.changing(key, cell);
  }

  /** After a `clear` the table has other cells: from the start again. */
  #follow(): void {
    if (this.#core.cells !== this.#cells && !this.#over) this.#restart();
  }

  #restart(): void {
    this.#cells = this.#core.cells;
    this.#pass = this.#cells.keys();
    this.#whole = true;
    this.#carried = 0;
    this.#dirty = new Set();
  }

  #carryNext(): void {
    const next = this.#pass.next();
    if (next.done === true) {
      this.#nextPass();
      return;
    }
    const key = next.value;
    const cell = this.#cells.get(key);
    if (cell === undefined || cell.carriedBy === this.#id) return;
    const made = this.#make(rowOf(cell, this.#core.side), key);
    putRow(cell, this.side, made);
    cell.carriedBy = this.#id;
    this.#carried++;
  }

  #nextPass(): void {
    this.rounds++;
    // None is known, but some are left: a handler threw or was cut.
    this.#whole = this.#dirty.size === 0;
    this.#pass = this.#whole ? this.#cells.keys() : this.#dirty.values();
    this.#dirty = new Set();
  }

  #make(row: unknown, key: TableKey): unknown {
    const where = () => placeOf(this.name, key);
    // A strict table has taken no such row.
    const alien = this.#core.strict || isPrimitive(row) ? undefined : notPlain(row, 'the row');
    if (alien !== undefined)
      throw new HitlessError(
        'STATE_NOT_PLAIN',
        `${where()}: ${alien}; it must be plain data to be carried to another version`,
      );
    const made = rowMade(this.#handler, this.name, row, key);
    const wrong = isPrimitive(made) ? undefined : notPlain(made, 'the new row');
    if (wrong !== undefined) throw new HitlessError('STATE_NOT_PLAIN', `${where()}: ${wrong}`);
    if (!this.#core.strict) return made;
    const shared = sharedPart(row, made);
    if (shared !== undefined) {
      throw new HitlessError(
        'STATE_SHARED',
        `${where()}: ${shared} is the old row's own; copy it, or the new version would write the old one's checkpoint`,
      );
    }
    return frozenCopyOf(made);
  }

  get #over(): boolean {
    return this.#flipped || this.#waste !== undefined;
  }

  #mustCarry(what: string): void {
    if (!this.#over) return;
    throw new Error(`table "${this.name}" cannot ${what}: its migration is over`);
  }
}
