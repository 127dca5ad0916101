/** A Linux host beside a router that advertises IPv6: it configures itself, and forgets the router when that ends. */
import t from 'tap';
import { decode6 } from '../../firmware/modules/ip/nd/packet.ts';
import { Remote } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { AdvertisingPlace } from './advertising/place.ts';
import { frrUnavailable, startFrr } from './frr.ts';
import { eventuallyAsync } from './router-lab.ts';
import { ONE, OTHER } from './routes/versions.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

const KEYS = {
  interval: '30s',
  preference: 'high',
  mtu: 1480,
  'hop-limit': 61,
  routes: { 'fd00:9::/48': { preference: 'low' } },
  dns: { servers: ['fd00:1::53'], search: ['lab.example'] },
};
/** Nothing is sent but what something else sets off. */
const RARELY = { interval: '30m', 'min-interval': '20m' };

t.test(
  'a host configures itself, and forgets the router, its routes and its servers when that ends',
  { skip },
  async (t) => {
    const place = await AdvertisingPlace.make(t, KEYS);
    await place.shows('an address', 'address show dev h0 scope global', /inet6 fd00:1::.*\/64 .*dynamic/);
    await place.shows(
      'a default route',
      'route show default',
      /^default via fe80::\S+ dev h0 proto ra .*pref high/m,
    );
    const routes = await place.shows(
      'a route',
      'route show',
      /^fd00:9::\/48 via fe80::\S+ dev h0 proto ra .*pref low/m,
    );
    t.match(routes, /^fd00:1::\/64 dev h0 proto \S+ .*/m, 'the prefix is on the link');
    t.match(
      routes,
      /^default .* mtu 1480 .*hoplimit 61|^default .*hoplimit 61 .*mtu 1480|^default .*hoplimit 61/m,
    );
    t.match(place.host.exec(['sysctl', '-n', 'net.ipv6.conf.h0.mtu']), /^1480$/m);
    t.match(await place.hears('the first', () => true), {
      preference: 'high',
      lifetime: 90,
      servers: [{ addresses: ['fd00:1::53'], lifetime: 90 }],
      search: [{ names: ['lab.example'], lifetime: 90 }],
    });
    await place.stop();
    t.match(await place.hears('the last', ({ lifetime }) => lifetime === 0), {
      lifetime: 0,
      routes: [{ prefix: 'fd00:9::/48', lifetime: 0 }],
      servers: [{ lifetime: 0 }],
    });
    await place.shows('no default route', 'route show', /^(?![\s\S]*(default|fd00:9))/);
    await place.shows('the address stays', 'address show dev h0 scope global', /inet6 fd00:1::/);
  },
);

t.test('tcpdump reads every field as it was meant', { skip }, async (t) => {
  const place = await AdvertisingPlace.make(t, {
    ...RARELY,
    ...KEYS,
    interval: '30m',
    managed: true,
    other: true,
  });
  const dump = place.host.spawn([
    'tcpdump',
    '-i',
    'h0',
    '-n',
    '-vv',
    '-l',
    '-c',
    '1',
    'icmp6 and ip6[40] == 134',
  ]);
  let text = '';
  let said = '';
  dump.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  dump.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const ended = new Promise((resolve) => dump.once('close', resolve));
  await eventuallyAsync('tcpdump listens', 30_000, async () => said.includes('listening on'));
  await place.solicit();
  await ended;
  for (const field of [
    /class 0xc0, .*hlim 255, next-header ICMPv6 \(58\).*fe80::\S+ > ff02::1: \[icmp6 sum ok\] ICMP6, router advertisement/,
    /hop limit 61, Flags \[managed, other stateful\], pref high, router lifetime 5400s, reachable time 0ms, retrans timer 0ms/,
    /source link-address option \(1\), length 8 \(1\): [0-9a-f:]{17}/,
    /mtu option \(5\), length 8 \(1\): {2}1480/,
    /prefix info option \(3\), length 32 \(4\): fd00:1::\/64, Flags \[onlink, auto\], valid time 2592000s, pref. time 604800s/,
    /route info option \(24\), length 16 \(2\): {2}fd00:9::\/48, pref=low, lifetime=5400s/,
    /rdnss option \(25\), length 24 \(3\): {2}lifetime 5400s, addr: fd00:1::53/,
    /dnssl option \(31\), length 24 \(3\): {2}lifetime 5400s, domain\(s\): lab\.example\./,
  ])
    t.match(text, field);
});

