/**
 * Reading a FAT file system: the files of its root directory, FAT16 and FAT32, short and long names (Microsoft, FAT:
 * General Overview of On-Disk Format, 1.03). No slot has more. Whatever the bytes are, it ends and stays inside:
 * places are checked against the size, and chains of clusters against their number.
 */
import type { Bytes } from './bytes.ts';
import { BoardError } from './errors.ts';

export interface FatFile {
  /** As the directory has it; a short name is in upper case. */
  name: string;
  /** In bytes. */
  size: number;
  /** Its first cluster; meaningless where it is empty. */
  cluster: number;
}

const ENTRY = 32;
/** Attributes of an entry; a part of a long name has the first four of them at once. */
const LONG_NAME = 0x0f;
const VOLUME = 0x08;
const FOLDER = 0x10;
/** In the place of a name's first character. */
const DELETED = 0xe5;

/** A directory has no more entries. */
const MOST_ENTRIES = 65_536;

/** Fewer clusters than this are FAT12, which no image has. */
const FAT16_CLUSTERS = 4085;

/** How much of a file is held in memory at once, in bytes. */
const PIECE = 1 << 20;

export class Fat {
  readonly #bytes: Bytes;
  readonly #where: string;
  /** Where the first cluster's data begins; its number is 2. */
  readonly #data: number;
  readonly #clusterSize: number;
  readonly #clusters: number;
  /** The cluster after each. */
  readonly #table: Buffer;
  readonly #wide: boolean;
  readonly #root: Buffer;

