/** Prefix lists and route maps: how rules are read, which mistakes are found, and what passes, as users of FRR know it. */
import t from 'tap';
import { checkFilters, filtersOf, readRule } from '../../firmware/modules/ip/exchange/filter-config.ts';
import { listPermits } from '../../firmware/modules/ip/exchange/prefix-list.ts';
import { applyRouteMap, listsOf } from '../../firmware/modules/ip/exchange/route-map.ts';
import { parsePrefix } from '../../firmware/modules/prefix.ts';

/** The prefixes of these that a list permits. */
function permitted(rules: Record<string, string>, ...prefixes: string[]): string[] {
  const { prefixLists } = filtersOf({ 'prefix-lists': { list: rules } });
  return prefixes.filter((prefix) => listPermits(prefixLists.list, parsePrefix(prefix)!));
}

const SOME = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.1.0/24',
  '10.1.1.1/32',
  '11.0.0.0/8',
  '::/0',
  'fd00::/8',
  'fd00:1::/64',
];

for (const [rule, passes] of [
  ['permit any', SOME],
  ['deny any', []],
  ['permit 10.0.0.0/8', ['10.0.0.0/8']],
  ['permit 10.0.0.0/8 le 24', ['10.0.0.0/8', '10.1.0.0/16', '10.1.1.0/24']],
  ['permit 10.0.0.0/8 le 8', ['10.0.0.0/8']],
  ['permit 10.0.0.0/8 ge 16', ['10.1.0.0/16', '10.1.1.0/24', '10.1.1.1/32']],
  ['permit 10.0.0.0/8 ge 16 le 24', ['10.1.0.0/16', '10.1.1.0/24']],
  ['permit 10.0.0.0/8 le 24 ge 24', ['10.1.1.0/24']],
  ['permit 10.0.0.0/8 ge 32', ['10.1.1.1/32']],
  ['permit 0.0.0.0/0', ['0.0.0.0/0']],
  ['permit 0.0.0.0/0 le 32', SOME.slice(0, 6)],
  ['permit 0.0.0.0/0 ge 1 le 8', ['10.0.0.0/8', '11.0.0.0/8']],
  ['permit ::/0 le 128', SOME.slice(6)],
  ['permit fd00::/8 ge 64', ['fd00:1::/64']],
  ['  permit   fd00::/8  ', ['fd00::/8']],
] as const)
  t.test(`a list with the rule "${rule}" passes what it names, and nothing else`, (t) => {
    t.same(permitted({ 10: rule }, ...SOME), passes);
    t.end();
  });

t.test('the first rule that has the prefix decides, in the order of numbers and not of the file', (t) => {
  const rules = { 100: 'permit any', 20: 'permit 10.1.1.0/24', 9: 'deny 10.0.0.0/8 le 32' };
  t.same(permitted(rules, '10.1.1.0/24', '11.0.0.0/8', 'fd00::/8'), ['11.0.0.0/8', 'fd00::/8']);
  const other = { ...rules, 5: 'permit 10.1.1.0/24' };
  t.same(permitted(other, '10.1.1.0/24', '10.1.0.0/16'), ['10.1.1.0/24']);
  t.end();
});

t.test('what no rule has is denied, and so is all by a list that there is not', (t) => {
  t.same(permitted({ 10: 'deny 10.0.0.0/8' }, ...SOME), []);
  t.notOk(listPermits(undefined, parsePrefix('10.0.0.0/8')!));
  t.end();
});

for (const [rule, allowed] of [
  ['allow 10.0.0.0/8', /^permit or deny, then any or a prefix/],
  ['permit', /^permit or deny/],
  ['permit 10.0.0.0', /^permit or deny/],
  ['permit 10.0.0.0/33', /^permit or deny/],
  ['permit 300.0.0.0/8', /^permit or deny/],
  ['permit 10.0.0.0/8 eq 16', /^permit or deny/],
  ['permit 10.0.0.0/8 le', /^permit or deny/],
  ['permit 10.0.0.0/8 le 16 le 24', /^permit or deny/],
  ['permit 10.0.0.0/8 le -1', /^permit or deny/],
  ['permit 10.0.0.1/8', /^a prefix without bits beyond its length: 10\.0\.0\.0\/8$/],
  ['permit fd00::1/64', /^a prefix without bits beyond its length: fd00::\/64$/],
  ['permit 10.0.0.0/8 le 7', /^lengths with 8 <= ge <= le <= 32$/],
  ['permit 10.0.0.0/8 ge 7', /^lengths with 8 <= ge <= le <= 32$/],
  ['permit 10.0.0.0/8 ge 24 le 16', /^lengths with 8 <= ge <= le <= 32$/],
  ['permit 10.0.0.0/8 le 33', /^lengths with 8 <= ge <= le <= 32$/],
  ['permit 10.0.0.0/8 ge 33', /^lengths with 8 <= ge <= le <= 32$/],
  ['permit fd00::/8 le 129', /^lengths with 8 <= ge <= le <= 128$/],
  ['permit any le 24', /^any without ge and le/],
] as const)
  t.test(`the rule "${rule}" is refused with what is allowed`, (t) => {
    const read = readRule(10, rule);
    t.match('wrong' in read ? read.wrong : read, allowed);
    t.same(
      checkFilters({ 'prefix-lists': { list: { 10: rule } } }).map(({ path }) => path),
      [['ip', 'prefix-lists', 'list', '10']],
    );
    t.end();
  });

