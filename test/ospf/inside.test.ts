/** The router within an area whose border router is FRR: all kinds of areas. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;

const LINK = {
  type: 'point-to-point',
  'hello-interval': '1s',
  'dead-interval': '4s',
  'retransmit-interval': '1s',
  cost: 10,
};
const TIMERS = { 'spf-initial': '10ms', 'spf-hold': '50ms', 'min-ls-interval': '1s' };

/** The router at 10.7.1.1 in area 0.0.0.1; FRR at 10.7.1.2, with a host of the backbone and a default route. */
async function inside(t: Test, type: string, kind: string, ours: object = {}, ip: object = {}) {
  const place = await OspfPlace.make(t);
  const peer = place.peer('frr');
  const rest = place.peer('rest');
  NetworkNamespace.join([place.router, 'lan1', '10.7.1.1/24'], [peer, 'eth1', '10.7.1.2/24']);
  NetworkNamespace.join([peer, 'eth0', '10.7.2.2/24'], [rest, 'eth0', '10.7.2.3/24']);
  const frr = await place.frr(
    t,
    peer,
    `interface eth1
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
 ip ospf network point-to-point
router ospf
 ospf router-id 10.7.1.2
 timers throttle spf 0 50 500
 passive-interface eth0
 network 10.7.1.0/24 area 0.0.0.1
 network 10.7.2.0/24 area 0.0.0.0
 default-information originate always metric 20
${kind}`,
  );
  await place.start({
    id: '10.7.0.1',
    ip: { interfaces: { lan1: {} }, ...ip },
    ospf: {
      timers: TIMERS,
      area: '0.0.0.1',
      interfaces: { lan1: LINK },
      areas: { '0.0.0.1': { type } },
      ...ours,
    },
  });
  await place.comesTo('10.7.1.2', 'Full');
  return { place, frr };
}

const BACKBONE = '10.7.2.0/24 10.7.1.2@lan1 20';

t.test('in a normal area it has routes to other areas and to the outside', { skip }, async (t) => {
  const { place, frr } = await inside(t, 'normal', '');
  await place.comesToRoutes([BACKBONE, 'default 10.7.1.2@lan1 10/20']);
  const database = await place.comesToEqual([frr]);
  t.equal(database.length, 4, database.join('\n'));
});

t.test('in a stub area it has a default route, and those to other areas', { skip }, async (t) => {
  const { place } = await inside(t, 'stub', ' area 0.0.0.1 stub\n area 0.0.0.1 default-cost 3\n');
  await place.comesToRoutes([BACKBONE, 'default 10.7.1.2@lan1 13']);
  t.notMatch((await place.database()).join('\n'), /^as /m);
});

t.test('in a totally stubby area it has a default route alone', { skip }, async (t) => {
  const { place } = await inside(t, 'stub', ' area 0.0.0.1 stub no-summary\n');
  await place.comesToRoutes(['default 10.7.1.2@lan1 11']);
  t.equal((await place.database()).length, 3, 'two routers and a summary');
});

t.test('in an NSSA FRR translates what it redistributes', { skip }, async (t) => {
  const { place, frr } = await inside(
    t,
    'nssa',
    ' area 0.0.0.1 nssa\n',
    { redistribute: { static: { metric: 20, type: 1 } } },
    { routes: { '10.66.0.0/16': { blackhole: {} } } },
  );
  const external = () => frr.vtysh('show ip ospf database external 10.66.0.0');
  await place.comesToBe('FRR has translated', 'yes', () =>
    /Advertising Router: 10\.7\.1\.2[\s\S]*Metric: 20/.test(external()) ? 'yes' : external(),
  );
  t.match(external(), /Metric Type: 1/);
});
