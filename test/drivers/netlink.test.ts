/** The kernel's tables by netlink, in real namespaces: lists beside iproute2's, changes with their answers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { loadSocket, type NativeSocket } from '../../drivers/native/socket.ts';
import { ADDRESSES } from '../../drivers/netlink/address.ts';
import { LINKS } from '../../drivers/netlink/link.ts';
import { Netlink, replace } from '../../drivers/netlink/netlink.ts';
import { openNetlink } from '../../drivers/netlink/socket.ts';
import { MessageWriter } from '../../drivers/netlink/writer.ts';
import { NetworkNamespace } from '../netns.ts';
import { place, type Row } from './fixtures/netlink-place.ts';
import { folder } from './fixtures/remote.ts';
import * as shown from './fixtures/shown-by-ip.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

/** Only these fields of each row. */
const only = (rows: readonly Row[], like: readonly object[]) => {
  const keys = new Set(like.flatMap((row) => Object.keys(row)));
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => keys.has(key))));
};

/** A hop's flags say what the kernel does with it at the moment. */
const withoutFlags = (rows: readonly Row[]) =>
  rows.map((row) => ({ ...row, hops: (row.hops as Row[]).map(({ flags: _, ...hop }) => hop) }));

t.test('each table is listed as iproute2 shows it', { skip }, async (t) => {
  const { namespace, batch, dump } = place(t);
  batch(
    'link add br0 type bridge',
    'link add mv0 link v0 type macvlan mode private',
    'link set v1 master br0',
    'link set br0 up',
    'link set mv0 alias "to the left" mtu 1400 group 7',
    'address add 10.0.0.9/24 brd + dev v0',
    'address add 192.0.2.1 peer 192.0.2.9/32 dev br0',
    'address add 2001:db8:1::1 peer 2001:db8:1::2/128 dev br0 nodad',
    'route add 10.1.0.0/16 via 10.0.0.2 metric 5 proto 200',
    'route add 10.1.0.0/16 tos 0x10 via 10.0.0.2',
    'route add 10.2.0.0/16 proto 200 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.0.3 nexthop via 192.0.2.9 dev br0',
    'route add blackhole 10.3.0.0/16',
    'route add unreachable 10.4.0.0/16 metric 7 table 100',
    'route add 10.5.0.0/16 via inet6 2001:db8::9 dev v0 mtu 1300',
    'route add default via 10.0.0.2 table 1000 src 10.0.0.9',
    'route add 2001:db8:5::/48 via 2001:db8::2 metric 3 proto 200',
    'route add 2001:db8:6::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3 weight 4',
    'route add blackhole 2001:db8:7::/48',
    'neighbor add 10.0.0.77 lladdr 00:00:5e:00:01:33 dev v0',
    'neighbor add 2001:db8::77 lladdr 00:00:5e:00:01:34 dev v0',
    'rule add from 10.0.0.0/24 to 10.1.0.0/16 table 100 priority 77',
    'rule add fwmark 0x10/0xff iif v0 oif v1 table 1000 priority 88',
    'rule add not from 10.9.0.0/16 blackhole priority 99',
    'rule add l3mdev priority 1000',
  );
  namespace.ip(
    '-6',
    ...'rule add to 2001:db8::/32 table 100 tos 0x10 priority 77 suppress_prefixlength 0'.split(' '),
  );
  // IPv6 goes on with its own addresses for a while: what is told twice the same is what is there.
  const pairs: [string, object, () => object[]][] = [
    ['link', {}, () => shown.links(namespace)],
    ['address', {}, () => shown.addresses(namespace)],
    ...([4, 6] as const).flatMap((family): [string, object, () => object[]][] => [
      ['route', { family }, () => shown.routes(namespace, family)],
      ['neighbor', { family }, () => shown.neighbors(namespace, family)],
      ['rule', { family }, () => shown.rules(namespace, family)],
    ]),
  ];
  for (const [kind, filter, byIp] of pairs) {
    let listed: string[] = [];
    let before: string[] = [];
    let after = [''];
    for (let i = 0; i < 50 && JSON.stringify(before) !== JSON.stringify(after); i++) {
      before = shown.sorted(byIp());
      const rows = await dump(kind, filter);
      listed = shown.sorted(only(kind === 'route' ? withoutFlags(rows) : rows, byIp()));
      after = shown.sorted(byIp());
    }
    t.ok(before.length > 0, `${kind} ${JSON.stringify(filter)} has rows`);
    t.same(listed, before, `${kind} ${JSON.stringify(filter)}`);
  }
});

