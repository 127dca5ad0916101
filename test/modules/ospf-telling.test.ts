/** Other modules hear which neighbours are Full, among modules of this version on a link that is simulated. */
import t from 'tap';
import { type Adjacencies, TELL_MS } from '../../firmware/modules/messages/adjacencies.ts';
import type { Config } from '../../firmware/modules/ospf/config-record.ts';
import { Network, type NetworkRouter } from './ospf-network.ts';

function pair(config: Partial<Config> = {}) {
  const network = new Network();
  const wire = network.wire('p0');
  const [a, b] = [network.router('10.0.0.1', config), network.router('10.0.0.2', config)];
  network.connect(a, wire, '10.1.0.1/30');
  network.connect(b, wire, '10.1.0.2/30');
  return { network, a, b };
}
/** All that it told since the last call. */
const told = ({ served }: NetworkRouter) =>
  served.ctx.published
    .splice(0)
    .flatMap(({ event, body }) => (event === 'adjacencies' ? [body as Adjacencies] : []));
const B = { id: '10.0.0.2', address: '10.1.0.2', interface: 'p0' };

t.test('one that is Full is told at once, and so is its end', async (t) => {
  const { network, a, b } = pair();
  network.run(1);
  t.same(told(a), [{ by: 'ospf', neighbors: [] }], 'from the start on');
  t.ok(network.runUntil(() => a.neighborState(b.id) === 'Full', TELL_MS - 1));
  t.same(told(a).at(-1), { by: 'ospf', neighbors: [B] });
  network.setLink(a, 'p0', false);
  t.same(told(a).at(-1), { by: 'ospf', neighbors: [] });
});

t.test('it is told again now and then, and a swap neither tells nor forgets it', async (t) => {
  const { network, a, b } = pair();
  t.ok(network.runUntil(() => a.neighborState(b.id) === 'Full'));
  told(a);
  a.swap();
  network.run(1);
  t.same(told(a), []);
  network.run(3 * TELL_MS);
  t.same(
    told(a),
    [1, 2, 3].map(() => ({ by: 'ospf', neighbors: [B] })),
  );
});

t.test('a version that takes over from one that did not tell tells at once', async (t) => {
  const { network, a, b } = pair();
  t.ok(network.runUntil(() => a.neighborState(b.id) === 'Full'));
  a.served.ctx.cancelTimer('adjacencies');
  a.swap();
  network.run(1);
  t.same(told(a), [{ by: 'ospf', neighbors: [B] }]);
});

t.test('at the end of the service there are none', async (t) => {
  const { network, a, b } = pair();
  t.ok(network.runUntil(() => a.neighborState(b.id) === 'Full'));
  told(a);
  a.served.module.stop('removed' as never);
  t.same(told(a).at(-1), { by: 'ospf', neighbors: [] });
});

t.test(
  'one that restarts and is helped is told of as before, until it turns out that it is gone',
  async (t) => {
    const period = 20_000;
    const { network, a, b } = pair({ gracefulRestart: { helper: true, restarter: true, period } });
    t.ok(network.runUntil(() => a.neighborState(b.id) === 'Full'));
    network.run(10_000);
    told(a);
    b.end();
    network.run(3_000);
    b.restart();
    const states = new Set<string | undefined>();
    network.runUntil(() => states.add(a.neighborState(b.id)) && false, 10_000);
    t.ok(states.has('ExStart') && a.neighborState(b.id) === 'Full', [...states].join());
    const meanwhile = told(a);
    t.same(
      meanwhile,
      meanwhile.map(() => ({ by: 'ospf', neighbors: [B] })),
    );
    // The end of its grace-LSA is gone everywhere by then.
    network.run(10_000);
    b.end();
    network.run(period - 1_000);
    t.same(told(a).at(-1), { by: 'ospf', neighbors: [B] });
    network.run(7_000);
    t.same(told(a).at(-1), { by: 'ospf', neighbors: [] });
  },
);

t.test('one whose help ends while it is not Full is told of no longer at once', async (t) => {
  const { network, a, b } = pair({ gracefulRestart: { helper: true, restarter: true, period: 20_000 } });
  t.ok(network.runUntil(() => a.neighborState(b.id) === 'Full'));
  network.run(10_000);
  b.end();
  network.run(3_000);
  b.restart();
  t.ok(network.runUntil(() => a.neighborState(b.id) === 'ExStart'));
  told(a);
  // Another of our networks is there: the topology is another (3.2 (3)).
  network.connect(a, network.wire('p1'), '10.2.0.1/30');
  t.not(a.neighborState(b.id), 'Full');
  t.same(told(a).at(-1), { by: 'ospf', neighbors: [] });
});
