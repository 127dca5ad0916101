/** Adjacencies of OSPF 3 among modules of this version, on LANs and links that are simulated. */
import t from 'tap';
import { Network } from './ospf3-network.ts';

t.test('two routers on a wire come to Full, and have equal databases', (t) => {
  const network = new Network();
  const wire = network.wire('p0');
  const [a, b] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
  network.connect(a, wire, '10.1.0.1/30');
  network.connect(b, wire, '10.1.0.2/30');
  const full = () => a.neighborState(b.id) === 'Full' && b.neighborState(a.id) === 'Full';
  t.ok(network.runUntil(full, 10_000), `${a.neighborState(b.id)} ${b.neighborState(a.id)}`);
  network.run(10_000);
  t.ok(full());
  t.equal(a.database().length, 2, a.database().join('; '));
  t.strictSame(a.database(), b.database());
  t.end();
});
