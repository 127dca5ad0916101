/** The key `router-advertisements` of an interface (RFC 4861 6.2.1, RFC 4191 4, RFC 8106 5), and the settings that are made of it. */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import { formatDuration } from '../../duration.ts';
import {
  canonicalAddress,
  canonicalPrefix,
  hasHostBits,
  isLinkLocal,
  isMulticast,
  parseAddress,
  parsePrefix,
  prefixText,
} from '../../prefix.ts';
import type { AdvertisingConfig, PrefixConfig } from './advertising-record.ts';
import type { RoutePreference } from './offer.ts';

const PREFIX_PATTERN = '^[0-9a-fA-F.]*:[0-9a-fA-F:.]*/[0-9]{1,3}$';
const ADDRESS_PATTERN = '^[0-9a-fA-F.]*:[0-9a-fA-F:.]*$';
const NAME_PATTERN = '^[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*$';
const LONGEST_NAME = 253;
const MOST_PREFIXES = 64;
/** RFC 4191 4. */
const MOST_ROUTES = 17;
const MOST_SERVERS = 8;
const MOST_NAMES = 16;
/** Milliseconds from which MinRtrAdvInterval is a third of MaxRtrAdvInterval unless told (RFC 4861 6.2.1). */
const THIRD_FROM = 9000;

const PREFERENCE: JsonSchema = { type: 'string', enum: ['low', 'medium', 'high'], default: 'medium' };
const LONGEST = '87600h';

const PREFIX: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    valid: {
      duration: { least: '0s', most: LONGEST, step: '1s' },
      default: '720h',
      description: 'how long it is valid (AdvValidLifetime)',
    },
    preferred: {
      duration: { least: '0s', most: LONGEST, step: '1s' },
      unset: 'seven days, or `valid` where that is less',
      description: 'how long addresses of it are preferred (AdvPreferredLifetime); not above `valid`',
    },
    'on-link': {
      type: 'boolean',
      default: true,
      description: 'hosts of it are on the link (AdvOnLinkFlag)',
    },
    autonomous: {
      type: 'boolean',
      unset: 'true for a /64',
      description: 'hosts give themselves addresses of it (AdvAutonomousFlag)',
    },
  },
};

const ROUTE: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    lifetime: {
      duration: { least: '0s', most: LONGEST, step: '1s' },
      unset: 'three times `interval`',
      description: 'how long hosts believe it',
    },
    preference: { ...PREFERENCE, description: 'over the same route by another router' },
  },
};

const DNS: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    servers: {
      type: 'array',
      maxItems: MOST_SERVERS,
      uniqueItems: true,
      items: { type: 'string', pattern: ADDRESS_PATTERN, allowed: 'an IPv6 address, such as fd00:1::53' },
      allowed: `a list of at most ${MOST_SERVERS} IPv6 addresses, such as ['fd00:1::53']`,
      unset: 'none',
      description: 'recursive DNS servers (RDNSS)',
    },
    search: {
      type: 'array',
      maxItems: MOST_NAMES,
      uniqueItems: true,
      items: {
        type: 'string',
        pattern: NAME_PATTERN,
        maxBytes: LONGEST_NAME,
        allowed: 'a domain name, such as lab.example',
      },
      allowed: `a list of at most ${MOST_NAMES} domain names, such as [lab.example]`,
      unset: 'none',
      description: 'domains in which hosts look for names (DNSSL)',
    },
    lifetime: {
      duration: { least: '0s', most: LONGEST, step: '1s' },
      unset: 'three times `interval`',
      description: 'how long hosts believe both',
    },
  },
};

