/** Interfaces that are not there at the start, and those that go and come again. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
/** For a machine that others use too, in ms. */
const PATIENCE = 20_000;

const TWO = `router: { id: 10.9.0.1 }
timer: { period: 100ms }
interfaces: { wan1: { addresses: [10.9.1.1/24] } }
ip: { interfaces: { wan0: { interval: 100ms }, wan1: { interval: 100ms } } }
ospf:
  interfaces:
    wan0: { hello-interval: 1s, dead-interval: 4s }
    wan1: { hello-interval: 1s, dead-interval: 4s }
vrrp:
  - { interface: wan1, group: 7, interval: 100ms, addresses: [10.9.1.254] }
`;

function attach({ router, peer }: Stage): number {
  NetworkNamespace.join([router, 'wan1'], [peer, 'eth1', '10.9.1.2/24']);
  return Number(router.exec(['cat', '/sys/class/net/wan1/ifindex']));
}

/** All three protocols are heard on the wire and have joined their groups. */
async function serves(t: Test, { router, peer }: Stage): Promise<void> {
  const capture = (...filter: string[]) =>
    peer.exec(['timeout', '20', 'tcpdump', '-i', 'eth1', '-nn', '-c', '1', ...filter]);
  t.match(capture('proto', '89'), /10\.9\.1\.1 > 224\.0\.0\.5: OSPFv2, Hello/);
  t.match(capture('icmp'), /10\.9\.1\.1 > 224\.0\.0\.1: ICMP router advertisement/);
  t.match(capture('proto', '112'), /10\.9\.1\.1 > 224\.0\.0\.18: VRRPv3, Advertisement/);
  const joined = router.ip('-4', 'maddress', 'show', 'dev', 'wan1');
  for (const group of ['224.0.0.2', '224.0.0.5', '224.0.0.18']) t.match(joined, `inet  ${group}\n`);
}

t.test(
  'an interface that comes later, goes and comes again is served whenever it is there',
  { skip },
  async (t) => {
    const place = stage(t);
    const { output } = await running(t, place, TWO);
    await eventuallyAsync('it says what it lacks', PATIENCE, async () => /no interface wan1/.test(output()));
    t.match(
      output(),
      /interfaces\.wan1, ip\.interfaces\.wan1, ospf\.interfaces\.wan1, vrrp\[0\]\.interface: this host has no interface wan1 yet; it is served when it comes\. It has lo, wan0; did you mean "wan0"\?/i,
    );
    t.match((await execAt(place.socket, 'show vrrp')).data, [{ state: 'Initialize' }]);
    const first = attach(place);
    await serves(t, place);
    await eventuallyAsync('it says so', PATIENCE, async () =>
      /interface wan1 is there: it is served/.test(output()),
    );
    place.router.ip('link', 'delete', 'wan1');
    await eventuallyAsync('it says so', PATIENCE, async () => /interface wan1 is gone/.test(output()));
    t.not(attach(place), first, 'under another index');
    await serves(t, place);
    const modules = (await execAt(place.socket, 'show modules')).data as { name: string }[];
    for (const module of modules) t.match(module, { errors: 0, service: 'service' }, module.name);
  },
);
