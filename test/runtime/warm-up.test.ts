/** Warming a version up: it runs the author's code before the swap, and nobody may notice. */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { MACHINE } from '../../runtime/clock.ts';
import type { LogRecord, Message } from '../../runtime/index.ts';
import type { Kernel } from '../../runtime/kernel.ts';
import type { Entry } from '../../runtime/message.ts';
import { EventManager } from '../../runtime/services/events.ts';
import { Guard } from '../../runtime/services/guard.ts';
import { NameService } from '../../runtime/services/names.ts';
import { Requests } from '../../runtime/services/requests.ts';
import { Scheduler } from '../../runtime/services/scheduler.ts';
import { TimerQueue } from '../../runtime/services/timers.ts';
import type { Bundle } from '../../runtime/versions/bundle.ts';
import { VersionRepository } from '../../runtime/versions/repository.ts';
import { sampleOf } from '../../runtime/versions/sample.ts';
import { type WarmUpOptions, warmUp } from '../../runtime/versions/warm-up.ts';
import { type Source, sourceOf } from './workshop.ts';

/** A kernel whose every trace of a warm-up can be seen, and bundles to warm up. */
class Bench {
  readonly log: Partial<LogRecord>[] = [];
  readonly timers = new TimerQueue((expire) => expire());
  readonly kernel: Kernel;
  readonly #repository: VersionRepository;

  constructor(t: Test) {
    const guard = new Guard();
    let lastId = 0;
    this.kernel = {
      stopped: false,
      names: new NameService(),
      events: new EventManager(),
      requests: new Requests(this.timers),
      scheduler: new Scheduler(guard),
      timers: this.timers,
      guard,
      clock: MACHINE,
      standIn: undefined,
      portKinds: {},
      beginnings: new Map(),
      nextId: () => ++lastId,
      lastId: () => lastId,
      log: ({ level, module = '', version = '', text }) =>
        void this.log.push({ level, module, version, text }),
      listeners: { hold: () => {}, release: () => true },
    };
    this.#repository = new VersionRepository([], guard);
    t.teardown(() => this.#repository.stop());
  }

  async bundle(source: Partial<Source>): Promise<Bundle> {
    const { bundle } = await this.#repository.provide(
      'made',
      sourceOf({ name: 'IP', version: '1.0.0', ...source }),
    );
    return this.#repository.acquire(bundle);
  }

  warmUp(bundle: Bundle, options: Partial<WarmUpOptions> = {}) {
    // On a busy machine an innocent handler may take long by the clock: only what spins is cut here.
    return warmUp(bundle, { kernel: this.kernel, state: () => ({}), limit: 150, budget: 5_000, ...options });
  }
}

/** Where bundles of one test tell what they did. */
function notes(t: Test): unknown[] {
  const list: unknown[] = [];
  Object.assign(globalThis, { notes: list });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'notes'));
  return list;
}

const message = (type: string, body: unknown): Message => ({
  kind: 'message',
  id: 7,
  from: 'OSPF',
  fromVersion: '2.0.0',
  type,
  version: 1,
  cause: 0,
  body,
});

