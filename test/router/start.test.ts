import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type Past, planStart, removalsOf, sectionByName, type Wishes } from '../../firmware/router/start.ts';
import type { VersionEntry, VersionView } from '../../runtime/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'hitless-test-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

const CONFIG: Wishes = { sections: ['ip', 'vrrp'], modules: {} };
const ipAs = (version: string): Wishes => ({ sections: ['ip'], modules: { IP: version } });

/** Bundles in the directories; the content of each is its name. */
const KNOWN = ['ip@1.0.0', 'ip@2.0.0', 'timer@1.0.0', 'timer@2.0.0', 'vrrp@1.0.0'].map(
  (bundle): VersionView => {
    const [name = '', version = ''] = bundle.split('@');
    const file = `/releases/${name}-${version}.cjs`;
    return {
      bundle,
      module: name.toUpperCase(),
      version,
      status: 'unpacked',
      sha256: hash(bundle),
      bytes: 1,
      file,
    };
  },
);

function entry(bundle: string, file = '/nowhere/x.cjs', sha256 = hash(bundle)): VersionEntry {
  return { bundle, sha256, file };
}

function plan(
  boot: Record<string, VersionEntry | null>,
  { config = CONFIG, ...more }: { config?: Wishes; interrupted?: Past['boot'] } = {},
) {
  const { starts, idle, notices, remembered } = planStart(
    config,
    { boot: new Map(Object.entries(boot)), ...more },
    KNOWN,
    sectionByName(config),
  );
  return {
    starts: starts.map(({ module, bundle }) => `${module} ${bundle}`),
    says: notices.map(({ level, text }) => `${level}: ${text}`),
    remembered,
    idle,
  };
}

t.test(
  'without a past, the newest of each module of the configuration is started, and nothing is said',
  async (t) => {
    t.same(plan({}), {
      starts: ['IP ip@2.0.0', 'VRRP vrrp@1.0.0'],
      says: [],
      remembered: [],
      idle: [],
    });
  },
);

t.test('a bundle that was pushed, and never put to work, is not started', async (t) => {
  const pushed = KNOWN.map((version) =>
    version.bundle === 'ip@2.0.0' ? { ...version, file: '/state/bundles/ip-2.0.0.cjs' } : version,
  );
  const starts = (boot: Past['boot']) =>
    planStart(CONFIG, { boot }, pushed, sectionByName(CONFIG), '/state/bundles').starts.map(
      ({ bundle }) => bundle,
    );
  t.same(starts(new Map()), ['ip@1.0.0', 'vrrp@1.0.0']);
  t.same(starts(new Map([['IP', entry('ip@2.0.0')]])), ['ip@2.0.0', 'vrrp@1.0.0']);
});

t.test('what was current is started, by name or by its file', async (t) => {
  const own = join(directory, 'vrrp-7.0.0.cjs');
  writeFileSync(own, 'own');
  const { starts, says, remembered } = plan({
    IP: entry('ip@1.0.0'),
    VRRP: entry('vrrp@7.0.0', own, hash('own')),
  });
  t.same(starts, ['IP ip@1.0.0', `VRRP ${own}`]);
  t.same(says, [`info: as before: IP ip@1.0.0, VRRP ${own}`]);
  t.same(remembered, ['IP', 'VRRP']);
  const namesake = join(directory, 'ip-1.0.0.cjs');
  writeFileSync(namesake, 'patched');
  t.equal(plan({ IP: entry('ip@1.0.0', namesake, hash('patched')) }).starts[0], `IP ${namesake}`);
});

t.test('a bundle that is gone or changed is told, and the newest release started', async (t) => {
  const gone = plan({ IP: entry('ip@1.5.0') });
  t.equal(gone.starts[0], 'IP ip@2.0.0');
  t.same(gone.says, [
    'error: IP was ip@1.5.0, but /nowhere/x.cjs is not there any more; it starts as ip@2.0.0, the newest release',
  ]);
  t.same(gone.remembered, []);
  const changed = plan({ IP: entry('ip@1.0.0', undefined, hash('other')) });
  t.equal(changed.starts[0], 'IP ip@2.0.0');
  t.match(
    changed.says[0],
    /^error: IP was ip@1\.0\.0, but \/releases\/ip-1\.0\.0\.cjs is another file now \(SHA-256 \w{64}, it was \w{64}\)/,
  );
});

t.test('a version in the configuration wins, which is said only where it changes something', async (t) => {
  const config = ipAs('ip@2.0.0');
  const other = plan({ IP: entry('ip@1.0.0') }, { config });
  t.equal(other.starts[0], 'IP ip@2.0.0');
  t.same(other.says, [
    'warn: IP was ip@1.0.0; it starts as ip@2.0.0: the configuration says so; delete router.modules.IP from it to start what was current last',
  ]);
  t.same(plan({ IP: entry('ip@2.0.0') }, { config }).says, []);
});

