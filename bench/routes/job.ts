/** The work of one measuring program, and its record. */
import type { RouteWanted } from '../../drivers/netlink/route.ts';

export type RoutesSide = 'hitless' | 'ip';

export interface RoutesJob {
  side: RoutesSide;
  /** Routes; 0: how long until a change of an interface is known, so many times. */
  routes: number;
  events: number;
  /** Next hops of each route. */
  hops: number;
}

export interface RoutesRecord {
  /** ms for all routes. */
  install: number;
  replace: number;
  withdraw: number;
  /** The longest time for which the event loop did not come back meanwhile, in ms. */
  hold: number;
  /** ms from a change of an address to its being known, each. */
  latencies: number[];
}

/** Of no other program: 99 is openr's, 186 to 197 are FRR's. */
export const PROTOCOL = 200;
export const INTERFACE = 'wan0';
export const OWN = '10.0.0.1/24';

/** The gateways of a set of routes: `replace` leads by others than `install`. */
function gateways(hops: number, first: number): string[] {
  return Array.from({ length: hops }, (_, i) => `10.0.0.${first + i}`);
}

export const FIRST = { install: 2, replace: 102 } as const;

/** Networks of 24 bits, none of them twice. */
export function routesOf({ routes, hops }: RoutesJob, first: number, index: number): RouteWanted[] {
  const by = gateways(hops, first).map((gateway) => ({ gateway, interface: index }));
  return Array.from({ length: routes }, (_, i) => ({
    destination: `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0`,
    prefixLength: 24,
    protocol: PROTOCOL,
    hops: by,
  }));
}

/** The same for `ip -batch`. */
export function lineOf(
  verb: 'replace' | 'delete',
  { destination, prefixLength, hops = [] }: RouteWanted,
): string {
  const via = hops.map(({ gateway }) => `via ${gateway} dev ${INTERFACE}`);
  const by = via.length === 1 ? via[0] : via.map((hop) => `nexthop ${hop}`).join(' ');
  return `route ${verb} ${destination}/${prefixLength} proto ${PROTOCOL} ${by}\n`;
}
