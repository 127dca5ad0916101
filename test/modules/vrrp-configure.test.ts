/** VRRP is configured while it runs, in transactions as a router makes them: what a change concerns, and what it does not. */
import t, { type Test } from 'tap';
import type { VirtualRouters } from '../../firmware/modules/messages/virtual-routers.ts';
import * as vrrp from '../../firmware/modules/vrrp/module.ts';
import { decode, encode } from '../../firmware/modules/vrrp/packet.ts';
import { planFor } from '../../firmware/modules/vrrp/plan.ts';
import { type GroupConfig, keyOf } from '../../firmware/modules/vrrp/state.ts';
import { type ModuleKit, testModule } from '../../runtime/testing/index.ts';
import { linkDown, linkUp, told } from './fake-context.ts';
import { GROUP, OWN, PEER, VRRP_GROUP } from './vrrp-router.ts';

type Kit = ModuleKit<typeof vrrp>;

/** Active, Backup of a peer, and Active on another interface. */
const A: GroupConfig = { ...GROUP, group: 1, priority: 200, addresses: ['10.0.0.101'] };
const B: GroupConfig = { ...GROUP, group: 2, priority: 100, addresses: ['10.0.0.102'] };
const C: GroupConfig = { ...GROUP, interface: 'r1', group: 3, addresses: ['10.0.1.103'] };
const CONFIG = { groups: [A, B, C] };

/** A peer advertises the group. */
function hear(kit: Kit, { version, group, interval, addresses }: GroupConfig, priority: number): void {
  const payload = encode({ version, group, interval, addresses, priority }, PEER, VRRP_GROUP);
  kit.receive('vrrp', 'r0', { from: PEER, to: VRRP_GROUP, ttl: 255, payload });
}

/** All three have their roles; A advertised 300 ms ago, and B heard its Active Router. */
async function running(t: Test, probation: { duration: number } | false = false): Promise<Kit> {
  const kit = await testModule(vrrp, { config: CONFIG, probation });
  t.teardown(() => kit.runtime.stop());
  kit.publish('links', told(linkUp('r0', `${OWN}/24`)), { retain: 'r0' });
  kit.publish('links', told(linkUp('r1', '10.0.1.10/24')), { retain: 'r1' });
  for (let i = 0; i < 40; i++) {
    hear(kit, B, 150);
    kit.advance(100);
  }
  kit.advance(kit.timers.find(({ key }) => key === 'r0/1')!.dueIn);
  hear(kit, B, 150);
  kit.advance(300);
  t.same(roles(kit), ['r0/1 Active', 'r0/2 Backup', 'r1/3 Active']);
  kit.take();
  return kit;
}

const roles = ({ state }: Kit) => [...state.groups].map(([key, router]) => `${key} ${router.state}`);
const timers = (kit: Kit) => kit.timers.map(({ type, key, dueIn }) => `${type} ${key} ${dueIn}`).sort();
const timersOf = (kit: Kit, ...groups: GroupConfig[]) =>
  timers(kit).filter((text) => groups.some((group) => text.includes(` ${keyOf(group)} `)));
const routers = ({ state }: Kit, ...groups: GroupConfig[]) =>
  structuredClone(groups.map((group) => state.groups.get(keyOf(group))));

/** The advertisements since the last call, as `r0/1 200` with the priority, in the order in which they left. */
function advertised(kit: Kit): string[] {
  return kit.take().flatMap((output) => {
    if (output.kind !== 'transmitted') return [];
    const { payload } = output.datum as { payload: Uint8Array };
    const adv = decode({ from: output.key === 'r0' ? OWN : '10.0.1.10', to: VRRP_GROUP, hops: 255, payload });
    return 'error' in adv ? [adv.error] : [`${output.key}/${adv.group} ${adv.priority}`];
  });
}

/** One that is not Active, as IP is told of it. */
const held = (group: GroupConfig) => ({
  id: keyOf(group),
  interface: group.interface,
  family: 4,
  group: group.group,
  mac: `00:00:5e:00:01:0${group.group}`,
  addresses: group.addresses,
  announced: 0,
});

async function configure(kit: Kit, ...groups: GroupConfig[]): Promise<void> {
  await kit.runtime.configure('VRRP', { groups });
  kit.advance(0);
}

/** So many seconds pass, with what a probation does meanwhile. */
async function passes(kit: Kit, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    kit.advance(1_000);
    await kit.settled();
  }
}

