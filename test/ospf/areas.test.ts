/**
 * The router as border router of seven areas: FRR in the backbone, BIRD in each of the others. What each is told, with ranges,
 * in stub areas and in an NSSA.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { frrUnavailable } from '../router/frr.ts';
import { type Bird, birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

/** An area: the router's keys, BIRD's lines and static routes. */
interface Kind {
  ours: object;
  bird?: string;
  static?: readonly string[];
}

/** Area 0.0.0.N has the hosts 10.N.0.2 and 10.N.0.3; its link is 10.9.N.0/24. */
const AREAS: Readonly<Record<number, Kind>> = {
  1: { ours: {} },
  2: { ours: { ranges: { '10.2.0.0/24': { cost: 40 } } } },
  3: { ours: { ranges: { '10.3.0.0/24': { advertise: false } } } },
  4: { ours: { type: 'stub', 'default-cost': 3 }, bird: 'stub yes;' },
  5: { ours: { type: 'stub', summaries: false }, bird: 'stub yes; summary no;' },
  6: {
    ours: {
      type: 'nssa',
      'nssa-ranges': { '10.67.0.0/16': { tag: 7 }, '10.68.0.0/16': { advertise: false } },
      'default-information': { metric: 6, type: 1 },
    },
    bird: 'nssa;',
    static: ['10.66.1.0/24', '10.67.1.0/24', '10.67.2.0/24', '10.68.1.0/24'],
  },
  7: { ours: { type: 'nssa', summaries: false }, bird: 'nssa; summary no;', static: ['10.69.1.0/24'] },
};
const NUMBERS = Object.keys(AREAS).map(Number);

const linkOf = (n: number) => `10.9.${n}.0/24`;
const hostsOf = (n: number) => [`10.${n}.0.2`, `10.${n}.0.3`];

/** The router with all of its areas; FRR has the host 10.0.0.2, and tells a default route. */
async function border(t: Test) {
  const place = await OspfPlace.make(t);
  const zero = place.peer('frr');
  NetworkNamespace.join([place.router, 'lan0', '10.9.0.1/24'], [zero, 'eth0', '10.9.0.2/24']);
  zero.ip('address', 'add', '10.0.0.2/32', 'dev', 'lo');
  const frr = await place.frr(
    t,
    zero,
    frrLink('eth0', '0.0.0.0') + frrRouter('10.9.0.2', '0.0.0.0', ' default-information originate always\n'),
  );
  const birds = new Map<number, { peer: NetworkNamespace; bird: Bird }>();
  for (const n of NUMBERS) {
    const peer = place.peer('bird');
    NetworkNamespace.join([place.router, `lan${n}`, `10.9.${n}.1/24`], [peer, 'eth0', `10.9.${n}.2/24`]);
    for (const host of hostsOf(n)) peer.ip('address', 'add', `${host}/32`, 'dev', 'lo');
    const { bird: lines = '', static: routes = [] } = AREAS[n]!;
    const bird = await place.bird(t, peer, {
      routerId: `10.9.${n}.2`,
      areas: `area 0.0.0.${n} { ${lines} ${birdLink('eth0')}${BIRD_LOOPBACK} };`,
      exported: routes.length > 0 ? 'where source = RTS_STATIC' : 'none',
      others: `protocol static { ipv4; ${routes.map((route) => `route ${route} unreachable;`).join(' ')} }`,
    });
    birds.set(n, { peer, bird });
  }
  const links = [0, ...NUMBERS].map((n) => [`lan${n}`, { ...POINT_TO_POINT, area: `0.0.0.${n}` }]);
  await place.start({
    id: '10.9.0.1',
    ip: { interfaces: Object.fromEntries(links.map(([name]) => [name, {}])) },
    ospf: {
      timers: TIMERS,
      interfaces: Object.fromEntries(links),
      areas: Object.fromEntries(NUMBERS.map((n) => [`0.0.0.${n}`, AREAS[n]!.ours])),
    },
  });
  return { place, zero, frr, birds };
}

/** Prefixes that OSPF has brought to a peer's kernel, sorted; BIRD brings its own hosts there, too. */
function routesOf(peer: NetworkNamespace): string {
  const rows = JSON.parse(peer.ip('-j', 'route')) as { dst: string; protocol: string }[];
  return rows
    .filter(({ protocol }) => protocol === 'ospf' || protocol === 'bird')
    .map(({ dst }) => dst)
    .sort()
    .join('\n');
}

/** Areas are told of each other: links, and hosts or their range. */
const TOLD = [
  ...NUMBERS.map(linkOf),
  ...NUMBERS.flatMap((n) => (n === 2 ? ['10.2.0.0/24'] : n === 3 ? [] : hostsOf(n))),
];
const OF_BACKBONE = ['10.0.0.2', '10.9.0.0/24'];
/** An NSSA tells the AS of these. */
const TRANSLATED = ['10.66.1.0/24', '10.67.0.0/16', '10.69.1.0/24'];

