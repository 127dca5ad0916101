/** A check and the transaction judge alike: what one foretells is what the other comes to, with the same code. */
import t from 'tap';
import type { Change } from '../../runtime/index.ts';
import { type Source, sleep, Workshop } from './workshop.ts';

const BY = { command: 'x', by: 'test' };
const HEAD = `const { Table } = require('hitless/runtime'); class Box { constructor() { this.v = 1; } }`;

/** The state of W 1.0.0: plain, but for what `spoil` puts there. */
const old: Source = {
  name: 'W',
  version: '1.0.0',
  head: HEAD,
  manifest: `accepts: { spoil: [1] }, state: { version: 1, tables: { rows: {} } }`,
  methods: `initial() { return { n: 1, list: [1], rows: new Table([['k', { v: 1 }]]) }; }
    onSpoil({ body }) { if (body === 'row') this.state.rows.set('k', new Box()); else this.state.box = new Box(); }`,
};
const next = (methods: string, state = '{ version: 1, tables: { rows: {} } }'): Source => ({
  ...old,
  version: '2.0.0',
  manifest: `accepts: { spoil: [1] }, state: ${state}`,
  methods: `initial() { return {}; } onSpoil() {} ${methods}`,
});
const up = (handler: string, rows = '') =>
  next('', `{ version: 2, tables: { rows: { ${rows} } }, up: { 1: ${handler} } }`);
const SAME = '(old) => ({ ...old })';

type Case = [
  what: string,
  source: Source,
  production: string,
  development: string,
  spoilt?: 'row' | 'member',
];

/** `ok` is committed without a word; a code in brackets is a warning, and committed. */
const CASES: Case[] = [
  ['nothing wrong, adopted', next(''), 'ok', 'ok'],
  ['nothing wrong, carried', up(SAME), 'ok', 'ok'],
  ['start writes the state', next('start() { this.state.n = 2; }'), '(STATE_WRITTEN)', 'STATE_WRITTEN'],
  [
    'start writes a row in place',
    next(`start() { this.state.rows.get('k').v = 2; }`),
    '(STATE_WRITTEN)',
    'TypeError',
  ],
  ['start throws', next(`start() { throw new Error('no'); }`), 'Error', 'Error'],
  ['start spins', next('start() { for (;;); }'), 'HOOK_CUT', 'HOOK_CUT'],
  ['start answers a promise', next('async start() {}'), 'HOOK_ASYNC', 'HOOK_ASYNC'],
  [
    'a handler writes what it is given',
    up('(old) => { old.n = 2; return { ...old }; }'),
    '(STATE_WRITTEN)',
    'STATE_WRITTEN',
  ],
  [
    'a handler makes no plain data',
    up('(old) => ({ ...old, f: () => 1 })'),
    'STATE_NOT_PLAIN',
    'STATE_NOT_PLAIN',
  ],
  ['a handler returns nothing', up('(old) => { old.n; }'), 'STATE_KIND', 'STATE_KIND'],
  ['a handler returns a promise', up('async (old) => old'), 'HOOK_ASYNC', 'HOOK_ASYNC'],
  ['a handler throws', up(`() => { throw new Error('no'); }`), 'Error', 'Error'],
  ['a handler spins', up('() => { for (;;); }'), 'HOOK_CUT', 'HOOK_CUT'],
  [
    'a row handler makes no plain data',
    up(SAME, 'up: { 1: () => ({ box: new Box() }) }'),
    'STATE_NOT_PLAIN',
    'STATE_NOT_PLAIN',
  ],
  [
    'a row handler throws',
    up(SAME, `up: { 1: () => { throw new Error('no'); } }`),
    'HOOK_THREW',
    'HOOK_THREW',
  ],
  ['the old state is not plain, adopted', next(''), '(STATE_NOT_PLAIN)', 'STATE_NOT_PLAIN', 'member'],
  ['the old state is not plain, carried', up(SAME), 'STATE_NOT_PLAIN', 'STATE_NOT_PLAIN', 'member'],
  // In development the row cannot be set at all.
  ['an old row is not plain, adopted', next(''), '(STATE_NOT_PLAIN)', 'ok', 'row'],
  ['an old row is not plain, beside what is carried', up(SAME), '(STATE_NOT_PLAIN)', 'ok', 'row'],
  [
    'an old row is not plain, carried',
    up(SAME, 'up: { 1: ({ v }) => ({ v }) }'),
    'STATE_NOT_PLAIN',
    'ok',
    'row',
  ],
];

