/** What an image is put together from, each by itself: archive, partition table, script, lock. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import t, { type Test } from 'tap';
import { readBoard } from '../../board/board.ts';
import { raspberryPi } from '../../board/boot/raspberry-pi.ts';
import { scriptImage } from '../../board/boot/u-boot.ts';
import { makeFat } from '../../board/filesystems.ts';
import { Initramfs, padded } from '../../board/initramfs.ts';
import { type Input, Lock } from '../../board/lock.ts';
import { DebianPackages } from '../../board/packages.ts';
import { IMAGE_SIZE, masterBootRecord, PARTITIONS, SECTOR } from '../../board/partitions.ts';

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'hitless-parts-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The entries of a "newc" archive: name, mode, body, device. */
function entries(archive: Buffer): [name: string, mode: string, body: string, device: string][] {
  const found: [string, string, string, string][] = [];
  for (let at = 0; ; ) {
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    if (archive.toString('latin1', at, at + 6) !== '070701') throw new Error(`no entry at ${at}`);
    const [size, nameSize] = [field(6), field(11)];
    const name = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    if (name === 'TRAILER!!!') return found;
    const body = at + Math.ceil((110 + nameSize) / 4) * 4;
    found.push([
      name,
      field(1).toString(8),
      archive.toString('utf8', body, body + size),
      `${field(9)}:${field(10)}`,
    ]);
    at = body + Math.ceil(size / 4) * 4;
  }
}

t.test('an initramfs has folders before what is in them, links, and device nodes without root', async (t) => {
  const layer = new Initramfs().file('usr/bin/node', 'NODE', 0o755).link('bin', 'usr/bin');
  layer.characterDevice('dev/console', 5, 1).file('a', '');
  t.same(entries(layer.archive()), [
    ['a', '100644', '', '0:0'],
    ['bin', '120777', 'usr/bin', '0:0'],
    ['dev', '40755', '', '0:0'],
    ['dev/console', '20600', '', '5:1'],
    ['usr', '40755', '', '0:0'],
    ['usr/bin', '40755', '', '0:0'],
    ['usr/bin/node', '100755', 'NODE', '0:0'],
  ]);
});

t.test('equal trees give equal archives, whatever came first', async (t) => {
  const one = new Initramfs().file('a/x', '1').file('b', '2').archive();
  t.ok(one.equals(new Initramfs().file('b', '2').file('a/x', '1').archive()));
  t.notOk(one.equals(new Initramfs().file('b', '2').file('a/x', '3').archive()));
});

t.test('a layer is padded so that another one can follow', async (t) => {
  for (const length of [0, 1, 2, 3, 4, 5]) t.equal(padded(Buffer.alloc(length)).length % 4, 0);
});

t.test('partitions follow each other inside of the image, and the table says so', async (t) => {
  let end = SECTOR;
  const table = masterBootRecord();
  for (const [index, { start, size, type }] of PARTITIONS.entries()) {
    t.ok(start >= end, 'none begins inside of the one before');
    end = start + size;
    const at = 446 + 16 * index;
    t.same([table[at], table[at + 4]], [index === 0 ? 0x80 : 0, type]);
    t.same([table.readUInt32LE(at + 8) * SECTOR, table.readUInt32LE(at + 12) * SECTOR], [start, size]);
  }
  t.equal(end, IMAGE_SIZE);
  t.equal(table.readUInt16LE(510), 0xaa55);
  t.throws(() => masterBootRecord(Buffer.alloc(441)), { code: 'IMAGE_TOO_SMALL' });
});

t.test('a script for U-Boot has the checksums that U-Boot compares', async (t) => {
  const image = scriptImage('echo hitless\n');
  const [head, body] = [Buffer.from(image.subarray(0, 64)), image.subarray(64)];
  t.equal(head.readUInt32BE(24), crc32(body));
  const own = head.readUInt32BE(4);
  head.writeUInt32BE(0, 4);
  t.equal(own, crc32(head));
  t.equal(body.toString('latin1', 8), 'echo hitless\n');
});

t.test('files that are larger than their partition are refused before anything is written', async (t) => {
  const files = new Map([['kernel', Buffer.alloc(5 << 20)]]);
  const make = () => makeFat(join(folder(t), 'x'), 4 << 20, 'a', files);
  t.throws(make, { code: 'IMAGE_TOO_SMALL', message: /has 4\.0 MiB, and its 1 files need 5\.0 MiB/ });
});

const INPUT: Input = {
  source: 'npm',
  architecture: 'arm64',
  name: 'node',
  version: '24.0.0',
  sha256: 'a'.repeat(64),
};

t.test('a lock finds what it has written, and keeps the lines of other boards', async (t) => {
  const path = join(folder(t), 'inputs.lock');
  const first = new Lock(path);
  first.take(INPUT);
  t.same(first.differences(), ['node 24.0.0 (arm64) is not in the lock']);
  first.write();
  const second = new Lock(path);
  second.take({ ...INPUT, architecture: 'amd64' });
  second.write();
  t.same(new Lock(path).find(INPUT), INPUT);
  t.equal(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('npm')).length,
    2,
  );
});

t.test('another version is told as a difference; the same version with other bytes is refused', async (t) => {
  const path = join(folder(t), 'inputs.lock');
  const written = new Lock(path);
  written.take(INPUT);
  written.write();
  const lock = new Lock(path);
  lock.take(INPUT);
  t.same(lock.differences(), []);
  lock.take({ ...INPUT, version: '24.0.1', sha256: 'b'.repeat(64) });
  t.same(lock.differences(), ['node 24.0.1 (arm64) instead of 24.0.0']);
  t.throws(() => lock.take({ ...INPUT, sha256: 'b'.repeat(64) }), { code: 'PACKAGE_CHANGED' });
});

t.test('a lock that is not understood is refused with its line', async (t) => {
  const path = join(folder(t), 'inputs.lock');
  writeFileSync(path, '# fine\nnpm arm64 node 24.0.0 abc\n');
  t.throws(() => new Lock(path), { code: 'LOCK_INVALID', message: /inputs\.lock:2: / });
});

t.test('boot files that cannot be copied from anywhere are asked for by name', async (t) => {
  const empty = folder(t);
  const firmware = ['start4.elf', 'fixup4.dat'];
  const boot = { scheme: 'raspberry-pi' as const, loader: [], firmware };
  const board = { ...readBoard('rpi5'), boot };
  const debian = new DebianPackages(board, {
    cache: empty,
    lock: new Lock(join(empty, 'lock')),
    say: () => {},
  });
  const kernel = { version: '6', image: Buffer.alloc(0), modules: '' };
  t.throws(() => raspberryPi({ board, kernel, debian, work: empty, bootFiles: empty }), {
    code: 'BOOT_FILES_MISSING',
    message:
      /rpi5 boots with start4\.elf, fixup4\.dat: .* has no start4\.elf, fixup4\.dat\. Copy .* --boot-files FOLDER/,
  });
  for (const name of ['start4.elf', 'fixup4.dat']) writeFileSync(join(empty, name), name);
  const files = raspberryPi({ board, kernel, debian, work: empty, bootFiles: empty });
  t.same([...files.boot.keys()], ['autoboot.txt']);
  t.ok(files.boot.get('autoboot.txt')!.length <= 512, 'the firmware reads no more');
  t.equal(files.slot.get('start4.elf')!.toString(), 'start4.elf');
  t.match(files.slot.get('cmdline.txt')!.toString(), /^console=ttyAMA10,115200 [^\n]*\n$/);
});