export const ADVERTISEMENTS: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  unset: 'none',
  description:
    'router advertisements of IPv6 (RFC 4861). Where the kernel does not forward IPv6, hosts hear of prefixes and no default router',
  properties: {
    // MaxRtrAdvInterval is 4 to 1,800 seconds; less only makes sense in a lab, and for mobile hosts (RFC 6275 7.5).
    interval: {
      duration: { least: '30ms', most: '30m' },
      default: '10m',
      allowed: "a time from 30ms to 30m (less than 4s, RFC 4861's least, is for a lab)",
      description: 'the longest time between two advertisements (MaxRtrAdvInterval)',
    },
    'min-interval': {
      duration: { least: '30ms', most: '30m' },
      unset: 'a third of `interval`; `interval` itself below 9s',
      description:
        'the shortest time between two that nobody asked for (MinRtrAdvInterval); at most three quarters of `interval`',
    },
    lifetime: {
      duration: { least: '0s', most: '9000s', step: '1s' },
      unset: 'three times `interval`',
      description: 'how long hosts believe in the default router (AdvDefaultLifetime); 0s: it is none',
    },
    'hop-limit': {
      type: 'integer',
      minimum: 0,
      maximum: 255,
      default: 64,
      description: 'for what hosts send (AdvCurHopLimit); 0: no word of it',
    },
    mtu: {
      type: ['boolean', 'integer'],
      minimum: 1280,
      maximum: 65_535,
      default: false,
      allowed: 'true for the MTU of the interface, false, or a number of bytes from 1280 to 65535',
      description: 'the MTU for hosts (AdvLinkMTU)',
    },
    managed: {
      type: 'boolean',
      default: false,
      description: 'addresses are to be had by DHCPv6 (AdvManagedFlag)',
    },
    other: {
      type: 'boolean',
      default: false,
      description: 'other settings are to be had by DHCPv6 (AdvOtherConfigFlag)',
    },
    'reachable-time': {
      duration: { least: '0ms', most: '1h' },
      default: '0ms',
      description: 'how long a neighbour counts as reachable (AdvReachableTime); 0ms: no word of it',
    },
    'retransmit-timer': {
      duration: { least: '0ms', most: '1h' },
      default: '0ms',
      description: 'the time between two neighbour solicitations (AdvRetransTimer); 0ms: no word of it',
    },
    preference: { ...PREFERENCE, description: 'over other default routers (RFC 4191)' },
    prefixes: {
      type: 'object',
      maxProperties: MOST_PREFIXES,
      propertyNames: { pattern: PREFIX_PATTERN },
      additionalProperties: PREFIX,
      allowed: "a mapping of IPv6 prefixes to their settings, such as 'fd00:1::/64': {}",
      unset: 'every /64 of which the interface has an address, unless that has a lifetime',
      description: 'prefixes of the link (AdvPrefixList)',
    },
    routes: {
      type: 'object',
      maxProperties: MOST_ROUTES,
      propertyNames: { pattern: PREFIX_PATTERN },
      additionalProperties: ROUTE,
      allowed: `a mapping of at most ${MOST_ROUTES} IPv6 prefixes to their settings, such as 'fd00:9::/48': {}`,
      unset: 'none',
      description: 'routes by this router (RFC 4191)',
    },
    dns: { ...DNS, unset: 'none', description: 'name servers and search list (RFC 8106)' },
  },
};

/** The key as the schema has it, times in ms. */
export interface Advertisements {
  interval: number;
  'min-interval'?: number;
  lifetime?: number;
  'hop-limit': number;
  mtu: boolean | number;
  managed: boolean;
  other: boolean;
  'reachable-time': number;
  'retransmit-timer': number;
  preference: RoutePreference;
  prefixes?: Record<string, PrefixKeys>;
  routes?: Record<string, { lifetime?: number; preference: RoutePreference }>;
  dns?: { servers?: string[]; search?: string[]; lifetime?: number };
}

interface PrefixKeys {
  valid: number;
  preferred?: number;
  'on-link': boolean;
  autonomous?: boolean;
}

/** The same in `check`, where whatever is wrong by itself is missing. */
type Unchecked = Partial<Omit<Advertisements, 'prefixes' | 'routes' | 'dns'>> & {
  prefixes?: Record<string, Partial<PrefixKeys> | undefined>;
  routes?: Record<string, object | undefined>;
  dns?: { servers?: (string | undefined)[] };
};

// --- what it may not say

/** @param path of the key in the configuration */
export function* checkAdvertisements(
  path: readonly (string | number)[],
  { interval, prefixes = {}, routes = {}, dns = {}, ...keys }: Unchecked,
): Generator<BrokenRelation> {
  const { lifetime, 'min-interval': least } = keys;
  if (interval !== undefined && least !== undefined && least > 0.75 * interval)
    yield {
      path: [...path, 'min-interval'],
      text: `at most three quarters of interval, which is ${formatDuration(interval)} (RFC 4861 6.2.1)`,
    };
  if (interval !== undefined && lifetime !== undefined && lifetime !== 0 && lifetime < interval)
    yield {
      path: [...path, 'lifetime'],
      text: `0s, or at least interval, which is ${formatDuration(interval)} (RFC 4861 6.2.1)`,
    };
  yield* prefixesAreGood([...path, 'prefixes'], prefixes);
  yield* prefixesAreGood([...path, 'routes'], routes);
  for (const [text, prefix] of Object.entries(prefixes))
    yield* lifetimesFit([...path, 'prefixes', text], text, prefix);
  for (const [i, text] of (dns.servers ?? []).entries()) {
    const words = text === undefined ? undefined : parseAddress(text);
    if (text !== undefined && (words === undefined || isMulticast(words)))
      yield { path: [...path, 'dns', 'servers', i], text: 'an IPv6 address of a host, such as fd00:1::53' };
  }
}

