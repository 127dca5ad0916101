/**
 * The router's heartbeat: whatever acts when the event loop hangs is told from the event loop itself, so that a loop that
 * hangs is silent. A board's watchdog then resets the board, a service manager restarts the program.
 */

/** A listener acts when it heard nothing for some time. */
export interface Listener {
  /** Between two beats, in ms: well below the time after which it acts. */
  every: number;
  beat(): void;
}

/** Begins at once; call what it returns to end it. A heartbeat keeps no program running. */
export function startHeartbeat(listeners: readonly Listener[]): () => void {
  const timers = listeners.map((listener) => {
    listener.beat();
    return setInterval(() => listener.beat(), listener.every).unref();
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
