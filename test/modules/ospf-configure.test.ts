/** OSPF 3 with another configuration while it runs: what the change does not name is not touched. */
import t from 'tap';
import type { Config, InterfaceConfig } from '../../firmware/modules/ospf/config-record.ts';
import { LS_ROUTER } from '../../firmware/modules/ospf/constants.ts';
import { areaScope, lsasOf } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { decodeLsa } from '../../firmware/modules/ospf/packet/lsa.ts';
import { haveEqualDatabases, Network, type NetworkRouter } from './ospf-network.ts';

/** A router in the middle, with one on each of two wires. */
function chain() {
  const network = new Network();
  const [left, middle, right] = [1, 2, 3].map((n) => network.router(`10.0.0.${n}`)) as [
    NetworkRouter,
    NetworkRouter,
    NetworkRouter,
  ];
  const [w1, w2] = [network.wire('w1'), network.wire('w2')];
  network.connect(left, w1, '10.1.0.1/30');
  network.connect(middle, w1, '10.1.0.2/30');
  network.connect(middle, w2, '10.2.0.1/30');
  network.connect(right, w2, '10.2.0.2/30');
  network.run(30_000);
  return { network, left, middle, right };
}

function change(router: NetworkRouter, key: string, to: Partial<InterfaceConfig>): void {
  const interfaces = { ...router.config.interfaces, [key]: { ...router.config.interfaces[key]!, ...to } };
  router.configure({ ...router.config, interfaces });
}

const neighborsOf = (router: NetworkRouter) =>
  router.neighbors().map(({ neighbor: { key, state, since } }) => `${key} ${state} ${since}`);

t.test('another cost, priority, interval, dead interval or key touches no neighbour', (t) => {
  const { network, left, middle, right } = chain();
  const before = neighborsOf(middle);
  t.strictSame(before.length, 2);
  change(middle, 'w1', { cost: 77 });
  t.equal(middle.state.interfaces.get('w1')?.cost, 77);
  change(middle, 'w1', { priority: 3, retransmitInterval: 2000, transmitDelay: 2000 });
  change(middle, 'w1', { authentication: { type: 'simple', password: 'x' } });
  change(left, 'w1', { authentication: { type: 'simple', password: 'x' } });
  network.run(20_000);
  t.strictSame(neighborsOf(middle), before);
  t.ok(haveEqualDatabases([left, middle, right]));
  t.end();
});

t.test('the cost follows the speed of the link by the reference bandwidth, where none is configured', (t) => {
  const { network, left, middle, right } = chain();
  const before = neighborsOf(middle);
  const cost = (key: string) => middle.state.interfaces.get(key)?.cost;
  const toldBy = (router: NetworkRouter) =>
    [...lsasOf(router.state, areaScope(0), LS_ROUTER)].flatMap(({ bytes, router: by }) => {
      const body = decodeLsa(bytes);
      if (by !== middle.state.routerId || !('kind' in body) || body.kind !== 'router') return [];
      return body.links.filter(({ type }) => type !== 3).map(({ metric }) => metric);
    });
  const speed = (name: string, mbits: number) => {
    const link = middle.links.get(name)!;
    middle.tellLink({ ...link, speed: mbits });
    network.run(10_000);
  };
  speed('w1', 1_000);
  t.equal(cost('w1'), 10, 'without a reference bandwidth it counts for nothing');
  const { cost: _cost, ...open } = middle.config.interfaces.w1!;
  const interfaces = {
    ...middle.config.interfaces,
    w1: open,
    w2: { ...middle.config.interfaces.w2!, cost: 7 },
  };
  middle.configure({ ...middle.config, interfaces, referenceBandwidth: 100_000 });
  network.run(10_000);
  t.strictSame([cost('w1'), cost('w2')], [100, 7]);
  for (const [mbits, expected] of [
    [10, 10_000],
    [1, 65_535],
    [400_000, 1],
    [40_000, 3],
  ] as const) {
    speed('w1', mbits);
    t.equal(cost('w1'), expected, `${mbits} Mbit/s`);
    t.strictSame(toldBy(left), [expected, 7], 'the others are told');
  }
  middle.configure({ ...middle.config, referenceBandwidth: 1_000_000 });
  network.run(10_000);
  t.strictSame(toldBy(right), [25, 7], 'another reference bandwidth');
  const { speed: _speed, ...unknown } = middle.links.get('w1')!;
  middle.tellLink(unknown);
  t.equal(cost('w1'), 100, 'a speed that is not known is taken for 10,000');
  t.strictSame(neighborsOf(middle), before, 'no neighbour is touched');
  t.end();
});

t.test('an interface that goes, and comes again, leaves the others alone', (t) => {
  const { network, left, middle, right } = chain();
  const onW2 = () => neighborsOf(middle).filter((row) => row.startsWith('w2'));
  const before = onW2();
  const { config } = middle;
  const { w1: _w1, ...others } = config.interfaces;
  middle.configure({ ...config, interfaces: others });
  network.run(100);
  t.equal(left.neighborState(middle.id), 'Init', 'the other end knows at once');
  t.notOk(middle.served.ctx.opened.has('ospf w1'));
  network.run(10_000);
  t.strictSame(onW2(), before);
  middle.configure(config);
  network.run(30_000);
  t.strictSame(onW2(), before);
  t.equal(left.neighborState(middle.id), 'Full');
  t.ok(haveEqualDatabases([left, middle, right]));
  t.end();
});

