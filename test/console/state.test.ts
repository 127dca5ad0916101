import t from 'tap';
import { textOf } from '../../firmware/console/execute.ts';
import { narrow, stateText } from '../../firmware/console/state-text.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { typed } from './fixtures/typed.ts';

/** Lines that a screen has room for below the command and above the prompt. */
const SCREEN = 22;

async function shown(state: unknown, path = ''): Promise<string[]> {
  const host = new FakeHost();
  host.runtime.states = { OSPF: state };
  return textOf(await typed(`show state routing ${path}`, host, CALLER));
}

const ospf = {
  routerId: '10.0.0.1',
  key: '<hidden>',
  interfaces: {
    eth0: {
      helloInterval: 10,
      deadInterval: 40,
      neighbors: new Map([['10.0.0.2', { state: '2-Way', dead: 38.5 }]]),
    },
    'eth0.100': { helloInterval: 1, deadInterval: 4, neighbors: new Map() },
  },
  seen: [1, 2, 3],
};

t.test('a small state is shown whole, with its version', async (t) => {
  t.same(await shown(ospf), [
    'OSPF 1.0.0, state version 1',
    'routerId: "10.0.0.1"',
    'key: <hidden>',
    'interfaces:',
    '  eth0:',
    '    helloInterval: 10',
    '    deadInterval: 40',
    '    neighbors: { 10.0.0.2: { state: "2-Way", dead: 38.5 } }',
    '  eth0.100: { helloInterval: 1, deadInterval: 4, neighbors: {} }',
    'seen: [1, 2, 3]',
  ]);
});

t.test('a path narrows it, also through keys that have dots in them', async (t) => {
  t.same(await shown(ospf, 'interfaces.eth0.neighbors.10.0.0.2'), [
    'OSPF 1.0.0, state version 1, interfaces.eth0.neighbors.10.0.0.2',
    'state: "2-Way"',
    'dead: 38.5',
  ]);
  t.same((await shown(ospf, 'interfaces.eth0.100.helloInterval'))[1], '1');
  t.same((await shown(ospf, 'interfaces.eth0.helloInterval'))[1], '10');
  t.same((await shown(ospf, 'seen.2'))[1], '3');
  t.same((await shown(ospf, 'seen'))[1], '[1, 2, 3]');
  t.same((await shown(ospf, 'key'))[1], '<hidden>');
  t.equal(narrow({ table: new Map([[7, 'seven']]) }, 'table.7', 'X'), 'seven', 'a number is a key too');
  t.equal(narrow(new Set(['a', 'b']), '1', 'X'), 'b');
});

t.test('a path to nothing is refused with what there is', async (t) => {
  t.match(await shown(ospf, 'interface.eth0'), [
    'STATE_PATH_UNKNOWN: OSPF\'s state has no "interface.eth0"; did you mean "interfaces"?; there is: routerId, key, interfaces, seen',
  ]);
  t.match(await shown(ospf, 'interfaces.eth9'), [
    /^STATE_PATH_UNKNOWN: OSPF's state has no "eth9" at "interfaces"; did you mean "eth0"\?; there is: eth0, eth0\.100$/,
  ]);
  t.match(await shown(ospf, 'routerId.length'), [/at "routerId"; there is nothing further down$/]);
  for (const path of ['constructor', '__proto__', 'toString', 'seen.length', 'interfaces..eth0', '.'])
    t.match(await shown(ospf, path), [/^STATE_PATH_UNKNOWN/], path);
  t.match(await shown(undefined, 'a'), [/^STATE_PATH_UNKNOWN/]);
  const big = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, i]));
  const [error] = await shown(big, 'nothing');
  t.match(error, /there is: key0, .*key11, and 4988 more$/);
  t.ok(error!.length < 400);
  t.match(await shown(ospf, `${'a.'.repeat(1500)}a`), [/^STATE_PATH_UNKNOWN.{0,300}$/], 'nor is the path');
});

