/** File systems, made in plain files: FAT by mtools, ext4 by mke2fs. Nothing is mounted, nothing needs root. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BoardError } from './errors.ts';
import { EPOCH } from './initramfs.ts';
import { SECTOR } from './partitions.ts';
import { run } from './tool.ts';

/** Content by path. */
export type Files = ReadonlyMap<string, Buffer>;

/** The same clock for mtools and e2fsprogs, whatever name they have for it. */
const CLOCK = { SOURCE_DATE_EPOCH: String(EPOCH), E2FSPROGS_FAKE_TIME: String(EPOCH) };

/** Any two partitions of one image have different ones. */
export const SERIAL = { boot: '48544c53', a: '48544c41', b: '48544c42' } as const;
/** Where it is in a FAT32 partition, in bytes. */
export const FAT32_SERIAL = 67;
const DATA_UUID = '48544c53-6461-4461-8461-6869746c6573';

/** What the data partition is found by. */
export const DATA_LABEL = 'hitless-data';

/** A little for FAT's own tables, in bytes. */
const FAT_OVERHEAD = 2 << 20;

/**
 * A FAT file system, FAT32 where it is large enough.
 * @param path of the file to make
 * @param size in bytes
 * @throws BoardError `IMAGE_TOO_SMALL`
 */
export function makeFat(path: string, size: number, label: keyof typeof SERIAL, files: Files): void {
  const needed = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  if (needed > size - FAT_OVERHEAD)
    throw new BoardError(
      'IMAGE_TOO_SMALL',
      `the partition ${label} has ${mib(size)}, and its ${files.size} files need ${mib(needed)}`,
    );
  const aside = mkdtempSync(join(dirname(path), 'fat-'));
  try {
    for (const [name, body] of files) {
      mkdirSync(dirname(join(aside, name)), { recursive: true });
      writeFileSync(join(aside, name), body);
    }
    writeFileSync(path, '');
    truncateSync(path, size);
    const geometry = ['-T', String(size / SECTOR), '-h', '255', '-s', '63', '-H', '0'];
    // Clusters of 1 KiB keep a small partition FAT32, which is what its type in the partition table says.
    const kind = ['-F', '-c', size > 64 << 20 ? '2' : '1'];
    const named = ['-N', SERIAL[label], '-v', label.toUpperCase()];
    run('mformat', ['-i', path, ...kind, ...geometry, ...named, '::'], { env: CLOCK });
    const folders = new Set<string>();
    for (const name of [...files.keys()].sort()) {
      for (const folder of foldersOf(name)) {
        if (!folders.has(folder)) run('mmd', ['-i', path, `::${folder}`], { env: CLOCK });
        folders.add(folder);
      }
      utimesSync(join(aside, name), EPOCH, EPOCH);
      run('mcopy', ['-i', path, '-m', join(aside, name), `::${name}`], { env: CLOCK });
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** An empty ext4: the board fills it when it boots for the first time. */
export function makeExt4(path: string, size: number): void {
  writeFileSync(path, '');
  truncateSync(path, size);
  const extended = `hash_seed=${DATA_UUID},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0,nodiscard`;
  const named = ['-L', DATA_LABEL, '-U', DATA_UUID];
  run('mke2fs', ['-q', '-F', '-t', 'ext4', '-m', '0', ...named, '-E', extended, path], { env: CLOCK });
}

/** `a/b/c` has the folders `a` and `a/b`. */
function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function mib(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
