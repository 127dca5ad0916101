import t from 'tap';
import { sleep, turns, Workshop } from './workshop.ts';

/** Counts what it is told, in `state.seen`. */
const counter = (version: string, extra = '') => ({
  name: 'COUNTER',
  version,
  manifest: `accepts: { count: [1], seen: [1] }, ${extra}`,
  methods: `
    initial() { return { seen: [] }; }
    onCount(m) { this.state.seen.push([m.body, '${version}']); }
    onSeen() { return this.state.seen; }`,
});

t.test(
  'a module is replaced: state is adopted, messages before and after are handled once and in order',
  async (t) => {
    const shop = new Workshop(t);
    shop.bundle(counter('1.0.0'));
    shop.bundle(counter('1.1.0'));
    await shop.add('COUNTER', 'counter@1.0.0');
    for (let i = 0; i < 100; i++) t.equal(shop.runtime.send('COUNTER', 'count', i), 'queued');
    const swap = shop.replace('COUNTER', 'counter@1.1.0');
    for (let i = 100; i < 200; i++) shop.runtime.send('COUNTER', 'count', i);
    const report = await swap;
    for (let i = 200; i < 300; i++) shop.runtime.send('COUNTER', 'count', i);
    const seen = await shop.runtime.ask<[number, string][]>('COUNTER', 'seen');
    t.strictSame(
      seen.map(([n]) => n),
      Array.from({ length: 300 }, (_, i) => i),
    );
    t.equal(seen[0]?.[1], '1.0.0');
    t.equal(seen[299]?.[1], '1.1.0');
    t.equal(report.outcome, 'committed');
    t.strictSame(report.votes, [{ module: 'COUNTER', vote: 'YES', reason: '' }]);
    t.equal(shop.view('COUNTER').version, '1.1.0');
    t.ok(report.window > 0 && report.window < 1000, `window ${report.window} ms`);
  },
);

t.test('the log of a replacement reads like the paper', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(counter('1.0.0'));
  shop.bundle(counter('2.0.0'));
  await shop.add('COUNTER', 'counter@1.0.0');
  const report = await shop.replace('COUNTER', 'counter@2.0.0');
  t.strictSame(
    report.steps.map(({ version, text }) => `${version} ${text}`),
    [
      '1.0.0 disable..',
      '1.0.0 got TERM message',
      '1.0.0 reach quiescent state..',
      '1.0.0 put state..',
      '1.0.0 is prepared for a transaction..',
      '1.0.0 commit replacement..',
      '2.0.0 get state..',
      ' is hot swapped..',
      '2.0.0 init..',
      '2.0.0 start..',
      '1.0.0 is unloaded from memory..',
    ],
  );
});

t.test('a state of another version is carried up and down by the handlers, through a chain', async (t) => {
  const shop = new Workshop(t);
  const keep = (version: string, state: string) => ({
    name: 'KEEP',
    version,
    manifest: `accepts: { get: [1] }, state: { ${state} }`,
    methods: 'initial() { return { a: 1 }; } onGet() { return this.state; }',
  });
  const up = 'up: { 1: (s) => ({ ...s, b: 2 }), 2: (s) => ({ ...s, c: 3 }) }';
  const down = 'down: { 1: ({ b, ...s }) => s, 2: ({ c, ...s }) => s }';
  shop.bundle(keep('1.0.0', 'version: 1'));
  shop.bundle(keep('2.0.0', `version: 2, ${up}, ${down}`));
  shop.bundle(keep('3.0.0', `version: 3, ${up}, ${down}`));
  shop.bundle(keep('4.0.0', 'version: 4'));
  await shop.add('KEEP', 'keep@1.0.0');
  await shop.replace('KEEP', 'keep@3.0.0');
  t.strictSame(await shop.runtime.ask('KEEP', 'get'), { a: 1, b: 2, c: 3 });
  await shop.replace('KEEP', 'keep@2.0.0');
  t.strictSame(await shop.runtime.ask('KEEP', 'get'), { a: 1, b: 2 });
  await shop.replace('KEEP', 'keep@1.0.0');
  t.strictSame(await shop.runtime.ask('KEEP', 'get'), { a: 1 });
  await t.rejects(shop.replace('KEEP', 'keep@4.0.0'), { code: 'STATE_NO_HANDLER', message: /up\[1\]/ });
  t.equal(shop.view('KEEP').version, '1.0.0');
});

