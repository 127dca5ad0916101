/** The rules of a safe swap, one by one. */
import t from 'tap';
import { now } from '../../runtime/clock.ts';
import { defineModule, type Port } from '../../runtime/index.ts';
import { testModule } from '../../runtime/testing/index.ts';
import { sleep, turns, Workshop } from './workshop.ts';

// --- state (rules 3 and 9)

t.test('a state that a handler replaced as a whole is what the next version adopts', async (t) => {
  const shop = new Workshop(t);
  for (const version of ['1.0.0', '1.1.0'])
    shop.bundle({
      name: 'SUM',
      version,
      manifest: 'accepts: { add: [1], get: [1] }',
      methods:
        'initial() { return { sum: 0 }; } onAdd(m) { this.state = { sum: this.state.sum + m.body }; } onGet() { return this.state; }',
    });
  await shop.add('SUM', 'sum@1.0.0');
  for (const n of [1, 2, 3]) shop.runtime.send('SUM', 'add', n);
  t.strictSame(await shop.runtime.ask('SUM', 'get'), { sum: 6 });
  const report = await shop.replace('SUM', 'sum@1.1.0');
  t.equal(report.outcome, 'committed');
  t.strictSame(await shop.runtime.ask('SUM', 'get'), { sum: 6 });
});

t.test(
  'development mode finds a start that writes the state which the old version may go on with',
  async (t) => {
    const shop = new Workshop(t);
    const keep = (version: string, methods = '') => ({
      name: 'KEEP',
      version,
      manifest: 'accepts: { get: [1] }',
      methods: `initial() { return { count: 7 }; } onGet() { return this.state; } ${methods}`,
    });
    shop.bundle(keep('1.0.0'));
    shop.bundle(keep('1.1.0', 'start() { this.state.count = 0; }'));
    await shop.add('KEEP', 'keep@1.0.0');
    const report = await shop.replace('KEEP', 'keep@1.1.0');
    t.match(report, { outcome: 'aborted', reason: /STATE_WRITTEN/ });
  },
);

t.test('development mode finds an isQuiescent that writes the state', async (t) => {
  const shop = new Workshop(t);
  for (const version of ['1.0.0', '1.1.0'])
    shop.bundle({
      name: 'KEEP',
      version,
      methods: 'initial() { return { asked: 0 }; } isQuiescent() { this.state.asked++; return true; }',
    });
  await shop.add('KEEP', 'keep@1.0.0');
  const report = await shop.replace('KEEP', 'keep@1.1.0');
  t.match(report.reason, /STATE_WRITTEN/);
});

// --- timers (rules 1 and 2)

const clockwork = {
  name: 'CLOCK',
  version: '1.0.0',
  manifest: "accepts: { get: [1], go: [1] }, timers: ['beat']",
  methods: `
    initial() { return { beats: 0 }; }
    onGo() { this.ctx.setTimer('beat', '', 10, { every: 10 }); }
    onBeat() { this.state.beats++; }
    onGet() { return this.state.beats; }`,
};

/** Whether CLOCK goes on. */
async function beats(shop: Workshop): Promise<boolean> {
  const begun = await shop.runtime.ask<number>('CLOCK', 'get');
  for (let i = 0; i < 1_000; i++) {
    if ((await shop.runtime.ask<number>('CLOCK', 'get')) >= begun + 5) return true;
    await sleep(10);
  }
  return false;
}

for (const [what, call] of Object.entries({
  'a due time that is no number': "this.ctx.setTimer('odd', '', Number.NaN)",
  'a period that is no number': "this.ctx.setTimer('odd', '', 1, { every: Number.NaN })",
  'a due time that is text': "this.ctx.setTimer('odd', '', 'soon')",
})) {
  t.test(`a timer with ${what} stops no other timer`, async (t) => {
    const shop = new Workshop(t);
    shop.bundle(clockwork);
    shop.bundle({
      name: 'ODD',
      version: '1.0.0',
      manifest: "accepts: { go: [1] }, timers: ['odd']",
      methods: `onGo() { ${call}; } onOdd() {}`,
    });
    await shop.add('CLOCK', 'clock@1.0.0');
    await shop.add('ODD', 'odd@1.0.0');
    shop.runtime.send('CLOCK', 'go');
    shop.runtime.send('ODD', 'go');
    t.ok(await beats(shop), 'CLOCK beats');
  });
}

