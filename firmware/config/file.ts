/**
 * A configuration file as read: its YAML, and the firmware's own part of it. The sections of modules are checked by
 * `check.ts`, when it is known which versions run. Nothing else is opened here; whether an interface exists, the router
 * finds out when it starts.
 */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { JsonSchema } from '../../runtime/index.ts';
import { readPlainFileSync } from '../../runtime/plain-file.ts';
import { completed, WrongPaths, withMappings } from './completion.ts';
import { readYaml, type YamlFile } from './document.ts';
import { OWN_SCHEMAS, type OwnConfig } from './own.ts';
import { ConfigError } from './problem.ts';
import { type Mistake, mistakesOf, validatorOf } from './validation.ts';

/** A configuration is some lines long; what is longer than this, in bytes, is another file. */
export const MOST_CONFIG_BYTES = 1 << 20;

/** All of the firmware's own part, as one schema. */
const OWN: JsonSchema = { type: 'object', properties: OWN_SCHEMAS };
let validateOwn: ReturnType<typeof validatorOf> | undefined;

export class ConfigFile {
  /** As errors call it. */
  readonly path: string;
  /** `router.bundles` is relative to it. */
  readonly directory: string;
  readonly text: string;
  readonly yaml: YamlFile;
  /** The file's mapping; empty where the file is none. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly mistakes: readonly Mistake[];
  /** The firmware's own part as data, with its defaults; what is wrong by itself is missing. */
  readonly ownData: Readonly<Record<string, unknown>>;

  /**
   * @param text or what was read of it
   * @param directory where the text will be, if that is not where its path says
   * @throws ConfigError `CONFIG_SYNTAX`
   */
  constructor(path: string, text: string | YamlFile, directory: string = dirname(path)) {
    this.path = path;
    this.directory = directory;
    this.yaml = typeof text === 'string' ? readYaml(path, text) : text;
    this.text = this.yaml.text;
    if (this.yaml.syntax.length > 0) throw new ConfigError('CONFIG_SYNTAX', this.yaml.syntax);
    const { data } = this.yaml;
    const isMapping = typeof data === 'object' && data !== null && !Array.isArray(data);
    this.data = isMapping ? (data as Record<string, unknown>) : {};
    validateOwn ??= validatorOf(OWN);
    const own = Object.fromEntries(
      Object.entries(this.data).filter(([name]) => Object.hasOwn(OWN_SCHEMAS, name)),
    );
    const filled = withMappings(OWN, own);
    this.mistakes = mistakesOf(validateOwn, filled, []);
    const wrong = new WrongPaths();
    for (const mistake of this.mistakes) wrong.add(mistake.path);
    this.ownData = completed(OWN, filled, wrong, []) as Record<string, unknown>;
  }

  /** The keys at its top that are no part of the firmware's own. */
  get sections(): string[] {
    return Object.keys(this.data).filter((name) => !Object.hasOwn(OWN_SCHEMAS, name));
  }

  /** The same file, as errors call it otherwise. */
  calledAs(path: string): ConfigFile {
    return path === this.path ? this : new ConfigFile(path, this.yaml.calledAs(path), this.directory);
  }

  /** Whether the firmware's own part is right by itself. */
  get isSound(): boolean {
    return this.mistakes.length === 0 && this.yaml.structure.length === 0 && this.data === this.yaml.data;
  }

  /** The firmware's own part; what is wrong by itself is missing, and the defaults stand for it. */
  get own(): OwnConfig {
    const sound = this.isSound ? this.ownData : withDefaults(this.ownData);
    const { router, interfaces, ...rest } = sound as unknown as WrittenOwn;
    return {
      ...rest,
      router: {
        ...router,
        bundles: router.bundles.filter(isText).map((each) => resolve(this.directory, each)),
        modules: Object.fromEntries(Object.entries(router.modules).filter(([, version]) => isText(version))),
      },
      ...(interfaces !== undefined && { interfaces: mapValues(interfaces, addressesOf) }),
    };
  }
}

/** As the schema has it. */
type WrittenOwn = Omit<OwnConfig, 'interfaces'> & { interfaces?: Record<string, { addresses?: string[] }> };

/** Puts the defaults where what is wrong was left out. */
function withDefaults(data: unknown): unknown {
  return completed(OWN, JSON.parse(JSON.stringify(data)), new WrongPaths(), []);
}

function addressesOf({ addresses = [] }: { addresses?: string[] }) {
  return {
    addresses: addresses.filter(isText).map((text) => {
      const [address = '', length] = text.split('/');
      return { address, prefixLength: Number(length) };
    }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function mapValues<From, To>(record: Record<string, From>, make: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value)]));
}

/**
 * Reads a configuration file.
 * @throws ConfigError `CONFIG_UNREADABLE` or `CONFIG_SYNTAX`
 */
export function readConfigFile(path: string): ConfigFile {
  return new ConfigFile(path, readConfigText(path));
}

/** The text of a file, whatever it says. @throws ConfigError `CONFIG_UNREADABLE`, saying what to do. */
export function readConfigText(file: string): string {
  const unreadable = (found: string, allowed: string, cause?: unknown) =>
    new ConfigError('CONFIG_UNREADABLE', [{ file, line: 0, column: 0, path: '', found, allowed }], { cause });
  let bytes: Buffer;
  try {
    const about = statSync(file);
    if (!about.isFile())
      throw unreadable(about.isDirectory() ? 'a directory' : 'no regular file', 'a YAML file');
    if (about.size > MOST_CONFIG_BYTES)
      throw unreadable(`${about.size} bytes`, `a YAML file of at most ${MOST_CONFIG_BYTES} bytes`);
    bytes = readPlainFileSync(
      file,
      MOST_CONFIG_BYTES,
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
