/**
 * What an image is written to: a disk, or a plain file. A disk is opened exclusively: the kernel refuses one of which
 * anything is mounted or in use, whatever lsblk saw. It is read back with O_DIRECT, which goes past the page cache:
 * from there would come what was written, and not what the medium kept.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BoardError } from './errors.ts';

export interface Medium {
  readonly path: string;
  /** From here on it gives zeros, and need not be told to. */
  readonly blankFrom: number;
  write(bytes: Buffer, at: number): Promise<void>;
  /** What was written is on the medium when this resolves. */
  flush(): Promise<void>;
  /** From the medium itself; the bytes are good until the next call. */
  read(at: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** O_DIRECT takes only whole blocks; no medium has larger ones. */
const BLOCK = 4096;

/** A page of WebAssembly's memory, in bytes. */
const WASM_PAGE = 65_536;

/** The types of Node leave it out. */
type MemoryConstructor = new (limits: { initial: number }) => { buffer: ArrayBuffer };

/** Where the kernel reads to without a copy must begin with a page: such memory Node gives only in this way. */
function alignedBuffer(length: number): Buffer<ArrayBuffer> {
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } }).WebAssembly;
  return Buffer.from(new Memory({ initial: Math.ceil(length / WASM_PAGE) }).buffer);
}

export class OpenMedium implements Medium {
  readonly path: string;
  readonly blankFrom: number;
  readonly #file: FileHandle;
  readonly #isDisk: boolean;
  #reader: FileHandle | undefined;
  #buffer = Buffer.alloc(0);

  private constructor(path: string, file: FileHandle, blankFrom: number, isDisk: boolean) {
    this.path = path;
    this.#file = file;
    this.blankFrom = blankFrom;
    this.#isDisk = isDisk;
  }

  /** @throws BoardError `TARGET_BUSY`, `TARGET_READ_ONLY`, `TARGET_UNSUITABLE` */
  static async disk(path: string): Promise<OpenMedium> {
    const file = await opened(path, constants.O_RDWR | constants.O_EXCL);
    if ((await file.stat()).isBlockDevice())
      return new OpenMedium(path, file, Number.POSITIVE_INFINITY, true);
    await file.close();
    throw new BoardError('TARGET_UNSUITABLE', `${path} is no block device any more; look with lsblk`);
  }

  /**
   * A plain file, made where it is not there, grown where it is smaller.
   * @param size of what will be written, in bytes
   * @throws BoardError `TARGET_READ_ONLY`, `TARGET_TOO_SMALL`, `TARGET_UNSUITABLE`
   */
  static async file(path: string, size: number): Promise<OpenMedium> {
    const file = await opened(path, constants.O_RDWR | constants.O_CREAT);
    const status = await file.stat();
    if (!status.isFile()) {
      await file.close();
      throw new BoardError(
        'TARGET_UNSUITABLE',
        `${path} is no plain file any more; give a disk or a plain file`,
      );
    }
    const had = status.size;
    try {
      if (had < size) await file.truncate(size);
    } catch (thrown) {
      await file.close();
      throw new BoardError('TARGET_TOO_SMALL', `${path} cannot have ${size} bytes: ${said(thrown)}`);
    }
    return new OpenMedium(path, file, had, false);
  }

  async write(bytes: Buffer, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
    }
    // Otherwise memory takes a whole image in a second, and the progress that is shown is not the medium's.
    if (this.#isDisk) await this.#file.datasync();
  }

  async flush(): Promise<void> {
    await this.#file.sync();
  }

  async read(at: number, length: number): Promise<Buffer> {
    const whole = Math.ceil(length / BLOCK) * BLOCK;
    if (this.#buffer.length < whole) this.#buffer = alignedBuffer(whole);
    this.#reader ??= await this.#openReader();
    let have = 0;
    while (have < length) {
      const { bytesRead } = await this.#reader.read(this.#buffer, have, whole - have, at + have);
      if (bytesRead === 0) break;
      have += bytesRead;
    }
    return this.#buffer.subarray(0, Math.min(have, length));
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    await this.#file.close();
  }

  async #openReader(): Promise<FileHandle> {
    try {
      return await open(this.path, constants.O_RDONLY | constants.O_DIRECT);
    } catch (thrown) {
      // File systems that live in memory have no medium to read from.
      if (this.#isDisk || (thrown as NodeJS.ErrnoException).code !== 'EINVAL') throw thrown;
      return open(this.path, constants.O_RDONLY);
    }
  }
}

async function opened(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o644);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EBUSY')
      throw new BoardError(
        'TARGET_BUSY',
        `${path} is in use: something on it is mounted, perhaps in another namespace, or a program holds it`,
      );
    const hint = code === 'EACCES' || code === 'EPERM' ? '; disks need root: sudo' : '';
    throw new BoardError(
      'TARGET_READ_ONLY',
      `${path} cannot be opened to be written: ${said(thrown)}${hint}`,
    );
  }
}

function said(thrown: unknown): string {
  return (thrown as Error).message;
}
