/** OSPF's section of the configuration: what is taken, what becomes of it, and how each contradiction is told. */
import t from 'tap';
import { checkConfig } from '../../firmware/config/check.ts';
import { ConfigFile } from '../../firmware/config/file.ts';
import { ConfigError } from '../../firmware/config/problem.ts';
import { DEFAULTS, readConfig, section } from '../../firmware/modules/ospf/config.ts';
import type { Config } from '../../firmware/modules/ospf/config-record.ts';
import { validConfig } from '../../runtime/module/manifest-config.ts';

const valid = validConfig(section, (key, allowed) => t.fail(`${key} must be ${allowed}`) as never);

/** As a router reads it, in which nothing but this section is a module's. */
async function settingsOf(text: string): Promise<Config> {
  const whole = `router: { id: 10.0.1.1 }\nospf:\n${text.replace(/^/gm, '  ')}`;
  const config = await checkConfig(new ConfigFile('r.yaml', whole), [
    {
      module: 'OSPF',
      bundle: 'ospf@3.0.0',
      name: valid.section,
      schema: valid.schema,
      check: async (own, all) => [...valid.check!(own, all)],
      settings: async (own, all) => valid.settings!(own, all),
      run: async (_hook, body) => body(),
    },
  ]);
  return valid.settings!(config.whole.ospf, config.whole) as Config;
}

