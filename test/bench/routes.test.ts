/** The quick routes bench: the kernel has what each side was to put there. */
import t from 'tap';
import { FIRST, lineOf, type RoutesJob, routesOf } from '../../bench/routes/job.ts';
import { LAB_NEEDS, missing } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../netns.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(200_000);

const lacking = missing(LAB_NEEDS);
const skip =
  NetworkNamespace.unavailable || (lacking.length > 0 && `SKIPPED: not there: ${JSON.stringify(lacking)}`);

t.test('the quick routes bench installs, replaces and withdraws on all sides', { skip }, async (t) => {
  const result = await runBench(t, 'routes');
  const ours = ['hitless', 'hitless, kernel port alone', 'hitless, netlink driver alone'];
  const ip = 'ip -batch';
  const peers = ['BIRD', 'FRR zebra'];
  const sides = [...ours, ip, ...peers];
  isSound(
    t,
    result,
    sides.map((side) => ['1k', side] as const),
  );
  for (const side of sides) {
    const there = result.absent.every((each) => each.side !== side);
    t.ok(there || peers.includes(side), `${side} is there, or another's program`);
    if (!there) continue;
    t.equal(find(result, '1k', side, 'replace')?.messages, 3_000, side);
    const figure = (metric: string) => find(result, '1k', side, metric)?.median ?? Number.NaN;
    t.ok(figure('first to last') <= figure('install'), `${side}: the first route comes after the order`);
    t.equal(find(result, '1k', side, 'hold') !== undefined, ours.includes(side), `${side}: its own loop`);
  }
});

t.test('all sides are given the same routes, none of them twice', async (t) => {
  const job: RoutesJob = { side: 'iproute', routes: 70_000, hops: 2, witness: '' };
  const routes = routesOf(job, FIRST.install, 7);
  t.equal(new Set(routes.map(({ destination }) => destination)).size, 70_000);
  const [first] = routes;
  if (first === undefined) return;
  t.equal(
    lineOf('replace', first),
    'route replace 20.0.0.0/24 proto 72 metric 72 nexthop via 10.0.0.2 dev wan0 nexthop via 10.0.0.3 dev wan0\n',
  );
  t.equal(
    lineOf('delete', { ...first, hops: [{ gateway: '10.0.0.2' }] }),
    'route delete 20.0.0.0/24 proto 72 metric 72 via 10.0.0.2 dev wan0\n',
  );
});
