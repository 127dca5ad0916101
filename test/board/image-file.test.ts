/** Reading an image: what is sound is unpacked, what is damaged is named, whatever the bytes are. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Bytes } from '../../board/bytes.ts';
import { parseContents } from '../../board/contents.ts';
import { BoardError } from '../../board/errors.ts';
import { Fat } from '../../board/fat.ts';
import { ImageFile } from '../../board/image-file.ts';
import { unpackImage } from '../../board/unpack.ts';
import {
  contentsOf,
  folderOf,
  noise,
  PARTS,
  PLACES,
  patch,
  SIZE,
  sha256,
  skip,
  smallImage,
} from './fixtures/small-image.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/board.mjs', import.meta.url));

function unpack(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'unpack', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** What the check of an image says. */
function complaint(path: string): { code: string; message: string } {
  try {
    const image = new ImageFile(path);
    try {
      image.check();
    } finally {
      image.close();
    }
  } catch (thrown) {
    if (thrown instanceof BoardError) return thrown;
    throw thrown;
  }
  return { code: '', message: 'sound' };
}

/** Where the bytes of a part begin, in a partition of an image. */
function placeOf(path: string, slot: 'a' | 'b', part: string): number {
  const { start, size } = PLACES[slot];
  const at = readFileSync(path)
    .subarray(start, start + size)
    .indexOf(PARTS.get(part)!.subarray(0, 64));
  if (at < 0) throw new Error(`no ${part} in the partition`);
  return start + at;
}

/** A partition in memory. */
class Memory implements Bytes {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(at: number, length: number): Buffer {
    if (at < 0 || at + length > this.size) throw new BoardError('IMAGE_DAMAGED', `${at} + ${length}`);
    return this.bytes.subarray(at, at + length);
  }
}

/** Reads all that is there. Answers the code of the error, if there was one; throws any that has no code of ours. */
function readAll(bytes: Buffer): string | undefined {
  try {
    const fat = new Fat(new Memory(bytes), 'garbage');
    for (const file of fat.files()) for (const _ of fat.pieces(file));
    return undefined;
  } catch (thrown) {
    if (thrown instanceof BoardError) return thrown.code;
    throw thrown;
  }
}

t.test('unpack writes the list and every part, and says on one line what they are', { skip }, async (t) => {
  const folder = folderOf(t);
  const into = join(folder, 'new/folder');
  const { status, stdout, stderr } = unpack(smallImage(folder), '--into', into);
  t.equal(status, 0, stderr);
  const parts = [...PARTS].map(([name, bytes]) => ({ name, size: bytes.length, sha256: sha256(bytes) }));
  const told = { board: 'virt', hitless: '0.1.0', linux: '6.1.0-9-arm64', node: '24.0.0', parts };
  t.equal(stdout, `${JSON.stringify(told)}\n`);
  t.same(readdirSync(into).sort(), [...PARTS.keys(), 'contents.txt'].sort());
  for (const [name, bytes] of PARTS) t.ok(readFileSync(join(into, name)).equals(bytes), name);
  t.equal(readFileSync(join(into, 'contents.txt'), 'utf8'), contentsOf(PARTS));
});

t.test('a part that was changed is named with its slot', { skip }, async (t) => {
  const folder = folderOf(t);
  const path = smallImage(folder);
  patch(path, placeOf(path, 'b', 'base') + 1_234_567, Buffer.from([0]));
  t.match(complaint(path), { code: 'IMAGE_DAMAGED', message: /slot b: .* part base has SHA-256 / });
  t.equal(unpack(path, '--into', join(folder, 'a')).status, 0, 'unpacking takes slot a');
  patch(path, placeOf(path, 'a', 'app') + 69_999, Buffer.from([0]));
  t.match(complaint(path), { code: 'IMAGE_DAMAGED', message: /slot a: .* part app has SHA-256 / });
});

