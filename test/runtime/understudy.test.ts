/** A check goes through the steps of the transaction itself, with understudies: the modules that serve notice nothing of it. */
import t, { type Test } from 'tap';
import type { Change } from '../../runtime/index.ts';
import { Addition } from '../../runtime/upgrade/addition.ts';
import { Removal } from '../../runtime/upgrade/removal.ts';
import { Replacement } from '../../runtime/upgrade/replacement.ts';
import { Disabling, Enabling } from '../../runtime/upgrade/service-change.ts';
import { type Source, Workshop } from './workshop.ts';

const BY = { command: 'check', by: 'test' };

/** Tells S whatever happens to it; S has room for one message. */
const w = (version: string, methods = '', state = '{ version: 1, tables: { rows: {} } }'): Source => ({
  name: 'W',
  version,
  head: `const { Table } = require('hitless/runtime');`,
  manifest: `accepts: { ping: [1] }, sends: { S: { note: 1 } }, timers: ['beat'], ports: ['wire'], subscribes: { link: [1] }, publishes: { told: 1 }, state: ${state}`,
  methods: `initial() { return { pings: 0, draining: 0, stops: 0, rows: new Table([['a', 1], ['b', 2]]) }; }
    onPing() { this.state.pings++; if (this.ctx.draining) this.state.draining++; }
    onBeat() {} onWire() {} onLink() {} stop() { this.state.stops++; } ${methods}`,
});
const speaks = `start() {
  this.ctx.setTimer('beat', '', 3_600_000); this.ctx.publish('told', 1, { retain: 'x' });
  this.ctx.transmit('wire', 'a', 1); this.ctx.log('info', 'it speaks');
  if (this.ctx.send('S', 'note', 1) !== 'queued') throw new Error('S has no room'); }`;
const S: Source = {
  name: 'S',
  version: '1.0.0',
  manifest: `mailbox: 1, accepts: { note: [1], busy: [1] }, state: { version: 1 }`,
  methods: `initial() { return { notes: 0 }; } onNote() { this.state.notes++; } *onBusy() { for (let i = 0; i < 1e9; i++) yield 'slice'; }`,
};
const UP = '{ version: 2, tables: { rows: { up: { 1: (row) => row + 1 } } }, up: { 1: (old) => old } }';

async function begin(shop: Workshop): Promise<void> {
  await shop.add('S', shop.bundle(S));
  await shop.add('W', shop.bundle(w('1.0.0', speaks)));
  for (let i = 0; i < 1_000 && shop.view('S').handled === 0; i++) await new Promise(setImmediate);
}

function workshop(t: Test, sent: unknown[] = []): Workshop {
  return new Workshop(t, {
    development: false,
    ports: () => [
      ['a', { open() {}, send: (datum) => (sent.push(datum) > 0 ? 'sent' : 'down'), close() {} }],
    ],
  });
}

const GROUPS: readonly Change[][] = [
  [{ change: 'replace', module: 'W', bundle: 'w@1.1.0' }],
  [{ change: 'replace', module: 'W', bundle: 'w@2.0.0' }],
  [{ change: 'replace', module: 'W', bundle: 'w@3.0.0' }],
  [{ change: 'disable', module: 'W', force: true }],
  [{ change: 'remove', module: 'W', force: true }],
  [
    { change: 'replace', module: 'S', bundle: 's@1.1.0' },
    { change: 'replace', module: 'W', bundle: 'w@2.0.0' },
  ],
];

