/** A real-time policy on a single CPU starves the guard's thread: that is found out, and transactions are refused. */
import t from 'tap';
import { noRealtime, ONE_CPU } from '../drivers/fixtures/processors.ts';
import { evaluate } from '../drivers/fixtures/typescript.ts';
import { sourceOf } from './workshop.ts';

if (noRealtime !== false) t.comment(noRealtime);

const runtime = JSON.stringify(new URL('../../runtime/index.ts', import.meta.url));

/** Adds a module and replaces it, under `wrapper`; gives how each ended. */
function transactions(directory: string, wrapper: string[]) {
  return evaluate(
    `
    import { Runtime } from ${runtime};
    const runtime = new Runtime({ directories: [${JSON.stringify(directory)}] });
    const run = (change, bundle) =>
      runtime.run([{ change, module: 'A', bundle }], { command: change, by: 'test' })
        .then(({ outcome }) => outcome, ({ code }) => code);
    const outcomes = [await run('add', 'a@1.0.0'), await run('replace', 'a@1.1.0')];
    runtime.stop();
    console.log(JSON.stringify(outcomes));`,
    // While V8 marks, its event loop turns until V8's helpers are done: starved as well, they never are.
    { wrapper, options: ['--single-threaded-gc'] },
  );
}

t.test(
  'where a loop that never yields would be cut too late, nothing is replaced',
  { skip: noRealtime },
  async (t) => {
    const directory = t.testdir({
      'a-1.0.0.cjs': sourceOf({ name: 'A', version: '1.0.0' }),
      'a-1.1.0.cjs': sourceOf({ name: 'A', version: '1.1.0' }),
    });
    t.same(transactions(directory, [...ONE_CPU, 'chrt', '-f', '10']), ['committed', 'GUARD_UNPROVEN']);
    t.same(transactions(directory, ONE_CPU), ['committed', 'committed'], 'the normal policy shares the CPU');
  },
);
