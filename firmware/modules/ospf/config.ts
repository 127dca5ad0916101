/**
 * OSPF's section of the configuration (RFC 2328 C), and the settings that are made of it. A section of a version before
 * 3.0.0 means what it meant, but that a router stands for designated router unless its priority is 0.
 */
import type { BrokenRelation, JsonSchema, ManifestConfig } from 'hitless/runtime';
import { formatDuration } from '../duration.ts';
import { perInterface } from '../per-interface.ts';
import { AREA, type AreaKeys, areaOf, BACKBONE_ID, checkArea, PLAIN_AREA } from './config/area-config.ts';
import {
  authenticationOf,
  checkKeys,
  KEY_CHAINS,
  type KeysOf,
  keysOf,
} from './config/authentication-config.ts';
import {
  DEFAULT_INFORMATION,
  type DefaultKeys,
  DISTRIBUTE_LIST,
  type DistributeKeys,
  distributeListOf,
  externalOf,
  type Filters,
  REDISTRIBUTE,
  type RedistributeKeys,
  redistributeOf,
  unknownFilters,
} from './config/external-config.ts';
import { checkInterface, INTERFACE, type InterfaceKeys, interfacesOf } from './config/interface-config.ts';
import { ID } from './config/schemas.ts';
import type { AreaConfig, Config } from './config-record.ts';

const MOST_AREAS = 64;
const MOST_HOPS = 64;
/** As FRR has it. */
const MOST_BANDWIDTH = 4_294_967;

const DISTANCE: JsonSchema = { type: 'integer', minimum: 1, maximum: 255, default: 110 };

const SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['interfaces'],
  unset: 'no OSPF module',
  description: 'OSPF version 2 (RFC 2328)',
  properties: {
    area: { ...ID, default: BACKBONE_ID, description: 'area of the interfaces that name none' },
    interfaces: perInterface('where it takes part, by name', INTERFACE),
    areas: {
      type: 'object',
      maxProperties: MOST_AREAS,
      propertyNames: ID,
      additionalProperties: { type: 'object', additionalProperties: false, properties: AREA },
      unset: 'normal areas, those of the interfaces',
      description: 'what is to be said of areas, by id',
    },
    redistribute: REDISTRIBUTE,
    'default-information': DEFAULT_INFORMATION,
    'maximum-paths': {
      type: 'integer',
      minimum: 1,
      maximum: MOST_HOPS,
      default: MOST_HOPS,
      description: 'next hops of equal cost that a route has at most',
    },
    distance: {
      type: 'object',
      additionalProperties: false,
      properties: {
        intra: { ...DISTANCE, description: 'of routes within an area' },
        inter: { ...DISTANCE, description: 'of routes to other areas' },
        external: { ...DISTANCE, description: 'of routes to outside of the AS' },
      },
      unset: '110',
      description: 'which routes IP prefers over those of other sources: the lowest; 255 is never used',
    },
    'reference-bandwidth': {
      type: 'integer',
      minimum: 1,
      maximum: MOST_BANDWIDTH,
      unit: 'Mbit/s',
      unset: 'a cost of 10',
      description:
        'divided by the speed of a link, the cost of an interface where none is configured: 1 at the least. A speed that is not known is taken for 10000; `ip.interfaces.….bandwidth` sets it',
    },
    'distribute-list': DISTRIBUTE_LIST,
    'stub-router': {
      type: 'object',
      additionalProperties: false,
      properties: {
        always: { type: 'boolean', default: false, description: 'as long as it is configured' },
        'on-start': {
          duration: { least: '0s', most: '1h' },
          default: '0s',
          description: 'for so long after the start',
        },
      },
      unset: 'never',
      description: 'others are asked to send through traffic another way (RFC 6987)',
    },
    hostname: {
      type: 'string',
      pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$',
      allowed: 'a host name, at most 255 characters',
      unset: 'none',
      description: 'a name of the router, told to its areas (RFC 5642)',
    },
    timers: {
      type: 'object',
      additionalProperties: false,
      properties: {
        'spf-initial': {
          duration: { least: '0ms', most: '10m' },
          default: '0ms',
          description: 'from the first change to the routes that follow from it, when it was quiet before',
        },
        'spf-hold': {
          duration: { least: '0ms', most: '10m' },
          default: '50ms',
          description: 'the same for the next change, then twice as long each time',
        },
        'spf-most': {
          duration: { least: '0ms', most: '10m' },
          default: '5s',
          description: 'the same at most',
        },
        'min-ls-interval': {
          duration: { least: '0ms', most: '60s' },
          default: '5s',
          description: 'between two instances of one LSA of ours (MinLSInterval)',
        },
        'min-ls-arrival': {
          duration: { least: '0ms', most: '60s' },
          default: '1s',
          description: 'between two instances of one LSA that are taken (MinLSArrival)',
        },
      },
      description: 'times of the whole router; those of interfaces stand there',
    },
    'graceful-restart': {
      type: 'object',
      additionalProperties: false,
      properties: {
        helper: {
          type: 'boolean',
          default: true,
          description: 'neighbours that restart are taken for present meanwhile',
        },
        restarter: {
          type: 'boolean',
          default: false,
          description:
            'neighbours are asked to do so when the router ends, for it will start again; routes stay as `ip.keep-routes` says',
        },
        period: {
          duration: { least: '1s', most: '30m', step: '1s' },
          default: '2m',
          description: 'how long they are asked to wait',
        },
      },
      unset: 'it helps others',
      description: 'RFC 3623, for restarts of the whole router; an upgrade is none',
    },
    'key-chains': KEY_CHAINS,
  },
};

