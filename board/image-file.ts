/**
 * An image as a file: opened, and checked before anything is made of it. That it is whole its partition table says;
 * that a slot is what was built, the SHA-256 of each part in the slot's own list.
 */
import { createHash } from 'node:crypto';
import type { Slot } from './boot/scheme.ts';
import { type Bytes, FileBytes, Stretch } from './bytes.ts';
import { CONTENTS, type Contents, type Part, parseContents } from './contents.ts';
import { BoardError } from './errors.ts';
import { Fat } from './fat.ts';
import { FAT32_SERIAL, SERIAL } from './filesystems.ts';
import { PARTITIONS, type Partition, SECTOR, SIGNATURE } from './partitions.ts';

/** What compresses a file, by its first bytes: an image is often kept so. */
const COMPRESSED: readonly (readonly [first: string, name: string, tool: string])[] = [
  ['1f8b', 'gzip', 'gunzip'],
  ['fd377a585a00', 'xz', 'unxz'],
  ['28b52ffd', 'zstd', 'unzstd'],
  ['504b0304', 'zip', 'unzip'],
];

/** No list is longer, in bytes. */
const LONGEST_LIST = 1 << 20;

export class ImageFile {
  readonly path: string;
  /** In bytes: up to the end of the last partition. */
  readonly size: number;
  readonly #file: FileBytes;
  readonly #partitions: Map<string, Bytes>;

