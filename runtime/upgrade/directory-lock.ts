/**
 * An advisory lock on a directory: a file that names the process which uses it. The lock of a process that ended,
 * however it did, is taken over. A process is told from a later one with the same number by the machine's boot and
 * its start time, where `/proc` says them. After a power cut, process numbers come again. Processes of different
 * PID namespaces do not see each other, so it does not keep two containers apart.
 *
 * The files are numbered. Who takes a lock over makes the one with the next number, which only one can. The
 * highest number is deleted by nobody. So of several that find the same dead holder, one succeeds.
 */
import { link, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HitlessError } from '../errors.ts';
import { readPlainFile } from '../plain-file.ts';

const NAME = 'versions.lock';
const MOST_LOCK_BYTES = 4096;
const NUMBERED = /^versions\.lock\.(\d{1,15})$/;
/** Made aside, by the process of that number. */
const ASIDE = /^versions\.lock\.by-(\d+)-\d+$/;
/** Others may come between. */
const ATTEMPTS = 10;

export class DirectoryLock {
  readonly directory: string;
  readonly #file: string;
  readonly #owner: string;

  private constructor(directory: string, file: string, owner: string) {
    this.directory = directory;
    this.#file = file;
    this.#owner = owner;
  }

  /** @throws HitlessError `VERSIONS_LOCKED`, naming the process; and what the file system throws */
  static async take(directory: string): Promise<DirectoryLock> {
    const owner = await describe(process.pid);
    // Made aside and linked, so that nobody ever reads half a lock.
    const own = join(directory, `${NAME}.by-${process.pid}-${++takers}`);
    try {
      await writeFile(own, owner, { mode: 0o644 });
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const last = await highest(directory);
        const holder = last === 0 ? '' : await textOf(join(directory, `${NAME}.${last}`));
        if (holder === undefined) continue;
        const pid = await living(holder);
        if (pid !== undefined)
          throw locked(directory, pid === process.pid ? 'this program' : `process ${pid}`);
        const file = join(directory, `${NAME}.${last + 1}`);
        if (!(await linked(own, file))) continue;
        if ((await highest(directory)) === last + 1) {
          await clear(directory, last);
          return new DirectoryLock(directory, file, owner);
        }
        // Another had this number, and its successor has deleted it since.
        await rm(file, { force: true });
      }
      throw locked(directory, 'programs that start and end all the time');
    } finally {
      await rm(own, { force: true });
    }
  }

  /** Leaves the file, empty: its number must not come again. */
  async free(): Promise<void> {
    try {
      if ((await textOf(this.#file)) === this.#owner) await truncate(this.#file);
    } catch {
      // The directory is gone or read-only: the lock ends with the process.
    }
  }
}

/** So that two takers in this process do not use the same file. */
let takers = 0;

async function highest(directory: string): Promise<number> {
  const names = await readdir(directory);
  return Math.max(0, ...names.map((name) => Number(NUMBERED.exec(name)?.[1] ?? 0)));
}

/** Deletes the locks up to this number, and what killed takers left. */
async function clear(directory: string, last: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const number = NUMBERED.exec(name)?.[1];
    const taker = ASIDE.exec(name)?.[1];
    const old = number !== undefined && Number(number) <= last;
    if (old || (taker !== undefined && !exists(Number(taker))))
      await rm(join(directory, name), { force: true });
  }
}

function locked(directory: string, holder: string): HitlessError {
  return new HitlessError(
    'VERSIONS_LOCKED',
    `${directory}: is in use by ${holder}; end that one, or give this one another directory`,
  );
}

async function linked(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return (
      await readPlainFile(
        file,
        MOST_LOCK_BYTES,
        (what, cause) => (cause as Error | undefined) ?? new Error(`${file} ${what}`),
      )
    ).toString('utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** The number of the process that holds this lock, if it still lives. */
async function living(lock: string): Promise<number | undefined> {
  const pid = Number(/^\d{1,10}(?= )/.exec(lock)?.[0]);
  return exists(pid) && (await describe(pid)) === lock ? pid : undefined;
}

function exists(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it is another user's.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process as a lock names it: its number, and what tells it from any other of this number. */
async function describe(pid: number): Promise<string> {
  const boot = await textOf('/proc/sys/kernel/random/boot_id').catch(() => undefined);
  const status = await textOf(`/proc/${pid}/stat`).catch(() => undefined);
  // proc_pid_stat(5): after the name in parentheses, the state is field 3, the start time field 22.
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  const ended = fields !== undefined && ['Z', 'X'].includes(fields[0]!);
  return `${pid} ${ended ? 'ended' : (fields?.[19] ?? '-')} ${boot?.trim() ?? '-'}\n`;
}
