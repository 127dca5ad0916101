/** Every turn runs under the guard, with or without a transaction (design rule 8). */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Port } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { Workshop } from './workshop.ts';

const skip =
  nativeWatch() === undefined &&
  'SKIPPED: the native watch is not compiled, and without it no turn is bounded';
if (skip) process.stderr.write(`test/runtime/every-turn: ${skip}\n`);

/** Puts out what it is told, and then never returns. */
const SPINNER = {
  name: 'SPIN',
  version: '1.0.0',
  manifest: `accepts: { spin: [1], say: [1], due: [1], get: [1] }, sends: { HEAR: { word: 1 } }, publishes: { news: 1 },
    timers: ['late'], ports: ['wire'], maxHandlerMs: 20`,
  methods: `
    initial() { return { late: 0 }; }
    onLate() { this.state.late++; }
    onWire() {}
    onSay({ body }) { this.ctx.send('HEAR', 'word', body); }
    onSpin() {
      this.ctx.send('HEAR', 'word', 'from a handler that is cut');
      this.ctx.transmit('wire', 'a', 'from a handler that is cut');
      this.ctx.setTimer('late', '', 1);
      this.ctx.publish('news', 'from a handler that is cut', { retain: 'key' });
      this.ctx.send('HEAR', 'word', 'after the event');
      try { this.#forEver(); } finally { this.ctx.send('HEAR', 'word', 'from finally'); }
    }
    #forEver() { for (;;); }
    onDue() { return this.ctx.timerDue('late'); }
    onGet() { return this.state; }`,
};

const HEARER = {
  name: 'HEAR',
  version: '1.0.0',
  manifest: 'accepts: { word: [1], get: [1] }, subscribes: { news: [1] }',
  methods: `
    initial() { return { words: [] }; }
    onWord({ body }) { this.state.words.push(body); }
    onNews({ body }) { this.state.words.push(body); }
    onGet() { return this.state.words; }`,
};

t.test('a handler that never returns is cut outside of a transaction', { skip }, async (t) => {
  const sent: unknown[] = [];
  const wire: Port = {
    open() {},
    close() {},
    send(datum) {
      sent.push(datum);
      return 'sent';
    },
  };
  const shop = new Workshop(t, { ports: () => new Map([['a', wire]]) });
  await shop.add('HEAR', shop.bundle(HEARER));
  await shop.add('SPIN', shop.bundle(SPINNER));
  const { runtime } = shop;
  runtime.send('SPIN', 'say', 'before');
  runtime.send('SPIN', 'spin');
  runtime.send('SPIN', 'say', 'after');

  await runtime.ask('SPIN', 'get');
  t.strictSame(await runtime.ask('HEAR', 'get'), ['before', 'after'], 'of what it put out nothing left');
  t.strictSame(sent, [], 'no packet either');
  t.equal(await runtime.ask('SPIN', 'due'), undefined, 'and no timer is set');
  t.strictSame(
    runtime.queues().map(({ module, waiting }) => [module, waiting]),
    [
      ['HEAR', 0],
      ['SPIN', 0],
    ],
  );
  const { interrupted, suspect, service } = shop.view('SPIN');
  t.match({ interrupted, suspect, service }, { interrupted: 1, suspect: true, service: 'service' });
  const told = shop.log
    .filter(({ level }) => level === 'error')
    .map(({ module, text }) => `${module}: ${text}`);
  t.equal(told.length, 1);
  t.match(
    told[0],
    /^SPIN: onSpin did not return and was cut; .*: at #forEver \(.*spin-1\.0\.0\.cjs:\d+:\d+\) at onSpin /,
  );
  await t.rejects(runtime.ask('SPIN', 'spin'), { code: 'ASK_FAILED', message: /onSpin and was cut/ });

  // A subscriber that comes later hears nothing: what is retained is as it was.
  shop.bundle({ ...HEARER, version: '1.1.0' });
  await shop.add('LATER', shop.bundle({ ...HEARER, name: 'LATER' }));
  t.strictSame(await runtime.ask('LATER', 'get'), []);
});

