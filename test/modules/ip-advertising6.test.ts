/** IPv6 router advertisements through the module: the kernel's tables in, packets out, by a clock that is set by hand. */
import t from 'tap';
import Ip, { manifest } from '../../firmware/modules/ip/module.ts';
import type { RouterAdvertisement6 } from '../../firmware/modules/ip/nd/offer.ts';
import { encodeAll } from '../../firmware/modules/ip/nd/packet.ts';
import { fromHex } from './bytes.ts';
import {
  AdvertisingRouter,
  address,
  configOf,
  forwarding,
  link,
  PERMANENT,
  router,
  SOLICITATION,
  SOURCE,
  settled,
  UP,
} from './ip-router6.ts';

t.test('an advertisement says what is configured, from the link-local address, to all nodes', async (t) => {
  const ip = router({
    mtu: true,
    managed: true,
    preference: 'high',
    lifetime: 1_000_000,
    'reachable-time': 30_000,
    'retransmit-timer': 500,
    routes: { 'FD00:9:0::/48': { preference: 'low' } },
    dns: { servers: ['FD00:1::53'], search: ['lab.example'], lifetime: 60_000 },
  });
  ip.advance(500);
  t.same(ip.sent(), [
    {
      key: 'r0',
      to: 'ff02::1',
      from: SOURCE,
      type: 'advertisement',
      hopLimit: 64,
      managed: true,
      other: false,
      preference: 'high',
      lifetime: 1000,
      reachableTime: 30_000,
      retransmitTimer: 500,
      mac: '02:00:00:00:00:01',
      mtu: 1500,
      prefixes: [
        { prefix: 'fd00:1::/64', onLink: true, autonomous: true, valid: 2_592_000, preferred: 604_800 },
      ],
      routes: [{ prefix: 'fd00:9::/48', preference: 'low', lifetime: 1800 }],
      servers: [{ addresses: ['fd00:1::53'], lifetime: 60 }],
      search: [{ names: ['lab.example'], lifetime: 60 }],
    },
  ]);
  t.same(ip.own.counters, { sent: 1 });
});

t.test('prefixes are those of the configuration, or each /64 of an address without a lifetime', async (t) => {
  const rows = [
    ...UP,
    address('fd00:1::2/64'),
    address('fd00:2::1/64'),
    address('fd00:3::1/48'),
    address('fd00:4::1/64', { flags: 0 }),
  ];
  const prefixesOf = (keys: object) => {
    const ip = router(keys, rows);
    ip.advance(500);
    return ip.sent()[0]?.prefixes.map(({ prefix, valid, preferred, autonomous }) => ({
      prefix,
      valid,
      preferred,
      autonomous,
    }));
  };
  const own = { valid: 2_592_000, preferred: 604_800, autonomous: true };
  t.same(prefixesOf({}), [
    { prefix: 'fd00:1::/64', ...own },
    { prefix: 'fd00:2::/64', ...own },
  ]);
  t.same(prefixesOf({ prefixes: {} }), []);
  t.same(
    prefixesOf({
      prefixes: {
        'fd00:7::/64': { valid: 3_600_000, 'on-link': true },
        'fd00:8::/56': { valid: 3_600_000, preferred: 60_000, 'on-link': true },
      },
    }),
    [
      { prefix: 'fd00:7::/64', valid: 3600, preferred: 3600, autonomous: true },
      { prefix: 'fd00:8::/56', valid: 3600, preferred: 60, autonomous: false },
    ],
  );
});

t.test(
  'nothing is sent while the link is down or has no link-local address that is known to be unique',
  async (t) => {
    const ip = router({}, [link(false), address('fd00:1::1/64'), forwarding(true)]);
    t.same(ip.timesOf(1_000_000), []);
    ip.rows(link(true));
    t.same(ip.timesOf(1_000_000), []);
    ip.rows(address('fe80::1/64', { flags: PERMANENT | 0x40 }));
    ip.hears(SOLICITATION);
    t.same(ip.timesOf(1_000_000), [], 'it is tentative');
    ip.rows(address('fe80::1/64'));
    t.equal(ip.timesOf(500).length, 1, 'now it is not');
    ip.rows(link(false));
    t.same(ip.timesOf(1_000_000), []);
    t.same(
      [...ip.ctx.timers.keys()].filter((key) => key.startsWith('ra6')),
      [],
    );
    ip.rows(link(true));
    t.equal(ip.timesOf(500).length, 1, 'it became an advertising interface again');
  },
);

