/** IPv6 router advertisements of an interface with virtual routers: from those that are Active, and from nobody else. */
import t from 'tap';
import Ip, { manifest } from '../../firmware/modules/ip/module.ts';
import {
  AdvertisingRouter,
  address,
  configOf,
  forwarding,
  link,
  SOLICITATION,
  SOURCE,
} from './ip-router6.ts';

const OWN_MAC = '02:00:00:00:00:01';

function router(keys: object | null = {}): AdvertisingRouter {
  const one = new AdvertisingRouter(Ip as never, manifest, { config: configOf(keys) });
  one.list(link(), address(`${SOURCE}/64`), address('fd00:1::1/64'), forwarding(true));
  return one;
}

let number = 0;

/** VRRP says which of the virtual routers of the interface are Active, by group. */
function say(one: AdvertisingRouter, roles: Record<number, boolean>): void {
  const changes = Object.entries(roles).map(([group, active]) => ({
    id: `r0/${group}/6`,
    interface: 'r0',
    family: 6,
    group: Number(group),
    mac: `00:00:5e:00:02:${group}`,
    addresses: [`fe80::${group}`, `fd00:1::${group}`],
    ...(active && { active }),
  }));
  const body = { source: 'vrrp', session: 's', number: ++number, whole: true, changes };
  one.message('VRRP', '3.0.0', 'virtualRouters', body);
}

/** Advertisements within the next second, as `from mac lifetime`. */
function heard(one: AdvertisingRouter, ms = 3_500): string[] {
  one.advance(ms);
  return one
    .sent()
    .map(({ from, mac, lifetime }) => [from, mac, lifetime === 0 ? 'farewell' : 'lives'].join(' '));
}

t.test('a Backup advertises nothing, an Active one by its link-local address and its MAC', (t) => {
  const one = router();
  say(one, { 51: false });
  one.sent();
  t.same(heard(one, 100_000), []);
  say(one, { 51: true });
  t.same(heard(one), ['fe80::51 00:00:5e:00:02:51 lives']);
  say(one, { 51: false });
  t.same(heard(one, 100_000), [], 'it takes no leave: another has the same address');
  t.end();
});

t.test('what is shown names the virtual router, or why nothing leaves', (t) => {
  const one = router();
  const shown = () => [...(one.ask('showAdvertising6') as Iterable<{ lines: string[] }>)][0]?.lines[0];
  say(one, { 51: false });
  t.equal(shown(), 'Interface r0 is silent: none of its virtual routers is Active');
  say(one, { 51: true, 53: true });
  t.equal(shown(), 'Interface r0 advertises from fe80::51, fe80::53');
  one.hears(SOLICITATION, 'fe80::53');
  t.match(one.own.counters, { own: 1 }, 'its own come back');
  t.end();
});

t.test('each Active one advertises', (t) => {
  const one = router();
  say(one, { 51: true, 52: false, 53: true });
  one.sent();
  t.same(heard(one), ['fe80::51 00:00:5e:00:02:51 lives', 'fe80::53 00:00:5e:00:02:53 lives']);
  t.end();
});

t.test(
  'hosts forget the address of the interface when it has a virtual router, and know it again after',
  (t) => {
    const one = router();
    t.same(heard(one), [`${SOURCE} ${OWN_MAC} lives`]);
    say(one, { 51: false });
    t.same(heard(one), [`${SOURCE} ${OWN_MAC} farewell`]);
    say(one, {});
    t.same(heard(one), [`${SOURCE} ${OWN_MAC} lives`]);
    t.end();
  },
);

t.test('at the end an Active one takes no leave: its address goes on elsewhere', (t) => {
  const one = router();
  say(one, { 51: true });
  t.equal(heard(one).length >= 1, true);
  one.module.stop('remove');
  t.same(one.sent(), []);
  const alone = router();
  heard(alone);
  alone.module.stop('remove');
  t.equal(alone.sent().length, 1, 'without a virtual router it does');
  t.end();
});
