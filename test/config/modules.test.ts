import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sourceOf } from '../runtime/workshop.ts';
import { reader } from './read.ts';

const { settings, start } = reader(t);

t.test('a section that is missing is a module that is not started', async (t) => {
  t.same(Object.keys(await settings('log: { level: warn }')), []);
  const vrrp = 'vrrp: [{ interface: lan0, group: 1, addresses: [10.0.0.9] }]';
  t.same(Object.keys(await settings(`router: { modules: { VRRP: vrrp@2.3.1 } }\n${vrrp}`)), ['VRRP']);
  t.same(Object.keys(await settings(vrrp)), ['IP', 'VRRP'], 'the newest needs what IP tells of links');
});

t.test('the timer is started where the file speaks of it, and where a version needs it', async (t) => {
  t.same(await settings('timer:'), { TIMER: { period: 1000 } });
  t.same(await settings('router: { modules: { TIMER: timer@1.0.0 } }'), { TIMER: { period: 1000 } });
  const vrrp = 'vrrp: [{ interface: lan0, group: 1, addresses: [10.0.0.9] }]';
  const old = await settings(`router: { modules: { VRRP: vrrp@2.1.0 } }\n${vrrp}`);
  t.same(Object.keys(old), ['VRRP', 'TIMER']);
  await t.rejects(
    settings(`router: { modules: { VRRP: vrrp@2.1.0 } }\n${vrrp.replace('1,', '1, interval: 500ms,')}`),
    { message: /vrrp\[0\]\.interval: found "500ms"; allowed: a whole multiple of timer\.period/ },
  );
});

t.test('a version that needs what nobody publishes makes room for another, and that is told', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const chat = (version: string, needs: string) => {
    const manifest = `api: 2, subscribes: { gossip: [1] }, needs: [${needs}], config: { section: 'chat', schema: { type: 'object' } }`;
    const source = sourceOf({ name: 'CHAT', version, manifest, methods: 'onGossip() {}' });
    writeFileSync(join(directory, `chat-${version}.cjs`), source);
  };
  chat('1.0.0', '');
  chat('2.0.0', "'gossip'");
  const { start } = reader(t, [directory]);
  const { changes, notices } = await start('chat: {}');
  t.match(changes, [{ module: 'CHAT', bundle: 'chat@1.0.0' }]);
  t.match(notices, [
    {
      level: 'error',
      text: /^PUBLISHER_MISSING: chat@2\.0\.0 needs the event "gossip", which nobody publishes; .*router\.bundles; CHAT starts as chat@1\.0\.0 instead$/,
    },
  ]);
  const talker = { name: 'TALKER', version: '1.0.0', manifest: 'publishes: { gossip: 1 }' };
  const section = `${talker.manifest}, api: 2, config: { section: 'talker', schema: { type: 'object' } }`;
  const talks = (manifest: string) =>
    writeFileSync(join(directory, 'talker-1.0.0.cjs'), sourceOf({ ...talker, manifest }));
  talks(
    section.replace("'object'", "'object', required: ['topic'], properties: { topic: { type: 'string' } }"),
  );
  const sectionless = await reader(t, [directory]).start('chat: {}');
  t.match(sectionless.changes, [{ bundle: 'chat@1.0.0' }]);
  t.match(sectionless.notices, [
    { text: /talker@1\.0\.0 does: give the file a section "talker"; CHAT starts/ },
  ]);
  t.match((await reader(t, [directory]).start('chat: {}\ntalker: { topic: swaps }')).changes, [
    { bundle: 'chat@2.0.0' },
    { bundle: 'talker@1.0.0' },
  ]);
  talks(section);
  const empty = await reader(t, [directory]).start('chat: {}');
  t.match(empty.changes, [{ bundle: 'chat@2.0.0' }, { bundle: 'talker@1.0.0', config: {} }]);
  t.match(empty.notices, [
    { text: /^TALKER is started as talker@1\.0\.0: CHAT chat@2\.0\.0 needs its event/ },
  ]);
  const silent = section.replace(talker.manifest, 'publishes: {}');
  writeFileSync(
    join(directory, 'talker-0.9.0.cjs'),
    sourceOf({ ...talker, version: '0.9.0', manifest: silent }),
  );
  const named = 'router: { modules: { TALKER: talker@0.9.0 } }\nchat: {}\ntalker: {}';
  t.match((await reader(t, [directory]).start(named)).notices, [
    { text: /talker@1\.0\.0 does, and not talker@0\.9\.0: name it in router\.modules; CHAT starts/ },
  ]);
  writeFileSync(join(directory, 'talker-1.0.0.cjs'), sourceOf(talker));
  const both = (await reader(t, [directory]).start('chat: {}')).changes;
  t.match(both, [{ bundle: 'chat@2.0.0' }, { module: 'TALKER', bundle: 'talker@1.0.0' }]);
});