t.test('an unpacking that fails leaves the folder as it was', { skip }, async (t) => {
  const folder = folderOf(t);
  const path = smallImage(folder);
  const into = join(folder, 'into');
  unpackImage(path, into);
  const before = readFileSync(join(into, 'contents.txt'), 'utf8');
  patch(path, placeOf(path, 'a', 'app'), Buffer.from([0]));
  const failed = unpack(path, '--into', into);
  t.match(failed, { status: 2, stdout: '', stderr: /^hitless: IMAGE_DAMAGED: .*slot a: .* part app / });
  t.equal(readFileSync(join(into, 'contents.txt'), 'utf8'), before);
  t.ok(readFileSync(join(into, 'app')).equals(PARTS.get('app')!));

  const untouched = join(folder, 'untouched');
  t.equal(unpack(path, '--into', untouched).status, 2);
  t.notOk(existsSync(untouched), 'it is not even made');
});

t.test('a folder that cannot be one is refused', { skip }, async (t) => {
  const folder = folderOf(t);
  const path = smallImage(folder);
  t.match(unpack(path, '--into', path), { status: 2, stderr: /^hitless: FOLDER_UNUSABLE: --into / });
  // The place of a part is taken: nothing half done stays.
  mkdirSync(join(folder, 'into/app.partial'), { recursive: true });
  t.match(unpack(path, '--into', join(folder, 'into')), { status: 2, stderr: /^hitless: FOLDER_UNUSABLE: / });
  t.same(readdirSync(join(folder, 'into')), ['app.partial']);
});

t.test('unpack says what it needs', async (t) => {
  t.match(unpack(), { status: 2, stderr: /^hitless: USAGE: .*unpack IMAGE --into FOLDER/ });
  t.match(unpack('x', 'y', '--into', 'z'), { status: 2, stderr: /^hitless: USAGE: "y"/ });
});

t.test('an image that is cut off or has something behind it is not whole', { skip }, async (t) => {
  const path = smallImage(folderOf(t));
  t.equal(complaint(path).message, 'sound');
  truncateSync(path, SIZE - 1);
  t.match(complaint(path), {
    code: 'IMAGE_DAMAGED',
    message: /is cut off: it has 83886079 bytes of 83886080/,
  });
  truncateSync(path, SIZE + 7);
  t.match(complaint(path), { code: 'IMAGE_DAMAGED', message: /has 7 bytes after .*truncate -s 83886080 / });
});

t.test('another format is no image, and what compresses one is named', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'x.img');
  const cases: [bytes: Buffer, says: RegExp][] = [
    [Buffer.alloc(0), /it has 0 bytes/],
    [Buffer.alloc(1 << 20), /has not the signature/],
    [noise(1, 5000), /has not the signature/],
    [gzipSync(noise(1, 5000)), /compressed with gzip; unpack it first: gunzip /],
  ];
  for (const [bytes, says] of cases) {
    writeFileSync(path, bytes);
    t.match(complaint(path), { code: 'IMAGE_FOREIGN', message: says });
  }
  t.match(complaint(folder), { code: 'IMAGE_MISSING', message: /is a directory/ });
  t.match(complaint(join(folder, 'none.img')), { code: 'IMAGE_MISSING', message: /none\.img: / });
});

t.test('a damaged partition table is refused, also one that leads out of the file', { skip }, async (t) => {
  const folder = folderOf(t);
  const cases: [at: number, bytes: number[], code: string][] = [
    [446 + 4, [0x83], 'IMAGE_DAMAGED'],
    [446 + 16 + 8, [1, 0, 0, 0], 'IMAGE_DAMAGED'],
    [446 + 32 + 12, [0, 0, 0, 0], 'IMAGE_DAMAGED'],
    [446 + 48 + 12, [0xff, 0xff, 0xff, 0xff], 'IMAGE_DAMAGED'],
    [440, [0, 0, 0, 0], 'IMAGE_FOREIGN'],
    [510, [0], 'IMAGE_FOREIGN'],
  ];
  const path = smallImage(folder);
  const table = readFileSync(path).subarray(0, 512);
  for (const [at, bytes, code] of cases) {
    patch(path, at, Buffer.from(bytes));
    t.equal(complaint(path).code, code, `at ${at}`);
    patch(path, 0, table);
  }
  // The entry of its only folder.
  patch(path, readFileSync(path).indexOf('GRUB    ', PLACES.boot.start), Buffer.from([0xe5]));
  t.match(complaint(path), { code: 'IMAGE_DAMAGED', message: /the boot partition is empty/ });
  patch(path, PLACES.boot.start, Buffer.alloc(512));
  t.match(complaint(path), { code: 'FAT_INVALID', message: /boot partition: / });
});

