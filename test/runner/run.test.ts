import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const script = join(dirname(fileURLToPath(import.meta.url)), '../run.mjs');

interface Run {
  status: number | null;
  stdout: string;
  /** The last line. */
  summary: string;
}

function run(folder: string, ...args: string[]): Run {
  const { status, stdout } = spawnSync(process.execPath, [script, '--no-needs', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, summary: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

/** A test file with these lines after the import of tap. */
const file = (...lines: string[]) => ["import t from 'tap';", ...lines, ''].join('\n');

t.test('assertions are counted, and nothing failed is exit code 0', async (t) => {
  const folder = t.testdir({
    'a.test.ts': file(
      "t.test('outer', async (t) => {",
      "  t.test('inner', async (t) => { t.ok(1); t.ok(2); });",
      '  t.ok(3);',
      '});',
    ),
    'b.test.ts': file("t.test('of its own brace', { buffered: true }, async (t) => { t.ok(1); });"),
  });
  const { status, stdout, summary } = run(folder, 'a.test.ts', 'b.test.ts');
  t.equal(summary, '4 passed, 0 failed, 0 skipped');
  t.equal(status, 0);
  t.match(stdout, /ok {4}\S*\/a\.test\.ts {2}3 passed {2}\d+\.\d s \(\d+\.\d CPU s\)\n/);
  t.match(stdout, /ok {4}\S*\/b\.test\.ts {2}1 passed {2}\d+\.\d s \(\d+\.\d CPU s\)\n/);
});

t.test('a failure is told with the path of its test, its place in the source and what differs', async (t) => {
  const folder = t.testdir({
    'a.test.ts': file(
      'interface Unused { a: string }',
      '',
      "t.test('numbers', async (t) => {",
      "  t.test('are equal', async (t) => { t.equal(1, 2 as number, 'one is two'); t.ok(1); });",
      '});',
      "console.log('from stdout'); console.error('from stderr');",
    ),
  });
  const { status, stdout, summary } = run(folder, 'a.test.ts');
  t.equal(summary, '1 passed, 1 failed, 0 skipped');
  t.equal(status, 1);
  t.match(stdout, /FAIL {2}\S*a\.test\.ts/);
  t.match(stdout, /FAILED {2}\S*a\.test\.ts > numbers > are equal > one is two\n +at \S*a\.test\.ts:5:\d+/);
  t.match(stdout, /-2\n +\+1\n/);
  t.match(stdout, /printed by \S*a\.test\.ts:\n(.*\n)*.*\| from stdout\n/);
  t.match(stdout, /\| from stderr/);
});

t.test("a file's processor time is told, with that of what it started, and nobody else's", async (t) => {
  const burn = 'const end = process.cpuUsage().user + 1.5e6; while (process.cpuUsage().user < end);';
  const folder = t.testdir({
    'burn.mjs': burn,
    'a.test.ts': file(
      "import { execFileSync } from 'node:child_process';",
      "execFileSync(process.execPath, [new URL('./burn.mjs', import.meta.url).pathname]);",
      't.ok(1);',
    ),
    'b.test.ts': file("t.test('waits', () => new Promise((done) => setTimeout(done, 3000)));"),
  });
  const { stdout } = run(folder, '--jobs', '1', '.');
  const [, whole] = /\nin \S+ s \((\S+) CPU s\)\n/.exec(stdout) ?? [];
  const of = (name: string) =>
    Number(new RegExp(`/${name}\\.test\\.ts .*\\((\\S+) CPU s\\)`).exec(stdout)?.[1]);
  t.ok(of('a') > 1.5, `${of('a')} s`);
  t.ok(of('b') > 0 && of('b') < 1.5, `${of('b')} s`);
  t.ok(Math.abs(Number(whole) - of('a') - of('b')) < 0.2, `${whole} s`);
});

t.test('every skipped test is listed with its reason and counted', async (t) => {
  const folder = t.testdir({
    'a.test.ts': file(
      "t.test('whole', { skip: 'FRR needs root' }, async () => {});",
      "t.test('inside', async (t) => { t.plan(0, 'no keepalived here'); });",
      "t.ok(1, 'an assertion', { skip: 'not on this kernel' });",
      "t.test('later', { todo: 'comes with the election' });",
      't.ok(1);',
    ),
    'b.test.ts': file("t.plan(0, 'needs a serial line');"),
  });
  const { status, stdout, summary } = run(folder, 'a.test.ts', 'b.test.ts');
  t.equal(summary, '1 passed, 0 failed, 5 skipped');
  t.equal(status, 0);
  t.match(stdout, /!!! SKIPPED: 5 tests did not run:/);
  t.match(stdout, /SKIPPED {2}\S*a\.test\.ts > whole\n +because: FRR needs root\n/);
  t.match(stdout, /SKIPPED {2}\S*a\.test\.ts > inside\n +because: no keepalived here\n/);
  t.match(stdout, /SKIPPED {2}\S*a\.test\.ts > an assertion\n +because: not on this kernel\n/);
  t.match(stdout, /SKIPPED {2}\S*a\.test\.ts > later\n +because: to do: comes with the election\n/);
  t.match(stdout, /SKIPPED {2}\S*b\.test\.ts\n +because: needs a serial line\n/);
});

t.test('a run in which nothing but skips happened is no success', async (t) => {
  const folder = t.testdir({ 'a.test.ts': file("t.plan(0, 'needs root');") });
  const { status, stdout, summary } = run(folder, 'a.test.ts');
  t.match(stdout, /\nno test ran\n/);
  t.equal(summary, '0 passed, 0 failed, 1 skipped');
  t.equal(status, 1);
});

t.test('a file that ends without a verdict is a failure that says why', async (t) => {
  const rows: Record<string, [string, RegExp]> = {
    'no test in it': [file(), /no test ran in this file/],
    'no tap in it': ["console.log('hello');\n", /no test ran in this file/],
    'a syntax error': [file('t.ok(;'), /Unexpected ";"/],
    'an import of nothing': [file("import './absent.ts';"), /absent\.ts/],
    'an exception outside of tests': [file('t.ok(1);', "throw new Error('boom');"), /boom/],
    'an exception in a test': [file("t.test('x', async () => { throw new Error('boom'); });"), /> x > boom/],
    'an early exit': [file("t.test('x', async (t) => { t.ok(1); process.exit(0); });"), /test unfinished/],
    'an exit code of its own': [
      file('t.ok(1);', "process.on('exit', () => { process.exitCode = 7; });"),
      /ended with exit code 7/,
    ],
    'a fatal signal': [file('t.ok(1);', "process.kill(process.pid, 'SIGKILL');"), /was ended by SIGKILL/],
    'fewer assertions than planned': [file('t.plan(2);', 't.ok(1);'), /test count\(1\) != plan\(2\)/],
    'a bail-out': [file("t.bailout('no use');"), /gave up: no use/],
  };
  const names = Object.keys(rows).map((name) => `${name.replaceAll(' ', '-')}.test.ts`);
  const folder = t.testdir(
    Object.fromEntries(names.map((name, index) => [name, Object.values(rows)[index]?.[0] ?? ''])),
  );
  const { status, stdout } = run(folder, '.');
  t.equal(status, 1);
  for (const [index, name] of names.entries()) {
    t.match(stdout, new RegExp(`FAIL {2}\\S*/${name}`), `${name} failed`);
    // All that is told of this file, up to the next one.
    const told = stdout
      .split(/^ {2}FAILED {2}/m)
      .filter((part) => part.split('\n', 1)[0]?.includes(`/${name}`));
    t.match(told.join('\n'), Object.values(rows)[index]?.[1], `${name} says why`);
  }
  t.match(stdout, /\n5 passed, 11 failed, 0 skipped\n$/);
});

t.test('a file that hangs is stopped at its time-out, together with what it started', async (t) => {
  const hang = (how: string) =>
    file(
      "import { spawn } from 'node:child_process';",
      "import { writeFileSync } from 'node:fs';",
      "const { pid } = spawn('sleep', ['300'], { stdio: 'inherit' });",
      `writeFileSync(new URL('./pid', import.meta.url), String(pid));`,
      't.ok(1);',
      how,
    );
  const rows = {
    'waiting for ever':
      "t.test('waits', async () => { await new Promise(() => setInterval(() => {}, 1000)); });",
    'a loop that never yields': "t.test('spins', async () => { for (;;) {} });",
  };
  for (const [name, how] of Object.entries(rows)) {
    await t.test(name, async (t) => {
      const folder = t.testdir({ 'a.test.ts': hang(how) });
      const began = performance.now();
      // As long as a busy machine may take to start it.
      const { status, stdout } = run(folder, '--timeout', '10', 'a.test.ts');
      t.ok(performance.now() - began < 100_000, 'nobody waits for its child, which takes 300 s');
      t.match(stdout, /did not end within 10 s and was stopped|timeout!/);
      t.match(stdout, /\n1 passed, [1-9]\d* failed, 0 skipped\n$/);
      t.equal(status, 1);
      // A kill takes effect when the process gets the processor next.
      const child = Number(readFileSync(join(folder, 'pid'), 'utf8'));
      for (const end = performance.now() + 10_000; alive(child) && performance.now() < end; ) await sleep(20);
      t.notOk(alive(child), 'its child is gone');
    });
  }
});

t.test('an interrupt ends the tests that run, and what they started', async (t) => {
  const folder = t.testdir({
    'a.test.ts': file(
      "import { spawn } from 'node:child_process';",
      "import { writeFileSync } from 'node:fs';",
      "const { pid } = spawn('sleep', ['300'], { stdio: 'ignore' });",
      "writeFileSync(new URL('./pid', import.meta.url), process.pid + ' ' + pid);",
      "t.test('waits', async () => { await new Promise(() => setInterval(() => {}, 1000)); });",
    ),
  });
  const child = spawn(process.execPath, [script, '--no-needs', 'a.test.ts'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = new Promise((done) => child.once('exit', done));
  const pids = join(folder, 'pid');
  while (!existsSync(pids) || readFileSync(pids, 'utf8') === '') await sleep(50);
  child.kill('SIGINT');
  t.equal(await ended, 130);
  for (const pid of readFileSync(pids, 'utf8').split(' ').map(Number)) {
    for (const end = performance.now() + 10_000; alive(pid) && performance.now() < end; ) await sleep(20);
    t.notOk(alive(pid));
  }
});

t.test('a file that is not there, or an option that is unknown, fails before anything runs', async (t) => {
  const folder = t.testdir({ 'a.test.ts': file('t.ok(1);'), empty: {} });
  for (const args of [
    ['a.test.ts', 'b.test.ts'],
    ['empty'],
    ['--tiemout', '3'],
    ['--timeout', 'soon'],
    ['--jobs', '0'],
  ]) {
    const { status, stdout, summary } = run(folder, ...args);
    t.equal(summary, '0 passed, 1 failed, 0 skipped', args.join(' '));
    t.equal(status, 1);
    t.match(stdout, /usage: npm test/);
  }
  t.match(run(folder, 'b.test.ts').stdout, /^b\.test\.ts does not exist\n/);
});

t.test(
  'a folder stands for all test files in it, and a file that wants to be alone runs alone',
  async (t) => {
    /** Notes when it begins and ends; in between it waits for this. */
    const noting = (wait: string) =>
      file(
        "import { appendFileSync, readFileSync } from 'node:fs';",
        "const notes = new URL('./notes', import.meta.url);",
        "appendFileSync(notes, 'begin ');",
        'const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));',
        "const both = () => readFileSync(notes, 'utf8').startsWith('begin begin');",
        `t.test('takes a while', async (t) => { ${wait}; t.ok(1); });`,
        "t.teardown(() => appendFileSync(notes, 'end '));",
      );
    const alone = noting('await pause(800)');
    // On a busy machine the other one may begin much later.
    const together = noting('for (let i = 0; i < 600 && !both(); i++) await pause(100)');
    const folder = t.testdir({
      alone: { 'a.alone.test.ts': alone, 'b.alone.test.ts': alone },
      together: { 'a.test.ts': together, 'b.test.ts': together, 'no-test.ts': 'throw 1;' },
    });
    t.equal(run(folder, '.').summary, '4 passed, 0 failed, 0 skipped');
    const notes = (name: string) => readFileSync(join(folder, name, 'notes'), 'utf8').trim();
    t.equal(notes('together'), 'begin begin end end');
    t.equal(notes('alone'), 'begin end begin end');
  },
);

t.test('--quick leaves boots out, and says which', async (t) => {
  const folder = t.testdir({
    'a.test.ts': file('t.ok(1);'),
    'b.boot.test.ts': file("t.fail('it is booted');"),
  });
  const { status, stdout, summary } = run(folder, '--quick', '.');
  t.match(stdout, /--quick leaves out 1 test files: \S*b\.boot\.test\.ts\n/);
  t.equal(summary, '1 passed, 0 failed, 0 skipped');
  t.equal(status, 0);
});

t.test('everything that a file printed is kept', async (t) => {
  const folder = t.testdir({ 'a.test.ts': file('t.ok(1);', "console.error('a word');") });
  run(folder, 'a.test.ts');
  const kept = readFileSync(
    join(script, '../../.tap/test-results', `${folder.replace(/^.*\.tap/, '.tap')}/a.test.ts.tap`),
    'utf8',
  );
  t.match(kept, /^TAP version 14\nok 1/);
  t.match(kept, /# a word/);
});

/** A process that ended but was not yet waited for by its parent is gone as well. */
function alive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
