/** IP's views: routes in the form of FRR, candidates with why they are not selected, next hops, interfaces, and what is typed behind them. */
import t from 'tap';
import type { Rows as Answer } from '../../runtime/index.ts';
import { type Rib, startRib } from './ip-rib.ts';

type View = Record<string, unknown>;

/** Rows of the view with these words, as a console is told them. */
async function rowsOf({ kit }: Rib, words: string, ...typed: string[]): Promise<View[]> {
  return (await answerOf(kit, words, typed)).rows as View[];
}

function answerOf(kit: Rib['kit'], words: string, typed: string[]): Promise<Answer> {
  const view = Object.values(kit.runtime.views()[0]!.views).find((each) => each.words === words)!;
  const values = Object.fromEntries(typed.map((value, i) => [view.takes![i]!.name, value]));
  return kit.runtime.rows('IP', view, values);
}

/** Without ages. */
async function linesOf(rib: Rib, words: string, ...typed: string[]): Promise<string[]> {
  const rows = await rowsOf(rib, words, ...typed);
  return rows.flatMap(({ lines }) => lines as string[]).map((line) => line.replace(/, \d\d:\d\d:\d\d$/, ''));
}

const ROUTES = {
  '0.0.0.0/0': { '10.0.1.254': {} },
  '10.9.0.0/16': { '10.0.1.2': {}, '10.0.2.2': {}, '10.0.1.7': { distance: 200 } },
  '10.8.0.0/16': { '10.9.1.1': { tag: 7 } },
  '10.7.0.0/16': { blackhole: {} },
  '10.6.0.0/16': { unreachable: {} },
  '10.5.0.0/16': { lan1: {} },
  '10.4.0.0/16': { '172.16.0.1': {} },
  'fd00:9::/48': { 'fd00:2::2': { weight: 3 } },
};

t.test('routes are shown in the form of FRR: in order, best first, each next hop on its line', async (t) => {
  const rib = await startRib(t, ROUTES);
  t.same(await linesOf(rib, 'ip route'), [
    'S>* 0.0.0.0/0 [1/0] via 10.0.1.254, lan0, weight 1',
    'C>* 10.0.1.0/24 is directly connected, lan0',
    'C>* 10.0.2.0/24 is directly connected, lan1',
    'S   10.4.0.0/16 [1/0] via 172.16.0.1 inactive (no route), weight 1',
    'S>* 10.5.0.0/16 [1/0] is directly connected, lan1, weight 1',
    'S>* 10.6.0.0/16 [1/0] unreachable (ICMP unreachable), weight 1',
    'S>* 10.7.0.0/16 [1/0] unreachable (blackhole), weight 1',
    'S>  10.8.0.0/16 [1/0] via 10.9.1.1 (recursive), weight 1, tag 7',
    '  *                     via 10.0.1.2, lan0, weight 1, tag 7',
    '  *                     via 10.0.2.2, lan1, weight 1, tag 7',
    'S>* 10.9.0.0/16 [1/0] via 10.0.1.2, lan0, weight 1',
    '  *                   via 10.0.2.2, lan1, weight 1',
    'S   10.9.0.0/16 [200/0] via 10.0.1.7, lan0, weight 1',
  ]);
  t.same(await linesOf(rib, 'ipv6 route'), [
    'C>* fd00:1::/64 is directly connected, lan0',
    'C>* fd00:2::/64 is directly connected, lan1',
    'S>* fd00:9::/48 [1/0] via fd00:2::2, lan1, weight 3',
  ]);
  const [row] = await rowsOf(rib, 'ip route', '10.9.0.0/16');
  t.match(row, {
    prefix: '10.9.0.0/16',
    table: 254,
    source: 'static',
    selected: true,
    inKernel: 'yes',
    distance: 1,
    metric: 0,
    hops: [{ gateway: '10.0.1.2', interface: 'lan0', weight: 1, installed: true }, { gateway: '10.0.2.2' }],
  });
});

