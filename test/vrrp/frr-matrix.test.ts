/** VRRP 3 beside FRR's vrrpd: versions 2 and 3, IPv4 and IPv6; whose addresses hosts find. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable, startFrr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;
const GROUPS = [
  { interface: 'lan0', group: 51, addresses: ['10.0.1.251'] },
  { interface: 'lan0', group: 52, addresses: ['fe80::252', 'fd00:1::252'] },
  { interface: 'lan0', group: 53, version: 2, addresses: ['10.0.1.253'] },
];
const VIRTUAL = { '10.0.1.251': '01:33', 'fd00:1::252': '02:34', '10.0.1.253': '01:35' };
/** Its priority is 100 unless told. */
const THEIRS = `interface eth0
 vrrp 51 version 3
 vrrp 51 ip 10.0.1.251
 vrrp 52 version 3
 vrrp 52 ipv6 fe80::252
 vrrp 52 ipv6 fd00:1::252
 vrrp 53 version 2
 vrrp 53 ip 10.0.1.253
`;
/** It has none made: it takes those that it finds with the MAC of a group, and sets them up and down. */
const MACVLANS = [
  ['vrrp4-51', '01:33', '10.0.1.251/32'],
  ['vrrp6-52', '02:34', 'fe80::252/64', 'fd00:1::252/128'],
  ['vrrp4-53', '01:35', '10.0.1.253/32'],
];

interface Shown {
  vrid: number;
  v4: { status: string };
  v6: { status: string };
}

t.test('each side Active in turn: hosts find the one that is', { skip }, async (t) => {
  const place = await VrrpPlace.make(t);
  // Its kernel would answer by eth0 for addresses of macvlans that are down.
  place.peer.exec(['sysctl', '-q', '-w', 'net.ipv4.conf.all.arp_ignore=1']);
  for (const [name = '', end = '', ...addresses] of MACVLANS) {
    place.peer.ip('link', 'add', name, 'link', 'eth0', 'type', 'macvlan', 'mode', 'bridge');
    place.peer.ip('link', 'set', name, 'address', `00:00:5e:00:${end}`, 'up');
    for (const address of addresses)
      place.peer.ip('address', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
  }
  const frr = await startFrr(t, place.peer, place.directory, THEIRS, 'vrrpd');
  const roles = () => {
    const shown = JSON.parse(frr.vtysh('show vrrp json')) as Shown[];
    return shown.map(({ vrid, v4, v6 }) => (vrid === 52 ? v6.status : v4.status));
  };
  const comesTo = (role: string) =>
    eventuallyAsync(`FRR is ${role} in all`, PATIENCE, async () => {
      const now = roles();
      return (now.length === 3 && now.every((each) => each === role)) || undefined;
    }).catch((thrown: Error) => {
      throw new Error(`${thrown.message}: ${frr.vtysh('show vrrp')} ${frr.log().slice(-2000)}`);
    });
  await comesTo('Master');

  await t.test('of a lower priority it is Backup', async (t) => {
    await place.start(GROUPS.map((group) => ({ ...group, priority: 50 })));
    await place.comesTo('Backup');
    t.same(place.devices(), ['vrrp4 51', 'vrrp4 53', 'vrrp6 52']);
  });

  await t.test('of a higher priority it takes over', async (t) => {
    await place.kill('SIGTERM');
    await place.start(GROUPS.map((group) => ({ ...group, priority: 200 })));
    await place.comesTo('Active');
    await comesTo('Backup');
    for (const [address, end] of Object.entries(VIRTUAL))
      t.equal(await place.macOf(address), `00:00:5e:00:${end}`, address);
    t.same(place.devices(), [
      'vrrp4 51 10.0.1.251/32',
      'vrrp4 53 10.0.1.253/32',
      'vrrp6 52 fd00:1::252/128 fe80::252/128',
    ]);
  });

  await t.test('its planned end hands all over', async () => {
    await place.kill('SIGTERM');
    await comesTo('Master');
  });
});