  /**
   * Opens it and reads its partition table.
   * @throws BoardError `IMAGE_MISSING`, `IMAGE_FOREIGN`, `IMAGE_DAMAGED`
   */
  constructor(path: string) {
    this.path = path;
    this.#file = new FileBytes(path);
    try {
      const table = partitionsOf(this.#file);
      this.#partitions = new Map(
        table.map(({ name, start, size }) => [name, new Stretch(this.#file, start, size)]),
      );
      const { start, size } = table.at(-1)!;
      this.size = start + size;
      this.#checkSize();
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  /**
   * Checks all that can be: each part of both slots, and that the boot partition can be read.
   * @returns what slot a has
   * @throws BoardError `IMAGE_DAMAGED`, `FAT_INVALID`, `CONTENTS_INVALID`
   */
  check(): Contents {
    const boot = new Fat(this.#partitions.get('boot')!, `${this.path}, boot partition`);
    if (boot.empty)
      throw new BoardError(
        'IMAGE_DAMAGED',
        `${this.path}: the boot partition is empty; build the image again`,
      );
    for (const file of boot.files()) for (const _ of boot.pieces(file));
    const [a] = (['a', 'b'] as const).map((slot) => {
      const one = this.slot(slot);
      one.check();
      return one.contents;
    });
    return a!;
  }

  /** @throws BoardError `IMAGE_DAMAGED`, `FAT_INVALID`, `CONTENTS_INVALID` */
  slot(name: Slot): SlotFiles {
    return new SlotFiles(this.#partitions.get(name)!, `${this.path}, slot ${name}`);
  }

  /** The board that it is for, by the first slot whose list can be read. @throws BoardError as `slot` */
  get board(): string {
    try {
      return this.slot('a').contents.board;
    } catch {
      return this.slot('b').contents.board;
    }
  }

  /** A file of the boot partition. @throws BoardError `IMAGE_DAMAGED` where there is none, `FAT_INVALID` */
  bootFile(name: string): Buffer {
    const where = `${this.path}, boot partition`;
    const boot = new Fat(this.#partitions.get('boot')!, where);
    const file = boot.file(name);
    if (file === undefined)
      throw new BoardError('IMAGE_DAMAGED', `${where}: there is no ${name}; build the image again`);
    return Buffer.concat([...boot.pieces(file)]);
  }

  read(at: number, length: number): Buffer {
    return this.#file.read(at, length);
  }

  /** Whether a file is this image, under whatever name. */
  isSame(status: { dev: number; ino: number }): boolean {
    return this.#file.isSame(status);
  }

  close(): void {
    this.#file.close();
  }

  #checkSize(): void {
    const { size } = this.#file;
    if (size < this.size)
      throw new BoardError(
        'IMAGE_DAMAGED',
        `${this.path} is cut off: it has ${size} bytes of ${this.size}; copy or build it again`,
      );
    if (size > this.size)
      throw new BoardError(
        'IMAGE_DAMAGED',
        `${this.path} has ${size - this.size} bytes after its last partition; if they are to be left out: truncate -s ${this.size} ${this.path}`,
      );
  }
}

/** The files of one slot. */
export class SlotFiles {
  readonly contents: Contents;
  /** `contents.txt` as it is. */
  readonly list: Buffer;
  readonly #fat: Fat;
  readonly #where: string;

  constructor(partition: Bytes, where: string) {
    this.#where = where;
    this.#fat = new Fat(partition, where);
    const file = this.#fat.file(CONTENTS);
    if (file === undefined) throw this.#damaged(`there is no ${CONTENTS}`);
    if (file.size > LONGEST_LIST) throw this.#damaged(`${CONTENTS} claims ${file.size} bytes`);
    this.list = Buffer.concat([...this.#fat.pieces(file)]);
    this.contents = parseContents(this.list.toString('utf8'), where);
  }

  /** @throws BoardError `IMAGE_DAMAGED`, `FAT_INVALID`: one that names the part */
  check(): void {
    for (const part of this.contents.parts) for (const _ of this.pieces(part));
  }

  /**
   * What is in a part, piece by piece. The last piece is not proof of the whole: the error comes after it.
   * @throws BoardError `IMAGE_DAMAGED`, `FAT_INVALID`
   */
  *pieces({ name, size, sha256 }: Part): Generator<Buffer> {
    const file = this.#fat.file(name);
    if (file === undefined) throw this.#damaged(`part ${name} is missing`);
    if (file.size !== size)
      throw this.#damaged(`part ${name} has ${file.size} bytes, and ${CONTENTS} says ${size}`);
    const hash = createHash('sha256');
    for (const piece of this.#fat.pieces(file)) {
      hash.update(piece);
      yield piece;
    }
    const found = hash.digest('hex');
    if (found !== sha256)
      throw this.#damaged(`part ${name} has SHA-256 ${found}, and ${CONTENTS} says ${sha256}`);
  }

  #damaged(problem: string): BoardError {
    return new BoardError(
      'IMAGE_DAMAGED',
      `${this.#where}: the image is damaged: ${problem}; copy or build it again`,
    );
  }
}

/**
 * Read from the image, and not those that this version makes: an image of another version may have larger slots.
 * @throws BoardError `IMAGE_FOREIGN`, `IMAGE_DAMAGED`
 */
function partitionsOf(file: FileBytes): Pick<Partition, 'name' | 'start' | 'size'>[] {
  if (file.size < SECTOR) throw foreign(file.path, `it has ${file.size} bytes`);
  const sector = file.read(0, SECTOR);
  const compressed = COMPRESSED.find(([first]) => sector.toString('hex').startsWith(first));
  if (compressed !== undefined) {
    const [, name, tool] = compressed;
    throw foreign(file.path, `it is compressed with ${name}; unpack it first: ${tool} ${file.path}`);
  }
  if (sector.readUInt16LE(510) !== 0xaa55 || !isOurs(file, sector))
    throw foreign(file.path, 'its first sector has not the signature of one');
  let end = SECTOR;
  return PARTITIONS.map(({ name, type }, index) => {
    const at = 446 + 16 * index;
    const [start, size] = [sector.readUInt32LE(at + 8) * SECTOR, sector.readUInt32LE(at + 12) * SECTOR];
    if (sector[at + 4] !== type || start < end || size === 0)
      throw new BoardError(
        'IMAGE_DAMAGED',
        `${file.path}: the partition table is damaged: partition ${index + 1} is not where "${name}" can be`,
      );
    end = start + size;
    return { name, start, size };
  });
}

/** A medium that was booted has an identifier of its own; a copy of it is known by slot a. */
function isOurs(file: FileBytes, sector: Buffer): boolean {
  const signature = sector.readUInt32LE(440);
  const slot = sector.readUInt32LE(446 + 16 + 8) * SECTOR;
  if (signature === SIGNATURE) return true;
  if (signature === 0 || slot + SECTOR > file.size) return false;
  return file.read(slot + FAT32_SERIAL, 4).readUInt32LE(0) === Number.parseInt(SERIAL.a, 16);
}

function foreign(path: string, problem: string): BoardError {
  return new BoardError(
    'IMAGE_FOREIGN',
    `${path} is no image of hitless: ${problem}. "hitless image" makes one`,
  );
}
