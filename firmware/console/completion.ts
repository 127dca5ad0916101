/** The offers of the Tab key. */
import type { Command } from './command.ts';
import type { Editing } from './editing.ts';
import type { ConsoleRuntime } from './host.ts';
import { following } from './next.ts';

/**
 * The candidates for the last word of what is typed so far, and that word as typed. A single candidate ends in a
 * blank, so that the next word can follow at once.
 */
export function complete(
  typed: string,
  commands: readonly Command[],
  runtime: ConsoleRuntime,
  editing?: Editing,
): [candidates: string[], word: string] {
  const found = following(typed, commands, runtime, editing);
  if (found === undefined) return [[], typed];
  const { word, next } = found;
  const all = new Set(next.filter(({ literal }) => literal).map(({ text }) => text));
  const hits = [...all].filter((each) => each.toLowerCase().startsWith(word.toLowerCase()));
  return [hits.length === 1 ? [`${hits[0]} `] : hits, word];
}
