/** VRRP's configuration, as `initial` is given it. */
import type { Config } from './state.ts';

/** Nothing is configured where nothing is given. */
export function readConfig(given: unknown): Config {
  const { groups = [] } = (given ?? {}) as Partial<Config>;
  return { groups };
}
