/** State is plain data; it is carried over by pure handlers, and Tables go on beside it. */
import t from 'tap';
import { type Manifest, type Protocol, Table } from '../../runtime/index.ts';
import { validateManifest } from '../../runtime/module/manifest.ts';
import { copyOf, frozenCopyOf } from '../../runtime/state/copy.ts';
import { chainBetween, REFUSED } from '../../runtime/state/handler-chain.ts';
import { notPlain } from '../../runtime/state/plain.ts';
import { Snapshot } from '../../runtime/state/state.ts';
import { makeStrict } from '../../runtime/state/table.ts';
import type { Bundle } from '../../runtime/versions/bundle.ts';
import { Workshop } from './workshop.ts';

// --- what is plain

t.test('plain data of every kind is plain', async (t) => {
  const cyclic: Record<string, unknown> = { list: [1, undefined, 3n, null], at: new Date() };
  cyclic.self = cyclic;
  const sparse: unknown[] = [1];
  sparse[9] = 2;
  const bare = Object.assign(Object.create(null), { a: 1 });
  const state = {
    cyclic,
    sparse,
    bare,
    map: new Map([[{ a: 1 }, new Set([Buffer.from('x')])]]),
    n: Number.NaN,
  };
  t.equal(notPlain(state), undefined);
  t.equal(notPlain(undefined), undefined);
});

t.test('what is not plain is found with its path, however deep', async (t) => {
  class Neighbor {}
  class Numbers extends Map {}
  const accessor = Object.defineProperty({}, 'x', { get: () => 1, enumerable: true });
  const cases: [unknown, string | RegExp][] = [
    [{ a: { b: () => 1 } }, 'state.a.b is a function'],
    [{ a: [1, [Symbol('x')]] }, 'state.a[1][0] is a symbol'],
    [{ map: new Map([['r0/1', new Neighbor()]]) }, 'state.map.get("r0/1") is an instance of Neighbor'],
    [{ map: new Map([[new Neighbor(), 1]]) }, 'state.map key is an instance of Neighbor'],
    [{ set: new Set([1, new Neighbor()]) }, 'state.set key is an instance of Neighbor'],
    [{ map: new Numbers() }, 'state.map is an instance of Numbers'],
    [{ re: /x/ }, 'state.re is an instance of RegExp'],
    [{ 'odd name': accessor }, 'state["odd name"].x is an accessor (get or set)'],
    [{ [Symbol('x')]: 1 }, 'state has a symbol as a key'],
    [{ promise: Promise.resolve() }, 'state.promise is an instance of Promise'],
    [
      { table: new Table() },
      /^state\.table is a Table; a Table must be a direct member .* named in the manifest/,
    ],
    [new Table(), /^state is a Table/],
  ];
  for (const [state, path] of cases) t.match(notPlain(state), path);
});