/** Acts of a handler at the end of its stack: the runtime's own code then throws in the middle. */
const ACTS: Readonly<Record<string, string>> = {
  send: "this.ctx.send('HEAR', 'word', 1)",
  publish: "this.ctx.publish('news', 1)",
  'retain an event': "this.ctx.publish('news', 1, { retain: 'key' })",
  transmit: "this.ctx.transmit('wire', 'a', 1)",
  'set a timer': "this.ctx.setTimer('late', 'x', 1e7)",
  log: "this.ctx.log('info', 'x')",
};

for (const [what, act] of Object.entries(ACTS)) {
  t.test(`a handler that has no stack left to ${what}, and then spins, is cut`, { skip }, async (t) => {
    const shop = new Workshop(t);
    await shop.add('HEAR', shop.bundle(HEARER));
    const onSpin = `
      onSpin({ body }) {
        const deepest = () => { ${act}; deepest(); };
        const below = (levels) => (levels === 0 ? deepest() : below(levels - 1));
        try { below(body); } catch {}
        const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
        for (const end = used() + 500; used() < end; );
        return 'was not cut';
      }
      onOld`;
    await shop.add('SPIN', shop.bundle({ ...SPINNER, methods: SPINNER.methods.replace('onSpin', onSpin) }));
    for (let i = 0; i < 4; i++)
      await t.rejects(shop.runtime.ask('SPIN', 'spin', i), { code: 'ASK_FAILED', message: /was cut/ });
    await shop.runtime.ask('HEAR', 'get');
    t.equal(shop.view('SPIN').interrupted, 4);
  });
}

t.test('what a handler puts out leaves in its order when it returns', { skip }, async (t) => {
  const shop = new Workshop(t);
  await shop.add('HEAR', shop.bundle(HEARER));
  await shop.add(
    'TALK',
    shop.bundle({
      name: 'TALK',
      version: '1.0.0',
      manifest: `accepts: { go: [1] }, sends: { HEAR: { word: 1 } }, publishes: { news: 1 }`,
      methods: `onGo() {
        this.ctx.send('HEAR', 'word', 1);
        const taken = [this.ctx.publish('news', 2), this.ctx.publish('news', 3, { retain: 'k' })];
        this.ctx.send('HEAR', 'word', 4);
        this.ctx.publish('news', 5);
        return taken;
      }`,
    }),
  );
  t.strictSame(await shop.runtime.ask('TALK', 'go'), [1, 1], 'how many subscribers take it');
  t.strictSame(await shop.runtime.ask('HEAR', 'get'), [1, 2, 3, 4, 5]);
});

t.test('an event with a key is taken also where there is no room', { skip }, async (t) => {
  const shop = new Workshop(t);
  await shop.add('HEAR', shop.bundle({ ...HEARER, manifest: `${HEARER.manifest}, mailbox: 1` }));
  await shop.add(
    'TALK',
    shop.bundle({
      name: 'TALK',
      version: '1.0.0',
      manifest: `accepts: { go: [1] }, publishes: { news: 1 }`,
      methods: `onGo() {
        return [this.ctx.publish('news', 1), this.ctx.publish('news', 2), this.ctx.publish('news', 3, { retain: 'k' })];
      }`,
    }),
  );
  t.strictSame(await shop.runtime.ask('TALK', 'go'), [1, 0, 1]);
  t.strictSame(await shop.runtime.ask('HEAR', 'get'), [1, 3]);
});

