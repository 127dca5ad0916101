/** The versions that the next start would begin with, after each turn that a probation can take. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Change, type RunOptions, VersionSet } from '../../runtime/index.ts';
import { sleep, Workshop } from './workshop.ts';

const BY = { command: 'test', by: 'test' };
const LONG = { duration: 60_000, every: 5, healthy: 5_000, lag: 60_000 };
const sick = `isHealthy() { return globalThis.sick === this.ctx.name + this.ctx.version ? 'sick' : true; }`;

/** A and B run at 1.0.0, which the set knows. */
async function started(t: Test, probation: Partial<typeof LONG> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-set-'));
  const set = await VersionSet.open(directory);
  const shop = new Workshop(t, { versionSet: set, probation: { ...LONG, ...probation } });
  t.teardown(async () => {
    await set.close().catch(() => {});
    rmSync(directory, { recursive: true, force: true });
  });
  for (const name of ['A', 'B'])
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) shop.bundle({ name, version, methods: sick });
  for (const name of ['A', 'B']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  const replace = (module: string, version: string, options?: RunOptions) =>
    shop.runtime.run(
      [{ change: 'replace', module, bundle: `${module.toLowerCase()}@${version}` }],
      BY,
      options,
    );
  const run = (...changes: Change[]) => shop.runtime.run(changes, BY);
  const boot = () => [...set.boot].map(([module, entry]) => entry?.bundle ?? `no ${module}`).join(' ');
  const runs = () =>
    shop.runtime
      .modules()
      .map(({ name, version }) => `${name.toLowerCase()}@${version}`)
      .join(' ');
  return { shop, set, replace, run, boot, runs };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(5))
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
}

t.test(
  'a version on probation is what the next start begins with when it passed or is confirmed',
  async (t) => {
    const { shop, set, replace, boot } = await started(t);
    t.equal(boot(), 'a@1.0.0 b@1.0.0');
    await replace('A', '1.1.0', { confirm: 60_000 });
    t.equal(boot(), 'a@1.0.0 b@1.0.0', 'not yet');
    t.equal(set.trial!.get('A')!.bundle, 'a@1.1.0');
    await shop.runtime.confirm(BY);
    t.equal(boot(), 'a@1.1.0 b@1.0.0');
  },
);

t.test('a rollback by hand takes the trial back, and ends the watch in the report too', async (t) => {
  const { shop, set, replace, boot, runs } = await started(t);
  const report = await replace('A', '1.1.0');
  await shop.runtime.rollback(BY);
  t.equal(runs(), 'a@1.0.0 b@1.0.0');
  t.equal(boot(), 'a@1.0.0 b@1.0.0');
  t.equal(set.trial, undefined);
  t.equal(report.probation!.outcome, 'undone');
});

t.test('a probation is shown until the transaction that ended it is in the history', async (t) => {
  const { shop, replace } = await started(t);
  const { runtime } = shop;
  const { id } = await replace('A', '1.1.0');
  const between: unknown[] = [];
  const look = () => {
    if (runtime.probation?.transaction !== id && runtime.history.at(-1)?.id === id)
      between.push(runtime.probation);
    next = setImmediate(look);
  };
  let next = setImmediate(look);
  await replace('B', '1.1.0', { remember: false });
  clearImmediate(next);
  t.same(between, []);
  t.equal(runtime.probation?.transaction, runtime.history.at(-1)?.id);
});

t.test(
  'after a version that was superseded on probation, it is what runs that the next start begins with',
  async (t) => {
    const { shop, set, replace, boot, runs } = await started(t);
    await replace('A', '1.1.0');
    await replace('B', '1.1.0');
    t.equal(boot(), 'a@1.0.0 b@1.0.0', 'neither has proved itself');
    await shop.runtime.rollback(BY);
    t.equal(runs(), 'a@1.1.0 b@1.0.0');
    t.equal(boot(), 'a@1.1.0 b@1.0.0', 'nothing is on probation any more');
    t.equal(set.trial, undefined);
  },
);

t.test('the same by itself, and of one module twice', async (t) => {
  const { set, replace, boot, runs } = await started(t);
  await replace('A', '1.1.0');
  await replace('A', '2.0.0');
  (globalThis as { sick?: string }).sick = 'A2.0.0';
  await until('it is back', () => runs() === 'a@1.1.0 b@1.0.0' && set.trial === undefined);
  (globalThis as { sick?: string }).sick = '';
  t.equal(boot(), 'a@1.1.0 b@1.0.0');
});

t.test('a change of service ends a probation, and with it the trial', async (t) => {
  const { shop, set, replace, run, boot } = await started(t);
  await replace('A', '1.1.0');
  await run({ change: 'disable', module: 'B' });
  t.equal(shop.runtime.probation, undefined);
  await until('it is written', () => set.trial === undefined);
  t.equal(boot(), 'a@1.1.0 b@1.0.0', 'what runs, and is not watched any more');
});

t.test(
  'a removal ends a probation, and all that is current is what the next start begins with',
  async (t) => {
    const { replace, run, boot } = await started(t);
    await replace('A', '1.1.0');
    await run({ change: 'remove', module: 'B' });
    t.equal(boot(), 'a@1.1.0 no B');
  },
);

t.test('where removals are not remembered, a removed module has its version again later', async (t) => {
  const { shop, replace, boot, runs } = await started(t);
  await replace('A', '1.1.0');
  const changes: Change[] = [
    { change: 'remove', module: 'B' },
    { change: 'replace', module: 'A', bundle: 'a@2.0.0' },
  ];
  await shop.runtime.run(changes, BY, { remember: 'no removals', confirm: 60_000 });
  await shop.runtime.confirm(BY);
  t.equal(runs(), 'a@2.0.0');
  t.equal(boot(), 'a@2.0.0 b@1.0.0');
});

t.test(
  'the end of the runtime lets an automatic probation pass, and not one that waits to be confirmed',
  async (t) => {
    for (const [options, kept] of [
      [undefined, 'a@1.1.0 b@1.0.0'],
      [{ confirm: 60_000 }, 'a@1.0.0 b@1.0.0'],
    ] as const) {
      const { shop, set, replace, boot } = await started(t);
      await replace('A', '1.1.0', options);
      shop.runtime.stop();
      await set.close();
      t.equal(boot(), kept);
      const again = await VersionSet.open(set.directory);
      t.equal(again.boot.get('A')!.bundle, kept.split(' ')[0]);
      await again.close();
    }
  },
);