t.test('nothing is buffered, drained, sent or reserved while a check runs', async (t) => {
  const sent: unknown[] = [];
  const shop = workshop(t, sent);
  await begin(shop);
  for (const source of [
    w('1.1.0', speaks),
    w('2.0.0', speaks, UP),
    w('3.0.0', `start() { ${speaks.slice(10, -1)} throw new Error('late'); }`),
    { ...S, version: '1.1.0' },
  ])
    shop.bundle(source);
  const before = { log: shop.log.length, sent: sent.length, notes: shop.view('S').handled };
  let pings = 0;
  let notes = 0;
  for (const changes of GROUPS) {
    let done = false;
    const check = shop.runtime.check(changes, BY).finally(() => {
      done = true;
    });
    // Each turn of the loop: what would be seen, from outside and from within.
    while (!done) {
      for (const { name, service, reason } of shop.runtime.modules())
        if (service !== 'service' || reason !== '') t.fail(`${name} is ${service}: ${reason}`);
      for (const { module, buffered } of shop.runtime.queues())
        if (buffered !== 0) t.fail(`${module} holds ${buffered} back`);
      if (shop.runtime.send('W', 'ping') !== 'queued') t.fail('W has no room');
      pings++;
      const { waiting } = shop.runtime.queues().find(({ module }) => module === 'S')!;
      if (waiting === 0) {
        if (shop.runtime.send('S', 'note') !== 'queued') t.fail('S has promised its room to somebody');
        notes++;
      }
      await new Promise(setImmediate);
    }
    const { members } = await check;
    t.equal(members.length, changes.length);
  }
  await shop.runtime.ask('S', 'note').catch(() => {});
  const state = shop.runtime.names.resolve('W')!.state as { pings: number; draining: number; stops: number };
  t.match(state, { pings, draining: 0, stops: 0 });
  t.equal(shop.view('S').handled, before.notes + notes + 1, 'nobody else has sent to S');
  t.equal(sent.length, before.sent, 'nothing went out of a port');
  t.equal(shop.log.length, before.log, 'nothing was logged');
  t.strictSame(
    shop.runtime.queues().map(({ refused, dropped }) => refused + dropped),
    [0, 0],
  );
  t.equal(shop.view('W').timers.length, 1);
  t.equal((await shop.replace('W', 'w@1.1.0')).outcome, 'committed');
});

/** Calls of members' methods, in their order. */
function record(calls: string[]): () => void {
  const mends: (() => void)[] = [];
  const names = ['warmUp', 'open', 'disable', 'isQuiescent', 'prepare', 'vote', 'switch', 'start', 'adopt'];
  for (const { prototype } of [Replacement, Addition, Removal, Disabling, Enabling]) {
    for (const name of names) {
      let owner: object = prototype;
      while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
      const right = (owner as Record<string, (...args: unknown[]) => unknown>)[name]!;
      // A method that calls the one above it is one call.
      const wrapped = function (this: { module: string }, ...args: unknown[]) {
        const call = `${name} ${this.module}`;
        if (calls.at(-1) !== call) calls.push(call);
        return right.apply(this, args);
      };
      Object.defineProperty(prototype, name, { value: wrapped, configurable: true, writable: true });
      mends.push(() => {
        if (owner === prototype)
          Object.defineProperty(prototype, name, { value: right, configurable: true, writable: true });
        else Reflect.deleteProperty(prototype, name);
      });
    }
  }
  return () => {
    for (const mend of mends.toReversed()) mend();
  };
}

t.test(
  'a check calls what the transaction calls, in the same order, up to the point of no return',
  async (t) => {
    const calls: string[] = [];
    t.teardown(record(calls));
    for (const groups of [
      [{ change: 'replace', module: 'W', bundle: 'w@2.0.0' }],
      [
        { change: 'replace', module: 'W', bundle: 'w@1.1.0' },
        { change: 'remove', module: 'S', force: true },
        { change: 'add', module: 'X', bundle: 'x@1.0.0' },
      ],
      [{ change: 'disable', module: 'W', force: true }],
      [{ change: 'enable', module: 'W' }],
    ] as Change[][]) {
      const shop = workshop(t);
      await begin(shop);
      shop.bundle(w('1.1.0'));
      shop.bundle(w('2.0.0', '', UP));
      shop.bundle({ name: 'X', version: '1.0.0' });
      if (groups[0]!.change === 'enable') await shop.runtime.disable('W', { force: true });
      calls.length = 0;
      t.match(await shop.runtime.check(groups, BY), { ok: true, problems: [] });
      const checked = calls.splice(0);
      t.equal((await shop.runtime.run(groups, BY)).outcome, 'committed');
      const end = calls.findIndex((call) => call.startsWith('adopt'));
      t.strictSame(checked, calls.slice(0, end));
      t.ok(checked.length >= 5 * groups.length, checked.join(', '));
      shop.runtime.stop();
    }
  },
);