t.test('a module has its own maxHandlerMs, and who is within it is not cut', { skip }, async (t) => {
  const shop = new Workshop(t);
  const worker = (name: string, limit: number) => ({
    name,
    version: '1.0.0',
    manifest: `accepts: { work: [1], get: [1] }, maxHandlerMs: ${limit}`,
    methods: `
      initial() { return { done: 0 }; }
      onWork({ body }) {
        const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
        for (const end = used() + body; used() < end; );
        this.state.done++;
      }
      onGet() { return this.state.done; }`,
  });
  await shop.add('LONG', shop.bundle(worker('LONG', 400)));
  await shop.add('SHORT', shop.bundle(worker('SHORT', 20)));
  // In one turn: what one has used is not the other's.
  for (const module of ['LONG', 'SHORT', 'LONG', 'SHORT'])
    shop.runtime.send(module, 'work', module === 'LONG' ? 60 : 4);
  t.equal(await shop.runtime.ask('LONG', 'get'), 2);
  t.equal(await shop.runtime.ask('SHORT', 'get'), 2);
  shop.runtime.send('SHORT', 'work', 300);
  t.equal(await shop.runtime.ask('SHORT', 'get'), 2, 'it took fifteen times its time');
  t.match([shop.view('LONG').interrupted, shop.view('SHORT').interrupted], [0, 1]);
});

t.test(
  'a process that is stopped in the middle of a handler cuts nobody when it goes on',
  { skip },
  async (t) => {
    const child = spawn(
      process.execPath,
      [
        ...['--import', fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url))],
        fileURLToPath(new URL('fixtures/stopped.ts', import.meta.url)),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdout.on('data', (data) => {
      output += data;
      // It is in its handler now.
      if (output === 'begun\n') {
        child.kill('SIGSTOP');
        setTimeout(() => child.kill('SIGCONT'), 5_000);
      }
    });
    await ended;
    t.match(output, /^begun\nstood still for [5-9]\d{3} ms\nhandled 1, interrupted 0\n$/);
  },
);

t.test(
  'a module whose cut handlers keep the event loop from the others is taken out of service',
  { skip },
  async (t) => {
    const shop = new Workshop(t);
    await shop.add('HEAR', shop.bundle(HEARER));
    // Half of the ten seconds that are looked at, at once: on a busy machine more handlers would take longer than these.
    const manifest = SPINNER.manifest.replace('maxHandlerMs: 20', 'maxHandlerMs: 5_000');
    await shop.add('SPIN', shop.bundle({ ...SPINNER, manifest }));
    const { runtime } = shop;
    runtime.send('SPIN', 'spin');
    runtime.send('SPIN', 'say', 'at last');
    while (shop.view('SPIN').interrupted === 0) await new Promise((resolve) => setImmediate(resolve));
    t.match(shop.view('SPIN'), { service: 'disabled', reason: /kept the event loop from all others/ });
    t.match(
      shop.texts().join('\n'),
      /out of service, for its handlers that were cut .*; "enable" puts it back/,
    );
    t.strictSame(await runtime.ask('HEAR', 'get'), [], 'the others go on');
    // The rest waits.
    await runtime.run([{ change: 'enable', module: 'SPIN' }], { command: 'enable', by: 'test' });
    await runtime.ask('SPIN', 'get');
    t.strictSame(await runtime.ask('HEAR', 'get'), ['at last']);
  },
);

t.test('a module that is cut now and then stays in service', { skip }, async (t) => {
  const shop = new Workshop(t);
  await shop.add('HEAR', shop.bundle(HEARER));
  await shop.add('SPIN', shop.bundle(SPINNER));
  for (let i = 0; i < 12; i++) shop.runtime.send('SPIN', 'spin');
  await shop.runtime.ask('SPIN', 'get');
  t.match(shop.view('SPIN'), { interrupted: 12, service: 'service' });
});

t.test('a version on probation whose handler is cut goes back', { skip }, async (t) => {
  const shop = new Workshop(t, { probation: {} });
  await shop.add('HEAR', shop.bundle(HEARER));
  await shop.add('SPIN', shop.bundle({ ...SPINNER, methods: SPINNER.methods.replace('for (;;);', '') }));
  await shop.replace('SPIN', shop.bundle({ ...SPINNER, version: '1.1.0' }));
  shop.runtime.send('SPIN', 'spin');
  while (shop.view('SPIN').version !== '1.0.0') await new Promise((resolve) => setImmediate(resolve));
  const watched = shop.runtime.history.find(({ probation }) => probation?.outcome === 'failed');
  t.match(watched?.probation, {
    outcome: 'failed',
    reason: /a handler did not return and was cut/,
  });
  t.equal(shop.view('SPIN').service, 'service');
});
