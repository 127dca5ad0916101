/** Upgrades as a program writes them: add, replace, remove, disable, enable and upgrade; and modules that are classes of the program. */
import t from 'tap';
import { AbortedError, Module, VersionSet } from '../../runtime/index.ts';
import { turns, Workshop } from './workshop.ts';

const COUNTING = {
  name: 'counter',
  manifest: 'accepts: { count: [1], total: [1] }',
  methods:
    'initial(from = 0) { return { total: from }; } onCount() { this.state.total++; } onTotal() { return this.state.total; }',
};
const BAD = {
  ...COUNTING,
  version: '3.0.0',
  methods: `${COUNTING.methods} start() { throw new Error('no'); }`,
};

function shopOf(t: Test, options = {}): Workshop {
  const shop = new Workshop(t, options);
  for (const version of ['1.0.0', '2.0.0']) shop.bundle({ ...COUNTING, version });
  shop.bundle(BAD);
  return shop;
}
type Test = ConstructorParameters<typeof Workshop>[0];

const manifest = (name: string, version: string, more: object = {}) => ({
  api: 1 as const,
  name,
  version,
  accepts: { count: [1], total: [1] },
  subscribes: {},
  timers: [],
  ports: [],
  state: { version: 1 },
  ...more,
});

/** Another class for each version, as a program would write it. */
function counterOf(version: string, step: number, more: object = {}) {
  return class Counter extends Module<{ total: number }> {
    static readonly manifest = manifest('counter', version, more);
    initial(from = 0) {
      return { total: from };
    }
    onCount() {
      this.state.total += step;
    }
    onTotal() {
      return this.state.total;
    }
  };
}

t.test('each verb is one transaction, whose origin is the call in words', async (t) => {
  const { runtime } = shopOf(t);
  t.equal((await runtime.add('counter@1.0.0', 5)).outcome, 'committed');
  t.equal((await runtime.replace('counter@2.0.0', { by: 'a test' })).members[0]?.to, '2.0.0');
  await runtime.disable('counter');
  await runtime.enable('counter');
  t.equal(await runtime.ask('counter', 'total'), 5, 'the configuration was given to initial');
  await runtime.rollback();
  await runtime.remove('counter', { force: true, command: 'out with it' });
  t.strictSame(
    runtime.history.map(({ command, by }) => `${command} by ${by}`),
    [
      'add counter@1.0.0 by host',
      'replace counter@2.0.0 by a test',
      'disable counter by host',
      'enable counter by host',
      'rollback by host',
      'out with it by host',
    ],
  );
});

t.test(
  'an upgrade of several changes is one transaction, and a bundle says itself whose version it is',
  async (t) => {
    const shop = shopOf(t);
    const other = shop.bundle({ ...COUNTING, name: 'other', version: '1.0.0' });
    const report = await shop.runtime.upgrade([
      { change: 'add', bundle: 'counter@1.0.0', config: 7 },
      { change: 'add', module: 'other', bundle: other },
    ]);
    t.equal(report.command, 'add counter@1.0.0, add other@1.0.0');
    t.strictSame(
      report.members.map(({ module }) => module),
      ['counter', 'other'],
    );
    t.equal(await shop.runtime.ask('counter', 'total'), 7);
    await t.rejects(
      shop.runtime.upgrade([
        { change: 'replace', bundle: 'counter@2.0.0' },
        { change: 'remove', module: 'counter' },
      ]),
      { code: 'TRANSACTION_EMPTY', message: /names counter twice/ },
    );
    await t.rejects(shop.runtime.upgrade([{ change: 'replace', module: 'other', bundle: 'counter@2.0.0' }]), {
      code: 'BUNDLE_MISMATCH',
    });
  },
);

t.test('what aborts rejects with a code and the report, add too; run returns the report', async (t) => {
  const { runtime } = shopOf(t);
  const failed = await runtime.add('counter@3.0.0').catch((error: unknown) => error);
  t.ok(failed instanceof AbortedError);
  t.match(failed, {
    code: 'TRANSACTION_ABORTED',
    module: 'counter',
    message: /"add counter@3\.0\.0" was aborted, and what was before goes on: .*Error: no/,
    report: { outcome: 'aborted', id: 1 },
  });
  t.equal(runtime.send('counter', 'count'), 'unknown', 'nothing was added');
  await runtime.add('counter@1.0.0');
  await t.rejects(runtime.replace('counter@3.0.0'), { code: 'TRANSACTION_ABORTED' });
  t.equal((await runtime.run([{ change: 'replace', bundle: 'counter@3.0.0' }])).outcome, 'aborted');
  t.equal(runtime.modules()[0]?.version, '1.0.0');
});

t.test('a refusal keeps its code', async (t) => {
  const { runtime } = shopOf(t);
  await t.rejects(runtime.add('counter@9.0.0'), { code: 'BUNDLE_NOT_FOUND' });
  await t.rejects(runtime.replace('counter@1.0.0'), { code: 'MODULE_UNKNOWN' });
  await t.rejects(runtime.remove('counter'), { code: 'MODULE_UNKNOWN' });
  await t.rejects(runtime.add('counter@1.0.0', 0, { confrim: 1 } as never), {
    code: 'ARGUMENT_INVALID',
    message: /"confrim"; did you mean "confirm"/,
  });
  await t.rejects(runtime.add(undefined as never), {
    code: 'ARGUMENT_INVALID',
    message: /a class with a manifest/,
  });
});

