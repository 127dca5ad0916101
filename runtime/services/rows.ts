/**
 * Rows that a module answers a view's request with, as plain data of limited size: they are shown to people. A cursor walks
 * them in slices, each in a turn of the loop of its own. So a table of 100,000 routes holds nobody up.
 */
import { types } from 'node:util';
import { now } from '../clock.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import { redacted } from '../state/redaction.ts';
import { isTable } from '../state/table.ts';
import { turn } from '../turn.ts';
import type { Guard } from './guard.ts';

/** Rows that are taken of one answer; the others are counted. */
const MOST_ROWS = 100_000;
/** Characters and values that are taken of all rows together; a value counts as 8. */
const MOST_SIZE = 32 * 1024 * 1024;
/** A slice ends after so many ms, between two rows. */
const SLICE_MS = 2;
/** Values of one row, how deep they are nested, entries of one list, and characters of one text. */
const LIMITS = { size: 500, depth: 4, entries: 64, text: 500 };

/** A table's rows as data. */
export interface Rows {
  /** Objects, secrets hidden. */
  rows: readonly Readonly<Record<string, unknown>>[];
  /** How many rows there are besides these. */
  more: number;
}

/**
 * The rows in an answer: a list, or the rows of a Map or Table, which may change meanwhile. Or those of anything else that can be
 * iterated, such as a generator that makes each row when its turn comes. There undefined is no row, but a place where a slice
 * may end, and `size` says how many rows there are. An answer `{ refused: text }` says why there are none. All is looked at
 * under the guard: code in it is cut.
 * @param module whose answer it is
 * @param secrets names of properties that are never shown
 * @throws HitlessError `VIEW_REFUSED`, `VIEW_INVALID`, `HOOK_CUT`
 */
export async function rowsIn(
  guard: Pick<Guard, 'look'>,
  module: string,
  answer: unknown,
  secrets: readonly string[],
): Promise<Rows> {
  const cursor = new Cursor(module, answer, secrets);
  try {
    while (!(await turn(() => guard.look(module, 'answer', () => cursor.advance()))));
  } catch (thrown) {
    throw thrown instanceof HitlessError ? thrown : invalid(module, `it threw: ${reasonOf(thrown)}`);
  }
  return { rows: cursor.rows, more: cursor.more };
}

class Cursor {
  readonly rows: Record<string, unknown>[] = [];
  more = 0;
  readonly #module: string;
  readonly #answer: unknown;
  readonly #secrets: readonly string[];
  #listed: Listed | undefined;
  #left = MOST_SIZE;

  constructor(module: string, answer: unknown, secrets: readonly string[]) {
    this.#module = module;
    this.#answer = answer;
    this.#secrets = secrets;
  }

  /**
   * Takes the rows of one slice. Returns whether there are no more to take.
   * @throws HitlessError `VIEW_REFUSED`, `VIEW_INVALID`
   */
  advance(): boolean {
    this.#listed ??= listed(this.#answer) ?? this.#noRows();
    const { items, size } = this.#listed;
    const end = now() + SLICE_MS;
    do {
      if (this.rows.length === MOST_ROWS || this.#left <= 0) {
        this.more = Math.max(0, size() - this.rows.length);
        return true;
      }
      const { done, value } = items.next();
      if (done) return true;
      if (value !== undefined || !this.#listed.pauses) this.#take(value);
    } while (now() < end);
    return false;
  }

  #take(item: unknown): void {
    if (typeof item !== 'object' || item === null || types.isProxy(item) || Array.isArray(item))
      this.#wrong(`has a row ${this.rows.length + 1} that is no object`);
    const row = redacted(item, this.#secrets, LIMITS) as Record<string, unknown>;
    this.#left -= sizeOf(row);
    this.rows.push(row);
  }

  #noRows(): never {
    const refused = (this.#answer as { refused?: unknown } | null | undefined)?.refused;
    if (typeof refused !== 'string') this.#wrong('is no list, no Map and no Table');
    throw new HitlessError('VIEW_REFUSED', refused.slice(0, LIMITS.text), { module: this.#module });
  }

  #wrong(what: string): never {
    throw invalid(this.#module, `it ${what}`);
  }
}

interface Listed {
  items: Iterator<unknown>;
  /** Now: it may change while it is walked. */
  size: () => number;
  /** Undefined in it is no row. */
  pauses?: true;
}

/** Traps of a Proxy are code: it is no list. */
function listed(answer: unknown): Listed | undefined {
  if (typeof answer !== 'object' || answer === null || types.isProxy(answer)) return undefined;
  if (Array.isArray(answer)) return { items: answer[Symbol.iterator](), size: () => answer.length };
  if (types.isMap(answer) || isTable(answer)) return { items: answer.values(), size: () => answer.size };
  const { [Symbol.iterator]: begin } = answer as Partial<Iterable<unknown>>;
  if (typeof begin !== 'function') return undefined;
  const items = begin.call(answer);
  return { items, size: () => Number((answer as { size?: unknown }).size ?? 0), pauses: true };
}

/** Of what was made of a row. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 8 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 8;
  for (const item of Object.values(value)) size += sizeOf(item);
  return size;
}

function invalid(module: string, what: string): HitlessError {
  return new HitlessError('VIEW_INVALID', `${module} gave an answer that cannot be shown as rows: ${what}`, {
    module,
  });
}
