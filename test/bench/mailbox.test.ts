/** The quick mailbox bench: every message is accounted for, on every side. */
import t from 'tap';
import { BENCH_NEEDS, missing } from '../../firmware/host/needs.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(200_000);

t.test('the quick mailbox bench measures every side, and loses no message', async (t) => {
  const result = await runBench(t, 'mailbox');
  const sides = (name: string, ...all: string[]) => all.map((side) => [name, side] as const);
  isSound(t, result, [
    ...sides(
      'cast',
      'hitless',
      'hitless, no guard',
      'hitless, from the host',
      'erlang',
      'MessageChannel',
      'EventEmitter',
      'direct call',
    ),
    ...sides('ask', 'hitless', 'hitless, no guard', 'hitless, from the host', 'erlang', 'MessageChannel'),
    ...sides('latency', 'hitless, from the host', 'MessageChannel', 'EventEmitter'),
    ...[1, 10, 1_000].flatMap((count) => sides(`publish-${count}`, 'hitless', 'EventEmitter')),
  ]);
  if (missing(BENCH_NEEDS).length === 0) t.strictSame(result.absent, [], 'nothing is left out');
  for (const count of [1, 10, 1_000]) {
    for (const side of ['hitless', 'EventEmitter']) {
      const each = find(result, `publish-${count}`, side, 'each')!;
      // Three bursts of 28 are not measured, and each burst makes 10,000 notifications whatever the number of subscribers.
      t.equal(each.messages, 28 * 10_000, `publish-${count}, ${side}: notifications`);
      const rate = find(result, `publish-${count}`, side, 'rate')!;
      t.ok(
        Math.abs(rate.median * each.median - 1e6) < 1e4,
        "rate and time of each are each other's reciprocal",
      );
    }
  }
});
