/** LSAs of ours: what they hold (RFC 2328 12.4.1, 12.4.2, RFC 6987), when they are made, refreshed and flushed (12.4, 14.1). */
import t from 'tap';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import {
  INITIAL_SEQUENCE,
  LS_REFRESH_TIME,
  MAX_AGE,
  MAX_SEQUENCE,
} from '../../firmware/modules/ospf/constants.ts';
import { findLsa, install, lsaKey } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { flushAll } from '../../firmware/modules/ospf/lsdb/origination.ts';
import { decodeLsa } from '../../firmware/modules/ospf/packet/lsa.ts';
import { decodeLsaHeader } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import type { Lsa, Neighbor } from '../../firmware/modules/ospf/state.ts';
import { LsdbRouter, lsa, OUR_ID } from './ospf-lsas.ts';

const OURS = toNumber(OUR_ID);
const KEY = lsaKey('area 0', 1, OURS, OURS);
const ORIGIN = { lsa: 'router', area: 0 } as const;

/** Links of our router-LSA as `type id data metric`. */
function linksOf(router: LsdbRouter, key = KEY): string[] {
  const body = decodeLsa(findLsa(router.state, key)!.bytes);
  if ('error' in body || body.kind !== 'router') throw new Error('no router-LSA');
  return body.links.map(({ type, id, data, metric }) =>
    [type, toAddress(id), toAddress(data), metric].join(' '),
  );
}

function madeLinks(fill: (router: LsdbRouter) => void): string[] {
  const router = new LsdbRouter();
  fill(router);
  router.originate(ORIGIN);
  return linksOf(router);
}

function acknowledgeAll(router: LsdbRouter): void {
  for (const iface of router.state.interfaces.values())
    for (const neighbor of iface.neighbors.values())
      router.acknowledge(
        iface,
        neighbor,
        ...[...router.state.lsas.values()].map(({ bytes }) => decodeLsaHeader(bytes)),
      );
}

t.test('12.4.1.1: a point-to-point link is one to its Full neighbour, and its network', async (t) => {
  const make = (state: Neighbor['state']) =>
    madeLinks((router) => {
      const iface = router.addInterface('p0', { type: 'point-to-point', state: 'Point-to-point' });
      router.addNeighbor(iface, 2, state);
    });
  t.same(make('Loading'), ['3 10.1.0.0 255.255.255.0 10']);
  t.same(make('Full'), ['1 10.0.0.2 10.1.0.1 10', '3 10.1.0.0 255.255.255.0 10']);
});

t.test(
  'an unnumbered link is named by its index and is no network; one with a peer is a route to that',
  async (t) => {
    t.same(
      madeLinks((router) => {
        const p0 = router.addInterface('p0', { type: 'point-to-point', state: 'Point-to-point' });
        delete p0.subnet;
        router.addNeighbor(p0, 2);
        router.state.links.set('p0', {
          name: 'p0',
          index: 7,
          admin: true,
          up: true,
          mtu: 1500,
          mac: '',
          kind: '',
          pointToPoint: true,
          table: 254,
          addresses: [],
        });
        const p1 = router.addInterface('p1', { type: 'point-to-point', state: 'Point-to-point' });
        p1.subnet = { address: '10.2.0.1', prefixLength: 32, peer: '10.9.0.2' };
        router.addNeighbor(p1, 3);
      }),
      ['1 10.0.0.2 0.0.0.7 10', '1 10.0.0.3 10.2.0.1 10', '3 10.9.0.2 255.255.255.255 10'],
    );
  },
);

