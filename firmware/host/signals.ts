/** Signals to the router: those that end it in order, and one that does not. */
import { isatty } from 'node:tty';
import type { LogLevel } from '../../runtime/index.ts';

/** Exit codes: a shell's, but for the signal by which service managers stop what they started. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 0, SIGHUP: 129 } as const;

export type EndingSignal = keyof typeof EXIT_CODES;

/**
 * Resolves with the first signal that is to end the router. A hang-up ends it only where it was started on a
 * terminal, which is gone then. To others the signal means "read your configuration again", which is told to be
 * impossible.
 */
export function endingSignal(tell: (level: LogLevel, text: string) => void): Promise<EndingSignal> {
  // Looked at now: a terminal that hung up is none any more.
  const onTerminal = isatty(0);
  return new Promise((resolve) => {
    process.on('SIGINT', resolve).on('SIGTERM', resolve);
    process.on('SIGHUP', () => {
      if (onTerminal) resolve('SIGHUP');
      else
        tell(
          'warn',
          'SIGHUP is ignored: the configuration is read at the start only; restart the router to have it read again',
        );
    });
  });
}
