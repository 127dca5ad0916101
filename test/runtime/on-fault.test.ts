/** `onFault` in the manifest: what becomes of a module whose code was cut, or threw when nobody had called it. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { turns, Workshop } from './workshop.ts';

/** Without the native watch handlers are cut in transactions alone; late errors are faults too. */
const skip = nativeWatch() === undefined && 'SKIPPED: the native watch is not compiled';

const COUNT = {
  name: 'COUNT',
  version: '1.0.0',
  manifest: `accepts: { count: [1], arm: [1], spin: [1], wait: [1], get: [1], late: [1] }, subscribes: { link: [1] },
    sends: { NOBODY: { think: 1 } }, timers: ['tick'], maxHandlerMs: 20, onFault: 'restart'`,
  methods: `
    initial(config) { config.seen = (config.seen ?? 0) + 1; return { config, count: 0, links: [], why: [] }; }
    start(why) { this.why = why; this.ctx.setTimer('tick', 'of start', 3_600_000); }
    onCount() { this.state.count++; }
    onArm() { this.ctx.setTimer('tick', 'of the old one', 3_600_000); }
    onTick() {}
    onSpin() { this.state.count = NaN; for (;;); }
    *onWait() { yield* this.ctx.ask('HEAR', 'never'); }
    onLink({ body }) { this.state.links.push(body); }
    onLate() { this.#thrown(); }
    async #thrown() { await null; throw new Error('late'); }
    onGet() { return { ...this.state, why: this.why, due: ['of start', 'of the old one'].map((key) => this.ctx.timerDue('tick', key) !== undefined) }; }`,
};

async function counting(t: Test, options = {}) {
  const shop = new Workshop(t, options);
  const config = { name: 'as configured' };
  await shop.add('COUNT', shop.bundle(COUNT), config);
  shop.runtime.publish('link', 'up', { retain: 'eth0' });
  for (let i = 0; i < 3; i++) shop.runtime.send('COUNT', 'count');
  await shop.runtime.ask('COUNT', 'get');
  return {
    shop,
    config,
    count: (n: number) => Array.from({ length: n }, () => shop.runtime.send('COUNT', 'count')),
  };
}

t.test(
  'a handler that is cut begins its module again: from initial, with its mailbox',
  { skip },
  async (t) => {
    const { shop, count } = await counting(t);
    shop.runtime.send('COUNT', 'arm');
    shop.runtime.send('COUNT', 'spin');
    count(2);
    // The queue of before the fault comes first, then what is retained.
    await shop.runtime.ask('COUNT', 'get');
    t.strictSame(await shop.runtime.ask('COUNT', 'get'), {
      config: { name: 'as configured', seen: 1 },
      count: 2,
      links: ['up'],
      why: 'cold',
      due: [true, false],
    });
    t.match(shop.view('COUNT'), { restarts: 1, interrupted: 1, suspect: false, service: 'service' });
    t.match(shop.texts().at(-1), /begun again from its first state, for a handler that was cut/);
  },
);

t.test('it begins from its last checkpoint, with the timers in it', { skip }, async (t) => {
  const { shop, count } = await counting(t);
  shop.runtime.send('COUNT', 'arm');
  await shop.runtime.ask('COUNT', 'get');
  await shop.runtime.checkpoint('COUNT', join(shop.directory, 'count.state'));
  count(5);
  shop.runtime.send('COUNT', 'spin');
  count(2);
  await shop.runtime.ask('COUNT', 'get');
  t.match(await shop.runtime.ask('COUNT', 'get'), {
    count: 5,
    links: ['up', 'up'],
    why: 'resume',
    due: [true, true],
  });
  shop.file('count.state', 'damaged');
  shop.runtime.send('COUNT', 'spin');
  t.match(await shop.runtime.ask('COUNT', 'get'), { count: 0, why: 'cold' });
  t.match(shop.texts().join('\n'), /begun again without its checkpoint: CHECKPOINT_UNREADABLE/);
});

