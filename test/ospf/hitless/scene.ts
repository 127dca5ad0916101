/**
 * A router that is area border and AS boundary router, between neighbours that are to notice nothing, and one that comes and
 * goes:
 *
 *     FRR eth0 ── lan1 router lan2 ── eth0 BIRD        areas 0.0.0.0 and 0.0.0.1; a stream goes from FRR's host to BIRD's
 *                      lan3 ── eth0 BIRD that restarts, area 0.0.0.2, with many external routes
 *
 * The n-th link is 10.7.n.0/24, the router is .1. Hellos of FRR and the router are 100 ms apart, and packets there are signed.
 */
import type { Test } from 'tap';
import { pause, Remote } from '../../drivers/fixtures/remote.ts';
import { adjacencyChanges } from '../../frr-log.ts';
import { NetworkNamespace } from '../../netns.ts';
import type { Frr } from '../../router/frr.ts';
import type { Dice } from '../../router/live/dice.ts';
import { eventuallyAsync, goFirst } from '../../router/router-lab.ts';
import type { AgentOrder } from '../../router/routes/agent.ts';
import { type Flow, Flowing } from '../../router/routes/flowing.ts';
import { OURS } from '../../router/routes/place.ts';
import type { MonitorTally } from '../../router/routes/route-monitor.ts';
import type { Bird } from '../bird.ts';
import { databaseOf, OspfPlace, type Sections } from '../place.ts';
import { type Met, makeVersions, metIn, ONE } from './versions.ts';

const ROUTER = '10.7.0.1';
const RESTARTING = '10.7.3.2';
const HOSTS = { frr: '10.1.0.2', bird: '10.2.0.2', restarting: '10.3.0.2' } as const;
const PATIENCE = 60_000;
const SECRET = 'horse-42';
/** Of the neighbour that restarts. */
const EXTERNALS = 600;

const FRR = `interface eth0
 ip ospf dead-interval minimal hello-multiplier 10
 ip ospf retransmit-interval 2
 ip ospf priority 0
 ip ospf authentication message-digest
 ip ospf message-digest-key 7 md5 ${SECRET}
router ospf
 ospf router-id 10.7.1.2
 log-adjacency-changes detail
 timers throttle spf 0 50 500
 network 10.7.1.0/24 area 0.0.0.0
 network ${HOSTS.frr}/32 area 0.0.0.0
`;

const bird = (area: string) => `debug { events };
area ${area} {
  interface "eth0" { type broadcast; hello 1; dead 3; wait 2; retransmit 2; cost 10; priority 1; };
  interface "lo" { stub; };
};`;

const SECOND = { 'hello-interval': '1s', 'dead-interval': '3s', 'retransmit-interval': '2s', cost: 10 };

/** Settings that may be changed while it runs and leaves LSAs and routes as they are. */
export interface Live {
  retransmit?: string;
  hold?: string;
  paths?: number;
  delay?: string;
}

/** Of everything that is to stay, and of what was counted, between two looks. */
export interface Look {
  /** How often FRR and BIRD changed the state of their neighbour. */
  adjacency: { frr: number; bird: number };
  /** LSAs of the router's own as the peers have them, but for those that tell of the one that restarts. */
  lsas: string[];
}

export interface During {
  flow: Flow;
  tally: MonitorTally;
  /** Of the swaps. */
  met: Met;
}

type Agent = Remote<AgentOrder>;

export class HitlessScene {
  readonly place: OspfPlace;
  readonly peers: { frr: Frr; bird: Bird; restarting: Bird };
  readonly #agents: { from: Agent; router: Agent; to: Agent };
  readonly #flowing: Flowing;
  /** Those that run: the file names them. */
  readonly versions: { ospf: string; ip: string };

  private constructor(
    place: OspfPlace,
    peers: HitlessScene['peers'],
    agents: { from: Agent; router: Agent; to: Agent },
    ip: string,
  ) {
    this.place = place;
    this.peers = peers;
    this.#agents = agents;
    this.#flowing = new Flowing(agents.from, agents.to);
    this.versions = { ospf: ONE, ip };
  }

  /** All are Full, and the stream's way is there. Ends with the test. @param versions of OSPF that there are; of IP that is started */
  static async make(t: Test, versions: readonly string[], ip: string): Promise<HitlessScene> {
    // Hellos are 100 ms apart: whatever else the machine does should not make a neighbour miss ten of them.
    goFirst();
    const place = await OspfPlace.make(t);
    await makeVersions(place, versions);
    const spaces = { frr: place.peer('frr'), bird: place.peer('bird'), restarting: place.peer('again') };
    Object.entries(spaces).forEach(([name, peer], i) => {
      const link = i + 1;
      NetworkNamespace.join(
        [place.router, `lan${link}`, `10.7.${link}.1/24`],
        [peer, 'eth0', `10.7.${link}.2/24`],
      );
      peer.ip('address', 'add', `${HOSTS[name as keyof typeof HOSTS]}/32`, 'dev', 'lo');
    });
    const routes = Array.from(
      { length: EXTERNALS },
      (_, i) => `route 10.80.${i >> 4}.${(i & 15) << 4}/28 unreachable;`,
    );
    const peers = {
      frr: await place.frr(t, spaces.frr, FRR),
      bird: await place.bird(t, spaces.bird, { routerId: '10.7.2.2', areas: bird('0.0.0.1') }),
      restarting: await place.bird(t, spaces.restarting, {
        routerId: RESTARTING,
        areas: bird('0.0.0.2'),
        exported: 'where source = RTS_STATIC',
        others: `protocol static outside { ipv4; ${routes.join(' ')} }`,
      }),
    };
    const agentIn = (namespace: NetworkNamespace): Agent =>
      new Remote<AgentOrder>({ namespace, agent: 'test/router/routes/agent.ts' });
    const agents = { from: agentIn(spaces.frr), router: agentIn(place.router), to: agentIn(spaces.bird) };
    t.teardown(async () => {
      await Promise.all(Object.values(agents).map((agent) => agent.end()));
    });
    const scene = new HitlessScene(place, peers, agents, ip);
    await place.start(scene.sections());
    await scene.comesToRest();
    return scene;
  }

