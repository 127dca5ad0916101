/** OSPF is configured while it runs, in transactions as a router makes them: what a change concerns, and what it does not. */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { readConfig } from '../../firmware/modules/ospf/config.ts';
import * as ospf from '../../firmware/modules/ospf/module.ts';
import { type KitOptions, type ModuleKit, testModule } from '../../runtime/testing/index.ts';
import { linkUp, told } from './fake-context.ts';
import { copyOfState } from './ospf-network.ts';
import { ALL_SPF_ROUTERS, config, HELLO, type HelloText, helloBytes, helloIn } from './ospf-served.ts';

const { r0, r1 } = config.interfaces;
const before = fileURLToPath(new URL('../../firmware/releases/ospf-2.2.0.cjs', import.meta.url));

type Kit = ModuleKit<typeof ospf>;
type NeighborView = { interface: string; routerId: string; state: string; deadIn: number };
type Given = Omit<typeof config, 'interfaces'> & { interfaces: Record<string, object> };

/** The neighbour 2.2.2.2 of r0 and 3.3.3.3 of r1 send a Hello that lists us. */
function hear(kit: Kit, key: 'r0' | 'r1', hello: Partial<HelloText> = {}): void {
  const [from, routerId] = key === 'r0' ? ['10.0.0.2', '2.2.2.2'] : ['10.0.1.3', '3.3.3.3'];
  const { helloInterval, deadInterval } = config.interfaces[key];
  const payload = helloBytes(routerId, '0.0.0.0', {
    ...HELLO,
    helloInterval,
    deadInterval,
    neighbors: ['1.1.1.1'],
    ...hello,
  });
  kit.receive('ospf', key, { from, to: ALL_SPF_ROUTERS, ttl: 1, payload });
}

/** Two interfaces with a neighbour each, half a second after their Hellos. */
async function running(t: Test, probation: KitOptions['probation'] = false): Promise<Kit> {
  const kit = await testModule(ospf, { config, probation });
  t.teardown(() => kit.runtime.stop());
  kit.publish('links', told(linkUp('r0', '10.0.0.1/24', '10.0.5.1/24')), { retain: 'r0' });
  kit.publish('links', told(linkUp('r1', '10.0.1.1/24')), { retain: 'r1' });
  hear(kit, 'r0');
  hear(kit, 'r1');
  kit.advance(500);
  kit.take();
  return kit;
}

async function configure(kit: Kit, next: Given): Promise<void> {
  await kit.runtime.configure('OSPF', next);
  kit.advance(0);
}

/** So many seconds pass, with what a probation does meanwhile. */
async function passes(kit: Kit, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    kit.advance(1_000);
    await kit.settled();
  }
}

const withR0 = (change: object): Given => ({ ...config, interfaces: { r0: { ...r0, ...change }, r1 } });
const neighbors = async (kit: Kit) =>
  [...(await kit.ask<Iterable<NeighborView>>('neighbors'))].map(
    ({ interface: name, routerId, state, deadIn }) => `${name} ${routerId} ${state} ${deadIn}`,
  );
const timers = (kit: Kit) =>
  kit.timers
    .filter(({ type }) => type === 'hello' || type === 'inactivity')
    .map(({ type, key, dueIn }) => `${type} ${key} ${dueIn}`)
    .sort();
const hellos = (kit: Kit) =>
  kit.transmitted.map(({ key, datum }) => helloIn(key, datum as { to: string; payload: Uint8Array }));
const of = (state: Kit['state'], name: string) => structuredClone(state.interfaces.get(name));

t.test('another HelloInterval concerns one timer, and no neighbour', async (t) => {
  const kit = await running(t);
  const was = copyOfState(kit.state);
  await configure(kit, withR0({ helloInterval: 10, deadInterval: 40 }));
  t.same(kit.state, { ...was, config: readConfig(withR0({ helloInterval: 10, deadInterval: 40 })) });
  t.same(kit.outputs, [], 'nothing is sent, opened, or said');
  t.same(timers(kit), [
    'hello r0 500',
    'hello r1 9500',
    'inactivity r0/2.2.2.2 3500',
    'inactivity r1/3.3.3.3 39500',
  ]);
  kit.advance(500);
  t.match(hellos(kit), [{ key: 'r0', helloInterval: 10, deadInterval: 40, neighbors: ['2.2.2.2'] }]);
  t.match(timers(kit)[0], 'hello r0 10000');

  await configure(kit, withR0({ helloInterval: 2, deadInterval: 8 }));
  t.equal(timers(kit)[0], 'hello r0 2000', 'a shorter one begins at once');
});

