/** OSPF from the outside: a whole router whose first address is no network, FRR beside it, and made-up neighbours. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import { Remote } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable, startFrr } from './frr.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt, sleep } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;
const CONFIG = `router: { id: 10.9.0.1 }
timer: { period: 1s }
ospf: { interfaces: { wan0: { hello-interval: 1s, dead-interval: 20s, priority: 0 } } }
`;

const FRR = `interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 20
 ip ospf priority 0
router ospf
 ospf router-id 10.9.0.2
 network 10.9.0.0/24 area 0.0.0.0
`;

t.test(
  'the network behind a host prefix is used, and made-up neighbours that answer no ARP cost no Hello',
  { skip },
  async (t) => {
    const place = stage(t);
    const { router, peer, socket } = place;
    router.ip('address', 'del', '10.9.0.1/24', 'dev', 'wan0');
    router.ip('address', 'add', '10.9.9.9/32', 'dev', 'wan0');
    router.ip('address', 'add', '10.9.0.1/24', 'dev', 'wan0');
    const { vtysh } = await startFrr(t, peer, place.directory, FRR);
    const { output } = await running(t, place, CONFIG);
    const neighbors = async () =>
      (await execAt(socket, 'show neighbors')).data as { address: string; state: string }[];
    const known = async () => {
      const found = (await neighbors()).find(({ address }) => address === '10.9.0.2');
      return (
        (found?.state === '2-Way' && /10\.9\.0\.1 +\d+ +2-Way/.test(vtysh('show ip ospf neighbor'))) ||
        undefined
      );
    };
    await eventuallyAsync('both are 2-Way', PATIENCE, known);
    t.match(output(), /wan0: 10\.9\.0\.1\/24 is used; 10\.9\.9\.9\/32 \(.*\) takes no part/);

    const remote = new Remote({ namespace: peer });
    t.teardown(() => remote.kill());
    await remote.order({ op: 'open', port: 'ospf', options: { interface: 'eth0', protocol: 89 } });
    const hello = { mask: 0xffff_ff00, helloInterval: 1, options: 2, priority: 0, deadInterval: 20 };
    const body = encodeHello({ ...hello, dr: 0, bdr: 0, neighbors: [] });
    for (let i = 0; i < 1200; i++) {
      const header = { type: 1, routerId: toNumber(`9.9.${i >> 8}.${i & 255}`), area: 0 };
      const payload = encodePacket(header, body, { type: 0 });
      await remote.order({
        op: 'send',
        port: 'ospf',
        to: '10.9.0.1',
        from: `10.9.0.${3 + (i % 250)}`,
        payload: Buffer.from(payload).toString('hex'),
      });
      // As fast as what was seen to fill the send buffer, and over several Hellos of the router.
      if (i % 20 === 19) await sleep(100);
    }
    const { state } = (await execAt(socket, 'show state OSPF')).data as {
      state: { counters: Record<string, number> };
    };
    const {
      helloNotSent = 0,
      helloReceived = 0,
      tooManyNeighbors = 0,
      helloNotAnswered = 0,
    } = state.counters;
    t.equal(helloNotSent, 0, 'no Hello was refused for want of room');
    t.ok(helloReceived + tooManyNeighbors >= 1000, `${helloReceived} and ${tooManyNeighbors} arrived`);
    t.ok(helloNotAnswered > 0, 'there were more than are answered');
    t.ok(await known(), 'FRR and we know each other still');
    t.ok((await neighbors()).length <= 1 + 64, 'the others are few');
    t.ok(output().split('\n').length < 120, 'and so is what was said of them');
  },
);