t.test('every entry point runs once, with what it would be given', async (t) => {
  const seen = notes(t);
  const bench = new Bench(t);
  const bundle = await bench.bundle({
    manifest:
      "accepts: { tick: [1, 3], tock: [1] }, subscribes: { news: [2] }, timers: ['beat'], ports: ['raw']",
    methods: `
      constructor() { super(); notes.push('constructor'); }
      start(why) { notes.push(why, this.state.routes); }
      isQuiescent() { notes.push('quiescent'); return true; }
      isHealthy() { notes.push('healthy'); return true; }
      onTick(m) { notes.push(m); }
      onTock(m) { notes.push(m); }
      onNews(e) { notes.push(e); }
      onBeat(e) { notes.push(e); }
      onRaw(p) { notes.push(p, this.ctx.ports('raw')); }`,
  });
  const samples = new Map<string, Entry>([
    ['tock', message('tock', { of: 'a sample' })],
    ['raw', { kind: 'packet', type: 'raw', key: 'eth0', at: 1, datum: Buffer.from([4, 5]) }],
  ]);
  const report = await bench.warmUp(bundle, { state: () => ({ routes: 3 }), samples });
  t.match(report, { threw: [], cut: [], skipped: [] });
  t.strictSame(report.ran, [
    'top level',
    'constructor',
    'start',
    'isQuiescent',
    'isHealthy',
    'onTick',
    'onTock',
    'onNews',
    'onBeat',
    'onRaw',
  ]);
  t.match(seen, [
    'constructor',
    'upgrade',
    3,
    'quiescent',
    'healthy',
    { kind: 'message', type: 'tick', version: 3, body: {} },
    { kind: 'message', type: 'tock', from: 'OSPF', body: { of: 'a sample' } },
    { kind: 'event', type: 'news', version: 2 },
    { kind: 'timer', type: 'beat', overruns: 0 },
    { kind: 'packet', type: 'raw', key: 'eth0', datum: Buffer.from([4, 5]) },
    ['eth0'],
  ]);
});

t.test("the author's own variables are untouched: the instance is of another evaluation", async (t) => {
  const bench = new Bench(t);
  const bundle = await bench.bundle({
    head: 'let count = 0; const seen = new Map();',
    manifest: 'accepts: { tick: [1] }',
    methods: 'onTick() { seen.set(count, 1); return [++count, seen.size]; }',
  });
  await bench.warmUp(bundle);
  await bench.warmUp(bundle);
  const tick = (Implementation: Bundle['Implementation']) =>
    (new Implementation() as unknown as { onTick(): unknown }).onTick();
  t.strictSame(tick(bundle.Implementation), [1, 1], 'as if nothing had been');
  t.strictSame(tick(bundle.Implementation), [2, 2], 'which would show it otherwise');
  t.not(bundle.evaluateAgain!(), bundle.Implementation);
});

t.test('what it sends, publishes, arms, transmits and logs goes nowhere', async (t) => {
  const answers = notes(t);
  const bench = new Bench(t);
  const bundle = await bench.bundle({
    manifest:
      "accepts: { tick: [1] }, sends: { IP: { tick: 1 } }, publishes: { news: 1 }, subscribes: { news: [1] }, timers: ['beat'], ports: ['raw']",
    methods: `
      start() {
        globalThis.notes.ctx = this.ctx;
        notes.push(
          this.ctx.send('IP', 'tick'), this.ctx.send('NOBODY', 'what'), this.ctx.publish('news', 1, { retain: 'x' }),
          this.ctx.setTimer('beat', '', 1), this.ctx.timerDue('beat'), this.ctx.transmit('raw', 'eth0', 1),
          this.ctx.draining, this.ctx.log('error', 'it says something'));
      }
      onTick() {} onNews() {} onBeat() { } onRaw() {}`,
  });
  const report = await bench.warmUp(bundle);
  t.strictSame(report.threw, []);
  t.strictSame(answers.slice(0, 8), ['queued', 'queued', 0, undefined, undefined, 'sent', false, undefined]);
  t.equal(bench.timers.size, 0);
  t.strictSame(bench.log, []);
  t.strictSame(bench.kernel.names.proxies(), []);
  t.strictSame(bench.kernel.events.view([]), []);
  const { ctx } = answers as unknown as { ctx: { send(to: string, type: string): string; mode: string } };
  t.equal(ctx.mode, 'revoked', 'and what kept its context can do nothing with it later');
});

t.test('neither the live state nor the entries it is given are written', async (t) => {
  const bench = new Bench(t);
  const bundle = await bench.bundle({
    manifest: 'accepts: { tick: [1] }',
    methods:
      'start() { this.state.routes.clear(); this.state = 1; } onTick(m) { m.body.list.push(3); m.body.map.clear(); m.body.bytes.fill(0); delete m.body.name; }',
  });
  const live = { routes: new Map([['10.0.0.0/8', { cost: 1 }]]) };
  const body = { name: 'x', list: [1, 2], map: new Map([[1, 2]]), bytes: Buffer.from([1, 2]) };
  const before = structuredClone({ live, body });
  const samples = new Map([['tick', message('tick', body)]]);
  const report = await bench.warmUp(bundle, { state: () => sampleOf(live), samples });
  t.strictSame(report.threw, []);
  t.strictSame(structuredClone({ live, body }), before);
});