t.test('12.4.1.2: a LAN is a stub network until we are adjacent to its designated router', async (t) => {
  const stub = ['3 10.1.0.0 255.255.255.0 10'];
  const transit = (dr: number) => [`2 10.1.0.${dr} 10.1.0.1 10`];
  const make = (state: 'Waiting' | 'DROther' | 'Backup' | 'DR', dr: number, full: number | undefined) =>
    madeLinks((router) => {
      const lan = router.addInterface('lan0', { state });
      if (dr > 0) lan.dr = (lan.address & 0xffff_ff00) + dr;
      for (const n of [2, 3]) router.addNeighbor(lan, n, n === full ? 'Full' : '2-Way');
    });
  t.same(make('Waiting', 0, undefined), stub);
  t.same(make('DROther', 2, undefined), stub);
  t.same(make('DROther', 2, 3), stub, 'Full with another than the designated router');
  t.same(make('DROther', 2, 2), transit(2));
  t.same(make('Backup', 3, 3), transit(3));
  t.same(make('DR', 1, undefined), stub);
  t.same(make('DR', 1, 3), transit(1));
});

t.test(
  '12.4.1.4: point-to-multipoint is our address as a host, and a link to each Full neighbour, by its own cost',
  async (t) => {
    t.same(
      madeLinks((router) => {
        const neighbors = { '10.1.0.3': { priority: 0, pollInterval: 120_000, cost: 77 } };
        const iface = router.addInterface(
          'm0',
          { type: 'point-to-multipoint', state: 'Point-to-point' },
          { neighbors },
        );
        router.addNeighbor(iface, 2);
        router.addNeighbor(iface, 3);
        router.addNeighbor(iface, 4, 'ExStart');
      }),
      ['3 10.1.0.1 255.255.255.255 0', '1 10.0.0.2 10.1.0.1 10', '1 10.0.0.3 10.1.0.1 77'],
    );
  },
);

t.test('a loopback is a host, an interface that is down nothing', async (t) => {
  t.same(
    madeLinks((router) => {
      router.addInterface('lo', { type: 'loopback', state: 'Loopback' });
      router.addInterface('lan1', { state: 'Down' });
    }),
    ['3 10.1.0.1 255.255.255.255 0'],
  );
});

t.test('12.4.1.3: a virtual link is a link of the backbone, and bit V of its transit area', async (t) => {
  const router = new LsdbRouter();
  router.addArea(1);
  router.addInterface('lan0', { area: 1 });
  const virtual = { area: 1, router: toNumber('10.0.0.5'), to: toNumber('10.7.0.5'), over: 'lan0' };
  const vlink = router.addInterface('v', {
    type: 'virtual',
    virtual,
    state: 'Point-to-point',
    address: toNumber('10.1.0.1'),
  });
  router.state.config.areas['0.0.0.1']!.virtualLinks['10.0.0.5'] = router.state.config.interfaces.v!;
  router.addNeighbor(vlink, 5);
  router.originate(ORIGIN);
  router.originate({ lsa: 'router', area: 1 });
  t.same(linksOf(router), ['4 10.0.0.5 10.1.0.1 10']);
  const flags = (area: number) => {
    const body = decodeLsa(findLsa(router.state, lsaKey(`area ${area}`, 1, OURS, OURS))!.bytes);
    return 'flags' in body ? body.flags & 5 : undefined;
  };
  t.equal(flags(0), 1, 'a border router');
  t.equal(flags(1), 5, 'and an end of a virtual link');
});

t.test(
  'RFC 6987: a stub router tells of its links at the highest metric, and of its networks as ever',
  async (t) => {
    t.same(
      madeLinks((router) => {
        router.state.config.stubRouter = { always: true, onStart: 0 };
        const iface = router.addInterface('p0', { type: 'point-to-point', state: 'Point-to-point' });
        router.addNeighbor(iface, 2);
      }),
      ['1 10.0.0.2 10.1.0.1 65535', '3 10.1.0.0 255.255.255.0 10'],
    );
  },
);

t.test(
  '12.4.2: a designated router tells who is fully adjacent, itself first, and flushes that when there is none',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0', { state: 'DR' });
    lan.dr = lan.address;
    const first = router.addNeighbor(lan, 2);
    const second = router.addNeighbor(lan, 3, 'Loading');
    const key = lsaKey('area 0', 2, toNumber('10.1.0.1'), OURS);
    router.originate({ lsa: 'network', iface: 'lan0' });
    const body = decodeLsa(findLsa(router.state, key)!.bytes);
    t.same(body, { kind: 'network', mask: 0xffff_ff00, routers: [OURS, first.routerId] });
    first.state = 'ExStart';
    second.state = '2-Way';
    router.originate({ lsa: 'network', iface: 'lan0' });
    t.equal(findLsa(router.state, key)?.age, MAX_AGE);
    router.ctx.setTimer('aging', '', 0);
    router.advance(6_000);
    t.equal(findLsa(router.state, key), undefined, 'no neighbour has to have it: it is gone soon');
  },
);

