/**
 * The one grammar of the console, which reads the table of commands. Words and names are taken in any case, as the
 * paper writes `Replace` and `SetTimer`.
 */
import { didYouMean } from '../../runtime/nearest.ts';
import { FirmwareError } from '../errors.ts';
import {
  type Clause,
  type Command,
  command,
  type Given,
  isFiltered,
  type Option,
  type Taken,
  usageOf,
} from './command.ts';
import { type Filter, filtersOf, isPipe } from './filters.ts';
import { findCommand } from './find.ts';
import { checkLine, shown, splitWords, type Word } from './words.ts';

/** The reading of a line. `text` is the line without `--json` and blanks around it, its command's words in full. */
export type Parsed = ParsedCommand | { error: FirmwareError; json: boolean; text: string };

export interface ParsedCommand {
  command: Command;
  /** Made by the command of the words behind its own. */
  input: unknown;
  filters: readonly Filter[];
  json: boolean;
  text: string;
}

/** An empty line, or a comment. */
export const NOTHING: Command = command<undefined>({
  words: [],
  takes: [],
  help: '',
  read: () => undefined,
  run: () => ({ lines: [] }),
});

/** Never throws: a mistake is a value that says what is wrong, what is allowed, and what is nearest. */
export function parseLine(line: string, commands: readonly Command[]): Parsed {
  let json = false;
  let text = line.trim();
  try {
    checkLine(line);
    const words = splitWords(line);
    const options = words.filter(isOption);
    json = options.some((word) => word.text.toLowerCase() === '--json');
    const rest = words.filter((word) => !options.includes(word));
    text = rest.map((word) => line.slice(word.start, word.end)).join(' ');
    const strange = options.find((word) => word.text.toLowerCase() !== '--json');
    if (strange) {
      throw new FirmwareError(
        'COMMAND_USAGE',
        `there is no option "${shown(strange.text)}"; the one option is --json`,
      );
    }
    if (rest.length === 0) return { command: NOTHING, input: undefined, filters: [], json, text };
    const pipe = rest.findIndex(isPipe);
    const own = pipe < 0 ? rest : rest.slice(0, pipe);
    const found = findCommand(
      own.map((word) => word.text),
      commands,
    );
    text = inFull(found, rest, line);
    const filters = pipe < 0 ? [] : filtersBehind(found, rest.slice(pipe));
    json ||= filters.includes('json');
    return { command: found, input: found.read(taken(found, own, line)), filters, json, text };
  } catch (error) {
    if (!(error instanceof FirmwareError)) throw error;
    return refused(error, text, json);
  }
}

/** @throws FirmwareError `COMMAND_USAGE` */
function filtersBehind(found: Command, piped: readonly Word[]): Filter[] {
  if (isFiltered(found)) return filtersOf(piped);
  throw new FirmwareError(
    'COMMAND_USAGE',
    '"|" may stand behind show and debug only; a word with | in it goes in quotes',
  );
}

/** A line that is not carried out. */
export function refused(error: FirmwareError, text: string, json = false): Parsed {
  // Enough to know it again; a line that is refused for its length is not handed round in full.
  return { error, json, text: text.length > 200 ? `${text.slice(0, 200)}…` : text };
}

/** Words that were cut short are written in full: the history of transactions is read later. */
function inFull({ words }: Command, typed: readonly Word[], line: string): string {
  return typed
    .map(({ text, start, end }, i) => {
      const word = words[i];
      return word === undefined || text.length === word.length ? line.slice(start, end) : word;
    })
    .join(' ');
}

/** @throws FirmwareError `COMMAND_USAGE` or `COMMAND_UNKNOWN` */
function taken(found: Command, words: readonly Word[], line: string): Taken {
  const own = found.words.length;
  if (found.list === undefined)
    return { ...takeWords(found, usageOf(found), words.slice(own), []), parts: [] };
  const finer = splitWords(line, true).filter((word) => !isOption(word));
  return takeList(found, found.list, finer.slice(own));
}

/** An option of any command, as `--json` is. */
export function isOption(word: Word): boolean {
  return !word.quoted && word.text.startsWith('--');
}

/** Whether the word begins an option, rather than being an argument. */
export function optionOf(word: Word, options: readonly Option[]): Option | undefined {
  return word.quoted ? undefined : options.find((option) => option.word === word.text.toLowerCase());
}

