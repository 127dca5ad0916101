/** What the user named to flash to: a disk of this machine, or a plain file. */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { allOf, type Disk } from './disks.ts';
import { BoardError } from './errors.ts';

export type Target = { disk: Disk } | { file: string };

/**
 * Finds it, without opening it.
 * @param list gives the disks; it is not asked for a plain file, which can be written where nothing lists disks
 * @throws BoardError `TARGET_MISSING`, `TARGET_UNSUITABLE`, `TOOL_FAILED`
 */
export function findTarget(named: string, list: () => Disk[]): Target {
  const path = realPath(named);
  const status = statSync(path, { throwIfNoEntry: false });
  const inDev = path.startsWith('/dev/') && !path.startsWith('/dev/shm/');
  if (!inDev && (status === undefined || status.isFile())) return { file: checkedFile(named, path) };
  const all = list();
  for (const disk of all) {
    for (const one of allOf(disk)) {
      if (one.path !== path && one.path !== named && `/dev/${one.kname}` !== path) continue;
      if (one === disk) return { disk };
      throw new BoardError(
        'TARGET_UNSUITABLE',
        `${named} is not a whole disk but a part of ${disk.path} (lsblk calls it "${one.type}"): an image has partitions of its own; give the disk`,
      );
    }
  }
  // A typing error in the name of a device must not make a file of half a gibibyte in memory.
  if (status === undefined || status.isFile())
    throw new BoardError(
      'TARGET_MISSING',
      `there is no disk ${named}; those that are there: ${all.map((disk) => disk.path).join(', ') || 'none'}`,
    );
  const kind = status.isBlockDevice() ? 'no disk that lsblk lists' : 'a device';
  throw new BoardError(
    'TARGET_UNSUITABLE',
    `${named} is ${status.isDirectory() ? 'a folder' : kind}; give a whole disk, such as /dev/sdb, or a plain file`,
  );
}

function checkedFile(named: string, path: string): string {
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
