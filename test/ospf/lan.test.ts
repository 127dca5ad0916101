/** LANs of the router, FRR and BIRD: on one it is designated router, on one backup, on one neither; another BIRD behind it. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, LINK, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

/** Priorities of the router, FRR and BIRD, and what the router is by them; 0 keeps it so whoever comes first. */
const LANS = [
  { name: 'lan0', priorities: [2, 0, 0], state: 'DR' },
  { name: 'lan1', priorities: [1, 9, 0], state: 'Backup' },
  { name: 'lan2', priorities: [0, 9, 1], state: 'DROther' },
] as const;

t.test(
  'on LANs with FRR and BIRD all are Full in each role, databases equal and routes right, and packets pass',
  { skip },
  async (t) => {
    const place = await OspfPlace.make(t);
    const [one, two, far] = [place.peer('frr'), place.peer('bird'), place.peer('far')];
    LANS.forEach(({ name }, i) => {
      place.lan(
        [place.router, name, `10.9.${i}.1/24`],
        [one, name, `10.9.${i}.2/24`],
        [two, name, `10.9.${i}.3/24`],
      );
    });
    NetworkNamespace.join([place.router, 'wan0', '10.8.0.1/24'], [far, 'eth0', '10.8.0.4/24']);
    [one, two, far].forEach((peer, i) => {
      peer.ip('address', 'add', `10.1.0.${i + 2}/32`, 'dev', 'lo');
    });
    const wide = 'type broadcast; wait 4;';
    const frr = LANS.map(({ name, priorities: [, own] }) =>
      frrLink(name, '0.0.0.0', ` ip ospf priority ${own}`),
    );
    const bird = LANS.map(({ name, priorities: [, , own] }) => birdLink(name, `${wide} priority ${own};`));
    const peers = [
      await place.frr(t, one, frr.join('') + frrRouter('10.1.0.2', '0.0.0.0')),
      await place.bird(t, two, {
        routerId: '10.1.0.3',
        areas: `area 0.0.0.0 { ${bird.join('')}${BIRD_LOOPBACK} };`,
      }),
      await place.bird(t, far, {
        routerId: '10.1.0.4',
        areas: `area 0.0.0.0 { ${birdLink('eth0', wide)}${BIRD_LOOPBACK} };`,
      }),
    ];
    const lans = LANS.map(({ name, priorities: [priority] }) => [name, { ...LINK, priority }] as const);
    const interfaces = { ...Object.fromEntries(lans), wan0: { ...LINK, cost: 8 } };
    await place.start({
      id: '10.1.0.1',
      ip: { interfaces: Object.fromEntries(Object.keys(interfaces).map((name) => [name, {}])) },
      ospf: { timers: TIMERS, interfaces },
    });
    const hops = (n: number) => LANS.map(({ name }, i) => `10.9.${i}.${n}@${name}`).join();
    await place.comesToRoutes([
      `10.1.0.2 ${hops(2)} 10`,
      `10.1.0.3 ${hops(3)} 10`,
      '10.1.0.4 10.8.0.4@wan0 8',
    ]);
    const database = await place.comesToEqual(peers);
    t.equal(database.length, 8, `four routers and four networks: ${database.join('\n')}`);
    const rows = (await place.neighbors()).map((row) => `${row.interface} ${row.routerId} ${row.state}`);
    const all = LANS.flatMap(({ name }) => ['10.1.0.2', '10.1.0.3'].map((id) => `${name} ${id} Full`));
    t.strictSame(rows.sort(), [...all, 'wan0 10.1.0.4 Full']);
    const states = (await place.exec('show ip ospf interface')).data as object[];
    for (const { name, state } of LANS)
      t.ok(
        states.some(
          (row) => 'interface' in row && row.interface === name && 'state' in row && row.state === state,
        ),
        `${name}: ${state}`,
      );
    await place.comesToReach([one, '10.1.0.2'], [far, '10.1.0.4'], 20);
    await place.comesToReach([far, '10.1.0.4'], [two, '10.1.0.3'], 20);
  },
);
