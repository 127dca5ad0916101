/** `force` is the way out of a version that will not be quiescent: at the deadline it is cut, told, and what it began given back. */
import t, { type Test } from 'tap';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { Workshop } from './workshop.ts';

const DEADLINE_MS = 60;
/** Its handlers are cut by force alone: no standstill of the machine is as long as `maxHandlerMs`. */
const MANIFEST = `accepts: { go: [1], ping: [1], count: [1] }, sends: { DEAF: { never: 1 } }, maxHandlerMs: 1_000`;
const COMMON =
  'onPing() { return this.state; } onCount() { this.state.count++; } initial() { return { count: 0 }; }';

interface Stubborn {
  readonly methods: string;
  /** In the report: why it was cut. A hook that the machine stands still in is cut as one that spins. */
  readonly why: RegExp;
  /** The request that it was in the middle of. */
  readonly suspended?: true;
  readonly native?: true;
}

/** Versions that no transaction without force gets out of. */
const STUBBORN: Readonly<Record<string, Stubborn>> = {
  'an isQuiescent that spins': {
    methods: 'onGo() {} isQuiescent() { for (;;); }',
    why: /did not return from isQuiescent and was cut/,
  },
  'an isQuiescent that says no': {
    methods: "onGo() {} isQuiescent() { return 'never'; }",
    why: /never|was cut after/,
  },
  'an isQuiescent that throws': {
    methods: "onGo() {} isQuiescent() { throw new Error('no'); }",
    why: /threw Error: no|was cut after/,
  },
  'a generator that never ends': {
    methods: "*onGo() { for (;;) yield 'slice'; }",
    why: /in the middle of long work/,
    suspended: true,
  },
  'a handler that waits for an answer for ever': {
    methods: "*onGo() { yield* this.ctx.ask('DEAF', 'never', undefined, { timeout: 3_600_000 }); }",
    why: /1 handlers suspended: onGo/,
    suspended: true,
  },
};

async function shopOf(t: Test, { methods }: Stubborn) {
  const shop = new Workshop(t, { development: false });
  const deaf = { name: 'DEAF', version: '1.0.0', manifest: 'accepts: { never: [1] }' };
  await shop.add('DEAF', shop.bundle({ ...deaf, methods: "*onNever() { for (;;) yield 'slice'; }" }));
  const well = { name: 'ODD', manifest: MANIFEST, methods: `onGo() {} ${COMMON}` };
  await shop.add('ODD', shop.bundle({ ...well, version: '1.0.0' }));
  await shop.replace('ODD', shop.bundle({ ...well, version: '2.0.0', methods: `${methods} ${COMMON}` }));
  const other = {
    name: 'OTHER',
    version: '1.0.0',
    manifest: 'accepts: { ping: [1] }',
    methods: "onPing() { return 'pong'; }",
  };
  await shop.runtime.run([{ change: 'add', bundle: shop.bundle(other) }], {}, { undoable: false });
  return { shop, next: shop.bundle({ ...well, version: '3.0.0' }) };
}

function standStill(): void {
  const until = performance.now() + 2 * DEADLINE_MS;
  while (performance.now() < until);
}

type Shop = Awaited<ReturnType<typeof shopOf>>;
const WAYS = {
  replace: ({ shop, next }: Shop, force: boolean) =>
    shop.runtime.run([{ change: 'replace', bundle: next }], {}, { deadline: DEADLINE_MS, force }),
  disable: ({ shop }: Shop, force: boolean) =>
    shop.runtime.run([{ change: 'disable', module: 'ODD', force }], {}, { deadline: DEADLINE_MS, force }),
  remove: ({ shop }: Shop, force: boolean) =>
    shop.runtime.run([{ change: 'remove', module: 'ODD', force }], {}, { deadline: DEADLINE_MS, force }),
} as const;

