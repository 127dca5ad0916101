/** OSPF makes of its database: routes, LSAs for other areas and the AS, ends of virtual links, messages to IP. */
import t from 'tap';
import type { Routes } from '../../firmware/modules/messages/routes.ts';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import {
  announceAll,
  announceSome,
  takeRoutesWanted,
} from '../../firmware/modules/ospf/routing/announcing.ts';
import {
  sweepSome,
  takeRedistributed,
  takeSubscriptions,
} from '../../firmware/modules/ospf/routing/redistribution.ts';
import { B, E, id, link, NT, RoutingRun, SELF, stub, triangle, V } from './ospf-routing-run.ts';

t.test('Paths of equal cost are all used, and none of them stays beside a better one', async (t) => {
  const run = triangle();
  t.equal(run.route('10.9.0.0/24'), 'intra 6 over p2 10.1.2.2, p3 10.1.3.2');
  run.router(1, SELF, 0, [link('2.2.2.2', '10.1.2.1', 5), link('3.3.3.3', '10.1.3.1', 4)]);
  run.run();
  t.equal(run.route('10.9.0.0/24'), 'intra 5 over p3 10.1.3.2');
});

t.test(
  'An LSA that has come to MaxAge is no part of a tree, though it is in the database still',
  async (t) => {
    const run = triangle();
    run.router(1, '3.3.3.3', 0, [link(SELF, '10.1.3.2'), stub('10.9.0.0/24')], { age: 3590 });
    run.run();
    t.equal(run.route('10.9.0.0/24'), 'intra 6 over p2 10.1.2.2, p3 10.1.3.2');
    run.ctx.time += 20_000;
    run.all();
    t.equal(run.route('10.9.0.0/24'), 'intra 6 over p2 10.1.2.2');
  },
);

t.test(
  'Of two network-LSAs of one address that counts whose router has it; of two router ids of one router, the younger one',
  async (t) => {
    for (const before of ['0.0.0.9', '9.9.9.9']) {
      const run = new RoutingRun([1]);
      run.attach('p2', 1, '10.1.2.1', '2.2.2.2');
      const transit = (data: string) => link('10.2.0.4', data, 1, 2);
      run.router(1, SELF, 0, [link('2.2.2.2', '10.1.2.1', 5)]);
      run.router(1, '2.2.2.2', 0, [link(SELF, '10.1.2.2'), transit('10.2.0.2')]);
      run.router(1, '4.4.4.4', 0, [transit('10.2.0.4'), stub('10.9.4.0/24')], { age: 40 });
      run.router(1, before, 0, [transit('10.2.0.4'), stub('10.9.9.0/24')], { age: 90 });
      run.network(1, '10.2.0.4', '4.4.4.4', ['4.4.4.4', '2.2.2.2'], { age: 50 });
      run.network(1, '10.2.0.4', before, [before, '3.3.3.3'], { age: 80 });
      run.run();
      t.equal(run.route('10.2.0.0/24'), 'intra 6 over p2 10.1.2.2');
      t.equal(run.route('10.9.4.0/24'), 'intra 7 over p2 10.1.2.2');
      t.equal(run.route('10.9.9.0/24'), 'none', `${before} is no more`);
      // Of another network: its router-LSA says that the address is not its own, however young its network-LSA is.
      run.router(1, before, 0, [stub('10.9.9.0/24')]);
      run.network(1, '10.2.0.4', before, [before, '3.3.3.3']);
      run.run();
      t.equal(run.route('10.9.4.0/24'), 'intra 7 over p2 10.1.2.2');
    }
  },
);

t.test('A change of a leaf computes no tree', async (t) => {
  const run = triangle();
  const { trees } = run.state.areas.get(1)!;
  run.external('2.2.2.2', '172.16.0.0/24', [2, 20]);
  run.run();
  t.equal(run.route('172.16.0.0/24'), 'external-2 5 over p2 10.1.2.2');
  t.equal(run.state.areas.get(1)!.trees, trees);
});

