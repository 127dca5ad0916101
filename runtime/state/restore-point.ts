/**
 * A state as it is at one moment, to go back to when what is done to it comes to nothing. Its members are copied; rows of its
 * Tables are kept as they are written, so that its cost does not depend on the tables.
 */

import type { Bundle } from '../versions/bundle.ts';
import { copyOf, put } from './copy.ts';
import { KeptRows } from './kept-rows.ts';
import { mustBePlain, tablesIn, withoutTables } from './state.ts';

export class RestorePoint {
  readonly #members: unknown;
  readonly #tables: readonly (readonly [name: string, rows: KeptRows])[];

  /** @throws HitlessError `STATE_NOT_PLAIN` when the state cannot be copied */
  constructor(bundle: Bundle, state: unknown) {
    mustBePlain(bundle, state, 'members');
    this.#members = copyOf(withoutTables(state));
    this.#tables = [...tablesIn(state)].map(([name, table]) => [name, new KeptRows(table)]);
  }

  /** From now on rows are kept as they were. */
  begin(): void {
    for (const [, rows] of this.#tables) rows.begin();
  }

  /** The state as it was: members of its own, with the same Tables. */
  restore(): unknown {
    const state = copyOf(this.#members);
    for (const [name, rows] of this.#tables) {
      rows.restore();
      put(state as object, name, rows.table);
    }
    return state;
  }

  /** There is no way back any more. */
  drop(): void {
    for (const [, rows] of this.#tables) rows.drop();
  }
}