t.test('a state too far away is refused with the versions to go through, and they lead there', async (t) => {
  const shop = new Workshop(t);
  // Each takes over from the state version before, and hands back to it; 3.1.0 has the state of 3.0.0.
  const keep = (version: string, state: number) => ({
    name: 'FAR',
    version,
    manifest: `accepts: { get: [1] }, state: { version: ${state}${
      state === 1
        ? ''
        : `, up: { ${state - 1}: (s) => ({ ...s, v${state}: true }) }, down: { ${state - 1}: ({ v${state}, ...s }) => s }`
    } }`,
    methods: 'initial() { return {}; } onGet() { return this.state; }',
  });
  for (const state of [1, 2, 3, 4]) shop.bundle(keep(`${state}.0.0`, state));
  shop.bundle(keep('3.1.0', 3));
  shop.bundle(keep('9.0.0', 9));
  await shop.add('FAR', 'far@1.0.0');
  await t.rejects(shop.replace('FAR', 'far@4.0.0'), {
    code: 'STATE_NO_HANDLER',
    message: /; replace it by far@2\.0\.0, then by far@3\.1\.0, then by far@4\.0\.0$/,
  });
  t.equal(shop.view('FAR').version, '1.0.0');
  for (const version of ['2.0.0', '3.1.0', '4.0.0']) await shop.replace('FAR', `far@${version}`);
  t.strictSame(await shop.runtime.ask('FAR', 'get'), { v2: true, v3: true, v4: true });
  await t.rejects(shop.replace('FAR', 'far@1.0.0'), {
    code: 'STATE_NO_HANDLER',
    message: /; replace it by far@3\.1\.0, then by far@2\.0\.0, then by far@1\.0\.0$/,
  });
  await t.rejects(shop.replace('FAR', 'far@9.0.0'), {
    code: 'STATE_NO_HANDLER',
    message: /no versions that are known here lead from one to the other; get those between/,
  });
  t.equal(shop.view('FAR').version, '4.0.0');
});

t.test(
  'timers keep their due times across a swap; one that the new version does not name is cancelled',
  async (t) => {
    const shop = new Workshop(t);
    const ticker = (version: string, timers: string) => ({
      name: 'TICK',
      version,
      manifest: `accepts: { ticks: [1] }, timers: ${timers}`,
      methods: `
      initial() { return { ticks: [], other: 0 }; }
      start(why) { if (why === 'cold') { this.ctx.setTimer('beat', '', 20, { every: 20 }); this.ctx.setTimer('other', '', 150); } }
      onBeat(timer) { this.state.ticks.push(timer.due); }
      onOther() { this.state.other++; }
      onTicks() { return this.state; }`,
    });
    shop.bundle(ticker('1.0.0', "['beat', 'other']"));
    shop.bundle(ticker('1.1.0', "['beat']"));
    await shop.add('TICK', 'tick@1.0.0');
    await sleep(50);
    await shop.replace('TICK', 'tick@1.1.0');
    t.strictSame(
      shop.view('TICK').timers.map(({ type }) => type),
      ['beat'],
    );
    await sleep(200);
    const { ticks, other } = await shop.runtime.ask<{ ticks: number[]; other: number }>('TICK', 'ticks');
    t.equal(other, 0, 'the undeclared timer never fires');
    t.ok(ticks.length >= 5, `${ticks.length} ticks`);
    for (const tick of ticks) {
      // A period may have passed unseen on a busy machine, but none is shifted.
      const periods = (tick - ticks[0]!) / 20;
      t.ok(Math.abs(periods - Math.round(periods)) < 1e-6, 'the period does not shift');
    }
  },
);