t.test('three faults within a minute take it out of service', { skip }, async (t) => {
  const { shop } = await counting(t);
  for (let i = 0; i < 3; i++) shop.runtime.send('COUNT', 'spin');
  while (shop.view('COUNT').interrupted < 3) await turns(1);
  t.match(shop.view('COUNT'), {
    restarts: 2,
    service: 'disabled',
    reason: /it had 3 faults within a minute, the last one a handler that was cut/,
  });
  t.match(shop.log.at(-1), {
    level: 'error',
    text: /^out of service, for it had 3 faults .*; "enable" puts it back/,
  });
});

t.test('an error that nobody called for is a fault too', async (t) => {
  const { shop } = await counting(t);
  const error = new Error('late');
  error.stack = `Error: late\n at #thrown (${join(shop.directory, 'count-1.0.0.cjs')}:1:1)`;
  t.equal(shop.runtime.blame(error), 'COUNT');
  t.match(await shop.runtime.ask('COUNT', 'get'), { count: 0, why: 'cold' });
  t.equal(shop.view('COUNT').restarts, 1);
});

t.test('who had asked it is told, and no answer comes to who is gone', { skip }, async (t) => {
  const { shop } = await counting(t);
  await shop.add(
    'HEAR',
    shop.bundle({
      name: 'HEAR',
      version: '1.0.0',
      manifest: 'accepts: { never: [1], now: [1] }, sends: { HEAR: { now: 1 } }',
      methods: `*onNever() { while (!globalThis.mayAnswer) yield 'slice'; return 1; } onNow() {}`,
    }),
  );
  t.teardown(() => Reflect.deleteProperty(globalThis, 'mayAnswer'));
  shop.bundle({
    ...COUNT,
    version: '1.1.0',
    manifest: COUNT.manifest.replace('NOBODY: { think', 'HEAR: { never'),
  });
  await shop.replace('COUNT', 'count@1.1.0');
  const waits = shop.runtime.ask('COUNT', 'wait');
  waits.catch(() => {});
  while (shop.view('COUNT').asking === 0) await turns(1);
  shop.runtime.send('COUNT', 'spin');
  await t.rejects(waits, { code: 'ASK_FAILED', message: /was begun again before onWait could answer/ });
  Object.assign(globalThis, { mayAnswer: true });
  while (shop.view('HEAR').suspended > 0) await turns(1);
  t.match(await shop.runtime.ask('COUNT', 'get'), { count: 0 });
  t.match(shop.view('COUNT'), { errors: 0, suspended: 0 });
});

t.test('one that cannot begin again is taken out of service', { skip }, async (t) => {
  const shop = new Workshop(t);
  const once = `initial() { if (globalThis.begun) throw new Error('once is enough'); globalThis.begun = true; return { count: 0 }; }`;
  t.teardown(() => Reflect.deleteProperty(globalThis, 'begun'));
  await shop.add('COUNT', shop.bundle({ ...COUNT, methods: COUNT.methods.replace(/initial.*/, once) }));
  shop.runtime.send('COUNT', 'spin');
  while (shop.view('COUNT').interrupted < 1) await turns(1);
  t.match(shop.view('COUNT'), {
    restarts: 0,
    service: 'disabled',
    reason: /could not be begun again: Error: once is enough/,
  });
});

t.test('on probation the version goes back; other words are refused', { skip }, async (t) => {
  const { shop } = await counting(t, { probation: {} });
  shop.bundle({ ...COUNT, version: '1.1.0' });
  await shop.replace('COUNT', 'count@1.1.0');
  shop.runtime.send('COUNT', 'spin');
  while (shop.view('COUNT').version !== '1.0.0') await turns(1);
  t.equal(shop.view('COUNT').restarts, 0);
  shop.bundle({ ...COUNT, version: '1.2.0', manifest: COUNT.manifest.replace("'restart'", "'reboot'") });
  await t.rejects(shop.runtime.repository.load('count@1.2.0'), {
    code: 'MANIFEST_INVALID',
    message: /manifest\.onFault must be "keep" or "restart"/,
  });
});
