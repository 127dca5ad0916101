/** What the swap bench measures, on which side, and which figures are promised (the gates). */
import type { Job, SwapJob } from './job.ts';

/** One series of measurements. */
export interface Series {
  case: string;
  title: string;
  side: 'hitless' | 'erlang';
  /** What is taken from the record. */
  metric: 'window' | 'gap' | 'each';
  job: Job;
}

/** `a` divided by `b` may be `atMost`. */
export interface GateOrder {
  name: string;
  statistic: 'median' | 'p99';
  of: readonly [caseA: string, sideA: Series['side']];
  by: readonly [caseB: string, sideB: Series['side']];
  metric: Series['metric'];
  atMost: number;
}

/** Messages per second to each server, where there is a stream. */
export const RATE = 20_000;
/** How long each swap is observed for gaps, at least, in ms; the control exactly so. */
export const OBSERVE_MS = 10;

interface Scale {
  swaps: number;
  /** Entries of the large state that is adopted. */
  many: number;
  observations: number;
  /** Swaps of a table with 1 k, 10 k and 100 k entries. */
  migrations: readonly [number, number, number];
  warmup: number;
  batches: number;
}

const FULL: Scale = {
  swaps: 300,
  many: 1_000_000,
  observations: 60,
  migrations: [200, 100, 40],
  warmup: 20,
  batches: 100,
};
const QUICK: Scale = {
  swaps: 60,
  many: 100_000,
  observations: 12,
  migrations: [20, 10, 5],
  warmup: 5,
  batches: 20,
};

export function seriesOf(quick: boolean): Series[] {
  const { swaps, many, observations, migrations, warmup, batches } = quick ? QUICK : FULL;
  const base: SwapJob = {
    kind: 'swap',
    servers: 1,
    entries: 10,
    migrate: false,
    code: 0,
    load: 'before',
    first: 'waiting',
    swaps,
    warmup,
    rate: 0,
    observe: 0,
    observations: 0,
  };
  const stream = { rate: RATE, observe: OBSERVE_MS, observations, swaps: observations };
  const quiet = (
    name: string,
    title: string,
    sides: readonly Series['side'][],
    change: Partial<SwapJob>,
  ): Series[] =>
    sides.map((side) => ({ case: name, title, side, metric: 'window', job: { ...base, ...change } }));
  const streamed = (
    name: string,
    title: string,
    sides: readonly Series['side'][],
    change: Partial<SwapJob>,
  ): Series[] =>
    sides.map((side) => ({ case: name, title, side, metric: 'gap', job: { ...base, ...stream, ...change } }));
  const talk = (kind: 'ask' | 'send', title: string, size: number): Series[] =>
    both.map((side) => ({ case: kind, title, side, metric: 'each', job: { kind, batches, size } }));
  const both = ['hitless', 'erlang'] as const;
  const migrate = (entries: number, times: number, name: string) => [
    ...quiet(`migrate-${name}`, `${name} entries, each migrated`, both, {
      entries,
      migrate: true,
      swaps: times,
      warmup: 2,
    }),
  ];
  return [
    ...quiet('single', 'one module, fresh code', both, {}),
    ...quiet('single-call', 'one module, first call after the swap', ['erlang'], { first: 'call' }),
    ...quiet('single-finish', 'one module, code prepared before and finished inside', ['erlang'], {
      load: 'finish',
    }),
    ...quiet('single-inside', 'one module, code loaded inside', ['erlang'], { load: 'inside' }),
    ...quiet('single-200k', 'one module with 200 kB of code', ['hitless'], { code: 200_000 }),
    ...quiet('group', 'three modules together', both, { servers: 3 }),
    ...quiet('group-call', 'three modules, first call after the swap', ['erlang'], {
      servers: 3,
      first: 'call',
    }),
    ...quiet('entries-0', 'state with 0 entries, adopted', both, { entries: 0 }),
    ...quiet('entries-many', `state with ${count(many)} entries, adopted`, both, { entries: many }),
    ...migrate(1_000, migrations[0], '1k'),
    ...migrate(10_000, migrations[1], '10k'),
    ...migrate(100_000, migrations[2], '100k'),
    ...streamed('gap-none', 'stream, no swap', both, { swaps: 0 }),
    ...streamed('gap-single', 'stream, one module', both, {}),
    ...streamed('gap-200k', 'stream, one module with 200 kB of code', ['hitless'], { code: 200_000 }),
    ...streamed('gap-group', 'stream, three modules', both, { servers: 3 }),
    ...streamed('gap-entries-many', `stream, ${count(many)} entries adopted`, both, { entries: many }),
    ...streamed('gap-migrate-100k', 'stream, 100k entries migrated', both, {
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
    {
      name: `${name}: largest gap, median`,
      statistic: 'median',
      of: [`gap-${name}`, 'hitless'],
      by: [`gap-${name}`, 'erlang'],
      metric: gap,
      atMost: 1,
    },
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
