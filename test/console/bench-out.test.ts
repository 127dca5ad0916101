/** The figures of a bench are written over no pipe: it is said before minutes are measured. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { benchRouter } from '../../firmware/bench-program.ts';
import { Text } from './fixtures/text.ts';

t.test('a file for figures that is a pipe is refused before a router is reached', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-bench-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const out = join(directory, 'figures.json');
  execFileSync('mkfifo', [out]);
  const bench = { words: [], out, output: new Text(), errors: new Text() };
  await t.rejects(benchRouter(bench as never), { code: 'BENCH_OUT', message: /is a pipe, .* --out FILE/ });
});
