/** The commands that the running modules bring: one for each view of a version in service, in its words and its aliases. */
import type { ManifestView, Rows, ViewArgument, ViewColumn } from '../../../runtime/index.ts';
import { API_1_VIEWS } from '../../compat/views.ts';
import { FirmwareError } from '../../errors.ts';
import { printable } from '../../host/printable.ts';
import type { Answer } from '../answer.ts';
import { type Argument, type Command, command } from '../command.ts';
import { mustServe } from '../following.ts';
import type { ConsoleRuntime } from '../host.ts';
import { inSlices, type Sliced } from '../slices.ts';
import { type Column, cell, spanText, tableSteps } from '../tables.ts';
import { oneOf, shown } from '../words.ts';
import { followCommand } from './follow.ts';

/** How long a module may take to answer, in ms. */
const ANSWER_MS = 2000;
/** Characters of an argument. */
const LONGEST_VALUE = 128;

interface ModuleAndView {
  module: string;
  view: ManifestView;
}

/** Commands in words that nobody else has: those of the router go before, then views in their order, then aliases. */
export function viewCommands(runtime: ConsoleRuntime, others: readonly Command[]): Command[] {
  const all = viewsIn(runtime);
  const named = [
    ...all.map(({ module, view }) => commandOf(module, view, view.words)),
    ...all.flatMap(({ module, view }) =>
      (view.aliases ?? []).map((words) => ({ ...commandOf(module, view, words), alias: view.words })),
    ),
  ];
  const made: Command[] = [];
  for (const each of named) if (!isTaken(each, [...others, ...made])) made.push(each);
  return made;
}

function viewsIn(runtime: ConsoleRuntime): ModuleAndView[] {
  return runtime.views().flatMap(({ module, api, views }) => {
    const own = api === 1 ? (API_1_VIEWS[module] ?? {}) : views;
    return Object.values(own).map((view) => ({ module, view }));
  });
}

/** Another command has these words, or takes what follows its own for an argument. */
function isTaken({ words }: Command, others: readonly Command[]): boolean {
  return others.some((other) => {
    const begins = other.words.every((word, i) => words[i] === word);
    return begins && (other.words.length === words.length || other.takes.length > 0);
  });
}

function commandOf(module: string, view: ManifestView, words: string): Command {
  const takes = view.takes ?? [];
  if (view.follows) return followCommand(module, view, words, takes.map(argumentOf));
  return command<Record<string, string>>({
    words: ['show', ...words.split(' ')],
    takes: takes.map(argumentOf),
    harmless: true,
    help: view.description,
    read: ({ values }) => Object.fromEntries(values.map((value, i) => [takes[i]!.name, value])),
    run: (values, { host }) => rowsOf(module, view, values, host.runtime),
  });
}

function argumentOf({ name, description, optional, choices, offers }: ViewArgument): Argument {
  return {
    kind: choices === undefined ? 'text' : 'choice',
    label: name.toUpperCase(),
    help: description,
    ...(optional && { optional }),
    ...(choices && { choices }),
    ...(offers && { choices: offers }),
    check: (text) => {
      if (choices !== undefined) oneOf(text, choices, 'CHOICE_UNKNOWN', name);
      else if (text.length > LONGEST_VALUE)
        throw new FirmwareError(
          'COMMAND_USAGE',
          `"${shown(text)}" is longer than ${LONGEST_VALUE} characters: no ${name} is`,
        );
    },
  };
}

async function rowsOf(
  module: string,
  view: ManifestView,
  values: Record<string, string>,
  runtime: ConsoleRuntime,
): Promise<Answer> {
  mustServe(module, runtime);
  const { rows, more } = await runtime.rows(module, view, values, { timeout: ANSWER_MS });
  if (view.lines !== undefined) return inSlices(ownLines(rows, more, view, view.lines));
  const columns = await inSlices(columnsIn(rows, view.columns ?? []));
  const lines = await inSlices(tableSteps(rows, columns.map(columnOf), view.none ?? 'none'));
  if (more > 0) lines.push(`… ${more} more`);
  return {
    lines,
    head: 1,
    data: more > 0 ? { rows, more } : rows,
  };
}

/** Rows that say themselves how they are shown; a program is told the other properties. */
function* ownLines(all: Rows['rows'], more: number, view: ManifestView, key: string): Sliced<Answer> {
  const legend = all.length === 0 ? [] : [...(view.legend ?? [])];
  const lines = all.length === 0 ? [view.none ?? 'none'] : [...legend];
  const spans: number[] = [];
  const rows: Record<string, unknown>[] = [];
  for (const row of all) {
    const { [key]: text, ...facts } = row;
    const own = Array.isArray(text) ? text : [text ?? ''];
    for (const line of own) lines.push(printable(String(line)));
    spans.push(own.length);
    rows.push(facts);
    yield;
  }
  if (more > 0) lines.push(`… ${more} more`);
  return { lines, head: legend.length, spans, data: more > 0 ? { rows, more } : rows };
}

/** Those that a row has a value for. */
function* columnsIn(rows: Rows['rows'], columns: readonly ViewColumn[]): Sliced<ViewColumn[]> {
  const missing = new Set(columns);
  for (const row of rows) {
    for (const column of missing) if (row[column.key] !== undefined) missing.delete(column);
    if (missing.size === 0) break;
    yield;
  }
  return columns.filter((column) => !missing.has(column));
}

function columnOf({ key, title, unit }: ViewColumn): Column<Readonly<Record<string, unknown>>> {
  return {
    title,
    value: (row) => {
      const value = row[key];
      if (typeof value !== 'number' || unit === undefined) return cell(value);
      return unit === 'ms' ? spanText(value) : `${cell(value)} ${unit}`;
    },
  };
}
