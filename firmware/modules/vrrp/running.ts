/** A virtual router that can run, its priority and its times (RFC 9568 6.1). */

import { OWNER } from './constants.ts';
import { primaryOf, priorityOn } from './ownership.ts';
import {
  configOf,
  type GroupConfig,
  type Running,
  type State,
  type Track,
  trackId,
  type VirtualRouter,
} from './state.ts';

/**
 * The virtual router as it runs; undefined while its interface is not up or has no address of a network, while something is
 * missing without which it is not to run, and while that is so for another of its sync group.
 */
export function running(state: State, router: VirtualRouter): Running | undefined {
  const config = configOf(state, router);
  // A dependency that nobody has told of yet holds a start back, and ends no role.
  const waits = router.state === 'Initialize';
  if (!isReady(state, config, waits)) return undefined;
  if (config.sync !== undefined) {
    const mates = state.config.groups.filter(({ sync }) => sync === config.sync);
    if (!mates.every((mate) => isReady(state, mate, waits))) return undefined;
  }
  return sending(state, router);
}

/** The virtual router as far as advertisements can leave, whether or not it is to run. */
export function sending(state: State, router: VirtualRouter): Running | undefined {
  const config = configOf(state, router);
  const own = ownOf(state, config);
  return own === undefined ? undefined : { router, config, own, priority: priorityOf(state, config) };
}

/** @param waits whether it waits for what nobody has told of yet */
function isReady(state: State, config: GroupConfig, waits: boolean): boolean {
  const { track = [] } = config;
  return (
    ownOf(state, config) !== undefined &&
    track.every((one) => one.decrement !== undefined || (isThere(state, one) ?? !waits))
  );
}

function ownOf(state: State, config: GroupConfig): string | undefined {
  const link = state.links.get(config.interface);
  return link?.up ? primaryOf(link, config) : undefined;
}

/** The owner's is 255, whatever is missing (5.2.4). */
function priorityOf(state: State, config: GroupConfig): number {
  const link = state.links.get(config.interface)!;
  const priority = priorityOn(link, config);
  if (priority === OWNER) return OWNER;
  const missing = (config.track ?? []).filter((one) => isThere(state, one) === false);
  return Math.max(
    1,
    missing.reduce((left, { decrement = 0 }) => left - decrement, priority),
  );
}

/** Undefined while nobody has said so. */
function isThere({ dependencies }: State, track: Track): boolean | undefined {
  return dependencies.get(trackId(track))?.there;
}

/** 6.1; of version 2, RFC 3768 6.1. In ms. */
export function skewTime({ router, config, priority }: Running): number {
  const interval = config.version === 2 ? 1000 : router.activeAdverInterval * 10;
  return ((256 - priority) * interval) / 256;
}

/** 6.1, in ms */
export function activeDownInterval(run: Running): number {
  return 3 * run.router.activeAdverInterval * 10 + skewTime(run);
}
