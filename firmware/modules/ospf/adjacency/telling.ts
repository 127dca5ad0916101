/** Other modules hear which neighbours are Full (../../messages/adjacencies.ts). */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { type Adjacencies, type Adjacent, MOST_TOLD, TELL_MS } from '../../messages/adjacencies.ts';
import { NONE } from '../constants.ts';
import { isTold } from '../selectors.ts';
import type { State } from '../state.ts';

const BY = 'ospf';

/** From now on it is told every now and then, at once for the first time; a swap of before goes on in its time. */
export function beginTelling(ctx: Context): void {
  if (ctx.timerDue('adjacencies') === undefined) ctx.setTimer('adjacencies', '', 0, { every: TELL_MS });
}

export function tellAdjacencies({ interfaces }: State, ctx: Context): void {
  const neighbors: Adjacent[] = [];
  for (const { key, neighbors: all } of interfaces.values())
    for (const neighbor of all.values()) {
      // One that we help to restart is, for others, what it was (RFC 3623 3).
      if (!isTold(neighbor) || neighbors.length >= MOST_TOLD) continue;
      const { routerId, address } = neighbor;
      neighbors.push({
        id: toAddress(routerId),
        address: address === NONE ? '' : toAddress(address),
        interface: key,
      });
    }
  ctx.publish('adjacencies', { by: BY, neighbors } satisfies Adjacencies, { retain: BY });
}

/** The service ends: there are none, and nothing is kept of them. */
export function endTelling(ctx: Context): void {
  ctx.publish('adjacencies', { by: BY, neighbors: [] } satisfies Adjacencies, { withdraw: BY });
}
