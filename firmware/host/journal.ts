/**
 * Lines for systemd's journal: what standard output or error is connected to it by, `$JOURNAL_STREAM` says
 * (systemd.exec(5)). A line that begins with `<4>` has that priority there (sd-daemon(3)).
 */
import { fstatSync } from 'node:fs';
import type { LogLevel } from '../../runtime/index.ts';

/** As syslog(3) numbers them. */
const PRIORITY: Record<LogLevel, number> = { debug: 7, info: 6, warn: 4, error: 3 };

/**
 * A program that was started by the service may have other descriptors and the same environment, so the stream
 * itself is looked at.
 */
export function isJournal(descriptor: number, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (!environment.JOURNAL_STREAM) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return environment.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false; // a closed descriptor
  }
}

/** The text, each of its lines with the priority. */
export function withPriority(level: LogLevel, text: string): string {
  return text.replaceAll(/^(?=[^\n])/gm, `<${PRIORITY[level]}>`);
}
