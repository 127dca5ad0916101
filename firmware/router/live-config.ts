/**
 * The configuration file while the router runs. A module that is added by command, or replaced by a version with another
 * schema, is given its section as the file has it now. What else changed in the file is named, and taken when the router
 * starts again.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  Change,
  JsonSchema,
  NamedChange,
  Origin,
  RunOptions,
  Runtime,
  TransactionReport,
} from '../../runtime/index.ts';
import type { Config } from '../config/check.ts';
import type { ConfigFile } from '../config/file.ts';
import { OWN_SCHEMAS } from '../config/own.ts';
import { FirmwareError } from '../errors.ts';
import type { Tell } from './interfaces.ts';
import { type Applied, planReload, reloadLine, runningVersions } from './reload.ts';
import { configured, type LoadedVersion, loadVersion, sectionNameOf, sectionsKnown } from './sections.ts';

export interface LiveOptions {
  /** Reads the file again. @throws ConfigError */
  read: () => ConfigFile;
  tell: Tell;
  /** A module is about to be given what this configuration says. */
  onGiven: (module: string, config: Config) => void;
  /** The directory of bundles that were pushed. */
  pushed: string | undefined;
}

/** A file that was made what runs, or that was to be. */
export interface AppliedFile {
  /** Nothing, where no module is concerned. */
  changes: readonly NamedChange[];
  report: TransactionReport | undefined;
  /** Keys of the firmware's own part that wait for the next start. */
  waiting: readonly string[];
}

export class LiveConfig {
  readonly #runtime: Runtime;
  /** As it was when the router started: the firmware's own part stays so. */
  readonly #started: Config;
  readonly #options: LiveOptions;
  #applied: Applied;

  constructor(runtime: Runtime, started: Applied, options: LiveOptions) {
    this.#runtime = runtime;
    this.#started = started.config;
    this.#applied = started;
    this.#options = options;
  }

  /**
   * Reads the file, and makes the modules what it says, in one transaction. An abort is told, and no error.
   * @param by who asked
   * @throws as `apply`
   */
  async reload(by: string): Promise<void> {
    const { tell, read } = this.#options;
    const { changes, report, waiting } = await this.apply(read(), { command: 'reload', by });
    tell(report?.outcome === 'aborted' ? 'error' : 'info', reloadLine(changes, report));
    if (waiting.length === 0) return;
    const keys = waiting.join(', ');
    tell('warn', `the configuration file has changed in ${keys} too: taken when the router starts again`);
  }

  /**
   * Makes the modules what a file says, in one transaction. An abort is a report and no error.
   * @throws ConfigError; FirmwareError `MODULE_FIXED`, `BUNDLE_MISSING`; HitlessError `TRANSACTION_BUSY`, `BUNDLE_…`
   */
  async apply(file: ConfigFile, origin: Partial<Origin>, options?: RunOptions): Promise<AppliedFile> {
    const { onGiven, pushed } = this.#options;
    const { changes, ...next } = await planReload(this.#runtime, file, this.#applied, pushed);
    for (const { change, module } of changes) if (change === 'add') onGiven(module, next.config);
    const report = changes.length === 0 ? undefined : await this.#runtime.run(changes, origin, options);
    if (report?.outcome === 'aborted') return { changes, report, waiting: [] };
    this.#applied = next;
    const waiting = OWN.filter(
      (key) => !isDeepStrictEqual(ownPart(next.config, key), ownPart(this.#started, key)),
    );
    return { changes, report, waiting };
  }

  /** The schemas of all that can stand in the file now, by key: of the running versions, else of the newest. */
  async schemas(): Promise<Record<string, JsonSchema>> {
    const known = this.#runtime.versions();
    const versions = [...(await runningVersions(this.#runtime)).values()];
    const found: Record<string, JsonSchema> = { ...OWN_SCHEMAS };
    for (const { section } of versions) if (section !== undefined) found[section.name] = section.schema;
    for (const name of sectionsKnown(this.#runtime)) {
      const bundle = known.findLast(({ module }) => sectionNameOf(module) === name)?.bundle;
      if (found[name] !== undefined || bundle === undefined) continue;
      const { section } = await loadVersion(this.#runtime, bundle);
      if (section !== undefined) found[section.name] ??= section.schema;
    }
    return found;
  }

  /**
   * The changes of a command, with the configuration of each module that needs one: all that are added, and those that
   * are replaced by a version whose section has another schema.
   * @throws ConfigError; FirmwareError `MODULE_UNCONFIGURED`; HitlessError for a version that cannot be loaded
   */
  async completed(changes: readonly NamedChange[]): Promise<NamedChange[]> {
    const wanting = new Map<string, LoadedVersion>();
    const versions = await runningVersions(this.#runtime);
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
    const before = this.#applied.config.whole;
    return Object.keys({ ...before, ...whole }).filter((key) => !isDeepStrictEqual(whole[key], before[key]));
  }
}

/** Keys of the firmware's own part: they are taken at a start. */
const OWN = Object.keys(OWN_SCHEMAS);

/** The part that waits for a start: the router's id and its versions are of modules. */
function ownPart({ whole }: Config, key: string): unknown {
  if (key !== 'router') return whole[key];
  const { id, modules, ...rest } = whole.router as Record<string, unknown>;
  return rest;
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
