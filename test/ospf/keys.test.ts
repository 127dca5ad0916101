/** Keys of the section whose effect others see, each set while the router runs beside FRR over two links. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { type Frr, frrUnavailable } from '../router/frr.ts';
import { frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;

const LINKS = [0, 1];
const US = '10.1.0.1';
const FRR = '10.1.0.2';
const SECRET = 'horse-42';

/** The router and FRR with two links; the router has a connected network and routes of other sources besides. */
async function scene(t: Test) {
  const place = await OspfPlace.make(t);
  const peer = place.peer('frr');
  for (const i of LINKS)
    NetworkNamespace.join([place.router, `lan${i}`, `10.7.${i}.1/24`], [peer, `eth${i}`, `10.7.${i}.2/24`]);
  NetworkNamespace.join([place.router, 'out', '10.50.0.1/24'], [place.peer('out'), 'eth0']);
  place.router.ip('route', 'add', '10.51.0.0/16', 'via', '10.50.0.9');
  peer.ip('address', 'add', `${FRR}/32`, 'dev', 'lo');
  const links = LINKS.map((i) => frrLink(`eth${i}`, '0.0.0.0'));
  const frr = await place.frr(
    t,
    peer,
    links.join('') + frrRouter(FRR, '0.0.0.0', ' capability opaque\n router-info area\n'),
  );
  await place.start({
    id: US,
    ip: {
      interfaces: { lan0: {}, lan1: {}, out: {} },
      routes: { '10.52.0.0/16': { blackhole: {} } },
    },
    ospf: {
      timers: TIMERS,
      interfaces: Object.fromEntries(LINKS.map((i) => [`lan${i}`, POINT_TO_POINT])),
      // Until the first test has seen it.
      'stub-router': { 'on-start': '5s' },
    },
  });
  const session = await ConsoleSession.open(t, place.socket);
  return new Scene(place, peer, frr, session);
}

class Scene {
  readonly place: OspfPlace;
  readonly peer: NetworkNamespace;
  readonly frr: Frr;
  readonly #session: ConsoleSession;

  constructor(place: OspfPlace, peer: NetworkNamespace, frr: Frr, session: ConsoleSession) {
    this.place = place;
    this.peer = peer;
    this.frr = frr;
    this.#session = session;
  }

  /** Changes keys of the section, each as `redistribute connected metric 33` or `-redistribute`, in one commit. */
  async change(...keys: string[]): Promise<void> {
    const lines = keys.map((key) =>
      key.startsWith('-') ? `delete ospf ${key.slice(1)}` : `set ospf ${key}`,
    );
    await this.#session.all(...lines, 'commit');
  }

  /** Waits until FRR says so. */
  async says(view: string, pattern: RegExp): Promise<void> {
    await this.place.comesToBe(`FRR: ${view}: ${pattern}`, 'true', () => {
      const text = this.frr.vtysh(view);
      return pattern.test(text) ? 'true' : text;
    });
  }

  /** Waits until FRR has the router's LSA so, whose metrics of links are given, of lan0 first. */
  metrics(...metrics: number[]): Promise<void> {
    const links = metrics.map(
      (metric, i) =>
        `Link Data\\) Router Interface address: 10\\.7\\.${i}\\.1\\s[\\s\\S]*?TOS 0 Metric: ${metric}\\s`,
    );
    return this.says(`show ip ospf database router ${US}`, new RegExp(links.join('[\\s\\S]*')));
  }

  external(prefix: string, type: number, metric: number, tag: number): Promise<void> {
    const wanted = `Metric Type: ${type}[\\s\\S]*Metric: ${metric}\\s[\\s\\S]*External Route Tag: ${tag}\\s`;
    return this.says(`show ip ospf database external ${prefix}`, new RegExp(wanted));
  }

  configureFrr(...lines: string[]): void {
    this.frr.vtysh('configure terminal', ...lines);
  }
}

