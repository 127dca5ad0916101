/** Changes of the kernel's tables by the port, in real namespaces: carried out, refused, and what is told of them. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { DriverError } from '../../drivers/errors.ts';
import { Requests } from '../../drivers/kernel-tables/requests.ts';
import { Tidings } from '../../drivers/kernel-tables/tidings.ts';
import type { KernelChange } from '../../drivers/kernel-tables.ts';
import type { Netlink } from '../../drivers/netlink/netlink.ts';
import { ClosedAddresses } from '../../drivers/nftables/closed-addresses.ts';
import { NetworkNamespace } from '../netns.ts';
import {
  type Done,
  eventually,
  foreignRoutes,
  kernelPlace,
  opened,
  settled,
} from './fixtures/kernel-place.ts';
import type { Row } from './fixtures/netlink-place.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

/** Of the driver: own routes. */
const OWN = 72;

function route(destination: string, gateway: string, index: number): KernelChange {
  const hops = [{ gateway, interface: index }];
  return {
    verb: 'replace',
    kind: 'route',
    wanted: { destination, prefixLength: 24, protocol: OWN, metric: OWN, hops },
  };
}

const sysctl = (path: string, value: string): KernelChange => ({ verb: 'set', kind: 'sysctl', path, value });

const ownIn = (namespace: NetworkNamespace) =>
  namespace
    .exec(['sh', '-c', `ip route show proto ${OWN} | wc -l; ip -6 route show proto ${OWN} | wc -l`])
    .trim()
    .split('\n')
    .map(Number);

t.test(
  'links, addresses and routes are changed, in their order; what is refused hinders no other',
  { skip },
  async (t) => {
    const place = kernelPlace(t);
    const { index, namespace, change } = place;
    await opened(place);
    const { refusals } = await change([
      { verb: 'add', kind: 'link', wanted: { name: 'br0', kind: 'bridge' } },
      { verb: 'set', kind: 'link', wanted: { index, mtu: 1400, alias: 'to the lab' } },
      { verb: 'replace', kind: 'address', wanted: { index, address: '10.9.0.1', prefixLength: 24 } },
      route('10.1.0.0', '10.9.0.2', index),
      route('10.2.0.0', '192.0.2.1', index),
      { verb: 'remove', kind: 'link', wanted: { name: 'nobody' } },
      route('10.3.0.1', '10.9.0.2', index),
      { verb: 'add', kind: 'route', wanted: {} } as never,
      route('10.4.0.0', 'nonsense', index),
      route('10.5.0.0', '10.0.0.2', index),
    ]);
    t.match(refusals, [
      {
        at: 4,
        errno: 101,
        name: 'ENETUNREACH',
        message: /replace route 10\.2\.0\.0\/24: Nexthop has invalid gateway/,
      },
      { at: 5, errno: 19, name: 'ENODEV', message: /remove link nobody/ },
      { at: 6, errno: 22, name: 'EINVAL', message: /10\.3\.0\.1\/24: Invalid prefix/ },
      { at: 7, errno: 22, name: 'EINVAL', message: /no change "add route"/ },
      { at: 8, errno: 22, name: 'EINVAL', message: /"nonsense" is no IPv4 or IPv6 address/ },
    ]);
    t.equal(refusals.length, 5);
    const byIp = namespace.ip('route', 'show', 'proto', String(OWN));
    t.match(byIp, /10\.1\.0\.0\/24 via 10\.9\.0\.2/);
    t.match(byIp, /10\.5\.0\.0\/24 via 10\.0\.0\.2/, 'the last one');
    t.match(namespace.ip('link', 'show', 'v0'), /mtu 1400[\s\S]*alias to the lab/);
    t.match(namespace.ip('link', 'show', 'br0'), /br0/);
    const removed = await change([
      {
        verb: 'remove',
        kind: 'route',
        wanted: { destination: '10.1.0.0', prefixLength: 24, protocol: OWN, metric: OWN },
      },
      { verb: 'remove', kind: 'address', wanted: { index, address: '10.9.0.1', prefixLength: 24 } },
      { verb: 'remove', kind: 'link', wanted: { name: 'br0' } },
    ]);
    t.same(removed.refusals, []);
    await place.remote.order({ op: 'list' });
    t.same(await settled(place), []);
  },
);

