/** The offers of the Tab key, read from the grammar's table and from what the router has just now. */
import { FAULT_HOOKS, FAULT_KINDS } from '../../runtime/index.ts';
import type { Argument, Clause, Form, Option } from './form.ts';
import { FORMS } from './forms.ts';
import { isComma, isOption, optionOf } from './grammar.ts';
import type { ConsoleRuntime } from './host.ts';
import { splitWords, type Word } from './words.ts';

/**
 * The candidates for the last word of what is typed so far, and that word as typed. A single candidate ends in a
 * blank, so that the next word can follow at once.
 */
export function complete(typed: string, runtime: ConsoleRuntime): [candidates: string[], word: string] {
  let words: Word[];
  try {
    words = splitWords(typed);
    const form = formOf(textsOf(words), runtime);
    if (form?.list) words = splitWords(typed, true);
  } catch {
    return [[], typed]; // inside an open quote
  }
  const last = words.at(-1);
  const unfinished = last !== undefined && last.end === typed.length && !isComma(last) ? last : undefined;
  const word = unfinished ? typed.slice(unfinished.start) : '';
  if (unfinished?.quoted || typed.slice(last?.end ?? 0).includes('#')) return [[], word];
  if (word.startsWith('-')) return matching(['--json'], word);
  const before = words.filter((each) => each !== unfinished && !isOption(each));
  return matching(candidates(before, runtime), word);
}

const textsOf = (words: readonly Word[]): string[] => words.map((word) => word.text);

function matching(all: readonly string[], word: string): [string[], string] {
  const hits = [...new Set(all)].filter((each) => each.toLowerCase().startsWith(word.toLowerCase()));
  return [hits.length === 1 ? [`${hits[0]} `] : hits, word];
}

function formsOf(runtime: ConsoleRuntime): readonly Form[] {
  return FORMS.filter((form) => !form.lab || runtime.faults);
}

function formOf(before: readonly string[], runtime: ConsoleRuntime): Form | undefined {
  return formsOf(runtime).find((form) => begins(before, form.words));
}

function candidates(before: readonly Word[], runtime: ConsoleRuntime): string[] {
  const texts = textsOf(before);
  const next = nextWords(formsOf(runtime), texts);
  const form = formOf(texts, runtime);
  if (next.length > 0 || !form) return next;
  const given = before.slice(form.words.length);
  if (form.list === undefined) return following(form, given, [], runtime);
  const change = given.slice(given.findLastIndex(isComma) + 1);
  const clause = form.list.find((each) => each.words[0] === change[0]?.text.toLowerCase());
  if (clause) return following(clause, change.slice(1), form.options, runtime);
  return change.length === 0 ? form.list.map((each) => each.words[0]!) : [];
}

/** Command words that can follow the ones given. */
function nextWords(forms: readonly Form[], before: readonly string[]): string[] {
  return forms
    .filter((form) => form.words.length > before.length && begins(form.words, before))
    .map((form) => form.words[before.length]!);
}

function begins(longer: readonly string[], shorter: readonly string[]): boolean {
  return shorter.every((word, i) => longer[i]?.toLowerCase() === word.toLowerCase());
}

/** The words that can follow those given: a value of the argument whose turn it is, or an option. */
function following(
  clause: Clause<unknown>,
  words: readonly Word[],
  further: readonly Option[],
  runtime: ConsoleRuntime,
): string[] {
  const values = textsOf(words);
  const options = [...new Set([...(clause.options ?? []), ...further])];
  const first = words.findIndex((word) => optionOf(word, options));
  if (first >= 0) return followingOptions(words.slice(first), options, runtime);
  const places = clause.takes.filter((argument) => !argument.when || argument.when(values));
  if (places[0]?.kind === 'topic') return valuesFor(places[0], values, runtime);
  const argument = places[clause.repeats ? values.length % places.length : values.length];
  const isWhole = argument === undefined || argument.optional || (clause.repeats && argument === places[0]);
  return [
    ...(argument ? valuesFor(argument, values, runtime) : []),
    ...(isWhole && values.length >= places.filter((place) => !place.optional).length
      ? options.map((option) => option.word)
      : []),
  ];
}

function followingOptions(
  words: readonly Word[],
  options: readonly Option[],
  runtime: ConsoleRuntime,
): string[] {
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
  return left.map((option) => option.word);
}

function valuesFor(argument: Argument, values: readonly string[], runtime: ConsoleRuntime): string[] {
  switch (argument.kind) {
    case 'module':
      return runtime.modules().map((module) => module.name);
    case 'new module': {
      const running = runtime.modules().map((module) => module.name);
      return runtime.versions().flatMap(({ module }) => (running.includes(module) ? [] : [module]));
    }
    case 'word':
      return [argument.label];
    case 'bundle': {
      const module = values.at(-1)?.toLowerCase();
      const versions = runtime.versions();
      const own = versions.filter((version) => version.module.toLowerCase() === module);
      return (own.length > 0 ? own : versions).map((version) => version.bundle);
    }
    case 'upgrade':
      return runtime.history.map((report) => String(report.id));
    case 'fault':
      return [...FAULT_KINDS];
    case 'hook':
      return [...FAULT_HOOKS];
    case 'topic':
      return nextWords(formsOf(runtime), values);
    case 'duration':
    case 'number':
    case 'file':
    // The names in a state would need a copy of it: too much for a key.
    case 'path':
      return [];
  }
}