t.test('Trees wait: not at first, then for the hold, twice as long each time, up to the most', async (t) => {
  const run = triangle();
  run.ctx.time += 60_000;
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    run.router(1, '2.2.2.2', E, [link(SELF, '10.1.2.2'), stub('10.9.0.0/24', 10 + i)]);
    waits.push(run.ctx.timerDue('spf')!);
    run.run();
  }
  t.same(waits, [0, 50, 100, 200, 400, 800, 1600, 3200, 5000]);
});

/** A border router between the backbone and area 1, with a Full neighbour in each. */
function border(config = {}, areas = [0, 1]): RoutingRun {
  const run = new RoutingRun(areas, config);
  run.attach('b2', 0, '10.0.2.1', '2.2.2.2');
  run.attach('p3', 1, '10.1.3.1', '3.3.3.3');
  run.router(0, SELF, B, [link('2.2.2.2', '10.0.2.1', 3)]);
  run.router(0, '2.2.2.2', B | E, [link(SELF, '10.0.2.2'), stub('10.0.8.0/24')]);
  run.router(1, SELF, B, [link('3.3.3.3', '10.1.3.1', 4)]);
  run.router(1, '3.3.3.3', 0, [link(SELF, '10.1.3.2'), stub('10.1.8.0/24', 2), stub('10.1.9.0/24', 7)]);
  run.summary(0, '2.2.2.2', '10.5.0.0/24', 6);
  run.run();
  return run;
}

t.test(
  'A border router tells each area of the others, and the backbone of networks within areas alone',
  async (t) => {
    const run = border();
    const metric = (area: number, prefix: string) => {
      const made = run.made({ lsa: 'summary', area, prefix });
      return made?.kind === 'summary' ? made.metric : undefined;
    };
    t.equal(metric(1, '10.0.8.0/24'), 4);
    t.equal(metric(1, '10.5.0.0/24'), 9);
    t.equal(metric(0, '10.1.8.0/24'), 6);
    t.equal(metric(0, '10.5.0.0/24'), undefined);
    t.equal(metric(1, '10.1.8.0/24'), undefined, 'an area is not told of itself');
    const asbr = run.made({ lsa: 'asbr', area: 1, router: id('2.2.2.2') });
    t.match(asbr, { kind: 'summary', metric: 3 });
    run.state.interfaces.get('b2')!.neighbors.clear();
    run.all();
    t.equal(
      metric(1, '10.5.0.0/24'),
      undefined,
      'without a neighbour in the backbone, networks within areas alone (RFC 3509)',
    );
  },
);

t.test(
  'A range is told at the largest cost of its networks, which are hidden; what it has no route for is dropped',
  async (t) => {
    const run = border({ '0.0.0.1': { ranges: { '10.1.0.0/16': { advertise: true } } } });
    t.match(run.made({ lsa: 'summary', area: 0, prefix: '10.1.0.0/16' }), { metric: 11 });
    t.equal(run.made({ lsa: 'summary', area: 0, prefix: '10.1.8.0/24' }), undefined);
    t.equal(run.route('10.1.0.0/16'), 'intra 0 over nothing');
    run.router(1, '3.3.3.3', 0, [link(SELF, '10.1.3.2')]);
    run.run();
    t.equal(run.made({ lsa: 'summary', area: 0, prefix: '10.1.0.0/16' }), undefined);
    t.equal(run.route('10.1.0.0/16'), 'none');
    t.ok(run.originated.some((of) => of.lsa === 'summary' && of.prefix === '10.1.0.0/16' && of.area === 0));
  },
);

t.test('A range that is not advertised hides its networks', async (t) => {
  const run = border({ '0.0.0.1': { ranges: { '10.1.0.0/16': { advertise: false } } } });
  t.equal(run.made({ lsa: 'summary', area: 0, prefix: '10.1.0.0/16' }), undefined);
  t.equal(run.made({ lsa: 'summary', area: 0, prefix: '10.1.8.0/24' }), undefined);
  t.equal(run.route('10.1.0.0/16'), 'none');
});