t.test('a deadline of its own bounds one transaction, and the runtime’s stays', async (t) => {
  const shop = shopOf(t);
  shop.bundle({
    ...COUNTING,
    name: 'busy',
    version: '1.0.0',
    methods: `${COUNTING.methods} isQuiescent() { return 'never'; }`,
  });
  shop.bundle({ ...COUNTING, name: 'busy', version: '2.0.0' });
  await shop.runtime.add('busy@1.0.0');
  const failed = await shop.runtime
    .replace('busy@2.0.0', { deadline: 30 })
    .catch((error: AbortedError) => error);
  t.match(failed, { code: 'TRANSACTION_ABORTED', report: { deadline: 30 } });
  t.equal(shop.runtime.preparation, 2_000);
});

// --- classes of the program

t.test('a class of the program is a version like any other: replaced with its state, and back', async (t) => {
  const { runtime } = new Workshop(t);
  const [One, Two] = [counterOf('1.0.0', 1), counterOf('2.0.0', 10)];
  await runtime.add(One, 5);
  runtime.send('counter', 'count');
  const report = await runtime.replace(Two);
  t.match(report, { command: 'replace counter@2.0.0', members: [{ from: '1.0.0', to: '2.0.0' }] });
  runtime.send('counter', 'count');
  t.equal(await runtime.ask('counter', 'total'), 16);
  await runtime.rollback();
  runtime.send('counter', 'count');
  t.equal(await runtime.ask('counter', 'total'), 17);
  t.match(runtime.versions(), [{ bundle: 'counter@1.0.0', sha256: '', file: "the program's class Counter" }]);
  const { ok } = await runtime.check([{ change: 'replace', bundle: Two }]);
  t.equal(ok, true);
});

t.test('an object with what a bundle exports is a version, too', async (t) => {
  const { runtime } = new Workshop(t);
  await runtime.add({ manifest: manifest('counter', '1.0.0'), default: counterOf('9.9.9', 1) });
  t.equal(runtime.modules()[0]?.version, '1.0.0', 'its own manifest counts');
});

t.test('a class and a bundle replace each other', async (t) => {
  const { runtime } = shopOf(t);
  await runtime.add('counter@1.0.0', 5);
  await runtime.replace(counterOf('1.5.0', 1));
  await runtime.replace('counter@2.0.0');
  t.equal(await runtime.ask('counter', 'total'), 5);
});

t.test('two classes of one version are told apart, the same class is the same version', async (t) => {
  const { runtime } = new Workshop(t);
  const One = counterOf('1.0.0', 1);
  await runtime.add(One);
  await t.rejects(runtime.replace(One), { code: 'TRANSACTION_EMPTY' });
  await t.rejects(runtime.replace(counterOf('1.0.0', 2)), {
    code: 'BUNDLE_LOADED',
    message: /another version/,
  });
});

t.test('a class that lacks a handler, or whose manifest is wrong, is refused as a bundle is', async (t) => {
  const { runtime } = new Workshop(t);
  const lacking = counterOf('1.0.0', 1, { accepts: { count: [1], total: [1], reset: [1] } });
  await t.rejects(runtime.add(lacking), {
    code: 'HANDLER_MISSING',
    message: /the program's class Counter.*onReset/,
  });
  await t.rejects(runtime.add(counterOf('one', 1)), { code: 'MANIFEST_INVALID' });
  await t.rejects(
    runtime.add(
      class Bare extends Module {
        initial() {
          return {};
        }
      } as never,
    ),
    {
      code: 'ARGUMENT_INVALID',
      message: /a class with a manifest as defineModule makes it, not a class/,
    },
  );
});

t.test('the code of a class runs under the same guard, and its version on probation goes back', async (t) => {
  const { runtime } = new Workshop(t, { probation: { duration: 10_000 } });
  await runtime.add(counterOf('1.0.0', 1));
  class Spins extends counterOf('2.0.0', 1) {
    override start() {
      for (;;);
    }
  }
  await t.rejects(runtime.replace(Spins), { code: 'TRANSACTION_ABORTED' });
  class Throws extends counterOf('2.1.0', 1) {
    override onCount() {
      throw new Error('no');
    }
  }
  await runtime.replace(Throws);
  for (let i = 0; i < 20; i++) runtime.send('counter', 'count');
  while (runtime.history.at(-1)?.by !== 'probation') await turns(1);
  t.equal(runtime.modules()[0]?.version, '1.0.0');
});

t.test('no code of a class runs before it serves: its variables are the program’s', async (t) => {
  const { runtime } = new Workshop(t);
  const seen: string[] = [];
  const spyOf = (version: string) =>
    class extends counterOf(version, 1) {
      override onCount() {
        seen.push(version);
      }
    };
  await runtime.add(spyOf('1.0.0'));
  runtime.send('counter', 'count');
  await turns();
  await runtime.replace(spyOf('2.0.0'));
  t.strictSame(seen, ['1.0.0']);
});

t.test(
  'a set of versions cannot name a class after a restart: that is said before anything is disturbed',
  async (t) => {
    const versionSet = await VersionSet.open(t.testdir());
    const { runtime } = shopOf(t, { versionSet });
    await t.rejects(runtime.add(counterOf('1.5.0', 1)), {
      code: 'BUNDLE_NO_FILE',
      message: /remember: false/,
    });
    await runtime.add('counter@1.0.0');
    await t.rejects(runtime.replace(counterOf('1.5.0', 1)), { code: 'BUNDLE_NO_FILE' });
    await runtime.replace(counterOf('1.5.0', 1), { remember: false });
    t.match(
      versionSet.boot.get('counter'),
      { bundle: 'counter@1.0.0' },
      'the next start begins with what has a file',
    );
  },
);
