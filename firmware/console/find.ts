/** From the words of a line to the command that they name. A word may be cut short where only one can be meant. */
import { didYouMean } from '../../runtime/nearest.ts';
import { FirmwareError } from '../errors.ts';
import type { Command } from './command.ts';
import { shown } from './words.ts';

/** How far the words of a line lead into the table of commands. */
export interface Followed {
  /** Words that were followed. */
  at: number;
  /** The command that has no further word. */
  whole: Command | undefined;
  /** Commands that have. */
  deeper: readonly Command[];
  /** The meanings that the word which was not followed may have: several, or none; undefined when all were followed. */
  meant?: readonly string[];
}

/** Follows words as far as they lead. */
export function follow(typed: readonly string[], commands: readonly Command[]): Followed {
  let open = commands;
  for (let at = 0; ; at++) {
    const whole = open.find(({ words }) => words.length === at);
    const deeper = open.filter(({ words }) => words.length > at);
    const word = typed[at];
    if (word === undefined) return { at, whole, deeper };
    const meant = meanings(word.toLowerCase(), deeper, at, whole);
    if (meant.length !== 1) return { at, whole, deeper, meant };
    open = deeper.filter(({ words }) => words[at] === meant[0]);
  }
}

function meanings(
  typed: string,
  deeper: readonly Command[],
  at: number,
  whole: Command | undefined,
): readonly string[] {
  const all = wordsAt(deeper, at);
  if (all.includes(typed)) return [typed];
  const begun = all.filter((word) => word.startsWith(typed));
  // An argument may be any word.
  if (typed === '' || (whole !== undefined && whole.takes.length > 0)) return [];
  const [shortest = ''] = begun.toSorted((a, b) => a.length - b.length);
  // `ver` is `version` beside `versions`, where nothing can go wrong by that.
  const isFirst =
    begun.every((word) => word.startsWith(shortest)) &&
    deeper.every(({ words, harmless }) => harmless || !begun.includes(words[at]!));
  return isFirst && begun.length > 0 ? [shortest] : begun;
}

/** The words that can stand at a place, each once. */
export function wordsAt(commands: readonly Command[], at: number): string[] {
  return [...new Set(commands.map(({ words }) => words[at]!))];
}

/** @throws FirmwareError `COMMAND_UNKNOWN`, `COMMAND_AMBIGUOUS`; `COMMAND_USAGE` where further words are missing */
export function findCommand(typed: readonly string[], commands: readonly Command[]): Command {
  const { at, whole, deeper, meant } = follow(typed, commands);
  const word = typed[at] ?? '';
  if (meant !== undefined && meant.length > 1) {
    const before = deeper[0]!.words.slice(0, at).map((each) => `${each} `);
    throw new FirmwareError(
      'COMMAND_AMBIGUOUS',
      `"${before.join('')}${shown(word)}" may be ${meant.join(', ')}; type more of it`,
    );
  }
  if (whole !== undefined) return whole;
  const words = wordsAt(deeper, at);
  if (at === 0) {
    throw new FirmwareError(
      'COMMAND_UNKNOWN',
      `there is no command "${shown(word)}"${didYouMean(word, harmless(deeper, 0))}; commands: ${words.join(', ')}`,
    );
  }
  const before = deeper[0]!.words.slice(0, at).join(' ');
  const allowed = `${before} ${words.join(' | ')}`;
  if (meant === undefined) throw new FirmwareError('COMMAND_USAGE', `${before} what? usage: ${allowed}`);
  throw new FirmwareError(
    'COMMAND_UNKNOWN',
    `there is no "${before} ${shown(word)}"${didYouMean(word.toLowerCase(), harmless(deeper, at))}; usage: ${allowed}`,
  );
}

/** The words that may be proposed: what is proposed is soon typed, so none of them leads to a change. */
function harmless(commands: readonly Command[], place: number): string[] {
  return wordsAt(
    commands.filter((each) => each.harmless),
    place,
  );
}