t.test('nothing old can act any more: the context of the old version is revoked', async (t) => {
  const shop = new Workshop(t);
  const talker = (version: string) => ({
    name: 'TALK',
    version,
    manifest: "sends: { TALK: { hear: 1 } }, accepts: { hear: [1], leak: [1] }, timers: ['late']",
    methods: `
      initial() { return { heard: 0 }; }
      start() { globalThis.leaked = globalThis.leaked ?? this.ctx; }
      onHear() { this.state.heard++; }
      onLate() { this.state.heard += 100; }
      onLeak() { return this.state.heard; }`,
  });
  t.teardown(() => {
    Reflect.deleteProperty(globalThis, 'leaked');
  });
  shop.bundle(talker('1.0.0'));
  shop.bundle(talker('1.1.0'));
  await shop.add('TALK', 'talk@1.0.0');
  const { leaked } = globalThis as unknown as {
    leaked: {
      send(to: string, type: string): string;
      setTimer(name: string, key: string, after: number): void;
    };
  };
  t.equal(leaked.send('TALK', 'hear'), 'queued', 'negative control: before the swap it acts');
  await turns();
  await shop.replace('TALK', 'talk@1.1.0');
  t.equal(leaked.send('TALK', 'hear'), 'unknown');
  leaked.setTimer('late', '', 1);
  await sleep(10);
  t.equal(await shop.runtime.ask('TALK', 'leak'), 1);
  t.equal(shop.view('TALK').lateActs, 2);
});

t.test('a group is replaced in one transaction while its members send to each other', async (t) => {
  const shop = new Workshop(t);
  const ping = (name: string, other: string, version: string) => ({
    name,
    version,
    manifest: `accepts: { ball: [1], get: [1] }, sends: { ${other}: { ball: 1 } }`,
    methods: `
      initial() { return { balls: [] }; }
      onBall(m) { this.state.balls.push(m.body); if (m.body < 5000) this.ctx.send('${other}', 'ball', m.body + 1); }
      onGet() { return this.state.balls; }`,
  });
  for (const version of ['1.0.0', '1.1.0']) {
    shop.bundle(ping('A', 'B', version));
    shop.bundle(ping('B', 'A', version));
  }
  await shop.add('A', 'a@1.0.0');
  await shop.add('B', 'b@1.0.0');
  shop.runtime.send('A', 'ball', 0);
  for (let i = 0; i < 10; i++) {
    const version = i % 2 === 0 ? '1.1.0' : '1.0.0';
    const report = await shop.replace('A', `a@${version}`, 'B', `b@${version}`);
    t.equal(report.outcome, 'committed', report.reason);
  }
  while (((await shop.runtime.ask('A', 'get')) as number[]).length < 2501) await turns();
  const a = (await shop.runtime.ask('A', 'get')) as number[];
  const b = (await shop.runtime.ask('B', 'get')) as number[];
  t.strictSame(
    [...a, ...b].sort((x, y) => x - y),
    Array.from({ length: 5001 }, (_, i) => i),
    'every ball once',
  );
});

t.test('two modules that ask each other while they drain are answered and then replaced', async (t) => {
  const shop = new Workshop(t);
  const asker = (name: string, other: string, version: string) => ({
    name,
    version,
    manifest: `accepts: { go: [1], question: [1], get: [1] }, sends: { ${other}: { question: 1 }, SLOW: { think: 1 } }`,
    methods: `
      initial() { return { answers: [] }; }
      *onGo() { this.state.answers.push(yield* this.ctx.ask('${other}', 'question', '${name}')); }
      *onQuestion(m) { const thought = yield* this.ctx.ask('SLOW', 'think'); return m.body + thought; }
      onGet() { return this.state.answers; }`,
  });
  for (const version of ['1.0.0', '1.1.0']) {
    shop.bundle(asker('A', 'B', version));
    shop.bundle(asker('B', 'A', version));
  }
  shop.bundle({
    name: 'SLOW',
    version: '1.0.0',
    manifest: 'accepts: { think: [1] }, async: true',
    methods: 'async onThink() { await new Promise((r) => setTimeout(r, 350)); return "!"; }',
  });
  await shop.add('SLOW', 'slow@1.0.0');
  await shop.add('A', 'a@1.0.0');
  await shop.add('B', 'b@1.0.0');
  // They are not idle: they are disabled after 500 ms, and SLOW answers one after 350, the other after 700.
  shop.runtime.preparation = 1_000;
  shop.runtime.send('A', 'go');
  shop.runtime.send('B', 'go');
  await turns();
  t.equal(shop.view('A').suspended, 2, 'each waits for its own answer and has a question to answer');
  const report = await shop.replace('A', 'a@1.1.0', 'B', 'b@1.1.0');
  t.equal(report.outcome, 'committed', report.reason);
  t.strictSame(await shop.runtime.ask('A', 'get'), ['A!']);
  t.strictSame(await shop.runtime.ask('B', 'get'), ['B!']);
});
