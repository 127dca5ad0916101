/** What the swap bench measures, on which side, and which figures are promised (the gates). */
import type { Job, SwapJob } from './job.ts';

export type Side = 'hitless' | 'erlang' | 'restart';

/** One series of measurements. */
export interface Series {
  case: string;
  title: string;
  side: Side;
  /** What is taken from the record. */
  metric: 'window' | 'gap' | 'each';
  job: Job;
}

/** `of` divided by `by` may be `atMost`; without `by`, `of` itself, in µs. */
export interface GateOrder {
  name: string;
  statistic: 'median' | 'p99';
  of: readonly [caseA: string, sideA: Side];
  by?: readonly [caseB: string, sideB: Side];
  metric: Series['metric'] | 'stall';
  atMost: number;
}

/** Messages per second to each server, where there is a stream and no other rate is told. */
export const RATE = 10_000;
/** Messages that wait at a server where they come as fast as it takes them. */
const FLOOD = 256;
/** How long each swap is observed for gaps, at least, in ms; the control exactly so. */
export const OBSERVE_MS = 10;
/** The most servers of one job. */
export const SERVERS = 10;

interface Scale {
  swaps: number;
  /** Entries of the largest state that is adopted. */
  many: number;
  observations: number;
  /** Swaps of a table with 1 k, 10 k and 100 k entries. */
  migrations: readonly [number, number, number];
  /** Restarts of a process. */
  restarts: number;
  warmup: number;
  batches: number;
}

const FULL: Scale = {
  swaps: 100,
  many: 1_000_000,
  observations: 30,
  migrations: [60, 30, 8],
  restarts: 8,
  warmup: 20,
  batches: 100,
};
const QUICK: Scale = {
  swaps: 25,
  many: 100_000,
  observations: 8,
  migrations: [10, 6, 3],
  restarts: 3,
  warmup: 5,
  batches: 20,
};
/** To see that every kind works: no figure means anything. */
const LEAST: Scale = {
  swaps: 4,
  many: 1_000,
  observations: 2,
  migrations: [2, 2, 1],
  restarts: 1,
  warmup: 1,
  batches: 3,
};

/** What `--quick` has no time for. */
const LEFT_OUT_WHEN_QUICK = [
  'single-finish',
  'single-inside',
  'entries-1k',
  'gap-none-1k',
  'gap-1k',
  'gap-200k',
  'gap-abort',
  'gap-group-10',
  'gap-entries-many',
];

export type Size = 'full' | 'quick' | 'least';

/** With why it is not measured, where it is not. */
export function seriesOf(size: Size): (Series & { leftOut?: string })[] {
  const scale = { full: FULL, quick: QUICK, least: LEAST }[size];
  return seriesAt(scale).map((series) =>
    size === 'quick' && LEFT_OUT_WHEN_QUICK.includes(series.case)
      ? { ...series, leftOut: 'left out by --quick' }
      : series,
  );
}

function seriesAt({ swaps, many, observations, migrations, restarts, warmup, batches }: Scale): Series[] {
  const base: SwapJob = {
    kind: 'swap',
    servers: 1,
    entries: 10,
    migrate: false,
    code: 0,
    hot: false,
    abort: false,
    load: 'before',
    first: 'waiting',
    swaps,
    warmup,
    rate: 0,
    flood: 0,
    observe: 0,
    observations: 0,
  };
  const stream = { rate: RATE, observe: OBSERVE_MS, observations, swaps: observations };
  // Its client waits for each answer before it sends the next request.
  const restarted = { flood: 1, rate: 0, swaps: restarts, observations: restarts, warmup: 1 };
  const series = (
    metric: 'window' | 'gap',
    name: string,
    title: string,
    sides: readonly Side[],
    change: Partial<SwapJob>,
  ): Series[] =>
    sides.map((side) => ({
      case: name,
      title,
      side,
      metric,
      job: {
        ...base,
        ...(metric === 'gap' && stream),
        ...change,
        ...(side === 'restart' && { ...restarted, observe: OBSERVE_MS }),
      },
    }));
  type Order = [name: string, title: string, sides: readonly Side[], change: Partial<SwapJob>];
  const quiet = (...order: Order) => series('window', ...order);
  const streamed = (...order: Order) => series('gap', ...order);
  const talk = (kind: 'ask' | 'send', title: string, size: number): Series[] =>
    both.map((side) => ({ case: kind, title, side, metric: 'each', job: { kind, batches, size } }));
  const both = ['hitless', 'erlang'] as const;
  const all = [...both, 'restart'] as const;
  const migrate = (entries: number, times: number, name: string) =>
    quiet(`migrate-${name}`, `${name} entries, each migrated`, all, {
      entries,
      migrate: true,
      swaps: times,
      warmup: 2,
    });
  const flat = {
    rate: 0,
    flood: FLOOD,
    warmup: Math.min(warmup, 5),
    observations: Math.ceil(observations / 3),
  };
  return [
    ...quiet('single', 'one module, fresh code', all, {}),
    ...quiet('single-hot', 'one module, code that ran before', ['hitless'], { hot: true }),
    ...quiet('single-call', 'one module, first call after the swap', ['erlang'], { first: 'call' }),
    ...quiet('single-finish', 'one module, code prepared before and finished inside', ['erlang'], {
      load: 'finish',
    }),
    ...quiet('single-inside', 'one module, code loaded inside', ['erlang'], { load: 'inside' }),
    ...quiet('single-200k', 'one module with 200 kB of code', ['hitless'], { code: 200_000 }),
    ...quiet('abort', 'one module, the new version fails', both, { abort: true }),
    ...quiet('group', 'three modules together', both, { servers: 3 }),
    ...quiet('group-call', 'three modules, first call after the swap', ['erlang'], {
      servers: 3,
      first: 'call',
    }),
    ...quiet('group-10', 'ten modules together', both, { servers: SERVERS }),
    ...quiet('entries-0', 'state with 0 entries, adopted', both, { entries: 0 }),
    ...quiet('entries-1k', 'state with 1,000 entries, adopted', both, { entries: 1_000 }),
    ...quiet('entries-many', `state with ${count(many)} entries, adopted`, both, { entries: many }),
    ...migrate(1_000, migrations[0], '1k'),
    ...migrate(10_000, migrations[1], '10k'),
    ...migrate(100_000, migrations[2], '100k'),
    ...streamed('gap-none-1k', 'stream of 1k/s, no swap', both, { rate: 1_000, swaps: 0 }),
    ...streamed('gap-1k', 'stream of 1k/s, one module', both, { rate: 1_000 }),
    ...streamed('gap-none', 'stream of 10k/s, no swap', both, { swaps: 0 }),
    ...streamed('gap-single', 'stream of 10k/s, one module', all, {}),
    ...streamed('gap-none-flat', 'flat-out stream, no swap', both, { ...flat, swaps: 0 }),
    ...streamed('gap-flat', 'flat-out stream, one module', both, { ...flat, swaps: flat.observations }),
    ...streamed('gap-200k', 'stream of 10k/s, one module with 200 kB of code', ['hitless'], {
      code: 200_000,
    }),
    ...streamed('gap-abort', 'stream of 10k/s, the new version fails', both, { abort: true }),
    ...streamed('gap-group', 'stream of 10k/s, three modules', both, { servers: 3 }),
    ...streamed('gap-group-10', 'stream of 10k/s, ten modules', both, { servers: SERVERS }),
    ...streamed('gap-entries-many', `stream of 10k/s, ${count(many)} entries adopted`, both, {
      entries: many,
    }),
    ...streamed('gap-migrate-100k', 'stream of 10k/s, 100k entries migrated', both, {
      entries: 100_000,
      migrate: true,
      swaps: migrations[2],
      observations: migrations[2],
      warmup: 2,
    }),
    ...talk('ask', 'request and answer', 1_000),
    ...talk('send', 'message to another module', 10_000),
  ];
}

