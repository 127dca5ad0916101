/** The kernel's tables as a port, in real namespaces: lists and events, beside what iproute2 shows. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import {
  differences,
  eventually,
  foreignRoutes,
  kernelPlace,
  opened,
  settled,
} from './fixtures/kernel-place.ts';
import type { Row } from './fixtures/netlink-place.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

interface Told {
  told: string[];
  rows: { kind: string; row: Row; gone?: true }[];
}

t.test('after the opening all tables are told, and then every change', { skip }, async (t) => {
  const place = kernelPlace(t);
  const { namespace, batch, remote } = place;
  batch(
    'link add br0 type bridge',
    'link set v1 master br0',
    'address add 192.0.2.1 peer 192.0.2.9/32 dev br0',
    'route add 10.2.0.0/16 proto 200 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.0.3',
    'route add unreachable 10.4.0.0/16 metric 7 table 100',
    'route add 2001:db8:5::/48 via 2001:db8::2 metric 3 proto 200',
  );
  await opened(place);
  t.same(await settled(place), [], 'the list');
  const { told } = (await remote.order({ op: 'told' })) as Told;
  t.equal(told[0], '1 list begin');
  t.equal(told.filter((one) => one.endsWith('end')).length, 1);
  t.equal(
    (await place.rows('route')).filter(({ table }) => table === 255).length,
    0,
    'no own addresses as routes',
  );
  t.equal((await place.rows('neighbor')).length, 0, 'no neighbours unless asked for');

  const steps = [
    ['link', 'set', 'v0', 'mtu', '1400'],
    ['link', 'set', 'v0', 'alias', 'to the lab'],
    ['address', 'add', '10.9.0.1/24', 'dev', 'v0'],
    ['route', 'add', '10.5.0.0/16', 'via', '10.9.0.2'],
    ['route', 'replace', '10.5.0.0/16', 'via', '10.0.0.2'],
    ['route', 'add', '2001:db8:6::/48', 'via', '2001:db8::3'],
    ['route', 'delete', '2001:db8:5::/48'],
    ['link', 'set', 'v1', 'nomaster'],
    ['link', 'add', 'd0', 'type', 'bridge'],
    ['link', 'set', 'd0', 'name', 'e0'],
    ['link', 'delete', 'br0'],
    ['link', 'set', 'v1', 'down'],
  ];
  for (const args of steps) {
    namespace.ip(...args);
    t.same(await settled(place), [], args.join(' '));
  }
  t.match(await place.counters(), { overruns: 0, torn: 0, failed: 0, malformed: 0, repeated: 0 });
});

t.test('neighbours are told from the moment on in which the settings ask for them', { skip }, async (t) => {
  const place = kernelPlace(t);
  place.namespace.ip('neighbor', 'add', '10.0.0.77', 'lladdr', '00:00:5e:00:01:33', 'dev', 'v0');
  await opened(place);
  t.same(await place.rows('neighbor'), []);
  await place.remote.order({ op: 'neighbors', neighbors: true });
  const has = (address: string) => async () =>
    (await place.rows('neighbor')).some((row) => row.address === address);
  t.ok(await eventually(has('10.0.0.77')), 'listed');
  place.namespace.ip('neighbor', 'add', '10.0.0.78', 'lladdr', '00:00:5e:00:01:34', 'dev', 'v0');
  t.ok(await eventually(has('10.0.0.78')), 'an event');
  await place.remote.order({ op: 'neighbors', neighbors: false });
  t.ok(await eventually(async () => (await place.rows('neighbor')).length === 0), 'none of them any more');
});

/** So small that two events fill it. */
const TINY = 2_304;

