/**
 * The one way to read a file that somebody named, and to put one in its place. A path may lead to a pipe, which
 * keeps a thread waiting for ever, to a device, or to more bytes than memory. So type and size come first.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './sync-directory.ts';
import { UNWATCHED } from './turn.ts';

/** Makes the caller's error: what is wrong with the file, as the rest of a sentence that begins with its name. */
export type WrongFile = (what: string, cause?: unknown) => Error;

/** Not blocking: what was a file a moment ago may be a pipe now. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const CHUNK = 1 << 20;

/** A bundle is a program: more is a mistake. */
export const MOST_BUNDLE_BYTES = 32 << 20;

/**
 * Reads a plain file, also by way of links.
 * @param most bytes that it may have
 * @param stall told of what is waited for
 * @throws what `wrong` makes: when it cannot be read, is no plain file, or has more bytes
 */
export async function readPlainFile(
  file: string,
  most: number,
  wrong: WrongFile,
  stall = UNWATCHED,
): Promise<Buffer> {
  let handle: FileHandle | undefined;
  let problem: string | undefined;
  try {
    // Opening alone would set off a watchdog or a tape.
    problem = unfit(await stall.wait(stat(file)), most);
    if (problem === undefined) {
      handle = await stall.wait(open(file, FLAGS));
      const status = await stall.wait(handle.stat());
      problem = unfit(status, most);
      const parts = new Parts(status.size, most);
      while (problem === undefined) {
        const { bytesRead } = await stall.wait(handle.read(parts.room, 0, parts.room.length, null));
        if (bytesRead === 0) return parts.whole();
        problem = parts.take(bytesRead);
      }
    }
  } catch (cause) {
    throw wrong(`cannot be read: ${textOf(cause)}`, cause);
  } finally {
    if (handle !== undefined) await stall.wait(handle.close());
  }
  throw wrong(problem!);
}

/** As `readPlainFile`, at once. */
export function readPlainFileSync(file: string, most: number, wrong: WrongFile): Buffer {
  let descriptor: number | undefined;
  let problem: string | undefined;
  try {
    problem = unfit(statSync(file), most);
    if (problem === undefined) {
      descriptor = openSync(file, FLAGS);
      const status = fstatSync(descriptor);
      problem = unfit(status, most);
      const parts = new Parts(status.size, most);
      while (problem === undefined) {
        const bytesRead = readSync(descriptor, parts.room, 0, parts.room.length, null);
        if (bytesRead === 0) return parts.whole();
        problem = parts.take(bytesRead);
      }
    }
  } catch (cause) {
    throw wrong(`cannot be read: ${textOf(cause)}`, cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  throw wrong(problem!);
}

/**
 * Where a file of this name is to be put by a rename: there, or where a link to a plain file leads.
 * @throws what `wrong` makes: when something is there that is no plain file, such as a device, or a link that leads nowhere
 */
export function placeOf(file: string, wrong: WrongFile): string {
  let place = file;
  let status: Stats | undefined;
  try {
    status = lstatSync(file, { throwIfNoEntry: false });
    if (status?.isSymbolicLink() === true) {
      place = realpathSync(file);
      status = statSync(place);
    }
  } catch (cause) {
    throw wrong(`cannot be written: ${textOf(cause)}`, cause);
  }
  if (status === undefined || status.isFile()) return place;
  throw wrong(`is ${kindOf(status)}, which is not written over; name a plain file`);
}

/**
 * Writes a file beside its place, and then puts it there: a reader, or a power cut, finds the old one or the new one.
 * @param file where `placeOf` says
 * @param mode of the file, whatever the process's mask is
 * @throws what the file system says; nothing is left beside then
 */
export async function replaceFile(
  file: string,
  parts: readonly (Buffer | string)[],
  mode = 0o600,
): Promise<void> {
  const beside = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.chmod(mode);
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncDirectory(dirname(file));
}

function unfit(status: Stats, most: number): string | undefined {
  if (!status.isFile()) return `is ${kindOf(status)}; name a plain file`;
  return status.size > most ? tooMany(String(status.size), most) : undefined;
}

function tooMany(size: string, most: number): string {
  return `has ${size} bytes; it may have at most ${most}`;
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a directory';
  if (status.isFIFO()) return 'a pipe';
  if (status.isSocket()) return 'a socket';
  if (status.isCharacterDevice()) return 'a character device';
  return status.isBlockDevice() ? 'a block device' : 'no plain file';
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The bytes read so far. A file may grow while it is read, and some say that they are empty and are not. */
class Parts {
  readonly #most: number;
  readonly #done: Buffer[] = [];
  #bytes = 0;
  /** Where the next bytes go. */
  room: Buffer;

  constructor(size: number, most: number) {
    this.#most = most;
    this.room = Buffer.allocUnsafeSlow(size + 1);
  }

  /** Takes what came into `room`; returns what is wrong. */
  take(length: number): string | undefined {
    this.#bytes += length;
    if (this.#bytes > this.#most) return tooMany(`more than ${this.#most}`, this.#most);
    this.#done.push(this.room.subarray(0, length));
    this.room = length < this.room.length ? this.room.subarray(length) : Buffer.allocUnsafeSlow(CHUNK);
    return undefined;
  }

  whole(): Buffer {
    return this.#done.length === 1 ? this.#done[0]! : Buffer.concat(this.#done);
  }
}