t.test('an ask with a time-out that is no number stops no timer', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(clockwork);
  shop.bundle({
    name: 'ODD',
    version: '1.0.0',
    manifest: 'accepts: { go: [1] }, sends: { NEVER: { x: 1 } }',
    methods: "*onGo() { yield* this.ctx.ask('NEVER', 'x', 0, { timeout: Number.NaN }); }",
  });
  shop.bundle({
    name: 'NEVER',
    version: '1.0.0',
    manifest: 'accepts: { x: [1] }, async: true',
    methods: 'onX() { return new Promise(() => {}); }',
  });
  for (const name of ['CLOCK', 'NEVER', 'ODD']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  shop.runtime.send('CLOCK', 'go');
  shop.runtime.send('ODD', 'go');
  t.ok(await beats(shop), 'CLOCK beats');
});

t.test('in one handler a timer that was armed is due, with or without a transaction', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(clockwork);
  shop.bundle({
    name: 'DUE',
    version: '1.0.0',
    manifest: "accepts: { go: [1] }, timers: ['beat']",
    methods: `
      onBeat() {}
      onGo() { const a = this.ctx.timerDue('beat'); this.ctx.setTimer('beat', '', 1000); const b = this.ctx.timerDue('beat'); this.ctx.cancelTimer('beat'); return [a, b, this.ctx.timerDue('beat')].map((due) => due !== undefined); }`,
  });
  shop.bundle({ ...clockwork, version: '1.1.0' });
  await shop.add('CLOCK', 'clock@1.0.0');
  await shop.add('DUE', 'due@1.0.0');
  t.strictSame(await shop.runtime.ask('DUE', 'go'), [false, true, false]);
  shop.runtime.faults!.set('CLOCK', 'busy', { duration: 80 });
  const swap = shop.replace('CLOCK', 'clock@1.1.0');
  await sleep(30);
  t.strictSame(await shop.runtime.ask('DUE', 'go'), [false, true, false], 'during a transaction');
  await swap;
});

t.test(
  'a timer whose expiry waits is due now: who arms what is not armed takes no expiry back',
  async (t) => {
    const pair = defineModule({
      name: 'pair',
      version: '1.0.0',
      initial: () => ({ due: [] as (number | undefined)[], came: [] as string[] }),
      start() {
        for (const name of ['one', 'other'] as const) this.ctx.setTimer(name, '', 1_000);
      },
      timers: {
        one() {
          this.state.came.push('one');
          this.state.due.push(this.ctx.timerDue('other'), this.ctx.timerDue('one'));
          if (this.ctx.timerDue('other') === undefined) this.ctx.setTimer('other', '', 1_000);
        },
        other() {
          this.state.came.push('other');
        },
      },
    });
    const kit = await testModule(pair);
    kit.advance(1_000);
    t.same(kit.state, { due: [0, undefined], came: ['one', 'other'] });
  },
);

// --- messages (rules 5 and 6)

for (const type of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
  t.test(`sending and publishing "${type}" answers unknown and throws nothing`, async (t) => {
    const shop = new Workshop(t);
    shop.bundle({
      name: 'A',
      version: '1.0.0',
      manifest: `accepts: { go: [1], get: [1] }, sends: { B: { x: 1 } }`,
      methods: `onGo() { return this.ctx.send('B', '${type}'); } onGet() { return this.ctx.publish('${type}'); }`,
    });
    shop.bundle({ name: 'B', version: '1.0.0', manifest: 'accepts: { x: [1] }', methods: 'onX() {}' });
    await shop.add('A', 'a@1.0.0');
    await shop.add('B', 'b@1.0.0');
    let sent: unknown;
    try {
      sent = shop.runtime.send('B', type);
    } catch (error) {
      sent = error;
    }
    t.equal(sent, 'unknown', 'the host');
    t.equal(await shop.runtime.ask('A', 'go').catch(String), 'unknown', 'a module');
    t.equal(await shop.runtime.ask('A', 'get').catch(String), 0, 'an event');
  });
}