t.test(
  'a list has what its filter says and no more, the kernel itself leaves out the rest',
  { skip },
  async (t) => {
    const { batch, dump, index } = place(t);
    batch(
      'route add 10.1.0.0/16 via 10.0.0.2 proto 200',
      'route add 10.2.0.0/16 via 10.0.0.2 proto 201 table 100',
    );
    const destinations = async (filter: object) =>
      (await dump('route', { family: 4, ...filter })).map(({ destination }) => destination);
    t.same(await destinations({ protocol: 200 }), ['10.1.0.0']);
    t.same(await destinations({ table: 100 }), ['10.2.0.0']);
    t.same(await destinations({ table: 101 }), [], 'a table that does not exist');
    t.same(await destinations({ type: 'local', interface: index }), ['10.0.0.1']);
    const own = await dump('address', { index, family: 4 });
    t.same(
      own.map(({ address }) => address),
      ['10.0.0.1'],
    );
  },
);

t.test(
  'one row is asked after by its index or name, and what is not there is refused',
  { skip },
  async (t) => {
    const { remote, index } = place(t);
    const answers = (await remote.order({
      op: 'read',
      kind: 'link',
      filters: [{ index }, { index: 4_000 }, { name: 'v1' }, { name: 'v2' }],
    })) as Row[];
    t.match(answers, [
      { name: 'v0', index, up: true },
      { at: 1, errno: 19, message: /^link: .*\(ENODEV\)$/ },
      { name: 'v1' },
      { at: 3, errno: 19 },
    ]);
    t.match(await remote.order({ op: 'read', kind: 'netconf', filters: [{ family: 4, index }] }), [
      { index, forwarding: false },
    ]);
  },
);

const orders = (verb: 'add' | 'set' | 'remove', kind: string, ...wanted: object[]) =>
  wanted.map((one) => ({ verb, kind, wanted: one }));

t.test('links are made, changed, renamed and removed, as iproute2 sees it', { skip }, async (t) => {
  const { namespace, change, index } = place(t);
  const mac = '00:00:5e:00:01:33';
  const made = await change(
    ...orders(
      'add',
      'link',
      { name: 'mv0', kind: 'macvlan', parent: index, macvlanMode: 1, mac },
      { name: 'br0', kind: 'bridge', mtu: 1400, up: true },
      { name: 'p0', kind: 'veth', peer: 'p1' },
    ),
    ...orders('set', 'link', { name: 'p1', up: true, alias: 'to the left', mtu: 1300, group: 9 }),
  );
  t.same(made, []);
  const names = shown.indexesIn(namespace);
  const link = (name: string) => (shown.links(namespace) as Row[]).find((row) => row.name === name);
  t.match(link('mv0'), { kind: 'macvlan', parent: index, mac, up: false });
  t.match(link('br0'), { kind: 'bridge', mtu: 1400, up: true });
  const settings = { alias: 'to the left', mtu: 1300, group: 9, up: true };
  t.match(link('p1'), { kind: 'veth', parent: names.get('p0'), ...settings });
  const changed = await change(
    ...orders(
      'set',
      'link',
      { index: names.get('p1'), name: 'q1' },
      { name: 'p0', master: names.get('br0') },
    ),
    ...orders('remove', 'link', { name: 'mv0' }),
  );
  t.same(changed, []);
  t.notOk(link('mv0'));
  t.match(link('q1'), { index: names.get('p1'), ...settings }, 'only its name is another');
  t.match(link('p0'), { master: names.get('br0') });
});

