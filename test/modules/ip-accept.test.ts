/** Virtual routers whose addresses take no packets: what IP has the kernel close, when, and what it tells. */
import t from 'tap';
import { VIRTUAL_GROUP } from '../../firmware/modules/ip/interfaces/device.ts';
import { down2, up2 } from '../../firmware/modules/ip/migration.ts';
import {
  devices,
  held,
  Next,
  router,
  router6,
  send,
  start,
  takeWords,
  type VirtualPlace,
} from './ip-virtual.ts';

const REFUSES = { accept: false } as const;
const say = (place: VirtualPlace, number: number, body: object) =>
  send(place, { number, saysAccept: true, ...body });
const closed = ({ kernel }: VirtualPlace) => [...kernel.closed].sort();

t.test('they are closed before the kernel has them, and taken away before they are open', async (t) => {
  const place = await start(t);
  const both = { ...REFUSES, addresses: ['10.0.1.51', '10.0.1.52'] };
  say(place, 1, { whole: true, changes: [router(51, both)] });
  t.same(closed(place), ['vrrp4-2-51 10.0.1.51', 'vrrp4-2-51 10.0.1.52'], 'of a Backup, too');
  const made = takeWords(place).flat();
  t.ok(made.indexOf('close 10.0.1.52') < made.findIndex((word) => word.endsWith('up')), made.join());
  t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/51', device: 'vrrp4-2-51', closed: true });
  say(place, 2, { changes: [router(51, { ...both, active: true })] });
  t.same(
    takeWords(place)[0],
    ['replace 10.0.1.51', 'replace 10.0.1.52', 'set 00:00:5e:00:01:33'],
    'becoming Active asks for nothing else',
  );
  say(place, 3, {
    changes: [router(51, { ...REFUSES, active: true, addresses: ['10.0.1.52', '10.0.1.53'] })],
  });
  t.same(takeWords(place)[0], [
    'close 10.0.1.53',
    'replace 10.0.1.53',
    'set 00:00:5e:00:01:33',
    'remove 10.0.1.51',
    'open 10.0.1.51',
  ]);
  say(place, 4, { changes: [router(51, { ...REFUSES, addresses: ['10.0.1.52', '10.0.1.53'] })] });
  t.same(closed(place), ['vrrp4-2-51 10.0.1.52', 'vrrp4-2-51 10.0.1.53']);
  say(place, 5, { changes: [{ id: 'lan0/51', remove: true }] });
  t.same(closed(place), [], 'they go with the device');
});

t.test('live, an Active one takes packets or not, and keeps its addresses', async (t) => {
  const place = await start(t);
  say(place, 1, { whole: true, changes: [router6(52, { active: true })] });
  t.same(closed(place), []);
  t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/52/6', device: 'vrrp6-2-52' });
  takeWords(place);
  say(place, 2, { changes: [router6(52, { ...REFUSES, active: true })] });
  t.same(takeWords(place), [['close fe80::52', 'close fd00:1::52']]);
  t.match(held(place).at(-1), { closed: true });
  say(place, 3, { changes: [router6(52, { active: true })] });
  t.same(takeWords(place), [['open fe80::52', 'open fd00:1::52']]);
  t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/52/6', device: 'vrrp6-2-52' });
  t.same(devices(place), ['vrrp6-2-52 fe80::52/128 fd00:1::52/128']);
});

t.test('without a MAC of its own they are closed at the interface, beside those that are not', async (t) => {
  const place = await start(t);
  const [{ mac: _, ...one }, { mac: _other, ...other }] = [
    router(51, { active: true }),
    router(61, { active: true }),
  ];
  say(place, 1, { whole: true, changes: [{ ...one, ...REFUSES }, other] });
  t.same(closed(place), ['lan0 10.0.1.51']);
  takeWords(place);
  say(place, 2, { changes: [{ id: 'lan0/51', remove: true }] });
  t.same(takeWords(place)[0], ['remove 10.0.1.51', 'open 10.0.1.51']);
  t.ok(place.kernel.has.includes('lan0 10.0.1.61/32'));
});

t.test('what was said again is told anew; a message that knows of no such thing opens all', async (t) => {
  const place = await start(t);
  say(place, 1, { whole: true, changes: [router(51, REFUSES), router(52, REFUSES)] });
  held(place);
  say(place, 2, { changes: [router(51, REFUSES)] });
  t.same(held(place), [{ source: 'vrrp', id: 'lan0/51', device: 'vrrp4-2-51', closed: true }]);
  send(place, { number: 3 });
  t.same(closed(place), []);
  t.same(held(place), [
    { source: 'vrrp', id: 'lan0/51', device: 'vrrp4-2-51' },
    { source: 'vrrp', id: 'lan0/52', device: 'vrrp4-2-52' },
  ]);
});

