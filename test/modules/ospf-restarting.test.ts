/** A restart of the whole router that its neighbours do not notice (RFC 3623 2), among routers that are simulated. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import type { Routes } from '../../firmware/modules/messages/routes.ts';
import type { Config } from '../../firmware/modules/ospf/config-record.ts';
import { findLsa, install, lsaKey } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { decodeGrace, encodeGrace } from '../../firmware/modules/ospf/packet/grace.ts';
import type { Lsa } from '../../firmware/modules/ospf/state.ts';
import { generalRows } from '../../firmware/modules/ospf/views/general.ts';
import { haveEqualDatabases, Network, type NetworkRouter } from './ospf-network.ts';

const GRACE: Partial<Config> = { gracefulRestart: { helper: true, restarter: true, period: 60_000 } };
const REDISTRIBUTED: Partial<Config> = {
  redistribute: { static: { metric: 20, type: 2, tag: 0 } as Config['redistribute'][string] },
};

interface Place {
  network: Network;
  /** The one that restarts. */
  router: NetworkRouter;
  others: NetworkRouter[];
  /** Until all are Full with it, and databases are equal. */
  settles: () => boolean;
}

/**
 * The router is designated on a LAN of three, on a LAN of two it is not, and on a wire it is a border router; behind its
 * neighbours there are others.
 */
function place(given: Partial<Config> = GRACE, seed = 1): Place {
  const network = new Network(seed);
  const router = network.router('10.0.0.9', { ...REDISTRIBUTED, ...given });
  const others = [1, 2, 3, 4, 5].map((n) => network.router(`10.0.0.${n}`));
  const [one, two, three, four, five] = others as [
    NetworkRouter,
    NetworkRouter,
    NetworkRouter,
    NetworkRouter,
    NetworkRouter,
  ];
  const [lan, other, wire, far] = [
    network.lan('lan0'),
    network.lan('lan1'),
    network.wire('p0'),
    network.wire('p1'),
  ];
  network.connect(router, lan, '10.1.0.9/24', { priority: 9 });
  network.connect(one, lan, '10.1.0.1/24');
  network.connect(two, lan, '10.1.0.2/24');
  network.connect(router, other, '10.2.0.9/24', { priority: 1 });
  network.connect(three, other, '10.2.0.3/24', { priority: 9 });
  const area = { area: '0.0.0.1' };
  network.connect(router, wire, '10.3.0.9/30', area);
  network.connect(four, wire, '10.3.0.10/30', area);
  network.connect(four, far, '10.4.0.1/30', area);
  network.connect(five, far, '10.4.0.2/30', area);
  const backbone = [router, one, two, three];
  const settles = () =>
    [one, two, three, four].every(
      (peer) => peer.neighborState(router.id) === 'Full' && router.neighborState(peer.id) === 'Full',
    ) &&
    router.state.restarting === undefined &&
    haveEqualDatabases(backbone.map((each) => scoped(each, 0))) &&
    haveEqualDatabases([router, four, five].map((each) => scoped(each, 1)));
  return { network, router, others, settles };
}

/** A router as one whose database is that of an area. */
function scoped(router: NetworkRouter, area: number): NetworkRouter {
  const of = (row: string) => row.startsWith(`area ${area} `) || row.startsWith('as ');
  return { database: () => router.database().filter(of) } as NetworkRouter;
}

let told = 0;

/** IP tells it which routes there are. */
function redistribute({ served, network }: NetworkRouter, ...prefixes: string[]): void {
  const changes = prefixes.map((prefix) => ({
    prefix,
    source: 'static',
    metric: 0,
    hops: [{ gateway: '10.1.0.77', interface: 'lan0' }],
  }));
  const body = { to: 'ospf', session: 's', number: ++told, whole: 'all', changes };
  served.event('IP', '3.1.0', 'redistributed', body);
  network.collect();
}

function messages({ served }: NetworkRouter): Routes[] {
  return served.ctx.sent.filter(({ type }) => type === 'routes').map(({ body }) => body as Routes);
}

/** Of all others: each LSA with its number, and each route. */
function pictureOf({ others }: Place): string[] {
  return others
    .flatMap(({ id, state }) => [
      ...[...state.lsas.values()]
        .filter(({ scope }) => !scope.startsWith('link'))
        .map(
          ({ scope, type, id: lsa, router, sequence }) =>
            `${id}: ${scope} ${type} ${lsa} ${router} ${sequence}`,
        ),
      ...[...state.routes].map(([prefix, route]) => `${id}: ${prefix} ${JSON.stringify(route)}`),
    ])
    .sort();
}

/** Ends the router, and starts it after a while. */
function away({ network, router }: Place, ms: number, prefixes = ['10.77.0.0/16', '10.78.0.0/16']): void {
  router.end();
  network.run(ms);
  router.restart();
  redistribute(router, ...prefixes);
}

function begun(given?: Partial<Config>, seed?: number): Place {
  const made = place(given, seed);
  redistribute(made.router, '10.77.0.0/16', '10.78.0.0/16');
  if (!made.network.runUntil(() => made.settles(), 60_000)) throw new Error('it does not settle');
  made.network.run(20_000);
  return made;
}

