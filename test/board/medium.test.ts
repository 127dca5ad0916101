/** Media that fail: one that gives back other bytes than it took, one that breaks, one that is taken out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { flash, type Source } from '../../board/flash.ts';
import { type Medium, OpenMedium } from '../../board/medium.ts';
import { loopDevice, skipLoop } from './fixtures/disks.ts';
import { folderOf, noise, patch, sha256 } from './fixtures/small-image.ts';

const MIB = 1 << 20;
const SIZE = 13 * MIB + 512;

/** With zeros in the middle. */
const BYTES = Buffer.concat([noise(1, 5 * MIB), Buffer.alloc(4 * MIB), noise(2, 4 * MIB + 512)]);
const source: Source = {
  path: 'x.img',
  size: SIZE,
  read: (at, length) => BYTES.subarray(at, at + length),
};

const OLD = noise(3, SIZE);

/** A used card, in memory. */
class Card implements Medium {
  readonly path = '/dev/card';
  readonly blankFrom = Number.POSITIVE_INFINITY;
  readonly bytes = Buffer.from(OLD);
  /** Where each write began. */
  readonly writes: number[] = [];
  flushes = 0;

  async write(bytes: Buffer, at: number): Promise<void> {
    this.writes.push(at);
    bytes.copy(this.bytes, at);
  }

  async flush(): Promise<void> {
    this.flushes += 1;
  }

  async read(at: number, length: number): Promise<Buffer> {
    return this.bytes.subarray(at, at + length);
  }

  async close(): Promise<void> {}

  get isBlank(): boolean {
    return this.bytes.subarray(0, 4 * MIB).equals(Buffer.alloc(4 * MIB));
  }
}

const silent = { write: () => {} };
const options = { output: silent, signal: new AbortController().signal };

t.test('the beginning of a medium is blank until all the rest is on it', async (t) => {
  const card = new Card();
  const blankAt: boolean[] = [];
  card.flush = async () => void blankAt.push(card.isBlank);
  t.equal(await flash(source, card, options), sha256(BYTES));
  t.ok(card.bytes.equals(BYTES), 'old data was written over with zeros, too');
  t.same(card.writes, [0, 4 * MIB, 8 * MIB, 12 * MIB, 0]);
  t.same(blankAt, [true, true, false]);
});

t.test('a medium that gives back other bytes than were written is found out, with their place', async (t) => {
  for (const at of [0, 6 * MIB, SIZE - 1]) {
    const card = new Card();
    const read = card.read.bind(card);
    card.read = async (from, length) => {
      const bytes = Buffer.from(await read(from, length));
      if (at >= from && at < from + length) bytes[at - from]! ^= 1;
      return bytes;
    };
    const piece = 4 * MIB * Math.floor(at / (4 * MIB));
    const message = `/dev/card is not bootable: it does not give back what was written, first between byte ${piece} and `;
    await t.rejects(flash(source, card, options), { code: 'FLASH_DIFFERS', message: new RegExp(message) });
    t.ok(card.isBlank, 'nobody can take it for a good one');
  }
});

t.test('a medium that is smaller than it says is found out', async (t) => {
  const card = new Card();
  const real = 6 * MIB;
  card.write = async (bytes, at) => void bytes.copy(card.bytes, at % real);
  card.read = async (at, length) => card.bytes.subarray(at % real, (at % real) + length);
  await t.rejects(flash(source, card, options), { code: 'FLASH_DIFFERS' });
});

t.test('a medium that ends early gives fewer bytes, which are not enough', async (t) => {
  const card = new Card();
  const read = card.read.bind(card);
  card.read = (at, length) => read(at, Math.min(length, SIZE - 512 - at));
  await t.rejects(flash(source, card, options), {
    code: 'FLASH_DIFFERS',
    message: /between byte 12582912 and/,
  });
});

