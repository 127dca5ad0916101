/** A debugger holds module code for as long as it likes: nothing is cut. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
const program = fileURLToPath(new URL('fixtures/debugged.ts', import.meta.url));

for (const guard of ['native', 'vm']) {
  t.test(`with the ${guard} guard`, (t) => {
    // Longer than the deadline of the swap.
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', loader, program, '500'], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', ...(guard === 'vm' && { HITLESS_GUARD: 'vm' }) },
    });
    t.equal(status, 0, stderr);
    const [handled, swapped, paused] = stdout.split('\n');
    t.equal(handled, 'handled 0', 'a handler that used ten times its time, and was held');
    t.equal(swapped, 'aborted the deadline', 'a swap keeps to the clock, and cuts nobody');
    t.ok(Number(paused) >= 2, `it stood ${paused} times`);
    t.end();
  });
}
