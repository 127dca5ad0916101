/** A module's state is written to a file, the module is removed, and comes back with it, as the same version or a later one. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Change, TransactionReport } from '../../runtime/index.ts';
import { type Source, sleep, turns, Workshop } from './workshop.ts';

const BY = { command: 'checkpoint', by: 'test' };
const SECRET = 'xyzzy-in-clear';

const peers = (version: string, state = '{ version: 1, tables: { peers: {} } }', methods = ''): Source => ({
  name: 'P',
  version,
  manifest: `accepts: { put: [1], show: [1] }, timers: ['beat'], state: ${state}`,
  head: `const { Table } = require('hitless/runtime');`,
  methods: `initial(config) { return { n: 0, starts: [], auth: { password: '${SECRET}' }, pin: '${SECRET}', config, peers: new Table() }; }
    ${/(^|\s)start\(/.test(methods) ? '' : `start(why) { this.why = why; if (why !== 'upgrade') this.ctx.setTimer('beat', '', 3_600_000); }`}
    onBeat() {} onPut({ body: [key, row] }) { this.state.n++; this.state.peers.set(key, row); }
    onShow() { const { peers, ...rest } = this.state; return { ...rest, why: this.why, peers: [...peers], beats: this.ctx.timerDue('beat') !== undefined }; } ${methods}`,
});
const TWO = (up = `(old) => ({ ...old, n: old.n * 10, era: 2 })`, row = `(row) => ({ two: row.v })`) =>
  `{ version: 2, tables: { peers: { up: { 1: ${row} } } }, up: { 1: ${up} }, secrets: ['pin'] }`;

const show = (shop: Workshop) => shop.runtime.ask<Record<string, unknown>>('P', 'show');
const run = (shop: Workshop, ...changes: Change[]): Promise<TransactionReport> =>
  shop.runtime.run(changes, BY);

async function left(
  t: Test,
  options = {},
): Promise<{ shop: Workshop; file: string; was: Record<string, unknown> }> {
  const shop = new Workshop(t, options);
  await shop.add('P', shop.bundle(peers('1.0.0')), { who: 'me' });
  for (let i = 0; i < 50; i++) shop.runtime.send('P', 'put', [`k${i}`, { v: i }]);
  const was = await show(shop);
  const file = join(shop.directory, 'p.checkpoint');
  const view = await shop.runtime.checkpoint('P', file);
  t.match(view, { module: 'P', version: '1.0.0', stateVersion: 1, file, bytes: statSync(file).size });
  t.equal(statSync(file).mode & 0o777, 0o600, 'only its owner may read it: secrets are in it');
  t.ok(readFileSync(file).includes(SECRET));
  shop.runtime.send('P', 'put', ['later', { v: -1 }]);
  await turns();
  await run(shop, { change: 'remove', module: 'P' });
  t.equal(shop.view('P'), undefined);
  return { shop, file, was };
}

for (const [mode, development] of [
  ['development', true],
  ['production', false],
] as const) {
  t.test(`it comes back as it was at the checkpoint (${mode})`, async (t) => {
    const { shop, file, was } = await left(t, { development });
    const report = await run(shop, { change: 'add', module: 'P', bundle: 'p@1.0.0', checkpoint: file });
    t.equal(report.outcome, 'committed', report.reason);
    t.strictSame(await show(shop), { ...was, why: 'resume', beats: true });
    shop.runtime.send('P', 'put', ['k1', { v: 'new' }]);
    t.match(await show(shop), { n: 51 });
    t.equal((await shop.replace('P', shop.bundle(peers('1.1.0')))).outcome, 'committed', 'and is swapped');
    t.equal(
      (await shop.replace('P', shop.bundle(peers('2.0.0', TWO())))).outcome,
      'committed',
      'and carried',
    );
    t.match(await show(shop), { n: 510, era: 2 });
  });

  t.test(`a later version carries it over, the rows too (${mode})`, async (t) => {
    const { shop, file, was } = await left(t, { development });
    const bundle = shop.bundle(peers('2.0.0', TWO()));
    const report = await run(shop, { change: 'add', module: 'P', bundle, checkpoint: file });
    t.equal(report.outcome, 'committed', report.reason);
    const { peers: rows, ...rest } = await show(shop);
    const { peers: before, why: _, ...plain } = was as { peers: [string, { v: number }][]; why: string };
    t.strictSame(rest, { ...plain, n: 500, era: 2, why: 'resume' });
    t.same(
      rows,
      before.map(([key, { v }]) => [key, { two: v }]),
    );
    t.equal(shop.view('P').stateVersion, 2);
    await shop.runtime.rollback(BY);
    t.equal(shop.view('P'), undefined);
  });

  const BAD: [string, Source, RegExp][] = [
    [
      'the handler throws',
      peers('2.0.0', TWO(`() => { throw new Error('no way'); }`)),
      /p\.checkpoint: a state handler of p@2\.0\.0 threw Error: no way/,
    ],
    [
      'the handler spins',
      peers('2.0.0', TWO(`() => { for (;;); }`)),
      /p\.checkpoint.*did not return within 200 ms/s,
    ],
    [
      'a row handler throws',
      peers(
        '2.0.0',
        TWO(undefined, `(row, key) => { if (key === 'k7') throw new Error('odd'); return row; }`),
      ),
      /table "peers", key "k7".*odd/,
    ],
    [
      'a row handler spins',
      peers('2.0.0', TWO(undefined, `(row, key) => { if (key === 'k7') for (;;); return row; }`)),
      /did not return within 200 ms/,
    ],
    [
      'a row handler gives nothing',
      peers('2.0.0', TWO(undefined, `() => undefined`)),
      /table "peers", key "k0": its row handler returned nothing/,
    ],
  ];
  for (const [what, source, message] of BAD) {
    t.test(`it is refused when ${what} (${mode})`, async (t) => {
      const { shop, file } = await left(t, { development, preparation: 200 });
      const changes: Change[] = [
        { change: 'add', module: 'P', bundle: shop.bundle(source), checkpoint: file },
      ];
      const before = shop.runtime.history.length;
      for (const thrown of [
        await run(shop, ...changes).catch((error: Error) => error),
        await shop.runtime.check(changes, BY).catch((error: Error) => error),
      ])
        t.match(thrown, { name: 'HitlessError', code: /^(HOOK_THREW|HOOK_CUT|STATE_KIND)$/, message });
      t.equal(shop.view('P'), undefined);
      t.equal(shop.runtime.history.length, before, 'nothing was begun');
      t.equal(
        (await run(shop, { change: 'add', module: 'P', bundle: 'p@1.0.0', checkpoint: file })).outcome,
        'committed',
        'the version of before takes it',
      );
    });
  }

  t.test(`start fails with it, and the file is as good as before (${mode})`, async (t) => {
    const { shop, file, was } = await left(t, { development });
    const bad = peers(
      '1.1.0',
      undefined,
      `start() { this.state.n = 99; this.state.peers.clear(); throw new Error('no'); }`,
    );
    const report = await run(shop, {
      change: 'add',
      module: 'P',
      bundle: shop.bundle(bad),
      checkpoint: file,
    });
    t.match(report, { outcome: 'aborted', reason: /P voted NO: Error: no/ });
    t.equal(shop.view('P'), undefined);
    await run(shop, { change: 'add', module: 'P', bundle: 'p@1.0.0', checkpoint: file });
    t.strictSame(await show(shop), { ...was, why: 'resume' });
  });
}

t.test('what is not its checkpoint is refused, and nothing is changed', async (t) => {
  const { shop, file } = await left(t);
  await shop.add('Q', shop.bundle({ name: 'Q', version: '1.0.0' }));
  const other = join(shop.directory, 'q.checkpoint');
  await shop.runtime.checkpoint('Q', other);
  const bytes = readFileSync(file);
  const flipped = Buffer.from(bytes);
  flipped[bytes.length - 9]! ^= 1;
  const newer = await (async () => {
    await shop.add('P', shop.bundle(peers('2.0.0', TWO())));
    const at = join(shop.directory, 'newer.checkpoint');
    await shop.runtime.checkpoint('P', at);
    await run(shop, { change: 'remove', module: 'P' });
    return at;
  })();
  const cases: [string, string, RegExp][] = [
    [other, 'CHECKPOINT_MISMATCH', /is a checkpoint of Q 1\.0\.0, not of P/],
    [shop.file('flipped', flipped), 'CHECKPOINT_CORRUPT', /flipped: is damaged/],
    [shop.file('short', bytes.subarray(0, -1)), 'CHECKPOINT_CORRUPT', /1 bytes of it are missing/],
    [shop.file('long', Buffer.concat([bytes, Buffer.from('x')])), 'CHECKPOINT_CORRUPT', /is damaged/],
    [shop.file('empty', ''), 'CHECKPOINT_UNREADABLE', /is not a checkpoint/],
    [join(shop.directory, 'none'), 'CHECKPOINT_UNREADABLE', /ENOENT/],
    [shop.directory, 'CHECKPOINT_UNREADABLE', /is no file/],
    [newer, 'STATE_NO_HANDLER', /has state version 2, p@1\.0\.0 has 1 and cannot know what came later/],
  ];
  const seen = () => ({
    modules: shop.runtime.modules(),
    versions: shop.runtime.versions(),
    history: shop.runtime.history.length,
    names: shop.runtime.nameTable(),
  });
  const before = seen();
  for (const [checkpoint, code, message] of cases) {
    const change: Change = { change: 'add', module: 'P', bundle: 'p@1.0.0', checkpoint };
    await t.rejects(run(shop, change), { code, message }, checkpoint);
    await t.rejects(run(shop, { change: 'remove', module: 'Q' }, change), { code }, 'in a group too');
    await t.rejects(shop.runtime.check([change], BY), { code });
  }
  t.same(seen(), before);
  const good: Change = { change: 'add', module: 'P', bundle: 'p@1.0.0', checkpoint: file };
  t.equal(
    (await run(shop, { change: 'remove', module: 'Q' }, good)).outcome,
    'committed',
    'the good one is taken',
  );
});

t.test('a checkpoint that cannot be written leaves nothing, and the old file as it was', async (t) => {
  const shop = new Workshop(t);
  await shop.add('P', shop.bundle(peers('1.0.0')));
  await t.rejects(shop.runtime.checkpoint('P', join(shop.directory, 'none/p')), {
    code: 'CHECKPOINT_UNWRITABLE',
  });
  await t.rejects(shop.runtime.checkpoint('P', shop.directory), { code: 'CHECKPOINT_UNWRITABLE' });
  await t.rejects(shop.runtime.checkpoint('NONE', join(shop.directory, 'p')), { code: 'MODULE_UNKNOWN' });
  const odd = peers('2.0.0', undefined, `onShow() { this.state.f = () => 1; }`);
  const file = join(shop.directory, 'p');
  writeFileSync(file, 'before');
  const production = new Workshop(t, { development: false });
  await production.add('P', production.bundle(odd));
  await show(production);
  await t.rejects(production.runtime.checkpoint('P', file), { code: 'STATE_NOT_PLAIN', message: /state\.f/ });
  t.equal(readFileSync(file, 'utf8'), 'before');
});

t.test('a checkpoint is taken when no handler is in the middle of its work, or not at all', async (t) => {
  const shop = new Workshop(t, { preparation: 100 });
  const slow: Source = {
    name: 'L',
    version: '1.0.0',
    manifest: `accepts: { work: [1], show: [1] }`,
    methods: `initial() { return { a: 0, b: 0 }; } *onWork({ body }) { for (let i = 0; i < body; i++) { this.state.a++; yield 'slice'; this.state.b++; } } onShow() { return this.state; }`,
  };
  await shop.add('L', shop.bundle(slow));
  const file = join(shop.directory, 'l');
  shop.runtime.preparation = 60_000;
  shop.runtime.send('L', 'work', 30);
  await turns(5);
  await shop.runtime.checkpoint('L', file);
  const kept = (await shop.runtime.ask('L', 'show')) as { a: number; b: number };
  await run(shop, { change: 'remove', module: 'L' });
  await run(shop, { change: 'add', module: 'L', bundle: 'l@1.0.0', checkpoint: file });
  const { a, b } = (await shop.runtime.ask('L', 'show')) as { a: number; b: number };
  t.equal(a, b, 'not in the middle');
  t.ok(a > 0 && a <= kept.a);
  shop.runtime.preparation = 50;
  shop.runtime.send('L', 'work', 1e9);
  await sleep(5);
  await t.rejects(shop.runtime.checkpoint('L', file), {
    code: 'NOT_QUIESCENT',
    message: /L was not idle within 50 ms/,
  });
});

t.test(
  'timers go on where they were, unless start arms them anew or the version has them no more',
  async (t) => {
    const shop = new Workshop(t);
    const timed = (version: string, timers = `['a', 'b', 'gone']`, methods = ''): Source => ({
      name: 'T',
      version,
      manifest: `accepts: { arm: [1], due: [1] }, timers: ${timers}`,
      methods: `initial() { return { beats: [] }; } onA({ body }) { this.state.beats.push(body); } onB() {} onGone() {}
      onArm() { this.ctx.setTimer('a', 'x', 30, { every: 3_600_000, body: { of: 'a' } }); this.ctx.setTimer('b', '', 3_600_000); this.ctx.setTimer('gone', '', 3_600_000); }
      onDue() { return { beats: this.state.beats, a: this.ctx.timerDue('a', 'x'), b: this.ctx.timerDue('b') }; } ${methods}`,
    });
    await shop.add('T', shop.bundle(timed('1.0.0')));
    shop.runtime.send('T', 'arm');
    await turns();
    const file = join(shop.directory, 't');
    await shop.runtime.checkpoint('T', file);
    await run(shop, { change: 'remove', module: 'T' });
    await sleep(60);
    const next = timed(
      '1.1.0',
      `['a', 'b']`,
      `start(why) { if (why === 'resume') this.ctx.setTimer('b', '', 1_000_000); }`,
    );
    await run(shop, { change: 'add', module: 'T', bundle: shop.bundle(next), checkpoint: file });
    type Due = { beats: unknown[]; a: number; b: number };
    let due = await shop.runtime.ask<Due>('T', 'due');
    for (let i = 0; i < 1000 && due.beats.length === 0; i++) {
      await sleep(5);
      due = await shop.runtime.ask<Due>('T', 'due');
    }
    t.strictSame(due.beats, [{ of: 'a' }], 'it came when the rest of its time was over');
    t.ok(due.a > 3_500_000 && due.a <= 3_600_000, 'and is armed again');
    t.ok(due.b <= 1_000_000, 'start has the last word');
    t.equal(shop.view('T').timers.length, 2);
    t.strictSame(
      shop.log.filter(({ level }) => level === 'error'),
      [],
    );
  },
);

t.test('what is shown of a state hides its secrets, also those that only the manifest names', async (t) => {
  const shop = new Workshop(t);
  await shop.add('P', shop.bundle(peers('2.0.0', TWO())));
  shop.runtime.send('P', 'put', ['k', { 'auth-key': SECRET, list: [{ pin: SECRET }], v: 5 }]);
  await turns();
  const view = shop.runtime.state('P');
  t.match(view, { module: 'P', version: '2.0.0', stateVersion: 2 });
  t.strictSame(view.state, {
    n: 1,
    starts: [],
    auth: { password: '<hidden>' },
    pin: '<hidden>',
    config: undefined,
    peers: { k: { 'auth-key': '<hidden>', list: [{ pin: '<hidden>' }], v: 5 } },
  });
  t.notMatch(JSON.stringify(view), SECRET);
  t.match(JSON.stringify(await show(shop)), SECRET, 'the module itself has them');
  t.throws(() => shop.runtime.state('NONE'), { code: 'MODULE_UNKNOWN' });
  await shop.replace('P', shop.bundle(peers('2.1.0', `{ version: 2, tables: { peers: {} } }`)));
  t.equal((shop.runtime.state('P').state as { pin: string }).pin, SECRET, 'which the next version does not');
});