t.test('an event may be called "constructor"', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({ name: 'A', version: '1.0.0', manifest: 'publishes: { constructor: 1 }' });
  shop.bundle({ name: 'B', version: '1.0.0' });
  await shop.add('A', 'a@1.0.0');
  t.equal(((await shop.add('B', 'b@1.0.0').catch(String)) as { outcome?: string }).outcome, 'committed');
  shop.runtime.publish('toString');
  t.strictSame(
    shop.runtime.eventTable().map(({ event, publishers }) => [event, publishers]),
    [
      ['constructor', ['A']],
      ['toString', []],
    ],
  );
});

t.test('an answer may be an iterator, or is refused with a word that helps', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'LIST',
    version: '1.0.0',
    manifest: 'accepts: { get: [1] }',
    methods: 'onGet() { return new Map([[1, "slice"], [2, "slice"]]).values(); }',
  });
  await shop.add('LIST', 'list@1.0.0');
  const answer = await shop.runtime.ask('LIST', 'get').catch(String);
  t.not(answer, undefined, 'the values of a map are not taken for a handler that gives way');
});

t.test('what a start publishes reaches the members that subscribe in the same transaction', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'SAY',
    version: '1.0.0',
    manifest: 'publishes: { news: 1 }',
    methods: "start() { this.ctx.publish('news', 'first'); }",
  });
  shop.bundle({
    name: 'HEAR',
    version: '1.0.0',
    manifest: 'accepts: { get: [1] }, subscribes: { news: [1] }',
    methods: 'initial() { return []; } onNews(m) { this.state.push(m.body); } onGet() { return this.state; }',
  });
  await shop.runtime.run(
    [
      { change: 'add', module: 'SAY', bundle: 'say@1.0.0' },
      { change: 'add', module: 'HEAR', bundle: 'hear@1.0.0' },
    ],
    { command: 'add', by: 'test' },
  );
  t.strictSame(await shop.runtime.ask('HEAR', 'get'), ['first']);
});

t.test('everything retained reaches a new subscriber, however small its mailbox', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'HEAR',
    version: '1.0.0',
    manifest: 'mailbox: 2, accepts: { get: [1] }, subscribes: { news: [1] }',
    methods: 'initial() { return []; } onNews(m) { this.state.push(m.body); } onGet() { return this.state; }',
  });
  for (const key of ['a', 'b', 'c', 'd']) shop.runtime.publish('news', key, { retain: key });
  await shop.add('HEAR', 'hear@1.0.0');
  await turns();
  t.strictSame(await shop.runtime.ask('HEAR', 'get'), ['a', 'b', 'c', 'd']);
});

// --- the transaction (rules 7 to 11)

t.test('ctx.draining is false while a version starts: nobody waits for it to become quiescent', async (t) => {
  const shop = new Workshop(t);
  for (const version of ['1.0.0', '1.1.0'])
    shop.bundle({
      name: 'A',
      version,
      manifest: 'accepts: { get: [1] }',
      methods: 'start(why) { this.saw = [why, this.ctx.draining]; } onGet() { return this.saw; }',
    });
  await shop.add('A', 'a@1.0.0');
  t.strictSame(await shop.runtime.ask('A', 'get'), ['cold', false]);
  await shop.replace('A', 'a@1.1.0');
  t.strictSame(await shop.runtime.ask('A', 'get'), ['upgrade', false]);
});

