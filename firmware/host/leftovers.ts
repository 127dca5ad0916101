/** Sees to it that the program ends: a bundle may have left an interval or a child behind that keeps it alive. */
import { writeError } from './standard-streams.ts';

/** The program's own work has so long to end, in ms. */
const PATIENCE_MS = 500;
/** A reader of the output has so long to take the rest of it, in ms. */
const FLUSH_MS = 1_000;

/** Ends the process with this code, also where something is left that would keep it alive; that is named then. */
export function endAnyway(code: number): void {
  // It keeps nothing alive itself: it comes only where something else does.
  setTimeout(() => {
    writeError(`hitless: ended, though a module left behind what goes on: ${leftovers()}\n`);
    setTimeout(() => process.exit(code), FLUSH_MS);
    const flushed = [process.stdout, process.stderr].map(
      (stream) => new Promise((resolve) => stream.write('', resolve)),
    );
    void Promise.all(flushed).then(() => process.exit(code));
  }, PATIENCE_MS).unref();
}

/** As Node names them: `2 × Timeout, ProcessWrap`. */
function leftovers(): string {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (
    [...counts].map(([name, count]) => (count > 1 ? `${count} × ${name}` : name)).join(', ') || 'unknown'
  );
}
