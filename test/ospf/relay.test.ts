/** A ring of the router, two of FRR and BIRD: opaque LSAs pass through the router, and stub routers are gone round. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Frr, frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import { databaseOf, OspfPlace, type Sections } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;
const PATIENCE = 60_000;

/** The router with an FRR on either side, and BIRD between these. */
async function ring(t: Test) {
  const place = await OspfPlace.make(t);
  const one = place.peer('frr');
  const two = place.peer('frr');
  const far = place.peer('bird');
  NetworkNamespace.join([place.router, 'lan1', '10.7.1.1/24'], [one, 'eth0', '10.7.1.2/24']);
  NetworkNamespace.join([place.router, 'lan2', '10.7.2.1/24'], [two, 'eth0', '10.7.2.3/24']);
  NetworkNamespace.join([one, 'eth1', '10.7.3.2/24'], [far, 'eth0', '10.7.3.4/24']);
  NetworkNamespace.join([two, 'eth1', '10.7.4.3/24'], [far, 'eth1', '10.7.4.4/24']);
  [place.router, one, two, far].forEach((each, i) => {
    each.ip('address', 'add', `10.1.0.${i + 1}/32`, 'dev', 'lo');
  });
  const links = frrLink('eth0', '0.0.0.0') + frrLink('eth1', '0.0.0.0');
  const frr = (n: number, scope: string) =>
    links +
    frrRouter(`10.1.0.${n}`, '0.0.0.0', ` capability opaque\n graceful-restart\n router-info ${scope}\n`);
  const peers = [
    await place.frr(t, one, frr(2, 'area')),
    await place.frr(t, two, frr(3, 'as')),
    await place.bird(t, far, {
      routerId: '10.1.0.4',
      areas: `area 0.0.0.0 { ${birdLink('eth0')}${birdLink('eth1')}${BIRD_LOOPBACK} };`,
    }),
  ] as const;
  const sections: Sections = {
    id: '10.1.0.1',
    ip: { interfaces: { lo: {}, lan1: {}, lan2: {} } },
    ospf: { timers: TIMERS, interfaces: { lo: {}, lan1: POINT_TO_POINT, lan2: POINT_TO_POINT } },
  };
  await place.start(sections);
  return { place, sections, peers, one, two };
}

const NEAR = ['10.1.0.2 10.7.1.2@lan1 10', '10.1.0.3 10.7.2.3@lan2 10', '10.7.4.0/24 10.7.2.3@lan2 20'];

t.test('in a ring with two of FRR and BIRD', { skip }, async (t) => {
  const { place, sections, peers, one, two } = await ring(t);

  await t.test('opaque LSAs of an area and of the AS pass through the router', async (t) => {
    await place.comesToRoutes([
      ...NEAR,
      '10.1.0.4 10.7.1.2@lan1,10.7.2.3@lan2 20',
      '10.7.3.0/24 10.7.1.2@lan1 20',
    ]);
    const database = (await place.comesToEqual(peers)).join('\n');
    t.match(database, /^0\.0\.0\.0 4\.0\.0\.0 10\.1\.0\.2 /m, 'of type 10');
    t.match(database, /^as 4\.0\.0\.0 10\.1\.0\.3 /m, 'of type 11');
  });

  await t.test('FRR as a stub router is gone round, and is reached itself', async () => {
    const [{ vtysh }] = peers;
    vtysh('configure terminal', 'router ospf', 'max-metric router-lsa administrative');
    await place.comesToRoutes([...NEAR, '10.1.0.4 10.7.2.3@lan2 20', '10.7.3.0/24 10.7.1.2@lan1 20']);
    await place.comesToEqual(peers);
    vtysh('configure terminal', 'router ospf', 'no max-metric router-lsa administrative');
  });

  await t.test('others go round it where it is a stub router', async () => {
    const hops = () => {
      const rows = JSON.parse(two.ip('-j', 'route', 'show', '10.1.0.2')) as KernelRoute[];
      const all = rows.flatMap(({ gateway, nexthops = [{ gateway }] }) => nexthops);
      return all
        .map((hop) => hop.gateway)
        .sort()
        .join();
    };
    await place.comesToBe('ways of FRR to the other', '10.7.2.1,10.7.4.4', hops);
    place.write({ ...sections, ospf: { ...sections.ospf, 'stub-router': { always: true } } });
    await place.run('reload');
    await place.comesToBe('the way of FRR to the other', '10.7.4.4', hops);
    await place.comesToEqual(peers);
    await place.comesToReach([two, '10.1.0.3'], [place.router, '10.1.0.1']);
  });

  await t.test('opaque LSAs that change are flooded where the router is the only way', async () => {
    one.ip('link', 'set', 'eth1', 'down');
    const instancesOf = (lsas: readonly string[]) =>
      lsas.filter((lsa) => lsa.includes(' 4.0.0.0 ')).join('\n');
    const before = instancesOf(await place.comesToEqual(peers));
    for (const { vtysh } of peers.slice(0, 2) as Frr[])
      vtysh('configure terminal', 'router ospf', 'pce address 10.1.0.9');
    await eventuallyAsync('both are there anew', PATIENCE, async () => {
      const [here, ...others] = [await place.database(), ...peers.map(databaseOf)].map(instancesOf);
      const isAnew = here!.split('\n').every((lsa) => !before.includes(lsa));
      return (isAnew && others.every((other) => other === here)) || undefined;
    });
  });

  await t.test('an opaque LSA of a link does not pass', async (t) => {
    peers[0].vtysh('graceful-restart prepare ip ospf');
    const found = async () =>
      (await place.exec('show ip ospf database')).data as { scope?: string; id?: string }[];
    await eventuallyAsync(
      'the grace-LSA is there',
      PATIENCE,
      async () =>
        (await found()).some(({ scope, id }) => scope === 'link lan1' && id === '3.0.0.0') || undefined,
    );
    t.notMatch(peers[1].vtysh('show ip ospf database'), /3\.0\.0\.0/);
  });
});

interface Hop {
  gateway?: string | undefined;
}

interface KernelRoute extends Hop {
  nexthops?: Hop[];
}
