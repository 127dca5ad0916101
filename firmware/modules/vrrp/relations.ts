/**
 * Relations between the keys of VRRP's section, and with the addresses that the file gives its interfaces. Addresses that come
 * from elsewhere are not known here: ownership.ts says at run time what contradicts there.
 */
import type { BrokenRelation } from 'hitless/runtime';
import {
  canonicalAddress,
  familyOf,
  isLinkLocalText,
  isMulticast,
  isWithin,
  parseAddress,
  parsePrefix,
} from '../prefix.ts';
import { reservedAs } from '../subnet.ts';
import { OWNER } from './constants.ts';

/** A group of the section; what is wrong by itself is missing. */
interface Entry {
  interface?: string;
  group?: number;
  version?: number;
  priority?: number;
  /** In ms. */
  interval?: number;
  accept?: boolean;
  track?: readonly (Readonly<Record<string, unknown> & { of?: string }> | undefined)[];
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

/** Of what IP is asked about. */
const LONGEST_NAME = 64;

export const ADDRESS_WORDS = 'an IPv4 or IPv6 address of a host, such as 10.0.1.254 or fe80::254';

/** The relations that do not hold. */
export function check(section: Section, whole: Whole): BrokenRelation[] {
  return [
    ...groupsAreUnique(section),
    ...section.flatMap((entry = {}, i) => [
      ...addressesAreHosts(entry, i),
      ...linkLocalIsFirst(entry, i),
      ...versionFits(entry, i),
      ...ownerAccepts(entry, i),
      ...tracksAreReadable(entry, i),
      ...virtualAddressesFit(entry, i, whole),
    ]),
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
    const texts = addresses.map((address) => address && (canonicalAddress(address) ?? address));
    for (const [j, address] of texts.entries()) {
      if (address === undefined) continue;
      const path = ['vrrp', i, 'addresses', j];
      if (texts.indexOf(address) < j)
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

function* addressesAreHosts({ addresses = [] }: Entry, i: number): Generator<BrokenRelation> {
  for (const [j, address] of addresses.entries())
    if (address !== undefined && !isHost(address))
      yield { path: ['vrrp', i, 'addresses', j], text: ADDRESS_WORDS };
}

/** An address that one host can have (RFC 1122 3.2.1.3, RFC 4291 2.4). */
function isHost(text: string): boolean {
  const words = parseAddress(text);
  if (words === undefined || isMulticast(words)) return false;
  if (words.length === 4) return words.some((word, i) => (i === 3 ? word > 1 : word !== 0));
  const first = words[0]! >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** RFC 9568 5.2.9. */
function* linkLocalIsFirst({ addresses = [] }: Entry, i: number): Generator<BrokenRelation> {
  const at = addresses.findIndex((address) => address !== undefined && familyOf(address) === 6);
  const first = addresses[at];
  if (first === undefined || isLinkLocalText(first)) return;
  yield {
    path: ['vrrp', i, 'addresses', at],
    text: 'a link-local address, such as fe80::254, as the first of the IPv6 addresses (RFC 9568 5.2.9)',
  };
}

/** RFC 3768: IPv4 alone, and an interval of 8 bits in seconds. */
function* versionFits({ version, interval, addresses = [] }: Entry, i: number): Generator<BrokenRelation> {
  if (version !== 2) return;
  const at = addresses.findIndex((address) => address !== undefined && familyOf(address) === 6);
  if (at >= 0)
    yield { path: ['vrrp', i, 'addresses', at], text: 'an IPv4 address, for version 2 has no IPv6' };
  if (interval !== undefined && !(interval % 1000 === 0 && interval >= 1000 && interval <= 255_000))
    yield {
      path: ['vrrp', i, 'interval'],
      text: 'a time from 1s to 255s in whole seconds, for version 2 has no other (RFC 3768 5.3.7)',
    };
}

/** RFC 9568 6.4.3 (650). */
function* ownerAccepts({ priority, accept }: Entry, i: number): Generator<BrokenRelation> {
  if (priority === OWNER && accept === false)
    yield {
      path: ['vrrp', i, 'accept'],
      text: 'true: with priority 255 the router owns the addresses, and takes packets to them (RFC 9568 6.4.3)',
    };
}

function* tracksAreReadable({ track = [] }: Entry, i: number): Generator<BrokenRelation> {
  for (const [j, { of, ...others } = {}] of track.entries()) {
    if (of === undefined || isProgram(of)) continue;
    const path = ['vrrp', i, 'track', j];
    for (const key of ['interval', 'arguments', 'user', 'time-limit'])
      if (others[key] !== undefined)
        yield { path: [...path, key], text: `no ${key}, which is for programs alone, and ${of} is none` };
    const adjacency = adjacencyOf(of);
    if (adjacency !== undefined) {
      if (!isInterfaceOrId(adjacency))
        yield {
          path: [...path, 'of'],
          text: 'ospf: and the name of an interface or a router id, such as ospf:eth1 or ospf:10.0.2.2',
        };
      continue;
    }
    if (of.includes('/') ? parsePrefix(of) === undefined : of.length > LONGEST_NAME)
      yield {
        path: [...path, 'of'],
        text: 'a prefix such as 0.0.0.0/0 or fd00::/64, or an interface or address',
      };
  }
}

/** The text says it: no prefix begins so. */
export function isProgram(of: string): boolean {
  return of.startsWith('/');
}

/** The name behind `ospf:`, where the text begins so: no address has such a first part. */
export function adjacencyOf(of: string): string | undefined {
  return of.startsWith(ADJACENCY) ? of.slice(ADJACENCY.length) : undefined;
}

const ADJACENCY = 'ospf:';

function isInterfaceOrId(text: string): boolean {
  return /^[^\s/:]{1,15}$/.test(text);
}

function* virtualAddressesFit(entry: Entry, i: number, whole: Whole): Generator<BrokenRelation> {
  const { interface: name = '', addresses = [] } = entry;
  for (const family of [4, 6] as const) {
    const networks = networksOf(whole, name).filter(({ address }) => familyOf(address) === family);
    if (networks.length === 0) continue;
    for (const [j, address] of addresses.entries()) {
      if (address === undefined || familyOf(address) !== family || !isHost(address)) continue;
      const text = whyUnfit(address, name, networks);
      if (text !== undefined) yield { path: ['vrrp', i, 'addresses', j], text };
    }
  }
  const text = priorityWanted(entry, name, networksOf(whole, name));
  if (text !== undefined) yield { path: ['vrrp', i, 'priority'], text };
}

/** The words for what would fit in the place of a virtual address; undefined where it fits. */
function whyUnfit(virtual: string, name: string, networks: readonly Network[]): string | undefined {
  // Every interface has the link-local network.
  if (isLinkLocalText(virtual)) return undefined;
  const network = networks.find(({ address, length }) => isWithin(`${address}/${length}`, virtual));
  if (network === undefined) {
    const list = networks.map(({ address, length }) => `${address}/${length}`).join(', ');
    return `an address of a network of ${name}, which has ${list} (interfaces.${name}.addresses)`;
  }
  const { address, length } = network;
  const reserved = familyOf(virtual) === 4 ? reservedAs(virtual, length) : undefined;
  if (reserved === undefined) return undefined;
  return `the address of a host: in ${address}/${length} this is the network's ${reserved} address`;
}

/** RFC 5798 5.2.4: the owner's priority is 255. */
function priorityWanted(
  { priority, addresses = [] }: Entry,
  name: string,
  networks: readonly Network[],
): string | undefined {
  if (priority === undefined || networks.length === 0) return undefined;
  const ours = new Set(networks.map(({ address }) => canonicalAddress(address)));
  const known = new Set(networks.map(({ address }) => familyOf(address)));
  const virtual = addresses.flatMap((address) => address ?? []);
  const owned = virtual.find((address) => ours.has(canonicalAddress(address)));
  if (owned !== undefined && priority !== OWNER)
    return `255, because ${owned} is an address of ${name} itself (interfaces.${name}.addresses), whose owner has this priority (RFC 9568 5.2.4)`;
  // Its link-local address is seldom in the file.
  const foreign = virtual.find(
    (address) =>
      known.has(familyOf(address)) && !ours.has(canonicalAddress(address)) && !isLinkLocalText(address),
  );
  if (foreign !== undefined && priority === OWNER)
    return `1 to 254: 255 is for the owner of the addresses, and ${name} does not have ${foreign} (interfaces.${name}.addresses)`;
  return undefined;
}

/** The networks that the file gives an interface: host prefixes are none. */
function networksOf({ interfaces = {} }: Whole, name: string): Network[] {
  const given = Object.hasOwn(interfaces, name) ? (interfaces[name]?.addresses ?? []) : [];
  return given.flatMap((text = '') => {
    const [address = '', length = ''] = text.split('/');
    const host = familyOf(address) === 4 ? '32' : '128';
    return length === '' || length === host ? [] : [{ address, length: Number(length) }];
  });
}
