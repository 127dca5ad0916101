/** Virtual routers that another module names: which messages IP takes, what it has the kernel do, and what it tells. */
import t from 'tap';
import { asked, devices, held, Next, router, router6, send, start, takeWords } from './ip-virtual.ts';

t.test('a Backup has a device that is up, with its MAC and without an address', async (t) => {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router(51), router6(52)] });
  t.same(devices(place), ['vrrp4-2-51', 'vrrp6-2-52']);
  t.match(place.kernel.named('vrrp4-2-51'), { up: true, mac: '00:00:5e:00:01:33' });
  t.match(place.kernel.named('vrrp6-2-52'), { up: true, mac: '00:00:5e:00:02:34' });
  const variable = (name: string) => place.kernel.variables.get(`net/${name}`);
  t.equal(variable('ipv6/conf/vrrp4-2-51/disable_ipv6'), '1');
  t.equal(variable('ipv6/conf/vrrp6-2-52/addr_gen_mode'), '1');
  t.equal(variable('ipv6/conf/vrrp6-2-52/forwarding'), '0', 'it joins no group of routers');
  t.equal(variable('ipv4/conf/lan0/arp_ignore'), '1');
  t.same(held(place).slice(-2), [
    { source: 'vrrp', id: 'lan0/51', device: 'vrrp4-2-51' },
    { source: 'vrrp', id: 'lan0/52/6', device: 'vrrp6-2-52' },
  ]);
});

t.test('on Active one request gives all addresses and announces them; it is said twice more', async (t) => {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router(51, { addresses: ['10.0.1.51', '10.0.1.52'] })] });
  takeWords(place);
  const active = router(51, { addresses: ['10.0.1.51', '10.0.1.52'], active: true, announced: 1 });
  send(place, { number: 2, changes: [active] });
  const SAY = 'set 00:00:5e:00:01:33';
  t.same(takeWords(place), [['replace 10.0.1.51', 'replace 10.0.1.52', SAY]]);
  place.rib.rest(999);
  t.same(takeWords(place), []);
  place.rib.rest(1);
  t.same(takeWords(place), [[SAY]]);
  place.rib.rest(3_000);
  t.same(takeWords(place), [[SAY]]);
  place.rib.rest(60_000);
  t.same(takeWords(place), []);
  send(place, { number: 3, changes: [active] });
  t.same(takeWords(place), [], 'the same again does nothing');
  send(place, { number: 4, changes: [{ ...active, announced: 2 }] });
  t.same(takeWords(place), [[SAY]], 'another number announces');
  send(place, { number: 5, changes: [{ ...active, announced: 2, addresses: ['10.0.1.51', '10.0.1.53'] }] });
  t.same(takeWords(place), [['replace 10.0.1.53', SAY, 'remove 10.0.1.52']], 'so does another address');
});

t.test(
  'the device of an Active IPv6 virtual router forwards; where the kernel has no such switch, it is well',
  async (t) => {
    const FORCE = 'net/ipv6/conf/vrrp6-2-52/force_forwarding';
    for (const knows of [true, false]) {
      const place = await start(t);
      const { kernel } = place;
      const really = kernel.do.bind(kernel);
      kernel.do = (change) =>
        !knows && change.kind === 'sysctl' && change.path.endsWith('/force_forwarding')
          ? { errno: 2, name: 'ENOENT', text: 'No such file or directory' }
          : really(change);
      send(place, { number: 1, whole: true, changes: [router6(52, { active: true })] });
      t.equal(kernel.variables.get(FORCE), knows ? '1' : undefined);
      t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/52/6', device: 'vrrp6-2-52' });
      t.same(place.rib.lines, []);
    }
  },
);

t.test('on Backup the addresses go, the device stays, and nothing is announced later', async (t) => {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router6(52, { active: true })] });
  t.same(devices(place), ['vrrp6-2-52 fe80::52/128 fd00:1::52/128']);
  takeWords(place);
  send(place, { number: 2, changes: [router6(52)] });
  t.same(takeWords(place), [
    [
      'ipv6/conf/vrrp6-2-52/force_forwarding=0',
      // In one instant with the next: its report is never sent.
      'ipv6/conf/vrrp6-2-52/forwarding=0, and',
      // Reports of the kernel on what was left go with its IPv6, which is off for an instant.
      'ipv6/conf/vrrp6-2-52/disable_ipv6=1',
      'ipv6/conf/vrrp6-2-52/disable_ipv6=0',
      'remove fe80::52',
      'remove fd00:1::52',
    ],
  ]);
  place.rib.rest(10_000);
  t.same(takeWords(place), []);
  t.same(devices(place), ['vrrp6-2-52']);
});

