/** Virtual links to FRR and to BIRD, through an area with a router in between: their areas reach the backbone, and each other. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, LINK, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

t.test(
  'areas of FRR and BIRD are joined to the backbone by virtual links, and packets pass',
  { skip },
  async (t) => {
    const place = await OspfPlace.make(t);
    const [middle, one, two] = [place.peer('middle'), place.peer('frr'), place.peer('bird')];
    NetworkNamespace.join([place.router, 'lan0', '10.7.0.1/24'], [middle, 'eth0', '10.7.0.2/24']);
    NetworkNamespace.join([middle, 'eth1', '10.7.1.2/24'], [one, 'eth0', '10.7.1.3/24']);
    NetworkNamespace.join([middle, 'eth2', '10.7.2.2/24'], [two, 'eth0', '10.7.2.4/24']);
    [place.router, middle, one, two].forEach((each, i) => {
      each.ip('address', 'add', `10.1.0.${i + 1}/32`, 'dev', 'lo');
    });
    // BIRD has a virtual link only to whom a network of several leads, and not over a point-to-point link.
    const transit = [birdLink('eth0', 'type broadcast; wait 4;'), birdLink('eth1'), birdLink('eth2')];
    const virtual =
      ' area 0.0.0.1 virtual-link 10.1.0.1 hello-interval 1 dead-interval 4 retransmit-interval 1\n';
    const peers = [
      await place.bird(t, middle, {
        routerId: '10.1.0.2',
        areas: `area 0.0.0.1 { ${transit.join('')}${BIRD_LOOPBACK} };`,
      }),
      await place.frr(t, one, frrLink('eth0', '0.0.0.1') + frrRouter('10.1.0.3', '0.0.0.11', virtual)),
      await place.bird(t, two, {
        routerId: '10.1.0.4',
        areas: `area 0.0.0.1 { virtual link 10.1.0.1 { hello 1; dead 4; retransmit 2; }; ${birdLink('eth0')} };
area 0.0.0.12 { ${BIRD_LOOPBACK} };`,
      }),
    ];
    const { cost: _, ...times } = LINK;
    await place.start({
      id: '10.1.0.1',
      ip: { interfaces: { lo: {}, lan0: {} } },
      ospf: {
        timers: TIMERS,
        interfaces: { lo: {}, lan0: { ...LINK, area: '0.0.0.1' } },
        areas: { '0.0.0.1': { 'virtual-links': { '10.1.0.3': times, '10.1.0.4': times } } },
      },
    });
    for (const id of ['10.1.0.3', '10.1.0.4']) await place.comesTo(id, 'Full');
    const far = ['10.1.0.3', '10.1.0.4', '10.7.1.0/24', '10.7.2.0/24'];
    await place.comesToRoutes([
      '10.1.0.2 10.7.0.2@lan0 10',
      ...far.map((prefix) => `${prefix} 10.7.0.2@lan0 20`),
    ]);
    const database = await place.comesToEqual(peers);
    const routers = ['10.1.0.1', '10.1.0.3', '10.1.0.4'];
    for (const id of routers) t.match(database.join('\n'), new RegExp(`^0\\.0\\.0\\.0 ${id} ${id} `, 'm'));
    await place.comesToReach([one, '10.1.0.3'], [two, '10.1.0.4']);
    await place.comesToReach([place.router, '10.1.0.1'], [two, '10.1.0.4']);
  },
);
