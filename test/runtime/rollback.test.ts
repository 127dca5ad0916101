import t from 'tap';
import { sleep, Workshop } from './workshop.ts';

const BY = { command: 'rollback', by: 'test' };
const COUNTS = `onCount({ body }) { this.state.total += body; } onTotal() { return this.state; }`;
const manifest = (state = '{ version: 1 }', more = '') =>
  `accepts: { count: [1], total: [1] }, state: ${state}, ${more}`;

const one = (version = '1.0.0') => ({
  name: 'COUNTER',
  version,
  manifest: manifest(),
  methods: `initial() { return { total: 0 }; } ${COUNTS}`,
});
const UP = `up: { 1: (old) => ({ total: old.total * 10, parts: [old.total] }) }`;
const two = (state: string) => ({
  name: 'COUNTER',
  version: '2.0.0',
  manifest: manifest(state),
  methods: `onCount({ body }) { this.state.total += 10 * body; this.state.parts.push(body); } onTotal() { return this.state; } initial() { return { total: 0, parts: [] }; }`,
});

const total = (shop: Workshop) => shop.runtime.ask<Record<string, unknown>>('COUNTER', 'total');

t.test('a rollback hands an adopted state back as it is, with what came meanwhile', async (t) => {
  const shop = new Workshop(t);
  await shop.add('COUNTER', shop.bundle(one()));
  await shop.replace('COUNTER', shop.bundle(one('1.1.0')));
  shop.runtime.send('COUNTER', 'count', 5);
  const report = await shop.runtime.rollback(BY);
  t.match(report, { outcome: 'committed', undoes: 2, members: [{ from: '1.1.0', to: '1.0.0' }] });
  shop.runtime.send('COUNTER', 'count', 2);
  t.strictSame(await total(shop), { total: 7 });
  t.match(
    shop.runtime.versions().filter(({ status }) => status !== 'unpacked'),
    [
      { version: '1.0.0', status: 'current' },
      { version: '1.1.0', status: 'previous' },
    ],
  );
});

t.test('a state that was carried over goes back through its reverse handlers', async (t) => {
  const shop = new Workshop(t);
  await shop.add('COUNTER', shop.bundle(one()));
  shop.runtime.send('COUNTER', 'count', 3);
  const down = `down: { 1: (now) => ({ total: now.total / 10 }) }`;
  await shop.replace('COUNTER', shop.bundle(two(`{ version: 2, ${UP}, ${down} }`)));
  shop.runtime.send('COUNTER', 'count', 4);
  t.strictSame(await total(shop), { total: 70, parts: [3, 4] });
  t.equal((await shop.runtime.rollback(BY)).outcome, 'committed');
  t.strictSame(await total(shop), { total: 7 });
});

t.test('without reverse handlers it is refused, unless it may take the checkpoint of the swap', async (t) => {
  const shop = new Workshop(t);
  await shop.add('COUNTER', shop.bundle(one()));
  shop.runtime.send('COUNTER', 'count', 3);
  await shop.replace('COUNTER', shop.bundle(two(`{ version: 2, ${UP} }`)));
  shop.runtime.send('COUNTER', 'count', 4);
  t.strictSame(await total(shop), { total: 70, parts: [3, 4] });
  await t.rejects(shop.runtime.rollback(BY), {
    code: 'STATE_NO_HANDLER',
    message: /no handler state\.down\[1\].*"rollback checkpoint" takes the state as it was at the swap/,
  });
  t.equal(shop.view('COUNTER').version, '2.0.0');
  t.equal((await shop.runtime.rollback({ ...BY, checkpoint: true })).outcome, 'committed');
  t.strictSame(await total(shop), { total: 3 });
});

