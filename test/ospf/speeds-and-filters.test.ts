/** With FRR: costs that follow the speeds of links, and a filter between the routes of OSPF and those that are used. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { frrUnavailable } from '../router/frr.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;

const LINK = { type: 'point-to-point', 'hello-interval': '1s', 'dead-interval': '4s' };
const TIMERS = { 'spf-initial': '10ms', 'spf-hold': '50ms', 'min-ls-interval': '100ms' };
const NETWORKS = ['10.1.0.2', '10.2.0.2', '10.3.0.2'];

/** The router and FRR, with a point-to-point link 10.7.1.1 to 10.7.1.2, and networks behind FRR. */
async function pair(t: Test, { ours, ip = {} }: { ours: object; ip?: object }) {
  const place = await OspfPlace.make(t);
  const peer = place.peer('frr');
  NetworkNamespace.join([place.router, 'lan1', '10.7.1.1/24'], [peer, 'eth1', '10.7.1.2/24']);
  for (const address of NETWORKS) peer.ip('address', 'add', `${address}/32`, 'dev', 'lo');
  const other = await place.frr(
    t,
    peer,
    `interface eth1
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf network point-to-point
router ospf
 ospf router-id 10.7.1.2
 timers throttle spf 0 50 500
 network 10.0.0.0/8 area 0.0.0.0
`,
  );
  await place.start({
    id: '10.7.1.1',
    ip: { interfaces: { lan1: {} }, ...ip },
    ospf: { timers: TIMERS, interfaces: { lan1: LINK }, ...ours },
  });
  await place.comesTo('10.7.1.2', 'Full');
  const session = await ConsoleSession.open(t, place.socket);
  return { place, other, session };
}

const routes = (cost: number, addresses = NETWORKS) =>
  addresses.map((address) => `${address} 10.7.1.2@lan1 ${cost}`);

t.test(
  'the cost follows the speed of the link as FRR has it, and what is configured of it',
  { skip },
  async (t) => {
    // The kernel says 10,000 Mbit/s of each veth, and FRR takes 100,000 for its reference.
    const { place, other, session } = await pair(t, { ours: { 'reference-bandwidth': 100_000 } });
    const costOfFrr = () => /Cost: (\d+)/.exec(other.vtysh('show ip ospf interface eth1'))?.[1];
    await place.comesToRoutes(routes(10));
    t.equal(costOfFrr(), '10');
    const { data } = await place.exec('show ip interface lan1');
    t.match(data, [{ speed: 10_000 }]);

    await session.all('set ospf reference-bandwidth 1500000', 'commit');
    other.vtysh('configure terminal', 'router ospf', 'auto-cost reference-bandwidth 1500000');
    await place.comesToRoutes(routes(150));
    t.equal(costOfFrr(), '150', 'as FRR computes it');
    await session.all('set ip interfaces lan1 bandwidth 1000', 'commit');
    await place.comesToRoutes(routes(1_500));
    await session.all(
      'delete ip interfaces lan1 bandwidth',
      'commit',
      'replace IP ip@3.1.0',
      'replace IP ip@3.2.0',
    );
    await place.comesToRoutes(routes(150));
    await session.all('set ospf interfaces lan1 cost 7', 'commit');
    await place.comesToRoutes(routes(7));
    await place.comesToEqual([other]);
  },
);

t.test(
  'distribute-list says which routes are used, and a commit of its rules changes them',
  { skip },
  async (t) => {
    const { place, other, session } = await pair(t, {
      ours: { 'distribute-list': { 'prefix-list': 'inside' } },
      ip: { 'prefix-lists': { inside: { 10: 'deny 10.2.0.0/16 le 32', 20: 'permit any' } } },
    });
    const warned = () => place.output.split('\n').filter((line) => line.includes('ospf.distribute-list: '));
    await place.comesToRoutes(routes(10, ['10.1.0.2', '10.3.0.2']));
    const { data } = await place.exec('show ip ospf route');
    t.ok(
      (data as { prefix?: string }[]).some(({ prefix }) => prefix === '10.2.0.2/32'),
      'OSPF has it all the same',
    );
    await session.all('set ip prefix-lists inside 10 "deny 10.1.0.0/16 le 32"', 'commit');
    await place.comesToRoutes(routes(10, ['10.2.0.2', '10.3.0.2']));

    t.same(warned(), []);
    await session.all('replace IP ip@3.1.0');
    await place.comesToBe('it is told', '1', () => `${warned().length}`);
    await session.all(
      'set ip prefix-lists inside 10 "deny 10.3.0.0/16 le 32"',
      'commit',
      'replace IP ip@3.2.0',
    );
    await place.comesToRoutes(routes(10, ['10.1.0.2', '10.2.0.2']));
    await session.all('delete ospf distribute-list', 'commit');
    await place.comesToRoutes(routes(10));
    t.equal(warned().length, 1);
    await place.comesToEqual([other]);
  },
);
