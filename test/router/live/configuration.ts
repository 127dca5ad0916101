/**
 * The configuration as the test sees it: what stands in the file, as plain data; and what must follow from it, worked out
 * without a line of the router's.
 */
import { isDeepStrictEqual } from 'node:util';

export interface OspfInterface {
  'hello-interval': string;
  'dead-interval': string;
  address?: string;
  cost?: number;
}

/** An LSA is made again at once, and routes follow at once: then it is soon known whether anything has changed. */
export const TIMERS: Readonly<Record<string, string>> = {
  'spf-initial': '0ms',
  'spf-hold': '20ms',
  'spf-most': '100ms',
  'min-ls-interval': '0ms',
  'min-ls-arrival': '0ms',
};

export interface Group {
  interface: string;
  group: number;
  priority?: number;
  interval: string;
  preempt?: boolean;
  checksum?: string;
  addresses: string[];
}

export interface IpInterface {
  interval: string;
  preference?: number;
}

/** The file as data. */
export interface Configuration {
  router: { id: string; state: string; bundles: string[]; modules: Record<string, string> };
  interfaces: Record<string, { addresses: string[] }>;
  log?: { level: string };
  ip?: { lifetime?: string; interfaces: Record<string, IpInterface> };
  ospf?: { area?: string; interfaces: Record<string, OspfInterface>; timers?: Record<string, string> };
  vrrp?: Group[];
}

/** The modules that the file configures; all three can be configured while they run. */
export const MODULES = ['IP', 'OSPF', 'VRRP'] as const;
export type ModuleName = (typeof MODULES)[number];

export const sectionOf = (module: ModuleName) => module.toLowerCase() as 'ip' | 'ospf' | 'vrrp';

/** Names a virtual router as the module does. */
export const keyOf = ({ interface: name, group }: Group) => `${name}/${group}`;

export const areaOf = ({ ospf }: Configuration) => ospf?.area ?? '0.0.0.0';

export function groupOf({ vrrp = [] }: Configuration, key: string): Group | undefined {
  return vrrp.find((group) => keyOf(group) === key);
}

/** `1s`, `500ms` in ms. */
export function ms(duration: string): number {
  const [, number, unit] = /^([\d.]+)(ms|s|m)$/.exec(duration)!;
  return Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}

/** The settings that the states must have, by module; nothing where the module does not run. */
export function settingsOf(all: Configuration): Record<ModuleName, unknown> {
  const { router, ip, ospf, vrrp } = all;
  return {
    IP: ip && {
      lifetime: ip.lifetime === undefined ? defaultLifetime(ip.interfaces) : ms(ip.lifetime) / 1000,
      interfaces: mapped(ip.interfaces, ({ interval, preference = 0 }) => ({
        preference,
        interval: ms(interval),
      })),
      keepRoutes: 0,
      routes: {},
      tables: {},
      filters: { prefixLists: {}, routeMaps: {} },
    },
    OSPF: ospf && {
      ...OF_OSPF,
      routerId: router.id,
      areas: { [areaOf(all)]: OF_AREA },
      interfaces: Object.fromEntries(
        Object.entries(ospf.interfaces).map(([name, { cost, address, ...each }]) => [
          name,
          {
            ...OF_INTERFACE,
            link: name,
            area: areaOf(all),
            ...(cost !== undefined && { cost }),
            helloInterval: ms(each['hello-interval']),
            deadInterval: ms(each['dead-interval']),
            ...(address !== undefined && { address }),
          },
        ]),
      ),
    },
    VRRP: vrrp && {
      groups: vrrp.map((group) => {
        const { checksum = 'auto', interval, priority = 100, preempt = true, ...rest } = group;
        return {
          ...rest,
          priority,
          ...{ family: 4, version: 3, virtualMac: true },
          preempt,
          interval: ms(interval) / 10,
          ...(checksum !== 'auto' && { checksum }),
        };
      }),
    },
  };
}

/** Settings of OSPF that the test says nothing of, and its times (TIMERS). */
const OF_OSPF = {
  redistribute: {},
  maximumPaths: 64,
  distance: { intra: 110, inter: 110, external: 110 },
  stubRouter: { always: false, onStart: 0 },
  hostname: '',
  timers: { spf: { initial: 0, hold: 20, most: 100 }, minLsInterval: 0, minLsArrival: 0 },
  gracefulRestart: { helper: true, restarter: false, period: 120_000 },
  keyChains: {},
};

const OF_AREA = {
  type: 'normal',
  summaries: true,
  defaultCost: 1,
  ranges: {},
  nssaRanges: {},
  translate: 'candidate',
  virtualLinks: {},
};

const OF_INTERFACE = {
  passive: false,
  priority: 1,
  retransmitInterval: 5000,
  transmitDelay: 1000,
  mtuIgnore: false,
  authentication: { type: 'none' },
  neighbors: {},
};

