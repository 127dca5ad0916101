/**
 * The whole process is killed and begins again without a state: neighbours come to Full at once, LSAs of the earlier life are
 * taken over or flushed (RFC 2328 13.4), and routes are right. The clock that counts is the neighbours' Hellos.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Frr, frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync, goFirst } from '../router/router-lab.ts';
import { type Bird, birdUnavailable } from './bird.ts';
import { databaseOf, OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;
const ROUTER = '10.7.0.1';
const PATIENCE = 60_000;

const FRR = `debug ospf packet hello
interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 5
 ip ospf network point-to-point
router ospf
 ospf router-id 10.7.1.2
 log-adjacency-changes detail
 timers throttle spf 0 50 500
 network 10.7.1.0/24 area 0.0.0.0
 network 10.1.0.2/32 area 0.0.0.0
`;
/** It stays designated router of its LAN. */
const BIRD = `debug { packets, events };
area 0.0.0.1 {
  interface "eth0" { type broadcast; hello 1; dead 5; wait 2; cost 10; priority 9; };
  interface "lo" { stub; };
};`;
const LINK = { 'hello-interval': '1s', 'dead-interval': '5s', cost: 10 };

/** FRR in the backbone and BIRD in area 0.0.0.1, each with a host or two, and static routes that are told to the AS. */
async function border(t: Test) {
  goFirst();
  const place = await OspfPlace.make(t);
  const [zero, one] = [place.peer('frr'), place.peer('bird')];
  NetworkNamespace.join([place.router, 'lan1', '10.7.1.1/24'], [zero, 'eth0', '10.7.1.2/24']);
  NetworkNamespace.join([place.router, 'lan2', '10.7.2.1/24'], [one, 'eth0', '10.7.2.2/24']);
  zero.ip('address', 'add', '10.1.0.2/32', 'dev', 'lo');
  for (const host of ['10.2.0.2/32', '10.2.0.3/32']) one.ip('address', 'add', host, 'dev', 'lo');
  const frr = await place.frr(t, zero, FRR);
  const bird = await place.bird(t, one, { routerId: '10.7.2.2', areas: BIRD });
  const sections = (statics: readonly string[], metric = 20) => ({
    id: ROUTER,
    // Routes that are found in the kernel stay for so long, for OSPF to want them.
    ip: {
      'keep-routes': '10s',
      interfaces: { lan1: {}, lan2: {} },
      routes: Object.fromEntries(statics.map((prefix) => [prefix, { blackhole: {} }])),
    },
    ospf: {
      timers: { 'spf-initial': '10ms', 'spf-hold': '50ms', 'min-ls-interval': '1s' },
      redistribute: { static: { metric } },
      interfaces: { lan1: { ...LINK, type: 'point-to-point' }, lan2: { ...LINK, area: '0.0.0.1' } },
    },
  });
  await place.start(sections(STATICS, 21));
  await areFull(place);
  // External LSAs have a number that a router that begins anew would not take.
  place.write(sections(STATICS));
  await place.run('reload');
  await place.comesToRoutes([...ROUTES, STALE]);
  await comesToHave(place, frr, '0.0.0.0', ['10.2.0.2', '10.2.0.3', '10.7.2.0'], STATICS);
  await comesToHave(place, bird, '0.0.0.1', ['10.1.0.2', '10.7.1.0'], STATICS);
  const external = () => frr.vtysh('show ip ospf database external 10.66.0.0');
  await place.comesToBe('FRR has the metric', 'yes', () =>
    /Metric: 20/.test(external()) ? 'yes' : external(),
  );
  await place.comesToEqual([frr, bird]);
  return { place, one, frr, bird, sections };
}

const STATICS = ['10.66.0.0/16', '10.67.0.0/16'];
const ROUTES = ['10.1.0.2 10.7.1.2@lan1 10', '10.2.0.2 10.7.2.2@lan2 10'];
type Scene = Awaited<ReturnType<typeof border>>;

const STALE = '10.2.0.3 10.7.2.2@lan2 10';

async function areFull(place: OspfPlace): Promise<void> {
  for (const id of ['10.7.1.2', '10.7.2.2']) await place.comesTo(id, 'Full');
}

/** LSAs of the router's that a peer has, as `scope id`, and their sequence numbers. */
function ownAt(peer: Frr | Bird): Map<string, number> {
  const own = databaseOf(peer).flatMap((lsa): [string, number][] => {
    const [scope, id, router, sequence] = lsa.split(' ');
    return router === ROUTER ? [[`${scope} ${id}`, Number(sequence)]] : [];
  });
  return new Map(own);
}

/** Waits until a peer has these LSAs of the router's, besides those of the router itself, and no other. */
async function comesToHave(
  place: OspfPlace,
  peer: Frr | Bird,
  area: string,
  summaries: readonly string[],
  statics: readonly string[],
): Promise<void> {
  const externals = statics.map((prefix) => `as ${prefix.split('/')[0]}`);
  const wanted = [...summaries.map((id) => `${area} ${id}`), ...externals];
  const found = () => [...ownAt(peer).keys()].filter((lsa) => !/ (10\.7\.0\.1|4\.0\.0\.0)$/.test(lsa));
  await place.comesToBe('the LSAs of a peer', wanted.sort().join('\n'), () => found().sort().join('\n'));
}

