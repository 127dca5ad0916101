/** An FRR knows nothing of another one on the same machine: other tests measure by it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable, startFrr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { frrLink, frrRouter } from './lines.ts';

const PATIENCE = 30_000;

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