t.test('A stub area is told a default route, and a totally stubby one nothing else', async (t) => {
  const run = border({ '0.0.0.1': { type: 'stub', defaultCost: 17 } });
  t.match(run.made({ lsa: 'summary', area: 1, prefix: '0.0.0.0/0' }), { metric: 17, mask: 0 });
  t.match(run.made({ lsa: 'summary', area: 1, prefix: '10.0.8.0/24' }), { metric: 4 });
  t.equal(run.made({ lsa: 'asbr', area: 1, router: id('2.2.2.2') }), undefined);
  const totally = border({ '0.0.0.1': { type: 'stub', summaries: false } });
  t.match(totally.made({ lsa: 'summary', area: 1, prefix: '0.0.0.0/0' }), { metric: 1 });
  t.equal(totally.made({ lsa: 'summary', area: 1, prefix: '10.0.8.0/24' }), undefined);
});

/** A virtual link of ours through area 1 to 3.3.3.3, behind which the backbone goes on. */
function virtual(flags: number): RoutingRun {
  const run = border();
  const iface = run.attach('vlink', 0, '10.1.3.1', '3.3.3.3');
  Object.assign(iface, {
    type: 'virtual',
    cost: 0,
    virtual: { area: 1, router: id('3.3.3.3'), to: 0, over: '' },
  });
  delete iface.subnet;
  run.router(0, SELF, B, [link('2.2.2.2', '10.0.2.1', 3), link('3.3.3.3', '10.1.3.1', 4, 4)]);
  run.router(0, '3.3.3.3', B, [link(SELF, '10.1.3.2', 4, 4), stub('10.0.77.0/24')]);
  run.router(1, '3.3.3.3', flags, [link(SELF, '10.1.3.2')]);
  run.all();
  return run;
}

t.test(
  'A virtual link comes up with the way through its area, when its other end is a border router',
  async (t) => {
    t.same(
      virtual(0).virtual.map(({ way }) => way),
      [undefined],
    );
    const run = virtual(B | V);
    t.same(
      run.virtual.map(({ way }) => way),
      [{ to: id('10.1.3.2'), over: 'p3', address: id('10.1.3.1'), cost: 4 }],
    );
    t.equal(run.route('10.0.77.0/24'), 'intra 5 over p3 10.1.3.2', 'the next hop is in the transit area');
  },
);

t.test('Backbone networks go by a nearer border router of the transit area', async (t) => {
  const run = virtual(B | V);
  run.attach('p4', 1, '10.1.4.1', '4.4.4.4');
  run.router(1, SELF, B | V, [link('3.3.3.3', '10.1.3.1', 4), link('4.4.4.4', '10.1.4.1', 1)]);
  run.router(1, '4.4.4.4', B, [link(SELF, '10.1.4.2')]);
  run.summary(1, '4.4.4.4', '10.0.77.0/24', 2);
  run.run();
  t.equal(run.route('10.0.77.0/24'), 'intra 3 over p4 10.1.4.2');
});

t.test('12.4.3: what is reached through an area is not told to it', async (t) => {
  const run = virtual(B | V);
  run.router(0, '2.2.2.2', B | E, [link(SELF, '10.0.2.2'), stub('10.0.8.0/24')]);
  run.all();
  const told = (area: number, prefix: string) => run.made({ lsa: 'summary', area, prefix }) !== undefined;
  t.equal(run.route('10.0.77.0/24'), 'intra 5 over p3 10.1.3.2');
  t.notOk(told(1, '10.0.77.0/24'));
  t.ok(told(1, '10.0.8.0/24'));
});

t.test('12.4.3: of several ways to an AS boundary router that counts which 16.4 (3) prefers', async (t) => {
  const run = border({}, [0, 1, 4]);
  const metric = (area: number) => {
    const made = run.made({ lsa: 'asbr', area, router: id('5.5.5.5') });
    return made?.kind === 'summary' ? made.metric : undefined;
  };
  run.attach('c4', 4, '10.4.6.1', '6.6.6.6');
  run.router(4, SELF, B, [link('6.6.6.6', '10.4.6.1', 1)]);
  run.router(4, '6.6.6.6', 0, [link(SELF, '10.4.6.2')]);
  run.router(0, '2.2.2.2', B, [link(SELF, '10.0.2.2'), link('5.5.5.5', '10.0.5.1')]);
  run.router(0, '5.5.5.5', B | E, [link('2.2.2.2', '10.0.5.2')]);
  run.run();
  t.same([0, 1, 4].map(metric), [undefined, 4, 4], 'its area is not told of it');
  // Within another area it is farther, and that way counts nevertheless.
  run.router(1, '3.3.3.3', 0, [link(SELF, '10.1.3.2'), link('5.5.5.5', '10.1.5.1', 90)]);
  run.router(1, '5.5.5.5', B | E, [link('3.3.3.3', '10.1.5.2')]);
  run.run();
  t.same([0, 1, 4].map(metric), [94, undefined, 94]);
});

