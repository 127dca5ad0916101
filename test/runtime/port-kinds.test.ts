/** Ports that a manifest declares by kind: the module says what it uses, and nothing of a swap closes what goes on. */
import t, { type Test } from 'tap';
import type { Port, PortProvider } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { testModule } from '../../runtime/testing/index.ts';
import { Wire, Wires, wireUser } from './wires.ts';
import { type Source, sourceOf, Workshop } from './workshop.ts';

function place(t: Test, ports?: PortProvider) {
  const wires = new Wires();
  const shop = new Workshop(t, { portKinds: { wire: wires }, ...(ports && { ports }) });
  const bundle = (source: Source) => shop.bundle(source);
  const ask = (type: string, body?: unknown) => shop.runtime.ask('USER', type, body);
  return { shop, wires, bundle, ask, view: () => shop.view('USER').ports };
}

async function using(t: Test, config: Record<string, unknown>) {
  const at = place(t);
  await at.shop.add('USER', at.bundle(wireUser('1.0.0')), config);
  return at;
}

t.test('a module opens ports per key, changes their settings, and closes them', async (t) => {
  const { wires, ask, view, shop } = await using(t, { a: 1 });
  t.same(wires.settings, { a: 1 });
  t.match(wires.made[0]?.request, {
    module: 'USER',
    port: 'wire',
    key: 'a',
    declaration: { kind: 'wire', speed: 10 },
  });
  t.same(
    await ask('use', { key: 'b', settings: [2] }),
    ['sent', 'a', 'b'],
    'a handler sees its own ports at once',
  );
  t.same(wires.open.get('b')?.sent, ['hello'], 'and what it sends by them leaves when they are open');
  const [a] = wires.made;
  await ask('use', { key: 'a', settings: 3 });
  t.same(wires.settings, { a: 3, b: [2] });
  t.equal(wires.open.get('a'), a, 'changed, not made again');
  t.match(view(), [
    { port: 'wire', key: 'a', kind: 'wire', settings: 3, sent: 1 },
    { port: 'wire', key: 'b', kind: 'wire', settings: [2] },
  ]);
  a!.receive('x');
  t.same(await ask('heard'), ['a x']);
  t.same(await ask('leave', 'a'), ['down', 'b']);
  t.same(wires.settings, { b: [2] });
  await shop.runtime.remove('USER');
  t.same(wires.settings, {});
  t.ok(wires.made.every(({ closed }) => closed === 1));
});

t.test(
  'over a swap ports stay open that the new version says again; the others close after the commit',
  async (t) => {
    const { shop, wires, bundle, ask } = await using(t, { a: 1, b: 1, c: 1 });
    const before = wires.open;
    const forgets = wireUser('1.1.0', {
      methods: `start() { this.ctx.openPort('wire', 'a', 1); this.ctx.openPort('wire', 'b', 2); this.ctx.openPort('wire', 'd'); }`,
    });
    const closedAt: string[] = [];
    shop.runtime.faults!.onStep = (step) => closedAt.push(`${step} ${wires.open.size}`);
    const report = await shop.replace('USER', bundle(forgets));
    t.equal(report.outcome, 'committed', report.reason);
    t.same(wires.settings, { a: 1, b: 2, d: undefined });
    for (const key of ['a', 'b']) t.equal(wires.open.get(key), before.get(key), `${key} is the same`);
    t.ok(closedAt.includes('commit 3') && closedAt.includes('persist 3'), closedAt.join());
    t.same(await ask('keys'), ['a', 'b', 'd']);

    t.equal((await shop.runtime.rollback()).outcome, 'committed');
    t.same(wires.settings, { a: 1, b: 1, c: 1 });
    t.equal(wires.open.get('a'), before.get('a'));
    t.not(wires.open.get('c'), before.get('c'), 'what was closed is opened again');
  },
);

t.test('a port that is declared with other data is opened anew before the old one closes', async (t) => {
  const { shop, wires, bundle } = await using(t, { a: 1 });
  await shop.replace('USER', bundle(wireUser('1.1.0', { speed: 100 })));
  t.match(wires.made, [{ closed: 1 }, { opened: 1, closed: 0, request: { declaration: { speed: 100 } } }]);
  t.equal(wires.made.length, 2);
});

