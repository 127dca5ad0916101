/** Our routes in the kernel when the router ends or dies, and when another program removes them. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from './router-lab.ts';
import { foreignLines, OURS, RoutesPlace, type StaticRoutes } from './routes/place.ts';

const skip = NetworkNamespace.unavailable;
const timeout = 120_000;
const PATIENCE = 30_000;

const WAN0 = '10.2.0.2%wan0*1';
const ROUTES: StaticRoutes = {
  '10.9.0.0/16': { '10.2.0.2': {} },
  '10.8.0.0/16': { '10.2.0.2': {}, '10.3.0.2': {} },
  '10.7.0.0/16': { blackhole: {} },
  'fd00:9::/48': { 'fd00:2::2': {} },
};
const LINES = [
  `10.9.0.0/16 ${WAN0}`,
  `10.8.0.0/16 ${WAN0} 10.3.0.2%wan1*1`,
  '10.7.0.0/16 blackhole',
  'fd00:9::/48 fd00:2::2%wan0*1',
];
const EXTRA = '10.6.0.0/16';
/** Found routes that nobody claims are swept after this time. */
const KEEP = { 'keep-routes': '2s' };

t.test(
  'a router that is killed leaves its routes; the next one claims them, and sweeps what it does not want',
  { skip, timeout },
  async (t) => {
    const place = await RoutesPlace.make(t);
    place.write({ ip: KEEP, routes: { ...ROUTES, [EXTRA]: { '10.3.0.2': {} } } });
    await place.launch();
    const all = [...LINES, `${EXTRA} 10.3.0.2%wan1*1`];
    t.same(await place.comesTo(all), []);
    place.router.ip('route', 'add', '10.66.0.0/16', 'via', '10.3.0.2', 'proto', '200');
    const foreign = foreignLines((await place.tables()).routes);
    await place.watch();
    await place.startStream();
    await place.streams(500);
    await place.kill('SIGKILL');
    await place.streams(500);
    t.same(await place.comesTo(all), [], 'they are there without a router');

    place.write({ ip: KEEP, routes: ROUTES });
    await place.launch();
    t.same(await place.comesTo(LINES), []);
    await place.streams(500);
    t.match(
      await place.tally(),
      { removedRoutes: 1, removed: [EXTRA], newRoutes: 0, lost: 0 },
      'one was swept',
    );
    const { lost, received } = await place.endStream();
    t.same({ lost, duplicates: received.duplicates }, { lost: 0, duplicates: 0 }, 'packets went on');
    t.same(foreignLines((await place.tables()).routes), foreign);
    t.match(place.output, /5 routes of an earlier start are in the kernel/);
  },
);

t.test(
  'a router that is stopped withdraws its routes, or keeps them for the next start where it is told to',
  { skip, timeout },
  async (t) => {
    const place = await RoutesPlace.make(t);
    place.write({ routes: ROUTES });
    await place.launch();
    t.same(await place.comesTo(LINES), []);
    place.router.ip('route', 'add', '10.66.0.0/16', 'via', '10.3.0.2', 'proto', '200');
    const foreign = foreignLines((await place.tables()).routes);
    await place.kill('SIGTERM');
    t.same(await place.ours(), [], 'none is left when its program has ended');
    t.same(foreignLines((await place.tables()).routes), foreign);

    place.write({ ip: KEEP, routes: ROUTES });
    await place.launch();
    t.same(await place.comesTo(LINES), []);
    await place.watch();
    await place.startStream();
    await place.kill('SIGTERM');
    t.same(await place.comesTo(LINES, 0), [], 'kept');
    await place.streams(500);
    await place.launch();
    await place.streams(500);
    t.match(await place.tally(), { removedRoutes: 0, newRoutes: 0, lost: 0 }, 'claimed as they are');
    t.equal((await place.endStream()).lost, 0);
    await place.configure({ ip: KEEP });
    t.same(await place.comesTo([]), [], 'they are its own again');
  },
);

t.test(
  'a route that another program removes is put back and told; again and again, at a slow pace',
  { skip, timeout },
  async (t) => {
    const place = await RoutesPlace.make(t);
    place.write({ routes: ROUTES });
    await place.launch();
    t.same(await place.comesTo(LINES), []);
    const remove = (...route: string[]) =>
      place.router.ip('route', 'delete', ...route, 'proto', String(OURS));
    remove('fd00:9::/48');
    t.same(await place.comesTo(LINES), []);
    for (let time = 1; time <= 5; time++) {
      remove('10.9.0.0/16');
      t.same(await place.comesTo(LINES), [], `put back ${time} times`);
    }
    t.match(
      place.output,
      /10\.9\.0\.0\/16 via 10\.2\.0\.2 on wan0 was removed from the kernel by another program/,
    );
    remove('10.9.0.0/16');
    remove('fd00:9::/48');
    // The other one, which was removed later, is put back, and so its time is over.
    await eventuallyAsync('the other one is put back', PATIENCE, async () => {
      return (await place.ours()).includes(LINES[3]!) || undefined;
    });
    t.same(await place.comesTo(LINES, 0), [`- ${LINES[0]}`], 'it does not fight');
    t.match(place.output, /10\.9\.0\.0\/16 .* put back every 30 s from now on/);
    await place.configure({ routes: { ...ROUTES, '10.9.0.0/16': { '10.3.0.2': {} } } });
    t.same(
      await place.comesTo(LINES.toSpliced(0, 1, '10.9.0.0/16 10.3.0.2%wan1*1')),
      [],
      'another route is put at once',
    );
  },
);
