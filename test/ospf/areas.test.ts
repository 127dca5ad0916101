/** Several areas with FRR and BIRD: the router as border router and within an area, stub areas, NSSAs, ranges. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const LINK = {
  type: 'point-to-point',
  'hello-interval': '1s',
  'dead-interval': '4s',
  'retransmit-interval': '1s',
};
const TIMERS = { 'spf-initial': '10ms', 'spf-hold': '50ms', 'min-ls-interval': '1s' };

const frrLink = (name: string) => `interface ${name}
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
 ip ospf network point-to-point
`;
const birdLink = (name: string) =>
  `interface "${name}" { type ptp; hello 1; dead 4; retransmit 2; cost 10; };`;

/** The router as border router between FRR at 10.7.1.2 in the backbone and BIRD at 10.7.2.2 in area 0.0.0.1. */
async function border(t: Test, area: object, { frr = '', bird = '', exported = 'none', others = '' }) {
  const place = await OspfPlace.make(t);
  const [zero, one] = [place.peer('frr'), place.peer('bird')];
  NetworkNamespace.join([place.router, 'lan1', '10.7.1.1/24'], [zero, 'eth0', '10.7.1.2/24']);
  NetworkNamespace.join([place.router, 'lan2', '10.7.2.1/24'], [one, 'eth0', '10.7.2.2/24']);
  zero.ip('address', 'add', '10.1.0.2/32', 'dev', 'lo');
  for (const address of ['10.2.0.2/32', '10.2.0.3/32']) one.ip('address', 'add', address, 'dev', 'lo');
  const peers = {
    frr: await place.frr(
      t,
      zero,
      `${frrLink('eth0')}router ospf
 ospf router-id 10.7.1.2
 timers throttle spf 0 50 500
 network 10.7.1.0/24 area 0.0.0.0
 network 10.1.0.2/32 area 0.0.0.0
${frr}`,
    ),
    bird: await place.bird(t, one, {
      routerId: '10.7.2.2',
      areas: `area 0.0.0.1 { ${bird} ${birdLink('eth0')} interface "lo" { stub; }; };`,
      exported,
      others,
    }),
  };
  await place.start({
    id: '10.7.0.1',
    ip: { interfaces: { lan1: {}, lan2: {} } },
    ospf: {
      timers: TIMERS,
      interfaces: { lan1: { ...LINK, cost: 10 }, lan2: { ...LINK, cost: 10, area: '0.0.0.1' } },
      areas: { '0.0.0.1': area },
    },
  });
  for (const id of ['10.7.1.2', '10.7.2.2']) await place.comesTo(id, 'Full');
  return { place, zero, one, ...peers };
}

/** Prefixes that OSPF has brought to a peer's kernel, sorted; BIRD brings its own hosts there, too. */
function routesOf(peer: NetworkNamespace): string[] {
  const rows = JSON.parse(peer.ip('-j', 'route')) as { dst: string; protocol: string }[];
  return rows
    .filter(({ protocol }) => protocol === 'ospf' || protocol === 'bird')
    .map(({ dst }) => dst)
    .sort();
}

/** Waits until these are the prefixes in the peer's kernel. */
async function comesToHave(place: OspfPlace, peer: NetworkNamespace, wanted: readonly string[]) {
  await place.comesToBe(`routes of ${peer.name}`, wanted.join('\n'), () => routesOf(peer).join('\n'));
}

const OF_ROUTER = ['10.1.0.2 10.7.1.2@lan1 10', '10.2.0.2 10.7.2.2@lan2 10', '10.2.0.3 10.7.2.2@lan2 10'];

t.test('as border router it tells each area of the other, and packets pass', { skip }, async (t) => {
  const { place, zero, one, frr, bird } = await border(t, {}, {});
  await place.comesToEqual([frr, bird]);
  await place.comesToRoutes(OF_ROUTER);
  await comesToHave(place, zero, ['10.2.0.2', '10.2.0.3', '10.7.2.0/24']);
  await comesToHave(place, one, ['10.1.0.2', '10.2.0.2', '10.2.0.3', '10.7.1.0/24', '10.7.2.0/24']);
  await place.comesToReach([zero, '10.1.0.2'], [one, '10.2.0.2']);
});

t.test('it tells a range in place of its networks', { skip }, async (t) => {
  const { place, zero, frr, bird } = await border(t, { ranges: { '10.2.0.0/24': { cost: 40 } } }, {});
  await comesToHave(place, zero, ['10.2.0.0/24', '10.7.2.0/24']);
  await place.comesToEqual([frr, bird]);
  t.match(frr.vtysh('show ip ospf route'), /10\.2\.0\.0\/24 +\[50\] area/);
});

t.test('it hides a range that is not to be told', { skip }, async (t) => {
  const { place, zero, frr, bird } = await border(t, { ranges: { '10.2.0.0/24': { advertise: false } } }, {});
  await comesToHave(place, zero, ['10.7.2.0/24']);
  const database = await place.comesToEqual([frr, bird]);
  t.notMatch(database.join('\n'), /^0\.0\.0\.0 10\.2\./m);
});

t.test('it tells a stub area of a default route, and not of external ones', { skip }, async (t) => {
  const { place, zero, one, frr, bird } = await border(
    t,
    { type: 'stub', 'default-cost': 3 },
    { bird: 'stub yes;', frr: ' default-information originate always\n' },
  );
  await comesToHave(place, one, [
    '10.1.0.2',
    '10.2.0.2',
    '10.2.0.3',
    '10.7.1.0/24',
    '10.7.2.0/24',
    'default',
  ]);
  await place.comesToEqual([frr]);
  await comesToHave(place, zero, ['10.2.0.2', '10.2.0.3', '10.7.2.0/24']);
  t.notMatch(bird.birdc('show ospf lsadb'), / 0005 /);
});

t.test('it tells a totally stubby area of nothing but a default route', { skip }, async (t) => {
  const { place, zero, one, frr, bird } = await border(
    t,
    { type: 'stub', summaries: false },
    { bird: 'stub yes; summary no;' },
  );
  await comesToHave(place, one, ['10.2.0.2', '10.2.0.3', '10.7.2.0/24', 'default']);
  const database = await place.comesToEqual([frr, bird]);
  t.equal(database.filter((lsa) => lsa.startsWith('0.0.0.1 ')).length, 3, database.join('\n'));
  await place.comesToReach([one, '10.2.0.2'], [zero, '10.1.0.2']);
});

t.test('it translates what an NSSA tells, and the AS has routes to it', { skip }, async (t) => {
  const { place, zero, frr } = await border(
    t,
    { type: 'nssa' },
    {
      bird: 'nssa;',
      exported: 'where source = RTS_STATIC',
      others: 'protocol static { ipv4; route 10.66.0.0/16 unreachable; }',
    },
  );
  await comesToHave(place, zero, ['10.2.0.2', '10.2.0.3', '10.66.0.0/16', '10.7.2.0/24']);
  const database = await place.comesToEqual([frr]);
  t.match(database.join('\n'), /^as 10\.66\.0\.0 10\.7\.0\.1 /m, 'of the router, not of BIRD');
  await place.comesToRoutes([...OF_ROUTER, '10.66.0.0/16 10.7.2.2@lan2 10/10000']);
});
