/** The key `router-advertisements` of the configuration: what it may not say. */
import t from 'tap';
import { manifest } from '../../firmware/modules/ip/module.ts';
import { reader } from '../config/read.ts';
import { makeVersions, ONE } from '../router/routes/versions.ts';
import { KEYS } from './ip-router6.ts';

t.test('relations of the configuration that do not hold are told with their place', async (t) => {
  const check = (keys: object) =>
    (manifest.config.check as (section: object, whole: object) => { path: unknown[]; text: string }[])(
      { interfaces: { r0: { interval: 600_000, 'router-advertisements': keys } } },
      {},
    ).map(({ path, text }) => `${path.slice(3).join(' ')}: ${text}`);
  t.same(check({ ...KEYS, prefixes: { 'fd00::/64': {} }, routes: { '::/0': {} } }), []);
  t.match(check({ interval: 10_000, 'min-interval': 8000 }), [
    /^router-advertisements min-interval: at most three quarters of interval, which is 10s/,
  ]);
  t.match(check({ interval: 10_000, lifetime: 9000 }), [/^router-advertisements lifetime: 0s, or at least/]);
  t.match(
    check({
      prefixes: {
        'fd00::1/64': {},
        'fe80::/64': {},
        'fd00::/129': {},
        'fd00:1::/64': { valid: 60_000, preferred: 120_000 },
        'fd00:2::/48': { autonomous: true },
        'FD00:1:0::/64': {},
      },
      dns: { servers: ['fd00:::1', 'ff02::1', 'fd00::1'] },
    }),
    [
      /prefixes fd00::1\/64: a prefix without bits behind its length: fd00::\/64$/,
      /prefixes fe80::\/64: a prefix of global or local unicast/,
      /prefixes fd00::\/129: an IPv6 prefix/,
      /prefixes FD00:1:0::\/64: a prefix once: fd00:1::\/64 is the same/,
      /prefixes fd00:1::\/64 preferred: at most valid, which is 1m/,
      /prefixes fd00:2::\/48 autonomous: false/,
      /dns servers 0: an IPv6 address/,
      /dns servers 1: an IPv6 address/,
    ],
  );
});

t.test('a section without interfaces is one: there may be routes alone', async (t) => {
  const folder = t.testdir();
  await makeVersions(folder, [ONE]);
  const { settings } = reader(t, [folder]);
  const { IP } = await settings(`router: { modules: { IP: ip@${ONE} } }\nip: {}\n`);
  t.match(IP, { lifetime: 1800, interfaces: {}, routes: {} });
});

t.test(
  'the key is read from a file as a person writes it, and a wrong value is told with its place',
  async (t) => {
    const folder = t.testdir();
    await makeVersions(folder, [ONE]);
    const { settings, parse } = reader(t, [folder]);
    const file = (keys: string) =>
      `router: { id: 10.0.0.1, modules: { IP: ip@${ONE} } }\nip: { interfaces: { lan0: { router-advertisements: ${keys} } } }\n`;
    const { IP } = (await settings(
      file(
        "{ mtu: true, interval: 10m, prefixes: { 'FD00:1:0::/64': { valid: 30d } }, routes: { '::/0': {} }, dns: { servers: ['fd00:1::53'], search: [lab.example] } }",
      ),
    )) as { IP: { interfaces: { lan0: { advertising: unknown } } } };
    t.same(IP.interfaces.lan0.advertising, {
      interval: 600_000,
      minInterval: 200_000,
      lifetime: 1800,
      hopLimit: 64,
      mtu: true,
      managed: false,
      other: false,
      reachableTime: 0,
      retransmitTimer: 0,
      preference: 'medium',
      prefixes: { 'fd00:1::/64': { valid: 2_592_000, preferred: 604_800, onLink: true, autonomous: true } },
      routes: { '::/0': { lifetime: 1800, preference: 'medium' } },
      servers: ['fd00:1::53'],
      search: ['lab.example'],
      dnsLifetime: 1800,
    });
    const rows: [string, RegExp][] = [
      ['{ mtu: 1279 }', /mtu.*true for the MTU of the interface, false, or a number of bytes from 1280/],
      ['{ mtu: big }', /mtu.*true for the MTU of the interface, false, or a number of bytes from 1280/],
      ['{ preference: best }', /preference.*low, medium, high/],
      ['{ interval: 31m }', /interval.*a time from 30ms to 30m/],
      ["{ prefixes: { '10.0.0.0/8': {} } }", /prefixes/],
      ["{ dns: { search: ['a b'] } }", /search.*a domain name, such as lab\.example/],
      ["{ routes: { 'fd00::1/64': {} } }", /a prefix without bits behind its length: fd00::\/64/],
    ];
    for (const [keys, message] of rows) await t.rejects(parse(file(keys)), { message }, keys);
  },
);
