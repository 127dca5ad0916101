/** Whatever a module makes is looked at under the guard: its errors, its state, its answers, the lines that it logs. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RuntimeOptions } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { notPlain, partsOf } from '../../runtime/state/plain.ts';
import { Workshop } from './workshop.ts';

const skip = nativeWatch() === undefined && 'SKIPPED: the native watch is not compiled';
if (skip) process.stderr.write(`test/runtime/looked-at: ${skip}\n`);

const SPINS = `
  const spin = () => { for (;;); };
  const spinning = { get message() { return spin(); }, get stack() { return spin(); } };
  const proxy = () => new Proxy({}, { get: spin, ownKeys: spin, getPrototypeOf: spin, getOwnPropertyDescriptor: spin, has: spin });`;

/** A module that is well until it is told otherwise, and one beside it that has to go on. */
async function pair(t: Test, methods: string, manifest = '', given: RuntimeOptions & { head?: string } = {}) {
  const { head = SPINS, ...options } = given;
  const shop = new Workshop(t, { development: false, ...options });
  const source = {
    name: 'ODD',
    head,
    manifest: `accepts: { go: [1], ping: [1] }, maxHandlerMs: 20, ${manifest}`,
  };
  await shop.add(
    'ODD',
    shop.bundle({ ...source, version: '1.0.0', methods: 'onGo() {} onPing() { return 1; }' }),
  );
  const other = { name: 'OTHER', version: '1.0.0', manifest: 'accepts: { ping: [1] }' };
  await shop.add('OTHER', shop.bundle({ ...other, methods: 'onPing() { return "pong"; }' }));
  const odd = shop.bundle({ ...source, version: '2.0.0', methods });
  const othersGoOn = async () =>
    t.equal(await shop.runtime.ask('OTHER', 'ping'), 'pong', 'the other goes on');
  return { shop, odd, othersGoOn };
}

const HANDLERS: Readonly<Record<string, string>> = {
  'throws what spins': 'onGo() { throw spinning; }',
  'throws a Proxy': 'onGo() { throw proxy(); }',
  'throws what spins as a generator': '*onGo() { yield "slice"; throw spinning; }',
  'answers what has a spinning then': 'onGo() { return { get then() { return spin(); } }; }',
  'answers a Proxy': 'onGo() { return proxy(); }',
  'yields a Proxy': '*onGo() { yield proxy(); }',
  'logs what spins': 'onGo() { this.ctx.log("info", { toString: spin }); }',
  'publishes with an option that spins':
    'onGo() { this.ctx.publish("news", 1, { get retain() { return this.seen ? spin() : ((this.seen = true), "key"); }, seen: false }); }',
};

for (const [what, method] of Object.entries(HANDLERS)) {
  t.test(`a handler that ${what} is cut, and its version goes back`, { skip }, async (t) => {
    const { shop, odd, othersGoOn } = await pair(
      t,
      `${method} onPing() { return 2; }`,
      'publishes: { news: 1 }',
      {
        probation: { every: 5 },
      },
    );
    await shop.replace('ODD', odd);
    shop.runtime.send('ODD', 'go');
    await othersGoOn();
    while (shop.view('ODD').version !== '1.0.0') await new Promise((resolve) => setImmediate(resolve));
    t.equal(await shop.runtime.ask('ODD', 'ping'), 1);
    t.ok(shop.view('ODD').interrupted + shop.view('ODD').errors > 0, 'it was noticed');
    await othersGoOn();
  });
}

const HOOKS: Readonly<Record<string, string>> = {
  start: 'start() { throw spinning; }',
  'start, with a Proxy': 'start() { throw proxy(); }',
  'the constructor': 'constructor() { super(); throw spinning; }',
  isQuiescent: 'isQuiescent() { throw spinning; }',
};

for (const [hook, method] of Object.entries(HOOKS)) {
  t.test(`a version whose ${hook} throws what spins is refused, by name`, { skip }, async (t) => {
    const { shop, odd, othersGoOn } = await pair(t, `${method} onGo() {} onPing() { return 2; }`);
    const asked = hook === 'isQuiescent';
    if (asked) await shop.replace('ODD', odd);
    const next = asked
      ? shop.bundle({
          name: 'ODD',
          version: '3.0.0',
          manifest: 'accepts: { ping: [1], go: [1] }',
          methods: 'onGo() {} onPing() {}',
        })
      : odd;
    const told = await shop.replace('ODD', next).then(
      ({ outcome, reason }) => `${outcome}: ${reason}`,
      (error: Error) => `refused: ${error.message}`,
    );
    t.match(told, /^(aborted|refused): .*(ODD|odd@2\.0\.0)/);
    t.match(told, /did not return/);
    await othersGoOn();
  });
}

t.test('a first state that cannot be made is refused', { skip }, async (t) => {
  const shop = new Workshop(t, { development: false });
  for (const [i, thrown] of ['spinning', 'proxy()'].entries()) {
    const bundle = shop.bundle({
      name: 'FIRST',
      version: `1.0.${i}`,
      head: SPINS,
      methods: `initial() { throw ${thrown}; }`,
    });
    const told = await shop.add('FIRST', bundle).then(
      ({ reason }) => reason,
      (error: Error) => error.message,
    );
    t.match(told, /initial|HOOK_CUT/);
    t.match(told, /FIRST|first@/);
  }
});