t.test('a device is made when its interface comes, and anew when that comes again', async (t) => {
  const place = await start(t, {}, (kernel) => kernel.removeLink(2));
  send(place, { number: 1, whole: true, changes: [router(51, { active: true })] });
  t.same(devices(place), []);
  t.same(held(place), [{ source: 'vrrp', id: 'lan0/51' }]);
  for (const index of [7, 9]) {
    place.kernel.addLink('lan0', index);
    place.rib.rest();
    t.same(devices(place), [`vrrp4-${index}-51 10.0.1.51/32`]);
    t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/51', device: `vrrp4-${index}-51` });
    // A kernel takes what is on a link away first.
    place.kernel.remove(place.kernel.named(`vrrp4-${index}-51`)!);
    place.kernel.removeLink(index);
    place.rib.rest();
    t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/51' });
  }
  t.same(place.rib.lines, []);
});

t.test('without a MAC of its own the addresses are on the interface, and go from there alone', async (t) => {
  const place = await start(t);
  const { mac: _, ...plain } = router(51, { active: true });
  send(place, { number: 1, whole: true, changes: [plain] });
  t.same(devices(place), []);
  t.ok(place.kernel.has.includes('lan0 10.0.1.51/32'));
  send(place, { number: 2, changes: [{ id: 'lan0/51', remove: true }] });
  t.notOk(place.kernel.has.includes('lan0 10.0.1.51/32'));
  t.ok(place.kernel.has.includes('lan0 10.0.1.1/24'));
  t.equal(place.kernel.variables.get('net/ipv4/conf/lan0/arp_ignore'), '0', 'as it was');
});

for (const [what, number, session] of [
  ['a number that was left out', 3, 's'],
  ['the same number again', 1, 's'],
  ['another session', 2, 'other'],
] as const)
  t.test(`${what} is a gap: all stays, the whole set is asked for each second, and counts`, async (t) => {
    const place = await start(t);
    send(place, { number: 1, whole: true, changes: [router(51), router(52)] });
    asked(place);
    send(place, { number, session, changes: [{ id: 'lan0/51', remove: true }, router(53)] });
    send(place, { number: number + 1, session, changes: [router(54)] });
    t.same(devices(place), ['vrrp4-2-51', 'vrrp4-2-52']);
    t.same(asked(place), [{ has: {} }, { has: {} }]);
    place.rib.rest(2_000);
    t.same(asked(place), [{ has: {} }, { has: {} }]);
    send(place, { number: number + 2, session, whole: true, changes: [router(52), router(55)] });
    t.same(devices(place), ['vrrp4-2-52', 'vrrp4-2-55']);
    send(place, { number: number + 3, session, changes: [router(56)] });
    t.same(devices(place), ['vrrp4-2-52', 'vrrp4-2-55', 'vrrp4-2-56']);
    place.rib.rest(2_000);
    t.same(asked(place), []);
  });

t.test('a source that answers is kept, one that leaves three questions unanswered is not', async (t) => {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router(51, { active: true })] });
  asked(place);
  for (let i = 0; i < 10; i++) {
    place.rib.rest(30_000);
    t.same(asked(place), [{ has: { vrrp: { session: 's', number: i + 1 } } }]);
    send(place, { number: i + 2 });
  }
  place.rib.rest(119_000);
  t.same(devices(place), ['vrrp4-2-51 10.0.1.51/32']);
  place.rib.rest(2_000);
  t.same(devices(place), []);
  t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/51' });
  t.same(place.rib.lines, ['VRRP does not answer: addresses of its virtual routers are taken away']);
});

