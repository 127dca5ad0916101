/** The first hop of a client that streams through the virtual address, beside keepalived: what each event costs it. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Instance, keepalivedUnavailable, startKeepalived } from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';
import { Stream } from './stream.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
const PATIENCE = 60_000;
const ADDRESS = '10.0.1.251';
const INTERVAL_MS = 500;
/** Of keepalived: the higher, the sooner it takes over (RFC 9568 6.1, Skew_Time). */
const THEIR_PRIORITY = 200;
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

  await t.test('its planned end costs less than an advertisement interval', async (t) => {
    const mark = await stream.mark();
    await place.kill('SIGTERM');
    const gaps = await stream.gaps(mark);
    await comesTo('MASTER');
    t.ok(gaps.length <= 1, JSON.stringify(gaps));
    t.ok((gaps[0]?.ms ?? 0) < INTERVAL_MS, JSON.stringify(gaps));
    t.comment(`planned end: ${JSON.stringify(gaps)}`);
  });

  await t.test('it comes back and takes over again, and nothing is lost', async (t) => {
    const mark = await stream.mark();
    await place.start(OURS, WAN);
    await place.comesTo('Active');
    await comesTo('BACKUP');
    t.same(await stream.gaps(mark), []);
  });

  await t.test('a LAN that is split has two, and exactly one as soon as it is whole again', async (t) => {
    await splitAndHeal(t, place, stream, comesTo);
  });

  await t.test('killed, it costs no more than the down time', async (t) => {
    const mark = await stream.mark();
    await place.kill('SIGKILL');
    await comesTo('MASTER');
    const gaps = await stream.gaps(mark);
    t.ok(gaps.length <= 1, JSON.stringify(gaps));
    t.ok((gaps[0]?.ms ?? 0) < DOWN_MS + KERNEL_MS, JSON.stringify(gaps));
    t.comment(`killed: ${JSON.stringify(gaps)}`);
  });
});

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

async function splitAndHeal(
  t: Test,
  place: VrrpPlace,
  stream: Stream,
  comesTo: (role: string) => Promise<unknown>,
): Promise<void> {
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
