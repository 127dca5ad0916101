/**
 * The router's heartbeat: who must know that the event loop still turns is told from the event loop itself, so that
 * a loop that hangs is silent. A board's watchdog then resets the board, a service manager restarts the program.
 */

/** Somebody who acts when nothing was heard for some time. */
export interface Listener {
  /** Between two beats, in ms: well below the time after which it acts. */
  every: number;
  beat(): void;
}

/** Begins at once; gives what ends it. A heartbeat keeps no program running. */
export function startHeartbeat(listeners: readonly Listener[]): () => void {
  const timers = listeners.map((listener) => {
    listener.beat();
    return setInterval(() => listener.beat(), listener.every).unref();
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
