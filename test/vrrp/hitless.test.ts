/**
 * Swaps and live configurations of a router that is Active beside keepalived: no role changes, and a stream through the virtual
 * address loses nothing. HITLESS_VRRP_SWAPS=1000: so many swaps, and a fifth of it of configurations, at 20 ms as well.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import {
  type Instance,
  type Keepalived,
  keepalivedUnavailable,
  startKeepalived,
} from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';
import { Stream } from './stream.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
const PATIENCE = 60_000;
const IS_LONG = process.env.HITLESS_VRRP_SWAPS !== undefined;
/** In threes. */
const SWAPS = 3 * Math.ceil(Number(process.env.HITLESS_VRRP_SWAPS ?? 30) / 3);
const CONFIGURATIONS = Math.ceil(SWAPS / 5);
/** By group, in ms. After three of 20 ms keepalived takes over: that holds on a machine that has nothing else to do. */
const INTERVALS = { 51: 1_000, 52: 100, ...(IS_LONG && { 53: 20 }) };
const GROUPS = Object.entries(INTERVALS).map(([group, interval]) => ({ group: Number(group), interval }));
const ADDRESS = '10.0.1.251';
const addressOf = (group: number) => `10.0.1.${200 + group}`;

const OURS = GROUPS.map(({ group, interval }) => ({
  interface: 'lan0',
  group,
  priority: 250,
  interval: `${interval}ms`,
  addresses: [addressOf(group)],
}));
const THEIRS: Instance[] = GROUPS.map(({ group, interval }) => ({
  interface: 'eth0',
  group,
  priority: 100,
  interval: interval / 1_000,
  address: addressOf(group),
}));
const WAN = { wan0: { addresses: ['10.0.2.1/24'], forwarding: true } };
/** VRRP alone, IP alone, and both together back. */
const SWAP_LINES = [
  'replace VRRP vrrp@3.0.901',
  'replace IP ip@3.3.901',
  'syn_replace IP ip@3.3.900 VRRP vrrp@3.0.900',
];
/** Other work on the machine is no matter of the swap. */
const ROUTER = { realtime: 10 };

t.test('who is Active stays so, whatever is swapped and configured', { skip }, async (t) => {
  const place = await VrrpPlace.make(t);
  const server = place.behind();
  const keepalived = await startKeepalived(t, place, THEIRS);
  await place.start(OURS, WAN, ROUTER);
  await place.comesTo('Active');
  await comesTo(keepalived, 'BACKUP');
  place.host.ip('route', 'add', '10.0.2.0/24', 'via', ADDRESS);
  const stream = await Stream.begin(t, place.host, server, '10.0.2.9');
  const devices = place.devices();

  await t.test(`${SWAPS} swaps of VRRP, of IP and of both change no role and lose nothing`, async (t) => {
    const before = { roles: rolesOf(keepalived), mark: await stream.mark() };
    for (let i = 0; i < SWAPS; i++) await place.run(SWAP_LINES[i % 3]!, 'confirm');
    await unchanged(t, before);
  });

  await t.test(`${CONFIGURATIONS} live configurations do not either`, async (t) => {
    const before = { roles: rolesOf(keepalived), mark: await stream.mark() };
    const session = await ConsoleSession.open(t, place.socket);
    for (let i = 0; i < CONFIGURATIONS; i++) {
      const { group } = GROUPS[i % GROUPS.length]!;
      const priority = 240 + (i % 10);
      await session.all(`set vrrp lan0 ${group} priority ${priority}`, 'commit');
    }
    await unchanged(t, before);
  });

  await t.test('a restart of the process is seen: keepalived takes over', async (t) => {
    const before = rolesOf(keepalived);
    await place.kill('SIGKILL');
    await comesTo(keepalived, 'MASTER');
    await place.start(OURS, WAN, ROUTER);
    await place.comesTo('Active');
    await comesTo(keepalived, 'BACKUP');
    for (const [i, roles] of rolesOf(keepalived).entries())
      t.ok(
        roles.slice(before[i]!.length).includes('MASTER'),
        `keepalived has been Active in ${GROUPS[i]!.group}`,
      );
  });

  async function unchanged(t: Test, { roles, mark }: { roles: string[][]; mark: number }): Promise<void> {
    t.same(await stream.gaps(mark), [], 'nothing is lost');
    t.same(rolesOf(keepalived), roles, 'keepalived has its roles');
    t.same(place.devices(), devices, 'the virtual addresses are where they were');
    await place.comesTo('Active');
  }
});

function rolesOf({ roles }: Keepalived): string[][] {
  return GROUPS.map(({ group }) => roles(group));
}

async function comesTo(keepalived: Keepalived, role: string): Promise<void> {
  await eventuallyAsync(
    `keepalived is ${role} in all`,
    PATIENCE,
    async () => rolesOf(keepalived).every((roles) => roles.at(-1) === role) || undefined,
  );
}
