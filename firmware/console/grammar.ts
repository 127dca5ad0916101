/**
 * The one grammar of the console, which reads the table of `forms.ts`. Words and names are taken in any case, as the
 * paper writes `Replace` and `SetTimer`.
 */

import type { NamedChange } from '../../runtime/index.ts';
import { FAULT_KINDS } from '../../runtime/index.ts';
import { didYouMean } from '../../runtime/nearest.ts';
import { FirmwareError } from '../errors.ts';
import type { Command } from './command.ts';
import type { Clause, Form, Listed, Option } from './form.ts';
import { FORMS } from './forms.ts';
import { checkLine, oneOf, shown, splitWords, type Word } from './words.ts';

/** The reading of a line. `text` is the line without `--json` and blanks around it. */
export type Parsed =
  | { command: Command; form: Form | undefined; json: boolean; text: string }
  | { error: FirmwareError; json: boolean; text: string };

/** Never throws: a mistake is a value that says what is wrong, what is allowed, and what is nearest. */
export function parseLine(line: string): Parsed {
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
    return { ...parseWords(rest, line), json, text };
  } catch (error) {
    if (!(error instanceof FirmwareError)) throw error;
    // Enough to know it again; a line that is refused for its length is not handed round in full.
    return { error, json, text: text.length > 200 ? `${text.slice(0, 200)}…` : text };
  }
}

function parseWords(words: readonly Word[], line: string): { command: Command; form: Form | undefined } {
  if (words.length === 0) return { command: { name: 'nothing' }, form: undefined };
  const form = findForm(words.map((word) => word.text));
  if (form.list === undefined)
    return { command: takeClause(form, words.slice(form.words.length), form), form };
  const finer = splitWords(line, true).filter((word) => !isOption(word));
  return { command: takeList(form, finer.slice(form.words.length)), form };
}

/** An option of any command, as `--json` is. */
export function isOption(word: Word): boolean {
  return !word.quoted && word.text.startsWith('--');
}

/** Whether the word begins an option, rather than being an argument. */
export function optionOf(word: Word, options: readonly Option[]): Option | undefined {
  return word.quoted ? undefined : options.find((option) => option.word === word.text.toLowerCase());
}

/** @throws FirmwareError `COMMAND_UNKNOWN`, or `COMMAND_USAGE` for a first word alone that needs a second */
function findForm(typed: readonly string[]): Form {
  const first = typed[0]!.toLowerCase();
  const family = FORMS.filter((form) => form.words[0] === first);
  if (family.length === 0) {
    const known = [...new Set(FORMS.map((form) => form.words[0]!))];
    throw new FirmwareError(
      'COMMAND_UNKNOWN',
      `there is no command "${shown(typed[0]!)}"${didYouMean(first, harmless(FORMS, 0))}; commands: ${known.join(', ')}`,
    );
  }
  const single = family.find((form) => form.words.length === 1);
  if (single) return single;
  const seconds = family.map((form) => form.words[1]!);
  const second = typed[1]?.toLowerCase();
  const found = family.find((form) => form.words[1] === second);
  if (found) return found;
  const allowed = `${first} ${seconds.join(' | ')}`;
  if (second === undefined) throw new FirmwareError('COMMAND_USAGE', `${first} what? usage: ${allowed}`);
  throw new FirmwareError(
    'COMMAND_UNKNOWN',
    `there is no "${first} ${shown(typed[1]!)}"${didYouMean(second, harmless(family, 1))}; usage: ${allowed}`,
  );
}

/** The words that may be proposed: what is proposed is soon typed, so none of them leads to a change. */
function harmless(forms: readonly Form[], place: number): string[] {
  return forms.filter((form) => form.harmless).map((form) => form.words[place]!);
}

/**
 * The changes between commas, each by its own clause; the options of all of them stand at the end.
 * @throws FirmwareError `COMMAND_USAGE` or `COMMAND_UNKNOWN`
 */
