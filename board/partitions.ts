/** The partition table of an image: a DOS one (MBR), which every boot loader here understands. */
import { BoardError } from './errors.ts';

export const SECTOR = 512;
const MIB = 1 << 20;

export interface Partition {
  /** What it is for; also the label of its file system, without case. */
  name: 'boot' | 'a' | 'b' | 'data';
  /** 0x0c is FAT32 with LBA, 0x83 is Linux. */
  type: 0x0c | 0x83;
  /** In bytes from the image's start. */
  start: number;
  size: number;
}

/**
 * The same for all boards: the loader and which slot to boot, the two slots, what outlives them. All of it is half a
 * gibibyte, a power of two, which QEMU wants of an SD card.
 */
export const PARTITIONS: readonly Partition[] = [
  { name: 'boot', type: 0x0c, start: 1 * MIB, size: 39 * MIB },
  { name: 'a', type: 0x0c, start: 40 * MIB, size: 128 * MIB },
  { name: 'b', type: 0x0c, start: 168 * MIB, size: 128 * MIB },
  { name: 'data', type: 0x83, start: 296 * MIB, size: 216 * MIB },
];

export const IMAGE_SIZE = 512 * MIB;

export function partition(name: Partition['name']): Partition {
  return PARTITIONS.find((one) => one.name === name)!;
}

/** "HTLS": the disk's signature. The same for all images, so that the same inputs give the same bytes. */
export const SIGNATURE = 0x534c5448;

/** Cylinders and heads, for a disk too large for them: what reads LBA does not look. */
const BEYOND = [0xfe, 0xff, 0xff];

/**
 * The first sector.
 * @param code of a loader that the BIOS starts, at most 440 bytes
 * @throws BoardError `IMAGE_TOO_SMALL`
 */
export function masterBootRecord(code: Buffer = Buffer.alloc(0)): Buffer {
  if (code.length > 440)
    throw new BoardError(
      'IMAGE_TOO_SMALL',
      `the loader's first part has ${code.length} bytes; 440 have place`,
    );
  const sector = Buffer.alloc(SECTOR);
  code.copy(sector);
  sector.writeUInt32LE(SIGNATURE, 440);
  for (const [index, { type, start, size }] of PARTITIONS.entries()) {
    const at = 446 + 16 * index;
    // The loaders' own partition is the active one.
    sector[at] = index === 0 ? 0x80 : 0;
    sector.set(BEYOND, at + 1);
    sector[at + 4] = type;
    sector.set(BEYOND, at + 5);
    sector.writeUInt32LE(start / SECTOR, at + 8);
    sector.writeUInt32LE(size / SECTOR, at + 12);
  }
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
