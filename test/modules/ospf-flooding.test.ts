/** The flooding procedure, RFC 2328 13: each step with its input and what follows; 13.3 on each kind of network; 13.4. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { addRequested, requestedOf } from '../../firmware/modules/ospf/adjacency/request-list.ts';
import {
  INITIAL_SEQUENCE,
  LS_ROUTER,
  MAX_AGE,
  MAX_SEQUENCE,
  OPTION_E,
} from '../../firmware/modules/ospf/constants.ts';
import { findLsa, lsaKey, MOST_LSAS } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { isUnacknowledged } from '../../firmware/modules/ospf/lsdb/retransmission.ts';
import { decodeLsaHeader } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import { LsdbRouter, links, lsa, OUR_ID } from './ospf-lsas.ts';

const THEIRS = toNumber('10.0.0.9');
const KEY = lsaKey('area 0', LS_ROUTER, THEIRS, THEIRS);

/** We have one neighbour on each of two LANs, both Full, and are designated on none. */
function twoLans() {
  const router = new LsdbRouter();
  const lan0 = router.addInterface('lan0');
  const lan1 = router.addInterface('lan1');
  const from = router.addNeighbor(lan0, 2);
  const other = router.addNeighbor(lan1, 3);
  return { router, state: router.state, lan0, lan1, from, other };
}

t.test(
  '13 (1): an LSA with a wrong checksum is dropped and told, and the others of the Update are taken',
  async (t) => {
    const { router, lan0, from } = twoLans();
    const wrong = lsa();
    wrong[30]! ^= 1;
    router.update(lan0, from, wrong, lsa({ router: '10.0.0.8' }));
    t.equal(router.count('lsaChecksum'), 1);
    t.equal(router.state.lsas.size, 1);
    t.match(router.ctx.takeLog('warn'), [
      /^dropped an LSA \(type 1, id 10\.0\.0\.9, router 10\.0\.0\.9\) from 10\.1\.0\.2 on lan0: .*checksum/,
    ]);
  },
);

t.test('13 (2): an LSA of an unknown type is dropped', async (t) => {
  const { router, lan0, from } = twoLans();
  const bytes = lsa({ type: 6, body: { kind: 'opaque', data: new Uint8Array(4) } });
  router.update(lan0, from, bytes);
  t.equal(router.count('lsaType'), 1);
  t.equal(router.state.lsas.size, 0);
  t.same(router.takeLeft(), [], 'and not acknowledged');
});

t.test(
  '13 (3): a stub area takes no type 5 and 11, an NSSA no type 5 and 11 but type 7, which no other takes',
  async (t) => {
    const taken = (type: 'normal' | 'stub' | 'nssa') => {
      const router = new LsdbRouter();
      router.addArea(1, { type });
      const iface = router.addInterface('lan0', { area: 1 });
      const neighbor = router.addNeighbor(iface, 2);
      for (const each of [3, 5, 7, 9, 10, 11]) router.update(iface, neighbor, lsa({ type: each }));
      return [...router.state.lsas.values()].map((row) => row.type);
    };
    t.same(taken('normal'), [3, 5, 9, 10, 11]);
    t.same(taken('stub'), [3, 9, 10]);
    t.same(taken('nssa'), [3, 7, 9, 10]);
  },
);

t.test(
  '13 (4): one of MaxAge that is unknown is acknowledged at once and not kept, unless a neighbour exchanges',
  async (t) => {
    const { router, state, lan0, from, other } = twoLans();
    router.update(lan0, from, lsa({ age: MAX_AGE }));
    t.equal(state.lsas.size, 0);
    t.match(router.takeLeft(), [{ kind: 'acknowledgment', to: '10.1.0.2', headers: [{ age: MAX_AGE }] }]);
    for (const exchanging of ['Exchange', 'Loading'] as const) {
      other.state = exchanging;
      router.update(lan0, from, lsa({ age: MAX_AGE, sequence: INITIAL_SEQUENCE + state.lsas.size }));
      t.equal(state.lsas.size, 1, exchanging);
    }
  },
);