t.test('1,000 solicitations a second are answered together, one time in 3 s', { skip }, async (t) => {
  const place = await AdvertisingPlace.make(t, RARELY);
  await place.hears('the first', () => true);
  const before = place.heard().length;
  const began = performance.now();
  for (let i = 0; i < 60; i++) {
    await place.solicit(100);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const took = performance.now() - began;
  const answers = place.heard().length - before;
  t.ok(answers >= 1 && answers <= 1 + took / 3000, `${answers} answers in ${took} ms`);
  const { module } = await place.counters();
  t.equal(module.solicited, 6000);
  t.ok(module.joined! >= 6000 - answers - 1, `${module.joined} had their answer with others`);
});

t.test('hostile messages are dropped and counted, and the next good one is answered', { skip }, async (t) => {
  const place = await AdvertisingPlace.make(t, RARELY);
  await place.hears('the first', () => true);
  const order = (op: 'send' | 'open6', more: object) => place.agent.order({ op, port: 'far', ...more });
  await order('open6', { options: { interface: 'h0', protocol: 58, hopLimit: 254, icmpTypes: [] } });
  await order('send', { to: 'ff02::2', payload: '8500000000000000' });
  for (const payload of ['85000000000000000100020000000002', '85000000', '8501000000000000'])
    await place.agent.order({ op: 'send', port: 'h', to: 'ff02::2', payload });
  const wrongChecksum = `6000000000083aff${'fe80'.padEnd(32, '0').slice(0, 31)}9${'ff02'.padEnd(31, '0')}2${'8500123400000000'}`;
  await place.agent.order({ op: 'inject', port: 'h0', payload: wrongChecksum });
  await eventuallyAsync('all are counted', 30_000, async () => {
    const { module, port } = await place.counters();
    const { optionLength, truncated, code, solicited } = module;
    const all = { optionLength, truncated, code, solicited, hopLimit: port.hopLimit, dropped: port.dropped };
    return JSON.stringify(all) === '{"optionLength":1,"truncated":1,"code":1,"hopLimit":1,"dropped":1}';
  });
  const before = place.heard().length;
  await place.solicit();
  await place.hears('an answer', () => place.heard().length > before);
  t.equal(place.heard().length, before + 1, 'to that one alone');
});

t.test(
  'swaps in the middle of a pending answer keep it, and send nothing of their own',
  { skip },
  async (t) => {
    const place = await AdvertisingPlace.make(t, RARELY);
    // The initial three are over when an answer is the last of them.
    for (let answers = 1; answers <= 3; answers++)
      await eventuallyAsync('an answer', 30_000, async () => {
        if (place.heard().length >= answers) return true;
        await place.solicit();
        return false;
      });
    await place.solicit();
    const before = place.heard().length;
    for (let i = 0; i < 5; i++) {
      await place.run(`replace IP ip@${i % 2 === 0 ? OTHER : ONE}`);
    }
    await place.hears('the answer', () => place.heard().length > before);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    t.equal(place.heard().length, before + 1);
    t.ok(
      place.heard().every(({ lifetime }) => lifetime === 5400),
      'and no swap said farewell',
    );
    await place.shows('the default route stays', 'route show default', /^default via fe80/m);
  },
);

t.test(
  'where the kernel stops to forward, the host loses its default route, and has it back',
  { skip },
  async (t) => {
    const place = await AdvertisingPlace.make(t, RARELY);
    await place.shows('a default route', 'route show default', /^default via/m);
    place.router.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.lan0.forwarding=0']);
    await place.shows('no default route', 'route show', /^(?![\s\S]*default)/);
    await place.says(/lan0 is not offered to hosts as a default router of IPv6/);
    t.match(await place.hears('no router', ({ lifetime }) => lifetime === 0), {
      prefixes: [{ prefix: 'fd00:1::/64', valid: 2_592_000 }],
    });
    place.router.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.lan0.forwarding=1']);
    await place.shows('a default route', 'route show default', /^default via/m);
    place.write(undefined);
    await place.run('reload');
    await place.shows('none any more', 'route show', /^(?![\s\S]*default)/);
    await eventuallyAsync('the last', 30_000, async () => place.heard().at(-1)?.lifetime === 0);
    t.pass();
  },
);

t.test(
  'an address that goes takes its prefix along: what hosts made of it is not preferred any more',
  { skip },
  async (t) => {
    const place = await AdvertisingPlace.make(t, RARELY);
    await place.shows('an address', 'address show dev h0 scope global', /inet6 fd00:1::.* dynamic/);
    place.router.ip('address', 'add', 'fd00:2::1/64', 'dev', 'lan0', 'nodad');
    place.router.ip('address', 'delete', 'fd00:1::1/64', 'dev', 'lan0');
    await place.shows('the other', 'address show dev h0 scope global', /inet6 fd00:2::.* dynamic/);
    await place.shows(
      'the old one is deprecated',
      'address show dev h0 scope global',
      /inet6 fd00:1::.* deprecated/,
    );
    const last = await place.hears('it fades', ({ prefixes }) => prefixes.some((one) => one.preferred === 0));
    t.same(
      last.prefixes.map(({ prefix, preferred }) => `${prefix} ${preferred}`),
      ['fd00:2::/64 604800', 'fd00:1::/64 0'],
    );
  },
);

t.test(
  'advertisements of FRR are read as it was told, and what contradicts ours is said',
  { skip: skip || frrUnavailable },
  async (t) => {
    const place = await AdvertisingPlace.make(t, { ...RARELY, mtu: 1480 });
    const ear = new Remote({ namespace: place.router });
    t.teardown(() => ear.kill());
    await ear.order({
      op: 'open6',
      port: 'r',
      options: { interface: 'lan0', protocol: 58, groups: ['ff02::1'], icmpTypes: [134] },
    });
    place.host.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.all.forwarding=1']);
    const { vtysh } = await startFrr(t, place.host, place.directory, '');
    vtysh(
      'configure terminal',
      'interface h0',
      'ipv6 nd prefix fd00:1::/64 7200 3600',
      'ipv6 nd prefix fd00:7::/56 infinite infinite no-autoconfig',
      'ipv6 nd router-preference low',
      'ipv6 nd managed-config-flag',
      'ipv6 nd mtu 1400',
      'ipv6 nd reachable-time 30000',
      'ipv6 nd ra-lifetime 1200',
      'ipv6 nd ra-hop-limit 32',
      'ipv6 nd rdnss fd00:1::53 600',
      'ipv6 nd dnssl lab.example 600',
      'ipv6 nd ra-interval 4',
      'no ipv6 nd suppress-ra',
    );
    const whole = await eventuallyAsync(
      'FRR advertises',
      60_000,
      async () =>
        ear.told.flatMap(({ packet }) => {
          const payload = Buffer.from(packet?.payload ?? '', 'hex');
          const read = decode6({ from: packet?.from ?? '', hopLimit: packet?.hopLimit ?? 0, payload });
          return 'error' in read || read.type !== 'advertisement' || read.search.length === 0 ? [] : [read];
        })[0],
    );
    const prefixes = [...whole.prefixes].sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
    t.match(
      { ...whole, prefixes },
      {
        hopLimit: 32,
        managed: true,
        other: false,
        preference: 'low',
        lifetime: 1200,
        reachableTime: 30_000,
        mac: /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
        mtu: 1400,
        prefixes: [
          { prefix: 'fd00:1::/64', onLink: true, autonomous: true, valid: 7200, preferred: 3600 },
          {
            prefix: 'fd00:7::/56',
            onLink: true,
            autonomous: false,
            valid: 0xffff_ffff,
            preferred: 0xffff_ffff,
          },
        ],
        routes: [],
        servers: [{ addresses: ['fd00:1::53'], lifetime: 600 }],
        search: [{ names: ['lab.example'], lifetime: 600 }],
      },
    );
    await place.says(
      /lan0: the router fe80::\S+ advertises hop limit 32 \(ours: 64\), managed true \(ours: false\), MTU 1400 \(ours: 1480\), fd00:1::\/64 valid for 7200 \(ours: 2592000\)/,
    );
  },
);
