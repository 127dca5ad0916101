/** A host with more interfaces than a mailbox has room for. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
/** The kernel's group of all of them. */
const GROUP = '7';
const MANY = 1_200;
/** For a machine that others use too, in ms. */
const PATIENCE = 60_000;

function batch({ router }: Stage, lines: string[]): void {
  router.exec(['ip', '-batch', '-'], { input: lines.join('\n') });
}

function role({ socket }: Stage, state: string): Promise<unknown> {
  return eventuallyAsync(`VRRP is ${state}`, PATIENCE, async () => {
    // While its mailbox is full of links, a view is refused.
    const { data = [] } = await execAt(socket, 'show vrrp');
    return (data as { state: string }[])[0]?.state === state || undefined;
  });
}

t.test(
  'among 1,200 interfaces those of the configuration are served, also when all change',
  { skip, timeout: 300_000 },
  async (t) => {
    const place = stage(t);
    const { router, peer } = place;
    router.ip('link', 'delete', 'wan0');
    router.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.default.disable_ipv6=1']);
    const names = Array.from({ length: MANY }, (_, i) => `x${i}`);
    batch(
      place,
      names
        .slice(0, MANY / 2)
        .map(
          (name, i) =>
            `link add ${name} group ${GROUP} type veth peer name ${names[i + MANY / 2]} group ${GROUP}`,
        ),
    );
    NetworkNamespace.join([router, 'wan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
    await running(t, place, CONFIG);
    await role(place, 'Active');

    batch(place, [...names.map((name) => `link set ${name} mtu 1400`), 'link set wan0 down']);
    await role(place, 'Initialize');
    batch(place, [...names.slice(0, 50).map((name) => `link delete ${name}`), 'link set wan0 up']);
    await role(place, 'Active');
    const hello = peer.exec(['timeout', '20', 'tcpdump', '-i', 'eth0', '-nn', '-c', '1', 'proto 89']);
    t.match(hello, /10\.9\.0\.1 > 224\.0\.0\.5: OSPFv2, Hello/);
    const modules = (await execAt(place.socket, 'show modules')).data as { name: string }[];
    for (const module of modules) t.match(module, { errors: 0, service: 'service' }, module.name);
    // At once: bridges, and those that end with their namespace, keep all interfaces of the machine waiting for long.
    router.ip('link', 'delete', 'group', GROUP);
  },
);