t.test('packets that wait are handled when the kind stays, and dropped when it is another', async (t) => {
  const { shop, wires, bundle, ask } = await using(t, { a: 1 });
  const { runtime } = shop;
  const goesOn = async (version: string, more: Parameters<typeof wireUser>[1]) => {
    const wire = wires.open.get('a')!;
    runtime.faults!.onStep = (step) => {
      if (step === 'drain') wire.receive(version);
    };
    const report = await shop.replace('USER', bundle(wireUser(version, more)));
    t.equal(report.outcome, 'committed', report.reason);
    runtime.faults!.onStep = undefined;
    return ask('heard');
  };
  t.same(await goesOn('1.1.0', { speed: 100 }), ['a 1.1.0']);
  const other = "ports: { wire: { kind: 'wire2' } }";
  const { kindless } = { kindless: wireUser('1.2.0', { manifest: other }) };
  const refused = await shop.replace('USER', bundle(kindless)).catch((thrown) => thrown);
  t.match(refused, {
    code: 'PORT_KIND_UNKNOWN',
    message:
      'USER 1.2.0: its port "wire" is of kind "wire2", which this program does not know; it knows wire; did you mean "wire"?',
  });
});

t.test('what a kind does not take is refused before anything is disturbed, also by check', async (t) => {
  const { shop, wires, bundle } = await using(t, { a: 1 });
  const cases = {
    '1.1.0': [
      { manifest: "ports: { wire: { kind: 'wire', speed: 'fast' } }" },
      /PORT_INVALID.*speed must be a number, not "fast"/,
    ],
    '1.2.0': [
      { methods: "start() { this.ctx.openPort('wire', 'b', 'wrong'); }" },
      /PORT_INVALID.*openPort wire b: settings must not be "wrong"/,
    ],
    '1.3.0': [
      { methods: "start() { this.ctx.openPort('wire', 'b', () => {}); }" },
      /PORT_INVALID.*must be plain data/,
    ],
  } as const;
  for (const [version, [more, reason]] of Object.entries(cases)) {
    const bundleName = bundle(wireUser(version, more));
    const checked = await shop.runtime.check([{ change: 'replace', module: 'USER', bundle: bundleName }]);
    t.match(checked.problems.join(), reason);
    const answer = await shop.replace('USER', bundleName).then(
      ({ reason }) => reason,
      (thrown) => `${thrown.code}: ${thrown.message}`,
    );
    t.match(answer, reason);
  }
  const good = await shop.runtime.check([
    { change: 'replace', module: 'USER', bundle: bundle(wireUser('1.4.0')) },
  ]);
  t.same(good.problems, []);
  t.equal(wires.made.length, 1, 'nothing was opened');
  t.equal(wires.made[0]?.closed, 0);
});

for (const ports of [
  "['wire']",
  "{ wire: 'raw' }",
  '{ wire: { kind: 7 } }',
  "{ wire: { kind: 'wire', then() {} } }",
  "{ '7': { kind: 'wire' } }",
])
  t.test(`a manifest of api 2 with ports: ${ports} is refused`, async (t) => {
    const { shop, bundle } = place(t);
    const error = await shop
      .add('USER', bundle(wireUser('1.0.0', { manifest: `ports: ${ports}` })))
      .catch((thrown) => thrown);
    t.match(error, {
      code: 'MANIFEST_INVALID',
      message: /manifest\.ports must be an object of name to its kind/,
    });
  });

t.test(
  'a driver that cannot be opened, or changed, is told; the module learns it, and may try again',
  async (t) => {
    const { shop, wires, ask, view } = await using(t, { a: 1 });
    t.same(((await ask('use', { key: 'broken' })) as string[]).slice(1), ['a', 'broken']);
    t.match(view()[1], {
      key: 'broken',
      trouble: 'Error: no permission',
      failure: { reason: 'Error: no permission' },
    });
    t.same((await ask('talk', 'broken')) as string[], ['down', 'Error: no permission']);
    t.match(
      shop.texts().join('\n'),
      /USER 1\.0\.0 the port wire broken could not be opened: Error: no permission/,
    );
    await ask('use', { key: 'broken' });
    t.equal(wires.made.length, 3, 'it was tried again');
    await ask('use', { key: 'a', settings: 'unchangeable' });
    t.match(view()[0], { key: 'a', trouble: 'Error: there is no such group', settings: 'unchangeable' });
    t.same((await ask('talk', 'a')) as string[], ['sent', undefined], 'it goes on as it was');
    await ask('use', { key: 'a', settings: 2 });
    t.equal(view()[0]?.trouble, undefined);
    t.same(wires.settings.a, 2);
  },
);

