/** The offer of an interface to its hosts by IPv6 router advertisements, and its source (RFC 4861 6.2.2, 6.2.3). */
import type { InterfaceAddress } from '../../../../drivers/netlink/address.ts';
import type { Link } from '../../../../drivers/netlink/link.ts';
import { isLinkLocal, parseAddress, prefixText } from '../../prefix.ts';
import type { OwnValue } from '../interfaces/interface-record.ts';
import { FORCE } from '../interfaces/sysctl.ts';
import { ALL_INTERFACES, type State } from '../state.ts';
import type { AdvertisingConfig, Sender6 } from './advertising-record.ts';
import { OWN_PREFIX } from './config.ts';
import type { PrefixInformation, RouterAdvertisement6 } from './offer.ts';

/** IFA_F_… of linux/if_addr.h. */
const TENTATIVE = 0x40;
const DUPLICATE = 0x08;
const PERMANENT = 0x80;
/** Of an interface's own prefixes; a link may have thousands of addresses. */
const MOST_OWN_PREFIXES = 64;
const ETHERNET_ADDRESS = 'xx:xx:xx:xx:xx:xx'.length;

/** `host`: its neighbours are told that it is no router. `all`: neither all interfaces forward, nor this one by itself. */
type Unforwarded = 'host' | 'all';

/** An interface as the kernel has it. */
export interface Facts {
  link: Link;
  /** Of IPv6. */
  addresses: InterfaceAddress[];
  /** Why the kernel does not forward what comes in there; undefined where it does, or does not say. */
  unforwarded: Unforwarded | undefined;
}

/** Undefined where there is no such interface, or the kernel has not told of it yet. */
export function factsOf(state: State, name: string): Facts | undefined {
  const index = state.names.get(name);
  const row = index === undefined ? undefined : state.links.get(index);
  if (index === undefined || row === undefined) return undefined;
  const addresses = row.addresses.flatMap((key) => state.addresses.get(key) ?? []);
  return {
    link: row.link,
    addresses: addresses.filter(({ family }) => family === 6),
    unforwarded: unforwardedOf(state, index),
  };
}

function unforwardedOf({ forwarding6, settings }: State, index: number): Unforwarded | undefined {
  if (forwarding6[index] === false) return 'host';
  if (forwarding6[ALL_INTERFACES] !== false) return undefined;
  const forced = settings.ours.get(index)?.kept.get(`sysctl ${FORCE}`) as OwnValue<string> | undefined;
  return forced?.now === '1' ? undefined : 'all';
}

/** The address to send from: the one before, as long as it is there (6.2.8). Undefined where nothing can be sent. */
export function sourceOf({ link, addresses }: Facts, before: string | undefined): string | undefined {
  if (!link.up || !link.carrier) return undefined;
  const usable = addresses
    .filter(({ flags }) => (flags & (TENTATIVE | DUPLICATE)) === 0)
    .map(({ address }) => address)
    .filter(isLocal);
  return before !== undefined && usable.includes(before) ? before : usable[0];
}

/**
 * The Active virtual routers of the interface; undefined where it has none of IPv6. A Backup Router advertises nothing: hosts
 * know the virtual router alone.
 */
export function sendersOf({ virtual }: State, name: string): Sender6[] | undefined {
  const all = [...(virtual?.routers.values() ?? [])].filter(
    (router) => router.interface === name && router.family === 6,
  );
  if (all.length === 0) return undefined;
  return all.flatMap(({ active, addresses, mac }): Sender6[] => {
    const from = active ? addresses.find(isLocal) : undefined;
    return from === undefined ? [] : [{ from, ...(mac !== undefined && { mac }) }];
  });
}

/** Returns what is to be said. Where the kernel does not forward, it is no default router and has no routes (6.2.5). */
export function offerOf(config: AdvertisingConfig, facts: Facts): RouterAdvertisement6 {
  const { link } = facts;
  const forwards = facts.unforwarded === undefined;
  const mtu = config.mtu === true ? link.mtu : config.mtu;
  const { servers, search, dnsLifetime: lifetime } = config;
  return {
    type: 'advertisement',
    hopLimit: config.hopLimit,
    managed: config.managed,
    other: config.other,
    preference: config.preference,
    lifetime: forwards ? config.lifetime : 0,
    reachableTime: config.reachableTime,
    retransmitTimer: config.retransmitTimer,
    ...(link.mac.length === ETHERNET_ADDRESS && { mac: link.mac }),
    ...(typeof mtu === 'number' && { mtu }),
    prefixes: prefixesOf(config, facts),
    routes: Object.entries(config.routes).map(([prefix, route]) => ({
      prefix,
      preference: route.preference,
      lifetime: forwards ? route.lifetime : 0,
    })),
    servers: servers.length > 0 ? [{ addresses: [...servers], lifetime }] : [],
    search: search.length > 0 ? [{ names: [...search], lifetime }] : [],
  };
}

function prefixesOf({ prefixes }: AdvertisingConfig, { addresses }: Facts): PrefixInformation[] {
  if (prefixes !== undefined)
    return Object.entries(prefixes).map(([prefix, settings]) => ({ prefix, ...settings }));
  // One with a lifetime is a host's, by another router's advertisements: it is not ours to give.
  const own = addresses.filter(
    ({ address, prefixLength, flags }) =>
      prefixLength === 64 && (flags & PERMANENT) !== 0 && (flags & DUPLICATE) === 0 && !isLocal(address),
  );
  const texts = own.map(({ address }) => prefixText(parseAddress(address)!, 64));
  return [...new Set(texts)]
    .sort()
    .slice(0, MOST_OWN_PREFIXES)
    .map((prefix) => ({ prefix, ...OWN_PREFIX }));
}

function isLocal(address: string): boolean {
  const words = parseAddress(address);
  return words !== undefined && isLinkLocal(words);
}

/** The log's words on an interface that offers less than it is configured to; the same while nothing changes. */
export function remarksOn6(name: string, config: AdvertisingConfig, { unforwarded }: Facts): string[] {
  if (unforwarded === undefined || config.lifetime === 0) return [];
  const which = unforwarded === 'host' ? name : 'all';
  return [
    `${name} is not offered to hosts as a default router of IPv6: net.ipv6.conf.${which}.forwarding is 0, so the kernel forwards nothing that comes in there; they hear of prefixes, and of router lifetime 0. \`forwarding: true\` of the interface sets what is needed`,
  ];
}