t.test('14: one that was flushed does not come back by an update that was late on its way', async (t) => {
  const { router, state, lan0, lan1, from, other } = twoLans();
  router.ctx.setTimer('aging', '', 0);
  router.update(lan0, from, lsa());
  const flushed = lsa({ age: MAX_AGE });
  router.update(lan0, from, flushed);
  router.acknowledge(lan1, other, decodeLsaHeader(flushed));
  router.advance(900);
  router.update(lan0, from, lsa());
  t.equal(findLsa(state, KEY)?.age, MAX_AGE);
  // Its router makes it again: that is another instance, which has not to wait.
  router.update(lan0, from, lsa({ sequence: INITIAL_SEQUENCE + 1 }));
  t.match(findLsa(state, KEY), { age: 1, sequence: INITIAL_SEQUENCE + 1 });
  const again = lsa({ age: MAX_AGE, sequence: INITIAL_SEQUENCE + 1 });
  router.update(lan0, from, again);
  router.acknowledge(lan1, other, decodeLsaHeader(again));
  router.advance(6_000);
  t.equal(findLsa(state, KEY), undefined, 'it is not kept for long');
});

t.test('14: one whose end overtook it is flushed again where it was taken after that', async (t) => {
  const { router, state, lan0, lan1, from, other } = twoLans();
  const flushed = lsa({ age: MAX_AGE });
  router.update(lan0, from, lsa());
  router.update(lan0, from, flushed);
  router.acknowledge(lan1, other, decodeLsaHeader(lsa()));
  router.takeLeft();
  router.acknowledge(lan1, other, decodeLsaHeader(flushed));
  t.notOk(isUnacknowledged(state, other, KEY), 'the end, which it did not know of');
  t.same(router.takeLeft(), []);
  router.acknowledge(lan1, other, decodeLsaHeader(lsa()));
  t.ok(isUnacknowledged(state, other, KEY));
  t.match(router.takeLeft(), [{ kind: 'update', link: 'lan1', to: '10.2.0.3', headers: [{ age: MAX_AGE }] }]);
});

t.test(
  '13 (5): a new one is installed, goes on to others, is acknowledged by and by, and routing is told',
  async (t) => {
    const { router, state, lan0, from, other } = twoLans();
    router.update(lan0, from, lsa({ age: 7 }));
    t.equal(findLsa(state, KEY)?.age, 7);
    t.match(router.takeLeft(), [{ kind: 'update', link: 'lan1', to: '224.0.0.6', headers: [{ age: 8 }] }]);
    t.ok(isUnacknowledged(state, other, KEY));
    t.notOk(isUnacknowledged(state, from, KEY), '13.3 (1c): not to whom it came from');
    t.match(router.takeTold('routing'), [{ change: { of: 'tree', area: 0 } }]);
    router.advance(1_000);
    t.match(router.takeLeft(), [
      { kind: 'acknowledgment', link: 'lan0', to: '224.0.0.6', headers: [{ age: 7 }] },
    ]);
  },
);

t.test(
  '13 (5a): a newer one sooner than MinLSArrival is dropped without a word; later it is taken',
  async (t) => {
    const { router, state, lan0, from } = twoLans();
    router.update(lan0, from, lsa());
    router.advance(999);
    router.takeLeft();
    router.update(lan0, from, lsa({ sequence: INITIAL_SEQUENCE + 1 }));
    t.equal(findLsa(state, KEY)?.sequence, INITIAL_SEQUENCE);
    t.equal(router.count('minLsArrival'), 1);
    t.same(
      router
        .takeLeft()
        .filter(({ kind, headers }) => kind === 'acknowledgment' && headers[0]!.sequence > INITIAL_SEQUENCE),
      [],
    );
    router.advance(1);
    router.update(lan0, from, lsa({ sequence: INITIAL_SEQUENCE + 1 }));
    t.equal(findLsa(state, KEY)?.sequence, INITIAL_SEQUENCE + 1);
  },
);

t.test('13 (5c): a newer one takes the place of the one before on all retransmission lists', async (t) => {
  const { router, state, lan0, lan1, from, other } = twoLans();
  router.update(lan0, from, lsa());
  router.advance(1_000);
  router.update(lan1, other, lsa({ sequence: INITIAL_SEQUENCE + 1 }));
  t.notOk(isUnacknowledged(state, other, KEY));
  t.ok(isUnacknowledged(state, from, KEY));
  t.equal(other.unacknowledged, 0);
  t.equal(from.unacknowledged, 1);
});

