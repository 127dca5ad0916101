/** Reckons how long the event loop stands still: told of what is waited for, which does not count. */
export interface Waits {
  wait<T>(something: PromiseLike<T>): Promise<T>;
  /** Told of work that the event loop calls meanwhile, which counts. */
  within<T>(body: () => T): T;
}

/** Nobody is told of what is waited for. */
export const UNWATCHED: Waits = { wait: async (something) => something, within: (body) => body() };

let latest: Promise<unknown> = Promise.resolve();

/** The event loop has called what runs now: nobody has queued promise continuations before it. */
export let byLoop = false;

/** To be called by the event loop alone, with nothing else on the stack. */
export function calledByLoop<T>(body: () => T): T {
  byLoop = true;
  try {
    return body();
  } finally {
    byLoop = false;
  }
}

/**
 * A turn of the event loop, each caller's its own: messages, packets and timers of the others come first. To be taken
 * before each piece of work that stops the loop for long, such as one that enters the guard. Two without a turn between
 * would stop it for as long as both.
 * @param body work that the event loop calls: module code must not be called after an `await`, as the guard says
 */
export function turn(): Promise<void>;
export function turn<T>(body: () => T): Promise<T>;
export function turn<T>(body?: () => T): Promise<T | undefined> {
  const own = latest.then(() => called(body));
  latest = own.then(undefined, () => {});
  return own;
}

function called<T>(body: (() => T) | undefined): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(body && calledByLoop(body));
      } catch (thrown) {
        reject(thrown);
      }
    });
  });
}
