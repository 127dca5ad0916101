import { createHook } from 'node:async_hooks';
import t, { type Test } from 'tap';
import type { Origin, RunOptions } from '../../runtime/index.ts';
import { sleep, Workshop } from './workshop.ts';

const BY: Origin = { command: 'confirm', by: 'test' };
const FAST = { duration: 300, every: 10 };
const worker = (version: string, methods = '', manifest = '') => ({
  name: 'W',
  version,
  manifest: `accepts: { do: [1] }, ${manifest}`,
  methods: `onDo({ body }) { this.state.did = body; return this.ctx.version; } ${methods}`,
});

async function running(
  t: Test,
  probation: Partial<typeof FAST> = FAST,
  first = worker('1.0.0'),
): Promise<Workshop> {
  const shop = new Workshop(t, { probation });
  await shop.add('W', shop.bundle(first));
  return shop;
}

const replace = (shop: Workshop, bundle: string, options?: RunOptions) =>
  shop.runtime.run(
    [{ change: 'replace', module: 'W', bundle }],
    { command: `replace W ${bundle}`, by: 'test' },
    options,
  );

/** Waits until the module runs that version again, or fails. */
async function back(t: Test, shop: Workshop, version = '1.0.0'): Promise<void> {
  const until = Date.now() + 20_000;
  const runs = () => shop.runtime.modules().find(({ name }) => name === 'W')?.version;
  while (runs() !== version && Date.now() < until) await sleep(5);
  t.equal(runs(), version, 'the version before is back');
  const last = () => shop.runtime.history.at(-1)!;
  while ((last().undoes === undefined || last().outcome === 'aborted') && Date.now() < until) await sleep(5);
  t.match(last(), { outcome: 'committed', by: 'probation' });
  t.equal(await shop.runtime.ask('W', 'do', 1), version);
}

t.test('a version that throws on probation is taken back', async (t) => {
  const shop = await running(t);
  const bad = `${worker('2.0.0').methods} onDo() { throw new Error('broken'); }`;
  const report = await replace(shop, shop.bundle({ ...worker('2.0.0'), methods: bad }));
  t.match(report, { outcome: 'committed', probation: { outcome: 'running', confirm: false } });
  t.match(shop.runtime.probation, { transaction: 2, members: ['W'], confirm: false });
  await t.rejects(shop.runtime.ask('W', 'do', 1), { code: 'ASK_FAILED' });
  await back(t, shop);
  t.match(report.probation, { outcome: 'failed', reason: /W 2\.0\.0: 1 of 1 handlers threw/ });
  t.equal(shop.runtime.probation, undefined);
});

t.test('a probation that is gone has left in the history what ended it', async (t) => {
  const shop = await running(t);
  await replace(shop, shop.bundle(worker('2.0.0', `isHealthy() { return 'no neighbour'; }`)));
  const found = new Set<string>();
  const look = async () => {
    for (let i = 0; i < 200 && shop.runtime.probation !== undefined; i++) await undefined;
    if (shop.runtime.probation === undefined) found.add(`undoes ${shop.runtime.history.at(-1)?.undoes}`);
  };
  // Looks after each step of every callback, whoever calls it.
  const callbacks = new Set<number>();
  const hook = createHook({
    init: (id, type) => type !== 'PROMISE' && callbacks.add(id),
    before: (id) => callbacks.has(id) && void look(),
  }).enable();
  t.teardown(() => hook.disable());
  await back(t, shop);
  t.strictSame([...found], ['undoes 2']);
});

t.test('a version that throws no more than the one before stays', async (t) => {
  const sometimes = `onDo({ body }) { if (body % 2) throw new Error('odd'); return this.ctx.version; }`;
  const shop = await running(t, FAST, { ...worker('1.0.0'), methods: sometimes });
  for (let i = 0; i < 10; i++) shop.runtime.send('W', 'do', i);
  await sleep(20);
  const report = await replace(shop, shop.bundle({ ...worker('2.0.0'), methods: sometimes }));
  for (let i = 0; i < 10; i++) shop.runtime.send('W', 'do', i);
  while (report.probation?.outcome === 'running') await sleep(10);
  t.match(report.probation, { outcome: 'passed' });
  t.equal(shop.view('W').version, '2.0.0');
});

for (const [name, methods] of [
  ['says it is unhealthy', `isHealthy() { return 'no neighbour'; }`],
  ['throws in isHealthy', `isHealthy() { throw new Error('x'); }`],
  ['spins in isHealthy', `isHealthy() { for (;;); }`],
  ['answers nonsense in isHealthy', `isHealthy() { return 1; }`],
] as const) {
  t.test(`a version that ${name} is taken back`, async (t) => {
    const shop = await running(t);
    await replace(shop, shop.bundle(worker('2.0.0', methods)));
    await back(t, shop);
  });
}

t.test('a probation does not end while the last word of isHealthy is owing', async (t) => {
  // The first look is the last one that would be, and is cut.
  const shop = await running(t, { duration: 5, every: 5 });
  await replace(shop, shop.bundle(worker('2.0.0', 'isHealthy() { for (;;); }')));
  await back(t, shop);
  t.match(shop.runtime.history.find(({ id }) => id === 2)?.probation, {
    outcome: 'failed',
    reason: /isHealthy did not return within 100 ms, 3 times in a row/,
  });
  const once = 'isHealthy() { if (!globalThis.asked) { globalThis.asked = true; for (;;); } return true; }';
  const report = await replace(shop, shop.bundle(worker('3.0.0', once)));
  t.teardown(() => Reflect.deleteProperty(globalThis, 'asked'));
  while (report.probation?.outcome === 'running') await sleep(5);
  t.match(report.probation, { outcome: 'passed' }, 'slow once: the next word counts');
});

