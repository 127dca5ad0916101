import t from 'tap';
import { Workshop } from './workshop.ts';

const SINK = `onPut({ body }) { this.state.got.push(body); } initial() { return { got: [] }; } onGot() { return this.state.got; }`;
const sink = (version = '1.0.0', manifest = '') => ({
  name: 'SINK',
  version,
  manifest: `accepts: { put: [1], got: [1] }, ${manifest}`,
  methods: SINK,
});
const SOURCE = {
  name: 'SOURCE',
  version: '1.0.0',
  manifest: `accepts: { go: [1], undeliverable: [1], back: [1] }, sends: { SINK: { put: 1, got: 1 } }`,
  methods: `initial() { return { back: [], answers: [] }; }
  *onGo({ body }) {
    for (const each of body.put) this.ctx.send('SINK', 'put', each);
    if (body.ask) {
      try { this.state.answers.push(yield* this.ctx.ask('SINK', 'got')); }
      catch (error) { this.state.answers.push(error.code); }
    }
  }
  onUndeliverable({ body }) { this.state.back.push(body); }
  onBack() { return this.state; }`,
};

const remove = (shop: Workshop, module: string, force = false) =>
  shop.runtime.run([{ change: 'remove', module, force }], { command: `remove ${module}`, by: 'test' });

t.test('a module that others declare to send to is not removed, unless it is forced', async (t) => {
  const shop = new Workshop(t);
  await shop.add('SINK', shop.bundle(sink()));
  await shop.add('SOURCE', shop.bundle(SOURCE));
  await t.rejects(remove(shop, 'SINK'), {
    code: 'MODULE_NEEDED',
    message: /SINK cannot be removed: SOURCE 1\.0\.0 sends it "put", "got"/,
  });
  t.equal(shop.view('SINK').service, 'service');
  const report = await remove(shop, 'SINK', true);
  t.match(report, {
    outcome: 'committed',
    members: [{ module: 'SINK', change: 'remove', from: '1.0.0', to: '' }],
  });
  t.equal(shop.view('SINK'), undefined);
  t.equal(shop.runtime.send('SINK', 'put', 1), 'unknown');
});

t.test('what is held for a removed module goes back to its senders, counted', async (t) => {
  const shop = new Workshop(t);
  await shop.add('SINK', shop.bundle(sink()));
  await shop.add('SOURCE', shop.bundle(SOURCE));
  await shop.runtime.run([{ change: 'disable', module: 'SINK' }], { command: 'disable', by: 'test' });
  shop.runtime.send('SOURCE', 'go', { put: ['a', 'b'], ask: true });
  await shop.runtime.ask('SOURCE', 'back');
  const report = await remove(shop, 'SINK', true);
  t.match(report.members, [{ undelivered: 3 }]);
  const state = await shop.runtime.ask<{ back: unknown[]; answers: string[] }>('SOURCE', 'back');
  t.strictSame(state.back, [
    { to: 'SINK', type: 'put', version: 1, body: 'a' },
    { to: 'SINK', type: 'put', version: 1, body: 'b' },
  ]);
  t.strictSame(state.answers, ['ASK_UNDELIVERABLE']);
  t.equal(shop.queue('SOURCE').undeliverable, 2);
});

t.test('a removal drains first: what was sent before is handled', async (t) => {
  const shop = new Workshop(t);
  const methods = `onPut({ body }) { this.ctx.log('info', 'put ' + body); } onGot() {}`;
  await shop.add('SINK', shop.bundle({ ...sink(), methods }));
  for (let i = 0; i < 50; i++) shop.runtime.send('SINK', 'put', i);
  const report = await remove(shop, 'SINK');
  const seen = shop.log.map(({ text }) => text).filter((text) => text.startsWith('put '));
  t.equal(report.outcome, 'committed');
  t.strictSame(
    seen,
    Array.from({ length: 50 }, (_, i) => `put ${i}`),
  );
});

t.test('an aborted removal leaves the module as it was', async (t) => {
  const shop = new Workshop(t);
  await shop.add('SINK', shop.bundle(sink()));
  shop.runtime.send('SINK', 'put', 1);
  shop.runtime.faults!.set('SINK', 'refuse');
  const report = await remove(shop, 'SINK');
  t.match(report, { outcome: 'aborted', votes: [{ vote: 'NO' }] });
  shop.runtime.send('SINK', 'put', 2);
  t.strictSame(await shop.runtime.ask('SINK', 'got'), [1, 2]);
});

