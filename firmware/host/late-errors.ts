/** Errors that nobody caught: a module's end no router, the program's own do. */
import type { Runtime } from '../../runtime/index.ts';

/** Begins to listen; call what it returns to end it. */
export function outliveLateErrors(runtime: Runtime): () => void {
  const onError = (error: unknown): void => {
    if (runtime.blame(error) !== undefined) return;
    // As Node does it: only a start from new is sure to be sound.
    console.error(error);
    process.exit(1);
  };
  process.on('uncaughtException', onError);
  process.on('unhandledRejection', onError);
  return () => {
    process.off('uncaughtException', onError);
    process.off('unhandledRejection', onError);
  };
}
