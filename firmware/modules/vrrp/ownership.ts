/**
 * A group's configuration beside the addresses of its interface: which address we advertise
 * from (RFC 9568 1.7, "Primary IP Address"), whether we own the virtual addresses, and what contradicts.
 *
 * The router's conduct where they contradict:
 * - It owns a virtual address and has another priority than 255: it runs with 255, as RFC 5798 5.2.4 says it MUST.
 *   As a Backup Router it would go on answering for an address that the Active Router has as well.
 * - It has priority 255 and does not own the addresses: it runs as the owner all the same (RFC 5798 8.3.2 names the
 *   owner by its priority).
 * An address whose prefix is that of a host is nobody's own: this is how a virtual address that was put there looks like.
 */
import type { LinkState } from '../messages/link.ts';
import type { AddressOfLink, LinkAndAddresses } from '../messages/links.ts';
import { familyOf, isLinkLocalText, isWithin } from '../prefix.ts';
import { choiceText, chooseSubnet, reservedAs, textOf } from '../subnet.ts';
import { type GroupConfig, nameOf } from './config-record.ts';
import { type Family, OWNER } from './constants.ts';

type Network = Pick<AddressOfLink, 'address' | 'prefixLength'>;

/** The address that a group's advertisements are from, of a link that has one. */
export function primaryOf(link: LinkAndAddresses, { family, addresses }: GroupConfig): string | undefined {
  if (family === 6) return link.addresses.find(isSource6)?.address;
  // The network that has the first virtual address, else the first that is a network.
  const [first = ''] = addresses;
  const networks = networksOf(link, 4);
  return (networks.find((network) => contains(network, first)) ?? networks[0])?.address;
}

/** The link has an address to run VRRP with. */
export function isUsable(link: LinkAndAddresses, family: Family): boolean {
  return family === 4 ? networksOf(link, 4).length > 0 : link.addresses.some(isSource6);
}

/** The priority that counts: 255 for the owner, whatever is configured. */
export function priorityOn(link: LinkAndAddresses, config: GroupConfig): number {
  return ownedOn(link, config).length > 0 ? OWNER : config.priority;
}

export interface Sentence {
  level: 'info' | 'warn';
  text: string;
}

/** The log's words on which subnet a group uses, and what contradicts; the same while configuration and link are. */
export function sentencesOn(link: LinkAndAddresses, config: GroupConfig): Sentence[] {
  const about = nameOf(config);
  const used = primaryOf(link, config);
  const warnings = used === undefined ? [] : contradictions(link, config);
  return [
    ...choiceOf(link, config, used),
    ...warnings.map((text) => ({ level: 'warn' as const, text: `${about}: ${text}` })),
  ];
}

/** Sentences on what contradicts between a group and the networks of its interface. */
export function contradictions(link: LinkAndAddresses, config: GroupConfig): string[] {
  const { interface: name, family, priority, addresses } = config;
  const networks = networksOf(link, family);
  const owned = ownedOn(link, config);
  const present = new Set(link.addresses.map(({ address }) => address));
  const foreign = addresses.filter((address) => !present.has(address));
  const found: string[] = [];
  if (owned.length > 0 && priority !== OWNER) {
    found.push(
      `${listed(owned)} ${be(owned)} of this router itself, so it runs as the owner with priority 255 and not ${priority} (RFC 5798 5.2.4); set priority: 255, or take ${owned.length === 1 ? 'the address' : 'the addresses'} from ${name}`,
    );
  }
  if (priority === OWNER && foreign.length > 0) {
    found.push(
      `priority 255 is the owner's, and ${name} does not have ${listed(foreign)}; it runs as the owner all the same (RFC 5798 8.3.2), set a priority of at most 254 or give ${name} the address`,
    );
  }
  if (config.accept === false && priorityOn(link, config) === OWNER) {
    found.push(
      'it is the owner, which takes packets to its addresses whatever `accept` says (RFC 9568 6.4.3); take accept: false away',
    );
  }
  const outside = addresses.filter((address) => !networks.some((network) => contains(network, address)));
  if (outside.length > 0) {
    found.push(
      `${listed(outside)} ${be(outside)} in no network of ${name} (${networks.map(textOf).join(', ')}), so no host there will use it; name addresses of the network`,
    );
  }
  const reserved = addresses.filter((address) => networks.some((network) => isReserved(network, address)));
  if (reserved.length > 0) {
    found.push(
      `${listed(reserved)} ${be(reserved)} a network's own or broadcast address, which no router may have; name another`,
    );
  }
  return found;
}

/** IPv6: an address that advertisements may be from (5.1.2.1). */
function isSource6({ address, tentative }: AddressOfLink): boolean {
  return tentative !== true && isLinkLocalText(address);
}

/** The addresses of a link that are of a network, in the kernel's order. */
function networksOf(link: LinkAndAddresses, family: Family): Network[] {
  if (family === 6)
    return link.addresses.filter(
      ({ address, prefixLength }) => familyOf(address) === 6 && prefixLength < 128,
    );
  const { used, unused } = chooseSubnet(ipv4Of(link));
  const others = unused.filter(({ reason }) => reason === 'another').map(({ subnet }) => subnet);
  return used === undefined ? [] : [used, ...others];
}

function ownedOn(link: LinkAndAddresses, { family, addresses }: GroupConfig): string[] {
  const ours = new Set(networksOf(link, family).map(({ address }) => address));
  return addresses.filter((address) => ours.has(address));
}

/** IPv6 has nothing to choose: it is the link-local address. */
function choiceOf(link: LinkAndAddresses, config: GroupConfig, used: string | undefined): Sentence[] {
  const about = nameOf(config);
  if (config.family === 6) {
    if (used !== undefined) return [];
    return [{ level: 'warn', text: `${about}: ${link.name} has no link-local address that can be used` }];
  }
  const named = used === networksOf(link, 4)[0]?.address ? undefined : used;
  const choice = choiceText(about, chooseSubnet(ipv4Of(link), named));
  if (choice === undefined) return [];
  return [{ level: used === undefined ? 'warn' : 'info', text: choice }];
}

function ipv4Of({ addresses }: LinkAndAddresses): Pick<LinkState, 'addresses'> {
  return { addresses: addresses.filter(({ address }) => familyOf(address) === 4) };
}

function contains({ address, prefixLength }: Network, other: string): boolean {
  return isWithin(`${address}/${prefixLength}`, other);
}

function isReserved(network: Network, address: string): boolean {
  if (familyOf(address) === 6 || !contains(network, address)) return false;
  return reservedAs(address, network.prefixLength) !== undefined;
}

/** Of 255 addresses a few are enough to find the mistake. */
const MOST_LISTED = 4;

function listed(addresses: readonly string[]): string {
  const more = addresses.length - MOST_LISTED;
  return more > 0 ? `${addresses.slice(0, MOST_LISTED).join(', ')} and ${more} more` : addresses.join(', ');
}

function be(addresses: readonly string[]): string {
  return addresses.length === 1 ? 'is' : 'are';
}
