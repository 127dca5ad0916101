/** IP's views through a real router's console, in a namespace beside a real FRR with the same routes. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { frrDaemon } from '../../firmware/lab/frr-daemon.ts';
import { manifest } from '../../firmware/modules/ip/module.ts';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from './console-session.ts';
import { frrUnavailable } from './frr.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;
const RELEASE = fileURLToPath(new URL('../../firmware/release.mjs', import.meta.url));

/** The routes of both, as FRR's staticd has them; ours are the same. */
const STATIC = [
  'ip route 0.0.0.0/0 10.9.0.254',
  'ip route 10.20.0.0/16 10.9.0.7',
  'ip route 10.20.0.0/16 10.9.0.8',
  'ip route 10.20.0.0/16 10.9.0.9 200',
  'ip route 10.21.0.0/16 10.20.1.1',
  'ip route 10.22.0.0/16 blackhole',
  'ip route 10.23.0.0/16 reject',
  'ip route 10.24.0.0/16 wan0',
  'ipv6 route fd00:20::/48 fd00:9::7',
];
const SECTION = `
  interfaces: { wan0: { router-discovery: false } }
  routes:
    0.0.0.0/0: { 10.9.0.254: {} }
    10.20.0.0/16: { 10.9.0.7: {}, 10.9.0.8: {}, 10.9.0.9: { distance: 200 } }
    10.21.0.0/16: { 10.20.1.1: {} }
    10.22.0.0/16: { blackhole: {} }
    10.23.0.0/16: { unreachable: {} }
    10.24.0.0/16: { wan0: {} }
    'fd00:20::/48': { 'fd00:9::7': {} }
  prefix-lists:
    internal: { 10: permit 10.0.0.0/8 le 24, 20: deny 10.0.0.0/8 ge 25, 30: permit any }
    host: { 5: permit 10.9.0.1/32 }
  route-maps: { out: { 10: { action: permit, prefix-list: internal, set-metric: 20 } } }
`;

/** The lists of both, as FRR has them. */
const LISTS = [
  'ip prefix-list internal seq 10 permit 10.0.0.0/8 le 24',
  'ip prefix-list internal seq 20 deny 10.0.0.0/8 ge 25',
  'ip prefix-list internal seq 30 permit any',
  'ip prefix-list host seq 5 permit 10.9.0.1/32',
];

/** Routes that another program has, of each family, besides the addresses. */
function furnish(namespace: NetworkNamespace, name: string): void {
  namespace.ip('address', 'add', 'fd00:9::1/64', 'dev', name, 'nodad');
  namespace.ip('route', 'add', '10.30.0.0/16', 'via', '10.9.0.5', 'metric', '20');
}