t.test('a group replaces, adds and removes in one transaction (Figure 8), or nothing of it', async (t) => {
  const shop = new Workshop(t);
  const group = async () => {
    shop.bundle({ name: 'M1', version: '2.0.0' });
    shop.bundle({ name: 'M2', version: '2.0.0' });
    shop.bundle({ name: 'M3', version: '1.0.0' });
    return shop.runtime.run(
      [
        { change: 'replace', module: 'M1', bundle: 'm1@2.0.0' },
        { change: 'replace', module: 'M2', bundle: 'm2@2.0.0' },
        { change: 'add', module: 'M3', bundle: 'm3@1.0.0' },
        { change: 'remove', module: 'M4' },
      ],
      { command: 'upgrade', by: 'test' },
    );
  };
  for (const name of ['M1', 'M2', 'M4']) await shop.add(name, shop.bundle({ name, version: '1.0.0' }));
  const versions = () =>
    shop.runtime
      .modules()
      .map(({ name, version }) => `${name} ${version}`)
      .sort();
  for (const module of ['M1', 'M2', 'M3', 'M4']) {
    shop.runtime.faults!.set(module, 'refuse');
    t.equal((await group()).outcome, 'aborted');
    t.strictSame(versions(), ['M1 1.0.0', 'M2 1.0.0', 'M4 1.0.0'], `${module} refuses`);
  }
  const report = await group();
  t.equal(report.outcome, 'committed', report.reason);
  t.strictSame(versions(), ['M1 2.0.0', 'M2 2.0.0', 'M3 1.0.0']);
  const starts = report.steps.filter(({ text }) => text === 'start..').map(({ module }) => module);
  t.strictSame(starts, ['M1', 'M2', 'M3'], 'started in the order of the command');
});

t.test(
  'names and subscriptions of a version begin with its commit and end with the next (Figure 3)',
  async (t) => {
    const shop = new Workshop(t);
    await shop.add('SINK', shop.bundle(sink()));
    t.equal(shop.runtime.send('STORE', 'put', 0), 'unknown');
    const methods = `${SINK} onNews({ body }) { this.state.got.push(body); }`;
    const two = shop.bundle({ ...sink('2.0.0', `names: ['STORE'], subscribes: { news: [1] }`), methods });
    shop.runtime.faults!.set('SINK', 'throw', { hook: 'start' });
    t.equal((await shop.replace('SINK', two)).outcome, 'aborted');
    t.equal(shop.runtime.send('STORE', 'put', 0), 'unknown', 'not after an abort');
    t.equal(shop.runtime.publish('news', 0), 0);
    await shop.replace('SINK', two);
    t.equal(shop.runtime.send('STORE', 'put', 1), 'queued');
    t.equal(shop.runtime.publish('news', 2), 1);
    t.strictSame(await shop.runtime.ask('STORE', 'got'), [1, 2]);
    await shop.replace('SINK', shop.bundle(sink('3.0.0')));
    t.equal(shop.runtime.send('STORE', 'put', 3), 'unknown');
    t.equal(shop.runtime.publish('news', 4), 0);
    t.strictSame(await shop.runtime.ask('SINK', 'got'), [1, 2]);
  },
);

t.test('a name moves from one module to another in one transaction, and is refused otherwise', async (t) => {
  const shop = new Workshop(t);
  await shop.add('A', shop.bundle({ name: 'A', version: '1.0.0', manifest: `names: ['STORE']` }));
  const b = shop.bundle({ name: 'B', version: '1.0.0', manifest: `names: ['STORE']` });
  await t.rejects(shop.add('B', b), { code: 'MODULE_EXISTS', message: /the name STORE of B is bound to A/ });
  const report = await shop.runtime.run(
    [
      { change: 'replace', module: 'A', bundle: shop.bundle({ name: 'A', version: '2.0.0' }) },
      { change: 'add', module: 'B', bundle: b },
    ],
    { command: 'move', by: 'test' },
  );
  t.equal(report.outcome, 'committed');
  t.strictSame(shop.runtime.nameTable(), [
    { name: 'A', module: 'A' },
    { name: 'B', module: 'B' },
    { name: 'STORE', module: 'B' },
  ]);
});
