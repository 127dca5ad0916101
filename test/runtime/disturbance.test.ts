/** Nothing that others do while a transaction runs, or a start does to the state, disturbs a swap. */
import t from 'tap';
import { now } from '../../runtime/clock.ts';
import type { Port } from '../../runtime/index.ts';
import { sleep, Workshop } from './workshop.ts';

const counter = (name: string, version: string, methods = '', manifest = '') => ({
  name,
  version,
  manifest: `accepts: { get: [1] }, ${manifest}`,
  methods: `initial() { return { list: [1] }; } onGet() { return '${version}'; } ${methods}`,
});

t.test(
  'a name that the host binds while a module of that name is added aborts the transaction',
  async (t) => {
    const shop = new Workshop(t);
    shop.bundle(counter('A', '1.0.0'));
    shop.bundle(counter('A', '1.1.0'));
    shop.bundle(counter('NEW', '1.0.0'));
    await shop.add('A', 'a@1.0.0');
    // Behind the plan, which would refuse it, and before the decision.
    shop.runtime.faults!.onStep = (step) => {
      if (step === 'wait') shop.runtime.names.bind('NEW', shop.runtime.names.resolve('A')!);
    };
    const swap = shop.runtime
      .run(
        [
          { change: 'replace', module: 'A', bundle: 'a@1.1.0' },
          { change: 'add', module: 'NEW', bundle: 'new@1.0.0' },
        ],
        { command: 'both', by: 'test' },
      )
      .catch(String);
    t.match(await swap, { outcome: 'aborted' });
    t.equal(shop.view('A').service, 'service');
    t.equal(await shop.runtime.ask('A', 'get', undefined, { timeout: 200 }).catch(String), '1.0.0');
  },
);

t.test('a start that writes a function into the state aborts the transaction', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(counter('A', '1.0.0'));
  shop.bundle(counter('A', '1.1.0', 'start() { this.state.f = () => 1; }'));
  await shop.add('A', 'a@1.0.0');
  t.match(await shop.replace('A', 'a@1.1.0').catch(String), { outcome: 'aborted' });
  t.equal(shop.view('A').service, 'service');
  t.equal(await shop.runtime.ask('A', 'get', undefined, { timeout: 200 }).catch(String), '1.0.0');
});

t.test('a start that only reads the state is not taken for one that writes it', async (t) => {
  const shop = new Workshop(t);
  const keep = (version: string, methods = '') => ({
    name: 'KEEP',
    version,
    manifest: 'accepts: { get: [1] }',
    methods: `initial() { return { a: { v: 1 }, b: { v: 2 } }; } onGet() { return this.state; } ${methods}`,
  });
  shop.bundle(keep('1.0.0'));
  // Numbers of the same shape with a fraction change how the engine keeps those of the state.
  shop.bundle(
    keep(
      '1.1.0',
      'start() { const half = { v: 0.5 }; this.sum = half.v + this.state.a.v + this.state.b.v; }',
    ),
  );
  await shop.add('KEEP', 'keep@1.0.0');
  t.match(await shop.replace('KEEP', 'keep@1.1.0'), { outcome: 'committed', reason: '' });
});

t.test('very many outputs of a start are let out in a moment', async (t) => {
  const shop = new Workshop(t, { preparation: 5_000 });
  const count = 200_000;
  shop.bundle(counter('A', '1.0.0'));
  shop.bundle(
    counter(
      'A',
      '1.1.0',
      `start() { for (let i = 0; i < ${count}; i++) this.ctx.send('SINK', 'drop', i); }`,
      'sends: { SINK: { drop: 1 } }, maxHandlerMs: 5000',
    ),
  );
  shop.bundle({
    name: 'SINK',
    version: '1.0.0',
    manifest: 'mailbox: 1000000, accepts: { drop: [1], get: [1] }',
    methods: 'initial() { return { n: 0 }; } onDrop() { this.state.n++; } onGet() { return this.state.n; }',
  });
  await shop.add('SINK', 'sink@1.0.0');
  await shop.add('A', 'a@1.0.0');
  // The least of three windows: the machine may stand still in some.
  let least = Number.POSITIVE_INFINITY;
  for (const time of [1, 2, 3]) {
    const report = await shop.replace('A', 'a@1.1.0');
    t.equal(report.outcome, 'committed', report.reason);
    least = Math.min(least, report.window);
    t.equal(await shop.runtime.ask('SINK', 'get'), time * count);
    await shop.replace('A', 'a@1.0.0');
  }
  t.ok(least < 1_000, `${least.toFixed(0)} ms`);
});

