/** Keys of the section whose effect others see, each set while the router runs beside FRR over two links. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { BesideFrr, FRR, LINKS, US } from './beside-frr.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;

const PATIENCE = 60_000;
const SECRET = 'horse-42';

/** The router has a connected network and routes of other sources besides. */
async function pairOf(t: Test): Promise<BesideFrr> {
  const place = await OspfPlace.make(t);
  NetworkNamespace.join([place.router, 'out', '10.50.0.1/24'], [place.peer('out'), 'eth0']);
  place.router.ip('route', 'add', '10.51.0.0/16', 'via', '10.50.0.9');
  return BesideFrr.start(t, place, {
    ip: { interfaces: { out: {} }, routes: { '10.52.0.0/16': { blackhole: {} } } },
    // Until the first test has seen it.
    ospf: { 'stub-router': { 'on-start': '5s' } },
  });
}

async function aStubRouterOnStart(_t: Test, pair: BesideFrr): Promise<void> {
  await pair.metrics(65_535, 65_535);
  await pair.metrics(10, 10);
}

async function redistribution(_t: Test, pair: BesideFrr): Promise<void> {
  const sources = [
    ['connected', '10.50.0.0'],
    ['kernel', '10.51.0.0'],
    ['static', '10.52.0.0'],
  ] as const;
  for (const [source, prefix] of sources) {
    await pair.change(`redistribute ${source}`);
    await pair.external(prefix, 2, 20, 0);
    const key = `redistribute ${source}`;
    await pair.change(`${key} metric 33`, `${key} type 1`, `${key} tag 4000000000`);
    await pair.external(prefix, 1, 33, 4_000_000_000);
  }
  await pair.change('-redistribute');
  // None of them is younger than MaxAge, at which FRR keeps an LSA for a minute.
  const younger = /LS age: (?!3600\s)\d+\s(?:(?!LS age)[\s\S])*10\.5\d\.0\.0/;
  await pair.says('show ip ospf database external', new RegExp(`^(?![\\s\\S]*${younger.source})`));
}

async function defaultInformation(_t: Test, pair: BesideFrr): Promise<void> {
  const key = 'default-information';
  await pair.change(`${key} always true`);
  await pair.external('0.0.0.0', 2, 10, 0);
  await pair.change(`${key} metric 44`, `${key} type 1`, `${key} tag 5`);
  await pair.external('0.0.0.0', 1, 44, 5);
  await pair.change(`-${key}`);
}

async function aHostname(_t: Test, pair: BesideFrr): Promise<void> {
  await pair.change('hostname edge-7.example');
  // FRR names what it does not know by type and length.
  await pair.says('show ip ospf database opaque-area', /Unknown TLV: \[type\(0x7\), length\(0xe\)\]/);
  await pair.change('-hostname');
}

async function aTransmitDelay(_t: Test, pair: BesideFrr): Promise<void> {
  for (const i of LINKS) await pair.change(`interfaces lan${i} transmit-delay 20m`);
  await pair.change('interfaces lan0 cost 11');
  await pair.metrics(11, 10);
  await pair.says(
    `show ip ospf database router ${US}`,
    /LS age: 12\d\d\s[\s\S]*Advertising Router: 10\.1\.0\.1/,
  );
  for (const i of LINKS) await pair.change(`-interfaces lan${i} transmit-delay`);
  await pair.change('interfaces lan0 cost 10');
  await pair.metrics(10, 10);
}

async function aMinimumBetweenOurs(t: Test, pair: BesideFrr): Promise<void> {
  await pair.change('interfaces lan1 cost 12');
  await pair.metrics(10, 12);
  // FRR does not know its LSA yet: in the place of one of MaxAge it takes none for a minute.
  pair.place.router.ip('route', 'add', '10.53.0.0/16', 'via', '10.50.0.9');
  await pair.change('timers min-ls-interval 1m', 'interfaces lan1 cost 13', 'redistribute kernel metric 1');
  await pair.external('10.53.0.0', 2, 1, 0);
  t.notMatch(pair.frr.vtysh(`show ip ospf database router ${US}`), /Metric: 13\s/, 'it waits');
  await pair.change('timers min-ls-interval 100ms', 'interfaces lan1 cost 10', '-redistribute');
  await pair.metrics(10, 10);
}

