/** Checks of what module code hands to its context: a mistake is the handler's error, not the runtime's. */
import { HitlessError } from './errors.ts';

/** The longest time that any call takes, in ms: a year. */
const LONGEST_MS = 365 * 24 * 3_600_000;

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkString(call: string, name: string, value: unknown): asserts value is string {
  if (typeof value === 'string') return;
  throw new HitlessError('ARGUMENT_INVALID', `${call}: ${name} must be a string, not a ${typeof value}`);
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkMs(call: string, name: string, value: unknown, least: number, most = LONGEST_MS): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  const found = typeof value === 'number' ? String(value) : `a ${typeof value}`;
  throw new HitlessError(
    'ARGUMENT_INVALID',
    `${call}: ${name} must be milliseconds from ${least} to ${most}, not ${found}`,
  );
}
