/** What hosts are told of the router as their default one (RFC 1256), from the wire: while it serves, leaves, and cannot forward. */
import type { ChildProcess } from 'node:child_process';
import t, { type Test } from 'tap';
import { figureName } from '../../runtime/index.ts';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { CONFIG, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
/** For a machine that others use too, in ms. */
const PATIENCE = 20_000;
/** The version that runs, as log lines name it. */
const IP = figureName('IP', newestRelease('ip'));

interface Wire {
  ready: Promise<unknown>;
  seen(): string[];
  /** Waits until exactly these lifetimes were seen. */
  until(...lifetimes: string[]): Promise<unknown>;
}

/** The lifetimes of the router advertisements on the peer's wire so far, each once where it repeats. */
function lifetimes(t: Test, { peer }: Stage): Wire {
  const dump: ChildProcess = peer.spawn([
    'tcpdump',
    '-i',
    'eth0',
    '-nn',
    '-l',
    '--immediate-mode',
    'icmp[0] == 9',
  ]);
  let output = '';
  dump.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ready = new Promise((resolve) => dump.stderr?.once('data', resolve));
  t.teardown(() => dump.kill('SIGKILL'));
  const seen = () => {
    const all = [...output.matchAll(/advertisement lifetime ([\d:]+)/g)].map(([, lifetime = '']) => lifetime);
    return all.filter((lifetime, i) => lifetime !== all[i - 1]);
  };
  const until = (...expected: string[]) =>
    eventuallyAsync(
      `${expected} and not ${seen()}`,
      PATIENCE,
      async () => `${seen()}` === `${expected}` || undefined,
    );
  return { seen, ready, until };
}

/** Without OSPF, which cannot do without IP's links: IP is swapped for versions that tell of none, and removed. */
const OFFERING = CONFIG.replace(/^ospf: .*\n/m, '')
  .replace('ip: {', 'ip: { lifetime: 30m,')
  .replace('id: 10.9.0.1', '$&, modules: { VRRP: vrrp@2.3.1 }');

t.test('hosts are offered a default router only while the kernel forwards', { skip }, async (t) => {
  const place = stage(t);
  const set = (key: string, value: number) =>
    place.router.exec(['sysctl', '-q', '-w', `net.ipv4.${key}=${value}`]);
  const { ready, until } = lifetimes(t, place);
  await ready;
  set('ip_forward', 0);
  const { output } = await running(t, place, OFFERING);
  await until('0');
  t.match(output(), /Z warning: IPv4 forwarding is off on wan0: .*sysctl -w net\.ipv4\.ip_forward=1/i);
  t.match(output(), `Z warning: ${IP} wan0 is not offered to hosts as a default router`);
  set('ip_forward', 1);
  await until('0', '30:00');
  set('conf.wan0.forwarding', 0);
  await until('0', '30:00', '0');
  set('conf.wan0.forwarding', 1);
  await until('0', '30:00', '0', '30:00');
  await eventuallyAsync('it says so', PATIENCE, async () =>
    /the kernel forwards IPv4 on wan0 now/.test(output()),
  );
});

async function told({ socket }: Stage, command: string): Promise<void> {
  const answer = await execAt(socket, command);
  if (!answer.ok) throw new Error(`${command}: ${answer.code}: ${answer.message}`);
}

t.test(
  'hosts are told when the router leaves, is disabled or removed, and not when it is swapped',
  { skip },
  async (t) => {
    const place = stage(t);
    const { ready, until, seen } = lifetimes(t, place);
    await ready;
    const { child } = await running(t, place, OFFERING);
    await until('30:00');
    const newest = newestRelease('ip');
    for (const version of ['2.0.0', '2.1.0', '1.1.0', '2.2.0', newest, '2.1.0', newest, '2.2.0', newest])
      await told(place, `replace IP ip@${version}`);
    t.same(seen(), ['30:00'], 'nothing of the swaps is told');
    await told(place, 'disable IP');
    await until('30:00', '0');
    await told(place, 'enable IP');
    await until('30:00', '0', '30:00');
    await told(place, 'remove IP');
    await until('30:00', '0', '30:00', '0');
    await told(place, `add IP ip@${newest}`);
    await until('30:00', '0', '30:00', '0', '30:00');
    const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    child.kill('SIGTERM');
    t.equal(await ended, 0);
    await until('30:00', '0', '30:00', '0', '30:00', '0');
  },
);

t.test(
  'what the kernel does not let out is said with the reason of the kernel, and shown',
  { skip },
  async (t) => {
    const place = stage(t);
    // A policy of IPsec that blocks: the kernel refuses as it does for a firewall, and it needs no other tool.
    const policy = (...args: string[]) =>
      place.router.ip('xfrm', 'policy', args[0]!, 'dst', '224.0.0.1/32', 'dir', 'out', ...args.slice(1));
    const { output } = await running(t, place, OFFERING);
    policy('add', 'action', 'block');
    const says = (pattern: RegExp) =>
      eventuallyAsync(`it says ${pattern}`, PATIENCE, async () => pattern.test(output()) || undefined);
    await says(new RegExp(`Z warning: ${IP} wan0: an advertisement was not sent: .*not permitted`, 'i'));
    const ports = (await execAt(place.socket, 'show ports')).data as { module: string; port: string }[];
    t.match(
      ports.find(({ module, port }) => module === 'IP' && port === 'icmp'),
      { failure: { reason: /not permitted/i } },
    );
    policy('delete');
    await says(new RegExp(`${IP} wan0: advertisements are sent again`));
  },
);
