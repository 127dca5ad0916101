/** An error of module code that nobody called is its module's also where it has no stack, and where the module has no file. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const PROGRAM = fileURLToPath(new URL('fixtures/late-program.ts', import.meta.url));

const SCENARIOS: Readonly<Record<string, string>> = {
  'a dropped promise that throws a number': '(async () => { await null; throw 5; })();',
  'a dropped promise that throws nothing': '(async () => { await null; throw undefined; })();',
  'a dropped rejection with null': 'Promise.reject(null);',
  'a timer that throws a number': 'setTimeout(() => { throw 5; }, 1);',
  'a timer of a promise': 'Promise.resolve().then(() => setTimeout(() => { throw undefined; }));',
  'a tick that throws null': 'process.nextTick(() => { throw null; });',
  'an emitter':
    "const { EventEmitter } = process.getBuiltinModule('node:events'); const e = new EventEmitter(); setImmediate(() => e.emit('error', 5));",
  'an error whose text spins':
    'setTimeout(() => { throw { get message() { for (;;); }, get stack() { for (;;); } }; });',
  'an error with a stack': "setTimeout(() => { throw new Error('late'); });",
};

function outcomeOf(code: string, kind: string, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, PROGRAM, code, kind], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  return { status, stderr, said: stdout === '' ? {} : (JSON.parse(stdout) as object) };
}

for (const kind of ['file', 'class']) {
  for (const [what, code] of Object.entries(SCENARIOS)) {
    t.test(`${what}, of a module that is a ${kind}, is found and ends no program`, (t) => {
      const { status, said, stderr } = outcomeOf(code, kind);
      t.strictSame(
        said,
        { blamed: ['LATE', 'LATE', 'LATE'], service: 'disabled', errors: 3, other: 'pong' },
        stderr,
      );
      t.equal(status, 0);
      t.end();
    });
  }
}

t.test('the program’s own error without a stack is no module’s, also after a module had such errors', (t) => {
  const { status, said } = outcomeOf('setTimeout(() => { throw 5; });', 'file', { LATE_OWN: 'yes' });
  t.match(said, { service: 'disabled' });
  t.equal(status, 7);
  t.end();
});