t.test('a copy of a medium that was booted is an image, too', { skip }, async (t) => {
  const path = smallImage(folderOf(t));
  // Its first boot gives a medium an identifier of its own.
  patch(path, 440, Buffer.from('1f2e3d4c', 'hex'));
  t.equal(complaint(path).message, 'sound');
});

t.test('a list that does not fit the slot is told with the part', { skip }, async (t) => {
  const folder = folderOf(t);
  const list = contentsOf(PARTS);
  const cases: [contents: string, code: string, says: RegExp][] = [
    [`${list}part gone 3 ${'0'.repeat(64)}\n`, 'IMAGE_DAMAGED', /slot a: .*part gone is missing/],
    [
      list.replace('part app 70000', 'part app 70001'),
      'IMAGE_DAMAGED',
      /part app has 70000 bytes, and .* 70001/,
    ],
    [list.replace('part kernel', 'part ../kernel'), 'CONTENTS_INVALID', /slot a: contents\.txt:5: /],
  ];
  for (const [contents, code, says] of cases)
    t.match(complaint(smallImage(folder, { contents })), { code, message: says });
  // The entry of the directory is marked as deleted.
  const path = smallImage(folder);
  const at = readFileSync(path).indexOf('CONTENTSTXT', PLACES.a.start);
  patch(path, at, Buffer.from([0xe5]));
  t.match(complaint(path), { code: 'IMAGE_DAMAGED', message: /slot a: .*there is no contents\.txt/ });
});

