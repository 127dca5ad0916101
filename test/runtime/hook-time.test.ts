/** Hooks of a version that does not serve yet have a bound of their own, and a machine that stands still is told from them. */
import t from 'tap';
import type { HitlessError } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { type Source, Workshop } from './workshop.ts';

const BY = { command: 'x', by: 'test' };
const a = (version: string, methods = '', manifest = ''): Source => ({
  name: 'A',
  version,
  methods,
  manifest,
});

/** The bound of what was cut, in ms, as a check names it. */
const boundIn = (text: string) => Number(/(?:HOOK_CUT|BUNDLE_TIMEOUT).* within (\d+) ms/s.exec(text)?.[1]);
/** ms of the processor that a swap may cost whose hook spins: its own bound, once more where the machine stood still. */
const MOST_MS = 4_000;

t.test('a hook that spins does not hold the program for the whole preparation time', async (t) => {
  // An hour: whoever waits for the deadline never ends.
  const shop = new Workshop(t, { preparation: 3_600_000, development: false });
  await shop.add('A', shop.bundle(a('1.0.0')));
  for (const [source, most] of [
    [a('1.1.0', 'start(why) { if (why === "upgrade") for (;;); }'), 600],
    [a('1.2.0', '', 'state: { version: 2, up: { 1: () => { for (;;); } } }'), 600],
    [a('1.3.0', 'constructor() { super(); for (;;); }'), 200],
    [{ ...a('1.4.0'), head: 'for (;;);' }, 500],
  ] as const) {
    const bundle = shop.bundle(source);
    const changes = [{ change: 'replace' as const, module: 'A', bundle }];
    const refused = (thrown: HitlessError) => `${thrown.code}: ${thrown.message}`;
    const foretold = await shop.runtime.check(changes, BY).then(({ problems }) => problems.join(), refused);
    t.ok(boundIn(foretold) <= most, `${source.version} is foretold: ${foretold}`);
    const began = process.cpuUsage();
    const told = await shop.runtime
      .run(changes, BY)
      .then(({ outcome, reason }) => `${outcome} ${reason}`, refused);
    const { user, system } = process.cpuUsage(began);
    t.match(told, /HOOK_CUT|BUNDLE_TIMEOUT/, source.version);
    t.ok((user + system) / 1_000 < MOST_MS, `${(user + system) / 1_000} ms of the processor`);
  }
  t.equal(shop.view('A').service, 'service');
});

t.test('who needs longer says so in its manifest, and a check says the same', async (t) => {
  const shop = new Workshop(t, { preparation: 60_000, development: false });
  const slow = 'start(why) { if (why === "upgrade") for (const end = Date.now() + 800; Date.now() < end;); }';
  await shop.add('A', shop.bundle(a('1.0.0')));
  const patient = shop.bundle(a('1.1.0', slow, 'maxHandlerMs: 20_000'));
  const changes = [{ change: 'replace' as const, module: 'A', bundle: patient }];
  t.match(await shop.runtime.check(changes, BY), { ok: true, problems: [] });
  t.match(await shop.runtime.run(changes, BY), { outcome: 'committed' });
});

/** Blocks without a processor, as a machine that stands still does. */
const STAND = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000)';

t.test('a machine that stands still refuses no bundle', async (t) => {
  const shop = new Workshop(t, { preparation: 60_000, development: false });
  Object.assign(globalThis, { stands: { top: 1, constructed: 1, checked: 1 } });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'stands'));
  const still = (what: string) => `if (globalThis.stands.${what}-- > 0) ${STAND};`;
  await shop.add('A', shop.bundle(a('1.0.0')));
  const methods = `constructor() { super(); ${still('constructed')} } start() { ${still('checked')} }`;
  const bundle = shop.bundle({ ...a('1.1.0', methods), head: still('top') });
  const changes = [{ change: 'replace' as const, module: 'A', bundle }];
  t.match(await shop.runtime.check(changes, BY), { ok: true, problems: [] });
  t.match(await shop.runtime.run(changes, BY), { outcome: 'committed' });
});

t.test('a swap whose window stood still is tried again', async (t) => {
  const shop = new Workshop(t, { preparation: 60_000, development: false, warmUp: false });
  await shop.add('A', shop.bundle(a('1.0.0')));
  Object.assign(globalThis, { standing: 1 });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'standing'));
  const bundle = shop.bundle(
    a('1.1.0', `start(why) { if (why === 'upgrade' && globalThis.standing-- > 0) ${STAND}; }`),
  );
  const report = await shop.replace('A', bundle);
  t.equal(report.outcome, 'committed', report.reason);
  t.strictSame(
    shop.runtime.history.slice(1).map(({ outcome }) => outcome),
    ['aborted', 'committed'],
  );
  t.ok(shop.texts().some((text) => /tried again: the machine stood still/.test(text)));
});

t.test('a fault on purpose strikes again where a swap is tried again', async (t) => {
  const shop = new Workshop(t, { preparation: 60_000, development: false, warmUp: false });
  Object.assign(globalThis, { standing: 1 });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'standing'));
  const quiescent = `isQuiescent() { if (globalThis.standing-- > 0) ${STAND}; return true; }`;
  await shop.add('A', shop.bundle(a('1.0.0', quiescent)));
  shop.runtime.faults!.set('A', 'refuse');
  const report = await shop.replace('A', shop.bundle(a('1.1.0')));
  t.match(report, { outcome: 'aborted', reason: /refus/ });
  t.strictSame(
    shop.runtime.history.slice(1).map(({ outcome }) => outcome),
    ['aborted', 'aborted'],
  );
  t.equal((await shop.replace('A', 'a@1.1.0')).outcome, 'committed', 'it is planned for one transaction');
});

t.test('as long as nothing serves, a version has more time: a board that boots is slow', async (t) => {
  const shop = new Workshop(t, { preparation: 60_000, development: false, warmUp: false });
  // Of the processor's time: on a busy machine the clock runs on.
  const used = '(process.cpuUsage().user + process.cpuUsage().system)';
  const takes = (ms: number) => `for (const end = ${used} + ${ms} * 1000; ${used} < end;);`;
  const slow = (name: string) => ({
    name,
    version: '1.0.0',
    head: takes(800),
    methods: `constructor() { super(); ${takes(800)} } start() { ${takes(800)} }`,
  });
  t.equal((await shop.add('A', shop.bundle(slow('A')))).outcome, 'committed');
  await t.rejects(shop.add('B', shop.bundle(slow('B'))), { code: 'BUNDLE_TIMEOUT' }, 'A is served now');
});

const skip = nativeWatch() === undefined && 'SKIPPED: `vm` time-outs look at the CPU time themselves';
if (skip) process.stderr.write(`test/runtime/hook-time: ${skip}\n`);
t.test('a swap reads the CPU time of the process once, and before its window', { skip }, async (t) => {
  const shop = new Workshop(t, { development: false });
  await shop.add('A', shop.bundle(a('1.0.0')));
  let step = '';
  shop.runtime.faults!.onStep = (name) => {
    step = name;
  };
  const read: string[] = [];
  const { cpuUsage } = process;
  process.cpuUsage = (...args) => {
    read.push(step);
    return cpuUsage.apply(process, args);
  };
  t.teardown(() => {
    process.cpuUsage = cpuUsage;
  });
  // A machine that is busy just then has it read again.
  for (let i = 1; i <= 50; i++) {
    read.length = 0;
    await shop.replace('A', shop.bundle(a(`1.${i}.0`)));
    if (read.length === 1) break;
  }
  t.strictSame(read, ['migrate']);
});
