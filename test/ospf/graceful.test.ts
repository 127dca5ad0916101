/** Restarts (RFC 3623) of the whole router between FRR and BIRD, which are asked to wait for it; then of BIRD, which asks. */
import t, { type Test } from 'tap';
import { Remote } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import type { Frr } from '../router/frr.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import type { AgentOrder } from '../router/routes/agent.ts';
import type { MonitorTally } from '../router/routes/route-monitor.ts';
import type { StreamReceived, StreamSent } from '../router/routes/stream.ts';
import { type Bird, birdUnavailable } from './bird.ts';
import { databaseOf, OspfPlace, type Sections } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;
const PATIENCE = 60_000;
const RATE = 500;
/** In the kernel's tables: the router's routes, those of FRR's ospfd, and BIRD's. */
const PROTOCOLS = { router: 72, frr: 188, bird: 12 } as const;
/** Longer than RouterDeadInterval: without help the neighbours have given the router up. */
const AWAY_MS = 6_000;

const FRR = `interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
 ip ospf priority 3
router ospf
 ospf router-id 10.9.0.2
 capability opaque
 timers throttle spf 0 50 500
 graceful-restart helper enable
 network 10.9.0.0/24 area 0.0.0.0
 network 10.1.0.2/32 area 0.0.0.0
`;
const BIRD = {
  routerId: '10.8.0.4',
  areas: `graceful restart on;
area 0.0.0.0 {
  interface "eth0" { type broadcast; hello 1; dead 4; wait 2; cost 10; priority 1; };
  interface "lo" { stub; };
};`,
};
const TIMES = { 'hello-interval': '1s', 'dead-interval': '4s', 'retransmit-interval': '1s' };

/** The router is designated on BIRD's LAN, and not on FRR's. It redistributes a static route. */
function sections(restarter: boolean, helper = true): Sections {
  return {
    id: '10.9.0.1',
    ip: {
      interfaces: { lan0: {}, lan1: {} },
      'keep-routes': '2m',
      routes: { '10.77.0.0/16': { blackhole: {} } },
    },
    ospf: {
      interfaces: { lan0: { ...TIMES, priority: 1 }, lan1: { ...TIMES, priority: 9 } },
      redistribute: { static: {} },
      'graceful-restart': { restarter, helper, period: '60s' },
    },
  };
}

class Agent extends Remote<AgentOrder> {
  constructor(t: Test, namespace: NetworkNamespace) {
    super({ namespace, agent: 'test/router/routes/agent.ts' });
    t.teardown(() => this.end());
  }

  tally(): Promise<MonitorTally> {
    return this.order({ op: 'tally' }) as Promise<MonitorTally>;
  }
}

interface Setting {
  place: OspfPlace;
  frr: Frr;
  bird: Bird;
  agents: Record<keyof typeof PROTOCOLS, Agent>;
}

/** All are Full, databases are equal, and routes are in the kernels. */
async function begun(t: Test, first: Sections): Promise<Setting> {
  const place = await OspfPlace.make(t);
  const [one, two] = [place.peer('frr'), place.peer('bird')];
  NetworkNamespace.join([place.router, 'lan0', '10.9.0.1/24'], [one, 'eth0', '10.9.0.2/24']);
  NetworkNamespace.join([place.router, 'lan1', '10.8.0.1/24'], [two, 'eth0', '10.8.0.4/24']);
  one.ip('address', 'add', '10.1.0.2/32', 'dev', 'lo');
  two.ip('address', 'add', '10.1.0.4/32', 'dev', 'lo');
  const agents = {
    router: new Agent(t, place.router),
    frr: new Agent(t, one),
    bird: new Agent(t, two),
  };
  const frr = await place.frr(t, one, FRR);
  const bird = await place.bird(t, two, BIRD);
  await place.start(first);
  await isWell({ place, frr, bird, agents });
  for (const who of ['router', 'frr', 'bird'] as const)
    await agents[who].order({ op: 'watch', protocol: PROTOCOLS[who] });
  return { place, frr, bird, agents };
}

