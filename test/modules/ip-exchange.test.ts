/** Routes of a protocol in IP, and IP's routes for a protocol: over gaps, swaps and ends of either side. */
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { filtersOf } from '../../firmware/modules/ip/exchange/filter-config.ts';
import type { Config } from '../../firmware/modules/ip/state.ts';
import {
  MOST_AHEAD,
  type Redistribute,
  type RedistributedRoute,
} from '../../firmware/modules/messages/redistribute.ts';
import type { RouteChange } from '../../firmware/modules/messages/routes.ts';
import { ExchangeRouter, Sender, type SenderState, Subscriber, senderAs } from './exchange-router.ts';
import { staticConfig } from './ip-rib.ts';

async function router(t: Test, config: Config = staticConfig({})): Promise<ExchangeRouter> {
  const started = new ExchangeRouter();
  t.teardown(() => started.runtime.stop());
  await started.add(config);
  await started.rest();
  return started;
}

const prefixAt = (i: number) => `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}/32`;

/** Routes with these numbers; another round has other metrics. */
function routes(from: number, to: number, round = 0): RouteChange[] {
  return Array.from({ length: to - from }, (_, i) => ({
    prefix: prefixAt(from + i),
    metric: 20 + round,
    hops: [{ gateway: (from + i) % 2 === 0 ? '10.0.1.2' : '10.0.2.2' }],
  }));
}

/** The RIB as the sender would have it. */
function asSaid({ routes: said }: SenderState): Map<string, string> {
  return new Map(
    [...said].map(([prefix, { metric, hops = [] }]) => [
      `254 ${prefix}`,
      [metric, 110, ...hops.map(({ gateway }) => gateway)].join(' '),
    ]),
  );
}

/** Waits until the RIB is what was said, and the kernel has it. */
async function agrees(t: Test, started: ExchangeRouter, what: string): Promise<void> {
  const said = asSaid(await started.sender());
  const { ospf } = await started.rest((peek) => isDeepStrictEqual(peek.ospf, said));
  t.equal(ospf.size, said.size, what);
  const there = started.kernel.ours().filter((line) => line.includes('/32'));
  t.equal(there.length, said.size, `${what}: the kernel`);
}

t.test(
  '10,000 routes of a protocol are in the RIB and the kernel, over gaps and swaps of both sides',
  async (t) => {
    const started = await router(t);
    const { runtime } = started;
    await runtime.add(Sender, 'first');
    const put = (changes: RouteChange[]) => runtime.ask('OSPF', 'put', changes);
    await put(routes(0, 10_000));
    await agrees(t, started, 'all');
    t.equal((await started.sender()).wholes, 1, 'one whole set, which was empty');

    await runtime.ask('OSPF', 'lose', 1);
    await put([{ prefix: prefixAt(3), remove: true }]);
    await put(routes(100, 101, 7));
    await agrees(t, started, 'one message was lost');
    t.equal((await started.sender()).wholes, 2, 'the whole set once more');

    for (let swap = 0; swap < 6; swap++) {
      const swapped = swap % 2 === 0 ? started.swap() : runtime.replace(senderAs(`1.${swap}.0`));
      await Promise.all([swapped, put(routes(swap * 1_000, swap * 1_000 + 1_000, swap + 1))]);
      await put([{ prefix: prefixAt(9_000 + swap), remove: true }]);
      await agrees(t, started, `swap ${swap}`);
    }
    const { wholes, signs } = await started.sender();
    t.equal(wholes, 2, 'a swap asks for nothing that is there');
    t.ok(signs >= 3, 'it is answered by a sign');
    t.same(
      started.kernel.events.filter(({ did }) => did === 'remove').length,
      7,
      'only what was said was removed',
    );
  },
);

t.test('what a whole set does not have any more goes, and nothing else is touched', async (t) => {
  const started = await router(t);
  const { runtime } = started;
  await runtime.add(Sender, 'first');
  await runtime.ask('OSPF', 'put', routes(0, 300));
  await agrees(t, started, 'all');
  started.kernel.events.length = 0;
  // It begins anew, and knows a part.
  await runtime.ask('OSPF', 'forget', 'second');
  await runtime.ask('OSPF', 'put', routes(200, 299));
  await agrees(t, started, 'another session');
  t.equal(started.kernel.events.filter(({ did }) => did === 'remove').length, 201);
  t.equal(started.kernel.events.length, 201, 'what stays is not put again');
});