t.test(
  'a state that is a Proxy whose traps spin is shown, kept and looked at within bounds',
  { skip },
  async (t) => {
    const { shop, odd, othersGoOn } = await pair(
      t,
      'onGo() { this.state = proxy(); } onPing() { return 2; }',
    );
    await shop.replace('ODD', odd);
    shop.runtime.send('ODD', 'go');
    await othersGoOn();
    t.equal(shop.runtime.state('ODD').state, '<Proxy>');
    await t.rejects(shop.runtime.checkpoint('ODD', join(shop.directory, 'odd.state')), {
      code: 'STATE_NOT_PLAIN',
    });
    t.equal(await shop.runtime.ask('ODD', 'ping'), 2, 'it goes on itself');
    await othersGoOn();
  },
);

t.test('a check does not call the traps of a state that is a Proxy', async (t) => {
  const counts =
    'const trap = () => { globalThis.trapped++; }; const counted = () => new Proxy({}, new Proxy({}, { get: () => trap }));';
  const { shop, odd } = await pair(t, 'onGo() { this.state = counted(); } onPing() { return 2; }', '', {
    head: counts,
  });
  await shop.replace('ODD', odd);
  shop.runtime.send('ODD', 'go');
  t.equal(await shop.runtime.ask('ODD', 'ping'), 2);
  Object.assign(globalThis, { trapped: 0 });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'trapped'));
  const next = shop.bundle({
    name: 'ODD',
    version: '3.0.0',
    manifest: 'accepts: { ping: [1], go: [1] }',
    methods: 'onGo() {} onPing() {}',
  });
  const report = await shop.runtime.check([{ change: 'replace', bundle: next }]);
  t.equal(Reflect.get(globalThis, 'trapped'), 0);
  t.match(report.warnings.concat(report.problems).join(), /state is a Proxy/);
});

t.test('nor does the look at a state that was taken over', (t) => {
  let trapped = 0;
  const counted = () => new Proxy({}, new Proxy({}, { get: () => () => void trapped++ }));
  const wrong = (state: unknown) => [...partsOf(state, 'state', 3)].map((look) => look());
  t.same(wrong(counted()), ['state is a Proxy']);
  t.match(wrong({ at: new Map([[1, counted()]]) }), [
    undefined,
    undefined,
    undefined,
    'state.at.get(1) is a Proxy',
  ]);
  t.equal(trapped, 0);
  t.end();
});

t.test('a long list in a state is looked at without a list of all its indices', (t) => {
  const { keys } = Object;
  t.teardown(() => Object.assign(Object, { keys }));
  Object.assign(Object, {
    keys: (value: object) => {
      if (Array.isArray(value) && value.length > 10_000) t.fail('all indices of a long list as texts');
      return keys(value);
    },
  });
  const list: unknown[] = Array.from({ length: 20_000 }, (_, i) => ({ i }));
  const find = () => {
    const pieces = [...partsOf({ list }, 'state', 3)]
      .map((look) => look())
      .filter((wrong) => wrong !== undefined);
    t.equal(notPlain({ list }), pieces[0]);
    return pieces;
  };
  t.same(find(), []);
  list[19_000] = { call() {} };
  Reflect.deleteProperty(list, 12_000);
  t.same(find(), ['state.list[19000].call is a function']);
  t.end();
});

t.test('a state with an iterator that spins is given up, by name', { skip }, async (t) => {
  const { shop, odd, othersGoOn } = await pair(
    t,
    'onGo() { this.state.list = Object.defineProperty([1], Symbol.iterator, { value: spin }); } onPing() { return 2; }',
  );
  await shop.replace('ODD', odd);
  shop.runtime.send('ODD', 'go');
  await othersGoOn();
  t.throws(() => shop.runtime.state('ODD'), {
    code: 'HOOK_CUT',
    message: /ODD: its state could not be looked at/,
  });
  await othersGoOn();
});

t.test('an answer that spins when it is looked at never gets to the program', { skip }, async (t) => {
  const { shop, odd } = await pair(
    t,
    'onGo() {} onPing() { return { rows: [{ get cost() { return spin(); } }] }; }',
  );
  await shop.replace('ODD', odd);
  await t.rejects(shop.runtime.ask('ODD', 'ping'), { code: 'ASK_FAILED', module: 'ODD' });
});

t.test('texts of a module have a bounded length', async (t) => {
  const { shop, odd } = await pair(
    t,
    `onGo() { this.ctx.log('info', 'x'.repeat(1e6)); throw new Error('y'.repeat(1e6)); } onPing() { throw { message: 'z'.repeat(1e6) }; }
     isQuiescent() { return 'q'.repeat(1e6); }`,
  );
  await shop.replace('ODD', odd);
  shop.runtime.send('ODD', 'go');
  const told = await shop.runtime.ask<Error>('ODD', 'ping').catch((error: Error) => error);
  t.ok(told.message.length < 3_000, `${told.message.length} characters of an error`);
  shop.runtime.preparation = 50;
  const report = await shop.replace(
    'ODD',
    shop.bundle({
      name: 'ODD',
      version: '3.0.0',
      manifest: 'accepts: { ping: [1], go: [1] }',
      methods: 'onGo() {} onPing() {}',
    }),
  );
  t.equal(report.outcome, 'aborted');
  t.ok(report.reason.length < 5_000, `${report.reason.length} characters of a reason`);
  t.ok(shop.log.every(({ text }) => text.length < 10_000));
});
