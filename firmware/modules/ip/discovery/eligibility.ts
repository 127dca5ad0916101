/** Which addresses of an interface hosts may take for a default router, and why others take no part (RFC 1256 4.3). */
import type { LinkState } from '../../messages/link.ts';
import { chooseSubnet, textOf, UNUSED_REASONS } from '../../subnet.ts';

/** Addresses that one remark names; a link may have thousands. */
const MOST_NAMED = 8;

/** None while the link is down, or where the kernel does not forward: there the system is a host (4.3). */
export function eligibleOf(link: LinkState | undefined): string[] {
  if (!link?.up || link.forwarding === false) return [];
  return offered(link);
}

/** The log's words on an interface that offers less than it has; the same remarks while nothing changes. */
export function remarksOn(link: LinkState): string[] {
  return [...remarkOnForwarding(link), ...remarkOnAddresses(link)];
}

export function remarkOnForwarding({ name, forwarding }: LinkState): string[] {
  if (forwarding !== false) return [];
  return [
    `${name} is not offered to hosts as a default router: net.ipv4.conf.${name}.forwarding is 0, so the kernel forwards nothing that comes in there; net.ipv4.ip_forward=1 turns it on for all`,
  ];
}

function remarkOnAddresses(link: LinkState): string[] {
  const strays = chooseSubnet(link).unused.filter(({ reason }) => reason !== 'another');
  if (strays.length === 0) return [];
  const used = offered(link);
  const idle = strays.map(({ subnet, reason }) => `${textOf(subnet)} (${UNUSED_REASONS[reason]})`);
  const verb = idle.length === 1 ? 'takes' : 'take';
  return [
    `${link.name} is offered to hosts as ${used.length > 0 ? some(used) : 'no router'}; ${some(idle)} ${verb} no part`,
  ];
}

/** All that are of a network: a host believes only in routers of its own (5.2), and there may be several. */
function offered(link: LinkState): string[] {
  const { used, unused } = chooseSubnet(link);
  const others = unused.filter(({ reason }) => reason === 'another').map(({ subnet }) => subnet.address);
  return used === undefined ? [] : [used.address, ...others];
}

function some(texts: readonly string[]): string {
  const more = texts.length - MOST_NAMED;
  return [...texts.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
