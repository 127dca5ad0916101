/** A test runner's `vm` context has classes of its own; what they make is plain data all the same. */
import vm from 'node:vm';
import t from 'tap';
import { Runtime, reasonOf } from '../../runtime/index.ts';
import { copyOf } from '../../runtime/state/copy.ts';
import { notPlain } from '../../runtime/state/plain.ts';
import { isBuiltIn } from '../../runtime/state/realm.ts';
import { Workshop } from './workshop.ts';

const foreign = (code: string): unknown => vm.runInNewContext(`(${code})`);

const STATE = `{ list: [1, [2]], map: new Map([['k', { v: 1 }]]), set: new Set([1]), at: new Date(5),
  bytes: new Uint8Array([1, 2]), buffer: new ArrayBuffer(2), bare: Object.create(null), n: null }`;

t.test('what another realm made is plain data, and is copied', async (t) => {
  const state = foreign(STATE) as { map: Map<string, { v: number }>; list: unknown[] };
  t.equal(state instanceof Object, false, 'it is of another realm');
  t.equal(notPlain(state), undefined);
  const copy = copyOf(state);
  t.strictSame(copy.list, [1, [2]]);
  t.strictSame(copy.map.get('k'), { v: 1 });
  copy.map.get('k')!.v = 2;
  t.equal(state.map.get('k')!.v, 1);
});

t.test('a class of another realm has behaviour there too', async (t) => {
  for (const [code, wrong] of [
    ['{ a: new (class Box {})() }', /state\.a is an instance of Box/],
    ['{ a: new (class extends Map {})() }', /state\.a is an instance of/],
    ['{ a: new (class extends Array {})() }', /state\.a is an instance of/],
    ['{ a: new (class Object {})() }', /state\.a is an instance of Object/],
    ['{ a: new Error("x") }', /state\.a is an instance of Error/],
    ['{ a: Promise.resolve() }', /state\.a is an instance of Promise/],
    ['{ a: () => 1 }', /state\.a is a function/],
    ['[new WeakMap()]', /state\[0\] is an instance of WeakMap/],
  ] as const)
    t.match(notPlain(foreign(code)), wrong, code);
  t.equal(isBuiltIn('Map', foreign('Map.prototype')), true);
  t.equal(isBuiltIn('Set', foreign('Map.prototype')), false);
  t.equal(isBuiltIn('Object', Object.create(null)), false);
});

t.test('a module whose state another realm made is swapped, adopted and carried over', async (t) => {
  const shop = new Workshop(t);
  const w = (version: string, state = 1, more = '') => ({
    name: 'W',
    version,
    manifest: `accepts: { get: [1], steps: [1] }, state: { version: ${state}${more} }`,
    methods: `initial(config) { return config; } onGet() { return this.state.map.get('k').v; } onSteps({ body }) { return body(); }`,
  });
  await shop.add('W', shop.bundle(w('1.0.0')), foreign(STATE));
  for (const bundle of [
    shop.bundle(w('1.1.0')),
    shop.bundle(w('2.0.0', 2, `, up: { 1: (old) => ({ ...old, era: 2 }) }`)),
  ]) {
    const changes = [{ change: 'replace' as const, module: 'W', bundle }];
    t.match(await shop.runtime.check(changes, { command: 'c', by: 'test' }), {
      ok: true,
      problems: [],
      warnings: [],
    });
    const { outcome, reason } = await shop.replace('W', bundle);
    t.equal(outcome, 'committed', reason);
  }
  t.equal(await shop.runtime.ask('W', 'get'), 1);
  const steps = foreign(`function* () { yield 'slice'; return 7; }`);
  t.equal(await shop.runtime.ask('W', 'steps', steps), 7, 'and a generator of another realm is one');
  t.match(shop.runtime.state('W'), {
    state: { at: '1970-01-01T00:00:00.005Z', map: { k: { v: 1 } }, set: [1] },
  });
});

t.test(
  'an error of another realm is told with its name, and options of another realm are options',
  async (t) => {
    t.equal(reasonOf(foreign('new RangeError("no")')), 'RangeError: no');
    const runtime = new Runtime(
      foreign('{ development: true, directories: [], probation: { duration: 5 } }') as object,
    );
    t.teardown(() => runtime.stop());
    await t.rejects(runtime.run(foreign('[]') as [], { command: 'x', by: 'y' }), {
      code: 'TRANSACTION_EMPTY',
    });
  },
);
