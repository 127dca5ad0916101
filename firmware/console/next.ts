/** The words that may follow those that are typed so far: the Tab key and `?` show it, read from the table of commands. */
import { interfaceNames } from '../../drivers/interface-names.ts';
import {
  type Argument,
  type ArgumentKind,
  type Clause,
  type Command,
  isFiltered,
  type Option,
} from './command.ts';
import type { Editing, Edits } from './editing.ts';
import { FILTERS, isPipe } from './filters.ts';
import { follow, wordsAt } from './find.ts';
import { isComma, isOption, optionOf } from './grammar.ts';
import type { ConsoleRuntime } from './host.ts';
import { splitWords, type Word } from './words.ts';

export interface Next {
  /** A word that can stand here, or the name of what can. */
  text: string;
  help: string;
  /** It is typed as it stands. */
  literal: boolean;
}

/** Interfaces that are offered; a host may have thousands. */
const MOST_INTERFACES = 100;

/** The line may end here. */
export const END: Next = { text: '<Enter>', help: '', literal: false };

export const PIPE: Next = { text: '|', help: 'include WORD, exclude WORD, count, json', literal: false };

interface Known {
  runtime: ConsoleRuntime;
  editing: Editing | undefined;
}

/** The line up to its last word, if that is not ended by a blank, and what may stand in that word's place. */
export interface Following {
  word: string;
  next: readonly Next[];
}

/** Nothing may follow inside of a quote and behind a comment. */
export function following(
  typed: string,
  commands: readonly Command[],
  runtime: ConsoleRuntime,
  editing?: Editing,
): Following | undefined {
  let words: Word[];
  try {
    words = splitWords(typed);
    if (follow(textsOf(words.filter((each) => !isOption(each))), commands).whole?.list)
      words = splitWords(typed, true);
  } catch {
    return undefined; // inside an open quote
  }
  const last = words.at(-1);
  const unfinished =
    last !== undefined && last.end === typed.length && !isComma(last) && !isPipe(last) ? last : undefined;
  if (unfinished?.quoted || typed.slice(last?.end ?? 0).includes('#')) return undefined;
  const word = unfinished ? typed.slice(unfinished.start) : '';
  if (word.startsWith('-'))
    return { word, next: [{ text: '--json', help: 'one line of JSON', literal: true }] };
  const before = words.filter((each) => each !== unfinished && !isOption(each));
  const pipe = before.findLastIndex(isPipe);
  const next = pipe < 0 ? nextOf(before, commands, { runtime, editing }) : inFilter(before.slice(pipe + 1));
  return { word, next };
}

/** The use of a place in the configuration, where the line is a command on one. */
export function editsIn(typed: string, commands: readonly Command[]): Edits | undefined {
  try {
    const { whole } = follow(textsOf(splitWords(typed)), commands);
    const [{ kind = undefined, edits = 'show' } = {}] = whole?.takes ?? [];
    return kind === 'configuration' ? edits : undefined;
  } catch {
    return undefined;
  }
}

function inFilter(given: readonly Word[]): Next[] {
  const [first, second] = given;
  if (first === undefined) return FILTERS.map(({ word, help }) => ({ text: word, help, literal: true }));
  const filter = FILTERS.find(({ word }) => word.startsWith(first.text.toLowerCase()));
  if (filter === undefined || second !== undefined) return [END];
  return filter.takes ? [{ text: 'WORD', help: filter.help, literal: false }] : [PIPE, END];
}

const textsOf = (words: readonly Word[]): string[] => words.map(({ text }) => text);

function nextOf(before: readonly Word[], commands: readonly Command[], known: Known): Next[] {
  const { runtime, editing } = known;
  const all = commands.filter(({ lab }) => !lab || runtime.faults);
  const { at, whole, deeper, meant } = follow(textsOf(before), all);
  if (meant !== undefined && whole === undefined) return [];
  const words = meant === undefined ? commandWords(deeper, at) : [];
  if (whole === undefined) return words;
  if (whole.takes[0]?.kind === 'topic') {
    const topic = follow(textsOf(before.slice(at)), all);
    return topic.meant === undefined ? [...commandWords(topic.deeper, topic.at), END] : [];
  }
  const [{ kind = undefined, edits = undefined } = {}] = whole.takes;
  const inside =
    kind === 'configuration'
      ? inConfiguration(textsOf(before.slice(at)), edits ?? 'show', editing)
      : inCommand(whole, before.slice(at), runtime);
  const filters = isFiltered(whole) && inside.includes(END) ? [PIPE] : [];
  return [
    ...words,
    ...inside.filter((each) => each !== END),
    ...filters,
    ...(inside.includes(END) ? [END] : []),
  ];
}

