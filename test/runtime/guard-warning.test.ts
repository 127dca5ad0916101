/** Without its addon the guard says so: once in a process, unless the program or its environment asked for it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Where the addon is not compiled: it is not found there. */
const WITHOUT = `import Module from 'node:module';
const { _load } = Module;
Module._load = (name, ...rest) => {
  if (name.endsWith('watch.node')) throw Object.assign(new Error('absent'), { code: 'MODULE_NOT_FOUND' });
  return _load(name, ...rest);
};`;

function run(options: readonly string[], { without = true, env = {} } = {}) {
  const program = `${without ? WITHOUT : ''}
const { Runtime } = await import(${at('../../runtime/index.ts')});
for (const options of [${options.join(', ')}]) {
  const runtime = new Runtime(options);
  console.log(runtime.guard.kind + ': ' + runtime.guard.why);
  runtime.stop();
}`;
  const args = ['--import', loader, '--input-type=module', '--eval', program];
  const ran = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, HITLESS_GUARD: undefined, ...env },
  });
  return { lines: ran.stdout.trim().split('\n'), warnings: ran.stderr };
}

t.test('where it is not compiled, the first runtime warns, and no other', (t) => {
  const { lines, warnings } = run(['{}', '{}']);
  t.strictSame(lines, ['vm: it is not compiled', 'vm: it is not compiled']);
  t.match(
    warnings,
    /^\(node:\d+\) \[HITLESS_GUARD_VM\] Warning: handlers are bounded in transactions alone, .*: it is not compiled\. "npm rebuild" compiles it/,
  );
  t.equal(warnings.split('HITLESS_GUARD_VM').length, 2, warnings);
  t.end();
});

t.test('a program that asks for it has no warning, and no native watch', (t) => {
  t.strictSame(run([`{ guard: 'vm' }`, '{}']), {
    lines: ['vm: it is not compiled', 'vm: it is not compiled'],
    warnings: '',
  });
  const environment = run(['{}'], { without: false, env: { HITLESS_GUARD: 'vm' } });
  t.strictSame(environment, { lines: ['vm: HITLESS_GUARD=vm'], warnings: '' });
  const both = run([`{ guard: 'vm' }`, '{}'], { without: false });
  t.equal(both.warnings, '');
  t.match(both.lines, [
    /^vm: (the program asks for vm time-outs|it is not compiled)$/,
    /^(native:|vm: it is not compiled)$/,
  ]);
  t.end();
});
