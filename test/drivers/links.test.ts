import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import { NetworkNamespace } from '../netns.ts';
import { folder, pause, Remote, until } from './fixtures/remote.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

const LISTENER = /^(\/\S+\/)?ip -o monitor /;

/** A namespace with both ends of a veth pair, a0 (10.9.0.1) and b0, and an agent that watches it. */
async function watched(t: Test) {
  const namespace = NetworkNamespace.create('l');
  t.teardown(() => namespace.cleanup());
  NetworkNamespace.join([namespace, 'a0', '10.9.0.1/24'], [namespace, 'b0']);
  const remote = new Remote({ namespace });
  const links = (await remote.order({ op: 'snapshot' })) as LinkState[];
  await remote.order({ op: 'watch' });
  return { namespace, remote, links };
}

/** The next report about a link that fits, among those not yet looked at. */
async function report(remote: Remote, fits: (link: LinkState) => boolean) {
  const found = () => remote.told.findIndex(({ link }) => link !== undefined && fits(link));
  await until(() => found() >= 0);
  return found() < 0 ? undefined : remote.told.splice(0, found() + 1).at(-1);
}

/** Programs that listen for changes in a namespace. */
function listeners(namespace: NetworkNamespace): string[] {
  const pids = namespace.pids();
  return pids.filter((pid) => LISTENER.test(command(pid)));
}

function command(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

t.test('a snapshot shows every link with its IPv4 addresses, the primary one first', { skip }, async (t) => {
  const { namespace, remote, links } = await watched(t);
  t.same(links.map(({ name }) => name).sort(), ['a0', 'b0', 'lo']);
  namespace.ip('address', 'add', '10.9.0.9/24', 'dev', 'a0');
  const a0 = ((await remote.order({ op: 'snapshot' })) as LinkState[]).find(({ name }) => name === 'a0');
  t.same(a0, {
    name: 'a0',
    index: Number(namespace.exec(['cat', '/sys/class/net/a0/ifindex'])),
    up: true,
    mtu: 1500,
    mac: namespace.exec(['cat', '/sys/class/net/a0/address']).trim(),
    addresses: [
      { address: '10.9.0.1', prefixLength: 24 },
      { address: '10.9.0.9', prefixLength: 24 },
    ],
    forwarding: false,
  });
});

t.test('a point-to-point address has its peer', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  namespace.ip('address', 'add', '192.0.2.1', 'peer', '192.0.2.9/32', 'dev', 'b0');
  t.match(await report(remote, ({ name }) => name === 'b0'), {
    link: { addresses: [{ address: '192.0.2.1', prefixLength: 32, peer: '192.0.2.9' }] },
  });
});

t.test('whether the kernel forwards is reported, for all interfaces and for one', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  const set = (key: string, value: number) =>
    namespace.exec(['sysctl', '-q', '-w', `net.ipv4.${key}=${value}`]);
  set('ip_forward', 1);
  t.match(await report(remote, ({ name }) => name === 'a0'), {
    link: { up: true, forwarding: true },
    was: { forwarding: false },
  });
  // All readings that follow the start of the listener are over: from here on it is the listener that tells.
  await pause(2_500);
  set('conf.a0.forwarding', 0);
  t.match(await report(remote, ({ name }) => name === 'a0'), {
    link: { forwarding: false },
    was: { forwarding: true },
  });
  set('ip_forward', 0);
  t.match(await report(remote, ({ name }) => name === 'b0'), { link: { forwarding: false } });
});

t.test('down and up are reported, at both ends of the link', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  namespace.ip('link', 'set', 'a0', 'down');
  t.match(await report(remote, (link) => link.name === 'a0'), { link: { up: false }, was: { up: true } });
  namespace.ip('link', 'set', 'a0', 'up');
  t.match(await report(remote, (link) => link.name === 'a0' && link.up), { was: { up: false } });
  await pause(100);
  remote.told.length = 0;
  namespace.ip('link', 'set', 'b0', 'down');
  t.ok(await report(remote, (link) => link.name === 'a0' && !link.up), 'a0 lost its carrier');
});

t.test('an address that is added or deleted is reported', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  const one = { address: '10.9.0.1', prefixLength: 24 };
  const other = { address: '192.0.2.1', prefixLength: 31 };
  namespace.ip('address', 'add', '192.0.2.1/31', 'dev', 'a0');
  t.match(await report(remote, () => true), {
    link: { name: 'a0', addresses: [one, other] },
    was: { addresses: [one] },
  });
  namespace.ip('address', 'delete', '10.9.0.1/24', 'dev', 'a0');
  t.match(await report(remote, () => true), {
    link: { name: 'a0', addresses: [other] },
    was: { addresses: [one, other] },
  });
});

t.test('an interface is reported when it appears, and with index 0 when it is gone', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  namespace.ip('link', 'add', 'c0', 'mtu', '1400', 'type', 'bridge');
  const appeared = await report(remote, (link) => link.name === 'c0');
  t.match(appeared, { link: { index: Number, up: false, mtu: 1400, addresses: [] } });
  t.notOk(appeared?.was);
  namespace.ip('link', 'delete', 'a0');
  t.match(await report(remote, (link) => link.name === 'a0' && link.index === 0), {
    link: { name: 'a0', index: 0, up: false, addresses: [] },
    was: { index: Number, addresses: Array },
  });
});