  /**
   * @param where is named in errors, such as `x.img, slot a`
   * @throws BoardError `FAT_INVALID`
   */
  constructor(bytes: Bytes, where: string) {
    this.#bytes = bytes;
    this.#where = where;
    if (bytes.size < 512) throw this.#invalid('it is smaller than a sector');
    const boot = bytes.read(0, 512);
    const [sector, perCluster] = [boot.readUInt16LE(11), boot[13]!];
    if (boot.readUInt16LE(510) !== 0xaa55 || ![512, 1024, 2048, 4096].includes(sector))
      throw this.#invalid('there is no FAT file system');
    if (perCluster === 0 || (perCluster & (perCluster - 1)) !== 0)
      throw this.#invalid(`its clusters have ${perCluster} sectors, which is no power of two`);
    const [reserved, copies, rootEntries] = [boot.readUInt16LE(14), boot[16]!, boot.readUInt16LE(17)];
    const total = boot.readUInt16LE(19) || boot.readUInt32LE(32);
    // FAT32 is where the field of FAT12 and FAT16 is empty; Linux and U-Boot tell them apart so too.
    const narrow = boot.readUInt16LE(22);
    this.#wide = narrow === 0;
    const tableSectors = narrow || boot.readUInt32LE(36);
    if (reserved === 0 || copies === 0 || tableSectors === 0)
      throw this.#invalid('it has no table of clusters');
    if (total * sector > bytes.size)
      throw this.#invalid(`it claims ${total * sector} bytes of a partition that has ${bytes.size}`);
    const rootStart = (reserved + copies * tableSectors) * sector;
    this.#data = rootStart + Math.ceil((rootEntries * ENTRY) / sector) * sector;
    this.#clusterSize = perCluster * sector;
    this.#clusters = Math.floor((total * sector - this.#data) / this.#clusterSize);
    if (this.#clusters < 1) throw this.#invalid('it has no room for data');
    if (!this.#wide && this.#clusters < FAT16_CLUSTERS)
      throw this.#invalid('it is FAT12; FAT16 and FAT32 are read');
    const needed = (this.#clusters + 2) * (this.#wide ? 4 : 2);
    if (needed > tableSectors * sector)
      throw this.#invalid(`its table is too short for ${this.#clusters} clusters`);
    this.#table = bytes.read(reserved * sector, needed);
    this.#root = this.#wide
      ? this.#directory(boot.readUInt32LE(44))
      : bytes.read(rootStart, rootEntries * ENTRY);
  }

  /** Nothing is in the root directory, not even a folder. */
  get empty(): boolean {
    return this.#entries().length === 0;
  }

  /** The files of the root directory. */
  files(): FatFile[] {
    return this.#entries().filter(({ folder }) => !folder);
  }

  /** The file of this name, in whatever case; undefined when there is none. */
  file(name: string): FatFile | undefined {
    const wanted = name.toUpperCase();
    return this.files().find((file) => file.name.toUpperCase() === wanted);
  }

  /**
   * What is in a file, piece by piece.
   * @throws BoardError `FAT_INVALID`, `IMAGE_DAMAGED`
   */
  *pieces({ name, size, cluster }: FatFile): Generator<Buffer> {
    if (size > this.#clusters * this.#clusterSize)
      throw this.#invalid(`${name} claims ${size} bytes, more than there are`);
    let left = size;
    for (let next = cluster; left > 0; ) {
      // Clusters that follow each other are read at once.
      const first = this.#checked(next, name);
      let count = 1;
      for (next = this.#after(first); next === first + count; next = this.#after(next)) {
        if (count * this.#clusterSize >= Math.min(left, PIECE)) break;
        this.#checked(next, name);
        count += 1;
      }
      const length = Math.min(left, count * this.#clusterSize);
      yield this.#bytes.read(this.#data + (first - 2) * this.#clusterSize, length);
      left -= length;
    }
  }

  #entries(): (FatFile & { folder: boolean })[] {
    const found: (FatFile & { folder: boolean })[] = [];
    let long = new LongName();
    for (let at = 0; at + ENTRY <= this.#root.length; at += ENTRY) {
      const entry = this.#root.subarray(at, at + ENTRY);
      if (entry[0] === 0) break;
      const attributes = entry[11]!;
      if (entry[0] !== DELETED && (attributes & LONG_NAME) === LONG_NAME) {
        long.take(entry);
        continue;
      }
      if (entry[0] !== DELETED && (attributes & VOLUME) === 0) {
        const high = this.#wide ? entry.readUInt16LE(20) : 0;
        found.push({
          name: long.of(entry) ?? shortName(entry),
          size: entry.readUInt32LE(28),
          cluster: high * 65_536 + entry.readUInt16LE(26),
          folder: (attributes & FOLDER) !== 0,
        });
      }
      long = new LongName();
    }
    return found;
  }

  #directory(first: number): Buffer {
    const parts: Buffer[] = [];
    const most = Math.min(this.#clusters, Math.ceil((MOST_ENTRIES * ENTRY) / this.#clusterSize));
    for (let next = first; !this.#isEnd(next); next = this.#after(next)) {
      if (parts.length === most) throw this.#invalid('its root directory does not end');
      const at = this.#data + (this.#checked(next, 'the root directory') - 2) * this.#clusterSize;
      parts.push(this.#bytes.read(at, this.#clusterSize));
    }
    return Buffer.concat(parts);
  }

  #after(cluster: number): number {
    // Four bits of FAT32 are not the number's.
    return this.#wide
      ? this.#table.readUInt32LE(4 * cluster) & 0x0fff_ffff
      : this.#table.readUInt16LE(2 * cluster);
  }

  #isEnd(cluster: number): boolean {
    return cluster >= (this.#wide ? 0x0fff_fff8 : 0xfff8);
  }

  #checked(cluster: number, name: string): number {
    if (cluster >= 2 && cluster < this.#clusters + 2) return cluster;
    throw this.#invalid(
      this.#isEnd(cluster)
        ? `${name} ends before its size`
        : `${name} goes on in cluster ${cluster}, and there are ${this.#clusters}`,
    );
  }

  #invalid(problem: string): BoardError {
    return new BoardError('FAT_INVALID', `${this.#where}: the FAT file system is damaged: ${problem}`);
  }
}

/** A long name: entries before that of its short name, the last part first, each with the short name's checksum. */
class LongName {
  #text = '';
  #checksum: number | undefined;

  take(entry: Buffer): void {
    const units = Buffer.concat([entry.subarray(1, 11), entry.subarray(14, 26), entry.subarray(28, 32)]);
    this.#text = units.toString('utf16le').split('\0')[0] + this.#text;
    this.#checksum = entry[13]!;
  }

  /** Undefined where the parts are those of another file, whose short name a program deleted that knows no other. */
  of(entry: Buffer): string | undefined {
    const sum = entry.subarray(0, 11).reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
    return this.#checksum === sum ? this.#text : undefined;
  }
}

function shortName(entry: Buffer): string {
  const text = entry.toString('latin1', 0, 11);
  const [name, extension] = [text.slice(0, 8).trimEnd(), text.slice(8).trimEnd()];
  return extension === '' ? name : `${name}.${extension}`;
}
