/** Bundles are compiled off the main thread: what comes back, what is shared, and what happens when it goes wrong. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Compiler, type CompilerOptions } from '../../runtime/versions/compiler.ts';
import { sourceOf, Workshop } from './workshop.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function compilerFor(t: Test, options: CompilerOptions = {}): Compiler {
  const compiler = new Compiler({ worthWaiting: 0, ...options });
  t.teardown(() => compiler.stop());
  return compiler;
}

const compile = (compiler: Compiler, text: string, file = 'made.cjs') =>
  compiler.compile(file, text, sha256(text));

/** Runs what was compiled; gives what it exports. */
async function exportsOf(compiler: Compiler, text: string): Promise<Record<string, unknown>> {
  const exports = {};
  (await compile(compiler, text))(exports, () => {}, { exports });
  return exports;
}

/** A source of about so many kB that the compiler has to read. */
const long = (kB: number, tag: string) =>
  `exports.tag = '${tag}';\n${Array.from({ length: kB * 10 }, (_, i) => `exports.f${i} = function (a, b) { const c = a + b * ${i}; return c > ${i} ? { c } : [a, b, c, a, b, c]; };`).join('\n')}`;

t.test('the first source starts the thread; only a large one waits for it', async (t) => {
  // A limit of its own: a thread of its own, which has not started.
  const compiler = compilerFor(t, { worthWaiting: 32_768, limit: 9_000 });
  t.equal(compiler.view().worker, false);
  t.match(await exportsOf(compiler, long(1, 'a')), { tag: 'a' });
  t.match(compiler.view(), { here: 1, away: 0, worker: true });
  t.match(await exportsOf(compiler, long(50, 'c')), { tag: 'c' });
  t.match(compiler.view(), { here: 1, away: 1 });
  t.match(await exportsOf(compiler, long(1, 'e')), { tag: 'e' });
  t.match(compiler.view(), { here: 1, away: 2, rejected: 0 }, 'a thread that is there takes all');
});

t.test('one thread serves all runtimes of the process, and outlives none that uses it', async (t) => {
  const threads = () => readdirSync('/proc/self/task').length;
  const [one, two] = [compilerFor(t), compilerFor(t)];
  t.match(await exportsOf(one, long(20, 'a')), { tag: 'a' });
  const with1 = threads();
  t.match(await exportsOf(two, long(20, 'b')), { tag: 'b' });
  t.equal(threads(), with1, 'no further thread');
  one.stop();
  t.match(await exportsOf(two, long(20, 'c')), { tag: 'c' });
  t.match(two.view(), { away: 2, here: 0, worker: true }, 'the other goes on using it');
});

t.test('cached data belongs to one content, not to a length', async (t) => {
  const compiler = compilerFor(t);
  t.match(await exportsOf(compiler, long(20, 'one')), { tag: 'one' });
  t.match(await exportsOf(compiler, long(20, 'two')), { tag: 'two' }, 'as long, and not the same');
  t.match(compiler.view(), { away: 2, cached: 0, rejected: 0 });
  t.match(await exportsOf(compiler, long(20, 'one')), { tag: 'one' });
  t.match(compiler.view(), { away: 2, cached: 1, rejected: 0 });
  // So it would be if it were bound to the length only: V8 takes the other's code.
  const mixed = sha256(long(20, 'one'));
  const exports: Record<string, unknown> = {};
  (await compiler.compile('made.cjs', long(20, 'two'), mixed))(exports, () => {}, { exports });
  t.equal(exports.tag, 'one', 'V8 does not notice: only the hash does');
  compiler.forget(mixed);
  t.match(await exportsOf(compiler, long(20, 'one')), { tag: 'one' });
  t.match(compiler.view(), { away: 3 }, 'what was forgotten is compiled again');
});

