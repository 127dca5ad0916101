import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import type { RawIpOptions } from '../../drivers/raw-ip.ts';
import { NetworkNamespace } from '../netns.ts';
import { folder, packages, pause, Remote, type RemoteOptions, until } from './fixtures/remote.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

const GROUP = '224.0.0.5';
const OTHER = '224.0.0.6';
const hello = Buffer.from('hello, neighbor').toString('hex');

/** Two namespaces with a veth pair a0 (10.9.0.1) - b0 (10.9.0.2), and an agent in each. */
function pair(t: Test) {
  const left = NetworkNamespace.create('a');
  const right = NetworkNamespace.create('b');
  t.teardown(() => {
    left.cleanup();
    right.cleanup();
  });
  NetworkNamespace.join([left, 'a0', '10.9.0.1/24'], [right, 'b0', '10.9.0.2/24']);
  return { left, right, a: new Remote({ namespace: left }), b: new Remote({ namespace: right }) };
}

function open(remote: Remote, port: string, name: string, options: Partial<RawIpOptions> = {}) {
  return remote.order({
    op: 'open',
    port,
    options: { interface: name, protocol: 89, groups: [GROUP], ...options },
  });
}

/** What a port has received, once `count` packets are there and a moment for stray ones has passed. */
async function received(remote: Remote, port: string, count: number) {
  const heard = () => remote.told.filter((told) => told.port === port).map((told) => told.packet);
  await until(() => heard().length >= count);
  await pause(50);
  return heard();
}

t.test('a multicast packet arrives whole at the other end of the link', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0', { multicastTtl: 1 });
  await open(b, 'in', 'b0');
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'sent');
  t.same(await received(b, 'in', 1), [{ from: '10.9.0.1', to: GROUP, ttl: 1, payload: hello }]);
  t.same(await received(a, 'out', 0), [], 'the sender does not hear itself');
  t.match(await a.order({ op: 'counters', port: 'out' }), { sent: 1, received: 0, errors: 0, down: 0 });
  t.match(await b.order({ op: 'counters', port: 'in' }), { sent: 0, received: 1, malformed: 0, errors: 0 });
});

t.test('packets of every length arrive whole and in order', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  const lengths = [0, 1, 1480, 1481, 9000, 65_515];
  for (const length of lengths) {
    const payload = Buffer.alloc(length, length & 255).toString('hex');
    t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload }), 'sent');
  }
  const heard = await received(b, 'in', lengths.length);
  t.same(
    heard.map((packet) => packet?.payload),
    lengths.map((length) => Buffer.alloc(length, length & 255).toString('hex')),
  );
});

t.test('ttl and source are those asked for', { skip }, async (t) => {
  const { left, a, b } = pair(t);
  left.ip('address', 'add', '10.9.0.7/24', 'dev', 'a0');
  await open(a, 'out', 'a0', { unicastTtl: 64, multicastTtl: 255 });
  await open(b, 'in', 'b0');
  for (const packet of [
    { to: GROUP },
    { to: GROUP, from: '10.9.0.7' },
    { to: GROUP },
    { to: '10.9.0.2' },
    { to: '10.9.0.2', from: '10.9.0.7' },
    { to: '10.9.0.2', from: '10.9.0.7', ttl: 9 },
  ]) {
    t.equal(await a.order({ op: 'send', port: 'out', payload: hello, ...packet }), 'sent');
  }
  t.same(await received(b, 'in', 6), [
    { from: '10.9.0.1', to: GROUP, ttl: 255, payload: hello },
    { from: '10.9.0.7', to: GROUP, ttl: 255, payload: hello },
    { from: '10.9.0.1', to: GROUP, ttl: 255, payload: hello },
    { from: '10.9.0.1', to: '10.9.0.2', ttl: 64, payload: hello },
    { from: '10.9.0.7', to: '10.9.0.2', ttl: 64, payload: hello },
    { from: '10.9.0.7', to: '10.9.0.2', ttl: 9, payload: hello },
  ]);
});

t.test('a packet on one interface does not arrive at the port of another', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  NetworkNamespace.join([left, 'a1', '10.9.1.1/24'], [right, 'b1', '10.9.1.2/24']);
  await open(a, 'out1', 'a1');
  await open(b, 'in0', 'b0');
  await open(b, 'in1', 'b1');
  t.equal(await a.order({ op: 'send', port: 'out1', to: GROUP, payload: hello }), 'sent');
  t.same(await received(b, 'in1', 1), [{ from: '10.9.1.1', to: GROUP, ttl: 1, payload: hello }]);
  t.same(await received(b, 'in0', 0), []);
});