t.test(
  'where no port of the kind can be opened, a version that needs one is refused; a swap asks nobody',
  async (t) => {
    const { shop, wires, bundle } = place(t);
    wires.trouble = 'no permission';
    const first = bundle(wireUser('1.0.0'));
    t.match(await shop.add('USER', first).catch((thrown) => thrown), {
      code: 'PORT_FAILED',
      message: 'the port wire of USER could not be opened: Error: no permission',
    });
    t.same(shop.runtime.modules(), []);
    const change = { change: 'add' as const, module: 'USER', bundle: first };
    t.same((await shop.runtime.check([change])).problems, [], 'a check opens nothing');
    wires.trouble = '';
    await shop.add('USER', first, { a: 1 });
    wires.trouble = 'no permission';
    t.equal((await shop.replace('USER', bundle(wireUser('1.1.0')))).outcome, 'committed');
  },
);

t.test('a module has as many ports as it may have, and no more', async (t) => {
  const { shop, wires, bundle, ask } = place(t);
  const many = "start() { for (let i = 0; i < 5_000; i++) this.ctx.openPort('wire', 'w' + i); }";
  await shop.add('USER', bundle(wireUser('1.0.0', { methods: many })));
  t.equal(wires.open.size, 4_096);
  t.equal(((await ask('keys')) as string[]).length, 4_096);
  t.match(shop.texts().join('\n'), /has 4096 ports open, the most that a module may have/);
});

t.test('what the manifest does not declare is not opened, and told', async (t) => {
  const { shop, bundle, wires } = place(t);
  await shop.add(
    'USER',
    bundle(wireUser('1.0.0', { methods: "start() { this.ctx.openPort('other', 'a'); }" })),
  );
  t.match(shop.texts().join('\n'), /opens the port "other", which its manifest does not declare/);
  t.same(wires.made, []);
});

for (const [what, fault] of Object.entries({
  'start throws': ['throw', 'start'],
  'start spins': ['spin', 'start'],
  'it votes NO': ['refuse', undefined],
} as const))
  t.test(`when ${what}, a cold start leaves no port, and a swap changes none`, async (t) => {
    const { shop, wires, bundle, ask } = place(t);
    const fails = () => shop.runtime.faults!.set('USER', fault[0], fault[1] && { hook: fault[1] });
    const first = bundle(wireUser('1.0.0'));
    // Nobody asks a module that does not serve yet whether it is quiescent.
    if (fault[1] !== undefined) {
      // Its start has said what it uses when the fault strikes the other one.
      shop.bundle({ name: 'Z', version: '1.0.0' });
      shop.runtime.faults!.set('Z', fault[0], { hook: 'start' });
      const both = ['USER', 'Z'].map((module) => ({
        change: 'add' as const,
        module,
        bundle: `${module.toLowerCase()}@1.0.0`,
        config: { a: 1 },
      }));
      t.equal((await shop.runtime.run(both)).outcome, 'aborted');
      t.same(wires.made, []);
    }
    await shop.add('USER', first, { a: 1, b: 2 });
    const before = wires.open;
    fails();
    const next = wireUser('1.1.0', {
      speed: 100,
      methods: "start() { this.ctx.openPort('wire', 'c'); this.ctx.closePort('wire', 'a'); }",
    });
    t.equal((await shop.replace('USER', bundle(next))).outcome, 'aborted');
    t.same(wires.open, before);
    t.same(wires.settings, { a: 1, b: 2 });
    t.same(await ask('keys'), ['a', 'b']);
  });

t.test(
  'a handler that is cut opens nothing',
  { skip: nativeWatch() === undefined && 'SKIPPED: no native watch' },
  async (t) => {
    const { shop, wires, ask } = await using(t, { a: 1 });
    shop.runtime.send('USER', 'useAndSpin', 'b');
    t.same(await ask('keys'), ['a']);
    t.equal(wires.made.length, 1);
  },
);