t.test('a Table is plain where the manifest names it, and its rows are', async (t) => {
  const routes = new Table<string, unknown>([['x', { via: [1] }]]);
  t.equal(notPlain({ routes }, 'state', ['routes']), undefined);
  t.match(notPlain({ inner: { routes } }, 'state', []), /^state\.inner\.routes is a Table/);
  t.match(notPlain({ routes: new Map() }, 'state', ['routes']), /^state\.routes is an instance of Map, but/);
  t.match(notPlain({}, 'state', ['routes']), /^state\.routes is missing, but the manifest's state\.tables/);
  t.match(notPlain({ a: routes, b: routes }, 'state', ['a', 'b']), 'state.b is the same Table as another');
  class Special extends Table<string, unknown> {}
  t.match(notPlain({ a: new Special() }, 'state', ['a']), /^state\.a is an instance of Special/);
  routes.set('y', { via: [() => 1] });
  t.match(notPlain({ routes }, 'state', ['routes']), 'state.routes.get("y").via[0] is a function');
  const keyed = new Table([[{} as string, 1]]);
  t.match(notPlain({ keyed }, 'state', ['keyed']), /^a key of state\.keyed is an instance of Object/);
});

t.test('a list that is too long to be copied is refused, not a crash', async (t) => {
  let list: unknown;
  for (let i = 0; i < 100_000; i++) list = { next: list };
  t.equal(notPlain(list), 'state is nested too deeply to be copied');
});

t.test('copies share nothing, and are the same', async (t) => {
  const original: Record<string, unknown> = {
    list: Object.assign(new Array(3), { 0: 1, 2: { a: 1 } }),
    map: new Map<unknown, unknown>([['a', new Set([1n])]]),
    at: new Date(5),
    bytes: Buffer.from('abc'),
    words: new Uint16Array([1, 2]),
    view: new DataView(new ArrayBuffer(3)),
    raw: new ArrayBuffer(2),
    bare: Object.assign(Object.create(null), { a: 1 }),
    ['__proto__']: 1,
  };
  original.self = original;
  for (const copy of [copyOf(original), frozenCopyOf(original)]) {
    t.strictSame(copy, original);
    t.ok(Buffer.isBuffer(copy.bytes));
    t.notOk(1 in (copy.list as unknown[]), 'a hole stays a hole');
    t.equal(copy.self, copy);
    t.not(copy.map, original.map);
  }
  t.throws(() => copyOf({ f: () => 1 }), { code: 'STATE_NOT_PLAIN' });
});

// --- snapshots

t.test('a snapshot finds what was written, in Tables too, and puts it back', async (t) => {
  const make = () => {
    const state = { n: [1], routes: new Table<string, { cost: number }>([['x', { cost: 1 }]]) };
    makeStrict(state.routes);
    return state;
  };
  const writes: [string, (state: ReturnType<typeof make>) => unknown][] = [
    ['a member', (state) => state.n.push(2)],
    ['a row', (state) => state.routes.set('x', { cost: 2 })],
    ['another row', (state) => state.routes.set('y', { cost: 2 })],
    ['a row less', (state) => state.routes.delete('x')],
    ['no Table', (state) => Reflect.deleteProperty(state, 'routes')],
  ];
  for (const [what, write] of writes) {
    const state = make();
    const snapshot = new Snapshot(state);
    t.ok(snapshot.matches(state));
    write(state);
    t.notOk(snapshot.matches(state), what);
    const back = snapshot.restore() as typeof state;
    t.ok(snapshot.matches(back));
    t.same([...back.routes], [['x', { cost: 1 }]]);
    t.throws(() => Object.assign(back.routes.get('x')!, { cost: 3 }), TypeError, 'it is strict again');
    back.n.push(5);
    t.ok(snapshot.matches(snapshot.restore()), 'what was given back is a copy');
  }
  t.throws(() => new Snapshot({ a: { f() {} } }), {
    code: 'STATE_NOT_PLAIN',
    message: /state\.a\.f is a function/,
  });
});

// --- handlers

type Stage = { version: number } & Record<string, unknown>;

function bundle(version: string, state: Stage): Bundle {
  const manifest = validateManifest(
    { api: 1, name: 'M', version, accepts: {}, subscribes: {}, timers: [], ports: [], state },
    'm',
  );
  return { ref: `m@${version}`, manifest } as Bundle;
}

t.test('the same state version is adopted as it is', async (t) => {
  const state = { routes: new Table() };
  const chain = chainBetween(bundle('1.0.0', { version: 1 }), bundle('1.1.0', { version: 1 }));
  t.ok(chain.adopts);
  t.equal(chain.carry(state), state);
  t.strictSame(chain.tablesOf(state), []);
});

t.test('a chain of handlers leads up, and back down, brought by the later version', async (t) => {
  const one = bundle('1.0.0', { version: 1 });
  const three = bundle('3.0.0', {
    version: 3,
    up: { 1: (s: { a: number }) => ({ b: s.a + 1 }), 2: (s: { b: number }) => ({ c: s.b * 10 }) },
    down: { 2: (s: { c: number }) => ({ b: s.c / 10 }), 1: (s: { b: number }) => ({ a: s.b - 1 }) },
  });
  t.strictSame(chainBetween(one, three).carry({ a: 1 }), { c: 20 });
  t.strictSame(chainBetween(three, one).carry({ c: 20 }), { a: 1 });
});

t.test('a missing handler is named', async (t) => {
  const one = bundle('1.0.0', { version: 1 });
  const three = bundle('3.0.0', { version: 3, up: { 1: (s: unknown) => s } });
  t.throws(() => chainBetween(one, three), {
    code: 'STATE_NO_HANDLER',
    message:
      'm@1.0.0 has state version 1, m@3.0.0 has 3: m@3.0.0 has no handler state.up[2] for the step from 2 to 3',
  });
  t.throws(() => chainBetween(three, one), { code: 'STATE_NO_HANDLER', message: /state\.down\[2\]/ });
});

t.test('a handler that writes what it is given hurts nothing, and is found in development', async (t) => {
  const chain = chainBetween(
    bundle('1.0.0', { version: 1 }),
    bundle('2.0.0', {
      version: 2,
      up: { 1: (s: { list: number[] }) => ({ n: s.list.push(9), list: s.list }) },
    }),
  );
  const state = { list: [1] };
  t.strictSame(chain.carry(state), { n: 2, list: [1, 9] });
  t.strictSame(state, { list: [1] });
  t.throws(() => chain.carry(state, REFUSED), {
    code: 'STATE_WRITTEN',
    message: /M: a state handler of 2\.0\.0 wrote/,
  });
});

t.test('a state that cannot be copied, and a handler that answers a promise, are refused', async (t) => {
  const chain = chainBetween(
    bundle('1.0.0', { version: 1 }),
    bundle('2.0.0', { version: 2, up: { 1: async () => ({}) } }),
  );
  t.throws(() => chain.carry({ a: () => 1 }), {
    code: 'STATE_NOT_PLAIN',
    message: /m@1\.0\.0: state\.a is a func/,
  });
  t.throws(() => chain.carry({}), { code: 'HOOK_ASYNC' });
});

t.test(
  'Tables go on by reference beside what the handlers make, each with its composed row handler',
  async (t) => {
    const one = bundle('1.0.0', { version: 1, tables: { routes: {}, links: {}, gone: {} } });
    const up = {
      routes: { up: { 1: (row: number) => row + 1, 2: (row: number, key: string) => `${key}:${row * 10}` } },
      links: {},
      fresh: { up: { 2: (row: number) => -row } },
    };
    const three = bundle('3.0.0', {
      version: 3,
      tables: up,
      up: {
        1: (rest: object, ended: { gone: Map<string, number> }) => {
          t.strictSame(Object.keys(rest), ['n'], 'no Table is given to it');
          t.strictSame(Object.keys(ended), ['gone']);
          return { ...rest, fresh: new Table(ended.gone) };
        },
      },
    });
    const state = {
      n: 1,
      routes: new Table([['x', 1]]),
      links: new Table<string, number>(),
      gone: new Table([['g', 4]]),
    };
    const chain = chainBetween(one, three);
    const tables = chain.tablesOf(state);
    t.strictSame(
      tables.map(({ name, table, handler }) => [name, table === state[name as 'routes'], handler?.(1, 'k')]),
      [
        ['routes', true, 'k:20'],
        ['links', true, undefined],
      ],
    );
    const made = chain.carry(state) as Record<string, Table<string, unknown>>;
    t.strictSame(Object.keys(made).sort(), ['fresh', 'links', 'n', 'routes']);
    t.equal(made.routes, state.routes);
    t.equal(made.links, state.links);
    t.same(
      [...made.fresh!],
      [['g', -4]],
      'made in step 1, its rows carried in step 2, which has no other handler',
    );
    t.strictSame(Object.keys(state), ['n', 'routes', 'links', 'gone'], 'the old state is whole');
  },
);

t.test('a Table that came with a version becomes a Map again on the way down', async (t) => {
  const one = bundle('1.0.0', { version: 1 });
  const three = bundle('3.0.0', {
    version: 3,
    tables: { routes: { up: { 2: (row: number) => row * 2 }, down: { 2: (row: number) => row / 2 } } },
    up: {
      1: ({ routes, ...rest }: { routes: Map<string, number> }) => ({ ...rest, routes: new Table(routes) }),
    },
    down: {
      1: (rest: object, ended: { routes: Map<string, number> }) => ({ ...rest, routes: ended.routes }),
    },
  });
  const old = { n: 1, routes: new Map([['x', 4]]) };
  const made = chainBetween(one, three).carry(old) as { routes: Table<string, number> };
  t.same([...made.routes], [['x', 8]]);
  t.strictSame(chainBetween(three, one).carry(made), old);
});

t.test('what the handlers leave must have the Tables that the manifest names, and no others', async (t) => {
  const one = bundle('1.0.0', { version: 1, tables: { routes: {} } });
  const to = (tables: object, make: () => unknown) =>
    chainBetween(one, bundle('2.0.0', { version: 2, tables, up: { 1: make } })).carry({
      routes: new Table(),
    });
  t.throws(() => to({ links: {} }, () => ({})), {
    code: 'STATE_NOT_PLAIN',
    message: /m@2\.0\.0: state\.links is missing/,
  });
  t.throws(() => to({}, () => ({ extra: new Table() })), {
    code: 'STATE_NOT_PLAIN',
    message: /state\.extra is a Table/,
  });
  t.throws(() => to({ routes: {} }, () => ({ routes: new Map() })), {
    message: /state\.routes is an instance of Map/,
  });
  t.strictSame(
    to({}, () => ({ n: 1 })),
    { n: 1 },
    'a Table that nobody names is dropped',
  );
});

t.test(
  'in development the path of what is not plain is told, at first and at a later replacement',
  async (t) => {
    const shop = new Workshop(t);
    const odd = (version: string, methods: string) => ({
      name: 'ODD',
      version,
      manifest: 'accepts: { spoil: [1] }',
      methods: `${methods}
        onSpoil(m) {
          if (m.body === 'table') this.state.stray = new Table();
          else this.state.deep.push(new (class Oops {})());
        }`,
      head: "const { Table } = require('hitless/runtime');",
    });
    shop.bundle(odd('0.1.0', 'initial() { return { deep: [{ f() {} }] }; }'));
    shop.bundle(odd('1.0.0', 'initial() { return { deep: [] }; }'));
    shop.bundle(odd('1.1.0', ''));
    t.match(await shop.add('ODD', 'odd@0.1.0'), {
      outcome: 'aborted',
      reason: /STATE_NOT_PLAIN: ODD 0\.1\.0: state\.deep\[0\]\.f is a function/,
    });
    await shop.add('ODD', 'odd@1.0.0');
    shop.runtime.send('ODD', 'spoil', 'table');
    t.match(await shop.replace('ODD', 'odd@1.1.0'), {
      outcome: 'aborted',
      reason: /STATE_NOT_PLAIN: ODD 1\.0\.0: state\.stray is a Table/,
    });
    shop.runtime.send('ODD', 'spoil');
    const report = await shop.replace('ODD', 'odd@1.1.0');
    t.match(report, {
      outcome: 'aborted',
      reason: /STATE_NOT_PLAIN: .*state\.deep\[0\] is an instance of Oops/,
    });
  },
);

const valid = { api: 1, name: 'M', version: '1.0.0', accepts: {}, subscribes: {}, timers: [], ports: [] };

t.test('tables, secrets and further names are read from the manifest', async (t) => {
  const up = { 1: () => 1 };
  const read = validateManifest(
    { ...valid, names: ['N', 'O'], state: { version: 2, tables: { routes: { up } }, secrets: ['pin'] } },
    'm',
  );
  t.strictSame(read.names, ['N', 'O']);
  t.strictSame(read.state.secrets, ['pin']);
  t.equal(read.state.tables.routes?.up[1], up[1]);
  t.strictSame(Object.keys(read.state.tables.routes?.down ?? { x: 1 }), []);
  t.equal(read.state.tables.constructor, undefined, 'nothing is inherited');
  const bare = validateManifest({ ...valid, state: { version: 1 } }, 'm');
  t.strictSame([bare.names, bare.state.secrets, Object.keys(bare.state.tables)], [[], [], []]);
});

t.test('what the manifest says wrongly of tables, secrets and names is refused', async (t) => {
  const state = (members: object) => ({ ...valid, state: { version: 2, ...members } });
  const cases: [unknown, RegExp][] = [
    [
      state({ tables: ['routes'] }),
      /manifest\.state\.tables must be an object of member to its row handlers/,
    ],
    [state({ tables: { routes: 1 } }), /manifest\.state\.tables/],
    [state({ tables: { routes: { up: { x: () => 1 } } } }), /manifest\.state\.tables/],
    [state({ tables: { routes: { down: { 1: 'f' } } } }), /manifest\.state\.tables/],
    [state({ up: { '1.0': () => 1 } }), /manifest\.state\.up must be an object of state version to function/],
    [state({ secrets: 'pin' }), /manifest\.state\.secrets must be a list of names/],
    [state({ secrets: [1] }), /manifest\.state\.secrets/],
    [state({ secrets: [''] }), /manifest\.state\.secrets/],
    [{ ...state({}), names: ['a b'] }, /manifest\.names must be a list of names/],
    [{ ...state({}), names: 'N' }, /manifest\.names must be a list of names/],
    [{ ...state({}), names: ['N', 'N'] }, /manifest\.names must be free of repeated names/],
    [{ ...state({}), names: ['M'] }, /manifest\.names must be free of .* the module's own name/],
    [{ ...state({}), names: ['host'] }, /manifest\.names must be free of/],
  ];
  for (const [manifest, message] of cases)
    t.throws(() => validateManifest(manifest, 'm'), { code: 'MANIFEST_INVALID', message }, String(message));
});

interface Typed {
  n: number;
  routes: Table<string, { cost: number }>;
}
type Of<State> = Manifest<State, Protocol>['state'];

t.test('the compiler knows which members are Tables, and their keys', async (t) => {
  const good: Of<Typed> = {
    version: 2,
    tables: { routes: { up: { 1: (row, key) => ({ cost: row.metric, length: key.length }) } } },
  };
  // @ts-expect-error: n is no Table
  const wrong: Of<Typed> = { version: 2, tables: { routes: {}, n: {} } };
  // @ts-expect-error: routes is missing
  const missing: Of<Typed> = { version: 2, tables: {} };
  t.ok([good, wrong, missing]);
});