/** A border router of an NSSA, area 3, in which 3.3.3.3 is an AS boundary router. */
function nssa(config = {}): RoutingRun {
  const run = new RoutingRun([0, 3], { '0.0.0.3': { type: 'nssa', ...config } });
  run.attach('b2', 0, '10.0.2.1', '2.2.2.2');
  run.attach('p3', 3, '10.3.3.1', '3.3.3.3');
  run.router(0, SELF, B | E, [link('2.2.2.2', '10.0.2.1', 3)]);
  run.router(0, '2.2.2.2', B | E, [link(SELF, '10.0.2.2')]);
  run.router(3, SELF, B | E, [link('3.3.3.3', '10.3.3.1', 4)]);
  run.router(3, '3.3.3.3', E, [link(SELF, '10.3.3.2'), stub('10.3.8.0/24')]);
  run.run();
  return run;
}

t.test('An NSSA’s routes are translated where they are marked and have a forwarding address', async (t) => {
  const run = nssa();
  t.equal(run.state.areas.get(3)!.translator, 'elected');
  run.external('3.3.3.3', '172.16.1.0/24', [1, 10], { area: 3, forwarding: '10.3.8.1', propagate: true });
  run.external('3.3.3.3', '172.16.2.0/24', [2, 10], { area: 3, forwarding: '10.3.8.1' });
  run.external('3.3.3.3', '172.16.3.0/24', [2, 10], { area: 3, propagate: true });
  run.run();
  t.equal(run.route('172.16.1.0/24'), 'external-1 15 over p3 10.3.3.2');
  const made = (prefix: string) => run.made({ lsa: 'external', prefix });
  t.match(made('172.16.1.0/24'), { type: 1, metric: 10, forwarding: id('10.3.8.1'), tag: 7 });
  t.equal(made('172.16.2.0/24'), undefined);
  t.equal(made('172.16.3.0/24'), undefined);
  t.ok(run.originated.some((of) => of.lsa === 'external' && of.prefix === '172.16.1.0/24'));
});

t.test(
  'Another border router translates: of a higher router id, or always; and the one before goes on for a while',
  async (t) => {
    const run = nssa();
    run.external('3.3.3.3', '172.16.1.0/24', [1, 10], { area: 3, forwarding: '10.3.8.1', propagate: true });
    run.run();
    run.router(3, '3.3.3.3', E, [link(SELF, '10.3.3.2'), link('2.2.2.2', '10.3.4.1'), stub('10.3.8.0/24')]);
    run.router(3, '2.2.2.2', B | E | NT, [link('3.3.3.3', '10.3.4.2')]);
    run.run();
    t.equal(run.state.areas.get(3)!.translator, 'disabled');
    t.ok(run.made({ lsa: 'external', prefix: '172.16.1.0/24' }), 'TranslatorStabilityInterval');
    run.ctx.time += 41_000;
    run.all();
    t.equal(run.made({ lsa: 'external', prefix: '172.16.1.0/24' }), undefined);
    t.equal(nssa({ translate: 'never' }).state.areas.get(3)!.translator, 'disabled');
    t.equal(nssa({ translate: 'always' }).state.areas.get(3)!.translator, 'enabled');
  },
);

