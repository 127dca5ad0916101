/**
 * `bench deadline`: how long after its deadline a transaction is decided when a module is busy, waits for an answer that
 * never comes, or spins; beside a `setTimeout` that should give the same work up.
 */
import type { Bench, BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import type { DeadlineJob, DeadlineRecord, Obstacle } from './job.ts';

const ROUNDS = { full: 2, quick: 1 };
/** Preparation times in ms, and how many decisions of each are measured in a round. */
const SAMPLES = { full: { 20: 60, 50: 30 }, quick: { 20: 12, 50: 6 } };
const WARMUP = 3;
/** A program that has not given up after this many ms never does. */
const NEVER_MS = 1_500;

const TITLES: Record<Exclude<Obstacle, 'nothing'>, string> = {
  busy: 'a busy module',
  suspended: 'a module that waits for an answer',
  spinning: 'a module that spins',
};
const OBSTACLES = Object.keys(TITLES) as (keyof typeof TITLES)[];

const LATENESS = 'lateness';
const BESIDE = 'of a setTimeout in the same process';
const OURS = 'hitless';
const PEER = 'setTimeout';

const METHOD = [
  'lateness: from the end of the preparation time to the decision. hitless: as the report tells it, checked against the time that the whole command took; setTimeout: until the callback of the deadline that one would write beside the same work.',
  '"of a setTimeout in the same process": armed for the same moment just before the command. It can fire beside a module that spins only because the guard cuts that.',
  'busy: isQuiescent() says that it is not (setTimeout: work that is looked at in every turn of the event loop). Waiting: a handler that asked and is not answered. Spinning: `for (;;)` in isQuiescent(). The old version goes on after every decision.',
  "no work: a setTimeout in a process that does nothing else, the control: its lateness is the machine's and the event loop's own.",
];

const GATES: readonly GateOrder[] = OBSTACLES.map(
  (obstacle): GateOrder => ({
    name: `${TITLES[obstacle]}: lateness after 50 ms, median`,
    statistic: 'median',
    of: [`${obstacle}-50`, OURS, LATENESS],
    by: ['control-50', PEER, LATENESS],
    atMost: 1.5,
  }),
);

export const deadline: Bench = {
  help: 'lateness of the decision against modules that are busy, wait or spin, beside setTimeout',
  cases: [...OBSTACLES, 'control'],
  run,
};

async function run({
  quick,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  only,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const programs = new Programs();
  try {
    const program = await programs.build('deadline/program.ts');
    const wanted = (name: string) => only.length === 0 || only.includes(name);
    const series = Object.entries(quick ? SAMPLES.quick : SAMPLES.full).flatMap(([ms, samples]) => {
      const granted = Number(ms);
      const job = { granted, samples, warmup: WARMUP };
      const pair = (obstacle: keyof typeof TITLES): Series[] => {
        const what = { case: `${obstacle}-${granted}`, title: `${TITLES[obstacle]}, ${granted} ms` };
        const endless = obstacle === 'spinning';
        return [
          {
            ...what,
            side: OURS,
            metrics: { [LATENESS]: 'µs', [BESIDE]: 'µs' },
            measure: () => take(programs, program, { ...job, obstacle, by: 'transaction' }),
          },
          {
            ...what,
            side: PEER,
            metrics: { [LATENESS]: 'µs' },
            measure: () =>
              endless
                ? never(programs, program, job)
                : take(programs, program, { ...job, obstacle, by: 'setTimeout' }),
          },
        ];
      };
      const control: Series = {
        case: `control-${granted}`,
        title: `no work, ${granted} ms`,
        side: PEER,
        metrics: { [LATENESS]: 'µs' },
        measure: () => take(programs, program, { ...job, obstacle: 'nothing', by: 'setTimeout' }),
      };
      return [...OBSTACLES.filter(wanted).flatMap(pair), ...(wanted('control') ? [control] : [])];
    });
    const found = await measureInRounds(series, rounds, say);
    const about = { bench: 'deadline', quick, began, others: {}, method: METHOD };
    return resultOf(about, GATES, series, found);
  } finally {
    programs.remove();
  }
}

async function take(programs: Programs, program: string, job: DeadlineJob): Promise<Taken> {
  const who = `${job.obstacle}, ${job.by}`;
  const { late, beside, aborted } = await programs.measure<DeadlineRecord>(who, program, job);
  if (aborted !== job.samples || late.length !== job.samples)
    throw new BenchError(
      'MEASURED_NOTHING',
      `${who}: of ${job.samples} decisions ${aborted} gave the work up, and ${late.length} were measured`,
    );
  return { values: { [LATENESS]: late, [BESIDE]: beside }, messages: aborted };
}

/** Proves that the timer's callback is never called. */
async function never(
  programs: Programs,
  program: string,
  { granted }: Pick<DeadlineJob, 'granted'>,
): Promise<Taken | { unavailable: string }> {
  const job: DeadlineJob = { obstacle: 'spinning', by: 'setTimeout', granted, samples: 1, warmup: 0 };
  try {
    await programs.measure('spinning, setTimeout', program, job, { patience: NEVER_MS });
  } catch (thrown) {
    if (!(thrown instanceof BenchError) || !/was ended by SIGKILL/.test(thrown.message)) throw thrown;
    return {
      unavailable: `never: the loop lets no callback run; its process was killed after ${NEVER_MS / 1000} s`,
    };
  }
  throw new BenchError('MEASURED_NOTHING', 'a loop that never ends has ended');
}