/** A stream from FRR's host to BIRD's while the router is away, and back. */
async function streamsOver(
  setting: Setting,
  away: () => Promise<void>,
): Promise<{ sent: number; lost: number }> {
  const { agents } = setting;
  for (const agent of Object.values(agents)) await agent.tally();
  await agents.bird.order({ op: 'receive' });
  await agents.frr.order({ op: 'send', to: ['10.1.0.4'], rate: RATE });
  await away();
  await isWell(setting);
  return endOfStream(setting);
}

async function isWell({ place, frr, bird }: Setting): Promise<void> {
  for (const routerId of ['10.9.0.2', '10.8.0.4']) await place.comesTo(routerId, 'Full');
  await eventuallyAsync('databases are equal', PATIENCE, async () => {
    const ours = (await place.database()).filter(isNoGrace).join();
    return [frr, bird].every((peer) => databaseOf(peer).filter(isNoGrace).join() === ours) || undefined;
  });
  await place.comesToRoutes(['10.1.0.2 10.9.0.2@lan0 10', '10.1.0.4 10.8.0.4@lan1 10']);
  await eventuallyAsync('FRR and BIRD have routes', PATIENCE, async () => {
    const isThere = frrRoutes(frr).includes('10.1.0.4/32') && birdRoutes(bird).includes('10.1.0.2/32');
    return (isThere && frrRoutes(frr).includes('10.77.0.0/16')) || undefined;
  });
}

/** FRR keeps what was flushed for a minute. */
function isNoGrace(lsa: string): boolean {
  return !lsa.includes(' 3.0.0.0 ');
}

function frrRoutes({ vtysh }: Frr): string {
  return vtysh('show ip route ospf');
}

function birdRoutes({ birdc }: Bird): string {
  return birdc('show route protocol o');
}

async function endOfStream({ agents }: Setting): Promise<{ sent: number; lost: number }> {
  const { sent, refused } = (await agents.frr.order({ op: 'stop' })) as StreamSent;
  const received = async () => (await agents.bird.order({ op: 'received' })) as StreamReceived;
  let now = await received();
  for (let quiet = 0; quiet < 10 && now.received + now.noRoom < sent; quiet++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    now = await received();
  }
  // Without a route they do not even leave.
  const unsent = Object.values(refused).reduce((sum, each) => sum + each, 0);
  return { sent, lost: unsent + sent - now.received - now.noRoom };
}

/** LSAs without grace-LSAs; FRR makes its own again when it has helped, with the same content (RFC 3623 3.2). */
function picturesOf({ frr, bird }: Setting): string[] {
  const isCounted = (lsa: string) => isNoGrace(lsa) && !/^\S+ \S+ 10\.9\.0\.2 /.test(lsa);
  return [frr, bird].flatMap((peer) => databaseOf(peer).filter(isCounted));
}

/** Of `show ip ospf neighbor detail`. */
interface HelpedRow {
  routerId: string;
  events: Record<string, number>;
}

const passes = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function isTold(place: OspfPlace, line: RegExp): Promise<void> {
  await eventuallyAsync(`${line} is in the log`, PATIENCE, async () => line.test(place.output) || undefined);
}

