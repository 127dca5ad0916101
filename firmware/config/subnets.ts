/**
 * Relations that must hold between the addresses that the file gives an interface and the virtual addresses of its groups.
 * An interface whose addresses come from elsewhere is not known here: VRRP says at run time what contradicts there.
 */
import { isIPv4 } from 'node:net';
import { at, keys } from './paths.ts';
import type { Broken, KeyPath } from './problem.ts';

interface Network {
  address: string;
  length: number;
  number: number;
}

/** RFC 9568 5.2.4: the priority of a virtual router's owner, and of nobody else. */
const OWNER = 255;

export function* addressesFitNetworks(data: unknown): Generator<Broken> {
  yield* addressesAreOfHosts(data);
  for (const path of keys(data, ['vrrp'])) {
    const name = at(data, [...path, 'interface']);
    const networks = typeof name === 'string' ? networksOf(data, name) : [];
    if (networks.length === 0) continue;
    for (const entry of keys(data, [...path, 'addresses'])) {
      const address = at(data, entry);
      if (typeof address === 'string' && isIPv4(address))
        yield* virtualFits(entry, address, `${name}`, networks);
    }
    yield* priorityFits(data, path, networks);
  }
}

/** RFC 1122 3.2.1.3: the first address of a network is its own, the last one means all its hosts. */
function* addressesAreOfHosts(data: unknown): Generator<Broken> {
  for (const path of keys(data, ['interfaces'])) {
    for (const entry of keys(data, [...path, 'addresses'])) {
      const network = networkOf(at(data, entry));
      if (network === undefined) continue;
      const reserved = reservedAs(network.number, network);
      if (reserved === undefined) continue;
      yield { path: entry, allowed: `the address of a host: this is the network's ${reserved}` };
    }
  }
}

function* virtualFits(
  path: KeyPath,
  address: string,
  name: string,
  networks: readonly Network[],
): Generator<Broken> {
  const number = numberOf(address);
  const network = networks.find((each) => sameNetwork(number, each));
  if (network === undefined) {
    const list = networks.map(({ address, length }) => `${address}/${length}`).join(', ');
    yield {
      path,
      allowed: `an address of a network of ${name}, which has ${list} (interfaces.${name}.addresses)`,
    };
    return;
  }
  const reserved = reservedAs(number, network);
  if (reserved === undefined) return;
  yield {
    path,
    allowed: `the address of a host: in ${network.address}/${network.length} this is the network's ${reserved}`,
  };
}

/** RFC 5798 5.2.4: the owner's priority is 255. */
function* priorityFits(data: unknown, path: KeyPath, networks: readonly Network[]): Generator<Broken> {
  const priority = at(data, [...path, 'priority']);
  const name = at(data, [...path, 'interface']);
  const virtual = keys(data, [...path, 'addresses']).map((entry) => at(data, entry));
  const ours = new Set<unknown>(networks.map(({ address }) => address));
  const owned = virtual.find((address) => ours.has(address));
  if (owned !== undefined && priority !== OWNER) {
    const given = priority === undefined ? 'nothing, which is 100' : `${JSON.stringify(priority)}`;
    yield {
      path: [...path, 'priority'],
      found: given,
      allowed: `255, because ${owned} is an address of ${name} itself (interfaces.${name}.addresses), whose owner has this priority (RFC 9568 5.2.4)`,
    };
  }
  const foreign = virtual.find((address) => typeof address === 'string' && !ours.has(address));
  if (priority === OWNER && foreign !== undefined) {
    yield {
      path: [...path, 'priority'],
      allowed: `1 to 254: 255 is for the owner of the addresses, and ${name} does not have ${foreign} (interfaces.${name}.addresses)`,
    };
  }
}

/** The networks that the file gives an interface: host prefixes are none. */
function networksOf(data: unknown, name: string): Network[] {
  return keys(data, ['interfaces', name, 'addresses']).flatMap((entry) => {
    const network = networkOf(at(data, entry));
    return network === undefined || network.length === 32 ? [] : [network];
  });
}

function networkOf(value: unknown): Network | undefined {
  const [, address = '', length = ''] =
    /^([\d.]+)\/(\d{1,2})$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (!isIPv4(address) || Number(length) < 1 || Number(length) > 32) return undefined;
  return { address, length: Number(length), number: numberOf(address) };
}

function numberOf(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

function sameNetwork(number: number, { length, number: own }: Network): boolean {
  const size = 2 ** (32 - length);
  return Math.floor(number / size) === Math.floor(own / size);
}

/** RFC 3021: both addresses of a /31 are those of hosts. */
function reservedAs(number: number, { length }: Network): string | undefined {
  if (length >= 31) return undefined;
  const size = 2 ** (32 - length);
  if (number % size === 0) return 'own address';
  return number % size === size - 1 ? 'broadcast address' : undefined;
}
