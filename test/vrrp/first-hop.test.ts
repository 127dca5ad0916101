/** The first hop of a client that streams through the virtual address, beside keepalived: what each event costs it. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Instance, keepalivedUnavailable, startKeepalived } from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';
import { type Gap, Stream } from './stream.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
const PATIENCE = 60_000;
const ADDRESS = '10.0.1.251';
const INTERVAL_MS = 500;
/** Of keepalived: the higher, the sooner it takes over (RFC 9568 6.1, Skew_Time). */
const THEIR_PRIORITY = 200;
/** Whoever leaves has its addresses until the other has taken over: a client loses what is on its way then, in datagrams. */
const ON_ITS_WAY = 10;
const SKEW_MS = ((256 - THEIR_PRIORITY) * INTERVAL_MS) / 256;
const DOWN_MS = 3 * INTERVAL_MS + SKEW_MS;
/** The kernel's own delays, such as the last packet of 5 ms before and the taking over itself. */
const KERNEL_MS = 250;

const OURS = [
  { interface: 'lan0', group: 51, priority: 250, interval: `${INTERVAL_MS}ms`, addresses: [ADDRESS] },
];
const WAN = { wan0: { addresses: ['10.0.2.1/24'], forwarding: true } };
const THEIRS: Instance = {
  interface: 'eth0',
  group: 51,
  priority: THEIR_PRIORITY,
  interval: INTERVAL_MS / 1_000,
  address: ADDRESS,
};
const SWAPS = Number(process.env.HITLESS_VRRP_SWAPS ?? 20);

t.test('a client streams through the virtual address', { skip }, async (t) => {
  const place = await VrrpPlace.make(t);
  const server = place.behind();
  const keepalived = await startKeepalived(t, place, [THEIRS]);
  const comesTo = (role: string) =>
    eventuallyAsync(
      `keepalived is ${role}`,
      PATIENCE,
      async () => keepalived.roles(51).at(-1) === role || undefined,
    );
  await comesTo('MASTER');
  place.host.ip('route', 'add', '10.0.2.0/24', 'via', ADDRESS);
  const stream = await Stream.begin(t, place.host, server, '10.0.2.9');

  await t.test('a router of a higher priority takes over, and nothing is lost', async (t) => {
    const mark = await stream.mark();
    await place.start(OURS, WAN);
    await place.comesTo('Active');
    await comesTo('BACKUP');
    t.same(await stream.gaps(mark), []);
    t.equal(await place.macOf(ADDRESS), '00:00:5e:00:01:33');
  });

  await t.test(`${SWAPS} swaps of VRRP, of IP and of both lose nothing and change no role`, async (t) => {
    const mark = await stream.mark();
    const roles = keepalived.roles(51);
    await swap(t, place);
    t.same(await stream.gaps(mark), []);
    t.same(keepalived.roles(51), roles);
    await place.comesTo('Active');
  });

  const scene: Scene = { place, stream, comesTo };
  await endsAndReturns(t, scene);
  await t.test('a LAN that is split has two, and exactly one as soon as it is whole again', async (t) => {
    await splitAndHeal(t, scene);
  });
  await leavesAndReturns(t, scene);
  await isKilled(t, scene);
});

/** The router, what the client sends through it, and the waiting for keepalived's role. */
interface Scene {
  place: VrrpPlace;
  stream: Stream;
  comesTo: (role: string) => Promise<unknown>;
}

async function endsAndReturns(t: Test, scene: Scene): Promise<void> {
  const { place, stream, comesTo } = scene;
  await t.test('its planned end costs nothing', async (t) => {
    const mark = await stream.mark();
    await place.kill('SIGTERM');
    t.same(place.devices(), [], 'all is gone when the process is');
    await isTakenOver(t, scene, mark);
  });

  await t.test('it comes back and takes over again, and nothing is lost', async (t) => {
    const mark = await stream.mark();
    await place.start(OURS, WAN);
    await place.comesTo('Active');
    await comesTo('BACKUP');
    t.same(await stream.gaps(mark), []);
  });
}

async function leavesAndReturns(t: Test, scene: Scene): Promise<void> {
  const { place, stream, comesTo } = scene;
  for (const [leaves, returns] of [
    ['remove VRRP', 'add VRRP vrrp@3.0.900'],
    ['disable VRRP', 'enable VRRP'],
  ] as const)
    await t.test(`${leaves} costs nothing, nor does its way back`, async (t) => {
      const mark = await stream.mark();
      await place.run(leaves);
      await isTakenOver(t, scene, mark);
      const back = await stream.mark();
      await place.run(returns);
      await comesTo('BACKUP');
      await place.comesTo('Active');
      t.same(await stream.gaps(back), []);
    });

  await t.test('what is added again at once takes over what is still there', async (t) => {
    const mark = await stream.mark();
    await place.run('remove VRRP', 'add VRRP vrrp@3.0.900');
    await place.comesTo('Active');
    await comesTo('BACKUP');
    const gaps = await stream.gaps(mark);
    t.ok(lostOf(gaps) <= ON_ITS_WAY, JSON.stringify(gaps));
    t.same(place.devices(), [`vrrp4 51 ${ADDRESS}/32`]);
  });
}

