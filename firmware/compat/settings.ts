/** Settings that modules of api 1 are started with: plain data out of their sections, in the units of their RFCs. Times come in ms. */

interface TimerSection {
  period: number;
}

interface IpSection {
  lifetime?: number;
  interfaces: Record<string, { preference: number; interval: number }>;
}

interface OspfSection {
  area: string;
  interfaces: Record<
    string,
    { 'hello-interval': number; 'dead-interval'?: number; priority: number; address?: string }
  >;
}

interface VrrpGroup {
  interface: string;
  group: number;
  priority: number;
  interval: number;
  preempt: boolean;
  addresses: string[];
  checksum: 'auto' | 'rfc9568' | 'pseudo-header';
}

/** `period` is ms. */
export function timerSettings({ period }: TimerSection): { period: number } {
  return { period };
}

/** `lifetime` is RFC 1256's AdvertisementLifetime, in seconds, `interval` its MaxAdvertisementInterval, in ms. */
export function ipSettings({ lifetime, interfaces }: IpSection) {
  const longest = Math.max(...Object.values(interfaces).map(({ interval }) => interval));
  return {
    // RFC 1256 4.1: AdvertisementLifetime is 3 * MaxAdvertisementInterval unless told.
    lifetime: Math.ceil((lifetime ?? 3 * longest) / 1000),
    interfaces: mapValues(interfaces, ({ preference, interval }) => ({ preference, interval })),
  };
}

/** Intervals are seconds, RFC 2328 C.3. */
export function ospfSettings({ area, interfaces }: OspfSection, whole: { router: { id: string } }) {
  return {
    routerId: whole.router.id,
    area,
    interfaces: mapValues(interfaces, ({ priority, address, ...settings }) => {
      const hello = settings['hello-interval'];
      // RFC 2328 C.3: RouterDeadInterval is a multiple of HelloInterval, say 4.
      const dead = settings['dead-interval'] ?? 4 * hello;
      return {
        helloInterval: hello / 1000,
        deadInterval: dead / 1000,
        priority,
        ...(address !== undefined && { address }),
      };
    }),
  };
}

/** `interval` is Advertisement_Interval, in centiseconds. Without `checksum` VRRP follows the group. */
export function vrrpSettings(groups: readonly VrrpGroup[]) {
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
