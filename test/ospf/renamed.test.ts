/**
 * A designated router that is killed and begins again under another router id. FRR behind BIRD: the router has the new way. The
 * router itself: FRR keeps nothing of its LAN of before.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable, startFrr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import { birdLink, frrLink, frrRouter, LINK, POINT_TO_POINT, TIMERS } from './lines.ts';
import { databaseOf, OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;
const PATIENCE = 60_000;
/** Behind FRR in each of its lives. */
const BEHIND = ['10.6.1.1', '10.6.2.1', '10.6.3.1'];

t.test(
  'whatever router id a designated router has next, higher or lower, there is a way to it and over its LAN',
  { skip },
  async (t) => {
    const place = await OspfPlace.make(t);
    const [between, peer] = [place.peer('bird'), place.peer('frr')];
    NetworkNamespace.join([place.router, 'lan0', '10.7.0.1/24'], [between, 'eth0', '10.7.0.2/24']);
    NetworkNamespace.join([between, 'eth1', '10.7.1.2/24'], [peer, 'eth0', '10.7.1.3/24']);
    await place.bird(t, between, {
      routerId: '10.1.0.2',
      areas: `area 0.0.0.0 { ${birdLink('eth0')}${birdLink('eth1', 'type broadcast; wait 2; priority 0;')} };`,
    });
    await place.start({
      id: '10.1.0.1',
      ip: { interfaces: { lan0: {} } },
      ospf: { timers: TIMERS, interfaces: { lan0: POINT_TO_POINT } },
    });
    for (const [life, routerId] of ['10.1.0.5', '10.1.0.3', '10.1.0.9'].entries()) {
      for (const pid of peer.pids()) process.kill(Number(pid), 'SIGKILL');
      await eventuallyAsync('FRR is gone', PATIENCE, async () => peer.pids().length === 0 || undefined);
      if (life > 0) peer.ip('address', 'delete', `${BEHIND[life - 1]}/32`, 'dev', 'lo');
      peer.ip('address', 'add', `${BEHIND[life]}/32`, 'dev', 'lo');
      const directory = join(place.directory, `life-${life}`);
      mkdirSync(directory);
      await startFrr(
        t,
        peer,
        directory,
        frrLink('eth0', '0.0.0.0', ' ip ospf priority 9') + frrRouter(routerId, '0.0.0.0'),
      );
      await place.comesToRoutes([`${BEHIND[life]} 10.7.0.2@lan0 20`, '10.7.1.0/24 10.7.0.2@lan0 20']);
      t.pass(`${routerId} is reached`);
    }
  },
);

t.test(
  'the router begins again under another router id, and its LAN comes up later: FRR has no network-LSA of before',
  { skip: NetworkNamespace.unavailable || frrUnavailable },
  async (t) => {
    const place = await OspfPlace.make(t);
    const peer = place.peer('frr');
    NetworkNamespace.join([place.router, 'lan0', '10.7.0.1/24'], [peer, 'eth0', '10.7.0.2/24']);
    NetworkNamespace.join([place.router, 'lan1', '10.7.1.1/24'], [peer, 'eth1', '10.7.1.2/24']);
    const onLan = frrLink('eth1', '0.0.0.0', ' ip ospf priority 0\n ip ospf cost 1');
    const frr = await place.frr(
      t,
      peer,
      frrLink('eth0', '0.0.0.0') + onLan + frrRouter('10.1.0.2', '0.0.0.0'),
    );
    const sections = (id: string) => ({
      id,
      ip: { interfaces: { lan0: {}, lan1: {} } },
      ospf: { timers: TIMERS, interfaces: { lan0: POINT_TO_POINT, lan1: LINK } },
    });
    const networks = () =>
      databaseOf(frr)
        .filter((lsa) => lsa.startsWith('0.0.0.0 10.7.1.1 '))
        .map((lsa) => lsa.split(' ')[2])
        .sort()
        .join(' ');
    await place.start(sections('10.1.0.9'));
    await place.comesToBe('FRR has the network', '10.1.0.9', networks);
    await place.kill('SIGKILL');
    place.router.ip('link', 'set', 'lan1', 'down');
    await place.start(sections('10.1.0.1'));
    await place.comesTo('10.1.0.2', 'Full');
    await place.comesToEqual([frr]);
    t.equal(networks(), '10.1.0.9', 'nobody has flushed it while the LAN was down');
    place.router.ip('link', 'set', 'lan1', 'up');
    await place.comesToBe('FRR has that of now alone', '10.1.0.1', networks);
    await place.comesToEqual([frr]);
  },
);
