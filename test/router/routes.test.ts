/** Routes of a whole router, from outside: what the kernel's table is after each change, and where packets go. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { foreignLines, RoutesPlace, type StaticRoutes } from './routes/place.ts';

const skip = NetworkNamespace.unavailable;
const timeout = 120_000;

const EHOSTUNREACH = 113;
const WAN0 = '10.2.0.2%wan0*1';
const WAN1 = '10.3.0.2%wan1*1';
/** A destination that is never concerned, in each table that is expected. */
const STAYS = '10.7.0.0/16 10.1.0.2%lan0*1';

async function running(t: Test, routes: StaticRoutes): Promise<RoutesPlace> {
  const place = await RoutesPlace.make(t);
  place.write({ routes });
  await place.launch();
  return place;
}

t.test('connected and static routes forward, those of both families', { skip, timeout }, async (t) => {
  const place = await running(t, {});
  t.same(await place.comesTo([]), []);
  t.ok(await place.reaches('10.2.0.2'), 'a connected network');
  t.ok(await place.reaches('fd00:2::2'), 'a connected network of IPv6');
  t.ok(await place.reachesNot('10.9.0.1'), 'no route leads there yet');
  t.ok(await place.reachesNot('fd00:9::1'));
  await place.configure({
    routes: { '10.9.0.0/16': { '10.2.0.2': {} }, 'fd00:9::/48': { 'fd00:2::2': {} } },
  });
  t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`, 'fd00:9::/48 fd00:2::2%wan0*1']), []);
  t.ok(await place.reaches('10.9.0.1'));
  t.ok(await place.reaches('fd00:9::1'));
  await place.configure({});
  t.same(await place.comesTo([]), []);
  t.ok(await place.reachesNot('10.9.0.1'), 'the route is gone with its configuration');
});

t.test(
  'flows are spread over next hops of equal distance, and go on by those that are left',
  { skip, timeout },
  async (t) => {
    const place = await running(t, { '10.9.0.0/16': { '10.2.0.2': {}, '10.3.0.2': {} } });
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0} ${WAN1}`]), []);
    const flows = Array.from({ length: 64 }, (_, i) => `10.9.0.${i + 1}`);
    t.ok(await place.reaches('10.9.0.1'));
    const before = [place.arrivedAt('s0'), place.arrivedAt('s1')] as const;
    await place.startStream(flows);
    await place.streams(2_000);
    const { sent, received, lost } = await place.endStream();
    const by = [place.arrivedAt('s0') - before[0], place.arrivedAt('s1') - before[1]] as const;
    t.match({ lost, duplicates: received.duplicates }, { lost: 0, duplicates: 0 });
    for (const [i, packets] of by.entries())
      t.ok(packets > sent.sent / 5, `${packets} of ${sent.sent} packets by s${i}`);

    place.router.ip('link', 'set', 'wan1', 'down');
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`]), [], 'without the one whose link is down');
    await place.startStream(flows);
    await place.streams(1_000);
    t.equal((await place.endStream()).lost, 0, 'all by the other');
    place.router.ip('link', 'set', 'wan1', 'up');
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0} ${WAN1}`]), []);

    await place.configure({ routes: { '10.9.0.0/16': { '10.2.0.2': { weight: 3 }, '10.3.0.2': {} } } });
    t.same(await place.comesTo([`10.9.0.0/16 10.2.0.2%wan0*3 ${WAN1}`]), []);
  },
);

