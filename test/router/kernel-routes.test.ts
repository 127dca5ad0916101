/** Routes of a whole router where the kernel has its own mind: what it refuses, how many next hops it takes, tables, networks of other programs. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from './router-lab.ts';
import { OURS, type RouterSections, RoutesPlace } from './routes/place.ts';

const skip = NetworkNamespace.unavailable;
const timeout = 120_000;
const PATIENCE = 30_000;
const WAN0 = '10.2.0.2%wan0*1';

async function running(t: Test, sections: RouterSections): Promise<RoutesPlace> {
  const place = await RoutesPlace.make(t);
  place.write(sections);
  await place.launch();
  return place;
}

t.test(
  'what the kernel refuses is told in its words with the route, hinders no other, and comes when its cause is gone',
  { skip, timeout },
  async (t) => {
    // The kernel takes no broadcast address for a neighbour.
    const place = await running(t, {
      routes: {
        '10.9.0.0/16': { '10.2.0.2': {}, '10.2.0.255': {} },
        '10.8.0.0/16': { '10.2.0.255': {} },
        '10.7.0.0/16': { '10.2.0.2': {} },
      },
    });
    const sound = [`10.9.0.0/16 ${WAN0}`, `10.7.0.0/16 ${WAN0}`];
    t.same(await place.comesTo(sound), [], 'the one route, and the good next hop of the other');
    t.ok(await place.reaches('10.9.0.1'));
    await eventuallyAsync(
      'it is told',
      PATIENCE,
      async () =>
        /the kernel refuses 10\.8\.0\.0\/16 via 10\.2\.0\.255 on wan0: .*[Ii]nvalid/.test(place.output) ||
        undefined,
    );
    const { data } = await place.exec('show ip rib 10.8.0.0/16');
    t.match(data, [{ source: 'static', inKernel: 'refused', standing: /[Ii]nvalid/ }], 'and shown');

    place.router.ip('address', 'add', '10.2.0.1/22', 'dev', 'wan0');
    place.router.ip('address', 'delete', '10.2.0.1/24', 'dev', 'wan0');
    t.same(
      await place.comesTo([
        `10.9.0.0/16 ${WAN0} 10.2.0.255%wan0*1`,
        '10.8.0.0/16 10.2.0.255%wan0*1',
        `10.7.0.0/16 ${WAN0}`,
      ]),
      [],
      'it is a neighbour like others now',
    );
  },
);

t.test('a route has up to 64 next hops in the kernel, and not one more', { skip, timeout }, async (t) => {
  const some = (most: number, prefix: string) =>
    Object.fromEntries(Array.from({ length: most }, (_, i) => [`${prefix}${i + 2}`, {}]));
  const routes = (most: number) => ({
    '10.9.0.0/16': some(most, '10.2.0.'),
    'fd00:9::/48': some(most, 'fd00:2::1'),
  });
  const place = await running(t, { routes: routes(64) });
  const line = (prefix: string, gateway: string) => {
    const hops = Object.keys(some(64, gateway)).map((address) => `${address}%wan0*1`);
    return `${prefix} ${hops.sort().join(' ')}`;
  };
  t.same(await place.comesTo([line('10.9.0.0/16', '10.2.0.'), line('fd00:9::/48', 'fd00:2::1')]), []);
  t.ok(place.router.ip('route', 'show', '10.9.0.0/16').split('nexthop').length === 65, 'iproute2 sees them');
  place.write({ routes: routes(65) });
  t.match(await place.exec('reload'), { ok: false, message: /10\.9\.0\.0\/16.*64/ });
});

t.test(
  'a further table has its own routes, and others of the same number or table stay',
  { skip, timeout },
  async (t) => {
    const blue = (routes: object) => ({ ip: { tables: { blue: { number: 100, routes } } } });
    const place = await RoutesPlace.make(t);
    const table = () =>
      place.router.ip('route', 'show', 'table', '100').trim().replaceAll(/ +/g, ' ').split(' \n');
    const stranger = ['10.6.0.0/16', 'via', '10.2.0.2', 'proto', '200', 'table', '100'];
    place.router.ip('route', 'add', ...stranger);
    place.write(blue({ '10.9.0.0/16': { blackhole: {} }, '10.8.0.0/16': { wan1: {} } }));
    await place.launch();
    const has = (what: string, ...patterns: RegExp[]) =>
      eventuallyAsync(what, PATIENCE, async () => {
        const text = table().join('\n');
        return (patterns.every((pattern) => pattern.test(text)) && !text.includes('10.5.0.0')) || undefined;
      });
    await has('both', /blackhole 10\.9\.0\.0\/16 proto 72 metric 72/, /10\.8\.0\.0\/16 dev wan1 proto 72/);
    t.same(await place.comesTo([]), [], 'the main table has none of them');
    await place.configure(blue({ '10.8.0.0/16': { wan0: {} } }));
    await has('what is configured', /10\.8\.0\.0\/16 dev wan0 proto 72/, /10\.6\.0\.0\/16 via 10\.2\.0\.2/);
    t.notMatch(table().join('\n'), /10\.9\.0\.0/);
    await place.kill('SIGTERM');
    t.match(table(), [/^10\.6\.0\.0\/16 via 10\.2\.0\.2 dev wan0 proto 200$/], 'the end takes ours alone');
  },
);

t.test(
  'a network whose route a program has put, as NetworkManager does, leads next hops to its link',
  { skip, timeout },
  async (t) => {
    const place = await running(t, {
      routes: { '10.9.0.0/16': { '10.2.0.2': {} }, '10.2.0.0/24': { '10.3.0.2': {} } },
    });
    const { router } = place;
    const network = ['10.2.0.0/24', 'dev', 'wan0'];
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`]), []);
    router.ip('address', 'delete', '10.2.0.1/24', 'dev', 'wan0');
    router.ip('address', 'add', '10.2.0.1/24', 'dev', 'wan0', 'noprefixroute');
    const without = ['10.2.0.0/24 10.3.0.2%wan1*1'];
    t.same(
      await place.comesTo([...without, '10.9.0.0/16 10.3.0.2%wan1*1']),
      [],
      'it leads nowhere of itself',
    );
    router.ip('route', 'add', ...network, 'proto', 'kernel', 'src', '10.2.0.1', 'metric', '100');
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`]), [], 'connected');
    t.ok(await place.reaches('10.9.0.1'));
    const { data } = await place.exec('show ip route 10.2.0.0/24');
    t.match(data, [
      { source: 'connected', selected: true },
      { source: 'static', selected: false },
    ]);
    router.ip('link', 'set', 'wan0', 'down');
    t.same(await place.comesTo([...without, '10.9.0.0/16 10.3.0.2%wan1*1']), []);
    router.ip('link', 'set', 'wan0', 'up');
    router.ip('route', 'add', ...network, 'proto', 'kernel', 'src', '10.2.0.1', 'metric', '100');
    t.same(await place.comesTo([`10.9.0.0/16 ${WAN0}`]), []);
    t.equal(router.ip('route', 'show', ...network, 'proto', String(OURS)), '', 'it is not ours');
  },
);
