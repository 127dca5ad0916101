/** `debug ospf` at the module: notes are taken only for those who ask, so many at most, and say what tcpdump would. */
import t from 'tap';
import { GONE_MS, MOST_FOLLOWERS, MOST_NOTES } from '../../firmware/modules/ospf/followers.ts';
import { hex } from '../../firmware/modules/ospf/packet/text.ts';
import type { State } from '../../firmware/modules/ospf/state.ts';
import { debugRows } from '../../firmware/modules/ospf/views/debug.ts';
import { Network, type NetworkRouter } from './ospf-network.ts';

interface Row extends Record<string, unknown> {
  number: number;
  of: string;
  lines: string[];
}

function rows(state: State, body: Record<string, string | number>): Row[] {
  const answer = debugRows(state, body);
  if ('refused' in answer) throw new Error(answer.refused);
  return [...answer] as Row[];
}

/** Two routers on a LAN that have not heard each other yet. */
function twoRouters() {
  const network = new Network();
  const lan = network.lan('lan');
  const [one, two] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
  network.connect(one, lan, '10.1.0.1/24');
  network.connect(two, lan, '10.1.0.2/24');
  return { network, one, two };
}

const linkOf = ({ state }: NetworkRouter) => [...state.interfaces.keys()][0]!;

t.test('an adjacency is told in its order: packets, events, flooding, routes', async (t) => {
  const { network, one } = twoRouters();
  t.same(rows(one.state, { follower: 'a', after: 0 }), [], 'nothing is kept of before');
  network.runUntil(() => one.neighborState('10.0.0.2') === 'Full');
  network.run(10_000);
  const all = rows(one.state, { follower: 'a', after: 0 });
  t.same(
    all.map(({ number }) => number),
    all.map((_, i) => all[0]!.number + i),
    'numbers follow each other',
  );
  const lines = all.flatMap((row) => row.lines);
  for (const type of ['Hello', 'Database Description', 'LS-Request', 'LS-Update', 'LS-Ack'])
    for (const verb of ['received', 'sent'])
      t.ok(
        lines.some((line) => line.includes(` ${verb} on `) && line.includes(`: ${type}, length `)),
        `${verb} ${type}`,
      );
  for (const text of [
    /^\d\d:\d\d:\d\d\.\d{3} neighbour 10\.0\.0\.2 on .* \(10\.1\.0\.2\): Loading -> Full \(LoadingDone\)$/,
    /interface .*: Waiting -> \w+ \(\w+\), DR 10\.1\.0\.\d, BDR /,
    /received from 10\.1\.0\.2 on .*: Router LSA, id 10\.0\.0\.2, router 10\.0\.0\.2, sequence 0x8000\w+, age \d+ s: newer$/,
    /originated: Router LSA, id 10\.0\.0\.1/,
    /computed in [\d.]+ ms and \d+ turns: 2 routers/,
    /route 10\.1\.0\.0\/24: none -> intra 10 via here /,
    /mask 255\.255\.255\.0, hello 1 s, dead 4 s, priority 1, options 0x02 \(E\), DR /,
    /flags 0x00 \(none\), links: transit 10\.1\.0\.\d 10\.1\.0\.2 metric 10/,
  ])
    t.ok(
      lines.some((line) => text.test(line)),
      String(text),
    );
  const hello = all.find(({ type, direction }) => type === 'Hello' && direction === 'received')!;
  t.match(hello, {
    from: '10.1.0.2',
    to: '224.0.0.5',
    router: '10.0.0.2',
    area: '0.0.0.0',
    helloInterval: 1,
  });
  const known = new Set(one.database().map((row) => hex(Number(row.split(' ').at(-2)))));
  const sent = all.flatMap(({ type, lsas }) =>
    type === 'LS-Update' ? (lsas as { sequence: string }[]) : [],
  );
  t.ok(
    sent.some(({ sequence }) => known.has(sequence)),
    'sequence numbers are those of the database',
  );
});

t.test('each who follows has its own, by what it asked for, and only what is new', async (t) => {
  const { network, one } = twoRouters();
  const link = linkOf(one);
  const ask = (follower: string, after: number, more = {}) => rows(one.state, { follower, after, ...more });
  ask('hello', 0, { what: 'packet', interface: link });
  ask('neighbor', 7, { what: 'neighbor' });
  network.runUntil(() => one.neighborState('10.0.0.2') === 'Full');
  const packets = ask('hello', 0, { what: 'packet', interface: link });
  t.same([...new Set(packets.map(({ of }) => of))], ['packet']);
  const events = ask('neighbor', 7);
  t.same([...new Set(events.map(({ of }) => of))], ['neighbor']);
  t.equal(events[0]!.number, 8, 'it goes on where the reader is: a swap has forgotten the rest');
  const last = packets.at(-1)!.number;
  t.same(ask('hello', last), []);
  network.run(2_000);
  t.equal(ask('hello', last)[0]!.number, last + 1);
  t.same(ask('hello', last).length, ask('hello', last).length, 'what is not acknowledged comes again');
  t.throws(() => ask('x', 0, { interface: 'eth9' }), /no interface "eth9"; known: /);
  t.throws(() => ask('x', 0, { what: 'spf', interface: link }), /for all interfaces together/);
});

t.test('so many notes are kept at most, and the numbers say how many were lost', async (t) => {
  const { network, one } = twoRouters();
  rows(one.state, { follower: 'a', after: 0 });
  while (one.served.ctx.now() < 2_000_000 && rowsWaiting(one) < MOST_NOTES) network.run(60_000);
  network.run(60_000);
  const kept = rows(one.state, { follower: 'a', after: 0 });
  t.equal(kept.length, MOST_NOTES);
  t.ok(kept[0]!.number > 1, `the first is number ${kept[0]!.number}`);
});

function rowsWaiting({ state }: NetworkRouter): number {
  return rows(state, { follower: 'a', after: 0 }).length;
}

t.test('one that asks no longer is forgotten, and there is room for so many', async (t) => {
  const { network, one } = twoRouters();
  for (let i = 0; i < MOST_FOLLOWERS; i++) rows(one.state, { follower: `f${i}`, after: 0 });
  t.throws(() => rows(one.state, { follower: 'more', after: 0 }), /8 consoles follow OSPF already/);
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => now() + GONE_MS + 1;
  network.run(5_000);
  t.same(rows(one.state, { follower: 'more', after: 0 }), [], 'nothing was kept for those who have gone');
  network.run(5_000);
  t.ok(rows(one.state, { follower: 'more', after: 0 }).length > 0);
});

t.test('a password is not shown, and what is dropped says why', async (t) => {
  const network = new Network();
  const lan = network.lan('lan');
  const [one, two] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
  network.connect(one, lan, '10.1.0.1/24', { authentication: { type: 'simple', password: 'sesame' } });
  network.connect(two, lan, '10.1.0.2/24', { authentication: { type: 'simple', password: 'other' } });
  rows(one.state, { follower: 'a', after: 0 });
  network.run(3_000);
  const all = rows(one.state, { follower: 'a', after: 0 });
  t.notMatch(JSON.stringify(all), /sesame|other"/);
  t.match(JSON.stringify(all), /authentication simple/);
  t.match(
    all.find(({ direction }) => direction === 'dropped'),
    { reason: 'password', from: '10.1.0.2' },
  );
});
