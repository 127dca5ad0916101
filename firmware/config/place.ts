/** Places in a configuration by the words of a console, such as `ospf interfaces eth0 hello-interval`. */
import { FirmwareError } from '../errors.ts';
import { at, keys } from './paths.ts';
import type { KeyPath } from './problem.ts';
import { withNearest } from './validation.ts';
import { allowedBy, type SchemaView, viewOf } from './words.ts';

/** A place that words lead to, whether there is something or not. */
export interface ConfigPlace {
  readonly path: KeyPath;
  readonly schema: unknown;
  /** Words behind the place: a value. */
  readonly rest: readonly string[];
  /** Entries of lists on the way that are not there yet: their paths, and what names them. */
  readonly made: readonly { path: KeyPath; identity: Readonly<Record<string, unknown>> }[];
}

/** The next words that can be typed. */
export interface NextWords {
  readonly words: readonly { word: string; description: string }[];
  /** Anything else that may be typed, such as a name or a value; undefined where nothing else may. */
  readonly other: { name: string; description: string } | undefined;
}

/**
 * @param data the configuration as it is
 * @throws FirmwareError `CONFIG_PATH` for a word that cannot stand there, or that is missing
 */
export function placeOf(schema: unknown, data: unknown, words: readonly string[]): ConfigPlace {
  const made: { path: KeyPath; identity: Record<string, unknown> }[] = [];
  let path: KeyPath = [];
  let here = schema;
  let left = words;
  for (;;) {
    const view = viewOf(here);
    const [word] = left;
    if (word === undefined || isValue(view)) return { path, schema: here, rest: left, made };
    const identity = identityOf(view);
    if (identity === undefined) {
      here = memberOf(view, word, words.slice(0, words.length - left.length));
      path = [...path, word];
      left = left.slice(1);
      continue;
    }
    const names = left.slice(0, identity.length);
    const entry = viewOf(view.items);
    const missing = identity[names.length];
    if (missing !== undefined)
      throw wrong(words, `is followed by ${missing}: ${allowedBy(entry.properties?.[missing])}`);
    const found = keys(data, path).find((one) =>
      identity.every((key, i) => String(at(data, [...one, key])) === names[i]),
    );
    const before = made.filter((one) => one.path.length === path.length + 1).length;
    path = found ?? [...path, keys(data, path).length + before];
    if (found === undefined) {
      const values = identity.map((key, i) => [key, valueFrom(entry.properties?.[key], names[i]!)]);
      made.push({ path, identity: Object.fromEntries(values) });
    }
    here = view.items;
    left = left.slice(identity.length);
  }
}

/** The words that may follow. @throws FirmwareError `CONFIG_PATH` for words that cannot stand there */
export function nextOf(schema: unknown, data: unknown, words: readonly string[]): NextWords {
  const partial = identitiesTyped(schema, data, words);
  if (partial !== undefined) return partial;
  const { path, schema: here, rest } = placeOf(schema, data, words);
  const view = viewOf(here);
  const nothing: NextWords = { words: [], other: undefined };
  if (isValue(view)) {
    if (rest.length > 0 && view.items === undefined) return nothing;
    const item = view.items === undefined ? here : view.items;
    const values = viewOf(item).enum ?? (viewOf(item).type === 'boolean' ? [true, false] : []);
    return {
      words: values.map((value) => ({ word: String(value), description: viewOf(here).description ?? '' })),
      other: values.length > 0 ? undefined : { name: 'VALUE', description: valueWords(here, item) },
    };
  }
  if (identityOf(view) !== undefined) return identitiesAt(view, data, path, []);
  const properties = Object.entries(view.properties ?? {}).map(([word, inner]) => ({
    word,
    description: viewOf(inner).description ?? '',
  }));
  if (typeof view.additionalProperties !== 'object') return { words: properties, other: undefined };
  const there = keys(data, path).map((one) => ({ word: String(one.at(-1)), description: '' }));
  const named = viewOf(view.propertyNames);
  const other = { name: 'NAME', description: view.propertyNames ? allowedBy(named) : 'a name' };
  return { words: [...properties, ...there], other };
}

