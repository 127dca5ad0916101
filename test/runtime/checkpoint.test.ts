/** A state is written to a file as a whole or not at all, comes back as it was, and no file does harm. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { HitlessError, Table } from '../../runtime/index.ts';
import { readCheckpoint, writeCheckpoint } from '../../runtime/state/checkpoint.ts';
import { makeStrict } from '../../runtime/state/table.ts';

const header = { module: 'OSPF', version: '2.0.0', stateVersion: 2, at: 1_700_000_000_000 };

function place(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-checkpoint-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function full() {
  const state: Record<string, unknown> = {
    n: -0,
    big: 12n,
    nothing: undefined,
    not: Number.NaN,
    hole: Object.assign(new Array(3), { 1: 'x' }),
    map: new Map<unknown, unknown>([[{ a: 1 }, new Set(['ü'])]]),
    at: new Date(77),
    bytes: Buffer.from('secret'),
    words: new Uint32Array([1, 2]),
    ['__proto__']: { own: true },
    routes: new Table<string, unknown>([
      ['10.0.0.0/8', { via: ['r0'], bytes: Buffer.from('a') }],
      ['10.1.0.0/16', 7],
    ]),
    numbers: new Table<number | bigint, unknown>([
      [1, 'one'],
      [1n, 'big one'],
    ]),
  };
  state.self = { state: state.map };
  return state;
}

t.test('a state comes back as it was, Tables too', async (t) => {
  const file = join(place(t), 'ospf.checkpoint');
  for (const strict of [false, true]) {
    const state = full();
    if (strict) makeStrict(state.routes as Table<string, unknown>);
    const view = await writeCheckpoint(file, header, state);
    t.strictSame(view, { ...header, bytes: statSync(file).size, file });
    const { state: back, timers, ...rest } = await readCheckpoint(file, 'OSPF');
    t.strictSame(timers, []);
    t.strictSame(rest, view);
    const restored = back as Record<string, Table<string, unknown>>;
    const original = state as typeof restored;
    t.strictSame([...restored.routes!], [...original.routes!]);
    t.strictSame([...restored.numbers!], [...original.numbers!]);
    const { routes: _, numbers: __, ...plain } = restored;
    const { routes: ___, numbers: ____, ...before } = original;
    t.strictSame(plain, before);
    t.ok(Buffer.isBuffer(plain.bytes) && Object.is(plain.n, -0) && !(0 in plain.hole!));
    t.equal((plain.self as unknown as { state: unknown }).state, plain.map, 'what was one stays one');
    restored.routes!.set('x', 1);
  }
  for (const state of [undefined, 5, [1], 'text']) {
    await writeCheckpoint(file, header, state);
    t.strictSame((await readCheckpoint(file, 'OSPF')).state, state);
  }
});

t.test('the state is the one of the call, whatever is written while the file is', async (t) => {
  const file = join(place(t), 'x');
  const state = { list: [1], routes: new Table([['a', 1]]) };
  const writing = writeCheckpoint(file, header, state);
  state.list.push(2);
  state.routes.clear();
  await writing;
  const { state: back } = await readCheckpoint(file, 'OSPF');
  t.match(back, { list: [1] });
  t.equal((back as typeof state).routes.size, 1);
});

t.test('only its owner may read the file, and nothing else is left beside it', async (t) => {
  const directory = place(t);
  const file = join(directory, 'x');
  await writeCheckpoint(file, header, {});
  t.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, 'an older one', { mode: 0o644 });
  chmodSync(file, 0o644);
  await writeCheckpoint(file, header, {});
  t.equal(statSync(file).mode & 0o777, 0o600, 'also in place of another');
  t.strictSame(readdirSync(directory), ['x']);
});

t.test('what cannot be written leaves what was there', async (t) => {
  const directory = place(t);
  const file = join(directory, 'x');
  await writeCheckpoint(file, header, { n: 1 });
  const before = readFileSync(file);
  await t.rejects(writeCheckpoint(file, header, { deep: [() => 1] }), {
    code: 'STATE_NOT_PLAIN',
    message: /OSPF: state\.deep\[0\] is a function/,
  });
  t.ok(readFileSync(file).equals(before));
  mkdirSync(join(directory, 'folder'));
  for (const [where, message] of [
    ['folder', /is a directory, which is not written over/],
    ['none/x', /the checkpoint of OSPF cannot be written: Error: E/],
  ] as const)
    await t.rejects(writeCheckpoint(join(directory, where), header, {}), {
      code: 'CHECKPOINT_UNWRITABLE',
      message,
    });
  t.strictSame(readdirSync(directory).sort(), ['folder', 'x']);
});

t.test('a checkpoint of another module is refused', async (t) => {
  const file = join(place(t), 'x');
  await writeCheckpoint(file, header, {});
  await t.rejects(readCheckpoint(file, 'IP'), {
    code: 'CHECKPOINT_MISMATCH',
    message: `${file}: is a checkpoint of OSPF 2.0.0, not of IP`,
  });
});

t.test('a file that is no checkpoint is refused, whatever it is', async (t) => {
  const directory = place(t);
  const path = (name: string) => join(directory, name);
  mkdirSync(path('folder'));
  writeFileSync(path('empty'), '');
  writeFileSync(path('foreign'), 'x'.repeat(100_000));
  writeFileSync(path('huge'), '');
  truncateSync(path('huge'), 20 * 1024 ** 3);
  writeFileSync(path('huge checkpoint'), 'hitless checkpoint 1\n');
  truncateSync(path('huge checkpoint'), 20 * 1024 ** 3);
  execFileSync('mkfifo', [path('pipe')]);
  const cases: [string, RegExp][] = [
    ['none', /cannot be read: Error: ENOENT/],
    ['folder', /is no file/],
    ['pipe', /is no file/],
    ['empty', /is not a checkpoint, or one of another format/],
    ['foreign', /is not a checkpoint, or one of another format/],
    ['huge', /is not a checkpoint/],
    ['huge checkpoint', /bytes are more than a checkpoint may have/],
  ];
  for (const [name, message] of cases)
    await t.rejects(readCheckpoint(path(name), 'OSPF'), { code: 'CHECKPOINT_UNREADABLE', message }, name);
});

t.test('a file that was cut short, or in which one bit is another, is never taken', async (t) => {
  const file = join(place(t), 'x');
  await writeCheckpoint(file, header, full());
  const good = readFileSync(file);
  const refused = async (bytes: Buffer) => {
    writeFileSync(file, bytes);
    try {
      await readCheckpoint(file, 'OSPF');
    } catch (error) {
      if (error instanceof HitlessError && /^CHECKPOINT_(CORRUPT|UNREADABLE)$/.test(error.code)) return;
      throw error;
    }
    throw new Error('it was taken');
  };
  const flipped = (bit: number) => {
    const bytes = Buffer.from(good);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    return refused(bytes);
  };
  const framing = 8 * good.indexOf('{');
  for (let bit = 0; bit < framing; bit++) await flipped(bit);
  await fc.assert(fc.asyncProperty(fc.integer({ min: framing, max: good.length * 8 - 1 }), flipped), {
    numRuns: 300,
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), (length) => refused(good.subarray(0, length))),
    { numRuns: 100 },
  );
  await refused(Buffer.concat([good, Buffer.from('x')]));
  writeFileSync(file, good.subarray(0, good.length - 5));
  await t.rejects(readCheckpoint(file, 'OSPF'), {
    code: 'CHECKPOINT_CORRUPT',
    message: /5 bytes of it are missing/,
  });
  writeFileSync(file, good);
  t.ok(await readCheckpoint(file, 'OSPF'), 'the whole one is');
});