t.test('the first three follow within 16 s, then the interval is random between its bounds', async (t) => {
  const ip = router({ interval: 600_000, 'min-interval': 300_000 });
  const times = ip.timesOf(20 * 600_000);
  t.ok(times[0]! <= 500, `the first after ${times[0]} ms`);
  t.same([times[1]! - times[0]!, times[2]! - times[1]!], [16_000, 16_000]);
  const gaps = times.slice(3).map((time, i) => time - times[i + 2]!);
  t.ok(gaps.every((gap) => gap >= 300_000 && gap <= 600_000));
  t.ok(Math.min(...gaps) < 380_000 && Math.max(...gaps) > 520_000, `spread: ${gaps}`);
  t.same(router({ interval: 600_000, 'min-interval': 300_000 }).timesOf(20 * 600_000), times, 'replayed');
});

t.test('a solicitation is answered to all nodes within 0.5 s, several by one', async (t) => {
  const ip = settled();
  for (let i = 0; i < 3; i++) ip.hears(SOLICITATION, i === 1 ? '::' : `fe80::${i + 2}`);
  const [first = 0, ...others] = ip.timesOf(2000);
  t.ok(first <= 500);
  t.same(others, []);
  t.match(ip.own.counters, { linkLayerAddress: 1, solicited: 2, joined: 1 });
});

t.test('1,000 solicitations a second have one answer in 3 s', async (t) => {
  const ip = settled();
  const times: number[] = [];
  for (let i = 0; i < 12_000; i++) {
    ip.hears(SOLICITATION);
    times.push(...ip.timesOf(1).map((time) => i + time));
  }
  t.ok(times.length >= 3 && times.length <= 5, `${times.length} answers in 12 s`);
  t.ok(times.slice(1).every((time, i) => time - times[i]! >= 3000));
  t.equal(ip.own.counters.solicited, 12_000);
  t.ok(ip.own.counters.joined! >= 11_990, `${ip.own.counters.joined} had their answer with others`);
});

t.test('an advertisement that is due earlier than the answer is the answer', async (t) => {
  const ip = settled();
  const due = ip.ctx.timerDue('ra6', 'r0')!;
  ip.advance(due - 1);
  ip.sent();
  ip.hears(SOLICITATION);
  t.same(ip.timesOf(3500), [1]);
});

t.test('a swap keeps the answer that is due, sends nothing again and forgets nothing', async (t) => {
  const ip = settled();
  ip.hears(SOLICITATION);
  const due = ip.ctx.timerDue('ra6', 'r0')!;
  t.ok(due <= 500);
  const next = new AdvertisingRouter(Ip, manifest, { state: structuredCloned(ip), before: ip.ctx });
  t.equal(next.ctx.timerDue('ra6', 'r0'), due);
  t.same(next.sent(), []);
  t.same(next.timesOf(2000), [due]);
  const [last] = [next.ctx.timerDue('ra6', 'r0')];
  const third = new AdvertisingRouter(Ip, manifest, { state: structuredCloned(next), before: next.ctx });
  t.equal(third.ctx.timerDue('ra6', 'r0'), last, 'the next regular one as well');
  t.ok(third.ctx.opened.has('icmp6 r0'));
});

/** As a swap hands it over: the state itself. */
function structuredCloned(ip: AdvertisingRouter): AdvertisingRouter['state'] {
  return ip.state;
}

t.test('after a version that knows nothing of it, advertising goes on', async (t) => {
  const ip = settled();
  ip.ctx.timers.delete('ra6 r0');
  const next = new AdvertisingRouter(Ip, manifest, { state: ip.state, before: ip.ctx });
  t.equal(next.timesOf(500).length, 1);
});

t.test(
  'when its service ends, hosts hear lifetime 0 of the router, its routes and its name servers',
  async (t) => {
    for (const why of ['shutdown', 'remove', 'disable'] as const) {
      const ip = settled({
        routes: { 'fd00:9::/48': { preference: 'low' } },
        dns: { servers: ['fd00:1::53'] },
      });
      ip.hears(SOLICITATION);
      ip.module.stop(why);
      t.match(ip.sent(), [
        {
          to: 'ff02::1',
          lifetime: 0,
          routes: [{ prefix: 'fd00:9::/48', lifetime: 0 }],
          servers: [{ addresses: ['fd00:1::53'], lifetime: 0 }],
          prefixes: [{ prefix: 'fd00:1::/64', valid: 2_592_000, preferred: 604_800 }],
        },
      ]);
      t.same(ip.timesOf(1_000_000), [], 'nothing comes behind it');
      t.equal(ip.own.counters.withdrawn, 1);
      ip.module.start('resume');
      ip.advance(4000);
      t.match(ip.sent(), [{ lifetime: 1800 }], 'in service again');
    }
  },
);

t.test('who was told nothing is told nothing at the end', async (t) => {
  const ip = router();
  ip.module.stop('shutdown');
  t.same(ip.sent(), []);
});

