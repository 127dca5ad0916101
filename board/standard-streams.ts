/**
 * Standard output and error whose reader may go (`hitless image … | head`) or whose disk may be full. Either comes as
 * an `error` event, which ends a program that does not listen, with a stack.
 */

/** To be called once, before anything is written. The work goes on when a reader has enough, and its exit code is right. */
export function endureLostOutput(): void {
  let failure: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'EPIPE') failure ??= thrown;
  });
  process.stderr.on('error', () => {});
  process.on('exit', (code) => {
    if (failure === undefined) return;
    if (code === 0) process.exitCode = 2;
    process.stderr.write(
      `hitless: OUTPUT_LOST: standard output could not be written (${failure.message}): free space, or write elsewhere\n`,
    );
  });
}
