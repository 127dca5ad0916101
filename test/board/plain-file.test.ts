/** What the board's programs are given to read, or to write an image to, may be anything: only plain files are taken. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readBoard } from '../../board/board.ts';
import { FileBytes } from '../../board/bytes.ts';
import { buildImage, type ImageOptions } from '../../board/image.ts';
import { OpenMedium } from '../../board/medium.ts';
import { placeOf } from '../../board/plain-file.ts';
import { unpackImage } from '../../board/unpack.ts';
import { skip, smallImage } from './fixtures/small-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'hitless-board-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string) => join(directory, name);
execFileSync('mkfifo', [at('pipe.yaml')]);
symlinkSync('/dev/zero', at('zero.yaml'));
writeFileSync(at('large.yaml'), '');
truncateSync(at('large.yaml'), 1.5 * 1024 ** 3);
const STRANGE = [
  ['pipe.yaml', /is a pipe/],
  ['zero.yaml', /is a character device/],
  ['.', /is a directory/],
] as const;

t.test('no image is put over a pipe, a folder, or a link to one', (t) => {
  // Never the machine's own devices: broken code would replace them.
  symlinkSync(at('pipe.yaml'), at('to-pipe'));
  for (const [name, message] of [STRANGE[0], ['to-pipe', /is a pipe/], STRANGE[2]] as const) {
    const before = lstatSync(at(name));
    // Refused before anything else of the options is used.
    const options = { out: at(name), say: () => {} } as unknown as ImageOptions;
    t.throws(() => buildImage(options), { code: 'IMAGE_UNWRITABLE', message });
    t.equal(lstatSync(at(name)).ino, before.ino, `${name} is still there`);
  }
  symlinkSync(at('nowhere'), at('dangling'));
  t.throws(() => placeOf(at('dangling'), 'IMAGE_UNWRITABLE'), { code: 'IMAGE_UNWRITABLE' });
  writeFileSync(at('real.img'), '');
  symlinkSync(at('real.img'), at('current.img'));
  t.equal(placeOf(at('current.img'), 'IMAGE_UNWRITABLE'), at('real.img'));
  t.equal(placeOf(at('new.img'), 'IMAGE_UNWRITABLE'), at('new.img'));
  t.end();
});

t.test('no image and no description is read from one', (t) => {
  for (const [name, message] of STRANGE)
    t.throws(() => new FileBytes(at(name)), { code: 'IMAGE_MISSING', message });
  for (const [name, message] of [...STRANGE.slice(0, 2), ['large.yaml', /1610612736 bytes/]] as const)
    t.throws(() => readBoard(at(name)), { code: 'BOARD_INVALID', message });
  t.end();
});

t.test('no image is unpacked over one, and none is flashed to', async (t) => {
  const into = at('into');
  mkdirSync(into);
  execFileSync('mkfifo', [join(into, 'app')]);
  await t.rejects(OpenMedium.file(at('pipe.yaml'), 10), { code: 'TARGET_UNSUITABLE' });
  if (skip !== false) return;
  const path = smallImage(directory);
  t.throws(() => unpackImage(path, into), { code: 'FOLDER_UNUSABLE', message: /app is a pipe/ });
  t.ok(lstatSync(join(into, 'app')).isFIFO());
});
