/** Differences between two configurations, line by line in the words of a console. */
import { at } from './paths.ts';
import { identityOf } from './place.ts';
import { type SchemaView, viewOf } from './words.ts';

export interface Difference {
  readonly sign: '-' | '+';
  /** As `set` takes them. */
  readonly words: string;
}

/** The differences by key at the top of the file: first what is gone, then what came. */
export function differences(schema: unknown, before: unknown, after: unknown): Difference[] {
  const { properties = {} } = viewOf(schema);
  const tops = new Set([...namesOf(before), ...namesOf(after)]);
  return [...tops].flatMap((top) => {
    const was = new Set(lines(properties[top], at(before, [top]), top));
    const is = new Set(lines(properties[top], at(after, [top]), top));
    return [
      ...[...was].filter((line) => !is.has(line)).map((words) => ({ sign: '-' as const, words })),
      ...[...is].filter((line) => !was.has(line)).map((words) => ({ sign: '+' as const, words })),
    ];
  });
}

/** A part of a configuration as lines of words, each with one value. */
function* lines(schema: unknown, value: unknown, words: string): Generator<string> {
  const view = viewOf(schema);
  if (value === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* entry(view, item, words, index);
    if (value.length === 0) yield words;
  } else if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value);
    for (const name of names)
      yield* lines(
        memberOf(view, name),
        (value as Record<string, unknown>)[name],
        `${words} ${quoted(name)}`,
      );
    if (names.length === 0) yield words;
  } else yield value === null ? words : `${words} ${quoted(String(value))}`;
}

/** An entry of a list: named by its identity, or by its place where it has none. */
function* entry(view: SchemaView, item: unknown, words: string, index: number): Generator<string> {
  if (typeof item !== 'object' || item === null) {
    yield `${words} ${quoted(String(item))}`;
    return;
  }
  const identity = identityOf(view) ?? [];
  const names = identity.map((key) => quoted(String(at(item, [key]))));
  const rest = Object.fromEntries(Object.entries(item).filter(([key]) => !identity.includes(key)));
  yield* lines(view.items, rest, `${words} ${names.length > 0 ? names.join(' ') : index}`);
}

function memberOf({ properties, additionalProperties }: SchemaView, name: string): unknown {
  return properties !== undefined && Object.hasOwn(properties, name)
    ? properties[name]
    : additionalProperties;
}

function namesOf(data: unknown): string[] {
  return typeof data === 'object' && data !== null ? Object.keys(data) : [];
}

function quoted(word: string): string {
  return /^[^\s"'|#]+$/.test(word) ? word : JSON.stringify(word);
}