/** The same with `add`. */
const ADDED: [what: string, methods: string, code: string][] = [
  ['initial makes a class', 'initial() { return { box: new Box() }; }', 'STATE_NOT_PLAIN'],
  [
    'initial makes rows of a class',
    `initial() { return { rows: new Table([['k', new Box()]]) }; }`,
    'STATE_NOT_PLAIN',
  ],
  ['initial spins', 'initial() { for (;;); }', 'HOOK_CUT'],
  ['initial throws', `initial() { throw new Error('no'); }`, 'Error'],
  ['start spins', 'initial() { return { rows: new Table() }; } start() { for (;;); }', 'HOOK_CUT'],
  ['nothing', 'initial() { return { rows: new Table() }; }', 'ok'],
];

/** The first code, or an error's class. */
const codeIn = (text: string) => /\b([A-Z]+_[A-Z_]+|[A-Z]\w*Error|Error)(?=: )/.exec(text)?.[1] ?? text;

async function judgements(shop: Workshop, changes: Change[]): Promise<[check: string, run: string]> {
  const { ok, problems, warnings } = await shop.runtime.check(changes, BY);
  const foretold = ok ? (warnings.length > 0 ? `(${codeIn(warnings[0]!)})` : 'ok') : codeIn(problems[0]!);
  const { outcome, reason } = await shop.runtime.run(changes, BY);
  return [foretold, outcome === 'committed' ? 'ok' : codeIn(reason)];
}

for (const development of [false, true]) {
  t.test(`a check and the run agree (${development ? 'development' : 'production'})`, async (t) => {
    for (const [what, source, production, strict, spoilt] of CASES) {
      const shop = new Workshop(t, { development });
      await shop.add('W', shop.bundle(old));
      if (spoilt !== undefined) {
        shop.runtime.send('W', 'spoil', spoilt);
        await sleep(5);
      }
      const wanted = development ? strict : production;
      const found = await judgements(shop, [{ change: 'replace', module: 'W', bundle: shop.bundle(source) }]);
      // A warning keeps nothing from going on.
      t.strictSame(found, [wanted, wanted.startsWith('(') ? 'ok' : wanted], what);
      shop.runtime.stop();
    }
    for (const [what, methods, code] of ADDED) {
      const shop = new Workshop(t, { development });
      const bundle = shop.bundle({ ...old, methods: `onSpoil() {} ${methods}` });
      t.strictSame(
        await judgements(shop, [{ change: 'add', module: 'W', bundle }]),
        [code, code],
        `add: ${what}`,
      );
      shop.runtime.stop();
    }
  });
}

t.test('an adopted state that is not plain is told after the swap, once, with its path', async (t) => {
  for (const [spoil, path] of [
    ['member', /state\.box is an instance of Box/],
    ['row', /state\.rows\.get\("k"\) is an instance of Box/],
  ] as const) {
    const shop = new Workshop(t, { development: false });
    await shop.add('W', shop.bundle(old));
    shop.runtime.send('W', 'spoil', spoil);
    await sleep(5);
    for (const version of ['1.1.0', '1.2.0', '1.3.0'])
      t.equal((await shop.replace('W', shop.bundle({ ...old, version }))).outcome, 'committed');
    const lines = () => shop.log.filter(({ text }) => /not plain data/.test(text));
    for (let i = 0; i < 1_000 && lines().length === 0; i++) await sleep(10);
    t.match(lines(), [{ level: 'error', module: 'W', text: path }]);
    await shop.replace('W', shop.bundle({ ...old, version: '1.4.0' }));
    await sleep(400);
    t.equal(lines().length, 1, 'once');
  }
});

t.test('a large state is looked at in slices', async (t) => {
  const shop = new Workshop(t, { development: false });
  const big = (version: string): Source => ({
    name: 'W',
    version,
    methods: `initial() { const list = Array.from({ length: 20_000 }, (_, v) => ({ v })); list[19_999].f = () => 1; return { deep: { list } }; }`,
    manifest: '',
  });
  // Made plain data first: what `initial` makes is looked at at once.
  await shop.add(
    'W',
    shop.bundle({ ...big('1.0.0'), methods: big('1.0.0').methods!.replace('list[19_999].f = () => 1;', '') }),
  );
  const state = shop.runtime.names.resolve('W')!.state as { deep: { list: { f?: () => number }[] } };
  state.deep.list[19_999]!.f = () => 1;
  t.equal((await shop.replace('W', shop.bundle(big('1.1.0')))).outcome, 'committed');
  let slices = 0;
  const { setTimeout: original } = globalThis;
  globalThis.setTimeout = ((...args: Parameters<typeof original>) => {
    if (args[1] === 20) slices++;
    return original(...args);
  }) as typeof original;
  t.teardown(() => {
    globalThis.setTimeout = original;
  });
  const line = () => shop.log.find(({ text }) => /not plain data/.test(text));
  for (let i = 0; i < 3_000 && line() === undefined; i++) await sleep(10);
  t.match(line(), { text: /state\.deep\.list\[19999\]\.f is a function/ });
  t.ok(slices > 2, `${slices} slices`);
});
