/** What the user named to flash to: a disk of this machine, or a plain file. */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { allOf, type Disk } from './disks.ts';
import { BoardError } from './errors.ts';

export type Target = { disk: Disk } | { file: string };

/**
 * Finds it, without opening it.
 * @throws BoardError `TARGET_MISSING`, `TARGET_UNSUITABLE`
 */
export function findTarget(named: string, all: readonly Disk[]): Target {
  const path = realPath(named);
  for (const disk of all) {
    for (const one of allOf(disk)) {
      if (![one.path, `/dev/${one.kname}`].some((name) => name === path || name === named)) continue;
      if (one === disk) return { disk };
      throw new BoardError(
        'TARGET_UNSUITABLE',
        `${named} is not a whole disk but a part of ${disk.path} (lsblk calls it "${one.type}"): an image has partitions of its own; give the disk`,
      );
    }
  }
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile() || status === undefined) return { file: checkedFile(named, path) };
  const what = status.isDirectory()
    ? 'a folder'
    : status.isBlockDevice()
      ? 'no disk that lsblk lists'
      : 'a device';
  throw new BoardError(
    'TARGET_UNSUITABLE',
    `${named} is ${what}; give a whole disk, such as /dev/sdb, or a plain file`,
  );
}

/** A typing error in the name of a device must not make a file of half a gibibyte in memory. */
function checkedFile(named: string, path: string): string {
  if (path.startsWith('/dev/') && !path.startsWith('/dev/shm/'))
    throw new BoardError('TARGET_MISSING', `there is no disk ${named}; "lsblk" lists those that are there`);
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (folder?.isDirectory()) return path;
  throw new BoardError('TARGET_MISSING', `${named}: there is no folder ${dirname(path)}`);
}

/** Links are followed, so that /dev/disk/by-id/… is the disk it leads to; the last part need not be there. */
function realPath(named: string): string {
  const path = resolve(named);
  for (const whole of [true, false]) {
    try {
      return whole ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
    } catch {
      // Not there.
    }
  }
  return path;
}