t.test('a wrong message is refused as a whole, and told once for all of a kind', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /`source` is no name/],
    [{ number: 2, source: 'VRRP!' }, /`source` is no name/],
    [{ number: 2, session: 'x'.repeat(65) }, /`session`/],
    [{ number: 2.5 }, /`number`/],
    [{ number: 2, changes: {} }, /`changes`/],
    [{ number: 2, changes: Array(1_025).fill({ id: 'a', remove: true }) }, /`changes`/],
    [{ number: 2, changes: [null] }, /`id`/],
    [{ number: 2, changes: [router(52), router(53, { id: 'a b' })] }, /`id`/],
    [{ number: 2, changes: [router(53, { interface: '' })] }, /`interface`/],
    [{ number: 2, changes: [router(53, { family: 5 as never })] }, /`family`/],
    [{ number: 2, changes: [router(53, { group: 256 })] }, /`group`/],
    [{ number: 2, changes: [router(53, { mac: '00-00-5e-00-01-35' })] }, /`mac`/],
    [{ number: 2, changes: [router(53, { active: 'no' as never })] }, /`active`/],
    [{ number: 2, changes: [router(53, { announced: 0.5 })] }, /`announced`/],
    [{ number: 2, changes: [router(53, { takeover: 5 as never })] }, /`takeover`/],
    [{ number: 2, changes: [router(53, { takeover: { silent: 300_001, told: 1 } })] }, /`takeover`/],
    [{ number: 2, changes: [router(53, { linger: -1 })] }, /`linger`/],
    [{ number: 2, changes: [router(53, { linger: Number.NaN })] }, /`linger`/],
    [{ number: 2, changes: [router(53, { addresses: ['10.0.1.053'] })] }, /is no address/],
    [{ number: 2, changes: [router(53, { addresses: ['fd00::1'] })] }, /is no address/],
  ];
  for (const [body, reason] of wrong) {
    const place = await start(t);
    send(place, { number: 1, whole: true, changes: [router(51)] });
    send(place, body);
    t.match(place.rib.lines, [reason]);
    t.same(devices(place), ['vrrp4-2-51'], String(reason));
    for (let i = 0; i < 100; i++) send(place, body);
    t.equal(place.rib.lines.length, 1, 'one line for all of them');
  }
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router(51)] });
  send(place, { number: 2, changes: [router(52), router(53, { id: 'a b' })] });
  send(place, { number: 2, changes: [router(52)] });
  t.same(devices(place), ['vrrp4-2-51', 'vrrp4-2-52'], 'what was refused has used no number up');
});

t.test('a source is of the module that was the first to use it', async (t) => {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router(51)] });
  send(place, { number: 2, whole: true, changes: [] }, 'OTHER');
  t.same(devices(place), ['vrrp4-2-51']);
  t.match(place.rib.lines, ['virtual routers from OTHER are refused: "vrrp" is VRRP\'s']);
  held(place);
  send(place, { source: 'carp', number: 1, whole: true, changes: [router(51), router(60)] }, 'OTHER');
  t.same(devices(place), ['vrrp4-2-51', 'vrrp4-2-60']);
  t.match(held(place), [
    { id: 'lan0/51', problem: 'vrrp4-2-51 is there already for vrrp lan0/51' },
    { id: 'lan0/60' },
    { id: 'lan0/60', device: 'vrrp4-2-60' },
  ]);
  send(place, { number: 2, changes: [{ id: 'lan0/51', remove: true }] });
  t.same(devices(place), ['vrrp4-2-51', 'vrrp4-2-60']);
  t.same(held(place).at(-1), { source: 'carp', id: 'lan0/51', device: 'vrrp4-2-51' });
});

t.test('what the kernel refuses is told, and that it is well again', async (t) => {
  const place = await start(t);
  const { kernel } = place;
  const really = kernel.do.bind(kernel);
  kernel.do = (change) =>
    change.kind === 'address' && change.wanted.address === '10.0.1.51'
      ? { errno: 12, name: 'ENOMEM', text: 'Out of memory' }
      : really(change);
  send(place, { number: 1, whole: true, changes: [router(51, { active: true })] });
  t.same(held(place).at(-1), {
    source: 'vrrp',
    id: 'lan0/51',
    device: 'vrrp4-2-51',
    problem: 'the kernel refused: replace address: Out of memory',
  });
  kernel.do = really;
  send(place, { number: 2, changes: [router(51)] });
  send(place, { number: 3, changes: [router(51, { active: true })] });
  t.same(devices(place), ['vrrp4-2-51 10.0.1.51/32']);
  t.same(held(place).at(-1), { source: 'vrrp', id: 'lan0/51', device: 'vrrp4-2-51' });
});

