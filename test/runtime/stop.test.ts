/** A module's last word: `stop`, once, when its service ends, with its outputs, whatever it does. */
import t, { type Test } from 'tap';
import type { Change, Port } from '../../runtime/index.ts';
import { STOP_ALL_MS, STOP_MS } from '../../runtime/module/ending.ts';
import { type Source, turns, Workshop } from './workshop.ts';

const BY = { command: 'test', by: 'test' };
/** HEARER subscribes to what A alone publishes: what ends A is forced. */
const run = (shop: Workshop, ...changes: Change[]) =>
  shop.runtime.run(
    changes.map((one) =>
      one.change === 'remove' || one.change === 'disable' ? { ...one, force: true } : one,
    ),
    BY,
  );

/** Says each hook in the log, and a goodbye on its port, to HEARER and as an event. */
const speaker = (name: string, version: string, methods = '', manifest = ''): Source => ({
  name,
  version,
  manifest: `accepts: { why: [1] }, ports: ['wire'], sends: { HEARER: { heard: 1 } }, publishes: { news: 1 }, ${manifest}`,
  methods: `initial() { return { stops: [] }; }
    start(why) { this.ctx.log('info', 'start ' + why); }
    goodbye(why) {
      this.state.stops.push(why);
      this.ctx.transmit('wire', 'w', 'goodbye of ' + this.ctx.version);
      this.ctx.send('HEARER', 'heard', 'goodbye');
      this.ctx.publish('news', 'gone');
      this.ctx.log('info', 'stop ' + why);
    }
    onWire() {} onWhy() { return this.state.stops; }
    ${/(^|\s)\*?stop\(/.test(methods) ? '' : 'stop(why) { this.goodbye(why); }'} ${methods}`,
});
const HEARER: Source = {
  name: 'HEARER',
  version: '1.0.0',
  manifest: 'accepts: { heard: [1], all: [1] }, subscribes: { news: [1] }',
  methods: `initial() { return { all: [] }; } onHeard({ body, from }) { this.state.all.push(from + ' ' + body); }
    onNews({ body, from }) { this.state.all.push(from + ' ' + body); } onAll() { return this.state.all; }`,
};

/** A port that writes down what happens to it. */
class Wire implements Port<never, string> {
  readonly seen: string[] = [];
  open(): void {}
  send(datum: string): 'sent' {
    this.seen.push(datum);
    return 'sent';
  }
  close(): void {
    this.seen.push('closed');
  }
}

function shopOf(t: Test): { shop: Workshop; wire: Wire } {
  const wire = new Wire();
  const shop = new Workshop(t, { ports: (module) => (module === 'A' ? [['w', wire]] : []) });
  return { shop, wire };
}
const heard = (shop: Workshop) => shop.runtime.ask<string[]>('HEARER', 'all');
const said = (shop: Workshop, module: string) =>
  shop.log.filter((one) => one.module === module && /^st(art|op) /.test(one.text)).map(({ text }) => text);
const errors = (shop: Workshop) =>
  shop.log.filter(({ level }) => level === 'error').map(({ module, text }) => `${module} ${text}`);

t.test('a module that is removed says goodbye: its outputs are out before its ports close', async (t) => {
  const { shop, wire } = shopOf(t);
  await shop.add('HEARER', shop.bundle(HEARER));
  await shop.add('A', shop.bundle(speaker('A', '1.0.0')));
  const report = await run(shop, { change: 'remove', module: 'A' });
  t.equal(report.outcome, 'committed', report.reason);
  t.strictSame(wire.seen, ['goodbye of 1.0.0', 'closed']);
  t.strictSame(await heard(shop), ['A goodbye', 'A gone']);
  t.strictSame(said(shop, 'A'), ['start cold', 'stop remove']);
  shop.runtime.stop();
  t.strictSame(said(shop, 'A'), ['start cold', 'stop remove'], 'once');
});

t.test('a module that is disabled says goodbye once, also when it is removed later', async (t) => {
  const { shop, wire } = shopOf(t);
  await shop.add('HEARER', shop.bundle(HEARER));
  await shop.add('A', shop.bundle(speaker('A', '1.0.0')));
  await run(shop, { change: 'disable', module: 'A' });
  t.strictSame(wire.seen, ['goodbye of 1.0.0'], 'its ports stay open');
  t.equal(shop.view('A').service, 'disabled');
  await run(shop, { change: 'enable', module: 'A' });
  t.strictSame(await shop.runtime.ask('A', 'why'), ['disable'], 'what stop wrote is there');
  await run(shop, { change: 'disable', module: 'A' });
  await run(shop, { change: 'remove', module: 'A' });
  t.strictSame(said(shop, 'A'), ['start cold', 'stop disable', 'start resume', 'stop disable']);
  t.strictSame(wire.seen, ['goodbye of 1.0.0', 'goodbye of 1.0.0', 'closed']);
});