t.test('A translator whose configuration ends it stops at once', async (t) => {
  const run = nssa();
  run.external('3.3.3.3', '172.16.1.0/24', [1, 10], { area: 3, forwarding: '10.3.8.1', propagate: true });
  run.run();
  t.ok(run.made({ lsa: 'external', prefix: '172.16.1.0/24' }));
  run.state.config.areas['0.0.0.3']!.translate = 'never';
  run.all();
  t.equal(run.made({ lsa: 'external', prefix: '172.16.1.0/24' }), undefined);
});

t.test('An NSSA’s range is told once, as RFC 3101 3.2 reckons its metric', async (t) => {
  const run = nssa({ nssaRanges: { '10.0.0.0/8': { advertise: true, tag: 5 } } });
  const put = (prefix: string, metric: [1 | 2, number]) =>
    run.external('3.3.3.3', prefix, metric, { area: 3, forwarding: '10.3.8.1', propagate: true });
  put('10.101.0.0/24', [1, 10]);
  put('10.102.0.0/24', [1, 11]);
  put('10.103.0.0/24', [1, 5]);
  run.run();
  const made = () => run.made({ lsa: 'external', prefix: '10.0.0.0/8' });
  t.match(made(), { type: 1, metric: 11, forwarding: 0, tag: 5 });
  t.equal(run.made({ lsa: 'external', prefix: '10.101.0.0/24' }), undefined);
  put('10.103.0.0/24', [2, 5]);
  run.run();
  t.match(made(), { type: 2, metric: 6 });
  t.equal(run.route('10.0.0.0/8'), 'intra 0 over nothing');
});

t.test(
  'Routes of other sources go into an NSSA marked, with a forwarding address; a border router marks none',
  async (t) => {
    const run = new RoutingRun([3], { '0.0.0.3': { type: 'nssa' } });
    run.state.config.redistribute = { static: { metric: 20, type: 2 } };
    run.state.redistributable.set('172.20.0.0/16', { source: 'static', metric: 0, tag: 0, set: 1 });
    const origin = { lsa: 'nssa', area: 3, prefix: '172.20.0.0/16' } as const;
    run.all();
    t.equal(run.made(origin), undefined, 'no forwarding address');
    run.attach('p3', 3, '10.3.3.1', '3.3.3.3');
    run.router(3, SELF, E, [link('3.3.3.3', '10.3.3.1', 4)]);
    run.run();
    t.match(run.made(origin), { options: 8, forwarding: id('10.3.3.1'), type: 2, metric: 20 });
    t.ok(
      run.originated.some((of) => of.lsa === 'nssa'),
      'it is made when an address comes',
    );
    t.equal(run.made({ lsa: 'external', prefix: '172.20.0.0/16' }), undefined, 'no area takes type 5');
    const both = nssa();
    both.state.config.redistribute = { static: { metric: 20, type: 2 } };
    both.state.redistributable.set('172.20.0.0/16', { source: 'static', metric: 0, tag: 0, set: 1 });
    t.match(both.made(origin), { options: 0 });
    t.match(both.made({ lsa: 'external', prefix: '172.20.0.0/16' }), { metric: 20, forwarding: 0 });
  },
);

t.test(
  'the filter of distribute-list goes with each whole set, and anew where IP has had none',
  async (t) => {
    const run = triangle();
    const { state, working, ctx } = run;
    const told = () => {
      announceSome(state, working, ctx);
      return ctx.sent.splice(0).map(({ body }) => body as Routes);
    };
    const asks = (filters: boolean) =>
      takeRoutesWanted(
        state,
        { ...(filters && { filters }), has: { ospf: { session: 'session', number: 1 } } },
        working,
        ctx,
      );
    const warned = () =>
      ctx.logged.splice(0).filter(({ text }) => text.includes('ospf.distribute-list: the IP'));
    t.match(told(), [{ whole: 'all', filter: undefined }]);
    state.config.distributeList = { prefixList: 'inside', routeMap: 'tags' };
    announceAll(state, state.config, ctx);
    const [whole] = told();
    t.match(whole, { whole: 'all', filter: { prefixList: 'inside', routeMap: 'tags' } });
    run.external('2.2.2.2', '172.16.0.0/24', [2, 20]);
    run.run();
    t.notOk('filter' in told()[0]!, 'differences are of the same set');
    t.same(warned(), []);

    asks(false);
    asks(false);
    t.equal(warned().length, 1, 'an IP without filters is told of once');
    t.match(told(), [{ whole: undefined }]);
    asks(true);
    t.match(told(), [{ whole: 'all', filter: { prefixList: 'inside' } }], 'another IP took its place');
    asks(true);
    t.match(told(), [{ whole: undefined, changes: [] }], 'it has it by now');
  },
);