/** The changes between commas, each by its own clause; the options of all of them stand at the end. */
function takeList(found: Command, list: readonly Clause[], words: readonly Word[]): Taken {
  const known = list.map((each) => each.words[0]!);
  const usage = `${usageOf(found)}, where a CHANGE is ${list.map(usageOf).join(' | ')}`;
  const groups: Word[][] = [[]];
  for (const word of words) {
    if (isComma(word)) groups.push([]);
    else groups.at(-1)!.push(word);
  }
  const given = new Map<string, readonly string[]>();
  const options = found.options ?? [];
  const parts = groups.map((group, i) => {
    const first = group[0];
    if (first === undefined) {
      const where = groups.length === 1 ? '' : i === 0 ? ' before the first comma' : ' after a comma';
      throw new FirmwareError('COMMAND_USAGE', `a change is missing${where}; usage: ${usage}`);
    }
    const clause = list.find((each) => each.words[0] === first.text.toLowerCase());
    if (clause === undefined) {
      throw new FirmwareError(
        'COMMAND_UNKNOWN',
        `"${shown(first.text)}" is no change${didYouMean(first.text, found.harmless ? known : [])}; usage: ${usage}`,
      );
    }
    const last = i === groups.length - 1;
    const part = takeWords(clause, usageOf(found), group.slice(1), last ? options : []);
    for (const { word } of options) {
      const value = part.given.get(word);
      if (value) given.set(word, value);
    }
    return { word: clause.words[0]!, ...part };
  });
  return { values: [], given, parts };
}

export function isComma(word: Word): boolean {
  return word.text === ',' && !word.quoted;
}

/** @throws FirmwareError `COMMAND_USAGE`, and what the checks of arguments throw */
function takeWords(
  clause: Clause,
  usage: string,
  words: readonly Word[],
  further: readonly Option[],
): { values: string[]; given: Given } {
  const texts = words.map((word) => word.text);
  if (clause.takes.some(({ kind }) => kind === 'topic' || kind === 'configuration'))
    return { values: texts, given: new Map() };
  const options = [...(clause.options ?? []), ...further];
  const taker = new WordTaker(words, options, `usage: ${usage}`);
  const values: string[] = [];
  do {
    for (const argument of clause.takes) {
      if (argument.when && !argument.when(texts)) continue;
      if (argument.optional && taker.isOver) continue;
      const value = taker.take(argument.label);
      argument.check?.(value);
      values.push(value);
    }
  } while (clause.repeats && !taker.isOver);
  return { values, given: taker.takeOptions() };
}

/** Goes through the words behind a command's own. */
class WordTaker {
  readonly #words: readonly Word[];
  readonly #options: readonly Option[];
  readonly #usage: string;
  #at = 0;

  constructor(words: readonly Word[], options: readonly Option[], usage: string) {
    this.#words = words;
    this.#options = options;
    this.#usage = usage;
  }

  /** No argument is left: the words end, or an option begins. */
  get isOver(): boolean {
    const word = this.#words[this.#at];
    return word === undefined || optionOf(word, this.#options) !== undefined;
  }

  take(label: string): string {
    const before = this.#words[this.#at - 1];
    if (this.isOver)
      throw this.#wrong(`${label} is missing${before ? ` after "${shown(before.text)}"` : ''}`);
    const { text } = this.#words[this.#at++]!;
    if (text === '') throw this.#wrong(`${label} may not be empty`);
    return text;
  }

  takeOptions(): Given {
    const given = new Map<string, readonly string[]>();
    for (let word = this.#words[this.#at]; word !== undefined; word = this.#words[this.#at]) {
      const option = optionOf(word, this.#options);
      if (option === undefined) throw this.#wrong(`"${shown(word.text)}" is one word too many`);
      if (given.has(option.word)) throw this.#wrong(`"${option.word}" is given twice`);
      this.#at++;
      const values = option.takes.map(({ kind, label }) => {
        const text = this.take(kind === 'word' ? `"${label}"` : label);
        if (kind === 'word' && text.toLowerCase() !== label)
          throw this.#wrong(`"${shown(text)}" stands where "${label}" belongs`);
        return text;
      });
      given.set(option.word, values);
    }
    return given;
  }

  #wrong(what: string): FirmwareError {
    return new FirmwareError('COMMAND_USAGE', `${what}; ${this.#usage}`);
  }
}
