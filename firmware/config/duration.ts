/**
 * Times as people write them in the configuration: a number and a unit (`500ms`, `1s`, `30m`, `1h`, `30d`). A number
 * without a unit is refused, because RFC 1256 counts seconds, RFC 9568 centiseconds and Node milliseconds.
 */
export { formatDuration } from '../modules/duration.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const FORM = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;

export type Duration = { ms: number } | { wrong: string };

/** Reads a time as whole milliseconds, or says what would have been allowed in its place. */
export function parseDuration(value: unknown): Duration {
  if (typeof value === 'number') {
    return {
      wrong: `a time with its unit, such as 500ms, 1s or 30m (${value} seconds are written ${value}s, ${value} milliseconds ${value}ms)`,
    };
  }
  const match = typeof value === 'string' ? FORM.exec(value) : null;
  if (match === null)
    return { wrong: 'a time: one number and one of the units ms, s, m, h, d, such as 500ms, 1s or 30m' };
  const exact = Number(match[1]) * UNITS[match[2] as string]!;
  // 40.95 * 1000 is not a whole number in binary; a difference this small is the multiplication's, not the user's.
  const ms = Math.round(exact);
  if (Math.abs(exact - ms) > 1e-6) return { wrong: 'a time in whole milliseconds, such as 500ms, 1s or 30m' };
  return { ms };
}