function* prefixesAreGood(
  path: readonly (string | number)[],
  prefixes: Record<string, unknown>,
): Generator<BrokenRelation> {
  const seen = new Map<string, string>();
  for (const text of Object.keys(prefixes)) {
    const wrong = wrongPrefix(text);
    const canonical = canonicalPrefix(text) ?? text;
    const other = seen.get(canonical);
    if (wrong !== undefined) yield { path: [...path, text], text: wrong };
    else if (other !== undefined)
      yield { path: [...path, text], text: `a prefix once: ${other} is the same` };
    seen.set(canonical, text);
  }
}

function wrongPrefix(text: string): string | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined) return 'an IPv6 prefix, such as fd00:1::/64';
  const { words, length } = prefix;
  if (hasHostBits(prefix)) return `a prefix without bits behind its length: ${prefixText(words, length)}`;
  // RFC 4861 4.6.2: hosts have the link-local one already.
  if (length > 0 && (isMulticast(words) || isLinkLocal(words)))
    return 'a prefix of global or local unicast addresses (RFC 4861 4.6.2)';
  return undefined;
}

function* lifetimesFit(
  path: readonly (string | number)[],
  text: string,
  { valid, preferred, autonomous }: Partial<PrefixKeys> = {},
): Generator<BrokenRelation> {
  if (valid !== undefined && preferred !== undefined && preferred > valid)
    yield {
      path: [...path, 'preferred'],
      text: `at most valid, which is ${formatDuration(valid)} (RFC 4861 6.2.1)`,
    };
  // RFC 4862 5.5.3 (d): with their 64 bits the prefix must make 128.
  if (autonomous === true && parsePrefix(text)?.length !== 64)
    yield { path: [...path, 'autonomous'], text: 'false, as hosts make addresses of a /64 alone (RFC 4862)' };
}

// --- what is made of it

const SEVEN_DAYS = 604_800;

/** RFC 4861 6.2.1: a prefix of the interface's own. */
export const OWN_PREFIX: PrefixConfig = {
  valid: 2_592_000,
  preferred: SEVEN_DAYS,
  onLink: true,
  autonomous: true,
};

/** Lifetimes become seconds, intervals stay milliseconds. */
export function advertisingOf({
  interval,
  prefixes,
  routes = {},
  dns,
  ...keys
}: Advertisements): AdvertisingConfig {
  const thrice = Math.ceil((3 * interval) / 1000);
  return {
    interval,
    minInterval: keys['min-interval'] ?? (interval >= THIRD_FROM ? Math.round(interval / 3) : interval),
    lifetime: secondsOf(keys.lifetime) ?? Math.min(thrice, 9000),
    hopLimit: keys['hop-limit'],
    mtu: keys.mtu,
    managed: keys.managed,
    other: keys.other,
    reachableTime: keys['reachable-time'],
    retransmitTimer: keys['retransmit-timer'],
    preference: keys.preference,
    ...(prefixes !== undefined && { prefixes: byPrefix(prefixes, prefixOf) }),
    routes: byPrefix(routes, ({ lifetime, preference }) => ({
      lifetime: secondsOf(lifetime) ?? thrice,
      preference,
    })),
    servers: (dns?.servers ?? []).map((text) => canonicalAddress(text) ?? text),
    search: dns?.search ?? [],
    dnsLifetime: secondsOf(dns?.lifetime) ?? thrice,
  };
}

function prefixOf({ valid, preferred, autonomous, ...keys }: PrefixKeys, text: string): PrefixConfig {
  const lifetime = valid / 1000;
  return {
    valid: lifetime,
    preferred: secondsOf(preferred) ?? Math.min(SEVEN_DAYS, lifetime),
    onLink: keys['on-link'],
    autonomous: autonomous ?? parsePrefix(text)?.length === 64,
  };
}

function byPrefix<Keys, Made>(
  given: Record<string, Keys>,
  make: (keys: Keys, prefix: string) => Made,
): Record<string, Made> {
  return Object.fromEntries(
    Object.entries(given).map(([text, keys]) => [canonicalPrefix(text) ?? text, make(keys, text)]),
  );
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
