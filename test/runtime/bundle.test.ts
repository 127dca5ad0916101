import { createHash } from 'node:crypto';
import t from 'tap';
import { sourceOf, Workshop } from './workshop.ts';

const good = { name: 'IP', version: '1.0.0' };

t.test('a bad bundle gets a clear error and changes nothing', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(good);
  shop.bundle({ name: 'IP', version: '1.1.0' });
  await shop.add('IP', 'ip@1.0.0');
  const before = shop.runtime.versions().filter(({ status }) => status !== 'unpacked');
  const made = (name: string, text: string | Buffer) => shop.file(name, text);
  const cases: [string, string, RegExp][] = [
    [made('empty.cjs', ''), 'BUNDLE_NOT_A_BUNDLE', /empty\.cjs: exports no manifest object/],
    [made('picture.cjs', Buffer.from([0x89, 0x50, 0, 0])), 'BUNDLE_NOT_A_BUNDLE', /is a binary file/],
    [made('prose.cjs', 'this is no program'), 'BUNDLE_SYNTAX', /prose\.cjs:1: SyntaxError/],
    [made('esm.cjs', 'export const manifest = {};'), 'BUNDLE_SYNTAX', /esm\.cjs:1.*CommonJS/],
    [
      made('throws.cjs', 'throw new RangeError("no")'),
      'BUNDLE_THREW',
      /throws\.cjs: threw while it was loaded: RangeError: no/,
    ],
    [made('spins.cjs', 'for (;;);'), 'BUNDLE_TIMEOUT', /spins\.cjs: did not finish loading within 500 ms/],
    [made('reads.cjs', 'require("node:fs")'), 'BUNDLE_IMPORT', /requires "node:fs"/],
    [
      made('api.cjs', sourceOf({ ...good, manifest: 'api: 9' })),
      'API_UNSUPPORTED',
      /api 9, this runtime speaks api 1/,
    ],
    [
      made('noversion.cjs', sourceOf({ ...good, manifest: 'version: "new"' })),
      'MANIFEST_INVALID',
      /manifest\.version must be a version such as 1\.0\.0/,
    ],
    [
      made('nobox.cjs', sourceOf({ ...good, manifest: 'mailbox: 0' })),
      'MANIFEST_INVALID',
      /manifest\.mailbox/,
    ],
    [
      made('twice.cjs', sourceOf({ ...good, manifest: 'timers: ["a"], ports: ["a"]', methods: 'onA() {}' })),
      'MANIFEST_INVALID',
      /"a" would need two handlers onA/,
    ],
    [
      made('nohandler.cjs', sourceOf({ ...good, manifest: 'accepts: { tick: [1] }' })),
      'HANDLER_MISSING',
      /no method onTick/,
    ],
    [
      made('noclass.cjs', sourceOf(good).replace('extends Module', '')),
      'BUNDLE_NOT_A_BUNDLE',
      /class that extends Module/,
    ],
    [
      made('other.cjs', sourceOf({ name: 'OSPF', version: '1.0.0' })),
      'BUNDLE_MISMATCH',
      /is a version of OSPF, not of IP/,
    ],
    [
      made('ip-9.0.0.cjs', sourceOf({ name: 'IP', version: '8.0.0' })) && 'ip@9.0.0',
      'BUNDLE_MISMATCH',
      /manifest says ip@8\.0\.0, not ip@9\.0\.0/,
    ],
    [
      made('false.cjs', `${sourceOf(good)}// not the same`),
      'BUNDLE_LOADED',
      /another ip@1\.0\.0 with other contents is loaded/,
    ],
    ['ip@7.0.0', 'BUNDLE_NOT_FOUND', /there is no ip@7\.0\.0: there are ip@1\.0\.0, ip@1\.1\.0/],
    ['isis@1.0.0', 'BUNDLE_NOT_FOUND', /no bundle of that name/],
    ['libIPImp_v2.so', 'BUNDLE_NOT_FOUND', /give a name and version such as ip@2\.0\.0/],
    ['./nowhere.cjs', 'BUNDLE_UNREADABLE', /nowhere\.cjs: cannot be read/],
    [`${shop.directory}/`, 'BUNDLE_UNREADABLE', /is a directory/],
    ['ip@1.0.0', 'TRANSACTION_EMPTY', /IP runs ip@1\.0\.0 already/],
  ];
  for (const [ref, code, message] of cases) {
    await t.rejects(
      shop.replace('IP', ref),
      { code, message },
      `${ref.replace(shop.directory, '')}: ${code}`,
    );
  }
  await t.rejects(shop.replace('ISIS', 'ip@1.1.0'), {
    code: 'MODULE_UNKNOWN',
    message: 'there is no module ISIS; there is IP',
  });
  await t.rejects(shop.replace('IP', 'ip@1.1.0', 'IP', 'ip@1.1.0'), { code: 'TRANSACTION_EMPTY' });
  await t.rejects(shop.replace(), { code: 'TRANSACTION_EMPTY' });
  t.strictSame(
    shop.runtime.versions().filter(({ status }) => status !== 'unpacked'),
    before,
  );
  t.equal(shop.view('IP').service, 'service');
  t.equal((await shop.replace('IP', 'ip@1.1.0')).outcome, 'committed');
});

