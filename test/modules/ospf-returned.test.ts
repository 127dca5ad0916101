/** RFC 2328 13.4 after a restart: LSAs of ours of an earlier life come back before the routes are known that they tell of. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { LS_EXTERNAL, LS_SUMMARY_NETWORK, MAX_AGE } from '../../firmware/modules/ospf/constants.ts';
import { findLsa, lsaKey } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { LsdbRouter, lsa, OUR_ID } from './ospf-lsas.ts';

const SEQUENCE = 41;
const STATIC = { source: 'static', metric: 0, tag: 0, set: 1 };
const ID = '172.20.0.0';
const MASK = toNumber('255.255.0.0');
const EXTERNAL = lsaKey('as', LS_EXTERNAL, toNumber(ID), toNumber(OUR_ID));

/** A router that has begun anew: a neighbour sends it an external LSA that it made before. */
function beginsAnew(how: 'asked' | 'whole') {
  const router = new LsdbRouter();
  const { state } = router;
  const iface = router.addInterface('lan0');
  const neighbor = router.addNeighbor(iface, 2, 'Loading');
  state.config.redistribute = { static: { metric: 20, type: 2 } };
  state.redistribution.how = how;
  const body = { kind: 'external', mask: MASK, type: 2, metric: 20, forwarding: 0, tag: 0 } as const;
  router.update(
    iface,
    neighbor,
    lsa({ type: LS_EXTERNAL, id: ID, router: OUR_ID, sequence: SEQUENCE, body }),
  );
  router.takeLeft();
  return { router, state, iface, neighbor };
}

t.test('one whose route comes then is taken over with the next number, and never flushed', async (t) => {
  const { router, state, neighbor } = beginsAnew('asked');
  neighbor.state = 'Full';
  router.advance(20_000);
  t.match(findLsa(state, EXTERNAL), { sequence: SEQUENCE, age: 1 });
  state.redistributable.set('172.20.0.0/16', STATIC);
  router.originate({ lsa: 'external', prefix: '172.20.0.0/16' });
  state.redistribution.how = 'whole';
  router.advance(70_000);
  t.match(findLsa(state, EXTERNAL), { sequence: SEQUENCE + 1, age: 0 });
  t.equal(router.count('flushed'), 0);
  t.equal(router.count('originated'), 1);
});

t.test('one whose route does not come is flushed once all are told, with its number', async (t) => {
  const { router, state, neighbor } = beginsAnew('asked');
  neighbor.state = 'Full';
  router.advance(20_000);
  t.equal(router.count('flushed'), 0);
  router.takeLeft();
  state.redistribution.how = 'whole';
  router.advance(1_000);
  t.equal(router.count('flushed'), 1);
  t.match(router.takeLeft(), [{ kind: 'update', headers: [{ sequence: SEQUENCE, age: MAX_AGE }] }]);
});

t.test('where nobody tells the routes it is flushed after a minute', async (t) => {
  const { router } = beginsAnew('asked');
  router.advance(58_000);
  t.equal(router.count('flushed'), 0);
  router.advance(3_000);
  t.equal(router.count('flushed'), 1);
});

t.test('while a database comes, or a calculation is due, it waits, and so does a summary', async (t) => {
  const { router, state, iface, neighbor } = beginsAnew('whole');
  const summary = lsa({
    type: LS_SUMMARY_NETWORK,
    id: '10.5.0.0',
    router: OUR_ID,
    sequence: 7,
    body: { kind: 'summary', mask: MASK, metric: 3 },
  });
  router.update(iface, neighbor, summary);
  router.advance(5_000);
  t.equal(router.count('flushed'), 0, 'Loading');
  neighbor.state = 'Full';
  state.routing.due = { since: 0, ids: [0], all: false, reasons: [] };
  router.advance(5_000);
  t.equal(router.count('flushed'), 0, 'due');
  delete state.routing.due;
  router.advance(1_000);
  t.equal(router.count('flushed'), 2);
});

t.test('one that this life has made and flushed is flushed at once', async (t) => {
  const { router, state, iface, neighbor } = beginsAnew('asked');
  neighbor.state = 'Full';
  state.redistributable.set('172.20.0.0/16', STATIC);
  router.originate({ lsa: 'external', prefix: '172.20.0.0/16' });
  state.redistributable.delete('172.20.0.0/16');
  router.originate({ lsa: 'external', prefix: '172.20.0.0/16' });
  const flushed = router.count('flushed');
  const body = { kind: 'external', mask: MASK, type: 2, metric: 20, forwarding: 0, tag: 0 } as const;
  router.update(
    iface,
    neighbor,
    lsa({ type: LS_EXTERNAL, id: ID, router: OUR_ID, sequence: SEQUENCE + 9, body }),
  );
  t.equal(router.count('flushed'), flushed + 1);
});

t.test(
  'one that a neighbour still has with MaxAge is made with a higher number, though it is gone here',
  async (t) => {
    const { router, state, iface, neighbor } = beginsAnew('whole');
    neighbor.state = 'Full';
    const own = lsaKey('area 0', 1, toNumber(OUR_ID), toNumber(OUR_ID));
    router.originate({ lsa: 'router', area: 0 });
    router.advance(2_000);
    router.update(iface, neighbor, lsa({ router: OUR_ID, sequence: SEQUENCE, age: MAX_AGE }));
    router.advance(2_000);
    t.equal(findLsa(state, own), undefined, 'no neighbour has to have it, and MinLSInterval is not over');
    router.advance(10_000);
    t.match(findLsa(state, own), { sequence: SEQUENCE + 1, age: 0 });
  },
);
