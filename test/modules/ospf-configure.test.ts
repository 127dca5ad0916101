/** OSPF 3 with another configuration while it runs: what the change does not name is not touched. */
import t from 'tap';
import type { InterfaceConfig } from '../../firmware/modules/ospf/config-record.ts';
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

t.test('the same configuration again does nothing', (t) => {
  const { network, middle } = chain();
  const sent = network.sent.length;
  middle.configure(structuredClone(middle.config));
  t.equal(network.sent.length, sent);
  t.end();
});