t.test('what throws, spins or waits harms nothing, and the rest runs all the same', async (t) => {
  const bench = new Bench(t);
  const bundle = await bench.bundle({
    manifest:
      'accepts: { throws: [1], spins: [1], strange: [1], gives: [1], slices: [1], asks: [1], last: [1] }',
    methods: `
      start() { throw new RangeError('no'); }
      isHealthy() { throw { get message() { for (;;); } }; }
      onThrows() { throw undefined; }
      onSpins() { for (;;); }
      onStrange() { throw { toString() { throw 1; } }; }
      *onGives() { yield 17; for (;;) yield 'slice'; }
      *onSlices() { try { for (;;) yield 'slice'; } finally { for (;;); } }
      *onAsks() { const answer = yield* this.ctx.ask('OSPF', 'neighbors'); }
      onLast() {}`,
  });
  const began = performance.now();
  const report = await bench.warmUp(bundle);
  t.match(report.threw, [
    { hook: 'start', reason: 'RangeError: no' },
    { hook: 'onThrows' },
    { hook: 'onStrange' },
    { hook: 'onAsks', reason: /^ASK_UNKNOWN: OSPF is not asked "neighbors"/ },
  ]);
  t.strictSame(report.cut, ['isHealthy', 'onSpins', 'onSlices']);
  t.match(report.ran, ['top level', 'constructor', 'isQuiescent', 'onGives', 'onLast']);
  t.ok(report.took <= performance.now() - began);
  t.equal(bench.kernel.guard.active, false);
});

t.test('work is bounded: what is left when the budget is spent is skipped', async (t) => {
  const bench = new Bench(t);
  const names = Array.from({ length: 40 }, (_, i) => `spin${i}`);
  const bundle = await bench.bundle({
    manifest: `accepts: { ${names.map((name) => `${name}: [1]`).join(', ')} }`,
    methods: names.map((name) => `onS${name.slice(1)}() { for (;;); }`).join('\n'),
  });
  const report = await bench.warmUp(bundle, { limit: 5, budget: 20 });
  t.ok(report.cut.length <= 5, `${report.cut.length} were cut, after 5 ms each`);
  const left = names.filter((name) => !report.cut.includes(`onS${name.slice(1)}`));
  t.strictSame(
    left.filter((name) => !report.skipped.includes(`onS${name.slice(1)}`)),
    [],
    'the others are named',
  );
});

t.test('the event loop goes on between slices', async (t) => {
  const bench = new Bench(t);
  const names = Array.from({ length: 6 }, (_, i) => `spin${i}`);
  const bundle = await bench.bundle({
    manifest: `accepts: { ${names.map((name) => `${name}: [1]`).join(', ')} }`,
    methods: names.map((name) => `onS${name.slice(1)}() { for (;;); }`).join('\n'),
  });
  let turns = 0;
  let done = false;
  const turn = () => {
    turns++;
    if (!done) setImmediate(turn);
  };
  turn();
  await bench.warmUp(bundle, { limit: 5 });
  done = true;
  t.ok(turns >= names.length, `${turns} turns`);
});

t.test('an asynchronous module is made, and none of its handlers runs', async (t) => {
  const seen = notes(t);
  const bench = new Bench(t);
  const methods =
    'start() { notes.push("start"); } async onTick() { notes.push("tick"); for (;;) await null; } onTock() { notes.push("tock"); }';
  const manifest = 'accepts: { tick: [1], tock: [1] }';
  const all = await bench.bundle({ manifest: `${manifest}, async: true`, methods });
  const report = await bench.warmUp(all);
  t.strictSame(report.ran, ['top level', 'constructor']);
  t.strictSame(report.skipped, ['start', 'isQuiescent', 'isHealthy', 'onTick', 'onTock']);
  t.strictSame(seen, []);
  const one = await bench.bundle({ version: '1.1.0', manifest, methods });
  t.strictSame((await bench.warmUp(one)).skipped, ['onTick'], 'nor does an async function of another module');
  t.strictSame(seen, ['start', 'tock']);
});