/** The router is stopped, away for longer than its neighbours would wait, and started again: nobody notices. */
async function restartsUnnoticed(t: Test, setting: Setting, before: readonly string[]): Promise<void> {
  const { place, frr, bird, agents } = setting;
  const { sent, lost } = await streamsOver(setting, async () => {
    await place.kill('SIGTERM');
    await passes(AWAY_MS);
    t.match(frr.vtysh('show ip ospf neighbor'), /10\.9\.0\.1 .*Full/, "FRR's neighbour is Full");
    t.match(frr.vtysh('show ip ospf graceful-restart helper'), /Active neighbours in graceful restart: 1/);
    t.match(bird.birdc('show ospf neighbors'), /10\.9\.0\.1 /, 'BIRD has it, too');
    t.same(picturesOf(setting), before, 'while nobody is there');
    await place.start(sections(true));
    await isTold(place, /the graceful restart is over: all adjacencies are there again/);
    await eventuallyAsync('no grace-LSA is left', PATIENCE, async () => {
      return !/ 3\.0\.0\.0/.test(bird.birdc('show ospf lsadb')) || undefined;
    });
  });
  t.ok(sent > (AWAY_MS * RATE) / 1_000, `${sent} packets`);
  t.equal(lost, 0, 'no packet is lost');
  t.same(picturesOf(setting), before, 'no LSA was made again');
  for (const who of ['router', 'frr', 'bird'] as const) {
    const untouched = { newRoutes: 0, removedRoutes: 0, lost: 0 };
    t.match(await agents[who].tally(), untouched, `no route of ${who} was touched`);
  }
}

async function othersWait(t: Test, setting: Setting): Promise<void> {
  const { place, frr, agents } = setting;
  const before = picturesOf(setting);
  await restartsUnnoticed(t, setting, before);
  await eventuallyAsync('the router has no grace-LSA', PATIENCE, async () => {
    const { data } = await place.exec('show ip ospf database');
    return !JSON.stringify(data).includes('"3.0.0.0"') || undefined;
  });
  // FRR has the end of it for up to a minute more, and takes one that is newer alone.
  await restartsUnnoticed(t, setting, before);

  // One that is not to ask does not.
  place.write(sections(false));
  await place.run('reload');
  const without = await streamsOver(setting, async () => {
    await place.kill('SIGTERM');
    await eventuallyAsync("FRR's route is gone", PATIENCE, async () => {
      return !frrRoutes(frr).includes('10.1.0.4') || undefined;
    });
    await place.start(sections(false));
  });
  t.ok(without.lost > 0, `${without.lost} packets`);
  t.ok((await agents.frr.tally()).removedRoutes > 0);
  t.ok((await agents.bird.tally()).removedRoutes > 0);
}

/** BIRD goes as one that will be back, and comes back: first where the router is not to wait, then where it is. */
async function itWaits(t: Test, setting: Setting): Promise<void> {
  const { place, bird, agents } = setting;
  const mayHelp = async (helper: boolean) => {
    place.write(sections(false, helper));
    await place.run('reload');
  };
  await mayHelp(false);
  bird.birdc('graceful restart');
  await isTold(place, /10\.8\.0\.4 on lan1: it restarts and is not helped: the configuration forbids it/);
  await place.comesToRoutes(['10.1.0.2 10.9.0.2@lan0 10']);
  await bird.restart();
  await isWell(setting);

  await mayHelp(true);
  const rowOf = async () => {
    const rows = (await place.exec('show ip ospf neighbor detail')).data as HelpedRow[];
    return rows.find(({ routerId }) => routerId === '10.8.0.4')!;
  };
  const { InactivityTimer: before = 0 } = (await rowOf()).events;
  await agents.router.tally();
  bird.birdc('graceful restart');
  await eventuallyAsync('BIRD has been silent for too long', PATIENCE, async () => {
    return ((await rowOf()).events.InactivityTimer ?? 0) > before || undefined;
  });
  t.match(await rowOf(), { state: 'Full', helpedFor: Number });
  t.match(await agents.router.tally(), { newRoutes: 0, removedRoutes: 0, lost: 0 }, 'no route was touched');
  await bird.restart();
  await isWell(setting);
}

t.test('a restart that is asked for is waited for,', { skip }, async (t) => {
  const setting = await begun(t, sections(true));
  await t.test(
    'of the router by FRR and BIRD, and again: no route is touched, and no packet is lost; only where it asks',
    (t) => othersWait(t, setting),
  );
  await t.test('of BIRD by the router: no route is touched; only where it may', (t) => itWaits(t, setting));
});