t.test('a link of its name that is of somebody else is left alone, and told', async (t) => {
  const place = await start(t, {}, (kernel) =>
    kernel.link('vrrp4-2-51', { kind: 'macvlan', mac: '02:00:00:00:00:07' }),
  );
  send(place, { number: 1, whole: true, changes: [router(51, { active: true })] });
  t.same(devices(place), ['vrrp4-2-51']);
  t.match(held(place).at(-1), { id: 'lan0/51', problem: /is there already and is not a macvlan of lan0/ });
});

for (const isDone of [false, true])
  t.test(
    `a swap while requests are ${isDone ? 'carried out' : 'under way'} and a message is to come loses nothing`,
    async (t) => {
      const place = await start(t);
      send(place, { number: 1, whole: true, changes: [router(51), router(52, { active: true })] });
      takeWords(place);
      const { rib } = place;
      const body = { source: 'vrrp', session: 's', number: 2, changes: [router(51, { active: true })] };
      rib.kit.deliver('virtualRouters', body, { from: 'VRRP' });
      if (isDone) rib.carryOut();
      await rib.kit.runtime.replace(Next, { deadline: 30_000 });
      rib.rest();
      t.same(asked(place).at(-1), { has: { vrrp: { session: 's', number: 2 } } });
      send(place, { number: 3, changes: [router(53)] });
      t.same(devices(place), ['vrrp4-2-51 10.0.1.51/32', 'vrrp4-2-52 10.0.1.52/32', 'vrrp4-2-53']);
      const said = takeWords(place).flat();
      t.same(
        said.filter((word) => word.includes('10.0.1.') || word.startsWith('remove')),
        ['replace 10.0.1.51'],
        'it is given once, and nothing goes',
      );
      rib.rest(1_000);
      const SAY = ['set 00:00:5e:00:01:33'];
      t.ok(
        takeWords(place).some((words) => words.join() === SAY.join()),
        'what is to be repeated is repeated',
      );
    },
  );

t.test('with `keep-routes` its end takes virtual addresses back, and leaves the others', async (t) => {
  const lan0 = { preference: 0, interval: 7_000, settings: { addresses: ['10.0.1.7/24'] } };
  const place = await start(t, { keepRoutes: 10_000, interfaces: { lan0 } });
  const { mac: _, ...plain } = router(61, { active: true });
  send(place, { number: 1, whole: true, changes: [router(51, { active: true }), plain] });
  t.ok(place.kernel.has.includes('lan0 10.0.1.61/32'));
  held(place);
  place.rib.kit.runtime.stop();
  place.rib.look();
  t.same(devices(place), []);
  t.same(
    place.kernel.has.filter((text) => text.startsWith('lan0 10.')),
    ['lan0 10.0.1.1/24', 'lan0 10.0.1.7/24'],
  );
  t.equal(place.kernel.variables.get('net/ipv4/conf/lan0/arp_ignore'), '0');
});

t.test('255 groups of each family at an interface are a few ms of work for each message', async (t) => {
  const place = await start(t);
  const groups = Array.from({ length: 255 }, (_, i) => i + 1);
  const all = groups.flatMap((group) => [
    router(group, { addresses: [`10.0.7.${group}`] }),
    router6(group, { addresses: [`fe80::${group.toString(16)}`] }),
  ]);
  send(place, { number: 1, whole: true, changes: all });
  t.equal(devices(place).length, 510);
  const { changes } = place.kernel;
  for (const [i, one] of all.entries()) send(place, { number: i + 2, changes: [{ ...one, active: true }] });
  t.equal(devices(place).filter((text) => text.includes(' ')).length, 510);
  t.equal(place.kernel.changes - changes, 255 * 2 + 255 * 4, 'one that changes costs the others nothing');
});