/** Each mistake as `ospf.interfaces.lan0.type: …`. */
async function mistakesIn(text: string): Promise<string[]> {
  try {
    await settingsOf(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((one) => `${one.path}: ${one.allowed}`);
  }
}

t.test(
  'the least section is a router on broadcast networks of the backbone, by the RFC’s defaults',
  async (t) => {
    const config = await settingsOf('interfaces: { lan0: }');
    t.same(config, {
      ...DEFAULTS,
      routerId: '10.0.1.1',
      areas: { '0.0.0.0': DEFAULTS.areas['0.0.0.0'] ?? config.areas['0.0.0.0'] },
      interfaces: {
        lan0: {
          link: 'lan0',
          area: '0.0.0.0',
          passive: false,
          priority: 1,
          helloInterval: 10_000,
          deadInterval: 40_000,
          retransmitInterval: 5_000,
          transmitDelay: 1_000,
          mtuIgnore: false,
          authentication: { type: 'none' },
          neighbors: {},
        },
      },
    });
    t.equal(config.areas['0.0.0.0']!.type, 'normal');
  },
);

t.test('all that it knows is taken, and each network of a link is an interface of its own', async (t) => {
  const config = await settingsOf(`
area: 0.0.0.1
interfaces:
  lan0: { networks: [10.0.1.0/24, 10.0.2.0/24], hello-interval: 100ms, cost: 7, authentication: { password: abc } }
  lan1: { area: 0.0.0.0, type: non-broadcast, neighbors: { 10.0.3.2: { priority: 3 } } }
  lan2: { type: point-to-point, authentication: { key-chain: lab }, mtu-ignore: true }
areas:
  0.0.0.0: { authentication: { keys: { 1: { secret: backbone } } } }
  0.0.0.1:
    ranges: { 10.1.0.0/16: { advertise: false }, 10.2.0.0/16: { cost: 9 } }
    virtual-links: { 10.0.9.9: { hello-interval: 1s } }
  0.0.0.2: { type: nssa, summaries: false, translate: always, default-information: { metric: 5 }, nssa-ranges: { 10.3.0.0/16: { tag: 4 } } }
redistribute: { connected: { metric: 1, type: 1 }, static: }
default-information: { always: true }
distance: { external: 150 }
stub-router: { on-start: 60s }
timers: { spf-hold: 1s }
graceful-restart: { helper: false }
key-chains:
  lab:
    1: { algorithm: md5, secret: sixteen-bytes-ok, send: { until: '2026-01-01T00:00:00Z' } }
    2: { secret: another }
`);
  t.same(Object.keys(config.interfaces), ['lan0', 'lan0/10.0.2.0/24', 'lan1', 'lan2']);
  t.match(config.interfaces['lan0/10.0.2.0/24'], {
    link: 'lan0',
    address: '10.0.2.0/24',
    area: '0.0.0.1',
    helloInterval: 100,
    deadInterval: 1000,
    authentication: { type: 'simple', password: 'abc' },
  });
  t.match(config.interfaces.lan1, {
    type: 'non-broadcast',
    neighbors: { '10.0.3.2': { priority: 3, pollInterval: 120_000 } },
    authentication: { type: 'cryptographic', keys: { 1: { algorithm: 'hmac-sha-256', secret: 'backbone' } } },
  });
  t.same(config.interfaces.lan2!.authentication, { type: 'cryptographic', keyChain: 'lab' });
  t.same(Object.keys(config.areas).sort(), ['0.0.0.0', '0.0.0.1', '0.0.0.2']);
  t.match(config.areas['0.0.0.1'], {
    ranges: { '10.1.0.0/16': { advertise: false }, '10.2.0.0/16': { advertise: true, cost: 9 } },
    virtualLinks: {
      '10.0.9.9': {
        helloInterval: 1000,
        deadInterval: 4000,
        authentication: { keys: { 1: { secret: 'backbone' } } },
      },
    },
  });
  t.match(config.areas['0.0.0.2'], {
    type: 'nssa',
    summaries: false,
    translate: 'always',
    defaultInformation: { metric: 5, type: 2 },
    nssaRanges: { '10.3.0.0/16': { tag: 4 } },
  });
  t.match(config, {
    redistribute: { connected: { metric: 1, type: 1 }, static: { metric: 20, type: 2 } },
    defaultInformation: { always: true, metric: 10 },
    distance: { intra: 110, inter: 110, external: 150 },
    stubRouter: { always: false, onStart: 60_000 },
    timers: { spf: { initial: 0, hold: 1000, most: 5000 }, minLsInterval: 5000 },
    gracefulRestart: { helper: false },
    keyChains: { lab: { 1: { algorithm: 'md5', send: { until: Date.UTC(2026, 0, 1) } } } },
  });
});

t.test('virtual links alone make the backbone an area of the router', async (t) => {
  const { areas } = await settingsOf(
    'area: 0.0.0.1\ninterfaces: { lan0: }\nareas: { 0.0.0.1: { virtual-links: { 10.0.9.9: } } }',
  );
  t.same(Object.keys(areas), ['0.0.0.0', '0.0.0.1']);
});

const WRONG: readonly (readonly [what: string, text: string, told: RegExp])[] = [
  [
    'a dead interval that is no longer than a hello',
    'interfaces: { lan0: { hello-interval: 10s, dead-interval: 5s } }',
    /lan0\.dead-interval: more than hello-interval, which is 10s/,
  ],
  [
    'hellos at one and a half seconds',
    'interfaces: { lan0: { hello-interval: 1500ms } }',
    /lan0\.hello-interval: a whole number of seconds/,
  ],
  [
    'a long dead interval beside hellos below a second',
    'interfaces: { lan0: { hello-interval: 100ms, dead-interval: 4s } }',
    /dead-interval: .*1s, with a hello-interval below a second/,
  ],
  [
    'neighbours on a broadcast network',
    'interfaces: { lan0: { neighbors: { 10.0.1.2: } } }',
    /lan0\.neighbors: .*type non-broadcast or point-to-multipoint/,
  ],
  [
    'an address and networks',
    'interfaces: { lan0: { address: 10.0.1.1, networks: [10.0.1.0/24] } }',
    /lan0\.networks: left out where there is `address`/,
  ],
  [
    'two ways of authentication',
    'interfaces: { lan0: { authentication: { password: a, key-chain: lab } } }\nkey-chains: { lab: { 1: { secret: x } } }',
    /lan0\.authentication: one of password, keys and key-chain/,
  ],
  [
    'a chain that there is not',
    'interfaces: { lan0: { authentication: { key-chain: la } } }\nkey-chains: { lab: { 1: { secret: x } } }',
    /key-chain: .*lab/,
  ],
  [
    'a password that is too long',
    'interfaces: { lan0: { authentication: { password: ninechars } } }',
    /password: /,
  ],
  [
    'an MD5 secret that is too long',
    'interfaces: { lan0: { authentication: { keys: { 1: { algorithm: md5, secret: seventeen-bytes-17 } } } } }',
    /keys\.1\.secret: at most 16 bytes/,
  ],
  [
    'a key that ends before it begins',
    'interfaces: { lan0: }\nkey-chains: { lab: { 1: { secret: x, send: { from: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" } } } }',
    /lab\.1\.send\.until: after 2026-01-02/,
  ],
  [
    'a stub backbone',
    'interfaces: { lan0: }\nareas: { 0.0.0.0: { type: stub } }',
    /0\.0\.0\.0"\]\.type: .*the backbone is no stub area/,
  ],
  [
    'a totally stubby area that is none',
    'interfaces: { lan0: }\nareas: { 0.0.0.1: { summaries: false } }',
    /0\.0\.0\.1"\]\.summaries: .*type stub or nssa/,
  ],
  [
    'a range with host bits',
    'interfaces: { lan0: }\nareas: { 0.0.0.1: { ranges: { 10.1.0.1/16: } } }',
    /ranges\["10\.1\.0\.1\/16"\]: .*which is 10\.1\.0\.0\/16/,
  ],
  [
    'a virtual link through a stub area',
    'interfaces: { lan0: }\nareas: { 0.0.0.1: { type: stub, virtual-links: { 10.0.9.9: } } }',
    /virtual-links: .*neither the backbone nor a stub/,
  ],
  [
    'ranges of an NSSA in another area',
    'interfaces: { lan0: }\nareas: { 0.0.0.1: { nssa-ranges: { 10.1.0.0/16: } } }',
    /nssa-ranges: .*type nssa/,
  ],
  [
    'a filter of routes that there is not',
    'interfaces: { lan0: }\ndistribute-list: { prefix-list: x }',
    /distribute-list\.prefix-list: .*ip\.prefix-lists, which there are none of/,
  ],
  [
    'a filter of routes without a name',
    'interfaces: { lan0: }\ndistribute-list: {}',
    /distribute-list: a prefix list, a route map, or both/,
  ],
  ['a reference bandwidth of 0', 'interfaces: { lan0: }\nreference-bandwidth: 0', /reference-bandwidth: /],
  [
    'a route map that there is not',
    'interfaces: { lan0: }\nredistribute: { static: { route-map: x } }',
    /redistribute\.static\.route-map: .*ip\.route-maps, which there are none of/,
  ],
];

for (const [what, text, told] of WRONG) {
  t.test(`${what}: told with its place and what is allowed`, async (t) => {
    t.match(await mistakesIn(text), [told]);
  });
}

t.test('the settings of a version before 3.0.0 mean what they meant', async (t) => {
  const config = readConfig({
    routerId: '10.0.1.1',
    area: '0.0.0.7',
    interfaces: { lan0: { helloInterval: 1, deadInterval: 4, priority: 0, address: '10.0.1.1' } },
  });
  t.match(config, {
    routerId: '10.0.1.1',
    areas: { '0.0.0.7': { type: 'normal' } },
    interfaces: {
      lan0: {
        link: 'lan0',
        area: '0.0.0.7',
        helloInterval: 1000,
        deadInterval: 4000,
        priority: 0,
        address: '10.0.1.1',
      },
    },
  });
  t.match(readConfig({}), { error: /routerId is missing/ });
});

t.test('a router that asks neighbours to wait for it keeps its routes for as long', async (t) => {
  const section = { interfaces: {}, 'graceful-restart': { helper: true, restarter: true, period: 120_000 } };
  const check = (kept: number) =>
    valid.check!(section, { router: { id: '10.0.1.1' }, ip: { 'keep-routes': kept } });
  t.match(check(60_000), [{ path: ['ip', 'keep-routes'], text: /^at least 2m, because .*restarter: true/ }]);
  t.same(check(120_000), []);
  section['graceful-restart'].restarter = false;
  t.same(check(0), []);
});
