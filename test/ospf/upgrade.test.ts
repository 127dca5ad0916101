/** A router of the released versions beside FRR: from OSPF 2, which goes up to 2-Way, to each newer one and back, and among these. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { adjacencyChanges } from '../frr-log.ts';
import { NetworkNamespace } from '../netns.ts';
import { releasesOf } from '../newest-release.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { frrLink, frrRouter } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;
const BEFORE = 'ospf@2.3.1';
const NEWER = releasesOf('ospf')
  .filter((version) => Number.parseInt(version, 10) >= 3)
  .map((version) => `ospf@${version}`);
const FRR = '10.1.0.2';
/** The same file for all of them. */
const OSPF = { interfaces: { wan0: { 'hello-interval': '1s', 'dead-interval': '4s' } } };

/** The router with this version, and FRR beside it. */
async function besideFrr(t: Test, version: string) {
  const place = await OspfPlace.make(t);
  const peer = place.peer('frr');
  NetworkNamespace.join([place.router, 'wan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
  peer.ip('address', 'add', `${FRR}/32`, 'dev', 'lo');
  const link = frrLink('eth0', '0.0.0.0', '\n ip ospf hello-interval 1\n ip ospf dead-interval 4');
  const frr = await place.frr(t, peer, link + frrRouter(FRR, '0.0.0.0', ' log-adjacency-changes detail\n'));
  const router = { id: '10.1.0.1', state: join(place.directory, 'state'), modules: { OSPF: version } };
  await place.start({
    id: router.id,
    ip: { interfaces: { wan0: {} } },
    ospf: OSPF,
    others: { router },
  });
  return { place, frr };
}

t.test(
  'OSPF 2 is replaced by each newer version, which has routes then, and comes back',
  { skip },
  async (t) => {
    const { place } = await besideFrr(t, BEFORE);
    await place.comesTo(FRR, '2-Way');
    for (const version of NEWER) {
      await place.run(`replace OSPF ${version}`, 'confirm');
      await place.comesTo(FRR, 'Full');
      await place.comesToRoutes([`${FRR} 10.9.0.2@wan0 10`]);
      await place.run(`replace OSPF ${BEFORE}`, 'confirm');
      await place.comesTo(FRR, '2-Way');
    }
    t.notMatch(place.output, /INTERNAL|^\s+at /m, 'nothing was thrown');
  },
);

/** Each after each other, from the first on. */
function everyPair([first, ...others]: readonly string[]): string[] {
  return others.flatMap((other, i) => [other, ...(i === 0 ? everyPair(others) : []), first!]);
}

interface LsaRow {
  router?: string;
  neighbor?: string;
  interface?: string;
}

t.test(
  'newer versions replace each other unnoticed, and 4.0.0 knows who sent an LSA',
  { skip },
  async (t) => {
    const { place, frr } = await besideFrr(t, NEWER[0]!);
    await place.comesTo(FRR, 'Full');
    await place.comesToRoutes([`${FRR} 10.9.0.2@wan0 10`]);
    // Its router-LSA has the LAN in it when MinLSInterval is over.
    await eventuallyAsync('FRR has its last LSA', PATIENCE, async () =>
      /Transit Network/.test(frr.vtysh('show ip ospf database router 10.1.0.1')),
    );
    await place.comesToEqual([frr]);
    const noticed = adjacencyChanges(frr.log());
    const database = await place.database();
    t.ok(noticed > 0 && database.length === 3, database.join());
    for (const version of everyPair(NEWER)) await place.run(`replace OSPF ${version}`, 'confirm');
    t.equal(adjacencyChanges(frr.log()), noticed, 'FRR has noticed nothing');
    t.same(await place.database(), database);
    t.same(place.routes(), [`${FRR} 10.9.0.2@wan0`]);
    const sender = async () => {
      const { data } = await place.exec('show ip ospf database router');
      const { neighbor, interface: name } = (data as LsaRow[]).find(({ router }) => router === FRR)!;
      return neighbor && `${neighbor} on ${name}`;
    };
    const [last] = NEWER.slice(-1);
    await place.run(`replace OSPF ${last}`);
    t.equal(await sender(), undefined, 'a version before has not kept it');
    frr.vtysh('configure terminal', 'interface eth0', 'ip ospf cost 20');
    await eventuallyAsync('its LSA is another', PATIENCE, sender);
    t.equal(await sender(), '10.9.0.2 on wan0');
  },
);
