/** The quick bench of OSPF: each side comes to Full with the same area, and has all of its routes in the kernel. */
import t from 'tap';
import { databaseOf, hostOf, neighborsOf, networkOf } from '../../bench/ospf/topology.ts';
import { LAB_NEEDS, missing } from '../../firmware/host/needs.ts';
import { checksumIsGood } from '../../firmware/modules/ospf/packet/lsa.ts';
import { NetworkNamespace } from '../netns.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(280_000);

const lacking = missing(LAB_NEEDS);
const skip =
  NetworkNamespace.unavailable || (lacking.length > 0 && `SKIPPED: not there: ${JSON.stringify(lacking)}`);

t.test('the quick bench of OSPF feeds the same area to each side', { skip }, async (t) => {
  const result = await runBench(t, 'ospf');
  const sides = ['hitless', 'FRR', 'BIRD'];
  isSound(
    t,
    result,
    sides.map((side) => ['100', side] as const),
  );
  for (const side of sides) {
    const there = result.absent.every((each) => each.side !== side);
    t.ok(there || side !== 'hitless', `${side} is there, or another's program`);
    if (!there) continue;
    const figure = (metric: string) => find(result, '100', side, metric)?.median ?? Number.NaN;
    t.equal(find(result, '100', side, 'routes')?.messages, 1_000, side);
    t.ok(figure('link: first route') <= figure('link: last route'), side);
    t.equal(find(result, '100', side, 'swap full: window') !== undefined, side === 'hitless', side);
  }
});

t.test('an area is one graph, and each of its LSAs and destinations is there once', async (t) => {
  const size = { routers: 103, lsas: 500 };
  const lsas = databaseOf(size);
  t.equal(lsas.length, size.lsas);
  t.ok(lsas.every(checksumIsGood));
  const destinations = [
    ...Array.from({ length: size.routers }, (_, router) => hostOf(router)),
    ...Array.from({ length: size.lsas - size.routers }, (_, external) => networkOf(external)),
  ];
  t.equal(new Set(destinations).size, size.lsas);
  const reached = new Set([0]);
  for (const router of reached) {
    const neighbors = neighborsOf(router, size);
    t.ok(neighbors.every((other) => neighborsOf(other, size).includes(router)));
    for (const other of neighbors) reached.add(other);
  }
  t.equal(reached.size, size.routers);
});