t.test('not even what came before the socket was bound to its interface arrives', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  NetworkNamespace.join([left, 'a1', '10.9.1.1/24'], [right, 'b1', '10.9.1.2/24']);
  await open(a, 'out1', 'a1');
  const flood = a.order({ op: 'send', port: 'out1', to: '10.9.1.2', payload: '', times: 40_000 });
  for (let i = 0; i < 300; i++) {
    await open(b, 'in0', 'b0');
    await b.order({ op: 'close', port: 'in0' });
  }
  await flood;
  t.same(await received(b, 'in0', 0), []);
});

t.test('a port hears the groups it names and no others, and its protocol only', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(a, 'foreign', 'a0', { protocol: 112 });
  await open(b, 'five', 'b0', { groups: ['224.0.0.5'] });
  await open(b, 'six', 'b0', { groups: ['224.0.0.6'] });
  await a.order({ op: 'send', port: 'foreign', to: '224.0.0.5', payload: hello });
  await a.order({ op: 'send', port: 'out', to: '224.0.0.6', payload: hello });
  await a.order({ op: 'send', port: 'out', to: '224.0.0.5', payload: hello });
  t.same(
    (await received(b, 'five', 1)).map((packet) => packet?.to),
    ['224.0.0.5'],
  );
  t.same(
    (await received(b, 'six', 1)).map((packet) => packet?.to),
    ['224.0.0.6'],
  );
});

t.test('groups are joined and left while the socket stays, and after it was renewed', { skip }, async (t) => {
  const { right, a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  const sockets = await b.order({ op: 'sockets' });
  const heard = async () => {
    b.told.length = 0;
    for (const to of [GROUP, OTHER, '10.9.0.2'])
      await a.order({ op: 'send', port: 'out', to, payload: hello });
    await until(() => b.told.some((told) => told.packet?.to === '10.9.0.2'));
    return b.told.map((told) => told.packet?.to).filter((to) => to !== '10.9.0.2');
  };
  const joined = () => right.ip('-4', 'maddress', 'show', 'dev', 'b0').match(/224\.0\.0\.[56]/g);
  t.same(await heard(), [GROUP]);
  await b.order({ op: 'regroup', port: 'in', groups: [GROUP, OTHER] });
  t.same(await heard(), [GROUP, OTHER]);
  await b.order({ op: 'regroup', port: 'in', groups: [OTHER] });
  t.same(await heard(), [OTHER]);
  t.same(joined(), [OTHER], 'the kernel has left it, too');
  t.same(await b.order({ op: 'sockets' }), sockets, 'the same socket');
  t.equal((sockets as string[]).length, 1);

  const many = Array.from({ length: 40 }, (_, i) => `224.1.0.${i}`);
  await t.rejects(b.order({ op: 'regroup', port: 'in', groups: [OTHER, ...many] }), {
    code: 'GROUP_REFUSED',
    message: /on b0 cannot join 224\.1\.0\.\d+: .*igmp_max_memberships/,
  });
  t.same(await heard(), [OTHER], 'a refusal changes nothing');
  t.notMatch(right.ip('-4', 'maddress', 'show', 'dev', 'b0'), '224.1.0.');

  const links = (await b.order({ op: 'snapshot' })) as LinkState[];
  const there = links.find(({ name }) => name === 'b0') as LinkState;
  await b.order({ op: 'relink', port: 'in', link: { ...there, index: 0, up: false } });
  await b.order({ op: 'regroup', port: 'in', groups: [GROUP] });
  await b.order({ op: 'relink', port: 'in', link: there });
  t.same(await heard(), [GROUP], 'what was changed while there was no socket');
});

t.test('of ICMP, a port that names its types receives those and no other', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0', { protocol: 1 });
  await open(b, 'all', 'b0', { protocol: 1 });
  await open(b, 'solicitations', 'b0', { protocol: 1, icmpTypes: [9, 10] });
  const solicitation = '0a00f5ff00000000';
  for (const payload of ['0800f7ff00000000', solicitation, '0300fcff00000000', '1f00e0ff00000000']) {
    await a.order({ op: 'send', port: 'out', to: '10.9.0.2', payload });
  }
  t.equal((await received(b, 'all', 4)).length, 4, 'negative control: without types, all arrive');
  t.same(
    (await received(b, 'solicitations', 1)).map((packet) => packet?.payload),
    [solicitation],
  );
});