async function isKilled(t: Test, scene: Scene): Promise<void> {
  const { place, stream, comesTo } = scene;
  await t.test('killed, it costs nothing, and is gone soon after the other has taken over', async (t) => {
    const mark = await stream.mark();
    await place.kill('SIGKILL');
    t.same(place.devices(), [`vrrp4 51 ${ADDRESS}/32`], 'it goes on without its process');
    await isTakenOver(t, scene, mark);
  });

  await t.test('killed and started at once, it goes on with what it left behind', async (t) => {
    await place.start(OURS, WAN);
    await comesTo('BACKUP');
    await place.comesTo('Active');
    const mark = await stream.mark();
    await place.kill('SIGKILL');
    await place.start(OURS, WAN);
    await place.comesTo('Active');
    await comesTo('BACKUP');
    const gaps = await stream.gaps(mark);
    t.ok(lostOf(gaps) <= ON_ITS_WAY, JSON.stringify(gaps));
    await eventuallyAsync('the child of the process before ends', PATIENCE, async () => {
      return place.router.pids().length === 2 || undefined;
    });
    t.same(place.devices(), [`vrrp4 51 ${ADDRESS}/32`], 'and has left it alone');
  });
}

/** Since a mark keepalived has taken over, exactly one has MAC and address, and next to nothing was lost. */
async function isTakenOver(t: Test, { place, stream, comesTo }: Scene, mark: number): Promise<void> {
  await comesTo('MASTER');
  const gaps = await stream.gaps(mark);
  t.ok(lostOf(gaps) <= ON_ITS_WAY, JSON.stringify(gaps));
  await eventuallyAsync('the router has nothing of it any more', PATIENCE, async () => {
    return place.devices().every((text) => !text.includes(ADDRESS)) || undefined;
  });
  t.equal(lostOf(await stream.gaps(mark)), lostOf(gaps), 'nor does its going cost anything');
  t.match(place.peer.ip('address', 'show', 'eth0'), ADDRESS);
}

/** So many datagrams did not arrive. */
function lostOf(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { lost }) => sum + lost, 0);
}

/** So many swaps, each module to its other version and back. */
async function swap(t: Test, place: VrrpPlace): Promise<void> {
  const next = { VRRP: 1, IP: 1 };
  const other = (module: 'VRRP' | 'IP') => {
    const version = module === 'VRRP' ? `vrrp@3.0.90${next.VRRP}` : `ip@3.3.90${next.IP}`;
    next[module] = 1 - next[module];
    return `${module} ${version}`;
  };
  for (let i = 0; i < SWAPS; i++) {
    const lines = [
      () => `replace ${other('VRRP')}`,
      () => `replace ${other('IP')}`,
      () => `syn_replace ${other('IP')} ${other('VRRP')}`,
    ];
    const line = lines[i % 3]!();
    const { ok, message } = await place.exec(line);
    if (!ok) t.fail(`${line}: ${message}`);
  }
}

async function splitAndHeal(t: Test, { place, stream, comesTo }: Scene): Promise<void> {
  const mark = await stream.mark();
  place.split(true);
  await comesTo('MASTER');
  const gaps = await stream.gaps(mark);
  t.ok(gaps.length === 1 && gaps[0]!.ms < DOWN_MS + KERNEL_MS, JSON.stringify(gaps));
  t.comment(`split: ${JSON.stringify(gaps)}`);
  await place.comesTo('Active');
  const healed = await stream.mark();
  place.split(false);
  await comesTo('BACKUP');
  await place.comesTo('Active');
  t.same(place.devices(), [`vrrp4 51 ${ADDRESS}/32`]);
  t.notMatch(place.peer.ip('address', 'show', 'eth0'), ADDRESS);
  const macOf = () => JSON.parse(place.host.ip('-j', 'neighbor', 'show', ADDRESS)) as { lladdr?: string }[];
  await eventuallyAsync('the host has the virtual MAC again', PATIENCE, async () => {
    return macOf()[0]?.lladdr === '00:00:5e:00:01:33' || undefined;
  });
  t.same(await stream.gaps(healed), [], 'to become whole costs nothing');
}
