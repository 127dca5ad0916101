/** Results of benches that never ran. */
import type { BenchResult, Measurement } from '../../bench/result.ts';
import { summarize } from '../../bench/statistics.ts';

function measurement(
  name: string,
  side: string,
  around: number,
  more: Partial<Measurement> = {},
): Measurement {
  const samples = Array.from({ length: 200 }, (_, i) => around * (0.7 + ((i * 37) % 100) / 100));
  return {
    case: name,
    title: `${name} <title>`,
    side,
    metric: 'window',
    unit: 'µs',
    ...summarize(samples),
    rounds: [around, around * 1.1],
    messages: 200,
    ...more,
  };
}

const common = {
  quick: false,
  startedAt: '2026-01-02T03:04:05.000Z',
  seconds: 12,
  environment: {
    cpu: 'A & B "C"',
    processors: 2,
    kernel: '6.1',
    node: '20.19.0',
    v8: '11',
    load: 0.5,
    others: { 'Erlang/OTP': '25' },
  },
  method: ['how it was done, in <words> & more'],
  absent: [],
  gates: [],
  control: { before: summarize([100, 110]), after: summarize([100, 140]), load: 0.7 },
};

export const SWAP: BenchResult = {
  ...common,
  bench: 'swap',
  command: 'npm run bench -- swap',
  measurements: [
    measurement('single', 'hitless', 50, { size: 10 }),
    measurement('single', 'erlang', 30, { size: 10 }),
    measurement('single', 'restart', 45_000, { size: 10 }),
    ...[1_000, 10_000, 100_000].flatMap((size) => [
      measurement(`migrate-${size}`, 'hitless', 60, { size }),
      measurement(`migrate-${size}`, 'erlang', size / 4, { size }),
    ]),
    measurement('gap-single', 'hitless', 400, { metric: 'largest gap', rounds: [200, 500] }),
    measurement('gap-single', 'erlang', 300, { metric: 'largest gap' }),
    measurement('ask', 'hitless', 2, { metric: 'each' }),
  ],
  absent: [
    { case: 'single-inside', title: 'code loaded inside', side: 'erlang', reason: 'left <out> by --quick' },
  ],
  gates: [
    { name: 'held goal', of: 'a / b', ratio: 0.4, atMost: 0.5, held: true, reason: '' },
    { name: 'missed goal', of: 'a / b', ratio: 1, atMost: 0.5, held: false, reason: '' },
    { name: 'lost goal', of: 'a / c', ratio: undefined, atMost: 0.5, held: undefined, reason: 'no c' },
  ],
  timelines: [
    { case: 'gap-single', title: '', side: 'hitless', handled: [-2, -1, 0, 0.4, 1, 2, 3, 5, 9], ended: 3 },
    { case: 'gap-single', title: '', side: 'restart', handled: [-2, -1, 0, 45, 46, 47, 50], ended: 46 },
  ],
};

export const TIMER: BenchResult = {
  ...common,
  bench: 'timer',
  command: 'npm run bench -- timer',
  measurements: ['hitless', 'cyclictest'].map((side, i) =>
    measurement('idle', side, 100 * (i + 1), { metric: 'lateness' }),
  ),
};

export const OUTAGE: BenchResult = {
  ...common,
  bench: 'outage',
  command: 'npm run bench -- outage',
  measurements: [
    measurement('ospf', 'hitless', 1_000, { metric: 'longest gap', unit: 'ms' }),
    measurement('ospf', 'FRR restart', 5_000, { metric: 'longest gap', unit: 'ms' }),
    // Never one.
    { ...measurement('ospf', 'hitless', 1, { metric: 'changes', unit: 'each' }), ...summarize([0, 0]) },
  ],
};

export const UNKNOWN: BenchResult = {
  ...common,
  bench: 'novel',
  measurements: [
    measurement('rate', 'hitless', 2_000_000, { metric: 'rate', unit: 'messages/s' }),
    measurement('rate', 'other', 3_000_000, { metric: 'rate', unit: 'messages/s' }),
  ],
};
