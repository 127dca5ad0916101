/** The disks of this machine, as `lsblk` of util-linux lists them, and what may not be flashed among them. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import * as z from 'zod';
import { BoardError } from './errors.ts';
import { run, type Tool } from './tool.ts';

export const DISK_TOOLS: Tool[] = [
  { command: 'lsblk', package: 'util-linux', why: 'lists disks, and what is mounted' },
];

const node = z.object({
  kname: z.string(),
  path: z.string(),
  type: z.string(),
  size: z.int(),
  rm: z.boolean(),
  hotplug: z.boolean(),
  ro: z.boolean(),
  model: z.string().nullable(),
  serial: z.string().nullable(),
  'maj:min': z.string(),
  mountpoints: z.array(z.string().nullable()),
  /** What lies on it: partitions, and on these what LVM, dm-crypt and RAID make of them. */
  get children() {
    return z.array(node).optional();
  },
});
const answer = z.object({ blockdevices: z.array(node) });

/** A disk, or something on one. Sizes in bytes. */
export type Disk = z.infer<typeof node>;

const COLUMNS = 'KNAME,PATH,TYPE,SIZE,RM,HOTPLUG,RO,MODEL,SERIAL,MAJ:MIN,MOUNTPOINTS';

/** Types of what has no disk below itself. */
const WHOLE = ['disk', 'loop'];

/** Where a disk that carries one of these is mounted, this system runs from it. */
const SYSTEM = ['/', '/usr', '/boot', '/boot/efi', '/boot/firmware', '/var'];

/**
 * All disks but the empty slots of card readers.
 * @throws BoardError `TOOL_FAILED`
 */
export function disks(): Disk[] {
  const printed = run('lsblk', ['-J', '-b', '-o', COLUMNS]).toString('utf8');
  const { data, error } = answer.safeParse(parsed(printed));
  if (error !== undefined)
    throw new BoardError(
      'TOOL_FAILED',
      `lsblk answered what is not understood: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}; it must be of util-linux 2.37 or newer`,
    );
  return data.blockdevices.filter(({ size }) => size > 0);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a person may take out: sticks and cards. Slots for SD cards call themselves hot-pluggable, not removable. */
export function isRemovable({ rm, hotplug, type }: Disk): boolean {
  return type === 'disk' && (rm || hotplug);
}

/** The disk and all that lies on it. */
export function* allOf(disk: Disk): Generator<Disk> {
  yield disk;
  for (const child of disk.children ?? []) yield* allOf(child);
}

export interface Wanted {
  /** In bytes. */
  size: number;
  /** A disk that is not removable was asked for. */
  notRemovable: boolean;
}

/** Why this disk may not be overwritten; undefined when it may. */
export function refusal(disk: Disk, { size, notRemovable }: Wanted): BoardError | undefined {
  const { path, type } = disk;
  if (!WHOLE.includes(type))
    return new BoardError(
      'TARGET_UNSUITABLE',
      `${path} is no disk (lsblk calls it "${type}"): an image has partitions of its own, so give the whole disk`,
    );
  for (const one of allOf(disk)) {
    const at = one.mountpoints.filter((place) => place !== null);
    if (at.some((place) => SYSTEM.includes(place)) || one['maj:min'] === rootDevice())
      return new BoardError('TARGET_SYSTEM', `${path}: this system runs from it; it is never overwritten`);
    if (at.includes('[SWAP]'))
      return new BoardError('TARGET_BUSY', `${one.path} is used as swap: swapoff ${one.path}`);
    if (at.length > 0)
      return new BoardError(
        'TARGET_MOUNTED',
        `${one.path} is mounted at ${at.join(', ')}; unmount it first: umount ${one.path}`,
      );
    if (one !== disk && one.type !== 'part')
      return new BoardError(
        'TARGET_BUSY',
        `${path} is in use: ${one.path} (${one.type}) lies on it; close that first`,
      );
  }
  if (disk.ro)
    return new BoardError(
      'TARGET_READ_ONLY',
      `${path} is read-only; a card or its adapter may have a small switch for that`,
    );
  if (disk.size < size)
    return new BoardError(
      'TARGET_TOO_SMALL',
      `${path} has ${disk.size} bytes, and the image ${size}; take a larger one`,
    );
  if (!isRemovable(disk) && !notRemovable)
    return new BoardError(
      'TARGET_NOT_REMOVABLE',
      `${describe(disk)} is not removable. If it is meant, say it twice: ${path} --not-removable`,
    );
  return undefined;
}

/** For a person to know it by: `/dev/sdb, 31.9 GB, SD Card Reader`. */
export function describe({ path, size, model }: Disk): string {
  return [path, `${(size / 1e9).toFixed(1)} GB`, ...(model?.trim() ? [printable(model.trim())] : [])].join(
    ', ',
  );
}

/** Whether this is still what it was: another medium in the same slot is not. */
export function isSameDisk(one: Disk, other: Disk): boolean {
  return (['path', 'maj:min', 'size', 'model', 'serial'] as const).every((key) => one[key] === other[key]);
}

/** `sdb` of `/dev/sdb`. */
export function shortName({ path }: Disk): string {
  return basename(path);
}

/** A device says of itself what it likes. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** Of the file system at `/`, as lsblk writes it; of no disk where that is btrfs or an overlay. */
function rootDevice(): string {
  const { dev } = statSync('/');
  // glibc's gnu_dev_major and gnu_dev_minor, for numbers below 2^32.
  return `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
}
