/** The form of a command: its words, and what they take. The table of all of them is `forms.ts`. */
import type { NamedChange } from '../../runtime/index.ts';
import type { Command } from './command.ts';

export type ArgumentKind =
  | 'module'
  /** A module that does not run yet. */
  | 'new module'
  | 'bundle'
  | 'duration'
  | 'number'
  | 'upgrade'
  | 'fault'
  | 'hook'
  | 'file'
  | 'path'
  /** The label itself. */
  | 'word'
  | 'topic';

export interface Argument {
  kind: ArgumentKind;
  /** As usage lines write it. */
  label: string;
  optional?: true;
  /** Whether the argument has a place at all, given the ones before it. */
  when?: (before: readonly string[]) => boolean;
}

/**
 * A word that may follow the arguments, with values of its own: once, and in any order with the others. Such a word
 * is never taken for an argument unless it is quoted.
 */
export interface Option {
  word: string;
  takes: readonly Argument[];
}

/** The options that were given, with their values. */
export type Given = ReadonlyMap<string, readonly string[]>;

/** A run of words that is a command, or one change among several. */
export interface Clause<Made> {
  words: readonly string[];
  takes: readonly Argument[];
  /** The arguments may be given several times over. */
  repeats?: true;
  options?: readonly Option[];
  make(values: readonly string[], given: Given): Made;
}

interface Described {
  usage: string;
  help: string;
  /** Only where the host can inject faults. */
  lab?: true;
  /** It changes nothing: a word that is mistyped may be told to mean it. */
  harmless?: true;
}

export interface Simple extends Clause<Command>, Described {
  list?: undefined;
}

/** A command that takes one or more changes with commas between them, and then options for all of them. */
export interface Listed extends Described {
  words: readonly string[];
  list: readonly Clause<NamedChange>[];
  options: readonly Option[];
  make(changes: NamedChange[], given: Given): Command;
}

export type Form = Simple | Listed;
