/**
 * Standard output and error whose reader may go (`hitless help | head`) or whose disk may be full. Either comes as an
 * `error` event, which ends a program that does not listen.
 */
import { isJournal, withPriority } from './journal.ts';

let failure: NodeJS.ErrnoException | undefined;
let isError = true;

/** To be called once, before anything is written. */
export function endureLostOutput(program = 'hitless'): void {
  // Whoever closed a pipe has read enough. What the command does is still done, and its exit code is right.
  process.stdout.on('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'EPIPE') failure ??= thrown;
  });
  process.stderr.on('error', () => {});
  process.on('exit', (code) => {
    if (failure === undefined || !isError) return;
    if (code === 0) process.exitCode = 2;
    const what = `standard output could not be written (${failure.message})`;
    writeError(`${program}: OUTPUT_LOST: ${what}: free space, or write elsewhere\n`);
  });
}

/** The output is a log: a part that is lost is no failure of the command. */
export function lostOutputIsNoError(): void {
  isError = false;
}

/** Tells what ended the program; in the journal, as an error. */
export function writeError(text: string): void {
  process.stderr.write(isJournal(2) ? withPriority('error', text) : text);
}
