/** Raw IPv6 on one interface, beside the kernel: what arrives, from where, with which hop limit, and what does not. */
import t, { type Test } from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import type { RawIp6Options } from '../../drivers/raw-ip6.ts';
import { NetworkNamespace } from '../netns.ts';
import { pause, Remote, until } from './fixtures/remote.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

/** OSPFv3's groups and number, as an example (RFC 5340, section 4). */
const GROUP = 'ff02::5';
const OTHER = 'ff02::6';
const hello = Buffer.from('hello, neighbor').toString('hex');
/** `nodad`: without it the kernel sends from no address for some seconds. */
const A = 'fe80::a';
const B = 'fe80::b';

function address(namespace: NetworkNamespace, name: string, text: string): void {
  namespace.ip('-6', 'address', 'add', text, 'dev', name, 'nodad');
}

/** Joins them with a veth pair whose ends have these link-local addresses and no other. */
function join(left: NetworkNamespace, right: NetworkNamespace, a = 'a0', b = 'b0'): void {
  left.ip('link', 'add', a, 'type', 'veth', 'peer', 'name', b, 'netns', right.name);
  for (const [namespace, name, text] of [[left, a, A] as const, [right, b, B] as const]) {
    namespace.ip('link', 'set', name, 'addrgenmode', 'none');
    namespace.ip('link', 'set', name, 'up');
    address(namespace, name, `${text}/64`);
  }
  left.carries(a);
  right.carries(b);
}

function pair(t: Test) {
  const left = NetworkNamespace.create('a');
  const right = NetworkNamespace.create('b');
  t.teardown(() => {
    left.cleanup();
    right.cleanup();
  });
  join(left, right);
  return { left, right, a: new Remote({ namespace: left }), b: new Remote({ namespace: right }) };
}

function open(remote: Remote, port: string, name: string, options: Partial<RawIp6Options> = {}) {
  return remote.order({
    op: 'open6',
    port,
    options: { interface: name, protocol: 89, groups: [GROUP], ...options },
  });
}

const send = (remote: Remote, port: string, to: string, payload = hello, more: object = {}) =>
  remote.order({ op: 'send', port, to, payload, ...more });

/** All that a port has received, once `count` packets are there and a moment for stray ones has passed. */
async function received(remote: Remote, port: string, count: number) {
  const heard = () => remote.told.filter((told) => told.port === port).map((told) => told.packet);
  await until(() => heard().length >= count);
  await pause(50);
  return heard();
}

const linkOf = async (remote: Remote, name: string) =>
  ((await remote.order({ op: 'snapshot' })) as LinkState[]).find((link) => link.name === name) as LinkState;

/** A whole IPv6 packet: the header (RFC 8200, section 3), then the payload. */
function packet(next: number, hopLimit: number, from: string, to: string, payload: string): string {
  const length = (payload.length / 2).toString(16).padStart(4, '0');
  const bytes = [next, hopLimit].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `60000000${length}${bytes}${from}${to}${payload}`;
}
const FE80_A = 'fe80000000000000000000000000000a';
const FF02_5 = 'ff020000000000000000000000000005';
const FF02_2 = 'ff020000000000000000000000000002';

t.test(
  'a multicast packet arrives whole, with its source, destination and hop limit',
  { skip },
  async (t) => {
    const { left, a, b } = pair(t);
    address(left, 'a0', '2001:db8::1/64');
    await open(a, 'out', 'a0', { hopLimit: 64 });
    await open(b, 'in', 'b0');
    t.equal(await send(a, 'out', GROUP), 'sent');
    t.equal(await send(a, 'out', B), 'sent', 'to the other end alone');
    t.same(
      await received(b, 'in', 2),
      [GROUP, B].map((to) => ({ from: A, to, hopLimit: 64, payload: hello })),
      'from the link-local address, though there is another',
    );
    t.same(await received(a, 'out', 0), [], 'the sender does not hear itself');
    t.match(await a.order({ op: 'counters', port: 'out' }), { sent: 2, received: 0, errors: 0, down: 0 });
  },
);

t.test(
  'a packet to a global address has the link-local source all the same, unless told',
  { skip },
  async (t) => {
    const { left, right, a, b } = pair(t);
    address(left, 'a0', '2001:db8::1/64');
    address(right, 'b0', '2001:db8::2/64');
    await open(a, 'out', 'a0');
    await open(b, 'in', 'b0');
    t.equal(await send(a, 'out', '2001:db8::2'), 'sent');
    t.equal(await send(a, 'out', '2001:db8::2', hello, { from: '2001:db8::1' }), 'sent');
    t.same(
      (await received(b, 'in', 2)).map((each) => each?.from),
      [A, '2001:db8::1'],
    );
  },
);

