/** A module takes a new configuration while it runs: planned by reading, applied after the decision, put back when anything is wrong. */
import t, { type Test } from 'tap';
import type { Change, RunOptions, RuntimeOptions } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { type Source, Workshop } from './workshop.ts';

/** Has a state of members and a Table, and derives from it, as protocols do. */
function meter(version: string, more: Partial<Source> = {}): Source {
  const methods: Record<string, string> = {
    initial: `initial({ step }) { return { step, total: 0, seen: new Table([['first', { step }]]) }; }`,
    start: `start(why) { this.derived = this.state.step * 10; this.why = why; }`,
    onAdd: `onAdd() { this.state.total += this.state.step; }`,
    onTold: `onTold() { return { version: '${version}', step: this.state.step, total: this.state.total, derived: this.derived, why: this.why, rows: [...this.state.seen] }; }`,
    configure: `configure({ step }) { return step > 100 ? 'step is at most 100' : { from: this.state.step, to: step }; }`,
    apply: `apply({ to }) { this.state.step = to; this.state.seen.set('last', { step: to }); this.derived = to * 10; this.ctx.publish('stepped', { to }); }`,
  };
  return {
    name: 'METER',
    version,
    head: `const { Table } = require('hitless/runtime');`,
    manifest: `accepts: { add: [1], told: [1] }, publishes: { stepped: 1 }, state: { version: 1, tables: { seen: {} } }`,
    methods: Object.values(methods).join('\n'),
    ...more,
  };
}

/** The same with other methods; one that is empty is left out. */
function meterWith(version: string, methods: Record<string, string>): Source {
  const source = meter(version);
  let text = source.methods!;
  for (const [name, method] of Object.entries(methods))
    text = text.replace(new RegExp(`^${name}\\(.*$`, 'm'), () => method);
  return { ...source, methods: text };
}

const listener = {
  name: 'LISTENER',
  version: '1.0.0',
  manifest: `subscribes: { stepped: [1] }, accepts: { told: [1] }`,
  methods: `initial() { return { heard: [] }; } onStepped({ body }) { this.state.heard.push(body.to); } onTold() { return this.state.heard; }`,
};

async function shopWith(t: Test, source: Source, options: RuntimeOptions = {}): Promise<Workshop> {
  const shop = new Workshop(t, options);
  shop.bundle(listener);
  shop.bundle(source);
  await shop.add('LISTENER', 'listener@1.0.0');
  const { outcome, reason } = await shop.add('METER', `meter@${source.version}`, { step: 1 });
  t.equal(outcome, 'committed', reason);
  return shop;
}

const told = (shop: Workshop) => shop.runtime.ask<Record<string, unknown>>('METER', 'told');
const heard = (shop: Workshop) => shop.runtime.ask<number[]>('LISTENER', 'told');

const configure = (shop: Workshop, step: unknown, options: RunOptions = {}) =>
  shop.runtime.run([{ change: 'configure', module: 'METER', config: { step } }], {}, options);

for (const development of [true, false]) {
  t.test(
    `a new configuration is applied to the state that is there (development ${development})`,
    async (t) => {
      const shop = await shopWith(t, meter('1.0.0'), { development });
      shop.runtime.send('METER', 'add');
      const report = await shop.runtime.configure('METER', { step: 5 });
      t.match(report, {
        outcome: 'committed',
        members: [{ module: 'METER', change: 'configure', from: '1.0.0', to: '1.0.0' }],
      });
      shop.runtime.send('METER', 'add');
      t.match(await told(shop), {
        step: 5,
        total: 6,
        derived: 50,
        why: 'cold',
        rows: [
          ['first', { step: 1 }],
          ['last', { step: 5 }],
        ],
      });
      t.strictSame(await heard(shop), [5], 'its outputs went out with the commit');
      t.strictSame(shop.runtime.configOf('METER'), { step: 5 });
    },
  );

  t.test(
    `messages that come meanwhile are handled with the new configuration, none twice (development ${development})`,
    async (t) => {
      const shop = await shopWith(t, meter('1.0.0'), { development });
      shop.runtime.faults!.onStep = (step) => {
        if (step === 'freeze') shop.runtime.send('METER', 'add');
      };
      const report = await configure(shop, 7);
      t.match(report.members, [{ buffered: 1 }]);
      t.match(await told(shop), { total: 7 });
    },
  );

  for (const [what, methods, reason] of [
    ['configure refuses', {}, /CONFIG_REFUSED: meter@1\.0\.0: step is at most 100/],
    ['configure throws', { configure: `configure() { throw new Error('oh'); }` }, /Error: oh/],
    [
      'configure spins',
      { configure: `configure() { for (;;); }` },
      /HOOK_CUT: METER did not return from configure/,
    ],
    [
      'configure answers a promise',
      { configure: `async configure() { return {}; }` },
      /HOOK_ASYNC: meter@1\.0\.0: configure answered a promise/,
    ],
    [
      'apply throws half-way',
      {
        apply: `apply() { this.state.step = 9; this.state.total = -1; this.state.seen.set('last', { step: 9 }); this.state.seen.delete('first'); this.derived = 9; this.ctx.publish('stepped', { to: 9 }); throw new Error('oh'); }`,
      },
      /Error: oh/,
    ],
    [
      'apply spins half-way',
      {
        apply: `apply() { this.state.step = 9; this.state.seen.set('first', { step: 9 }); this.derived = 9; for (;;); }`,
      },
      /HOOK_CUT: METER did not return from apply/,
    ],
    [
      'apply answers a promise',
      { apply: `async apply() { this.state.step = 9; }` },
      /HOOK_ASYNC: meter@1\.0\.0: apply answered a promise/,
    ],
  ] as [string, Record<string, string>, RegExp][]) {
    t.test(`${what}: everything is as it was (development ${development})`, async (t) => {
      const shop = await shopWith(t, meterWith('1.0.0', methods), { development });
      shop.runtime.send('METER', 'add');
      const before = await told(shop);
      // A busy machine makes the transaction try again.
      let sent = false;
      shop.runtime.faults!.onStep = (step) => {
        if (step === 'freeze' && !sent) sent = shop.runtime.send('METER', 'add') === 'queued';
      };
      const report = await configure(shop, what === 'configure refuses' ? 200 : 50);
      t.match(report, { outcome: 'aborted', reason });
      const after = await told(shop);
      t.strictSame({ ...after, why: '' }, { ...before, total: 2, why: '' });
      t.strictSame(await heard(shop), [], 'nothing that was held went out');
      t.strictSame(shop.runtime.configOf('METER'), { step: 1 });
      t.equal(shop.view('METER').service, 'service');
    });
  }
}

