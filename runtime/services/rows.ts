/** Rows that a module answers a view's request with, as plain data of limited size: they are shown to people. */
import { types } from 'node:util';
import { HitlessError, reasonOf } from '../errors.ts';
import { redacted } from '../state/redaction.ts';
import type { Guard } from './guard.ts';
import type { Answer } from './requests.ts';

/** Rows that are taken of one answer; the others are counted. */
const MOST_ROWS = 5_000;
/** CPU time for looking at an answer, in ms. */
const LOOK_MS = 250;
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
 * The rows in an answer, looked at under the guard: its code, if it has some, is cut.
 * @param module whose answer it is
 * @param secrets names of properties that are never shown
 */
export function rowsIn(guard: Guard, module: string, answer: Answer, secrets: readonly string[]): Answer {
  if ('error' in answer) return answer;
  try {
    return { value: guard.look(module, 'answer', () => taken(module, answer.value, secrets), LOOK_MS) };
  } catch (thrown) {
    if (thrown instanceof HitlessError) return { error: thrown };
    return { error: invalid(module, `it threw: ${reasonOf(thrown)}`) };
  }
}

function taken(module: string, answer: unknown, secrets: readonly string[]): Rows {
  const { size, items } = listed(answer) ?? wrong(module, 'is no list and no Map');
  const rows: Record<string, unknown>[] = [];
  for (const item of items) {
    if (rows.length === MOST_ROWS) break;
    if (typeof item !== 'object' || item === null || types.isProxy(item) || Array.isArray(item))
      return wrong(module, `has a row ${rows.length + 1} that is no object`);
    rows.push(redacted(item, secrets, LIMITS) as Record<string, unknown>);
  }
  return { rows, more: size - rows.length };
}

/** Traps of a Proxy are code: it is no list. */
function listed(answer: unknown): { size: number; items: Iterable<unknown> } | undefined {
  if (typeof answer !== 'object' || answer === null || types.isProxy(answer)) return undefined;
  if (Array.isArray(answer)) return { size: answer.length, items: answer };
  if (types.isMap(answer)) return { size: answer.size, items: answer.values() };
  return undefined;
}

function wrong(module: string, what: string): never {
  throw invalid(module, `it ${what}`);
}

function invalid(module: string, what: string): HitlessError {
  return new HitlessError('VIEW_INVALID', `${module} gave an answer that cannot be shown as rows: ${what}`, {
    module,
  });
}
