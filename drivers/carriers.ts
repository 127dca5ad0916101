/**
 * How long the kernel is slow to tell of carriers: it holds back what it tells for up to a second after it told of one, of any
 * link, in any network namespace, and asking is exact (net/core/link_watch.c). So after a change of a carrier, links are asked
 * every so many milliseconds for so long.
 */
import type { Link } from './netlink/link.ts';

export const CARRIER_PERIOD = 5;
export const CARRIER_HELD = 1_500;
/** With more links than these it would cost more than it gains: what the kernel tells of itself has to do. */
export const MOST_CARRIERS = 64;

/** Not the operational state: it comes up to a second after the carrier. */
export function hasCarrier({ up, carrier }: Pick<Link, 'up' | 'carrier'>): boolean {
  return up && carrier;
}