async function aStubRouterOnStart(_t: Test, scene: Scene): Promise<void> {
  await scene.metrics(65_535, 65_535);
  await scene.metrics(10, 10);
}

async function redistribution(_t: Test, scene: Scene): Promise<void> {
  const sources = [
    ['connected', '10.50.0.0'],
    ['kernel', '10.51.0.0'],
    ['static', '10.52.0.0'],
  ] as const;
  for (const [source, prefix] of sources) {
    await scene.change(`redistribute ${source}`);
    await scene.external(prefix, 2, 20, 0);
    const key = `redistribute ${source}`;
    await scene.change(`${key} metric 33`, `${key} type 1`, `${key} tag 4000000000`);
    await scene.external(prefix, 1, 33, 4_000_000_000);
  }
  await scene.change('-redistribute');
  await scene.says('show ip ospf database external', /^(?![\s\S]*10\.5\d\.0\.0)/);
}

async function defaultInformation(_t: Test, scene: Scene): Promise<void> {
  const key = 'default-information';
  await scene.change(`${key} always true`);
  await scene.external('0.0.0.0', 2, 10, 0);
  await scene.change(`${key} metric 44`, `${key} type 1`, `${key} tag 5`);
  await scene.external('0.0.0.0', 1, 44, 5);
  await scene.change(`-${key}`);
}

async function aHostname(_t: Test, scene: Scene): Promise<void> {
  await scene.change('hostname edge-7.example');
  // FRR names what it does not know by type and length.
  await scene.says('show ip ospf database opaque-area', /Unknown TLV: \[type\(0x7\), length\(0xe\)\]/);
  await scene.change('-hostname');
}

async function aTransmitDelay(_t: Test, scene: Scene): Promise<void> {
  for (const i of LINKS) await scene.change(`interfaces lan${i} transmit-delay 20m`);
  await scene.change('interfaces lan0 cost 11');
  await scene.metrics(11, 10);
  await scene.says(
    `show ip ospf database router ${US}`,
    /LS age: 12\d\d\s[\s\S]*Advertising Router: 10\.1\.0\.1/,
  );
  for (const i of LINKS) await scene.change(`-interfaces lan${i} transmit-delay`);
  await scene.change('interfaces lan0 cost 10');
  await scene.metrics(10, 10);
}

async function aMinimumBetweenOurs(t: Test, scene: Scene): Promise<void> {
  await scene.change('interfaces lan1 cost 12');
  await scene.metrics(10, 12);
  await scene.change('timers min-ls-interval 1m', 'interfaces lan1 cost 13', 'redistribute static metric 1');
  await scene.external('10.52.0.0', 2, 1, 0);
  t.notMatch(scene.frr.vtysh(`show ip ospf database router ${US}`), /Metric: 13\s/, 'it waits');
  await scene.change('timers min-ls-interval 100ms', 'interfaces lan1 cost 10', '-redistribute');
  await scene.metrics(10, 10);
}

async function aMinimumBetweenTheirs(t: Test, scene: Scene): Promise<void> {
  const { place } = scene;
  await place.comesToEqual([scene.frr]);
  await scene.change('timers min-ls-arrival 1m');
  // The first one may be taken: the one before was long ago.
  scene.configureFrr('interface eth0', 'ip ospf cost 21');
  await scene.says(`show ip ospf database router ${FRR}`, /TOS 0 Metric: 21\s/);
  scene.configureFrr('interface eth0', 'ip ospf cost 22');
  await place.comesToDrop('minLsArrival', 2);
  const row = (await place.database()).find((lsa) => lsa.includes(` ${FRR} ${FRR} `))!;
  t.notMatch(scene.frr.vtysh('show ip ospf database'), row.split(' ').at(-1)!, 'ours is older');
  await scene.change('timers min-ls-arrival 100ms');
  await place.comesToEqual([scene.frr]);
  scene.configureFrr('interface eth0', 'ip ospf cost 10');
}

