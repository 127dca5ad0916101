/**
 * Routes from outside of the AS, of the router, FRR and BIRD on one LAN: both types, tags, filters, forwarding addresses of a
 * host there that speaks no OSPF, and a default route while there is one. FRR is asked for them behind the router, too.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Frr, frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, LINK, POINT_TO_POINT, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

/** The router's static routes: of the first two one is told by what is set, one is kept back, as the last is. */
const IP = {
  routes: {
    '10.66.1.0/24': { '10.9.0.9': { tag: 9 } },
    '10.66.2.0/24': { blackhole: { tag: 8 } },
    '10.66.3.0/24': { blackhole: { tag: 7 } },
    '10.66.4.0/24': { blackhole: {} },
  },
  'prefix-lists': { told: { 10: 'deny 10.66.4.0/24', 20: 'permit 10.66.0.0/16 le 24' } },
  'route-maps': {
    out: {
      10: { action: 'permit', tag: 9, 'set-type': 1, 'set-metric': 31 },
      20: { action: 'deny', tag: 8 },
      30: { action: 'permit', 'set-tag': 77, 'set-metric': 32 },
    },
    far: { 10: { action: 'permit', source: 'kernel', 'set-metric': 35, 'set-tag': 6 } },
  },
};

const FRR_MAP = `route-map typed permit 10
 match ip address prefix-list one
 set metric 41
 set metric-type type-1
route-map typed permit 20
ip prefix-list one permit 10.67.1.0/24
`;

const BIRD_FILTER = `filter {
  if net = 10.68.1.0/24 then { ospf_metric1 = 51; ospf_tag = 5; accept; }
  if net = 10.68.2.0/24 then { ospf_metric2 = 52; accept; }
  reject;
}`;
const BIRD_STATIC = `protocol static { ipv4;
  route 10.68.1.0/24 via 10.9.0.9; route 10.68.2.0/24 blackhole; route 10.68.3.0/24 blackhole;
}`;

/** All of them on a LAN, another FRR behind the router, and a host that speaks no OSPF and leads to a network of each. */
async function lanOf(t: Test) {
  const place = await OspfPlace.make(t);
  const one = place.peer('frr');
  const two = place.peer('bird');
  const out = place.peer('out');
  const far = place.peer('far');
  place.lan(
    [place.router, 'lan0', '10.9.0.1/24'],
    [one, 'eth0', '10.9.0.2/24'],
    [two, 'eth0', '10.9.0.3/24'],
    [out, 'eth0', '10.9.0.9/24'],
  );
  NetworkNamespace.join([place.router, 'lan1', '10.8.0.1/24'], [far, 'eth0', '10.8.0.4/24']);
  [place.router, one, two, far].forEach((each, i) => {
    each.ip('address', 'add', `10.1.0.${i + 1}/32`, 'dev', 'lo');
  });
  for (const n of [66, 67, 68]) out.ip('address', 'add', `10.${n}.1.1/32`, 'dev', 'lo');
  out.ip('route', 'add', 'default', 'via', '10.9.0.1');
  one.ip('route', 'add', '10.67.1.0/24', 'via', '10.9.0.9');
  one.ip('route', 'add', 'blackhole', '10.67.2.0/24');
  const peers = [
    await place.frr(
      t,
      one,
      FRR_MAP +
        frrLink('eth0', '0.0.0.0', ' ip ospf priority 3') +
        frrRouter('10.1.0.2', '0.0.0.0', ' redistribute kernel metric 42 route-map typed\n'),
    ),
    await place.bird(t, two, {
      routerId: '10.1.0.3',
      areas: `area 0.0.0.0 { ${birdLink('eth0', 'type broadcast; wait 4;')}${BIRD_LOOPBACK} };`,
      exported: BIRD_FILTER,
      others: BIRD_STATIC,
    }),
  ];
  const behind = await place.frr(t, far, frrLink('eth0', '0.0.0.0') + frrRouter('10.1.0.4', '0.0.0.0'));
  await place.start({
    id: '10.1.0.1',
    ip: { interfaces: { lo: {}, lan0: {}, lan1: {} }, ...IP },
    ospf: {
      timers: TIMERS,
      interfaces: { lo: {}, lan0: { ...LINK, priority: 9 }, lan1: POINT_TO_POINT },
      redistribute: { static: { metric: 20, 'prefix-list': 'told', 'route-map': 'out' } },
      'default-information': { metric: 5, type: 1, 'route-map': 'far' },
    },
  });
  return { place, out, far, behind, peers: [...peers, behind] };
}

/** External routes of FRR in its words, sorted. */
function externalsOf({ vtysh }: Frr): string {
  const lines = vtysh('show ip ospf route')
    .split('\n')
    .filter((line) => line.startsWith('N E'));
  return lines
    .map((line) => line.replace(/ +/g, ' ').trim())
    .sort()
    .join('\n');
}

t.test('routes from outside of the AS, of several routers at once', { skip }, async (t) => {
  const { place, out, far, behind, peers } = await lanOf(t);

  await t.test('it has those of FRR and BIRD, of both types, by the shortest way', async () => {
    await place.comesToRoutes([
      '10.1.0.2 10.9.0.2@lan0 10',
      '10.1.0.3 10.9.0.3@lan0 10',
      '10.1.0.4 10.8.0.4@lan1 10',
      // Its own static route, and those whose forwarding address is the host's.
      '10.66.1.0/24 10.9.0.9@lan0 none',
      '10.67.1.0/24 10.9.0.9@lan0 51',
      '10.67.2.0/24 10.9.0.2@lan0 10/42',
      '10.68.1.0/24 10.9.0.9@lan0 61',
      '10.68.2.0/24 10.9.0.3@lan0 10/52',
    ]);
    await place.comesToEqual(peers);
  });

  await t.test('others have its own as prefix list and route map say, and packets pass', async () => {
    const wanted = [
      // Type 1 is 20 to the host, and the metric; by way of the router itself it were 41.
      'N E1 10.66.1.0/24 [51] tag: 9',
      'N E1 10.67.1.0/24 [61] tag: 0',
      'N E1 10.68.1.0/24 [71] tag: 5',
      'N E2 10.66.3.0/24 [10/32] tag: 77',
      'N E2 10.67.2.0/24 [20/42] tag: 0',
      'N E2 10.68.2.0/24 [20/52] tag: 0',
    ];
    await place.comesToBe('external routes of FRR', wanted.join('\n'), () => externalsOf(behind));
    for (const n of [66, 67, 68]) await place.comesToReach([far, '10.1.0.4'], [out, `10.${n}.1.1`]);
  });

  await t.test('it tells a default route while there is one', async (t) => {
    const found = () => far.ip('route', 'show', 'default').replace(/ nhid .*/s, '');
    t.equal(found(), '', 'there is none yet');
    place.router.ip('route', 'add', 'default', 'via', '10.9.0.9');
    await place.comesToBe('the default route of FRR', 'default', found);
    t.match(
      behind.vtysh('show ip ospf route'),
      /N E1 0\.0\.0\.0\/0 +\[45\] tag: 6/,
      'as the route map sets it',
    );
    await place.comesToEqual(peers);
    place.router.ip('route', 'delete', 'default');
    await place.comesToBe('no default route of FRR', '', found);
    await place.comesToEqual(peers);
  });
});
