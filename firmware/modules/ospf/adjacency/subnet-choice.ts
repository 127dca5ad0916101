/** Which address of a link an interface uses: its subnet, or the address that an unnumbered one has or borrows (C.3). */
import { toNumber } from '../../address.ts';
import type { AddressOfLink, LinkAndAddresses } from '../../messages/links.ts';
import { reservedAs, type Subnet, textOf } from '../../subnet.ts';
import type { InterfaceType } from '../config-record.ts';

/** Why an address takes no part, in the order in which this is decided. */
const UNUSED_REASONS = {
  notNamed: 'the configuration names another',
  host: 'it is of 127.0.0.0/8, which no network has',
  peer: 'it has a peer: the interface would have to be of type point-to-point',
  hostPrefix: 'its prefix /32 is that of a host and no network',
  own: "it is its network's own address, which no router may have",
  broadcast: "it is its network's broadcast address, which no router may have",
  another: 'another address of the interface is used',
} as const;

type UnusedReason = keyof typeof UNUSED_REASONS;

export interface SubnetChoice {
  /** Undefined when no address can be used. */
  readonly used: Subnet | undefined;
  /** The link has no network: the address is that of a host, and tells nothing of the other end. */
  readonly unnumbered: boolean;
  readonly unused: readonly { subnet: Subnet; reason: UnusedReason }[];
}

/** A type that the configuration leaves open. */
export function typeOf({ name, pointToPoint }: LinkAndAddresses, given?: InterfaceType): InterfaceType {
  if (given !== undefined) return given;
  // A network namespace has one loopback, of this name.
  if (name === 'lo') return 'loopback';
  return pointToPoint ? 'point-to-point' : 'broadcast';
}

/**
 * Chooses the first address that the type can use, in the kernel's order, up or not.
 * @param named an address, one with its length, or a network; absent: any
 */
export function chooseAmong(
  { addresses }: Pick<LinkAndAddresses, 'addresses'>,
  type: InterfaceType,
  named?: string,
): SubnetChoice {
  const unused: { subnet: Subnet; reason: UnusedReason }[] = [];
  let used: Subnet | undefined;
  for (const subnet of addresses.filter(isIpv4).map(subnetOf)) {
    const reason = whyUnused(subnet, type, named) ?? (used && 'another');
    if (reason === undefined) used = subnet;
    else unused.push({ subnet, reason });
  }
  return { used, unnumbered: used !== undefined && isHost(used) && type === 'point-to-point', unused };
}

/** A sentence on what is used and what is not; empty when there is nothing to choose. */
export function choiceText(key: string, { used, unused }: SubnetChoice, named?: string): string {
  if (unused.length === 0) return '';
  const idle = unused.map(({ subnet, reason }) => `${textOf(subnet)} (${UNUSED_REASONS[reason]})`);
  const others = `${idle.join(', ')} ${idle.length === 1 ? 'takes' : 'take'} no part`;
  if (used !== undefined) return `${key}: ${textOf(used)} is used; ${others}`;
  const wanted = named === undefined ? 'no address can be used' : `no address can be used as ${named}`;
  return `${key}: ${wanted}; ${others}`;
}

function whyUnused(subnet: Subnet, type: InterfaceType, named: string | undefined): UnusedReason | undefined {
  if (named !== undefined && !isNamed(subnet, named)) return 'notNamed';
  if (subnet.address.startsWith('127.')) return 'host';
  if (type === 'loopback') return undefined;
  if (type === 'point-to-point' && (subnet.peer !== undefined || isHost(subnet))) return undefined;
  if (subnet.peer !== undefined) return 'peer';
  if (isHost(subnet)) return 'hostPrefix';
  return reservedAs(subnet.address, subnet.prefixLength);
}

function isHost({ prefixLength, peer }: Subnet): boolean {
  return prefixLength === 32 && peer === undefined;
}

function isIpv4({ address }: AddressOfLink): boolean {
  return !address.includes(':');
}

function subnetOf({ address, prefixLength, peer }: AddressOfLink): Subnet {
  return { address, prefixLength, ...(peer !== undefined && { peer }) };
}

/** @param named the network of a peer is that of the other end */
function isNamed({ address, prefixLength, peer }: Subnet, named: string): boolean {
  const [given = '', length] = named.split('/');
  if (length === undefined) return address === given;
  if (Number(length) !== prefixLength) return false;
  const size = 2 ** (32 - prefixLength);
  const network = Math.floor(toNumber(given) / size);
  const isNetwork = prefixLength < 32 && toNumber(given) % size === 0;
  return isNetwork ? Math.floor(toNumber(peer ?? address) / size) === network : address === given;
}
