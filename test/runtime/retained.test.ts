/** A retained event is state: the last body of each key arrives, whenever there is room for it. */
import t, { type Test } from 'tap';
import type { Change } from '../../runtime/index.ts';
import { type Source, turns, Workshop } from './workshop.ts';

const BY = { command: 'test', by: 'test' };
const run = (shop: Workshop, ...changes: Change[]) => shop.runtime.run(changes, BY);

const READ = (version = '1.0.0', mailbox = 4, manifest = ''): Source => ({
  name: 'READ',
  version,
  manifest: `mailbox: ${mailbox}, accepts: { get: [1], fill: [1] }, subscribes: { link: [1] }, ${manifest}`,
  methods: `initial() { return { seen: [] }; } isQuiescent() { return this.constructor.quiet ?? true; }
    onLink({ body }) { this.state.seen.push(body); } onFill() {} onGet() { return this.state.seen; }`,
});

async function shopWith(t: Test, source = READ()): Promise<Workshop> {
  const shop = new Workshop(t);
  await shop.add('READ', shop.bundle(source));
  return shop;
}
const fill = (shop: Workshop) => {
  while (shop.runtime.send('READ', 'fill') === 'queued');
};
const link = (shop: Workshop, key: string, body: unknown) =>
  shop.runtime.publish('link', `${key} ${body}`, { retain: key });
async function seen(shop: Workshop): Promise<string[]> {
  while (shop.queue('READ').waiting > 0) await turns(1);
  return shop.runtime.ask<string[]>('READ', 'get');
}

t.test(
  'a disabled subscriber with a full mailbox learns the last of each key when it is enabled',
  async (t) => {
    const shop = await shopWith(t);
    link(shop, 'lan0', 'up');
    t.strictSame(await seen(shop), ['lan0 up']);
    await run(shop, { change: 'disable', module: 'READ' });
    fill(shop);
    const refused = shop.queue('READ').refused;
    t.equal(link(shop, 'lan0', 'down'), 1, 'it is taken: it will arrive');
    link(shop, 'lan1', 'up');
    link(shop, 'lan0', 'gone');
    t.equal(shop.runtime.publish('link', 'once'), 0, 'what is not state is refused');
    t.equal(shop.queue('READ').refused, refused + 1);
    await run(shop, { change: 'enable', module: 'READ' });
    t.strictSame(await seen(shop), ['lan0 up', 'lan0 gone', 'lan1 up']);
  },
);

t.test('a subscriber that is behind learns it too, before what comes later', async (t) => {
  const shop = await shopWith(t);
  fill(shop);
  link(shop, 'a', 1);
  link(shop, 'b', 1);
  link(shop, 'a', 2);
  t.equal(shop.runtime.send('READ', 'fill'), 'full', 'what is owed takes no room that is not there');
  t.strictSame(await seen(shop), ['a 2', 'b 1']);
  t.equal(shop.queue('READ').waiting, 0);
});

t.test('more keys at once than a mailbox of the usual size holds: all arrive', async (t) => {
  const shop = await shopWith(t, READ('1.0.0', 1024));
  const keys = Array.from({ length: 3_000 }, (_, i) => `eth${i}`);
  for (const key of keys) link(shop, key, 'up');
  t.ok(shop.queue('READ').highWater <= 1024, 'within its size');
  t.strictSame((await seen(shop)).sort(), keys.map((key) => `${key} up`).sort());
  await shop.add('LATE', shop.bundle({ ...READ('1.0.0', 16), name: 'LATE' }));
  while (shop.queue('LATE').waiting > 0) await turns(1);
  t.equal((await shop.runtime.ask<string[]>('LATE', 'get')).length, 3_000, 'also to who comes later');
  t.ok(shop.queue('LATE').highWater <= 16, `${shop.queue('LATE').highWater} at most`);
});