function takeList(form: Listed, words: readonly Word[]): Command {
  const usage = `usage: ${form.usage}, where a CHANGE is ${form.list.map(usageOf).join(' | ')}`;
  const groups: Word[][] = [[]];
  for (const word of words) {
    if (isComma(word)) groups.push([]);
    else groups.at(-1)!.push(word);
  }
  const values: NamedChange[] = [];
  const given = new Map<string, readonly string[]>();
  for (const [i, group] of groups.entries()) {
    const first = group[0];
    if (first === undefined) {
      const where = groups.length === 1 ? '' : i === 0 ? ' before the first comma' : ' after a comma';
      throw new FirmwareError('COMMAND_USAGE', `a change is missing${where}; ${usage}`);
    }
    const clause = form.list.find((each) => each.words[0] === first.text.toLowerCase());
    if (clause === undefined) {
      const known = form.harmless ? form.list.map((each) => each.words[0]!) : [];
      throw new FirmwareError(
        'COMMAND_UNKNOWN',
        `"${shown(first.text)}" is no change${didYouMean(first.text, known)}; ${usage}`,
      );
    }
    const last = i === groups.length - 1;
    const taken = takeWords({ ...clause, usage: form.usage }, group.slice(1), last ? form.options : []);
    values.push(clause.make(taken.values, taken.given));
    for (const option of form.options) {
      const value = taken.given.get(option.word);
      if (value) given.set(option.word, value);
    }
  }
  return form.make(values, given);
}

export function isComma(word: Word): boolean {
  return word.text === ',' && !word.quoted;
}

function usageOf({ words, takes, options = [] }: Clause<NamedChange>): string {
  const more = options.map((option) => ` [${[option.word, ...option.takes.map((a) => a.label)].join(' ')}]`);
  return `${[...words, ...takes.map((argument) => argument.label)].join(' ')}${more.join('')}`;
}

/** @throws FirmwareError `COMMAND_USAGE` */
function takeClause<Made>(clause: Clause<Made>, words: readonly Word[], { usage }: { usage: string }): Made {
  const { values, given } = takeWords({ ...clause, usage }, words, []);
  return clause.make(values, given);
}

interface Taken {
  values: string[];
  given: Map<string, readonly string[]>;
}

/** @throws FirmwareError `COMMAND_USAGE` */
function takeWords(
  clause: Pick<Clause<unknown>, 'words' | 'takes' | 'repeats' | 'options'> & { usage: string },
  words: readonly Word[],
  further: readonly Option[],
): Taken {
  const usage = `usage: ${clause.usage}`;
  const texts = words.map((word) => word.text);
  const taken: Taken = { values: [], given: new Map() };
  if (clause.takes.some((argument) => argument.kind === 'topic')) return { ...taken, values: texts };
  const options = [...(clause.options ?? []), ...further];
  let at = 0;
  const isOver = () => at >= words.length || optionOf(words[at]!, options) !== undefined;
  const after = () => (at === 0 ? '' : ` after "${shown(texts[at - 1]!)}"`);
  const take = (label: string): string => {
    if (isOver()) throw new FirmwareError('COMMAND_USAGE', `${label} is missing${after()}; ${usage}`);
    const text = texts[at]!;
    if (text === '') throw new FirmwareError('COMMAND_USAGE', `${label} may not be empty; ${usage}`);
    at++;
    return text;
  };
  do {
    for (const argument of clause.takes) {
      if (argument.when && !argument.when(texts)) continue;
      if (!(argument.optional && isOver())) taken.values.push(take(argument.label));
    }
  } while (clause.repeats && !isOver());
  while (at < words.length) {
    const option = optionOf(words[at]!, options);
    if (option === undefined) {
      // The kind of a fault says what may follow it, so a wrong kind is the better thing to name.
      if (clause.words[0] === 'fault') oneOf(texts[1]!, FAULT_KINDS, 'FAULT_UNKNOWN', 'kind of fault');
      throw new FirmwareError('COMMAND_USAGE', `"${shown(texts[at]!)}" is one word too many; ${usage}`);
    }
    if (taken.given.has(option.word))
      throw new FirmwareError('COMMAND_USAGE', `"${option.word}" is given twice; ${usage}`);
    at++;
    const values: string[] = [];
    for (const { kind, label } of option.takes) {
      const text = take(kind === 'word' ? `"${label}"` : label);
      if (kind === 'word' && text.toLowerCase() !== label) {
        throw new FirmwareError(
          'COMMAND_USAGE',
          `"${shown(text)}" stands where "${label}" belongs; ${usage}`,
        );
      }
      values.push(text);
    }
    taken.given.set(option.word, values);
  }
  return taken;
}
