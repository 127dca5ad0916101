/** In development what module code starts by itself, outside of the proxy, is found and named with its place. */
import { spawnSync } from 'node:child_process';
import t, { type Test } from 'tap';
import { type Source, sleep, turns, Workshop } from './workshop.ts';

/** Lines of the log about acts outside of the proxy. */
function acts({ log }: Workshop): string[] {
  return log.filter(({ text }) => / uses | ran after /.test(text)).map(line);
}

/** With the place shortened to the file's name and its line. */
function line({ level, module, version, text }: Workshop['log'][number]): string {
  return `${level} ${module} ${version} ${text.replace(/\/\S*\/(\S+?):(\d+):\d+/, '$1:$2')}`;
}

function told(how: string, instead: string): string {
  return `${how}: it acts outside of the module and is not ended with its version; ${instead}`;
}

function stateOf({ runtime }: Workshop) {
  return runtime.state('A').state as { n: number; ticks: number };
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(1);
}

const LOADER = new URL('../runner/typescript.mjs', import.meta.url).href;
const SINGLE = { manifest: 'accepts: { go: [1] }', initial: 'initial() { return { n: 0 }; }' };

/** Serves a module with this `onGo`, which starts at line 6 of its file. */
async function serve(t: Test, body: string, more: Partial<Source> = {}, development = true) {
  const workshop = new Workshop(t, { development, warmUp: false });
  const { outcome } = await workshop.add(
    'A',
    workshop.bundle({
      name: 'A',
      version: '1.0.0',
      manifest: SINGLE.manifest,
      methods: `${SINGLE.initial}\n${body}`,
      ...more,
    }),
  );
  t.equal(outcome, 'committed');
  return workshop;
}

async function go(workshop: Workshop, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) workshop.runtime.send('A', 'go');
  await turns(5);
}

t.test('a setTimeout of a handler is told once, with its place and what to use', async (t) => {
  const workshop = await serve(t, 'onGo() {\n setTimeout(() => {}, 1); }');
  await go(workshop, 3);
  t.strictSame(acts(workshop), [
    `warn A 1.0.0 ${told('onGo uses setTimeout at a-1.0.0.cjs:8', 'use this.ctx.setTimer')}`,
  ]);
});

t.test('each kind is told by the name that its author wrote', async (t) => {
  const workshop = await serve(
    t,
    `onGo() {
      clearInterval(setInterval(() => {}, 1000));
      setImmediate(() => {});
      process.nextTick(() => {});
      queueMicrotask(() => {});
      Promise.resolve(1).then(() => {});
      process.getBuiltinModule('child_process').spawn('true');
      process.getBuiltinModule('dgram').createSocket('udp4').close();
    }`,
  );
  await go(workshop);
  t.strictSame(
    acts(workshop).map((text) => text.replace(/ at .*/, '')),
    [
      'warn A 1.0.0 onGo uses setInterval',
      'warn A 1.0.0 onGo uses setImmediate',
      'warn A 1.0.0 onGo uses nextTick',
      'warn A 1.0.0 onGo uses queueMicrotask',
      'warn A 1.0.0 onGo uses a promise',
      'warn A 1.0.0 onGo uses a child process',
      'warn A 1.0.0 onGo uses a socket',
    ],
  );
});

t.test('a top level, a constructor and hooks are looked at as handlers are', async (t) => {
  const workshop = await serve(
    t,
    `constructor() { super(); this.a = setTimeout(() => {}, 1); }
     start() { setTimeout(() => {}, 1); }
     stop() { setTimeout(() => {}, 1); }
     onGo() {}`,
    { head: 'setInterval(() => {}, 1000).unref();' },
  );
  workshop.runtime.stop();
  t.strictSame(
    acts(workshop).map((text) => text.replace(/:\d+: .*/, '')),
    [
      'warn A 1.0.0 top level uses setInterval at a-1.0.0.cjs',
      'warn A 1.0.0 constructor uses setTimeout at a-1.0.0.cjs',
      'warn A 1.0.0 start uses setTimeout at a-1.0.0.cjs',
      'warn A 1.0.0 stop uses setTimeout at a-1.0.0.cjs',
    ],
  );
});

t.test('a timer of a version that is replaced meanwhile is named when it runs', async (t) => {
  // It waits until the swap is done, however long that takes.
  t.teardown(() => Reflect.deleteProperty(globalThis, 'swapped'));
  const workshop = await serve(
    t,
    `onGo() {
      const timer = setTimeout(() => { if (globalThis.swapped) this.state.n = 99; else timer.refresh(); }, 1);
    }`,
  );
  await go(workshop);
  const next = workshop.bundle({
    name: 'A',
    version: '2.0.0',
    manifest: SINGLE.manifest,
    methods: `${SINGLE.initial}\nonGo() {}`,
  });
  t.equal((await workshop.replace('A', next)).outcome, 'committed');
  Reflect.set(globalThis, 'swapped', true);
  await until(() => stateOf(workshop).n === 99);
  await turns();
  t.equal(workshop.view('A').version, '2.0.0', 'the old version wrote the state of the new one');
  t.strictSame(acts(workshop).slice(1), [
    "warn A 1.0.0 setTimeout of onGo at a-1.0.0.cjs:8 ran after its version was revoked; the state that it can write may be another version's now",
  ]);
});

