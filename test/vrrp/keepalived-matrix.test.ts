/** VRRP 3 beside keepalived: versions 2 and 3, IPv4 and IPv6; whose addresses hosts find, and with which MAC. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Instance, keepalivedUnavailable, startKeepalived } from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
const PATIENCE = 60_000;

const GROUPS = [
  { interface: 'lan0', group: 51, addresses: ['10.0.1.251'] },
  { interface: 'lan0', group: 52, addresses: ['fe80::252', 'fd00:1::252'] },
  { interface: 'lan0', group: 53, version: 2, addresses: ['10.0.1.253'] },
];
const THEIRS: Instance[] = [
  { interface: 'eth0', group: 51, priority: 100, interval: 1, address: '10.0.1.251' },
  { interface: 'eth0', group: 52, priority: 100, interval: 1, address: 'fe80::252', others: ['fd00:1::252'] },
  { interface: 'eth0', group: 53, version: 2, priority: 100, interval: 1, address: '10.0.1.253' },
];
/** Its devices, while none of them has an address. */
const WITHOUT = ['vrrp4 51', 'vrrp4 53', 'vrrp6 52'];
const VIRTUAL = { '10.0.1.251': '01:33', 'fd00:1::252': '02:34', '10.0.1.253': '01:35' };

t.test('each side Active in turn: one at a time, and hosts find the one that is', { skip }, async (t) => {
  const place = await VrrpPlace.make(t);
  const directory = place.directory;
  const keepalived = await startKeepalived(t, { peer: place.peer, directory }, THEIRS);
  const comesTo = (role: string) =>
    eventuallyAsync(`keepalived is ${role} in all`, PATIENCE, async () => {
      const roles = THEIRS.map(({ group }) => keepalived.roles(group).at(-1));
      return roles.every((each) => each === role) || undefined;
    });
  await comesTo('MASTER');

  await t.test('of a lower priority it is Backup, and answers for nothing', async (t) => {
    await place.start(GROUPS.map((group) => ({ ...group, priority: 50 })));
    await place.comesTo('Backup');
    t.same(place.devices(), WITHOUT);
    t.same(place.defaultRouters(), []);
    for (const address of Object.keys(VIRTUAL)) t.equal(await place.macOf(address), macOfPeer(place));
  });

  await t.test('of a higher priority it takes over, and hosts find the virtual MAC', async (t) => {
    await place.kill('SIGTERM');
    await place.start(GROUPS.map((group) => ({ ...group, priority: 200 })));
    await place.comesTo('Active');
    await comesTo('BACKUP');
    for (const [address, end] of Object.entries(VIRTUAL))
      t.equal(await place.macOf(address), `00:00:5e:00:${end}`, address);
    t.same(place.devices(), [
      'vrrp4 51 10.0.1.251/32',
      'vrrp4 53 10.0.1.253/32',
      'vrrp6 52 fd00:1::252/128 fe80::252/128',
    ]);
  });

  await t.test('Active, it is the default router of hosts by its virtual address alone', async (t) => {
    const routers = await eventuallyAsync('the host hears of it', PATIENCE, async () => {
      const found = place.defaultRouters();
      return found.length > 0 ? found : undefined;
    });
    t.same(routers, ['fe80::252']);
  });

  await t.test('a swap changes no role', async (t) => {
    const before = THEIRS.map(({ group }) => keepalived.roles(group).length);
    for (const line of [
      'replace VRRP vrrp@3.0.901',
      'replace IP ip@3.3.901',
      'syn_replace IP ip@3.3.900 VRRP vrrp@3.0.900',
    ]) {
      const { ok, message } = await place.exec(line);
      t.ok(ok, `${line}: ${message}`);
    }
    await place.comesTo('Active');
    t.same(
      THEIRS.map(({ group }) => keepalived.roles(group).length),
      before,
    );
  });

  await t.test(
    'killed, it has its addresses until another takes over, then none, and hosts find that one',
    async (t) => {
      await killed(t, place, comesTo);
    },
  );

  await t.test('its planned end leaves nothing behind', async (t) => {
    await place.kill('SIGTERM');
    t.same(place.devices(), []);
  });
});

async function killed(t: Test, place: VrrpPlace, comesTo: (role: string) => Promise<unknown>): Promise<void> {
  const held = place.devices();
  await place.kill('SIGKILL');
  t.same(place.devices(), held, 'hosts go on with what they have');
  await comesTo('MASTER');
  await eventuallyAsync('its devices go', PATIENCE, async () => place.devices().length === 0 || undefined);
  for (const address of Object.keys(VIRTUAL)) t.equal(await place.macOf(address), macOfPeer(place), address);
  await place.start(GROUPS.map((group) => ({ ...group, priority: 50 })));
  await place.comesTo('Backup');
  await eventuallyAsync(
    'its devices are there again',
    PATIENCE,
    async () => place.devices().join() === WITHOUT.join() || undefined,
  );
  t.same(place.devices(), WITHOUT);
}

function macOfPeer(place: VrrpPlace): string | undefined {
  const rows = JSON.parse(place.peer.ip('-j', 'link', 'show', 'eth0')) as { address: string }[];
  return rows[0]?.address;
}
