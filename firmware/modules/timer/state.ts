/** The data that TIMER keeps across a swap, state version 2. The armed timer is the proxy's. */
export interface Config {
  /** Milliseconds from one tick to the next. */
  period: number;
}

/** How long after they were due ticks were published, in ms. */
export interface Lateness {
  last: number;
  worst: number;
  /** Of all measured ticks together: divided by `measured` it is the mean. */
  total: number;
  measured: number;
}

export interface State {
  config: Config;
  /** Ticks published, which is the number of the next one. */
  ticks: number;
  /** Periods that passed without a tick. */
  missed: number;
  lateness: Lateness;
}

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
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
  return up({ config: { period }, tick: 0 });
}

/** Measuring begins here. */
export function up({ config, tick }: StateV1): State {
  return { config, ticks: tick, missed: 0, lateness: { last: 0, worst: 0, total: 0, measured: 0 } };
}

/** All measurements are lost. */
export function down({ config, ticks }: State): StateV1 {
  return { config, tick: ticks };
}

export function measure(lateness: Lateness, late: number): void {
  lateness.last = late;
  lateness.worst = Math.max(lateness.worst, late);
  lateness.total += late;
  lateness.measured++;
}