t.test("what start('rollback') sends reaches the other members in their old versions", async (t) => {
  const shop = new Workshop(t);
  const a = (version: string, accepts: string) => ({
    name: 'A',
    version,
    manifest: `accepts: { ${accepts}, get: [1] }`,
    methods:
      'initial() { return []; } onOld() { this.state.push("back"); } onNew() {} onGet() { return this.state; }',
  });
  const b = (version: string, sends: string, start: string) => ({
    name: 'B',
    version,
    manifest: `sends: { A: { ${sends} } }`,
    methods: `start(why) { ${start} }`,
  });
  shop.bundle(a('1.0.0', 'old: [1]'));
  shop.bundle(a('1.1.0', 'new: [1]'));
  shop.bundle(b('1.0.0', 'old: 1', "if (why === 'rollback') this.ctx.send('A', 'old');"));
  shop.bundle(b('1.1.0', 'new: 1', "throw new Error('oh');"));
  await shop.add('A', 'a@1.0.0');
  await shop.add('B', 'b@1.0.0');
  t.equal((await shop.replace('A', 'a@1.1.0', 'B', 'b@1.1.0')).outcome, 'aborted');
  t.strictSame(await shop.runtime.ask('A', 'get'), ['back']);
});

t.test('a planned fault outlives a command that was refused', async (t) => {
  const shop = new Workshop(t);
  for (const version of ['1.0.0', '1.1.0']) shop.bundle({ name: 'A', version });
  await shop.add('A', 'a@1.0.0');
  shop.runtime.faults!.set('A', 'refuse');
  await t.rejects(shop.replace('A', 'a@9.9.9'), { code: 'BUNDLE_NOT_FOUND' });
  t.equal((await shop.replace('A', 'a@1.1.0')).outcome, 'aborted');
});

t.test('a preparation time that is none is refused', async (t) => {
  const shop = new Workshop(t);
  for (const ms of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY, 1e12]) {
    t.throws(() => {
      shop.runtime.preparation = ms;
    }, `${ms}`);
  }
});

t.test('an old version is gone too when the first message of the new one fails', async (t) => {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const instances: WeakRef<object>[] = [];
  Object.assign(globalThis, { instances });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'instances'));
  const shop = new Workshop(t);
  for (const version of ['1.0.0', '1.1.0'])
    shop.bundle({
      name: 'A',
      version,
      manifest: 'accepts: { bad: [1] }',
      methods: 'start() { globalThis.instances.push(new WeakRef(this)); } onBad() { throw new Error("oh"); }',
    });
  await shop.add('A', 'a@1.0.0');
  shop.runtime.faults!.set('A', 'busy', { duration: 20 });
  const swap = shop.replace('A', 'a@1.1.0');
  await sleep(10);
  shop.runtime.send('A', 'bad');
  t.equal((await swap).outcome, 'committed');
  for (let i = 0; i < 3; i++) {
    await turns(5);
    collect();
  }
  t.equal(instances.filter((instance) => instance.deref() !== undefined).length, 1);
});

t.test('modules that only await each other leave the event loop its turns', async (t) => {
  const shop = new Workshop(t);
  const player = (name: string, other: string) => ({
    name,
    version: '1.0.0',
    manifest: `async: true, accepts: { ball: [1] }, sends: { ${other}: { ball: 1 } }`,
    methods: `async onBall(m) { if (!globalThis.gameOver && this.ctx.now() < m.body) this.ctx.send('${other}', 'ball', m.body); }`,
  });
  shop.bundle(player('A', 'B'));
  shop.bundle(player('B', 'A'));
  await shop.add('A', 'a@1.0.0');
  await shop.add('B', 'b@1.0.0');
  t.teardown(() => Reflect.deleteProperty(globalThis, 'gameOver'));
  const end = now() + 5_000;
  shop.runtime.send('A', 'ball', end);
  for (let tick = 1; tick <= 3; tick++) await sleep(5);
  t.ok(now() < end, 'three timers fired while they played');
  Object.assign(globalThis, { gameOver: true });
});

