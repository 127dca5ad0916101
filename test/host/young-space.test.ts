/** V8's young space of a router: what is collected at once stays small, however much is made that stays. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** MB of the young space of a program that has made 100,000 objects that stay. @param first its first statements */
function youngSpaceOf(first: string): number {
  const program = `${first}
    const { getHeapSpaceStatistics } = await import('node:v8');
    const kept = Array.from({ length: 100_000 }, (_, i) => ({ i, text: 'row ' + i, bytes: [i, i + 1] }));
    const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(space_size / 2 ** 20 + 0 * kept.length);`;
  const options = ['--import', './test/runner/typescript.mjs', '--input-type=module', '-e', program];
  return Number(execFileSync(process.execPath, options, { cwd: root, encoding: 'utf8' }));
}

t.test('a table that is loaded does not make the young space grow', async (t) => {
  const first = `const { keepYoungSpaceSmall } = await import('./firmware/host/young-space.ts'); keepYoungSpaceSmall();`;
  const small = youngSpaceOf(first);
  t.ok(small <= 4, `${small} MB`);
  t.ok(youngSpaceOf('') > small, 'on its own it grows');
});

t.test('nor does it once a thread has begun, such as the one that compiles versions', async (t) => {
  const first = `const { keepYoungSpaceSmall } = await import('./firmware/host/young-space.ts'); keepYoungSpaceSmall();
    const { Worker } = await import('node:worker_threads');
    const { once } = await import('node:events');
    const worker = new Worker('', { eval: true, execArgv: [] });
    await once(worker, 'online');
    await worker.terminate();`;
  const small = youngSpaceOf(first);
  t.ok(small <= 4, `${small} MB`);
});