t.test('a new version sees in a check what it would see in the swap', async (t) => {
  const CASES: [what: string, start: string, fails: RegExp | undefined][] = [
    ['its timers', `if (!(this.ctx.timerDue('beat') > 0)) throw new Error('no timer');`, undefined],
    [
      'a timer that it sets',
      `this.ctx.setTimer('beat', 'x', 50); if (!(this.ctx.timerDue('beat', 'x') > 0)) throw new Error('not set');`,
      undefined,
    ],
    [
      'its ports',
      `if (this.ctx.ports('wire').join() !== 'a' || this.ctx.transmit('wire', 'a', 1) !== 'sent') throw new Error('no port');`,
      undefined,
    ],
    [
      'no such receiver',
      `if (this.ctx.send('NOBODY', 'x') !== 'unknown') throw new Error('known');`,
      undefined,
    ],
    ['room', `if (this.ctx.send('S', 'note') !== 'queued') throw new Error('no room');`, undefined],
    ['no room', `if (this.ctx.send('S', 'note') !== 'queued') throw new Error('no room');`, /no room/],
  ];
  for (const [what, start, fails] of CASES) {
    const shop = workshop(t);
    await begin(shop);
    if (fails !== undefined) {
      await shop.runtime.disable('S', { force: true });
      shop.runtime.send('S', 'note');
    }
    const changes: Change[] = [
      { change: 'replace', bundle: shop.bundle(w('1.1.0', `start() { ${start} }`)) },
    ];
    const report = await shop.runtime.check(changes, BY);
    const { outcome, reason } = await shop.runtime.run(changes, BY);
    t.equal(report.problems.length, fails === undefined ? 0 : 1, `${what}: ${report.problems}`);
    t.equal(outcome, fails === undefined ? 'committed' : 'aborted', `${what}: ${reason}`);
    if (fails !== undefined) t.match([report.problems[0], reason], [fails, fails]);
    shop.runtime.stop();
  }
});

t.test('a check finds that a disabled module would not come back', async (t) => {
  const shop = workshop(t);
  await begin(shop);
  await shop.replace(
    'W',
    shop.bundle(w('1.1.0', `start(why) { if (why === 'resume') throw new Error('no way back'); }`)),
  );
  await shop.runtime.disable('W', { force: true });
  const changes: Change[] = [{ change: 'enable', module: 'W' }];
  t.match(await shop.runtime.check(changes, BY), { ok: false, problems: [/no way back/] });
  t.match(await shop.runtime.run(changes, BY), { outcome: 'aborted', reason: /no way back/ });
});

t.test('each member has its verdict, at whatever step it leaves the course', async (t) => {
  const shop = workshop(t);
  await begin(shop);
  shop.bundle(w('2.0.0', '', UP.replace('row + 1', `{ throw new Error('odd row') }`)));
  shop.bundle({ ...S, version: '1.1.0', methods: `${S.methods} start() { throw new Error('no start'); }` });
  shop.bundle({ name: 'X', version: '1.0.0', methods: `initial() { throw new Error('no config'); }` });
  const report = await shop.runtime.check(
    [
      { change: 'replace', module: 'W', bundle: 'w@2.0.0' },
      { change: 'replace', module: 'S', bundle: 's@1.1.0' },
      { change: 'add', module: 'X', bundle: 'x@1.0.0' },
    ],
    BY,
  );
  t.match(report.problems.toSorted(), [/S 1\.1\.0.*no start/, /W 2\.0\.0.*odd row/, /X 1\.0\.0.*no config/]);
  t.strictSame(
    report.members.map(({ module, quiescent, how }) => [module, quiescent, how]),
    [
      ['W', true, 'migrated'],
      ['S', true, 'adopted'],
      ['X', true, 'initial'],
    ],
  );
});
