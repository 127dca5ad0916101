/** Static routes and tables in the section of the configuration: their schema, what they contradict, and what is made of them. */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import {
  addressText,
  canonicalPrefix,
  familyOf,
  hasHostBits,
  isLinkLocal,
  isMulticast,
  type PrefixValue,
  parseAddress,
  parsePrefix,
} from '../../prefix.ts';
import { NOWHERE, type RoutesConfig, type StaticHop, type TableConfig } from '../state.ts';

/** In all tables together. */
const MOST_ROUTES = 65_536;
const MOST_HOPS = 64;
/** IFNAMSIZ without the zero byte. */
const LONGEST_INTERFACE = 15;
const MOST_TABLES = 256;
/** Numbers of the kernel's own: unspecified, default, main, local. */
const KERNEL_TABLES: readonly number[] = [0, 253, 254, 255];

const HOP: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    distance: {
      type: 'integer',
      minimum: 1,
      maximum: 255,
      default: 1,
      description:
        'the lowest of all ways to the prefix is used, 255 never; next hops of one distance share the traffic',
    },
    weight: {
      type: 'integer',
      minimum: 1,
      maximum: 256,
      default: 1,
      description: 'its share of the traffic, beside other next hops of its distance',
    },
    tag: {
      type: 'integer',
      minimum: 0,
      maximum: 4_294_967_295,
      unset: 'no tag',
      description: 'a mark for those to whom it is redistributed',
    },
    interface: {
      type: 'string',
      format: 'interface-name',
      unset: 'found by the routes that there are',
      description: 'the interface that the next hop is on; a link-local one needs it',
    },
  },
};

const ROUTES: JsonSchema = {
  type: 'object',
  maxProperties: MOST_ROUTES,
  propertyNames: {
    type: 'string',
    pattern: '^([0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)/[0-9]{1,3}$',
    allowed: 'a prefix, such as 10.9.0.0/16 or fd00:9::/48',
  },
  additionalProperties: {
    type: 'object',
    minProperties: 1,
    maxProperties: MOST_HOPS,
    propertyNames: {
      type: 'string',
      pattern: '^[^\\s/]{1,45}$',
      allowed: 'a next hop: an address, the name of an interface, blackhole, or unreachable',
    },
    additionalProperties: HOP,
    allowed: `next hops, 1 to ${MOST_HOPS}, such as 10.0.2.2: {}`,
  },
  allowed: 'a mapping of prefix to next hops, such as 10.9.0.0/16: { 10.0.2.2: {} }',
  description: 'static routes: by prefix, then by next hop',
};

/** Keys of the section. */
export const STATIC_KEYS: Readonly<Record<string, JsonSchema>> = {
  'keep-routes': {
    duration: { least: '0s', most: '1h' },
    default: '0s',
    description:
      'how long routes stay in the kernel after the router has ended, for the next start to take over; 0s: they are withdrawn when it ends',
  },
  routes: ROUTES,
  tables: {
    type: 'object',
    maxProperties: MOST_TABLES,
    propertyNames: { format: 'interface-name' },
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      required: ['number'],
      properties: {
        number: {
          type: 'integer',
          minimum: 1,
          maximum: 4_294_967_295,
          allowed: 'the number of the table in the kernel, from 1, other than 253, 254 and 255',
          description: 'the number of the table in the kernel',
        },
        routes: ROUTES,
      },
    },
    description: 'further tables by name, each for the interfaces whose `vrf` it is',
  },
};

/** As the schema has them, times in ms. In `check` whatever is wrong by itself is missing. */
export interface StaticKeys {
  'keep-routes'?: number;
  routes?: Record<string, Record<string, Partial<StaticHop>>>;
  tables?: Record<string, { number?: number; routes?: StaticKeys['routes'] }>;
}

type Path = BrokenRelation['path'];

export function checkStatic({ routes, tables = {} }: StaticKeys): BrokenRelation[] {
  const numbers = new Map<number, string>();
  const broken = [...checkRoutes(routes, ['ip', 'routes'])];
  let all = Object.keys(routes ?? {}).length;
  for (const [name, table] of Object.entries(tables)) {
    const path = ['ip', 'tables', name];
    broken.push(...checkRoutes(table.routes, [...path, 'routes']));
    const some = Object.keys(table.routes ?? {}).length;
    all += some;
    if (all > MOST_ROUTES && some > 0)
      broken.push({
        path: [...path, 'routes'],
        text: `at most ${MOST_ROUTES} routes in all tables together; up to here there are ${all}`,
      });
    const { number } = table;
    if (number === undefined) continue;
    const other = numbers.get(number);
    if (KERNEL_TABLES.includes(number))
      broken.push({ path: [...path, 'number'], text: "a number that is none of the kernel's own tables" });
    if (other !== undefined)
      broken.push({ path: [...path, 'number'], text: `a number that no other table has; ${other} has it` });
    numbers.set(number, name);
  }
  return broken;
}