t.test('a plan that writes is found in development', async (t) => {
  const shop = await shopWith(
    t,
    meterWith('1.0.0', { configure: `configure() { this.state.step = 3; return {}; }` }),
  );
  t.match(await configure(shop, 5), {
    outcome: 'aborted',
    reason: /STATE_WRITTEN: meter@1\.0\.0: configure wrote the state/,
  });
  t.match(await told(shop), { step: 1 });
});

t.test('a module without configure says so, and what to do', async (t) => {
  const shop = await shopWith(t, meterWith('1.0.0', { configure: '', apply: '' }));
  t.match(await configure(shop, 5), {
    outcome: 'aborted',
    reason:
      /CONFIG_REFUSED: meter@1\.0\.0: it cannot be configured while it runs; remove it and add it again/,
  });
});

t.test('a rollback, a missed confirmation and a failed probation bring the configuration back', async (t) => {
  const shop = await shopWith(t, meter('1.0.0'), { probation: { duration: 5_000 } });
  await configure(shop, 5);
  t.match(await shop.runtime.rollback(), { outcome: 'committed', members: [{ change: 'configure' }] });
  t.match(await told(shop), { step: 1 });
  t.strictSame(shop.runtime.configOf('METER'), { step: 1 });

  await configure(shop, 6, { confirm: 50 });
  while (shop.runtime.history.at(-1)?.undoes === undefined)
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.match(await told(shop), { step: 1 });
  t.strictSame(shop.runtime.configOf('METER'), { step: 1 });

  await configure(shop, 7, { confirm: 60_000 });
  await shop.runtime.confirm();
  t.match(await told(shop), { step: 7 });
});

t.test('a module that throws with its new configuration gets the old one back', async (t) => {
  const source = meterWith('1.0.0', {
    onAdd: `onAdd() { if (this.state.step === 13) throw new Error('unlucky'); this.state.total++; }`,
  });
  const shop = await shopWith(t, source, { probation: { duration: 5_000 } });
  await configure(shop, 13);
  shop.runtime.send('METER', 'add');
  while ((await told(shop)).step !== 1) await new Promise((resolve) => setTimeout(resolve, 10));
  shop.runtime.send('METER', 'add');
  t.match(await told(shop), { total: 1 });
});

t.test('in a group: all or none', async (t) => {
  const shop = await shopWith(t, meter('1.0.0'));
  shop.bundle({
    ...listener,
    version: '1.1.0',
    methods: `${listener.methods} start() { if (this.state.heard.length === 0) throw new Error('oh'); }`,
  });
  const changes = (step: number): Change[] => [
    { change: 'configure', module: 'METER', config: { step } },
    { change: 'replace', module: 'LISTENER', bundle: 'listener@1.1.0' },
  ];
  t.match(await shop.runtime.run(changes(5)), { outcome: 'aborted', reason: /LISTENER voted NO: .*oh/ });
  t.match(await told(shop), { step: 1, derived: 10 });
  await configure(shop, 2);
  t.match(await shop.runtime.run(changes(5)), { outcome: 'committed' });
  t.match(await told(shop), { step: 5 });
  t.strictSame(await heard(shop), [2, 5]);
});