function count(entries: number): string {
  return entries.toLocaleString('en');
}

const window = 'window' as const;
const gap = 'gap' as const;

/** The stall in µs, and the largest gap as a share of Erlang's. */
const GOALS: readonly [name: string, stall: number, share: number][] = [
  ['single', 100, 1 / 2],
  ['group', 150, 1 / 2],
  ['group-10', 400, 1],
];

export const GATES: readonly GateOrder[] = [
  ...(['single', 'group'] as const).flatMap((name): GateOrder[] => [
    {
      name: `${name}: window, median`,
      statistic: 'median',
      of: [name, 'hitless'],
      by: [`${name}-call`, 'erlang'],
      metric: window,
      atMost: 1 / 2,
    },
    {
      name: `${name}: window, p99`,
      statistic: 'p99',
      of: [name, 'hitless'],
      by: [`${name}-call`, 'erlang'],
      metric: window,
      atMost: 1,
    },
  ]),
  ...GOALS.flatMap(([name, stall, share]): GateOrder[] => [
    {
      name: `${name}: stall in µs, median`,
      statistic: 'median',
      of: [name, 'hitless'],
      metric: 'stall',
      atMost: stall,
    },
    ...(['median', 'p99'] as const).map(
      (statistic): GateOrder => ({
        name: `${name}: largest gap, ${statistic}`,
        statistic,
        of: [`gap-${name}`, 'hitless'],
        by: [`gap-${name}`, 'erlang'],
        metric: gap,
        atMost: statistic === 'median' ? share : 1,
      }),
    ),
  ]),
  {
    name: 'many entries adopted as fast as none',
    statistic: 'median',
    of: ['entries-many', 'hitless'],
    by: ['entries-0', 'hitless'],
    metric: window,
    atMost: 1.1,
  },
  {
    name: '100k entries migrated: window',
    statistic: 'median',
    of: ['migrate-100k', 'hitless'],
    by: ['migrate-100k', 'erlang'],
    metric: window,
    atMost: 1 / 100,
  },
  {
    name: '100k entries migrated: largest gap',
    statistic: 'median',
    of: ['gap-migrate-100k', 'hitless'],
    by: ['gap-migrate-100k', 'erlang'],
    metric: gap,
    atMost: 1 / 30,
  },
  {
    name: 'the new version fails: window',
    statistic: 'median',
    of: ['abort', 'hitless'],
    by: ['abort', 'erlang'],
    metric: window,
    atMost: 1,
  },
  {
    name: 'beside a restart of a Node process: window',
    statistic: 'median',
    of: ['single', 'hitless'],
    by: ['single', 'restart'],
    metric: window,
    atMost: 1 / 100,
  },
  {
    name: 'beside a restart: largest gap',
    statistic: 'median',
    of: ['gap-single', 'hitless'],
    by: ['gap-single', 'restart'],
    metric: gap,
    atMost: 1 / 10,
  },
  {
    name: 'request and answer',
    statistic: 'median',
    of: ['ask', 'hitless'],
    by: ['ask', 'erlang'],
    metric: 'each',
    atMost: 1 / 3,
  },
];