t.test('another priority of one is told with its next advertisement, and nothing else changes', async (t) => {
  const kit = await running(t);
  const [was, wasTimers] = [structuredClone(kit.state), timers(kit)];
  const groups = [{ ...A, priority: 120 }, B, C];
  await configure(kit, ...groups);
  t.same(kit.state, { ...was, config: { groups } });
  t.same(timers(kit), wasTimers);
  t.same(kit.outputs, [], 'nothing is sent, opened, or said');
  kit.advance(700);
  t.same(advertised(kit), ['r1/3 100', 'r0/1 120']);
  t.match(await kit.ask('virtualRouters'), [{ group: 1, priority: 120 }, { group: 2 }, { group: 3 }]);
});

t.test('a Backup Router with another priority waits on, and preempts when it hears less', async (t) => {
  const kit = await running(t);
  const was = timers(kit);
  await configure(kit, A, { ...B, priority: 160 }, C);
  t.same(timers(kit), was);
  hear(kit, B, 150);
  t.same(timers(kit), was, 'what it preempts does not keep it waiting');
  kit.advance(4_000);
  t.same(roles(kit), ['r0/1 Active', 'r0/2 Active', 'r1/3 Active']);
  t.match(kit.state.groups.get('r0/2')?.history[0], { reason: 'preempted' });
});

t.test('without preemption it stays a Backup Router', async (t) => {
  const kit = await running(t);
  await configure(kit, A, { ...B, priority: 160, preempt: false }, C);
  hear(kit, B, 150);
  kit.advance(3_000);
  hear(kit, B, 150);
  kit.advance(3_000);
  t.same(roles(kit)[1], 'r0/2 Backup');
});

t.test('with another interval an Active Router advertises no later than it was due', async (t) => {
  const kit = await running(t);
  const was = timersOf(kit, B, C);
  await configure(kit, { ...A, interval: 500 }, B, C);
  t.same(timersOf(kit, A), ['adver r0/1 700']);
  await configure(kit, { ...A, interval: 50 }, B, C);
  t.same(timersOf(kit, A), ['adver r0/1 500']);
  t.same(timersOf(kit, B, C), was);
  kit.take();
  kit.advance(500);
  t.equal(advertised(kit).at(-1), 'r0/1 200');
  await configure(kit, { ...A, interval: 10 }, B, C);
  kit.advance(150);
  t.equal(advertised(kit).filter((text) => text === 'r0/1 200').length, 1, 'each 100 ms from then on');
});

t.test('a Backup Router hears of a longer interval before it would take over, and stays one', async (t) => {
  const active = await running(t);
  const backup = await testModule(vrrp, { config: { groups: [{ ...A, priority: 100 }] } });
  t.teardown(() => backup.runtime.stop());
  backup.publish('links', told(linkUp('r0', `${PEER}/24`)), { retain: 'r0' });
  hear(backup, A, 200);
  const exchange = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      active.advance(100);
      for (const output of active.take()) {
        if (output.kind !== 'transmitted' || output.key !== 'r0') continue;
        const { payload } = output.datum as { payload: Uint8Array };
        backup.receive('vrrp', 'r0', { from: OWN, to: VRRP_GROUP, ttl: 255, payload });
      }
      backup.advance(100);
    }
  };
  exchange(2_000);
  await configure(active, { ...A, interval: 500 }, B, C);
  exchange(60_000);
  t.same(roles(backup), ['r0/1 Backup']);
  t.equal(backup.state.groups.get('r0/1')?.statistics.becameActive, 0);
});

t.test(
  'one that has heard nobody waits by its own new interval, and one that has by the other one',
  async (t) => {
    const kit = await testModule(vrrp, { config: { groups: [{ ...A, interval: 4_000 }] } });
    t.teardown(() => kit.runtime.stop());
    kit.publish('links', told(linkUp('r0', `${OWN}/24`)), { retain: 'r0' });
    await configure(kit, A);
    t.match(kit.timers, [{ type: 'activeDown', dueIn: 3 * 1_000 + (56 * 1_000) / 256 }]);
    hear(kit, A, 250);
    const was = timers(kit);
    await configure(kit, { ...A, interval: 50 });
    t.same(timers(kit), was);
  },
);

