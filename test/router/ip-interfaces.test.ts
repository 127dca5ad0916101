/**
 * IP sets interfaces as the configuration says: in namespaces, by a router process. Looked at by iproute2, and by a monitor of
 * the test's own that counts what the kernel takes away.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { manifest } from '../../firmware/modules/ip/module.ts';
import { NetworkNamespace } from '../netns.ts';
import { releasesOf } from '../newest-release.ts';
import { ConsoleSession } from './console-session.ts';
import { type Running, running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 30_000;
const RELEASE = fileURLToPath(new URL('../../firmware/release.mjs', import.meta.url));
const VERSION = `ip@${manifest.version}`;
/** The newest that sets no interfaces: state version 2. */
const BEFORE = `ip@${releasesOf('ip').findLast((version) => version.startsWith('2.'))}`;

/** Why this kernel makes no links of a kind; false where it does. */
function lacking(kind: string, ...args: string[]): string | false {
  if (skip !== false) return skip;
  const namespace = NetworkNamespace.create('has');
  try {
    namespace.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
    namespace.ip('link', 'add', 'link', 'v0', 'name', 'x0', 'type', kind, ...args);
    return false;
  } catch (thrown) {
    return `SKIPPED: this kernel has no ${kind}: ${(thrown as Error).message}`;
  } finally {
    namespace.cleanup();
  }
}

/** A host with wan0 (10.9.0.1/24, not of ours) and wan1 (bare, down), and the sources' version of IP. */
function place(t: Test) {
  const whole = stage(t);
  const { router, peer, directory } = whole;
  const bundles = join(directory, 'bundles');
  execFileSync(process.execPath, [RELEASE, 'ip', '--releases', bundles]);
  NetworkNamespace.join([router, 'wan1'], [peer, 'eth1']);
  router.ip('link', 'set', 'wan1', 'down');
  router.exec(['sysctl', '-q', '-w', 'net.ipv4.conf.wan1.forwarding=0']);
  const config = (interfaces: string, more = '') =>
    `router: { id: 10.9.0.1, bundles: [${bundles}], modules: { IP: '${VERSION}' } }\nip:\n  interfaces:\n${interfaces}${more}`;
  const addresses = (name: string) =>
    (JSON.parse(router.ip('-j', 'address', 'show', 'dev', name)) as { addr_info: Shown[] }[])
      .flatMap(({ addr_info }) => addr_info)
      .filter(({ local, scope }) => local !== undefined && (scope !== 'link' || local === 'fe80::1'))
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
      .sort();
  const link = (name: string) => {
    const [found] = JSON.parse(router.ip('-j', '-d', 'link', 'show', 'dev', name)) as Link[];
    return { up: found!.flags.includes('UP'), mtu: found!.mtu, alias: found!.ifalias, master: found!.master };
  };
  const has = (name: string) => router.ip('-o', 'link').includes(` ${name}`);
  const variable = (name: string) => router.exec(['sysctl', '-n', name]).trim();
  const until = (what: string, holds: () => boolean) =>
    eventuallyAsync(what, PATIENCE, async () => holds() || undefined);
  return { ...whole, config, addresses, link, has, variable, until };
}

type Place = ReturnType<typeof place>;
interface Shown {
  local?: string;
  prefixlen: number;
  scope: string;
}
interface Link {
  flags: string[];
  mtu: number;
  ifalias?: string;
  master?: string;
}