t.test(
  'a neighbour whose Hellos no longer agree lives as long as was agreed; one that follows lives on',
  async (t) => {
    const kit = await running(t);
    await configure(kit, withR0({ deadInterval: 20 }));
    hear(kit, 'r0');
    t.equal(kit.state.counters.deadInterval, 1, 'it is dropped');
    kit.advance(3_499);
    t.match(await neighbors(kit), ['r0 2.2.2.2 2-Way 1', /^r1 3\.3\.3\.3 2-Way/]);
    hear(kit, 'r0', { deadInterval: 20 });
    t.match(await neighbors(kit), ['r0 2.2.2.2 2-Way 20000', /^r1/]);
    await configure(kit, config);
    hear(kit, 'r0', { deadInterval: 20 });
    kit.advance(20_000);
    t.match(await neighbors(kit), [/^r1 3\.3\.3\.3 2-Way/]);
  },
);

t.test('an interface that is added opens its port, and has Hellos when its link is up', async (t) => {
  const kit = await running(t);
  const was = ['r0', 'r1'].map((name) => of(kit.state, name));
  await configure(kit, { ...config, interfaces: { r0, r1, r2: r0 } });
  t.same(kit.ports, [{ kind: 'opened', port: 'ospf', key: 'r2', settings: { groups: [] } }]);
  t.match(of(kit.state, 'r2'), { state: 'Down' });
  kit.publish('links', told(linkUp('r2', '10.0.2.1/24')), { retain: 'r2' });
  t.match(of(kit.state, 'r2'), { state: 'DROther', events: { InterfaceUp: 1 } });
  kit.take();
  kit.advance(1_000);
  t.match(
    hellos(kit).filter(({ key }) => key === 'r2'),
    [{ routerId: '1.1.1.1', helloInterval: 1 }],
  );
  t.same(
    ['r0', 'r1'].map((name) => of(kit.state, name)),
    was,
  );
});

t.test('an interface that is removed goes down, and takes its own neighbours along', async (t) => {
  const kit = await running(t);
  const was = of(kit.state, 'r1');
  await configure(kit, { ...config, interfaces: { r1 } });
  t.same(
    kit.logged.map(({ text }) => text),
    ['r0: DROther -> Down (InterfaceDown)', 'neighbour 2.2.2.2 on r0: 2-Way -> Down (KillNbr)'],
  );
  t.match(hellos(kit), [{ key: 'r0', neighbors: [] }], 'which is told to neighbours');
  t.match(kit.ports, [{ kind: 'closed', port: 'ospf', key: 'r0' }]);
  kit.take();
  t.same([...kit.state.interfaces], [['r1', was]]);
  t.same(timers(kit), ['hello r1 9500', 'inactivity r1/3.3.3.3 39500']);
  kit.publish('links', told(linkUp('r0', '10.0.0.1/24')), { retain: 'r0' });
  kit.advance(1_000);
  t.same(hellos(kit), [], 'nothing leaves there any more');
});

t.test(
  'another subnet restarts its interface, and no other; the same in other words restarts none',
  async (t) => {
    const kit = await running(t);
    const was = ['r0', 'r1'].map((name) => of(kit.state, name));
    await configure(kit, withR0({ address: '10.0.0.0/24' }));
    t.match(await neighbors(kit), [/^r0 2\.2\.2\.2 2-Way/, /^r1 3\.3\.3\.3 2-Way/]);
    t.match(
      kit.logged.map(({ text }) => text),
      ['r0: 10.0.0.1/24 is used; 10.0.5.1/24 (the configuration names another) takes no part'],
    );
    await configure(kit, withR0({ address: '10.0.5.1' }));
    t.match(of(kit.state, 'r0'), { state: 'DROther', events: { InterfaceUp: 2, InterfaceDown: 1 } });
    t.match(await neighbors(kit), [/^r1 3\.3\.3\.3 2-Way/]);
    await configure(kit, withR0({ address: '10.0.7.1' }));
    t.match(of(kit.state, 'r0'), { state: 'Down', events: { InterfaceDown: 2 } });
    t.same(of(kit.state, 'r1'), was[1]);
  },
);