t.test('a packet from an own address that comes back is dropped and counted', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  // A claims B's address; without these settings B's kernel would drop the packet before the port does.
  left.ip('address', 'add', '10.9.0.2/32', 'dev', 'a0');
  const lenient = ['all.rp_filter=0', 'b0.rp_filter=0', 'b0.accept_local=1'];
  right.exec(['sysctl', '-q', '-w', ...lenient.map((setting) => `net.ipv4.conf.${setting}`)]);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  for (const link of (await b.order({ op: 'snapshot' })) as LinkState[]) {
    await b.order({ op: 'relink', port: 'in', link });
  }
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, from: '10.9.0.2', payload: hello }), 'sent');
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'sent');
  t.same(
    (await received(b, 'in', 1)).map((packet) => packet?.from),
    ['10.9.0.1'],
  );
  t.match(await b.order({ op: 'counters', port: 'in' }), { own: 1, received: 1 });
});

t.test('an interface that is down answers down, and works again once it is up', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  left.ip('link', 'set', 'a0', 'down');
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'down');
  right.ip('link', 'set', 'b0', 'down');
  left.ip('link', 'set', 'a0', 'up');
  right.ip('link', 'set', 'b0', 'up');
  // The kernel takes up to a second until a link that came up again carries what is sent.
  let sent = 0;
  while (sent < 100 && !b.told.some(({ port }) => port === 'in')) {
    t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'sent');
    sent++;
    await pause(50);
  }
  const last = Buffer.from('the last one').toString('hex');
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: last }), 'sent');
  const arrived = (payload: string) => b.told.filter(({ packet }) => packet?.payload === payload).length;
  t.ok(await until(() => arrived(last) === 1), 'the membership holds');
  t.ok(arrived(hello) > 0 && arrived(hello) <= sent, `${arrived(hello)} of ${sent} arrived`);
  t.match(await a.order({ op: 'counters', port: 'out' }), { sent: sent + 1, down: 1, errors: 0 });
});

t.test('a link without carrier or address answers down, as told by relink', { skip }, async (t) => {
  const { a } = pair(t);
  await open(a, 'out', 'a0');
  const links = (await a.order({ op: 'snapshot' })) as LinkState[];
  const link = links.find(({ name }) => name === 'a0') as LinkState;
  const send = (from?: string) =>
    a.order({ op: 'send', port: 'out', to: GROUP, payload: hello, ...(from === undefined ? {} : { from }) });
  await a.order({ op: 'relink', port: 'out', link: { ...link, up: false } });
  t.equal(await send(), 'down', 'no carrier');
  await a.order({ op: 'relink', port: 'out', link: { ...link, addresses: [] } });
  t.equal(await send(), 'down', 'no address');
  t.equal(await send('10.9.0.1'), 'sent', 'a source of its own');
  await a.order({ op: 'relink', port: 'out', link: { ...link, name: 'other', index: 0, up: false } });
  await a.order({ op: 'relink', port: 'out', link });
  t.equal(await send(), 'sent');
});

t.test('a deleted interface that comes back, under another index, is joined again', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  for (const remote of [a, b]) {
    await remote.order({ op: 'snapshot' });
    await remote.order({ op: 'watch' });
  }
  left.ip('link', 'delete', 'a0');
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'down');
  t.ok(await until(() => b.told.some(({ link }) => link?.name === 'b0' && link.index === 0)));
  // One more interface in between, so that the index must be another one.
  right.ip('link', 'add', 'br9', 'type', 'bridge');
  NetworkNamespace.join([left, 'a0', '10.9.0.1/24'], [right, 'b0', '10.9.0.2/24']);
  const back = ({ told }: Remote) => told.findLast(({ link }) => /[ab]0/.test(link?.name ?? ''))?.link;
  t.ok(
    await until(() => [a, b].every((remote) => back(remote)?.up && back(remote)?.addresses.length === 1)),
    'both ends saw it come back',
  );
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'sent');
  t.same(await received(b, 'in', 1), [{ from: '10.9.0.1', to: GROUP, ttl: 1, payload: hello }]);
  t.match(await b.order({ op: 'counters', port: 'in' }), { received: 1, errors: 0 });
});

t.test('an interface replaced so fast that nobody saw it gone is joined again', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  left.ip('link', 'delete', 'a0');
  right.ip('link', 'add', 'br9', 'type', 'bridge');
  NetworkNamespace.join([left, 'a0', '10.9.0.1/24'], [right, 'b0', '10.9.0.2/24']);
  for (const [remote, port] of [[a, 'out'] as const, [b, 'in'] as const]) {
    for (const link of (await remote.order({ op: 'snapshot' })) as LinkState[]) {
      await remote.order({ op: 'relink', port, link });
    }
  }
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'sent');
  t.equal((await received(b, 'in', 1)).length, 1);
});