/** Hellos that a peer sent from the first that it heard of the router's new life up to Full. */
function hellosUpToFull(log: string, { lost, heard, sent, full }: Lines): number {
  const lines = log.split('\n');
  const gone = lines.findLastIndex((line) => lost.test(line));
  // The Hello by which it learned that the router has begun anew is told before.
  const first = lines.findIndex((line, i) => i > gone && heard.test(line));
  const from = /Init/.test(lines[gone] ?? '') ? gone : first;
  const upTo = lines.findIndex((line, i) => i > from && full.test(line));
  if (gone < 0 || from < 0 || upTo < 0) throw new Error(`no such lines:\n${lines.slice(-100).join('\n')}`);
  return lines.slice(from, upTo).filter((line) => sent.test(line)).length;
}

type Lines = Record<'lost' | 'heard' | 'sent' | 'full', RegExp>;

const FRR_LINES: Lines = {
  lost: /AdjChg: Nbr 10\.7\.0\.1.*Full -> (Init|Deleted)/,
  heard: /Hello received from \[10\.7\.0\.1\]/,
  sent: /Hello sent to/,
  full: /AdjChg: Nbr 10\.7\.0\.1.*-> Full/,
};
const BIRD_LINES: Lines = {
  lost: /Neighbor 10\.7\.0\.1 .*from Full to (Init|Down)/,
  heard: /HELLO packet received from nbr 10\.7\.0\.1/,
  sent: /HELLO packet sent/,
  full: /Neighbor 10\.7\.0\.1 .*to Full/,
};

async function isKilled(t: Test, { place, frr, bird }: Scene): Promise<void> {
  const before = [frr, bird].map(ownAt);
  const logs = [frr, bird].map((peer) => peer.log().length);
  await place.kill('SIGKILL');
  t.equal(place.routes().length, 3, 'routes stay in the kernel');
  await place.launch();
  await areFull(place);
  await place.comesToRoutes([...ROUTES, STALE]);
  const external = before.map((lsas) => lsas.get('as 10.66.0.0')!);
  await eventuallyAsync('external LSAs have the next number', PATIENCE, async () => {
    const found = [frr, bird].map((peer) => ownAt(peer).get('as 10.66.0.0') ?? 0);
    return found.every((sequence, i) => sequence > external[i]!) || undefined;
  });
  await comesToHave(place, frr, '0.0.0.0', ['10.2.0.2', '10.2.0.3', '10.7.2.0'], STATICS);
  await place.comesToEqual([frr, bird]);
  [frr, bird].forEach((peer, i) => {
    const after = ownAt(peer);
    t.same([...after.keys()], [...before[i]!.keys()]);
    // An instance that is the same as that of the earlier life needs no other.
    for (const [lsa, sequence] of after) t.ok(sequence >= before[i]!.get(lsa)!, `${lsa}: ${sequence}`);
  });
  const atFrr = hellosUpToFull(frr.log().slice(logs[0]), FRR_LINES);
  const atBird = hellosUpToFull(bird.log().slice(logs[1]), BIRD_LINES);
  t.comment(`Full within ${atFrr} and ${atBird} Hellos`);
  t.ok(atFrr <= 2, `FRR sent ${atFrr} Hellos up to Full`);
  t.ok(atBird <= 2, `BIRD sent ${atBird} Hellos up to Full`);
}

async function isKilledAndOther({ place, one, frr, bird, sections }: Scene): Promise<void> {
  await place.kill('SIGKILL');
  one.ip('address', 'delete', '10.2.0.3/32', 'dev', 'lo');
  const statics = ['10.67.0.0/16', '10.68.0.0/16'];
  await place.start(sections(statics));
  await areFull(place);
  await place.comesToRoutes(ROUTES);
  await comesToHave(place, frr, '0.0.0.0', ['10.2.0.2', '10.7.2.0'], statics);
  await comesToHave(place, bird, '0.0.0.1', ['10.1.0.2', '10.7.1.0'], statics);
  await place.comesToEqual([frr, bird]);
}

async function isDisabledAndEnabled({ place, frr, bird }: Scene): Promise<void> {
  const before = [frr, bird].map((peer) => [...ownAt(peer).keys()].join('\n'));
  await place.run('disable OSPF');
  await eventuallyAsync('FRR has no LSA of it', PATIENCE, async () => ownAt(frr).size === 0 || undefined);
  await place.run('enable OSPF');
  await areFull(place);
  await place.comesToBe('FRR has all', before[0]!, () => [...ownAt(frr).keys()].join('\n'));
  await place.comesToBe('BIRD has all', before[1]!, () => [...ownAt(bird).keys()].join('\n'));
  await place.comesToRoutes(ROUTES);
}

t.test('a router with neighbours in two areas', { skip }, async (t) => {
  const scene = await border(t);
  await t.test('killed, it is Full within two Hellos, and takes its LSAs over with the next number', (t) =>
    isKilled(t, scene),
  );
  await t.test('killed, it flushes what is not true any more, and nothing of it stays', () =>
    isKilledAndOther(scene),
  );
  await t.test('disabled, it flushes its LSAs, and makes all of them when it is enabled', () =>
    isDisabledAndEnabled(scene),
  );
});
