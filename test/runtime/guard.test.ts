/** Code that the guard may cut, and code that it may not (design rule 8). */
import t from 'tap';
import { now } from '../../runtime/clock.ts';
import { type Cut, Guard } from '../../runtime/services/guard.ts';
import { sleep, Workshop } from './workshop.ts';

/** Works for as many ms as it is told, and keeps what it did. */
const worker = (name: string, version: string, manifest = '') => ({
  name,
  version,
  manifest: `accepts: { work: [1], get: [1] }, ${manifest}`,
  methods: `
    initial() { return { done: [] }; }
    onWork({ body: { id, ms, next } }) {
      const end = this.ctx.now() + ms;
      while (this.ctx.now() < end);
      this.state.done.push(id);
      if (next) this.ctx.send(next.to, "work", next.body);
    }
    onGet() { return this.state.done; }`,
});

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

t.test('a backlog of short handlers is not cut while a transaction waits', async (t) => {
  const shop = new Workshop(t, { preparation: 400 });
  shop.bundle(worker('OTHER', '1.0.0', 'maxHandlerMs: 50'));
  shop.bundle(worker('A', '1.0.0'));
  shop.bundle(worker('A', '1.1.0'));
  await shop.add('OTHER', 'other@1.0.0');
  await shop.add('A', 'a@1.0.0');
  shop.runtime.faults!.set('A', 'busy', { duration: 150 });
  const swap = shop.replace('A', 'a@1.1.0');
  await shop.draining('A');
  for (const id of numbers(60)) shop.runtime.send('OTHER', 'work', { id, ms: 2 });
  await swap;
  t.strictSame(await shop.runtime.ask('OTHER', 'get'), numbers(60), 'each handled once');
  t.equal(shop.view('OTHER').interrupted, 0, 'no handler took more than 2 of its 50 ms');
});

t.test('a module that is woken within a guarded turn has its own maxHandlerMs', async (t) => {
  const shop = new Workshop(t, { preparation: 400 });
  shop.bundle(worker('QUICK', '1.0.0', 'maxHandlerMs: 5, sends: { LONG: { work: 1 } }'));
  shop.bundle(worker('LONG', '1.0.0', 'maxHandlerMs: 300'));
  shop.bundle(worker('A', '1.0.0'));
  shop.bundle(worker('A', '1.1.0'));
  for (const name of ['LONG', 'QUICK', 'A']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  shop.runtime.faults!.set('A', 'busy', { duration: 100 });
  const swap = shop.replace('A', 'a@1.1.0');
  await shop.draining('A');
  shop.runtime.send('QUICK', 'work', { id: 0, ms: 0, next: { to: 'LONG', body: { id: 1, ms: 50 } } });
  await swap;
  t.strictSame(await shop.runtime.ask('LONG', 'get'), [1]);
  t.equal(shop.view('LONG').interrupted, 0, 'it took 50 of its 300 ms');
});

t.test('while a group drains, each member has its own maxHandlerMs', async (t) => {
  const shop = new Workshop(t, { preparation: 500 });
  // At 300 ms, by then draining, both are given long work by a member, so it is pending for both at once.
  const member = (name: string, version: string) => ({
    name,
    version,
    manifest:
      'accepts: { go: [1], work: [1], get: [1] }, sends: { SLOW: { think: 1 }, A: { work: 1 }, B: { work: 1 } }, maxHandlerMs: 500',
    methods: `
      initial() { return { done: [] }; }
      *onGo() { yield* this.ctx.ask('SLOW', 'think'); for (const to of ['A', 'B']) if ('${name}' === 'A') this.ctx.send(to, 'work'); }
      onWork() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 350); this.state.done.push('long'); }
      onGet() { return this.state.done; }`,
  });
  for (const name of ['A', 'B']) for (const version of ['1.0.0', '1.1.0']) shop.bundle(member(name, version));
  shop.bundle({
    name: 'SLOW',
    version: '1.0.0',
    manifest: 'accepts: { think: [1] }, async: true',
    methods: 'onThink() { return new Promise((r) => setTimeout(r, 300)); }',
  });
  for (const name of ['SLOW', 'A', 'B']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  shop.runtime.send('A', 'go');
  await sleep(1);
  const report = await shop.replace('B', 'b@1.1.0', 'A', 'a@1.1.0');
  for (const name of ['A', 'B']) {
    t.strictSame(await shop.runtime.ask(name, 'get'), ['long'], `${name}: ${report.reason}`);
    t.equal(shop.view(name).interrupted, 0, `${name} took 350 of its 500 ms`);
  }
});

t.test('outputs that are released close to the deadline all go out, and every member serves', async (t) => {
  const shop = new Workshop(t, { preparation: 500 });
  const talker = (version: string) => ({
    name: 'TALK',
    version,
    manifest: 'accepts: { ping: [1] }',
    methods: `
      onPing() { return '${version}'; }
      start(why) {
        if (why !== 'upgrade') return;
        for (let i = 0; i < 5; i++) this.ctx.log('info', 'line ' + i);
        while (this.ctx.now() < globalThis.startUntil);
      }`,
  });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'startUntil'));
  shop.bundle(talker('1.0.0'));
  shop.bundle(talker('1.1.0'));
  await shop.add('TALK', 'talk@1.0.0');
  await shop.runtime.repository.load('talk@1.1.0');
  // A terminal is written synchronously, and may be slow.
  const lines: string[] = [];
  shop.runtime.onLog(({ text }) => {
    if (!text.startsWith('line')) return;
    for (const end = now() + 50; now() < end; );
    lines.push(text);
  });
  Object.assign(globalThis, { startUntil: now() + 500 - 100 });
  const report = await shop.replace('TALK', 'talk@1.1.0');
  t.equal(report.outcome, 'committed', report.reason);
  t.equal(shop.view('TALK').service, 'service');
  t.strictSame(lines, ['line 0', 'line 1', 'line 2', 'line 3', 'line 4']);
  t.equal(await shop.runtime.ask('TALK', 'ping', undefined, { timeout: 3_000 }).catch(String), '1.1.0');
});

