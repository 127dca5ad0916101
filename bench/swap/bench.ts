/**
 * `bench swap`: a swap's window, and the largest gap between handled messages around it, beside Erlang/OTP's
 * `sys:suspend → change_code → resume` and a restart of a Node process in the same run. `cases.ts` says what is
 * measured, `record.ts` how it is reckoned and proven; `hitless/`, `erlang/` and `restart/` are the programs that do
 * the same work.
 */
import { FirmwareError } from '../../firmware/errors.ts';
import { BENCH_NEEDS, ensure, missing } from '../../firmware/host/needs.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { environment } from '../environment.ts';
import { BenchError } from '../errors.ts';
import { type Gate, gate } from '../gate.ts';
import type { Absence, BenchResult, Measurement, Timeline } from '../result.ts';
import { summarize } from '../statistics.ts';
import { GATES, OBSERVE_MS, type Series, seriesOf } from './cases.ts';
import type { Record } from './record.ts';
import { Sides } from './sides.ts';

const ROUNDS = { full: 5, quick: 1 };
/** About how long it may take, in s; a slow machine makes fewer rounds, but so many at least. */
const TAKES = { full: 210, quick: 32 };
const LEAST_ROUNDS = 3;

/** What a time line shows before the command, in ms. */
const BEFORE_MS = 15;

const METHOD = [
  'window: from the disable to the first message handled by the new version, of several modules the longest. hitless: the blackout that its report tells, proven by times taken in the handlers; Erlang: from just before sys:suspend to a time taken in the handler; restart: from SIGTERM to the first answer of the new process. The message waits already, except where a first call is said.',
  `largest gap: between two messages handled by one module, from the command (loading included) until at least ${OBSERVE_MS} ms later, under a stream of messages to each module; "no swap" is the control, with the same stream observed as long. Flat-out: 256 messages wait at each module all the time.`,
  'stall: the longest time for which the event loop of hitless did not come back because of the swap, from the command to its end, and the sum of those above 50 µs; as its report tells.',
  "fresh code: every version is another bundle (Erlang: the module's binary is loaded again; before the window, unless the row says otherwise). Code that ran before: two versions take turns. Erlang serves from its second processor while code loads; hitless has one thread.",
  'the new version fails: hitless: its start() throws, the last step of a swap; Erlang: change_code answers an error, and the old code is loaded again before the resume. From the disable to the first message that the old version handles.',
  'restart: a process of Node that answers on a Unix socket and keeps its state in a file; its client sends one request after the other, and connects again each millisecond. Entries are migrated while it starts.',
  'Each measurement is a process of its own; sides alternate in every round. The first swaps of each process are not counted, but for the row "first swap".',
];

export const swap: Bench = {
  help: 'swap window and gaps beside Erlang/OTP and a restart, requests and messages',
  cases: [...new Set(seriesOf('full').map((series) => series.case))],
  takes: TAKES,
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick, install, only, say } = options;
  const began = Date.now();
  const rounds = options.rounds ?? (quick ? ROUNDS.quick : ROUNDS.full);
  const size = options.least === true ? 'least' : quick ? 'quick' : 'full';
  const ordered = seriesOf(size).filter((each) => only.length === 0 || only.includes(each.case));
  const series = ordered.filter(({ leftOut }) => leftOut === undefined);
  const sides = new Sides(await erlangIsMissing(install, say));
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
      const spent = (Date.now() - began) / 1000;
      const another = spent + spent / round <= TAKES.full;
      if (options.rounds === undefined && round >= LEAST_ROUNDS && !another) break;
    }
    const leftOut = ordered.flatMap(({ case: name, title, side, leftOut: reason }) =>
      reason === undefined ? [] : [{ case: name, title, side, reason }],
    );
    return resultOf(records, leftOut, quick, began);
  } finally {
    sides.remove();
  }
}

