/** A virtual router that can run, and its times (RFC 9568 6.1). */
import { priorityOn, subnetOf } from './ownership.ts';
import { configOf, type GroupConfig, type State, type VirtualRouter } from './state.ts';

/** A virtual router with its configuration and what its interface makes of it: what its events work on. */
export interface Running {
  router: VirtualRouter;
  config: GroupConfig;
  /** Our primary address on its interface. */
  own: string;
  /** Ours: that of the configuration, or 255 where we own a virtual address. */
  priority: number;
}

/** The virtual router as it runs; undefined while its interface is not up or has no address of a network. */
export function running(state: State, router: VirtualRouter): Running | undefined {
  const config = configOf(state, router);
  const link = state.links.get(router.interface);
  if (!link?.up) return undefined;
  const own = subnetOf(link, config)?.address;
  return own === undefined ? undefined : { router, config, own, priority: priorityOn(link, config) };
}

/** 6.1, in ms */
export function skewTime({ router, priority }: Running): number {
  return ((256 - priority) * router.activeAdverInterval * 10) / 256;
}

/** 6.1, in ms */
export function activeDownInterval(run: Running): number {
  return 3 * run.router.activeAdverInterval * 10 + skewTime(run);
}