t.test('a rollback undoes an addition, a removal with its state and timers, and a whole group', async (t) => {
  const shop = new Workshop(t);
  const timed = {
    name: 'T',
    version: '1.0.0',
    manifest: `accepts: { get: [1] }, timers: ['beat']`,
    methods: `initial() { return { beats: 0, starts: [] }; }
    start(why) { if (why === 'cold') this.ctx.setTimer('beat', '', 5, { every: 5 }); }
    onBeat() { this.state.beats++; } onGet() { return { beats: this.state.beats, timers: this.ctx.timerDue('beat') !== undefined }; }`,
  };
  await shop.add('COUNTER', shop.bundle(one()));
  shop.runtime.send('COUNTER', 'count', 3);
  await shop.add('T', shop.bundle(timed));
  t.equal((await shop.runtime.rollback(BY)).outcome, 'committed');
  t.equal(shop.view('T'), undefined, 'the addition is undone');
  await shop.add('T', 't@1.0.0');
  await sleep(30);
  const before = await shop.runtime.ask<{ beats: number }>('T', 'get');
  await shop.runtime.run(
    [
      { change: 'replace', module: 'COUNTER', bundle: shop.bundle(one('1.1.0')) },
      { change: 'remove', module: 'T' },
    ],
    { command: 'group', by: 'test' },
  );
  t.equal(shop.view('T'), undefined);
  t.equal((await shop.runtime.rollback(BY)).outcome, 'committed');
  t.equal(shop.view('COUNTER').version, '1.0.0');
  await sleep(30);
  const after = await shop.runtime.ask<{ beats: number; timers: boolean }>('T', 'get');
  t.ok(after.beats > before.beats, 'its timer beats on');
  t.equal(after.timers, true);
  t.strictSame(await total(shop), { total: 3 });
});

t.test('an addition is undone though others declare that they send to it', async (t) => {
  const shop = new Workshop(t);
  const sender = { name: 'SENDER', version: '1.0.0', manifest: `sends: { COUNTER: { count: 1 } }` };
  await shop.add('SENDER', shop.bundle(sender));
  await shop.add('COUNTER', shop.bundle(one()));
  const remove = shop.runtime.run([{ change: 'remove', module: 'COUNTER' }], BY);
  await t.rejects(remove, { code: 'MODULE_NEEDED' });
  const report = await shop.runtime.rollback(BY);
  t.match(report, { outcome: 'committed', undoes: 2, members: [{ module: 'COUNTER', change: 'remove' }] });
  t.same(
    shop.runtime.modules().map(({ name }) => name),
    ['SENDER'],
  );
});

t.test('there is one step back only, and none before anything was committed', async (t) => {
  const shop = new Workshop(t);
  await t.rejects(shop.runtime.rollback(BY), { code: 'NOTHING_TO_ROLL_BACK' });
  const start = { change: 'add' as const, module: 'COUNTER', bundle: shop.bundle(one()) };
  await shop.runtime.run([start], BY, { undoable: false });
  await t.rejects(shop.runtime.rollback(BY), { code: 'NOTHING_TO_ROLL_BACK' }, 'a start is not undone');
  await shop.replace('COUNTER', shop.bundle(one('1.1.0')));
  await shop.runtime.rollback(BY);
  await t.rejects(shop.runtime.rollback(BY), {
    code: 'NOTHING_TO_ROLL_BACK',
    message: /the last transaction, 3, has undone 2 itself/,
  });
});

t.test('messages that come while it goes back are handled by the version before, in order', async (t) => {
  const shop = new Workshop(t);
  const list = (version: string) => ({
    name: 'LIST',
    version,
    manifest: `accepts: { put: [1], got: [1] }`,
    methods: `initial() { return []; } onPut({ body }) { this.state.push(body); } onGot() { return this.state; }`,
  });
  await shop.add('LIST', shop.bundle(list('1.0.0')));
  await shop.replace('LIST', shop.bundle(list('2.0.0')));
  let sent = 0;
  const back = shop.runtime.rollback(BY);
  let done = false;
  void back.then(() => (done = true));
  while (!done) {
    shop.runtime.send('LIST', 'put', sent++);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal((await back).outcome, 'committed');
  t.strictSame(
    await shop.runtime.ask('LIST', 'got'),
    Array.from({ length: sent }, (_, i) => i),
  );
});