  sections(live: Live = {}): Sections {
    const { retransmit = '2s', hold = '100ms', paths = 64, delay = '1s' } = live;
    const { ospf, ip } = this.versions;
    return {
      id: ROUTER,
      modules: { OSPF: `ospf@${ospf}`, IP: `ip@${ip}` },
      ip: { interfaces: { lan1: {}, lan2: {}, lan3: {} }, routes: { '10.66.0.0/16': { blackhole: {} } } },
      ospf: {
        timers: { 'spf-initial': '10ms', 'spf-hold': hold, 'spf-most': '1s', 'min-ls-interval': '1s' },
        'maximum-paths': paths,
        redistribute: { static: { metric: 20 } },
        interfaces: {
          lan1: {
            'hello-interval': '100ms',
            'retransmit-interval': retransmit,
            'transmit-delay': delay,
            priority: 9,
            cost: 10,
            authentication: { keys: { 7: { algorithm: 'md5', secret: SECRET } } },
          },
          lan2: { ...SECOND, 'retransmit-interval': retransmit, priority: 9, area: '0.0.0.1' },
          lan3: { ...SECOND, area: '0.0.0.2' },
        },
      },
    };
  }

  /** Waits until all are Full, databases are equal, and FRR has the route of the stream. */
  async comesToRest(): Promise<void> {
    const { place } = this;
    for (const id of ['10.7.1.2', '10.7.2.2', RESTARTING]) await place.comesTo(id, 'Full');
    await place.comesToEqual(Object.values(this.peers));
    await eventuallyAsync(
      'FRR has the route',
      60_000,
      async () => this.peers.frr.vtysh('show ip route').includes(`${HOSTS.bird}/32`) || undefined,
    );
    await place.comesToReach([this.#space('frr'), HOSTS.frr], [this.#space('bird'), HOSTS.bird]);
  }

  #space(label: string): NetworkNamespace {
    return this.place.peers.find(({ name }) => name.includes(label))!;
  }

  look(): Look {
    const { frr, bird } = this.peers;
    const lsas = [frr, bird].flatMap((peer) =>
      databaseOf(peer).filter((lsa) => lsa.includes(` ${ROUTER} `) && !/ 10\.(3|7\.3)\./.test(lsa)),
    );
    return {
      adjacency: {
        frr: adjacencyChanges(frr.log()),
        bird: [...bird.log().matchAll(/Neighbor \S+ on \S+ changed state/g)].length,
      },
      lsas,
    };
  }

  /** Streams while something is done. Returns what became of the stream, and what was counted. */
  async during(act: () => Promise<void>): Promise<During> {
    const before = await this.#met();
    await this.#agents.router.order({ op: 'watch', protocol: OURS });
    await this.#flowing.start([HOSTS.bird]);
    await act();
    await this.#flowing.goesOn(1_000);
    const flow = await this.#flowing.end();
    const tally = (await this.#agents.router.order({ op: 'tally' })) as MonitorTally;
    const met = Object.entries(await this.#met()).map(([name, count]) => [name, count - (before[name] ?? 0)]);
    return { flow, tally, met: Object.fromEntries(met) };
  }

  async #met(): Promise<Met> {
    const { ok, message, data } = await this.place.exec('show state OSPF');
    if (!ok) throw new Error(`show state OSPF: ${message}`);
    return metIn((data as { state: { counters: Record<string, number> } }).state.counters);
  }

  /**
   * The neighbour of area 0.0.0.2 comes to Full again: after its link was down, and it made its LSAs anew; or after it went
   * without a word. It may fall silent in the middle of it.
   */
  async disturb(dice: Dice): Promise<void> {
    const { restarting } = this.peers;
    const space = this.#space('again');
    if (dice.percent(30)) await restarting.restart();
    else {
      space.ip('link', 'set', 'eth0', 'down');
      for (const command of ['disable outside', 'enable outside']) restarting.birdc(command);
      await pause(dice.int(200));
      space.ip('link', 'set', 'eth0', 'up');
    }
    await this.#restartingIs((state) => !['none', 'Down', 'Init', '2-Way'].includes(state));
    if (dice.percent(70)) {
      await pause(dice.int(30));
      restarting.signal('SIGSTOP');
      await pause(1_000);
      restarting.signal('SIGCONT');
    }
    await this.#restartingIs((state) => state === 'Full');
    await pause(dice.int(500));
  }

  async #restartingIs(isIt: (state: string) => boolean): Promise<void> {
    await eventuallyAsync('the neighbour that restarts', PATIENCE, async () => {
      const row = (await this.place.neighbors()).find(({ routerId }) => routerId === RESTARTING);
      return isIt(row?.state ?? 'none') || undefined;
    });
  }

  /** So long as the stream sends so many packets. */
  goesOn(packets: number): Promise<void> {
    return this.#flowing.goesOn(packets);
  }

  /** Swaps OSPF for a version, together with IP for another where one is named. */
  async swap(ospf: string, ip?: string): Promise<void> {
    const command = ip === undefined ? 'replace' : `syn_replace IP ip@${ip}`;
    await this.place.run(`${command} OSPF ospf@${ospf}`);
    this.versions.ospf = ospf;
    if (ip !== undefined) this.versions.ip = ip;
  }

  async configure(live: Live): Promise<void> {
    this.place.write(this.sections(live));
    await this.place.run('reload');
  }
}
