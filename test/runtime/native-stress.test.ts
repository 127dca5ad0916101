/** The guard's thread, without V8, under the sanitizers of the compiler; and that they find what is broken in it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const stress = fileURLToPath(new URL('fixtures/watcher-stress.cc', import.meta.url));
const header = readFileSync(new URL('../../runtime/native/watcher.h', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'hitless-stress-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const seed = Number(process.env.STRESS_SEED ?? Date.now() % 1e6);
const ROUNDS = 400;

const compiler = process.env.CXX ?? 'g++';
const skip = missing();
if (skip !== false) process.stderr.write(`test/runtime/native-stress: ${skip}\n`);

function missing(): string | false {
  const source = join(folder, 'empty.cc');
  writeFileSync(source, 'int main() {}\n');
  for (const sanitizer of ['thread', 'address,undefined']) {
    const program = join(folder, 'empty');
    const made = spawnSync(compiler, [`-fsanitize=${sanitizer}`, '-o', program, source]);
    const works = made.status === 0 && spawnSync(program).status === 0;
    if (!works)
      return `SKIPPED: there is no ${compiler} with -fsanitize=${sanitizer}: the thread is not tried under it`;
  }
  return false;
}

/** The thread looks at the frames, and is a while on its way to sleep: what comes in between must wake it. */
const SLOW = header
  .replace('#include <time.h>', '$&\n#include <unistd.h>')
  .replace('wakesAt_.store(next', 'usleep(30);\n      $&');

/** Runs the stress test with such a header. */
function run(name: string, text: string, ...flags: string[]) {
  const place = join(folder, name);
  mkdirSync(place);
  writeFileSync(join(place, 'watcher.h'), text);
  const program = join(place, 'stress');
  const options = ['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-pthread', '-I', place];
  execFileSync(compiler, [...options, ...flags, '-o', program, stress], { stdio: 'pipe' });
  const { status, stdout, stderr } = spawnSync(program, [`${ROUNDS}`, `${seed}`], { encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

const changed = (text: string, what: RegExp, by: string): string => {
  const made = text.replace(what, by);
  if (made === text) throw new Error(`the header has no ${what}`);
  return made;
};

for (const sanitizer of ['thread', 'address,undefined']) {
  t.test(`-fsanitize=${sanitizer} finds nothing (STRESS_SEED=${seed})`, { skip }, (t) => {
    const { status, text } = run(sanitizer, SLOW, `-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all');
    t.equal(status, 0, text);
    t.match(text, /^\d+ cut, \d+ returned\n$/);
    t.end();
  });
}

t.test('a broken order of memory is found', { skip }, (t) => {
  const text = changed(header, /memory_order_(release|acquire)/g, 'memory_order_relaxed');
  const { status, text: found } = run('order', text, '-fsanitize=thread');
  t.not(status, 0);
  t.match(found, /ThreadSanitizer: data race/);
  t.end();
});

t.test('a frame that comes while the thread goes to sleep, and is missed, is found', { skip }, (t) => {
  const text = changed(SLOW, /if \(id_\.load\(std::memory_order_seq_cst\) != id\) continue;/, '');
  const { status, text: found } = run('sleep', text);
  t.equal(status, 1);
  t.match(found, /it was not cut/);
  t.end();
});