t.test(
  'neighbours notice nothing of a restart: no LSA of theirs or ours is another, and no route',
  async (t) => {
    const all = begun();
    const { network, router, others, settles } = all;
    const before = pictureOf(all);
    const whole = messages(router).length;
    t.ok(whole > 0);
    const routes = [...router.state.routes.keys()].sort();
    const role = ['lan0', 'lan1'].map((key) => router.role(key));
    away(all, 15_000);
    t.same(pictureOf(all), before, 'while it is away for longer than RouterDeadInterval');
    for (const { id, state } of others.slice(0, 4))
      t.ok(
        [...state.interfaces.values()].some(({ neighbors }) =>
          [...neighbors.values()].some(({ helping }) => helping !== undefined),
        ),
        `${id} helps`,
      );
    const isBack = () => router.state.restarting?.phase === 'sweeping';
    t.ok(
      network.runUntil(() => {
        if (router.state.restarting?.phase !== 'sweeping' && messages(router).length > 0)
          throw new Error('IP was told early');
        return isBack();
      }, 30_000),
    );
    const log = router.served.ctx.takeLog('info').filter((line) => line.includes('restart'));
    t.match(log, [/neighbours wait for us, \d\d s more/, /all adjacencies are there again/]);
    t.equal(log.length, 2);
    t.ok(network.runUntil(settles, 30_000));
    t.same(
      ['lan0', 'lan1'].map((key) => router.role(key)),
      role,
      'it is what it was on its LANs',
    );
    t.same(pictureOf(all), before);
    t.same([...router.state.routes.keys()].sort(), routes);
    t.equal(router.state.counters.originated, undefined, 'it has made none anew');
    t.equal(messages(router)[0]?.whole, 'all');
    network.run(30_000);
    t.same(pictureOf(all), before);
    for (const { state } of others)
      t.notOk(
        [...state.lsas.values()].some(({ type }) => type === 9),
        'no grace-LSA is left',
      );
  },
);

t.test('without it they do: their LSAs are others while it is away', async (t) => {
  const all = begun({});
  const before = pictureOf(all);
  away(all, 3_000);
  t.notSame(pictureOf(all), before);
  t.ok(all.network.runUntil(all.settles, 60_000));
});

t.test('one that is killed starts as ever: nobody has been asked to wait', async (t) => {
  const all = begun();
  const { network, router, settles } = all;
  network.run(1_000);
  router.restart();
  redistribute(router, '10.77.0.0/16', '10.78.0.0/16');
  t.ok(network.runUntil(settles, 60_000));
  t.match(router.served.ctx.takeLog('info').join('\n'), /an ordinary start, no graceful restart/);
  t.ok((router.state.counters.originated ?? 0) > 3);
});

t.test('nor does one that comes too late', async (t) => {
  const all = begun();
  away(all, 61_000);
  t.ok(all.network.runUntil(all.settles, 60_000));
  t.match(all.router.served.ctx.takeLog('info').join('\n'), /an ordinary start/);
});

t.test('without any neighbour it begins after RouterDeadInterval', async (t) => {
  const network = new Network();
  const router = network.router('10.0.0.9', GRACE);
  network.connect(router, network.lan('lan0'), '10.1.0.9/24');
  router.restart();
  t.equal(router.database().length, 0);
  network.run(4_100);
  t.match(router.served.ctx.takeLog('info').join('\n'), /an ordinary start.*there is no neighbour/);
  network.run(1_000);
  t.equal(router.database().length, 1);
});

t.test('2.2 (2): a neighbour that has not waited ends it, and all converge', async (t) => {
  const all = place();
  const [, , three] = all.others;
  three!.state.config.gracefulRestart = { helper: false, restarter: false, period: 1 };
  redistribute(all.router, '10.77.0.0/16', '10.78.0.0/16');
  t.ok(all.network.runUntil(all.settles, 60_000));
  all.network.run(20_000);
  away(all, 5_500);
  t.ok(all.network.runUntil(all.settles, 60_000));
  t.match(
    all.router.served.ctx.takeLog('warn').join(),
    /has ended early: the router at the link \S+ did not wait/,
  );
});

t.test('a topology that changes meanwhile ends it, and all converge', async (t) => {
  const all = begun();
  const { network, router, others, settles } = all;
  router.end();
  network.run(2_000);
  const five = others[4]!;
  const { interfaces } = five.config;
  five.configure({ ...five.config, interfaces: { p1: { ...interfaces.p1!, cost: 77 } } });
  network.run(8_000);
  router.restart();
  redistribute(router, '10.77.0.0/16', '10.78.0.0/16');
  t.ok(network.runUntil(settles, 90_000));
});