t.test('the words behind show ip route choose among the routes, and wrong ones are told', async (t) => {
  const rib = await startRib(t, ROUTES, () => {}, {
    tables: { blue: { number: 100, routes: { '10.77.0.0/16': { blackhole: { distance: 1, weight: 1 } } } } },
  });
  const prefixes = async (...typed: string[]) => {
    const rows = await rowsOf(rib, 'ip route', ...typed);
    return [...new Set(rows.map(({ prefix }) => prefix))];
  };
  t.same(await prefixes('10.9.0.0/16'), ['10.9.0.0/16']);
  t.same(await prefixes('10.9.1.1/16'), ['10.9.0.0/16'], 'host bits do not matter');
  t.same(await prefixes('10.9.77.1'), ['10.9.0.0/16'], 'an address: the longest match');
  t.same(await prefixes('192.0.2.1'), ['0.0.0.0/0']);
  t.same(await prefixes('10.10.0.0/16'), []);
  t.same(await prefixes('10.8.0.0/15', 'longer-prefixes'), ['10.8.0.0/16', '10.9.0.0/16']);
  t.same(await prefixes('longer', '10.8.0.0/15'), ['10.8.0.0/16', '10.9.0.0/16']);
  t.same(await prefixes('conn'), ['10.0.1.0/24', '10.0.2.0/24']);
  t.same(await prefixes('static', 'longer', '10.0.0.0/14'), []);
  t.same(await prefixes('ospf'), []);
  t.same(await prefixes('table', 'blue'), ['10.77.0.0/16']);
  t.same(await prefixes('vrf', '100'), ['10.77.0.0/16']);
  t.equal((await prefixes('table', 'all')).at(0), '10.77.0.0/16');
  t.same(await linesOf(rib, 'ip route', 'table', 'blue'), [
    'S>* 10.77.0.0/16 [1/0] unreachable (blackhole), weight 1, table 100',
  ]);
  const refusals: [typed: string[], message: RegExp][] = [
    [['10.0.0.0/33'], /^"10\.0\.0\.0\/33" is no prefix; write 10\.0\.0\.0\/8 or 10\.0\.0\.1$/],
    [['fd00::/8'], /^"fd00::\/8" is not of IPv4/],
    [['10.0.0.0/8', '10.0.0.0/8'], /is a second prefix/],
    [['bogus'], /^"bogus" is no prefix, address or source; known: kernel, connected, /],
    [['b'], /^"b" may be bgp, babel; type more of it$/],
    [['longer'], /^a prefix is missing beside "longer-prefixes"$/],
    [['longer', '10.0.0.1'], /is an address; longer-prefixes takes a prefix/],
    [['table'], /^a table is missing after "table"; known: main, blue, all$/],
    [['table', 'red'], /^there is no table "red"; known: main, blue, all$/],
    [['static', 'kernel'], /"kernel" is a second source/],
    [['sum'], /"summary" stands in the place of all other words/],
  ];
  for (const [typed, message] of refusals)
    await t.rejects(rowsOf(rib, 'ip route', ...typed), { code: 'VIEW_REFUSED', message }, typed.join(' '));
});

t.test('a route that the kernel refuses has its words; one that waits is queued', async (t) => {
  const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.66': {} } }, (kernel) => {
    kernel.bad.add('10.0.1.66');
  });
  rib.rest(1_000);
  const [first, second = ''] = await linesOf(rib, 'ip route', '10.9.0.0/16');
  t.equal(first, 'S>r 10.9.0.0/16 [1/0] via 10.0.1.66, lan0, weight 1');
  t.match(second, /^ {6}rejected by the kernel: \S/);
  const [row] = await rowsOf(rib, 'ip rib', '10.9.0.0/16');
  t.match(row, { inKernel: 'refused', standing: /^selected; the kernel refuses it: / });
});

