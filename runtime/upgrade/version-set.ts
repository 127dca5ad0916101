/**
 * Which version of each module is current, kept across restarts (design rule 10). One file in a directory of its
 * own holds two sets: `boot`, what to start, and `trial`, what was committed and is still on probation. A trial
 * becomes `boot` only by `promote`. Whatever is written is written whole beside the file, synced, and renamed in
 * its place. A kill or a power cut leaves all of it or nothing.
 *
 * A transaction uses it in this order, and never inside its blackout:
 *
 *     prepare    writes and syncs `versions.json.prepared`; may fail, and then nothing was disabled yet
 *     (the decision: all members vote YES, references are switched)
 *     commit     renames it to `versions.json`, syncs the directory; may be tried again until it succeeds
 *     abandon    when it was decided against
 */
import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkOptions, checkString, checkType } from '../argument.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import { readPlainFile } from '../plain-file.ts';
import { makeDirectory, syncDirectory } from '../sync-directory.ts';
import { DirectoryLock } from './directory-lock.ts';

/** One module's version: as commands name it, the SHA-256 of its file in hexadecimal, and where it was read. */
export interface VersionEntry {
  /** Its name for commands, such as `ip@2.0.0`. */
  readonly bundle: string;
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
  /** Absolute path of the file that it was loaded from. */
  readonly file: string;
}

/** By module; null for one that was removed by command. */
export type Versions = ReadonlyMap<string, VersionEntry | null>;

/** How `VersionSet.open` goes about it. */
export interface VersionSetOptions {
  /** The treatment of a file that cannot be understood: refuse to open, or keep it aside and begin empty. */
  corrupt?: 'refuse' | 'set aside';
  /** Called before each step on the disk; what it throws is the step's failure. For tests. */
  onStep?: (step: string) => void;
}

/** The versions that a transaction is about to make current. */
export interface PreparedSet {
  /**
   * The transaction is decided: makes the set current at once in memory, and durable on the disk. After an error
   * it can be called again; any later write of the set makes this one durable too.
   * @throws HitlessError `VERSIONS_NOT_DURABLE`
   */
  commit(): Promise<void>;
  /** The transaction was given up: nothing of it stays. Never throws; does nothing after `commit`. */
  abandon(): Promise<void>;
}

interface Content {
  readonly boot: Versions;
  readonly trial: Versions | undefined;
}

const FORMAT = 1;
const FILE = 'versions.json';
/** A set is some lines a module; what is longer than this, in bytes, is another file. */
const MOST_BYTES = 4 << 20;

/** Which version of each module is current, kept in a directory across restarts, kills and power cuts (design rule 10). */
export class VersionSet {
  /** Where it is kept. */
  readonly directory: string;
  /** The versions still on probation when the program ended: they are not started, and no longer on trial. */
  readonly interrupted: Versions | undefined;
  /** Where a file is that could not be understood, and why. */
  readonly setAside: { file: string; problem: HitlessError } | undefined;
  readonly #lock: DirectoryLock;
  readonly #step: (step: string) => void;
  #content: Content;
  /** The file holds `#content`. */
  #durable: boolean;
  /** The content of `versions.json.prepared`. */
  #prepared: Content | undefined;
  /** A prepared set that is neither committed nor abandoned. */
  #open: PreparedSet | undefined;
  /** Operations on the disk, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(lock: DirectoryLock, read: Content | Aside, onStep: (step: string) => void) {
    this.directory = lock.directory;
    this.#lock = lock;
    this.#step = onStep;
    const content = 'boot' in read ? read : { boot: new Map(), trial: undefined };
    this.setAside = 'boot' in read ? undefined : read;
    this.interrupted = content.trial;
    this.#content = { boot: content.boot, trial: undefined };
    this.#durable = content.trial === undefined;
  }

  /**
   * Makes the directory if need be, locks it against other programs, and reads the set; a missing file is an empty
   * set. What a transaction prepared and did not commit is deleted.
   * @throws HitlessError `VERSIONS_LOCKED`, `VERSIONS_CORRUPT`, or `VERSIONS_UNUSABLE` when the directory cannot
   *   be made, read or written
   */
  static async open(directory: string, options: VersionSetOptions = {}): Promise<VersionSet> {
    checkString('VersionSet.open', 'the directory', directory);
    checkOptions('VersionSet.open', options, ['corrupt', 'onStep']);
    const { corrupt = 'refuse', onStep = () => {} } = options;
    if (corrupt !== 'refuse' && corrupt !== 'set aside') {
      throw new HitlessError(
        'ARGUMENT_INVALID',
        `VersionSet.open: corrupt must be "refuse" or "set aside", not ${JSON.stringify(corrupt) ?? typeof corrupt}`,
      );
    }
    checkType('VersionSet.open', 'onStep', onStep, 'function');
    const path = resolve(directory);
    try {
      await makeDirectory(path);
      const lock = await DirectoryLock.take(path);
      try {
        for (const left of ['prepared', 'new']) await rm(join(path, `${FILE}.${left}`), { force: true });
        return new VersionSet(lock, await read(join(path, FILE), corrupt), onStep);
      } catch (thrown) {
        await lock.free();
        throw thrown;
      }
    } catch (thrown) {
      throw thrown instanceof HitlessError ? thrown : unusable(path, thrown);
    }
  }