t.test('a swap, a way back and what comes to nothing are no end', async (t) => {
  const { shop } = shopOf(t);
  await shop.add('HEARER', shop.bundle(HEARER));
  await shop.add('A', shop.bundle(speaker('A', '1.0.0')));
  await shop.replace('A', shop.bundle(speaker('A', '1.1.0')));
  await shop.runtime.rollback(BY);
  for (const change of ['remove', 'disable'] as const) {
    shop.runtime.faults!.set('A', 'refuse');
    t.equal((await run(shop, { change, module: 'A' })).outcome, 'aborted');
    shop.runtime.faults!.set('A', 'throw', { hook: 'isQuiescent' });
    t.equal((await run(shop, { change, module: 'A' })).outcome, 'aborted');
  }
  const failing = shop.bundle({ name: 'B', version: '1.0.0', methods: `start() { throw new Error('no'); }` });
  const group = await run(
    shop,
    { change: 'remove', module: 'A' },
    { change: 'add', module: 'B', bundle: failing },
  );
  t.equal(group.outcome, 'aborted', 'the removal was switched already when another failed to start');
  t.notOk(said(shop, 'A').some((text) => text.startsWith('stop')));
  await run(shop, { change: 'disable', module: 'A' });
  t.equal(said(shop, 'A').at(-1), 'stop disable', 'and its outputs still go out');
});

t.test('undone: an addition ends, a removal resumes, and what was disabled stays so', async (t) => {
  const { shop, wire } = shopOf(t);
  await shop.add('HEARER', shop.bundle(HEARER));
  await shop.add('A', shop.bundle(speaker('A', '1.0.0')));
  await shop.runtime.rollback(BY);
  t.strictSame(said(shop, 'A'), ['start cold', 'stop remove']);
  t.strictSame(wire.seen, ['goodbye of 1.0.0', 'closed']);
  await shop.add('A', 'a@1.0.0');
  await run(shop, { change: 'remove', module: 'A' });
  await shop.runtime.rollback(BY);
  t.strictSame(said(shop, 'A').slice(2), ['start cold', 'stop remove', 'start resume']);
  t.strictSame(await shop.runtime.ask('A', 'why'), ['remove']);
  await run(shop, { change: 'disable', module: 'A' });
  await run(shop, { change: 'remove', module: 'A' });
  await shop.runtime.rollback(BY);
  t.equal(shop.view('A').service, 'disabled');
  t.strictSame(said(shop, 'A').slice(5), ['stop disable'], 'it is not started to be disabled at once');
  await run(shop, { change: 'enable', module: 'A' });
  t.strictSame(said(shop, 'A').slice(6), ['start resume']);
});

t.test('in a group, what is replaced serves before what is removed has its last word', async (t) => {
  const { shop } = shopOf(t);
  await shop.add('HEARER', shop.bundle(HEARER));
  await shop.add('A', shop.bundle(speaker('A', '1.0.0')));
  await shop.add('B', shop.bundle({ name: 'B', version: '1.0.0' }));
  const bundle = shop.bundle({
    name: 'B',
    version: '2.0.0',
    methods: `start() { this.ctx.log('info', 'start B'); }`,
  });
  const report = await run(
    shop,
    { change: 'remove', module: 'A' },
    { change: 'replace', module: 'B', bundle },
  );
  t.equal(report.outcome, 'committed', report.reason);
  const order = shop.log.filter(({ text }) => ['start B', 'stop remove'].includes(text));
  t.strictSame(
    order.map(({ text }) => text),
    ['start B', 'stop remove'],
  );
  t.strictSame(await heard(shop), ['A goodbye', 'A gone']);
});

