/** A version that cannot do without an event is refused where nobody publishes it, and keeps its publisher in service. */
import t, { type Test } from 'tap';
import { type Change, defineModule, Runtime } from '../../runtime/index.ts';
import { testModule } from '../../runtime/testing/index.ts';
import { Workshop } from './workshop.ts';

const BY = { command: 'test', by: 'test' };
const run = (shop: Workshop, ...changes: Change[]) => shop.runtime.run(changes, BY);
const add = (module: string, bundle: string): Change => ({ change: 'add', module, bundle });

const pulse = (name: string, version = '1.0.0', publishes = '{ beat: 1 }') => ({
  name,
  version,
  manifest: `publishes: ${publishes}`,
});
/** @param needs as the manifest has it; nothing where it says nothing */
const follower = (name: string, version: string, needs?: string) => ({
  name,
  version,
  manifest: `api: 2, subscribes: { beat: [1] }${needs === undefined ? '' : `, needs: ${needs}`}`,
  methods: 'onBeat() {}',
});

function shopOf(t: Test): Workshop {
  const shop = new Workshop(t);
  shop.bundle(pulse('PULSE', '1.0.0'));
  shop.bundle(pulse('PULSE', '2.0.0'));
  shop.bundle(follower('IP', '1.0.0', "['beat']"));
  shop.bundle(follower('IP', '2.0.0'));
  return shop;
}

const MISSING = {
  code: 'PUBLISHER_MISSING',
  module: 'IP',
  message:
    'IP 1.0.0 needs the event "beat", which nobody publishes; "add PULSE pulse@2.0.0" first, or in the same transaction',
};

t.test('it is refused with what to add, by check too; in one transaction with that it comes', async (t) => {
  const shop = shopOf(t);
  await t.rejects(run(shop, add('IP', 'ip@1.0.0')), MISSING);
  await t.rejects(shop.runtime.check([add('IP', 'ip@1.0.0')], BY), MISSING);
  t.same(shop.runtime.modules(), [], 'nothing was disturbed');
  t.equal((await run(shop, add('IP', 'ip@1.0.0'), add('PULSE', 'pulse@2.0.0'))).outcome, 'committed');
});

t.test('a module that did without is not replaced by a version that cannot', async (t) => {
  const shop = shopOf(t);
  await run(shop, add('IP', 'ip@2.0.0'));
  await t.rejects(shop.replace('IP', 'ip@1.0.0'), MISSING);
  t.equal(shop.view('IP').version, '2.0.0');
  const both: Change[] = [
    add('PULSE', 'pulse@1.0.0'),
    { change: 'replace', module: 'IP', bundle: 'ip@1.0.0' },
  ];
  t.equal((await run(shop, ...both)).outcome, 'committed');
});

t.test('who says that it can do without keeps no publisher in service; who needs it does', async (t) => {
  const shop = shopOf(t);
  await run(shop, add('PULSE', 'pulse@1.0.0'), add('IP', 'ip@1.0.0'));
  const remove: Change = { change: 'remove', module: 'PULSE' };
  await t.rejects(run(shop, remove), {
    code: 'MODULE_NEEDED',
    message: /PULSE cannot be removed: .*IP 1\.0\.0 \("beat"\)/,
  });
  const both: Change[] = [remove, { change: 'replace', module: 'IP', bundle: 'ip@2.0.0' }];
  t.equal((await run(shop, ...both)).outcome, 'committed');
  t.equal((await shop.runtime.rollback(BY)).outcome, 'committed');
  await shop.replace('IP', 'ip@2.0.0');
  t.equal((await run(shop, remove)).outcome, 'committed');
});

t.test(
  'a publisher that is disabled is to be enabled; one whose version does not publish, replaced',
  async (t) => {
    const shop = shopOf(t);
    await run(shop, add('PULSE', 'pulse@1.0.0'));
    await run(shop, { change: 'disable', module: 'PULSE' });
    await t.rejects(run(shop, add('IP', 'ip@1.0.0')), { message: /"enable PULSE" first$/ });
    await run(shop, { change: 'enable', module: 'PULSE' });
    shop.bundle(pulse('PULSE', '0.9.0', '{}'));
    await shop.replace('PULSE', 'pulse@0.9.0');
    await t.rejects(run(shop, add('IP', 'ip@1.0.0')), { message: /"replace PULSE pulse@2\.0\.0" first/ });
  },
);

