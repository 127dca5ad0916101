/**
 * Watch mode, for who writes a module: a file is saved, and the running module is swapped, state kept. What was saved
 * together is swapped together, in one transaction. Whatever is wrong with it (it does not parse, is refused, or the
 * transaction is aborted) is told in the log. The old version goes on, and the next save is tried again.
 *
 * Each save gets a version of its own, such as `2.0.0-watch.3`, that no version set remembers.
 * @example
 * const watch = await watchBundles(runtime, ['./bundles/counter.cjs']);
 * // … and in the end
 * watch.close();
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checkMs, checkOptions, mustBeList } from '../argument.ts';
import { type Code, HitlessError, reasonOf } from '../errors.ts';
import type { VersionView } from '../inspection.ts';
import type { Runtime } from '../runtime.ts';
import { type BundleSource, fileSource, type MadeBundle, withTarget } from './bundle-source.ts';
import { FileWatch, type Interest } from './file-watch.ts';

/** How `watchBundles` watches. */
export interface WatchOptions {
  /** Milliseconds without a further change that are taken for the end of a save; 50 unless told. */
  settle?: number;
}

/** Another transaction is waited for, looking this often, in ms. */
const BUSY_MS = 50;
/** A source whose files change while it is made is made again, at most so often. */
const MOST_MADE = 4;

/** One source under watch. */
interface Watched {
  readonly source: BundleSource;
  /** Of a directory's bundle. */
  readonly path: string | undefined;
  files: readonly string[];
  /** How its files were when it was last tried; empty when it is to be tried. */
  tried: string;
  /** Others would not understand it: it is tried again with the next save of any. */
  waits: boolean;
  /** A bundle that is loaded so that somebody adds it by command. */
  offered: string | undefined;
}

/** A source that could not be taken, and why. */
class Refusal extends Error {
  readonly code: Code | undefined;
  readonly culprit: Watched | undefined;

  constructor(message: string, code?: Code, culprit?: Watched) {
    super(message);
    this.code = code;
    this.culprit = culprit;
  }
}

/**
 * Watches bundles and swaps the running modules when they are saved. A path is a bundle (`.cjs`), which is swapped
 * in at once when it is not what runs. Or it is a directory, whose bundles are swapped in when they change.
 * @param runtime where the modules run; a module that does not is told of, and not added
 * @param sources paths, or what makes bundles of other files
 * @returns when everything was looked at once
 * @throws HitlessError `WATCH_FAILED` when a path is not there, is neither, or the system allows no further watch;
 * `ARGUMENT_INVALID`
 */
export async function watchBundles(
  runtime: Runtime,
  sources: readonly (string | BundleSource)[],
  options: WatchOptions = {},
): Promise<BundleWatch> {
  checkOptions('watchBundles', options, ['settle']);
  mustBeList('watchBundles', 'sources', sources);
  if (options.settle !== undefined) checkMs('watchBundles', 'settle', options.settle, 1, 60_000);
  const single: BundleSource[] = [];
  const directories: string[] = [];
  for (const source of sources) {
    if (typeof source !== 'string') single.push(source);
    else if (isDirectory(source)) directories.push(resolve(source));
    else single.push(fileSource(resolve(source)));
  }
  const watch = new BundleWatch(runtime, single, directories, options);
  await watch.begin();
  return watch;
}

function isDirectory(path: string): boolean {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(path);
  } catch (thrown) {
    throw new HitlessError('WATCH_FAILED', `${path} cannot be watched: ${reasonOf(thrown)}`, {
      cause: thrown,
    });
  }
  if (found.isDirectory()) return true;
  if (found.isFile() && path.endsWith('.cjs')) return false;
  throw new HitlessError(
    'WATCH_FAILED',
    `${path} cannot be watched: give a bundle (.cjs) or a directory of bundles`,
  );
}

/** The result of `watchBundles`: a watch that goes on until it is closed. It does not keep the process alive. */
export class BundleWatch {
  readonly #runtime: Runtime;
  readonly #directories: readonly string[];
  readonly #files: FileWatch;
  #watched: Watched[];
  #working: Promise<void> | undefined;
  #again = false;
  #closed = false;