  /**
   * Reads a set that another, or nobody, keeps: for a directory that cannot be written. Nothing is locked or changed.
   * @throws HitlessError `VERSIONS_CORRUPT`, `VERSIONS_UNUSABLE`
   */
  static async peek(directory: string): Promise<{ boot: Versions; interrupted: Versions | undefined }> {
    checkString('VersionSet.peek', 'the directory', directory);
    const path = resolve(directory);
    try {
      const found = await read(join(path, FILE), 'refuse');
      return 'boot' in found
        ? { boot: found.boot, interrupted: found.trial }
        : { boot: new Map(), interrupted: undefined };
    } catch (thrown) {
      throw thrown instanceof HitlessError ? thrown : unusable(path, thrown);
    }
  }

  /** The versions to start. */
  get boot(): Versions {
    return this.#content.boot;
  }

  /** All that is current while something of it is on probation. */
  get trial(): Versions | undefined {
    return this.#content.trial;
  }

  /** False while something decided could not be written. */
  get durable(): boolean {
    return this.#durable;
  }

  /** Absolute path of the file that holds it. */
  get file(): string {
    return join(this.directory, FILE);
  }

  /**
   * Writes what will be current after these changes. On trial, `boot` stays as it is. Otherwise all that is
   * current becomes `boot`, also what was on trial before: only this combination is known to work.
   * @throws HitlessError `VERSIONS_UNUSABLE` when it cannot be written; `VERSIONS_BUSY` while another is prepared
   */
  async prepare(changes: Versions, { trial }: { trial: boolean }): Promise<PreparedSet> {
    this.#mustBeOpen();
    if (this.#open !== undefined) {
      throw new HitlessError(
        'VERSIONS_BUSY',
        `${this.file}: another set is prepared; commit or abandon that one first`,
      );
    }
    let base: Content | undefined;
    let next: Content | undefined;
    let state: 'open' | 'committed' | 'abandoned' = 'open';
    const prepared: PreparedSet = {
      commit: async () => {
        this.#mustBeOpen();
        if (state === 'abandoned')
          throw new HitlessError('ARGUMENT_INVALID', `${this.file}: this set was abandoned; prepare another`);
        if (state === 'open') {
          state = 'committed';
          this.#open = undefined;
          // A promotion or a reversal came between: the changes hold, what they are made to is another set.
          this.#become(base === this.#content ? next! : changed(this.#content, changes, trial));
        }
        await this.#flush();
      },
      abandon: async () => {
        if (state !== 'open') return;
        state = 'abandoned';
        this.#open = undefined;
        await this.#serially(() => this.#discard());
      },
    };
    this.#open = prepared;
    return this.#serially(async () => {
      base = this.#content;
      next = changed(base, changes, trial);
      this.#prepared = undefined;
      try {
        await this.#write(`${this.file}.prepared`, next, 'prepare');
      } catch (thrown) {
        state = 'abandoned';
        this.#open = undefined;
        await this.#discard();
        throw unusable(this.directory, thrown);
      }
      this.#prepared = next;
      return prepared;
    });
  }

  /**
   * The set on trial has proved itself and becomes `boot`; does nothing when there is no trial. After an error it
   * can be called again.
   * @throws HitlessError `VERSIONS_NOT_DURABLE`
   */
  async promote(): Promise<void> {
    this.#mustBeOpen();
    const { trial } = this.#content;
    if (trial !== undefined) this.#become({ boot: trial, trial: undefined });
    await this.#flush();
  }

  /**
   * The set on trial is current no more, `boot` is. Also forgets what was interrupted. After an error it can be
   * called again.
   * @throws HitlessError `VERSIONS_NOT_DURABLE`
   */
  async revert(): Promise<void> {
    this.#mustBeOpen();
    const { boot, trial } = this.#content;
    if (trial !== undefined) this.#become({ boot, trial: undefined });
    await this.#flush();
  }

  /**
   * Frees the directory for others, after a last attempt at what could not be written; what is prepared and not
   * decided is abandoned. A second call does nothing.
   * @throws HitlessError `VERSIONS_NOT_DURABLE`
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#open?.abandon();
    try {
      await this.#flush();
    } finally {
      await this.#lock.free();
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new HitlessError('STOPPED', `${this.file}: the set of versions was closed`);
  }

  #become(content: Content): void {
    this.#content = content;
    this.#durable = false;
  }

  /** Makes what is in memory durable. */
  #flush(): Promise<void> {
    return this.#serially(async () => {
      if (this.#durable) return;
      const content = this.#content;
      const ready = this.#prepared === content;
      if (ready) this.#prepared = undefined;
      const source = `${this.file}.${ready ? 'prepared' : 'new'}`;
      const what = ready ? 'commit' : 'replace';
      try {
        if (!ready) await this.#write(source, content, what);
        this.#step(`${what}: rename`);
        await rename(source, this.file);
        this.#step(`${what}: sync the directory`);
        await syncDirectory(this.directory);
      } catch (thrown) {
        throw new HitlessError(
          'VERSIONS_NOT_DURABLE',
          `${this.file}: what is current could not be written: ${reasonOf(thrown)}. It holds until the program ends; free space or make ${this.directory} writable, and try again`,
          { cause: thrown },
        );
      }
      if (this.#content === content) this.#durable = true;
      this.#step(`${what}: done`);
    });
  }

  async #write(file: string, content: Content, what: string): Promise<void> {
    this.#step(`${what}: create`);
    // Made anew, so that a directory in which nothing can be renamed is found out before the decision.
    await rm(file, { force: true });
    const handle = await open(file, 'wx', 0o644);
    try {
      const text = textOf(content);
      const half = text.length >> 1;
      this.#step(`${what}: write`);
      await handle.writeFile(text.slice(0, half));
      this.#step(`${what}: write the rest`);
      await handle.writeFile(text.slice(half));
      this.#step(`${what}: sync`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** A file that cannot be deleted now does no harm: nothing reads it, and the next `open` deletes it. */
  async #discard(): Promise<void> {
    this.#prepared = undefined;
    try {
      this.#step('abandon: delete');
      await rm(`${this.file}.prepared`, { force: true });
    } catch {}
  }

  #serially<T>(operation: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(operation);
    this.#queue = done.catch(() => {});
    return done;
  }
}

