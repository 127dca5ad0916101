/** Promise continuations that module code leaves are a part of the call that left them (design rule 8). */
import t from 'tap';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { type Source, turns, Workshop } from './workshop.ts';

const skip =
  nativeWatch() === undefined &&
  'SKIPPED: the native watch is not compiled, and without it no promise continuation is bounded';
if (skip) process.stderr.write(`test/runtime/continuations: ${skip}\n`);

const HEARER: Source = {
  name: 'HEAR',
  version: '1.0.0',
  manifest: 'accepts: { word: [1], get: [1] }',
  methods: `initial() { return { words: [] }; } onWord({ body }) { this.state.words.push(body); } onGet() { return this.state.words; }`,
};

/** How a continuation may come to spin. */
const SPINS = {
  'a promise': 'Promise.resolve().then(() => { for (;;); });',
  'a microtask': 'queueMicrotask(() => { for (;;); });',
  'an endless chain of awaits': '(async () => { for (;;) await null; })();',
  'an async method that throws its error into a loop':
    '(async () => { await null; throw 1; })().catch(() => { for (;;); });',
};
const SPIN = SPINS['a promise'];

function spinner(version: string, more: Partial<Source>): Source {
  return {
    name: 'SPIN',
    version,
    manifest: 'accepts: { go: [1], say: [1] }, sends: { HEAR: { word: 1 } }, maxHandlerMs: 30',
    methods: 'onGo() {} onSay({ body }) { return body; }',
    ...more,
  };
}

/** Where the code of a version that is not in service yet may leave one. */
const PLACES: Record<string, (spin: string) => Partial<Source>> = {
  'its top level': (spin) => ({ head: spin }),
  'its constructor': (spin) => ({
    methods: `constructor() { super(); ${spin} } onGo() {} onSay({ body }) { return body; }`,
  }),
  initial: (spin) => ({
    methods: `initial() { ${spin} return {}; } onGo() {} onSay({ body }) { return body; }`,
  }),
  start: (spin) => ({ methods: `start() { ${spin} } onGo() {} onSay({ body }) { return body; }` }),
};

for (const [place, made] of Object.entries(PLACES)) {
  t.test(`a version whose continuation spins, left in ${place}, is refused`, { skip }, async (t) => {
    const shop = new Workshop(t);
    const { runtime } = shop;
    await shop.add('HEAR', shop.bundle(HEARER));
    const bad = shop.bundle(spinner('1.1.0', made(SPIN)));
    const origin = { command: 'test', by: 'test' };
    const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
      try {
        const report = (await work) as { outcome?: string; reason?: string; problems?: string[] };
        return `${report.outcome ?? ''} ${report.reason ?? ''} ${report.problems?.join() ?? ''}`;
      } catch (thrown) {
        return String(thrown);
      }
    };
    const refused = /HOOK_CUT|BUNDLE_TIMEOUT|did not return|did not finish/;
    t.match(
      await outcomeOf(runtime.check([{ change: 'add', module: 'SPIN', bundle: bad }], origin)),
      refused,
      'check of an add',
    );
    t.match(await outcomeOf(shop.add('SPIN', bad)), refused, 'add');
    t.equal(shop.view('SPIN'), undefined);
    await shop.add('SPIN', shop.bundle(spinner('1.0.0', {})));
    if (place !== 'initial') {
      t.match(
        await outcomeOf(runtime.check([{ change: 'replace', module: 'SPIN', bundle: bad }], origin)),
        refused,
        'check of a replace',
      );
      t.match(await outcomeOf(shop.replace('SPIN', bad)), refused, 'replace');
    }
    t.match(shop.view('SPIN'), { version: '1.0.0', service: 'service' });
    t.equal(await runtime.ask('SPIN', 'say', 'hello'), 'hello', 'it goes on');
    t.strictSame(await runtime.ask('HEAR', 'get'), [], 'and so do the others');
  });
}

