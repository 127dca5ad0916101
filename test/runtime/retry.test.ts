import t from 'tap';
import { sleep, Workshop } from './workshop.ts';

const RETRY = { retry: { times: 3, every: 40 } };
const w = (version: string) => ({ name: 'W', version });
const BY = { command: 'test', by: 'test' };

t.test('an aborted transaction is tried again until it is committed', async (t) => {
  const shop = new Workshop(t);
  await shop.add('W', shop.bundle(w('1.0.0')));
  shop.runtime.faults!.set('W', 'refuse');
  const change = { change: 'replace' as const, module: 'W', bundle: shop.bundle(w('2.0.0')) };
  const report = await shop.runtime.run([change], BY, RETRY);
  t.match(report, { id: 3, outcome: 'committed', attempt: { number: 2, of: 4 } });
  t.match(shop.runtime.history[1], { id: 2, outcome: 'aborted', attempt: { number: 1, of: 4 } });
});

t.test('it gives up after the last attempt', async (t) => {
  const shop = new Workshop(t);
  await shop.add('W', shop.bundle({ ...w('1.0.0'), methods: `isQuiescent() { return 'never'; }` }));
  shop.runtime.preparation = 5;
  const change = { change: 'replace' as const, module: 'W', bundle: shop.bundle(w('2.0.0')) };
  const report = await shop.runtime.run([change], BY, RETRY);
  t.match(report, { outcome: 'aborted', attempt: { number: 4, of: 4 } });
  t.equal(shop.runtime.history.length, 5);
});

t.test('meanwhile other commands are refused, and it can be given up', async (t) => {
  const shop = new Workshop(t);
  await shop.add('W', shop.bundle(w('1.0.0')));
  await t.rejects(async () => shop.runtime.cancel(BY), { code: 'NOTHING_TO_CANCEL' });
  shop.runtime.faults!.set('W', 'refuse');
  const change = { change: 'replace' as const, module: 'W', bundle: shop.bundle(w('2.0.0')) };
  const origin = { command: 'replace W w@2.0.0 retry 3 every 60s', by: 'test' };
  const running = shop.runtime.run([change], origin, { retry: { times: 3, every: 60_000 } });
  const until = Date.now() + 10_000;
  while (shop.runtime.history.length < 2 && Date.now() < until) await sleep(1);
  await sleep(5);
  await t.rejects(shop.runtime.run([change], BY), {
    code: 'TRANSACTION_BUSY',
    message: '"replace W w@2.0.0 retry 3 every 60s" waits for its attempt 2 of 4; "cancel" gives it up',
  });
  t.strictSame(shop.runtime.cancel(BY), { command: origin.command });
  t.match(await running, { outcome: 'aborted', reason: /not tried again: given up by test/ });
  t.equal((await shop.runtime.run([change], BY)).outcome, 'committed');
});

t.test('the end of the runtime ends the wait', async (t) => {
  const shop = new Workshop(t);
  await shop.add('W', shop.bundle(w('1.0.0')));
  shop.runtime.faults!.set('W', 'refuse');
  const change = { change: 'replace' as const, module: 'W', bundle: shop.bundle(w('2.0.0')) };
  const running = shop.runtime.run([change], BY, { retry: { times: 3, every: 60_000 } });
  while (shop.runtime.history.length < 2) await sleep(1);
  await sleep(5);
  shop.runtime.stop();
  t.match(await running, { outcome: 'aborted', reason: /the runtime was stopped/ });
});

t.test('patience that makes no sense is refused', async (t) => {
  const shop = new Workshop(t);
  for (const retry of [
    { times: 0, every: 10 },
    { times: 1, every: 0 },
    { times: Number.NaN, every: 1 },
  ])
    await t.rejects(async () => shop.runtime.run([], BY, { retry }), { code: 'ARGUMENT_INVALID' });
  await t.rejects(async () => shop.runtime.run([], BY, { confirm: -1 }), { code: 'ARGUMENT_INVALID' });
});
