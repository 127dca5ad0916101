/** Bounds on what a neighbour can have us keep, ask for, send and compute, whatever its LSAs say. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { answerRequest, MOST_ANSWERED } from '../../firmware/modules/ospf/adjacency/request.ts';
import { addRequested, roomForRequests } from '../../firmware/modules/ospf/adjacency/request-list.ts';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import {
  INITIAL_SEQUENCE,
  LS_OPAQUE_AREA,
  LS_ROUTER,
  MAX_AGE,
  MAX_SEQUENCE,
  OPTION_E,
} from '../../firmware/modules/ospf/constants.ts';
import { bucketOf } from '../../firmware/modules/ospf/lsdb/buckets.ts';
import {
  areaScope,
  findLsa,
  lsaKey,
  MOST_IN_BUCKET,
  MOST_LSA_BYTES,
  removeScope,
} from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeLsa } from '../../firmware/modules/ospf/packet/lsa.ts';
import { encodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { addVertex, type Graph } from '../../firmware/modules/ospf/routing/graph.ts';
import type { ExternalLeaf } from '../../firmware/modules/ospf/routing/leaves.ts';
import type { PathInput } from '../../firmware/modules/ospf/routing/paths.ts';
import { parseKey } from '../../firmware/modules/ospf/routing/prefix.ts';
import { MOST_NETWORKS, shortestPaths } from '../../firmware/modules/ospf/routing/spf.ts';
import { translate } from '../../firmware/modules/ospf/routing/translation.ts';
import type { Lsa } from '../../firmware/modules/ospf/state.ts';
import { LsdbRouter, links, lsa, OUR_ID } from './ospf-lsas.ts';
import { Network } from './ospf-network.ts';
import { link, RoutingRun } from './ospf-routing-run.ts';

const LONG = 60_000;
const THEIRS = toNumber('10.0.0.9');
const OURS = toNumber(OUR_ID);
const LINK = { type: 3, id: 0x0a63_0000, data: 0xffff_ff00, metric: 1 } as const;

function long(router: string, id: string, sequence = INITIAL_SEQUENCE): Uint8Array {
  const body = { kind: 'opaque', data: new Uint8Array(LONG) } as const;
  return lsa({ type: LS_OPAQUE_AREA, router, id, sequence, body });
}

function attacked() {
  const router = new LsdbRouter();
  const lan0 = router.addInterface('lan0');
  return { router, state: router.state, lan0, from: router.addNeighbor(lan0, 2) };
}

t.test('LSAs of others have so many bytes together, also those that claim to be ours', async (t) => {
  const { router, state, lan0, from } = attacked();
  router.update(lan0, from, lsa());
  const fits = Math.floor(MOST_LSA_BYTES / (LONG + 20)) - 1;
  for (let i = 0; i < fits; i++) router.update(lan0, from, long('10.0.0.9', `10.9.${i >> 8}.${i & 255}`));
  t.equal(router.count('lsaRoom'), 0);
  t.equal(state.lsas.size, 1 + fits);
  router.update(lan0, from, long('10.0.0.9', '10.99.0.1'), long('10.0.0.9', '10.99.0.2'));
  router.update(lan0, from, long(OUR_ID, '10.99.0.3'));
  t.equal(router.count('lsaRoom'), 2);
  router.advance(2_000);
  const longer = { kind: 'router', flags: 0, links: Array.from({ length: 5_000 }, () => LINK) } as const;
  router.update(lan0, from, lsa({ sequence: 9, body: longer }));
  t.equal(router.count('lsaRoom'), 3, 'nor does one that is there grow');
  router.update(lan0, from, lsa({ sequence: 10 }));
  t.equal(findLsa(state, lsaKey('area 0', LS_ROUTER, THEIRS, THEIRS))?.sequence, 10);
  router.originate({ lsa: 'router', area: 0 });
  t.ok(findLsa(state, lsaKey('area 0', LS_ROUTER, OURS, OURS)), 'there is room for ours');
  const sum = [...state.lsas.values()].reduce((bytes, row) => bytes + row.bytes.length, 0);
  t.equal(state.lsaBytes, sum);
  removeScope(state, areaScope(0));
  t.equal(state.lsaBytes, 0);
});

t.test('LSAs whose ids are chosen for one bucket are no more than it takes', async (t) => {
  const { router, state, lan0, from } = attacked();
  const header = { age: 1, options: OPTION_E, type: LS_OPAQUE_AREA, router: THEIRS, sequence: 1 };
  const chosen: Uint8Array[] = [];
  for (let id = 1; chosen.length < MOST_IN_BUCKET + 100; id++)
    if (bucketOf(lsaKey('area 0', LS_OPAQUE_AREA, id, THEIRS)) === 0)
      chosen.push(encodeLsa({ ...header, id }, { kind: 'opaque', data: new Uint8Array(0) }));
  for (let at = 0; at < chosen.length; at += 500) router.update(lan0, from, ...chosen.slice(at, at + 500));
  t.equal(state.lsas.size, MOST_IN_BUCKET);
  t.equal(router.count('lsaRoom'), 100);
});

t.test('an LSA that ends again and again is flooded once in MinLSArrival', async (t) => {
  const { router, lan0, from } = attacked();
  const lan1 = router.addInterface('lan1');
  router.addNeighbor(lan1, 3);
  router.addNeighbor(lan1, 4, 'Exchange');
  router.update(lan0, from, lsa());
  router.takeLeft();
  for (let i = 1; i <= 100; i++)
    router.update(lan0, from, lsa({ age: MAX_AGE, sequence: INITIAL_SEQUENCE + i }));
  t.equal(router.count('minLsArrival'), 99);
  t.equal(router.takeLeft().filter(({ kind, link }) => kind === 'update' && link === 'lan1').length, 1);
  router.advance(1_000);
  router.update(lan0, from, lsa({ age: MAX_AGE, sequence: INITIAL_SEQUENCE + 200 }));
  t.equal(router.count('minLsArrival'), 99);
});

for (const sequence of [100, MAX_SEQUENCE - 50]) {
  t.test(
    `13.4: ours, forged again and again from ${sequence} on, is taken once in MinLSArrival`,
    async (t) => {
      const { router, state, lan0, from } = attacked();
      router.originate({ lsa: 'router', area: 0 });
      const key = lsaKey('area 0', LS_ROUTER, OURS, OURS);
      const { originated = 0 } = state.counters;
      for (let i = 0; i < 100; i++) {
        router.update(lan0, from, lsa({ router: OUR_ID, sequence: Math.min(MAX_SEQUENCE, sequence + i) }));
        router.advance(50);
      }
      t.ok((state.counters.ownReceived ?? 0) <= 6, `${state.counters.ownReceived}`);
      t.ok((state.counters.originated ?? 0) <= originated + 1);
      router.advance(20_000);
      router.acknowledge(lan0, from, ...([findLsa(state, key)].flatMap((row) => row ?? []) as never[]));
      t.ok((state.counters.originated ?? 0) <= originated + 3, 'each MinLSInterval at most');
    },
  );
}

t.test(
  'while somebody else has made or flushed an LSA of ours, routes are those of what we are',
  async (t) => {
    const network = new Network();
    const wire = network.wire('wire0');
    const [ours, other] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
    network.connect(ours, wire, '10.1.0.1/24');
    network.connect(other, wire, '10.1.0.2/24');
    network.connect(other, network.lan('lan1'), '10.2.0.2/24');
    const hasRoute = () => ours.state.routes.has('10.2.0.0/24');
    t.ok(network.runUntil(hasRoute));
    network.run(10_000);
    for (const [sequence, age] of [
      [50, 1],
      [MAX_SEQUENCE, 1],
      // As neighbours return one of before a restart that they keep with MaxAge.
      [200, MAX_AGE],
    ] as const) {
      // The first has ours made anew at once, the second waits for MinLSInterval.
      for (let i = 0; i < 5; i++) {
        const forged = lsa({
          router: '10.0.0.1',
          sequence: Math.min(MAX_SEQUENCE, sequence + 9 * i),
          age,
          body: links(0),
        });
        const from = { type: 4, routerId: toNumber('10.0.0.2'), area: 0 };
        const payload = encodePacket(from, encodeUpdate([forged]), { type: 0 });
        ours.served.packet('ospf', 'wire0', { from: '10.1.0.2', to: '10.1.0.1', ttl: 1, payload });
        for (let ms = 0; ms < 3_000; ms += 100) {
          network.run(100);
          t.ok(hasRoute(), `${sequence} ${age} ${i} ${ms}`);
          if (!hasRoute()) return;
        }
      }
      network.run(30_000);
    }
    t.ok(other.state.routes.size > 0);
  },
);

t.test('networks of an area have so many routes, whatever stub networks routers claim', async (t) => {
  const graph: Graph = { routers: new Map(), networks: new Map() };
  const EACH = 5_000;
  const many = MOST_NETWORKS / EACH + 2;
  const put = (id: number, links: object[]) => {
    const body = { kind: 'router', flags: 0, links } as never;
    const header = { age: 1, options: OPTION_E, type: LS_ROUTER, id, router: id, sequence: 1 };
    addVertex(graph, { id, router: id, bytes: encodeLsa(header, body) } as Lsa, 1);
  };
  const neighbors = Array.from({ length: many }, (_, n) => ({ router: n + 2, address: n + 2 }));
  put(
    1,
    neighbors.map(({ router }) => ({ type: 1, id: router, data: 1, metric: 1 })),
  );
  for (let n = 0; n < many; n++) {
    const stubs = Array.from({ length: EACH }, (_, i) => ({ ...LINK, id: ((n * EACH + i) << 8) >>> 0 }));
    put(n + 2, [{ type: 1, id: 1, data: n + 2, metric: 1 }, ...stubs]);
  }
  const attachments = [{ key: 'wire', address: 1, mask: undefined, index: 1, neighbors }];
  const steps = shortestPaths(graph, { area: 0, root: 1, attachments, maximumPaths: 4 });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  t.equal(step.value.routers.size, many + 1);
  t.equal(step.value.networks.size, MOST_NETWORKS);
  t.equal(step.value.leftOut, many * EACH - MOST_NETWORKS, 'it says how many links have no route');
});

t.test('networks that have no room are told in the log, seldom, and how many they are', async (t) => {
  const run = new RoutingRun([1]);
  const EACH = 5_000;
  const routers = Array.from({ length: MOST_NETWORKS / EACH + 1 }, (_, n) => `2.2.2.${n + 1}`);
  for (const [n, other] of routers.entries()) run.attach(`p${n}`, 1, `10.1.${n}.1`, other);
  const ours = (cost: number) =>
    run.router(
      1,
      '1.1.1.1',
      0,
      routers.map((other, n) => link(other, `10.1.${n}.1`, cost)),
    );
  ours(1);
  for (const [n, other] of routers.entries()) {
    const stubs = Array.from({ length: EACH }, (_, i) => ({
      ...LINK,
      id: (0x2000_0000 + ((n * EACH + i) << 8)) >>> 0,
    }));
    run.router(1, other, 0, [link('1.1.1.1', `10.1.${n}.2`), ...stubs]);
  }
  run.run(Infinity);
  t.match(run.ctx.takeLog('warn'), [
    /^area 0\.0\.0\.1 has more than 100000 networks: 5000 links to others .* have no route here/,
  ]);
  ours(2);
  run.run(Infinity);
  t.same(run.ctx.takeLog('warn'), [], 'not with each calculation');
  run.ctx.time += 60_000;
  ours(3);
  run.run(Infinity);
  t.match(run.ctx.takeLog('warn'), [/\(1 more since the last line\)$/]);
});

t.test(
  'a router that a network names thousands of times, with thousands of links to it, is looked at once',
  async (t) => {
    const graph: Graph = { routers: new Map(), networks: new Map() };
    const put = (type: number, id: number, router: number, body: object) => {
      const header = { age: 1, options: OPTION_E, type, id, router, sequence: 1 };
      addVertex(graph, { id, router, bytes: encodeLsa(header, body as never) } as Lsa, 1);
    };
    const transit = (data: number) => ({ type: 2, id: 9, data, metric: 1 });
    put(1, 1, 1, { kind: 'router', flags: 0, links: [transit(1)] });
    put(1, 2, 2, {
      kind: 'router',
      flags: 0,
      links: Array.from({ length: 5_000 }, (_, i) => transit(i + 10)),
    });
    put(2, 9, 2, {
      kind: 'network',
      mask: 0xffff_ff00,
      routers: [1, ...Array.from({ length: 15_000 }, () => 2)],
    });
    const attachments = [{ key: 'lan', address: 1, mask: 0xffff_ff00, index: 1, neighbors: [] }];
    const steps = shortestPaths(graph, { area: 0, root: 1, attachments, maximumPaths: 4 });
    let turns = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) turns++;
    t.ok(turns < 50, `${turns} turns`);
    t.equal(step.value.routers.get(2)?.hops.length, 4);
  },
);

t.test('RFC 3101 3.2 (3): a range of a hundred thousand LSAs is condensed', async (t) => {
  const router = new LsdbRouter();
  router.addArea(1, { type: 'nssa', nssaRanges: { '10.0.0.0/8': { advertise: true } } });
  const leaf = {
    type: 7,
    area: 1,
    router: 2,
    metricType: 2,
    forwarding: 5,
    tag: 0,
    propagate: true,
  } as const;
  const leaves: ExternalLeaf[] = Array.from({ length: 200_000 }, (_, i) => ({
    ...{ ...leaf, key: `${i}`, metric: i, destination: parseKey('10.1.0.0/16') },
  }));
  const externals = new Map([[parseKey('10.1.0.0/16'), { route: {} as never, leaves }]]);
  const steps = translate(router.state, [1], externals, {} as PathInput, new Map());
  let turns = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) turns++;
  t.match(step.value.rows.get('10.0.0.0/8'), { type: 2, metric: 200_000 });
  t.ok(turns > 1_000, 'in turns');
});

t.test('neighbours describe no more LSAs than we can ask for', async (t) => {
  const { router, state, lan0, from } = attacked();
  t.equal(roomForRequests(state, from), 100_000);
  from.requested = 99_999;
  t.equal(roomForRequests(state, from), 1);
  for (let n = 3; n < 6; n++) router.addNeighbor(lan0, n, 'Exchange').requested = 100_000;
  t.equal(roomForRequests(state, from), 1);
  router.addNeighbor(lan0, 6, 'Exchange').requested = 2;
  t.equal(roomForRequests(state, from), 0);
  from.requested = 0;
  const requested = { sequence: 1, checksum: 1, age: 1 };
  let added = 0;
  for (let i = 0; i < 10_000; i++)
    if (addRequested(state, from, { ...requested, key: `area 0 10 ${i} 9` })) added++;
  t.equal(added, 10_000);
  t.equal(from.requested, 10_000);
});

t.test('one request has so many bytes in answer', async (t) => {
  const { router, state, lan0, from } = attacked();
  router.update(lan0, from, long('10.0.0.9', '10.9.0.1'));
  router.takeLeft();
  const request = { type: LS_OPAQUE_AREA, id: toNumber('10.9.0.1'), router: THEIRS };
  const requests = Array.from({ length: MOST_ANSWERED }, () => request);
  answerRequest(state, lan0, from, requests, new OspfAgenda(), router.ctx);
  t.equal(router.takeLeft().length, 5);
});
