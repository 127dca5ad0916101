/** IP is configured while it runs, in transactions as a router makes them: what a change concerns, and what it does not. */
import t, { type Test } from 'tap';
import { readConfig } from '../../firmware/modules/ip/config.ts';
import { decode } from '../../firmware/modules/ip/discovery/packet.ts';
import * as ip from '../../firmware/modules/ip/module.ts';
import { planFor } from '../../firmware/modules/ip/plan.ts';
import type { Config, InterfaceConfig } from '../../firmware/modules/ip/state.ts';
import { type ModuleKit, testModule } from '../../runtime/testing/index.ts';
import { linkDown, linkUp } from './fake-context.ts';

type Kit = ModuleKit<typeof ip>;

const r0: InterfaceConfig = { preference: 10, interval: 4_000 };
const r1: InterfaceConfig = { preference: -5, interval: 6_000 };
const CONFIG = readConfig({ lifetime: 1800, interfaces: { r0, r1 } });

/** Both interfaces have advertised often, r0 a second ago and r1 three seconds ago. */
async function running(t: Test, probation: { duration: number } | false = false): Promise<Kit> {
  const kit = await testModule(ip, { config: CONFIG, probation });
  t.teardown(() => kit.runtime.stop());
  for (const name of ['r0', 'r1']) kit.publish('link', up(name), { retain: name });
  kit.advance(57_000);
  t.same(timers(kit), ['advertise r0 3000', 'advertise r1 3000']);
  kit.take();
  return kit;
}

const up = (name: string) => linkUp(name, `10.0.${name.slice(1)}.1/24`);
const timers = (kit: Kit) => kit.timers.map(({ type, key, dueIn }) => `${type} ${key} ${dueIn}`).sort();
const of = ({ state }: Kit, name: string) => structuredClone(state.interfaces.get(name));
const withR0 = (change: Partial<InterfaceConfig>): Config => ({
  ...CONFIG,
  interfaces: { r0: { ...r0, ...change }, r1 },
});

/** The advertisements since the last call, as `r0 1800 10`: lifetime and preference. */
function advertised(kit: Kit): string[] {
  return kit.take().flatMap((output) => {
    if (output.kind !== 'transmitted') return [];
    const message = decode((output.datum as { payload: Uint8Array }).payload);
    if (!('lifetime' in message)) return [JSON.stringify(message)];
    return message.addresses.map(({ preference }) => `${output.key} ${message.lifetime} ${preference}`);
  });
}

async function configure(kit: Kit, config: Config): Promise<void> {
  await kit.runtime.configure('IP', config);
  kit.advance(0);
}

/** So many seconds pass, with what a probation does meanwhile. */
async function passes(kit: Kit, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    kit.advance(1_000);
    await kit.settled();
  }
}

t.test(
  'hosts hear of another preference at once, on its interface alone, and the beat goes on',
  async (t) => {
    const kit = await running(t);
    const [was, wasTimers] = [of(kit, 'r1'), timers(kit)];
    await configure(kit, withR0({ preference: 77 }));
    t.same(advertised(kit), ['r0 1800 77']);
    t.same(timers(kit), wasTimers);
    t.same(of(kit, 'r1'), was);
    kit.advance(3_000);
    t.same(advertised(kit).sort(), ['r0 1800 77', 'r1 1800 -5']);
  },
);

t.test('another lifetime is told on all interfaces', async (t) => {
  const kit = await running(t);
  const was = timers(kit);
  await configure(kit, { ...CONFIG, lifetime: 9_000 });
  t.same(advertised(kit).sort(), ['r0 9000 10', 'r1 9000 -5']);
  t.same(timers(kit), was);
});

t.test('with another interval nothing leaves later than it was due, and nothing at once', async (t) => {
  const kit = await running(t);
  const was = of(kit, 'r1');
  await configure(kit, withR0({ interval: 9_000 }));
  t.same(timers(kit), ['advertise r0 3000', 'advertise r1 3000']);
  await configure(kit, withR0({ interval: 2_000 }));
  t.same(timers(kit), ['advertise r0 2000', 'advertise r1 3000']);
  t.same(kit.outputs, []);
  t.same(of(kit, 'r1'), was);
  kit.advance(4_000);
  t.same(advertised(kit).sort(), ['r0 1800 10', 'r0 1800 10', 'r1 1800 -5']);
  kit.advance(500);
  await configure(kit, withR0({ interval: 9_000 }));
  kit.advance(1_500);
  t.same(advertised(kit), ['r0 1800 10']);
  t.equal(timers(kit)[0], 'advertise r0 9000', 'each 9 s from then on');
});

t.test('an interface that is removed has hosts forget it, and its port closes after that', async (t) => {
  const kit = await running(t);
  const was = of(kit, 'r0');
  await configure(kit, { ...CONFIG, interfaces: { r0 } });
  t.match(
    kit.outputs.map(({ kind, ...output }) => ('key' in output ? `${kind} ${output.key}` : kind)),
    ['transmitted r1', 'closed r1'],
  );
  t.same(advertised(kit), ['r1 0 -5']);
  t.same([...kit.state.interfaces], [['r0', was]]);
  t.same(timers(kit), ['advertise r0 3000']);
});

