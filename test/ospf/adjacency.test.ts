/** Adjacencies with FRR: as designated router, backup and neither, and on point-to-point links. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;

const FRR = (priority: number, network = 'broadcast') => `interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf priority ${priority}
 ip ospf network ${network}
router ospf
 ospf router-id 10.9.0.2
 network 10.9.0.0/24 area 0.0.0.0
`;

const TIMES = { 'hello-interval': '1s', 'dead-interval': '4s' };

/** The router at 10.9.0.1 with FRR at 10.9.0.2. */
async function pair(t: Test, ours: object, frr: string) {
  const place = await OspfPlace.make(t);
  const peer = place.peer('frr');
  NetworkNamespace.join([place.router, 'lan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
  const other = await place.frr(t, peer, frr);
  await place.start({
    id: '10.9.0.1',
    ip: { interfaces: { lan0: {} } },
    ospf: { interfaces: { lan0: { ...TIMES, ...ours } } },
  });
  return { place, other };
}

for (const { as, ours, theirs } of [
  { as: 'DR', ours: 9, theirs: 1 },
  { as: 'Backup', ours: 1, theirs: 9 },
  { as: 'DROther', ours: 0, theirs: 9 },
]) {
  t.test(`as ${as} of a LAN it comes to Full with FRR, and the databases are equal`, { skip }, async (t) => {
    const { place, other } = await pair(t, { priority: ours }, FRR(theirs));
    await place.comesTo('10.9.0.2', 'Full');
    const database = await place.comesToEqual([other]);
    t.equal(database.length, 3, database.join('\n'));
    t.match(other.vtysh('show ip ospf neighbor'), new RegExp(`10\\.9\\.0\\.1 +${ours} +Full/${as}`));
    t.match((await place.exec('show ip ospf interface')).data, [{ state: as }]);
  });
}

t.test(
  'on a point-to-point link it comes to Full with FRR, and the databases are equal',
  { skip },
  async (t) => {
    const { place, other } = await pair(t, { type: 'point-to-point' }, FRR(1, 'point-to-point'));
    await place.comesTo('10.9.0.2', 'Full');
    const database = await place.comesToEqual([other]);
    t.equal(database.length, 2, database.join('\n'));
    t.match(other.vtysh('show ip ospf neighbor'), /10\.9\.0\.1 +\d+ +Full\/-/);
  },
);