t.test(
  'where the kernel stops to forward, hosts hear of prefixes and no router, and it is said',
  async (t) => {
    const ip = settled({ routes: { 'fd00:9::/48': { preference: 'low' } } });
    ip.rows(forwarding(false));
    ip.advance(500);
    t.match(ip.sent(), [{ lifetime: 0, prefixes: [{ valid: 2_592_000 }], routes: [{ lifetime: 0 }] }]);
    t.match(ip.ctx.takeLog('warn'), [
      /^r0 is not offered to hosts as a default router of IPv6: net\.ipv6\.conf\.r0\.forwarding is 0/,
    ]);
    ip.rows(forwarding(false), link());
    t.same(ip.ctx.takeLog('warn'), [], 'once');
    ip.rows(forwarding(true));
    t.match(ip.ctx.takeLog('info'), [/^r0 forwards IPv6 now/]);
    ip.advance(4000);
    t.match(ip.sent(), [{ lifetime: 1800, routes: [{ lifetime: 1800 }] }]);
  },
);

t.test(
  'an interface of which the kernel forwards IPv6 only by name is no router before it does',
  async (t) => {
    const ip = router({}, [...UP, forwarding(false, -1)]);
    ip.advance(500);
    t.match(ip.sent(), [{ lifetime: 0 }], 'neither all interfaces forward, nor this one by itself');
    t.match(ip.ctx.takeLog('warn'), [/net\.ipv6\.conf\.all\.forwarding is 0.*`forwarding: true`/]);
    const config = configOf();
    config.interfaces.r0!.settings = { addresses: [], forwarding: true };
    ip.configure(config);
    t.match(ip.ctx.takeLog('info'), [/^r0 forwards IPv6 now/]);
    const { request, changes } = (
      ip.ctx.transmitted as unknown as { request: number; changes: { path: string }[] }[]
    ).find((each) => each.changes?.some(({ path }) => path === 'net/ipv6/conf/r0/force_forwarding'))!;
    ip.advance(4000);
    t.match(ip.sent(), [{ lifetime: 1800 }], 'it was asked to forward by itself');
    const at = changes.findIndex(({ path }) => path.endsWith('force_forwarding'));
    ip.told({ of: 'done', request, refusals: [{ at, errno: 2, name: 'ENOENT', message: 'none' }] });
    ip.advance(4000);
    t.match(ip.sent(), [{ lifetime: 0 }], 'an older kernel cannot');
    ip.rows(forwarding(true, -1));
    ip.advance(4000);
    t.match(ip.sent(), [{ lifetime: 1800 }], 'all interfaces forward');
  },
);

t.test('what is offered no more is told three times: prefixes fade, the rest has lifetime 0', async (t) => {
  const ip = settled({
    routes: { 'fd00:9::/48': { preference: 'low' } },
    dns: { servers: ['fd00:1::53', 'fd00:1::54'], search: ['lab.example'] },
  });
  ip.configure(configOf({ dns: { servers: ['fd00:1::54'] } }));
  ip.rows(address('fd00:1::1/64', { gone: true }), address('fd00:2::1/64'));
  ip.advance(60_000);
  const sent = ip.sent();
  t.equal(sent.length, 3);
  for (const each of sent)
    t.match(each, {
      lifetime: 1800,
      prefixes: [
        { prefix: 'fd00:2::/64', valid: 2_592_000 },
        { prefix: 'fd00:1::/64', valid: 7200, preferred: 0 },
      ],
      routes: [{ prefix: 'fd00:9::/48', lifetime: 0 }],
      servers: [
        { addresses: ['fd00:1::54'], lifetime: 1800 },
        { addresses: ['fd00:1::53'], lifetime: 0 },
      ],
      search: [{ names: ['lab.example'], lifetime: 0 }],
    });
  ip.advance(600_000);
  t.match(ip.sent()[0], { prefixes: [{ prefix: 'fd00:2::/64' }], routes: [], search: [] });
  t.equal(Object.keys(ip.own.known).length, 3);
});

t.test(
  'advertisements are configured while it runs: begun, changed, ended, and the port follows',
  async (t) => {
    const ip = new AdvertisingRouter(Ip, manifest, { config: configOf(null) });
    ip.list(...UP);
    t.same(ip.timesOf(1_000_000), []);
    t.notOk(ip.ctx.opened.has('icmp6 r0'));
    ip.configure(configOf({}));
    t.ok(ip.ctx.opened.has('icmp6 r0'));
    t.equal(ip.timesOf(60_000).length, 3);
    ip.configure(configOf({ interval: 20_000, lifetime: 1_800_000 }));
    const times = ip.timesOf(200_000);
    t.ok(times[0]! <= 20_000 && times.length >= 10, `${times}`);
    const before = ip.ctx.timerDue('ra6', 'r0');
    ip.configure(configOf({ interval: 20_000, lifetime: 1_800_000 }));
    t.equal(ip.ctx.timerDue('ra6', 'r0'), before, 'what is the same is not touched');
    ip.configure(configOf(null));
    t.match(ip.sent(), [{ lifetime: 0 }]);
    t.notOk(ip.ctx.opened.has('icmp6 r0'));
    t.same(ip.timesOf(1_000_000), []);
    ip.configure(configOf({}));
    ip.advance(60_000);
    ip.sent();
    ip.configure(configOf({}, ['r9']));
    t.match(ip.sent(), [{ key: 'r0', lifetime: 0 }], 'the interface is gone from the configuration');
    t.notOk(ip.ctx.opened.has('icmp6 r0'));
  },
);