t.test(
  'a file with OSPF alone starts IP as well, which tells it of links and takes its routes',
  async (t) => {
    const { changes, notices } = await start('router: { id: 1.1.1.1 }\nospf: { interfaces: { lan0: } }');
    const { IP, OSPF } = Object.fromEntries(changes.map(({ module, config }) => [module, config]));
    t.match(OSPF, { interfaces: { lan0: {} } });
    t.match(IP, { interfaces: {} });
    t.match(notices, [
      { level: 'info', text: /^IP is started as ip@.*: OSPF ospf@.* needs its event "links"$/ },
    ]);
  },
);

t.test('a file that names the version of another module for one that is needed is wrong there', async (t) => {
  const file = (modules: string) =>
    `router: { id: 1.1.1.1, modules: ${modules} }\nospf: { interfaces: { a: } }`;
  for (const text of [`${file('{ IP: timer@2.0.0 }')}\nip: {}`, file('{ IP: timer@2.0.0 }')])
    await t.rejects(start(text), { code: 'CONFIG_INVALID', message: /router\.modules\.IP/ }, text);
});

t.test('receivers of relay messages start before their senders', async (t) => {
  const versions = 'modules: { IP: ip@2.1.0, OSPF: ospf@2.1.0 }';
  const text = `router: { id: 1.1.1.1, ${versions} }\nip: { interfaces: { a: } }\nospf: { interfaces: { a: } }`;
  t.same(Object.keys(await settings(text)), ['OSPF', 'IP', 'TIMER']);
});

t.test('each module gets its settings in the units of its RFC', async (t) => {
  const read = await settings(`
router: { id: 192.0.2.1 }
timer: { period: 250ms }
ip: { lifetime: 30m, interfaces: { lan0: { interval: 10m, preference: -5 } } }
ospf:
  area: 0.0.0.7
  interfaces: { lan0: { hello-interval: 5s, dead-interval: 15s, priority: 0, address: 10.0.1.0/24 } }
vrrp:
  - { interface: lan0, group: 51, priority: 200, interval: 1.25s, preempt: false, addresses: [10.0.1.254, 10.0.1.253] }
`);
  t.same(read.TIMER, { period: 250 });
  t.same(read.IP, {
    lifetime: 1800,
    interfaces: { lan0: { interval: 600_000, preference: -5 } },
    keepRoutes: 0,
    routes: {},
    tables: {},
    filters: { prefixLists: {}, routeMaps: {} },
  });
  const lan0 = {
    area: '0.0.0.7',
    helloInterval: 5000,
    deadInterval: 15_000,
    priority: 0,
    address: '10.0.1.0/24',
  };
  t.match(read.OSPF, { routerId: '192.0.2.1', areas: { '0.0.0.7': {} }, interfaces: { lan0 } });
  t.same(read.VRRP, {
    groups: [
      {
        interface: 'lan0',
        group: 51,
        family: 4,
        version: 3,
        priority: 200,
        interval: 125,
        preempt: false,
        virtualMac: true,
        addresses: ['10.0.1.254', '10.0.1.253'],
      },
    ],
  });
});

t.test(
  'a form of checksums that is configured reaches VRRP, and auto is what a version without the key does',
  async (t) => {
    const group = async (rest: string) => {
      const { VRRP } = await settings(`vrrp: [{ interface: a, group: 1, addresses: [10.0.0.9]${rest} }]`);
      return (VRRP as { groups: object[] }).groups[0]!;
    };
    t.match(await group(', checksum: rfc9568'), { checksum: 'rfc9568' });
    t.notOk('checksum' in (await group('')));
  },
);

t.test("what is not told follows from what is: the RFCs' defaults", async (t) => {
  const read = await settings(`
router: { id: 192.0.2.1 }
ip: { interfaces: { lan0: { interval: 20s }, lan1: { interval: 30s } } }
ospf: { interfaces: { lan0: { hello-interval: 5s }, lan1: } }
vrrp: [{ interface: lan0, group: 7, addresses: [10.0.1.254] }]
`);
  t.equal((read.IP as { lifetime: number }).lifetime, 90, 'three times the longest interval');
  t.match(read.OSPF, {
    routerId: '192.0.2.1',
    areas: { '0.0.0.0': { type: 'normal' } },
    interfaces: {
      lan0: { area: '0.0.0.0', helloInterval: 5000, deadInterval: 20_000, priority: 1 },
      lan1: { area: '0.0.0.0', helloInterval: 10_000, deadInterval: 40_000, priority: 1 },
    },
  });
  t.match(read.VRRP, { groups: [{ priority: 100, interval: 100, preempt: true }] });
});

t.test('module configurations are plain data that a snapshot can carry', async (t) => {
  const text = 'router: { id: 1.1.1.1 }\nospf: { interfaces: { a: } }\nip: { interfaces: { a: } }';
  t.same(structuredClone(await settings(text)), await settings(text));
});
