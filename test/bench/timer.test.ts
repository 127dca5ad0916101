/** The quick timer bench: every expiry is accounted for; and how cyclictest's histogram is read. */
import t from 'tap';
import { readHistogram } from '../../bench/timer/cyclictest.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(200_000);

t.test('the quick timer bench sees every expiry, ordinary and precise, idle and real-time', async (t) => {
  const result = await runBench(t, 'timer', '--only', 'idle,rt-idle');
  const sides = ['hitless', 'hitless precise', 'setTimeout', 'cyclictest'];
  const cases = ['idle-5ms', 'rt-idle-5ms'];
  isSound(
    t,
    result,
    cases.flatMap((name) => sides.map((side) => [name, side] as const)),
  );
  for (const m of result.measurements.filter(({ metric }) => metric === 'lateness')) {
    const what = `${m.case}, ${m.side}`;
    t.ok(m.samples >= 50 && m.messages >= m.samples, `${what}: ${m.samples} samples, ${m.messages} expiries`);
    t.ok(m.median >= 0, `${what}: none came early`);
  }
  t.ok(find(result, 'idle-5ms', 'hitless precise', 'processor'), 'the cost of precise timers is shown');
  t.notOk(find(result, 'idle-5ms', 'cyclictest', 'processor'));
});

const printed = (total: number, overflows: string) => `# /dev/cpu_dma_latency set to 0us
# Histogram
000000 000000
000007 000002
000009 000001
# Total: 00000000${total}
# Histogram Overflows: ${overflows}
`;

t.test("cyclictest's histogram is read as samples, and not believed when its sum is wrong", async (t) => {
  t.strictSame(readHistogram(printed(3, '00000')), { samples: [7, 7, 9], cycles: 3 });
  t.strictSame(readHistogram(printed(3, '00001')), { samples: [7, 7, 9, 200_000], cycles: 4 });
  t.throws(() => readHistogram(printed(4, '00000')), { code: 'MEASURED_NOTHING' });
  t.throws(() => readHistogram(''), { code: 'MEASURED_NOTHING' });
});