for (const deaf of [false, true]) {
  const control = deaf ? 'the control: without another list ' : '';
  t.test(`${control}after an overrun the copy is ${deaf ? 'wrong' : 'right'}`, { skip }, async (t) => {
    const place = kernelPlace(t);
    await opened(place, { deaf, options: { receiveBuffer: TINY } });
    place.remote.process.kill('SIGSTOP');
    place.batch(...foreignRoutes(3_000));
    place.remote.process.kill('SIGCONT');
    t.ok(await eventually(async () => ((await place.counters()).overruns ?? 0) > 0), 'an overrun');
    if (deaf) {
      t.ok(await eventually(async () => ((await place.counters()).lists ?? 0) > 1), 'it was listed again');
      t.ok((await differences(place)).length > 0);
    } else t.same(await settled(place), []);
  });

  t.test(`${control}routes that a link takes with it ${deaf ? 'stay' : 'go'}`, { skip }, async (t) => {
    const place = kernelPlace(t);
    place.batch(...foreignRoutes(300));
    await opened(place, { deaf });
    t.same(await settled(place), []);
    await place.remote.order({ op: 'told' });
    place.namespace.ip('link', 'set', 'v0', 'down');
    const remain = async () => (await place.rows('route')).filter(({ protocol }) => protocol === 200).length;
    if (deaf) {
      t.ok(await eventually(async () => ((await place.counters()).lists ?? 0) > 1), 'it was listed again');
      t.equal(await remain(), 300, 'the kernel tells none of them');
      return;
    }
    t.same(await settled(place), []);
    t.equal(await remain(), 0);
    const { rows } = (await place.remote.order({ op: 'told' })) as Told;
    t.same(
      rows.filter(({ row, gone }) => gone && row.protocol === 200),
      [],
      'none was told as gone: the list says so',
    );
    // An address that goes takes those with it that lead by its network.
    place.namespace.ip('link', 'set', 'v0', 'up');
    place.batch(...foreignRoutes(300));
    t.same(await settled(place), []);
    place.namespace.ip('address', 'delete', '10.0.0.1/24', 'dev', 'v0');
    t.same(await settled(place), []);
  });
}

t.test('a link without IPv4 routes goes and comes, and nothing is listed anew', { skip }, async (t) => {
  const place = kernelPlace(t);
  const { namespace } = place;
  namespace.ip('link', 'add', 'x0', 'type', 'veth', 'peer', 'name', 'x1');
  namespace.ip('address', 'add', '10.7.0.1/32', 'dev', 'x1');
  namespace.ip('link', 'set', 'x0', 'up');
  await opened(place);
  t.same(await settled(place), []);
  const { lists } = await place.counters();
  namespace.ip('link', 'set', 'x0', 'down');
  namespace.ip('address', 'delete', '10.7.0.1/32', 'dev', 'x1');
  namespace.ip('link', 'delete', 'x0');
  t.same(await settled(place), []);
  t.equal((await place.counters()).lists, lists);
  namespace.ip('link', 'set', 'v0', 'down');
  t.ok(await eventually(async () => (await place.counters()).lists === lists! + 1), 'one with routes does');
  t.same(await settled(place), []);
});

t.test('a list that is torn begins anew, and is right at the end', { skip }, async (t) => {
  const place = kernelPlace(t);
  // So many that a list takes a while.
  place.batch(...Array.from({ length: 2_000 }, (_, i) => `address add 10.8.${i >> 8}.${i & 255}/32 dev v1`));
  await opened(place);
  t.ok(((await place.remote.order({ op: 'churn' })) as number) > 0);
  t.same(await settled(place), []);
  const { told } = (await place.remote.order({ op: 'told' })) as Told;
  const marks = told.filter((one) => one.includes('list')).map((one) => one.split(' ').at(-1));
  t.ok(
    marks.some((mark, i) => mark === 'begin' && marks[i - 1] === 'begin'),
    'a begin behind a begin',
  );
  t.equal(marks.at(-1), 'end');
});

t.test('eight data are under way at most; what is not acknowledged comes again', { skip }, async (t) => {
  const place = kernelPlace(t);
  place.batch(...foreignRoutes(10_000));
  await place.remote.order({ op: 'open', yes: false });
  const told: string[] = [];
  const more = async () => {
    told.push(...((await place.remote.order({ op: 'told' })) as Told).told);
    return told.some((one) => one.startsWith('again 8 '));
  };
  t.ok(await eventually(more), 'all eight came again');
  const eight = ['1 list begin', '2 rows', '3 rows', '4 rows', '5 rows', '6 rows', '7 rows', '8 rows'];
  t.same(told.slice(0, 8), eight);
  t.same(
    told.slice(8, 16),
    eight.map((one) => `again ${one}`),
  );
  t.match(await place.counters(), { told: 8, unacknowledged: 8 });
  await place.remote.order({ op: 'acknowledge', yes: true });
  t.same(await settled(place), [], 'all is told once it is taken');
  const { told: rest } = (await place.remote.order({ op: 'told' })) as Told;
  t.ok(rest.filter((one) => !one.startsWith('again')).length > 30, 'data behind the eighth');
});

