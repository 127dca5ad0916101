/** Medians, p99 and histograms, the same as a router reckons on its own board; and what noise looks like in them. */
export { type Histogram, type Summary, summarize } from '../firmware/measure/statistics.ts';

/** Medians of rounds that lie further apart than this factor were disturbed by something. */
export const NOISY = 1.5;

/** Whether the medians of the rounds disagree so much that the figure is to be read with care. */
export function isNoisy(rounds: readonly number[]): boolean {
  if (rounds.length < 2) return false;
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  return most > 0 && !(most <= least * NOISY);
}
