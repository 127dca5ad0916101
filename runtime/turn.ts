let latest: Promise<unknown> = Promise.resolve();

/**
 * A turn of the event loop, each caller's its own: messages, packets and timers of the others come first. To be taken
 * before each piece of work that stops the loop for long, such as one that enters the guard: two without a turn between
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
        resolve(body?.());
      } catch (thrown) {
        reject(thrown);
      }
    });
  });
}