t.test('addresses, neighbours and rules are added and removed, as iproute2 sees it', { skip }, async (t) => {
  const { namespace, change, index } = place(t);
  const added = await change(
    ...orders(
      'add',
      'address',
      { index, address: '10.0.0.9', prefixLength: 24, broadcast: '10.0.0.255' },
      { index, address: '192.0.2.1', prefixLength: 32, peer: '192.0.2.9' },
      { index, address: '2001:db8:1::1', prefixLength: 64, flags: 2 },
    ),
    ...orders('add', 'neighbor', { index, address: '10.0.0.77', mac: '00:00:5e:00:01:34' }),
    ...orders(
      'add',
      'rule',
      { family: 4, priority: 77, from: '10.0.0.0', fromLength: 24, table: 100, protocol: 200 },
      { family: 6, priority: 78, to: '2001:db8::', toLength: 32, table: 1000, mark: 1, mask: 255 },
    ),
  );
  t.same(added, []);
  const [addresses, neighbors] = [
    ['address', 'show', 'dev', 'v0'],
    ['neighbor', 'show', 'nud', 'permanent'],
  ];
  t.match(namespace.ip(...addresses), /inet 10\.0\.0\.9\/24 brd 10\.0\.0\.255 scope global secondary v0/);
  t.match(namespace.ip(...addresses), /inet 192\.0\.2\.1 peer 192\.0\.2\.9\/32/);
  t.match(namespace.ip(...addresses), /inet6 2001:db8:1::1\/64 scope global nodad/);
  t.match(namespace.ip(...neighbors), /10\.0\.0\.77 dev v0 lladdr 00:00:5e:00:01:34 PERMANENT/);
  t.match(namespace.ip('-N', 'rule'), /^77:\s+from 10\.0\.0\.0\/24 lookup 100 proto 200/m);
  t.match(
    namespace.ip('-6', '-N', 'rule'),
    /^78:\s+from all to 2001:db8::\/32 fwmark 0x1\/0xff lookup 1000/m,
  );

  const removed = await change(
    ...orders('remove', 'address', { index, address: '10.0.0.9', prefixLength: 24 }),
    ...orders('remove', 'neighbor', { index, address: '10.0.0.77' }),
    ...orders('remove', 'rule', { family: 4, priority: 77 }),
  );
  t.same(removed, []);
  t.notMatch(namespace.ip(...addresses), /10\.0\.0\.9/);
  t.notMatch(namespace.ip(...neighbors), /10\.0\.0\.77/);
  t.notMatch(namespace.ip('rule'), /^77:/m);
});

t.test('a batch with errors in its middle tells which, and carries out all the rest', { skip }, async (t) => {
  const { change, index, dump } = place(t);
  const route = (i: number, gateway: string) => ({
    verb: 'replace' as const,
    kind: 'route',
    wanted: {
      destination: `10.${1 + (i >> 8)}.${i & 255}.0`,
      prefixLength: 24,
      protocol: 200,
      hops: [{ gateway, interface: index }],
    },
  });
  // More than one slice.
  const changes = Array.from({ length: 1_000 }, (_, i) =>
    route(i, i % 100 === 50 ? '172.16.0.1' : '10.0.0.2'),
  );
  changes[3] = { ...route(3, 'nonsense') };
  changes[999] = {
    verb: 'replace',
    kind: 'route',
    wanted: { ...route(999, '10.0.0.2').wanted, destination: '10.9.9.9' },
  };
  const refused = await change(...changes);
  t.same(
    refused.map(({ at }) => at),
    [3, 50, 150, 250, 350, 450, 550, 650, 750, 850, 950, 999],
  );
  t.match(refused[0], {
    errno: 22,
    message: /replace route 10\.1\.3\.0\/24: "nonsense" is no IPv4 or IPv6 address \(EINVAL\)/,
  });
  t.match(refused[1], {
    errno: 101,
    message: 'replace route 10.1.50.0/24: Nexthop has invalid gateway (ENETUNREACH)',
  });
  t.match(refused[11], { errno: 22, message: /Invalid prefix for given prefix length/ });
  t.equal((await dump('route', { family: 4, protocol: 200 })).length, 1_000 - 12);
  t.same(await change(route(50, '10.0.0.2')), [], 'nothing of a refusal stays behind');
  t.match(
    await change(route(3, '10.0.0.2'), route(4, 'nonsense')),
    [{ at: 1, errno: 22 }],
    'the last one cannot be said',
  );
  t.match(await change(route(5, 'nonsense')), [{ at: 0, errno: 22 }], 'nor the only one');
});

