import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { type Cut, LossyDisk } from './lossy-disk.ts';

function place(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'hitless-disk-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'file'), 'old');
  return root;
}

/** Makes files as a program does that syncs this much. */
function replaceFile(file: string, text: string, { contents = true, name = true } = {}): void {
  const aside = `${file}.new`;
  const handle = openSync(aside, 'w');
  writeSync(handle, text);
  if (contents) fsyncSync(handle);
  closeSync(handle);
  renameSync(aside, file);
  if (!name) return;
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** What the file holds after each of the cuts. */
function found(cuts: readonly Cut[], name = 'file'): Set<string> {
  return new Set(
    cuts.map(({ directory }) => {
      try {
        return readFileSync(join(directory, name), 'utf8');
      } catch (thrown) {
        return (thrown as NodeJS.ErrnoException).code ?? '';
      }
    }),
  );
}

t.test(
  'a file that is synced, renamed, and whose directory is synced, is old or new, and new at the end',
  async (t) => {
    const root = place(t);
    const disk = new LossyDisk(t, root);
    const during = await disk.during(async () => replaceFile(join(root, 'file'), 'new!'));
    t.same(found(during), new Set(['old', 'new!']));
    t.same(found(disk.cut()), new Set(['new!']));
  },
);

t.test(
  'without the sync of the file, a cut may leave its name without its contents, or half of them',
  async (t) => {
    const root = place(t);
    const disk = new LossyDisk(t, root);
    const during = await disk.during(async () =>
      replaceFile(join(root, 'file'), 'new!', { contents: false }),
    );
    t.same(found(during), new Set(['old', '', 'ne', 'new!']));
    t.same(found(disk.cut()), new Set(['', 'ne', 'new!']));
  },
);

t.test('without the sync of the directory, a cut may bring the old file back', async (t) => {
  const root = place(t);
  const disk = new LossyDisk(t, root);
  await disk.during(async () => replaceFile(join(root, 'file'), 'new!', { name: false }));
  t.same(found(disk.cut()), new Set(['old', 'new!']));
});

t.test(
  'what is imported by name is watched too, and a new directory needs a sync of the one above',
  async (t) => {
    const root = place(t);
    const disk = new LossyDisk(t, root);
    const below = join(root, 'below');
    await mkdir(below);
    const handle = await open(join(below, 'aside'), 'w');
    await handle.writeFile('text');
    await handle.sync();
    await handle.close();
    await rename(join(below, 'aside'), join(below, 'file'));
    const sync = async (path: string) => {
      const directory = await open(path, 'r');
      await directory.sync();
      await directory.close();
    };
    await sync(below);
    t.same(found(disk.cut(), 'below/file'), new Set(['ENOENT', 'text']));
    await sync(root);
    t.same(found(disk.cut(), 'below/file'), new Set(['text']));
  },
);
