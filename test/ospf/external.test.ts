/** Routes from outside of the AS with FRR and BIRD, both types; equal ways over two links; what MTUs do. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;

const LINK = {
  type: 'point-to-point',
  'hello-interval': '1s',
  'dead-interval': '4s',
  'retransmit-interval': '1s',
  cost: 10,
};
const TIMERS = { 'spf-initial': '10ms', 'spf-hold': '50ms', 'min-ls-interval': '1s' };

const frrLink = (name: string) => `interface ${name}
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
 ip ospf network point-to-point
`;

interface Choices {
  links?: number;
  /** FRR's lines within `router ospf`. */
  frr?: string;
  /** Keys of the section. */
  ours?: object;
  ip?: object;
  link?: object;
  /** Of FRR's links. */
  mtu?: number;
}

/** The router and FRR, with point-to-point links 10.7.N.1 to 10.7.N.2. */
async function pair(t: Test, { links = 1, frr = '', ours = {}, ip = {}, link = {}, mtu = 1500 }: Choices) {
  const place = await OspfPlace.make(t);
  const peer = place.peer('frr');
  const numbers = Array.from({ length: links }, (_, i) => i + 1);
  for (const i of numbers) {
    NetworkNamespace.join([place.router, `lan${i}`, `10.7.${i}.1/24`], [peer, `eth${i}`, `10.7.${i}.2/24`]);
    peer.ip('link', 'set', `eth${i}`, 'mtu', `${mtu}`);
  }
  peer.ip('address', 'add', '10.1.0.2/32', 'dev', 'lo');
  const other = await place.frr(
    t,
    peer,
    `${numbers.map((i) => frrLink(`eth${i}`)).join('')}router ospf
 ospf router-id 10.7.1.2
 timers throttle spf 0 50 500
 network 10.7.0.0/16 area 0.0.0.0
 network 10.1.0.2/32 area 0.0.0.0
${frr}`,
  );
  await place.start({
    id: '10.7.0.1',
    ip: { interfaces: Object.fromEntries(numbers.map((i) => [`lan${i}`, {}])), ...ip },
    ospf: {
      timers: TIMERS,
      interfaces: Object.fromEntries(numbers.map((i) => [`lan${i}`, { ...LINK, ...link }])),
      ...ours,
    },
  });
  return { place, peer, other };
}

for (const type of [1, 2] as const) {
  const costs = { 1: '30', 2: '10/20' }[type];
  const text = {
    1: String.raw`E1 10\.66\.0\.0/16 +\[30\] tag: 9`,
    2: String.raw`E2 10\.66\.0\.0/16 +\[10/20\] tag: 9`,
  };
  t.test(`external routes of type ${type} go both ways`, { skip }, async (t) => {
    const { place, other } = await pair(t, {
      frr: ` default-information originate always metric 20 metric-type ${type}\n`,
      ours: { redistribute: { static: { metric: 20, type } } },
      ip: { routes: { '10.66.0.0/16': { blackhole: { tag: 9 } } } },
    });
    await place.comesTo('10.7.1.2', 'Full');
    await place.comesToRoutes(['10.1.0.2 10.7.1.2@lan1 10', `default 10.7.1.2@lan1 ${costs}`]);
    await place.comesToEqual([other]);
    await place.comesToBe('FRR has the route', 'yes', () =>
      new RegExp(text[type]).test(other.vtysh('show ip ospf route'))
        ? 'yes'
        : other.vtysh('show ip ospf route'),
    );
  });
}

t.test('it tells a default route, always where it is to', { skip }, async (t) => {
  const { place, peer, other } = await pair(t, {
    ours: { 'default-information': { always: true, metric: 5 } },
  });
  await place.comesTo('10.7.1.2', 'Full');
  await place.comesToEqual([other]);
  await place.comesToBe('the default route of FRR', 'yes', () =>
    /via 10\.7\.1\.1 dev eth1/.test(peer.ip('route', 'show', 'default')) ? 'yes' : 'no',
  );
});

t.test('it has equal ways over two links', { skip }, async (t) => {
  const { place, peer, other } = await pair(t, { links: 2 });
  await place.comesToRoutes(['10.1.0.2 10.7.1.2@lan1,10.7.2.2@lan2 10']);
  await place.comesToEqual([other]);
  peer.ip('link', 'set', 'eth2', 'down');
  await place.comesToRoutes(['10.1.0.2 10.7.1.2@lan1 10']);
});

t.test('a neighbour with a larger MTU does not come up, which is told once', { skip }, async (t) => {
  const { place } = await pair(t, { mtu: 1600 });
  const lines = () => place.output.split('\n').filter((line) => line.includes('(mtu)'));
  await eventuallyAsync('it is told', PATIENCE, async () => lines().length > 0 || undefined);
  t.match(lines(), [/dropped a packet from 10\.7\.1\.2 on lan1: .*theirs is 1600, ours is 1500/]);
  t.match(await place.neighbors(), [{ state: 'ExStart' }]);
  t.equal(lines().length, 1);
});

t.test('with mtu-ignore it does come up', { skip }, async (t) => {
  const { place } = await pair(t, {
    mtu: 1600,
    link: { 'mtu-ignore': true },
    frr: '',
  });
  await place.comesTo('10.7.1.2', 'Full');
});