t.test(
  '13 (6): one that is wanted and is older than what was described begins the exchange anew, and ends the Update',
  async (t) => {
    const { router, state, lan0, from } = twoLans();
    router.update(lan0, from, lsa());
    from.state = 'Loading';
    addRequested(state, from, { key: KEY, sequence: 9, checksum: 1, age: 1 });
    router.update(lan0, from, lsa(), lsa({ router: '10.0.0.8' }));
    t.match(router.takeTold('neighbor'), [{ event: 'BadLSReq', neighbor: { key: 'lan0/10.1.0.2' } }]);
    t.equal(state.lsas.size, 1, 'the one behind it is not looked at');
  },
);

t.test(
  '13 (7): the same one is an implied acknowledgment where it is awaited, else it is acknowledged at once',
  async (t) => {
    const { router, state, lan0, lan1, from, other } = twoLans();
    router.update(lan0, from, lsa());
    router.takeLeft();
    router.update(lan1, other, lsa());
    t.notOk(isUnacknowledged(state, other, KEY));
    t.same(router.takeLeft(), [], 'nothing is said to the implied one');
    router.update(lan1, other, lsa());
    t.match(router.takeLeft(), [{ kind: 'acknowledgment', link: 'lan1', to: '10.2.0.3' }]);
  },
);

t.test('13 (8): an older one is answered with ours, to its sender alone, once in MinLSArrival', async (t) => {
  const { router, state, lan0, from } = twoLans();
  router.update(lan0, from, lsa({ sequence: 5 }));
  router.advance(3_000);
  router.takeLeft();
  const older = lsa({ sequence: 4 });
  router.update(lan0, from, older, older);
  t.match(router.takeLeft(), [{ kind: 'update', to: '10.1.0.2', headers: [{ sequence: 5, age: 5 }] }]);
  t.notOk(isUnacknowledged(state, from, KEY));
  router.advance(1_000);
  router.update(lan0, from, older);
  t.equal(router.takeLeft().length, 1);
  t.equal(state.sentBack.size, 1, 'what is past is forgotten');
});

t.test('13 (8): while the last sequence number is being flushed, an older one is passed over', async (t) => {
  const { router, lan0, lan1, from, other } = twoLans();
  other.state = 'Loading';
  router.update(lan0, from, lsa({ sequence: MAX_SEQUENCE, age: MAX_AGE }));
  router.advance(2_000);
  router.takeLeft();
  router.update(lan0, from, lsa());
  router.update(lan1, other, lsa());
  t.same(router.takeLeft(), []);
});

t.test('an LSA that is cut, or too long, is dropped', async (t) => {
  const { router, lan0, from } = twoLans();
  const bytes = lsa({ body: links(2) });
  bytes[22] = 0;
  bytes[23] = 9;
  // Its checksum is right, its number of links is not.
  router.update(lan0, from, lsa({ type: 10, body: { kind: 'opaque', data: bytes.subarray(20) } }));
  t.equal(router.state.lsas.size, 1, 'as opaque data it is taken');
  const { encodeLsa } = await import('../../firmware/modules/ospf/packet/lsa.ts');
  const header = { ...decodeLsaHeader(bytes), type: 1 };
  router.update(lan0, from, encodeLsa(header, { kind: 'opaque', data: bytes.subarray(20) }));
  t.equal(router.count('lsaLength'), 1);
});

t.test(
  '13.3 (1): to neighbours in Exchange and beyond; to those that want it only where it is newer',
  async (t) => {
    const { router, state, lan0, lan1, from } = twoLans();
    const twoWay = router.addNeighbor(lan1, 4, '2-Way');
    const exStart = router.addNeighbor(lan1, 5, 'ExStart');
    const exchange = router.addNeighbor(lan1, 6, 'Exchange');
    const [older, same, newer] = [7, 8, 9].map((n) => router.addNeighbor(lan1, n, 'Loading')) as [
      typeof from,
      typeof from,
      typeof from,
    ];
    const bytes = lsa({ sequence: 5 });
    const { checksum } = decodeLsaHeader(bytes);
    addRequested(state, older, { key: KEY, sequence: 4, checksum, age: 1 });
    addRequested(state, same, { key: KEY, sequence: 5, checksum, age: 1 });
    addRequested(state, newer, { key: KEY, sequence: 6, checksum, age: 1 });
    router.update(lan0, from, bytes);
    t.notOk(isUnacknowledged(state, twoWay, KEY));
    t.notOk(isUnacknowledged(state, exStart, KEY));
    t.ok(isUnacknowledged(state, exchange, KEY));
    t.ok(isUnacknowledged(state, older, KEY), 'it wanted an older one: it gets this');
    t.notOk(isUnacknowledged(state, same, KEY), 'it has this');
    t.notOk(isUnacknowledged(state, newer, KEY), 'it has a newer one');
    t.equal(requestedOf(state, older, KEY), undefined);
    t.equal(requestedOf(state, same, KEY), undefined);
    t.ok(requestedOf(state, newer, KEY), 'which is wanted still');
    t.same(
      router.takeTold('request').map(({ neighbor }) => neighbor.key),
      [older.key, same.key],
    );
  },
);