t.test('a replacement may bring a configuration: the new version plans it, and takes it over', async (t) => {
  const shop = await shopWith(t, meterWith('1.0.0', { configure: '', apply: '' }));
  shop.bundle(meter('1.1.0'));
  shop.runtime.send('METER', 'add');
  const replace = (step: number) =>
    shop.runtime.run([{ change: 'replace', module: 'METER', bundle: 'meter@1.1.0', config: { step } }]);
  t.match(await replace(500), {
    outcome: 'aborted',
    reason: /CONFIG_REFUSED: meter@1\.1\.0: step is at most 100/,
  });
  t.match(await told(shop), { version: '1.0.0', step: 1, total: 1 });
  t.match(await replace(5), { outcome: 'committed' });
  t.match(await told(shop), { version: '1.1.0', step: 5, total: 1, derived: 50 });
  t.strictSame(shop.runtime.configOf('METER'), { step: 5 });

  t.match(await shop.runtime.rollback(), { outcome: 'committed' });
  t.match(
    await told(shop),
    { version: '1.0.0', step: 5 },
    'the old version cannot be told: it goes on with what is in its state',
  );
  t.ok(shop.texts().some((text) => /METER 1\.0\.0 .*cannot be configured while it runs/.test(text)));
});

t.test(
  'a replacement with a configuration that fails in apply leaves the old state, of each kind',
  async (t) => {
    const fails = {
      apply: `apply({ to }) { this.state.step = to; this.state.seen.set('first', { step: to }); throw new Error('oh'); }`,
    };
    const shop = await shopWith(t, meter('1.0.0'));
    shop.bundle(meterWith('1.1.0', fails));
    const carried = meterWith('2.0.0', fails);
    shop.bundle({
      ...carried,
      manifest: carried.manifest!.replace(
        'version: 1, tables: { seen: {} }',
        `version: 2, up: { 1: (state) => ({ ...state }) }, down: { 1: (state) => state }, tables: { seen: { up: { 1: (row) => ({ ...row, two: true }) } } }`,
      ),
    });
    const before = await told(shop);
    for (const version of ['1.1.0', '2.0.0']) {
      const change = {
        change: 'replace' as const,
        module: 'METER',
        bundle: `meter@${version}`,
        config: { step: 5 },
      };
      t.match(await shop.runtime.run([change]), { outcome: 'aborted', reason: /oh/ }, version);
      t.strictSame({ ...(await told(shop)), why: '' }, { ...before, why: '' }, version);
    }
  },
);

t.test('what is refused before anything is disturbed', async (t) => {
  const shop = await shopWith(t, meter('1.0.0'));
  await t.rejects(shop.runtime.configure('NOBODY', {}), { code: 'MODULE_UNKNOWN' });
  await t.rejects(shop.runtime.run([{ change: 'configure', module: 'METER' } as Change]), {
    code: 'ARGUMENT_INVALID',
    message: /config/,
  });
  await t.rejects(shop.runtime.configure('METER', { step: () => 1 }), {
    code: 'ARGUMENT_INVALID',
    message: /plain data/,
  });
  await shop.runtime.disable('METER', { force: true });
  await t.rejects(shop.runtime.configure('METER', { step: 2 }), { code: 'MODULE_DISABLED' });
});

t.test(
  "a module gets a configuration of its own: what it writes into it changes nobody else's",
  async (t) => {
    const shop = await shopWith(
      t,
      meterWith('1.0.0', { configure: `configure(config) { config.step++; return { to: config.step }; }` }),
    );
    const config = { step: 2 };
    await shop.runtime.configure('METER', config);
    t.strictSame(config, { step: 2 });
    t.strictSame(shop.runtime.configOf('METER'), { step: 2 });
  },
);

t.test('a dry run says what configure says, and changes nothing', async (t) => {
  const shop = await shopWith(t, meter('1.0.0'));
  const before = await told(shop);
  const check = (step: number) =>
    shop.runtime.check([{ change: 'configure', module: 'METER', config: { step } }]);
  t.match(await check(5), { ok: true, problems: [] });
  t.match(await check(500), { ok: false, problems: [/step is at most 100/] });
  t.strictSame(await told(shop), before);
  t.strictSame(await heard(shop), []);
});

const skip =
  nativeWatch() === undefined && 'SKIPPED: without the native watch a handler is cut in transactions alone';
if (skip) process.stderr.write(`test/runtime/configure: ${skip}\n`);
t.test(
  'a module that begins again after a fault has the configuration that it was given last',
  { skip },
  async (t) => {
    const source = meterWith('1.0.0', { onAdd: `onAdd() { for (;;); }` });
    const shop = await shopWith(t, {
      ...source,
      manifest: `${source.manifest}, onFault: 'restart', maxHandlerMs: 20`,
    });
    await configure(shop, 5);
    shop.runtime.send('METER', 'add');
    while (
      (await told(shop)).why !== 'cold' ||
      (await told(shop)).step !== 5 ||
      shop.view('METER').restarts === 0
    )
      await new Promise((resolve) => setTimeout(resolve, 10));
    t.pass('it did');
  },
);
