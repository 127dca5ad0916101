/** Signals to the router: those that end it in order, and one by which it reads its configuration again. */
import { isatty } from 'node:tty';

/** Exit codes: a shell's, but for the signal by which service managers stop what they started. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 0, SIGHUP: 129 } as const;

export type EndingSignal = keyof typeof EXIT_CODES;

/**
 * Resolves with the first signal that is to end the router. A hang-up ends it only where it was started on a
 * terminal, which is gone then.
 * @param reload called by the signal where there is no terminal: it means "read your configuration again" then
 */
export function endingSignal(reload: () => void): Promise<EndingSignal> {
  // Looked at now: a terminal that hung up is none any more.
  const onTerminal = isatty(0);
  return new Promise((resolve) => {
    process.on('SIGINT', resolve).on('SIGTERM', resolve);
    process.on('SIGHUP', () => {
      if (onTerminal) resolve('SIGHUP');
      else reload();
    });
  });
}