t.test('each candidate says why it is not selected', async (t) => {
  const rib = await startRib(t, ROUTES, (kernel) => {
    kernel.addForeign({
      destination: '10.7.0.0',
      prefixLength: 16,
      protocol: 4,
      metric: 20,
      hops: [{ gateway: '10.0.1.9', interface: 2 }],
    });
  });
  const standing = async (prefix: string) =>
    (await rowsOf(rib, 'ip rib', prefix)).map(
      ({ source, distance, inKernel, standing }) => `${source} ${distance} ${inKernel}: ${standing}`,
    );
  t.same(await standing('10.9.0.0/16'), [
    'static 1 yes: selected',
    'static 200 no: distance 200, static has 1',
  ]);
  t.same(await standing('10.4.0.0/16'), ['static 1 no: no next hop: 172.16.0.1 no route']);
  t.same(await standing('10.7.0.0/16'), [
    'kernel 0 yes: selected',
    "static 1 yes: another program's route with metric 20 goes first",
  ]);
  t.same(await linesOf(rib, 'ip route', '10.7.0.0/16'), [
    'K>* 10.7.0.0/16 [0/20] via 10.0.1.9, lan0',
    'S * 10.7.0.0/16 [1/0] unreachable (blackhole), weight 1',
  ]);
  const hops = await rowsOf(rib, 'ip nexthop');
  t.match(
    hops.find(({ nextHop }) => nextHop === '10.9.1.1'),
    {
      state: 'reachable',
      via: '10.9.0.0/16',
      resolved: ['10.0.1.2%lan0', '10.0.2.2%lan1'],
      depth: 2,
      routes: 1,
    },
  );
  t.match(
    hops.find(({ nextHop }) => nextHop === '172.16.0.1'),
    { state: 'no route', resolved: [] },
  );
  t.same(await rowsOf(rib, 'ip route summary'), [
    { source: 'static', routes: 8, selected: 5, installed: 6, rejected: 0 },
    { source: 'connected', routes: 2, selected: 2, installed: 2, rejected: 0 },
    { source: 'kernel', routes: 1, selected: 1, installed: 1, rejected: 0 },
    { source: 'total', routes: 11, selected: 8, installed: 9, rejected: 0 },
  ]);
});

t.test('interfaces are shown with their addresses of one family', async (t) => {
  const rib = await startRib(t, {});
  t.match(await rowsOf(rib, 'ip interface'), [
    { interface: 'lan0', index: 2, status: 'up', mtu: 1500, addresses: ['10.0.1.1/24'] },
    { interface: 'lan1', index: 3, status: 'up', mtu: 1500, addresses: ['10.0.2.1/24'] },
  ]);
  rib.kernel.set(3, { carrier: false });
  rib.rest();
  t.match(await rowsOf(rib, 'ipv6 interface brief', 'lan1'), [
    { interface: 'lan1', status: 'no carrier', addresses: ['fd00:2::1/64'] },
  ]);
  await t.rejects(rowsOf(rib, 'ip interface', 'lan9'), {
    code: 'VIEW_REFUSED',
    message: /there is no interface "lan9"/,
  });
  t.same(await rowsOf(rib, 'ip arp'), []);
});

t.test(
  'a view of 100,000 routes is walked in slices: the loop goes round, and they are in order',
  async (t) => {
    const rib = await startRib(t, {}, (kernel) => {
      for (let i = 0; i < 100_000; i++) {
        const n = (i * 7_919) % 100_000;
        kernel.addForeign({
          destination: `20.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
          prefixLength: 32,
          protocol: 4,
          metric: 20,
          hops: [{ gateway: '10.0.1.9', interface: 2 }],
        });
      }
    });
    let turns = 0;
    let next = setImmediate(function count() {
      turns++;
      next = setImmediate(count);
    });
    t.teardown(() => clearImmediate(next));
    const view = rib.kit.runtime.views()[0]!.views.routes!;
    const { rows, more } = await rib.kit.runtime.rows('IP', view, {}, { timeout: 60_000 });
    // A slice is 2 ms: so many rows are more than a hundred of them on the fastest machine.
    t.ok(turns > 100, `${turns} turns`);
    t.equal(rows.length + more, 100_002);
    t.ok(rows.length >= 90_000, `${rows.length} rows`);
    const numbers = rows.map(({ prefix }) =>
      String(prefix)
        .split(/[./]/)
        .reduce((sum, octet, i) => (i < 4 ? sum * 256 + Number(octet) : sum), 0),
    );
    t.ok(numbers.every((number, i) => i === 0 || number > numbers[i - 1]!));
  },
);