async function aMinimumBetweenTheirs(t: Test, pair: BesideFrr): Promise<void> {
  const { place } = pair;
  await place.comesToEqual([pair.frr]);
  await pair.change('timers min-ls-arrival 1m');
  // The first one may be taken: the one before was long ago.
  pair.configureFrr('interface eth0', 'ip ospf cost 21');
  await pair.says(`show ip ospf database router ${FRR}`, /TOS 0 Metric: 21\s/);
  pair.configureFrr('interface eth0', 'ip ospf cost 22');
  await place.comesToDrop('minLsArrival', 2);
  const row = (await place.database()).find((lsa) => lsa.includes(` ${FRR} ${FRR} `))!;
  t.notMatch(pair.frr.vtysh('show ip ospf database'), row.split(' ').at(-1)!, 'ours is older');
  await pair.change('timers min-ls-arrival 100ms');
  await place.comesToEqual([pair.frr]);
  pair.configureFrr('interface eth0', 'ip ospf cost 10');
}

const BOTH = `${FRR} 10.7.0.2@lan0,10.7.1.2@lan1 10`;

async function aDelayOfRoutes(t: Test, pair: BesideFrr): Promise<void> {
  const { place, peer } = pair;
  await place.comesToRoutes([BOTH]);
  await pair.change('timers spf-initial 20s', 'timers spf-most 20s');
  peer.ip('address', 'add', '10.1.0.9/32', 'dev', 'lo');
  await pair.says(`show ip ospf database router ${FRR}`, /10\.1\.0\.9\s/);
  await place.comesToEqual([pair.frr]);
  t.same(place.routes(), [BOTH.slice(0, BOTH.lastIndexOf(' '))], 'it waits');
  await place.comesToRoutes([BOTH, BOTH.replace(FRR, '10.1.0.9')]);
  await pair.change('timers spf-initial 10ms', '-timers spf-most');
  peer.ip('address', 'delete', '10.1.0.9/32', 'dev', 'lo');
  await place.comesToRoutes([BOTH]);
}

/** For how long the next calculation waits still, in ms; undefined where none is due. */
async function waitOf(pair: BesideFrr): Promise<number | undefined> {
  const wait = /SPF timer is due in (\d+) ms/.exec(await pair.asked('show ip ospf'))?.[1];
  return wait === undefined ? undefined : Number(wait);
}

async function aHoldOfRoutes(t: Test, pair: BesideFrr): Promise<void> {
  const { place, peer } = pair;
  const [one, other] = ['10.1.0.8', '10.1.0.9'].map((host) => BOTH.replace(FRR, host)) as [string, string];
  await pair.change('timers spf-initial 0ms', 'timers spf-hold 9m', 'timers spf-most 10m');
  peer.ip('address', 'add', '10.1.0.8/32', 'dev', 'lo');
  await place.comesToRoutes([BOTH, one]);
  peer.ip('address', 'add', '10.1.0.9/32', 'dev', 'lo');
  await pair.says(`show ip ospf database router ${FRR}`, /10\.1\.0\.9\s/);
  await place.comesToEqual([pair.frr]);
  const wait = await waitOf(pair);
  t.ok(wait !== undefined && wait > 300_000 && wait <= 540_000, `the next waits for ${wait} ms`);
  t.notMatch(place.routes().join(), '10.1.0.9');
  await pair.change('timers spf-hold 50ms');
  await place.comesToRoutes([BOTH, one, other]);
  for (const host of ['10.1.0.8', '10.1.0.9']) peer.ip('address', 'delete', `${host}/32`, 'dev', 'lo');
  await place.comesToRoutes([BOTH]);
}