t.test('a version out of service opens and closes nothing', async (t) => {
  const { shop, wires, bundle } = place(t);
  const leaks = wireUser('1.0.0', {
    head: 'globalThis.leaked = [];',
    methods: 'isHealthy() { return true; } isQuiescent() { globalThis.leaked = this.ctx; return true; }',
  });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'leaked'));
  await shop.add('USER', bundle(leaks), { a: 1 });
  await shop.replace('USER', bundle(wireUser('1.1.0')));
  const { leaked } = globalThis as unknown as {
    leaked: { openPort(...of: string[]): void; closePort(...of: string[]): void };
  };
  leaked.openPort('wire', 'z');
  leaked.closePort('wire', 'a');
  t.same([...wires.open.keys()], ['a']);
  t.equal(shop.view('USER').lateActs, 2);
});

t.test(
  'disabled and enabled again, removed and brought back, configured: the ports are those of the module',
  async (t) => {
    const { shop, wires } = await using(t, { a: 1 });
    const [a] = wires.made;
    await shop.runtime.disable('USER');
    await shop.runtime.enable('USER');
    t.equal(wires.open.get('a'), a, 'a disabled module keeps its ports');
    await shop.runtime.remove('USER');
    t.equal(wires.open.size, 0);
    await shop.runtime.rollback();
    t.same(wires.settings, { a: 1 });
  },
);

t.test(
  'a module that is begun again after a fault keeps what its start says',
  { skip: nativeWatch() === undefined && 'SKIPPED: no native watch' },
  async (t) => {
    const { shop, wires, bundle, ask } = place(t);
    await shop.add('USER', bundle(wireUser('1.0.0', { manifest: "onFault: 'restart'" })), { a: 1 });
    const [a] = wires.made;
    await ask('use', { key: 'b' });
    await ask('useAndSpin', 'z').catch(() => {});
    t.same(await ask('keys'), ['a'], 'its first state says no more');
    t.equal(wires.open.get('a'), a);
    t.equal(wires.open.size, 1);
  },
);

/** A module of the contract before, whose ports the host has opened by name. */
const NAMED = {
  name: 'USER',
  version: '0.9.0',
  manifest: "ports: ['wire'], accepts: { keys: [1] }",
  methods: `initial() { return { uses: { a: undefined, b: undefined }, heard: [] }; }
    onWire() {} onKeys() { return this.ctx.ports('wire'); }`,
};

t.test(
  'from ports that the host opens by name to those that the module declares, and back, none is closed',
  async (t) => {
    const made: Wire[] = [];
    const provided = (key: string): Wire => {
      const wire = new Wire({
        module: 'USER',
        port: 'wire',
        key,
        declaration: { kind: 'wire', speed: 10 },
        settings: undefined,
      });
      made.push(wire);
      return wire;
    };
    const { shop, wires, bundle, ask, view } = place(t, () =>
      ['a', 'b'].map((key): [string, Port, { kind: string; speed: number }] => [
        key,
        provided(key),
        { kind: 'wire', speed: 10 },
      ]),
    );
    const open = () => [...made, ...wires.made].filter(({ isOpen }) => isOpen);
    await shop.add('USER', bundle(NAMED));
    const [a, b] = made;
    t.same(open(), [a, b]);
    await shop.replace('USER', bundle(wireUser('1.0.0')));
    t.same(open(), [a, b]);
    t.match(view(), [
      { key: 'a', kind: 'wire' },
      { key: 'b', kind: 'wire' },
    ]);
    await ask('use', { key: 'a', settings: 7 });
    t.equal(a!.settings, 7);
    await ask('leave', 'b');
    t.same(open(), [a]);
    await ask('use', { key: 'c' });
    await shop.runtime.rollback();
    t.same(
      open(),
      [a, made.at(-1)],
      'what the host gives is there again, what the newer version used besides is not',
    );
    t.equal(made.at(-1)?.request.key, 'b');
    t.equal(a!.settings, undefined, 'without what the newer version said besides');
    t.same(((await ask('keys')) as string[]).sort(), ['a', 'b']);
  },
);