for (const [what, spin] of Object.entries(SPINS)) {
  t.test(`a handler that leaves ${what}`, { skip }, async (t) => {
    const shop = new Workshop(t);
    const { runtime } = shop;
    await shop.add('HEAR', shop.bundle(HEARER));
    const onGo = `onGo() { this.ctx.send('HEAR', 'word', 'of the handler'); ${spin} return 1; }`;
    await shop.add(
      'SPIN',
      shop.bundle(spinner('1.0.0', { methods: `${onGo} onSay({ body }) { return body; }` })),
    );
    const answers = [runtime.ask('SPIN', 'go'), runtime.ask('SPIN', 'say', 2)];
    t.strictSame(await Promise.all(answers), [1, 2], 'what had returned has returned');
    t.strictSame(await runtime.ask('HEAR', 'get'), ['of the handler']);
    t.match(shop.view('SPIN'), { interrupted: 1, suspect: true, service: 'service' });
    t.match(
      shop.texts().join('\n'),
      /SPIN 1\.0\.0 a promise continuation of its handlers did not return and was cut; .*: at /,
    );
    // The process goes through its contexts of asynchronous calls with every callback.
    await turns();
    t.equal(await runtime.ask('SPIN', 'say', 3), 3);
  });
}

t.test('in a transaction, and on probation', { skip }, async (t) => {
  const shop = new Workshop(t, { probation: {} });
  const { runtime } = shop;
  await shop.add('HEAR', shop.bundle(HEARER));
  await shop.add('SPIN', shop.bundle(spinner('1.0.0', {})));
  const methods = `onGo() { ${SPIN} } onSay({ body }) { return body; }`;
  await shop.replace('SPIN', shop.bundle(spinner('1.1.0', { methods })));
  runtime.send('SPIN', 'go');
  while (shop.view('SPIN').version !== '1.0.0') await turns(1);
  t.equal(await runtime.ask('SPIN', 'say', 1), 1);
  t.match(runtime.history.find(({ probation }) => probation?.outcome === 'failed')?.probation, {
    reason: /a handler did not return and was cut/,
  });
});

t.test(
  'an async handler is bounded before it waits for something, and goes on after it',
  { skip },
  async (t) => {
    const shop = new Workshop(t);
    const { runtime } = shop;
    await shop.add('HEAR', shop.bundle(HEARER));
    await shop.add(
      'SPIN',
      shop.bundle(
        spinner('1.0.0', {
          manifest: `async: true, accepts: { go: [1], say: [1], wait: [1] }, sends: { HEAR: { word: 1 } }, maxHandlerMs: 30`,
          methods: `
          async onGo() { this.ctx.send('HEAR', 'word', 'lost'); await null; for (;;); }
          async onSay({ body }) { await null; await null; this.ctx.send('HEAR', 'word', body); return body; }
          async onWait({ body }) { await new Promise((resolve) => setTimeout(resolve, 5)); return body; }`,
        }),
      ),
    );
    const answers = await Promise.all([
      runtime.ask('SPIN', 'say', 1),
      runtime.ask('SPIN', 'go').catch(({ code }) => code),
      runtime.ask('SPIN', 'wait', 2),
      runtime.ask('SPIN', 'say', 3),
    ]);
    t.strictSame(answers, [1, 'ASK_FAILED', 2, 3]);
    t.strictSame(await runtime.ask('HEAR', 'get'), [1, 3], 'a cut handler has sent nothing');
    t.match(shop.view('SPIN'), { interrupted: 1, suspended: 0 });
  },
);

t.test('nobody else loses a continuation with them', { skip }, async (t) => {
  const shop = new Workshop(t);
  const { runtime } = shop;
  const ran: string[] = [];
  runtime.onLog(async ({ level }) => {
    await null;
    if (level === 'error') ran.push('a listener of the log');
  });
  await shop.add('HEAR', shop.bundle(HEARER));
  await shop.add(
    'SPIN',
    shop.bundle(
      spinner('1.0.0', {
        methods: `onGo() { this.ctx.log('error', 'it begins'); ${SPIN} } onSay({ body }) { return body; }`,
      }),
    ),
  );
  const steps = async (name: string) => {
    for (let i = 0; i < 100; i++) await null;
    ran.push(name);
  };
  const asked = runtime.ask('SPIN', 'go').then(() => ran.push('who asked'));
  const before = steps('queued before');
  process.nextTick(() => void steps('queued by a tick'));
  await Promise.all([asked, before]);
  await turns();
  t.strictSame(ran.toSorted(), [
    'a listener of the log',
    'a listener of the log',
    'queued before',
    'queued by a tick',
    'who asked',
  ]);
});