t.test(
  '13.3 (3), (4): back out the interface it came from only as DR, and not where DR or Backup sent it',
  async (t) => {
    const back = (state: 'DR' | 'Backup' | 'DROther', sender: 'dr' | 'bdr' | 'other') => {
      const router = new LsdbRouter();
      const lan = router.addInterface('lan0', { state });
      const from = router.addNeighbor(lan, 2);
      const other = router.addNeighbor(lan, 3);
      if (sender !== 'other') lan[sender] = from.address;
      if (state === 'DR') lan.dr = lan.address;
      router.update(lan, from, lsa());
      t.ok(isUnacknowledged(router.state, other, KEY), '(1d): it is awaited all the same');
      return router.takeLeft().map(({ to }) => to);
    };
    t.same(back('DR', 'other'), ['224.0.0.5']);
    t.same(back('DR', 'bdr'), []);
    t.same(back('Backup', 'other'), []);
    t.same(back('Backup', 'dr'), []);
    t.same(back('DROther', 'other'), ['224.0.0.6']);
    t.same(back('DROther', 'bdr'), []);
  },
);

t.test('13.3 (5): to each adjacent neighbour by itself where there is no multicast', async (t) => {
  for (const type of ['non-broadcast', 'point-to-multipoint'] as const) {
    const { router, lan0, lan1, from } = twoLans();
    lan1.type = type;
    router.addNeighbor(lan1, 4);
    router.addNeighbor(lan1, 5, '2-Way');
    router.update(lan0, from, lsa());
    t.same(
      router.takeLeft().map(({ to }) => to),
      ['10.2.0.3', '10.2.0.4'],
      type,
    );
  }
  const { router, lan0, lan1, from } = twoLans();
  lan1.type = 'point-to-point';
  router.update(lan0, from, lsa());
  t.same(
    router.takeLeft().map(({ to }) => to),
    ['224.0.0.5'],
  );
});

t.test(
  'LSAs stay in their scope: a link, an area, the AS without stub areas and virtual links',
  async (t) => {
    const router = new LsdbRouter();
    router.addArea(1);
    router.addArea(2, { type: 'stub' });
    const make = (name: string, area: number, n: number, type: 'broadcast' | 'virtual' = 'broadcast') => {
      const virtual = { area: 1, router: 1, to: toNumber('10.9.9.9'), over: 'a1' };
      const iface = router.addInterface(name, { area, type, ...(type === 'virtual' && { virtual }) });
      router.addNeighbor(iface, n);
      return iface;
    };
    const a0 = make('a0', 0, 2);
    make('b0', 0, 3);
    make('a1', 1, 4);
    make('a2', 2, 5);
    make('v0', 0, 6, 'virtual');
    router.state.config.areas['0.0.0.1']!.virtualLinks['0.0.0.1'] = router.state.config.interfaces.a0!;
    const goes = (type: number) => {
      router.update(a0, a0.neighbors.get('10.1.0.2')!, lsa({ type }));
      return router.takeLeft().flatMap(({ link, to }) => (link === 'a1' && to === '10.9.9.9' ? 'v0' : link));
    };
    t.same(goes(1), ['b0', 'v0']);
    t.same(goes(5), ['b0', 'a1']);
    t.same(goes(9), []);
    t.same(goes(10), ['b0', 'v0']);
    t.same(goes(11), ['b0', 'a1']);
  },
);

t.test('opaque LSAs go to neighbours that know them (RFC 5250 3)', async (t) => {
  const { router, lan0, from, other } = twoLans();
  other.options = OPTION_E;
  router.update(lan0, from, lsa({ type: 10 }), lsa({ type: 1 }));
  t.match(router.takeLeft(), [{ link: 'lan1', headers: [{ type: 1 }] }]);
});