/** In an area with all that is told of others, and its own. */
function allBut(n: number): string[] {
  const told = TOLD.filter((prefix) => n !== 2 || prefix !== '10.2.0.0/24');
  return [...new Set([...OF_BACKBONE, ...hostsOf(n), ...told])];
}

/** BIRD of a normal area says so: FRR is slow to forget. @param comesToHave waits until an area has these prefixes */
async function untranslated(
  t: Test,
  { socket }: OspfPlace,
  comesToHave: (area: number, prefixes: readonly string[]) => Promise<void>,
): Promise<void> {
  const session = await ConsoleSession.open(t, socket);
  const inside = [...allBut(1), 'default'];
  await session.all('set ospf areas 0.0.0.6 translate never', 'commit');
  await comesToHave(1, [...inside, '10.69.1.0/24']);
  await session.all('delete ospf areas 0.0.0.6 translate', 'commit');
  await comesToHave(1, [...inside, ...TRANSLATED]);
}

t.test('as border router of seven areas', { skip }, async (t) => {
  const { place, zero, frr, birds } = await border(t);
  const birdOf = (n: number) => birds.get(n)!.bird;
  const peerOf = (n: number) => birds.get(n)!.peer;
  /** Waits until these are the prefixes in the kernel of an area's router. */
  const comesToHave = (n: number, wanted: readonly string[]) =>
    place.comesToBe(`routes in area ${n}`, [...wanted].sort().join('\n'), () =>
      routesOf(n === 0 ? zero : peerOf(n)),
    );

  await t.test('it has routes to all of them', async () => {
    await place.comesToRoutes([
      '10.0.0.2 10.9.0.2@lan0 10',
      ...NUMBERS.flatMap((n) => hostsOf(n).map((host) => `${host} 10.9.${n}.2@lan${n} 10`)),
      'default 10.9.0.2@lan0 10/1',
      ...AREAS[6]!.static!.map((prefix) => `${prefix} 10.9.6.2@lan6 10/10000`),
      ...AREAS[7]!.static!.map((prefix) => `${prefix} 10.9.7.2@lan7 10/10000`),
    ]);
  });

  await t.test('databases are equal', async () => {
    await place.comesToEqual([frr, ...NUMBERS.map(birdOf)], [4, 5, 6, 7].map(birdOf));
  });

  await t.test(
    'the backbone is told of areas, of a range in place of its networks, and of none that is hidden',
    async (t) => {
      await comesToHave(0, [...TOLD, ...TRANSLATED]);
      t.match(frr.vtysh('show ip ospf route'), /10\.2\.0\.0\/24 +\[50\] area/);
    },
  );

  await t.test('a normal area is told of all the others, and of external routes', async () => {
    for (const n of [1, 2, 3]) await comesToHave(n, [...allBut(n), ...TRANSLATED, 'default']);
  });

  await t.test(
    'a stub area is told of the others, and of a default route in place of external ones',
    async (t) => {
      await comesToHave(4, [...allBut(4), 'default']);
      t.notMatch(birdOf(4).birdc('show ospf lsadb'), / 0005 /);
      t.match(birdOf(4).birdc('show ospf state all'), /xnetwork 0\.0\.0\.0\/0 metric 3/);
    },
  );

  await t.test('a totally stubby area is told of nothing but a default route', async () => {
    await comesToHave(5, [...hostsOf(5), linkOf(5), 'default']);
  });

  await t.test('an NSSA is told of a default route of its own', async () => {
    await comesToHave(6, [...allBut(6), 'default']);
    await comesToHave(7, [...hostsOf(7), linkOf(7), 'default']);
  });

  await t.test('the AS is told what NSSAs have, with ranges in place of networks', async (t) => {
    const external = (prefix: string) => frr.vtysh(`show ip ospf database external ${prefix}`);
    t.match(external('10.66.1.0'), /Advertising Router: 10\.9\.0\.1[\s\S]*Forward Address: 10\.6\.0\.2/);
    t.match(external('10.67.0.0'), /Metric: 10001[\s\S]*Forward Address: 0\.0\.0\.0[\s\S]*Tag: 7/);
    t.match(external('10.69.1.0'), /Forward Address: 10\.7\.0\.2/);
  });

  await t.test('an NSSA that is not translated is not told', (t) => untranslated(t, place, comesToHave));

  await t.test('packets pass from area to area', async () => {
    await place.comesToReach([zero, '10.0.0.2'], [peerOf(1), '10.1.0.2']);
    await place.comesToReach([peerOf(5), '10.5.0.2'], [peerOf(3), '10.3.0.3']);
    await place.comesToReach([peerOf(7), '10.7.0.2'], [peerOf(2), '10.2.0.2']);
  });
});