async function end({ child }: Running, signal: NodeJS.Signals): Promise<void> {
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

/** Everything that the kernel says of addresses and links, in lines; those that are gone begin with `Deleted`. */
async function monitor({ router, until }: Place) {
  const child = router.spawn(['ip', '-o', 'monitor', 'address', 'link']);
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  let fences = 0;
  /** All that happened before is in the text then. */
  const fence = async () => {
    const mark = `127.0.9.${++fences}`;
    await until('the monitor hears', () => {
      router.ip('address', 'replace', `${mark}/32`, 'dev', 'lo');
      router.ip('address', 'delete', `${mark}/32`, 'dev', 'lo');
      return text.includes(`Deleted`) && text.includes(mark);
    });
  };
  await fence();
  let from = text.length;
  return {
    /** Lines since the last call, but for the test's own marks and the kernel's own link-local addresses. */
    async take(): Promise<string[]> {
      await fence();
      const lines = text.slice(from).split('\n');
      from = text.length;
      return lines.filter((line) => line !== '' && !/127\.0\.9\.|fe80::[0-9a-f]*:/.test(line));
    },
  };
}

const WAN1 = `    wan1:
      addresses: [10.9.1.1/24, 10.9.1.2/24, 'fd00:9:1::1/64', 'fe80::1/64']
      mtu: 1400
      description: to the lab
      forwarding: true
`;
const WAN1_HAS = ['10.9.1.1/24', '10.9.1.2/24', 'fd00:9:1::1/64', 'fe80::1/64'];
const LO = '    lo: { addresses: [10.255.0.1/32] }\n';
const BRIDGE = '    br0: { bridge: [wan1], addresses: [10.9.8.1/24] }\n';

t.test('an interface is set as the configuration says, and is as it was at the end', { skip }, async (t) => {
  const at = place(t);
  const wan0 = '    wan0: { addresses: [10.9.0.1/24, 10.9.0.7/24] }\n';
  const router = await running(t, at, at.config(WAN1 + LO + wan0));
  await at.until('it has all', () => at.addresses('wan1').length === 4 && at.addresses('lo').length > 2);
  t.same(at.addresses('wan1'), WAN1_HAS);
  t.match(at.link('wan1'), { up: true, mtu: 1400, alias: 'to the lab' });
  const FORWARDING = ['net.ipv4.conf.wan1.forwarding', 'net.ipv6.conf.wan1.forwarding'];
  t.same(FORWARDING.map(at.variable), ['1', '1']);
  t.ok(at.addresses('lo').includes('10.255.0.1/32'));
  t.notOk(
    at.router.ip('-4', 'maddress', 'show', 'dev', 'lo').includes('224.0.0.2'),
    'no router discovery there',
  );
  t.ok(at.router.ip('-4', 'maddress', 'show', 'dev', 'wan1').includes('224.0.0.2'));
  await at.until('it has the other one', () => at.addresses('wan0').length === 2);
  at.router.ip('address', 'add', '10.9.1.77/24', 'dev', 'wan1');
  t.notMatch(router.output(), /forwarding is off on (lo|wan1)|conf\.wan1\.forwarding is 0/);

  await end(router, 'SIGTERM');
  t.same(at.addresses('wan1'), ['10.9.1.77/24'], 'a stranger’s, though it was secondary to ours');
  t.same(at.addresses('wan0'), ['10.9.0.1/24'], 'what was there before stays');
  t.same(at.addresses('lo'), ['127.0.0.1/8', '::1/128']);
  t.match(at.link('wan1'), { up: false, mtu: 1500, alias: undefined });
  t.same(FORWARDING.map(at.variable), ['0', '0']);
  t.equal(at.variable('net.ipv4.conf.wan1.promote_secondaries'), '0');
});

t.test('a commit of one more address leaves the others alone, in whatever order', { skip }, async (t) => {
  const at = place(t);
  await running(t, at, at.config(WAN1));
  await at.until('it has all', () => at.addresses('wan1').length === 4);
  // The kernel tells an address again when nobody else has it.
  await at.until(
    'all may be used',
    () => !at.router.ip('address', 'show', 'dev', 'wan1').includes('tentative'),
  );
  const heard = await monitor(at);
  const console = await ConsoleSession.open(t, at.socket);
  await console.all(
    'delete ip interfaces wan1 addresses',
    ...["'fd00:9:1::1/64'", '10.9.1.3/24', '10.9.1.2/24', '10.9.1.1/24', "'fe80::1/64'"].map(
      (address) => `set ip interfaces wan1 addresses ${address}`,
    ),
    'commit',
  );
  await at.until('it has the new one', () => at.addresses('wan1').includes('10.9.1.3/24'));
  const lines = await heard.take();
  t.equal(lines.length, 1, lines.join('\n'));
  t.match(lines[0], /wan1 +inet 10\.9\.1\.3\/24/);

  await console.all(
    'delete ip interfaces wan1 addresses 10.9.1.1/24',
    'delete ip interfaces wan1 mtu',
    'commit',
  );
  await at.until('it is gone', () => !at.addresses('wan1').includes('10.9.1.1/24'));
  t.same(at.addresses('wan1'), ['10.9.1.2/24', '10.9.1.3/24', 'fd00:9:1::1/64', 'fe80::1/64']);
  await at.until('its MTU is as before', () => at.link('wan1').mtu === 1500);
  const refused = await console.say('set ip interfaces wan1 addresses 10.9.1.255/24');
  const answer = refused.ok ? await console.say('commit') : refused;
  t.match(`${answer.message}`, /ip\.interfaces\.wan1\.addresses\[4\].*broadcast address/s);
});

t.test('an interface that is deleted and made again, or only then made, is set', { skip }, async (t) => {
  const at = place(t);
  const router = await running(
    t,
    at,
    at.config(`${WAN1}    wan2.5: { addresses: [10.9.2.1/24], forwarding: true }\n`),
  );
  for (let i = 0; i < 2; i++) {
    await at.until('it has all', () => at.has('wan1') && at.addresses('wan1').length === 4);
    t.match(at.link('wan1'), { up: true, mtu: 1400 });
    at.router.ip('link', 'delete', 'wan1');
    NetworkNamespace.join([at.router, 'wan1'], [at.peer, 'eth1']);
  }
  await at.until('it has all', () => at.addresses('wan1').length === 4);
  at.router.ip('link', 'add', 'other', 'type', 'veth', 'peer', 'name', 'there');
  at.router.ip('link', 'set', 'other', 'name', 'wan2.5');
  await at.until('it has its address', () => at.addresses('wan2.5').length === 1);
  const forwarding = (name: string) =>
    at.router.exec(['cat', `/proc/sys/net/ipv6/conf/${name}/forwarding`]).trim();
  await at.until('it forwards', () => forwarding('wan2.5') === '1');
  at.router.ip('link', 'set', 'wan2.5', 'down');
  at.router.ip('link', 'set', 'wan2.5', 'name', 'other');
  await at.until('it has it no more', () => at.addresses('other').length === 0);
  await at.until('it is as before', () => forwarding('other') === '0');
  t.notMatch(router.output(), /took .* away|refused/);
});

t.test(
  'IPv6 addresses outlive that the link is set down, and nobody sets it up again',
  { skip },
  async (t) => {
    const at = place(t);
    await running(t, at, at.config(WAN1));
    await at.until('it has all', () => at.addresses('wan1').length === 4);
    const heard = await monitor(at);
    at.router.ip('link', 'set', 'wan1', 'down');
    t.notMatch((await heard.take()).join('\n'), /Deleted.*fd00:9:1::1/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.equal(at.link('wan1').up, false);
    at.router.ip('link', 'set', 'wan1', 'up');
    await at.until('link-local addresses are given again', () => at.addresses('wan1').length === 4);
  },
);

t.test('an address that another program takes away is given back, and told', { skip }, async (t) => {
  const at = place(t);
  const { output } = await running(t, at, at.config(WAN1));
  await at.until('it has all', () => at.addresses('wan1').length === 4);
  at.router.ip('address', 'delete', '10.9.1.1/24', 'dev', 'wan1');
  await at.until('it is back', () => at.addresses('wan1').length === 4);
  const told = /wan1: another program took 10\.9\.1\.1\/24 away.*given back/;
  await at.until('it is told', () => told.test(output()));
});

t.test(
  'a bridge is made with its members, and removed at the end',
  { skip: lacking('bridge') },
  async (t) => {
    const at = place(t);
    const router = await running(t, at, at.config(BRIDGE));
    await at.until('it is there', () => at.has('br0') && at.addresses('br0').length === 1);
    t.match(at.link('wan1'), { up: true, master: 'br0' });
    t.match(at.link('br0'), { up: true });
    await end(router, 'SIGTERM');
    t.equal(at.has('br0'), false);
    t.match(at.link('wan1'), { up: false, master: undefined });
  },
);

t.test('a VLAN is made, and removed at the end', { skip: lacking('vlan', 'id', '7') }, async (t) => {
  const at = place(t);
  const vlan = '    wan1.7: { vlan: { parent: wan1, id: 7 }, addresses: [10.9.7.1/24] }\n';
  const router = await running(t, at, at.config(vlan));
  await at.until('it is there', () => at.has('wan1.7') && at.addresses('wan1.7').length === 1);
  await end(router, 'SIGTERM');
  t.equal(at.has('wan1.7'), false);
});

t.test('a VRF is made, and removed at the end', { skip: lacking('vrf', 'table', '100') }, async (t) => {
  const at = place(t);
  const tables = '  tables: { blue: { number: 100 } }\n';
  const router = await running(
    t,
    at,
    at.config('    wan1: { vrf: blue, addresses: [10.9.1.1/24] }\n', tables),
  );
  await at.until('it is there', () => at.has('blue') && at.link('wan1').master === 'blue');
  await end(router, 'SIGTERM');
  t.equal(at.has('blue'), false);
  t.equal(at.link('wan1').master, undefined);
});

t.test('a kernel without VLANs says so in its words', { skip }, async (t) => {
  if (lacking('vlan', 'id', '7') === false) return t.pass('this kernel has them');
  const at = place(t);
  const { output } = await running(t, at, at.config('    wan1.7: { vlan: { parent: wan1, id: 7 } }\n'));
  await at.until('it says so', () =>
    /wan1\.7 is not made as VLAN 7 of wan1: .*Unknown device type/i.test(output()),
  );
});

t.test(
  'nothing is touched by kill -9 and another start; then the end takes all back',
  { skip },
  async (t) => {
    const at = place(t);
    const config = at.config(WAN1.replace('wan1:', 'wan0:').replaceAll('10.9.1.', '10.9.3.') + BRIDGE);
    const has = () => at.has('br0') && at.addresses('br0').length === 1 && at.addresses('wan0').length === 5;
    const first = await running(t, at, config);
    await at.until('it has all', has);
    const heard = await monitor(at);
    // The process is below `ip netns exec`, which becomes it.
    await end(first, 'SIGKILL');
    const second = await running(t, at, config);
    await at.until('its state is whole', () => /hitless runs/.test(second.output()));
    const console = await ConsoleSession.open(t, at.socket);
    await console.all('set ip interfaces wan0 addresses 10.9.3.9/24', 'commit');
    await at.until('the new one is there', () => at.addresses('wan0').includes('10.9.3.9/24'));
    t.notMatch((await heard.take()).join('\n'), /Deleted/);
    await end(second, 'SIGKILL');
    const third = await running(t, at, config.replace('10.9.3.2/24, ', ''));
    await at.until('what nobody wants is swept', () => !at.addresses('wan0').includes('10.9.3.9/24'));
    t.same(at.addresses('wan0'), ['10.9.0.1/24', '10.9.3.1/24', 'fd00:9:1::1/64', 'fe80::1/64']);
    await end(third, 'SIGTERM');
    t.same(at.addresses('wan0'), ['10.9.0.1/24']);
    t.equal(at.has('br0'), false);
  },
);

t.test('a swap to a version that sets no interfaces, and back, touches nothing', { skip }, async (t) => {
  const at = place(t);
  const whole = at.config(WAN1 + LO);
  const older = at.config('    wan1: {}\n').replace(VERSION, BEFORE);
  const router = await running(t, at, whole);
  await at.until('it has all', () => at.addresses('wan1').length === 4 && at.addresses('lo').length === 3);
  // The kernel tells of an address once more when it has not found it elsewhere.
  await at.until(
    'they are its own',
    () => at.router.ip('address', 'show', 'dev', 'wan1', 'tentative') === '',
  );
  const heard = await monitor(at);
  for (let i = 0; i < 2; i++) {
    t.match(await router.reload(older), /committed/);
    t.match((await execAt(at.socket, 'show modules')).data, [{ name: 'IP', version: BEFORE.slice(3) }]);
    t.match(await router.reload(whole), /committed/);
  }
  await execAt(at.socket, 'rollback');
  t.match((await execAt(at.socket, 'show modules')).data, [{ name: 'IP', version: BEFORE.slice(3) }]);
  t.match(await router.reload(whole), /committed/);
  t.match((await execAt(at.socket, 'show modules')).data, [{ name: 'IP', version: manifest.version }]);
  t.same(await heard.take(), []);
  await end(router, 'SIGTERM');
  t.same(at.addresses('wan1'), []);
  t.same(at.addresses('lo'), ['127.0.0.1/8', '::1/128']);
  t.match(at.link('wan1'), { up: false, mtu: 1500, alias: undefined });
});