t.test('12.4.2: it is flushed also where the interface, or its address, is another by then', async (t) => {
  const router = new LsdbRouter();
  const lan = router.addInterface('lan0', { state: 'DR' });
  lan.dr = lan.address;
  router.addNeighbor(lan, 2);
  const other = router.addInterface('lan1');
  router.addNeighbor(other, 3);
  router.originate({ lsa: 'network', iface: 'lan0' });
  lan.address = toNumber('10.1.0.9');
  router.originate({ lsa: 'network', iface: 'lan0' });
  t.same(
    [...router.state.lsas.values()].map(({ id, age }) => [toAddress(id), age]),
    [
      ['10.1.0.1', MAX_AGE],
      ['10.1.0.9', 0],
    ],
  );
  router.state.interfaces.delete('lan0');
  router.originate({ lsa: 'network', iface: 'lan0' });
  t.ok([...router.state.lsas.values()].every(({ age }) => age === MAX_AGE));
});

t.test(
  'what holds the same is not made again; what changes is, at once where MinLSInterval is over, else when it is',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0');
    router.addNeighbor(lan, 2);
    router.originate(ORIGIN);
    router.originate(ORIGIN);
    t.equal(router.count('originated'), 1);
    router.advance(1_000);
    for (const cost of [11, 12, 13]) {
      lan.cost = cost;
      router.originate(ORIGIN);
    }
    t.equal(router.count('originated'), 1);
    router.advance(3_999);
    t.equal(router.count('originated'), 1);
    router.advance(1);
    t.equal(router.count('originated'), 2);
    t.same(linksOf(router), ['3 10.1.0.0 255.255.255.0 13']);
    t.equal(findLsa(router.state, KEY)?.sequence, INITIAL_SEQUENCE + 1);
    router.advance(60_000);
    lan.cost = 14;
    router.originate(ORIGIN);
    t.equal(router.count('originated'), 3);
    // There and back within the interval is nothing.
    lan.cost = 15;
    router.originate(ORIGIN);
    lan.cost = 14;
    router.originate(ORIGIN);
    router.advance(60_000);
    t.equal(router.count('originated'), 3);
  },
);

t.test('one that goes and comes is made no oftener than once in MinLSInterval', async (t) => {
  const router = new LsdbRouter();
  const lan = router.addInterface('lan0', { state: 'DR' });
  lan.dr = lan.address;
  const neighbor = router.addNeighbor(lan, 2);
  for (let i = 0; i < 50; i++) {
    neighbor.state = i % 2 === 0 ? 'Full' : 'ExStart';
    router.originate({ lsa: 'network', iface: 'lan0' });
    router.advance(100);
  }
  t.equal(router.count('originated'), 1);
  neighbor.state = 'Full';
  router.originate({ lsa: 'network', iface: 'lan0' });
  router.advance(5_000);
  t.equal(router.count('originated'), 2);
});

t.test(
  '12.4 (1), 14: ours is made anew at LSRefreshTime; another’s goes at MaxAge, and is flooded so',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0');
    const neighbor = router.addNeighbor(lan, 2);
    router.ctx.setTimer('aging', '', 1_000);
    router.originate(ORIGIN);
    router.update(lan, neighbor, lsa({ age: 0 }));
    acknowledgeAll(router);
    router.takeTold('routing');
    router.advance((LS_REFRESH_TIME - 64) * 1_000);
    t.equal(router.count('originated'), 1);
    router.advance(70_000);
    t.equal(router.count('originated'), 2);
    t.equal(findLsa(router.state, KEY)?.sequence, INITIAL_SEQUENCE + 1);
    t.same(router.takeTold('routing'), [], 'that is no news for routing');
    acknowledgeAll(router);
    router.takeLeft();
    router.advance((MAX_AGE - LS_REFRESH_TIME - 10) * 1_000);
    t.equal(router.count('agedOut'), 0);
    router.advance(10_000);
    t.equal(router.count('agedOut'), 1);
    t.match(router.takeTold('routing'), [{ change: { of: 'tree', area: 0 } }]);
    const flooded = router
      .takeLeft()
      .flatMap(({ headers }) => headers.filter((header) => header.router !== OURS));
    t.ok(flooded.some(({ age }) => age === MAX_AGE));
  },
);

