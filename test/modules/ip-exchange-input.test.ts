/** Messages of other modules to IP: which are refused and told, which are passed over, and what is asked for. */
import t from 'tap';
import { filtersOf } from '../../firmware/modules/ip/exchange/filter-config.ts';
import type { LinkAndAddresses } from '../../firmware/modules/messages/links.ts';
import type { Redistributed, Subscriptions } from '../../firmware/modules/messages/redistribute.ts';
import type { RoutesWanted } from '../../firmware/modules/messages/routes.ts';
import { type Rib, startRib, staticConfig } from './ip-rib.ts';

/** All that was published since the last call, by event. */
function published(rib: Rib, event: string): unknown[] {
  return rib.published.splice(0).flatMap((output) => (output.event === event ? [output.body] : []));
}

const asked = (rib: Rib) => published(rib, 'routesWanted') as RoutesWanted[];

/** The prefixes that a source has in the RIB. */
function prefixesOf(rib: Rib, source = 'ospf'): string[] {
  return [...rib.kit.state.rib].flatMap(([key, { candidates }]) =>
    candidates.some((candidate) => candidate.source === source) ? [key.slice('254 '.length)] : [],
  );
}

function send(rib: Rib, body: object, from = 'OSPF'): void {
  const whole = { source: 'ospf', session: 's', changes: [], ...body };
  // Whatever a module sends is to be taken or refused.
  rib.kit.deliver('routes', whole as never, { from });
  rib.rest();
}

const via = (prefix: string, more: object = {}) => ({ prefix, hops: [{ gateway: '10.0.1.2' }], ...more });

t.test(
  'each start asks for what there is not, and a first message that is no whole set asks for it',
  async (t) => {
    const rib = await startRib(t, {});
    t.same(asked(rib), [{ filters: true, has: {} }]);
    send(rib, { number: 5, changes: [via('10.9.0.0/16')] });
    t.same(prefixesOf(rib), [], 'it is passed over');
    t.same(asked(rib), [{ source: 'ospf', has: {} }]);
    rib.rest(2_000);
    t.same(
      asked(rib),
      [
        { source: 'ospf', has: {} },
        { source: 'ospf', has: {} },
      ],
      'each second',
    );
    send(rib, { number: 9, whole: 'begin', changes: [via('10.9.0.0/16')] });
    send(rib, { number: 10, changes: [via('10.7.0.0/16')] });
    send(rib, { number: 11, whole: 'end', changes: [via('10.8.0.0/16')] });
    rib.rest(2_000);
    t.same(asked(rib), []);
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.7.0.0/16', '10.8.0.0/16']);
  },
);

for (const [what, number, session] of [
  ['a number that was left out', 3, 's'],
  ['the same number again', 1, 's'],
  ['a lower number, after a return to an earlier state', 0, 's'],
  ['another session', 2, 'other'],
] as const)
  t.test(`${what} is a gap: routes stay, all is passed over, and the next whole set counts`, async (t) => {
    const rib = await startRib(t, {});
    send(rib, { number: 1, whole: 'all', changes: [via('10.9.0.0/16'), via('10.8.0.0/16')] });
    asked(rib);
    send(rib, { number, session, changes: [via('10.7.0.0/16'), { prefix: '10.9.0.0/16', remove: true }] });
    send(rib, { number: number + 1, session, changes: [via('10.6.0.0/16')] });
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16']);
    t.same(asked(rib), [{ source: 'ospf', has: {} }]);
    send(rib, { number: number + 2, session, whole: 'all', changes: [via('10.8.0.0/16')] });
    t.same(prefixesOf(rib), ['10.8.0.0/16']);
    send(rib, { number: number + 3, session, changes: [via('10.5.0.0/16')] });
    t.same(prefixesOf(rib), ['10.8.0.0/16', '10.5.0.0/16']);
  });

t.test('a set that begins anew in the middle counts alone', async (t) => {
  const rib = await startRib(t, {});
  send(rib, { number: 1, whole: 'begin', changes: [via('10.9.0.0/16')] });
  send(rib, { number: 2, whole: 'begin', changes: [via('10.8.0.0/16')] });
  t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16'], 'nothing goes before the end');
  send(rib, { number: 3, whole: 'end' });
  t.same(prefixesOf(rib), ['10.8.0.0/16']);
  send(rib, { number: 4, whole: 'all' });
  t.same(prefixesOf(rib), [], 'the last word of one that ends');
  t.same(rib.kernel.ours(), []);
});