t.test('a big state stays on the screen, and says how much is left out and how to see it', async (t) => {
  const rows = Array.from({ length: 100_000 }, (_, i) => [`10.${i}`, { via: '10.0.0.2', cost: i, age: 1 }]);
  const state = {
    routes: new Map(rows as [string, object][]),
    name: 'x',
    list: Array.from({ length: 5000 }, String),
  };
  const all = await shown(state);
  t.ok(all.length <= SCREEN, `${all.length} lines`);
  t.match(all[1], /^routes:/);
  t.ok(all.includes('  … 99994 more') && all.includes('  … 4994 more'), all.join('\n'));
  t.ok(all.includes('name: "x"'), 'what is small is not hidden behind it');
  t.equal(all.at(-1), '(show state OSPF NAME shows one of them, --json has all)');
  const narrowed = await shown(state, 'routes');
  t.equal(narrowed.length, 23);
  t.equal(narrowed[1], '10.0: { via: "10.0.0.2", cost: 0, age: 1 }');
  t.equal(narrowed.at(-2), '… 99980 more');
  t.equal(narrowed.at(-1), '(show state OSPF routes.NAME shows one of them, --json has all)');
});

t.test('many things at the top are shown in short, deep ones too', async (t) => {
  const wide = Object.fromEntries(
    Array.from({ length: 15 }, (_, i) => [`part${i}`, Array.from({ length: 50 }, (_, j) => j * 1000)]),
  );
  const lines = await shown(wide);
  t.equal(lines.length, 17);
  t.equal(lines[1], 'part0: … 50 entries');
  let deep: unknown = { end: 'x'.repeat(60), more: 'y'.repeat(60) };
  for (let i = 0; i < 5000; i++) deep = { ['down'.repeat(5)]: deep, beside: 'z'.repeat(60) };
  const text = await shown(deep);
  t.ok(text.length <= SCREEN, `${text.length} lines`);
});

t.test('no line is much longer than a screen is wide, and no character commands it', async (t) => {
  const state = {
    text: 'x'.repeat(1e6),
    bytes: new Uint8Array(1e6).fill(255),
    ['k'.repeat(1e5)]: 1,
    evil: '\u001b[2J\n\u202e',
    '\u001b[2J': 1,
    date: new Date(0),
    big: 10n,
    nothing: undefined,
    empty: [],
    none: null,
    not: Number.NaN,
  };
  const lines = await shown(state);
  for (const line of lines) t.ok(line.length <= 140, line.slice(0, 200));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
  t.notMatch(lines.join(''), /[\u0000-\u001f\u202e]/);
  const text = lines.join('\n');
  t.match(text, /^text: "x+" … \(1000000 characters\)$/m);
  t.match(text, /^bytes: (ff)+ … \(1000000 bytes\)$/m);
  t.match(text, /^big: 10\nnothing: undefined\nempty: \[\]\nnone: null\nnot: NaN$/m);
});

t.test('what is no collection, or is empty, is shown as what it is', async (t) => {
  t.same(stateText(undefined, ''), ['undefined']);
  t.same(stateText(null, ''), ['null']);
  t.same(stateText({}, ''), ['{}']);
  t.same(stateText([], ''), ['[]']);
  t.same(stateText(new Map(), ''), ['{}']);
  t.same(stateText('a … b', ''), ['"a … b"'], 'an ellipsis in the state is not ours');
  t.same(stateText({ a: '…' }, ''), ['a: "…"']);
});

t.test('--json has all of it, or all of the part', async (t) => {
  const host = new FakeHost();
  host.runtime.states = { OSPF: ospf };
  const json = async (line: string) => JSON.parse(textOf(await typed(line, host, CALLER)).join('\n')).data;
  t.same(await json('show state OSPF --json'), {
    module: 'OSPF',
    version: '1.0.0',
    stateVersion: 1,
    state: JSON.parse(
      JSON.stringify({
        ...ospf,
        interfaces: {
          eth0: { ...ospf.interfaces.eth0, neighbors: { '10.0.0.2': { state: '2-Way', dead: 38.5 } } },
          'eth0.100': { ...ospf.interfaces['eth0.100'], neighbors: {} },
        },
      }),
    ),
  });
  t.same(await json('show state OSPF seen --json'), {
    module: 'OSPF',
    version: '1.0.0',
    stateVersion: 1,
    path: 'seen',
    state: [1, 2, 3],
  });
});

t.test('a module that is not there has no state', async (t) => {
  const result = await typed('show state BGP', new FakeHost(), CALLER);
  t.match(result.error, { code: 'MODULE_UNKNOWN' });
});
