/**
 * The configuration file while the router runs. A module that is added by command, or replaced by a version with another
 * schema, is given its section as the file has it now. What else changed in the file is named, and taken when the router
 * starts again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Change, NamedChange, Runtime } from '../../runtime/index.ts';
import type { Config } from '../config/check.ts';
import type { ConfigFile } from '../config/file.ts';
import { FirmwareError } from '../errors.ts';
import type { Tell } from './interfaces.ts';
import { configured, type LoadedVersion, loadVersion, sectionNameOf, sectionsKnown } from './sections.ts';

export interface LiveOptions {
  /** Reads the file again. @throws ConfigError */
  read: () => ConfigFile;
  tell: Tell;
  /** A module is about to be given what this configuration says. */
  onGiven: (module: string, config: Config) => void;
}

export class LiveConfig {
  readonly #runtime: Runtime;
  readonly #started: Config;
  readonly #options: LiveOptions;

  constructor(runtime: Runtime, started: Config, options: LiveOptions) {
    this.#runtime = runtime;
    this.#started = started;
    this.#options = options;
  }

  /**
   * The changes of a command, with the configuration of each module that needs one: all that are added, and those that
   * are replaced by a version whose section has another schema.
   * @throws ConfigError; FirmwareError `MODULE_UNCONFIGURED`; HitlessError for a version that cannot be loaded
   */
  async completed(changes: readonly NamedChange[]): Promise<NamedChange[]> {
    const wanting = new Map<string, LoadedVersion>();
    const versions = new Map<string, LoadedVersion>();
    for (const { name, bundle } of this.#running())
      versions.set(name, await loadVersion(this.#runtime, bundle));
    for (const change of changes) {
      const next = await this.#nextOf(change);
      if (next === undefined) continue;
      if (needsConfig(change.change, next, versions.get(next.module))) wanting.set(change.module, next);
      versions.set(next.module, next);
    }
    if (wanting.size === 0) return [...changes];
    const file = this.#options.read();
    const { config, settings } = await configured(file, await this.#withOthers(file, versions), {
      known: sectionsKnown(this.#runtime),
    });
    this.#tellOfChanges(config, [...wanting.values()]);
    return changes.map((change) => {
      const version = wanting.get(change.module);
      if (version === undefined) return change;
      const given = settings.get(version.module);
      if (given === undefined) throw unconfigured(version);
      this.#options.onGiven(version.module, config);
      return { ...change, config: given } as NamedChange;
    });
  }

  #running(): { name: string; bundle: string }[] {
    return this.#runtime
      .modules()
      .map(({ name, version }) => ({ name, bundle: `${name.toLowerCase()}@${version}` }));
  }

  async #nextOf(change: Change): Promise<LoadedVersion | undefined> {
    if (change.change !== 'add' && change.change !== 'replace') return undefined;
    return typeof change.bundle === 'string' ? loadVersion(this.#runtime, change.bundle) : undefined;
  }

  /** With a version for each section of the file whose module does not run: it is checked all the same. */
  async #withOthers(
    file: ConfigFile,
    versions: ReadonlyMap<string, LoadedVersion>,
  ): Promise<LoadedVersion[]> {
    const all = [...versions.values()];
    const { modules } = file.own.router;
    for (const name of file.sections) {
      if (all.some(({ section }) => section?.name === name)) continue;
      const known = this.#runtime.versions();
      const named = Object.entries(modules).find(([module]) => sectionNameOf(module) === name)?.[1];
      const bundle = named ?? known.findLast(({ module }) => sectionNameOf(module) === name)?.bundle;
      if (bundle !== undefined) all.push(await loadVersion(this.#runtime, bundle));
    }
    return all;
  }

  #tellOfChanges(config: Config, given: readonly LoadedVersion[]): void {
    const changed = this.#changed(config);
    const own = given.flatMap(({ module, section }) =>
      section !== undefined && changed.includes(section.name) ? [{ module, name: section.name }] : [],
    );
    for (const { module } of own)
      this.#options.tell('info', `the configuration file has changed: ${module} is given what it says now`);
    const others = changed.filter((key) => !own.some(({ name }) => name === key));
    if (others.length === 0) return;
    const keys = others.join(', ');
    this.#options.tell(
      'warn',
      `the configuration file has changed in ${keys} too: taken when the router starts again`,
    );
  }

  #changed({ whole }: Config): string[] {
    const before = this.#started.whole;
    return Object.keys({ ...before, ...whole }).filter((key) => !isDeepStrictEqual(whole[key], before[key]));
  }
}

/** A version that takes no section is added without one. */
function needsConfig(change: string, next: LoadedVersion, before: LoadedVersion | undefined): boolean {
  if (next.section === undefined) return false;
  if (change === 'add') return true;
  return next.isConfigurable && !isDeepStrictEqual(next.section.schema, before?.section?.schema);
}

function unconfigured({ module, section }: LoadedVersion): FirmwareError {
  return new FirmwareError(
    'MODULE_UNCONFIGURED',
    `the configuration has nothing for ${module}; add the section "${section?.name}" to its file, and try again`,
  );
}
