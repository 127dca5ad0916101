/**
 * Standard output and error whose reader may go (`hitless help | head`) or whose disk may be full. Either comes as an
 * `error` event, which ends a program that does not listen.
 */
import { isJournal, withPriority } from './journal.ts';

let failure: NodeJS.ErrnoException | undefined;

/** To be called once, before anything is written. */
export function endureLostOutput(): void {
  // Whoever closed a pipe has read enough. What the command does is still done, and its exit code is right.
  process.stdout.on('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'EPIPE') failure ??= thrown;
  });
  process.stderr.on('error', () => {});
}

/** Why a part of standard output is lost that somebody wanted; undefined where none is. */
export function lostOutput(): NodeJS.ErrnoException | undefined {
  return failure;
}

/** Tells what ended the program; in the journal, as an error. */
export function writeError(text: string): void {
  process.stderr.write(isJournal(2) ? withPriority('error', text) : text);
}
