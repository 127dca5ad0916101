/** Static routes and tables in IP's section: each contradiction is told with its place, and texts become canonical. */
import t from 'tap';
import { section } from '../../firmware/modules/ip/config.ts';
import { checkStatic, type StaticKeys, staticOf } from '../../firmware/modules/ip/rib/static-config.ts';
import { validConfig } from '../../runtime/module/manifest-config.ts';

const wrong = (keys: StaticKeys) => checkStatic(keys).map(({ path, text }) => `${path.join(' ')}: ${text}`);
const hops = (prefix: string, ...names: string[]) => ({
  routes: { [prefix]: Object.fromEntries(names.map((name) => [name, { distance: 1, weight: 1 }])) },
});

t.test('the schema is one', async (t) => {
  t.doesNotThrow(() => validConfig(section, (key, allowed) => t.fail(`${key} must be ${allowed}`) as never));
});

t.test('what is right is told nothing', async (t) => {
  t.same(
    wrong({
      routes: {
        '10.9.0.0/16': { '10.0.2.2': {}, '10.0.3.2': { interface: 'lan1' }, blackhole: { distance: 250 } },
        '0.0.0.0/0': { 'eth0.10': {} },
        'fd00::/8': { 'fe80::1': { interface: 'lan0' } },
        '10.8.0.0/16': { 'fd00:1::1': {} },
      },
      tables: { blue: { number: 100, routes: { '10.9.0.0/16': { unreachable: {} } } } },
    }),
    [],
  );
});

t.test('a mistyped word is no interface, and prefixes of the host itself are refused', async (t) => {
  t.same(wrong(hops('10.9.0.0/16', 'blackholeblackhole')), [
    'ip routes 10.9.0.0/16 blackholeblackhole: an address, the name of an interface (at most 15 characters), blackhole, or unreachable',
  ]);
  for (const prefix of [
    '127.0.0.0/8',
    '127.1.0.0/16',
    '0.0.0.0/8',
    'fe80::/10',
    'fe80::/64',
    '::1/128',
    '::/128',
  ])
    t.same(wrong(hops(prefix, 'blackhole')), [`ip routes ${prefix}: a prefix that leaves the host`]);
  for (const prefix of ['0.0.0.0/0', '0.0.0.0/1', '::/0', 'fe00::/7', '::2/128'])
    t.same(wrong(hops(prefix, 'blackhole')), [], prefix);
});

t.test('what is wrong is told where it stands, with what is allowed there', async (t) => {
  t.same(wrong(hops('10.9.0.1/16', '10.0.2.2')), [
    'ip routes 10.9.0.1/16: a prefix without host bits, which is 10.9.0.0/16',
  ]);
  t.same(wrong(hops('10.9.0.0/33', '10.0.2.2')), [
    'ip routes 10.9.0.0/33: a prefix, such as 10.9.0.0/16 or fd00:9::/48',
  ]);
  t.same(wrong(hops('224.1.0.0/16', '10.0.2.2')), ['ip routes 224.1.0.0/16: a prefix that is not multicast']);
  t.same(wrong({ routes: { 'fd00::/16': { lan0: {} }, 'FD00:0::/16': { lan0: {} } } }), [
    'ip routes FD00:0::/16: each prefix once; fd00::/16 is the same',
  ]);
  t.same(wrong(hops('fd00::/16', 'fd01::1', 'fd01:0::1')), [
    'ip routes fd00::/16 fd01:0::1: each next hop once; fd01::1 is the same',
  ]);
  t.same(wrong(hops('10.9.0.0/16', '10.0.2.300')), [
    'ip routes 10.9.0.0/16 10.0.2.300: an address, such as 10.0.2.2 or fd00:2::2',
  ]);
  t.same(wrong(hops('fd00::/16', '10.0.2.2')), [
    'ip routes fd00::/16 10.0.2.2: an IPv6 address: this prefix is of IPv6',
  ]);
  t.same(wrong(hops('fd00::/16', 'fe80::1')), [
    'ip routes fd00::/16 fe80::1: an `interface` beside it: fe80::1 is link-local, and may be on each',
  ]);
  for (const address of ['224.0.0.5', '0.0.0.0', '127.0.0.1'])
    t.same(wrong(hops('10.9.0.0/16', address)), [
      `ip routes 10.9.0.0/16 ${address}: the address of a neighbour`,
    ]);
  t.same(wrong(hops('10.9.0.0/16', '10.0.2.2', 'blackhole')), [
    'ip routes 10.9.0.0/16 blackhole: another distance: a next hop and blackhole cannot share the traffic',
  ]);
  t.same(wrong({ routes: { '10.9.0.0/16': { lan0: { interface: 'lan1' } } } }), [
    'ip routes 10.9.0.0/16 lan0: no `interface` beside lan0, which is no address',
  ]);
  t.same(wrong({ tables: { blue: { number: 254 }, red: { number: 7 }, green: { number: 7 } } }), [
    "ip tables blue number: a number that is none of the kernel's own tables",
    'ip tables green number: a number that no other table has; red has it',
  ]);
});

t.test('texts become canonical, so that the same route is the same', async (t) => {
  const { routes, keepRoutes, tables } = staticOf({
    routes: { 'FD00:0:0::/48': { 'FD01::0:1': { tag: 7 } } },
    tables: { blue: { number: 100 } },
  });
  t.same(routes, { 'fd00::/48': { 'fd01::1': { distance: 1, weight: 1, tag: 7 } } });
  t.equal(keepRoutes, 0);
  t.same(tables, { blue: { number: 100, routes: {} } });
});

t.test('all tables together have at most 65,536 routes', async (t) => {
  const many = (first: number, count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`${first}.${i >> 8}.${i & 255}.0/24`, { '10.0.2.2': {} }]),
    );
  const tables = {
    blue: { number: 100, routes: many(11, 10_000) },
    red: { number: 101, routes: many(12, 1) },
    empty: { number: 102 },
  };
  t.same(wrong({ routes: many(10, 55_535), tables }), []);
  t.same(wrong({ routes: many(10, 55_536), tables }), [
    'ip tables red routes: at most 65536 routes in all tables together; up to here there are 65537',
  ]);
});