t.test('where the kernel can close none, that is said once, told of each, and they are taken', async (t) => {
  const place = await start(t);
  const { kernel } = place;
  const really = kernel.do.bind(kernel);
  kernel.do = (change) =>
    change.kind === 'closed' && change.verb === 'replace'
      ? { errno: 95, name: 'EOPNOTSUPP', text: 'Operation not supported' }
      : really(change);
  const changes = [51, 52].map((group) => router(group, { ...REFUSES, active: true }));
  say(place, 1, { whole: true, changes });
  t.same(devices(place), ['vrrp4-2-51 10.0.1.51/32', 'vrrp4-2-52 10.0.1.52/32']);
  const problem = 'the kernel refused: replace closed: Operation not supported';
  const told = held(place);
  for (const id of ['lan0/51', 'lan0/52'])
    t.match(told.filter((one) => one.id === id).at(-1), { problem, closed: undefined });
  t.equal(place.rib.lines.filter((line) => line.includes('Operation not supported')).length, 1);
  say(place, 2, { changes: [router(51, { active: true })] });
  t.same(
    held(place).at(-1),
    { source: 'vrrp', id: 'lan0/51', device: 'vrrp4-2-51' },
    'nothing is wrong any more',
  );
  kernel.do = really;
  kernel.set(kernel.named('vrrp4-2-52')!.index, { mtu: 1400 });
  place.rib.rest();
  t.same(closed(place), ['vrrp4-2-52 10.0.1.52'], 'tried again when the link changes');
  t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/52', device: 'vrrp4-2-52', closed: true });
});

t.test(
  'a list comes where all may be open: they are closed again, and nobody is told otherwise',
  async (t) => {
    const place = await start(t);
    say(place, 1, { whole: true, changes: [router(51, { ...REFUSES, active: true })] });
    held(place);
    place.kernel.closed.clear();
    place.kernel.list();
    place.rib.rest();
    t.same(closed(place), ['vrrp4-2-51 10.0.1.51']);
    t.same(held(place), []);
  },
);

t.test('a swap opens none and closes none; the port is to keep them', async (t) => {
  const place = await start(t);
  say(place, 1, { whole: true, changes: [router(51, { ...REFUSES, active: true })] });
  takeWords(place);
  await place.rib.kit.runtime.replace(Next, { deadline: 30_000 });
  place.rib.rest();
  t.same(
    takeWords(place)
      .flat()
      .filter((word) => /close|open/.test(word)),
    [],
  );
  t.same(closed(place), ['vrrp4-2-51 10.0.1.51']);
  // An older version has them in its state, and neither closes nor opens any.
  const back = up2(down2(place.rib.kit.state));
  t.match(back.settings.ours.get(place.kernel.named('vrrp4-2-51')!.index)?.kept.get('closed 10.0.1.51'), {
    now: true,
  });
});

t.test('the end of the service opens what it has closed at an interface', async (t) => {
  const place = await start(t, { keepRoutes: 10_000 });
  const { mac: _, ...plain } = router(61, { ...REFUSES, active: true });
  say(place, 1, { whole: true, changes: [router(51, { ...REFUSES, active: true }), plain] });
  t.equal(closed(place).length, 2);
  takeWords(place);
  place.rib.kit.runtime.stop();
  place.rib.look();
  const last = takeWords(place).flat();
  t.ok(last.indexOf('remove 10.0.1.61') < last.indexOf('open 10.0.1.61'), last.join());
  t.same(closed(place), []);
});

t.test(
  'those that stay while others take over stay closed; those of an earlier life are closed',
  async (t) => {
    const takeover = { silent: 4_100, told: 1_100 };
    const place = await start(t);
    say(place, 1, { whole: true, changes: [router(51, { ...REFUSES, active: true, takeover })] });
    takeWords(place);
    say(place, 2, { changes: [router(51, { ...REFUSES, linger: 1_100 }), router(52)] });
    say(place, 3, { changes: [{ id: 'lan0/51', remove: true }] });
    t.same(devices(place), ['vrrp4-2-51 10.0.1.51/32', 'vrrp4-2-52']);
    t.same(closed(place), ['vrrp4-2-51 10.0.1.51']);
    place.rib.rest(1_200);
    t.same(devices(place), ['vrrp4-2-52']);
    t.same(closed(place), [], 'with the device');

    const next = await start(t, {}, (kernel) => {
      kernel.link('vrrp4-2-51', {
        kind: 'macvlan',
        mac: '00:00:5e:00:01:33',
        parent: 2,
        group: VIRTUAL_GROUP,
      });
      kernel.give('vrrp4-2-51', '10.0.1.51/32');
    });
    say(next, 1, { whole: true, changes: [router(51, { ...REFUSES, linger: 4_100 })] });
    t.same(devices(next), ['vrrp4-2-51 10.0.1.51/32'], 'it lingers');
    t.same(closed(next), ['vrrp4-2-51 10.0.1.51']);
  },
);

t.test('an `accept` that is neither absent nor false is refused', async (t) => {
  const place = await start(t);
  say(place, 1, { whole: true, changes: [router(51, { accept: true as never })] });
  t.match(place.rib.lines, [/`accept` is not false/]);
  t.same(devices(place), []);
});
