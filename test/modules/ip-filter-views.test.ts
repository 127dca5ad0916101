/** `show ip prefix-list` and `show route-map`: the filters of the configuration, as users of FRR read them. */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type FilterKeys, filtersOf } from '../../firmware/modules/ip/exchange/filter-config.ts';
import * as ip from '../../firmware/modules/ip/module.ts';
import type { Rows as Answer } from '../../runtime/index.ts';
import { type Rib, startRib, staticConfig } from './ip-rib.ts';

/** The last release without these views: its state is the same. */
const BEFORE = fileURLToPath(new URL('../../firmware/releases/ip-3.0.0.cjs', import.meta.url));

type View = Record<string, unknown>;

const FILTERS: FilterKeys = {
  'prefix-lists': {
    internal: { 20: 'deny any', 10: 'permit 10.0.0.0/8 le 24' },
    bounds: {
      1: 'permit 10.0.0.0/8',
      2: 'permit 10.0.0.0/8 le 8',
      3: 'permit 10.0.0.0/8 ge 16',
      4: 'permit 10.0.0.0/8 ge 16 le 32',
      5: 'permit 10.0.0.0/8 le 24 ge 24',
      6: 'permit 10.0.0.0/8 ge 8 le 24',
      7: 'permit 10.0.0.0/8 ge 8',
      8: 'permit 10.0.0.1/32 ge 32',
      9: 'deny fd00::/8 ge 64',
      10: 'deny fd00::/8 le 32',
    },
  },
  'route-maps': {
    'to-ospf': {
      20: { action: 'deny' },
      10: {
        action: 'permit',
        'prefix-list': 'internal',
        tag: 7,
        source: 'static',
        'set-metric': 0,
        'set-tag': 9,
        'set-type': 1,
      },
    },
    all: { 5: { action: 'permit' } },
  },
};

function start(t: Test, filters: FilterKeys): Promise<Rib> {
  return startRib(t, {}, () => {}, { filters: filtersOf(filters) });
}

/** Rows of the view with these words, as a console is told them. */
async function rowsOf({ kit }: Rib, words: string, name?: string): Promise<View[]> {
  const views = Object.values(kit.runtime.views()[0]!.views);
  const view = views.find((each) => each.words === words || each.aliases?.includes(words))!;
  const values = name === undefined ? {} : { [view.takes![0]!.name]: name };
  const { rows }: Answer = await kit.runtime.rows('IP', view, values);
  return rows as View[];
}

async function linesOf(rib: Rib, words: string, name?: string): Promise<string[]> {
  return (await rowsOf(rib, words, name)).flatMap(({ lines }) => lines as string[]);
}

const INTERNAL = [
  'ip prefix-list internal: 2 entries',
  '   seq 10 permit 10.0.0.0/8 le 24',
  '   seq 20 deny any',
];

t.test(
  'prefix lists are shown by name, their rules by sequence, with the lengths that a rule has',
  async (t) => {
    const rib = await start(t, FILTERS);
    const lines = await linesOf(rib, 'ip prefix-list');
    t.same(lines, [
      'ip prefix-list bounds: 10 entries',
      '   seq 1 permit 10.0.0.0/8',
      '   seq 2 permit 10.0.0.0/8',
      '   seq 3 permit 10.0.0.0/8 ge 16',
      '   seq 4 permit 10.0.0.0/8 ge 16',
      '   seq 5 permit 10.0.0.0/8 ge 24 le 24',
      '   seq 6 permit 10.0.0.0/8 le 24',
      '   seq 7 permit 10.0.0.0/8 le 32',
      '   seq 8 permit 10.0.0.1/32',
      '   seq 9 deny fd00::/8 ge 64',
      '   seq 10 deny fd00::/8 le 32',
      ...INTERNAL,
    ]);
    t.same(await linesOf(rib, 'ip prefix-list', 'internal'), INTERNAL);
    t.same(await linesOf(rib, 'ipv6 prefix-list'), lines, 'a list has prefixes of both families');
  },
);

t.test('the words of each rule, written into the configuration, are the same rule', async (t) => {
  const rib = await start(t, FILTERS);
  const rules = (await linesOf(rib, 'ip prefix-list', 'bounds'))
    .slice(1)
    .map((line) => line.trim().split(' '));
  const again = Object.fromEntries(rules.map(([, sequence, ...rule]) => [sequence, rule.join(' ')]));
  t.same(
    filtersOf({ 'prefix-lists': { bounds: again } }).prefixLists.bounds,
    filtersOf(FILTERS).prefixLists.bounds,
  );
});

