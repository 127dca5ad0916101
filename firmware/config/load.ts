/**
 * From a file to a configuration: read, parse, validate, and tell every mistake with its place. Nothing else is
 * opened here; whether an interface exists, the router checks when it starts.
 */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type * as z from 'zod';
import { nearest } from '../../runtime/nearest.ts';
import { readPlainFileSync } from '../../runtime/plain-file.ts';
import { YamlFile } from './document.ts';
import { ConfigError, type KeyPath, type Problem } from './problem.ts';
import { brokenRelations } from './relations.ts';
import { type Config, keysAt, schema } from './schema.ts';

/** A configuration is some lines long; what is longer than this, in bytes, is another file. */
const MOST_BYTES = 1 << 20;

/**
 * Reads the configuration file at this path.
 * @throws ConfigError with all mistakes at once.
 */
export function loadConfig(file: string): Config {
  return parseConfig(readText(file), file);
}

/**
 * The configuration in this text; `file` is what errors call it, and what `router.bundles` is relative to.
 * @throws ConfigError `CONFIG_SYNTAX` or `CONFIG_INVALID`.
 */
export function parseConfig(text: string, file: string): Config {
  const yaml = new YamlFile(file, text);
  if (yaml.syntax.length > 0) throw new ConfigError('CONFIG_SYNTAX', yaml.syntax);
  if (yaml.data === null) {
    const problem = yaml.problem([], `a mapping with the keys ${keysAt([]).join(', ')}`, 'an empty file');
    throw new ConfigError('CONFIG_INVALID', [problem]);
  }
  const read = schema.safeParse(yaml.data);
  const further = [
    ...(read.error?.issues ?? []).flatMap((issue) => locate(issue, yaml)),
    ...brokenRelations(yaml.data).map(({ path, allowed, found }) => yaml.problem(path, allowed, found)),
  ];
  const problems = [...yaml.structure, ...further.filter(({ path }) => !yaml.isLost(path))];
  if (problems.length > 0) throw new ConfigError('CONFIG_INVALID', problems);
  const config = read.data as Config;
  config.router.bundles = config.router.bundles.map((path) => resolve(dirname(file), path));
  return config;
}

/** One issue of the schema as problems with places: several when it names several unknown keys. */
function locate(issue: z.core.$ZodIssue, yaml: YamlFile): Problem[] {
  const path = issue.path as KeyPath;
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      const allowed = `${known.join(', ')}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
      return yaml.keyProblem([...path, key], allowed, `the unknown key "${key}"`);
    });
  }
  if (issue.code === 'invalid_key') {
    const allowed = issue.issues[0]?.message ?? issue.message;
    return [yaml.keyProblem(path, allowed, `the key ${JSON.stringify(String(path.at(-1)))}`)];
  }
  return [yaml.problem(path, issue.message)];
}

/** @throws ConfigError `CONFIG_UNREADABLE`, saying what to do. */
function readText(file: string): string {
  const unreadable = (found: string, allowed: string, cause?: unknown) =>
    new ConfigError('CONFIG_UNREADABLE', [{ file, line: 0, column: 0, path: '', found, allowed }], { cause });
  let bytes: Buffer;
  try {
    const about = statSync(file);
    if (!about.isFile())
      throw unreadable(about.isDirectory() ? 'a directory' : 'no regular file', 'a YAML file');
    if (about.size > MOST_BYTES)
      throw unreadable(`${about.size} bytes`, `a YAML file of at most ${MOST_BYTES} bytes`);
    bytes = readPlainFileSync(
      file,
      MOST_BYTES,
      (what, cause) => (cause as Error | undefined) ?? unreadable(what, 'a YAML file'),
    );
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw unreadable(
        'no such file',
        'a YAML file; firmware/config/examples holds some to start from',
        error,
      );
    }
    if (code === 'EACCES') {
      throw unreadable(
        'a file that this user may not read',
        'a YAML file with read permission (ls -l shows who has it)',
        error,
      );
    }
    throw unreadable(`no way to read it (${(error as Error).message})`, 'a YAML file', error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable('bytes that are no UTF-8 text', 'a YAML file in UTF-8', error);
  }
}
