/** Durations as a person types them at the console: `2s`, `500ms`, or a plain number of seconds as in the paper's `SetTimer 2`. */
import { parseDuration as parseTime } from '../config/duration.ts';
import { FirmwareError } from '../errors.ts';

const LONGEST_MS = 3_600_000;

/**
 * @returns whole milliseconds, from 1 to an hour
 * @throws FirmwareError `DURATION_INVALID`
 */
export function parseDuration(text: string): number {
  const wrong = (what: string): never => {
    throw new FirmwareError(
      'DURATION_INVALID',
      `"${text.slice(0, 60)}" ${what}; write 2s, 500ms, or a plain number of seconds, from 1ms to 1 hour (3600s)`,
    );
  };
  const time = parseTime(/^[\d.]+$/.test(text) ? `${text}s` : text.toLowerCase());
  const ms = 'ms' in time ? time.ms : wrong('is no duration in whole milliseconds');
  if (ms < 1) wrong('is too short');
  if (ms > LONGEST_MS) wrong('is too long');
  return ms;
}