/** Why Erlang cannot be measured; a peer that is missing is named as missing, and no reason not to measure. */
async function erlangIsMissing(install: boolean, say: (line: string) => void): Promise<string | undefined> {
  try {
    await ensure(BENCH_NEEDS, { install, say });
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof FirmwareError)) throw thrown;
    const packages = missing(BENCH_NEEDS).flatMap((need) => ('package' in need ? [need.package] : []));
    return `${[...new Set(packages)].join(', ')} is not installed (${thrown.code})`;
  }
}

function resultOf(
  records: ReadonlyMap<Series, Record[]>,
  leftOut: readonly Absence[],
  quick: boolean,
  began: number,
): BenchResult {
  const measurements: Measurement[] = [];
  const absent: Absence[] = [...leftOut];
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
    environment: environment({
      'Erlang/OTP': otp?.facts.get('otp') ?? 'not run',
      guard:
        [...records.values()]
          .flat()
          .find(({ facts }) => facts.has('guard'))
          ?.facts.get('guard') ?? 'not run',
    }),
    method: METHOD,
    measurements,
    absent,
    gates: gatesOf(measurements, absent),
    timelines: timelinesOf(records),
  };
}

/** Of each side, the middle one of the first round. */
function timelinesOf(records: ReadonlyMap<Series, Record[]>): Timeline[] {
  return [...records].flatMap(([{ case: name, title, side }, [first]]) => {
    const line =
      name === 'gap-single' && first?.unavailable === undefined ? first?.timeline(BEFORE_MS) : undefined;
    return line === undefined ? [] : [{ case: name, title, side, ...line }];
  });
}

const METRICS = { window: 'window', gap: 'largest gap', each: 'each', stall: 'stall' } as const;

function measured({ case: name, title, side, metric, job }: Series, taken: readonly Record[]): Measurement[] {
  const messages = taken.reduce((sum, record) => sum + record.messages, 0);
  const entry = (label: string, rounds: number[][], mayBeNone = false): Measurement => {
    const samples = rounds.flat();
    const isTime = (sample: number) => Number.isFinite(sample) && (mayBeNone ? sample >= 0 : sample > 0);
    if (samples.length === 0 || !samples.every(isTime))
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
      ...(job.kind === 'swap' && { size: job.entries }),
    };
  };
  // Only hitless tells it, and a control has none.
  const stalls =
    job.kind === 'swap' && taken.every((record) => record.stalls.length > 0)
      ? [
          entry(
            METRICS.stall,
            taken.map((record) => record.stalls.map(({ longest }) => longest)),
          ),
          entry(
            'stalls, sum',
            taken.map((record) => record.stalls.map(({ sum }) => sum)),
            // Short ones do not count: of a swap that has no other, the sum is zero.
            true,
          ),
        ]
      : [];
  if (metric === 'gap')
    return [
      entry(
        METRICS.gap,
        taken.map(({ gaps }) => gaps),
      ),
      ...stalls,
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
    ...stalls,
    ...(name === 'single' && side !== 'restart'
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
  // With --only, those that it leaves nothing of are not told.
  const known = new Set([...measurements, ...absent].map((each) => each.case));
  return GATES.filter(({ of, by }) => known.has(of[0]) && (by === undefined || known.has(by[0]))).map(
    ({ name, statistic, of, by, metric, atMost }) => {
      const find = ([wanted, side]: readonly [string, string]) =>
        measurements.find((m) => m.case === wanted && m.side === side && m.metric === METRICS[metric])?.[
          statistic
        ];
      const reason = absent.find((each) => each.case === of[0] && each.side === of[1])?.reason ?? '';
      if (by === undefined) return gate(name, of[1], find(of), 1, atMost, reason);
      const what = of[0] === by[0] ? `${of[1]} / ${by[1]}` : `${of[1]} ${of[0]} / ${by[1]} ${by[0]}`;
      return gate(name, what, find(of), find(by), atMost, reason);
    },
  );
}
