/**
 * Tells when files have changed and are quiet again. Directories are watched and not files: an editor that writes a
 * new file and renames it leaves a watch on the old one behind. Nothing here keeps the process alive.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, resolve } from 'node:path';
import { now } from '../clock.ts';
import { HitlessError, reasonOf } from '../errors.ts';

/** A directory that is gone is looked for this often, in ms. */
const AGAIN_MS = 250;

/** Whether a change of this name in a directory matters. */
export type Interest = (name: string) => boolean;

interface Armed {
  readonly watcher: FSWatcher;
  readonly inode: bigint;
}

export class FileWatch {
  readonly #settle: number;
  readonly #quiet: () => unknown;
  readonly #lost: (problem: string) => void;
  readonly #interests = new Map<string, Interest>();
  readonly #armed = new Map<string, Armed>();
  #timer: NodeJS.Timeout | undefined;
  #missing: NodeJS.Timeout | undefined;
  #last = 0;
  #closed = false;

  /**
   * @param settle ms without a change that are taken for the end of one
   * @param quiet called after changes have settled
   * @param lost called when a directory can no longer be watched; it is tried again
   */
  constructor(settle: number, quiet: () => unknown, lost: (problem: string) => void) {
    this.#settle = settle;
    this.#quiet = quiet;
    this.#lost = lost;
  }

  /**
   * Watches these directories, and no others.
   * @throws HitlessError `WATCH_FAILED`
   */
  cover(directories: ReadonlyMap<string, Interest>): void {
    if (this.#closed) return;
    for (const directory of this.#interests.keys()) if (!directories.has(directory)) this.#disarm(directory);
    this.#interests.clear();
    for (const [directory, interest] of directories) {
      this.#interests.set(directory, interest);
      if (!this.#armed.has(directory)) this.#arm(directory);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#missing);
    for (const directory of [...this.#armed.keys()]) this.#disarm(directory);
  }

  /** @throws HitlessError `WATCH_FAILED`, unless the directory is not there: then it is waited for. */
  #arm(directory: string): void {
    try {
      const { ino: inode } = statSync(directory, { bigint: true });
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        // Its own name: it was moved or removed.
        if (name === null || name === basename(resolve(directory)) || this.#interests.get(directory)?.(name))
          this.#changed();
      });
      watcher.on('error', (error) => {
        this.#disarm(directory);
        this.#lost(`${directory}: ${reasonOf(error)}`);
        this.#waitFor();
      });
      this.#armed.set(directory, { watcher, inode });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') {
        this.#waitFor();
        return;
      }
      const text = `${directory} cannot be watched: ${adviceOn(thrown)}`;
      throw new HitlessError('WATCH_FAILED', text, { cause: thrown });
    }
  }

  #disarm(directory: string): void {
    this.#armed.get(directory)?.watcher.close();
    this.#armed.delete(directory);
  }

  /** Looks for directories that are gone until they are back; what is in them then is a change. */
  #waitFor(): void {
    this.#missing ??= setTimeout(() => {
      this.#missing = undefined;
      for (const directory of this.#interests.keys()) {
        if (this.#armed.has(directory)) continue;
        try {
          this.#arm(directory);
          if (this.#armed.has(directory)) this.#changed();
        } catch (thrown) {
          this.#lost(reasonOf(thrown));
          this.#waitFor();
        }
      }
    }, AGAIN_MS).unref();
  }

  #changed(): void {
    this.#last = now();
    this.#timer ??= setTimeout(() => this.#look(), this.#settle).unref();
  }

  #look(): void {
    const left = this.#last + this.#settle - now();
    if (left > 0) {
      this.#timer = setTimeout(() => this.#look(), Math.ceil(left)).unref();
      return;
    }
    this.#timer = undefined;
    for (const [directory, { inode }] of this.#armed) {
      if (inodeOf(directory) === inode) continue;
      this.#disarm(directory);
      this.#waitFor();
    }
    this.#quiet();
  }
}

function inodeOf(directory: string): bigint | undefined {
  try {
    return statSync(directory, { bigint: true }).ino;
  } catch {
    return undefined;
  }
}

function adviceOn(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException;
  const limited = code === 'ENOSPC' || code === 'EMFILE';
  return `${reasonOf(thrown)}${limited ? '; raise fs.inotify.max_user_watches or max_user_instances' : ''}`;
}