t.test('the host gives the ports of the configuration by which a version runs', async (t) => {
  const declaration = { kind: 'wire', speed: 10 };
  const asked: unknown[] = [];
  const { shop, wires, bundle, ask } = place(t, function* (module, port, config) {
    asked.push(config);
    for (const key of Object.keys(config as object)) {
      const request = { module, port, key, declaration, settings: undefined };
      yield [key, wires.make(request), declaration];
    }
  });
  const configured = `configure(next) { return next; }
    apply(next) {
      for (const key of Object.keys(this.state.uses)) if (!(key in next)) this.ctx.closePort('wire', key);
      this.state.uses = { ...next };
      this.start();
    }`;
  await shop.add('USER', bundle(NAMED), { a: null, b: null });
  await shop.replace('USER', bundle(wireUser('1.0.0', { methods: configured })));
  await shop.runtime.configure('USER', { b: null, c: null });
  const [b, c] = [wires.open.get('b'), wires.open.get('c')];
  await shop.replace('USER', 'user@0.9.0');
  t.same(asked, [
    { a: null, b: null },
    { b: null, c: null },
  ]);
  t.same(((await ask('keys')) as string[]).sort(), ['b', 'c']);
  t.same(
    [...wires.open],
    [
      ['b', b],
      ['c', c],
    ],
    'none is opened anew',
  );
});

for (const guard of ['native', 'vm'] as const) {
  const skip = guard === 'native' && nativeWatch() === undefined && 'SKIPPED: no native watch';
  t.test(
    `what is sent by a port right before it is closed leaves, with the guard ${guard}`,
    { skip },
    async (t) => {
      const wires = new Wires();
      const shop = new Workshop(t, { portKinds: { wire: wires }, ...(guard === 'vm' && { guard }) });
      const leaves = `configure(next) { return next; }
      apply(next) { this.ctx.transmit('wire', 'a', 'farewell'); this.ctx.closePort('wire', 'a'); this.state.uses = {}; }
      onBye() { this.ctx.transmit('wire', 'a', 'bye'); this.ctx.closePort('wire', 'a'); this.ctx.openPort('wire', 'a'); }`;
      const source = wireUser('1.0.0', { methods: leaves });
      const manifest = source.manifest!.replace('accepts: {', 'accepts: { bye: [1],');
      await shop.add('USER', shop.bundle({ ...source, manifest }), { a: 1 });
      await shop.runtime.ask('USER', 'bye');
      await shop.runtime.configure('USER', {});
      t.same(
        wires.made.map(({ sent, closed }) => [...sent, closed]),
        [
          ['bye', 1],
          ['farewell', 1],
        ],
      );
    },
  );
}

t.test('under test, what becomes of ports is an output', async (t) => {
  const { shop } = place(t);
  const file = shop.file('user-1.0.0.cjs', sourceOf(wireUser('1.0.0')));
  const next = shop.file('user-1.1.0.cjs', sourceOf(wireUser('1.1.0')));
  const kit = await testModule(file, { config: { a: 1 } });
  t.teardown(() => kit.stop());
  t.same(kit.ports, [{ kind: 'opened', port: 'wire', key: 'a', settings: 1 }]);
  kit.take();
  kit.deliver('use', { key: 'a', settings: [2] });
  kit.deliver('use', { key: 'b' });
  kit.receive('wire', 'b', 'x');
  kit.deliver('leave', 'a');
  t.same(kit.take(), [
    { kind: 'changed', port: 'wire', key: 'a', settings: [2] },
    { kind: 'transmitted', port: 'wire', key: 'a', datum: 'hello' },
    { kind: 'opened', port: 'wire', key: 'b', settings: undefined },
    { kind: 'transmitted', port: 'wire', key: 'b', datum: 'hello' },
    { kind: 'closed', port: 'wire', key: 'a' },
  ]);
  await kit.replace(next);
  t.same(kit.ports, [], 'a swap closes nothing');
  t.throws(() => kit.receive('wire', 'a', 'x'), { message: /or let the module open it/ });
  t.same(await kit.ask('heard'), ['b x']);
});

t.test('under test, ports that the host opens as what the next version declares stay open', async (t) => {
  const { shop } = place(t);
  const named = shop.file('user-0.9.0.cjs', sourceOf(NAMED));
  const next = shop.file('user-1.0.0.cjs', sourceOf(wireUser('1.0.0')));
  const declarations = { wire: { kind: 'wire', speed: 10 } };
  const kit = await testModule(named, { ports: { wire: ['a', 'b'] }, declarations });
  t.teardown(() => kit.stop());
  for (const version of [next, named]) {
    await kit.replace(version);
    t.same(kit.ports, []);
    kit.receive('wire', 'a', 'x');
  }
});
