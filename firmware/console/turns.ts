/**
 * Whose turn it is among the consoles. All of them together do one piece of work in a turn of the event loop: a
 * command, or some keys. However much they are sent, the router's own work comes in between.
 */

const waiting: (() => void)[] = [];
let scheduled = false;

/** Resolves when the caller may do a piece of work; in the order of the calls. */
export function consoleTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (scheduled || waiting.length === 0) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    const next = waiting.shift();
    schedule();
    next?.();
  });
}