t.test(
  'a module that takes nothing for long fills no memory, and is right afterwards',
  { skip },
  async (t) => {
    const place = kernelPlace(t);
    await opened(place);
    await place.remote.order({ op: 'acknowledge', yes: false });
    const before = (await place.remote.order({ op: 'memory' })) as { heapUsed: number };
    // More changes than may wait.
    for (let i = 0; i < 3; i++) {
      place.batch(...foreignRoutes(15_000));
      place.batch(...foreignRoutes(15_000).map((line) => line.replace('add', 'delete')));
    }
    place.batch(...foreignRoutes(500));
    const dropped = async () => ((await place.counters()).dropped ?? 0) > 0;
    t.ok(await eventually(dropped), 'some were dropped');
    t.ok(((await place.counters()).waiting ?? 0) <= 50_000);
    const after = (await place.remote.order({ op: 'memory' })) as { heapUsed: number };
    t.ok(after.heapUsed - before.heapUsed < 40e6, `${(after.heapUsed - before.heapUsed) / 1e6} MB more`);
    await place.remote.order({ op: 'acknowledge', yes: true });
    t.same(await settled(place), []);
  },
);

t.test('a list waits in the kernel while the module takes nothing', { skip }, async (t) => {
  const place = kernelPlace(t);
  place.batch(...foreignRoutes(60_000));
  const used = async () => ((await place.remote.order({ op: 'memory' })) as { heapUsed: number }).heapUsed;
  const empty = await used();
  await place.remote.order({ op: 'open', yes: false });
  // By then a list that waited for nobody would be here whole.
  const repeated = async () => ((await place.counters()).repeated ?? 0) >= 16;
  t.ok(await eventually(repeated));
  const few = (await used()) - empty;
  await place.remote.order({ op: 'acknowledge', yes: true });
  t.ok(await eventually(async () => (await place.counters()).lists === 1));
  t.equal((await place.rows('route')).filter(({ protocol }) => protocol === 200).length, 60_000);
  const all = (await used()) - empty;
  t.ok(few < all / 4, `${few / 1e6} MB of ${all / 1e6} MB, which the copy has that a module keeps`);
});

t.test(
  'of other programs a number of routes is told; the rest is counted, and told when there is room',
  { skip },
  async (t) => {
    const place = kernelPlace(t);
    const { batch, counters } = place;
    batch(...foreignRoutes(300));
    await opened(place, { options: { mostForeign: 200 } });
    const foreign = async () => (await place.rows('route')).filter(({ protocol }) => protocol === 200).length;
    t.equal(await foreign(), 200);
    t.match(await counters(), { leftOut: 100 });
    batch(...foreignRoutes(50).map((line) => line.replace('30.', '31.')));
    t.ok(
      await eventually(async () => (await counters()).leftOut === 150),
      'those that come are left out too',
    );
    batch('link add d0 type bridge', 'address add 10.8.0.1/24 dev d0', 'link set d0 up');
    const connected = async () =>
      (await place.rows('route')).some(({ destination }) => destination === '10.8.0.0');
    t.ok(await eventually(connected), "the kernel's own are always told");
    batch(...foreignRoutes(300).map((line) => line.replace('add', 'delete')));
    t.same(await settled(place), [], 'there is room again');
    t.equal(await foreign(), 50);
  },
);

t.test('the speed of a link is told behind the link, and with each of its changes', { skip }, async (t) => {
  const place = kernelPlace(t);
  // The kernel says 10,000 of each veth, and of a bridge what its fastest member has.
  place.namespace.ip('link', 'add', 'br0', 'type', 'bridge');
  await opened(place);
  const speedOf = async (name: string) => (await place.rows('link')).find((row) => row.name === name)?.speed;
  t.ok(await eventually(async () => (await speedOf('v0')) === 10_000), 'listed');
  t.equal(await speedOf('br0'), undefined, 'it has no carrier');
  t.equal(await speedOf('lo'), undefined, 'its driver tells none');
  place.namespace.ip('link', 'set', 'v1', 'master', 'br0');
  place.namespace.ip('link', 'set', 'br0', 'up');
  t.ok(await eventually(async () => (await speedOf('br0')) === 10_000), 'an event');
  place.namespace.ip('link', 'set', 'v0', 'alias', 'to the lab');
  t.ok(await eventually(async () => (await place.rows('link')).some(({ alias }) => alias === 'to the lab')));
  t.equal(await speedOf('v0'), 10_000, 'it stays with what else is told');
  place.namespace.ip('link', 'delete', 'v0');
  t.ok(
    await eventually(async () => (await speedOf('v1')) === undefined && (await speedOf('v0')) === undefined),
  );
  t.same(await settled(place), [], 'none of them comes back');
});
