/**
 * Which subnet of an interface a protocol uses. The kernel lists addresses in the order in which they were set, so
 * the first may well be one that is no network: a host prefix, or the end of a point-to-point link.
 */

import { maskOf, toNumber } from './address.ts';
import type { LinkState } from './messages/link.ts';

/** An address of an interface, with the length of its network's prefix. */
export interface Subnet {
  address: string;
  prefixLength: number;
  /** The address at the other end; present when this is the end of a point-to-point link. */
  peer?: string;
}

/** Why an address takes no part, in the order in which this is decided. */
export const UNUSED_REASONS = {
  notNamed: 'the configuration names another',
  peer: 'it has a peer, and point-to-point addresses are not supported yet',
  hostPrefix: 'its prefix /32 is that of a host and no network',
  networkAddress: "it is its network's own address, which no router may have",
  broadcastAddress: "it is its network's broadcast address, which no router may have",
  another: 'another address of the interface is used',
} as const;

export type UnusedReason = keyof typeof UNUSED_REASONS;

export interface SubnetChoice {
  /** Undefined when no address can be used. */
  used: Subnet | undefined;
  unused: { subnet: Subnet; reason: UnusedReason }[];
  /** The configuration's choice, if it names one. */
  named?: string;
}

/**
 * Chooses among the addresses of a link, up or not: the first that the configuration names and that is a network.
 * @param named an address (`10.0.1.1`), one with its length (`10.0.1.1/24`) or a network (`10.0.1.0/24`)
 */
export function chooseSubnet(link: Pick<LinkState, 'addresses'> | undefined, named?: string): SubnetChoice {
  const choice: SubnetChoice = { used: undefined, unused: [], ...(named !== undefined && { named }) };
  for (const subnet of (link?.addresses ?? []) as readonly Subnet[]) {
    const reason = whyUnused(subnet, named);
    if (reason !== undefined) choice.unused.push({ subnet, reason });
    else if (choice.used !== undefined) choice.unused.push({ subnet, reason: 'another' });
    else choice.used = subnet;
  }
  return choice;
}

/** The subnet in use: undefined while the link is unknown or down, or has none that can be used. */
export function subnetInUse(link: LinkState | undefined, named?: string): Subnet | undefined {
  return link?.up ? chooseSubnet(link, named).used : undefined;
}

/**
 * A sentence on which address is used and which take no part, or undefined when there is nothing to choose.
 * It is the same as long as the choice is, so that a module that keeps it says each choice once.
 */
export function choiceText(name: string, { used, unused, named }: SubnetChoice): string | undefined {
  if (unused.length === 0) return undefined;
  const idle = unused.map(({ subnet, reason }) => `${textOf(subnet)} (${UNUSED_REASONS[reason]})`);
  const others = `${idle.join(', ')} ${idle.length === 1 ? 'takes' : 'take'} no part`;
  if (used !== undefined) return `${name}: ${textOf(used)} is used; ${others}`;
  const wanted = named === undefined ? 'no address can be used' : `no address can be used as ${named}`;
  return `${name}: ${wanted}; ${others}`;
}

/** `10.0.1.1/24`, as `ip address` writes it; `10.0.1.1 peer 10.0.2.1/32` for the end of a point-to-point link. */
export function textOf({ address, prefixLength, peer }: Subnet): string {
  return `${address}${peer === undefined ? '' : ` peer ${peer}`}/${prefixLength}`;
}

function whyUnused(subnet: Subnet, named: string | undefined): UnusedReason | undefined {
  const { address, prefixLength, peer } = subnet;
  if (named !== undefined && !isNamed(subnet, named)) return 'notNamed';
  if (peer !== undefined) return 'peer';
  if (prefixLength >= 32) return 'hostPrefix';
  const reserved = reservedAs(address, prefixLength);
  return reserved && (reserved === 'own' ? 'networkAddress' : 'broadcastAddress');
}

/** Whose address it is in a network of that prefix, where no host may have it: the network's own, or that of all its hosts. */
export function reservedAs(address: string, prefixLength: number): 'own' | 'broadcast' | undefined {
  // RFC 3021: both addresses of a /31 are those of hosts.
  if (prefixLength >= 31) return undefined;
  const host = (toNumber(address) & ~maskOf(prefixLength)) >>> 0;
  if (host === 0) return 'own';
  return host === ~maskOf(prefixLength) >>> 0 ? 'broadcast' : undefined;
}

function isNamed({ address, prefixLength }: Subnet, named: string): boolean {
  const [given = '', length] = named.split('/');
  if (length === undefined) return address === given;
  if (Number(length) !== prefixLength) return false;
  const network = (toNumber(given) & ~maskOf(prefixLength)) === 0;
  return network ? ((toNumber(address) ^ toNumber(given)) & maskOf(prefixLength)) === 0 : address === given;
}