t.test('a socket that cannot be renewed at once is tried again until it is closed', { skip }, async (t) => {
  const { left, right, a } = pair(t);
  await open(a, 'out', 'a0');
  await open(a, 'other', 'a0');
  const links = (await a.order({ op: 'snapshot' })) as LinkState[];
  const stale = { ...(links.find(({ name }) => name === 'a0') as LinkState), index: 99 };
  left.ip('link', 'delete', 'a0');
  for (const port of ['out', 'other']) await a.order({ op: 'relink', port, link: stale });
  t.match(await a.order({ op: 'counters', port: 'out' }), {
    errors: 1,
    lastError: /^there is no interface "a0"/,
  });
  await a.order({ op: 'close', port: 'other' });
  NetworkNamespace.join([left, 'a0', '10.9.0.1/24'], [right, 'b0', '10.9.0.2/24']);
  await pause(1_200);
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }), 'sent');
  t.equal(await a.order({ op: 'send', port: 'other', to: GROUP, payload: hello }), 'down');
  const sockets = left.exec(['cat', '/proc/net/raw']).trim().split('\n').slice(1);
  t.equal(sockets.length, 1, 'one socket is open');
});

t.test('a full send buffer answers full, and nothing is lost in silence', { skip }, async (t) => {
  const { left, a, b } = pair(t);
  // A packet leaves every 44 s: none while they are sent, however long that takes here.
  left.exec('tc qdisc add dev a0 root tbf rate 256bit burst 2000 limit 10000000'.split(' '));
  await open(a, 'out', 'a0');
  await open(a, 'other', 'a0', { groups: [OTHER] });
  await open(b, 'in', 'b0');
  const payload = Buffer.alloc(1400, 7).toString('hex');
  const results = (await a.order({ op: 'send', port: 'out', to: GROUP, payload, times: 400 })) as string[];
  const sent = results.filter((result) => result === 'sent').length;
  t.same(results, [...Array(sent).fill('sent'), ...Array(400 - sent).fill('full')]);
  t.ok(sent > 0 && sent < 400, `${sent} of 400`);
  t.match(await a.order({ op: 'counters', port: 'out' }), { sent, full: 400 - sent, errors: 0 });
  left.exec('tc qdisc change dev a0 root tbf rate 1gbit burst 1000000 limit 10000000'.split(' '));
  // The kernel looks at its new rate when the next packet comes.
  t.equal(await a.order({ op: 'send', port: 'other', to: OTHER, payload: hello }), 'sent');
  t.equal((await received(b, 'in', sent)).length, sent, 'what was sent arrives');
});

t.test('a send never throws: a bad address is refused and its reason kept', { skip }, async (t) => {
  const { a } = pair(t);
  await open(a, 'out', 'a0');
  t.equal(await a.order({ op: 'send', port: 'out', to: 'neighbor', payload: hello }), 'down');
  t.match(await a.order({ op: 'counters', port: 'out' }), {
    errors: 1,
    lastError: '"neighbor" is not an IPv4 address',
  });
  t.equal(await a.order({ op: 'send', port: 'out', to: GROUP, from: '192.0.2.1', payload: hello }), 'down');
  t.match(await a.order({ op: 'counters', port: 'out' }), { sent: 0, errors: 1, down: 2 });
  t.equal(
    await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello }),
    'sent',
    'the next one is fine',
  );
});

t.test('a port that does not send says why, in the words of the kernel', { skip }, async (t) => {
  const { left, a } = pair(t);
  await open(a, 'out', 'a0');
  const send = () => a.order({ op: 'send', port: 'out', to: GROUP, payload: hello });
  const links = (await a.order({ op: 'snapshot' })) as LinkState[];
  const link = links.find(({ name }) => name === 'a0') as LinkState;
  const failure = async () =>
    ((await a.order({ op: 'counters', port: 'out' })) as { failure: string }).failure;
  const policy = ['src', '0.0.0.0/0', 'dst', '224.0.0.0/4', 'dir', 'out'];
  // To a sender a policy that blocks is the same as a firewall's rule on output: EPERM.
  left.ip('xfrm', 'policy', 'add', ...policy, 'action', 'block');
  t.equal(await send(), 'down');
  t.equal(await failure(), 'Operation not permitted');
  t.match(await a.order({ op: 'counters', port: 'out' }), { sent: 0, down: 1, errors: 1 });
  left.ip('xfrm', 'policy', 'delete', ...policy);
  t.equal(await send(), 'sent');
  t.equal(await failure(), '', 'all is well again');
  await a.order({ op: 'relink', port: 'out', link: { ...link, addresses: [] } });
  await send();
  t.equal(await failure(), 'a0 has no address');
  await a.order({ op: 'relink', port: 'out', link: { ...link, up: false } });
  await send();
  t.equal(await failure(), 'a0 is down');
  await a.order({ op: 'relink', port: 'out', link });
  t.equal(await send(), 'sent');
  left.ip('link', 'set', 'a0', 'down');
  await send();
  t.match(await failure(), /[Nn]etwork is (unreachable|down)/);
  await a.order({ op: 'close', port: 'out' });
  await send();
  t.equal(await failure(), 'the port is not open');
});