t.test('promises that it leaves behind reject without harm', async (t) => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', hear);
  t.teardown(() => process.off('unhandledRejection', hear));
  const bench = new Bench(t);
  const bundle = await bench.bundle({
    manifest: 'accepts: { gives: [1], drops: [1], later: [1] }',
    methods: `
      onGives() { return Promise.reject(new Error('given')); }
      onDrops() { (async () => { await null; throw new Error('dropped'); })(); }
      onLater() { Promise.reject(new Error('cut')); for (;;); }`,
  });
  t.strictSame((await bench.warmUp(bundle)).cut, ['onLater']);
  await sleep(5);
  t.strictSame(unheard, []);
  void Promise.reject('heard');
  await sleep(5);
  t.strictSame(unheard, ['heard'], "anybody else's are told as ever");
});

t.test('a bundle that cannot be made a second time is not warmed up', async (t) => {
  notes(t);
  const bench = new Bench(t);
  const once = (code: string) => `if (globalThis.made) { ${code} } globalThis.made = true;`;
  t.teardown(() => Reflect.deleteProperty(globalThis, 'made'));
  for (const [version, source, expected] of [
    [
      '1.0.0',
      { head: once('throw new Error("again");') },
      { threw: [{ hook: 'top level', reason: 'Error: again' }] },
    ],
    ['1.1.0', { head: once('for (;;);') }, { cut: ['top level'] }],
    [
      '1.2.0',
      { methods: 'constructor() { super(); for (;;); }' },
      { ran: ['top level'], cut: ['constructor'] },
    ],
    ['1.3.0', { methods: 'constructor() { super(); throw 1; }' }, { threw: [{ hook: 'constructor' }] }],
  ] as const) {
    Reflect.deleteProperty(globalThis, 'made');
    const report = await bench.warmUp(await bench.bundle({ version, ...source }));
    t.match(report, expected, version);
    t.notOk(report.ran.includes('start'));
  }
});

t.test('a sample is small, a copy, and runs no code', async (t) => {
  t.strictSame(sampleOf({ a: [1, 'x', null, undefined, 2n, new Date(5)] }), {
    a: [1, 'x', null, undefined, 2n, new Date(5)],
  });
  const ring: Record<string, unknown> = { name: 'ring' };
  ring.self = ring;
  const copied = sampleOf(ring) as typeof ring;
  t.equal(copied.self, copied);
  t.not(copied, ring);
  t.equal((sampleOf(Array.from({ length: 1_000_000 }, () => ({}))) as unknown[]).length, 8);
  t.equal(
    (sampleOf(new Map(Array.from({ length: 1_000 }, (_, i) => [i, i]))) as Map<number, number>).size,
    8,
  );
  t.equal((sampleOf(new Set(Array.from({ length: 1_000 }, (_, i) => i))) as Set<number>).size, 8);
  t.equal((sampleOf(new Uint8Array(1e6)) as Uint8Array).length, 65_536);
  t.equal((sampleOf('x'.repeat(1e6)) as string).length, 65_536);
  const deep = Array.from({ length: 100_000 }).reduce((inner) => ({ inner }), {});
  t.ok(sampleOf(deep), 'as deep as it is large');
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]));
  t.ok(Object.keys(sampleOf(wide) as object).length <= 1_000);
  const bytes = Buffer.from([1, 2, 3]);
  const copy = sampleOf(bytes) as Buffer;
  copy[0] = 9;
  t.equal(bytes[0], 1);
  const fail = () => {
    throw new Error('it ran');
  };
  const trap = new Proxy(
    {},
    { get: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
  );
  const tricky = {
    get x() {
      return fail();
    },
    trap,
    fn: fail,
    own: new (class Own {})(),
    y: 1,
  };
  t.strictSame(sampleOf(tricky), { x: undefined, trap: undefined, fn: undefined, own: undefined, y: 1 });
});