/** As the schema has it, times in ms. */
interface Section {
  area: string;
  interfaces: Record<string, InterfaceKeys>;
  areas?: Record<string, AreaKeys>;
  redistribute?: RedistributeKeys;
  'default-information'?: DefaultKeys;
  'maximum-paths': number;
  distance?: Config['distance'];
  'reference-bandwidth'?: number;
  'distribute-list'?: DistributeKeys;
  'stub-router'?: { always: boolean; 'on-start': number };
  hostname?: string;
  timers?: Record<'spf-initial' | 'spf-hold' | 'spf-most' | 'min-ls-interval' | 'min-ls-arrival', number>;
  'graceful-restart'?: Config['gracefulRestart'];
  'key-chains'?: Record<string, KeysOf>;
}

/** The configuration with all sections: the router's id is the router's, not OSPF's, and filters are IP's. */
interface Whole {
  router?: { id?: string };
  ip?: Filters & { 'keep-routes'?: number };
}

export const section: ManifestConfig = {
  section: 'ospf',
  schema: SCHEMA,
  check: (section: Partial<Section>, whole: Whole) => [...check(section, whole)],
  settings,
};

/** Values that are wrong by themselves are missing here. */
function* check(section: Partial<Section>, whole: Whole): Generator<BrokenRelation> {
  const chains = Object.keys(section['key-chains'] ?? {});
  const filters = whole.ip ?? {};
  for (const [name, keys] of Object.entries(section.interfaces ?? {}))
    yield* checkInterface(keys, chains, ['ospf', 'interfaces', name]);
  for (const [id, keys] of Object.entries(section.areas ?? {}))
    yield* checkArea(id, keys, chains, filters, ['ospf', 'areas', id]);
  for (const [source, keys] of Object.entries(section.redistribute ?? {}))
    yield* unknownFilters(keys, filters, ['ospf', 'redistribute', source]);
  if (section['default-information'] !== undefined)
    yield* unknownFilters(section['default-information'], filters, ['ospf', 'default-information']);
  if (section['distribute-list'] !== undefined)
    yield* unknownFilters(section['distribute-list'], filters, ['ospf', 'distribute-list']);
  for (const [name, keys] of Object.entries(section['key-chains'] ?? {}))
    yield* checkKeys(keys, ['ospf', 'key-chains', name]);
  yield* keepsRoutes(section['graceful-restart'], whole);
  yield* hasRouterId(whole);
}

/** RFC 3623 2.1 (1): neighbours send packets through a router that ends, so its routes have to stay. */
function* keepsRoutes(
  restart: Partial<Config['gracefulRestart']> | undefined,
  { ip }: Whole,
): Generator<BrokenRelation> {
  const { restarter, period } = restart ?? {};
  const kept = ip?.['keep-routes'];
  if (restarter !== true || period === undefined || kept === undefined || kept >= period) return;
  yield {
    path: ['ip', 'keep-routes'],
    text: `at least ${formatDuration(period)}, because ospf.graceful-restart has restarter: true with that period`,
  };
}

/** C.1: nothing of OSPF can be sent without it. */
function* hasRouterId({ router }: Whole): Generator<BrokenRelation> {
  if (router?.id !== undefined) return;
  yield {
    path: ['router', 'id'],
    text: 'a router id such as 10.0.1.1, because there is an ospf section',
  };
}

