/** A router of the released versions beside FRR: from OSPF 2, which goes up to 2-Way, to each newer one and back. */
import { join } from 'node:path';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { releasesOf } from '../newest-release.ts';
import { frrUnavailable } from '../router/frr.ts';
import { frrLink, frrRouter } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const BEFORE = 'ospf@2.3.1';
const NEWER = releasesOf('ospf')
  .filter((version) => Number.parseInt(version, 10) >= 3)
  .map((version) => `ospf@${version}`);
const FRR = '10.1.0.2';
/** The same file for all of them. */
const OSPF = { interfaces: { wan0: { 'hello-interval': '1s', 'dead-interval': '4s' } } };

t.test(
  'OSPF 2 is replaced by each newer version, which has routes then, and comes back',
  { skip },
  async (t) => {
    const place = await OspfPlace.make(t);
    const peer = place.peer('frr');
    NetworkNamespace.join([place.router, 'wan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
    peer.ip('address', 'add', `${FRR}/32`, 'dev', 'lo');
    const link = '\n ip ospf hello-interval 1\n ip ospf dead-interval 4';
    await place.frr(t, peer, `${frrLink('eth0', '0.0.0.0', link)}${frrRouter(FRR, '0.0.0.0')}`);
    const router = { id: '10.1.0.1', state: join(place.directory, 'state'), modules: { OSPF: BEFORE } };
    await place.start({
      id: router.id,
      ip: { interfaces: { wan0: {} } },
      ospf: OSPF,
      others: { router },
    });
    await place.comesTo(FRR, '2-Way');
    for (const version of NEWER) {
      await place.run(`replace OSPF ${version}`, 'confirm');
      await place.comesTo(FRR, 'Full');
      await place.comesToRoutes([`${FRR} 10.9.0.2@wan0 10`]);
      await place.run(`replace OSPF ${BEFORE}`, 'confirm');
      await place.comesTo(FRR, '2-Way');
    }
    for (const version of NEWER) {
      await place.run(`replace OSPF ${version}`, 'confirm');
      await place.comesTo(FRR, 'Full');
      await place.comesToRoutes([`${FRR} 10.9.0.2@wan0 10`]);
    }
    t.notMatch(place.output, /INTERNAL|^\s+at /m, 'nothing was thrown');
  },
);
