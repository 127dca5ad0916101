/** The quick deadline bench: every transaction gave up; and a `setTimeout` beside a loop that spins never did. */
import t from 'tap';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(200_000);

t.test('the quick deadline bench has every decision, and names the deadline that never comes', async (t) => {
  const result = await runBench(t, 'deadline');
  const cases = ['busy', 'suspended', 'spinning'].flatMap((obstacle) => [`${obstacle}-20`, `${obstacle}-50`]);
  isSound(t, result, [
    ...cases.flatMap((name) => [[name, 'hitless'] as const, [name, 'setTimeout'] as const]),
    ['control-20', 'setTimeout'],
    ['control-50', 'setTimeout'],
  ]);
  for (const [granted, samples] of [
    [20, 12],
    [50, 6],
  ] as const) {
    for (const obstacle of ['busy', 'suspended', 'spinning']) {
      t.match(find(result, `${obstacle}-${granted}`, 'hitless', 'lateness'), { samples, messages: samples });
      t.ok(find(result, `${obstacle}-${granted}`, 'hitless', 'lateness')!.median >= 0);
    }
    t.match(find(result, `control-${granted}`, 'setTimeout', 'lateness'), { samples, messages: samples });
  }
  t.strictSame(
    result.absent.map(({ case: name, side, reason }) => [name, side, reason.split(':')[0]]),
    [
      ['spinning-20', 'setTimeout', 'never'],
      ['spinning-50', 'setTimeout', 'never'],
    ],
  );
});
