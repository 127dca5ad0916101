/** The work of one measuring program, and its record. */
import { OWN_PROTOCOL } from '../../drivers/kernel-tables/datum.ts';
import type { RouteWanted } from '../../drivers/netlink/route.ts';

/** By which way routes come into the kernel's table. */
export type RoutesSide = 'module' | 'port' | 'driver' | 'iproute' | 'bird' | 'zebra';

export interface RoutesJob {
  side: RoutesSide;
  routes: number;
  /** Next hops of each route. */
  hops: number;
  /** The program that hears what the kernel tells. */
  witness: string;
}

export interface RoutesRecord {
  /** ms for all routes. */
  install: number;
  replace: number;
  withdraw: number;
  /** ms from the first route in the kernel's table to the last, when they were installed. */
  span: number;
  /** The longest time for which the event loop did not come back meanwhile, in ms, and the same while nothing is done. */
  hold: number;
  idle: number;
  /** MB by which the resident memory has grown once the routes are installed. */
  memory: number;
}

/** Protocol numbers of the ways (rt_protos): what the witness counts, and what the kernel is asked for. */
export const PROTOCOLS: Readonly<Record<RoutesSide, number>> = {
  module: OWN_PROTOCOL,
  port: OWN_PROTOCOL,
  driver: OWN_PROTOCOL,
  iproute: OWN_PROTOCOL,
  bird: 12,
  zebra: 196,
};
export const INTERFACE = 'wan0';
export const OWN = '10.0.0.1/24';

/** A set of routes is led by these gateways: `replace` by others than `install`. */
export const FIRST = { install: 2, replace: 102 } as const;

export function gateways(hops: number, first: number): string[] {
  return Array.from({ length: hops }, (_, i) => `10.0.0.${first + i}`);
}

/** Networks of 24 bits, none of them twice. */
export function destinations(routes: number): string[] {
  return Array.from({ length: routes }, (_, i) => `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0`);
}

export function routesOf({ routes, hops }: RoutesJob, first: number, index: number): RouteWanted[] {
  const by = gateways(hops, first).map((gateway) => ({ gateway, interface: index }));
  return destinations(routes).map((destination) => ({
    destination,
    prefixLength: 24,
    protocol: OWN_PROTOCOL,
    metric: OWN_PROTOCOL,
    hops: by,
  }));
}

/** The same for `ip -batch`. */
export function lineOf(
  verb: 'replace' | 'delete',
  { destination, prefixLength, protocol, metric, hops = [] }: RouteWanted,
): string {
  const via = hops.map(({ gateway }) => `via ${gateway} dev ${INTERFACE}`);
  const by = via.length === 1 ? via[0] : via.map((hop) => `nexthop ${hop}`).join(' ');
  return `route ${verb} ${destination}/${prefixLength} proto ${protocol} metric ${metric} ${by}\n`;
}