t.test('where no version that is known publishes it, that is said', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(follower('IP', '1.0.0', "['beat']"));
  shop.file('broken-1.0.0.cjs', 'no bundle');
  await t.rejects(run(shop, add('IP', 'ip@1.0.0')), {
    code: 'PUBLISHER_MISSING',
    message: /no version that is known here publishes "beat": get one/,
  });
});

t.test('the program is a publisher where it says so, and once it has published', async (t) => {
  const said = new Workshop(t, { publishes: ['beat'] });
  said.bundle(follower('IP', '1.0.0', "['beat']"));
  t.equal((await run(said, add('IP', 'ip@1.0.0'))).outcome, 'committed');
  const shop = shopOf(t);
  shop.runtime.publish('beat', 1);
  t.equal((await run(shop, add('IP', 'ip@1.0.0'))).outcome, 'committed');
});

t.test('what was forced is not held against others, and the way back is always open', async (t) => {
  const shop = shopOf(t);
  shop.bundle(pulse('OTHER', '1.0.0', '{}'));
  await run(shop, add('PULSE', 'pulse@1.0.0'), add('IP', 'ip@1.0.0'));
  await run(shop, { change: 'remove', module: 'PULSE', force: true });
  t.equal((await run(shop, add('OTHER', 'other@1.0.0'))).outcome, 'committed');
  await shop.replace('IP', 'ip@2.0.0');
  t.equal((await shop.runtime.rollback(BY)).outcome, 'committed');
  t.equal(shop.view('IP').version, '1.0.0');
  await run(shop, { change: 'disable', module: 'IP' });
  await t.rejects(run(shop, { change: 'enable', module: 'IP' }), MISSING);
});

t.test('the program says it of versions whose manifests have no word for it', async (t) => {
  const asked: string[] = [];
  const needs = (module: string, version: string) => {
    asked.push(`${module} ${version}`);
    return version === '1.0.0' ? ['beat'] : [];
  };
  const shop = new Workshop(t, { needs });
  shop.bundle(pulse('PULSE', '2.0.0'));
  const old = (version: string) => ({ ...follower('IP', version), manifest: 'subscribes: { beat: [1] }' });
  for (const version of ['1.0.0', '1.1.0']) shop.bundle(old(version));
  await t.rejects(run(shop, add('IP', 'ip@1.0.0')), MISSING);
  t.equal((await run(shop, add('IP', 'ip@1.1.0'))).outcome, 'committed');
  shop.bundle(follower('OSPF', '1.0.0'));
  await run(shop, add('OSPF', 'ospf@1.0.0'));
  t.notOk(asked.includes('OSPF 1.0.0'), 'its manifest says it');
  t.throws(() => new Runtime({ needs: ['beat'] as never }), { code: 'ARGUMENT_INVALID' });
  t.throws(() => new Runtime({ publishes: [1] as never }), { code: 'ARGUMENT_INVALID' });
});

t.test('a manifest needs what it subscribes to, from api 2 on', async (t) => {
  const shop = new Workshop(t);
  for (const [version, manifest, allowed] of [
    [
      '1.0.0',
      'subscribes: { beat: [1] }, needs: ["beat"]',
      /manifest\.needs must be left out: it came with api 2/,
    ],
    [
      '1.1.0',
      'api: 2, needs: ["beat"]',
      /manifest\.needs must be free of "beat", which is not subscribed to/,
    ],
    ['1.2.0', 'api: 2, subscribes: { beat: [1] }, needs: "beat"', /manifest\.needs must be a list of events/],
  ] as const) {
    const bundle = shop.bundle({ name: 'IP', version, manifest, methods: 'onBeat() {}' });
    await t.rejects(run(shop, add('IP', bundle)), { code: 'MANIFEST_INVALID', message: allowed });
  }
});

t.test('a module under test has all events that it needs: the test publishes them', async (t) => {
  const follower = defineModule({
    api: 2,
    name: 'IP',
    version: '1.0.0',
    initial: () => ({ beats: 0 }),
    subscribes: {
      beat() {
        this.state.beats++;
      },
    },
    needs: ['beat'],
  });
  const kit = await testModule(follower);
  await kit.publish('beat', undefined);
  t.match(kit.state, { beats: 1 });
  kit.stop();
});
