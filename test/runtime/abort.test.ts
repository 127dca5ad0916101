import t, { type Test } from 'tap';
import type { FaultHook, FaultKind } from '../../runtime/index.ts';
import { sleep, turns, Workshop } from './workshop.ts';

const counter = (name: string, version: string, state = 'version: 1') => ({
  name,
  version,
  manifest: `accepts: { count: [1], get: [1] }, state: { ${state} }`,
  methods: `
    initial() { return { seen: [] }; }
    onCount(m) { this.state.seen.push(m.body); }
    onGet() { return { seen: this.state.seen, version: '${version}' }; }`,
});

/** A deadline that a busy machine keeps, in ms. */
const AMPLE = 30_000;

/** One that passes while a module is busy, in ms. Before it the other module votes, on a busy machine too. */
const SHORT = 1_500;

async function pair(t: Test) {
  const shop = new Workshop(t, { preparation: AMPLE });
  const migrating =
    'version: 2, up: { 1: (s) => ({ seen: [...s.seen] }) }, down: { 1: (s) => ({ seen: [...s.seen] }) }';
  for (const name of ['A', 'B']) {
    shop.bundle(counter(name, '1.0.0'));
    shop.bundle(counter(name, '1.1.0'));
    shop.bundle(counter(name, '2.0.0', migrating));
    await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  }
  return shop;
}

interface Got {
  seen: number[];
  version: string;
}

const cases: { kind: FaultKind; hook?: FaultHook; duration?: number; reason: RegExp }[] = [
  { kind: 'busy', reason: /deadline of 1500 ms passed; B voted NO: NOT_QUIESCENT: busy on purpose/ },
  { kind: 'busy', duration: 9_000, reason: /B voted NO: NOT_QUIESCENT: busy on purpose, for 9000 ms/ },
  { kind: 'spin', reason: /B voted NO: HOOK_CUT: B did not return from isQuiescent/ },
  { kind: 'spin', hook: 'state', reason: /B did not return from state/ },
  { kind: 'spin', hook: 'vote', reason: /B did not return from vote/ },
  { kind: 'spin', hook: 'start', reason: /B did not return from start/ },
  { kind: 'throw', reason: /B voted NO: Error: fault on purpose in isQuiescent/ },
  { kind: 'throw', hook: 'state', reason: /fault on purpose in state/ },
  { kind: 'throw', hook: 'vote', reason: /fault on purpose in vote/ },
  { kind: 'throw', hook: 'start', reason: /fault on purpose in start/ },
  { kind: 'refuse', reason: /B voted NO: refuses on purpose/ },
];

for (const version of ['1.1.0', '2.0.0']) {
  for (const { kind, hook, duration, reason } of cases) {
    t.test(
      `${kind} in ${hook ?? 'its usual hook'}${duration === undefined ? '' : ` for ${duration} ms`} going to ${version}: both old versions go on, nothing is lost`,
      async (t) => {
        const shop = await pair(t);
        if (kind === 'busy') shop.runtime.preparation = SHORT;
        shop.runtime.faults!.set('B', kind, { ...(hook && { hook }), ...(duration && { duration }) });
        for (let i = 0; i < 10; i++) for (const name of ['A', 'B']) shop.runtime.send(name, 'count', i);
        const swap = shop.replace('A', `a@${version}`, 'B', `b@${version}`);
        await sleep(30);
        for (let i = 10; i < 20; i++)
          for (const name of ['A', 'B']) t.equal(shop.runtime.send(name, 'count', i), 'queued');
        const report = await swap;
        t.equal(report.outcome, 'aborted');
        t.match(report.reason, reason);
        t.match(report.votes, [
          { module: 'A', vote: 'YES' },
          { module: 'B', vote: 'NO' },
        ]);
        for (const name of ['A', 'B']) {
          const got = await shop.runtime.ask<Got>(name, 'get');
          t.strictSame(got, { seen: Array.from({ length: 20 }, (_, i) => i), version: '1.0.0' });
          t.equal(shop.view(name).service, 'service');
        }
        shop.runtime.preparation = AMPLE;
        const again = await shop.replace('A', `a@${version}`, 'B', `b@${version}`);
        t.equal(again.outcome, 'committed', 'a fault strikes once');
      },
    );
  }
}

