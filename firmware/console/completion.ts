/** What the Tab key offers, read from the grammar's table and from what the router has just now. */
import { FAULT_HOOKS, FAULT_KINDS } from '../../runtime/index.ts';
import { type Argument, FORMS, type Form } from './grammar.ts';
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
  } catch {
    return [[], typed]; // inside an open quote
  }
  const last = words.at(-1);
  const unfinished = last !== undefined && last.end === typed.length ? last : undefined;
  const word = unfinished ? typed.slice(unfinished.start) : '';
  if (unfinished?.quoted || typed.slice(last?.end ?? 0).includes('#')) return [[], word];
  if (word.startsWith('-')) return matching(['--json'], word);
  const before = words
    .filter((each) => each !== unfinished && (each.quoted || !each.text.startsWith('--')))
    .map((each) => each.text);
  return matching(candidates(before, runtime), word);
}

function matching(all: readonly string[], word: string): [string[], string] {
  const hits = [...new Set(all)].filter((each) => each.toLowerCase().startsWith(word.toLowerCase()));
  return [hits.length === 1 ? [`${hits[0]} `] : hits, word];
}

function candidates(before: readonly string[], runtime: ConsoleRuntime): string[] {
  const forms = FORMS.filter((form) => !form.lab || runtime.faults);
  const next = nextWords(forms, before);
  if (next.length > 0) return next;
  const form = forms.find((each) => begins(before, each.words));
  if (!form) return [];
  const values = before.slice(form.words.length);
  const argument = argumentAt(form, values);
  return argument ? valuesFor(argument, values, forms, runtime) : [];
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

function argumentAt(form: Form, values: readonly string[]): Argument | undefined {
  const places = form.takes.filter((argument) => !argument.when || argument.when(values));
  if (places[0]?.kind === 'topic') return places[0];
  return places[form.repeats ? values.length % places.length : values.length];
}

function valuesFor(
  argument: Argument,
  values: readonly string[],
  forms: readonly Form[],
  runtime: ConsoleRuntime,
): string[] {
  switch (argument.kind) {
    case 'module':
      return runtime.modules().map((module) => module.name);
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
      return nextWords(forms, values);
    case 'duration':
      return [];
  }
}