t.test(
  'own routes are not told back; those of the same protocol by another program are',
  { skip },
  async (t) => {
    const place = kernelPlace(t);
    const { index, namespace, change, remote } = place;
    await opened(place);
    await remote.order({ op: 'told' });
    const routes = Array.from({ length: 200 }, (_, i) => route(`10.1.${i}.0`, '10.0.0.2', index));
    t.same((await change(routes)).refusals, []);
    t.same((await change(routes.map((one) => ({ ...one, verb: 'remove' }) as KernelChange))).refusals, []);
    t.same((await change([route('10.1.0.0', '10.0.0.2', index)])).refusals, []);
    const toldAbout = async (destination: string) =>
      ((await place.rows('route')) as Row[]).some((row) => row.destination === destination);
    // It comes behind all that was before it.
    namespace.ip('route', 'add', '203.0.113.0/24', 'via', '10.0.0.2', 'proto', String(OWN));
    t.ok(await eventually(() => toldAbout('203.0.113.0')), 'the control: told, of the same protocol');
    const { rows } = (await remote.order({ op: 'told' })) as {
      rows: { kind: string; row: Row; gone?: true }[];
    };
    // On a busy machine an address becomes usable only now, and that is told too.
    const routesTold = rows.filter(({ kind }) => kind === 'route');
    t.same(
      routesTold.map(({ row }) => row.destination),
      ['203.0.113.0'],
    );
    namespace.ip('route', 'delete', '10.1.0.0/24', 'metric', String(OWN));
    const gone = async () => {
      const { rows } = (await remote.order({ op: 'told' })) as { rows: { row: Row; gone?: true }[] };
      return rows.some(({ row, gone }) => gone === true && row.destination === '10.1.0.0');
    };
    t.ok(await eventually(gone), 'who deletes one of ours is told on');
  },
);

