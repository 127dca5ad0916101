/** The quick packet bench: every packet came back, on every side. */
import t from 'tap';
import { packetsOf, wordsOf } from '../../bench/packet/job.ts';
import { LAB_NEEDS, missing } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../netns.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(200_000);

const lacking = missing(LAB_NEEDS);
const skip =
  NetworkNamespace.unavailable || (lacking.length > 0 && `SKIPPED: not there: ${JSON.stringify(lacking)}`);

t.test('the quick packet bench sends packets through every side and gets each back', { skip }, async (t) => {
  const result = await runBench(t, 'packet');
  const sides = ['hitless', 'hitless, no guard', 'bare raw socket', "raw-socket's own send", 'C'];
  isSound(
    t,
    result,
    sides.map((side) => ['echo', side] as const),
  );
  for (const side of sides) {
    const trip = find(result, 'echo', side, 'round trip');
    if (trip === undefined) continue;
    t.equal(trip.samples, 1_000, side);
    t.equal(trip.messages, 1_000 + 1_000 + 4 * 5_000, side);
  }
  t.match(result.method.join(' '), /The tester is written in (C|Node)/);
});

t.test('the tester is told what is counted', async (t) => {
  const job = { warmup: 1, singles: 2, bursts: 3, size: 4, window: 5 };
  t.equal(packetsOf(job), 15);
  t.strictSame(wordsOf(job), ['1', '2', '3', '4', '5']);
});
