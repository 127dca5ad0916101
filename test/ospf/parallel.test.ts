/** Links of FRR side by side: equal ways, links that end, MTUs that differ; and a default route that is always told. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;

/** The MTU of FRR's end; the router's is 1500. */
const LINKS = [
  { mtu: 1500, ours: {} },
  { mtu: 1500, ours: {} },
  { mtu: 1600, ours: { 'mtu-ignore': true } },
  { mtu: 1600, ours: {} },
];

t.test('over several links to FRR', { skip }, async (t) => {
  const place = await OspfPlace.make(t);
  const peer = place.peer('frr');
  LINKS.forEach(({ mtu }, i) => {
    NetworkNamespace.join([place.router, `lan${i}`, `10.7.${i}.1/24`], [peer, `eth${i}`, `10.7.${i}.2/24`]);
    peer.ip('link', 'set', `eth${i}`, 'mtu', `${mtu}`);
  });
  peer.ip('address', 'add', '10.1.0.2/32', 'dev', 'lo');
  const links = LINKS.map((_, i) => frrLink(`eth${i}`, '0.0.0.0'));
  const frr = await place.frr(t, peer, links.join('') + frrRouter('10.1.0.2', '0.0.0.0'));
  const interfaces = LINKS.map(({ ours }, i) => [`lan${i}`, { ...POINT_TO_POINT, ...ours }] as const);
  await place.start({
    id: '10.1.0.1',
    ip: { interfaces: Object.fromEntries(interfaces.map(([name]) => [name, {}])) },
    ospf: {
      timers: TIMERS,
      interfaces: Object.fromEntries(interfaces),
      'default-information': { always: true, metric: 5 },
    },
  });

  await t.test(
    'each link with an adjacency is a way, with mtu-ignore that of another MTU, too',
    async (t) => {
      await place.comesToRoutes(['10.1.0.2 10.7.0.2@lan0,10.7.1.2@lan1,10.7.2.2@lan2 10']);
      await place.comesToEqual([frr]);
      const states = (await place.neighbors()).map((row) => `${row.interface} ${row.state}`);
      t.strictSame(states.sort(), ['lan0 Full', 'lan1 Full', 'lan2 Full', 'lan3 ExStart']);
      await place.comesToReach([peer, '10.1.0.2'], [place.router, '10.7.0.1'], 30);
    },
  );

  await t.test(
    'a neighbour with a larger MTU does not come up; it is told, but not by each packet',
    async (t) => {
      await place.comesToDrop('mtu', 6);
      const [first = '', ...later] = place.told('(mtu)');
      t.match(first, /dropped a packet from 10\.7\.3\.2 on lan3: .*theirs is 1600, ours is 1500/);
      t.ok(later.length < 3, later.join('\n'));
      t.ok(
        later.every((line) => / \(\d+ more since the last line\)$/.test(line)),
        later.join('\n'),
      );
    },
  );

  await t.test('a default route is told without there being one', async () => {
    const gateways = () => (peer.ip('route', 'show', 'default').match(/10\.7\.\d\.1/g) ?? []).sort().join();
    await place.comesToBe('the default route of FRR', '10.7.0.1,10.7.1.1,10.7.2.1', gateways);
  });

  await t.test('a link that ends is a way no longer', async () => {
    peer.ip('link', 'set', 'eth1', 'down');
    await place.comesToRoutes(['10.1.0.2 10.7.0.2@lan0,10.7.2.2@lan2 10']);
    await place.comesToEqual([frr]);
  });
});