t.test('a module that is busy for less than the deadline is waited for', async (t) => {
  const shop = await pair(t);
  shop.runtime.faults!.set('B', 'busy', { duration: 50 });
  const report = await shop.replace('A', 'a@1.1.0', 'B', 'b@1.1.0');
  t.equal(report.outcome, 'committed', report.reason);
  t.ok(report.window >= 50, `${report.window} ms`);
});

/** How long its handler holds the loop, in ms: past the deadline of the transaction that drains it. */
const HELD = 1_100;
/** Its `maxHandlerMs`. */
const CUT = 4_000;

/** Its handler waits for an answer, and goes on with `then` while a transaction drains it. */
const held = (version: string) => ({
  name: 'HELD',
  version,
  manifest: `accepts: { go: [1], get: [1] }, sends: { SLOW: { think: 1 }, SINK: { drop: 1 } }, maxHandlerMs: ${CUT}`,
  methods: `
    initial() { return { ended: [] }; }
    *onGo({ body: then }) {
      yield* this.ctx.ask('SLOW', 'think', then);
      this.ctx.send('SINK', 'drop', then);
      const end = this.ctx.now() + ${HELD};
      if (then === 'hold') while (this.ctx.now() < end);
      if (then === 'hang') for (;;);
      this.state.ended.push(then);
    }
    onGet() { return this.state.ended; }`,
});