t.test('cached data is bounded: the one used longest ago goes first', async (t) => {
  const probe = compilerFor(t);
  await compile(probe, long(20, 'x'));
  const { kept } = probe.view();
  t.ok(kept > 0);
  const compiler = compilerFor(t, { room: Math.round(kept * 2.5) });
  for (const tag of ['a', 'b', 'a', 'c']) await compile(compiler, long(20, tag));
  t.match(compiler.view(), { away: 3, cached: 1 });
  t.ok(compiler.view().kept <= kept * 2.5);
  await compile(compiler, long(20, 'a'));
  t.match(compiler.view(), { away: 3, cached: 2 }, 'a was used later than b');
  await compile(compiler, long(20, 'b'));
  t.match(compiler.view(), { away: 4, cached: 2 }, 'b had to go');
});

t.test('a syntax error says file and line, wherever it was found', async (t) => {
  const text = `${long(20, 'x')}\n\n}`;
  const line = text.split('\n').length;
  const errors = [];
  for (const compiler of [compilerFor(t), compilerFor(t, { worthWaiting: 1e9, limit: 9_000 })]) {
    const error = await compile(compiler, text, '/some/where.cjs').catch((thrown) => thrown);
    t.match(error, {
      code: 'BUNDLE_SYNTAX',
      message: `/some/where.cjs:${line}: SyntaxError: Unexpected token '}'; build it as one CommonJS file`,
    });
    errors.push(error.message);
  }
  t.equal(errors[0], errors[1]);
});

t.test('many at once are compiled one after the other; one that is wrong harms no other', async (t) => {
  const compiler = compilerFor(t);
  const texts = Array.from({ length: 10 }, (_, i) => (i === 4 ? 'this is no program' : long(10, `${i}`)));
  const results = await Promise.allSettled(texts.map((text) => exportsOf(compiler, text)));
  for (const [i, result] of results.entries()) {
    if (i === 4) t.match(result, { status: 'rejected', reason: { code: 'BUNDLE_SYNTAX' } });
    else t.match(result, { status: 'fulfilled', value: { tag: `${i}` } });
  }
});

t.test('a source that takes too long to compile is refused, and the next one is compiled', async (t) => {
  const compiler = compilerFor(t, { limit: 1 });
  const error = await compile(compiler, long(3_000, 'huge'), 'huge.cjs').catch((thrown) => thrown);
  t.match(error, { code: 'BUNDLE_TIMEOUT', message: /^huge\.cjs: did not compile within 1 ms; make the/ });
  t.equal(compiler.view().worker, false, 'the worker that was busy with it is ended');
  const patient = compilerFor(t);
  t.match(await exportsOf(patient, long(20, 'next')), { tag: 'next' });
});

t.test('a worker that ends takes one source along, not the process', async (t) => {
  const compiler = compilerFor(t, { heap: 8 });
  const lost = compile(compiler, long(6_000, 'lost'), 'lost.cjs');
  const kept = exportsOf(compiler, long(10, 'kept'));
  await t.rejects(lost, { code: 'COMPILER_ENDED', message: /^lost\.cjs: the thread that compiled it ended/ });
  t.match(await kept, { tag: 'kept' }, 'what waited has another worker');
});

t.test('what waits when the runtime stops is compiled on the main thread', async (t) => {
  const compiler = compilerFor(t);
  const waiting = exportsOf(compiler, long(20, 'late'));
  compiler.stop();
  t.match(await waiting, { tag: 'late' });
  t.match(compiler.view(), { here: 1, away: 0, worker: false });
});

t.test('a worker without work ends by itself', async (t) => {
  const compiler = compilerFor(t, { idle: 20 });
  await compile(compiler, long(1, 'a'));
  t.equal(compiler.view().worker, true);
  while (compiler.view().worker) await sleep(5);
  t.match(await exportsOf(compiler, long(1, 'b')), { tag: 'b' }, 'and another one starts when there is some');
});

