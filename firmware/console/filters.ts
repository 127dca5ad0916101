/** Filters behind a `show`: `| include WORD`, `| exclude WORD`, `| count`, `| json`. */
import { FirmwareError } from '../errors.ts';
import type { Answer } from './answer.ts';
import { mapped, type Sliced } from './slices.ts';
import { shown, type Word } from './words.ts';

export type Filter = { keep: boolean; text: string } | 'count' | 'json';

/** The words that may follow a `|`, and what takes one more. */
export const FILTERS = [
  { word: 'include', takes: true, help: 'only lines with this text, in any case' },
  { word: 'exclude', takes: true, help: 'no lines with this text, in any case' },
  { word: 'count', takes: false, help: 'how many lines, without titles' },
  { word: 'json', takes: false, help: 'one line of JSON' },
] as const;

const USAGE = `usage: show … | ${FILTERS.map(({ word, takes }) => (takes ? `${word} WORD` : word)).join(' | ')}`;

export function isPipe(word: Word): boolean {
  return word.text === '|' && !word.quoted;
}

/**
 * @param words the first is a `|`
 * @throws FirmwareError `COMMAND_USAGE`
 */
export function filtersOf(words: readonly Word[]): Filter[] {
  const filters: Filter[] = [];
  for (let at = 0; at < words.length; ) {
    if (!isPipe(words[at]!)) throw wrong(`"${shown(words[at]!.text)}" is one word too many`);
    const typed = words[at + 1]?.text.toLowerCase() ?? '';
    const filter = typed === '' ? undefined : FILTERS.find(({ word }) => word.startsWith(typed));
    if (filter === undefined)
      throw wrong(typed === '' ? 'a filter is missing after "|"' : `there is no filter "${shown(typed)}"`);
    at += 2;
    if (filter.takes) {
      const text = words[at];
      if (text === undefined || isPipe(text)) throw wrong(`WORD is missing after "${filter.word}"`);
      filters.push({ keep: filter.word === 'include', text: text.text.toLowerCase() });
      at++;
    } else filters.push(filter.word);
  }
  return filters;
}

function wrong(what: string): FirmwareError {
  return new FirmwareError('COMMAND_USAGE', `${what}; ${USAGE}`);
}

/** The answer as the filters leave it, as text and as data. */
export function* filtered(answer: Answer, filters: readonly Filter[]): Sliced<Answer> {
  let left = answer;
  for (const filter of filters) left = yield* once(left, filter);
  return left;
}

function* once(answer: Answer, filter: Filter): Sliced<Answer> {
  if (filter === 'json') return answer;
  const { head = 0, spans, data, ...rest } = answer;
  const body = answer.lines.slice(head);
  if (filter === 'count') {
    const count = body.length;
    return { ...rest, lines: [`${count} ${count === 1 ? 'line' : 'lines'}`], data: { count } };
  }
  const kept = yield* mapped(body, (line) => line.toLowerCase().includes(filter.text) === filter.keep);
  const lines = body.filter((_line, i) => kept[i]);
  if (!Array.isArray(data)) return { ...rest, lines, data: { lines } };
  if (spans !== undefined) return { ...rest, lines, ...(yield* keptRows(data, spans, kept)) };
  // A row of a table is a line of it.
  const isTable = data.length === body.length;
  return { ...rest, lines, data: isTable ? data.filter((_row, i) => kept[i]) : { lines } };
}

/** A row stays with the first of its lines that does. */
function* keptRows(
  rows: readonly unknown[],
  spans: readonly number[],
  kept: readonly boolean[],
): Sliced<Pick<Answer, 'data' | 'spans'>> {
  const data: unknown[] = [];
  const left: number[] = [];
  let at = 0;
  for (const [i, row] of rows.entries()) {
    const own = kept.slice(at, at + spans[i]!).filter(Boolean).length;
    at += spans[i]!;
    if (own > 0) {
      data.push(row);
      left.push(own);
    }
    yield;
  }
  return { data, spans: left };
}
