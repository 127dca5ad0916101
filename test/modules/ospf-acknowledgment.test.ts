/** Acknowledgments: those that are sent, table 19 of RFC 2328 13.5 row by row, and those that come in (13.7); sending again (13.6). */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { INITIAL_SEQUENCE, MAX_AGE } from '../../firmware/modules/ospf/constants.ts';
import { acknowledgingOf, type Circumstance } from '../../firmware/modules/ospf/lsdb/acknowledgment.ts';
import { findLsa, lsaKey } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { clearRetransmissions, isUnacknowledged } from '../../firmware/modules/ospf/lsdb/retransmission.ts';
import { decodeLsaHeader } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import { LsdbRouter, lsa } from './ospf-lsas.ts';

const THEIRS = toNumber('10.0.0.9');
const KEY = lsaKey('area 0', 1, THEIRS, THEIRS);

t.test(
  'table 19: how an LSA is acknowledged, by what became of it, our state, and who sent it',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0');
    const dr = router.addNeighbor(lan, 2);
    const other = router.addNeighbor(lan, 3);
    lan.dr = dr.address;
    const rows: [Circumstance, backupFromDr: string, backup: string, other: string][] = [
      ['floodedBack', 'none', 'none', 'none'],
      ['newer', 'delayed', 'none', 'delayed'],
      ['implied', 'delayed', 'none', 'none'],
      ['duplicate', 'direct', 'direct', 'direct'],
      ['unknownMaxAge', 'direct', 'direct', 'direct'],
    ];
    for (const [circumstance, backupFromDr, backup, others] of rows) {
      lan.state = 'Backup';
      t.equal(acknowledgingOf(lan, dr, circumstance), backupFromDr, `${circumstance}, Backup, from the DR`);
      t.equal(acknowledgingOf(lan, other, circumstance), backup, `${circumstance}, Backup, from another`);
      for (const state of ['DR', 'DROther', 'Point-to-point', 'Waiting'] as const) {
        lan.state = state;
        t.equal(acknowledgingOf(lan, dr, circumstance), others, `${circumstance}, ${state}`);
      }
    }
  },
);

t.test(
  'delayed acknowledgments leave together, to all that listen for them; a full packet does not wait',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0', { state: 'Backup' });
    const dr = router.addNeighbor(lan, 2);
    lan.dr = dr.address;
    const lsas = (n: number) => Array.from({ length: n }, (_, i) => lsa({ router: `10.1.${n >> 3}.${i}` }));
    router.update(lan, dr, ...lsas(3));
    router.update(lan, dr, lsa());
    t.same(router.takeLeft(), []);
    router.advance(1_000);
    t.match(router.takeLeft(), [{ to: '224.0.0.5', headers: { length: 4 } }]);
    router.update(lan, dr, ...lsas(80));
    t.match(
      router.takeLeft(),
      [{ to: '224.0.0.5', headers: { length: 72 } }],
      'as many as fit into 1,500 bytes',
    );
    router.advance(1_000);
    t.match(router.takeLeft(), [{ headers: { length: 8 } }]);
    router.advance(10_000);
    t.same(router.takeLeft(), []);
  },
);

t.test('a delayed acknowledgment waits for a part of RxmtInterval only', async (t) => {
  const router = new LsdbRouter();
  const lan = router.addInterface('lan0', {}, { retransmitInterval: 1_000 });
  router.update(lan, router.addNeighbor(lan, 2), lsa());
  router.advance(250);
  t.equal(router.takeLeft().length, 1);
});

t.test('without multicast a delayed acknowledgment goes to each adjacent neighbour', async (t) => {
  const router = new LsdbRouter();
  const lan = router.addInterface('lan0', { type: 'point-to-multipoint', state: 'Point-to-point' });
  const from = router.addNeighbor(lan, 2);
  router.addNeighbor(lan, 3, 'Loading');
  router.addNeighbor(lan, 4, '2-Way');
  router.update(lan, from, lsa());
  router.takeLeft();
  router.advance(1_000);
  t.match(router.takeLeft(), [{ to: '10.1.0.2' }, { to: '10.1.0.3' }]);
});

t.test(
  '13.7: an acknowledgment of the instance that was sent takes it off the list; one of another does not',
  async (t) => {
    const router = new LsdbRouter();
    const { state } = router;
    const lan0 = router.addInterface('lan0');
    const lan1 = router.addInterface('lan1');
    const from = router.addNeighbor(lan0, 2);
    const other = router.addNeighbor(lan1, 3);
    const bytes = lsa({ sequence: 5 });
    router.update(lan0, from, bytes);
    const header = decodeLsaHeader(bytes);
    router.acknowledge(lan1, other, { ...header, sequence: 4 });
    t.ok(isUnacknowledged(state, other, KEY));
    t.equal(router.count('acknowledgmentStale'), 1);
    router.acknowledge(lan1, other, { ...header, age: MAX_AGE });
    t.ok(isUnacknowledged(state, other, KEY), 'one of MaxAge is another instance');
    other.state = 'ExStart';
    router.acknowledge(lan1, other, header);
    t.ok(isUnacknowledged(state, other, KEY), 'and it is in no state for it');
    other.state = 'Full';
    router.acknowledge(lan1, other, { ...header, age: 3 }, { ...header, router: 1 });
    t.notOk(isUnacknowledged(state, other, KEY));
    t.equal(other.unacknowledged, 0);
    t.equal(state.retransmissions.size, 0);
  },
);