/** Waits of calculations while hosts come and go all the time, until there is one that is long enough. */
async function waitsUntil(pair: BesideFrr, isLong: (wait: number) => boolean): Promise<number[]> {
  const waits: number[] = [];
  const hosts = new Set<string>();
  const turn = (host: string) => {
    const isThere = hosts.delete(host);
    if (!isThere) hosts.add(host);
    pair.peer.ip('address', isThere ? 'delete' : 'add', `${host}/32`, 'dev', 'lo');
  };
  await eventuallyAsync('a long wait', PATIENCE, async () => {
    // FRR tells of several at once: there are more, so that none of them has come and gone.
    turn(`10.1.1.${1 + (waits.length % 8)}`);
    waits.push((await waitOf(pair)) ?? 0);
    return isLong(waits.at(-1)!) || undefined;
  }).catch((thrown: Error) => {
    throw new Error(`${thrown.message}: ${waits}`);
  });
  for (const host of [...hosts]) turn(host);
  return waits;
}

async function theMostOfRoutes(t: Test, pair: BesideFrr): Promise<void> {
  await pair.change('timers spf-hold 500ms', 'timers spf-most 1500ms');
  const waits = await waitsUntil(pair, (wait) => wait > 1_000);
  t.ok(Math.max(...waits) <= 1_500, `after twice as long it is no more: ${waits}`);
  await pair.change('timers spf-most 1m');
  await waitsUntil(pair, (wait) => wait > 1_500);
  await pair.change('timers spf-initial 10ms', 'timers spf-hold 50ms', '-timers spf-most');
  await pair.place.comesToRoutes([BOTH]);
}

async function pathsAndDistance(_t: Test, pair: BesideFrr): Promise<void> {
  const { place } = pair;
  await pair.change('maximum-paths 1');
  await place.comesToRoutes([`${FRR} 10.7.0.2@lan0 10`]);
  await pair.change('-maximum-paths', 'distance intra 91');
  await place.comesToRoutes([BOTH]);
  const distance = async () => {
    const { data } = await place.exec(`show ip route ${FRR}/32`);
    return JSON.stringify((data as { distance?: number }[]).map((row) => row.distance));
  };
  let said = await distance();
  await place.comesToBe('the distance', '[91]', () => {
    void distance().then((found) => {
      said = found;
    });
    return said;
  });
}

async function authenticationOfAnArea(_t: Test, pair: BesideFrr): Promise<void> {
  await pair.change(
    `areas 0.0.0.0 authentication keys 7 secret ${SECRET}`,
    'areas 0.0.0.0 authentication keys 7 algorithm md5',
  );
  await pair.comesTo('none', 'none');
  for (const i of LINKS)
    pair.configureFrr(
      `interface eth${i}`,
      'ip ospf authentication message-digest',
      `ip ospf message-digest-key 7 md5 ${SECRET}`,
    );
  await pair.comesTo('Full', 'Full');
}

async function aKeyChain(_t: Test, pair: BesideFrr): Promise<void> {
  await pair.change(
    'key-chains both 7 secret another',
    'key-chains both 7 algorithm md5',
    'interfaces lan0 authentication key-chain both',
  );
  await pair.comesTo('none', 'Full');
  await pair.change(`key-chains both 7 secret ${SECRET}`);
  await pair.comesTo('Full', 'Full');
}

t.test('a key of OSPF that is set while the router runs is seen by FRR:', { skip }, async (t) => {
  const pair = await pairOf(t);
  for (const [name, seen] of Object.entries({
    'stub-router on-start: for so long others go round it': aStubRouterOnStart,
    'redistribute: routes of each source, with metric, type and tag': redistribution,
    'default-information: a default route, with metric, type and tag': defaultInformation,
    'hostname: router information': aHostname,
    'transmit-delay: LSAs arrive older by that': aTransmitDelay,
    'min-ls-interval: an LSA of ours waits, others do not': aMinimumBetweenOurs,
    'min-ls-arrival: an LSA that comes too soon is taken later': aMinimumBetweenTheirs,
    'spf-initial: routes wait': aDelayOfRoutes,
    'spf-hold: routes wait that change soon after others': aHoldOfRoutes,
    'spf-most: they wait longer each time, and no longer than that': theMostOfRoutes,
    'maximum-paths and distance: so many next hops, so preferred': pathsAndDistance,
    'authentication of an area: whoever has no key is none': authenticationOfAnArea,
    'key-chain: of an interface, before that of its area': aKeyChain,
  }))
    await t.test(name, (t) => seen(t, pair));
});
