/** The process is killed at every step of a transaction: the next start has all of it, or none. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t from 'tap';
import { VersionSet } from '../../runtime/index.ts';
import { sourceOf } from './workshop.ts';

const root = mkdtempSync(join(tmpdir(), 'hitless-kill-'));
t.teardown(() => rmSync(root, { recursive: true, force: true }));
const program = join(root, 'killed.mjs');
mkdirSync(join(root, 'bundles'));
for (const ref of ['a-1.0.0', 'a-2.0.0', 'b-1.0.0', 'b-2.0.0', 'c-1.0.0', 'd-1.0.0']) {
  const [name = '', version = ''] = ref.split('-');
  const source = sourceOf({
    name: name.toUpperCase(),
    version,
    manifest: 'accepts: { put: [1] }',
    methods: 'onPut() {}',
  });
  writeFileSync(join(root, 'bundles', `${ref}.cjs`), source);
}
await build({
  entryPoints: [fileURLToPath(new URL('fixtures/killed.ts', import.meta.url))],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
});

/** Runs the program until it dies, and opens what it left. */
async function die(scenario: string, step: number) {
  const directory = mkdtempSync(join(root, 'run-'));
  cpSync(join(root, 'bundles'), join(directory, 'bundles'), { recursive: true });
  const child = spawn(process.execPath, [program, directory, scenario, String(step)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
  const set = await VersionSet.open(join(directory, 'state'));
  const boot = Object.fromEntries([...set.boot].map(([module, entry]) => [module, entry?.bundle ?? null]));
  const interrupted = set.interrupted !== undefined;
  await set.close();
  return { signal, steps: output.split('\n').slice(0, -1), boot, interrupted };
}

const NONE = {};
const ALL = { A: 'a@2.0.0', B: 'b@2.0.0', C: 'c@1.0.0', D: null };
const BACK = { A: 'a@1.0.0', B: 'b@1.0.0', C: null, D: 'd@1.0.0' };

/** From which step on the next start has what came after. */
async function killedAtEvery(
  t: typeof import('tap').t | import('tap').Test,
  scenario: string,
  before: object,
  after: object,
) {
  const whole = await die(scenario, 0);
  t.strictSame(whole.boot, after, 'after the last step it is durable');
  const { steps } = whole;
  const had: boolean[] = [];
  const AT_ONCE = 4;
  for (let first = 1; first <= steps.length; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, steps.length - first + 1) }, (_, i) => first + i);
    for (const [i, run] of (await Promise.all(numbers.map((number) => die(scenario, number)))).entries()) {
      const name = `${numbers[i]} ${steps[numbers[i]! - 1]}`;
      t.equal(run.signal, 'SIGKILL', `killed at ${name}`);
      const all = JSON.stringify(run.boot) === JSON.stringify(after);
      if (!all) t.strictSame(run.boot, before, `at ${name}: all or nothing`);
      had.push(all);
    }
  }
  t.ok(had.includes(false) && had.includes(true), 'kills came before and after the decision was durable');
  t.strictSame(had, [...had].sort(), 'and never back again');
  return steps;
}

t.test('a transaction, its versions being current at once', async (t) => {
  const steps = await killedAtEvery(t, 'commit', NONE, ALL);
  for (const step of [
    'upload',
    'disable',
    'freeze',
    'switch',
    'start',
    'release',
    'serve',
    'persist',
    'cleanup',
  ])
    t.ok(steps.includes(step), `went through ${step}`);
  const order = ['prepare: sync', 'disable', 'serve', 'commit: rename', 'cleanup'];
  const places = order.map((step) => steps.indexOf(step));
  t.strictSame(
    places,
    [...places].sort((a, b) => a - b),
    'storage is never inside the blackout (design rule 10)',
  );
  t.notOk(places.includes(-1));
});

t.test('a transaction that is confirmed: until then the next start has what was before', async (t) => {
  const steps = await killedAtEvery(t, 'confirm', NONE, ALL);
  t.ok(steps.indexOf('cleanup') < steps.indexOf('replace: rename'), 'it is on trial until it is confirmed');
});

t.test('on probation, the next start has what was before', async (t) => {
  const run = await die('probation', 0);
  t.strictSame(run.boot, NONE);
  t.equal(run.interrupted, true, 'and knows that it was interrupted');
});

t.test('a rollback', async (t) => {
  await killedAtEvery(t, 'rollback', ALL, BACK);
});