t.test('one that is removed leaves with priority 0, and its port closes after that', async (t) => {
  const kit = await running(t);
  const [was, wasTimers] = [routers(kit, A, B), timersOf(kit, A, B)];
  await configure(kit, A, B);
  t.match(
    kit.outputs.map(({ kind, ...output }) => ('key' in output ? `${kind} ${output.key}` : kind)),
    ['logged', 'transmitted r1', 'sent', 'closed r1', 'sent'],
  );
  t.same(
    kit.outputs
      .flatMap((output) => (output.kind === 'sent' ? [output.body] : []))
      .map((body) => (body as VirtualRouters).changes),
    [[{ ...held(C), linger: 1_100, announced: 1 }], [{ id: 'r1/3', remove: true }]],
    'the kernel loses it once others have taken over',
  );
  t.match(kit.logged, [
    { text: 'virtual router 3 on r1: Active -> Initialize (VRRP ends its service here)' },
  ]);
  t.same(advertised(kit), ['r1/3 0']);
  const { groups, said, limited } = kit.state;
  t.same([...groups.keys()], ['r0/1', 'r0/2']);
  t.notOk(said.has('r1/3') || limited.has('change r1/3'), 'nothing is kept of it');
  t.same(routers(kit, A, B), was);
  t.same(timers(kit), wasTimers);
  kit.publish('links', told(linkUp('r1', '10.0.1.10/24')), { retain: 'r1' });
  kit.advance(4_000);
  t.notOk(
    advertised(kit).some((text) => text.startsWith('r1')),
    'nothing leaves there any more',
  );
});

t.test('a Backup Router, and one whose interface is down, are removed without a word', async (t) => {
  const kit = await running(t);
  kit.publish('links', told(linkDown('r1')), { retain: 'r1' });
  kit.take();
  await configure(kit, A);
  t.same(advertised(kit), []);
  t.same(roles(kit), ['r0/1 Active']);
  t.same(timers(kit), timersOf(kit, A));
});

t.test('one that is added on a new interface begins in Initialize, and starts with its link', async (t) => {
  const kit = await running(t);
  const [was, wasTimers] = [routers(kit, A, B, C), timers(kit)];
  const D = { ...A, interface: 'r2', addresses: ['10.0.2.101'] };
  await configure(kit, A, B, C, D);
  t.same(kit.take(), [{ kind: 'opened', port: 'vrrp', key: 'r2', settings: undefined }]);
  t.equal(roles(kit).at(-1), 'r2/1 Initialize');
  kit.publish('links', told(linkUp('r2', '10.0.2.10/24')), { retain: 'r2' });
  t.equal(roles(kit).at(-1), 'r2/1 Backup');
  t.same(routers(kit, A, B, C), was);
  t.same(timersOf(kit, A, B, C), wasTimers);
});

t.test('one that is added on an interface that is up starts at once', async (t) => {
  const kit = await running(t);
  const D = { ...A, group: 9, addresses: ['10.0.0.109'] };
  await configure(kit, D, A, B, C);
  t.same(kit.ports, []);
  t.equal(roles(kit).at(-1), 'r0/9 Backup');
  t.match(await kit.ask('virtualRouters'), [{ group: 9 }, { group: 1 }, { group: 2 }, { group: 3 }]);
});

t.test('one that becomes the owner is Active at once, and what contradicts is told', async (t) => {
  const kit = await running(t);
  await configure(kit, A, { ...B, priority: 255 }, C);
  t.match(
    kit.logged.map(({ text }) => text),
    [
      /priority 255 is the owner's, and r0 does not have 10\.0\.0\.102/,
      /Backup -> Active \(we own the addresses\)/,
    ],
  );
  t.same(advertised(kit), ['r0/2 255']);
  await configure(kit, A, B, C);
  t.equal(roles(kit)[1], 'r0/2 Active');
});

t.test('addresses of one are those of its next advertisement', async (t) => {
  const kit = await running(t);
  const was = routers(kit, A, B, C);
  await configure(kit, { ...A, addresses: ['10.0.0.101', '10.0.0.111'] }, B, C);
  t.same(routers(kit, A, B, C), was);
  kit.advance(700);
  const { payload } = kit.transmitted.find(({ key }) => key === 'r0')!.datum as { payload: Uint8Array };
  t.match(decode({ from: OWN, to: VRRP_GROUP, hops: 255, payload }), {
    addresses: ['10.0.0.101', '10.0.0.111'],
  });
});

t.test('what is refused changes nothing, and says why', async (t) => {
  const kit = await running(t);
  const [was, wasTimers] = [structuredClone(kit.state), timers(kit)];
  await t.rejects(kit.runtime.configure('VRRP', { groups: [A, { ...A, priority: 1 }] }), {
    code: 'TRANSACTION_ABORTED',
    message: /CONFIG_REFUSED: vrrp@[\d.]+: virtual router 1 on r0 is configured twice/,
  });
  kit.advance(0);
  t.same(kit.state, was);
  t.same(timers(kit), wasTimers);
  t.same(kit.outputs, []);
  t.same(kit.runtime.configOf('VRRP'), CONFIG);
});

