/**
 * Relations of VRRP's section. Those between the addresses that the file gives an interface and the virtual addresses of its
 * groups know no addresses that come from elsewhere: VRRP says at run time what contradicts there.
 */
import { isIPv4 } from 'node:net';
import type { BrokenRelation } from '../../runtime/index.ts';
import { at, keys } from '../config/paths.ts';
import type { KeyPath } from '../config/problem.ts';
import { type Network, networksOf, numberOf, sameNetwork } from '../config/subnets.ts';
import { reservedAs } from '../modules/subnet.ts';

/** RFC 9568 5.2.4: the priority of a virtual router's owner, and of nobody else. */
const OWNER = 255;

export function* virtualAddressesFit(whole: unknown): Generator<BrokenRelation> {
  for (const path of keys(whole, ['vrrp'])) {
    const name = at(whole, [...path, 'interface']);
    const networks = typeof name === 'string' ? networksOf(whole, name) : [];
    if (networks.length === 0) continue;
    for (const entry of keys(whole, [...path, 'addresses'])) {
      const address = at(whole, entry);
      if (typeof address === 'string' && isIPv4(address))
        yield* virtualFits(entry, address, `${name}`, networks);
    }
    yield* priorityFits(whole, path, networks);
  }
}

function* virtualFits(
  path: KeyPath,
  address: string,
  name: string,
  networks: readonly Network[],
): Generator<BrokenRelation> {
  const number = numberOf(address);
  const network = networks.find((each) => sameNetwork(number, each));
  if (network === undefined) {
    const list = networks.map(({ address, length }) => `${address}/${length}`).join(', ');
    yield {
      path,
      text: `an address of a network of ${name}, which has ${list} (interfaces.${name}.addresses)`,
    };
    return;
  }
  const reserved = reservedAs(address, network.length);
  if (reserved === undefined) return;
  yield {
    path,
    text: `the address of a host: in ${network.address}/${network.length} this is the network's ${reserved} address`,
  };
}

/** RFC 5798 5.2.4: the owner's priority is 255. */
function* priorityFits(
  whole: unknown,
  path: KeyPath,
  networks: readonly Network[],
): Generator<BrokenRelation> {
  const priority = at(whole, [...path, 'priority']);
  const name = at(whole, [...path, 'interface']);
  const virtual = keys(whole, [...path, 'addresses']).map((entry) => at(whole, entry));
  const ours = new Set<unknown>(networks.map(({ address }) => address));
  const owned = virtual.find((address) => ours.has(address));
  if (owned !== undefined && priority !== undefined && priority !== OWNER) {
    yield {
      path: [...path, 'priority'],
      text: `255, because ${owned} is an address of ${name} itself (interfaces.${name}.addresses), whose owner has this priority (RFC 9568 5.2.4)`,
    };
  }
  const foreign = virtual.find((address) => typeof address === 'string' && !ours.has(address));
  if (priority === OWNER && foreign !== undefined) {
    yield {
      path: [...path, 'priority'],
      text: `1 to 254: 255 is for the owner of the addresses, and ${name} does not have ${foreign} (interfaces.${name}.addresses)`,
    };
  }
}

/**
 * RFC 9568 1.6: interface, group and protocol name one virtual router. An address belongs to one of an interface,
 * once: two Active Routers would answer for it. The networks of two interfaces may be apart, and have one in common.
 */
export function* groupsAreUnique(whole: unknown): Generator<BrokenRelation> {
  const first = new Map<string, number>();
  const holders = new Map<string, number>();
  for (const path of keys(whole, ['vrrp'])) {
    const group = at(whole, [...path, 'group']);
    const name = at(whole, [...path, 'interface']);
    if (typeof group === 'number' && typeof name === 'string') {
      const key = `${group} ${name}`;
      const before = first.get(key);
      if (before === undefined) first.set(key, Number(path.at(-1)));
      else {
        yield {
          path: [...path, 'group'],
          found: `group ${group} on ${name} a second time`,
          text: `each group once on an interface (it is in vrrp[${before}] already)`,
        };
      }
    }
    const seen = new Set<unknown>();
    for (const entry of keys(whole, [...path, 'addresses'])) {
      const address = at(whole, entry);
      if (typeof address === 'string' && seen.has(address)) {
        yield { path: entry, found: `${address} a second time`, text: 'each address once in a group' };
      }
      seen.add(address);
      if (typeof address !== 'string' || typeof name !== 'string') continue;
      const index = Number(path.at(-1));
      const holder = holders.get(`${address} ${name}`) ?? index;
      holders.set(`${address} ${name}`, holder);
      // The same group a second time is told of already.
      if (holder === index || at(whole, ['vrrp', holder, 'group']) === group) continue;
      yield {
        path: entry,
        found: `${address} on ${name} a second time`,
        text: `each address in one group of an interface (it is in vrrp[${holder}] already)`,
      };
    }
  }
}
