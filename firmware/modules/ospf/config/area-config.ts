/** The keys of an area (RFC 2328 C.2, C.4; RFC 3101 D), what they contradict, and what is made of them. */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import type { AreaConfig, AuthenticationConfig } from '../config-record.ts';
import {
  AUTHENTICATION,
  type AuthenticationKeys,
  authenticationOf,
  checkAuthentication,
} from './authentication-config.ts';
import {
  DEFAULT_INFORMATION,
  DEFAULT_KEYS,
  type DefaultKeys,
  externalOf,
  type Filters,
  unknownFilters,
} from './external-config.ts';
import { checkTimes, TIMES, type TimeKeys, timesOf } from './interface-config.ts';
import { hostBits, ID, METRIC, type Path, PREFIX_NAMES, TAG } from './schemas.ts';

const MOST_RANGES = 1024;
const MOST_VIRTUAL_LINKS = 64;
/** C.2; of a default route where none is configured. */
const DEFAULT_COST = 1;
export const BACKBONE_ID = '0.0.0.0';

export const AREA: Record<string, JsonSchema> = {
  type: {
    enum: ['normal', 'stub', 'nssa'],
    default: 'normal',
    description:
      'stub: no external routes; nssa: none but those of its own (RFC 3101); the same on all of its routers',
  },
  summaries: {
    type: 'boolean',
    default: true,
    description:
      'false: a border router tells a stub area or nssa nothing but a default route (totally stubby)',
  },
  'default-cost': {
    ...METRIC,
    default: DEFAULT_COST,
    description: 'cost of the default route that a border router tells a stub area or nssa',
  },
  ranges: {
    type: 'object',
    maxProperties: MOST_RANGES,
    propertyNames: PREFIX_NAMES,
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      properties: {
        advertise: {
          type: 'boolean',
          default: true,
          description: 'false: other areas are told nothing of it',
        },
        cost: { ...METRIC, unset: 'that of the most distant network in it', description: 'its cost' },
      },
    },
    unset: 'none',
    description: 'networks of the area that others are told of as one, by prefix',
  },
  'nssa-ranges': {
    type: 'object',
    maxProperties: MOST_RANGES,
    propertyNames: PREFIX_NAMES,
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      properties: {
        advertise: { type: 'boolean', default: true, description: 'false: the AS is told nothing of it' },
        tag: { ...TAG, unset: '0', description: 'a mark for other routers' },
      },
    },
    unset: 'none',
    description: 'external routes of an nssa that the AS is told of as one, by prefix (RFC 3101 3.2)',
  },
  translate: {
    enum: ['candidate', 'always', 'never'],
    default: 'candidate',
    description: 'whether a border router tells the AS of external routes of an nssa (RFC 3101 3.1)',
  },
  'default-information': {
    ...DEFAULT_INFORMATION,
    properties: {
      ...DEFAULT_KEYS,
      'route-map': {
        type: 'string',
        unset: 'none',
        description:
          'a route map of `ip.route-maps`: what it permits, with what it sets; where `ospf.default-information` looks for a default route, too, that one counts',
      },
      always: {
        type: 'boolean',
        default: false,
        description: 'also where this router has no default route; a border router always tells one',
      },
    },
    description: 'a default route is told to an nssa',
  },
  authentication: {
    ...AUTHENTICATION,
    unset: 'none',
    description: 'as of its interfaces, for those that name none',
  },
  'virtual-links': {
    type: 'object',
    maxProperties: MOST_VIRTUAL_LINKS,
    propertyNames: { ...ID, allowed: 'a router id, such as 10.0.9.9' },
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      properties: { ...TIMES, authentication: { ...AUTHENTICATION, unset: 'as of the backbone' } },
    },
    unset: 'none',
    description:
      'links of the backbone through this area to other border routers, by router id (RFC 2328 15)',
  },
};

/** As the schema has them, times in ms. In `check` whatever is wrong by itself is missing. */
export interface AreaKeys {
  type: 'normal' | 'stub' | 'nssa';
  summaries: boolean;
  'default-cost': number;
  ranges?: Record<string, { advertise: boolean; cost?: number }>;
  'nssa-ranges'?: Record<string, { advertise: boolean; tag?: number }>;
  translate: 'candidate' | 'always' | 'never';
  'default-information'?: DefaultKeys;
  authentication?: AuthenticationKeys;
  'virtual-links'?: Record<string, VirtualLinkKeys>;
}

interface VirtualLinkKeys extends TimeKeys {
  authentication?: AuthenticationKeys;
}

export function* checkArea(
  id: string,
  keys: Partial<AreaKeys>,
  chains: readonly string[],
  filters: Filters,
  path: Path,
): Generator<BrokenRelation> {
  const { type = 'normal' } = keys;
  if (id === BACKBONE_ID && type !== 'normal')
    yield { path: [...path, 'type'], text: 'normal: the backbone is no stub area (RFC 2328 3.6)' };
  if (type === 'normal' && keys.summaries === false)
    yield { path: [...path, 'summaries'], text: 'true, or type stub or nssa beside it' };
  for (const key of ['nssa-ranges', 'default-information'] as const)
    if (keys[key] !== undefined && type !== 'nssa')
      yield { path: [...path, key], text: 'left out, or type nssa beside it' };
  if (keys['default-information'] !== undefined)
    yield* unknownFilters(keys['default-information'], filters, [...path, 'default-information']);
  for (const key of ['ranges', 'nssa-ranges'] as const)
    yield* hostBits(Object.keys(keys[key] ?? {}), [...path, key]);
  yield* checkAuthentication(keys.authentication, chains, [...path, 'authentication']);
  const links = keys['virtual-links'];
  if (links !== undefined && (id === BACKBONE_ID || type !== 'normal'))
    yield {
      path: [...path, 'virtual-links'],
      text: 'left out: a virtual link goes through an area that is neither the backbone nor a stub (RFC 2328 15)',
    };
  for (const [router, link] of Object.entries(links ?? {})) {
    yield* checkTimes(link, [...path, 'virtual-links', router]);
    yield* checkAuthentication(link.authentication, chains, [
      ...path,
      'virtual-links',
      router,
      'authentication',
    ]);
  }
}

export function areaOf(keys: AreaKeys, ofBackbone: AuthenticationConfig): AreaConfig {
  const links = Object.entries(keys['virtual-links'] ?? {}).map(([router, link]) => {
    const authentication =
      link.authentication === undefined ? ofBackbone : authenticationOf(link.authentication);
    return [router, { ...timesOf(link), authentication }] as const;
  });
  const defaults = keys['default-information'];
  return {
    type: keys.type,
    summaries: keys.summaries,
    defaultCost: keys['default-cost'],
    ranges: { ...keys.ranges },
    nssaRanges: { ...keys['nssa-ranges'] },
    translate: keys.translate,
    ...(defaults !== undefined && {
      defaultInformation: { always: defaults.always, ...externalOf(defaults) },
    }),
    virtualLinks: Object.fromEntries(links),
  };
}

/** An area that has interfaces, and no configuration of its own. */
export const PLAIN_AREA: AreaConfig = {
  type: 'normal',
  summaries: true,
  defaultCost: DEFAULT_COST,
  ranges: {},
  nssaRanges: {},
  translate: 'candidate',
  virtualLinks: {},
};