t.test('a port nobody refers to any more still receives', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  await b.order({ op: 'forget', port: 'in' });
  await pause(20);
  await b.order({ op: 'forget' });
  await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello });
  t.equal((await received(b, 'in', 1)).length, 1);
});

t.test('closing is final, can be repeated, and lets the program end', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  for (let i = 0; i < 2; i++) await b.order({ op: 'close', port: 'in' });
  t.equal(await b.order({ op: 'send', port: 'in', to: GROUP, payload: hello }), 'down');
  const links = (await b.order({ op: 'snapshot' })) as LinkState[];
  for (const link of links) await b.order({ op: 'relink', port: 'in', link });
  await a.order({ op: 'send', port: 'out', to: GROUP, payload: hello });
  t.same(await received(b, 'in', 0), []);
  t.equal(await b.end(), 0);
});

t.test('an interface that does not exist is named, with those that do', { skip }, async (t) => {
  const { a } = pair(t);
  for (const name of ['eth7', 'a-name-far-too-long']) {
    await t.rejects(open(a, 'out', name), {
      code: 'INTERFACE_UNKNOWN',
      message: new RegExp(`^there is no interface "${name}"\\. Name one of: lo, a0$`),
    });
  }
});

t.test('options out of range are refused before anything is opened', async (t) => {
  const remote = new Remote();
  const cases: [Partial<RawIpOptions>, RegExp][] = [
    [{ protocol: 0 }, /^protocol: 0 is not a whole number from 1 to 254/],
    [{ multicastTtl: 256 }, /^multicastTtl: 256 /],
    [{ groups: ['10.0.0.1'] }, /^groups: "10.0.0.1" is not an IPv4 multicast address/],
  ];
  for (const [options, message] of cases) {
    await t.rejects(open(remote, 'out', 'lo', options), { code: 'OPTION_INVALID', message });
  }
  t.equal(await remote.end(), 0);
});

/** What an agent says that cannot open a port for a reason that lies in this host. */
async function refusal(options: RemoteOptions): Promise<{ code?: string; message: string }> {
  const remote = new Remote(options);
  try {
    await open(remote, 'out', 'lo');
    return { message: 'the port opened' };
  } catch (thrown) {
    return thrown as { code?: string; message: string };
  } finally {
    await remote.end();
  }
}

t.test('without permission the error says how to give it', async (t) => {
  const root = process.getuid?.() === 0;
  const without = ['setpriv', '--inh-caps=-net_raw', '--bounding-set=-net_raw'];
  const error = await refusal(root ? { wrapper: without } : {});
  t.equal(error.code, 'RAW_SOCKET_PERMISSION', error.message);
  t.match(
    error.message,
    /protocol 89 on lo: Operation not permitted\. Run as root, or .*CAP_NET_RAW.*sudo setcap cap_net_raw,cap_net_admin\+ep \/.*node/,
  );
});

t.test('without the package the error says how to get it', async (t) => {
  const error = await refusal({ packages: join(folder, 'nothing') });
  t.equal(error.code, 'RAW_SOCKET_MISSING', error.message);
  t.match(
    error.message,
    /raw-socket, which opens raw sockets, is not compiled.*`apt-get install g\+\+ make python3`.*`hitless needs --addon`/,
  );
});

t.test('with the package but no compiled addon the error says how to compile it', async (t) => {
  const uncompiled = join(folder, 'uncompiled');
  mkdirSync(join(uncompiled, 'raw-socket'), { recursive: true });
  for (const file of ['index.js', 'package.json']) {
    cpSync(join(packages, 'raw-socket', file), join(uncompiled, 'raw-socket', file));
  }
  const error = await refusal({ packages: uncompiled });
  t.equal(error.code, 'RAW_SOCKET_MISSING', error.message);
  t.match(
    error.message,
    /not compiled for this Node v.*raw\.node.*`apt-get install g\+\+ make python3`.*`hitless needs --addon`/,
  );
});