t.test('a hook that is cut is told of, and nothing else afterwards', async (t) => {
  const workshop = await serve(t, 'onGo() {}');
  const next = workshop.bundle({
    name: 'A',
    version: '2.0.0',
    manifest: SINGLE.manifest,
    methods: `${SINGLE.initial}
      onGo() {}
      start() { setTimeout(() => {}, 1); while (true); }`,
  });
  t.equal((await workshop.replace('A', next)).outcome, 'aborted');
  t.match(acts(workshop), [/^warn A 2.0.0 start uses setTimeout at /]);
  await until(() => acts(workshop).length > 1);
  setTimeout(() => {}, 1);
  await go(workshop);
  t.match(acts(workshop).slice(1), [
    /^warn A 2.0.0 setTimeout of start at .* ran after its version was revoked/,
  ]);
});

t.test('a recursion without end that makes promises ends as any other does', async (t) => {
  const workshop = await serve(
    t,
    'onGo() { const on = () => { Promise.resolve().then(() => {}); on(); }; on(); }',
  );
  await go(workshop);
  t.match(workshop.texts().join('\n'), /onGo threw .*Maximum call stack/);
  t.equal(acts(workshop).length, 1);
});

t.test('a module that does as it should causes no false alarm', async (t) => {
  const workshop = await serve(t, '', {
    manifest:
      "accepts: { go: [1], echo: [1] }, timers: ['tick'], sends: { A: { echo: 1 } }, publishes: { said: 1 }, state: { version: 1, tables: { rows: {} } }",
    methods: `initial() { return { n: 0, rows: new Table() }; }
      start() { this.ctx.setTimer('tick', 'a', 1, { every: 1 }); }
      stop() { this.ctx.log('info', 'bye'); }
      *onGo() {
        for (let i = 0; i < 3; i++) yield 'slice';
        const { n } = yield this.ctx.ask('A', 'echo', structuredClone({ n: 1 }));
        this.state.n += n;
        this.state.rows.set('a', { n });
        this.ctx.publish('said', { n });
        const kept = Promise.resolve(n);
        console.error('# the module writes');
        void kept;
      }
      onEcho({ body }) { return body; }
      onTick() { this.state.ticks = (this.state.ticks ?? 0) + 1; this.ctx.setTimer('tick', 'b', 1); }`,
    head: "const { Table } = require('hitless/runtime');",
  });
  // What the log's listener does is not the module's.
  workshop.runtime.onLog(() => setTimeout(() => {}, 1));
  workshop.runtime.send('A', 'go');
  await until(() => stateOf(workshop).n === 1 && stateOf(workshop).ticks > 3);
  await workshop.replace(
    'A',
    workshop.bundle({
      name: 'A',
      version: '2.0.0',
      manifest: "timers: ['tick'], state: { version: 1, tables: { rows: {} } }",
      methods: 'onTick() { this.ctx.log("info", "2.0.0 ticks"); }',
    }),
  );
  await turns();
  workshop.runtime.stop();
  t.strictSame(acts(workshop), []);
});

t.test('an async module may await timers and promises; an interval outlives its handler', async (t) => {
  const workshop = await serve(
    t,
    `async onGo() {
      await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.state.n++;
    }
    async onMore() { setInterval(() => {}, 1000).unref(); }`,
    { manifest: 'accepts: { go: [1], more: [1] }, async: true' },
  );
  workshop.runtime.send('A', 'go');
  await until(() => stateOf(workshop).n === 1);
  t.strictSame(acts(workshop), []);
  workshop.runtime.send('A', 'more');
  await turns(5);
  t.match(acts(workshop), [/^warn A 1.0.0 onMore uses setInterval at /]);
});

t.test('the first use of stdout and stderr as pipes is no act', (t) => {
  const program = `
    import { Runtime } from ${JSON.stringify(new URL('../../runtime/index.ts', import.meta.url).href)};
    import { setImmediate } from 'node:timers/promises';
    const runtime = new Runtime({ development: true, probation: false });
    const found = [];
    runtime.onLog(({ text }) => { if (text.includes(' uses ')) found.push(text); });
    const bundle = await runtime.repository.provide('talks-1.0.0.cjs', process.env.BUNDLE);
    await runtime.run([{ change: 'add', module: 'TALKS', bundle: bundle.bundle }], { command: 'add', by: 'test' });
    runtime.send('TALKS', 'go');
    for (let i = 0; i < 5; i++) await setImmediate();
    runtime.stop();
    process.stdout.write(JSON.stringify(found));
  `;
  const bundle = `const { Module } = require('hitless/runtime');
    exports.manifest = { api: 1, name: 'TALKS', version: '1.0.0', accepts: { go: [1] }, subscribes: {}, timers: [], ports: [], state: { version: 1 } };
    exports.default = class extends Module { initial() { return {}; } onGo() { console.log('a'); process.stdout.write('b\\n'); console.error('c'); } };`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', LOADER, '--input-type=module', '-e', program],
    {
      env: { ...process.env, BUNDLE: bundle },
      encoding: 'utf8',
    },
  );
  t.equal(status, 0, stderr);
  t.equal(stdout, 'a\nb\n[]');
  t.end();
});

t.test('outside of development nothing is looked for', async (t) => {
  const workshop = await serve(t, 'onGo() { setTimeout(() => {}, 1); }', {}, false);
  await go(workshop);
  t.strictSame(acts(workshop), []);
});