t.test(
  'trap 4: ages do not jump where ticks were missed, nor does a refresh that is late come twice',
  async (t) => {
    const router = new LsdbRouter();
    router.addInterface('lan0');
    router.originate(ORIGIN);
    // The process stood still for an hour: no expiry was handled in between.
    router.ctx.time += 3_700_000;
    router.ctx.setTimer('aging', '', 0);
    router.advance(8_000);
    t.equal(router.count('originated'), 2);
    t.equal(findLsa(router.state, KEY)?.age, 0);
    t.equal(router.count('agedOut'), 0);
  },
);

t.test(
  '12.1.6: the last sequence number is flushed first, and the first one taken when all have that',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0');
    const neighbor = router.addNeighbor(lan, 2);
    router.originate(ORIGIN);
    router.advance(10_000);
    router.update(lan, neighbor, lsa({ router: OUR_ID, sequence: MAX_SEQUENCE }));
    const there = () => findLsa(router.state, KEY) as Lsa;
    t.match(there(), { sequence: MAX_SEQUENCE, age: MAX_AGE });
    router.advance(10_000);
    t.match(there(), { sequence: MAX_SEQUENCE, age: MAX_AGE }, 'not before it is acknowledged');
    router.acknowledge(lan, neighbor, decodeLsaHeader(there().bytes));
    t.match(there(), { sequence: INITIAL_SEQUENCE, age: 0 });
  },
);

t.test('a refresh at the last sequence number is a flush, too', async (t) => {
  const router = new LsdbRouter();
  const lan = router.addInterface('lan0');
  router.originate(ORIGIN);
  const bytes = findLsa(router.state, KEY)!.bytes.slice();
  bytes.set([0x7f, 0xff, 0xff, 0xff], 12);
  install(router.state, 'area 0', bytes, router.ctx.time);
  const neighbor = router.addNeighbor(lan, 2);
  router.advance(10_000);
  router.originate(ORIGIN, true);
  t.match(findLsa(router.state, KEY), { sequence: MAX_SEQUENCE, age: MAX_AGE });
  router.acknowledge(lan, neighbor, decodeLsaHeader(findLsa(router.state, KEY)!.bytes));
  t.match(findLsa(router.state, KEY), { sequence: INITIAL_SEQUENCE, age: 0 });
});

t.test('14.1, trap 2: all of ours are flushed under the router id that they have', async (t) => {
  const router = new LsdbRouter();
  const lan = router.addInterface('lan0', { state: 'DR' });
  lan.dr = lan.address;
  const neighbor = router.addNeighbor(lan, 2);
  router.originate(ORIGIN);
  router.originate({ lsa: 'network', iface: 'lan0' });
  router.takeLeft();
  router.settle((agenda) => flushAll(router.state, agenda, router.ctx));
  t.match(
    router.takeLeft().flatMap(({ headers }) => headers.map(({ type, age }) => [type, age])),
    [
      [1, MAX_AGE],
      [2, MAX_AGE],
    ],
  );
  router.state.routerId = toNumber('10.0.0.99');
  router.originate(ORIGIN);
  t.equal(findLsa(router.state, lsaKey('area 0', 1, toNumber('10.0.0.99'), toNumber('10.0.0.99')))?.age, 0);
  router.acknowledge(
    lan,
    neighbor,
    ...[...router.state.lsas.values()].map(({ bytes }) => decodeLsaHeader(bytes)),
  );
  router.ctx.setTimer('aging', '', 0);
  router.advance(20_000);
  t.equal(router.state.lsas.size, 1);
  t.equal(router.state.originated.size, 1, 'nothing is kept of those that were');
});