async function holder(t: Test) {
  const shop = new Workshop(t, { preparation: AMPLE });
  shop.bundle(held('1.0.0'));
  shop.bundle(held('1.1.0'));
  shop.bundle({
    name: 'SINK',
    version: '1.0.0',
    manifest: 'accepts: { drop: [1], get: [1] }',
    methods: 'initial() { return []; } onDrop(m) { this.state.push(m.body); } onGet() { return this.state; }',
  });
  shop.bundle({
    name: 'SLOW',
    version: '1.0.0',
    manifest: 'accepts: { think: [1] }, async: true',
    methods: 'onThink(m) { return new Promise((r) => { globalThis.answerSlow = r; }); }',
  });
  for (const name of ['SINK', 'SLOW', 'HELD']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  shop.runtime.preparation = 1_000;
  t.teardown(() => Reflect.deleteProperty(globalThis, 'answerSlow'));
  return shop;
}

/** SLOW answers once HELD drains: before the deadline, on a busy machine too. */
async function replaceHeld(shop: Workshop) {
  const swap = shop.replace('HELD', 'held@1.1.0');
  await shop.draining('HELD');
  (globalThis as { answerSlow?: () => void }).answerSlow?.();
  return await swap;
}

t.test('a handler that is suspended for ever means NO at the deadline', async (t) => {
  const shop = await holder(t);
  shop.runtime.send('HELD', 'go', 'ever');
  await turns();
  const report = await shop.replace('HELD', 'held@1.1.0');
  t.match(report.reason, /HELD voted NO: NOT_QUIESCENT: 1 handlers suspended: onGo/);
  t.equal(shop.view('HELD').service, 'service');
});

t.test('a handler that holds the loop past the deadline means NO, and runs to its end', async (t) => {
  const shop = await holder(t);
  shop.runtime.send('HELD', 'go', 'hold');
  await turns();
  const report = await replaceHeld(shop);
  t.equal(report.outcome, 'aborted');
  t.match(report.reason, /deadline of 1000 ms/);
  t.strictSame(await shop.runtime.ask('HELD', 'get'), ['hold']);
  t.strictSame(await shop.runtime.ask('SINK', 'get'), ['hold'], 'what it sent went out');
  t.equal(shop.view('HELD').interrupted, 0);
});

t.test(
  'a handler that never returns is cut after its maxHandlerMs: it sends nothing, the module is suspect',
  async (t) => {
    const shop = await holder(t);
    shop.runtime.send('HELD', 'go', 'hang');
    await turns();
    const report = await replaceHeld(shop);
    const cut = /HOOK_CUT: HELD did not return from onGo and was cut after (\d+)\.\d ms/.exec(report.reason);
    t.ok(Number(cut?.[1]) >= CUT - 1, report.reason);
    t.strictSame(await shop.runtime.ask('SINK', 'get'), [], 'the cut handler sent nothing');
    t.match(shop.view('HELD'), { interrupted: 1, suspect: true, service: 'service', suspended: 0 });
    t.strictSame(await shop.runtime.ask('HELD', 'get'), [], 'it goes on serving');
  },
);

t.test('a state handler that writes the old state is found out in development', async (t) => {
  const shop = new Workshop(t);
  const keep = (version: string, state: string) => ({
    name: 'KEEP',
    version,
    manifest: `accepts: { get: [1] }, state: { ${state} }`,
    methods: 'initial() { return { a: 1 }; } onGet() { return this.state; }',
  });
  shop.bundle(keep('1.0.0', 'version: 1'));
  shop.bundle(keep('2.0.0', 'version: 2, up: { 1: (s) => { s.a = 2; return { a: s.a }; } }'));
  await shop.add('KEEP', 'keep@1.0.0');
  const report = await shop.replace('KEEP', 'keep@2.0.0');
  t.match(report.reason, /STATE_WRITTEN: KEEP: a state handler of 2.0.0 wrote the state of 1.0.0/);
});

t.test('what a state handler wrote into the state that it was given is put back', async (t) => {
  const shop = new Workshop(t);
  const keep = (version: string, state: string) => ({
    name: 'KEEP',
    version,
    manifest: `accepts: { get: [1] }, state: { ${state} }`,
    methods: 'initial() { return { list: [1] }; } onGet() { return this.state; }',
  });
  shop.bundle(keep('1.0.0', 'version: 1'));
  shop.bundle(keep('2.0.0', 'version: 2, up: { 1: (s) => { s.list.push(2); return { list: s.list }; } }'));
  shop.bundle(
    keep('2.1.0', 'version: 2, up: { 1: (s) => { s.list.push(2); throw new Error("half-way"); } }'),
  );
  await shop.add('KEEP', 'keep@1.0.0');
  for (const version of ['2.0.0', '2.1.0']) {
    t.match(await shop.replace('KEEP', `keep@${version}`), { outcome: 'aborted' });
    t.strictSame(await shop.runtime.ask('KEEP', 'get'), { list: [1] }, `after keep@${version}`);
  }
});

t.test(
  'a message that the new version would not understand makes it vote NO instead of losing the message',
  async (t) => {
    const shop = new Workshop(t, { preparation: 200 });
    const speaker = (version: string, accepts: string) => ({
      name: 'EAR',
      version,
      manifest: `accepts: ${accepts}`,
      methods:
        'initial() { return { heard: [] }; } onHear(m) { this.state.heard.push(m.body); } onGet() { return this.state.heard; }',
    });
    shop.bundle(speaker('1.0.0', '{ hear: [1, 2], get: [1] }'));
    shop.bundle(speaker('2.0.0', '{ hear: [2], get: [1] }'));
    await shop.add('EAR', 'ear@1.0.0');
    shop.runtime.faults!.set('EAR', 'busy', { duration: 30 });
    const swap = shop.replace('EAR', 'ear@2.0.0');
    await shop.draining('EAR');
    t.equal(shop.runtime.send('EAR', 'hear', 'old words', 1), 'queued');
    const report = await swap;
    t.match(
      report.reason,
      /PROTOCOL_MISMATCH: EAR 2.0.0 would not understand "hear" version 1, which waits in its mailbox from host/,
    );
    t.strictSame(await shop.runtime.ask('EAR', 'get'), ['old words']);
  },
);

t.test('only one transaction runs at a time', async (t) => {
  const shop = await pair(t);
  shop.runtime.faults!.set('A', 'busy', { duration: 50 });
  const first = shop.replace('A', 'a@1.1.0');
  await t.rejects(shop.replace('B', 'b@1.1.0'), { code: 'TRANSACTION_BUSY' });
  t.equal((await first).outcome, 'committed');
});