const BY_MAP: Redistribute = {
  to: 'rip',
  family: 4,
  sources: [
    { source: 'connected', prefixList: 'lans' },
    { source: 'static', routeMap: 'statics' },
    { source: 'ospf', tag: 7 },
  ],
};

const FILTERS = filtersOf({
  'prefix-lists': {
    lans: { 10: 'deny 10.0.2.0/24', 20: 'permit 10.0.0.0/8 le 24' },
    low: { 10: 'permit 10.100.0.0/17 le 32' },
  },
  'route-maps': {
    statics: {
      10: { action: 'permit', 'prefix-list': 'low', tag: 3, 'set-metric': 50, 'set-type': 1 },
      20: { action: 'deny', 'prefix-list': 'low' },
      30: { action: 'permit', 'set-tag': 9 },
    },
  },
});

function statics(...lines: string[]): Config['routes'] {
  const entries = lines.map((line) => {
    const [prefix = '', hop = '', tag] = line.split(' ');
    return [
      prefix,
      { [hop]: { distance: 1, weight: 1, ...(tag !== undefined && { tag: Number(tag) }) } },
    ] as const;
  });
  return Object.fromEntries(entries);
}

const STATICS = statics(
  '10.100.1.0/24 10.0.1.2 3',
  '10.100.2.0/24 10.0.1.2',
  '10.200.0.0/16 10.0.2.2',
  '10.201.0.0/16 10.0.9.9',
);

/** Each as `prefix source metric tag type via`. */
function told(routes: ReadonlyMap<string, RedistributedRoute>): string[] {
  return [...routes.values()]
    .map(({ prefix, source, metric, tag = '-', type = '-', hops }) =>
      [
        prefix,
        source,
        metric,
        tag,
        type,
        ...hops.map(({ gateway = '-', interface: on }) => `${gateway}%${on}`),
      ].join(' '),
    )
    .sort();
}

