/**
 * Carries a state from one version of a module to another (paper 3.3; design rule 9). It is a chain of state handlers for
 * the plain members, and for each Table its rows' handlers, composed. The later version brings the handlers, both
 * ways: it is the one that knows the other.
 */

import { HitlessError, reasonOf, thrownOf } from '../errors.ts';
import type { EndedTables, StateHandler } from '../module/manifest.ts';
import type { Guard } from '../services/guard.ts';
import { isLeftThenable } from '../thenable.ts';
import type { Bundle } from '../versions/bundle.ts';
import { copyOf, isRecord } from './copy.ts';
import { wrongMade } from './made.ts';
import { misplacedTable, notPlain } from './plain.ts';
import { Snapshot, tablesIn, withoutTables } from './state.ts';
import { type AnyTable, type RowHandler, Table, type TableKey } from './table.ts';
import { rowMade, TableMigration } from './table-migration.ts';

/** The treatment of a state handler that wrote what it was given (`STATE_WRITTEN`). */
export type Written = (error: HitlessError) => void;

/** In development it is a NO. */
export const REFUSED: Written = (error) => {
  throw error;
};

interface Step {
  /** As its author wrote it: `state.up[1]`. */
  readonly label: string;
  readonly plain: StateHandler | undefined;
  /** By table. */
  readonly rows: ReadonlyMap<string, RowHandler>;
}

/** A Table of the old state that goes on in the new one. */
export interface KeptTable {
  readonly name: string;
  readonly table: AnyTable;
  /** Undefined when its rows go on as they are. */
  readonly handler: RowHandler | undefined;
}

/**
 * The way from one bundle's state to another's.
 * @throws HitlessError `STATE_NO_HANDLER`, naming the missing step
 */
export function chainBetween(from: Bundle, to: Bundle): HandlerChain {
  const [start, end] = [from.manifest.state.version, to.manifest.state.version];
  const way = end > start ? 'up' : 'down';
  const author = end > start ? to : from;
  const { state } = author.manifest;
  const steps: Step[] = [];
  for (let version = start; version !== end; ) {
    const next = end > start ? version + 1 : version - 1;
    const number = Math.min(version, next);
    const rows = new Map<string, RowHandler>();
    for (const [name, table] of Object.entries(state.tables)) {
      const handler = table[way][number];
      if (handler !== undefined) rows.set(name, handler);
    }
    const plain = state[way][number];
    if (plain === undefined && rows.size === 0) {
      throw new HitlessError(
        'STATE_NO_HANDLER',
        `${from.ref} has state version ${start}, ${to.ref} has ${end}: ${author.ref} has no handler state.${way}[${number}] for the step from ${version} to ${next}`,
        { module: from.manifest.name },
      );
    }
    steps.push({ label: `state.${way}[${number}]`, plain, rows });
    version = next;
  }
  return new HandlerChain(from, to, steps);
}

export class HandlerChain {
  readonly #from: Bundle;
  readonly #to: Bundle;
  readonly #steps: readonly Step[];

  constructor(from: Bundle, to: Bundle, steps: readonly Step[]) {
    this.#from = from;
    this.#to = to;
    this.#steps = steps;
  }

  /** Both versions have the same state: it is adopted as it is. */
  get adopts(): boolean {
    return this.#steps.length === 0;
  }