/** Commands on the router's host, and our routes afterwards besides the one that stays. */
const STEPS: readonly (readonly [what: string, commands: readonly string[], expected: readonly string[]])[] =
  [
    ['a link goes down', ['link set wan0 down'], []],
    ['and up', ['link set wan0 up'], [`10.8.0.0/16 ${WAN0}`, '10.6.0.0/16 %wan0*1']],
    ['its address goes', ['address delete 10.2.0.1/24 dev wan0'], ['10.6.0.0/16 %wan0*1']],
    [
      'and comes as another of the network',
      ['address add 10.2.0.77/24 dev wan0'],
      [`10.8.0.0/16 ${WAN0}`, '10.6.0.0/16 %wan0*1'],
    ],
    [
      'it is another network',
      ['address delete 10.2.0.77/24 dev wan0', 'address add 10.5.0.1/24 dev wan0'],
      ['10.6.0.0/16 %wan0*1'],
    ],
    [
      'a longer one, with the next hop in it',
      ['address add 10.2.0.1/30 dev wan0'],
      [`10.8.0.0/16 ${WAN0}`, '10.6.0.0/16 %wan0*1'],
    ],
    [
      'it is renamed',
      ['link set wan0 down', 'link set wan0 name wan9', 'link set wan9 up'],
      ['10.8.0.0/16 10.2.0.2%wan9*1'],
    ],
    [
      'and called as before',
      ['link set wan9 down', 'link set wan9 name wan0', 'link set wan0 up'],
      [`10.8.0.0/16 ${WAN0}`, '10.6.0.0/16 %wan0*1'],
    ],
    ['it is deleted', ['link delete wan0'], []],
  ];

t.test(
  'the kernel has our routes as they should be after each change of links and addresses',
  { skip, timeout },
  async (t) => {
    const place = await running(t, {
      '10.8.0.0/16': { '10.2.0.2': {} },
      '10.7.0.0/16': { '10.1.0.2': {} },
      '10.6.0.0/16': { wan0: {} },
    });
    const { router, server } = place;
    // Of other programs: beside ours, and where we have none.
    router.ip('route', 'add', '10.8.0.0/16', 'via', '10.3.0.2', 'proto', '200', 'metric', '500');
    router.ip('route', 'add', '10.66.0.0/16', 'via', '10.3.0.2', 'proto', '200');
    const foreign = foreignLines((await place.tables()).routes);
    t.equal(foreign.length, 2);
    await place.watch();
    for (const [what, commands, expected] of STEPS) {
      for (const command of commands) router.ip(...command.split(' '));
      t.same(await place.comesTo([STAYS, ...expected]), [], what);
      t.same(foreignLines((await place.tables()).routes), foreign, 'those of others as they were');
    }
    NetworkNamespace.join([router, 'wan0', '10.2.0.1/24'], [server, 's0', '10.2.0.2/24']);
    const all = [STAYS, `10.8.0.0/16 ${WAN0}`, '10.6.0.0/16 %wan0*1'];
    t.same(await place.comesTo(all), [], 'it is made again');
    server.ip('link', 'set', 's0', 'down');
    t.same(await place.comesTo([STAYS]), [], 'it has lost its carrier');
    server.ip('link', 'set', 's0', 'up');
    t.same(await place.comesTo(all), [], 'it has it again');
    const { removed } = await place.tally();
    t.notOk(removed.includes('10.7.0.0/16'), 'the route that no step concerns was never withdrawn');
  },
);

t.test(
  'routes of other programs go before ours or behind them, by metric, and stay as they are',
  { skip, timeout },
  async (t) => {
    const routes = { '10.9.0.0/16': { '10.2.0.2': {} }, '10.7.0.0/16': { '10.1.0.2': {} } };
    const place = await running(t, routes);
    const { router } = place;
    const ours = [STAYS, `10.9.0.0/16 ${WAN0}`];
    t.same(await place.comesTo(ours), []);
    const add = (...args: string[]) =>
      router.ip('route', 'add', '10.9.0.0/16', 'via', '10.3.0.2', 'proto', '200', ...args);
    add();
    add('metric', '100');
    const foreign = foreignLines((await place.tables()).routes);
    t.same(await place.comesTo(ours), []);
    await place.run('replace IP ip@3.0.901');
    await place.configure({ version: '3.0.901', routes: { '10.7.0.0/16': { '10.1.0.2': {} } } });
    t.same(await place.comesTo([STAYS]), []);
    t.same(foreignLines((await place.tables()).routes), foreign, 'ours is gone, and theirs are there');
    await place.configure({ version: '3.0.901', routes });
    t.same(await place.comesTo(ours), []);
    t.same(foreignLines((await place.tables()).routes), foreign);
  },
);

