/** Node loads some of its own modules late. One that a cut leaves half loaded throws for as long as the process lives. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
const program = fileURLToPath(new URL('fixtures/loaded.ts', import.meta.url));

t.test('no built-in module of Node is loaded where the guard may cut', (t) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', loader, program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 60_000,
  });
  t.equal(stdout, 'committed,committed,committed 1\n', stderr);
  t.end();
});
