/**
 * The configuration file while the router runs. A module that is added by command, or replaced by a version with another
 * schema, is given its section as the file has it now. What else changed in the file is named, and taken when the router
 * starts again.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Change,
  type CheckReport,
  HitlessError,
  type JsonSchema,
  type NamedChange,
  type Origin,
  type RunOptions,
  type Runtime,
  type TransactionReport,
} from '../../runtime/index.ts';
import type { Schemas } from '../config/candidate.ts';
import type { Config, ConfigSection } from '../config/check.ts';
import { edited, withPartOf } from '../config/edited-file.ts';
import { ConfigFile } from '../config/file.ts';
import { OWN_SCHEMAS } from '../config/own.ts';
import { FirmwareError } from '../errors.ts';
import type { Tell } from './interfaces.ts';
import { type Applied, planReload, type Reloading, reloadLine, runningVersions } from './reload.ts';
import { bundleOf, configured, type LoadedVersion, loadVersion, sectionsKnown } from './sections.ts';

export interface LiveOptions {
  /** Reads the text of the file again. @throws ConfigError */
  read: () => string;
  tell: Tell;
  /** A module is about to be given what this configuration says. */
  onGiven: (module: string, config: Config) => void;
  /** The directory of bundles that were pushed. */
  pushed: string | undefined;
  /** Of the file, as errors call it. */
  path: string;
}

/** A section that a command takes from the file. */
interface Given {
  module: string;
  file: ConfigFile;
  config: Config;
  name: string;
  settings: unknown;
}

/** The last transaction that another text came with. */
interface Last {
  transaction: number;
  before: Applied;
  after: Applied;
}

/** Sections that commands were given: those of all sessions whose command may still run, and some more. */
const MOST_GIVEN = 32;

/** How a text is made what runs. */
export interface Applying extends RunOptions {
  /** The text that must run until then: over another one nothing is done. */
  over?: string;
  comment?: string;
}

/** Another text that runs from now on. */
export interface RunningText {
  text: string;
  before: string;
  by: string;
  comment: string;
}

/** A file that was made what runs, or that was to be. */
export interface AppliedFile {
  /** Nothing, where no module is concerned. */
  changes: readonly NamedChange[];
  report: TransactionReport | undefined;
  /** Keys of the firmware's own part that wait for the next start. */
  waiting: readonly string[];
  /** The text that ran before. */
  before: string;
}

export class LiveConfig {
  readonly #runtime: Runtime;
  /** As it was when the router started: the firmware's own part stays so. */
  readonly #started: Config;
  readonly #options: LiveOptions;
  #applied: Applied;
  #last: Last | undefined;
  /** The file as it was read or written last: one that is another now was edited by somebody. */
  #file: string;
  /** The last of them, of all sessions: until a command is decided, others may be begun. */
  readonly #given: Given[] = [];
  #rereads = 0;
  #applying = false;
  /** Told of each text that runs. */
  #onRan: (ran: RunningText) => void = () => {};
  /** One text after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, started: Applied, options: LiveOptions) {
    this.#runtime = runtime;
    this.#started = started.config;
    this.#applied = started;
    this.#file = started.file.text;
    this.#options = options;
    runtime.onLog(({ data }) => {
      if (!isCommitted(data)) return;
      if (data.undoes === undefined) this.#adopt(data);
      else this.#follow();
    });
  }

  /** The text by which the modules run. */
  get running(): string {
    this.#follow();
    return this.#applied.file.text;
  }

  /** The file as it was read or written last. */
  get file(): string {
    return this.#file;
  }

  /** How often the file was read again, and is what runs since then. */
  get rereads(): number {
    return this.#rereads;
  }

  /** The file was written. */
  saved(text: string): void {
    this.#file = text;
  }

  /** Has the listener told of each text that runs from now on; there is one. */
  onRan(listener: (ran: RunningText) => void): void {
    this.#onRan = listener;
  }

  /** Reads the file, and makes the modules what it says, in one transaction. @throws as `apply` */
  reread(origin: Origin): Promise<AppliedFile> {
    return this.inTurn(async () => {
      const file = this.#read();
      const applied = await this.#apply(file, origin, {});
      if (applied.report?.outcome === 'aborted') return applied;
      this.#file = file.text;
      this.#rereads++;
      return applied;
    });
  }

  /**
   * As `reread`, and the log tells what came of it. An abort is no error.
   * @param by who asked
   */
  async reload(by: string): Promise<void> {
    const { changes, report, waiting } = await this.reread({ command: 'reload', by });
    this.#options.tell(report?.outcome === 'aborted' ? 'error' : 'info', reloadLine(changes, report));
    this.#tellOfWaiting(waiting);
  }