for (const change of [{ routerId: '9.9.9.9' }, { area: '0.0.0.1' }])
  t.test(`all interfaces restart with another ${Object.keys(change)}`, async (t) => {
    const kit = await running(t);
    await configure(kit, { ...config, ...change });
    t.same(await neighbors(kit), []);
    for (const name of ['r0', 'r1'])
      t.match(of(kit.state, name), { state: 'DROther', events: { InterfaceUp: 2, InterfaceDown: 1 } });
    kit.take();
    kit.advance(500);
    t.match(hellos(kit), [{ key: 'r0', neighbors: [], ...change }]);
    t.same(kit.ports, [], 'the sockets stay');
  });

t.test('a configuration that is refused changes nothing, and says why', async (t) => {
  const kit = await running(t);
  const was = copyOfState(kit.state);
  const wasTimers = timers(kit);
  await t.rejects(kit.runtime.configure('OSPF', { interfaces: { r1 } }), {
    code: 'TRANSACTION_ABORTED',
    message: /CONFIG_REFUSED: .*routerId is missing/,
  });
  kit.advance(0);
  t.same(kit.state, was);
  t.same(timers(kit), wasTimers);
  t.same(kit.outputs, []);
  t.same(kit.runtime.configOf('OSPF'), config);
});

t.test(
  'a router id that a neighbour has is warned of, and no neighbour bars the way back to it',
  async (t) => {
    const kit = await running(t);
    const warnings = () =>
      kit
        .take()
        .flatMap((output) => (output.kind === 'logged' && output.level === 'warn' ? [output.text] : []));
    await configure(kit, { ...config, routerId: '1.1.1.2' });
    t.same(warnings(), []);
    const neighbor = { ...HELLO, ...r0, neighbors: ['1.1.1.2'] };
    for (const [from, routerId, neighbors] of [
      ['10.0.0.9', '1.1.1.1', ['1.1.1.2']],
      ['10.0.0.8', '5.5.5.5', []],
    ] as const)
      kit.receive('ospf', 'r0', {
        from,
        to: ALL_SPF_ROUTERS,
        ttl: 1,
        payload: helloBytes(routerId, '0.0.0.0', { ...neighbor, neighbors: [...neighbors] }),
      });
    kit.take();
    await kit.rollback();
    kit.advance(0);
    t.same(kit.state.config, readConfig(config));
    t.same(warnings(), [
      'the router id 1.1.1.1 is that of the neighbour 10.0.0.9 on r0, and no two routers may share one; give this router another',
    ]);
    kit.receive('ospf', 'r0', {
      from: '10.0.0.8',
      to: ALL_SPF_ROUTERS,
      ttl: 1,
      payload: helloBytes('5.5.5.5', '0.0.0.0', { ...neighbor, neighbors: [] }),
    });
    kit.take();
    await configure(kit, { ...config, routerId: '5.5.5.5' });
    t.same(warnings(), [], 'one that does not list us may have made it up');
  },
);

t.test('an interface that comes back after it went is told of as a new one', async (t) => {
  const kit = await running(t);
  const stray = () => {
    hear(kit, 'r0', { mask: '255.255.0.0' });
    return kit.take().filter(({ kind }) => kind === 'logged').length;
  };
  t.same([stray(), stray()], [1, 0]);
  await configure(kit, { ...config, interfaces: { r1 } });
  const kept = JSON.stringify(
    [kit.state.drops, kit.state.changes].map((log) => [...log.values()].map(({ told }) => [...told.keys()])),
  );
  t.notMatch(kept, /r0/, 'nothing is kept of it');
  t.match(kept, /r1 10\.0\.1\.3/);
  await configure(kit, config);
  kit.publish('links', told(linkUp('r0', '10.0.0.1/24')), { retain: 'r0' });
  kit.take();
  t.equal(stray(), 1);
});

