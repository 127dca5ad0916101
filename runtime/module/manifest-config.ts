/**
 * The configuration that a version takes (api 2): its section of the file, with schema, relations and settings. So a key
 * comes with the version that knows it, and nothing else has to know the key (design rules 6 and 14).
 */
import { isRecord, put } from '../state/copy.ts';

/** A JSON Schema as plain data. The runtime keeps it; whoever reads configurations checks by it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A relation between values of a configuration that does not hold. */
export interface BrokenRelation {
  /** Keys and list indices from the top of the whole configuration down to the value. */
  path: readonly (string | number)[];
  /** The words for what is allowed there; they go on after "allowed: ". */
  text: string;
  /** The value that was found, in words that say more than the value itself. */
  found?: string;
}

/** A version's section of the configuration. Its functions are pure: they read what they are given, and return. */
export interface ManifestConfig {
  /** The section's key at the top of the configuration: lower-case letters, digits and -. */
  section: string;
  /**
   * The keys of the section, each with description, default and unit: JSON without `$` keys, so that it stands
   * alone.
   */
  schema: JsonSchema;
  /**
   * Returns the relations between keys that do not hold. What is wrong by itself is missing in both arguments.
   * @param section as the schema has it, with its defaults
   * @param whole the configuration with all its sections
   */
  // biome-ignore lint/suspicious/noExplicitAny: the schema is the author's, and so are its types
  check?(section: any, whole: any): readonly BrokenRelation[];
  /**
   * Makes of a section that is right what `initial` and `configure` are given, as plain data. Without it they are given
   * the section.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  settings?(section: any, whole: any): unknown;
}

/** As `validateManifest` leaves it. */
export type ValidConfig = Readonly<ManifestConfig>;

const SECTION = /^[a-z][a-z0-9-]{0,31}$/;
/** Values in one schema, and how deep they may be nested. */
const MOST_VALUES = 20_000;
const DEEPEST = 64;
/** Characters of one text in a schema. */
const LONGEST_TEXT = 4_096;

/**
 * A frozen copy of `manifest.config`, when it says what it must.
 * @param wrong refuses the manifest: its key must be what is allowed
 */
export function validConfig(value: unknown, wrong: (key: string, allowed: string) => never): ValidConfig {
  const { section, schema, check, settings, ...rest } = isObject(value)
    ? value
    : wrong('config', 'an object with section and schema');
  const [other] = Object.keys(rest);
  if (other !== undefined) wrong(`config.${other}`, 'left out: config has section, schema, check, settings');
  if (typeof section !== 'string' || !SECTION.test(section))
    wrong('config.section', 'a lower-case letter, then lower-case letters, digits or - (at most 32)');
  for (const [key, found] of Object.entries({ check, settings }))
    if (found !== undefined && typeof found !== 'function') wrong(`config.${key}`, 'a function');
  const taken = { left: MOST_VALUES };
  const copy = isObject(schema) ? json(schema, 'config.schema', DEEPEST, taken, wrong) : undefined;
  return Object.freeze({
    section: section as string,
    schema: (copy ?? wrong('config.schema', 'a JSON Schema, which is an object')) as JsonSchema,
    ...(check !== undefined && { check: check as NonNullable<ManifestConfig['check']> }),
    ...(settings !== undefined && { settings: settings as NonNullable<ManifestConfig['settings']> }),
  });
}

/** A frozen copy of a value of JSON. */
function json(
  value: unknown,
  path: string,
  depth: number,
  taken: { left: number },
  wrong: (key: string, allowed: string) => never,
): unknown {
  if (taken.left-- <= 0) wrong('config.schema', `a schema of at most ${MOST_VALUES} values`);
  if (depth === 0) wrong(path, `nested at most ${DEEPEST} deep`);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string')
    return value.length <= LONGEST_TEXT ? value : wrong(path, `a text of at most ${LONGEST_TEXT} characters`);
  if (Array.isArray(value))
    return Object.freeze(value.map((item, i) => json(item, `${path}[${i}]`, depth - 1, taken, wrong)));
  if (!isObject(value)) return wrong(path, 'JSON: objects, lists, texts, numbers, true, false and null');
  const made = {};
  for (const [name, item] of Object.entries(value)) {
    if (name.startsWith('$')) wrong(`${path}.${name}`, 'left out: a section stands alone, with no $ keys');
    put(made, name, json(item, `${path}.${name}`, depth - 1, taken, wrong));
  }
  return Object.freeze(made);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && isRecord(value);
}
