/** RFC 2328 13.4, of network-LSAs that were made under another router id: also those that came before the address was ours. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { LS_NETWORK, MAX_AGE } from '../../firmware/modules/ospf/constants.ts';
import { areaScope, findLsa, lsaKey } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { LsdbRouter, lsa, OUR_ID } from './ospf-lsas.ts';
import { haveEqualDatabases, Network, type NetworkRouter } from './ospf-network.ts';

const BEFORE = '10.0.0.9';
const SEQUENCE = 5;

const networkKey = (address: string, router: string) =>
  lsaKey(areaScope(0), LS_NETWORK, toNumber(address), toNumber(router));

/** Whether a router has the LSA, and it is not of MaxAge. */
function has(router: NetworkRouter, key: string): boolean {
  const row = router.database().find((each) => each.startsWith(`${key} `));
  return row !== undefined && !row.endsWith(' MaxAge');
}

t.test(
  'that of a LAN that comes up after a restart under another router id is flushed, in all databases',
  async (t) => {
    const network = new Network();
    const [router, wired, onLan] = [BEFORE, '10.0.0.2', '10.0.0.3'].map((id) => network.router(id)) as [
      NetworkRouter,
      NetworkRouter,
      NetworkRouter,
    ];
    const [wire, lan] = [network.wire('w1'), network.lan('lan0')];
    network.connect(router, wire, '10.1.0.1/30');
    network.connect(wired, wire, '10.1.0.2/30');
    network.connect(router, lan, '10.2.0.1/24');
    // It is never designated: the LAN waits for the router.
    network.connect(onLan, lan, '10.2.0.3/24', { priority: 0 });
    network.run(30_000);
    t.ok(has(wired, networkKey('10.2.0.1', BEFORE)));
    router.kill();
    network.run(10_000);
    network.setLink(router, 'lan0', false);
    router.config = { ...router.config, routerId: '10.0.0.1' };
    router.restart();
    network.run(20_000);
    t.equal(router.neighborState('10.0.0.2'), 'Full');
    t.ok(has(router, networkKey('10.2.0.1', BEFORE)), 'it comes while the LAN is down');
    network.setLink(router, 'lan0', true);
    network.run(20_000);
    for (const each of [router, wired, onLan]) {
      t.notOk(has(each, networkKey('10.2.0.1', BEFORE)), `${each.id} has not that of before`);
      t.ok(has(each, networkKey('10.2.0.1', '10.0.0.1')), `${each.id} has that of now`);
    }
    t.ok(haveEqualDatabases(network.routers.values()));
  },
);

/** A router that has come by a network-LSA of 10.2.0.1, while its interface with that address is down. */
function takesOneOfBefore() {
  const router = new LsdbRouter();
  const there = router.addInterface('lan0');
  const neighbor = router.addNeighbor(there, 2);
  const iface = router.addInterface('lan1', { state: 'Down' });
  router.ctx.setTimer('aging', '', 1_000);
  router.update(
    there,
    neighbor,
    lsa({ type: LS_NETWORK, id: '10.2.0.1', router: BEFORE, sequence: SEQUENCE }),
  );
  router.advance(10_000);
  router.takeLeft();
  return { router, iface, key: networkKey('10.2.0.1', BEFORE) };
}

t.test('it is flushed with the number that it has, within the walk through the database', async (t) => {
  const { router, iface, key } = takesOneOfBefore();
  iface.state = 'Waiting';
  router.advance(4_000);
  t.match(findLsa(router.state, key), { sequence: SEQUENCE, age: MAX_AGE });
  t.match(router.takeLeft(), [{ kind: 'update', headers: [{ sequence: SEQUENCE, age: MAX_AGE }] }]);
  t.equal(router.count('flushed'), 1, 'once');
  t.match(router.takeTold('routing').at(-1), { change: { of: 'tree', area: 0 } });
});

t.test(
  'while the interface is down the address may be anybody’s: that LSA is not ours to flush',
  async (t) => {
    const { router, key } = takesOneOfBefore();
    router.advance(60_000);
    t.match(findLsa(router.state, key), { sequence: SEQUENCE, age: 1 });
    t.equal(router.count('flushed'), 0);
  },
);

t.test('in a restart that neighbours wait for none is flushed', async (t) => {
  const { router, iface, key } = takesOneOfBefore();
  router.state.restarting = { phase: 'grace', until: 1e9, listenUntil: 1e9 };
  iface.state = 'Waiting';
  router.advance(10_000);
  t.match(findLsa(router.state, key), { age: 1 });
  delete router.state.restarting;
  router.advance(4_000);
  t.match(findLsa(router.state, key), { age: MAX_AGE });
});

t.test('one of ours, and one of another address, stay', async (t) => {
  const router = new LsdbRouter();
  const lan = router.addInterface('lan0', { state: 'DR' });
  lan.dr = lan.address;
  const neighbor = router.addNeighbor(lan, 2);
  router.ctx.setTimer('aging', '', 1_000);
  router.originate({ lsa: 'network', iface: 'lan0' });
  router.update(lan, neighbor, lsa({ type: LS_NETWORK, id: '10.1.0.2', router: '10.0.0.2' }));
  router.advance(10_000);
  t.match(findLsa(router.state, networkKey('10.1.0.1', OUR_ID)), { age: 0 });
  t.match(findLsa(router.state, networkKey('10.1.0.2', '10.0.0.2')), { age: 1 });
  t.equal(router.count('flushed'), 0);
});
