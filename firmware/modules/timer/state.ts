/** What TIMER keeps across a swap, state version 1. The armed timer is the proxy's. */
export interface Config {
  /** Milliseconds from one tick to the next. */
  period: number;
}

export interface State {
  config: Config;
  /** Number of the next tick. */
  tick: number;
}

/** @throws Error when the configuration has no period to tick with. */
export function initialState(config: unknown): State {
  const { period } = (config ?? {}) as Partial<Config>;
  if (typeof period !== 'number' || !(period > 0)) {
    throw new Error(
      `TIMER needs { period: milliseconds greater than 0 } as its configuration, not ${period}`,
    );
  }
  return { config: { period }, tick: 0 };
}