/** Makes of them what `initial` and `configure` are given: prefixes and addresses in canonical text. */
export function staticOf({ 'keep-routes': keepRoutes = 0, routes = {}, tables = {} }: StaticKeys): {
  keepRoutes: number;
  routes: RoutesConfig;
  tables: Record<string, TableConfig>;
} {
  const each = Object.entries(tables).map(([name, table]) => {
    return [name, { number: table.number!, routes: routesOf(table.routes) }] as const;
  });
  return { keepRoutes, routes: routesOf(routes), tables: Object.fromEntries(each) };
}

function routesOf(routes: StaticKeys['routes'] = {}): RoutesConfig {
  const each = Object.entries(routes).map(([prefix, hops]) => {
    const some = Object.entries(hops).map(([name, { distance = 1, weight = 1, tag, interface: on }]) => {
      const hop: StaticHop = {
        distance,
        weight,
        ...(tag !== undefined && { tag }),
        ...(on !== undefined && { interface: on }),
      };
      return [canonicalHop(name), hop] as const;
    });
    return [canonicalPrefix(prefix)!, Object.fromEntries(some)] as const;
  });
  return Object.fromEntries(each);
}

/** `lan0` and `blackhole` are as they are. */
function canonicalHop(name: string): string {
  const words = parseAddress(name);
  return words === undefined ? name : addressText(words);
}

function* checkRoutes(routes: StaticKeys['routes'] = {}, path: Path): Generator<BrokenRelation> {
  const texts = new Map<string, string>();
  for (const [text, hops] of Object.entries(routes)) {
    const prefix = parsePrefix(text);
    const canonical = canonicalPrefix(text);
    const here = [...path, text];
    if (prefix === undefined || canonical === undefined) {
      yield { path: here, text: 'a prefix, such as 10.9.0.0/16 or fd00:9::/48' };
      continue;
    }
    const other = texts.get(canonical);
    if (hasHostBits(prefix)) yield { path: here, text: `a prefix without host bits, which is ${canonical}` };
    else if (isMulticast(prefix.words)) yield { path: here, text: 'a prefix that is not multicast' };
    else if (isOfHost(prefix)) yield { path: here, text: 'a prefix that leaves the host' };
    else if (other !== undefined) yield { path: here, text: `each prefix once; ${other} is the same` };
    texts.set(canonical, text);
    yield* checkHops(hops, familyOf(canonical), here);
  }
}

function* checkHops(
  hops: Record<string, Partial<StaticHop>>,
  family: 4 | 6,
  path: Path,
): Generator<BrokenRelation> {
  const names = new Map<string, string>();
  const types = new Map<string, string>();
  for (const [name, hop] of Object.entries(hops)) {
    const text = wrongHop(name, hop, family);
    if (text !== undefined) yield { path: [...path, name], text };
    const other = names.get(canonicalHop(name));
    if (other !== undefined)
      yield { path: [...path, name], text: `each next hop once; ${other} is the same` };
    names.set(canonicalHop(name), name);
    const type = NOWHERE.includes(name) ? name : 'a next hop';
    const group = `${hop.distance ?? 1} ${hop.tag ?? ''}`;
    const before = types.get(group) ?? type;
    if (before !== type)
      yield {
        path: [...path, name],
        text: `another distance: ${before} and ${type} cannot share the traffic`,
      };
    types.set(group, type);
  }
}

/** "This network" and loopback (RFC 1122 3.2.1.3), ::, ::1 and link-local (RFC 4291 2.5): none is routed by a table. */
function isOfHost({ words, length }: PrefixValue): boolean {
  if (words.length === 1) return length >= 8 && [0, 127].includes(words[0]! >>> 24);
  if (isLinkLocal(words)) return length >= 10;
  return length === 128 && words[3]! <= 1 && words.slice(0, 3).every((word) => word === 0);
}

/** The words for what is allowed in its place. */
function wrongHop(name: string, { interface: on }: Partial<StaticHop>, family: 4 | 6): string | undefined {
  const address = parseAddress(name);
  if (address === undefined) {
    if (name.length > LONGEST_INTERFACE)
      return `an address, the name of an interface (at most ${LONGEST_INTERFACE} characters), blackhole, or unreachable`;
    if (name.includes(':') || /^[0-9.]+$/.test(name)) return 'an address, such as 10.0.2.2 or fd00:2::2';
    return on === undefined ? undefined : `no \`interface\` beside ${name}, which is no address`;
  }
  if (family === 6 && address.length === 1) return 'an IPv6 address: this prefix is of IPv6';
  if (isMulticast(address) || address.every((word) => word === 0) || address[0]! >>> 24 === 127)
    return 'the address of a neighbour';
  if (isLinkLocal(address) && on === undefined)
    return `an \`interface\` beside it: ${name} is link-local, and may be on each`;
  return undefined;
}