/** Nothing where the words lead nowhere: the command says why. */
function inConfiguration(words: readonly string[], edits: Edits, editing: Editing | undefined): Next[] {
  try {
    const next = editing?.next(edits, words);
    if (next === undefined) return edits === 'show' ? [END] : [];
    const { other } = next;
    return [
      ...next.words.map(({ word, description }) => ({ text: word, help: description, literal: true })),
      ...(other === undefined ? [] : [{ text: other.name, help: other.description, literal: false }]),
      ...(next.ends ? [END] : []),
    ];
  } catch {
    return [];
  }
}

function commandWords(deeper: readonly Command[], at: number): Next[] {
  return wordsAt(deeper, at).map((text) => {
    const below = deeper.filter(({ words }) => words[at] === text);
    const own =
      below.find(({ words }) => words.length === at + 1) ?? (below.length === 1 ? below[0] : undefined);
    const further = () => wordsAt(below, at + 1).join(', ');
    return { text, help: own?.help ?? further(), literal: true };
  });
}

function inCommand(command: Command, given: readonly Word[], runtime: ConsoleRuntime): Next[] {
  const { list } = command;
  if (list === undefined) return inClause(command, given, [], runtime);
  const change = given.slice(given.findLastIndex(isComma) + 1);
  const clause = list.find((each) => each.words[0] === change[0]?.text.toLowerCase());
  if (clause) return inClause(clause, change.slice(1), command.options ?? [], runtime);
  if (change.length > 0) return [];
  return list.map(({ words, takes }) => ({
    text: words[0]!,
    help: takes.map(({ label }) => label).join(' '),
    literal: true,
  }));
}

/** The words that can follow those given: a value of the argument whose turn it is, or an option. */
function inClause(
  clause: Clause,
  words: readonly Word[],
  further: readonly Option[],
  runtime: ConsoleRuntime,
): Next[] {
  const values = textsOf(words);
  const options = [...new Set([...(clause.options ?? []), ...further])];
  const first = words.findIndex((word) => optionOf(word, options));
  if (first >= 0) return inOptions(words.slice(first), options, runtime);
  const places = clause.takes.filter((argument) => !argument.when || argument.when(values));
  const argument = places[clause.repeats ? values.length % places.length : values.length];
  if (argument === undefined && values.length > places.length) return [];
  const isWhole = argument === undefined || argument.optional || (clause.repeats && argument === places[0]);
  const ends = isWhole && values.length >= places.filter((place) => !place.optional).length;
  return [
    ...(argument ? valuesFor(argument, values, runtime) : []),
    ...(ends ? [...options.map(optionNext), END] : []),
  ];
}

function optionNext({ word, help }: Option): Next {
  return { text: word, help, literal: true };
}

function inOptions(words: readonly Word[], options: readonly Option[], runtime: ConsoleRuntime): Next[] {
  let left = [...options];
  let at = 0;
  while (at < words.length) {
    const option = optionOf(words[at]!, left);
    if (option === undefined) return [];
    left = left.filter((each) => each !== option);
    const values = textsOf(words.slice(at + 1, at + 1 + option.takes.length));
    const argument = option.takes[values.length];
    if (argument) return valuesFor(argument, values, runtime);
    at += 1 + option.takes.length;
  }
  return [...left.map(optionNext), END];
}

/** A line on an argument, by its kind. */
const KIND_HELP: Readonly<Record<ArgumentKind, string>> = {
  module: 'a module that runs',
  'new module': 'a module that does not run yet',
  bundle: 'a version such as name@2.0.0, or the path of a .cjs file',
  duration: 'such as 2s or 500ms',
  number: 'a whole number',
  upgrade: 'the number of a transaction',
  file: 'a file of the router',
  interface: 'an interface of the host',
  path: 'a part of it, such as interfaces.eth0',
  choice: '',
  word: '',
  topic: 'a command',
  configuration: 'a place in the configuration',
  text: '',
};

function valuesFor(argument: Argument, values: readonly string[], runtime: ConsoleRuntime): Next[] {
  const help = argument.help ?? KIND_HELP[argument.kind];
  const literal = literals(argument, values, runtime).map((text) => ({ text, help, literal: true }));
  return literal.length > 0 ? literal : [{ text: argument.label, help, literal: false }];
}

function literals({ kind, label, choices }: Argument, values: readonly string[], runtime: ConsoleRuntime) {
  switch (kind) {
    case 'module':
      return runtime.modules().map((module) => module.name);
    case 'new module': {
      const running = runtime.modules().map((module) => module.name);
      return runtime.versions().flatMap(({ module }) => (running.includes(module) ? [] : [module]));
    }
    case 'word':
      return [label];
    case 'bundle': {
      const module = values.at(-1)?.toLowerCase();
      const versions = runtime.versions();
      const own = versions.filter((version) => version.module.toLowerCase() === module);
      return (own.length > 0 ? own : versions).map((version) => version.bundle);
    }
    case 'interface':
      return interfaceNames().slice(0, MOST_INTERFACES);
    case 'upgrade':
      return runtime.history.map((report) => String(report.id));
    case 'choice':
    case 'text':
      return [...(choices ?? [])];
    default:
      // The names in a state would need a copy of it: too much for a key.
      return [];
  }
}