t.test('a driver that takes its time while a transaction runs costs no message and no answer', async (t) => {
  const shop = new Workshop(t, { preparation: 400 });
  shop.bundle({
    name: 'TALK',
    version: '1.0.0',
    manifest: "maxHandlerMs: 20, accepts: { talk: [1] }, sends: { SINK: { drop: 1 } }, ports: ['wire']",
    methods: `onWire() {}
      onTalk() { for (let i = 0; i < 5; i++) { this.ctx.transmit('wire', 'w0', i); this.ctx.send('SINK', 'drop', i); } return 'said'; }`,
  });
  shop.bundle({
    name: 'SINK',
    version: '1.0.0',
    manifest: 'accepts: { drop: [1], get: [1] }',
    methods: 'initial() { return []; } onDrop(m) { this.state.push(m.body); } onGet() { return this.state; }',
  });
  shop.bundle(counter('A', '1.0.0'));
  shop.bundle(counter('A', '1.1.0'));
  for (const name of ['SINK', 'TALK', 'A']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  const sent: unknown[] = [];
  const wire: Port = {
    open: () => {},
    close: () => {},
    send: (datum) => {
      for (const end = now() + 10; now() < end; );
      sent.push(datum);
      return 'sent';
    },
  };
  shop.runtime.attach('TALK', 'wire', 'w0', wire);
  shop.runtime.faults!.set('A', 'busy', { duration: 150 });
  const swap = shop.replace('A', 'a@1.1.0');
  await sleep(30);
  t.equal(await shop.runtime.ask('TALK', 'talk', undefined, { timeout: 300 }).catch(String), 'said');
  await swap;
  t.strictSame(await shop.runtime.ask('SINK', 'get'), [0, 1, 2, 3, 4]);
  t.strictSame(sent, [0, 1, 2, 3, 4]);
});

const ticker = {
  name: 'TICK',
  version: '1.0.0',
  manifest: "timers: ['beat']",
  methods:
    "start() { globalThis.ticking.starts++; this.ctx.setTimer('beat', '', 5, { every: 5 }); } onBeat() { globalThis.ticking.beats++; }",
};

for (const [when, wait] of [
  ['drains', 30],
  ['is uploaded', 0],
] as const) {
  t.test(`stop() while a transaction ${when} starts no module any more`, async (t) => {
    const ticking = { starts: 0, beats: 0 };
    Object.assign(globalThis, { ticking });
    t.teardown(() => Reflect.deleteProperty(globalThis, 'ticking'));
    const shop = new Workshop(t, { preparation: 20_000 });
    shop.bundle(counter('A', '1.0.0'));
    shop.bundle(counter('A', '1.1.0'));
    shop.bundle(ticker);
    await shop.add('A', 'a@1.0.0');
    // It drains for as long as it takes until it is stopped.
    shop.runtime.faults!.set('A', 'busy', { duration: 20_000 });
    const swap = shop.runtime
      .run(
        [
          { change: 'replace', module: 'A', bundle: 'a@1.1.0' },
          { change: 'add', module: 'TICK', bundle: 'tick@1.0.0' },
        ],
        { command: 'both', by: 'test' },
      )
      .catch((error) => error);
    if (wait > 0) await sleep(wait);
    shop.runtime.stop();
    const end = await swap;
    t.not(end.outcome, 'committed');
    await sleep(40);
    t.strictSame(ticking, { starts: 0, beats: 0 });
    t.strictSame(shop.runtime.modules(), []);
  });
}
