/**
 * Relations between the keys of VRRP's section, and with the addresses that the file gives its interfaces. Addresses that come
 * from elsewhere are not known here: ownership.ts says at run time what contradicts there.
 */
import type { BrokenRelation } from 'hitless/runtime';
import { sameNetwork } from '../address.ts';
import { reservedAs } from '../subnet.ts';
import { OWNER } from './packet.ts';

/** A group of the section; what is wrong by itself is missing. */
interface Entry {
  interface?: string;
  group?: number;
  priority?: number;
  addresses?: readonly (string | undefined)[];
}
type Section = readonly (Entry | undefined)[];

/** The part of the whole configuration that says which addresses an interface has. */
interface Whole {
  interfaces?: Readonly<Record<string, { addresses?: readonly (string | undefined)[] } | undefined>>;
}

interface Network {
  address: string;
  length: number;
}

/** The relations that do not hold. */
export function check(section: Section, whole: Whole): BrokenRelation[] {
  return [
    ...groupsAreUnique(section),
    ...section.flatMap((entry, i) => [...virtualAddressesFit(entry, i, whole)]),
  ];
}

/**
 * RFC 9568 1.6: interface, group and protocol name one virtual router. An address belongs to one of an interface,
 * once: two Active Routers would answer for it. The networks of two interfaces may be apart, and have one in common.
 */
function* groupsAreUnique(section: Section): Generator<BrokenRelation> {
  const first = new Map<string, number>();
  const holders = new Map<string, number>();
  for (const [i, { interface: name, group, addresses = [] } = {}] of section.entries()) {
    if (group !== undefined && name !== undefined) {
      const key = `${group} ${name}`;
      const before = first.get(key);
      if (before === undefined) first.set(key, i);
      else {
        yield {
          path: ['vrrp', i, 'group'],
          found: `group ${group} on ${name} a second time`,
          text: `each group once on an interface (it is in vrrp[${before}] already)`,
        };
      }
    }
    for (const [j, address] of addresses.entries()) {
      if (address === undefined) continue;
      const path = ['vrrp', i, 'addresses', j];
      if (addresses.indexOf(address) < j)
        yield { path, found: `${address} a second time`, text: 'each address once in a group' };
      if (name === undefined) continue;
      const holder = holders.get(`${address} ${name}`) ?? i;
      holders.set(`${address} ${name}`, holder);
      // The same group a second time is told of already.
      if (holder === i || section[holder]?.group === group) continue;
      yield {
        path,
        found: `${address} on ${name} a second time`,
        text: `each address in one group of an interface (it is in vrrp[${holder}] already)`,
      };
    }
  }
}

function* virtualAddressesFit(entry: Entry = {}, i: number, whole: Whole): Generator<BrokenRelation> {
  const { interface: name = '', addresses = [] } = entry;
  const networks = networksOf(whole, name);
  if (networks.length === 0) return;
  for (const [j, address] of addresses.entries()) {
    const text = address && whyUnfit(address, name, networks);
    if (text) yield { path: ['vrrp', i, 'addresses', j], text };
  }
  const text = priorityWanted(entry, name, networks);
  if (text !== undefined) yield { path: ['vrrp', i, 'priority'], text };
}

/** The words for what would fit in the place of a virtual address; undefined where it fits. */
function whyUnfit(virtual: string, name: string, networks: readonly Network[]): string | undefined {
  const network = networks.find(({ address, length }) => sameNetwork(virtual, address, length));
  if (network === undefined) {
    const list = networks.map(({ address, length }) => `${address}/${length}`).join(', ');
    return `an address of a network of ${name}, which has ${list} (interfaces.${name}.addresses)`;
  }
  const { address, length } = network;
  const reserved = reservedAs(virtual, length);
  if (reserved === undefined) return undefined;
  return `the address of a host: in ${address}/${length} this is the network's ${reserved} address`;
}

/** RFC 5798 5.2.4: the owner's priority is 255. */
function priorityWanted(
  { priority, addresses = [] }: Entry,
  name: string,
  networks: readonly Network[],
): string | undefined {
  if (priority === undefined) return undefined;
  const ours = new Set(networks.map(({ address }) => address));
  const owned = addresses.find((address) => address !== undefined && ours.has(address));
  if (owned !== undefined && priority !== OWNER)
    return `255, because ${owned} is an address of ${name} itself (interfaces.${name}.addresses), whose owner has this priority (RFC 9568 5.2.4)`;
  const foreign = addresses.find((address) => address !== undefined && !ours.has(address));
  if (foreign !== undefined && priority === OWNER)
    return `1 to 254: 255 is for the owner of the addresses, and ${name} does not have ${foreign} (interfaces.${name}.addresses)`;
  return undefined;
}

/** The networks that the file gives an interface: host prefixes are none. */
function networksOf({ interfaces = {} }: Whole, name: string): Network[] {
  const given = Object.hasOwn(interfaces, name) ? (interfaces[name]?.addresses ?? []) : [];
  return given.flatMap((text = '') => {
    const [address = '', length = ''] = text.split('/');
    return length === '' || length === '32' ? [] : [{ address, length: Number(length) }];
  });
}