  /** For `watchBundles`. */
  constructor(
    runtime: Runtime,
    sources: readonly BundleSource[],
    directories: readonly string[],
    { settle = 50 }: WatchOptions,
  ) {
    this.#runtime = runtime;
    this.#directories = directories;
    this.#watched = sources.map((source) => watched(source));
    this.#files = new FileWatch(
      settle,
      () => this.#look().catch((thrown) => this.#tell('error', reasonOf(thrown))),
      (problem) => this.#tell('error', `can no longer see changes: ${problem}; trying again`),
    );
  }

  /** For `watchBundles`: looks at everything once. @throws HitlessError `WATCH_FAILED` */
  async begin(): Promise<void> {
    try {
      // A file that is in a directory already is no change.
      for (const one of this.#enter()) one.tried = stampOf(one.files);
      this.#cover();
      await this.#look();
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  /** Ends the watch: nothing of it stays. A swap that has begun is finished. */
  close(): void {
    this.#closed = true;
    this.#files.close();
  }

  // --- one look at a time

  #look(): Promise<void> {
    this.#again = true;
    this.#working ??= this.#rounds().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #rounds(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      if (this.#runtime.stopped) this.close();
      else await this.#round();
    }
  }

  async #round(): Promise<void> {
    if (this.#enter().length > 0) this.#cover();
    const changed = this.#watched.filter(({ files, tried }) => tried === '' || stampOf(files) !== tried);
    if (changed.length === 0) return;
    const waiting = this.#watched.filter((one) => one.waits && !changed.includes(one));
    let refusal = await this.#take([...changed, ...waiting]);
    // They may be in each other's way for good.
    if (refusal !== undefined && waiting.length > 0) refusal = await this.#take(changed);
    else if (refusal === undefined) for (const one of waiting) one.waits = false;
    for (const one of changed) one.waits = refusal?.code === 'PROTOCOL_MISMATCH';
    if (refusal === undefined || this.#closed) return;
    // The others of this save have done nothing wrong: they come with the next one.
    const { culprit, message } = refusal;
    if (culprit !== undefined) for (const one of changed) if (one !== culprit) one.tried = '';
    this.#tell('error', `${labels(changed)} not taken: ${message}; what ran goes on, the next save is tried`);
  }

  /** Keeps up with what is in the directories; gives the bundles that are new there. */
  #enter(): Watched[] {
    const stays = ({ path }: Watched) => path === undefined || existsSync(path);
    this.#watched = this.#watched.filter(stays);
    const known = new Set(this.#watched.map(({ path }) => path));
    const entered = this.#directories
      .flatMap((directory) => bundlesIn(directory))
      .filter((path) => !known.has(path))
      .map((path) => watched(fileSource(path), path));
    this.#watched.push(...entered);
    return entered;
  }

  // --- taking what was saved

  /** Swaps these in, all or none; gives what is in the way. */
  async #take(list: readonly Watched[]): Promise<Refusal | undefined> {
    const drafts = new Map<Watched, VersionView>();
    try {
      for (const one of list) {
        const draft = await this.#draft(one);
        if (draft !== undefined) drafts.set(one, draft);
      }
      const latest = newestOfEach(drafts);
      if (latest.length === 0 || this.#closed) return undefined;
      const report = await this.#run(latest);
      if (report === undefined) return undefined;
      if (report.outcome === 'aborted') return new Refusal(`the transaction was aborted: ${report.reason}`);
      const names = latest.map(({ module, version }) => `${module} ${version}`).join(', ');
      this.#tell(
        'info',
        `${labels([...drafts.keys()])} taken: ${names}, window ${Math.round(report.window * 1000)} µs`,
      );
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown;
      return new Refusal(reasonOf(thrown), thrown instanceof HitlessError ? thrown.code : undefined);
    } finally {
      const offered = new Set(list.map((one) => one.offered));
      for (const { bundle } of drafts.values())
        if (!offered.has(bundle)) this.#runtime.repository.discard(bundle);
    }
  }

  /** The source as a bundle; undefined when there is nothing to swap. @throws Refusal */
  async #draft(one: Watched): Promise<VersionView | undefined> {
    const { label } = one.source;
    const made = await this.#make(one);
    if (made.text === undefined) throw new Refusal(made.problem ?? 'it gave no text', undefined, one);
    if (this.#closed) return undefined;
    const { repository } = this.#runtime;
    let draft: VersionView;
    try {
      draft = await repository.provideDraft(label, made.text, 'watch');
    } catch (thrown) {
      throw new Refusal(reasonOf(thrown), undefined, one);
    }
    if (one.offered !== undefined && one.offered !== draft.bundle) repository.discard(one.offered);
    one.offered = undefined;
    if (draft.status === 'current') return undefined;
    if (this.#runtime.names.resolve(draft.module) !== undefined) return draft;
    one.offered = draft.bundle;
    this.#tell(
      'warn',
      `${label}: there is no module ${draft.module} to swap; "add ${draft.module} ${draft.bundle}" brings it in`,
    );
    return undefined;
  }

  /** Made of files that were watched before they were read, so that no change is missed. */
  async #make(one: Watched): Promise<MadeBundle> {
    let made: MadeBundle = { files: one.files };
    for (let i = 0; i < MOST_MADE; i++) {
      const before = stampOf(one.files);
      try {
        made = await one.source.make();
      } catch (thrown) {
        made = { files: one.files, problem: reasonOf(thrown) };
      }
      one.tried = before;
      const known = new Set(one.files);
      one.files = made.files;
      if (made.files.length === known.size && made.files.every((file) => known.has(file))) break;
      this.#cover();
    }
    return made;
  }

  /** Undefined when the watch was closed meanwhile. */
  async #run(drafts: readonly VersionView[]) {
    const changes = drafts.map(({ module, bundle }) => ({ change: 'replace' as const, module, bundle }));
    const command =
      drafts.length === 1
        ? `replace ${drafts[0]!.module} ${drafts[0]!.bundle}`
        : `syn_replace ${drafts.map(({ module, bundle }) => `${module} ${bundle}`).join(' ')}`;
    for (;;) {
      try {
        return await this.#runtime.run(changes, { command, by: 'watch' }, { remember: false });
      } catch (thrown) {
        if (!(thrown instanceof HitlessError) || thrown.code !== 'TRANSACTION_BUSY') throw thrown;
      }
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS).unref());
      if (this.#closed) return undefined;
    }
  }

  /** Watches the directories of all files. @throws HitlessError `WATCH_FAILED` */
  #cover(): void {
    const names = new Map<string, Set<string>>();
    for (const file of this.#watched.flatMap(({ files }) => files)) {
      const directory = dirname(file);
      names.set(directory, (names.get(directory) ?? new Set()).add(basename(file)));
    }
    const interests = new Map<string, Interest>();
    for (const [directory, wanted] of names) interests.set(directory, (name) => wanted.has(name));
    for (const directory of this.#directories)
      interests.set(directory, (name) => name.endsWith('.cjs') || names.get(directory)?.has(name) === true);
    this.#files.cover(interests);
  }

  #tell(level: 'info' | 'warn' | 'error', text: string): void {
    if (!this.#closed) this.#runtime.log(level, `watch: ${text}`);
  }
}

function watched(source: BundleSource, path?: string): Watched {
  const files = path === undefined ? [] : withTarget(path);
  return { source, path, files, tried: '', waits: false, offered: undefined };
}

function bundlesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.cjs'))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return []; // It is waited for.
  }
}

/** One of each module: where several files are versions of one, the file that was written last. */
function newestOfEach(drafts: ReadonlyMap<Watched, VersionView>): VersionView[] {
  const newest = new Map<string, { draft: VersionView; written: number }>();
  for (const [{ files }, draft] of drafts) {
    const written = Math.max(0, ...files.map(writtenAt));
    const other = newest.get(draft.module);
    if (other === undefined || written >= other.written) newest.set(draft.module, { draft, written });
  }
  return [...newest.values()].map(({ draft }) => draft);
}

function labels(list: readonly Watched[]): string {
  return list.map(({ source }) => source.label).join(', ');
}

function writtenAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Changes whenever a file is written or replaced. */
function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { mtimeNs, size, ino } = statSync(file, { bigint: true });
        return `${mtimeNs} ${size} ${ino}`;
      } catch (thrown) {
        return (thrown as NodeJS.ErrnoException).code ?? 'unreadable';
      }
    })
    .join('\n');
}