t.test('packets of every length arrive whole and in order', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  const payloads = [0, 1, 1452, 1453, 9000, 65_000].map((length) =>
    Buffer.alloc(length, length & 255).toString('hex'),
  );
  for (const payload of payloads) t.equal(await send(a, 'out', GROUP, payload), 'sent');
  t.same(
    (await received(b, 'in', payloads.length)).map((each) => each?.payload),
    payloads,
  );
});

t.test('a port hears its interface, its protocol and the groups that it names', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  join(left, right, 'a1', 'b1');
  await open(a, 'out', 'a0');
  await open(a, 'out1', 'a1');
  await open(a, 'foreign', 'a0', { protocol: 112 });
  await open(b, 'five', 'b0');
  await open(b, 'six', 'b0', { groups: [OTHER] });
  for (const [port, to] of [
    ['out1', GROUP],
    ['foreign', GROUP],
    ['out', OTHER],
    ['out', GROUP],
  ] as const)
    t.equal(await send(a, port, to), 'sent');
  t.same(
    (await received(b, 'five', 1)).map((each) => each?.to),
    [GROUP],
  );
  t.same(
    (await received(b, 'six', 1)).map((each) => each?.to),
    [OTHER],
  );
});

t.test('where hop limit 255 is asked for, what was forwarded is dropped and counted', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'near', 'a0', { hopLimit: 255 });
  await open(a, 'far', 'a0', { hopLimit: 254 });
  await open(b, 'in', 'b0', { leastHopLimit: 255 });
  for (const port of ['far', 'near', 'far', 'near']) t.equal(await send(a, port, GROUP), 'sent');
  t.same(
    (await received(b, 'in', 2)).map((each) => each?.hopLimit),
    [255, 255],
  );
  t.match(await b.order({ op: 'counters', port: 'in' }), { received: 2, hopLimit: 2 });
});

t.test(
  'of ICMPv6, a port that names its types receives those, and the kernel sees to checksums',
  { skip },
  async (t) => {
    const { a, b } = pair(t);
    const icmp = { protocol: 58, groups: ['ff02::2'] };
    await open(a, 'out', 'a0', icmp);
    await open(b, 'all', 'b0', icmp);
    await open(b, 'solicitations', 'b0', { ...icmp, icmpTypes: [133, 134] });
    const solicitation = '8500ffff00000000';
    for (const payload of ['8000000000010001', solicitation, '0100000000000000'])
      t.equal(await send(a, 'out', 'ff02::2', payload), 'sent');
    t.ok((await received(b, 'all', 3)).length >= 3, 'negative control: without types, all arrive');
    const [heard, ...others] = await received(b, 'solicitations', 1);
    t.same(others, []);
    t.match(heard, { payload: /^8500(?!ffff)....00000000$/ }, 'the kernel computed the checksum');
    await a.order({ op: 'inject', port: 'a0', payload: packet(58, 255, FE80_A, FF02_2, '8500123400000000') });
    await send(a, 'out', 'ff02::2', solicitation);
    t.equal((await received(b, 'solicitations', 2)).length, 2);
    t.match(
      await b.order({ op: 'counters', port: 'solicitations' }),
      { received: 2, dropped: 1 },
      'what has a wrong one is dropped and counted',
    );
  },
);

t.test(
  'a checksum of another protocol is filled in and checked where it is said to stand',
  { skip },
  async (t) => {
    const { a, b } = pair(t);
    await open(a, 'out', 'a0', { checksum: 12 });
    await open(b, 'in', 'b0', { checksum: 12 });
    await open(b, 'bare', 'b0');
    t.equal(await send(a, 'out', GROUP, '00'.repeat(16)), 'sent');
    await a.order({
      op: 'inject',
      port: 'a0',
      payload: packet(89, 1, FE80_A, FF02_5, `${'00'.repeat(12)}beef0000`),
    });
    t.equal(await send(a, 'out', GROUP, '01'.repeat(16)), 'sent');
    t.equal((await received(b, 'bare', 3)).length, 3, 'negative control: without it, all arrive');
    const heard = await received(b, 'in', 2);
    t.equal(heard.length, 2);
    t.match(heard[0]?.payload, /^0{24}(?!0000)....0000$/);
    t.match(await b.order({ op: 'counters', port: 'in' }), { received: 2, dropped: 1 });
  },
);

