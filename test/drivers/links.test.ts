import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import { NetworkNamespace } from '../netns.ts';
import { folder, pause, Remote, until } from './fixtures/remote.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

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

/** For a machine that others use too, in ms. */
const PATIENCE = 20_000;

/** The next report about a link that fits, among those not yet looked at. */
async function report(remote: Remote, fits: (link: LinkState) => boolean) {
  const found = () => remote.told.findIndex(({ link }) => link !== undefined && fits(link));
  await until(() => found() >= 0, PATIENCE);
  return found() < 0 ? undefined : remote.told.splice(0, found() + 1).at(-1);
}

/** Netlink sockets of the agent. */
function sockets(remote: Remote) {
  return remote.order({ op: 'netlink' }) as Promise<{ listens: boolean; drops: number }[]>;
}

/** Waits until it has none any more: one is closed when its last answer is there. */
async function closed(remote: Remote): Promise<boolean> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) if ((await sockets(remote)).length === 0) return true;
  return false;
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

/** A link c0, up, whose carrier is that of its peer in a namespace of its own. */
async function peered(t: Test, { namespace, remote }: { namespace: NetworkNamespace; remote: Remote }) {
  const peer = NetworkNamespace.create('p');
  t.teardown(() => peer.cleanup());
  // Where both ends have the same index, the kernel takes them for no pair: of such links it tells carriers once a second.
  const far = ['peer', 'name', 'c1', 'index', '77', 'netns', peer.name];
  namespace.ip('link', 'add', 'c0', 'index', '77', 'type', 'veth', ...far);
  namespace.ip('link', 'set', 'c0', 'up');
  peer.ip('link', 'set', 'c1', 'up');
  t.ok(await report(remote, ({ name, up }) => name === 'c0' && up));
  return peer;
}

t.test('a carrier that comes and goes often within a second is known each time', { skip }, async (t) => {
  const place = await watched(t);
  const { namespace, remote } = place;
  const peer = await peered(t, place);
  const last = () => remote.told.findLast(({ link }) => link?.name === 'c0')?.link?.up ?? true;
  let mtu = 1400;
  let known = performance.now();
  for (const state of ['down', 'up', 'down', 'up', 'down', 'up', 'down']) {
    peer.ip('link', 'set', 'c1', state);
    // Each is read after the one before, and the carrier with one of them at the latest. The kernel itself tells of a carrier
    // a second after the last time that it did.
    for (let i = 0; i < 3; i++) {
      mtu++;
      namespace.ip('link', 'set', 'a0', 'mtu', String(mtu));
      t.ok(
        await until(() => remote.told.some(({ link }) => link?.name === 'a0' && link.mtu === mtu), PATIENCE),
      );
    }
    // Carriers are asked after for 1.5 s. On a machine so busy that this is over, the kernel's own event is waited for.
    if (performance.now() - known > 1_000) await until(() => last() === (state === 'up'), PATIENCE);
    known = performance.now();
    t.equal(last(), state === 'up', state);
  }
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

t.test(
  'no process is started, and a link is known by what the kernel has, whoever changed it',
  { skip },
  async (t) => {
    const { namespace, remote } = await watched(t);
    namespace.ip('link', 'set', 'a0', 'mtu', '1301');
    t.ok(await report(remote, (link) => link.mtu === 1301));
    t.equal(namespace.pids().length, 1, 'the agent alone');
  },
);

t.test('a name that passes from one link to another is reported with both', { skip }, async (t) => {
  const { namespace, remote, links } = await watched(t);
  const index = (name: string) => links.find((link) => link.name === name)?.index ?? 0;
  namespace.exec(['ip', '-batch', '-'], {
    input: ['a0 name c0', 'b0 name a0', 'c0 name b0'].map((line) => `link set ${line}\n`).join(''),
  });
  // The end state, whatever was seen on the way.
  const last = (name: string) => remote.told.findLast(({ link }) => link?.name === name)?.link?.index;
  t.ok(await until(() => last('a0') === index('b0') && last('b0') === index('a0')));
  t.notOk(last('c0'), 'nobody has the name in between any more');
});

t.test('after more changes than could be heard, all links are right', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  namespace.ip('link', 'set', 'a0', 'mtu', '1300');
  t.ok(await report(remote, ({ mtu }) => mtu === 1300), 'the reading at the start is over');
  remote.process.kill('SIGSTOP');
  // Each address is an event of its own, and 4 MiB hold 10,000.
  const lines = (verb: string) =>
    Array.from({ length: 7_000 }, (_, i) => `address ${verb} 10.8.${i >> 8}.${i & 255}/32 dev b0`);
  namespace.exec(['ip', '-batch', '-'], { input: [...lines('add'), ...lines('delete')].join('\n') });
  namespace.ip('link', 'set', 'a0', 'mtu', '1301');
  remote.process.kill('SIGCONT');
  t.ok(await report(remote, (link) => link.name === 'a0' && link.mtu === 1301));
  const listening = (await sockets(remote)).filter(({ listens }) => listens);
  t.ok(Number(listening[0]?.drops) > 0, 'some could not be heard');
});

t.test('stopping leaves nothing behind, and watching again works', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  t.ok((await sockets(remote)).some(({ listens }) => listens));
  for (let i = 0; i < 2; i++) await remote.order({ op: 'unwatch' });
  t.ok(await closed(remote));
  namespace.ip('link', 'set', 'a0', 'mtu', '1300');
  await pause(200);
  t.same(remote.told, []);
  await remote.order({ op: 'watch' });
  t.ok(await report(remote, (link) => link.mtu === 1300), 'what changed meanwhile');
  await remote.order({ op: 'unwatch' });
  t.equal(await remote.end(), 0, 'the program can end');
});

