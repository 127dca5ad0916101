/** OSPF's configuration, as `initial` is given it. */
import type { Config } from './state.ts';

/** @throws Error when the configuration names no router id. */
export function readConfig(given: unknown): Config {
  const { routerId, area = '0.0.0.0', interfaces = {} } = (given ?? {}) as Partial<Config>;
  if (typeof routerId !== 'string') {
    throw new Error(
      'OSPF needs { routerId: "a.b.c.d", area, interfaces } as its configuration; routerId is missing',
    );
  }
  return { routerId, area, interfaces };
}
