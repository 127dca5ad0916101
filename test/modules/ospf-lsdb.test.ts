/** The link state database: which instance is newer, what is another content, long lists in buckets, and its bounds. */
import t from 'tap';
import { toAddress } from '../../firmware/modules/address.ts';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import { INITIAL_SEQUENCE, MAX_AGE } from '../../firmware/modules/ospf/constants.ts';
import {
  addRow,
  BUCKETS,
  bucketOf,
  clearRows,
  findRow,
  hasRow,
  removeRow,
  rowsOf,
} from '../../firmware/modules/ospf/lsdb/buckets.ts';
import {
  ageOf,
  compareInstances,
  expire,
  install,
  isSameContent,
  lsaKey,
  lsasOf,
  removeLsa,
  removeScope,
  tellChange,
} from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { checksumIsGood } from '../../firmware/modules/ospf/packet/lsa.ts';
import { Table } from '../../runtime/state/table.ts';
import { LsdbRouter, links, lsa } from './ospf-lsas.ts';

t.test(
  '13.1: the higher sequence number is newer, then the higher checksum, then MaxAge, then the younger one',
  async (t) => {
    const one = { sequence: 5, checksum: 100, age: 10 };
    t.ok(compareInstances({ ...one, sequence: 6 }, one) > 0);
    t.ok(compareInstances({ ...one, sequence: INITIAL_SEQUENCE }, one) < 0, 'as signed numbers');
    t.ok(compareInstances({ ...one, checksum: 101 }, one) > 0);
    t.ok(
      compareInstances({ ...one, checksum: 99, age: MAX_AGE }, one) < 0,
      'the checksum counts before MaxAge does',
    );
    t.ok(compareInstances({ ...one, age: MAX_AGE }, one) > 0);
    t.ok(compareInstances(one, { ...one, age: MAX_AGE }) < 0);
    t.ok(compareInstances(one, { ...one, age: 911 }) > 0, 'ages that differ by more than MaxAgeDiff');
    t.equal(compareInstances(one, { ...one, age: 910 }), 0);
    t.equal(compareInstances({ ...one, age: MAX_AGE }, { ...one, age: MAX_AGE }), 0);
  },
);

t.test(
  '13.2: another content is another body, length, options, or MaxAge of one alone; not a sequence number',
  async (t) => {
    const { state } = new LsdbRouter();
    const put = (bytes: Uint8Array) => install(state, 'area 0', bytes, 0);
    t.equal(put(lsa()).changed, true, 'a new one');
    t.equal(put(lsa({ sequence: 7, age: 900 })).changed, false);
    t.equal(put(lsa({ sequence: 8, body: links(2) })).changed, true);
    t.equal(put(lsa({ sequence: 9, body: links(2, 3) })).changed, true);
    t.equal(put(lsa({ sequence: 9, body: links(2, 3), options: 0 })).changed, true);
    const { lsa: gone, before, changed } = expire(state, [...lsasOf(state, 'area 0')][0]!, 0);
    t.equal(changed, true);
    t.equal(isSameContent(gone, before!), false);
    t.equal(gone.sequence, before!.sequence, 'flushed with the number it had');
    t.ok(checksumIsGood(gone.bytes), 'the age is no part of the checksum');
  },
);

t.test('an LSA ages by the clock, up to MaxAge, and what was installed is a copy', async (t) => {
  const { state } = new LsdbRouter();
  const bytes = new Uint8Array(200);
  bytes.set(lsa({ age: 10 }));
  const { lsa: row } = install(state, 'area 0', bytes, 5_000);
  t.equal(row.bytes.length, lsa().length, 'cut by its length');
  bytes.fill(0xff);
  t.ok(checksumIsGood(row.bytes));
  t.equal(ageOf(row, 5_999), 10);
  t.equal(ageOf(row, 6_000), 11);
  t.equal(ageOf(row, 4_000), 10, 'a clock of another boot makes nothing younger');
  t.equal(ageOf(row, 1e9), MAX_AGE);
});

t.test('LSAs are gone through by scope and type, and are forgotten with their area', async (t) => {
  const { state } = new LsdbRouter();
  for (let i = 0; i < 300; i++) install(state, 'area 0', lsa({ router: `10.1.${i >> 8}.${i & 255}` }), 0);
  install(state, 'as', lsa({ type: 5 }), 0);
  install(state, 'area 1', lsa(), 0);
  t.equal([...lsasOf(state, 'area 0', 1)].length, 300);
  t.equal([...lsasOf(state, 'area 0', 2)].length, 0);
  t.equal([...lsasOf(state, 'as')].length, 1);
  removeLsa(state, lsaKey('as', 5, 0x0a00_0009, 0x0a00_0009));
  t.equal([...lsasOf(state, 'as')].length, 0);
  removeScope(state, 'area 0');
  t.equal([...lsasOf(state, 'area 0')].length, 0);
  t.equal(state.lsas.size, 1);
  t.same([...state.keys.keys()].length, 1, 'nothing is left in the buckets');
});

t.test('a long list in buckets has each key once, and 30,000 of them are spread evenly', async (t) => {
  const table = new Table<string, readonly string[]>();
  const keys = Array.from({ length: 30_000 }, (_, i) => lsaKey('area 0', 1, i, i));
  t.equal(keys.filter((key) => addRow(table, 'n', key)).length, keys.length);
  t.equal(addRow(table, 'n', keys[7]!), false);
  const sizes = Array.from({ length: BUCKETS }, (_, bucket) => rowsOf(table, 'n', bucket).length);
  t.ok(Math.max(...sizes) < 2 * (30_000 / BUCKETS), `${Math.max(...sizes)}`);
  t.ok(hasRow(table, 'n', keys[5]!));
  t.notOk(hasRow(table, 'm', keys[5]!));
  t.equal(removeRow(table, 'n', keys[5]!), true);
  t.equal(removeRow(table, 'n', keys[5]!), false);
  t.equal(findRow(table, 'n', keys[5]!), undefined);
  clearRows(table, 'n');
  t.equal(table.size, 0);
  t.equal(bucketOf('area 0 1 5 5'), 13, 'the same in every version: states are kept by it');
});

t.test('LSAs of others that are loaded while no neighbour is Full have no tree computed', async (t) => {
  const router = new LsdbRouter();
  const neighbor = router.addNeighbor(router.addInterface('lan0'), 2);
  const tells = (bytes: Uint8Array) => {
    const agenda = new OspfAgenda();
    tellChange(router.state, install(router.state, 'area 0', bytes, 0).lsa, agenda);
    return agenda.next()?.on === 'routing';
  };
  const own = toAddress(router.state.routerId);
  neighbor.state = 'Loading';
  t.notOk(tells(lsa({ router: '10.1.0.1' })));
  t.ok(tells(lsa({ id: own, router: own })), 'ours changes as it becomes Full');
  neighbor.state = 'Full';
  t.ok(tells(lsa({ router: '10.1.0.2' })));
});