t.test('each line of a list that is not understood is told by its number', async (t) => {
  const list = contentsOf(new Map([['app', Buffer.from('app')]]));
  t.match(parseContents(list, 'x'), {
    board: 'virt',
    parts: [{ name: 'app', size: 3 }],
    inputs: [/^npm arm64 node/],
  });
  const cases: [from: string | RegExp, to: string, says: RegExp][] = [
    ['board virt\n', '', /has no line "board …"/],
    ['board virt', 'board virt\nboard pc', /:2: board is there already/],
    ['linux 6', 'linux \u001b[2J6', /:3: this line is not understood: "linux \\u001b\[2J6/],
    ['node ', 'nude ', /:4: this line is not understood: "nude 24/],
    [/part .*\n/, '', /lists no part/],
    ['app 3', 'app -3', /:5: no "part NAME SIZE SHA256"/],
    ['part app', 'part .app', /:5: no "part/],
    ['part app', 'part contents.TXT', /:5: contents\.TXT is listed already/],
    [/(part .*\n)/, '$1$1', /:6: app is listed already/],
    ['input npm', 'input \u0007', /:6: this line/],
    [/\n$/, '', /does not end with a whole line/],
    [list, '', /does not end with a whole line/],
  ];
  for (const [from, to, says] of cases) {
    const text = list.replace(from, to);
    const message = new RegExp(`^x\\.img, slot a: contents\\.txt${says.source.replace(/^(?!:)/, '.*')}`);
    t.throws(() => parseContents(text, 'x.img, slot a'), { code: 'CONTENTS_INVALID', message });
  }
});

t.test(
  'files are found by long and short names in any case, in whatever clusters they lie',
  { skip },
  async (t) => {
    const image = new ImageFile(smallImage(folderOf(t)));
    t.teardown(() => image.close());
    const { contents } = image.slot('a');
    t.same(
      contents.parts.map(({ name }) => name),
      [...PARTS.keys()],
    );

    // One file in two pieces that lie apart: two short ones are written, one is deleted, a longer one takes its place.
    const bytes = readFileSync(image.path).subarray(PLACES.a.start, PLACES.a.start + PLACES.a.size);
    const fat = new Fat(new Memory(bytes), 'x');
    const read = (name: string) => Buffer.concat([...fat.pieces(fat.file(name)!)]);
    for (const [name, expected] of PARTS) t.ok(read(name.toUpperCase()).equals(expected), name);
    const { cluster, size } = fat.file('base')!;
    const free = bytes.length - 512 * Math.ceil(size / 512) - 512 * 100;
    const data = bytes.indexOf(PARTS.get('base')!.subarray(0, 64)) - (cluster - 2) * 512;
    const moved = Math.floor((free - data) / 512) + 2;
    const table = 32 * 512;
    const half = 1000;
    bytes.copy(
      bytes,
      data + (moved - 2) * 512,
      data + (cluster - 2 + half) * 512,
      data + (cluster - 2) * 512 + size,
    );
    bytes.fill(0xaa, data + (cluster - 2 + half) * 512, data + (cluster - 2) * 512 + size);
    bytes.writeUInt32LE(moved, table + 4 * (cluster + half - 1));
    for (let one = moved; one < moved + Math.ceil(size / 512) - half; one++)
      bytes.writeUInt32LE(one + 1, table + 4 * one);
    const apart = new Fat(new Memory(bytes), 'x');
    t.ok(Buffer.concat([...apart.pieces(apart.file('base')!)]).equals(PARTS.get('base')!), 'in two pieces');
  },
);

t.test(
  'a chain of clusters that goes in a circle, ends early or leads away is refused',
  { skip },
  async (t) => {
    const image = readFileSync(smallImage(folderOf(t)));
    const sound = image.subarray(PLACES.a.start, PLACES.a.start + PLACES.a.size);
    const table = sound.readUInt16LE(14) * 512;
    const root = sound.readUInt32LE(44);
    const { cluster, size } = new Fat(new Memory(sound), 'x').file('base')!;
    const cases: [what: string, at: number, value: number, says: RegExp][] = [
      ['the root directory is a circle', root, root, /root directory does not end/],
      ['the root directory leads away', root, 0x0700_0000, /root directory goes on in cluster 117440512/],
      ['a file ends early', cluster + 9, 0x0fff_ffff, /BASE ends before its size/i],
      ['a file leads to where nothing is', cluster + 9, 1, /BASE goes on in cluster 1,/i],
    ];
    for (const [what, at, value, says] of cases) {
      const bytes = Buffer.from(sound);
      bytes.writeUInt32LE(value, table + 4 * at);
      t.throws(
        () => {
          const fat = new Fat(new Memory(bytes), 'x.img, slot a');
          for (const _ of fat.pieces(fat.file('base')!));
        },
        { code: 'FAT_INVALID', message: says },
        what,
      );
    }
    // Bounded by the file's size: other bytes, and the hash will tell.
    const circle = Buffer.from(sound);
    circle.writeUInt32LE(cluster, table + 4 * (cluster + 9));
    const fat = new Fat(new Memory(circle), 'x');
    t.equal(Buffer.concat([...fat.pieces(fat.file('base')!)]).length, size);
  },
);

t.test(
  'whatever bytes stand for a file system, reading it ends, with an error of ours or none',
  { skip },
  async (t) => {
    const folder = folderOf(t);
    const seed = Math.floor(Math.random() * 2 ** 31);
    t.comment(`seed ${seed}`);
    let state = seed;
    const below = (limit: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    for (let i = 0; i < 50; i++)
      t.ok(readAll(noise(seed + i, 1 + below(20_000))), `noise ${i} is no file system`);

    const image = readFileSync(smallImage(folder));
    let refused = 0;
    for (const { start, size } of [PLACES.boot, PLACES.a]) {
      const bytes = image.subarray(start, start + size);
      // All that is there but data: boot sector, tables, the root directory.
      const head = bytes.readUInt16LE(14) * 512;
      for (let i = 0; i < 300; i++) {
        const changes = Array.from({ length: 1 + below(4) }, (): [number, number] => {
          const at = [below(64), head + below(400), below(size)][below(3)]!;
          return [at, bytes[at]!];
        });
        for (const [at] of changes) bytes[at] = below(256);
        if (readAll(bytes) !== undefined) refused += 1;
        for (const [at, old] of changes.reverse()) bytes[at] = old;
      }
      t.equal(readAll(bytes), undefined, 'unchanged, it is sound');
    }
    t.ok(refused > 50, `${refused} of 600 were refused`);
  },
);