  /** The Tables that go on, each to be migrated when it has a handler. They are in what `carry` returns, unless replaced. */
  tablesOf(state: unknown): KeptTable[] {
    if (this.adopts) return [];
    return [...tablesIn(state)]
      .filter(([name]) => name in this.#to.manifest.state.tables)
      .map(([name, table]) => ({ name, table, handler: this.#rowHandler(name, this.#steps) }));
  }

  /**
   * The new state: what the handlers make of a copy of the plain members, so that the old state stays as it is. The Tables
   * that go on are in it by reference: their rows are to be migrated besides.
   * @param written told of a handler that wrote what it was given; that costs a copy, so that without it nobody looks
   * @throws HitlessError `STATE_NOT_PLAIN`, `STATE_KIND`, `STATE_WRITTEN`, `HOOK_ASYNC`; and whatever a handler throws
   */
  carry(state: unknown, written?: Written): unknown {
    if (this.adopts) return state;
    const old = tablesIn(state);
    let value = this.#plainPart(withoutTables(state));
    const tables = new Map(this.tablesOf(state).map(({ name, table }) => [name, table]));
    for (const [i, step] of this.#steps.entries()) {
      // Tables made on the way are small enough to be carried at once.
      for (const [name, handler] of step.rows) {
        const table = tables.get(name);
        if (table !== undefined && table !== old.get(name)) tables.set(name, mapped(table, name, handler));
      }
      if (step.plain === undefined) continue;
      value = this.#call(step, value, this.#ended(old, this.#steps.slice(0, i)), written);
      for (const [name, table] of tablesIn(value)) tables.set(name, table);
      value = withoutTables(value);
    }
    const made = withTables(value, tables);
    // In development all of it is looked at, the rows too.
    const alien = written === REFUSED ? undefined : notPlain(value);
    if (alien !== undefined)
      throw this.#error('STATE_NOT_PLAIN', `${this.#to.ref}: ${alien}; state must be plain data`);
    const wrong = misplacedTable(made, Object.keys(this.#to.manifest.state.tables));
    if (wrong !== undefined) throw this.#error('STATE_NOT_PLAIN', `${this.#to.ref}: ${wrong}`);
    return made;
  }

  #plainPart(rest: unknown): unknown {
    try {
      return copyOf(rest);
    } catch (thrown) {
      throw this.#error(
        'STATE_NOT_PLAIN',
        `${this.#from.ref}: ${notPlain(rest) ?? reasonOf(thrown)}; state must be plain data to be carried to another version`,
      );
    }
  }

  #call({ plain: handler, label }: Step, value: unknown, ended: EndedTables, written?: Written): unknown {
    const before = written === undefined ? undefined : new Snapshot(value);
    const made = handler!(value, ended);
    const { version } = this.#to.manifest;
    if (isLeftThenable(made)) {
      throw this.#error(
        'HOOK_ASYNC',
        `${this.#name}: a state handler of ${version} answered a promise; it must be synchronous`,
      );
    }
    if (before?.matches(value) === false) {
      const error = this.#error(
        'STATE_WRITTEN',
        `${this.#name}: a state handler of ${version} wrote the state of ${this.#from.manifest.version}; it must make a new one and leave the old as it is`,
      );
      written!(error);
    }
    const wrong = wrongMade(value, made, 'the state of the next version');
    if (wrong !== undefined)
      throw this.#error('STATE_KIND', `${this.#name}: ${label} of ${version} ${wrong}`);
    return made;
  }

  /** Copied when they are asked for: mostly they are not. */
  #ended(old: ReadonlyMap<string, AnyTable>, before: readonly Step[]): EndedTables {
    const ended = {};
    for (const [name, table] of old) {
      if (name in this.#to.manifest.state.tables) continue;
      let rows: Map<TableKey, unknown> | undefined;
      const handler = this.#rowHandler(name, before);
      const get = () => {
        rows ??= new Map(
          [...table].map(([key, row]) => [
            key,
            handler === undefined ? copyOf(row) : rowMade(handler, name, copyOf(row), key),
          ]),
        );
        return rows;
      };
      Object.defineProperty(ended, name, { get, enumerable: true });
    }
    return ended;
  }

  #rowHandler(name: string, steps: readonly Step[]): RowHandler | undefined {
    const handlers = steps.map(({ rows }) => rows.get(name)).filter((handler) => handler !== undefined);
    if (handlers.length < 2) return handlers[0];
    return (row, key) => {
      let carried: unknown = row;
      for (const handler of handlers) carried = rowMade(handler, name, carried, key);
      return carried;
    };
  }

  get #name(): string {
    return this.#from.manifest.name;
  }

  #error(
    code: 'STATE_NOT_PLAIN' | 'STATE_KIND' | 'STATE_WRITTEN' | 'HOOK_ASYNC',
    text: string,
  ): HitlessError {
    return new HitlessError(code, text, { module: this.#name });
  }
}

function mapped(table: AnyTable, name: string, handler: RowHandler): AnyTable {
  return new Table([...table].map(([key, row]) => [key, rowMade(handler, name, row, key)] as const));
}

/** A plain member of the same name stays, to be complained of. */
function withTables(value: unknown, tables: ReadonlyMap<string, AnyTable>): unknown {
  if (tables.size === 0 || typeof value !== 'object' || value === null || !isRecord(value)) return value;
  return { ...Object.fromEntries(tables), ...value };
}

/**
 * Carries a state that was kept in a file to the version of a bundle, which has to bring the handlers. The state is
 * the caller's to give away.
 * @param from the file, for errors
 * @param limit ms that the handlers may take together
 * @throws HitlessError `STATE_NO_HANDLER`, `STATE_NOT_PLAIN`; `HOOK_THREW` or `HOOK_CUT` of a handler
 */
export function transferTo(
  bundle: Bundle,
  kept: { version: number; state: unknown; from: string },
  guard: Guard,
  limit: number,
): unknown {
  const { manifest, ref } = bundle;
  const { version, state, from } = kept;
  const { name: module } = manifest;
  if (version > manifest.state.version) {
    throw new HitlessError(
      'STATE_NO_HANDLER',
      `${from} has state version ${version}, ${ref} has ${manifest.state.version} and cannot know what came later; add a version that does`,
      { module },
    );
  }
  const then: Bundle = {
    ...bundle,
    ref: from,
    manifest: { ...manifest, state: { ...manifest.state, version } },
  };
  const chain = chainBetween(then, bundle);
  let carried: unknown;
  let thrown: unknown;
  const cut = guard.run(limit, () => {
    try {
      for (const { name, table, handler } of chain.tablesOf(state))
        if (handler !== undefined) migrate(table, name, handler);
      carried = chain.carry(state);
    } catch (error) {
      thrown = thrownOf(error);
    }
  });
  if (cut !== undefined) {
    throw new HitlessError(
      'HOOK_CUT',
      `${from}: a state handler of ${ref} did not return within ${limit} ms; a longer preparation time grants more`,
      { module },
    );
  }
  if (thrown instanceof HitlessError) throw thrown;
  if (thrown !== undefined) {
    throw new HitlessError('HOOK_THREW', `${from}: a state handler of ${ref} threw ${reasonOf(thrown)}`, {
      module,
      cause: thrown,
    });
  }
  return carried;
}

/** All rows at once: nobody uses the table yet. */
function migrate(table: AnyTable, name: string, handler: RowHandler): void {
  const migration = new TableMigration(table, name, handler);
  migration.step(Number.POSITIVE_INFINITY);
  migration.flip();
  migration.sweep(Number.POSITIVE_INFINITY);
}
