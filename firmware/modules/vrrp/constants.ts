/** Numbers of RFC 9568, and of RFC 3768 for version 2. */

/** An address family of IP: an IPv4 and an IPv6 virtual router of one number are two (1.6). */
export type Family = 4 | 6;

/** 3 is RFC 9568's, 2 that of RFC 3768, for IPv4 alone. */
export type Version = 2 | 3;

/** 5.1.1.4, 5.1.2.4 */
export const PROTOCOL = 112;
/** TTL or hop limit: it proves that the sender is on the link (5.1.1.3, 5.1.2.3). */
export const UNFORWARDED = 255;

/** Where advertisements go (5.1.1.2, 5.1.2.2). */
export const GROUPS: Readonly<Record<Family, string>> = { 4: '224.0.0.18', 6: 'ff02::12' };

/** By family the port on which advertisements come in, and that on which they leave with a virtual MAC. */
export const PORTS = {
  4: { heard: 'vrrp', virtual: 'virtual' },
  6: { heard: 'vrrp6', virtual: 'virtual6' },
} as const;

/** Priority of the router that owns the virtual addresses (5.2.4). */
export const OWNER = 255;
/** Priority of one that stops being Active (5.2.4). */
export const RESIGNS = 0;

/** The virtual router's MAC (7.3). */
export function virtualMac(family: Family, group: number): string {
  return `00:00:5e:00:0${family === 4 ? 1 : 2}:${group.toString(16).padStart(2, '0')}`;
}