t.test('a medium that breaks while it is written, synced or read is told as not bootable', async (t) => {
  for (const step of ['write', 'flush', 'read'] as const) {
    const card = new Card();
    const works = card[step].bind(card) as (...args: unknown[]) => Promise<never>;
    let calls = 0;
    const breaks = (...args: unknown[]) =>
      ++calls === 2 ? Promise.reject(new Error('EIO: i/o error')) : works(...args);
    Object.assign(card, { [step]: breaks });
    await t.rejects(
      flash(source, card, options),
      {
        code: 'FLASH_FAILED',
        message: '/dev/card is not bootable: EIO: i/o error. Flash it again before it is used',
      },
      step,
    );
    t.ok(card.isBlank);
  }
  const gone = new Card();
  gone.write = () => Promise.reject(new Error('ENODEV: no such device'));
  await t.rejects(flash(source, gone, options), { code: 'FLASH_FAILED', message: /ENODEV/ });
});

t.test('an interrupt ends between two pieces, while it writes and while it verifies', async (t) => {
  const cases = [
    ['write', /it was interrupted, \d+ % were written/],
    ['read', /it was interrupted, it was written, but not verified/],
  ] as const;
  for (const [step, message] of cases) {
    const card = new Card();
    const interrupt = new AbortController();
    const works = card[step].bind(card) as (...args: unknown[]) => Promise<never>;
    let calls = 0;
    const interrupted = (...args: unknown[]) => {
      if (++calls === 2) interrupt.abort();
      return works(...args);
    };
    Object.assign(card, { [step]: interrupted });
    const flashing = flash(source, card, { output: silent, signal: interrupt.signal });
    await t.rejects(flashing, { code: 'FLASH_INTERRUPTED', message });
    t.ok(card.isBlank);
  }
});

t.test('an image that changes while it is written is not called equal', async (t) => {
  const bytes = Buffer.from(BYTES);
  const changing: Source = { ...source, read: (at, length) => Buffer.from(bytes.subarray(at, at + length)) };
  const card = new Card();
  card.flush = async () => {
    // The same change on both: only the sum over what was written tells.
    if (card.isBlank) return;
    bytes[7 * MIB] = card.bytes[7 * MIB] = 1;
  };
  await t.rejects(flash(changing, card, options), { code: 'FLASH_DIFFERS', message: /x\.img has changed/ });
});

t.test('what another program changes on a file after it was written is found out', async (t) => {
  const path = join(folderOf(t), 'medium');
  const medium = await OpenMedium.file(path, SIZE);
  t.teardown(() => medium.close());
  const flush = medium.flush.bind(medium);
  let flushes = 0;
  medium.flush = async () => {
    await flush();
    // Through the page cache, as it would be by any other program.
    if (++flushes === 3) patch(path, 9 * MIB + 5, Buffer.from([0]));
  };
  await t.rejects(flash(source, medium, options), {
    code: 'FLASH_DIFFERS',
    message: /between byte 8388608 and/,
  });
  t.ok(readFileSync(path).subarray(0, MIB).equals(Buffer.alloc(MIB)));
});

t.test(
  'a disk is read from the medium, and not from what this machine remembers of it',
  { skip: skipLoop },
  async (t) => {
    const { device, backing } = loopDevice(t, folderOf(t), 16 * MIB);
    const medium = await OpenMedium.disk(device);
    t.teardown(() => medium.close());
    await medium.write(BYTES, 0);
    await medium.flush();
    t.ok((await medium.read(0, 4 * MIB)).equals(BYTES.subarray(0, 4 * MIB)));
    // Behind the device's back: its page cache still has what was written.
    patch(backing, 5000, Buffer.from([0]));
    t.equal(readFileSync(device)[5000], BYTES[5000]);
    t.equal((await medium.read(0, 4 * MIB))[5000], 0);
    await t.rejects(OpenMedium.disk(device), { code: 'TARGET_BUSY' }, 'and nobody else opens it');
  },
);

t.test('a new file is as long as the image, also where that ends with zeros', async (t) => {
  const path = join(folderOf(t), 'medium');
  const bytes = Buffer.concat([BYTES, Buffer.alloc(9 * MIB)]);
  const medium = await OpenMedium.file(path, bytes.length);
  t.teardown(() => medium.close());
  const ending: Source = {
    path: 'x.img',
    size: bytes.length,
    read: (at, length) => bytes.subarray(at, at + length),
  };
  t.equal(await flash(ending, medium, options), sha256(bytes));
  t.ok(readFileSync(path).equals(bytes));
});