t.test('only real differences are reported', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  namespace.ip('link', 'set', 'a0', 'alias', 'to the left');
  namespace.ip('address', 'add', '2001:db8::1/64', 'dev', 'a0');
  await pause(300);
  t.same(remote.told, []);
  namespace.ip('link', 'set', 'a0', 'mtu', '1300');
  t.match(await report(remote, () => true), { link: { mtu: 1300 }, was: { mtu: 1500 } });
});

t.test('a burst of changes is gathered and its end state is reported', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  const lines = Array.from({ length: 200 }, (_, i) => `address add 10.8.${i}.1/24 dev a0`);
  namespace.exec(['ip', '-batch', '-'], { input: lines.join('\n') });
  t.ok(await report(remote, (link) => link.addresses.length === 201));
  t.ok(remote.told.length < 50, `${remote.told.length} further reports`);
});

t.test('a listener that dies is started again, and what it missed is reported', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  for (const mtu of [1301, 1302]) {
    // The first round's change may be reported before the listener is back.
    t.ok(await until(() => listeners(namespace).length === 1));
    const pid = (await remote.order({ op: 'pid' })) as number;
    t.ok(await until(() => LISTENER.test(command(pid))));
    process.kill(pid, 'SIGKILL');
    namespace.ip('link', 'set', 'a0', 'mtu', String(mtu));
    t.ok(await report(remote, (link) => link.mtu === mtu), `mtu ${mtu}`);
  }
  t.ok(await until(() => listeners(namespace).length === 1));
});

t.test('stopping leaves nothing behind, and watching again works', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  t.ok(await until(() => listeners(namespace).length === 1));
  for (let i = 0; i < 2; i++) await remote.order({ op: 'unwatch' });
  t.ok(await until(() => listeners(namespace).length === 0));
  namespace.ip('link', 'set', 'a0', 'mtu', '1300');
  await pause(200);
  t.same(remote.told, []);
  await remote.order({ op: 'watch' });
  t.ok(await report(remote, (link) => link.mtu === 1300), 'what changed meanwhile');
  await remote.order({ op: 'unwatch' });
  t.equal(await remote.end(), 0, 'the program can end');
});

t.test('a program that is killed leaves no listener behind', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  t.ok(await until(() => listeners(namespace).length === 1));
  // IPv6 goes on changing addresses for a while; a listener that writes to a broken pipe dies anyway.
  namespace.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.all.disable_ipv6=1']);
  await pause(200);
  remote.process.kill('SIGKILL');
  t.ok(await until(() => namespace.pids().length === 0));
});

t.test('the listener inherits no raw socket', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  const options = { interface: 'a0', protocol: 89, groups: ['224.0.0.5'] };
  for (const port of ['one', 'two']) await remote.order({ op: 'open', port, options });
  await remote.order({ op: 'unwatch' });
  await remote.order({ op: 'watch' });
  t.ok(await until(() => listeners(namespace).length === 1));
  const held = (pid: number | string | undefined) =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  // Fields of /proc/net/raw: proc(5); the tenth is the socket's inode.
  const lines = namespace.exec(['cat', '/proc/net/raw']).trim().split('\n').slice(1);
  const raw = lines.map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`);
  t.equal(raw.length, 2);
  const agent = namespace.pids().find((pid) => command(pid).includes('agent.mjs'));
  t.equal(held(agent).filter((target) => raw.includes(target)).length, 2, 'the agent holds both');
  t.same(
    held(listeners(namespace)[0]).filter((target) => raw.includes(target)),
    [],
  );
});

t.test('without iproute2 the error says how to get it', async (t) => {
  const without = new Remote({ path: join(folder, 'nothing') });
  await t.rejects(without.order({ op: 'snapshot' }), {
    code: 'LINKS_TOOL_MISSING',
    message: 'there is no `ip` command. Install it as root: `apt-get install iproute2`',
  });
  await without.end();
  const path = join(folder, 'busybox');
  mkdirSync(path, { recursive: true });
  const usage = 'echo "ip: unrecognized option: j\nBusyBox v1.36.1 multi-call binary." >&2; exit 1';
  writeFileSync(join(path, 'ip'), `#!/bin/sh\n${usage}\n`, { mode: 0o755 });
  const busybox = new Remote({ path });
  await t.rejects(busybox.order({ op: 'snapshot' }), { code: 'LINKS_TOOL_MISSING', message: /BusyBox/ });
  await busybox.end();
});

t.test('without setpriv links are watched all the same', { skip }, async (t) => {
  const namespace = NetworkNamespace.create('l');
  t.teardown(() => namespace.cleanup());
  const path = join(folder, 'bare');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'ip'), `#!/bin/sh\nexec ${which('ip')} "$@"\n`, { mode: 0o755 });
  // The namespace's helper needs the full PATH; the agent gets the bare one.
  const remote = new Remote({ namespace, wrapper: [which('env'), `PATH=${path}`] });
  await remote.order({ op: 'snapshot' });
  await remote.order({ op: 'watch' });
  t.ok(await until(() => listeners(namespace).length === 1));
  namespace.ip('link', 'add', 'c0', 'type', 'bridge');
  t.ok(await report(remote, (link) => link.name === 'c0'));
  await remote.order({ op: 'unwatch' });
  t.ok(await until(() => listeners(namespace).length === 0));
});

function which(program: string): string {
  const found = (process.env.PATH ?? '').split(':').find((path) => {
    try {
      return readdirSync(path).includes(program);
    } catch {
      return false;
    }
  });
  return join(found ?? '', program);
}