async function isTold(t: Test, started: ExchangeRouter, wanted: string[], what: string): Promise<void> {
  let last: string[] = [];
  for (let asked = 0; asked < 2_000; asked++) {
    await started.rest();
    const { routes, told: telling } = await started.subscriber();
    last = told(routes);
    if (telling === undefined && isDeepStrictEqual(last, wanted)) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.strictSame(last, wanted, what);
}

const TOLD = [
  '10.0.1.0/24 connected 0 - - -%lan0',
  '10.100.1.0/24 static 50 3 1 10.0.1.2%lan0',
  '10.200.0.0/16 static 0 9 - 10.0.2.2%lan1',
];

t.test(
  'a protocol is told of the routes that pass its filters, and of each difference, over swaps',
  async (t) => {
    const started = await router(t, staticConfig({}, { routes: STATICS, filters: FILTERS }));
    const { runtime, kernel } = started;
    await runtime.add(Subscriber);
    await runtime.add(Sender, 'first');
    await runtime.ask('RIP', 'ask', BY_MAP);
    await isTold(t, started, TOLD, 'the whole');
    t.equal((await started.subscriber()).wholes, 1);

    // A link goes down: what led there is gone, and what was refused before is not told.
    kernel.set(3, { up: false, carrier: false });
    started.deliver();
    await isTold(t, started, TOLD.slice(0, 2), 'a link down');
    await started.swap();
    kernel.set(3, { up: true, carrier: true });
    started.deliver();
    await isTold(t, started, TOLD, 'up, in another version');

    const tagged = (i: number, tag: number) => ({ ...routes(i, i + 1)[0]!, tag });
    await runtime.ask('OSPF', 'put', [tagged(0, 7), tagged(1, 8), tagged(2, 7)]);
    const withOspf = (...more: string[]) => [...TOLD, ...more].sort();
    const zero = '10.100.0.0/32 ospf 20 7 - 10.0.1.2%lan0';
    const two = '10.100.0.2/32 ospf 20 7 - 10.0.1.2%lan0';
    await isTold(t, started, withOspf(zero, two), 'a protocol to another, by tag');
    await started.swap();
    await runtime.ask('OSPF', 'put', [tagged(0, 8), tagged(1, 7)]);
    await isTold(
      t,
      started,
      withOspf(two, '10.100.0.1/32 ospf 20 7 - 10.0.2.2%lan1'),
      'another tag is a difference',
    );
    t.equal((await started.subscriber()).wholes, 1, 'nothing was told twice');
  },
);

t.test(
  'other filters are told as a difference, and only to those whose routes go through them',
  async (t) => {
    const started = await router(t, staticConfig({}, { routes: STATICS, filters: FILTERS }));
    const { runtime } = started;
    await runtime.add(Subscriber);
    await runtime.ask('RIP', 'ask', BY_MAP);
    await isTold(t, started, TOLD, 'the whole');
    const { number } = await started.subscriber();
    const configure = async (keys: Parameters<typeof filtersOf>[0]) => {
      const filters = {
        prefixLists: { ...FILTERS.prefixLists, ...filtersOf(keys).prefixLists },
        routeMaps: { ...FILTERS.routeMaps, ...filtersOf(keys).routeMaps },
      };
      await runtime.configure('IP', staticConfig({}, { routes: STATICS, filters }));
    };
    await configure({ 'prefix-lists': { another: { 10: 'permit any' } } });
    await isTold(t, started, TOLD, 'a list that nobody names');
    t.equal((await started.subscriber()).number, number, 'nothing is told');

    await configure({ 'prefix-lists': { low: { 10: 'permit 10.100.1.0/24' }, lans: { 10: 'permit any' } } });
    const wider = [
      '10.0.1.0/24 connected 0 - - -%lan0',
      '10.0.2.0/24 connected 0 - - -%lan1',
      '10.100.1.0/24 static 50 3 1 10.0.1.2%lan0',
      '10.100.2.0/24 static 0 9 - 10.0.1.2%lan0',
      '10.200.0.0/16 static 0 9 - 10.0.2.2%lan1',
    ];
    await isTold(t, started, wider, 'lists that a source and its map name');
    await configure({ 'route-maps': { statics: { 10: { action: 'deny' } } } });
    await isTold(t, started, ['10.0.1.0/24 connected 0 - - -%lan0'], 'another map');
    const { wholes, changes } = await started.subscriber();
    t.equal(wholes, 1);
    t.equal(changes, 6, 'two came, and four of five went');
  },
);

t.test('a subscriber that missed something asks, and has the whole again', async (t) => {
  const started = await router(t, staticConfig({}, { routes: STATICS, filters: FILTERS }));
  const { runtime } = started;
  await runtime.add(Subscriber);
  await runtime.add(Sender, 'first');
  await runtime.ask('RIP', 'ask', { to: 'rip', sources: [{ source: 'ospf' }] });
  await runtime.ask('OSPF', 'put', routes(0, 1_000));
  await agrees(t, started, 'sent');
  const all = async (what: string) => {
    const { routes: said } = await started.sender();
    const lines = [...said.values()].map(({ prefix, metric, hops = [] }) => {
      const [{ gateway = '' } = {}] = hops;
      return `${prefix} ospf ${metric} - - ${gateway}%${gateway.startsWith('10.0.1.') ? 'lan0' : 'lan1'}`;
    });
    await isTold(t, started, lines.sort(), what);
  };
  await all('1,000');
  const { wholes } = await started.subscriber();
  await runtime.ask('RIP', 'lose', 1);
  await runtime.ask('OSPF', 'put', [{ prefix: prefixAt(5), remove: true }]);
  await started.rest();
  await runtime.ask('OSPF', 'put', routes(7, 8, 3));
  await all('after a loss');
  t.equal((await started.subscriber()).wholes, wholes + 1);

  // The last event of all is lost: the next start of IP shows it.
  await runtime.ask('RIP', 'lose', 1);
  await runtime.ask('OSPF', 'put', [{ prefix: prefixAt(6), remove: true }]);
  await agrees(t, started, 'sent again');
  await started.swap();
  await all('after the last was lost');

  await runtime.ask('RIP', 'ask', { to: 'rip', sources: [] });
  const { subscriptions, redistributed } = await started.rest((peek) => peek.subscriptions.size === 0);
  t.equal(subscriptions.size, 0);
  t.equal(redistributed, 0, 'nothing of it is kept');
});

t.test(
  'a subscriber that is slow is told no more than its mailbox takes, and has all in the end without a gap',
  async (t) => {
    const started = await router(t);
    const { runtime } = started;
    await runtime.add(Subscriber);
    await runtime.add(Sender, 'first');
    await runtime.ask('OSPF', 'put', routes(0, 10_000));
    await agrees(t, started, 'sent');
    await runtime.ask('RIP', 'silence', true);
    await runtime.ask('RIP', 'ask', { to: 'rip', sources: [{ source: 'ospf' }] });
    /** Nothing more is told. */
    const pauses = async () => {
      for (let last = -1; ; ) {
        const { ahead } = await started.subscriber();
        if (ahead > 0 && ahead === last) return ahead;
        last = ahead;
        await started.turns(50);
      }
    };
    t.ok((await pauses()) <= MOST_AHEAD);
    // Of what it was told already, of what it was not, and of what is not there any more.
    const removed = Array.from({ length: 1_000 }, (_, i) => ({
      prefix: prefixAt(i * 10),
      remove: true as const,
    }));
    await runtime.ask('OSPF', 'put', removed);
    await runtime.ask('OSPF', 'put', routes(30_000, 31_000));
    await runtime.ask('OSPF', 'put', routes(5_001, 5_010, 3));
    await started.rest(({ ospf }) => ospf.size === 10_000);
    t.ok((await pauses()) <= MOST_AHEAD, 'what has changed waits as well');
    await started.swap();
    await runtime.ask('RIP', 'silence', false);
    const { routes: said } = await started.sender();
    const lines = [...said.values()].map(({ prefix, metric, hops = [] }) => {
      const [{ gateway = '' } = {}] = hops;
      return `${prefix} ospf ${metric} - - ${gateway}%${gateway.startsWith('10.0.1.') ? 'lan0' : 'lan1'}`;
    });
    await isTold(t, started, lines.sort(), 'all');
    const { wholes, gaps } = await started.subscriber();
    t.same({ wholes, gaps }, { wholes: 1, gaps: 0 });
    const [rip] = runtime.queues().filter(({ module }) => module === 'RIP');
    t.match(rip, { refused: 0 });
  },
);

t.test('what is tracked is told once, then each change, over swaps', async (t) => {
  const started = await router(t, staticConfig({}, { routes: STATICS }));
  const { runtime, kernel } = started;
  await runtime.add(Subscriber);
  const track = (id: string, what: 'next-hop' | 'prefix', address: string) =>
    runtime.ask('RIP', 'track', { by: 'vrrp', id, what, address });
  await track('near', 'next-hop', '10.0.2.2');
  await track('far', 'next-hop', '10.200.7.7');
  await track('own', 'next-hop', '10.0.2.1');
  await track('none', 'next-hop', '192.0.2.1');
  await track('route', 'prefix', '10.200.0.0/16');
  await track('default', 'prefix', '0.0.0.0/0');
  const words = async (): Promise<Record<string, string[]>> => {
    await started.rest();
    const { tracked } = await started.subscriber();
    const each = [...tracked].map(([id, all]) => [
      id.slice('vrrp '.length),
      all.map(({ reachable, via, why, hops }) =>
        reachable
          ? `${via ?? '-'} ${hops.map(({ gateway, interface: on }) => `${gateway}%${on}`)}`
          : `no: ${why}`,
      ),
    ]);
    return Object.fromEntries(each);
  };
  const first = {
    near: ['10.0.2.0/24 10.0.2.2%lan1'],
    far: ['10.200.0.0/16 10.0.2.2%lan1'],
    own: ['no: own address'],
    none: ['no: no route'],
    route: ['10.200.0.0/16 10.0.2.2%lan1'],
    default: ['no: no route'],
  };
  t.strictSame(await words(), first);
  await started.swap();
  t.strictSame(await words(), first, 'a swap tells nothing');
  const gone = { near: 'no: no route', far: 'no: no route', route: 'no: no route' };
  const wanted: Record<string, string[]> = structuredClone(first);
  for (let flap = 0; flap < 4; flap++) {
    kernel.set(3, { up: false, carrier: false });
    started.deliver();
    await started.rest();
    if (flap % 2 === 1) await started.swap();
    for (const [id, why] of Object.entries(gone)) wanted[id]!.push(why);
    t.strictSame(await words(), wanted, `down, ${flap}`);
    kernel.set(3, { up: true, carrier: true });
    started.deliver();
    await started.rest();
    for (const id of Object.keys(gone)) wanted[id]!.push(first[id as keyof typeof first][0]!);
    t.strictSame(await words(), wanted, `up, ${flap}`);
  }
  await runtime.ask('RIP', 'track', { by: 'vrrp', id: 'far', remove: true });
  wanted.far!.push('no: it is not tracked any more');
  t.strictSame(await words(), wanted);
  t.equal((await started.peek()).tracks, 5);
});