const BOTH = `${FRR} 10.7.0.2@lan0,10.7.1.2@lan1 10`;

async function aDelayOfRoutes(t: Test, scene: Scene): Promise<void> {
  const { place, peer } = scene;
  await place.comesToRoutes([BOTH]);
  await scene.change('timers spf-initial 20s', 'timers spf-most 20s');
  peer.ip('address', 'add', '10.1.0.9/32', 'dev', 'lo');
  await scene.says(`show ip ospf database router ${FRR}`, /10\.1\.0\.9\s/);
  await place.comesToEqual([scene.frr]);
  t.same(place.routes(), [BOTH.slice(0, BOTH.lastIndexOf(' '))], 'it waits');
  await place.comesToRoutes([BOTH, BOTH.replace(FRR, '10.1.0.9')]);
  await scene.change('timers spf-initial 10ms', '-timers spf-most');
  peer.ip('address', 'delete', '10.1.0.9/32', 'dev', 'lo');
  await place.comesToRoutes([BOTH]);
}

async function pathsAndDistance(_t: Test, scene: Scene): Promise<void> {
  const { place } = scene;
  await scene.change('maximum-paths 1');
  await place.comesToRoutes([`${FRR} 10.7.0.2@lan0 10`]);
  await scene.change('-maximum-paths', 'distance intra 91');
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

/** The states of the neighbour on lan0 and lan1. */
async function comesTo({ place }: Scene, ...wanted: string[]): Promise<void> {
  let said = '';
  const look = async () => {
    const rows = await place.neighbors();
    said = LINKS.map((i) => rows.find((row) => row.interface === `lan${i}`)?.state ?? 'none').join();
  };
  await place.comesToBe('neighbours', wanted.join(), () => {
    void look();
    return said;
  });
}

async function authenticationOfAnArea(_t: Test, scene: Scene): Promise<void> {
  await scene.change(
    `areas 0.0.0.0 authentication keys 7 secret ${SECRET}`,
    'areas 0.0.0.0 authentication keys 7 algorithm md5',
  );
  await comesTo(scene, 'none', 'none');
  for (const i of LINKS)
    scene.configureFrr(
      `interface eth${i}`,
      'ip ospf authentication message-digest',
      `ip ospf message-digest-key 7 md5 ${SECRET}`,
    );
  await comesTo(scene, 'Full', 'Full');
}

async function aKeyChain(_t: Test, scene: Scene): Promise<void> {
  await scene.change(
    'key-chains both 7 secret another',
    'key-chains both 7 algorithm md5',
    'interfaces lan0 authentication key-chain both',
  );
  await comesTo(scene, 'none', 'Full');
  await scene.change(`key-chains both 7 secret ${SECRET}`);
  await comesTo(scene, 'Full', 'Full');
}

t.test('a key of OSPF that is set while the router runs is seen by FRR:', { skip }, async (t) => {
  const around = await scene(t);
  for (const [name, seen] of Object.entries({
    'stub-router on-start: for so long others go round it': aStubRouterOnStart,
    'redistribute: routes of each source, with metric, type and tag': redistribution,
    'default-information: a default route, with metric, type and tag': defaultInformation,
    'hostname: router information': aHostname,
    'transmit-delay: LSAs arrive older by that': aTransmitDelay,
    'min-ls-interval: an LSA of ours waits, others do not': aMinimumBetweenOurs,
    'min-ls-arrival: an LSA that comes too soon is taken later': aMinimumBetweenTheirs,
    'spf-initial: routes wait': aDelayOfRoutes,
    'maximum-paths and distance: so many next hops, so preferred': pathsAndDistance,
    'authentication of an area: whoever has no key is none': authenticationOfAnArea,
    'key-chain: of an interface, before that of its area': aKeyChain,
  }))
    await t.test(name, (t) => seen(t, around));
});
