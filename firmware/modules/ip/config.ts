/** IP's section of the configuration (RFC 1256 4.1), and the settings that are made of it. */
import type { BrokenRelation, JsonSchema, ManifestConfig } from 'hitless/runtime';
import { formatDuration } from '../duration.ts';
import { perInterface } from '../per-interface.ts';
import {
  checkFilters,
  FILTER_KEYS,
  type FilterKeys,
  filtersOf,
  readFilters,
} from './exchange/filter-config.ts';
import {
  checkInterfaces,
  type Keys,
  SETTINGS_KEYS,
  settingsOf,
  type Whole,
} from './interfaces/interface-config.ts';
import { ADVERTISEMENTS, type Advertisements, advertisingOf, checkAdvertisements } from './nd/config.ts';
import { checkStatic, STATIC_KEYS, type StaticKeys, staticOf } from './rib/static-config.ts';
import type { Config, InterfaceConfig } from './state.ts';

const MOST_BANDWIDTH = 10_000_000;

const INTERFACE: Record<string, JsonSchema> = {
  // MaxAdvertisementInterval is 4 to 1,800 seconds, 600 by default; less only makes sense in a lab.
  interval: {
    duration: { least: '10ms', most: '30m' },
    default: '10m',
    allowed: "a time from 10ms to 30m (less than 4s, RFC 1256's least, is for a lab)",
    description: 'the longest time between two advertisements (MaxAdvertisementInterval)',
  },
  // A signed 32-bit number; the least means "never a default router".
  preference: {
    type: 'integer',
    minimum: -2_147_483_648,
    maximum: 2_147_483_647,
    default: 0,
    description: 'preference as default router; the least means never',
  },
  'router-discovery': {
    type: 'boolean',
    unset: 'true; false on the loopback',
    description: 'whether it is advertised by ICMP (RFC 1256), with `interval` and `preference`',
  },
  'router-advertisements': ADVERTISEMENTS,
  bandwidth: {
    type: 'integer',
    minimum: 1,
    maximum: MOST_BANDWIDTH,
    unit: 'Mbit/s',
    unset: 'as its driver says',
    description:
      'its speed, as routing protocols are told of it for the cost of the link; nothing is limited by it',
  },
  ...SETTINGS_KEYS,
};

const SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  unset: 'no IP module, unless a version needs it',
  description:
    'ICMP router advertisements (RFC 1256), of all addresses that belong to a network, where the kernel forwards',
  properties: {
    // AdvertisementLifetime, at most 9,000 seconds.
    lifetime: {
      duration: { least: '1s', most: '9000s', step: '1s' },
      unset: 'three times the longest `interval`',
      description: 'how long hosts believe an advertisement; not below any `interval`',
    },
    // A router that only has routes needs none.
    interfaces: {
      ...perInterface('where it advertises, by name', INTERFACE),
      minProperties: 0,
      default: {},
      allowed: 'a mapping of interface name to its settings, such as lan0: {}',
    },
    ...STATIC_KEYS,
    ...FILTER_KEYS,
  },
};

/** As the schema has it, times in ms. */
interface Section extends FilterKeys, StaticKeys {
  lifetime?: number;
  interfaces: Record<string, InterfaceKeys>;
}

interface InterfaceKeys extends Keys {
  preference: number;
  interval: number;
  bandwidth?: number;
  'router-discovery'?: boolean;
  'router-advertisements'?: Advertisements;
}

/** The same in `check`, where whatever is wrong by itself is missing. */
interface Unchecked extends FilterKeys, StaticKeys {
  lifetime?: number;
  interfaces?: Record<string, Partial<InterfaceKeys>>;
}

export const section: ManifestConfig = { section: 'ip', schema: SCHEMA, check, settings };

function check(section: Unchecked, whole: Whole): BrokenRelation[] {
  return [
    ...lifetimeCoversIntervals(section),
    ...advertisementsAreGood(section),
    ...checkInterfaces(section.interfaces ?? {}, section.tables ?? {}, whole),
    ...checkStatic(section),
    ...checkFilters(section),
  ];
}

function advertisementsAreGood({ interfaces = {} }: Unchecked): BrokenRelation[] {
  return Object.entries(interfaces).flatMap(([name, { 'router-advertisements': keys }]) =>
    keys === undefined
      ? []
      : [...checkAdvertisements(['ip', 'interfaces', name, 'router-advertisements'], keys)],
  );
}

/** 4.1: a host must not forget the router between two advertisements. */
function lifetimeCoversIntervals({ lifetime, interfaces = {} }: Unchecked): BrokenRelation[] {
  const [name, { interval = 0 }] = Object.entries(interfaces).reduce(
    (longest, other) => ((other[1].interval ?? 0) > (longest[1].interval ?? 0) ? other : longest),
    ['', {}],
  );
  if (lifetime === undefined || interval <= lifetime) return [];
  return [
    {
      path: ['ip', 'lifetime'],
      text: `at least the interval of ${name}, which is ${formatDuration(interval)} (RFC 1256 4.1)`,
    },
  ];
}

/** The lifetime becomes seconds: three times MaxAdvertisementInterval unless told (4.1). */
function settings({ lifetime: told, interfaces, ...rest }: Section): Config {
  const longest = Math.max(0, ...Object.values(interfaces).map(({ interval }) => interval));
  const lifetime = told ?? 3 * longest;
  const each = Object.entries(interfaces).map(([name, keys]) => [name, interfaceOf(name, keys)] as const);
  return readConfig({
    // Where nothing is advertised there is none to tell.
    ...(lifetime > 0 && { lifetime: Math.ceil(lifetime / 1000) }),
    interfaces: Object.fromEntries(each),
    ...staticOf(rest),
    filters: filtersOf(rest),
  });
}

/** In a network namespace the loopback has one name always, and there is one. */
const LOOPBACK = 'lo';

function interfaceOf(
  name: string,
  {
    preference,
    interval,
    bandwidth,
    'router-discovery': discovery = name !== LOOPBACK,
    'router-advertisements': advertisements,
    ...keys
  }: InterfaceKeys,
): InterfaceConfig {
  const settings = settingsOf(keys);
  return {
    preference,
    interval,
    ...(!discovery && { discovery }),
    ...(advertisements !== undefined && { advertising: advertisingOf(advertisements) }),
    ...(bandwidth !== undefined && { bandwidth }),
    ...(settings !== undefined && { settings }),
  };
}

/** RFC 1256 4.1: the default lifetime is three times the default interval of 600 s. */
const DEFAULT_LIFETIME = 1800;

/**
 * The configuration as `initial` and `configure` are given it, also that of a version before 3.0.0. Nothing is configured
 * where nothing is given.
 */
export function readConfig(given: unknown): Config {
  const {
    lifetime = DEFAULT_LIFETIME,
    interfaces = {},
    keepRoutes = 0,
    routes = {},
    tables = {},
    filters,
  } = (given ?? {}) as Partial<Config>;
  return { lifetime, interfaces, keepRoutes, routes, tables, filters: readFilters(filters) };
}
