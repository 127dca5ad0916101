/** Reckons how long the event loop stands still: told of what is waited for, which does not count. */
export interface Waits {
  wait<T>(something: PromiseLike<T>): Promise<T>;
}

/** Nobody is told of what is waited for. */
export const UNWATCHED: Waits = { wait: async (something) => something };

let latest: Promise<void> = Promise.resolve();

/**
 * A turn of the event loop, each caller's its own: messages, packets and timers of the others come first. To be awaited
 * before each piece of work that stops the loop for long, such as one that enters the guard: two without a turn between
 * would stop it for as long as both.
 */
export function turn(): Promise<void> {
  latest = latest.then(() => new Promise((resolve) => setImmediate(resolve)));
  return latest;
}