t.test(
  'IP is told the whole set, then what differs; a message that it has no room for uses up no number',
  async (t) => {
    const run = triangle();
    const { state, working, ctx } = run;
    const told = () => ctx.sent.splice(0).map(({ body }) => body as Routes);
    ctx.sendResult = 'full';
    t.notOk(announceSome(state, working, ctx));
    ctx.sendResult = 'queued';
    ctx.time += 20;
    t.ok(announceSome(state, working, ctx));
    t.notOk(announceSome(state, working, ctx));
    t.match(told(), [
      { source: 'ospf', number: 0, whole: 'all', changes: [{ prefix: '10.9.0.0/24', metric: 6 }] },
    ]);
    run.external('2.2.2.2', '172.16.0.0/24', [2, 20]);
    run.run();
    announceSome(state, working, ctx);
    t.match(told(), [
      {
        number: 1,
        changes: [
          {
            prefix: '172.16.0.0/24',
            distance: 110,
            metric: 20,
            hops: [{ gateway: '10.1.2.2', interface: 'p2' }],
          },
        ],
      },
    ]);
    takeRoutesWanted(state, { has: { ospf: { session: 'session', number: 1 } } }, working, ctx);
    announceSome(state, working, ctx);
    t.match(told(), [{ number: 2, changes: [] }]);
    takeRoutesWanted(state, { has: {} }, working, ctx);
    announceSome(state, working, ctx);
    t.match(told(), [{ number: 3, whole: 'all' }]);
  },
);

t.test(
  'A gap in what IP redistributes has it asked for the whole set, and what that lacks goes',
  async (t) => {
    const run = triangle();
    const { state, working, ctx } = run;
    state.config.redistribute = { static: { metric: 20, type: 2 } };
    const take = (number: number, prefixes: string[], whole?: 'all') => {
      const changes = prefixes.map((prefix) => ({ prefix, source: 'static', metric: 0, hops: [] }));
      const agenda = new OspfAgenda();
      takeRedistributed(
        state,
        { to: 'ospf', session: 's', number, ...(whole && { whole }), changes },
        agenda,
        ctx,
      );
      while (sweepSome(state, working, agenda));
      return [...state.redistributable.keys()];
    };
    const sent = () =>
      ctx.sent.splice(0).map(({ type, body }) => [type, (body as { number?: number }).number]);
    t.same(take(1, ['172.20.0.0/16', '172.21.0.0/16'], 'all'), ['172.20.0.0/16', '172.21.0.0/16']);
    t.same(take(2, ['172.22.0.0/16']).length, 3);
    const taken = [
      ['redistributionTaken', 1],
      ['redistributionTaken', 2],
    ];
    t.same(sent(), taken, 'IP is told of each that was handled');
    t.equal(take(4, ['172.23.0.0/16']).length, 3);
    t.match(ctx.sent, [
      { to: 'IP', type: 'redistribute', body: { to: 'ospf', sources: [{ source: 'static' }] } },
    ]);
    ctx.sent.length = 0;
    t.same(take(5, ['172.23.0.0/16']).length, 3, 'all is passed over until then');
    t.same(sent(), [], 'and none of it is taken');
    t.same(take(6, ['172.22.0.0/16'], 'all'), ['172.22.0.0/16']);
    t.same(sent(), [['redistributionTaken', 6]]);
    takeSubscriptions(state, { redistribute: { ospf: { session: 's', number: 6 } }, track: [] }, ctx);
    t.same(sent(), [['redistributionTaken', 6]], 'a subscription that is as it should be is a question');
    takeSubscriptions(state, { redistribute: {}, track: [] }, ctx);
    t.same(sent(), [['redistribute', undefined]]);
  },
);
