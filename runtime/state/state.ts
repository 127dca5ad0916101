/**
 * State across versions (paper 3.3, 3.4.1): the checkpoint that a quiescent module leaves, and copies that prove that
 * nobody wrote it. How it gets from one version to another is the HandlerChain's.
 */
import { types } from 'node:util';
import { isDeepStrictEqual } from '../deep-equal.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import type { Bundle } from '../versions/bundle.ts';
import { copyOf, isRecord, put } from './copy.ts';
import { misplacedTable, notPlain } from './plain.ts';
import { type AnyTable, coreOf, isTable, makeStrict, Table, type TableKey } from './table.ts';

/** A state that is kept in memory for a way back. */
export interface KeptState {
  /** A state to go on with; costs as much as its tables are large. */
  restore(): unknown;
  /** Gives back the memory of what only `restore` needs, in slices. */
  forget(): void;
}

/** A state that costs nothing to keep. */
export function keptState(state: unknown): KeptState {
  return { restore: () => state, forget: () => {} };
}

/** The states that the last committed transaction has left (paper, the state storage). Those in files are `checkpoint.ts`'s. */
export class StateStore {
  readonly #kept: KeptState[] = [];

  put(kept: KeptState): void {
    this.#kept.push(kept);
  }

  /** Forgets them all. */
  clear(): void {
    for (const kept of this.#kept.splice(0)) kept.forget();
  }
}

/** The Tables among a state's direct members. */
export function tablesIn(state: unknown): Map<string, AnyTable> {
  const tables = new Map<string, AnyTable>();
  if (typeof state === 'object' && state !== null && !types.isProxy(state) && isRecord(state)) {
    for (const name of Object.keys(state)) {
      const member: unknown = Object.getOwnPropertyDescriptor(state, name)?.value;
      if (isTable(member)) tables.set(name, member);
    }
  }
  return tables;
}

type Rows = Iterable<[TableKey, unknown]>;

/**
 * A copy of a state, by which development mode proves that nothing wrote it, and puts it back if something did.
 * Costs as much as the state is large.
 */
export class Snapshot {
  readonly #plain: unknown;
  readonly #tables = new Map<string, { rows: Map<TableKey, unknown>; strict: boolean }>();

  /** @throws HitlessError `STATE_NOT_PLAIN` with the path of what is not plain data */
  constructor(state: unknown) {
    const tables = tablesIn(state);
    try {
      // Copying it would run its traps.
      if (types.isProxy(state)) throw new TypeError('a Proxy cannot be copied');
      this.#plain = copyOf(withoutTables(state));
      for (const [name, table] of tables)
        this.#tables.set(name, { rows: copyOf(new Map(table)), strict: coreOf(table).strict });
    } catch (thrown) {
      const wrong = notPlain(state, 'state', tables.keys()) ?? reasonOf(thrown);
      throw new HitlessError('STATE_NOT_PLAIN', `${wrong}; state must be plain data`, { cause: thrown });
    }
  }

  /** @param rowsOf the rows to compare of a Table: of one that was flipped, those of the old version */
  matches(state: unknown, rowsOf: (table: AnyTable) => Rows = (table) => table): boolean {
    const tables = tablesIn(state);
    return (
      isSame(withoutTables(state), this.#plain) &&
      tables.size === this.#tables.size &&
      [...tables].every(([name, table]) => isSame(new Map(rowsOf(table)), this.#tables.get(name)?.rows))
    );
  }

  /** A state of its own, with Tables of its own. */
  restore(): unknown {
    const plain = copyOf(this.#plain);
    for (const [name, { rows, strict }] of this.#tables) {
      const table = new Table(copyOf(rows));
      if (strict) makeStrict(table);
      put(plain as object, name, table);
    }
    return plain;
  }
}

/** Whether a state is as its copy was, also where another realm made it: the copy is of this one. */
function isSame(state: unknown, copy: unknown): boolean {
  if (isDeepStrictEqual(state, copy)) return true;
  try {
    return isDeepStrictEqual(copyOf(state), copy);
  } catch {
    // Something was written that is not plain data.
    return false;
  }
}

/** The rest of a state is no copy. */
export function withoutTables(state: unknown): unknown {
  const tables = tablesIn(state);
  if (tables.size === 0) return state;
  return Object.fromEntries(Object.entries(state as object).filter(([name]) => !tables.has(name)));
}

/** How much of a state is looked at: where its Tables are; all but their rows; all. */
export type Look = 'tables' | 'members' | 'all';

/**
 * The demands on a module's state: its Tables are where the manifest says, and what is looked at of it is plain data.
 * @param strict the rows of its Tables are kept frozen
 * @throws HitlessError `STATE_NOT_PLAIN` with the path of the offender
 */
export function mustBePlain({ manifest }: Bundle, state: unknown, look: Look, strict = false): void {
  const names = Object.keys(manifest.state.tables);
  const wrong =
    look === 'tables' ? misplacedTable(state, names) : notPlain(state, 'state', names, look === 'all');
  if (wrong !== undefined)
    throw new HitlessError(
      'STATE_NOT_PLAIN',
      `${manifest.name} ${manifest.version}: ${wrong}; state must be plain data`,
      {
        module: manifest.name,
      },
    );
  if (strict) for (const table of tablesIn(state).values()) makeStrict(table);
}
