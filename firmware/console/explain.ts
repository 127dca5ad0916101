/** The answer to `?`: what may follow what is typed so far, with a line on each. */
import type { Command } from './command.ts';
import type { Editing } from './editing.ts';
import type { ConsoleRuntime } from './host.ts';
import { END, following, PIPE } from './next.ts';
import { table } from './tables.ts';

/** Lines that are shown; a router may know very many bundles. */
const MOST_LINES = 60;

/** Undefined inside of a quote and behind a comment, where `?` is a character like any other. */
export function explain(
  typed: string,
  commands: readonly Command[],
  runtime: ConsoleRuntime,
  editing?: Editing,
): string[] | undefined {
  const found = following(typed, commands, runtime, editing);
  if (found === undefined) return undefined;
  const begun = found.word.toLowerCase();
  const fitting = found.next.filter(({ text, literal }) =>
    literal
      ? text.toLowerCase().startsWith(begun)
      : begun === '' || (text !== PIPE.text && text !== END.text),
  );
  if (fitting.length === 0) return ['  nothing known may stand here'];
  const shown = fitting.slice(0, MOST_LINES);
  const [, ...lines] = table(
    shown,
    [
      { title: '', value: ({ text }) => `  ${text}` },
      { title: '', value: ({ help }) => help },
    ],
    '',
  );
  const left = fitting.length - shown.length;
  return left > 0 ? [...lines, `  … ${left} more`] : lines;
}
