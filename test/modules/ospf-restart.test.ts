/** Helping a neighbour to restart (RFC 3623 3), and trap 7: what ends that, and what does not. */
import t from 'tap';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import { neighborEvent, noteElection } from '../../firmware/modules/ospf/adjacency/neighbor.ts';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import { INITIAL_SEQUENCE, MAX_AGE } from '../../firmware/modules/ospf/constants.ts';
import { findLsa, lsaKey } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { decodeGrace } from '../../firmware/modules/ospf/packet/grace.ts';
import { decodeLsa } from '../../firmware/modules/ospf/packet/lsa.ts';
import { LsdbRouter, links, lsa, OUR_ID } from './ospf-lsas.ts';

const OURS = toNumber(OUR_ID);

function grace(of: { router: string; address: number; age?: number; sequence?: number; period?: number }) {
  const data = new Uint8Array(24);
  const view = new DataView(data.buffer);
  view.setUint32(0, 0x0001_0004);
  view.setUint32(4, of.period ?? 120);
  view.setUint32(8, 0x0002_0001);
  data[12] = 1;
  view.setUint32(16, 0x0003_0004);
  view.setUint32(20, of.address);
  return lsa({ type: 9, id: '3.0.0.0', ...of, body: { kind: 'opaque', data } });
}

/** A LAN whose designated router restarts, and another with a neighbour. */
function helper() {
  const router = new LsdbRouter();
  const { state } = router;
  state.config.gracefulRestart.helper = true;
  const lan0 = router.addInterface('lan0');
  const lan1 = router.addInterface('lan1');
  const dr = router.addNeighbor(lan0, 2);
  const other = router.addNeighbor(lan1, 3);
  lan0.dr = dr.address;
  dr.dr = dr.address;
  router.originate({ lsa: 'router', area: 0 });
  router.update(lan1, other, lsa({ router: '10.0.0.3' }));
  for (const [iface, neighbor] of [
    [lan0, dr],
    [lan1, other],
  ] as const)
    router.acknowledge(
      iface,
      neighbor,
      ...[...state.lsas.values()].map((row) => ({ ...row, length: row.bytes.length })),
    );
  router.advance(10_000);
  router.takeLeft();
  router.ctx.takeLog('info');
  const begin = () => router.update(lan0, dr, grace({ router: '10.0.0.2', address: dr.address }));
  const transit = () => {
    router.originate({ lsa: 'router', area: 0 });
    const body = decodeLsa(findLsa(state, lsaKey('area 0', 1, OURS, OURS))!.bytes);
    return 'links' in body && body.links.some(({ type, id }) => type === 2 && toAddress(id) === '10.1.0.2');
  };
  return { router, state, lan0, lan1, dr, other, begin, transit };
}

t.test(
  'a neighbour that restarts is told of as before, is kept though it is silent, and elects nobody',
  async (t) => {
    const { router, state, lan0, dr, begin, transit } = helper();
    begin();
    t.match(dr.helping, { reason: 1 });
    t.match(router.ctx.takeLog('info'), [/10\.0\.0\.2 on lan0: it restarts and is helped for 119 s/]);
    const agenda = new OspfAgenda();
    neighborEvent(state, lan0, dr, '1-WayReceived', undefined, agenda, router.ctx);
    neighborEvent(state, lan0, dr, 'InactivityTimer', undefined, agenda, router.ctx);
    noteElection(
      lan0,
      dr,
      { priority: 1, dr: 0, bdr: 0 } as Parameters<typeof noteElection>[2],
      true,
      agenda,
    );
    t.equal(agenda.next(), undefined, 'nothing follows from its silence');
    t.equal(dr.state, 'Full');
    dr.state = 'ExStart';
    t.ok(transit(), 'its exchange is not told either');
    t.equal(router.count('originated'), 1, 'no LSA of ours is another');
  },
);

t.test('3.2 (1): when it flushes its grace-LSA, it has restarted', async (t) => {
  const { router, state, lan0, dr, begin, transit } = helper();
  begin();
  router.advance(2_000);
  router.update(lan0, dr, grace({ router: '10.0.0.2', address: dr.address, age: MAX_AGE }));
  t.equal(dr.helping, undefined);
  t.match(router.takeTold('interface'), [{ event: 'NeighborChange' }]);
  t.ok(transit());
  t.ok(router.ctx.timerDue('inactivity', dr.timer) !== undefined, 'and it may be silent no longer');
  t.equal(state.config.gracefulRestart.helper, true);
});

t.test('3.2 (2): it is helped for its grace period', async (t) => {
  const { router, dr, begin, transit } = helper();
  begin();
  dr.state = 'Init';
  router.advance(118_000);
  t.ok(dr.helping);
  router.advance(2_000);
  t.equal(dr.helping, undefined);
  t.notOk(transit(), 'and told of as it is');
});

t.test(
  '3.2 (3), trap 7: a topology that is another ends it; one that is refreshed or opaque does not',
  async (t) => {
    const { router, lan1, dr, other, begin } = helper();
    begin();
    router.update(lan1, other, lsa({ router: '10.0.0.3', sequence: INITIAL_SEQUENCE + 1 }));
    router.update(lan1, other, lsa({ type: 10, router: '10.0.0.3' }));
    t.ok(dr.helping, 'the same content with another number');
    router.advance(2_000);
    router.update(lan1, other, lsa({ router: '10.0.0.3', sequence: INITIAL_SEQUENCE + 2, body: links(2) }));
    t.equal(dr.helping, undefined);
  },
);

t.test(
  '3.1: it is helped only where it is Full, knows all that changed, and the configuration says so',
  async (t) => {
    {
      const { dr, begin } = helper();
      dr.state = 'Loading';
      begin();
      t.equal(dr.helping, undefined, 'Loading');
    }
    {
      const { state, dr, begin } = helper();
      state.config.gracefulRestart.helper = false;
      begin();
      t.equal(dr.helping, undefined, 'not configured');
    }
    {
      const { router, lan1, dr, other, begin } = helper();
      router.update(lan1, other, lsa({ router: '10.0.0.4' }));
      begin();
      t.equal(dr.helping, undefined, 'it has not acknowledged a change');
    }
    {
      const { router, lan1, dr, other, begin } = helper();
      router.update(lan1, other, lsa({ router: '10.0.0.3', sequence: INITIAL_SEQUENCE + 1 }));
      t.equal(dr.unacknowledged, 1);
      begin();
      t.ok(dr.helping, 'it has not acknowledged a refresh: that is no change');
    }
    {
      const { router, lan0, dr } = helper();
      router.update(lan0, dr, grace({ router: '10.0.0.2', address: dr.address, period: 100, age: 100 }));
      t.equal(dr.helping, undefined, 'its period is over');
    }
  },
);

t.test('a grace-LSA that is cut or lacks what it has to say is none', async (t) => {
  const whole = decodeLsa(grace({ router: '10.0.0.2', address: 5 }));
  const data = 'data' in whole ? whole.data : new Uint8Array();
  t.same(decodeGrace(data), { period: 120, reason: 1, address: 5 });
  for (let length = 0; length < 13; length++)
    t.equal(decodeGrace(data.subarray(0, length)), undefined, `${length}`);
  t.same(decodeGrace(data.subarray(0, 16)), { period: 120, reason: 1, address: undefined });
});
