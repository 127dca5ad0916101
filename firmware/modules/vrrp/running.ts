/** A virtual router that can run, its priority and its times (RFC 9568 6.1). */

import { OWNER } from './constants.ts';
import { primaryOf, priorityOn } from './ownership.ts';
import {
  type Check,
  checkId,
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
  if (!isReady(state, config)) return undefined;
  if (config.sync !== undefined) {
    const mates = state.config.groups.filter(({ sync }) => sync === config.sync);
    if (!mates.every((mate) => isReady(state, mate))) return undefined;
  }
  return sending(state, router);
}

/** The virtual router as far as advertisements can leave, whether or not it is to run. */
export function sending(state: State, router: VirtualRouter): Running | undefined {
  const config = configOf(state, router);
  const own = ownOf(state, config);
  return own === undefined ? undefined : { router, config, own, priority: priorityOf(state, config) };
}

function isReady(state: State, config: GroupConfig): boolean {
  if (ownOf(state, config) === undefined) return false;
  return missingOf(state, config).every(({ decrement }) => decrement !== undefined);
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
  return Math.max(
    1,
    missingOf(state, config).reduce((left, { decrement = 0 }) => left - decrement, priority),
  );
}

/** All that it depends on and that is not there. */
function missingOf(state: State, { track = [], checks = [] }: GroupConfig): (Track | Check)[] {
  return [
    ...track.filter((one) => !isThere(state, one)),
    ...checks.filter((check) => state.checkResults?.get(checkId(check))?.there === false),
  ];
}

/** Of a prefix or next hop of which IP has not told yet nothing is known: it is not there. */
export function isThere(state: State, track: Track): boolean {
  if (track.what === 'interface') return state.links.get(track.of)?.up === true;
  return state.tracked.get(trackId(track))?.there === true;
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