t.test('LSAs of one Update go on in few packets, none longer than fits', async (t) => {
  const { router, lan0, lan1, from } = twoLans();
  lan1.mtu = 600;
  const many = Array.from({ length: 40 }, (_, i) => lsa({ router: `10.0.1.${i}` }));
  router.update(lan0, from, ...many);
  const left = router.takeLeft().filter(({ kind }) => kind === 'update');
  t.equal(
    left.reduce((sum, { headers }) => sum + headers.length, 0),
    40,
  );
  t.equal(left.length, 3, '15 of 36 bytes in each');
});

t.test(
  '13.4, trap 3: one of ours that comes back newer is made anew, with the next number after it',
  async (t) => {
    const { router, state, lan0, lan1, from } = twoLans();
    router.originate({ lsa: 'router', area: 0 });
    router.advance(10_000);
    router.takeLeft();
    const ours = toNumber(OUR_ID);
    router.update(lan0, from, lsa({ router: OUR_ID, sequence: 77, body: links(3) }));
    const now = findLsa(state, lsaKey('area 0', 1, ours, ours))!;
    t.equal(now.sequence, 78);
    t.match(
      router.takeLeft().map(({ link, headers }) => [link, headers[0]?.sequence]),
      [
        [lan1.key, 78],
        [lan0.key, 78],
      ],
    );
    t.equal(router.count('ownReceived'), 1);
  },
);

t.test(
  '13.4, trap 3: one of ours that is to be no more is flushed with the number that it came with',
  async (t) => {
    const { router, state, lan0, from } = twoLans();
    // A network-LSA of when we were designated router, and one that another router id of ours made.
    router.update(lan0, from, lsa({ type: 2, id: '10.1.0.1', router: OUR_ID, sequence: 41 }));
    router.update(lan0, from, lsa({ type: 2, id: '10.2.0.1', router: '10.0.0.77', sequence: 51 }));
    t.match(
      router.takeLeft().flatMap(({ kind, headers }) => (kind === 'update' ? headers : [])),
      [
        { sequence: 41, age: MAX_AGE },
        { sequence: 41, age: MAX_AGE },
        { sequence: 51, age: MAX_AGE },
        { sequence: 51, age: MAX_AGE },
      ],
    );
    t.equal(router.count('flushed'), 2);
    t.equal(
      [...state.lsas.values()].every(({ age }) => age === MAX_AGE),
      true,
    );
  },
);

t.test(
  'trap 3: MinLSArrival does not drop one of ours of MaxAge that comes right after we made it',
  async (t) => {
    const { router, state, lan0, from } = twoLans();
    router.originate({ lsa: 'router', area: 0 });
    const ours = toNumber(OUR_ID);
    const key = lsaKey('area 0', 1, ours, ours);
    const { bytes } = findLsa(state, key)!;
    const aged = bytes.slice();
    aged.set([MAX_AGE >> 8, MAX_AGE & 0xff]);
    router.update(lan0, from, aged);
    t.equal(router.count('minLsArrival'), 0);
    router.advance(5_000);
    t.match(
      findLsa(state, key),
      { age: 0, sequence: INITIAL_SEQUENCE + 1 },
      'it is made anew after MinLSInterval',
    );
  },
);

t.test(
  'LSAs of a million made-up routers fill the database up to its bound, and it is told; those that are known go on',
  async (t) => {
    const { router, state, lan0, lan1, from } = twoLans();
    lan1.neighbors.clear();
    router.update(lan0, from, lsa());
    const template = lsa({ type: 10, body: { kind: 'opaque', data: new Uint8Array(0) } });
    const { encodeLsa } = await import('../../firmware/modules/ospf/packet/lsa.ts');
    const header = decodeLsaHeader(template);
    const SOME = MOST_LSAS + 2_000;
    for (let at = 0; at < SOME; at += 1_000) {
      const lsas = Array.from({ length: 1_000 }, (_, i) =>
        encodeLsa({ ...header, router: 0x7000_0000 + at + i }, { kind: 'opaque', data: new Uint8Array(0) }),
      );
      router.update(lan0, from, ...lsas);
    }
    t.equal(state.lsas.size, MOST_LSAS);
    t.equal(router.count('lsaRoom'), SOME - MOST_LSAS + 1);
    t.equal(router.ctx.takeLog('warn').length, 1);
    router.advance(2_000);
    router.update(lan0, from, lsa({ sequence: 9 }));
    t.equal(findLsa(state, KEY)?.sequence, 9);
    router.originate({ lsa: 'router', area: 0 });
    t.equal(state.lsas.size, MOST_LSAS + 1, 'and there is room for ours');
  },
);