t.test('rollback takes back what configure changed: what came goes, what went comes', async (t) => {
  const kit = await running(t);
  const was = routers(kit, B);
  await configure(kit, { ...A, priority: 7 }, B, { ...C, interface: 'r2' });
  kit.take();
  await kit.rollback();
  kit.advance(0);
  t.same(kit.state.config, CONFIG);
  t.same(
    kit.ports.map(({ kind, key }) => `${kind} ${key}`),
    ['closed r2', 'opened r1'],
  );
  t.same(roles(kit), ['r0/1 Active', 'r0/2 Backup', 'r1/3 Backup']);
  t.same(routers(kit, B), was);
});

t.test(
  'a change that nobody confirms is taken back, and so is one whose advertisements do not leave',
  async (t) => {
    const kit = await running(t, { duration: 20_000 });
    await kit.runtime.configure('VRRP', { groups: [{ ...A, priority: 7 }, B, C] }, { confirm: 1_500 });
    kit.advance(1_400);
    t.ok(advertised(kit).includes('r0/1 7'));
    kit.advance(100);
    await kit.settled();
    t.same(kit.state.config, CONFIG);

    const D = { ...A, interface: 'r2', priority: 255, addresses: ['10.0.2.101'] };
    kit.link('vrrp', 'r2', 'down');
    await configure(kit, A, B, C, D);
    kit.publish('links', told(linkUp('r2', '10.0.2.10/24')), { retain: 'r2' });
    await passes(kit, 10);
    t.same(kit.state.config, CONFIG);
    t.notOk(kit.state.groups.has('r2/1'));
  },
);

t.test('a change elsewhere stays while advertisements have not left for long', async (t) => {
  const kit = await running(t, { duration: 20_000 });
  kit.link('vrrp', 'r1', 'down');
  kit.advance(60_000);
  const groups = [{ ...A, priority: 120 }, B, C];
  await configure(kit, ...groups);
  await passes(kit, 30);
  t.same(kit.state.config, { groups });
  kit.link('vrrp', 'r0', 'down');
  await configure(kit, A, B, C);
  await passes(kit, 10);
  t.same(kit.state.config, { groups }, 'what begins to fail then takes it back');
});

t.test('a plan only reads, and names what came, went and changed', async (t) => {
  const before = Object.freeze({ groups: Object.freeze([A, B, C]) as unknown as GroupConfig[] });
  const next = { groups: [C, { ...B, addresses: ['10.0.0.102', '10.0.0.112'] }, { ...A, group: 4 }] };
  t.same(planFor(before, next), { config: next, added: ['r0/4'], changed: ['r0/2'], removed: ['r0/1'] });
});

t.test('a virtual router that is configured twice is refused at the start as well', async (t) => {
  await t.rejects(testModule(vrrp, { config: { groups: [A, B, { ...A, priority: 1 }] } }), {
    message: /virtual router 1 on r0 is configured twice/,
  });
});

t.test('one that comes back after it went is told of as a new one', async (t) => {
  const kit = await running(t);
  const told = (text: RegExp) =>
    kit.take().filter((output) => output.kind === 'logged' && text.test(output.text)).length;
  const stray = () => {
    hear(kit, { ...A, group: 77 }, 150);
    return told(/^dropped a packet from/);
  };
  const unsent = (ms: number) => {
    kit.link('vrrp', 'r0', 'down');
    kit.advance(ms);
    return told(/^virtual router 1 on r0: advertisements do not leave/);
  };
  const sources = () => [...kit.state.limited.values()].flatMap((record) => [...record.told.keys()]);
  t.same([unsent(2_000), stray(), stray()], [1, 1, 0]);
  await configure(kit, B, C);
  t.notOk(
    sources().some((source) => /^r0\/1\b/.test(source)),
    'nothing is kept of it',
  );
  t.equal(stray(), 0, 'its interface is still there');
  await configure(kit, A, B, C);
  kit.take();
  t.equal(unsent(6_000), 1);
  await configure(kit, C);
  t.notOk(sources().some((source) => source.startsWith('r0')));
});

t.test('a change tells of contradictions of its own virtual routers alone', async (t) => {
  const kit = await testModule(vrrp, { config: { groups: [{ ...A, priority: 255 }, B] } });
  t.teardown(() => kit.runtime.stop());
  kit.publish('links', told(linkUp('r0', `${OWN}/24`)), { retain: 'r0' });
  kit.state.said.clear();
  kit.take();
  await configure(kit, { ...A, priority: 255 }, { ...B, addresses: ['10.9.0.1'] });
  t.match(
    kit.logged.map(({ text }) => text),
    [/^virtual router 2 on r0: 10\.9\.0\.1 is in no network of r0/],
  );
});
