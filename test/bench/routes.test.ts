/** The quick routes bench: the kernel has what each side was to put there, and each change is known. */
import t from 'tap';
import { FIRST, lineOf, type RoutesJob, routesOf } from '../../bench/routes/job.ts';
import { LAB_NEEDS, missing } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../netns.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(200_000);

const lacking = missing(LAB_NEEDS);
const skip =
  NetworkNamespace.unavailable || (lacking.length > 0 && `SKIPPED: not there: ${JSON.stringify(lacking)}`);

t.test('the quick routes bench installs, replaces and withdraws on both sides', { skip }, async (t) => {
  const result = await runBench(t, 'routes');
  const sides = ['hitless', 'ip -batch, ip monitor'];
  const wanted = sides.flatMap((side) => [['1k', side] as const, ['event', side] as const]);
  isSound(t, result, wanted);
  for (const side of sides) {
    t.equal(find(result, '1k', side, 'replace')?.messages, 3_000, side);
    const [hold = 0, ...pieces] = ['hold', 'install', 'replace', 'withdraw'].map(
      (metric) => find(result, '1k', side, metric)?.median ?? 0,
    );
    t.ok(hold <= Math.max(...pieces), `${side}: ${hold} ms are held within a measured piece of work`);
    t.equal(find(result, 'event', side, 'known after')?.samples, 20, side);
  }
});

t.test('both sides are given the same routes, none of them twice', async (t) => {
  const job: RoutesJob = { side: 'ip', routes: 70_000, hops: 2, events: 0 };
  const routes = routesOf(job, FIRST.install, 7);
  t.equal(new Set(routes.map(({ destination }) => destination)).size, 70_000);
  const [first] = routes;
  if (first === undefined) return;
  t.equal(
    lineOf('replace', first),
    'route replace 20.0.0.0/24 proto 200 nexthop via 10.0.0.2 dev wan0 nexthop via 10.0.0.3 dev wan0\n',
  );
  t.equal(
    lineOf('delete', { ...first, hops: [{ gateway: '10.0.0.2' }] }),
    'route delete 20.0.0.0/24 proto 200 via 10.0.0.2 dev wan0\n',
  );
});