t.test('groups are joined and left while the socket stays, and after it was renewed', { skip }, async (t) => {
  const { right, a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  const sockets = await b.order({ op: 'sockets' });
  const heard = async () => {
    b.told.length = 0;
    for (const to of [GROUP, OTHER, B]) await send(a, 'out', to);
    await until(() => b.told.some((told) => told.packet?.to === B));
    return b.told.map((told) => told.packet?.to).filter((to) => to !== B);
  };
  t.same(await heard(), [GROUP]);
  await b.order({ op: 'regroup', port: 'in', groups: [GROUP, OTHER] });
  t.same(await heard(), [GROUP, OTHER]);
  await b.order({ op: 'regroup', port: 'in', groups: [OTHER] });
  t.same(await heard(), [OTHER]);
  t.same(right.ip('-6', 'maddress', 'show', 'dev', 'b0').match(/ff02::[56]/g), [OTHER]);
  t.same(await b.order({ op: 'sockets' }), sockets, 'the same socket');
  t.equal((sockets as string[]).length, 1);
  await t.rejects(b.order({ op: 'regroup', port: 'in', groups: ['fe80::1'] }), { code: 'OPTION_INVALID' });
  const there = await linkOf(b, 'b0');
  await b.order({ op: 'relink', port: 'in', link: { ...there, index: 0, up: false } });
  t.same(await b.order({ op: 'sockets' }), []);
  await b.order({ op: 'regroup', port: 'in', groups: [GROUP] });
  await b.order({ op: 'relink', port: 'in', link: there });
  t.same(await heard(), [GROUP], 'what was changed while there was no socket');
});

t.test(
  'without a link-local address nothing is sent, and it is said; with a new one it goes on',
  { skip },
  async (t) => {
    const { left, a, b } = pair(t);
    address(left, 'a0', '2001:db8::1/64');
    await open(a, 'out', 'a0');
    await open(b, 'in', 'b0');
    t.equal(await send(a, 'out', GROUP), 'sent');
    left.ip('-6', 'address', 'delete', `${A}/64`, 'dev', 'a0');
    t.equal(await send(a, 'out', GROUP), 'down');
    t.match(await a.order({ op: 'counters', port: 'out' }), {
      down: 1,
      errors: 0,
      failure: 'a0 has no link-local IPv6 address yet',
    });
    address(left, 'a0', 'fe80::c/64');
    t.equal(await send(a, 'out', GROUP), 'sent');
    t.same(
      (await received(b, 'in', 2)).map((each) => each?.from),
      [A, 'fe80::c'],
    );
    left.ip('-6', 'address', 'delete', 'fe80::c/64', 'dev', 'a0');
    left.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.a0.accept_dad=1', 'net.ipv6.conf.a0.dad_transmits=100']);
    left.ip('-6', 'address', 'add', 'fe80::d/64', 'dev', 'a0');
    t.equal(await send(a, 'out', GROUP), 'down', 'one that may be a duplicate is none yet');
  },
);

t.test('an interface that is down answers down, and works again once it is up', { skip }, async (t) => {
  const { left, a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  const link = await linkOf(a, 'a0');
  left.ip('link', 'set', 'a0', 'down');
  t.equal(await send(a, 'out', GROUP), 'down', 'the kernel says so');
  await a.order({ op: 'relink', port: 'out', link: { ...link, up: false } });
  t.equal(await send(a, 'out', GROUP), 'down');
  t.match(await a.order({ op: 'counters', port: 'out' }), { failure: 'a0 is down', errors: 0 });
  left.ip('link', 'set', 'a0', 'up');
  address(left, 'a0', `${A}/64`);
  await a.order({ op: 'relink', port: 'out', link });
  // The kernel takes up to a second until a link that came up again carries what is sent.
  let sent = 0;
  while (sent < 100 && b.told.length === 0) {
    t.equal(await send(a, 'out', GROUP), 'sent');
    sent++;
    await pause(50);
  }
  t.ok(b.told.length > 0, `one of ${sent} arrived`);
});

t.test(
  'an MTU too small for IPv6, and one that is not again: the groups are joined again',
  { skip },
  async (t) => {
    const { right, a, b } = pair(t);
    await open(a, 'out', 'a0');
    await open(b, 'in', 'b0');
    for (const mtu of [1279, 1500]) {
      right.ip('link', 'set', 'b0', 'mtu', String(mtu));
      await b.order({ op: 'relink', port: 'in', link: await linkOf(b, 'b0') });
    }
    t.match(right.ip('-6', 'maddress', 'show', 'dev', 'b0'), GROUP);
    t.equal(await send(a, 'out', GROUP), 'sent');
    t.equal((await received(b, 'in', 1)).length, 1);
  },
);

t.test('a deleted interface that comes back, under another index, is joined again', { skip }, async (t) => {
  const { left, right, a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  for (const remote of [a, b]) {
    await remote.order({ op: 'snapshot' });
    await remote.order({ op: 'watch' });
  }
  left.ip('link', 'delete', 'a0');
  t.equal(await send(a, 'out', GROUP), 'down');
  t.ok(await until(() => b.told.some(({ link }) => link?.name === 'b0' && link.index === 0)));
  right.ip('link', 'add', 'br9', 'type', 'bridge');
  join(left, right);
  const back = ({ told }: Remote) => told.findLast(({ link }) => /[ab]0/.test(link?.name ?? ''))?.link?.up;
  t.ok(await until(() => [a, b].every((remote) => back(remote) === true)), 'both ends saw it come back');
  t.equal(await send(a, 'out', GROUP), 'sent');
  t.match(await received(b, 'in', 1), [{ from: A, to: GROUP }]);
  t.match(await b.order({ op: 'counters', port: 'in' }), { received: 1 });
});

t.test('a send never throws: a bad address is refused and its reason kept', { skip }, async (t) => {
  const { a } = pair(t);
  await open(a, 'out', 'a0');
  t.equal(await send(a, 'out', 'neighbor'), 'down');
  t.match(await a.order({ op: 'counters', port: 'out' }), {
    errors: 1,
    lastError: '"neighbor" is not an IPv6 address',
  });
  t.equal(await send(a, 'out', GROUP, hello, { from: 'fe80::99' }), 'down');
  t.match(await a.order({ op: 'counters', port: 'out' }), { errors: 2, failure: 'invalid argument' });
  t.equal(await send(a, 'out', GROUP), 'sent', 'the next one is fine');
});

t.test('a full send buffer answers full, and nothing is lost in silence', { skip }, async (t) => {
  const { left, a, b } = pair(t);
  // A packet leaves every 45 s: none while they are sent, however long that takes here.
  left.exec('tc qdisc add dev a0 root tbf rate 256bit burst 2000 limit 10000000'.split(' '));
  await open(a, 'out', 'a0');
  await open(a, 'other', 'a0', { groups: [OTHER] });
  await open(b, 'in', 'b0');
  const results = (await send(a, 'out', GROUP, '07'.repeat(1400), { times: 400 })) as string[];
  const sent = results.filter((result) => result === 'sent').length;
  t.same(results, [...Array(sent).fill('sent'), ...Array(400 - sent).fill('full')]);
  t.ok(sent > 0 && sent < 400, `${sent} of 400`);
  left.exec('tc qdisc change dev a0 root tbf rate 1gbit burst 1000000 limit 10000000'.split(' '));
  // The kernel looks at its new rate when the next packet comes.
  t.equal(await send(a, 'other', OTHER), 'sent');
  t.equal((await received(b, 'in', sent)).length, sent, 'what was sent arrives');
});

t.test('closing is final, can be repeated, and lets the program end', { skip }, async (t) => {
  const { a, b } = pair(t);
  await open(a, 'out', 'a0');
  await open(b, 'in', 'b0');
  for (let i = 0; i < 2; i++) await b.order({ op: 'close', port: 'in' });
  t.equal(await send(b, 'in', GROUP), 'down');
  await b.order({ op: 'relink', port: 'in', link: await linkOf(b, 'b0') });
  await send(a, 'out', GROUP);
  t.same(await received(b, 'in', 0), []);
  t.equal(await b.end(), 0);
});

t.test('an interface that does not exist is named, with those that do', { skip }, async (t) => {
  const { a } = pair(t);
  await t.rejects(open(a, 'out', 'eth7'), {
    code: 'INTERFACE_UNKNOWN',
    message: /^there is no interface "eth7"\. Name one of: lo, a0$/,
  });
});

t.test('options out of range are refused before anything is opened', async (t) => {
  const remote = new Remote();
  const cases: [Partial<RawIp6Options>, RegExp][] = [
    [{ protocol: 0 }, /^protocol: 0 is not a whole number from 1 to 254/],
    [{ hopLimit: 256 }, /^hopLimit: 256 /],
    [{ checksum: 7 }, /^checksum: 7 is not even/],
    [{ groups: ['224.0.0.5'] }, /^groups: "224.0.0.5" is not an IPv6 multicast address/],
  ];
  for (const [options, message] of cases)
    await t.rejects(open(remote, 'out', 'lo', options), { code: 'OPTION_INVALID', message });
  t.equal(await remote.end(), 0);
});

t.test('without permission, or without our addon, the error says what to do', async (t) => {
  const root = process.getuid?.() === 0;
  const without = ['setpriv', '--inh-caps=-net_raw', '--bounding-set=-net_raw'];
  const denied = new Remote(root ? { wrapper: without } : {});
  await t.rejects(open(denied, 'out', 'lo'), {
    code: 'RAW_SOCKET_PERMISSION',
    message: /protocol 89 on lo: .*not permitted\. Run as root, or .*CAP_NET_RAW/i,
  });
  await denied.end();
  const bare = new Remote({ addons: false });
  await t.rejects(open(bare, 'out', 'lo'), { code: 'NETLINK_MISSING', message: /`hitless needs --addon`/ });
  await bare.end();
});
