/** Times in words: in the log, in errors, and in what a configuration allows. */

const UNITS = { h: 3_600_000, m: 60_000, s: 1000 } as const;

/** A time in the largest unit that keeps it a whole number, else in seconds: 1,800,000 is `30m`, 2,500 is `2.5s`. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of Object.entries(UNITS))
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}
