/** `show ipv6 nd ra`: what people and programs are told of router advertisements, beside what has left. */
import t from 'tap';
import type Ip from '../../firmware/modules/ip/module.ts';
import { encodeAll } from '../../firmware/modules/ip/nd/packet.ts';
import type { AdvertisingView } from '../../firmware/modules/ip/views/advertising.ts';
import { type AdvertisingRouter, forwarding, link, router, SOLICITATION, settled } from './ip-router6.ts';

function answer(ip: AdvertisingRouter, name?: string) {
  const body = name === undefined ? undefined : { interface: name };
  return (ip.module as InstanceType<typeof Ip>).onShowAdvertising6({ body } as never);
}

function shown(ip: AdvertisingRouter, name?: string): AdvertisingView[] {
  return [...(answer(ip, name) as Iterable<AdvertisingView | undefined>)].filter((row) => row !== undefined);
}

t.test('an interface says what hosts are told, when the last one left and when the next does', async (t) => {
  const ip = router({
    mtu: true,
    managed: true,
    other: true,
    preference: 'high',
    routes: { 'fd00:9::/48': { preference: 'low' } },
    dns: { servers: ['fd00:1::53'], search: ['lab.example'], lifetime: 60_000 },
  });
  t.match(shown(ip)[0], { advertising: true, source: 'fe80::1', sent: 0, asked: false });
  t.notOk('lastAgo' in shown(ip)[0]!, 'none has left');
  const [first] = ip.timesOf(1_000);
  const [row] = shown(ip);
  t.equal(row?.lastAgo, 1_000 - first!);
  t.match(row, {
    interface: 'r0',
    sent: 1,
    says: { mtu: 1500, managed: true, prefixes: [{ prefix: 'fd00:1::/64' }] },
  });
  const next = ip.timesOf(20_000)[0];
  t.equal(row?.nextIn, next, 'it leaves when it was said to be due');
  const lines = shown(ip)[0]!.lines;
  for (const line of [
    'Interface r0 advertises from fe80::1',
    '  ND advertised reachable time is 0 milliseconds',
    '  ND advertised retransmit interval is 0 milliseconds',
    '  ND advertised hop-count limit is 64 hops',
    '  ND advertised link MTU is 1500 bytes',
    '  ND router advertisement default router preference is high',
    '  Hosts use DHCP to obtain routable addresses.',
    '  Hosts use DHCP to obtain other configuration.',
    '  ND advertised prefix fd00:1::/64: valid 2592000 s, preferred 604800 s, on-link, autonomous',
    '  ND router advertisements are sent every 200s to 10m',
    '  ND router advertisements sent: 2 rcvd: 0 not sent: 0',
    '  ND advertised DNS servers fd00:1::53: 60 s',
    '  ND advertised search list lab.example: 60 s',
  ])
    t.ok(lines.includes(line), `${line}\n${lines.join('\n')}`);
  t.match(lines.join('\n'), /ND advertised route fd00:9::\/48: \d+ s, preference low/);
  t.match(lines.join('\n'), /ND last router advertisement sent: \S+ ago, next: in \S+/);
});

t.test(
  'solicitations, those that had no answer of their own, and what was dropped are counted',
  async (t) => {
    const ip = settled();
    for (let i = 0; i < 1_000; i++) ip.hears(SOLICITATION, `fe80::${i + 100}`);
    ip.hears(SOLICITATION, 'fe80::2', 64);
    const [asked] = shown(ip);
    t.match(asked, { asked: true, solicited: 1_000, limited: 999, dropped: { hopLimit: 1 } });
    t.ok(asked!.nextIn! <= 500);
    t.match(
      asked?.lines.join('\n'),
      /next: in \S+, which a host has asked for\n.*rcvd: 1000 .*before: 999\n.*hopLimit: 1/,
    );
    ip.advance(1_000);
    t.match(shown(ip)[0], { asked: false, solicited: 1_000, sent: 4 });
  },
);

t.test('a router that contradicts is shown for as long as it does', async (t) => {
  const ip = settled();
  const say = (hopLimit: number) => ip.hears(encodeAll({ ...ip.own.offer!, hopLimit }, 1500)[0]!, 'fe80::7');
  say(32);
  t.same(shown(ip)[0]?.contradicts, [{ router: 'fe80::7', says: 'hop limit 32 (ours: 64)' }]);
  t.ok(shown(ip)[0]?.lines.includes('  Router fe80::7 contradicts: hop limit 32 (ours: 64)'));
  say(64);
  t.same(shown(ip)[0]?.contradicts, []);
});

t.test(
  'an interface that advertises nothing says why, and a name that is not there is refused',
  async (t) => {
    const ip = settled();
    ip.rows(forwarding(false));
    t.match(shown(ip)[0], { advertising: true, says: { lifetime: 0 }, remarks: [/forwarding is 0/] });
    ip.rows(link(false));
    const [row] = shown(ip);
    t.match(row, { advertising: false, why: 'it is down', sent: 3 });
    t.notOk('says' in row! || 'nextIn' in row!);
    t.equal(row?.lines[0], 'Interface r0 is silent: it is down');
    t.match(answer(ip, 'r9'), { refused: /^there is no interface "r9"/ });
    ip.rows(link(true, 'r1', 3));
    t.match(answer(ip, 'r1'), { refused: /^r1 is not configured for IPv6 router advertisements: "set ip/ });
    t.equal(shown(ip, 'r0').length, 1);
  },
);

t.test('what is shown is a copy', async (t) => {
  const ip = settled();
  shown(ip)[0]!.says!.prefixes.length = 0;
  t.equal(ip.own.offer?.prefixes.length, 1);
});