const FAULTS = {
  throws: [
    `stop(why) { this.goodbye(why); throw new Error('oh'); }`,
    /^A stop\('\w+'\) threw Error: oh/,
    false,
  ],
  spins: [
    `stop(why) { this.goodbye(why); for (;;); }`,
    /^A stop\('\w+'\) did not return within \d+ ms/,
    false,
  ],
  'answers a promise': [
    `async stop(why) { this.goodbye(why); await null; throw new Error('late'); }`,
    /^A stop\('\w+'\) answered a promise/,
    true,
  ],
  'is a generator': [`*stop() { yield 1; }`, /^A stop\('\w+'\) is a generator/, undefined],
} as const;
for (const [what, [methods, told, goes]] of Object.entries(FAULTS)) {
  for (const end of ['remove', 'disable', 'shutdown'] as const) {
    t.test(`a hook that ${what} hinders nothing at ${end}`, async (t) => {
      const { shop, wire } = shopOf(t);
      shop.runtime.preparation = 600_000;
      await shop.add('HEARER', shop.bundle(HEARER));
      await shop.add('A', shop.bundle(speaker('A', '1.0.0', methods)));
      if (end === 'shutdown') shop.runtime.stop();
      else {
        const report = await run(shop, { change: end, module: 'A' });
        t.equal(report.outcome, 'committed', report.reason);
        t.equal(shop.view('A')?.service, end === 'disable' ? 'disabled' : undefined);
        t.strictSame(await heard(shop), goes === true ? ['A goodbye', 'A gone'] : []);
      }
      // Where the machine stood still meanwhile, there was no time left for HEARER.
      const found = errors(shop).filter((text) => !/^HEARER .* was not called/.test(text));
      t.match(found, [told]);
      t.equal(found.length, 1, found.join('\n'));
      t.equal(wire.seen.includes('goodbye of 1.0.0'), goes === true);
      t.equal(wire.seen.includes('closed'), end !== 'disable');
      await turns();
    });
  }
}

t.test('a fault on purpose in stop undoes nothing', async (t) => {
  const { shop, wire } = shopOf(t);
  await shop.add('HEARER', shop.bundle(HEARER));
  for (const kind of ['throw', 'spin'] as const) {
    await shop.add('A', shop.bundle(speaker('A', '1.0.0')));
    shop.runtime.faults!.set('A', kind, { hook: 'stop' });
    const report = await run(shop, { change: 'remove', module: 'A' });
    t.equal(report.outcome, 'committed', report.reason);
  }
  t.match(errors(shop), [/threw Error: fault on purpose in stop/, /did not return/]);
  t.strictSame(wire.seen, ['closed', 'closed']);
});

t.test('a program that ends stops its modules, the last one first, and each once', async (t) => {
  const { shop, wire } = shopOf(t);
  await shop.add('HEARER', shop.bundle(HEARER));
  await shop.add('A', shop.bundle(speaker('A', '1.0.0')));
  await shop.add('B', shop.bundle(speaker('B', '1.0.0')));
  await shop.add('C', shop.bundle(speaker('C', '1.0.0')));
  await shop.replace('A', shop.bundle(speaker('A', '1.1.0')));
  await run(shop, { change: 'disable', module: 'C' });
  shop.runtime.stop();
  shop.runtime.stop();
  const order = shop.log
    .filter(({ text }) => text === 'stop shutdown')
    .map(({ module, version }) => `${module} ${version}`);
  t.strictSame(order, ['B 1.0.0', 'A 1.1.0']);
  t.strictSame(wire.seen, ['goodbye of 1.1.0', 'closed']);
});

t.test('many that spin at the end are bounded together', async (t) => {
  const { shop } = shopOf(t);
  const names = Array.from({ length: 12 }, (_, i) => `M${i}`);
  for (const name of names)
    await shop.add(name, shop.bundle(speaker(name, '1.0.0', 'stop() { for (;;); }', 'sends: {}')));
  shop.runtime.stop();
  const most = Math.ceil(STOP_ALL_MS / STOP_MS) + 1;
  const cut = errors(shop).filter((text) => text.includes('did not return')).length;
  t.ok(cut >= 1 && cut <= most, `${cut} were cut`);
  t.equal(errors(shop).filter((text) => text.includes('was not called')).length, names.length - cut);
});

t.test('a program that ends in the middle of a transaction stops what was in service', async (t) => {
  const { shop } = shopOf(t);
  const never = speaker('A', '1.0.0', `isQuiescent() { return 'not now'; }`);
  await shop.add('A', shop.bundle(never));
  const removal = run(shop, { change: 'remove', module: 'A' });
  await shop.draining('A');
  shop.runtime.stop();
  t.equal((await removal).outcome, 'aborted');
  t.strictSame(said(shop, 'A'), ['start cold', 'stop shutdown']);
});