t.test('each entry of a route map says what it matches and what it sets', async (t) => {
  const rib = await start(t, FILTERS);
  const toOspf = [
    'route-map to-ospf, permit, sequence 10',
    '  Match clauses:',
    '    ip address prefix-list internal',
    '    tag 7',
    '    source-protocol static',
    '  Set clauses:',
    '    metric 0',
    '    tag 9',
    '    metric-type type-1',
    'route-map to-ospf, deny, sequence 20',
    '  Match clauses:',
    '  Set clauses:',
  ];
  const all = ['route-map all, permit, sequence 5', '  Match clauses:', '  Set clauses:'];
  t.same(await linesOf(rib, 'route-map'), [...all, ...toOspf]);
  t.same(await linesOf(rib, 'route-map', 'to-ospf'), toOspf);
});

t.test('a program is told a row for each rule and entry, with what it has and nothing else', async (t) => {
  const rib = await start(t, FILTERS);
  const bare = async (words: string, name: string) =>
    (await rowsOf(rib, words, name)).map(({ lines: _, ...row }) => row);
  t.same(await bare('ip prefix-list', 'internal'), [
    { list: 'internal', sequence: 10, action: 'permit', prefix: '10.0.0.0/8', le: 24 },
    { list: 'internal', sequence: 20, action: 'deny', prefix: 'any' },
  ]);
  t.same(await bare('route-map', 'to-ospf'), [
    {
      map: 'to-ospf',
      sequence: 10,
      action: 'permit',
      prefixList: 'internal',
      tag: 7,
      source: 'static',
      setMetric: 0,
      setTag: 9,
      setType: 1,
    },
    { map: 'to-ospf', sequence: 20, action: 'deny' },
  ]);
});

t.test('a name that is not there is refused with those that are', async (t) => {
  const rib = await start(t, FILTERS);
  const refusals: [words: string, name: string, message: string][] = [
    ['ip prefix-list', 'intern', 'there is no prefix list "intern"; known: bounds, internal'],
    ['ip prefix-list', 'to-ospf', 'there is no prefix list "to-ospf"; known: bounds, internal'],
    ['route-map', 'constructor', 'there is no route map "constructor"; known: all, to-ospf'],
  ];
  for (const [words, name, message] of refusals)
    await t.rejects(rowsOf(rib, words, name), { code: 'VIEW_REFUSED', message }, `${words} ${name}`);
});

t.test('what is shown follows the configuration, and without filters there is nothing', async (t) => {
  const rib = await start(t, {});
  t.same(await rowsOf(rib, 'ip prefix-list'), []);
  t.same(await rowsOf(rib, 'route-map'), []);
  await rib.configure(staticConfig({}, { filters: filtersOf(FILTERS) }));
  t.same(await linesOf(rib, 'ip prefix-list', 'internal'), INTERNAL);
  await rib.configure(
    staticConfig({}, { filters: filtersOf({ 'prefix-lists': { internal: { 7: 'permit any' } } }) }),
  );
  t.same(await linesOf(rib, 'ip prefix-list'), ['ip prefix-list internal: 1 entries', '   seq 7 permit any']);
  await t.rejects(rowsOf(rib, 'ip prefix-list', 'bounds'), { code: 'VIEW_REFUSED' });
});

t.test('the longest lists that the configuration takes are shown whole', async (t) => {
  const rules = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, i) => [i + 1, `permit 10.${i >> 8}.${i & 255}.0/24`]),
  );
  const lists = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`list${i}`, rules]));
  const rib = await start(t, { 'prefix-lists': lists });
  t.equal((await linesOf(rib, 'ip prefix-list')).length, 20 * 1_001);
  t.equal((await linesOf(rib, 'ip prefix-list', 'list7')).at(-1), '   seq 1000 permit 10.3.231.0/24');
});

t.test('the views go with a swap to 3.0.0 and come back, and the state is the same throughout', async (t) => {
  const rib = await start(t, FILTERS);
  const { kit } = rib;
  const words = () => Object.values(kit.runtime.views()[0]!.views).map((view) => view.words);
  const state = () => kit.runtime.state('IP').state as View;
  const [lines, before] = [await linesOf(rib, 'route-map'), structuredClone(state())];
  await kit.replace(BEFORE as never);
  t.equal(kit.version, '3.0.0');
  t.notOk(words().some((each) => each === 'route-map' || each === 'ip prefix-list'));
  t.ok(words().includes('ip route'));
  t.same(state().config, before.config);
  t.same(Object.keys(state()), Object.keys(before));
  await kit.replace(ip);
  t.same(await linesOf(rib, 'route-map'), lines);
  t.same(state(), before);
});
