/** Measurements in rounds, in which all sides take turns: what slows the machine down for a while hits every side. */
import { environment } from './environment.ts';
import { BenchError } from './errors.ts';
import { type Gate, gate } from './gate.ts';
import type { Absence, BenchResult, Measurement } from './result.ts';
import { summarize } from './statistics.ts';

/** What one measurement gave. */
export interface Taken {
  /** Samples of each metric. */
  values: Record<string, readonly number[]>;
  /** Messages, packets or expiries that were proven to be handled, each exactly once. */
  messages: number;
  /** Such as the version of what was measured. */
  facts?: Record<string, string>;
}

export interface Series {
  case: string;
  title: string;
  side: string;
  /** Each metric's unit, in the order in which they are shown. */
  metrics: Record<string, string>;
  /** Once a round. Gives a reason when it cannot be measured here, and is not called again then. */
  measure(): Promise<Taken | { unavailable: string }>;
}

export interface Rounds {
  measurements: Measurement[];
  absent: Absence[];
  facts: Record<string, string>;
}

/**
 * Measures every series once a round. Every other round begins with the last one.
 * @throws BenchError `MEASURED_NOTHING`, and what a series throws
 */
export async function measureInRounds(
  series: readonly Series[],
  rounds: number,
  say: (line: string) => void,
): Promise<Rounds> {
  const taken = new Map<Series, Taken[]>(series.map((each) => [each, []]));
  const reasons = new Map<Series, string>();
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 === 1 ? series : series.toReversed();
    for (const [i, each] of order.entries()) {
      if (reasons.has(each)) continue;
      const since = performance.now();
      const found = await each.measure();
      if ('unavailable' in found) reasons.set(each, found.unavailable);
      else taken.get(each)!.push(found);
      const took = `${((performance.now() - since) / 1000).toFixed(1)} s`;
      say(`round ${round} of ${rounds}, ${i + 1} of ${order.length}: ${each.title}, ${each.side}, ${took}`);
    }
  }
  return {
    measurements: series.flatMap((each) => (reasons.has(each) ? [] : measured(each, taken.get(each)!))),
    absent: series.flatMap((each) => {
      const reason = reasons.get(each);
      return reason === undefined ? [] : [{ case: each.case, title: each.title, side: each.side, reason }];
    }),
    facts: Object.assign({}, ...[...taken.values()].flat().map(({ facts }) => facts)),
  };
}

function measured({ case: name, title, side, metrics }: Series, taken: readonly Taken[]): Measurement[] {
  const messages = taken.reduce((sum, each) => sum + each.messages, 0);
  return Object.entries(metrics).map(([metric, unit]) => {
    const rounds = taken.map(({ values }) => values[metric] ?? []);
    const samples = rounds.flat();
    if (messages === 0 || rounds.some(({ length }) => length === 0) || !samples.every(Number.isFinite))
      throw new BenchError(
        'MEASURED_NOTHING',
        `${name}, ${side}: ${metric} has ${samples.length} samples of ${messages} messages, or one that is no number`,
      );
    return {
      case: name,
      title,
      side,
      metric,
      unit,
      ...summarize(samples),
      rounds: rounds.map((round) => summarize(round).median),
      messages,
    };
  });
}

/** One measurement's figure. */
export type Figure = readonly [wanted: string, side: string, metric: string];

/** `of` divided by `by` may be `atMost`; without `by`, `of` itself, in the metric's unit. */
export interface GateOrder {
  name: string;
  statistic: 'median' | 'p99';
  of: Figure;
  by?: Figure;
  atMost: number;
}

/**
 * The result of a bench whose series were measured in rounds; gates of cases that were not asked for are left out.
 * @param began as `Date.now()` tells
 */
export function resultOf(
  about: { bench: string; quick: boolean; began: number; others: Record<string, string>; method: string[] },
  gates: readonly GateOrder[],
  series: readonly Series[],
  found: Rounds,
): BenchResult {
  const { bench, quick, began, others, method } = about;
  return {
    bench,
    quick,
    startedAt: new Date(began).toISOString(),
    seconds: Math.round((Date.now() - began) / 100) / 10,
    environment: environment(others),
    method,
    measurements: found.measurements,
    absent: found.absent,
    gates: gatesOf(
      gates.filter(({ of: [name] }) => series.some((each) => each.case === name)),
      found,
    ),
  };
}

export function gatesOf(orders: readonly GateOrder[], { measurements, absent }: Rounds): Gate[] {
  return orders.map(({ name, statistic, of, by, atMost }) => {
    const find = ([wanted, side, metric]: Figure) =>
      measurements.find((m) => m.case === wanted && m.side === side && m.metric === metric)?.[statistic];
    const missing = [of, ...(by === undefined ? [] : [by])].find((figure) => find(figure) === undefined);
    const reason = absent.find((each) => each.case === missing?.[0] && each.side === missing[1])?.reason;
    if (by === undefined) return gate(name, of[1], find(of), 1, atMost, reason);
    const what = of[1] === by[1] ? `${of[0]} / ${by[0]}` : `${of[1]} / ${by[1]}`;
    return gate(name, what, find(of), find(by), atMost, reason);
  });
}
