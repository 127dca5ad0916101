/** Networks of other types than broadcast: NBMA, point-to-multipoint, unnumbered links; links that end. */
import t from 'tap';
import { haveEqualDatabases, Network, type NetworkRouter } from './ospf-network.ts';

/** Routers 10.0.0.1 to 10.0.0.n on a network where each names the others. */
function namedOn(
  network: Network,
  type: 'non-broadcast' | 'point-to-multipoint',
  priorities: readonly number[],
) {
  const lan = network.lan('n0');
  const others = (n: number) =>
    Object.fromEntries(
      priorities.flatMap((priority, i) =>
        i + 1 === n ? [] : [[`192.0.2.${i + 1}`, { priority, pollInterval: 20_000 }]],
      ),
    );
  return priorities.map((priority, i) => {
    const router = network.router(`10.0.0.${i + 1}`);
    network.connect(router, lan, `192.0.2.${i + 1}/24`, { type, priority, neighbors: others(i + 1) });
    return router;
  });
}

const statesOf = (routers: readonly NetworkRouter[]) =>
  routers.map((one) =>
    routers
      .filter((other) => other !== one)
      .map(({ id }) => one.neighborState(id))
      .join(' '),
  );

t.test('on NBMA they elect, and are Full with the elected, without any multicast', (t) => {
  const network = new Network();
  const routers = namedOn(network, 'non-broadcast', [5, 1, 0, 0]);
  const settled = () => statesOf(routers).join() === 'Full Full Full,Full Full Full,Full Full ,Full Full ';
  t.ok(network.runUntil(settled, 60_000), statesOf(routers).join());
  network.run(30_000);
  t.ok(settled(), statesOf(routers).join());
  t.ok(haveEqualDatabases(routers));
  t.equal(routers[0]!.role('n0'), 'DR 192.0.2.1 192.0.2.2');
  t.strictSame(
    network.sent.filter(({ to }) => to.startsWith('224.')),
    [],
  );
  t.end();
});

t.test('on point-to-multipoint each is Full with each, and nobody is elected', (t) => {
  const network = new Network();
  const routers = namedOn(network, 'point-to-multipoint', [1, 1, 1]);
  const settled = () => statesOf(routers).every((states) => states === 'Full Full');
  t.ok(network.runUntil(settled, 60_000), statesOf(routers).join());
  network.run(30_000);
  t.ok(haveEqualDatabases(routers));
  t.equal(routers[0]!.role('n0'), 'Point-to-point 0.0.0.0 0.0.0.0');
  t.end();
});

t.test('on point-to-multipoint routers that nobody has named find each other', (t) => {
  const network = new Network();
  const lan = network.lan('n0');
  const routers = [1, 2, 3].map((n) => {
    const router = network.router(`10.0.0.${n}`);
    network.connect(router, lan, `192.0.2.${n}/24`, { type: 'point-to-multipoint' });
    return router;
  });
  const settled = () => statesOf(routers).every((states) => states === 'Full Full');
  t.ok(network.runUntil(settled, 60_000), statesOf(routers).join());
  t.ok(haveEqualDatabases(routers));
  t.end();
});

t.test('an unnumbered link borrows the address of the loopback, and comes to Full', (t) => {
  const network = new Network();
  const wire = network.wire('p0');
  const [a, b] = [1, 2].map((n) => {
    const router = network.router(`10.0.0.${n}`);
    network.connect(router, network.wire('lo'), `10.0.0.${n}/32`, { type: 'loopback' });
    network.connect(router, wire, `10.0.0.${n}/32`, {}, { addresses: [] });
    return router;
  }) as [NetworkRouter, NetworkRouter];
  network.run(30_000);
  t.equal(a.neighborState(b.id), 'Full');
  t.equal(b.neighborState(a.id), 'Full');
  t.ok(haveEqualDatabases([a, b]));
  t.equal(a.state.interfaces.get('lo')?.state, 'Loopback');
  t.end();
});

t.test(
  "a link's end ends its adjacency at once, and a service that ends is known to neighbours at once",
  (t) => {
    const network = new Network();
    const wire = network.wire('p0');
    const [a, b] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
    network.connect(a, wire, '10.1.0.1/30');
    network.connect(b, wire, '10.1.0.2/30');
    network.run(20_000);
    t.equal(a.neighborState(b.id), 'Full');
    network.setLink(a, 'p0', false);
    t.equal(a.neighborState(b.id), undefined);
    network.setLink(a, 'p0', true);
    network.run(20_000);
    t.equal(b.neighborState(a.id), 'Full');
    a.served.module.stop('disable');
    network.run(10);
    t.equal(b.neighborState(a.id), 'Init');
    t.notOk(b.database().some((row) => row.includes(' 167772161 ') && !row.includes('MaxAge')));
    t.end();
  },
);

t.test('a passive interface tells its network, and speaks to nobody', (t) => {
  const network = new Network();
  const lan = network.lan('lan0');
  const a = network.router('10.0.0.1');
  network.connect(a, lan, '192.0.2.1/24', { passive: true });
  const b = network.router('10.0.0.2');
  network.connect(b, lan, '192.0.2.2/24');
  network.run(30_000);
  t.strictSame(
    network.sent.filter(({ router }) => router === a.id),
    [],
  );
  t.strictSame(a.neighbors(), []);
  t.strictSame(b.neighbors(), []);
  t.equal(a.database().length, 1);
  t.end();
});