for (const outcome of ['committed', 'aborted'] as const) {
  t.test(`a subscriber that buffers in a transaction which is ${outcome} learns it afterwards`, async (t) => {
    const shop = await shopWith(t);
    const next = shop.bundle({
      ...READ('1.1.0'),
      methods: `${READ().methods!} start() { ${outcome === 'aborted' ? "throw new Error('no')" : ''} }`,
    });
    shop.runtime.faults!.set('READ', 'busy', { duration: 30 });
    const swap = shop.replace('READ', next);
    await shop.draining('READ');
    fill(shop);
    link(shop, 'a', 1);
    link(shop, 'b', 1);
    link(shop, 'a', 2);
    t.equal((await swap).outcome, outcome);
    t.strictSame(await seen(shop), ['a 2', 'b 1']);
  });
}

t.test(
  'a version with more room is given at once what was owed; one that does not subscribe is not',
  async (t) => {
    const shop = await shopWith(t, READ('1.0.0', 1));
    const owe = async (next: string) => {
      shop.runtime.faults!.set('READ', 'busy', { duration: 30 });
      const swap = shop.replace('READ', next);
      await shop.draining('READ');
      fill(shop);
      for (const key of ['a', 'b', 'c']) link(shop, key, next);
      t.equal((await swap).outcome, 'committed');
    };
    await owe(shop.bundle(READ('1.1.0', 64)));
    t.equal((await seen(shop)).length, 3);
    const deaf = { ...READ('1.2.0', 64), manifest: 'mailbox: 1, accepts: { get: [1], fill: [1] }' };
    await owe(shop.bundle(deaf));
    t.equal((await seen(shop)).length, 3);
    t.equal(shop.queue('READ').waiting, 0);
  },
);

t.test('no key waits for ever because others are published all the time', async (t) => {
  const shop = await shopWith(t, READ('1.0.0', 1));
  await run(shop, { change: 'disable', module: 'READ' });
  fill(shop);
  for (let round = 0; round < 3; round++) for (const key of ['a', 'b', 'c']) link(shop, key, round);
  await run(shop, { change: 'enable', module: 'READ' });
  t.strictSame(await seen(shop), ['a 2', 'b 2', 'c 2']);
});

t.test('what is withdrawn is told to those who subscribe, and to nobody who comes later', async (t) => {
  const shop = await shopWith(t);
  for (const key of ['a', 'b']) link(shop, key, 'up');
  t.equal(shop.runtime.publish('link', 'a gone', { withdraw: 'a' }), 1);
  await run(shop, { change: 'disable', module: 'READ' });
  fill(shop);
  link(shop, 'c', 'up');
  shop.runtime.publish('link', 'c gone', { withdraw: 'c' });
  shop.runtime.publish('link', 'never there', { withdraw: 'x' });
  await run(shop, { change: 'enable', module: 'READ' });
  t.strictSame(await seen(shop), ['a up', 'b up', 'a gone', 'c gone', 'never there']);
  await shop.add('LATE', shop.bundle({ ...READ(), name: 'LATE' }));
  t.strictSame(await shop.runtime.ask('LATE', 'get'), ['b up']);
});

t.test('a module withdraws what it retained; both at once is a mistake', async (t) => {
  const shop = await shopWith(t);
  await shop.add(
    'SAY',
    shop.bundle({
      name: 'SAY',
      version: '1.0.0',
      manifest: 'accepts: { say: [1] }, publishes: { link: 1 }',
      methods: `onSay({ body: [body, options] }) { return this.ctx.publish('link', body, options); }`,
    }),
  );
  t.equal(await shop.runtime.ask('SAY', 'say', ['up', { retain: 'a' }]), 1);
  await shop.add('LATE', shop.bundle({ ...READ(), name: 'LATE' }));
  t.strictSame(await shop.runtime.ask('LATE', 'get'), ['up']);
  t.equal(await shop.runtime.ask('SAY', 'say', ['gone', { withdraw: 'a' }]), 2);
  await shop.add('LATER', shop.bundle({ ...READ(), name: 'LATER' }));
  t.strictSame(await shop.runtime.ask('LATER', 'get'), []);
  await t.rejects(shop.runtime.ask('SAY', 'say', ['x', { retain: 'a', withdraw: 'a' }]), {
    message: /retain "a" and withdraw "a" exclude each other/,
  });
  t.throws(() => shop.runtime.publish('link', 1, { withdraw: 7 as never }), { code: 'ARGUMENT_INVALID' });
});