  /**
   * Makes the modules what a file says, in one transaction. An abort is a report and no error.
   * @throws ConfigError; FirmwareError `MODULE_FIXED`, `BUNDLE_MISSING`, `CONFIG_OVERTAKEN`, `CONFIG_UNCONFIRMABLE`;
   *   HitlessError `TRANSACTION_BUSY`, `BUNDLE_…`
   */
  apply(file: ConfigFile, origin: Partial<Origin>, how: Applying = {}): Promise<AppliedFile> {
    return this.inTurn(() => this.#apply(file, origin, how));
  }

  /** Does something while no text is applied, and no file is read or written. */
  inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(action);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #apply(
    file: ConfigFile,
    origin: Partial<Origin>,
    { over, comment = '', ...options }: Applying,
  ): Promise<AppliedFile> {
    const { onGiven } = this.#options;
    const [{ changes, ...next }, before] = await this.#planned(file);
    if (over !== undefined && over !== before.file.text) throw overtaken();
    if (changes.length === 0 && options.confirm !== undefined) throw unconfirmable();
    for (const { change, module } of changes) if (change === 'add') onGiven(module, next.config);
    const report = changes.length === 0 ? undefined : await this.#run(changes, origin, options);
    const result = { changes, report, before: before.file.text };
    if (report?.outcome === 'aborted') return { ...result, waiting: [] };
    this.#runs(next, { by: origin.by ?? '', comment }, report?.id);
    return { ...result, waiting: this.#waiting(next.config) };
  }

  /**
   * A dry run of `apply`.
   * @returns nothing where no module is concerned
   * @throws as `apply`
   */
  async check(
    file: ConfigFile,
    origin: Origin,
  ): Promise<{
    changes: readonly NamedChange[];
    report: CheckReport | undefined;
    waiting: readonly string[];
  }> {
    const [{ changes, config }] = await this.#planned(file);
    const report = changes.length === 0 ? undefined : await this.#runtime.check(changes, origin);
    return { changes, report, waiting: this.#waiting(config) };
  }

  /** Keys of the firmware's own part that are not as they were at the start. */
  #waiting(config: Config): string[] {
    return OWN.filter((key) => !isDeepStrictEqual(ownPart(config, key), ownPart(this.#started, key)));
  }

  async #run(
    changes: readonly NamedChange[],
    origin: Partial<Origin>,
    options: RunOptions,
  ): Promise<TransactionReport> {
    this.#applying = true;
    try {
      // Each start reads in the file which modules there are.
      return await this.#runtime.run(changes, origin, { ...options, remember: 'no removals' });
    } finally {
      this.#applying = false;
    }
  }

  /** The changes that the file would make now, and what it would be changed from: a probation may take something back meanwhile. */
  async #planned(file: ConfigFile): Promise<[plan: Reloading, before: Applied]> {
    for (;;) {
      this.#follow();
      const before = this.#applied;
      const plan = await planReload(this.#runtime, file, before, this.#options.pushed);
      this.#follow();
      if (before === this.#applied) return [plan, before];
    }
  }

  #runs(next: Applied, { by, comment }: { by: string; comment: string }, transaction?: number): void {
    const before = this.#applied;
    this.#applied = next;
    if (transaction !== undefined) this.#last = { transaction, before, after: next };
    const [is, was] = [next.file.text, before.file.text];
    if (is !== was) this.#onRan({ text: is, before: was, by, comment });
  }

  /** A transaction that was undone takes its text with it. */
  #follow(): void {
    const last = this.#last;
    if (last === undefined) return;
    const undo = this.#runtime.history.findLast(
      ({ undoes, outcome }) => undoes === last.transaction && outcome === 'committed',
    );
    if (undo === undefined) return;
    this.#last = undefined;
    this.#tellOfLost(last);
    this.#runs(last.before, { by: undo.by, comment: undo.command });
  }

  /** Texts that were committed after a transaction, and concerned no module, go with it. */
  #tellOfLost({ transaction, after }: Last): void {
    if (this.#applied.file.text === after.file.text) return;
    const keys = changedKeys(after.config, this.#applied.config);
    const list = keys.length === 0 ? 'comments' : keys.join(', ');
    this.#options.tell(
      'warn',
      `transaction ${transaction} was undone, and what was committed after it went with it (${list}): commit that again`,
    );
  }

  /** A command has put versions in service, perhaps with sections of the file: the text that runs says so from now on. */
  #adopt({ id, by, command, members }: TransactionReport): void {
    if (this.#applying || this.#last?.transaction === id) return;
    const { config } = this.#applied;
    const wanted = new Set(this.#applied.modules);
    let { file } = this.#applied;
    const whole: Record<string, unknown> = {};
    for (const { module, change, to } of members) {
      if (change !== 'replace' && change !== 'add') continue;
      // Taken out by a command later on, it stays out.
      wanted.add(module);
      const bundle = `${module.toLowerCase()}@${to}`;
      const named = config.router.modules[module] ?? bundle;
      const isKnown = this.#runtime.versions().some((version) => version.bundle === bundle);
      if (named !== bundle && isKnown)
        file = edited(file, 'router', (router) => router.set(['router', 'modules', module, bundle]));
      const runs = this.#runtime.configOf(module);
      const part = this.#given.findLast(
        (given) => given.module === module && isDeepStrictEqual(runs, given.settings),
      );
      if (part === undefined) continue;
      file = withPartOf(file, part.file, part.name);
      whole[part.name] = part.config.whole[part.name];
    }
    if (file === this.#applied.file && wanted.size === this.#applied.modules.length) return;
    const next = { ...file.own, whole: { ...config.whole, ...file.ownData, ...whole } };
    this.#runs({ modules: [...wanted], file, config: next }, { by, comment: command }, id);
  }

  /**
   * The schemas of all that can stand in a file, by key: of the running versions, else of the newest.
   * @param modules versions that the file names: what replaces a running version has the word
   */
  async schemas(modules: Readonly<Record<string, string>> = {}): Promise<Schemas> {
    const known = this.#runtime.versions();
    const running = await runningVersions(this.#runtime);
    const before = this.#applied.config.router.modules;
    const found: Record<string, JsonSchema> = { ...OWN_SCHEMAS };
    for (const [module, { section }] of running) {
      const next = modules[module];
      const replacing =
        next === undefined || next === before[module] ? undefined : await this.#sectionOf(next);
      const taken = replacing ?? section;
      if (taken !== undefined) found[taken.name] = taken.schema;
    }
    for (const name of sectionsKnown(known)) {
      if (found[name] !== undefined) continue;
      const bundle = bundleOf(name, modules, known);
      const section = bundle && (await this.#sectionOf(bundle));
      if (section) found[section.name] ??= section.schema;
    }
    return found;
  }

  /** Undefined as well for a version that cannot be had: that is told where it is to run. */
  async #sectionOf(bundle: string): Promise<ConfigSection | undefined> {
    try {
      return (await loadVersion(this.#runtime, bundle)).section;
    } catch (thrown) {
      if (thrown instanceof HitlessError) return undefined;
      throw thrown;
    }
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
    const file = this.#source();
    const { config, settings } = await configured(file, await this.#withOthers(file, versions), {
      known: sectionsKnown(this.#runtime.versions()),
    });
    this.#tellOfChanges(config, [...wanting.values()]);
    return changes.map((change) => {
      const version = wanting.get(change.module);
      if (version === undefined) return change;
      const given = settings.get(version.module);
      if (given === undefined) throw unconfigured(version);
      this.#options.onGiven(version.module, config);
      const { name } = version.section!;
      this.#given.push({ module: version.module, file, config, name, settings: given });
      if (this.#given.length > MOST_GIVEN) this.#given.shift();
      return { ...change, config: given } as NamedChange;
    });
  }

  /** The file, where somebody has edited it; else what runs, which may not be saved yet. */
  #source(): ConfigFile {
    const text = this.#options.read();
    this.#follow();
    return text === this.#file ? this.#applied.file.calledAs(this.#options.path) : this.#parsed(text);
  }

  /** The file as it is now. @throws ConfigError */
  #read(): ConfigFile {
    const text = this.#options.read();
    this.#follow();
    return this.#parsed(text);
  }

  /** The text that runs was read before. */
  #parsed(text: string): ConfigFile {
    const { path } = this.#options;
    const { file } = this.#applied;
    return text === file.text ? file.calledAs(path) : new ConfigFile(path, text);
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
    const known = this.#runtime.versions();
    for (const name of file.sections) {
      if (all.some(({ section }) => section?.name === name)) continue;
      const bundle = bundleOf(name, modules, known);
      if (bundle !== undefined) all.push(await loadVersion(this.#runtime, bundle));
    }
    return all;
  }

  #tellOfChanges(config: Config, given: readonly LoadedVersion[]): void {
    const changed = changedKeys(this.#applied.config, config);
    const own = given.flatMap(({ module, section }) =>
      section !== undefined && changed.includes(section.name) ? [{ module, name: section.name }] : [],
    );
    for (const { module } of own)
      this.#options.tell('info', `the configuration file has changed: ${module} is given what it says now`);
    this.#tellOfWaiting(changed.filter((key) => !own.some(({ name }) => name === key)));
  }

  #tellOfWaiting(keys: readonly string[]): void {
    if (keys.length === 0) return;
    const list = keys.join(', ');
    this.#options.tell(
      'warn',
      `the configuration file has changed in ${list} too: taken when the router starts again`,
    );
  }
}

/** Keys at the top that say something else. */
function changedKeys({ whole: before }: Config, { whole: after }: Config): string[] {
  return Object.keys({ ...before, ...after }).filter((key) => !isDeepStrictEqual(after[key], before[key]));
}

function isCommitted(data: unknown): data is TransactionReport {
  const { outcome, members } = (data ?? {}) as Partial<TransactionReport>;
  return outcome === 'committed' && members !== undefined;
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

function overtaken(): FirmwareError {
  return new FirmwareError(
    'CONFIG_OVERTAKEN',
    'somebody else has committed since these changes were begun, and nothing was changed; "discard" begins anew with what runs now',
  );
}

function unconfirmable(): FirmwareError {
  return new FirmwareError(
    'CONFIG_UNCONFIRMABLE',
    'no module is concerned, so nothing could go back by itself; leave the confirmation out',
  );
}

function unconfigured({ module, section }: LoadedVersion): FirmwareError {
  return new FirmwareError(
    'MODULE_UNCONFIGURED',
    `the configuration has nothing for ${module}; add the section "${section?.name}" to its file, and try again`,
  );
}