t.test('what was removed stays out, also where the configuration names a version', async (t) => {
  const { starts, says } = plan({ IP: null });
  t.same(starts, ['VRRP vrrp@1.0.0']);
  t.same(says, ['warn: IP is not started: it was removed by command; "add IP ip@2.0.0" brings it back']);
  const config = ipAs('ip@1.0.0');
  t.same(plan({ IP: null }, { config }).starts, []);
  t.match(plan({ IP: null }, { config }).says, [/"add IP ip@1\.0\.0" brings it back/]);
  t.same(plan({ IP: null, VRRP: null, TIMER: null }).starts, []);
  const past = {
    boot: new Map([
      ['IP', null],
      ['TIMER', entry('timer@1.0.0')],
    ]),
  };
  t.same([...removalsOf(past).boot], [['IP', null]]);
});

t.test(
  'a module of no section is started when a command added it, unless a section belongs to it',
  async (t) => {
    const own = join(directory, 'chat-1.0.0.cjs');
    writeFileSync(own, 'chat');
    const chat = plan({ CHAT: entry('chat@1.0.0', own, hash('chat')) });
    t.same(chat.starts, ['IP ip@2.0.0', 'VRRP vrrp@1.0.0', `CHAT ${own}`]);
    const gone = plan({ CHAT: entry('chat@1.0.0') });
    t.equal(gone.starts.length, 2);
    t.match(gone.says, [/^error: CHAT was chat@1\.0\.0, but .* it is not started/]);
    t.match(plan({ OSPF: entry('ospf@1.0.0') }).says, [
      /^warn: OSPF was ospf@1\.0\.0; it is not started: the configuration has no section/,
    ]);
  },
);

t.test(
  'a module that takes a section and needs none is started where the file has it or names a version, and as before',
  async (t) => {
    const named = { sections: ['ip'], modules: { TIMER: 'timer@1.0.0' } };
    t.same(plan({}, { config: named }).starts, ['IP ip@2.0.0', 'TIMER timer@1.0.0']);
    const written = { sections: ['ip', 'timer'], modules: {} };
    t.same(plan({}, { config: written }).starts, ['IP ip@2.0.0', 'TIMER timer@2.0.0']);
    const before = plan({ TIMER: entry('timer@1.0.0') }, { config: ipAs('ip@1.0.0') });
    t.same(before.starts, ['IP ip@1.0.0', 'TIMER timer@1.0.0']);
    t.same(before.says, ['info: as before: TIMER timer@1.0.0']);
    t.same(plan({ TIMER: null }).says, [], 'nobody asks for one that was removed');
    t.match(plan({ TIMER: null }, { config: written }), {
      starts: ['IP ip@2.0.0'],
      says: [/TIMER is not started: it was removed by command/],
    });
  },
);

t.test(
  'a module that others need is started, also when it was removed, and the reason is told',
  async (t) => {
    const config = { ...CONFIG, needed: new Map([['TIMER', 'IP ip@1.0.0 needs its event "broadcast"']]) };
    t.match(plan({}, { config }), {
      starts: ['IP ip@2.0.0', 'VRRP vrrp@1.0.0', 'TIMER timer@2.0.0'],
      says: ['info: TIMER is started as timer@2.0.0: IP ip@1.0.0 needs its event "broadcast"'],
    });
    t.match(plan({ TIMER: null }, { config }), {
      starts: ['IP ip@2.0.0', 'VRRP vrrp@1.0.0', 'TIMER timer@2.0.0'],
      says: [/^warn: TIMER was removed by command; it is started all the same as timer@2\.0\.0: IP ip@1/],
      idle: [],
    });
    t.match(plan({ TIMER: entry('timer@1.0.0') }, { config }).says, ['info: as before: TIMER timer@1.0.0']);
    const links = new Map([['IP', 'VRRP vrrp@1.0.0 needs its event "links"']]);
    const sectionless = { sections: ['vrrp'], modules: {}, needed: links };
    t.match(plan({ IP: entry('ip@1.0.0') }, { config: sectionless }), {
      starts: ['VRRP vrrp@1.0.0', 'IP ip@1.0.0'],
      says: [/^info: IP is started as ip@1\.0\.0: VRRP vrrp@1\.0\.0 needs/, 'info: as before: IP ip@1.0.0'],
    });
  },
);

t.test('what was on probation is told, and only that', async (t) => {
  const boot = { IP: entry('ip@1.0.0'), VRRP: entry('vrrp@1.0.0') };
  const interrupted = new Map<string, VersionEntry | null>([
    ['IP', entry('ip@2.0.0')],
    ['VRRP', entry('vrrp@1.0.0')],
    ['TIMER', null],
  ]);
  const { starts, says } = plan(boot, { interrupted });
  t.same(starts, ['IP ip@1.0.0', 'VRRP vrrp@1.0.0']);
  t.match(
    says[0],
    /^warn: on probation when the program ended: IP ip@2\.0\.0, TIMER removed; what was before is started/,
  );
});

t.test('a module without any bundle is named', async (t) => {
  t.throws(() => planStart(CONFIG, { boot: new Map() }, KNOWN.slice(2), sectionByName(CONFIG)), {
    code: 'BUNDLE_MISSING',
    message: /no bundle of IP/,
  });
});
