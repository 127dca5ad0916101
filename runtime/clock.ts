/** Reading `process` itself is a getter's call, which costs twice as much as the clock. */
const { hrtime } = process;

/** Milliseconds, with fractions, of the monotonic clock behind `process.hrtime`. Not comparable between boots. */
export function now(): number {
  const time = hrtime();
  return time[0] * 1e3 + time[1] / 1e6;
}

/**
 * The time that modules live in: their timers, `ctx.now`, time-outs of requests, probation. What bounds code, and how long
 * a transaction may take, is always the machine's time.
 */
export interface Clock {
  /** Milliseconds, with fractions; it never goes back. */
  now(): number;
  /**
   * Calls `ring` once, some `ms` from now or a little earlier, with nothing else on the stack. Returns what takes that back.
   * @param background it keeps no process alive
   */
  wait(ms: number, ring: () => void, background?: boolean): () => void;
  /** Calls `turn`, in which modules handle their messages, as soon as nothing else is on the stack. */
  soon(turn: () => void): void;
}

/** `setTimeout` takes no more than this many ms (2^31 - 1). */
const LONGEST = 2_147_483_647;

/** The machine's. */
export const MACHINE: Clock = {
  now,
  wait(ms, ring, background = false) {
    const timer = setTimeout(ring, Math.min(LONGEST, Math.max(0, ms)));
    if (background) timer.unref();
    return () => clearTimeout(timer);
  },
  soon: setImmediate,
};
