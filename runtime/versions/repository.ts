/**
 * The version-control repository (paper 3.2.5): which bundles there are, which are loaded, and which a module
 * runs now and ran before. A bundle is found by `name@version` in the directories, or by its path.
 */
import { existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checkString } from '../argument.ts';
import { HitlessError } from '../errors.ts';
import type { BundleStatus, VersionView } from '../inspection.ts';
import { MOST_BUNDLE_BYTES, readPlainFile, readPlainFileSync } from '../plain-file.ts';
import type { Guard } from '../services/guard.ts';
import { turn, UNWATCHED, type Waits } from '../turn.ts';
import {
  type Bundle,
  bundleOf,
  classOf,
  draftOf,
  type ModuleClass,
  type ModuleSource,
  type ModuleVersion,
  makeBundle,
  sha256Of,
} from './bundle.ts';
import { Compiler } from './compiler.ts';
import { Section } from './section.ts';

const FILE = /^([a-z][a-z0-9_-]*)-(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)\.cjs$/;
const REF = /^([a-z][a-z0-9_-]*)@(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/i;
/** Hashes of released bundles, in `sha256sum`'s format. */
const SUMS = 'SHA256SUMS';
const MOST_SUMS_BYTES = 1 << 20;

export class VersionRepository {
  readonly directories: readonly string[];
  readonly compiler: Compiler;
  readonly #guard: Guard;
  /** By reference in lower case: commands may be in any. */
  readonly #loaded = new Map<string, Bundle>();
  /** Loaded by command: kept until unloaded by command. */
  readonly #kept = new Set<string>();
  readonly #current = new Map<string, Bundle>();
  readonly #previous = new Map<string, Bundle>();
  readonly #hashes = new Map<string, { stamp: string; sha256: string }>();
  /** By file: who wants the same one meanwhile waits for the same load. */
  readonly #loading = new Map<string, Promise<Bundle>>();

  /** The same class is the same version. */
  readonly #ofProgram = new WeakMap<ModuleClass, Bundle>();
  #drafts = 0;

  constructor(directories: readonly string[], guard: Guard, compiler = new Compiler()) {
    this.directories = directories.map((directory) => resolve(directory));
    this.compiler = compiler;
    this.#guard = guard;
  }

  /**
   * Loads a bundle and keeps it until `unload`.
   * @throws HitlessError `BUNDLE_LOADED` when it is loaded already, and what `acquire` throws.
   */
  async load(name: string): Promise<VersionView> {
    checkString('load', 'the bundle', name);
    const known = this.#loaded.get(name.toLowerCase());
    if (known !== undefined) throw new HitlessError('BUNDLE_LOADED', `${known.ref} is loaded already`);
    return this.#keep(await this.acquire(name));
  }

  /**
   * Makes a bundle of a text in memory, and keeps it until `unload`; it is then found by its name and version.
   * @param label stands for the file in messages
   * @throws HitlessError `BUNDLE_LOADED` when a bundle of that name and version is loaded, and what `acquire` throws
   */
  async provide(label: string, source: string): Promise<VersionView> {
    checkString('provide', 'the label', label);
    checkString('provide', 'the source', source);
    const bytes = Buffer.from(source);
    return this.#keep(this.#unique(await this.#make(label, bytes, sha256Of(bytes))));
  }

  /**
   * Makes a bundle of a text in memory for a try. Its version gets a suffix of its own, such as `2.0.0-watch.3`, so
   * that other contents may say the same version. Contents that are loaded already keep the version they have. It is
   * not kept: it goes when it is no longer the version before, or with `discard`.
   * @param label stands for the file in messages
   * @param suffix put behind the version, with a number
   * @throws HitlessError what `acquire` throws
   */
  async provideDraft(label: string, source: string, suffix: string): Promise<VersionView> {
    const bytes = Buffer.from(source);
    const sha256 = sha256Of(bytes);
    const same = [...this.#loaded.values()].find((bundle) => bundle.sha256 === sha256);
    if (same !== undefined) return this.#view(same);
    const draft = draftOf(await this.#make(label, bytes, sha256), `${suffix}.${++this.#drafts}`);
    this.#loaded.set(draft.ref.toLowerCase(), this.#unique(draft));
    return this.#view(draft);
  }

  /** Drops a bundle that nobody runs, ran before, or has loaded by command. */
  discard(ref: string): void {
    const bundle = this.#loaded.get(ref.toLowerCase());
    if (bundle === undefined || this.#kept.has(bundle.ref)) return;
    if (this.#view(bundle).status === 'loaded') this.#drop(bundle);
  }

  #keep(bundle: Bundle): VersionView {
    if (this.#loaded.has(bundle.ref.toLowerCase()))
      throw new HitlessError('BUNDLE_LOADED', `${bundle.ref} is loaded already`);
    this.#kept.add(bundle.ref);
    this.#loaded.set(bundle.ref.toLowerCase(), bundle);
    return this.#view(bundle);
  }

  /** @throws HitlessError `BUNDLE_NOT_FOUND` or `BUNDLE_IN_USE`. */
  unload(name: string): void {
    checkString('unload', 'the bundle', name);
    const bundle = this.#loaded.get(name.toLowerCase());
    if (bundle === undefined)
      throw new HitlessError('BUNDLE_NOT_FOUND', `${name} is not loaded; "show versions" lists what is`);
    const { name: module } = bundle.manifest;
    if (this.#current.get(module) === bundle)
      throw new HitlessError('BUNDLE_IN_USE', `${bundle.ref} is what ${module} runs; replace it first`, {
        module,
      });
    if (this.#previous.get(module) === bundle) this.#previous.delete(module);
    this.#kept.delete(bundle.ref);
    this.#drop(bundle);
  }

  /** The files in memory, and whose code each is. A class of the program has none of its own. */
  owners(): { file: string; module: string }[] {
    const bundles = [...this.#loaded.values()].filter(({ ofProgram }) => ofProgram !== true);
    return bundles.map(({ file, manifest }) => ({ file, module: manifest.name }));
  }

  #drop(bundle: Bundle): void {
    this.#loaded.delete(bundle.ref.toLowerCase());
    this.compiler.forget(bundle.sha256);
  }

  /**
   * The loaded bundle of that name, the file's, or the program's; not kept unless a transaction commits with it.
   * @param stall told of what is waited for
   */
  async acquire(name: ModuleSource, stall: Waits = UNWATCHED): Promise<Bundle> {
    if (typeof name !== 'string') return this.#unique(this.#bundleOf(name));
    const known = this.#loaded.get(name.toLowerCase());
    if (known !== undefined) return known;
    const file = this.#locate(name);
    let loading = this.#loading.get(file);
    if (loading === undefined) {
      loading = this.#read(file, stall).finally(() => this.#loading.delete(file));
      this.#loading.set(file, loading);
    }
    const bundle = await stall.wait(loading);
    if (REF.test(name) && bundle.ref.toLowerCase() !== name.toLowerCase()) {
      throw new HitlessError('BUNDLE_MISMATCH', `${file}: its manifest says ${bundle.ref}, not ${name}`);
    }
    return this.#unique(bundle);
  }

  /** The section of the configuration that a version takes; undefined where its manifest has none. */
  async sectionOf(name: ModuleSource): Promise<Section | undefined> {
    return this.sectionIn(await this.acquire(name));
  }

  /** The same of a bundle that is there. */
  sectionIn(bundle: Bundle): Section | undefined {
    const { config } = bundle.manifest;
    return config === undefined ? undefined : new Section(bundle, config, this.#guard);
  }

  #bundleOf(version: ModuleVersion): Bundle {
    const known = this.#ofProgram.get(classOf(version)!);
    if (known !== undefined) return known;
    const bundle = bundleOf(version);
    this.#ofProgram.set(bundle.Implementation, bundle);
    return bundle;
  }

  async #read(file: string, stall: Waits): Promise<Bundle> {
    const released = await stall.wait(releasedHash(file, stall));
    const source = await stall.wait(readPlainFile(file, MOST_BUNDLE_BYTES, unreadable(file), stall));
    // Several bundles may have been read in one turn of the event loop, and a long one takes its time to hash.
    await stall.wait(turn());
    const sha256 = sha256Of(source);
    if (released !== undefined && released !== sha256) {
      throw new HitlessError(
        'BUNDLE_CHANGED',
        `${file}: is not what was released (SHA-256 ${sha256}, released with ${released}); restore the file`,
      );
    }
    return this.#make(file, source, sha256, stall);
  }

  #make(file: string, source: Uint8Array, sha256: string, stall = UNWATCHED): Promise<Bundle> {
    return makeBundle(file, source, sha256, this.compiler, this.#guard, stall);
  }

  /** The one that is loaded, where that is the same; a name and version stands for one content only. */
  #unique(bundle: Bundle): Bundle {
    const twin = this.#loaded.get(bundle.ref.toLowerCase());
    const other = bundle.ofProgram === true ? twin !== bundle : twin?.sha256 !== bundle.sha256;
    if (twin !== undefined && other) {
      throw new HitlessError(
        'BUNDLE_LOADED',
        `${bundle.file}: another ${bundle.ref} with other contents is loaded from ${twin.file}; give this one another version`,
      );
    }
    return twin ?? bundle;
  }

  /** A transaction has put these in service: the versions they replaced are `previous` until the next one. */
  committed(members: readonly { module: string; bundle: Bundle | undefined }[]): void {
    const stale = [...this.#previous.values()];
    this.#previous.clear();
    for (const { module, bundle } of members) {
      const old = this.#current.get(module);
      if (old !== undefined) this.#previous.set(module, old);
      if (bundle === undefined) {
        this.#current.delete(module);
      } else {
        this.#current.set(module, bundle);
        this.#loaded.set(bundle.ref.toLowerCase(), bundle);
      }
    }
    const used = new Set([...this.#current.values(), ...this.#previous.values()]);
    for (const bundle of stale) {
      if (!used.has(bundle) && !this.#kept.has(bundle.ref)) this.#drop(bundle);
    }
  }

  /** Ends the compiler's thread; it would also end by itself. */
  stop(): void {
    this.compiler.stop();
  }

  /** Everything in the directories and everything loaded, by name and version. */
  list(): VersionView[] {
    const views = new Map<string, VersionView>();
    for (const directory of this.directories) {
      for (const file of filesOf(directory)) {
        const [, module, version] = FILE.exec(file) ?? [];
        if (module === undefined || version === undefined) continue;
        const ref = `${module}@${version}`;
        if (views.has(ref)) continue;
        const path = join(directory, file);
        const unpacked = this.#unpacked(path);
        if (unpacked !== undefined)
          views.set(ref, {
            bundle: ref,
            module: module.toUpperCase(),
            version,
            status: 'unpacked',
            ...unpacked,
            file: path,
          });
      }
    }
    for (const bundle of this.#loaded.values()) views.set(bundle.ref, this.#view(bundle));
    return [...views.values()].sort((a, b) => compareVersions(a, b));
  }

  #view(bundle: Bundle): VersionView {
    const { name: module, version } = bundle.manifest;
    let status: BundleStatus = 'loaded';
    if (this.#current.get(module) === bundle) status = 'current';
    else if (this.#previous.get(module) === bundle) status = 'previous';
    return {
      bundle: bundle.ref,
      module,
      version,
      status,
      sha256: bundle.sha256,
      bytes: bundle.bytes,
      file: bundle.file,
    };
  }

  #unpacked(path: string): { sha256: string; bytes: number } | undefined {
    try {
      const { size, mtimeMs } = plainStatus(path);
      const stamp = `${size} ${mtimeMs}`;
      let known = this.#hashes.get(path);
      if (known?.stamp !== stamp) {
        known = { stamp, sha256: sha256Of(readPlainFileSync(path, MOST_BUNDLE_BYTES, unreadable(path))) };
        this.#hashes.set(path, known);
      }
      return { sha256: known.sha256, bytes: size };
    } catch {
      return undefined;
    }
  }

  #locate(name: string): string {
    const ref = REF.exec(name);
    if (ref === null) {
      if (name.includes('/') || name.endsWith('.cjs')) return resolve(name);
      throw new HitlessError(
        'BUNDLE_NOT_FOUND',
        `"${name}" is no bundle: give a name and version such as ip@2.0.0, or the path of a .cjs file`,
      );
    }
    const file = `${ref[1]}-${ref[2]}.cjs`.toLowerCase();
    for (const directory of this.directories) {
      const found = filesOf(directory).find((candidate) => candidate.toLowerCase() === file);
      if (found !== undefined) return join(directory, found);
    }
    const versions = this.list().filter((view) => view.bundle.startsWith(`${ref[1]!.toLowerCase()}@`));
    const hint =
      versions.length > 0
        ? `there are ${versions.map((view) => view.bundle).join(', ')}`
        : `no bundle of that name is in ${this.directories.join(', ') || 'any directory'}`;
    throw new HitlessError('BUNDLE_NOT_FOUND', `there is no ${name}: ${hint}`);
  }
}

function filesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

const unreadable = (file: string) => (what: string, cause?: unknown) =>
  new HitlessError('BUNDLE_UNREADABLE', `${file}: ${what}`, { cause });

/** Of what may be a bundle: a pipe of that name is none. */
function plainStatus(path: string): Stats {
  const status = statSync(path);
  if (status.isFile()) return status;
  throw unreadable(path)('is no plain file');
}

async function releasedHash(file: string, stall: Waits): Promise<string | undefined> {
  const sums = join(dirname(file), SUMS);
  // Most directories have none, and an error costs more than a look.
  if (!existsSync(sums)) return undefined;
  try {
    const lines = (await stall.wait(readPlainFile(sums, MOST_SUMS_BYTES, unreadable(sums), stall)))
      .toString('utf8')
      .split('\n');
    return lines.map((line) => line.split(/\s+\*?/)).find(([, name]) => name === basename(file))?.[0];
  } catch {
    return undefined;
  }
}

function compareVersions(a: VersionView, b: VersionView): number {
  if (a.module !== b.module) return a.module < b.module ? -1 : 1;
  return a.version.localeCompare(b.version, 'en', { numeric: true });
}
