/** The product of a state handler, or of a row's, is of the kind that it was: else the member votes NO, and says why. */
import t from 'tap';
import { type Source, Workshop } from './workshop.ts';

const BY = { command: 'test', by: 'test' };
const a = (version: string, state: string, initial = '{ n: 1 }'): Source => ({
  name: 'A',
  version,
  head: `const { Table } = require('hitless/runtime');`,
  manifest: `accepts: { get: [1] }, state: ${state}`,
  methods: `initial() { return ${initial}; } onGet() { const { rows, ...rest } = this.state; return rows ? { ...rest, rows: [...rows] } : this.state; }`,
});
const two = (up: string) => `{ version: 2, up: { 1: ${up} } }`;

const WRONG = [
  ['() => {}', 'STATE_KIND', /state\.up\[1\] of 2\.0\.0 returned nothing; .*is a "return" missing/],
  ['() => null', 'STATE_KIND', /returned null; .* an object as it was before/],
  ['() => 5', 'STATE_KIND', /returned a number/],
  ['() => []', 'STATE_KIND', /returned an array; .* an object as it was before/],
  ['() => new Map()', 'STATE_KIND', /returned a Map/],
  ['() => () => 1', 'STATE_KIND', /returned a function/],
  ['() => new (class Box {})()', 'STATE_KIND', /returned an instance of Box; .* as plain data/],
  ['function* () { yield 1; }', 'STATE_KIND', /returned an instance of/],
  ['async () => { throw new Error("late"); }', 'HOOK_ASYNC', /promise/],
  ['(old) => ({ deep: { act() {} } })', 'STATE_NOT_PLAIN', /state\.deep\.act is a function/],
] as const;

for (const [mode, development] of [
  ['development', true],
  ['production', false],
] as const) {
  t.test(`a state handler that returns no state is a NO, and foretold (${mode})`, async (t) => {
    const shop = new Workshop(t, { development });
    await shop.add('A', shop.bundle(a('1.0.0', '{ version: 1 }')));
    for (const [up, code, message] of WRONG) {
      const bundle = shop.bundle(a('2.0.0', two(up)));
      const { ok, problems } = await shop.runtime.check([{ change: 'replace', module: 'A', bundle }], BY);
      t.notOk(ok, `${up} is foretold`);
      t.match(problems, [message]);
      const report = await shop.replace('A', bundle);
      t.match(report, { outcome: 'aborted', votes: [{ vote: 'NO', reason: message }] }, up);
      t.ok(report.reason.includes(code), report.reason);
      t.strictSame(await shop.runtime.ask('A', 'get'), { n: 1 }, 'the old version goes on');
    }
    const empty = await shop.replace('A', shop.bundle(a('2.0.0', two('() => ({})'))));
    t.equal(empty.outcome, 'committed', empty.reason);
    t.strictSame(await shop.runtime.ask('A', 'get'), {}, '{} is a state');
  });

  t.test(`the same of a chain, of the way back, and of other kinds (${mode})`, async (t) => {
    const shop = new Workshop(t, { development });
    await shop.add('A', shop.bundle(a('1.0.0', '{ version: 1 }', '[1]')));
    const chain = '{ version: 3, up: { 1: (old) => [...old, 2], 2: () => ({}) } }';
    t.match(await shop.replace('A', shop.bundle(a('3.0.0', chain))), {
      outcome: 'aborted',
      reason: /state\.up\[2\] of 3\.0\.0 returned an object; .* an array/,
    });
    const down = '{ version: 2, up: { 1: (old) => [...old, 2] }, down: { 1: () => {} } }';
    t.equal((await shop.replace('A', shop.bundle(a('2.0.0', down)))).outcome, 'committed');
    t.match(await shop.runtime.rollback(BY), {
      outcome: 'aborted',
      reason: /state\.down\[1\] of 1\.0\.0|state\.down\[1\] of 2\.0\.0/,
    });
    t.strictSame(await shop.runtime.ask('A', 'get'), [1, 2]);
  });

  t.test(`what was a number may become an object (${mode})`, async (t) => {
    const shop = new Workshop(t, { development });
    await shop.add('A', shop.bundle(a('1.0.0', '{ version: 1 }', '7')));
    const report = await shop.replace('A', shop.bundle(a('2.0.0', two('(n) => ({ n })'))));
    t.equal(report.outcome, 'committed', report.reason);
    t.strictSame(await shop.runtime.ask('A', 'get'), { n: 7 });
  });

  t.test(`rows are of the kind that they were, too (${mode})`, async (t) => {
    const shop = new Workshop(t, { development });
    const state = (rest: string) => `{ version: ${rest} }`;
    const first = "{ rows: new Table([['k', { v: 1 }]]) }";
    await shop.add('A', shop.bundle(a('1.0.0', state('1, tables: { rows: {} }'), first)));
    for (const [up, message] of [
      ['() => {}', /returned nothing/],
      ['() => null', /returned null/],
      ['(row) => row.v', /returned a number; .* an object/],
      ['(row) => [row.v]', /returned an array/],
      ['() => new (class Box {})()', /returned an instance of Box/],
      ['async () => { throw new Error("late"); }', /returned a promise/],
    ] as const) {
      const bundle = shop.bundle(a('2.0.0', state(`2, tables: { rows: { up: { 1: ${up} } } }`)));
      const { ok } = await shop.runtime.check([{ change: 'replace', module: 'A', bundle }], BY);
      t.notOk(ok, `${up} is foretold`);
      const { outcome, reason } = await shop.replace('A', bundle);
      t.equal(outcome, 'aborted');
      t.match(reason, message);
      t.match(reason, /STATE_KIND: table "rows", key "k"/);
    }
    const middle = state(`3, tables: { rows: { up: { 1: () => {}, 2: (row) => ({ v: row?.v }) } } }`);
    const { outcome, reason } = await shop.replace('A', shop.bundle(a('3.0.0', middle)));
    t.equal(outcome, 'aborted', 'in the middle of a chain');
    t.match(reason, /returned nothing/);
    t.strictSame(await shop.runtime.ask('A', 'get'), { rows: [['k', { v: 1 }]] });
  });

  t.test(`initial returns a first state (${mode})`, async (t) => {
    const shop = new Workshop(t, { development });
    for (const [initial, message] of [
      ['undefined', /A 1\.0\.0: initial returned nothing; .*{} where there is none/],
      ['(async () => { throw new Error("late"); })()', /initial returned a promise/],
      ['() => 1', /initial returned a function/],
      ['new (class Box {})()', /initial returned an instance of Box/],
    ] as const) {
      const bundle = shop.bundle(a('1.0.0', '{ version: 1 }', initial));
      const { ok, problems } = await shop.runtime.check([{ change: 'add', module: 'A', bundle }], BY);
      t.notOk(ok);
      t.match(problems, [message]);
      t.match(await shop.add('A', bundle), { outcome: 'aborted', reason: message });
    }
    for (const initial of ['{}', '[]', '0', 'null', 'new Map()', "Buffer.from('x')", 'Object.create(null)']) {
      const report = await shop.add('A', shop.bundle(a('1.0.0', '{ version: 1 }', initial)));
      t.equal(report.outcome, 'committed', `${initial}: ${report.reason}`);
      await shop.runtime.run([{ change: 'remove', module: 'A' }], BY);
    }
  });
}
