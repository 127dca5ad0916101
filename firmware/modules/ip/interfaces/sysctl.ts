/** The kernel's variables that routing needs, per interface (Documentation/networking/ip-sysctl.rst of Linux). */
import type { Wanted } from './wanted.ts';

/** An interface is a router's for its neighbours, and in a group of routers. */
export const FORWARDING6 = 'ipv6/forwarding';
/** By this IPv6 packets are forwarded that come in by one interface, whatever the switch of all says (Linux 6.17). */
export const FORCE = 'ipv6/force_forwarding';
/** The switch of all interfaces, by which older kernels forward IPv6; kept in the record of the loopback. */
export const FORWARD_ALL = 'all/ipv6/forwarding';

/**
 * By `ipv4/forwarding`, the values that an interface is to have.
 * - `forwarding` of IPv6 makes the interface a router's for its neighbours, and forwards nothing.
 * - `forwarding` of IPv6 has a side effect that nothing undoes: the kernel forgets default routes that it heard from routers
 *   there, and believes them no more unless `accept_ra` is 2.
 * - Without `promote_secondaries` the kernel takes the other addresses of a network away with the first one.
 * - Without `keep_addr_on_down` it takes IPv6 addresses away when the link is set down.
 */
export function sysctlsOf({
  forwarding,
  forwardAll,
  addresses,
  variables = {},
}: Wanted): Map<string, string> {
  const values = new Map<string, string>(Object.entries(variables));
  const has = (family: 4 | 6) => addresses.some((address) => address.family === family);
  if (has(4)) values.set('ipv4/promote_secondaries', '1');
  if (has(6)) values.set('ipv6/keep_addr_on_down', '1');
  if (forwarding !== undefined) {
    values.set('ipv4/forwarding', forwarding ? '1' : '0');
    values.set(FORWARDING6, forwarding ? '1' : '0');
    values.set(FORCE, forwarding ? '1' : '0');
  }
  if (forwardAll === true) values.set(FORWARD_ALL, '1');
  return values;
}

/** `net/ipv4/conf/lan0/forwarding`. @param variable `ipv4/forwarding`, or that of all interfaces */
export function sysctlPath(name: string, variable: string): string {
  if (variable === FORWARD_ALL) return 'net/ipv6/conf/all/forwarding';
  return `net/${variable.replace('/', `/conf/${name}/`)}`;
}
