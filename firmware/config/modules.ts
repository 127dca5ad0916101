/**
 * From the configuration to what the runtime starts: for each module its bundle and the plain data that its
 * `initial` takes, in the units of its RFC.
 */
import type { Config } from './schema.ts';

export interface TimerConfig {
  /** ms between two broadcasts. */
  period: number;
}

export interface IpConfig {
  /** RFC 1256 AdvertisementLifetime, in seconds. */
  lifetime: number;
  /** `interval` is RFC 1256's MaxAdvertisementInterval, in ms. */
  interfaces: Record<string, { preference: number; interval: number }>;
}

export interface OspfConfig {
  routerId: string;
  area: string;
  /** Intervals in seconds, RFC 2328 C.3. */
  interfaces: Record<
    string,
    { helloInterval: number; deadInterval: number; priority: number; address?: string }
  >;
}

export interface VrrpConfig {
  groups: {
    interface: string;
    /** VRID, RFC 9568 5.2.3. */
    group: number;
    priority: number;
    /** Advertisement_Interval, in centiseconds. */
    interval: number;
    preempt: boolean;
    addresses: string[];
    /** In which form checksums are sent; absent, VRRP follows the group. */
    checksum?: 'rfc9568' | 'pseudo-header';
  }[];
}

export type ModuleStart = { bundle: string | undefined } & (
  | { module: 'TIMER'; config: TimerConfig }
  | { module: 'IP'; config: IpConfig }
  | { module: 'OSPF'; config: OspfConfig }
  | { module: 'VRRP'; config: VrrpConfig }
);

/**
 * The modules to start, receivers before senders. `bundle` is such as `ip@1.0.0`, or undefined where the configuration
 * leaves the choice: then the newest release that the program knows is meant.
 */
export function moduleStarts(config: Config): ModuleStart[] {
  const bundles = config.router.modules;
  const starts: ModuleStart[] = [];
  if (config.ospf !== undefined) {
    starts.push({ module: 'OSPF', bundle: bundles.OSPF, config: ospfConfig(config.ospf, config.router.id) });
  }
  if (config.ip !== undefined) starts.push({ module: 'IP', bundle: bundles.IP, config: ipConfig(config.ip) });
  if (config.vrrp !== undefined)
    starts.push({ module: 'VRRP', bundle: bundles.VRRP, config: vrrpConfig(config.vrrp) });
  starts.push({ module: 'TIMER', bundle: bundles.TIMER, config: { period: config.timer.period } });
  return starts;
}

/** The section of the configuration for a module of this name; undefined where it has no section for it. */
export function configOf(module: string, config: Config): ModuleStart['config'] | undefined {
  return moduleStarts(config).find((start) => start.module === module)?.config;
}

function ipConfig(ip: NonNullable<Config['ip']>): IpConfig {
  const interfaces = mapValues(ip.interfaces, ({ preference, interval }) => ({ preference, interval }));
  const longest = Math.max(...Object.values(interfaces).map((i) => i.interval));
  // RFC 1256 4.1: AdvertisementLifetime is 3 * MaxAdvertisementInterval unless told.
  return { lifetime: Math.ceil((ip.lifetime ?? 3 * longest) / 1000), interfaces };
}

function ospfConfig(ospf: NonNullable<Config['ospf']>, routerId: string | undefined): OspfConfig {
  const interfaces = mapValues(ospf.interfaces, (settings) => {
    const hello = settings['hello-interval'];
    // RFC 2328 C.3: RouterDeadInterval is a multiple of HelloInterval, say 4.
    const dead = settings['dead-interval'] ?? 4 * hello;
    const { priority, address } = settings;
    return {
      helloInterval: hello / 1000,
      deadInterval: dead / 1000,
      priority,
      ...(address !== undefined && { address }),
    };
  });
  // `load.ts` refuses an ospf section without a router id.
  return { routerId: routerId as string, area: ospf.area, interfaces };
}

function vrrpConfig(groups: NonNullable<Config['vrrp']>): VrrpConfig {
  return {
    groups: groups.map(({ checksum, ...group }) => ({
      ...group,
      interval: group.interval / 10,
      ...(checksum !== 'auto' && { checksum }),
    })),
  };
}

function mapValues<From, To>(record: Record<string, From>, make: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value)]));
}
