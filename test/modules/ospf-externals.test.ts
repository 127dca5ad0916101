/** Routes to the outside of the AS (RFC 2328 16.4, 16.6): how many of them a change has computed, and in how many turns. */
import t from 'tap';
import { E, link, type RoutingRun, SELF, stub, triangle } from './ospf-routing-run.ts';

/** Destinations outside of the AS whose LSAs are looked at from now on. */
function lookedAt({ working }: RoutingRun): number[] {
  const { externals } = working.index!;
  const looked: number[] = [];
  const { get } = externals;
  externals.get = (key) => {
    looked.push(key);
    return get.call(externals, key);
  };
  return looked;
}

t.test(
  'A change of a tree computes each external route once, and none where the ways to their routers are as before',
  async (t) => {
    const run = triangle();
    for (let i = 0; i < 40; i++) run.external('2.2.2.2', `172.16.${i}.0/24`, [2, 20]);
    run.run();
    const looked = lookedAt(run);
    run.router(1, '3.3.3.3', E, [link(SELF, '10.1.3.2'), stub('10.9.0.0/24', 9)]);
    run.run();
    t.equal(run.route('10.9.0.0/24'), 'intra 6 over p2 10.1.2.2');
    t.same(looked, []);
    run.router(1, SELF, 0, [link('2.2.2.2', '10.1.2.1', 7), link('3.3.3.3', '10.1.3.1', 5)]);
    run.run();
    t.equal(run.route('172.16.39.0/24'), 'external-2 7 over p2 10.1.2.2');
    t.equal(looked.length, 40);
    t.equal(new Set(looked).size, 40);
  },
);

t.test('Many external routes that come together with another tree are computed in turns', async (t) => {
  const run = triangle();
  run.external('2.2.2.2', '172.16.0.0/24', [2, 20]);
  run.run();
  run.router(1, '3.3.3.3', E, [link(SELF, '10.1.3.2'), stub('10.9.0.0/24', 9)]);
  for (let i = 1; i < 200; i++) run.external('2.2.2.2', `172.16.${i}.0/24`, [2, 20]);
  const looked = lookedAt(run);
  let most = 0;
  let before = 0;
  run.run(0, () => {
    most = Math.max(most, looked.length - before);
    before = looked.length;
  });
  t.equal(run.route('172.16.199.0/24'), 'external-2 5 over p2 10.1.2.2');
  t.ok(most <= 64, `${most} in a turn`);
});
