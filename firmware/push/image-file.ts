/** An image's parts on the host, for as long as they are sent: what the board's program unpacks. */
import { mkdtemp, open as openFile, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { CONTENTS, type Contents, parseContents } from './contents.ts';

/** Puts an image's contents.txt and parts into a directory, verified. @throws what is wrong with the image */
export type Unpack = (image: string, directory: string) => Promise<void>;

/** Where a partition table has its mark, and the mark (UEFI 5.2.1). */
const MARK_AT = 510;
const MARK = 0xaa55;

/** Whether a file is an image: by its name, or by the partition table that it begins with. What cannot be read is none. */
export async function isImage(file: string): Promise<boolean> {
  const extension = extname(file).toLowerCase();
  if (extension === '.img' || extension === '.cjs') return extension === '.img';
  try {
    const handle = await openFile(file, 'r');
    try {
      const sector = Buffer.alloc(512);
      const { bytesRead } = await handle.read(sector, 0, sector.length, 0);
      return bytesRead === sector.length && sector.readUInt16LE(MARK_AT) === MARK;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}

export class UnpackedImage {
  readonly #directory: string;
  /** Of contents.txt, as it goes to the router. */
  readonly text: Buffer;
  readonly contents: Contents;

  private constructor(directory: string, text: Buffer, contents: Contents) {
    this.#directory = directory;
    this.text = text;
    this.contents = contents;
  }

  /** @throws ConsoleError `IMAGE_INVALID`; what `unpack` throws */
  static async open(file: string, unpack: Unpack): Promise<UnpackedImage> {
    const directory = await mkdtemp(join(tmpdir(), 'hitless-image-'));
    try {
      await unpack(file, directory);
      const text = await readFile(join(directory, CONTENTS));
      return new UnpackedImage(directory, text, parseContents(text.toString('utf8'), `${file}, ${CONTENTS}`));
    } catch (thrown) {
      await rm(directory, { recursive: true, force: true });
      throw thrown;
    }
  }

  /** Bytes of a part; fewer where the file ends before. */
  async read(part: string, offset: number, length: number): Promise<Uint8Array> {
    const file = await openFile(join(this.#directory, part), 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
