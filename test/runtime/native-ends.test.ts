/** A process or thread that ends, divides or doubles while the guard is armed does so in order. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { nativeWatch } from '../../runtime/native/watch.ts';

const skip = nativeWatch() === undefined && 'SKIPPED: the native watch is not compiled';
if (skip) process.stderr.write(`test/runtime/native-ends: ${skip}\n`);

const program = fileURLToPath(new URL('fixtures/armed.ts', import.meta.url));
const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));

const ENDS: [what: string, status: number | string, output: string][] = [
  ['spin', 0, 'ASK_FAILED, goes on\n'],
  ['exit', 7, ''],
  ['exit by an error', 1, ''],
  ['abort', 'SIGABRT', ''],
  ['spawn', 0, '3, goes on\n'],
  ['fork', 0, 'ASK_FAILED, goes on\nforked, goes on 0\n'],
  ['two workers', 0, 'ASK_FAILED, goes on\nASK_FAILED, goes on\nASK_FAILED, goes on [ 0, 0 ]\n'],
  ['a worker that is ended', 0, '1\n'.repeat(10)],
];
for (const [what, status, output] of ENDS) {
  t.test(what, { skip }, (t) => {
    const ended = spawnSync(process.execPath, ['--import', loader, program, what], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: 60_000,
    });
    t.equal(ended.signal ?? ended.status, status, ended.stderr);
    t.equal(ended.stdout, output);
    t.end();
  });
}