t.test('a port that cannot be opened is not attached', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({ name: 'A', version: '1.0.0', manifest: "ports: ['wire']", methods: 'onWire() {}' });
  await shop.add('A', 'a@1.0.0');
  const closed: Port = {
    open: () => {
      throw new Error('EPERM');
    },
    send: () => 'sent',
    close: () => {},
  };
  t.throws(() => shop.runtime.attach('A', 'wire', 'w0', closed), { message: 'EPERM' });
  t.strictSame(shop.view('A').ports, []);
});

// --- bundles

t.test('a pre-release with capitals is found by its name', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({ name: 'A', version: '1.0.0-RC1' });
  const report = await shop.add('A', 'a@1.0.0-RC1').catch(String);
  t.match(report, { outcome: 'committed' });
});

for (const [what, text] of Object.entries({
  'exports null': 'module.exports = null;',
  'has a manifest whose getter throws':
    "exports.manifest = { get api() { throw new Error('oh'); } }; exports.default = class extends require('hitless/runtime').Module { initial() {} };",
  'has a constructor that returns something else':
    "exports.manifest = { api: 1, name: 'A', version: '1.0.0', accepts: { x: [1] }, subscribes: {}, timers: [], ports: [], state: { version: 1 } }; exports.default = class extends require('hitless/runtime').Module { constructor() { super(); return {}; } initial() {} onX() {} };",
})) {
  t.test(`a bundle that ${what} is refused with a code`, async (t) => {
    const shop = new Workshop(t);
    const error = await shop.add('A', shop.file('a-1.0.0.cjs', text)).catch((thrown) => thrown);
    t.match(error, { name: 'HitlessError' });
  });
}

t.test('a manifest with very many names is refused or taken, in a moment', async (t) => {
  const shop = new Workshop(t);
  const path = shop.file(
    'a-1.0.0.cjs',
    `exports.manifest = { api: 1, name: 'A', version: '1.0.0', accepts: {}, subscribes: {}, timers: Array.from({ length: 60000 }, (_, i) => 't' + i), ports: [], state: { version: 1 } };
exports.default = class extends require('hitless/runtime').Module { initial() {} };`,
  );
  const before = process.cpuUsage();
  await shop.add('A', path).catch(() => {});
  const took = process.cpuUsage(before).user / 1_000;
  t.ok(took < 1_000, `${took.toFixed(0)} ms of the processor`);
});

t.test('a manifest cannot be changed after it was checked', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'A',
    version: '1.0.0',
    manifest: 'accepts: { go: [1] }, mailbox: 10',
    methods:
      'onGo() { exports.manifest.accepts.sneaked = [1]; exports.manifest.maxHandlerMs = 1e9; return 1; }',
  });
  await shop.add('A', 'a@1.0.0');
  await shop.runtime.ask('A', 'go').catch(() => {});
  t.equal(shop.runtime.send('A', 'sneaked'), 'unknown');
});

t.test('in development an event cannot be written by one of its subscribers', async (t) => {
  for (const development of [true, false]) {
    const shop = new Workshop(t, { development });
    for (const name of ['A', 'B'])
      await shop.add(
        name,
        shop.bundle({
          name,
          version: '1.0.0',
          manifest: `accepts: { got: [1] }, subscribes: { news: [1] }`,
          methods: `onNews({ body }) { this.state.got = body.list.length; body.list.push(1); } onGot() { return this.state.got; }`,
        }),
      );
    shop.runtime.publish('news', { list: [] });
    t.equal(await shop.runtime.ask('A', 'got'), 0);
    t.equal(await shop.runtime.ask('B', 'got'), development ? 0 : 1, 'it is shared otherwise');
    const threw = shop.texts().filter((text) => text.includes('onNews threw'));
    t.equal(threw.length, development ? 2 : 0, 'who writes it is told');
  }
});