t.test('one that is down is removed without a word', async (t) => {
  const kit = await running(t);
  kit.publish('link', linkDown('r1'), { retain: 'r1' });
  kit.take();
  await configure(kit, { ...CONFIG, interfaces: { r0 } });
  t.same(advertised(kit), []);
});

t.test('an interface that is added opens its port, and advertises when its link is told', async (t) => {
  const kit = await running(t);
  const was = [of(kit, 'r0'), of(kit, 'r1')];
  await configure(kit, { ...CONFIG, interfaces: { r2: { preference: 3, interval: 600_000 }, r0, r1 } });
  t.same(kit.take(), [{ kind: 'opened', port: 'icmp', key: 'r2', settings: undefined }]);
  t.same([of(kit, 'r0'), of(kit, 'r1')], was);
  kit.publish('link', up('r2'), { retain: 'r2' });
  kit.advance(16_000);
  t.same(
    advertised(kit).filter((text) => text.startsWith('r2')),
    ['r2 1800 3'],
    'within 16 s (RFC 1256 4.3, 6)',
  );
});

t.test(
  'rollback takes back what configure changed, and so does a confirmation that does not come',
  async (t) => {
    const kit = await running(t, { duration: 20_000 });
    const other = readConfig({
      lifetime: 900,
      interfaces: { r0: { preference: 1, interval: 2_000 }, r2: r0 },
    });
    await configure(kit, other);
    kit.take();
    await kit.rollback();
    kit.advance(0);
    t.same(kit.state.config, CONFIG);
    t.same(
      kit.ports.map(({ kind, key }) => `${kind} ${key}`),
      ['closed r2', 'opened r1'],
    );
    t.same(timers(kit)[0], 'advertise r0 2000');

    await kit.runtime.configure('IP', withR0({ preference: 1 }), { confirm: 1_000 });
    kit.advance(0);
    t.equal(kit.state.config.interfaces.r0?.preference, 1);
    kit.advance(1_000);
    await kit.settled();
    t.same(kit.state.config, CONFIG);
  },
);

t.test('a change whose advertisements do not leave is taken back', async (t) => {
  const kit = await running(t, { duration: 20_000 });
  kit.link('icmp', 'r2', 'down');
  await configure(kit, { ...CONFIG, interfaces: { r0, r1, r2: { preference: 0, interval: 1_000 } } });
  kit.publish('link', up('r2'), { retain: 'r2' });
  await passes(kit, 8);
  t.same(kit.state.config, CONFIG);
  t.notOk(kit.state.interfaces.has('r2'));
});

t.test('a change elsewhere stays while advertisements have not left for long', async (t) => {
  const kit = await running(t, { duration: 20_000 });
  kit.link('icmp', 'r1', 'down');
  kit.advance(60_000);
  await configure(kit, withR0({ preference: 77 }));
  await passes(kit, 30);
  t.same(kit.state.config, withR0({ preference: 77 }));
  kit.link('icmp', 'r0', 'down');
  await configure(kit, CONFIG);
  await passes(kit, 19);
  t.same(kit.state.config, withR0({ preference: 77 }), 'what begins to fail then takes it back');
});

t.test('an interface that comes back after it went is told of as a new one', async (t) => {
  const kit = await running(t);
  const told = () => kit.take().filter(({ kind }) => kind === 'logged').length;
  kit.link('icmp', 'r1', 'down');
  kit.advance(9_000);
  t.equal(told(), 1);
  await configure(kit, { ...CONFIG, interfaces: { r0 } });
  t.same([...(kit.state.lines?.get('notSent')?.told.keys() ?? [])], [], 'nothing is kept of it');
  await configure(kit, { ...CONFIG, interfaces: { r0, r1: { ...r1, interval: 1_000 } } });
  kit.link('icmp', 'r1', 'down');
  kit.publish('link', up('r1'), { retain: 'r1' });
  kit.take();
  kit.advance(4_000);
  t.equal(told(), 1);
});

t.test('a plan only reads, and names what came, went, and is told or timed otherwise', async (t) => {
  const next = readConfig({ lifetime: 1800, interfaces: { r2: r0, r1: { ...r1, interval: 1_000 } } });
  t.same(planFor(CONFIG, next), {
    config: next,
    added: ['r2'],
    removed: ['r0'],
    otherwise: [],
    retimed: ['r1'],
    discovered: [],
    quieted: [],
    retold: [],
    resettled: [],
    statics: [],
    retabled: false,
    advertising: { begin: [], change: [], end: [] },
  });
  const { otherwise, retimed } = planFor(CONFIG, { ...CONFIG, lifetime: 1 });
  t.same([otherwise, retimed], [['r0', 'r1'], []]);
});
