/** What a bench leaves behind: nothing, however it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Programs } from '../../bench/programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

t.test('a bench that is ended by a signal leaves no directory', async (t) => {
  const directory = t.testdir();
  const program = ['--import', './test/runner/typescript.mjs', 'bench/main.ts', 'deadline', '--quick'];
  const bench = spawn(process.execPath, program, {
    cwd: root,
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => bench.kill('SIGKILL'));
  // Its first lines come before it has anything to leave.
  for await (const line of createInterface({ input: bench.stderr })) if (/round 1 of/.test(line)) break;
  t.equal(readdirSync(directory).filter((name) => name.startsWith('hitless-bench-')).length, 1);
  bench.kill('SIGTERM');
  const [code] = (await once(bench, 'close')) as [number | null];
  t.equal(code, 143);
  t.strictSame(
    readdirSync(directory).filter((name) => name.startsWith('hitless-bench-')),
    [],
  );
});

t.test(
  'a program that fails is told with the end of what it said, and one that hangs is ended',
  async (t) => {
    const programs = new Programs();
    t.teardown(() => programs.remove());
    await t.rejects(programs.run('who', ['sh', '-c', 'echo what is wrong >&2; exit 3']), {
      code: 'SIDE_FAILED',
      message: /^who: sh ended with 3:\nwhat is wrong$/,
    });
    await t.rejects(programs.run('who', ['sh', '-c', 'exec sleep 60'], 200), {
      code: 'SIDE_FAILED',
      message: /who: sh was ended by SIGKILL/,
    });
    await t.rejects(programs.run('who', ['no-such-program']), {
      message: /no-such-program could not be started/,
    });
    t.equal(await programs.run('who', ['echo', 'fine']), 'fine\n');
  },
);

t.test(
  'a program is built with the guard that users have, or without any, to measure the difference',
  async (t) => {
    const programs = new Programs();
    t.teardown(() => programs.remove());
    const [as, without] = [
      await programs.build('start/program.ts'),
      await programs.build('start/program.ts', 'none'),
    ];
    // The addon's frame, without which nothing is watched.
    const entered = /#native\.run\(/;
    t.match(readFileSync(as, 'utf8'), entered);
    t.notMatch(readFileSync(without, 'utf8'), entered);
  },
);
