/** Virtual routers of IPv6 (RFC 9568): the same machine on other addresses. */
import t from 'tap';
import { section } from '../../firmware/modules/vrrp/config.ts';
import { down3, down4 } from '../../firmware/modules/vrrp/migration.ts';
import { checksumForms, decode, encode } from '../../firmware/modules/vrrp/packet.ts';
import { linkUp } from './fake-context.ts';
import {
  active,
  GROUP,
  GROUP6,
  hear,
  OWN6,
  PEER6,
  receive,
  ServedVrrp,
  sent,
  VRRP_GROUP6,
} from './vrrp-router.ts';

const KEY = 'r0/51/6';

t.test('it becomes Active from its link-local address, and advertises in its own group', async (t) => {
  const vrrp = active(GROUP6);
  t.equal(vrrp.router(KEY).state, 'Active');
  vrrp.advance(1_000);
  t.match(sent(vrrp), [
    { port: 'vrrp6', key: 'r0', from: OWN6, addresses: GROUP6.addresses, forms: ['pseudo-header'] },
  ]);
});

t.test('without a link-local address that can be used it waits', async (t) => {
  const link = linkUp('r0', 'fe80::10/64', 'fd00::10/64');
  const [first, ...others] = link.addresses;
  const vrrp = new ServedVrrp(GROUP6);
  vrrp.link({ ...link, addresses: [{ ...first!, tentative: true } as typeof first & object, ...others] });
  t.equal(vrrp.router(KEY).state, 'Initialize');
  vrrp.link(link);
  t.equal(vrrp.router(KEY).state, 'Backup');
});

t.test('one number is two virtual routers: IPv4 and IPv6 do not hear each other', async (t) => {
  const vrrp = new ServedVrrp(GROUP, GROUP6);
  vrrp.link(linkUp('r0', '10.0.0.10/24', 'fe80::10/64', 'fd00::10/64'));
  vrrp.advance(1_000);
  receive(vrrp, { priority: 200 }, 'pseudo-header', PEER6);
  vrrp.advance(2_620);
  t.same([vrrp.router().state, vrrp.router(KEY).state], ['Active', 'Backup']);
  t.same(new Set(sent(vrrp).map(({ port }) => port)), new Set(['vrrp']));
});

t.test('of equal priorities the higher address wins, however it is written', async (t) => {
  for (const [from, state] of [
    ['fe80::ff', 'Backup'],
    ['fe80::f', 'Active'],
    ['fe80:0:0:1::', 'Backup'],
  ] as const) {
    const vrrp = active(GROUP6);
    receive(vrrp, { priority: 100 }, 'pseudo-header', from);
    t.equal(vrrp.router(KEY).state, state, from);
  }
});

t.test(
  'a packet is dropped whose source is not link-local, or whose sum lacks the pseudo-header',
  async (t) => {
    const vrrp = active(GROUP6);
    const adv = { version: 3 as const, group: 51, priority: 200, interval: 100, addresses: GROUP6.addresses };
    hear(vrrp, 'fd00::2', encode(adv, 'fd00::2', VRRP_GROUP6));
    hear(vrrp, PEER6, encode(adv, PEER6, VRRP_GROUP6, 'rfc9568'));
    hear(vrrp, PEER6, encode({ ...adv, version: 2 }, PEER6, VRRP_GROUP6));
    t.same(vrrp.state.counters, { source: 1, checksum: 1, version: 1 });
    t.equal(vrrp.router(KEY).state, 'Active');
  },
);

t.test('an advertisement has sixteen bytes an address, and is decoded as it was encoded', async (t) => {
  const adv = { version: 3 as const, group: 7, priority: 1, interval: 4095, addresses: GROUP6.addresses };
  const payload = encode(adv, PEER6, VRRP_GROUP6);
  t.equal(payload.length, 8 + 2 * 16);
  const datum = { from: PEER6, to: VRRP_GROUP6, hops: 255, payload };
  t.same(decode(datum), adv);
  t.same(checksumForms(datum), ['pseudo-header']);
});

t.test('who has a virtual address is its owner; the IPv4 group of the same entry is not', async (t) => {
  const vrrp = new ServedVrrp(GROUP, { ...GROUP6, addresses: ['fe80::100', 'fd00::10'] });
  vrrp.link(linkUp('r0', '10.0.0.10/24', 'fe80::10/64', 'fd00::10/64'));
  t.same([vrrp.router().state, vrrp.router(KEY).state], ['Backup', 'Active']);
  t.match(sent(vrrp), [{ port: 'vrrp6', priority: 255 }]);
});

t.test('the addresses of an entry make a virtual router for each family', async (t) => {
  const entry = {
    interface: 'r0',
    group: 51,
    version: 3,
    priority: 100,
    interval: 1_000,
    preempt: true,
    'preempt-delay': 0,
    'start-delay': 0,
    'virtual-mac': true,
    checksum: 'auto',
    addresses: ['10.0.0.100', 'FE80::0:100', 'fd00::100'],
  };
  t.same(section.settings?.([entry], {}), { groups: [GROUP, GROUP6] });
  const wrong = (addresses: string[]) =>
    section.check?.([{ ...entry, addresses }], {}).map(({ text }) => text);
  t.same(wrong(entry.addresses), []);
  t.match(wrong(['fd00::100']), [/^a link-local address, such as fe80::254, as the first/]);
  t.match(wrong(['ff02::1', '224.0.0.1', 'x', '0.0.0.0', '::1']), [
    ...['ff02::1', '224.0.0.1', 'x', '0.0.0.0', '::1'].map(() => /^an IPv4 or IPv6 address of a host/),
    /^a link-local/,
  ]);
});

t.test('an earlier version has no place for it: IPv4 alone goes there', async (t) => {
  const vrrp = new ServedVrrp(GROUP, GROUP6);
  vrrp.link(linkUp('r0', '10.0.0.10/24', 'fe80::10/64'));
  const { groups, config, links } = down3(down4(vrrp.state));
  t.same([[...groups.keys()], config.groups.length], [['r0/51'], 1]);
  t.same(links.get('r0')?.addresses, [{ address: '10.0.0.10', prefixLength: 24 }]);
});