t.test(
  'a number that does not fit is refused, and no other row is changed in its place',
  { skip },
  async (t) => {
    const { change, index, dump } = place(t);
    const hop = { gateway: '10.0.0.2', interface: index };
    const route = (i: number, wrong: object = {}) => ({
      verb: 'replace' as const,
      kind: 'route',
      wanted: { destination: `10.1.${i}.0`, prefixLength: 24, protocol: 200, hops: [hop], ...wrong },
    });
    const refused = await change(
      route(0),
      // Each of them would be cut to a number that the kernel takes.
      route(1, { prefixLength: 256 + 24 }),
      route(2, { metric: 2 ** 32 + 7 }),
      route(3, { metric: -1 }),
      route(4, { tos: 256 }),
      route(5, { protocol: 256 + 200 }),
      route(6, { table: -1 }),
      route(7, { hops: [hop, { gateway: '10.0.0.3', interface: index, weight: 257 }] }),
      route(8, { hops: [{ gateway: '10.0.0.2', interface: 2 ** 32 + index }] }),
      route(9),
    );
    t.same(
      refused.map(({ at, errno }) => [at, errno]),
      [1, 2, 3, 4, 5, 6, 7, 8].map((at) => [at, 22]),
    );
    t.match(refused[0], { message: 'replace route 10.1.1.0/280: 280 is not from 0 to 255 (EINVAL)' });
    const rows = await dump('route', { family: 4, protocol: 200 });
    t.match(rows, [
      { destination: '10.1.0.0', prefixLength: 24, metric: 0, hops: [hop] },
      { destination: '10.1.9.0', prefixLength: 24, metric: 0, hops: [hop] },
    ]);
  },
);

t.test('what is taken back leaves no bytes behind in the message that comes in its place', (t) => {
  const write = (writer: MessageWriter) => {
    writer.begin(24, 0, 1);
    writer.put8(writer.struct(12) + 1, 7);
    writer.u8(3, 1);
    writer.text(4, 'ab');
    writer.end();
    return writer.written.toString('hex');
  };
  const writer = new MessageWriter(16);
  const fresh = write(writer);
  for (const take of [() => writer.cut(0), () => writer.clear()]) {
    take();
    writer.begin(0xffff, 0xffff, 0xffff_ffff);
    writer.blob(0xffff, Buffer.alloc(64, 0xff));
    take();
    t.equal(write(writer), fresh);
  }
  t.end();
});

t.test(
  'adding refuses what is there, setting what is not, and removing what another protocol owns',
  { skip },
  async (t) => {
    const { change, index, batch, dump } = place(t);
    batch('route add 10.1.0.0/16 via 10.0.0.2 proto 201');
    const wanted = {
      destination: '10.1.0.0',
      prefixLength: 16,
      protocol: 200,
      hops: [{ gateway: '10.0.0.2', interface: index }],
    };
    t.match(await change({ verb: 'add', kind: 'route', wanted }), [{ errno: 17, message: /\(EEXIST\)$/ }]);
    t.match(await change({ verb: 'remove', kind: 'route', wanted }), [{ errno: 3, message: /\(ESRCH\)$/ }]);
    t.match(await change({ verb: 'set', kind: 'link', wanted: { name: 'none', up: true } }), [{ errno: 19 }]);
    t.equal((await dump('route', { family: 4, protocol: 201 })).length, 1);
  },
);

t.test('changes that cannot be said are refused without holding the event loop', async (t) => {
  const netlink = new Netlink();
  const nonsense = { index: 1, address: 'nonsense', prefixLength: 24 };
  let turns = 0;
  const count = () => {
    turns++;
    turning = setImmediate(count);
  };
  let turning = setImmediate(count);
  const refused = await netlink.change(Array.from({ length: 10_000 }, () => replace(ADDRESSES, nonsense)));
  clearImmediate(turning);
  netlink.close();
  t.equal(refused.length, 10_000);
  t.same([refused[0]?.at, refused.at(-1)?.at], [0, 9_999]);
  // So that no more than 128 are looked at in one turn, however slow they are.
  t.ok(turns >= 10_000 / 128 - 1, `${turns} turns of the loop`);
});

t.test('a table that changes while it is listed is listed again, until it is whole', { skip }, async (t) => {
  const { remote, batch } = place(t);
  // Many datagrams: the table changes between two of them.
  batch(...Array.from({ length: 2_000 }, (_, i) => `address add 10.8.${i >> 8}.${i & 255}/32 dev v1`));
  const still = (await remote.order({ op: 'torn', times: 0 })) as { rows: number; interrupted: number };
  t.equal(still.interrupted, 0, 'the control: a table that does not change is never torn');
  const torn = (await remote.order({ op: 'torn', times: 5 })) as { rows: number; interrupted: number };
  t.equal(torn.rows, still.rows);
  t.ok(torn.interrupted >= 5, `${torn.interrupted} times`);
  await t.rejects(remote.order({ op: 'torn', times: 5, attempts: 1 }), {
    code: 'NETLINK_INTERRUPTED',
    message: /^the table of each address changed/,
  });
});

