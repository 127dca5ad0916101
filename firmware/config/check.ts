/**
 * A configuration file beside the sections of the versions that will run: all mistakes at once, each with its place,
 * or the configuration that programs read.
 */
import { type BrokenRelation, HitlessError, type JsonSchema, reasonOf } from '../../runtime/index.ts';
import { completed, schemaAt, WrongPaths, withMappings } from './completion.ts';
import { formatDuration } from './duration.ts';
import type { ConfigFile } from './file.ts';
import { OWN_SCHEMAS, type OwnConfig, ownRelations } from './own.ts';
import { at } from './paths.ts';
import { type Broken, ConfigError, type KeyPath, type Problem } from './problem.ts';
import { type Mistake, mistakesOf, validatorOf, withNearest } from './validation.ts';
import { viewOf } from './words.ts';

/** A module's section of the configuration, as the version that will run has it. */
export interface ConfigSection {
  /** Whose it is. */
  readonly module: string;
  /** Such as `ospf@3.0.0`. */
  readonly bundle: string;
  /** Its key at the top of the file. */
  readonly name: string;
  readonly schema: JsonSchema;
  check(section: unknown, whole: unknown): Promise<BrokenRelation[]>;
  /** The settings that the module is started and configured with. */
  settings(section: unknown, whole: unknown): Promise<unknown>;
  /** Runs what the version decides on, such as a pattern of its schema. */
  run<T>(hook: string, body: () => T): Promise<T>;
}

/** A configuration as read: the firmware's own part, and everything as data. */
export interface Config extends OwnConfig {
  /** By key at the top of the file: defaults in, times in ms. A section that is not in the file has a default, or is missing. */
  readonly whole: Readonly<Record<string, unknown>>;
}

/**
 * Checks all of a file.
 * @param sections of the versions that will run
 * @param known further sections that a file could have, for errors
 * @param more mistakes that were found elsewhere
 * @throws ConfigError `CONFIG_INVALID` with all mistakes at once; HitlessError for a section whose version is at fault
 */
export async function checkConfig(
  file: ConfigFile,
  sections: readonly ConfigSection[],
  known: readonly string[] = [],
  more: readonly Mistake[] = [],
): Promise<Config> {
  const { yaml } = file;
  const names = [...new Set([...sections.map(({ name }) => name), ...known])];
  const read = await Promise.all(sections.map((section) => readSection(section, file)));
  const whole: Record<string, unknown> = { ...file.ownData };
  for (const { name, data } of read) if (data !== undefined) whole[name] = data;
  const mistakes = [...file.mistakes, ...more, ...read.flatMap((one) => one.mistakes)];
  const broken = ownRelations(whole);
  for (const one of read) broken.push(...(await relationsOf(one, whole)));
  const schemas = {
    ...OWN_SCHEMAS,
    ...Object.fromEntries(read.map(({ name, section }) => [name, section.schema])),
  };
  const further = [
    ...topOf(file, names),
    ...unknownSections(
      file,
      sections.map(({ name }) => name),
      names,
    ).map((mistake) => problemOf(mistake, file)),
    ...mistakes.map((mistake) => problemOf(mistake, file)),
    ...broken
      .filter(({ path }) => !isWrong(path, mistakes))
      .map((one) => relationProblem(one, file, schemas, whole)),
  ];
  const problems = [...yaml.structure, ...further.filter(({ path }) => !yaml.isLost(path))];
  if (problems.length > 0) throw new ConfigError('CONFIG_INVALID', problems);
  return { ...file.own, whole };
}

interface ReadSection {
  name: string;
  section: ConfigSection;
  mistakes: Mistake[];
  /** Undefined where the section is missing, or wrong as a whole. */
  data: unknown;
}

/**
 * Compiling is dear, and a version is read anew until it serves: they are found by the text of the schema. A router has some
 * modules, each with a version or two.
 */
const validators = new Map<string, ReturnType<typeof validatorOf>>();
const MOST_VALIDATORS = 64;

async function readSection(section: ConfigSection, file: ConfigFile): Promise<ReadSection> {
  const { name, schema } = section;
  const filled = withMappings(schema, file.data[name]);
  const mistakes = await section.run('config.schema', () => {
    const key = JSON.stringify(schema);
    const validate = validators.get(key) ?? compiled(section);
    // The one that was used last goes last.
    validators.delete(key);
    validators.set(key, validate);
    const [oldest] = validators.keys();
    if (validators.size > MOST_VALIDATORS) validators.delete(oldest!);
    return filled === undefined ? [] : mistakesOf(validate, filled, [name]);
  });
  const wrong = new WrongPaths();
  for (const { path } of mistakes) wrong.add(path);
  return { name, section, mistakes, data: completed(schema, filled, wrong, [name]) };
}

/** @throws HitlessError `MANIFEST_INVALID` */
function compiled({ bundle, module, schema }: ConfigSection): ReturnType<typeof validatorOf> {
  try {
    return validatorOf(schema);
  } catch (thrown) {
    throw new HitlessError(
      'MANIFEST_INVALID',
      `${bundle}: manifest.config.schema is no schema that the router can check by: ${reasonOf(thrown)}`,
      { module },
    );
  }
}

/** Of a section that has mistakes, its version is not at fault when it does not know what to do with the rest. */
async function relationsOf(one: ReadSection, whole: Record<string, unknown>): Promise<Broken[]> {
  if (one.data === undefined) return [];
  try {
    return await one.section.check(one.data, whole);
  } catch (thrown) {
    if (one.mistakes.length > 0 && thrown instanceof HitlessError && thrown.code === 'HOOK_THREW') return [];
    throw thrown;
  }
}

/** The mistake of a file that is no mapping at all. */
function topOf({ yaml, data }: ConfigFile, sections: readonly string[]): Problem[] {
  if (yaml.data === data) return [];
  const allowed = `a mapping with the keys ${[...Object.keys(OWN_SCHEMAS), ...sections].join(', ')}`;
  return [yaml.data === null ? yaml.problem([], allowed, 'an empty file') : yaml.problem([], allowed)];
}

/** A section that no version takes, also where there is one that would. */
function unknownSections(file: ConfigFile, taken: readonly string[], known: readonly string[]): Mistake[] {
  const all = [...Object.keys(OWN_SCHEMAS), ...known];
  return file.sections
    .filter((name) => !taken.includes(name))
    .map((name) => ({
      path: [name],
      allowed: `${withNearest(name, all)}; the section of another module comes with its bundle, which router.modules names`,
      key: { found: `the unknown key "${name}"` },
    }));
}

function problemOf({ path, allowed, key }: Mistake, { yaml }: ConfigFile): Problem {
  return key === undefined ? yaml.problem(path, allowed) : yaml.keyProblem(path, allowed, key.found);
}

/** Whether the value is wrong by itself, or stands in something that is. */
function isWrong(path: KeyPath, mistakes: readonly Mistake[]): boolean {
  return mistakes.some((mistake) => mistake.path.every((step, i) => step === path[i]));
}

/** A value that the file does not have was found as the default that it is. */
function relationProblem(
  { path, text, found }: Broken,
  { yaml, data }: ConfigFile,
  schemas: Readonly<Record<string, JsonSchema>>,
  whole: unknown,
): Problem {
  const value = at(whole, path);
  if (found !== undefined || value === undefined || at(data, path) !== undefined)
    return yaml.problem(path, text, found);
  const { duration } = viewOf(schemaAt({ properties: schemas }, path));
  const words =
    duration !== undefined && typeof value === 'number' ? formatDuration(value) : JSON.stringify(value);
  return yaml.problem(path, text, `${words} (the default)`);
}