t.test('watching takes two sockets: one to listen, one to ask', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  namespace.ip('link', 'set', 'a0', 'mtu', '1300');
  t.ok(await report(remote, ({ mtu }) => mtu === 1300));
  t.same((await sockets(remote)).map(({ listens }) => listens).sort(), [false, true]);
});

t.test('a link that the kernel does not tell of is gone only where it says so', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  namespace.ip('link', 'set', 'a0', 'mtu', '1300');
  t.ok(await report(remote, ({ mtu }) => mtu === 1300), 'the reading at the start is over');
  await remote.order({ op: 'netlink', errno: constants.errno.EBUSY });
  namespace.ip('link', 'delete', 'a0');
  const [told, gone] = [
    () => remote.told.findIndex(({ trouble }) => trouble),
    () => remote.told.findIndex(({ link }) => link?.index === 0),
  ];
  t.ok(await until(() => gone() >= 0, PATIENCE), 'all links are read again, and there it is missing');
  t.match(remote.told[told()], { trouble: /^link: .*\(EBUSY\)$/ });
  t.ok(told() < gone(), 'and before that nothing was told of it');
});

/** The numbers that the next files have which this process opens. */
function nextFiles(pid: number | undefined): number[] {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`));
  return Array.from({ length: 256 }, (_, i) => i).filter((number) => !taken.has(String(number)));
}

t.test('that links cannot be read is told, and that they can be again', { skip }, async (t) => {
  const { namespace, remote } = await watched(t);
  await remote.order({ op: 'unwatch' });
  t.ok(await closed(remote));
  const { pid } = remote.process;
  // It can listen, and has no file left to ask with.
  const [, second] = nextFiles(pid);
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${second}:`]);
  await remote.order({ op: 'watch' });
  t.ok(await until(() => remote.told.length > 0, PATIENCE));
  t.match(remote.told.splice(0), [{ trouble: /^no netlink socket can be opened: / }]);
  namespace.ip('link', 'set', 'a0', 'mtu', '1300');
  execFileSync('prlimit', ['--pid', String(pid), '--nofile=256:']);
  t.ok(await report(remote, ({ name, mtu }) => name === 'a0' && mtu === 1300), 'what changed meanwhile');
  t.ok(await until(() => remote.told.some(({ trouble }) => trouble === ''), PATIENCE));
});

t.test(
  'without the addon the error says how to get it, and nothing of iproute2 is needed',
  { skip },
  async (t) => {
    const { namespace, links } = await watched(t);
    const path = join(folder, 'nothing');
    const bare = new Remote({ namespace, wrapper: [which('env'), `PATH=${path}`] });
    t.same(await bare.order({ op: 'snapshot' }), links);
    const without = new Remote({ addons: false });
    await t.rejects(without.order({ op: 'snapshot' }), {
      code: 'NETLINK_MISSING',
      message: /`apt-get install g\+\+ make python3`/,
    });
    await t.rejects(without.order({ op: 'give', port: 'wan0' }), {
      code: 'NETLINK_MISSING',
      message: /^wan0: the addon socket/,
    });
    await without.end();
  },
);

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
