/** Contents that arrive in pieces. Each is kept under its SHA-256 until it is whole, across cuts and restarts. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../runtime/sync-directory.ts';
import { FirmwareError, systemCode } from '../errors.ts';

/** Read at once: hashed in well below a millisecond, so that nothing else in the program waits. */
export const CHUNK = 64 * 1024;

export interface IncomingOptions {
  /**
   * Written to the medium whenever so many bytes more are there. What is behind the last multiple may be anything
   * after a power cut, so it is sent again to a program that did not write it itself. Never, when absent.
   */
  sync?: number;
}

export class Incoming {
  readonly directory: string;
  readonly #sync: number | undefined;
  /** Bytes that this program wrote itself, or has cut to what was surely written. */
  readonly #sure = new Set<string>();

  /** @param directory need not be there yet */
  constructor(directory: string, { sync }: IncomingOptions = {}) {
    this.directory = directory;
    this.#sync = sync;
  }

  async prepare(): Promise<void> {
    await makeDirectory(this.directory);
  }

  pathOf(sha256: string): string {
    return join(this.directory, sha256);
  }

  /** Bytes that are there. More than were offered are none of these. */
  async have(sha256: string, bytes: number): Promise<number> {
    const size = await this.size(sha256);
    if (size > bytes) {
      await this.remove(sha256);
      return 0;
    }
    if (this.#sync === undefined || this.#sure.has(sha256)) return size;
    this.#sure.add(sha256);
    const sure = size - (size % this.#sync);
    if (size > sure) await this.#truncate(sha256, sure);
    return sure;
  }

  /**
   * Takes a piece that begins where the last one ended; any other changes nothing.
   * @returns bytes that are there now
   * @throws FirmwareError `PUSH_DAMAGED` for one that goes beyond the end; system errors
   */
  async append(sha256: string, bytes: number, offset: number, data: Uint8Array): Promise<number> {
    const have = await this.have(sha256, bytes);
    // Sent twice, or ahead of what is missing: the host goes on from what is there.
    if (offset !== have) return have;
    if (have + data.length > bytes) {
      throw new FirmwareError('PUSH_DAMAGED', `the part at ${offset} goes beyond the ${bytes} bytes offered`);
    }
    const file = await open(this.pathOf(sha256), 'a', 0o600);
    const now = have + data.length;
    try {
      await writeAll(file, data, have);
      const sync = this.#sync;
      if (sync !== undefined && Math.floor(now / sync) > Math.floor(have / sync)) await file.sync();
    } catch (thrown) {
      // Half a part would be taken for the beginning of the next, and a full disk has no room for half of it.
      await file.truncate(isFull(thrown) ? 0 : have).catch(() => {});
      if (isFull(thrown)) await this.remove(sha256);
      throw thrown;
    } finally {
      await file.close();
    }
    return now;
  }

  /** For contents without a single byte. */
  async create(sha256: string): Promise<void> {
    await (await open(this.pathOf(sha256), 'a', 0o600)).close();
  }

  /** Bytes that are there, whatever they are worth. */
  async size(sha256: string): Promise<number> {
    return (await stat(this.pathOf(sha256)).catch(() => ({ size: 0 }))).size;
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.pathOf(sha256), { force: true });
  }

  /** The hashes of what is there, the newest first. */
  async kept(): Promise<string[]> {
    const names = await readdir(this.directory).catch(() => []);
    const dated = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(this.directory, name))).mtimeMs })),
    );
    return dated.sort((a, b) => b.at - a.at).map(({ name }) => name);
  }

  async #truncate(sha256: string, size: number): Promise<void> {
    const file = await open(this.pathOf(sha256), 'r+');
    try {
      await file.truncate(size);
    } finally {
      await file.close();
    }
  }
}

export function isFull(thrown: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(thrown));
}

export async function writeAll(file: FileHandle, data: Uint8Array, at: number): Promise<void> {
  let done = 0;
  while (done < data.length) {
    const { bytesWritten } = await file.write(data, done, data.length - done, at + done);
    done += bytesWritten;
  }
}

/** @param read told of each piece that was read, in bytes */
export async function hashOf(file: string, read: (bytes: number) => void = () => {}): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
    hash.update(chunk as Uint8Array);
    read((chunk as Uint8Array).length);
  }
  return hash.digest('hex');
}

/** On the disk, and not only on its way: a file, or what names a directory has. */
export async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
