/**
 * The transfer of one swap: the state's way from the old version to the new one (design rules 3 and 9). It is adopted as it is when both
 * have the same state version. Otherwise it is carried over, its tables in slices while the old version serves. What
 * was there before stays intact: an abort, or a `rollback` to the checkpoint of the swap, hands it back.
 */

import { now } from '../clock.ts';
import { collectYoung } from '../services/collector.ts';
import type { Bundle } from '../versions/bundle.ts';
import { chainBetween, type HandlerChain, type Written } from './handler-chain.ts';
import { KeptRows } from './kept-rows.ts';
import { type KeptState, tablesIn, withoutTables } from './state.ts';
import { type AnyTable, Table, type TableKey } from './table.ts';
import { TableMigration } from './table-migration.ts';

/** Old rows are forgotten in slices of this many ms. */
const SWEEP_MS = 0.5;

export class Transfer {
  readonly #chain: HandlerChain;
  readonly #written: Written | undefined;
  #migrations: TableMigration[] = [];
  /** Tables that go on as they are. */
  #kept: KeptRows[] = [];
  /** Whose turn it is. */
  #turn = 0;

  /**
   * @param written told of a handler that wrote what it was given; without it nobody looks
   * @throws HitlessError `STATE_NO_HANDLER`
   */
  constructor(from: Bundle, to: Bundle, written?: Written) {
    this.#chain = chainBetween(from, to);
    this.#written = written;
  }

  /** The state is handed over by reference. */
  get adopts(): boolean {
    return this.#chain.adopts;
  }

  get migrates(): boolean {
    return this.#migrations.length > 0;
  }

  /** Begins to carry the tables of the state over. Also drops what was begun with tables that it has no more. */
  begin(state: unknown): void {
    if (this.adopts) return;
    const tables = this.#chain.tablesOf(state);
    this.#kept = tables.flatMap(({ table, handler }) => (handler === undefined ? new KeptRows(table) : []));
    const wanted = tables.filter(({ handler }) => handler !== undefined);
    const stale = this.#migrations.filter(({ table }) => !wanted.some((one) => one.table === table));
    for (const migration of stale) migration.abandon();
    const kept = this.#migrations.filter((migration) => !stale.includes(migration));
    const begun = wanted
      .filter(({ table }) => !kept.some((one) => one.table === table))
      .map(({ table, name, handler }) => new TableMigration(table, name, handler!));
    this.#migrations = [...kept, ...begun];
  }

  /** Rows to carry before the group is disabled; some may become dirty again at any time. */
  get left(): number {
    return this.#migrations.reduce((sum, { left }) => sum + left, 0);
  }

  /**
   * Rounds begun, of the table with the fewest that has rows to carry. The first is over all rows, each further one over
   * those that were written meanwhile.
   */
  get rounds(): number {
    return this.#migrations.reduce(
      (least, { left, rounds }) => (left > 0 ? Math.min(least, rounds) : least),
      Number.POSITIVE_INFINITY,
    );
  }

  /** Carries rows until the moment `end`. Throws to vote NO. */
  step(end: number): void {
    // Each table is the first in its turn: one that is written all the time would leave the others no time.
    const { length } = this.#migrations;
    this.#turn++;
    for (let i = 0; i < length; i++) {
      const migration = this.#migrations[(this.#turn + i) % length]!;
      if (migration.left > 0 && now() < end) migration.step(end);
    }
    collectYoung();
  }

  /** Carries over what is left, inside the window. The old state is not written. */
  carry(state: unknown): unknown {
    if (this.adopts) return state;
    this.begin(state);
    for (const migration of this.#migrations) migration.step(Number.POSITIVE_INFINITY);
    return this.#chain.carry(state, this.#written);
  }

  /** Carries a sample over whose tables are its own. */
  ofSample(state: unknown): unknown {
    if (this.adopts) return state;
    for (const { table, handler } of this.#chain.tablesOf(state))
      if (handler !== undefined) for (const [key, row] of [...table]) table.set(key, handler(row, key));
    return this.#chain.carry(state);
  }

  /** The tables show what was carried over: assignments only. */
  flip(): void {
    for (const migration of this.#migrations) migration.flip();
    for (const kept of this.#kept) kept.begin();
  }

  unflip(): void {
    for (const migration of this.#migrations) migration.restore();
    for (const kept of this.#kept) kept.restore();
  }

  /** Forgets what was carried over. */
  abandon(): void {
    for (const migration of this.#migrations) migration.abandon();
    this.#forget();
  }

  /** The rows of the old version. */
  oldRows(table: AnyTable): Iterable<[TableKey, unknown]> {
    const migration = this.#migrations.find((one) => one.table === table);
    if (migration !== undefined) return migration.oldRows();
    const kept = this.#kept.find((one) => one.table === table);
    return kept?.alive === true ? kept.rows() : table;
  }

  /** Names of a state's tables whose rows are carried over; those of the others go on as they are. */
  carriedTables(state: unknown): string[] {
    return this.#chain.tablesOf(state).flatMap(({ name, handler }) => (handler === undefined ? [] : [name]));
  }

  /** The tables of a state, for a check. */
  tables(state: unknown): { name: string; rows: number; migrated: boolean }[] {
    const migrated = new Set(this.#migrations.map(({ table }) => table));
    return [...tablesIn(state)].map(([name, table]) => ({
      name,
      rows: table.size,
      migrated: migrated.has(table),
    }));
  }

  /** The state as the swap found it; undefined when it was adopted. */
  kept(state: unknown): KeptState | undefined {
    if (this.adopts) return undefined;
    for (const migration of this.#migrations) migration.stay();
    for (const kept of this.#kept) kept.stay();
    return {
      restore: () => {
        const tables = [...tablesIn(state)].map(([name, table]) => [name, new Table(this.oldRows(table))]);
        if (tables.length === 0) return state;
        return { ...(withoutTables(state) as object), ...Object.fromEntries(tables) };
      },
      forget: () => {
        for (const kept of this.#kept.splice(0)) kept.drop();
        this.#forget();
      },
    };
  }

  /** In slices: the memory of many rows is not given back at once. */
  #forget(): void {
    const left = this.#migrations.filter((migration) => !migration.sweep(now() + SWEEP_MS));
    this.#migrations = left;
    if (left.length > 0) setImmediate(() => this.#forget());
  }
}
