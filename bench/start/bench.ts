/** `bench start`: the memory of an empty `Runtime` and the CPU time to the first transaction, beside Node's own. */
import type { Bench, BenchOptions } from '../bench.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import type { Moment, StartRecord } from './job.ts';

const ROUNDS = { full: 3, quick: 1 };
/** Processes a round. */
const STARTS = { full: 10, quick: 2 };

const METRICS = { 'CPU time': 'ms', heap: 'kB', resident: 'kB' };

const METHOD = [
  'Each sample is a process of its own. CPU time: of all its threads since it began, which depends less on what else runs than the time that passes. heap: what JavaScript uses after a collection; resident: what of the process is in memory then.',
  'no runtime: a program that measures itself and nothing else. empty: the program has the library bundled into it, and `new Runtime()` is made. first transaction: a small module is provided as a text, compiled and added, and the transaction is committed; what the runtime runs once to warm itself is in it.',
];

export const start: Bench = {
  help: "memory of an empty Runtime and CPU time to the first transaction, beside Node's own start",
  cases: ['node', 'empty', 'first'],
  takes: { full: 30, quick: 3 },
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
    const [empty, program] = [
      await programs.build('start/empty.ts'),
      await programs.build('start/program.ts'),
    ];
    const starts = quick ? STARTS.quick : STARTS.full;
    const of = (
      name: string,
      title: string,
      side: string,
      path: string,
      moment: keyof StartRecord,
    ): Series => ({
      case: name,
      title,
      side,
      metrics: METRICS,
      measure: () => take(programs, side, path, starts, moment),
    });
    const series = [
      of('node', 'no runtime', 'node', empty, 'made'),
      of('empty', 'an empty runtime', 'hitless', program, 'made'),
      of('first', 'after the first transaction', 'hitless', program, 'first'),
    ].filter((each) => only.length === 0 || only.includes(each.case));
    const found = await measureInRounds(series, rounds, say);
    return resultOf({ bench: 'start', quick, began, others: {}, method: METHOD }, [], series, found);
  } finally {
    programs.remove();
  }
}

async function take(
  programs: Programs,
  who: string,
  program: string,
  starts: number,
  name: keyof StartRecord,
): Promise<Taken> {
  const moments: Moment[] = [];
  for (let i = 0; i < starts; i++)
    moments.push((await programs.measure<StartRecord>(who, program, {}))[name]!);
  return {
    values: {
      'CPU time': moments.map(({ cpu }) => cpu),
      heap: moments.map(({ heap }) => heap),
      resident: moments.map(({ resident }) => resident),
    },
    messages: starts,
  };
}