t.test('a value of sysctl is set in the own namespace, and the old one is told', { skip }, async (t) => {
  const place = kernelPlace(t);
  const { namespace, change } = place;
  const read = (path: string) => namespace.exec(['cat', `/proc/sys/${path}`]).trim();
  const outside = () => readFileSync('/proc/sys/net/ipv4/conf/lo/arp_ignore', 'utf8');
  const before = outside();
  await opened(place);
  const forwarding = 'net/ipv4/conf/v0/forwarding';
  const was = read(forwarding);
  const other = was === '0' ? '1' : '0';
  t.same(await change([sysctl(forwarding, other)]).then(({ refusals, was }) => ({ refusals, was })), {
    refusals: [],
    was: [was],
  });
  t.equal(read(forwarding), other);
  t.match(await change([sysctl(forwarding, other)]), { refusals: [], was: [other] }, 'the same again');
  t.match(await change([sysctl('net/ipv4/conf/lo/arp_ignore', '2')]), { refusals: [], was: ['0'] });
  t.equal(read('net/ipv4/conf/lo/arp_ignore'), '2');
  t.equal(outside(), before, 'nothing outside');
  t.match(await change([sysctl('net/ipv4/route/flush', '1')]), { refusals: [] }, 'one that cannot be read');

  const wrong = await change([
    // A value that nobody could set anyway, and one of this namespace: nothing happens outside where the check fails.
    sysctl('kernel/ostype', 'x'),
    sysctl('net/../net/ipv4/conf/lo/arp_ignore', '1'),
    sysctl('net/ipv4/conf/../conf/lo/arp_ignore', '1'),
    sysctl('net', '1'),
    sysctl('/net/ipv4/ip_forward', '1'),
    sysctl('net//ipv4/ip_forward', '1'),
    sysctl('net/ipv4/conf/nobody/forwarding', '1'),
    sysctl(forwarding, 'many'),
    sysctl(forwarding, was),
  ]);
  t.match(
    wrong.refusals.map(({ at, name }) => `${at} ${name}`),
    ['0 EINVAL', '1 EINVAL', '2 EINVAL', '3 EINVAL', '4 EINVAL', '5 EINVAL', '6 ENOENT', '7 EINVAL'],
  );
  t.match(wrong.refusals[0]?.message, /set sysctl kernel\/ostype: only values below net\//);
  t.equal(read(forwarding), was, 'the one behind them');
});

t.test('a value of sysctl is set in its place between other changes', { skip }, async (t) => {
  const place = kernelPlace(t);
  await opened(place);
  const add: KernelChange = { verb: 'add', kind: 'link', wanted: { name: 'br0', kind: 'bridge' } };
  const gone: KernelChange = { verb: 'remove', kind: 'link', wanted: { name: 'br0' } };
  const set = sysctl('net/ipv4/conf/br0/forwarding', '1');
  t.match(await place.change([add, set, gone]), { refusals: [] });
  const { refusals } = await place.change([set, add, gone]);
  t.match(refusals, [{ at: 0, name: 'ENOENT' }], 'the control: too early');
});

t.test('100,000 routes are all there, and fill no memory', { skip, timeout: 180_000 }, async (t) => {
  const place = kernelPlace(t);
  const { remote, index, namespace } = place;
  await opened(place);
  const many = (await remote.order({ op: 'many', count: 100_000, index })) as {
    refusals: unknown[];
    rss: number;
  };
  t.same(many.refusals, []);
  t.equal(ownIn(namespace)[0], 100_000);
  t.ok(many.rss < 300e6, `${many.rss / 1e6} MB`);
  t.equal((await place.rows('route')).filter(({ protocol }) => protocol === OWN).length, 0, 'not told back');
  await remote.order({ op: 'list' });
  const listed = async () =>
    (await place.rows('route')).filter(({ protocol }) => protocol === OWN).length === 100_000;
  t.ok(await eventually(listed), 'and listed when asked for');
  t.match(await place.counters(), {
    requests: 391,
    changes: 100_000,
    refused: 0,
    lost: 0,
    overruns: 0,
    left: 0,
  });
});

t.test(
  'only some requests are under way at once; those of a module that leaves are all taken',
  { skip },
  async (t) => {
    const place = kernelPlace(t);
    const { remote, index, change } = place;
    await opened(place);
    const changes = [route('10.1.0.0', '10.0.0.2', index)];
    // In one turn of the loop there.
    const results = await Promise.all(Array.from({ length: 12 }, () => change(changes)));
    const full = results.filter((one) => (one as { result?: string }).result === 'full').length;
    t.ok(full <= 4, `${full} of them`);
    const datum = { do: 'change', request: 1, changes: Array.from({ length: 257 }, () => changes[0]) };
    t.match(await remote.order({ op: 'send', datum }), { result: 'down', failure: /at most 256 changes/ });
    t.match(await remote.order({ op: 'send', datum: { do: 'dance' } }), {
      result: 'down',
      failure: /taken, list, change/,
    });
    // Nothing is acknowledged: the answers wait, and so the requests do.
    await remote.order({ op: 'acknowledge', yes: false });
    let last = {} as { result?: string; failure?: string };
    for (let i = 0; i < 40 && last.result !== 'full'; i++)
      last = (await remote.order({
        op: 'send',
        datum: { do: 'change', request: 1_000 + i, changes },
      })) as never;
    t.match(last, { result: 'full', failure: /as many requests are under way as may be/ });
    const leaving = { do: 'change', request: 2_000, changes, leaving: true };
    t.match(await remote.order({ op: 'send', datum: leaving }), { result: 'sent' });
  },
);

for (const waits of [true, false]) {
  const how = waits ? 'is carried out after the closing, before the program ends' : 'is lost: the control';
  const name = `what was handed over ${waits ? how : `and not waited for ${how}`}`;
  t.test(name, { skip, timeout: 120_000 }, async (t) => {
    const place = kernelPlace(t);
    const { remote, index, namespace } = place;
    await opened(place);
    const { left } = (await remote.order({ op: 'many', count: 50_000, index, waits: false })) as {
      left: number;
    };
    t.ok(left > 10_000, `${left} are to be carried out`);
    if (waits) {
      void remote.order({ op: 'close', waits: false });
      t.equal(await remote.end(60_000), 0, 'it ends by itself');
      t.equal(ownIn(namespace)[0], 50_000);
    } else {
      remote.order({ op: 'end' }).catch(() => {});
      await remote.ended;
      t.ok((ownIn(namespace)[0] ?? 0) < 50_000, `${ownIn(namespace)[0]} of them`);
    }
  });
}

t.test(
  'a module that stops withdraws all own routes by one datum, and no other',
  { skip, timeout: 120_000 },
  async (t) => {
    const place = kernelPlace(t);
    const { remote, index, namespace, batch, change } = place;
    batch(...foreignRoutes(2_000));
    await opened(place);
    await remote.order({ op: 'many', count: 20_000, index });
    const wanted = {
      prefixLength: 48,
      protocol: OWN,
      metric: OWN,
      hops: [{ gateway: '2001:db8::2', interface: index }],
    };
    t.same(
      (
        await change([
          { verb: 'replace', kind: 'route', wanted: { ...wanted, destination: '2001:db8:5::' } },
          { verb: 'replace', kind: 'route', wanted: { ...wanted, destination: '2001:db8:6::', table: 100 } },
          {
            verb: 'replace',
            kind: 'route',
            wanted: {
              destination: '10.1.0.0',
              prefixLength: 16,
              protocol: OWN,
              metric: OWN,
              type: 'blackhole',
            },
          },
        ])
      ).refusals,
      [],
    );
    batch(`route add blackhole 10.2.0.0/16 proto ${OWN} metric 5`);
    t.same(ownIn(namespace), [20_002, 1]);
    await remote.order({ op: 'acknowledge', yes: false });
    // A list that nobody takes hinders nothing, and the closing waits for the end.
    await remote.order({ op: 'list' });
    t.ok(await eventually(async () => (await place.counters()).unacknowledged === 8));
    await remote.order({ op: 'withdraw', waits: false });
    await remote.order({ op: 'close' });
    t.same(ownIn(namespace), [1, 0], 'one with another metric stays');
    t.equal(namespace.ip('-6', 'route', 'show', 'table', '100'), '');
    t.equal(
      namespace.exec(['sh', '-c', 'ip route show proto 200 | wc -l']).trim(),
      '2000',
      'the others stay',
    );
  },
);

t.test('a route that was heard while a request was under way is told behind the end of that', async (t) => {
  const tidings = new Tidings();
  const row = { destination: '10.1.0.0' } as never;
  const link = { kind: 'link', row: {} as never } as const;
  tidings.hear({ kind: 'route', row }, 0, 0);
  tidings.hear({ kind: 'route', row, gone: true }, 2, 0);
  tidings.hear(link, 2, 0);
  const rows = (...of: unknown[]) => ({ of: 'rows', rows: of });
  t.same(tidings.next(), rows({ kind: 'route', row }, link), 'what was heard before, and what is no route');
  t.same(tidings.next(), undefined);
  const done = (request: number) => ({ of: 'done' as const, request, refusals: [] });
  tidings.done(done(1), 1);
  t.same(tidings.next(), done(1));
  t.same(tidings.next(), undefined);
  tidings.done(done(2), 2);
  t.same(tidings.next(), done(2));
  t.same(tidings.next(), rows({ kind: 'route', row, gone: true }));
});

t.test('an answer that is lost is told of each change of it, and the tables are to be listed', async (t) => {
  const netlink = {
    change: async () => Promise.reject(new DriverError('NETLINK_TIMEOUT', 'the kernel did not answer')),
  } as unknown as Netlink;
  const told: Done[] = [];
  let lost = 0;
  const requests = new Requests(
    netlink,
    new ClosedAddresses(() => {}),
    { done: (done) => told.push(done), lost: () => lost++ },
    Promise.resolve(),
  );
  requests.take({
    do: 'change',
    request: 1,
    changes: [sysctl('kernel/x', '1'), route('10.1.0.0', '10.0.0.2', 1), route('10.2.0.0', '10.0.0.2', 1)],
  });
  await requests.settled();
  const timedOut = { errno: 110, name: 'ETIMEDOUT', message: 'the kernel did not answer' };
  t.match(told, [
    {
      refusals: [
        { at: 0, name: 'EINVAL' },
        { ...timedOut, at: 1 },
        { ...timedOut, at: 2 },
      ],
    },
  ]);
  t.equal(lost, 1);
  t.match(requests.counters, { lost: 1, refused: 3 });
});
