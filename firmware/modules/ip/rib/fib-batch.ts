/** Changes of our routes that one turn collects, for one request. */
import type { Context } from 'hitless/runtime';
import type { KernelChange } from '../../../../drivers/kernel-tables.ts';
import type { HopWanted } from '../../../../drivers/netlink/route.ts';
import { nextRequest } from '../request.ts';
import { type AskedRoute, type State, sameRoute } from '../state.ts';
import { hopWanted } from './fib-route.ts';

export interface Batch {
  /** The request's number; 0 while nothing was collected. */
  serial: number;
  keys: string[];
  changes: KernelChange[];
  last?: Share;
}

/** Many prefixes have the same route: they share the record of it, and its next hops as the kernel takes them. */
export interface Share {
  asked: AskedRoute;
  hops: HopWanted[];
}

export function newBatch(): Batch {
  return { serial: 0, keys: [], changes: [] };
}

/** The record of a request: the one of the prefix before where it is the same. */
export function shareOf(
  state: State,
  { route, isTrial }: Omit<AskedRoute, 'request'>,
  batch: Batch,
  ctx: Context,
): Share {
  const { last } = batch;
  if (last !== undefined && last.asked.isTrial === isTrial && sameRoute(last.asked.route, route)) return last;
  if (batch.serial === 0) batch.serial = nextRequest(state, ctx);
  const asked: AskedRoute = {
    request: batch.serial,
    ...(route !== undefined && { route }),
    ...(isTrial && { isTrial }),
  };
  batch.last = { asked, hops: route?.hops.map(hopWanted) ?? [] };
  return batch.last;
}
