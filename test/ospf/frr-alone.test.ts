/** FRR with no router of ours beside it does this: other tests measure by it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable, startFrr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable, startBird } from './bird.ts';
import { Shadows, shadowedIn } from './faults/shadow.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter } from './lines.ts';

/** It takes as long as FRR keeps an LSA of MaxAge, and is about FRR: it comes with the random faults that meet it. */
const IS_LONG = process.env.HITLESS_OSPF_STEPS !== undefined;
const PATIENCE = 30_000;
/** FRR keeps an LSA of MaxAge for 60 s. */
const ENDED_PATIENCE = 180_000;

t.test(
  'an FRR that is prepared for its graceful restart leaves the next one alone, which makes LSAs',
  { skip: NetworkNamespace.unavailable || frrUnavailable },
  async (t) => {
    const directory = mkdtempSync('/tmp/hitless-test-');
    // FRR's own user has to get at its files below.
    chmodSync(directory, 0o755);
    const peers = ['one', 'two'].map((label) => NetworkNamespace.create(label));
    t.teardown(() => {
      for (const peer of peers) peer.cleanup();
      rmSync(directory, { recursive: true, force: true });
    });
    NetworkNamespace.join([peers[0]!, 'eth0', '10.9.0.1/24'], [peers[1]!, 'eth0', '10.9.0.2/24']);
    const start = async (peer: NetworkNamespace, routerId: string) => {
      const own = join(directory, peer.name);
      mkdirSync(own);
      const router = frrRouter(routerId, '0.0.0.0', ' capability opaque\n graceful-restart\n');
      const frr = await startFrr(t, peer, own, frrLink('eth0', '0.0.0.0') + router);
      const makesLsas = async () =>
        frr.vtysh('show ip ospf database self-originate').includes(routerId) || undefined;
      return { frr, makesLsas };
    };
    const one = await start(peers[0]!, '10.1.0.1');
    await eventuallyAsync('the first one makes its router-LSA', PATIENCE, one.makesLsas);
    one.frr.vtysh('graceful-restart prepare ip ospf');
    const two = await start(peers[1]!, '10.1.0.2');
    await eventuallyAsync(
      'the second one is Full',
      PATIENCE,
      async () => two.frr.vtysh('show ip ospf neighbor').includes('Full') || undefined,
    );
    t.match(
      two.frr.vtysh('show ip ospf database router'),
      /Advertising Router: 10\.1\.0\.2/,
      'it makes LSAs',
    );
  },
);

if (IS_LONG)
  t.test(
    'FRR whose designated router begins again with a higher router id has routes at last once it is made to compute them',
    { skip: NetworkNamespace.unavailable || frrUnavailable || birdUnavailable },
    async (t) => {
      const directory = mkdtempSync('/tmp/hitless-test-');
      // FRR's own user has to get at its files below.
      chmodSync(directory, 0o755);
      const [one, two] = ['one', 'two'].map((label) => NetworkNamespace.create(label)) as [
        NetworkNamespace,
        NetworkNamespace,
      ];
      t.teardown(() => {
        for (const peer of [one, two]) peer.cleanup();
        rmSync(directory, { recursive: true, force: true });
      });
      NetworkNamespace.join([one, 'eth0', '10.9.0.1/24'], [two, 'eth0', '10.9.0.2/24']);
      two.ip('address', 'add', '10.1.0.2/32', 'dev', 'lo');
      const begins = (routerId: string) =>
        startBird(t, two, join(directory, 'bird'), {
          routerId,
          areas: `area 0.0.0.0 { ${birdLink('eth0', 'type broadcast; wait 2;')}${BIRD_LOOPBACK} };`,
        });
      const hasRoute = async () => one.ip('route').includes('10.1.0.2') || undefined;

      const before = await begins('10.1.0.2');
      // BIRD is the designated router whoever came first.
      const link = frrLink('eth0', '0.0.0.0', ' ip ospf priority 0');
      mkdirSync(join(directory, 'frr'));
      const frr = await startFrr(t, one, join(directory, 'frr'), link + frrRouter('10.1.0.1', '0.0.0.0'));
      await eventuallyAsync('there is a route', PATIENCE, hasRoute);

      before.signal('SIGKILL');
      await eventuallyAsync('BIRD is gone', PATIENCE, async () => two.pids().length === 0 || undefined);
      await begins('10.1.0.3');
      const database = () => frr.vtysh('show ip ospf database');
      await eventuallyAsync(
        'FRR has the network-LSA of both router ids',
        PATIENCE,
        async () => shadowedIn(database()).includes('10.9.0.2') || undefined,
      );
      const shadows = new Shadows({ alive: true, lives: 1, vtysh: frr.vtysh });
      await eventuallyAsync('there is a route again', ENDED_PATIENCE, async () => {
        shadows.lift();
        return hasRoute();
      });
      const isMended = shadowedIn(database()).length > 0;
      t.equal(shadows.lifted, isMended ? 0 : 1, isMended ? 'this FRR does without' : 'not by itself');
    },
  );
