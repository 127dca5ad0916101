/** Bytes that are read at any place: those of a file, or a stretch of others. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { BoardError } from './errors.ts';
import { openPlainFile } from './plain-file.ts';

export interface Bytes {
  readonly size: number;
  /**
   * As many as were asked for.
   * @throws BoardError `IMAGE_DAMAGED` where there are not so many
   */
  read(at: number, length: number): Buffer;
}

export class FileBytes implements Bytes {
  readonly path: string;
  readonly size: number;
  readonly #file: number;

  /** @throws BoardError `IMAGE_MISSING` */
  constructor(path: string) {
    this.path = path;
    this.#file = openPlainFile(path, 'IMAGE_MISSING');
    const status = fstatSync(this.#file);
    this.size = status.size;
    if (status.isFile()) return;
    this.close();
    throw new BoardError('IMAGE_MISSING', `${path} is no plain file; give the path of an image`);
  }

  read(at: number, length: number): Buffer {
    if (at < 0 || at + length > this.size) throw endsEarly(this.path, at + length, this.size);
    const bytes = Buffer.allocUnsafe(length);
    for (let have = 0; have < length; ) {
      const got = readSync(this.#file, bytes, have, length - have, at + have);
      if (got === 0) throw endsEarly(this.path, at + length, at + have);
      have += got;
    }
    return bytes;
  }

  /** Whether both are one file, under whatever names. */
  isSame({ dev, ino }: { dev: number; ino: number }): boolean {
    const own = fstatSync(this.#file);
    return own.dev === dev && own.ino === ino;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A part of other bytes, which nothing that is read through it can leave. */
export class Stretch implements Bytes {
  readonly size: number;
  readonly #whole: Bytes;
  readonly #start: number;

  constructor(whole: Bytes, start: number, size: number) {
    this.#whole = whole;
    this.#start = start;
    this.size = size;
  }

  read(at: number, length: number): Buffer {
    if (at < 0 || at + length > this.size) throw endsEarly('a partition', at + length, this.size);
    return this.#whole.read(this.#start + at, length);
  }
}

function endsEarly(what: string, wanted: number, end: number): BoardError {
  return new BoardError('IMAGE_DAMAGED', `${what} ends after ${end} bytes, and ${wanted} were expected`);
}
