/**
 * A group's configuration beside the addresses of its interface: which address we advertise
 * from (RFC 9568 1.7, "Primary IP Address"), whether we own the virtual addresses, and what contradicts.
 *
 * The router's conduct where they contradict:
 * - It owns a virtual address and has another priority than 255: it runs with 255, as RFC 5798 5.2.4 says it MUST.
 *   As a Backup Router it would go on answering for an address that the Active Router has as well.
 * - It has priority 255 and does not own the addresses: it runs as the owner all the same (RFC 5798 8.3.2 names the
 *   owner by its priority).
 * An address with the prefix /32 is nobody's own: this is how a virtual address that was put there looks like.
 */
import { sameNetwork } from '../address.ts';
import type { LinkState } from '../messages/link.ts';
import { choiceText, chooseSubnet, reservedAs, type Subnet, textOf } from '../subnet.ts';
import { OWNER } from './packet.ts';
import type { GroupConfig } from './state.ts';

/** The subnet that a group works in: the one that has its first virtual address, else the first that is a network. */
export function subnetOf(link: LinkState, { addresses }: Pick<GroupConfig, 'addresses'>): Subnet | undefined {
  const [first = ''] = addresses;
  const networks = networksOf(link);
  return (
    networks.find(({ address, prefixLength }) => sameNetwork(address, first, prefixLength)) ?? networks[0]
  );
}

/** The priority that counts: 255 for the owner, whatever is configured. */
export function priorityOn(link: LinkState, config: GroupConfig): number {
  return ownedOn(link, config).length > 0 ? OWNER : config.priority;
}

export interface Sentence {
  level: 'info' | 'warn';
  text: string;
}

/** The log's words on which subnet a group uses, and what contradicts; the same while configuration and link are. */
export function sentencesOn(link: LinkState, config: GroupConfig): Sentence[] {
  const about = `virtual router ${config.group} on ${config.interface}`;
  const used = subnetOf(link, config);
  const named = used === networksOf(link)[0] ? undefined : used?.address;
  const choice = choiceText(about, chooseSubnet(link, named));
  const warnings = used === undefined ? [] : contradictions(link, config);
  return [
    ...(choice === undefined
      ? []
      : [{ level: used === undefined ? ('warn' as const) : ('info' as const), text: choice }]),
    ...warnings.map((text) => ({ level: 'warn' as const, text: `${about}: ${text}` })),
  ];
}

/** Sentences on what contradicts between a group and the networks of its interface. */
export function contradictions(link: LinkState, config: GroupConfig): string[] {
  const networks = networksOf(link);
  const { interface: name, priority, addresses } = config;
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

/** The addresses of a link that are of a network, in the kernel's order. */
function networksOf(link: LinkState): Subnet[] {
  const { used, unused } = chooseSubnet(link);
  const others = unused.filter(({ reason }) => reason === 'another').map(({ subnet }) => subnet);
  return used === undefined ? [] : [used, ...others];
}

function ownedOn(link: LinkState, { addresses }: GroupConfig): string[] {
  const ours = new Set(networksOf(link).map(({ address }) => address));
  return addresses.filter((address) => ours.has(address));
}

function contains({ address, prefixLength }: Subnet, other: string): boolean {
  return sameNetwork(address, other, prefixLength);
}

function isReserved(network: Subnet, address: string): boolean {
  return contains(network, address) && reservedAs(address, network.prefixLength) !== undefined;
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
