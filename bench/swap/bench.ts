/**
 * `bench swap`: a swap's window, and the largest gap between handled messages around it, beside Erlang/OTP's
 * `sys:suspend → change_code → resume` in the same run. `cases.ts` says what is measured, `record.ts` how it is
 * reckoned and proven; `hitless/` and `erlang/` are the two programs that do the same work.
 */
import { BENCH_NEEDS, ensure } from '../../firmware/needs.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { environment } from '../environment.ts';
import { BenchError } from '../errors.ts';
import { type Gate, gate } from '../gate.ts';
import type { Absence, BenchResult, Measurement } from '../result.ts';
import { summarize } from '../statistics.ts';
import { GATES, OBSERVE_MS, RATE, type Series, seriesOf } from './cases.ts';
import type { Record } from './record.ts';
import { Sides } from './sides.ts';

const ROUNDS = { full: 5, quick: 1 };

const METHOD = [
  'window: from the disable to the first message handled by the new version, of several modules the longest. hitless: the blackout that its report tells, proven by times taken in the handlers; Erlang: from just before sys:suspend to a time taken in the handler. The message waits already, except where a first call is said.',
  `largest gap: between two messages handled by one module, from the command (loading included) until at least ${OBSERVE_MS} ms later, under a stream of ${RATE.toLocaleString('en')} messages a second to each module; "no swap" is the control, with the same stream observed as long.`,
  "fresh code: every version is another bundle (Erlang: the module's binary is loaded again; before the window, unless the row says otherwise). Erlang serves from its second processor while code loads; hitless has one thread.",
  'Each measurement is a process of its own; sides alternate in every round. The first swaps of each process are not counted, but for the row "first swap".',
];

export const swap: Bench = {
  help: 'swap window and gaps beside Erlang/OTP, requests and messages',
  cases: [...new Set(seriesOf(true).map((series) => series.case))],
  run,
};

async function run({
  quick,
  install,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  only,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  await ensure(BENCH_NEEDS, { install, say });
  const series = seriesOf(quick).filter((each) => only.length === 0 || only.includes(each.case));
  const sides = new Sides();
  try {
    await sides.build();
    const records = new Map<Series, Record[]>(series.map((each) => [each, []]));
    for (let round = 1; round <= rounds; round++) {
      // The sides take turns in who begins.
      const order = round % 2 === 1 ? series : series.toReversed();
      for (const [i, each] of order.entries()) {
        const since = performance.now();
        records.get(each)!.push(await sides.measure(each));
        const took = ((performance.now() - since) / 1000).toFixed(1);
        say(
          `round ${round} of ${rounds}, ${i + 1} of ${order.length}: ${each.title}, ${each.side}, ${took} s`,
        );
      }
    }
    return resultOf(records, quick, began);
  } finally {
    sides.remove();
  }
}

function resultOf(records: ReadonlyMap<Series, Record[]>, quick: boolean, began: number): BenchResult {
  const measurements: Measurement[] = [];
  const absent: Absence[] = [];
  const otp = [...records.values()].flat().find((record) => record.facts.has('otp'));
  for (const [series, taken] of records) {
    const { case: name, title, side } = series;
    const reason = taken.find(({ unavailable }) => unavailable !== undefined)?.unavailable;
    if (reason === undefined) measurements.push(...measured(series, taken));
    else absent.push({ case: name, title, side, reason });
  }
  return {
    bench: 'swap',
    quick,
    startedAt: new Date(began).toISOString(),
    seconds: Math.round((Date.now() - began) / 100) / 10,
    environment: environment({ 'Erlang/OTP': otp?.facts.get('otp') ?? 'not run' }),
    method: METHOD,
    measurements,
    absent,
    gates: gatesOf(measurements, absent),
  };
}

const METRICS = { window: 'window', gap: 'largest gap', each: 'each' } as const;

function measured({ case: name, title, side, metric }: Series, taken: readonly Record[]): Measurement[] {
  const messages = taken.reduce((sum, record) => sum + record.messages, 0);
  const entry = (label: string, rounds: number[][]): Measurement => {
    const samples = rounds.flat();
    if (samples.length === 0 || samples.some((sample) => !(sample > 0 && Number.isFinite(sample))))
      throw new BenchError(
        'MEASURED_NOTHING',
        `${name}, ${side}: ${label} has no samples, or one that is no time`,
      );
    return {
      case: name,
      title,
      side,
      metric: label,
      unit: 'µs',
      ...summarize(samples),
      rounds: rounds.map((round) => summarize(round).median),
      messages,
    };
  };
  if (metric === 'gap')
    return [
      entry(
        METRICS.gap,
        taken.map(({ gaps }) => gaps),
      ),
    ];
  if (metric === 'each')
    return [
      entry(
        METRICS.each,
        taken.map(({ each }) => each),
      ),
    ];
  return [
    entry(
      METRICS.window,
      taken.map(({ windows }) => windows),
    ),
    ...(name === 'single'
      ? [
          entry(
            'first swap',
            taken.map(({ firstWindow }) => [firstWindow]),
          ),
        ]
      : []),
  ];
}

function gatesOf(measurements: readonly Measurement[], absent: readonly Absence[]): Gate[] {
  return GATES.map(({ name, statistic, of, by, metric, atMost }) => {
    const find = ([wanted, side]: readonly [string, string]) =>
      measurements.find((m) => m.case === wanted && m.side === side && m.metric === METRICS[metric])?.[
        statistic
      ];
    const reason = absent.find((each) => each.case === of[0] && each.side === of[1])?.reason ?? '';
    const what = of[0] === by[0] ? `${of[1]} / ${by[1]}` : `${of[1]} ${of[0]} / ${by[1]} ${by[0]}`;
    return gate(name, what, find(of), find(by), atMost, reason);
  });
}