for (const [what, stubborn] of Object.entries(STUBBORN)) {
  for (const [way, run] of Object.entries(WAYS)) {
    const skip = stubborn.native === true && nativeWatch() === undefined && 'SKIPPED: no native watch';
    t.test(`${way} aborts for ${what}; by force it goes on, and says what was cut`, { skip }, async (t) => {
      const made = await shopOf(t, stubborn);
      const { shop } = made;
      const asked = shop.runtime.ask('ODD', 'go', undefined, { timeout: 60_000 }).then(
        () => 'answered',
        ({ code }: { code: string }) => code,
      );
      await shop.runtime.ask('OTHER', 'ping');
      const aborted = await run(made, false);
      t.equal(aborted.outcome, 'aborted');
      t.equal(aborted.forced, undefined);
      t.equal(shop.view('ODD').service, 'service');
      // With what never ends it is not begun; otherwise it is handled before.
      if (stubborn.suspended !== true) shop.runtime.send('ODD', 'count');
      const report = await run(made, true);
      t.match(
        report,
        { outcome: 'committed', forced: [{ module: 'ODD', why: stubborn.why }] },
        report.reason,
      );
      t.strictSame(report.forced![0]!.interrupted, stubborn.suspended ? ['onGo of host'] : []);
      t.equal(await asked, stubborn.suspended ? 'ASK_FAILED' : 'answered');
      t.ok(
        shop.texts().some((text) => /^ODD 2\.0\.0 frozen by force: /.test(text)),
        'the log says so',
      );
      t.equal(await shop.runtime.ask('OTHER', 'ping'), 'pong');
      if (way === 'remove') {
        t.equal(shop.view('ODD'), undefined);
        return;
      }
      t.equal(shop.view('ODD').interrupted, stubborn.suspended ? 1 : 0);
      if (way === 'disable') t.equal(shop.view('ODD').service, 'disabled');
      else t.strictSame(await shop.runtime.ask('ODD', 'ping'), { count: stubborn.suspended ? 0 : 1 });
    });
  }

  t.test(`force leads out of ${what} on a machine that stands still for twice the deadline`, async (t) => {
    for (const at of [0, DEADLINE_MS / 3, DEADLINE_MS - 10]) {
      const made = await shopOf(t, stubborn);
      made.shop.runtime.send('ODD', 'go');
      await made.shop.runtime.ask('OTHER', 'ping');
      const transaction = WAYS.replace(made, true);
      setTimeout(standStill, at);
      const report = await transaction;
      t.match(report, { outcome: 'committed', forced: [{ module: 'ODD' }] }, report.reason);
    }
  });

  t.test(`rollback by force leads out of ${what}`, async (t) => {
    const shop = new Workshop(t, { development: false });
    const deaf = { name: 'DEAF', version: '1.0.0', manifest: 'accepts: { never: [1] }' };
    await shop.add('DEAF', shop.bundle({ ...deaf, methods: "*onNever() { for (;;) yield 'slice'; }" }));
    const well = { name: 'ODD', manifest: MANIFEST, methods: `onGo() {} ${COMMON}` };
    await shop.add('ODD', shop.bundle({ ...well, version: '1.0.0' }));
    await shop.replace(
      'ODD',
      shop.bundle({ ...well, version: '2.0.0', methods: `${stubborn.methods} ${COMMON}` }),
    );
    shop.runtime.send('ODD', 'go');
    shop.runtime.send('ODD', 'count');
    await new Promise((resolve) => setImmediate(resolve));
    t.equal((await shop.runtime.rollback({ deadline: DEADLINE_MS })).outcome, 'aborted');
    const report = await shop.runtime.rollback({ deadline: DEADLINE_MS, force: true });
    t.match(
      report,
      { outcome: 'committed', undoes: 3, forced: [{ module: 'ODD', why: stubborn.why }] },
      report.reason,
    );
    t.equal(shop.view('ODD').version, '1.0.0');
    t.strictSame(await shop.runtime.ask('ODD', 'ping'), { count: 1 }, 'a message that was not begun is kept');
  });

  t.test(`a probation that failed leads out of ${what}`, async (t) => {
    const shop = new Workshop(t, {
      development: false,
      preparation: DEADLINE_MS,
      probation: { every: 5, duration: 60_000 },
    });
    const deaf = { name: 'DEAF', version: '1.0.0', manifest: 'accepts: { never: [1] }' };
    await shop.add('DEAF', shop.bundle({ ...deaf, methods: "*onNever() { for (;;) yield 'slice'; }" }));
    const manifest = MANIFEST.replace('count: [1]', 'count: [1], sick: [1]');
    const well = { name: 'ODD', manifest, methods: `onGo() {} onSick() {} ${COMMON}` };
    await shop.add('ODD', shop.bundle({ ...well, version: '1.0.0' }));
    const sick = `${stubborn.methods} ${COMMON} onSick() { this.state.sick = true; } isHealthy() { return this.state.sick ? 'sick' : true; }`;
    await shop.replace('ODD', shop.bundle({ ...well, version: '2.0.0', methods: sick }));
    shop.runtime.send('ODD', 'sick');
    shop.runtime.send('ODD', 'go');
    while (shop.runtime.history.at(-1)?.by !== 'probation')
      await new Promise((resolve) => setTimeout(resolve, 5));
    t.match(shop.runtime.history.at(-1), {
      outcome: 'committed',
      by: 'probation',
      forced: [{ module: 'ODD' }],
    });
  });
}