t.test('what is configured and has no effect is told at the start alone', async (t) => {
  const kit = await running(t);
  await configure(kit, { ...withR0({ priority: 1 }), area: '0.0.0.1' });
  t.notMatch(JSON.stringify(kit.logged), /has no effect/);
});

t.test('rollback takes back what configure changed: what came goes, what went comes', async (t) => {
  const kit = await running(t);
  await configure(kit, { ...config, interfaces: { r1: { ...r1, helloInterval: 5 }, r2: r0 } });
  kit.take();
  await kit.rollback();
  kit.advance(0);
  t.same(kit.state.config, readConfig(config));
  t.same([...kit.state.interfaces.keys()].sort(), ['r0', 'r1']);
  t.same(
    kit.ports.map(({ kind, key }) => `${kind} ${key}`),
    ['closed r2', 'opened r0'],
  );
  t.match(await neighbors(kit), ['r1 3.3.3.3 2-Way 39500'], 'the neighbour of r1 was not touched');
  kit.publish('links', told(linkUp('r0', '10.0.0.1/24')), { retain: 'r0' });
  hear(kit, 'r0');
  t.match(await neighbors(kit), [/r1 3\.3\.3\.3 2-Way/, /r0 2\.2\.2\.2 2-Way/]);
});

t.test('a change that nobody confirms is taken back, and so is one whose Hellos do not leave', async (t) => {
  const kit = await running(t, { duration: 20_000 });
  const next = { ...config, interfaces: { r1, r2: r0 } };
  await kit.runtime.configure('OSPF', next, { confirm: 1_500 });
  kit.advance(0);
  t.same([...kit.state.interfaces.keys()], ['r1', 'r2']);
  kit.advance(1_500);
  await kit.settled();
  t.same([...kit.state.interfaces.keys()].sort(), ['r0', 'r1']);
  t.match(await neighbors(kit), ['r1 3.3.3.3 2-Way 38000']);

  kit.link('ospf', 'r2', 'down');
  await configure(kit, next);
  kit.publish('links', told(linkUp('r2', '10.0.2.1/24')), { retain: 'r2' });
  await passes(kit, 5);
  t.same([...kit.state.interfaces.keys()].sort(), ['r0', 'r1']);
  t.same(kit.runtime.configOf('OSPF'), config);
  t.match(await neighbors(kit), ['r1 3.3.3.3 2-Way 33000']);
});

t.test('a change elsewhere stays while Hellos have not left for long', async (t) => {
  const kit = await running(t, { duration: 20_000 });
  kit.link('ospf', 'r1', 'down');
  kit.advance(60_000);
  const next = withR0({ deadInterval: 20 });
  await configure(kit, next);
  await passes(kit, 30);
  t.same(kit.state.config, readConfig(next));
  kit.link('ospf', 'r0', 'down');
  await configure(kit, config);
  await passes(kit, 5);
  t.same(kit.state.config, readConfig(next), 'what begins to fail then takes it back');
});

t.test('a version takes over with another configuration, and what stays is not touched', async (t) => {
  const ports = { ospf: ['r0', 'r1'] };
  const kit = (await testModule(before, { config, ports, probation: false })) as unknown as Kit;
  t.teardown(() => kit.runtime.stop());
  (kit as unknown as { publish: (event: string, body: object, options: object) => void }).publish(
    'link',
    linkUp('r1', '10.0.1.1/24'),
    { retain: 'r1' },
  );
  hear(kit, 'r1');
  const next = { ...config, interfaces: { r1, r2: r0 } };
  await kit.runtime.upgrade([{ change: 'replace', module: 'OSPF', bundle: ospf, config: next }]);
  kit.advance(0);
  t.same([...kit.state.interfaces.keys()], ['r1', 'r2']);
  t.match(await neighbors(kit), ['r1 3.3.3.3 2-Way 40000']);
});