t.test('2.3 (5): what it has no more is flushed when it is back, and what it has stays', async (t) => {
  const all = begun();
  const { network, router, others, settles } = all;
  const external = (prefix: string) => {
    const id = toNumber(prefix);
    return findLsa(others[0]!.state, lsaKey('as', 5, id, toNumber(router.id)));
  };
  const before = external('10.78.0.0');
  t.ok(external('10.77.0.0'));
  away(all, 10_000, ['10.78.0.0/16']);
  t.ok(network.runUntil(settles, 60_000));
  network.run(10_000);
  t.equal(external('10.77.0.0'), undefined);
  t.equal(external('10.78.0.0'), before, 'the same row: it was not sent again');
});

for (const seed of [1, 2, 3])
  t.test(
    `it survives packets that are lost, doubled and overtaken, and a swap before each input (seed ${seed})`,
    async (t) => {
      const all = begun(GRACE, seed);
      const { network, router, settles } = all;
      for (const medium of network.media.values())
        Object.assign(medium, { loss: 0.05, duplication: 0.1, jitter: 10 });
      away(all, 6_000);
      let inputs = 0;
      network.beforeInput = (of) => {
        if (of === router && ++inputs % 5 === 0) router.swap();
      };
      t.ok(network.runUntil(settles, 120_000), JSON.stringify(router.state.restarting));
      network.beforeInput = undefined;
      for (const medium of network.media.values()) medium.loss = 0;
      network.run(40_000);
      t.ok(settles());
      t.ok(router.swaps > 10);
    },
  );

t.test('another configuration in the middle of it ends it', async (t) => {
  const all = begun();
  const { network, router, settles } = all;
  away(all, 5_000);
  t.ok(network.runUntil(() => router.state.restarting?.phase === 'grace', 20_000));
  const rows = [...generalRows(router.state, router.served.ctx)].filter((row) => row !== undefined);
  const [shown] = rows as { lines: string[]; restarting: number }[];
  t.ok(shown!.restarting > 30_000);
  t.match(shown!.lines.join(), /Graceful restart in progress, \d+ s are left/);
  const { interfaces } = router.config;
  router.configure({ ...router.config, interfaces: { ...interfaces, p0: { ...interfaces.p0!, cost: 77 } } });
  t.match(router.served.ctx.takeLog('warn'), [/has ended early: its configuration is another/]);
  t.ok(network.runUntil(settles, 60_000));
});

t.test('one that is disabled in the middle of it begins as ever when it is enabled', async (t) => {
  const all = begun();
  const { network, router, settles } = all;
  away(all, 5_000);
  t.ok(network.runUntil(() => router.state.restarting?.phase === 'sweeping', 20_000));
  router.served.module.stop('disable');
  router.served.ctx.timers.clear();
  network.run(1_000);
  router.served.module.start('resume');
  for (const link of router.links.values()) router.served.event('IP', '3.1.0', 'links', link);
  redistribute(router, '10.77.0.0/16', '10.78.0.0/16');
  t.ok(network.runUntil(settles, 60_000));
});

t.test(
  'a grace-LSA that asks for more than the configuration does not hold it back for longer',
  async (t) => {
    const all = begun({ gracefulRestart: { helper: true, restarter: true, period: 600_000 } });
    const { network, router, settles } = all;
    const { gracefulRestart } = GRACE;
    router.end();
    network.run(5_000);
    router.config = { ...router.config, gracefulRestart: gracefulRestart! };
    router.restart();
    redistribute(router, '10.77.0.0/16', '10.78.0.0/16');
    t.ok(network.runUntil(() => router.state.restarting?.phase === 'grace', 20_000));
    t.ok(router.state.restarting!.until - network.time < 60_000);
    t.ok(network.runUntil(settles, 60_000));
  },
);

t.test(
  'a second restart is waited for also where neighbours still have the end of the first one’s grace-LSA',
  async (t) => {
    const all = begun();
    const { network, router, others, settles } = all;
    const { now } = Date;
    t.teardown(() => {
      Date.now = now;
    });
    Date.now = () => now() + network.time;
    away(all, 5_000);
    const graceOf = ({ state }: NetworkRouter) => [...state.lsas.values()].find(({ type }) => type === 9);
    const ends = new Map<NetworkRouter, Lsa>();
    const areOver = () => {
      for (const other of others) {
        const grace = graceOf(other);
        if (grace?.age === 3600) ends.set(other, grace);
      }
      return ends.size === 4;
    };
    t.ok(network.runUntil(areOver, 60_000));
    network.run(60_000);
    t.ok(settles());
    t.same(
      [router, ...others].flatMap((each) => graceOf(each) ?? []),
      [],
    );
    for (const [{ state }, { scope, bytes, from }] of ends) install(state, scope, bytes, network.time, from);
    const before = pictureOf(all);
    away(all, 15_000);
    t.same(pictureOf(all), before, 'while it is away for longer than RouterDeadInterval');
    t.ok(network.runUntil(settles, 60_000));
    network.run(30_000);
    t.same(pictureOf(all), before);
  },
);

t.test('a grace-LSA is read as it was written', async (t) => {
  for (const grace of [
    { period: 120, reason: 1, address: 0x0a01_0009 },
    { period: 1_800, reason: 3, address: undefined },
  ])
    t.same(decodeGrace(encodeGrace(grace)), grace);
});