t.test('a version whose mailbox fills is taken back, and nothing in it is lost', async (t) => {
  const take = `accepts: { do: [1], put: [1], got: [1] }, mailbox: 100`;
  const list = `initial() { return { got: [] }; } onGot() { return this.state.got; }`;
  const put = `onPut({ body }) { this.state.got.push(body); }`;
  const shop = await running(t, { ...FAST, duration: 5_000 }, worker('1.0.0', `${list} ${put}`, take));

  const stuck = `*onPut({ body }) { for (let i = 0; i < 300; i++) yield "slice"; this.state.got.push(body); }`;
  await replace(shop, shop.bundle(worker('2.0.0', `${list} ${stuck}`, take)));
  let sent = 0;
  while (shop.view('W').version === '2.0.0' && sent < 100_000) {
    if (shop.runtime.send('W', 'put', sent) === 'queued') sent++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await back(t, shop);
  t.strictSame(
    await shop.runtime.ask('W', 'got'),
    Array.from({ length: sent }, (_, i) => i),
  );
});

t.test('what must be confirmed goes back by itself when it is not', async (t) => {
  const shop = await running(t);
  const report = await replace(shop, shop.bundle(worker('2.0.0')), { confirm: 100 });
  t.match(report.probation, { outcome: 'running', confirm: true });
  await t.rejects(replace(shop, shop.bundle(worker('3.0.0'))), {
    code: 'CONFIRM_PENDING',
    message: /transaction 2 waits to be confirmed; "confirm" or "rollback" first/,
  });
  await back(t, shop);
  t.match(report.probation, { outcome: 'failed', reason: 'it was not confirmed in time' });
});

t.test('a removal that must be confirmed comes back as it was when it is not', async (t) => {
  const shop = await running(t);
  const report = await shop.runtime.run([{ change: 'remove', module: 'W' }], BY, { confirm: 100 });
  t.match(report.probation, { outcome: 'running', confirm: true });
  t.same(shop.runtime.modules(), []);
  await back(t, shop);
  t.match(report.probation, { outcome: 'failed', reason: 'it was not confirmed in time' });
});

t.test('what is confirmed stays', async (t) => {
  const shop = await running(t);
  await replace(shop, shop.bundle(worker('2.0.0')), { confirm: 150 });
  const report = await shop.runtime.confirm(BY);
  t.match(report, { id: 2, probation: { outcome: 'confirmed' } });
  await sleep(300);
  t.equal(shop.view('W').version, '2.0.0');
  await t.rejects(shop.runtime.confirm(BY), { code: 'NOTHING_TO_CONFIRM' });
});

t.test('what failed cannot be confirmed any more', async (t) => {
  const shop = await running(t);
  let late: Promise<unknown> | undefined;
  shop.runtime.onLog(({ text }) => {
    if (text.includes('probation failed')) late = shop.runtime.confirm(BY).catch((thrown) => thrown);
  });
  await replace(shop, shop.bundle(worker('2.0.0', `isHealthy() { return 'bad'; }`)), { confirm: 60_000 });
  await back(t, shop);
  t.match(await late, { code: 'NOTHING_TO_CONFIRM' });
});

t.test('a version that must be confirmed is cut when a handler of it spins, and taken back', async (t) => {
  const shop = await running(t);
  const spins = { ...worker('2.0.0', '', 'maxHandlerMs: 50'), methods: `onDo() { for (;;); }` };
  await replace(shop, shop.bundle(spins), { confirm: 60_000 });
  await t.rejects(shop.runtime.ask('W', 'do', 1), { code: 'ASK_FAILED' });
  await back(t, shop);
});

t.test('the next commit ends a probation, an abort does not', async (t) => {
  const shop = await running(t, { ...FAST, duration: 60_000 });
  const second = await replace(shop, shop.bundle(worker('2.0.0')));
  shop.runtime.faults!.set('W', 'refuse');
  t.equal((await replace(shop, shop.bundle(worker('3.0.0')))).outcome, 'aborted');
  t.equal(second.probation!.outcome, 'running');
  t.equal((await replace(shop, 'w@3.0.0')).outcome, 'committed');
  t.equal(second.probation!.outcome, 'superseded');
});

t.test('a rollback by hand ends a probation', async (t) => {
  const shop = await running(t, { ...FAST, duration: 60_000 });
  const report = await replace(shop, shop.bundle(worker('2.0.0')), { confirm: 60_000 });
  t.equal((await shop.runtime.rollback(BY)).outcome, 'committed');
  t.equal(report.probation!.outcome, 'undone');
  t.equal(shop.runtime.probation, undefined);
  t.equal((await replace(shop, 'w@2.0.0')).outcome, 'committed');
});

t.test('a way back that is aborted is tried again', async (t) => {
  const shop = await running(t);
  await replace(shop, shop.bundle(worker('2.0.0', `isHealthy() { return 'bad'; }`)));
  shop.runtime.faults!.set('W', 'refuse');
  while (shop.runtime.history.length < 3) await sleep(1);
  t.throws(() => shop.runtime.cancel(BY), {
    code: 'NOTHING_TO_CANCEL',
    message: /is the way back from a version/,
  });
  await back(t, shop);
  t.match(shop.runtime.history.slice(-2), [
    { outcome: 'aborted', undoes: 2, attempt: { number: 1, of: 6 } },
    { outcome: 'committed', undoes: 2, attempt: { number: 2, of: 6 } },
  ]);
});