t.test(
  '13.6: what is not acknowledged is sent again each RxmtInterval, to that neighbour alone',
  async (t) => {
    const router = new LsdbRouter();
    const lan0 = router.addInterface('lan0');
    const lan1 = router.addInterface('lan1', {}, { retransmitInterval: 2_000 });
    const from = router.addNeighbor(lan0, 2);
    const silent = router.addNeighbor(lan1, 3);
    const good = router.addNeighbor(lan1, 4);
    const bytes = lsa();
    router.update(lan0, from, bytes);
    router.acknowledge(lan1, good, decodeLsaHeader(bytes));
    router.advance(1_500);
    const late = lsa({ router: '10.0.0.8' });
    router.update(lan0, from, late);
    router.acknowledge(lan1, good, decodeLsaHeader(late));
    router.takeLeft();
    router.advance(500);
    const again = () =>
      router
        .takeLeft()
        .flatMap(({ link, to, headers }) =>
          link === 'lan1' ? [[to, ...headers.map((h) => h.router & 255)]] : [],
        );
    t.same(again(), [['10.2.0.3', 9]], 'the one that came later is not due');
    router.advance(1_500);
    t.same(again(), [['10.2.0.3', 8]]);
    router.advance(500);
    t.same(again().flat().slice(1), [9], 'and again, with the age it has by then');
    t.equal(silent.unacknowledged, 2);
    router.acknowledge(lan1, silent, decodeLsaHeader(bytes), decodeLsaHeader(late));
    router.advance(10_000);
    t.same(again(), []);
    t.equal(router.count('retransmitted') >= 3, true);
  },
);

t.test('a long list is sent again in turns, and all of it', async (t) => {
  const router = new LsdbRouter();
  const lan0 = router.addInterface('lan0');
  const lan1 = router.addInterface('lan1');
  const from = router.addNeighbor(lan0, 2);
  router.addNeighbor(lan1, 3);
  const lsas = Array.from({ length: 5_000 }, (_, i) => lsa({ router: `10.1.${i >> 8}.${i & 255}` }));
  router.update(lan0, from, ...lsas);
  router.takeLeft();
  router.advance(5_000);
  const first = router.takeLeft().filter(({ link }) => link === 'lan1');
  t.ok(first.length < 40, `${first.length} packets in the first turn`);
  router.advance(1_000);
  const all = [...first, ...router.takeLeft()].flatMap(({ link, headers }) =>
    link === 'lan1' ? headers : [],
  );
  t.equal(new Set(all.map((header) => header.router)).size, 5_000);
  t.equal(all.length, 5_000, 'each once');
});

t.test('a neighbour that goes takes its list with it', async (t) => {
  const router = new LsdbRouter();
  const lan0 = router.addInterface('lan0');
  const lan1 = router.addInterface('lan1');
  const from = router.addNeighbor(lan0, 2);
  const other = router.addNeighbor(lan1, 3);
  router.update(lan0, from, lsa());
  clearRetransmissions(router.state, other, router.ctx);
  t.equal(other.unacknowledged, 0);
  t.equal(router.state.retransmissions.size, 0);
  t.equal(router.ctx.timerDue('retransmit', other.key), undefined);
});

t.test(
  '14, trap 4: one of MaxAge goes when all have acknowledged it and no neighbour exchanges, not sooner',
  async (t) => {
    const router = new LsdbRouter();
    const { state } = router;
    const lan0 = router.addInterface('lan0');
    const lan1 = router.addInterface('lan1');
    const from = router.addNeighbor(lan0, 2);
    const others = [router.addNeighbor(lan1, 3), router.addNeighbor(lan1, 4)] as const;
    const third = router.addNeighbor(lan0, 5, 'ExStart');
    router.ctx.setTimer('aging', '', 1_000);
    const bytes = lsa();
    router.update(lan0, from, bytes);
    for (const other of others) router.acknowledge(lan1, other, decodeLsaHeader(bytes));
    router.advance(2_000);
    const aged = lsa({ age: MAX_AGE });
    router.update(lan0, from, aged);
    t.equal(findLsa(state, KEY)?.age, MAX_AGE);
    router.acknowledge(lan1, others[0], decodeLsaHeader(aged));
    t.ok(findLsa(state, KEY), 'one has not acknowledged it');
    third.state = 'Loading';
    router.acknowledge(lan1, others[1], decodeLsaHeader(aged));
    router.advance(10_000);
    t.ok(findLsa(state, KEY), 'one is in Loading');
    third.state = 'Full';
    router.advance(5_000);
    t.notOk(findLsa(state, KEY), 'it goes with the next walk');
    t.equal([...state.keys.values()].flat().length, 0);
    t.equal(
      router.takeTold('routing').length,
      2,
      'routing was told that it came, and that it went, not of its removal',
    );
    router.update(lan0, from, lsa({ sequence: INITIAL_SEQUENCE }));
    t.equal(findLsa(state, KEY)?.age, 1, 'and it may come again');
  },
);
