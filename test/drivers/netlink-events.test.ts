/** Changes of the kernel's tables as netlink tells them, also faster than anybody listens. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import type { NetlinkOrder } from './fixtures/netlink-agent.ts';
import { place, type Row } from './fixtures/netlink-place.ts';
import { type Remote, type Told, until } from './fixtures/remote.ts';
import * as shown from './fixtures/shown-by-ip.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

/** For a machine that others use too, in ms. */
const PATIENCE = 20_000;

type Event = NonNullable<Told['event']>;

/** The events up to one that fits; they are looked at once. */
async function upTo(remote: Remote<NetlinkOrder>, fits: (event: Event) => boolean): Promise<Event[]> {
  const found = () => remote.told.findIndex(({ event }) => event !== undefined && fits(event));
  if (!(await until(() => found() >= 0, PATIENCE))) throw new Error('no event fits');
  return remote.told.splice(0, found() + 1).flatMap(({ event }) => event ?? []);
}

/** Looks again and again, as the copy follows in its own time. */
async function eventually(fits: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    if (await fits()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

t.test('links and addresses are told as they change, in their order', { skip }, async (t) => {
  const { namespace, remote, index } = place(t);
  await remote.order({ op: 'listen', kinds: ['link', 'address'] });
  const steps: [string[], string, Row][] = [
    [['link', 'set', 'v0', 'mtu', '1400'], 'link', { index, mtu: 1400 }],
    [['link', 'set', 'v0', 'down'], 'link', { index, up: false, carrier: false }],
    [['link', 'set', 'v0', 'name', 'w0'], 'link', { index, name: 'w0' }],
    [['link', 'set', 'w0', 'up'], 'link', { index, name: 'w0', up: true, carrier: true }],
    [
      ['address', 'add', '10.0.0.9/24', 'dev', 'w0'],
      'address',
      { index, address: '10.0.0.9', prefixLength: 24 },
    ],
    [['link', 'set', 'v1', 'down'], 'link', { index, carrier: false, up: true }],
  ];
  for (const [args] of steps) namespace.ip(...args);
  // Each is looked for behind the one before.
  for (const [args, kind, row] of steps) {
    const fits = (event: Event) =>
      event.kind === kind &&
      !event.gone &&
      Object.entries(row).every(([key, value]) => event.row[key] === value);
    t.ok((await upTo(remote, fits)).length > 0, args.join(' '));
  }
  namespace.ip('address', 'delete', '10.0.0.9/24', 'dev', 'w0');
  namespace.ip('link', 'delete', 'w0');
  await upTo(remote, ({ kind, gone, row }) => kind === 'address' && gone && row.address === '10.0.0.9');
  await upTo(remote, ({ kind, gone, row }) => kind === 'link' && gone && row.index === index);
  t.match(await remote.order({ op: 'counters' }), { events: { malformed: 0, overruns: 0 } });
});

t.test('a port that leaves its bridge is not told as gone', { skip }, async (t) => {
  const { namespace, remote, batch } = place(t);
  await remote.order({ op: 'listen', kinds: ['link'] });
  batch('link add br0 type bridge', 'link set v1 master br0', 'link set v1 nomaster', 'link set v1 mtu 1300');
  const told = await upTo(remote, ({ row }) => row.name === 'v1' && row.mtu === 1300);
  t.same(
    told.filter(({ gone }) => gone),
    [],
  );
  namespace.ip('link', 'delete', 'br0');
  await upTo(remote, ({ gone, row }) => gone && row.name === 'br0');
});

/** The kernel tells an IPv6 address again by itself, some time after the link is up (RFC 4862, section 5.4). */
const toldAgain = ({ kind, row }: Event) => kind === 'address' && String(row.address).includes(':');

/** A hundred routes of one family, by these gateways. */
function hundred(family: 4 | 6, index: number, gateways: readonly string[]) {
  return Array.from({ length: 100 }, (_, i) => ({
    verb: 'replace' as const,
    kind: 'route',
    wanted: {
      destination: family === 4 ? `10.1.${i}.0` : `2001:db8:${(i + 1).toString(16)}::`,
      prefixLength: family === 4 ? 24 : 48,
      protocol: 200,
      hops: gateways.map((gateway) => ({ gateway, interface: index })),
    },
  }));
}

t.test('a route that is replaced in place is never gone, between one hop and many', { skip }, async (t) => {
  const { change, index, dump, agent, namespace } = place(t);
  const watcher = agent();
  await watcher.order({ op: 'listen', kinds: ['route'] });
  for (const gateways of [['10.0.0.2'], ['10.0.0.3'], ['10.0.0.2', '10.0.0.3'], ['10.0.0.4']])
    t.same(await change(...hundred(4, index, gateways)), []);
  for (const gateways of [['2001:db8::2'], ['2001:db8::2', '2001:db8::3'], ['2001:db8::4']])
    t.same(await change(...hundred(6, index, gateways)), []);
  const mark = (name: string) => {
    namespace.ip('route', 'add', 'blackhole', name);
    return upTo(watcher, ({ row }) => row.destination === name);
  };
  const told = await mark('203.0.113.1');
  t.equal(told.filter(({ gone }) => gone).length, 0, 'no RTM_DELROUTE');
  t.ok(told.length > 700, `${told.length} events`);
  t.equal((await dump('route', { family: 6, protocol: 200 })).length, 100);

  // The control: what is deleted and added is gone in between, and the watcher sees it.
  const routes = hundred(4, index, ['10.0.0.2']);
  await change(
    ...routes.flatMap((route) => [
      { ...route, verb: 'remove' as const, wanted: { ...route.wanted, hops: [] } },
      route,
    ]),
  );
  t.equal((await mark('203.0.113.2')).filter(({ gone }) => gone).length, 100);
});

t.test('an event tells own changes from those of others', { skip }, async (t) => {
  const { namespace, remote, change, index } = place(t);
  await remote.order({ op: 'listen', kinds: ['address'] });
  const own = { index, address: '10.0.0.8', prefixLength: 24 };
  t.same(await change({ verb: 'add', kind: 'address', wanted: own }), []);
  namespace.ip('address', 'add', '10.0.0.9/24', 'dev', 'v0');
  const told = await upTo(remote, ({ row }) => row.address === '10.0.0.9');
  const { port } = (await remote.order({ op: 'counters' })) as { port: number };
  t.same(
    told.filter((event) => !toldAgain(event)).map((event) => [event.row.address, event.port === port]),
    [
      ['10.0.0.8', true],
      ['10.0.0.9', false],
    ],
  );
});

t.test(
  'own changes of a kind need not be heard; those of others and of other kinds are',
  { skip },
  async (t) => {
    const { namespace, remote, change, index } = place(t);
    await remote.order({ op: 'listen', kinds: ['address', 'route'] });
    const address = (last: number) => ({ index, address: `10.0.0.${last}`, prefixLength: 24 });
    const route = (destination: string) => ({
      destination,
      prefixLength: 16,
      protocol: 72,
      hops: [{ interface: index }],
    });
    const add = async (kind: string, wanted: object) =>
      t.same(await change({ verb: 'add', kind, wanted }), [], JSON.stringify(wanted));
    const remove = async (destination: string) =>
      t.same(await change({ verb: 'remove', kind: 'route', wanted: route(destination) }), []);
    const words = (told: Event[]) =>
      told
        .filter((event) => !toldAgain(event))
        .filter(({ kind, row }) => kind === 'address' || row.protocol === 72 || row.protocol === 99)
        .map(
          ({ kind, gone, row }) =>
            `${gone ? '-' : '+'} ${kind === 'address' ? row.address : row.destination}`,
        );
    await add('address', address(8));
    await remote.order({ op: 'deafen', kind: 'route' });
    await add('route', route('10.1.0.0'));
    await remove('10.1.0.0');
    namespace.ip('route', 'add', '10.2.0.0/16', 'dev', 'v0', 'proto', '99');
    namespace.ip('route', 'delete', '10.2.0.0/16', 'dev', 'v0', 'proto', '99');
    await add('address', address(9));
    await remote.order({ op: 'deafen' });
    await add('route', route('10.3.0.0'));
    const told = await upTo(remote, ({ row }) => row.destination === '10.3.0.0');
    t.same(words(told), ['+ 10.0.0.8', '+ 10.2.0.0', '- 10.2.0.0', '+ 10.0.0.9', '+ 10.3.0.0']);
  },
);

t.test('a copy lists again where an event is not understood', { skip }, async (t) => {
  const { namespace, remote } = place(t);
  await remote.order({ op: 'copy', kind: 'address', filters: [{}] });
  await remote.order({ op: 'counters', faults: 1 });
  namespace.ip('address', 'add', '192.0.2.1/32', 'dev', 'v1');
  const has = async () =>
    ((await remote.order({ op: 'rows' })) as Row[]).some(({ address }) => address === '192.0.2.1');
  t.ok(await eventually(has));
  t.match(await remote.order({ op: 'counters' }), { events: { malformed: 1 } });
});

t.test('a copy keeps an IPv6 route of which one next hop goes', { skip }, async (t) => {
  const { remote, change, index } = place(t);
  await remote.order({ op: 'copy', kind: 'route', filters: [{ family: 6, protocol: 200 }] });
  const route = (...gateways: string[]) => ({
    kind: 'route',
    wanted: {
      destination: '2001:db8:9::',
      prefixLength: 48,
      protocol: 200,
      hops: gateways.map((gateway) => ({ gateway, interface: index })),
    },
  });
  const hops = async () => {
    const rows = (await remote.order({ op: 'rows' })) as { destination: string; hops: Row[] }[];
    return rows.find(({ destination }) => destination === '2001:db8:9::')?.hops.map(({ gateway }) => gateway);
  };
  const has = (...gateways: string[]) =>
    eventually(async () => JSON.stringify(await hops()) === JSON.stringify(gateways));
  t.same(await change({ verb: 'add', ...route('2001:db8::2', '2001:db8::3') }), []);
  t.ok(await has('2001:db8::2', '2001:db8::3'));
  t.same(await change({ verb: 'remove', ...route('2001:db8::2') }), []);
  t.ok(await has('2001:db8::3'), `${await hops()}`);
  t.same(await change({ verb: 'remove', ...route('2001:db8::3') }), []);
  t.ok(await eventually(async () => (await hops()) === undefined), 'with the last one it goes');
});

t.test('a copy that is stopped hears nothing, and others go on to hear', { skip }, async (t) => {
  const { namespace, remote } = place(t);
  await remote.order({ op: 'copy', kind: 'address', filters: [{}], kinds: ['link'] });
  await remote.order({ op: 'uncopy' });
  namespace.ip('address', 'add', '192.0.2.1/32', 'dev', 'v1');
  namespace.ip('link', 'set', 'v1', 'mtu', '1300');
  const told = await upTo(remote, ({ row }) => row.mtu === 1300);
  const counters = await remote.order({ op: 'counters' });
  // The kernel may tell a link once more meanwhile.
  const later = remote.told.filter(({ event }) => event !== undefined).length;
  t.match(counters, { events: { received: told.length + later } });
  t.same([...new Set(told.map(({ kind }) => kind))], ['link']);
});

t.test('a copy ends when its sockets are closed, and so can the program', { skip }, async (t) => {
  const { remote } = place(t);
  await remote.order({ op: 'copy', kind: 'address', filters: [{}] });
  // No list is understood from here on.
  await remote.order({ op: 'resync', faults: 1_000_000 });
  await remote.order({ op: 'stop' });
  t.ok(await until(() => remote.told.some(({ resynced }) => resynced), PATIENCE));
  t.equal(await remote.end(PATIENCE), 0);
});

/** So small that two events fill it. */
const TINY = 2_304;

/** Changes faster than anybody listens: all of these addresses are there at the end, or all are gone. */
function flood(verb: 'add' | 'delete'): string[] {
  return Array.from({ length: 3_000 }, (_, i) => `address ${verb} 10.8.${i >> 8}.${i & 255}/32 dev v1`);
}

const here = (rows: readonly Row[]) =>
  rows.map(({ index, address, prefixLength }) => ({ index, address, prefixLength }));

for (const deaf of [false, true]) {
  const what = deaf
    ? 'the control: without listing again, a copy of a table is wrong after an overrun'
    : 'a copy of a table is right again after an overrun, and nothing is missed';
  t.test(what, { skip }, async (t) => {
    const { batch, remote, namespace, dump } = place(t);
    await remote.order({ op: 'copy', kind: 'address', filters: [{}], receiveBuffer: TINY, deaf });
    const differs = async () => {
      const rows = here((await remote.order({ op: 'rows' })) as Row[]);
      const byIp = here(shown.addresses(namespace) as Row[]);
      return JSON.stringify(shown.sorted(rows)) !== JSON.stringify(shown.sorted(byIp));
    };
    t.equal(await differs(), false, 'at the start');
    // It cannot listen meanwhile.
    for (const verb of ['add', 'delete', 'add'] as const) {
      remote.process.kill('SIGSTOP');
      batch(...flood(verb));
      remote.process.kill('SIGCONT');
      await remote.order({ op: 'counters' });
    }
    const { events } = (await remote.order({ op: 'counters' })) as { events: { overruns: number } };
    t.ok(events.overruns > 0, `${events.overruns} overruns`);
    // Once a later change is known, all that was heard before it is, too. The first may find the buffer full.
    let later = 0;
    const known = await eventually(async () => {
      later++;
      namespace.ip('address', 'add', `198.18.${later >> 8}.${later & 255}/32`, 'dev', 'v1');
      const rows = (await remote.order({ op: 'rows' })) as { address: string }[];
      return rows.some(({ address }) => address.startsWith('198.18.'));
    });
    t.ok(known, 'later changes are told as before');
    // Lists are made one after the other: a copy that listed again would have been right long before the last of these.
    for (let i = 0; deaf && i < 5; i++) await dump('address');
    if (deaf) t.ok(await differs(), 'it stays wrong');
    else t.ok(await eventually(async () => !(await differs())), 'it is right');
  });
}
