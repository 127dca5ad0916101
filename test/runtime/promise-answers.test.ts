/** Answers that look like promises. Each story is told in a process of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const workshop = new URL('./workshop.ts', import.meta.url).href;
const typescript = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));

/** A module whose handler `onBad` is this; gives the answers to `bad` and `good`, and how many it handled. */
function tell(onBad: string, manifest = ''): unknown {
  const script = `
    import { Workshop } from '${workshop}';
    const ends = [];
    const shop = new Workshop({ teardown: (end) => ends.push(end) });
    shop.bundle({ name: 'BAD', version: '1.0.0', manifest: "accepts: { bad: [1], good: [1] }, ${manifest}",
      methods: ${JSON.stringify(`onGood() { return 1; } onBad() { ${onBad} }`)} });
    await shop.add('BAD', 'bad@1.0.0');
    const ask = (type) => shop.runtime.ask('BAD', type, undefined, { timeout: 200 }).catch((error) => error.code);
    const answers = [await ask('bad'), await ask('good'), shop.view('BAD').handled];
    for (const end of ends) end();
    console.log(JSON.stringify(answers));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', typescript, '--input-type=module', '-e', script],
    { encoding: 'utf8', timeout: 10_000 },
  );
  return status === 0 ? JSON.parse(stdout) : `ended with ${status}: ${stderr.trim().slice(0, 600)}`;
}

t.test('an answer whose "then" cannot be read is an error of the handler', async (t) => {
  t.strictSame(tell('return { get then() { throw new Error("oh"); } };'), ['ASK_FAILED', 1, 1]);
});

t.test('an answer whose "then" throws is an error of the handler', async (t) => {
  t.strictSame(tell('return { then() { throw new Error("oh"); } };'), ['ASK_FAILED', 1, 1]);
  t.strictSame(tell('return { then() { throw new Error("oh"); } };', 'async: true'), ['ASK_FAILED', 1, 1]);
});

t.test('a promise that calls back twice is answered once', async (t) => {
  t.strictSame(tell('return { then(yes) { yes(2); yes(3); } };', 'async: true'), [2, 1, 2]);
});
