/**
 * A router's measurements, in the shape in which all benches of hitless tell it: a page is made of it by
 * `hitless bench`, on a machine that has a screen.
 */
import type { Environment } from './environment.ts';
import { type Summary, summarize } from './statistics.ts';

/** One quantity on one side. */
export interface Measurement extends Summary {
  /** Which case of the bench, such as `group`. */
  case: string;
  title: string;
  /** `hitless`, or what is measured beside it. */
  side: string;
  metric: string;
  unit: string;
  /** The median of each round: how far they lie apart tells the noise. */
  rounds: number[];
  /** Messages that were sent and handled, each exactly once, while this was measured. */
  messages: number;
  /** How much it was done with, such as entries of a state: what a plot against size shows. */
  size?: number;
}

/** When messages were handled around one event, such as a swap. */
export interface Timeline {
  case: string;
  title: string;
  side: string;
  /** In ms since the event began, one for each message handled, in order. */
  handled: number[];
  /** When the event ended, in ms since it began. */
  ended: number;
}

/** A router has nobody to be measured beside, so nothing is absent and no ratio is promised. */
export interface MeasuredResult {
  bench: string;
  quick: boolean;
  startedAt: string;
  /** Seconds that it all took. */
  seconds: number;
  environment: Environment;
  /** How it was measured, in sentences. */
  method: string[];
  measurements: Measurement[];
  absent: never[];
  gates: never[];
  command: string;
  timelines?: Timeline[];
}

/** Parts in a row whose medians are told: how far they lie apart tells the noise. */
const ROUNDS = 5;

/** One quantity, of samples in µs in the order in which they were taken. */
export function measurementOf(
  samples: readonly number[],
  what: { case: string; title: string; metric: string; messages: number },
): Measurement {
  const size = Math.ceil(samples.length / ROUNDS);
  const rounds: number[] = [];
  for (let i = 0; i < samples.length; i += size) rounds.push(summarize(samples.slice(i, i + size)).median);
  return { ...what, side: 'hitless', unit: 'µs', ...summarize(samples), rounds };
}