t.test('a released bundle that was changed afterwards is not loaded', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(good);
  const hash = createHash('sha256').update(sourceOf(good)).digest('hex');
  shop.file('SHA256SUMS', `${hash}  ip-1.0.0.cjs\n`);
  await shop.add('IP', 'ip@1.0.0');
  shop.bundle({ ...good, version: '1.1.0' });
  shop.file('SHA256SUMS', `${hash}  ip-1.0.0.cjs\n${hash}  ip-1.1.0.cjs\n`);
  await t.rejects(shop.replace('IP', 'ip@1.1.0'), { code: 'BUNDLE_CHANGED', message: /released with/ });
});

t.test('load and unload keep the repository; what runs cannot be unloaded', async (t) => {
  const shop = new Workshop(t);
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) shop.bundle({ ...good, version });
  await shop.add('IP', 'ip@1.0.0');
  const status = () =>
    Object.fromEntries(shop.runtime.versions().map(({ version, status }) => [version, status]));
  t.equal((await shop.runtime.repository.load('IP@1.1.0')).status, 'loaded');
  await t.rejects(shop.runtime.repository.load('ip@1.1.0'), { code: 'BUNDLE_LOADED' });
  await t.rejects(shop.runtime.repository.load('ip@1.0.0'), { code: 'BUNDLE_LOADED' });
  t.strictSame(status(), { '1.0.0': 'current', '1.1.0': 'loaded', '1.2.0': 'unpacked', '1.3.0': 'unpacked' });
  t.throws(() => shop.runtime.repository.unload('ip@1.0.0'), { code: 'BUNDLE_IN_USE' });
  t.throws(() => shop.runtime.repository.unload('ip@1.2.0'), { code: 'BUNDLE_NOT_FOUND' });
  await shop.replace('IP', 'ip@1.2.0');
  t.strictSame(status(), { '1.0.0': 'previous', '1.1.0': 'loaded', '1.2.0': 'current', '1.3.0': 'unpacked' });
  await shop.replace('IP', 'ip@1.3.0');
  t.strictSame(
    status(),
    { '1.0.0': 'unpacked', '1.1.0': 'loaded', '1.2.0': 'previous', '1.3.0': 'current' },
    'only one previous is kept',
  );
  shop.runtime.repository.unload('ip@1.1.0');
  t.equal(status()['1.1.0'], 'unpacked');
});

t.test(
  'modules that would misunderstand each other are refused before anything is disabled, naming both',
  async (t) => {
    const shop = new Workshop(t);
    const ear = (version: string, versions: string) => ({
      name: 'EAR',
      version,
      manifest: `accepts: { word: ${versions} }`,
      methods: 'onWord() {}',
    });
    const mouth = (version: string, speaks: number) => ({
      name: 'MOUTH',
      version,
      manifest: `sends: { EAR: { word: ${speaks} } }, publishes: { sound: ${speaks} }`,
    });
    shop.bundle(ear('1.0.0', '[1]'));
    shop.bundle(ear('2.0.0', '[2]'));
    shop.bundle(ear('1.5.0', '[1, 2]'));
    shop.bundle(mouth('1.0.0', 1));
    shop.bundle(mouth('2.0.0', 2));
    await shop.add('EAR', 'ear@1.0.0');
    await shop.add('MOUTH', 'mouth@1.0.0');
    await t.rejects(shop.replace('EAR', 'ear@2.0.0'), {
      code: 'PROTOCOL_MISMATCH',
      message:
        'MOUTH 1.0.0 sends "word" version 1, but EAR 2.0.0 accepts version 2; replace both in one transaction with versions that agree',
    });
    await t.rejects(shop.replace('MOUTH', 'mouth@2.0.0'), { code: 'PROTOCOL_MISMATCH' });
    t.equal(shop.runtime.history.length, 2, 'nothing was tried');
    t.equal(
      (await shop.replace('EAR', 'ear@2.0.0', 'MOUTH', 'mouth@2.0.0')).outcome,
      'committed',
      'both ends together pass',
    );
    t.equal((await shop.replace('EAR', 'ear@1.5.0')).outcome, 'committed', 'a module may accept several');
    t.equal((await shop.replace('MOUTH', 'mouth@1.0.0')).outcome, 'committed');
  },
);

t.test('what a module does beyond its manifest is not done, and said once', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'SLY',
    version: '1.0.0',
    manifest: 'accepts: { go: [1], got: [1] }',
    methods:
      'onGo() { this.ctx.setTimer("t", "", 1); this.ctx.publish("e"); return this.ctx.send("SLY", "got"); } onGot() {}',
  });
  await shop.add('SLY', 'sly@1.0.0');
  t.equal(await shop.runtime.ask('SLY', 'go'), 'unknown');
  t.equal(await shop.runtime.ask('SLY', 'go'), 'unknown');
  const errors = shop.log.filter(({ level }) => level === 'error');
  t.equal(errors.length, 3);
});