function changed({ boot, trial }: Content, changes: Versions, onTrial: boolean): Content {
  const current = new Map([...(trial ?? boot), ...changes]);
  return onTrial ? { boot, trial: current } : { boot: current, trial: undefined };
}

// --- the file

/** No set has so many modules. */
class TooLong extends Error {}

interface Aside {
  file: string;
  problem: HitlessError;
}

function textOf({ boot, trial }: Content): string {
  const content = {
    format: FORMAT,
    boot: Object.fromEntries(boot),
    ...(trial !== undefined && { trial: Object.fromEntries(trial) }),
  };
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) }, null, 2)}\n`;
}

/** Over the text without spaces, so that the file may be laid out for a reader. */
function checksumOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

async function read(file: string, corrupt: 'refuse' | 'set aside'): Promise<Content | Aside> {
  let content: Content | string;
  try {
    const bytes = await readPlainFile(file, MOST_BYTES, (what, cause) => {
      if (cause !== undefined) return cause as Error;
      return what.startsWith('has ') ? new TooLong(what) : new Error(`${file} ${what}`);
    });
    content = parse(bytes.toString('utf8'));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { boot: new Map(), trial: undefined };
    if (!(thrown instanceof TooLong)) throw thrown;
    content = `is not whole: it ${thrown.message}`;
  }
  if (typeof content !== 'string') return content;
  const problem = new HitlessError(
    'VERSIONS_CORRUPT',
    `${file}: ${content}; put back a copy of it, or move it away to begin with an empty set`,
  );
  if (corrupt === 'refuse') throw problem;
  const aside = `${file}.corrupt`;
  await rename(file, aside);
  await syncDirectory(dirname(file));
  return { file: aside, problem };
}

/** The sets, or what is wrong with the text. */
function parse(text: string): Content | string {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return 'is not whole (no JSON)';
  }
  if (typeof data !== 'object' || data === null) return 'is not a set of versions';
  const { checksum, ...content } = data as Record<string, unknown>;
  if (typeof content.format === 'number' && content.format > FORMAT) {
    return `has format ${content.format}, and this program knows up to ${FORMAT}: a newer one wrote it`;
  }
  if (checksum !== checksumOf(content)) return 'does not match its checksum: it was torn or edited';
  const boot = versionsOf(content.boot);
  const trial = content.trial === undefined ? undefined : versionsOf(content.trial);
  if (content.format !== FORMAT || boot === null || trial === null) return 'is not a set of versions';
  return { boot, trial };
}

/** Null where it is none. */
function versionsOf(data: unknown): Versions | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const entries = Object.entries(data as Record<string, unknown>);
  return entries.every(([, entry]) => entry === null || isEntry(entry))
    ? new Map(entries as [string, VersionEntry | null][])
    : null;
}

function isEntry(data: unknown): data is VersionEntry {
  if (typeof data !== 'object' || data === null) return false;
  const { bundle, sha256, file } = data as Record<string, unknown>;
  return (
    typeof bundle === 'string' &&
    typeof file === 'string' &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}

// --- the directory

function unusable(directory: string, thrown: unknown): HitlessError {
  return new HitlessError(
    'VERSIONS_UNUSABLE',
    `${directory}: the set of versions cannot be kept there: ${reasonOf(thrown)}; make the directory writable, free space in it, or name another`,
    { cause: thrown },
  );
}