t.test('blackhole and unreachable drop packets, the one in silence', { skip, timeout }, async (t) => {
  const place = await running(t, {
    '10.9.0.0/16': { '10.2.0.2': {} },
    '10.9.1.0/24': { blackhole: {} },
    '10.9.2.0/24': { unreachable: {} },
    'fd00:9:0:1::/64': { blackhole: {} },
  });
  t.same(
    await place.comesTo([
      `10.9.0.0/16 ${WAN0}`,
      '10.9.1.0/24 blackhole',
      '10.9.2.0/24 unreachable',
      'fd00:9:0:1::/64 blackhole',
    ]),
    [],
  );
  t.ok(await place.reaches('10.9.0.1'));
  t.equal(await place.refusal('10.9.1.1', 500), 0, 'nothing is said of a blackhole');
  t.equal(await place.refusal('10.9.2.1'), EHOSTUNREACH);
  t.ok(await place.reachesNot('10.9.1.1'));
  t.ok(await place.reachesNot('10.9.2.1'));
  await place.configure({ routes: { '10.9.0.0/16': { '10.2.0.2': {} } } });
  t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`]), []);
  t.ok(await place.reaches('10.9.1.1'));
});

t.test('a next hop beyond another route leads where that leads', { skip, timeout }, async (t) => {
  const over = { '10.40.0.0/16': { '10.9.0.9': {} }, '10.41.0.0/16': { '10.40.0.1': {} } };
  const place = await running(t, { '10.9.0.0/16': { '10.2.0.2': {} }, ...over });
  const all = (to: string) =>
    ['10.9.0.0/16', '10.40.0.0/16', '10.41.0.0/16'].map((prefix) => `${prefix} ${to}`);
  t.same(await place.comesTo(all(WAN0)), []);
  await place.configure({ routes: { '10.9.0.0/16': { '10.3.0.2': {} }, ...over } });
  t.same(await place.comesTo(all(WAN1)), [], 'it leads elsewhere now');
  await place.configure({ routes: { '10.9.0.0/16': { '10.2.0.2': {}, '10.3.0.2': {} }, ...over } });
  t.same(await place.comesTo(all(`${WAN0} ${WAN1}`)), [], 'to both');
  place.router.ip('link', 'set', 'wan0', 'down');
  t.same(await place.comesTo(all(WAN1)), []);
  place.router.ip('link', 'set', 'wan1', 'down');
  t.same(await place.comesTo([]), [], 'nowhere');
  place.router.ip('link', 'set', 'wan0', 'up');
  t.same(await place.comesTo(all(WAN0)), []);
  await place.configure({ routes: over });
  t.same(await place.comesTo([]), [], 'without the route that led there');
  await place.configure({ routes: { '10.9.0.0/16': { '10.1.0.1': {}, '10.2.0.2': {} }, ...over } });
  t.same(await place.comesTo(all(WAN0)), [], 'an address of the router itself is no next hop');
});

t.test(
  'a floating route takes over while the next hop is away, and packets go by it',
  { skip, timeout },
  async (t) => {
    const place = await running(t, {
      '10.9.0.0/16': { '10.2.0.2': { distance: 20 }, '10.3.0.2': { distance: 100 } },
    });
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`]), []);
    const arrives = async (name: 's0' | 's1') => {
      const before = place.arrivedAt(name);
      await place.startStream();
      await place.streams(500);
      const { lost } = await place.endStream();
      return { lost, all: place.arrivedAt(name) - before >= 500 };
    };
    t.same(await arrives('s0'), { lost: 0, all: true });
    place.router.ip('link', 'set', 'wan0', 'down');
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN1}`]), []);
    t.same(await arrives('s1'), { lost: 0, all: true });
    await place.watch();
    place.router.ip('link', 'set', 'wan0', 'up');
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`]), []);
    t.match(await place.tally(), { removedRoutes: 0, lost: 0 }, 'replaced, and not withdrawn');
    t.same(await arrives('s0'), { lost: 0, all: true });
  },
);