/** As `nextOf`, without what is not in the configuration. @throws FirmwareError `CONFIG_PATH` */
export function presentAt(schema: unknown, data: unknown, words: readonly string[]): NextWords {
  const next = nextOf(schema, data, words).words;
  const place = placeIf(schema, data, words);
  // Of an entry that is named in part, the names are those that are there.
  if (place === undefined) return { words: next, other: undefined };
  if (!isValue(viewOf(place.schema))) {
    const present = next.filter(({ word }) => {
      const below = placeIf(schema, data, [...words, word]);
      return below === undefined || (below.made.length === 0 && at(data, below.path) !== undefined);
    });
    return { words: present, other: undefined };
  }
  // Values of a list are words behind it; a single one need not be typed.
  const { description = '' } = viewOf(place.schema);
  const value = at(data, place.path);
  const values = Array.isArray(value) ? value.map(String) : [];
  const left = values.filter((word) => !place.rest.includes(word));
  return { words: left.map((word) => ({ word, description })), other: undefined };
}

function placeIf(schema: unknown, data: unknown, words: readonly string[]): ConfigPlace | undefined {
  try {
    return placeOf(schema, data, words);
  } catch (thrown) {
    if (thrown instanceof FirmwareError) return undefined;
    throw thrown;
  }
}

/** Values that are allowed, and the one that holds where none is set. */
function valueWords(schema: unknown, item: unknown): string {
  const { default: value, unset } = viewOf(schema);
  const isScalar = typeof value === 'string' || typeof value === 'number';
  const without = isScalar ? String(value) : unset;
  return without === undefined ? allowedBy(item) : `${allowedBy(item)}; default: ${without}`;
}

/** A word as the value that its schema has. */
export function valueFrom(schema: unknown, word: string): unknown {
  const view = viewOf(schema);
  const listed = [...(view.enum ?? []), ...('const' in view ? [view.const] : [])];
  const found = listed.find((value) => String(value) === word);
  if (found !== undefined) return found;
  if (view.type === 'boolean') return word === 'true' ? true : word === 'false' ? false : word;
  const isNumber =
    (view.type === 'integer' || view.type === 'number' || 'const' in view) && /^-?[\d.]+$/.test(word);
  return isNumber ? Number(word) : word;
}

/** The members by which an entry of a list is named; undefined where it is no such list. */
export function identityOf(view: SchemaView): readonly string[] | undefined {
  return view.identity;
}

/** A value, or a list of values: it has no words below it. */
function isValue(view: SchemaView): boolean {
  if (view.identity !== undefined) return false;
  return view.properties === undefined && typeof view.additionalProperties !== 'object';
}

function memberOf(view: SchemaView, word: string, before: readonly string[]): unknown {
  const { properties = {}, additionalProperties } = view;
  if (Object.hasOwn(properties, word)) return properties[word];
  if (typeof additionalProperties === 'object') return additionalProperties;
  const where = before.length === 0 ? 'the configuration' : `"${before.join(' ')}"`;
  throw wrong([word], `cannot stand in ${where}; allowed: ${withNearest(word, Object.keys(properties))}`);
}

/** Where the last words name an entry of a list in part: the next of its names. */
function identitiesTyped(schema: unknown, data: unknown, words: readonly string[]): NextWords | undefined {
  for (let typed = 1; typed <= Math.min(words.length, 4); typed++) {
    const above = words.slice(0, words.length - typed);
    try {
      const { path, schema: here, rest } = placeOf(schema, data, above);
      const identity = identityOf(viewOf(here));
      if (rest.length === 0 && identity !== undefined && typed < identity.length)
        return identitiesAt(viewOf(here), data, path, words.slice(-typed));
    } catch (thrown) {
      if (!(thrown instanceof FirmwareError)) throw thrown;
    }
  }
  return undefined;
}

function identitiesAt(view: SchemaView, data: unknown, path: KeyPath, typed: readonly string[]): NextWords {
  const identity = identityOf(view)!;
  const key = identity[typed.length]!;
  const inner = viewOf(view.items).properties?.[key];
  const there = keys(data, path)
    .filter((one) => typed.every((name, i) => String(at(data, [...one, identity[i]!])) === name))
    .map((one) => String(at(data, [...one, key])));
  return {
    words: [...new Set(there)].map((word) => ({ word, description: viewOf(inner).description ?? '' })),
    other: { name: key.toUpperCase(), description: allowedBy(inner) },
  };
}

function wrong(words: readonly string[], text: string): FirmwareError {
  return new FirmwareError('CONFIG_PATH', `"${words.join(' ')}" ${text}`);
}