t.test('the source stays the same as long as it is there', async (t) => {
  const ip = settled();
  ip.rows(address('fe80::/64'), address('fe80::9/64'));
  ip.advance(600_000);
  t.same([...new Set(ip.sent().map(({ from }) => from))], [SOURCE]);
  ip.rows(address('fe80::1/64', { gone: true }));
  ip.advance(4000);
  t.match(ip.sent(), [{ from: /^fe80::9?$/ }]);
});

t.test(
  'what is not sent is told with its reason, tried again within 16 s, and makes it unhealthy',
  async (t) => {
    const ip = settled();
    ip.ctx.portResult = 'down';
    ip.hears(SOLICITATION);
    ip.advance(500);
    t.match(ip.ctx.takeLog('warn'), ['r0: an IPv6 advertisement was not sent: Operation not permitted']);
    t.equal(ip.module.isHealthy(), true, 'once may be chance');
    ip.advance(32_000);
    t.equal(ip.module.isHealthy(), 'IPv6 advertisements on r0 are not sent: Operation not permitted');
    t.same(ip.own.unsent, 3);
    const next = new AdvertisingRouter(Ip, manifest, { state: ip.state, before: ip.ctx });
    t.equal(next.module.isHealthy(), true, 'that is not the fault of the next version');
    next.advance(16_000);
    t.match(next.ctx.takeLog('info'), [/^r0: IPv6 advertisements are sent again, 3 were not/]);
    t.equal(next.sent().length, 1);
  },
);

t.test('another router that contradicts us is named once, with what it says', async (t) => {
  const ip = settled({ mtu: 1480 });
  const own = ip.own.offer!;
  const say = (more: Partial<RouterAdvertisement6>, from = 'fe80::7') =>
    ip.hears(encodeAll({ ...own, ...more }, 1500)[0]!, from);
  say({ hopLimit: 0, reachableTime: 30_000, prefixes: [] });
  t.same(ip.ctx.logged, [], 'nothing is contradicted');
  const prefixes = [{ ...own.prefixes[0]!, valid: 60, preferred: 30 }];
  for (let i = 0; i < 3; i++) say({ hopLimit: 32, managed: true, mtu: 1400, prefixes });
  t.same(ip.ctx.takeLog('warn'), [
    'r0: the router fe80::7 advertises hop limit 32 (ours: 64), managed true (ours: false), MTU 1400 (ours: 1480), fd00:1::/64 valid for 60 (ours: 2592000), fd00:1::/64 preferred for 30 (ours: 604800): hosts go from one to the other with each advertisement. Configure both alike',
  ]);
  t.match(ip.own.counters, { heard: 4, disagrees: 3 });
  say({});
  t.match(ip.ctx.takeLog('info'), [/fe80::7 agree with ours now/]);
  for (let i = 0; i < 1000; i++) {
    say({ hopLimit: 32 });
    say({});
  }
  t.same(ip.ctx.logged.splice(0), [], 'one that goes to and fro fills no log');
  ip.advance(60_000);
  say({ hopLimit: 32 });
  t.match(ip.ctx.takeLog('warn'), [/hop limit 32/], 'after a while it is said again');
  for (let i = 0; i < 1000; i++) say({ hopLimit: 32 }, `fe80::${(i + 16).toString(16)}`);
  t.ok(Object.keys(ip.own.disputes).length <= 16, 'made-up routers are bounded');
  t.ok(ip.ctx.takeLog('warn').length <= 16);
  say({}, SOURCE);
  t.equal(ip.own.counters.own, 1);
});

t.test('hostile messages are dropped for a reason, and nobody is answered', async (t) => {
  const ip = settled();
  ip.hears(SOLICITATION, 'fe80::2', 254);
  ip.hears(fromHex('8500 0000 00000000 0100 020000000002'));
  ip.hears(fromHex('8500 0000'));
  ip.hears(SOLICITATION, '::');
  ip.hears(fromHex('8600 0000 40000708 00000000 00000000'), 'fd00::1');
  ip.hears(SOLICITATION, 'fe80::2', 255, 'other');
  t.same(ip.timesOf(3000), []);
  t.match(ip.own.counters, { hopLimit: 1, optionLength: 1, truncated: 1, linkLayerAddress: 1, source: 1 });
});
