/**
 * The keys `redistribute` and `default-information`: what the area or the AS is told of its outside (RFC 2328 C.2, 2.3); and
 * `distribute-list`, what goes the other way.
 */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import type { RouteFilter } from '../../messages/routes.ts';
import type { ExternalConfig, RedistributeConfig } from '../config-record.ts';
import { METRIC, type Path, TAG } from './schemas.ts';

export const SOURCES = ['connected', 'static', 'kernel'] as const;

const EXTERNAL: Record<string, JsonSchema> = {
  metric: { ...METRIC, default: 20, description: 'metric, unless the route map sets another' },
  type: {
    enum: [1, 2],
    default: 2,
    description: '1: the metric adds to the cost of the way; 2: the metric alone decides (RFC 2328 2.3)',
  },
  tag: { ...TAG, unset: 'that of the route, or 0', description: 'a mark for other routers' },
  'route-map': {
    type: 'string',
    unset: 'none',
    description: 'a route map of `ip.route-maps`: what it permits, with what it sets',
  },
};

export const REDISTRIBUTE: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    SOURCES.map((source) => [
      source,
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          ...EXTERNAL,
          'prefix-list': {
            type: 'string',
            unset: 'none',
            description: 'a prefix list of `ip.prefix-lists`: what it permits',
          },
        },
        unset: 'not told',
        description: `${source} routes are told to the AS`,
      },
    ]),
  ),
  unset: 'nothing',
  description: 'routes of other sources that are told to the AS; the router becomes an AS boundary router',
};

/** Of a default route. */
export const DEFAULT_KEYS: Record<string, JsonSchema> = {
  ...EXTERNAL,
  metric: { ...METRIC, default: 10, description: 'its metric, unless the route map sets another' },
  always: { type: 'boolean', default: false, description: 'also where this router has no default route' },
};

export const DEFAULT_INFORMATION: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: DEFAULT_KEYS,
  unset: 'none',
  description: 'a default route is told to the AS',
};

export const DISTRIBUTE_LIST: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    'prefix-list': {
      type: 'string',
      unset: 'none',
      description: 'a prefix list of `ip.prefix-lists`: what it permits',
    },
    'route-map': {
      type: 'string',
      unset: 'none',
      description: 'a route map of `ip.route-maps`: what it permits, with the metric and tag that it sets',
    },
  },
  allowed: 'a prefix list, a route map, or both, such as { prefix-list: inside }',
  unset: 'all',
  description:
    'which of the routes that it computes are used here; what others are told does not depend on it. It takes an IP module of 3.2.0 or newer',
};

/** As the schema has them. In `check` whatever is wrong by itself is missing. */
export interface ExternalKeys {
  metric: number;
  type: 1 | 2;
  tag?: number;
  'route-map'?: string;
}

export interface DefaultKeys extends ExternalKeys {
  always: boolean;
}

export type RedistributeKeys = Partial<
  Record<(typeof SOURCES)[number], ExternalKeys & { 'prefix-list'?: string }>
>;

export interface DistributeKeys {
  'prefix-list'?: string;
  'route-map'?: string;
}

/** IP's section, as far as it names filters. */
export interface Filters {
  'prefix-lists'?: Record<string, unknown>;
  'route-maps'?: Record<string, unknown>;
}

/** Filters that are named, and that there are not. */
export function* unknownFilters(
  keys: { 'route-map'?: string; 'prefix-list'?: string },
  filters: Filters,
  path: Path,
): Generator<BrokenRelation> {
  for (const [key, lists] of [
    ['route-map', 'route-maps'],
    ['prefix-list', 'prefix-lists'],
  ] as const) {
    const name = keys[key];
    const known = Object.keys(filters[lists] ?? {});
    if (name === undefined || known.includes(name)) continue;
    const text = known.length === 0 ? `one of ip.${lists}, which there are none of` : known.join(', ');
    yield { path: [...path, key], text };
  }
}

export function externalOf({ metric, type, tag, 'route-map': routeMap }: ExternalKeys): ExternalConfig {
  return { metric, type, ...(tag !== undefined && { tag }), ...(routeMap !== undefined && { routeMap }) };
}

export function distributeListOf({
  'prefix-list': prefixList,
  'route-map': routeMap,
}: DistributeKeys): RouteFilter {
  return { ...(prefixList !== undefined && { prefixList }), ...(routeMap !== undefined && { routeMap }) };
}

export function redistributeOf(keys: RedistributeKeys = {}): Record<string, RedistributeConfig> {
  const each = Object.entries(keys).map(([source, { 'prefix-list': prefixList, ...external }]) => {
    const made = { ...externalOf(external), ...(prefixList !== undefined && { prefixList }) };
    return [source, made] as const;
  });
  return Object.fromEntries(each);
}