t.test(
  'one that does not answer any more is asked three times, and its routes are withdrawn and told',
  async (t) => {
    const rib = await startRib(t, {});
    send(rib, { number: 1, whole: 'all', changes: [via('10.9.0.0/16')] });
    asked(rib);
    rib.rest(60_000);
    const has = { ospf: { session: 's', number: 1 } };
    t.same(asked(rib), [
      { filters: true, has },
      { filters: true, has },
    ]);
    send(rib, { number: 2 });
    rib.rest(100_000);
    t.same(prefixesOf(rib), ['10.9.0.0/16'], 'it has answered in between');
    rib.rest(30_000);
    t.same(prefixesOf(rib), []);
    t.same(rib.kernel.ours(), []);
    t.equal(
      rib.lines.filter((line) => /^ospf has not answered for 90 s: its routes are withdrawn/.test(line))
        .length,
      1,
    );
    send(rib, { number: 3, changes: [via('10.8.0.0/16')] });
    t.same(prefixesOf(rib), [], 'it is asked for all');
    send(rib, { number: 4, whole: 'all', changes: [via('10.8.0.0/16')] });
    rib.rest(10_000);
    t.same(prefixesOf(rib), ['10.8.0.0/16']);
  },
);

for (const [change, why] of [
  [via('10.9.0.1/16'), /bits beyond its length/],
  [via('10.9.0.0/33'), /a prefix that is none/],
  [via('224.0.0.0/8'), /multicast/],
  [via('10.9.0.0/16', { table: 77 }), /table 77, which is not in the configuration/],
  [via('10.9.0.0/16', { type: 'local' }), /a type that is none of/],
  [via('10.9.0.0/16', { type: 'blackhole' }), /next hops/],
  [via('10.9.0.0/16', { distance: 255 }), /a distance that is not from 1 to 254/],
  [via('10.9.0.0/16', { metric: -1 }), /a metric that is no number/],
  [via('10.9.0.0/16', { tag: 2 ** 32 }), /a tag that is no number/],
  [{ prefix: '10.9.0.0/16' }, /next hops/],
  [{ prefix: '10.9.0.0/16', hops: [{}] }, /without gateway and interface/],
  [{ prefix: '10.9.0.0/16', hops: [null] }, /a next hop that is none/],
  [{ prefix: '10.9.0.0/16', hops: [{ gateway: 'fd00::1' }] }, /the other family/],
  [{ prefix: '10.9.0.0/16', hops: [{ gateway: '10.0.1' }] }, /no address of a host/],
  [{ prefix: 'fd09::/64', hops: [{ gateway: 'fe80::1' }] }, /needs an interface/],
  [
    { prefix: '10.9.0.0/16', hops: [{ interface: 'a-name-that-is-too-long' }] },
    /an interface that has no name/,
  ],
  [{ prefix: '10.9.0.0/16', hops: [{ interface: 'lan0', weight: 0 }] }, /a weight/],
  [7, /a change that is none/],
] as const)
  t.test(
    `${JSON.stringify(change)} is refused and told once, and what stands beside it is taken`,
    async (t) => {
      const rib = await startRib(t, {});
      const before = via('10.9.0.0/16');
      send(rib, { number: 1, whole: 'all', changes: [before, via('10.7.0.0/16')] });
      send(rib, { number: 2, changes: [change, via('10.8.0.0/16')] });
      const says = typeof change === 'object' && change.prefix === '10.9.0.0/16' && !('table' in change);
      t.same(prefixesOf(rib).includes('10.9.0.0/16'), !says, 'a route that is refused is absent');
      t.ok(prefixesOf(rib).includes('10.8.0.0/16'));
      send(rib, { number: 3, changes: [change] });
      t.equal(
        rib.lines.filter((line) => line.startsWith('a route of ospf is refused') && why.test(line)).length,
        1,
      );
      t.equal(rib.kit.state.sources.get('ospf')?.refused, 2);
    },
  );