/** zebra and staticd; gives what vtysh prints. */
async function frrBeside(t: Test, directory: string): Promise<(command: string) => string> {
  const [place, other] = [NetworkNamespace.create('frr'), NetworkNamespace.create('far')];
  t.teardown(() => {
    place.cleanup();
    other.cleanup();
  });
  NetworkNamespace.join([place, 'wan0', '10.9.0.1/24'], [other, 'eth0', '10.9.0.2/24']);
  furnish(place, 'wan0');
  const own = join(directory, 'frr');
  mkdirSync(own);
  const file = (name: string) => join(own, name);
  writeFileSync(file('zebra.conf'), `hostname peer\n${LISTS.join('\n')}\n`);
  writeFileSync(file('vtysh.conf'), '');
  writeFileSync(file('staticd.conf'), `${STATIC.join('\n')}\n`);
  const id = (option: string) => Number(place.exec(['id', option, 'frr']));
  for (const path of [own, file('zebra.conf'), file('staticd.conf')]) chownSync(path, id('-u'), id('-g'));
  for (const path of [directory, own]) chmodSync(path, 0o755);
  for (const daemon of ['zebra', 'staticd']) {
    const child = place.spawn(frrDaemon(daemon, own));
    child.stdout?.resume();
    child.stderr?.resume();
    const ended = new Promise((resolve) => child.once('close', resolve));
    t.teardown(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    const ready = daemon === 'zebra' ? file('zserv.api') : file('staticd.vty');
    await eventuallyAsync(`${daemon} is there`, PATIENCE, async () => existsSync(ready) || undefined);
  }
  return (command) => place.exec(['vtysh', '--vty_socket', own, '-c', command]);
}

/** The lines of routes, in an order of their own: without ages, and without what this host's links have by themselves. */
function routesIn(lines: readonly string[]): string[] {
  const begin = lines.findIndex((line) => /^[A-Z][> ][*qr ] /.test(line));
  const ageless = lines.slice(begin).map((line) => line.replace(/, \d\d:\d\d:\d\d$/, '').trimEnd());
  return ageless.filter((line) => line !== '' && !line.includes('fe80::')).sort();
}

t.test('routes are shown in the same lines as a real FRR shows the same routes', { skip }, async (t) => {
  const whole = stage(t);
  const { directory, router, socket } = whole;
  furnish(router, 'wan0');
  const bundles = join(directory, 'bundles');
  execFileSync(process.execPath, [RELEASE, 'ip', '--releases', bundles]);
  await running(
    t,
    whole,
    `router: { id: 10.9.0.1, bundles: [${bundles}], modules: { IP: 'ip@${manifest.version}' } }\nip:${SECTION}`,
  );
  const session = await ConsoleSession.open(t, socket);
  const vtysh = await frrBeside(t, directory);
  for (const family of ['ip', 'ipv6']) {
    const command = `show ${family} route`;
    const ours = async () => routesIn((await session.say(command)).lines);
    const theirs = await eventuallyAsync('FRR has its routes', PATIENCE, async () => {
      const lines = routesIn(vtysh(command).split('\n'));
      return lines.some((line) => line.startsWith('S>* ')) ? lines : undefined;
    });
    await eventuallyAsync('IP has its routes', PATIENCE, async () => {
      const lines = await ours();
      return (lines.some((line) => line.startsWith('S>* ')) && !lines.some((l) => l[2] === 'q')) || undefined;
    });
    t.same(await ours(), theirs, command);
  }
  const lists = vtysh('show ip prefix-list').replaceAll('ZEBRA: ', '').trimEnd();
  t.equal(await session.all('show ip prefix-list'), lists, 'prefix lists');
  t.match(
    await session.all('show route-map out'),
    /^ {4}ip address prefix-list internal\n.*:\n {4}metric 20$/m,
  );
  t.match(await session.say('show ip prefix-list intern'), {
    ok: false,
    code: 'VIEW_REFUSED',
    message: /there is no prefix list "intern"; known: .*internal/,
  });
  const json = await session.data<{ prefix: string; inKernel: string }[]>(
    'show ip route longer 10.16.0.0/12',
  );
  t.match(json[0], { prefix: '10.20.0.0/16', inKernel: 'yes', distance: 1 });
  t.match(
    await session.all('show ip route 10.20.7.7'),
    /^Codes: K .*\n(.*\n)*S>\* 10\.20\.0\.0\/16 \[1\/0\] via/,
  );
  t.match(await session.say('show ip route bogus'), {
    ok: false,
    code: 'VIEW_REFUSED',
    message: /^"bogus" is/,
  });
  t.match(
    await session.all('show ip route summary'),
    /^SOURCE +ROUTES +SELECTED +FIB.*\n(.*\n)*static +7 +6 +/,
  );
  t.match(await session.all('show ip rib 10.20.0.0/16'), /200 .* no +distance 200, static has 1$/);
  t.match(await session.all('show ip nexthop'), /10\.20\.1\.1 .* reachable +10\.20\.0\.0\/16/);
  t.match(await session.all('show ip interface brief'), /wan0 +up .*10\.9\.0\.1\/24/);
  t.match(await session.all('show ipv6 interface wan0'), /wan0 +up .*fd00:9::1\/64/);
  router.ip('neighbor', 'replace', '10.9.0.77', 'lladdr', '02:00:00:00:00:77', 'dev', 'wan0');
  await eventuallyAsync('the neighbour is shown', PATIENCE, async () => {
    const text = await session.all('show ip arp wan0');
    return /10\.9\.0\.77 +02:00:00:00:00:77 +permanent +wan0/.test(text) || undefined;
  });
});

t.test(
  'router advertisements and one interface are shown on the console, with the host that asked',
  { skip: NetworkNamespace.unavailable },
  async (t) => {
    const whole = stage(t);
    const { directory, router, peer, socket } = whole;
    const bundles = join(directory, 'bundles');
    execFileSync(process.execPath, [RELEASE, 'ip', '--releases', bundles]);
    await running(
      t,
      whole,
      `router: { id: 10.9.0.1, bundles: [${bundles}], modules: { IP: 'ip@${manifest.version}' } }
ip:
  interfaces:
    wan0: { addresses: ['fd00:9::1/64'], forwarding: true, router-advertisements: { interval: 30s, managed: true } }
    lo: {}
`,
    );
    const session = await ConsoleSession.open(t, socket);
    // Its kernel solicits once it is up.
    peer.ip('link', 'set', 'eth0', 'down');
    peer.ip('link', 'set', 'eth0', 'up');
    type Row = { interface: string; advertising: boolean; solicited: number; sent: number; lastAgo: number };
    const row = await eventuallyAsync('a host has asked and is answered', PATIENCE, async () => {
      const [found] = await session.data<Row[]>('show ipv6 nd ra wan0');
      return found !== undefined && found.solicited > 0 && found.sent > 0 ? found : undefined;
    });
    t.match(row, {
      interface: 'wan0',
      advertising: true,
      interval: 30_000,
      says: { managed: true, prefixes: [{ prefix: 'fd00:9::/64', onLink: true }] },
      lastAgo: Number,
      nextIn: Number,
    });
    t.notOk('lines' in row, 'the text is for people');
    for (const words of ['ipv6 nd ra', 'ipv6 nd interface', 'ipv6 nd ra-interfaces'])
      t.match(
        await session.all(`show ${words}`),
        /^Interface wan0 advertises from fe80::.*\n(.*\n)* {2}Hosts use DHCP to obtain routable addresses\.\n/,
      );
    t.match(await session.say('show ipv6 nd ra wan9'), {
      ok: false,
      code: 'VIEW_REFUSED',
      message: /^there is no interface "wan9"/,
    });
    t.match(await session.say('show ipv6 nd ra lo'), { ok: false, message: /^lo is not configured for/ });
    t.match(await session.all('show interfaces wan0'), /^INTERFACE .*\nwan0 +up +1500 .*fd00:9::1\/64/);
    t.match(await session.say('show interfaces wan9'), { ok: false, code: 'INTERFACE_UNKNOWN' });
    peer.ip('link', 'set', 'eth0', 'down');
    await eventuallyAsync('it is silent', PATIENCE, async () => {
      const text = await session.all('show ipv6 nd ra');
      return /^Interface wan0 is silent: it has no carrier\n/.test(text) || undefined;
    });
    router.ip('link', 'delete', 'wan0');
    await eventuallyAsync('it is gone', PATIENCE, async () => {
      const text = await session.all('show ipv6 nd ra wan0');
      return /^Interface wan0 is silent: there is no such interface\n/.test(text) || undefined;
    });
  },
);
