/** IP's configuration, as `initial` is given it. */
import type { Config } from './state.ts';

/** RFC 1256 4.1: the default lifetime is three times the default interval of 600 s. */
const DEFAULT_LIFETIME = 1800;

/** Nothing is configured where nothing is given. */
export function readConfig(given: unknown): Config {
  const { lifetime = DEFAULT_LIFETIME, interfaces = {} } = (given ?? {}) as Partial<Config>;
  return { lifetime, interfaces };
}