for (const [body, why] of [
  [{ source: 'static', number: 1 }, /no name of a protocol/],
  [{ source: 'OSPF', number: 1 }, /no name of a protocol/],
  [{ session: 's'.repeat(65), number: 1 }, /its session/],
  [{ number: -1 }, /its number/],
  [{ number: 1, whole: 'some' }, /its `whole`/],
  [{ number: 1, changes: {} }, /its changes are no list/],
] as const)
  t.test(`a message with ${JSON.stringify(body).slice(0, 60)} is refused and told once`, async (t) => {
    const rib = await startRib(t, {});
    send(rib, body);
    send(rib, body);
    t.equal(
      rib.lines.filter((line) => line.startsWith('routes from OSPF are refused') && why.test(line)).length,
      1,
    );
    t.equal(rib.kit.state.sources.size, 0);
  });

t.test('nobody speaks for a source of another module', async (t) => {
  const rib = await startRib(t, {});
  send(rib, { number: 1, whole: 'all', changes: [via('10.9.0.0/16')] });
  send(rib, { number: 2, whole: 'all' }, 'RIP');
  t.same(prefixesOf(rib), ['10.9.0.0/16']);
  t.match(rib.lines.at(-1), /^routes from RIP are refused: ospf is OSPF's source/);
});

t.test(
  'a link is told with its addresses when it or they are otherwise, and withdrawn when it is gone',
  async (t) => {
    const rib = await startRib(t, {});
    const links = () => published(rib, 'links') as LinkAndAddresses[];
    const words = () =>
      links().map(({ name, index, up, mtu, addresses }) =>
        [
          name,
          index,
          up ? 'up' : 'down',
          mtu,
          ...addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
        ].join(' '),
      );
    const first = ['lan0 2 up 1500 10.0.1.1/24 fd00:1::1/64', 'lan1 3 up 1500 10.0.2.1/24 fd00:2::1/64'];
    t.same(words().slice(-2), first);
    rib.kernel.list();
    rib.rest();
    t.same(words(), [], 'a list that tells the same');
    rib.kernel.set(2, { mtu: 1400 });
    rib.rest();
    t.same(words(), ['lan0 2 up 1400 10.0.1.1/24 fd00:1::1/64']);
    rib.kernel.removeAddress(3, 'fd00:2::1');
    rib.rest();
    t.same(words(), ['lan1 3 up 1500 10.0.2.1/24']);
    rib.kernel.set(3, { name: 'wan' });
    rib.rest();
    t.same(words(), ['lan1 0 down 0', 'wan 3 up 1500 10.0.2.1/24'], 'renamed');
    rib.kernel.set(3, { carrier: false });
    rib.rest();
    t.same(words(), ['wan 3 down 1500 10.0.2.1/24']);
    rib.kernel.removeLink(3);
    rib.rest();
    t.same(words().at(-1), 'wan 0 down 0');
  },
);

t.test('what cannot be tracked or redistributed is refused and told', async (t) => {
  const rib = await startRib(t, {});
  const refused: [type: 'track' | 'redistribute', body: object | undefined, why: RegExp][] = [
    ['track', undefined, /`by` or `id` is no name/],
    ['track', { by: 'vrrp', id: 'a b', what: 'prefix' }, /`by` or `id`/],
    ['track', { by: 'vrrp', id: '1', what: 'link', address: '10.0.0.1' }, /`what` is not/],
    ['track', { by: 'vrrp', id: '2', what: 'next-hop', address: '10.0.0.0/8' }, /none of a host/],
    ['track', { by: 'vrrp', id: '3', what: 'prefix', address: '10.0.0.1' }, /no prefix/],
    ['track', { by: 'vrrp', id: '4', what: 'next-hop', address: 'fe80::1' }, /needs an interface/],
    ['track', { by: 'vrrp', id: '5', what: 'prefix', address: '::/0', table: 9 }, /no table 9/],
    ['redistribute', undefined, /no body/],
    ['redistribute', { to: 'A', sources: [] }, /`to` is no name/],
    ['redistribute', { to: 'a', sources: 'static' }, /its sources are no list/],
    ['redistribute', { to: 'a', sources: [{}] }, /one of its sources/],
    ['redistribute', { to: 'a', sources: [], family: 5 }, /its family/],
    ['redistribute', { to: 'a', sources: [], table: 9 }, /no table 9/],
  ];
  for (const [i, [type, body, why]] of refused.entries()) {
    rib.kit.deliver(type, body as never, { from: `M${i}` });
    rib.rest();
    t.match(rib.lines.at(-1), why, JSON.stringify(body) ?? 'nothing');
  }
  t.equal(rib.kit.state.tracks.size + rib.kit.state.subscriptions.size, 0);
});

t.test(
  'a message too long takes no routes away: the whole set is asked for, and not more often than each second',
  async (t) => {
    const rib = await startRib(t, {});
    send(rib, { number: 1, whole: 'all', changes: [via('10.9.0.0/16'), via('10.8.0.0/16')] });
    asked(rib);
    const many = Array.from({ length: 20_000 }, (_, i) => via(`10.7.${i >> 8}.${i & 255}/32`));
    send(rib, { number: 2, whole: 'all', changes: many });
    rib.rest(500);
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16']);
    t.same(asked(rib), []);
    rib.rest(1_000);
    t.same(asked(rib), [{ source: 'ospf', has: {} }]);
    send(rib, { number: 3, whole: 'all', changes: [via('10.8.0.0/16')] });
    t.same(prefixesOf(rib), ['10.8.0.0/16']);
    const hops = Array.from({ length: 64 }, (_, i) => ({ gateway: `10.0.1.${100 + i}` }));
    const wide = (many: number) =>
      Array.from({ length: many }, (_, i) => ({ prefix: `10.7.${i}.0/24`, hops }));
    send(rib, { number: 4, changes: wide(8) });
    t.equal(prefixesOf(rib).length, 9);
    send(rib, { number: 5, whole: 'all', changes: wide(9) });
    t.equal(prefixesOf(rib).length, 9);
    t.match(asked(rib), []);
    rib.rest(1_000);
    t.same(asked(rib), [{ source: 'ospf', has: {} }]);
  },
);

t.test(
  'a track and a subscription are their module’s: another one neither changes nor ends them',
  async (t) => {
    const rib = await startRib(t, {});
    const say = (type: 'track' | 'redistribute', body: object, from: string) => {
      rib.kit.deliver(type, body as never, { from });
      rib.rest();
    };
    say('track', { by: 'vrrp', id: '1', what: 'next-hop', address: '10.0.1.2' }, 'VRRP');
    say('redistribute', { to: 'rip', sources: [{ source: 'static' }] }, 'RIP');
    say('track', { by: 'vrrp', id: '1', remove: true }, 'OSPF');
    t.match(rib.lines.at(-1), /vrrp 1 is VRRP's/);
    say('redistribute', { to: 'rip', sources: [] }, 'OSPF');
    t.match(rib.lines.at(-1), /rip is RIP's/);
    t.same([...rib.kit.state.tracks.keys(), ...rib.kit.state.subscriptions.keys()], ['vrrp 1', 'rip']);
    say('track', { by: 'vrrp', id: '1', remove: true }, 'VRRP');
    t.equal(rib.kit.state.tracks.size, 0);
  },
);

t.test('a subscriber that moves to another table keeps a prefix that is in both', async (t) => {
  const routes = { '10.7.0.0/16': { blackhole: { distance: 1, weight: 1 } } };
  const rib = await startRib(t, routes, undefined, { tables: { blue: { number: 100, routes } } });
  const ask = (table: number) => {
    const body = { to: 'rip', sources: [{ source: 'static' }], table };
    rib.kit.deliver('redistribute', body as never, { from: 'RIP' });
    rib.rest();
    const events = published(rib, 'redistributed') as Redistributed[];
    return events.flatMap(({ changes }) => changes.map((change) => ('remove' in change ? 'remove' : 'put')));
  };
  t.same([ask(254), ask(100), ask(254)], [['put'], ['put'], ['put']]);
});

t.test(
  'subscriptions and tracks of a module that does not answer any more end, and are told; of one that answers they stay',
  async (t) => {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
    const say = (type: Parameters<typeof rib.kit.deliver>[0], body: object, from: string) => {
      rib.kit.deliver(type, body as never, { from });
      rib.rest();
    };
    for (const to of ['rip', 'bgp'])
      say('redistribute', { to, sources: [{ source: 'static' }] }, to.toUpperCase());
    for (const [by, id] of [
      ['rip', '1'],
      ['rip', '2'],
      ['bgp', '1'],
    ])
      say('track', { by, id, what: 'next-hop', address: '10.0.1.2' }, String(by).toUpperCase());
    const { session, number } = rib.kit.state.subscriptions.get('bgp')!;
    for (let question = 0; question < 4; question++) {
      rib.rest(30_000);
      say('redistributionTaken', { to: 'bgp', session, number }, 'BGP');
      say('tracking', { by: 'bgp' }, 'BGP');
      // Nobody answers for others.
      say('redistributionTaken', { to: 'rip', session, number }, 'BGP');
      say('tracking', { by: 'rip' }, 'BGP');
    }
    rib.rest(1_000);
    t.same([...rib.kit.state.subscriptions.keys(), ...rib.kit.state.tracks.keys()], ['bgp', 'bgp 1']);
    const told = rib.lines.filter((line) => /has not answered/.test(line));
    t.match(told, [
      /^RIP has not answered for 90 s: nothing is redistributed to rip until it asks again$/,
      /^RIP has not answered for 90 s: 2 of its tracks end, until it sends them again$/,
    ]);
    t.equal(told.length, 2);
    t.equal([...rib.kit.state.redistributed.keys()].filter((key) => key.startsWith('rip ')).length, 0);
    t.same((published(rib, 'subscriptions') as Subscriptions[]).at(-1), {
      redistribute: { bgp: { session, number } },
      track: ['bgp 1'],
    });
    say('redistribute', { to: 'rip', sources: [{ source: 'static' }] }, 'RIP');
    t.ok(rib.kit.state.subscriptions.has('rip'), 'it may ask again');
  },
);

t.test(
  'a filter of a whole set says which routes are taken, and with which values, up to the next set',
  async (t) => {
    const filters = (lists: Record<string, string>) =>
      filtersOf({
        'prefix-lists': Object.fromEntries(Object.entries(lists).map(([name, rule]) => [name, { 10: rule }])),
        'route-maps': {
          tags: {
            10: { action: 'permit', tag: 7, 'set-metric': 99, 'set-tag': 8, 'set-type': 1 },
            20: { action: 'permit', 'prefix-list': 'lan' },
          },
        },
      });
    const rib = await startRib(t, {}, undefined, {
      filters: filters({ ten: 'permit 10.0.0.0/8 le 32', lan: 'permit 10.9.0.0/16' }),
    });
    const routes = [
      via('10.9.0.0/16'),
      via('10.8.0.0/16', { tag: 7, metric: 5 }),
      via('172.16.0.0/12', { tag: 7 }),
    ];
    send(rib, { number: 1, whole: 'all', changes: routes });
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16', '172.16.0.0/12']);
    send(rib, { number: 2, whole: 'all', filter: { prefixList: 'ten' }, changes: routes });
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16']);
    t.same(rib.kernel.ours().length, 2, 'the kernel');
    send(rib, { number: 3, changes: [via('192.0.2.0/24'), via('10.7.0.0/16')] });
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16', '10.7.0.0/16'], 'also for differences');
    send(rib, { number: 4, whole: 'all', filter: { prefixList: 'ten', routeMap: 'tags' }, changes: routes });
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16']);
    const [candidate] = rib.kit.state.rib.get('254 10.8.0.0/16')!.candidates;
    t.match(candidate, { metric: 99, tag: 8, type: 'unicast' });
    send(rib, { number: 5, whole: 'begin', filter: { routeMap: 'none' }, changes: routes });
    send(rib, { number: 6, whole: 'end', changes: [] });
    t.same(prefixesOf(rib), [], 'a map that there is not denies all');
    send(rib, { number: 7, whole: 'all', filter: { prefixList: 'ten' }, changes: routes });
    asked(rib);

    const configure = async (lists: Record<string, string>) => {
      await rib.configure(staticConfig({}, { filters: filters(lists) }));
      rib.rest();
    };
    await configure({ ten: 'permit 10.0.0.0/8 le 32', lan: 'deny any' });
    t.same(asked(rib), [], 'a list that it does not use');
    await configure({ ten: 'permit 172.16.0.0/12', lan: 'deny any' });
    t.same(asked(rib), [{ source: 'ospf', has: {} }], 'its rules are others');
    t.same(prefixesOf(rib), ['10.9.0.0/16', '10.8.0.0/16'], 'routes stay until the set comes');
    send(rib, { number: 8, whole: 'all', filter: { prefixList: 'ten' }, changes: routes });
    t.same(prefixesOf(rib), ['172.16.0.0/12']);
    for (const filter of [null, 'ten', { prefixList: 7 }, { routeMap: 'm'.repeat(64) }])
      send(rib, { number: 9, whole: 'all', filter, changes: [] });
    t.same(prefixesOf(rib), ['172.16.0.0/12'], 'what is no filter is refused');
    t.ok(rib.lines.some((line) => line.includes('its filter is none')));
  },
);