t.test('a list that a route map names and there is not is found, with those that there are', (t) => {
  const maps = {
    out: { 10: { action: 'permit', 'prefix-list': 'intern' }, 20: { action: 'deny' } },
  } as const;
  t.same(checkFilters({ 'prefix-lists': { internal: {} }, 'route-maps': maps }), [
    { path: ['ip', 'route-maps', 'out', '10', 'prefix-list'], text: 'internal' },
  ]);
  t.same(
    checkFilters({ 'route-maps': maps }).map(({ text }) => text),
    ['a list of ip.prefix-lists, which there are none of'],
  );
  t.same(checkFilters({ 'prefix-lists': { intern: {} }, 'route-maps': maps }), []);
  t.same(checkFilters({}), []);
  t.end();
});

const filters = filtersOf({
  'prefix-lists': {
    ten: { 10: 'permit 10.0.0.0/8 le 32' },
    'not-ten': { 10: 'deny 10.0.0.0/8 le 32', 20: 'permit any' },
  },
  'route-maps': {
    all: { 10: { action: 'permit' } },
    none: { 10: { action: 'deny' } },
    tagged: { 10: { action: 'permit', tag: 7 } },
    statics: { 10: { action: 'permit', source: 'static', 'set-metric': 20 } },
    sets: { 10: { action: 'permit', 'set-metric': 0, 'set-tag': 9, 'set-type': 1 } },
    narrow: { 10: { action: 'permit', 'prefix-list': 'ten', tag: 7, source: 'static' } },
    late: {
      65535: { action: 'permit', 'set-tag': 3 },
      20: { action: 'deny', 'prefix-list': 'ten', tag: 7 },
      10: { action: 'permit', 'prefix-list': 'ten', source: 'connected', 'set-tag': 1 },
    },
    odd: { 10: { action: 'permit', 'prefix-list': 'constructor' } },
  },
});

for (const [map, route, result] of [
  ['all', '10.0.0.0/8 static 5', { metric: 5 }],
  ['all', '10.0.0.0/8 static 5 tag 7', { metric: 5, tag: 7 }],
  ['none', '10.0.0.0/8 static 5', undefined],
  ['missing', '10.0.0.0/8 static 5', undefined],
  ['constructor', '10.0.0.0/8 static 5', undefined],
  ['odd', '10.0.0.0/8 static 5', undefined],
  ['tagged', '10.0.0.0/8 static 5 tag 7', { metric: 5, tag: 7 }],
  ['tagged', '10.0.0.0/8 static 5 tag 8', undefined],
  ['tagged', '10.0.0.0/8 static 5', undefined],
  ['statics', '10.0.0.0/8 static 5', { metric: 20 }],
  ['statics', '10.0.0.0/8 connected 5', undefined],
  ['sets', '10.0.0.0/8 static 5 tag 7', { metric: 0, tag: 9, type: 1 }],
  ['narrow', '10.0.0.0/8 static 5 tag 7', { metric: 5, tag: 7 }],
  ['narrow', '11.0.0.0/8 static 5 tag 7', undefined],
  ['narrow', '10.0.0.0/8 ospf 5 tag 7', undefined],
  ['late', '10.0.0.0/8 connected 0 tag 7', { metric: 0, tag: 1 }],
  ['late', '10.0.0.0/8 static 0 tag 7', undefined],
  ['late', '10.0.0.0/8 static 0', { metric: 0, tag: 3 }],
] as const)
  t.test(`the route map "${map}" makes of ${route} ${JSON.stringify(result) ?? 'nothing'}`, (t) => {
    const [prefix = '', source = '', metric, , tag] = route.split(' ');
    const looked = { prefix: parsePrefix(prefix)!, source, metric: Number(metric) };
    t.same(applyRouteMap(filters, map, tag === undefined ? looked : { ...looked, tag: Number(tag) }), result);
    t.end();
  });

t.test('the lists that a map looks at are known', (t) => {
  t.same(listsOf(filters, 'late'), ['ten', 'ten']);
  t.same(listsOf(filters, 'missing'), []);
  t.end();
});
