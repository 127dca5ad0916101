/** No module, driver or listener ends the process: each story is told in a process of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const workshop = new URL('./workshop.ts', import.meta.url).href;
const typescript = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));

/** Runs `story` with a workshop called `shop`; gives what it returns, or how the process ended. */
function tell(story: string, options = {}): unknown {
  const script = `
    import { Workshop, sleep, turns } from '${workshop}';
    const ends = [];
    const shop = new Workshop({ teardown: (end) => ends.push(end) }, ${JSON.stringify({ preparation: 200, ...options })});
    const ask = (to, type) => shop.runtime.ask(to, type, undefined, { timeout: 200 }).catch((error) => error.code);
    const result = await (async () => { ${story} })();
    for (const end of ends) end();
    console.log(JSON.stringify(result));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', typescript, '--input-type=module', '-e', script],
    { encoding: 'utf8', timeout: 10_000 },
  );
  return status === 0 ? JSON.parse(stdout) : `ended with ${status}: ${stderr.trim().slice(0, 600)}`;
}

const bad = (methods: string, manifest = '') => `
  shop.bundle({ name: 'BAD', version: '1.0.0', manifest: "accepts: { bad: [1], good: [1] }, ${manifest}",
    methods: ${JSON.stringify(`onGood() { return 1; } ${methods}`)} });
  await shop.add('BAD', 'bad@1.0.0');`;

const askBoth = `return [await ask('BAD', 'bad'), await ask('BAD', 'good')];`;

t.test('the story-teller itself works', async (t) => {
  t.strictSame(tell(`${bad('onBad() { throw new Error("oh"); }')} ${askBoth}`), ['ASK_FAILED', 1]);
  t.match(tell('throw new Error("seen")'), /ended with 1.*seen/s);
});

t.test('a handler that throws something without a text is an error like any other', async (t) => {
  t.strictSame(tell(`${bad('onBad() { throw Object.create(null); }')} ${askBoth}`), ['ASK_FAILED', 1]);
  t.strictSame(tell(`${bad('onBad() { throw { get message() { throw 1; } }; }')} ${askBoth}`), [
    'ASK_FAILED',
    1,
  ]);
});

t.test('a log listener that throws fails no handler', async (t) => {
  t.strictSame(
    tell(`${bad("onBad() { this.ctx.log('info', 'hear'); return 2; }")}
      shop.runtime.onLog(() => { throw new Error('EPIPE'); });
      ${askBoth}`),
    [2, 1],
  );
});

t.test(
  'a handler that returns a promise without saying so is an error, not the end of the process',
  async (t) => {
    t.strictSame(
      tell(`${bad('async onBad() { throw new Error("oh"); }')}
      shop.runtime.send('BAD', 'bad');
      await sleep(20);
      return [shop.view('BAD').errors, await ask('BAD', 'good')];`),
      [1, 1],
    );
  },
);

t.test('an ask of what is no name is an error of the handler', async (t) => {
  t.strictSame(tell(`${bad('*onBad() { yield* this.ctx.ask(Symbol("X"), "x"); }')} ${askBoth}`), [
    'ASK_FAILED',
    1,
  ]);
});

const transaction = `
  shop.bundle({ name: 'A', version: '1.0.0' });
  shop.bundle({ name: 'A', version: '1.1.0' });
  await shop.add('A', 'a@1.0.0');
  shop.runtime.faults.set('A', 'busy', { duration: 100 });
  const swap = shop.replace('A', 'a@1.1.0');
  await sleep(30);`;

t.test('a driver that throws while a transaction runs fails what it always fails', async (t) => {
  const story = (during: string) => `
    ${bad("onWire() {} onBad() { return this.ctx.transmit('wire', 'w0', 1); }", "ports: ['wire']")}
    shop.runtime.attach('BAD', 'wire', 'w0', { open() {}, close() {}, send() { throw new Error('ENETDOWN'); } });
    ${during}
    const answers = await (async () => { ${askBoth} })();
    return [typeof answers[0], answers[1]];`;
  t.strictSame(tell(story('')), ['string', 1], 'without a transaction');
  t.strictSame(tell(story(transaction)), ['string', 1], 'with one');
});

t.test('a timer named by what is no string is refused, in a transaction too', async (t) => {
  const story = (during: string) => `
    ${bad("onBad() { this.ctx.setTimer(Symbol('x'), '', 5); return 2; }")} ${during} ${askBoth}`;
  for (const during of ['', transaction]) {
    const answers = tell(story(during));
    t.ok(Array.isArray(answers) && answers[1] === 1, String(answers));
  }
});

t.test('a timer with a tiny period does not stop the process', async (t) => {
  t.strictSame(
    tell(`
      shop.bundle({ name: 'BAD', version: '1.0.0', manifest: "accepts: { bad: [1], good: [1] }, timers: ['odd']",
        methods: "onGood() { return 1; } onOdd() {} onBad() { this.ctx.setTimer('odd', '', 1, { every: 1e-9 }); }" });
      await shop.add('BAD', 'bad@1.0.0');
      await ask('BAD', 'bad');
      await sleep(20);
      return await ask('BAD', 'good');`),
    1,
  );
});

t.test(
  'isHealthy or isQuiescent that answers a promise is a reason, not the end of the process',
  async (t) => {
    const replace = (version: string, methods: string) => `
    shop.bundle({ name: 'A', version: '${version}', methods: ${JSON.stringify(methods)} });
    report = await shop.replace('A', 'a@${version}');`;
    t.match(
      tell(`shop.bundle({ name: 'A', version: '1.0.0', methods: 'async isQuiescent() { throw new Error("oh"); }' });
      await shop.add('A', 'a@1.0.0');
      let report;
      ${replace('1.1.0', '')}
      await sleep(20);
      return report.reason;`),
      /A voted NO: NOT_QUIESCENT: isQuiescent answered a promise; it must be synchronous/,
    );
    t.match(
      tell(
        `shop.bundle({ name: 'A', version: '1.0.0' });
      await shop.add('A', 'a@1.0.0');
      let report;
      ${replace('1.1.0', 'async isHealthy() { throw new Error("oh"); }')}
      while (report.probation.outcome === 'running' || shop.view('A').version !== '1.0.0') await sleep(5);
      return report.probation.reason;`,
        { probation: { every: 10 } },
      ),
      'A 1.1.0: isHealthy answered a promise; it must be synchronous',
    );
  },
);

t.test('async start() that fails aborts the transaction, or is said not to be allowed', async (t) => {
  t.notMatch(
    tell(`shop.bundle({ name: 'A', version: '1.0.0', methods: 'async start() { throw new Error("oh"); }' });
      await shop.add('A', 'a@1.0.0').catch(() => {});
      await sleep(20);
      return 'alive';`),
    /ended with/,
  );
});
