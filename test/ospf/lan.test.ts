/** One LAN of the router, FRR and BIRD, and a second link of the router with another BIRD behind it. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const FRR = `interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
 ip ospf priority 3
router ospf
 ospf router-id 10.9.0.2
 timers throttle spf 0 50 500
 network 10.9.0.0/24 area 0.0.0.0
 network 10.1.0.2/32 area 0.0.0.0
`;

const bird = (routerId: string) => ({
  routerId,
  areas: `area 0.0.0.0 {
  interface "eth0" { type broadcast; hello 1; dead 4; wait 2; cost 10; priority 2; };
  interface "lo" { stub; };
};`,
});

const TIMES = { 'hello-interval': '1s', 'dead-interval': '4s' };

t.test(
  'with FRR and BIRD on one LAN all are Full, databases equal and routes right, and packets pass',
  { skip },
  async (t) => {
    const place = await OspfPlace.make(t);
    const [one, two, far] = [place.peer('frr'), place.peer('bird'), place.peer('far')];
    place.lan(
      [place.router, 'lan0', '10.9.0.1/24'],
      [one, 'eth0', '10.9.0.2/24'],
      [two, 'eth0', '10.9.0.3/24'],
    );
    NetworkNamespace.join([place.router, 'lan1', '10.8.0.1/24'], [far, 'eth0', '10.8.0.4/24']);
    [one, two, far].forEach((peer, i) => {
      peer.ip('address', 'add', `10.1.0.${i + 2}/32`, 'dev', 'lo');
    });
    const peers = [
      await place.frr(t, one, FRR),
      await place.bird(t, two, bird('10.9.0.3')),
      await place.bird(t, far, bird('10.8.0.4')),
    ];
    await place.start({
      id: '10.9.0.1',
      ip: { interfaces: { lan0: {}, lan1: {} } },
      ospf: { interfaces: { lan0: { ...TIMES, cost: 7 }, lan1: { ...TIMES, cost: 8 } } },
    });
    for (const routerId of ['10.9.0.2', '10.9.0.3', '10.8.0.4']) await place.comesTo(routerId, 'Full');
    const database = await place.comesToEqual(peers);
    t.equal(database.length, 6, database.join('\n'));
    await place.comesToRoutes([
      '10.1.0.2 10.9.0.2@lan0 7',
      '10.1.0.3 10.9.0.3@lan0 7',
      '10.1.0.4 10.8.0.4@lan1 8',
    ]);
    await place.comesToReach([one, '10.1.0.2'], [far, '10.1.0.4']);
    await place.comesToReach([far, '10.1.0.4'], [two, '10.1.0.3']);
  },
);
