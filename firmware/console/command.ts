/**
 * A command of the console is one object: its words, what it takes, its help, and what it does. Parser (`grammar.ts`),
 * help and completion read it; the commands themselves are in `commands/`, one file a family.
 */
import type { Answer, Caller } from './answer.ts';
import type { Edits } from './editing.ts';
import type { Filter } from './filters.ts';
import type { ConsoleHost } from './host.ts';

export type ArgumentKind =
  | 'module'
  /** A module that does not run yet. */
  | 'new module'
  | 'bundle'
  | 'duration'
  | 'number'
  | 'upgrade'
  | 'file'
  /** An interface of the host. */
  | 'interface'
  | 'path'
  /** One of `choices`. */
  | 'choice'
  /** The label itself. */
  | 'word'
  | 'topic'
  /** All words that are left: a place in the configuration, and a value. */
  | 'configuration'
  | 'text';

export interface Argument {
  kind: ArgumentKind;
  /** As usage lines write it. */
  label: string;
  /** A line on it; on its kind, unless told. */
  help?: string;
  optional?: true;
  choices?: readonly string[];
  /** Of a place in the configuration. */
  edits?: Edits;
  /** Whether the argument has a place at all, given the ones before it. */
  when?: (before: readonly string[]) => boolean;
  /** @throws FirmwareError when it cannot be this */
  check?: (text: string) => void;
}

/**
 * A word that may follow the arguments, with values of its own: once, and in any order with the others. Such a word
 * is never taken for an argument unless it is quoted.
 */
export interface Option {
  word: string;
  help: string;
  takes: readonly Argument[];
}

/** The options that were given, with their values. */
export type Given = ReadonlyMap<string, readonly string[]>;

/** A run of words that is a command, or one part among several. */
export interface Clause {
  words: readonly string[];
  takes: readonly Argument[];
  /** The arguments may be given several times over. */
  repeats?: true;
  options?: readonly Option[];
}

/** The words of a line behind those of its command. */
export interface Taken {
  values: readonly string[];
  given: Given;
  /** Of a command with a list: each clause by its first word, and what it took. */
  parts: readonly { word: string; values: readonly string[]; given: Given }[];
}

/** A command at work. */
export interface Call {
  host: ConsoleHost;
  caller: Caller;
  /** The line, as the history of transactions has it. */
  text: string;
  /** Of a line that is JSON. */
  json: boolean;
  filters: readonly Filter[];
  /** All commands that there are now. */
  commands: readonly Command[];
}

export interface Command<Input = unknown> extends Clause {
  /** One or more of these, with commas between them, stand in the place of arguments. */
  list?: readonly Clause[];
  /** As help writes it, where words, arguments and options do not say it themselves. */
  usage?: string;
  help: string;
  /** Only where the host can inject faults. */
  lab?: true;
  /** It changes nothing: a word that is mistyped may be told to mean it. */
  harmless?: true;
  /** It changes the candidate of a session, which ends with it. */
  ofSession?: true;
  /** The words behind `show` that this command is another name of. */
  alias?: string;
  /** It only waits: its session may be ended when another needs the place. */
  waits?: true;
  /** Its lines are said as things happen, also to a program that wants JSON; filters are its own. */
  follows?: true;
  /** The router's preparation time says how long it may take. */
  prepared?: true;
  /**
   * Makes of the words what the command needs. Names stay as typed: which modules and bundles exist is seen when it runs.
   * @throws FirmwareError
   */
  read(taken: Taken): Input;
  /** @throws FirmwareError, HitlessError, DriverError */
  run(input: Input, call: Call): Answer | Promise<Answer>;
  /** Whether Ctrl-C breaks it off; it does not, unless told. */
  interruptible?(input: Input): boolean;
  /**
   * How long the router may be silent before its answer begins, in ms; see `patience.ts`.
   * @param preparation the router's preparation time, in ms
   */
  silence?(input: Input, preparation: number): number;
}

/** Keeps what `read` makes and `run` takes together. */
export function command<Input>(made: Command<Input>): Command {
  return made as Command;
}

/** Whether `|` may stand behind it. */
export function isFiltered({ words, follows }: Command): boolean {
  return words[0] === 'show' || follows === true;
}

/** A command that takes nothing, and shows something. */
export function showing(
  words: string,
  help: string,
  run: (call: Call) => Answer | Promise<Answer>,
  more: { lab?: true; silence?: () => number } = {},
): Command {
  return command<undefined>({
    words: ['show', ...words.split(' ')],
    takes: [],
    harmless: true,
    help,
    ...more,
    read: () => undefined,
    run: (_input, call) => run(call),
  });
}

/** How it is typed. */
export function usageOf({ words, takes, options = [], usage }: Clause & { usage?: string }): string {
  if (usage !== undefined) return usage;
  return [...words, ...takes.map(placeOf), ...options.map(optionUsage)].join(' ');
}

export function optionUsage({ word, takes }: Option): string {
  return `[${[word, ...takes.map(({ label }) => label)].join(' ')}]`;
}

function placeOf({ label, optional }: Argument): string {
  return optional ? `[${label}]` : label;
}