/** Code that has the processor for so many ms, if nothing cuts it, and leaves a sign that it came to its end. */
const spinFor = (ms: number) =>
  `const user = () => process.cpuUsage().user; for (const end = user() + ${ms * 1_000}; user() < end; ); globalThis.spunOn = true;`;

t.test('a constructor that never returns is cut like everything else of a module', async (t) => {
  const shop = new Workshop(t);
  t.teardown(() => Reflect.deleteProperty(globalThis, 'spunOn'));
  const slow = (version: string, spin: number) => ({
    name: 'A',
    version,
    methods: `constructor() { super(); ${spinFor(spin)} }`,
  });
  shop.bundle(slow('1.0.0', 0));
  shop.bundle(slow('1.1.0', 4_000));
  await shop.add('A', 'a@1.0.0');
  Reflect.deleteProperty(globalThis, 'spunOn');
  await shop.replace('A', 'a@1.1.0').catch(() => {});
  t.notOk('spunOn' in globalThis, 'it did not come to its end');
});

t.test('a manifest whose getter never returns is cut', async (t) => {
  const shop = new Workshop(t);
  // As long as nothing serves, there is more time.
  await shop.add('B', shop.bundle({ name: 'B', version: '1.0.0' }));
  const path = shop.file(
    'a-1.0.0.cjs',
    `const { Module } = require('hitless/runtime');
exports.manifest = { get api() { ${spinFor(4_000)} return 1; } };
exports.default = class extends Module { initial() { return {}; } };`,
  );
  t.teardown(() => Reflect.deleteProperty(globalThis, 'spunOn'));
  await t.rejects(shop.add('A', path));
  t.notOk('spunOn' in globalThis, 'it did not come to its end');
});

/** A machine whose threads get no turn for the first so many loops. */
class BusyGuard extends Guard {
  readonly #busy: { loops: number };

  constructor(busy: { loops: number }) {
    super();
    this.#busy = busy;
  }

  override run(limit: number, body: () => void): Cut | undefined {
    if (this.#busy.loops-- <= 0) return super.run(limit, body);
    body();
    return undefined;
  }
}

t.test('a machine that is busy for a moment is told from one on which nothing can be cut', async (t) => {
  t.equal(new BusyGuard({ loops: 2 }).prove(4), true, 'it is tried again');
  const busy = { loops: 1e9 };
  const guard = new BusyGuard(busy);
  t.equal(guard.prove(2), false);
  t.equal(busy.loops, 1e9 - 2, 'and not for ever');
  busy.loops = 0;
  t.equal(guard.prove(4), true, 'what was not shown at the start can be shown later');
});
