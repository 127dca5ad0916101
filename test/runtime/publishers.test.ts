/** The only publisher of an event is needed by those who subscribe to it, as a receiver is by those who send to it. */
import t, { type Test } from 'tap';
import type { Change } from '../../runtime/index.ts';
import { Workshop } from './workshop.ts';

const BY = { command: 'test', by: 'test' };
const run = (shop: Workshop, ...changes: Change[]) => shop.runtime.run(changes, BY);

const pulse = (name: string, version = '1.0.0', publishes = '{ beat: 1 }') => ({
  name,
  version,
  manifest: `publishes: ${publishes}`,
});
const follower = (name: string, version = '1.0.0', subscribes = '{ beat: [1] }') => ({
  name,
  version,
  manifest: `subscribes: ${subscribes}`,
  methods: 'onBeat() {}',
});

async function shopOf(t: Test): Promise<Workshop> {
  const shop = new Workshop(t);
  await shop.add('TIMER', shop.bundle(pulse('TIMER')));
  await shop.add('IP', shop.bundle(follower('IP')));
  await shop.add('OSPF', shop.bundle(follower('OSPF')));
  return shop;
}

for (const change of ['remove', 'disable'] as const) {
  t.test(`${change}: refused with the names, by check too, unless forced`, async (t) => {
    const shop = await shopOf(t);
    const refusal = {
      code: 'MODULE_NEEDED',
      message: new RegExp(
        `TIMER cannot be ${change}d: .* IP 1.0.0 \\("beat"\\), OSPF 1.0.0 \\("beat"\\).*force`,
      ),
    };
    await t.rejects(run(shop, { change, module: 'TIMER' }), refusal);
    await t.rejects(shop.runtime.check([{ change, module: 'TIMER' }], BY), refusal);
    t.equal(shop.view('TIMER').service, 'service');
    const forced = { change, module: 'TIMER', force: true };
    t.match(await shop.runtime.check([forced], BY), { ok: true });
    t.equal((await run(shop, forced)).outcome, 'committed');
    t.equal((await shop.runtime.rollback(BY)).outcome, 'committed');
  });

  t.test(`${change}: allowed where another publishes, the host does, or nobody is left`, async (t) => {
    const shop = await shopOf(t);
    await shop.add('CLOCK', shop.bundle(pulse('CLOCK')));
    t.equal((await run(shop, { change, module: 'TIMER' })).outcome, 'committed');
    await t.rejects(run(shop, { change, module: 'CLOCK' }), { code: 'MODULE_NEEDED' });
    const group = ['CLOCK', 'IP', 'OSPF'].map((module) => ({ change, module }));
    t.equal((await run(shop, ...group)).outcome, 'committed');
    await shop.runtime.rollback(BY);
    shop.runtime.publish('beat', 1);
    t.equal((await run(shop, { change, module: 'CLOCK' })).outcome, 'committed');
  });
}

t.test('a publisher that is disabled does not count, and one that is enabled does', async (t) => {
  const shop = await shopOf(t);
  await shop.add('CLOCK', shop.bundle(pulse('CLOCK')));
  await run(shop, { change: 'disable', module: 'CLOCK' });
  await t.rejects(run(shop, { change: 'remove', module: 'TIMER' }), { code: 'MODULE_NEEDED' });
  const both: Change[] = [
    { change: 'remove', module: 'TIMER' },
    { change: 'enable', module: 'CLOCK' },
  ];
  t.equal((await run(shop, ...both)).outcome, 'committed');
});

t.test('who is disabled waits for nothing, but would miss what is removed', async (t) => {
  const shop = await shopOf(t);
  for (const module of ['IP', 'OSPF']) await run(shop, { change: 'disable', module });
  await t.rejects(run(shop, { change: 'remove', module: 'TIMER' }), { code: 'MODULE_NEEDED' });
  t.equal((await run(shop, { change: 'disable', module: 'TIMER' })).outcome, 'committed');
});

t.test('a version that publishes no more is refused, unless the subscribers follow', async (t) => {
  const shop = await shopOf(t);
  shop.bundle(pulse('TIMER', '2.0.0', '{ tick: 1 }'));
  await t.rejects(shop.replace('TIMER', 'timer@2.0.0'), {
    code: 'MODULE_NEEDED',
    message: /TIMER cannot be replaced by a version that does not publish: .*IP 1.0.0 \("beat"\)/,
  });
  shop.bundle(follower('IP', '2.0.0', '{}'));
  shop.bundle(follower('OSPF', '2.0.0', '{}'));
  const report = await shop.replace('TIMER', 'timer@2.0.0', 'IP', 'ip@2.0.0', 'OSPF', 'ospf@2.0.0');
  t.equal(report.outcome, 'committed', report.reason);
  t.equal((await shop.runtime.rollback(BY)).outcome, 'committed', 'the way back is not refused');
});

t.test('a module that follows its own events needs nobody', async (t) => {
  const shop = new Workshop(t);
  const own = { ...follower('SELF'), manifest: 'subscribes: { beat: [1] }, publishes: { beat: 1 }' };
  await shop.add('SELF', shop.bundle(own));
  t.equal((await run(shop, { change: 'disable', module: 'SELF' })).outcome, 'committed');
  t.equal((await run(shop, { change: 'remove', module: 'SELF' })).outcome, 'committed');
});