t.test('an area of another type begins anew with those that agree', (t) => {
  const { network, left, middle } = chain();
  const stub = { '0.0.0.0': { ...middle.config.areas['0.0.0.0']!, type: 'nssa' as const } };
  middle.configure({ ...middle.config, areas: stub });
  network.run(10_000);
  t.equal(left.neighborState(middle.id), undefined);
  left.configure({ ...left.config, areas: stub });
  network.run(20_000);
  t.equal(left.neighborState(middle.id), 'Full');
  t.end();
});

/** With another throttle of calculations, in ms. */
function throttle(router: NetworkRouter, spf: Partial<Config['timers']['spf']>): void {
  const { timers } = router.config;
  router.configure({ ...router.config, timers: { ...timers, spf: { ...timers.spf, ...spf } } });
}

/** The costs of a network over the middle one's interfaces, before and after each time. */
function costsAfter(
  { network, middle }: ReturnType<typeof chain>,
  ...times: number[]
): (number | undefined)[] {
  return times.map((ms) => {
    network.run(ms);
    return middle.state.routes.get('10.1.0.0/30')?.cost;
  });
}

t.test(
  'a calculation that waits follows another spf-initial, counted from the change that it is for',
  (t) => {
    const place = chain();
    const { middle } = place;
    throttle(middle, { initial: 600_000 });
    change(middle, 'w1', { cost: 77 });
    t.strictSame(costsAfter(place, 1_000), [10]);
    throttle(middle, { initial: 3_000 });
    t.strictSame(costsAfter(place, 1_900, 200), [10, 77], 'shorter');
    place.network.run(10_000);
    change(middle, 'w1', { cost: 78 });
    place.network.run(1_000);
    throttle(middle, { initial: 5_000 });
    t.strictSame(costsAfter(place, 3_900, 200), [77, 78], 'longer');
    place.network.run(10_000);
    change(middle, 'w1', { cost: 79 });
    place.network.run(4_000);
    throttle(middle, { initial: 0 });
    t.strictSame(costsAfter(place, 10), [79], 'one that is over by the new one is done at once');
    t.end();
  },
);

t.test('one that waits because another was done lately follows another spf-hold or spf-most', (t) => {
  for (const to of [{ hold: 2_000 }, { most: 2_000 }]) {
    const place = chain();
    const { middle } = place;
    throttle(middle, { initial: 0, hold: 600_000, most: 600_000 });
    change(middle, 'w1', { cost: 77 });
    t.strictSame(costsAfter(place, 10), [77]);
    place.network.run(10_000);
    change(middle, 'w1', { cost: 78 });
    t.strictSame(costsAfter(place, 10_000), [77]);
    throttle(middle, to);
    t.strictSame(costsAfter(place, 1_900, 200), [77, 78]);
  }
  t.end();
});

t.test('the same configuration again does nothing', (t) => {
  const { network, middle } = chain();
  const sent = network.sent.length;
  middle.configure(structuredClone(middle.config));
  t.equal(network.sent.length, sent);
  t.end();
});

/** Routes of another source, as IP tells of them. */
function redistribute(router: NetworkRouter, count: number): void {
  router.configure({ ...router.config, redistribute: { static: { metric: 20, type: 2 } } });
  const changes = Array.from({ length: count }, (_, i) => ({
    prefix: `172.${16 + (i >> 8)}.${i & 255}.0/24`,
    source: 'static',
    metric: 0,
    hops: [{ gateway: '10.9.9.9', interface: 'other' }],
  }));
  const body = { to: 'ospf', session: 's', number: 1, whole: 'all', changes };
  router.served.event('IP', '3.1.0', 'redistributed', body);
  router.network.collect();
}

t.test(
  'a router with a thousand LSAs flushes its router-LSA first as it stops, and no more than fits',
  (t) => {
    const { network, left, middle } = chain();
    redistribute(middle, 1_000);
    network.run(60_000);
    t.equal(left.database().filter((row) => row.startsWith('as 5 ')).length, 1_000);
    network.sent.length = 0;
    middle.served.module.stop('remove');
    network.collect();
    const updates = network.sent.filter(({ router, payload }) => router === middle.id && payload[1] === 4);
    t.equal(updates[0]?.payload[24 + 4 + 3], 1, 'the first LSA of the first Update is of type 1');
    network.run(2_000);
    const its = left.database().filter((row) => row.startsWith('area 0 1 167772162 '));
    t.ok(its.every((row) => row.endsWith(' MaxAge')));
    const flushed = middle.state.counters.flushed ?? 0;
    t.ok(flushed > 200 && flushed < 300, `${flushed} are flushed`);
    t.end();
  },
);

t.test('LSAs of an area that goes are forgotten in turns, and at once when it comes back before', (t) => {
  const { network, left, middle } = chain();
  const before = middle.state.lsas.size;
  const own = { ...middle.config };
  const interfaces = { w1: { ...own.interfaces.w1!, area: '0.0.0.1' } };
  middle.configure({ ...own, areas: { '0.0.0.1': own.areas['0.0.0.0']! }, interfaces });
  t.ok(middle.state.lsas.size >= before, 'they are there yet');
  t.strictSame(middle.state.left, ['area 0']);
  middle.swap();
  network.run(1_000);
  t.strictSame(
    [...middle.state.lsas.values()].filter(({ scope }) => scope === 'area 0'),
    [],
  );
  t.strictSame(middle.state.left, []);
  middle.configure(own);
  network.run(30_000);
  t.ok(haveEqualDatabases([left, middle]));
  middle.configure({ ...own, areas: { '0.0.0.1': own.areas['0.0.0.0']! }, interfaces });
  middle.configure(own);
  t.strictSame(middle.state.left, ['area 1']);
  network.run(30_000);
  t.ok(haveEqualDatabases([left, middle]));
  t.end();
});
