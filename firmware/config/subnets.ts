/** IPv4 networks of interfaces (RFC 4632), and what of their addresses no host can have. */
import { isIPv4 } from 'node:net';
import { reservedAs } from '../modules/subnet.ts';
import { at, keys } from './paths.ts';
import type { Broken } from './problem.ts';

export interface Network {
  address: string;
  length: number;
  number: number;
}

/** RFC 1122 3.2.1.3: the first address of a network is its own, the last one means all its hosts. */
export function* addressesAreOfHosts(whole: unknown): Generator<Broken> {
  for (const path of keys(whole, ['interfaces'])) {
    for (const entry of keys(whole, [...path, 'addresses'])) {
      const network = networkOf(at(whole, entry));
      if (network === undefined) continue;
      const reserved = reservedAs(network.address, network.length);
      if (reserved === undefined) continue;
      yield { path: entry, text: `the address of a host: this is the network's ${reserved} address` };
    }
  }
}

/** The networks that the configuration gives an interface: host prefixes are none. */
export function networksOf(whole: unknown, name: string): Network[] {
  return keys(whole, ['interfaces', name, 'addresses']).flatMap((entry) => {
    const network = networkOf(at(whole, entry));
    return network === undefined || network.length === 32 ? [] : [network];
  });
}

function networkOf(value: unknown): Network | undefined {
  const [, address = '', length = ''] =
    /^([\d.]+)\/(\d{1,2})$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (!isIPv4(address) || Number(length) < 1 || Number(length) > 32) return undefined;
  return { address, length: Number(length), number: numberOf(address) };
}

export function numberOf(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

export function sameNetwork(number: number, { length, number: own }: Network): boolean {
  const size = 2 ** (32 - length);
  return Math.floor(number / size) === Math.floor(own / size);
}