t.test('a list in which something is not understood is listed again', { skip }, async (t) => {
  const { remote } = place(t);
  const order = { op: 'dump', kind: 'link' } as const;
  t.equal(((await remote.order({ ...order, faults: 1 })) as Row[]).length, 3);
  t.match(await remote.order({ op: 'counters' }), { malformed: 1, interrupted: 1 });
  await t.rejects(remote.order({ ...order, faults: 1_000 }), {
    code: 'NETLINK_INTERRUPTED',
    message: /^the table of each link was listed with answers lost or not understood, 10 of 10 times/,
  });
  t.equal(((await remote.order({ ...order, faults: 0 })) as Row[]).length, 3);
});

/** Answers are cut, as the kernel tells it (EMSGSIZE), or as they lie there, so many times. */
function cutting(times: number, how: 'told' | 'found') {
  let left = times;
  return (receiveBuffer: number): NativeSocket => {
    const socket = openNetlink(receiveBuffer);
    const request: NativeSocket['request'] = (data, into, callback) =>
      socket.request(data, into, (sent, received, end, overrun) => {
        if (received === 0 || left-- <= 0) callback(sent, received, end, overrun);
        else if (how === 'told') callback(sent, 0, constants.errno.EMSGSIZE, overrun);
        else callback(sent, received - 4, end, overrun);
      });
    return Object.create(socket, {
      request: { value: request },
      close: { value: () => socket.close() },
    }) as NativeSocket;
  };
}

for (const how of ['told', 'found'] as const) {
  t.test(`where an answer was cut, as it is ${how}, a list is made again`, async (t) => {
    const netlink = new Netlink({ open: cutting(1, how) });
    t.teardown(() => netlink.close());
    t.ok((await netlink.dump(LINKS, {})).some(({ name }) => name === 'lo'));
    t.match(netlink.counters, { malformed: 1, interrupted: 1, timeouts: 0 });
  });

  t.test(
    `where an answer was cut, as it is ${how}, a question is rejected, and the next is not`,
    async (t) => {
      const netlink = new Netlink({ open: cutting(1, how) });
      t.teardown(() => netlink.close());
      await t.rejects(netlink.read(LINKS, [{ index: 1 }]), { code: 'NETLINK_LOST' });
      t.match(await netlink.read(LINKS, [{ index: 1 }]), [{ name: 'lo' }]);
    },
  );
}

t.test('what the kernel refuses to list is told, and the next list is whole', { skip }, async (t) => {
  const { dump } = place(t);
  await t.rejects(dump('route', { family: 4, interface: 4_000 }), {
    code: 'NETLINK_REFUSED',
    message: /^the list of each route: .*\(ENODEV\)$/,
  });
  t.equal((await dump('link')).length, 3);
});

t.test('after the closing all is refused', { skip }, async (t) => {
  const { dump, remote } = place(t);
  await remote.order({ op: 'stop' });
  await t.rejects(dump('link'), { code: 'NETLINK_CLOSED' });
  t.equal(await remote.end(), 0, 'the program can end');
});

t.test('without the addon, or with one of another Node, the error says how to get it', async (t) => {
  const advice = /addon socket, .*`apt-get install g\+\+ make python3`.*`hitless needs --addon`/;
  const elsewhere = join(folder, 'elsewhere/dist');
  const load = createRequire(join(elsewhere, 'program.mjs'));
  t.throws(() => loadSocket(load), { code: 'NETLINK_MISSING', message: advice });
  mkdirSync(join(elsewhere, 'socket/build/Release'), { recursive: true });
  writeFileSync(join(elsewhere, 'socket/build/Release/socket.node'), 'nothing to load');
  t.throws(() => loadSocket(load), {
    code: 'NETLINK_MISSING',
    message: /not compiled for this Node v.*socket\.node/,
  });
  t.throws(() => loadSocket(load), { message: advice });
});
