/** A virtual router that can run, and its times (RFC 9568 6.1). */
import { priorityOn, subnetOf } from './ownership.ts';
import { configOf, type Running, type State, type VirtualRouter } from './state.ts';

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
