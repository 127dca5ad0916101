/** The kernel's variables that routing needs, per interface (Documentation/networking/ip-sysctl.rst of Linux). */
import type { Wanted } from './wanted.ts';

/**
 * By `ipv4/forwarding`, the values that an interface is to have.
 * - `forwarding` of IPv6 has a side effect that nothing undoes: the kernel forgets default routes that it heard from routers
 *   there, and believes them no more unless `accept_ra` is 2.
 * - Without `promote_secondaries` the kernel takes the other addresses of a network away with the first one.
 * - Without `keep_addr_on_down` it takes IPv6 addresses away when the link is set down.
 */
export function sysctlsOf({ forwarding, addresses }: Wanted): Map<string, string> {
  const values = new Map<string, string>();
  const has = (family: 4 | 6) => addresses.some((address) => address.family === family);
  if (has(4)) values.set('ipv4/promote_secondaries', '1');
  if (has(6)) values.set('ipv6/keep_addr_on_down', '1');
  if (forwarding !== undefined) {
    values.set('ipv4/forwarding', forwarding ? '1' : '0');
    values.set('ipv6/forwarding', forwarding ? '1' : '0');
  }
  return values;
}

/** `net/ipv4/conf/lan0/forwarding`. @param variable `ipv4/forwarding` */
export function sysctlPath(name: string, variable: string): string {
  return `net/${variable.replace('/', `/conf/${name}/`)}`;
}
