/** The quick start bench: each moment of a start has its figures, and a runtime is seen in them. */
import t from 'tap';
import { find, isSound, runBench } from './run-bench.ts';

t.test('the quick start bench shows what a runtime adds to an empty program', async (t) => {
  const result = await runBench(t, 'start');
  isSound(t, result, [
    ['node', 'node'],
    ['empty', 'hitless'],
    ['first', 'hitless'],
  ]);
  const median = (name: string, side: string, metric: string) => find(result, name, side, metric)!.median;
  for (const metric of ['CPU time', 'heap'])
    t.ok(median('empty', 'hitless', metric) > median('node', 'node', metric), metric);
  t.ok(median('first', 'hitless', 'CPU time') > median('empty', 'hitless', 'CPU time'));
});
