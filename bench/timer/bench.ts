/**
 * `bench timer`: how late a module's timers are, idle and beside a busy process per processor, with the ordinary
 * scheduling policy and under real-time priority; beside `cyclictest` and Node's own `setTimeout`.
 */
import { spawnSync } from 'node:child_process';
import { systemPath } from '../../firmware/host/needs.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { underLoad } from '../load.ts';
import { CYCLICTEST_NEEDS, lacking } from '../peer-needs.ts';
import { PRIORITY, refusedPriority } from '../priority.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import { cyclictest, readHistogram } from './cyclictest.ts';
import type { TimerJob, TimerRecord } from './job.ts';

const ROUNDS = { full: 3, quick: 1 };
/** Periods in ms, and how many expiries of each are measured in a round. */
const COUNTS = { full: { 1: 500, 5: 120 }, quick: { 5: 50 } };
/** Where a gate looks at the 99th percentile, that must be more than the third one from the end. */
const GATED: Record<number, number> = { 1: 500, 5: 300 };
/** Expiries before those that are measured. */
const WARMUP = 100;

const CASES = ['idle', 'load', 'rt-idle', 'rt-load'] as const;
type Case = (typeof CASES)[number];

const SETTINGS: Record<Case, { title: string; load: boolean; priority: number | undefined }> = {
  idle: { title: 'idle', load: false, priority: undefined },
  load: { title: 'under load', load: true, priority: undefined },
  'rt-idle': { title: 'real-time, idle', load: false, priority: PRIORITY },
  'rt-load': { title: 'real-time, under load', load: true, priority: PRIORITY },
};

const PRECISE = 'hitless precise';
const OURS: Record<string, TimerJob['timers']> = {
  hitless: 'module',
  [PRECISE]: 'precise',
  setTimeout: 'setTimeout',
};
const PEER = 'cyclictest';

const LATENESS = 'lateness';
const PROCESSOR = 'processor';

const METHOD = [
  "lateness: from the time at which an expiry is due to its handler. hitless: a module's handler, through heap, mailbox and scheduler; setTimeout: a callback that sets itself again for the next due time; cyclictest: a thread in C that sleeps until it. Expiries that come together, when something held them up, are one sample, the first one's.",
  'processor: time used by the process, in % of one processor; what precise timers cost.',
  `under load: one busy process per processor beside. real-time: SCHED_FIFO ${PRIORITY}, for cyclictest with locked memory.`,
  "cyclictest is the control too: its lateness is the machine's own.",
];

const GATES: readonly GateOrder[] = (['rt-idle', 'rt-load'] as const).flatMap((setting) =>
  [1, 5].map(
    (period): GateOrder => ({
      name: `${SETTINGS[setting].title}, every ${period} ms, precise: p99`,
      statistic: 'p99',
      of: [nameOf(setting, period), PRECISE, LATENESS],
      by: [nameOf(setting, period), PEER, LATENESS],
      atMost: 1.5,
    }),
  ),
);

function nameOf(setting: Case, period: number): string {
  return `${setting}-${period}ms`;
}

export const timer: Bench = {
  help: 'lateness of timers beside cyclictest and setTimeout, idle and under load, real-time, precise',
  cases: CASES,
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
  const missingPeer = await lacking(CYCLICTEST_NEEDS, { install, say });
  const missingPriority = await refusedPriority({ install, say });
  const programs = new Programs();
  try {
    const program = await programs.build('timer/program.ts');
    const counts = Object.entries(quick ? COUNTS.quick : COUNTS.full);
    const series = CASES.filter((each) => only.length === 0 || only.includes(each)).flatMap((setting) =>
      counts
        .map(([period, count]) => ({ period: Number(period), count }))
        .flatMap(({ period, count }) =>
          [...Object.keys(OURS), PEER].map(
            (side): Series => ({
              case: nameOf(setting, period),
              title: `${SETTINGS[setting].title}, every ${period} ms`,
              side,
              metrics: side === PEER ? { [LATENESS]: 'µs' } : { [LATENESS]: 'µs', [PROCESSOR]: '%' },
              measure: async () => {
                const { load, priority } = SETTINGS[setting];
                const gated = !quick && priority !== undefined && (side === PEER || side === PRECISE);
                const wanted = gated ? GATED[period]! : count;
                if (priority !== undefined && missingPriority !== undefined)
                  return { unavailable: missingPriority };
                if (side === PEER && missingPeer !== undefined) return { unavailable: missingPeer };
                const take = () =>
                  side === PEER
                    ? takePeer(programs, period, wanted, priority)
                    : takeOurs(
                        programs,
                        program,
                        { timers: OURS[side]!, period, count: wanted, warmup: WARMUP },
                        priority,
                      );
                return load ? underLoad(take) : take();
              },
            }),
          ),
        ),
    );
    const found = await measureInRounds(series, rounds, say);
    const about = {
      bench: 'timer',
      quick,
      began,
      others: { 'rt-tests': missingPeer === undefined ? versionOfPeer() : 'not run' },
      method: METHOD,
    };
    return resultOf(about, GATES, series, found);
  } finally {
    programs.remove();
  }
}

async function takePeer(
  programs: Programs,
  period: number,
  count: number,
  priority: number | undefined,
): Promise<Taken> {
  const printed = await programs.run('cyclictest', cyclictest(period, count, priority));
  const { samples, cycles } = readHistogram(printed);
  if (cycles !== count)
    throw new BenchError('MEASURED_NOTHING', `cyclictest made ${cycles} cycles instead of ${count}`);
  return { values: { [LATENESS]: samples }, messages: cycles };
}

async function takeOurs(
  programs: Programs,
  program: string,
  job: TimerJob,
  priority: number | undefined,
): Promise<Taken> {
  const before = priority === undefined ? [] : ['chrt', '-f', String(priority)];
  const { lateness, processor, due, seen } = await programs.measure<TimerRecord>(job.timers, program, job, {
    before,
  });
  if (due !== seen || lateness.length < job.count)
    throw new BenchError(
      'MEASURED_NOTHING',
      `${job.timers}: ${due} expiries were due, ${seen} were seen and ${lateness.length} measured`,
    );
  const early = lateness.filter((us) => us < 0).length;
  if (early > 0) throw new BenchError('MEASURED_NOTHING', `${job.timers}: ${early} expiries came early`);
  return { values: { [LATENESS]: lateness, [PROCESSOR]: [processor] }, messages: seen };
}

function versionOfPeer(): string {
  const { stdout, stderr } = spawnSync('cyclictest', ['--help'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: systemPath() },
  });
  return /cyclictest V (\S+)/.exec(stdout + stderr)?.[1] ?? 'of an unknown version';
}