t.test(
  'a message that the next version does not understand goes back by force, and is counted',
  async (t) => {
    const made = await shopOf(t, STUBBORN['a generator that never ends']!);
    const { shop } = made;
    shop.runtime.send('ODD', 'go');
    await new Promise((resolve) => setImmediate(resolve));
    const late = shop.runtime.ask('ODD', 'count').then(
      () => 'answered',
      ({ code }: { code: string }) => code,
    );
    const less = shop.bundle({
      name: 'ODD',
      version: '4.0.0',
      manifest: 'accepts: { ping: [1] }',
      methods: 'initial() { return { count: 0 }; } onPing() { return this.state; }',
    });
    const report = await shop.runtime.run(
      [{ change: 'replace', bundle: less }],
      {},
      { deadline: DEADLINE_MS, force: true },
    );
    t.match(report, { outcome: 'committed', members: [{ undelivered: 1 }] }, report.reason);
    t.equal(await late, 'ASK_UNDELIVERABLE');
    t.strictSame(await shop.runtime.ask('ODD', 'ping'), { count: 0 });
  },
);

t.test('where nobody has to be cut, force changes nothing', async (t) => {
  const made = await shopOf(t, { methods: 'onGo() {}', why: /./ });
  const report = await WAYS.replace(made, true);
  t.equal(report.outcome, 'committed');
  t.notOk('forced' in report);
});

t.test('what was cut is told also where the transaction then comes to nothing', async (t) => {
  const made = await shopOf(t, STUBBORN['a generator that never ends']!);
  const { shop } = made;
  shop.runtime.send('ODD', 'go');
  shop.runtime.send('ODD', 'count');
  const bad = shop.bundle({
    name: 'ODD',
    version: '5.0.0',
    manifest: MANIFEST,
    methods: `onGo() {} ${COMMON} start() { throw new Error('no'); }`,
  });
  const report = await shop.runtime.run(
    [{ change: 'replace', bundle: bad }],
    {},
    { deadline: DEADLINE_MS, force: true },
  );
  t.match(report, {
    outcome: 'aborted',
    reason: /start|Error: no/,
    forced: [{ module: 'ODD', interrupted: ['onGo of host'] }],
  });
  t.match(shop.view('ODD'), { version: '2.0.0', service: 'service', interrupted: 1, suspect: true });
  t.strictSame(await shop.runtime.ask('ODD', 'ping'), { count: 1 }, 'what waited is handled');
});