/** A bundle that the worker is worth it for. */
const large = (version: string, extra = '') =>
  sourceOf({
    name: 'IP',
    version,
    head: long(40, version).replace(/exports\./g, 'exports.x'),
    methods: extra,
  });

t.test('bundles go through the worker, and are what they were', async (t) => {
  const shop = new Workshop(t);
  const { compiler } = shop.runtime.repository;
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) shop.file(`ip-${version}.cjs`, large(version));
  await shop.add('IP', 'ip@1.0.0');
  t.equal((await shop.replace('IP', 'ip@1.1.0')).outcome, 'committed');
  t.match(compiler.view(), { away: 2, cached: 0, rejected: 0 });
  const { kept } = compiler.view();
  t.ok(kept > 0);
  await shop.replace('IP', 'ip@1.2.0');
  const after = compiler.view();
  t.ok(after.kept <= kept * 1.01, 'what is kept for a version goes with it: two are there, as before');
  shop.file('broken.cjs', large('1.3.0', '}{'));
  await t.rejects(shop.replace('IP', `${shop.directory}/broken.cjs`), {
    code: 'BUNDLE_SYNTAX',
    message: /broken\.cjs:\d+: SyntaxError/,
  });
});

t.test('who wants the same bundle at the same time shares one load', async (t) => {
  const shop = new Workshop(t);
  const file = shop.file('ip-1.0.0.cjs', large('1.0.0'));
  const { repository } = shop.runtime;
  const [one, two, three] = await Promise.all([
    repository.acquire('ip@1.0.0'),
    repository.acquire('IP@1.0.0'),
    repository.acquire(file),
  ]);
  t.equal(one, two);
  t.equal(one, three);
  t.match(repository.compiler.view(), { away: 1, cached: 0 });
  t.not(await repository.acquire('ip@1.0.0'), one, 'nobody keeps what no transaction committed');
  t.match(repository.compiler.view(), { away: 1, cached: 1 }, 'but its cached data is still there');
  const loads = await Promise.allSettled([repository.load('ip@1.0.0'), repository.load(file)]);
  t.match(loads, [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'BUNDLE_LOADED' } }]);
});

t.test('a file that changed after a failed load is read again', async (t) => {
  const shop = new Workshop(t);
  shop.file('ip-1.0.0.cjs', 'this is no program');
  const { repository } = shop.runtime;
  const both = await Promise.allSettled([repository.acquire('ip@1.0.0'), repository.acquire('ip@1.0.0')]);
  t.match(both, [{ reason: { code: 'BUNDLE_SYNTAX' } }, { reason: { code: 'BUNDLE_SYNTAX' } }]);
  shop.file('ip-1.0.0.cjs', large('1.0.0'));
  t.equal((await repository.acquire('ip@1.0.0')).ref, 'ip@1.0.0');
});

t.test('a bundle can be provided from memory', async (t) => {
  const shop = new Workshop(t);
  const { repository } = shop.runtime;
  t.match(await repository.provide('(memory)', sourceOf({ name: 'IP', version: '3.0.0' })), {
    bundle: 'ip@3.0.0',
    status: 'loaded',
    file: '(memory)',
  });
  await shop.add('IP', 'ip@3.0.0');
  t.equal(shop.view('IP').version, '3.0.0');
  const again = repository.provide('(memory)', sourceOf({ name: 'IP', version: '3.0.0' }));
  await t.rejects(again, { code: 'BUNDLE_LOADED', message: 'ip@3.0.0 is loaded already' });
  const other = repository.provide(
    '(other)',
    sourceOf({ name: 'IP', version: '3.0.0', head: '// not the same' }),
  );
  await t.rejects(other, {
    code: 'BUNDLE_LOADED',
    message: /^\(other\): another ip@3\.0\.0 with other contents/,
  });
  await t.rejects(repository.provide('(bad)', '}'), {
    code: 'BUNDLE_SYNTAX',
    message: /^\(bad\):1: SyntaxError/,
  });
});
