/**
 * A path that somebody names may lead to anything: a pipe that nobody writes to, a device, a link to one, more bytes than
 * there is memory. It is refused before it is opened; and nothing that is no plain file is ever written over.
 */
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { VersionSet } from '../../runtime/index.ts';
import { MOST_BUNDLE_BYTES, placeOf, readPlainFile, readPlainFileSync } from '../../runtime/plain-file.ts';
import { fileSource } from '../../runtime/versions/bundle-source.ts';
import { sourceOf, Workshop } from './workshop.ts';

const wrong = (what: string, cause?: unknown) => new Error(what, { cause });

interface Place {
  directory: string;
  at(name: string): string;
  pipe: string;
  zero: string;
  large: string;
}

/** A directory with what is no bundle, under names of bundles. */
function placeFor(t: Test, directory = mkdtempSync(join(tmpdir(), 'hitless-plain-'))): Place {
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const at = (name: string) => join(directory, name);
  const place = {
    directory,
    at,
    pipe: at('pipe-1.0.0.cjs'),
    zero: at('zero-1.0.0.cjs'),
    large: at('large-1.0.0.cjs'),
  };
  execFileSync('mkfifo', [place.pipe]);
  symlinkSync('/dev/zero', place.zero);
  // Nothing but a hole: reading it would take 1.5 GB of memory all the same.
  writeFileSync(place.large, '');
  truncateSync(place.large, 1.5 * 1024 ** 3);
  return place;
}

t.test('what is read is a plain file of a bounded size', async (t) => {
  const { at, pipe, zero, large, directory } = placeFor(t);
  const CASES = [
    [pipe, /^is a pipe; name a plain file/],
    [zero, /^is a character device/],
    [large, /^has 1610612736 bytes; it may have at most 1000/],
    [directory, /^is a directory/],
    [at('none'), /^cannot be read: ENOENT/],
  ] as const;
  for (const [file, message] of CASES) {
    await t.rejects(readPlainFile(file, 1_000, wrong), { message }, file);
    t.throws(() => readPlainFileSync(file, 1_000, wrong), { message }, file);
  }
  const text = 'x'.repeat(1_000);
  writeFileSync(at('text'), text);
  symlinkSync(at('text'), at('link'));
  writeFileSync(at('empty'), '');
  for (const [file, content] of [
    ['text', text],
    ['link', text],
    ['empty', ''],
  ] as const) {
    t.equal((await readPlainFile(at(file), 1_000, wrong)).toString(), content);
    t.equal(readPlainFileSync(at(file), 1_000, wrong).toString(), content);
  }
  t.ok(readPlainFileSync('/proc/self/status', 1 << 20, wrong).length > 100, 'one that says it is empty');
  await t.rejects(readPlainFile('/proc/self/status', 10, wrong), { message: /^has more than 10 bytes/ });
  t.throws(() => readPlainFileSync('/proc/self/status', 10, wrong), { message: /^has more than 10 bytes/ });
});

t.test('what is made is put in no place but a plain file’s', (t) => {
  const { at, pipe, zero, directory } = placeFor(t);
  for (const [file, message] of [
    [pipe, /^is a pipe, which is not written over/],
    [zero, /^is a character device/],
    [directory, /^is a directory/],
  ] as const)
    t.throws(() => placeOf(file, wrong), { message });
  symlinkSync(at('nowhere'), at('dangling'));
  t.throws(() => placeOf(at('dangling'), wrong), { message: /^cannot be written: ENOENT/ });
  t.equal(placeOf(at('new'), wrong), at('new'));
  writeFileSync(at('old'), '');
  t.equal(placeOf(at('old'), wrong), at('old'));
  symlinkSync(at('old'), at('to-old'));
  t.equal(placeOf(at('to-old'), wrong), at('old'), 'a link stays one');
  t.end();
});

t.test('bundles that are none are refused, and keep no thread and no command waiting', async (t) => {
  const shop = new Workshop(t);
  const { pipe, zero, large } = placeFor(t, shop.directory);
  await shop.add('A', shop.bundle({ name: 'A', version: '1.0.0' }));
  t.strictSame(
    shop.runtime.versions().map(({ bundle }) => bundle),
    ['a@1.0.0'],
    'they are not listed',
  );
  // More than the pool has threads.
  const loads = await Promise.allSettled(Array.from({ length: 8 }, () => shop.runtime.repository.load(pipe)));
  for (const load of loads) t.match(load, { status: 'rejected', reason: { code: 'BUNDLE_UNREADABLE' } });
  for (const [bundle, message] of [
    [pipe, /is a pipe/],
    ['pipe@1.0.0', /is a pipe/],
    [zero, /is a character device/],
    [large, new RegExp(`at most ${MOST_BUNDLE_BYTES}`)],
  ] as const) {
    const command = shop.runtime.run([{ change: 'replace', module: 'A', bundle }], {
      command: 'x',
      by: 'test',
    });
    await t.rejects(command, { code: 'BUNDLE_UNREADABLE', message });
  }
  execFileSync('mkfifo', [join(shop.directory, 'SHA256SUMS')]);
  shop.file('a-1.1.0.cjs', sourceOf({ name: 'A', version: '1.1.0' }));
  t.equal((await shop.replace('A', 'a@1.1.0')).outcome, 'committed', 'the next command is not busy');
  t.match(await fileSource(pipe).make(), { problem: /is a pipe/ });
});

t.test('a checkpoint is written over no pipe, device or link to one, and read from none', async (t) => {
  const shop = new Workshop(t);
  const { at, pipe, directory } = placeFor(t);
  await shop.add('A', shop.bundle({ name: 'A', version: '1.0.0' }));
  // Never the machine's own devices: broken code would replace them.
  symlinkSync(pipe, at('to-pipe'));
  const places = [pipe, at('to-pipe'), directory];
  try {
    execFileSync('mknod', [at('node'), 'c', '1', '3'], { stdio: 'ignore' });
    places.push(at('node'));
  } catch {
    t.comment('only root makes device nodes');
  }
  for (const file of places) {
    const before = lstatSync(file);
    await t.rejects(shop.runtime.checkpoint('A', file), {
      code: 'CHECKPOINT_UNWRITABLE',
      message: /not written over/,
    });
    t.equal(lstatSync(file).ino, before.ino, `${file} is still there`);
    const add = { change: 'add', module: 'B', bundle: 'a@1.0.0', checkpoint: file } as const;
    const reading = shop.runtime.run([{ ...add, module: 'A' }], { command: 'add', by: 'test' });
    await t.rejects(reading, { code: 'CHECKPOINT_UNREADABLE' });
  }
  writeFileSync(at('real'), '');
  symlinkSync(at('real'), at('current'));
  await shop.runtime.checkpoint('A', at('current'));
  t.ok(lstatSync(at('current')).isSymbolicLink(), 'a link to a plain file stays, and leads to it');
  t.ok(readFileSync(at('real')).length > 0);
});

t.test('a set of versions that is a pipe is refused: it is nobody’s set to be moved away', async (t) => {
  const { at } = placeFor(t);
  const state = at('state');
  execFileSync('mkdir', ['-m', '700', state]);
  execFileSync('mkfifo', [join(state, 'versions.json')]);
  for (const corrupt of ['refuse', 'set aside'] as const)
    await t.rejects(VersionSet.open(state, { corrupt }), { code: 'VERSIONS_UNUSABLE', message: /is a pipe/ });
});