/** RFC 1256 4.1 */
function defaultLifetime(interfaces: Record<string, IpInterface>): number {
  return Math.ceil((3 * Math.max(...Object.values(interfaces).map(({ interval }) => ms(interval)))) / 1000);
}

function mapped<From, To>(from: Record<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value)]));
}

/** All that a change may disturb, by name of the interface or virtual router. Whatever is not named must not notice. */
export interface Concern {
  /** Neighbours there may go, and come again where OSPF runs there still. */
  ospf: string[];
  /** Their role may change, or they come or go. */
  vrrp: string[];
  /** Hosts there may be told to forget the router. */
  ip: string[];
}

export const NOBODY: Concern = { ospf: [], vrrp: [], ip: [] };

/** Everything of both: a router that is killed. */
export function everything(...all: readonly Configuration[]): Concern {
  const names = (of: (one: Configuration) => string[]) => [...new Set(all.flatMap(of))];
  return {
    ospf: names(({ ospf }) => Object.keys(ospf?.interfaces ?? {})),
    vrrp: names(({ vrrp = [] }) => vrrp.map(keyOf)),
    ip: names(({ ip }) => Object.keys(ip?.interfaces ?? {})),
  };
}

/**
 * All that the difference of two configurations concerns.
 * @param roles of the virtual routers before and after
 */
export function concernOf(
  before: Configuration,
  after: Configuration,
  roles: { before: Roles; after: Roles },
): Concern {
  const all = everything(before, after);
  const oneOnly = (of: (one: Configuration) => unknown) =>
    (of(before) === undefined) !== (of(after) === undefined);
  // RFC 2328 5, 6: with another router id or area it is another router to its neighbours.
  const startsAgain = before.router.id !== after.router.id || areaOf(before) !== areaOf(after);
  return {
    ospf: all.ospf.filter((name) => startsAgain || oneOnly(({ ospf }) => ospf?.interfaces[name])),
    vrrp: all.vrrp.filter(
      (key) => oneOnly((one) => groupOf(one, key)) || roles.before[key] !== roles.after[key],
    ),
    ip: all.ip.filter((name) => oneOnly(({ ip }) => ip?.interfaces[name])),
  };
}

/** By virtual router, in which state it comes to rest. */
export type Roles = Record<string, 'Active' | 'Backup'>;

/**
 * RFC 9568 6.4: where each virtual router comes to rest beside the others of its group.
 * @param before where they rested; one that is new begins as Backup
 * @param theirs the priority of the other router of the group, where there is one
 */
export function rolesOf(
  { vrrp = [] }: Configuration,
  before: Roles,
  theirs: Readonly<Record<string, number>>,
): Roles {
  const roles: Roles = {};
  for (const group of vrrp) {
    const { priority = 100, preempt = true } = group;
    const key = keyOf(group);
    const other = theirs[key];
    const wins = other === undefined || (priority > other && (preempt || before[key] === 'Active'));
    roles[key] = wins ? 'Active' : 'Backup';
  }
  return roles;
}

/** A change as a console takes it. What is set comes first: nothing is empty in between. */
export function wordsBetween(before: Configuration, after: Configuration): string[] {
  const [was, is] = [linesOf(before), linesOf(after)];
  const gone = [...was.keys()].filter((path) => !is.has(path));
  // A part of something that goes needs no line of its own.
  const deleted = gone.filter((path) => !gone.some((above) => path.startsWith(`${above} `)));
  const set = [...is].filter(([path, value]) => value !== was.get(path));
  return [
    ...set.map(([path, value]) => `set ${path}${value === '' ? '' : ` ${value}`}`),
    ...deleted.map((path) => `delete ${path}`),
  ];
}

/** By path in words: the value, or nothing for what has parts. */
function linesOf(data: unknown, path: readonly string[] = [], lines = new Map<string, string>()) {
  if (typeof data !== 'object' || data === null) {
    lines.set(path.join(' '), String(data));
    return lines;
  }
  if (!Array.isArray(data)) {
    if (path.length > 0) lines.set(path.join(' '), '');
    for (const [key, value] of Object.entries(data)) linesOf(value, [...path, key], lines);
    return lines;
  }
  for (const entry of data) {
    if (typeof entry !== 'object') lines.set([...path, String(entry)].join(' '), '');
    else {
      const { interface: name, group, ...rest } = entry as Group;
      linesOf(rest, [...path, name, String(group)], lines);
    }
  }
  return lines;
}

/** Whether two values say the same: the entries of a list of groups have no order. */
export function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(withoutOrder(one), withoutOrder(other));
}

function withoutOrder(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  if (!Array.isArray(data)) return mapped(data as Record<string, unknown>, withoutOrder);
  const list = data.every(isGroup) ? data.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b))) : data;
  return list.map(withoutOrder);
}

function isGroup(entry: unknown): entry is Group {
  return typeof entry === 'object' && entry !== null && 'interface' in entry && 'group' in entry;
}