function settings(section: Section, { router }: { router: { id: string } }): Config {
  const {
    area,
    'reference-bandwidth': referenceBandwidth,
    'distribute-list': list,
    'stub-router': stub,
    timers,
  } = section;
  const areas = section.areas ?? {};
  const authenticationIn = (id: string) => authenticationOf(areas[id]?.authentication);
  const interfaces = Object.entries(section.interfaces).flatMap(([link, keys]) =>
    interfacesOf(link, keys, area, authenticationIn(keys.area ?? area)),
  );
  const defaults = section['default-information'];
  const configured = Object.entries(areas).map(
    ([id, keys]) => [id, areaOf(keys, authenticationIn(BACKBONE_ID))] as const,
  );
  return {
    ...DEFAULTS,
    routerId: router.id,
    interfaces: Object.fromEntries(interfaces),
    areas: areasOf(
      interfaces.map(([, keys]) => keys.area),
      Object.fromEntries(configured),
    ),
    redistribute: redistributeOf(section.redistribute),
    ...(defaults !== undefined && {
      defaultInformation: { always: defaults.always, ...externalOf(defaults) },
    }),
    maximumPaths: section['maximum-paths'],
    distance: { ...DEFAULTS.distance, ...section.distance },
    ...(referenceBandwidth !== undefined && { referenceBandwidth }),
    ...(list !== undefined && { distributeList: distributeListOf(list) }),
    ...(stub && { stubRouter: { always: stub.always, onStart: stub['on-start'] } }),
    hostname: section.hostname ?? '',
    ...(timers && {
      timers: {
        spf: { initial: timers['spf-initial'], hold: timers['spf-hold'], most: timers['spf-most'] },
        minLsInterval: timers['min-ls-interval'],
        minLsArrival: timers['min-ls-arrival'],
      },
    }),
    ...(section['graceful-restart'] && { gracefulRestart: section['graceful-restart'] }),
    keyChains: Object.fromEntries(
      Object.entries(section['key-chains'] ?? {}).map(([name, keys]) => [name, keysOf(keys)]),
    ),
  };
}

/** Those of interfaces, those that are configured, and the backbone where there are virtual links. */
function areasOf(
  ofInterfaces: readonly string[],
  configured: Record<string, AreaConfig>,
): Record<string, AreaConfig> {
  const isVirtual = Object.values(configured).some(
    ({ virtualLinks }) => Object.keys(virtualLinks).length > 0,
  );
  const ids = new Set([...(isVirtual ? [BACKBONE_ID] : []), ...ofInterfaces, ...Object.keys(configured)]);
  return Object.fromEntries([...ids].map((id) => [id, configured[id] ?? PLAIN_AREA]));
}

/** Values where nothing is said of them. */
export const DEFAULTS: Omit<Config, 'routerId'> = {
  areas: {},
  interfaces: {},
  redistribute: {},
  maximumPaths: MOST_HOPS,
  distance: { intra: 110, inter: 110, external: 110 },
  stubRouter: { always: false, onStart: 0 },
  hostname: '',
  timers: { spf: { initial: 0, hold: 50, most: 5000 }, minLsInterval: 5000, minLsArrival: 1000 },
  gracefulRestart: { helper: true, restarter: false, period: 120_000 },
  keyChains: {},
};

/** Of a version before 3.0.0, times in seconds. */
interface Earlier {
  routerId: string;
  area: string;
  interfaces: Record<
    string,
    { helloInterval: number; deadInterval: number; priority: number; address?: string }
  >;
}

/** The configuration as `initial` and `configure` are given it, also that of a version before; or what is wrong with it. */
export function readConfig(given: unknown): Config | { error: string } {
  const { routerId, ...rest } = (given ?? {}) as Partial<Config>;
  if (typeof routerId !== 'string') {
    return {
      error: 'OSPF needs { routerId: "a.b.c.d", interfaces, … } as its configuration; routerId is missing',
    };
  }
  if (rest.areas === undefined)
    return fromEarlier({ area: BACKBONE_ID, interfaces: {}, ...(given as object), routerId });
  return { ...DEFAULTS, ...rest, routerId };
}

export function fromEarlier({ routerId, area, interfaces }: Earlier): Config {
  const each = Object.entries(interfaces).map(([name, keys]) => {
    const { helloInterval, deadInterval, ...others } = keys;
    return [
      name,
      {
        ...PLAIN_INTERFACE,
        link: name,
        area,
        ...others,
        helloInterval: helloInterval * 1000,
        deadInterval: deadInterval * 1000,
      },
    ] as const;
  });
  return { ...DEFAULTS, routerId, interfaces: Object.fromEntries(each), areas: areasOf([area], {}) };
}

/** Values of an interface where nothing is said of them (C.3). */
const PLAIN_INTERFACE = {
  passive: false,
  retransmitInterval: 5000,
  transmitDelay: 1000,
  mtuIgnore: false,
  authentication: { type: 'none' },
  neighbors: {},
} as const;