t.test(
  'in a flood of MaxAge and MaxSequenceNumber LSAs of ours nothing grows, and we make one in MinLSInterval',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0');
    const neighbor = router.addNeighbor(lan, 2);
    router.ctx.setTimer('aging', '', 1_000);
    router.originate(ORIGIN);
    for (let i = 0; i < 3_000; i++) {
      const sequence = i % 3 === 0 ? MAX_SEQUENCE : MAX_SEQUENCE - 1 - (i % 7);
      router.update(lan, neighbor, lsa({ router: OUR_ID, sequence, age: i % 2 === 0 ? MAX_AGE : 1 }));
      router.update(
        lan,
        neighbor,
        lsa({ router: OUR_ID, type: 5, sequence, id: `10.5.0.${i & 15}`, age: i % 2 === 0 ? MAX_AGE : 1 }),
      );
      if (i % 5 === 0) acknowledgeAll(router);
      router.advance(10);
    }
    t.ok(router.count('originated') <= 8, `${router.count('originated')}`);
    acknowledgeAll(router);
    router.advance(60_000);
    acknowledgeAll(router);
    router.advance(60_000);
    t.equal(router.state.lsas.size, 1);
    t.match(findLsa(router.state, KEY), { age: 0 });
    t.equal(neighbor.unacknowledged <= 1, true);
    t.ok(router.ctx.timers.size < 8, [...router.ctx.timers.keys()].join(', '));
  },
);

t.test(
  '12.1.6: the end of ours with the last number that comes back and is gone before MinLSInterval is over: the first one follows',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0');
    const neighbor = router.addNeighbor(lan, 2);
    router.ctx.setTimer('aging', '', 1_000);
    router.originate(ORIGIN);
    acknowledgeAll(router);
    router.update(lan, neighbor, lsa({ router: OUR_ID, sequence: MAX_SEQUENCE, age: MAX_AGE }));
    acknowledgeAll(router);
    router.advance(2_000);
    t.equal(findLsa(router.state, KEY), undefined, 'it is gone');
    router.advance(5_000);
    t.match(findLsa(router.state, KEY), { age: 0, sequence: INITIAL_SEQUENCE });
  },
);

t.test('Appendix E: prefixes of one address have link state ids of their own, and keep them', async (t) => {
  const router = new LsdbRouter();
  router.addInterface('lan0');
  router.state.config.redistribute = { static: { metric: 20, type: 2, tag: 0 } };
  const ids = () =>
    [...router.state.lsas.values()].flatMap((row) => {
      const body = decodeLsa(row.bytes);
      return row.type === 5 && row.age < MAX_AGE && 'mask' in body
        ? [`${toAddress(row.id)} ${toAddress(body.mask)}`]
        : [];
    });
  const prefixes = ['10.0.0.0/8', '10.0.0.0/16', '10.0.0.0/24', '10.0.0.0/32'];
  for (const prefix of prefixes) {
    router.state.redistributable.set(prefix, { source: 'static', metric: 20, tag: 0, set: 0 } as never);
    router.originate({ lsa: 'external', prefix });
  }
  // The host takes the id that its network had, whose LSA comes again with another when MinLSInterval is over.
  router.advance(5_000);
  t.same(ids().sort(), [
    '10.0.0.0 255.255.255.255',
    '10.0.0.255 255.255.255.0',
    '10.0.255.255 255.255.0.0',
    '10.255.255.255 255.0.0.0',
  ]);
  t.equal(router.count('noLinkStateId'), 0);
  router.state.redistributable.delete('10.0.0.0/8');
  for (const prefix of prefixes) router.originate({ lsa: 'external', prefix });
  router.advance(10_000);
  t.same(ids().sort(), ['10.0.0.0 255.255.255.255', '10.0.0.255 255.255.255.0', '10.0.255.255 255.255.0.0']);
});
