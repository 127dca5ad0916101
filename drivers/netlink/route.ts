/** Routes of both families (struct rtmsg and RTA_… of linux/rtnetlink.h). */
import { DriverError } from '../errors.ts';
import { AttributeReader, aligned } from './attributes.ts';
import { GROUP, RTA, RTM, RTM_F_CLONED } from './constants.ts';
import {
  addressAt,
  anyAddress,
  type Family,
  familyOf,
  familyOfText,
  numberOf,
  putAddress,
  sizeOf,
} from './ip-text.ts';
import type { Kind, Purpose } from './kind.ts';
import type { Decoded } from './message.ts';
import type { MessageWriter } from './writer.ts';

const TYPES = [
  'unspecified',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
] as const;
export type RouteType = (typeof TYPES)[number];

export interface NextHop {
  /** Of the other family too: IPv4 routes may lead by IPv6 neighbours. Missing where the destination is on the link. */
  gateway?: string;
  /** Index of the interface; 0 when there is none. */
  interface: number;
  /** 1 to 256. */
  weight: number;
  /** RTNH_F_… of linux/rtnetlink.h. */
  flags: number;
}

export interface Route {
  family: Family;
  destination: string;
  prefixLength: number;
  type: RouteType;
  table: number;
  /** Number of the program or protocol that it is by. */
  protocol: number;
  metric: number;
  tos: number;
  /** RT_SCOPE_… of linux/rtnetlink.h. */
  scope: number;
  /** Address that the host itself sends from. */
  source?: string;
  /** Largest packet in bytes, where it is not that of the interface. */
  mtu?: number;
  /** More than one: the flows are spread. */
  hops: NextHop[];
  /** Number of the next hop object that it leads by. */
  group?: number;
}

export interface HopWanted {
  gateway?: string;
  interface?: number;
  weight?: number;
  flags?: number;
}

/** A route is told from others by destination, TOS, metric and table. */
export interface RouteWanted {
  destination: string;
  prefixLength: number;
  protocol: number;
  type?: RouteType;
  /** Main (254) unless told. */
  table?: number;
  /** The kernel's own unless told: 0 for IPv4, 1024 for IPv6. */
  metric?: number;
  tos?: number;
  scope?: number;
  source?: string;
  mtu?: number;
  hops?: readonly HopWanted[];
  group?: number;
}

export interface RouteFilter {
  family: Family;
  table?: number;
  protocol?: number;
  type?: RouteType;
  /** Index of the interface. */
  interface?: number;
}

const HEADER = 12;
const HOP_HEADER = 8;
const MAIN_TABLE = 254;
const SCOPE_LINK = 253;
const SCOPE_HOST = 254;
/** In what is removed: any. */
const SCOPE_NOWHERE = 255;
const MOST_HOPS = 256;

export const ROUTES: Kind<Route, RouteWanted, RouteFilter> = {
  name: 'route',
  added: RTM.NEWROUTE,
  removed: RTM.DELROUTE,
  get: RTM.GETROUTE,
  groups: [GROUP.IPV4_ROUTE, GROUP.IPV6_ROUTE],

  ask(writer, { family, table = 0, protocol = 0, type, interface: output }) {
    const at = writer.struct(HEADER);
    writer.put8(at, numberOf(family));
    writer.put8(at + 5, protocol);
    writer.put8(at + 7, type === undefined ? 0 : TYPES.indexOf(type));
    if (table !== 0) writer.u32(RTA.TABLE, table);
    if (output !== undefined) writer.u32(RTA.OIF, output);
  },

  decode(bytes, from, end) {
    if (end - from < HEADER) return { error: 'a route without its header' };
    const family = familyOf(bytes.readUInt8(from));
    const cached = (bytes.readUInt32LE(from + 8) & RTM_F_CLONED) !== 0;
    if (family === undefined || cached) return undefined;
    const type = TYPES[bytes.readUInt8(from + 7)];
    // Of a newer kernel: a list with it is whole all the same.
    if (type === undefined) return undefined;
    const route: Route = {
      family,
      destination: anyAddress(family),
      prefixLength: bytes.readUInt8(from + 1),
      type,
      table: bytes.readUInt8(from + 4),
      protocol: bytes.readUInt8(from + 5),
      metric: 0,
      tos: bytes.readUInt8(from + 3),
      scope: bytes.readUInt8(from + 6),
      hops: [],
    };
    // Flags of the only hop stand in the header's lower byte.
    const flags = bytes.readUInt8(from + 8);
    return readRoute(
      route,
      { interface: 0, weight: 1, flags },
      new AttributeReader(bytes, from + HEADER, end),
    );
  },

  write: writeRoute,
  key: ({ family, destination, prefixLength, table, metric, tos, hops: [hop] }) => {
    // IPv6 has the network of each link as a route of its own, such as fe80::/64.
    const link = family === 6 && hop !== undefined && hop.gateway === undefined ? hop.interface : '';
    return `${destination}/${prefixLength} ${table} ${metric} ${tos} ${link}`;
  },
  tell: ({ destination, prefixLength }) => `${destination}/${prefixLength}`,
};

function readRoute(route: Route, only: NextHop, attributes: AttributeReader): Decoded<Route> {
  const { family } = route;
  while (attributes.next()) {
    switch (attributes.type) {
      case RTA.DST:
        route.destination = attributes.address(family);
        break;
      case RTA.TABLE:
        route.table = attributes.u32();
        break;
      case RTA.PRIORITY:
        route.metric = attributes.u32();
        break;
      case RTA.PREFSRC:
        route.source = attributes.address(family);
        break;
      case RTA.METRICS:
        readMetrics(route, attributes);
        break;
      case RTA.NH_ID:
        route.group = attributes.u32();
        break;
      case RTA.MULTIPATH:
        route.hops = readHops(family, attributes);
        break;
      default:
        readHop(only, family, attributes);
    }
  }
  if (attributes.error !== '') return { error: attributes.error };
  const { gateway, interface: output } = only;
  if (route.hops.length === 0 && (gateway !== undefined || output !== 0)) route.hops.push(only);
  return route;
}

/** The parts of a hop, alone in its route or one of many. */
function readHop(hop: NextHop, family: Family, attributes: AttributeReader): void {
  if (attributes.type === RTA.OIF) hop.interface = attributes.u32();
  else if (attributes.type === RTA.GATEWAY) hop.gateway = attributes.address(family);
  else if (attributes.type === RTA.VIA && attributes.holds(2)) {
    const other = familyOf(attributes.bytes.readUInt16LE(attributes.at));
    if (other !== undefined && attributes.holds(2 + sizeOf(other)))
      hop.gateway = addressAt(attributes.bytes, attributes.at + 2, other);
  }
}

function readMetrics(route: Route, attributes: AttributeReader): void {
  const metrics = attributes.nested();
  while (metrics.next()) if (metrics.type === RTA.METRICS_MTU) route.mtu = metrics.u32();
  if (metrics.error !== '') attributes.fail(metrics.error);
}

/** struct rtnexthop, one behind the other, each with attributes of its own. */
function readHops(family: Family, attributes: AttributeReader): NextHop[] {
  const { bytes } = attributes;
  const hops: NextHop[] = [];
  const end = attributes.at + attributes.length;
  let at = attributes.at;
  while (end - at >= HOP_HEADER) {
    const length = bytes.readUInt16LE(at);
    if (length < HOP_HEADER || length > end - at) {
      attributes.fail(`a next hop has a length of ${length}, where ${end - at} bytes are left`);
      return hops;
    }
    const hop: NextHop = {
      interface: bytes.readInt32LE(at + 4),
      weight: bytes.readUInt8(at + 3) + 1,
      flags: bytes.readUInt8(at + 2),
    };
    const own = new AttributeReader(bytes, at + HOP_HEADER, at + length);
    while (own.next()) readHop(hop, family, own);
    if (own.error !== '') attributes.fail(own.error);
    hops.push(hop);
    at += aligned(length);
  }
  return hops;
}

function writeRoute(writer: MessageWriter, wanted: RouteWanted, purpose: Purpose): void {
  const {
    destination,
    prefixLength,
    table = MAIN_TABLE,
    protocol,
    tos = 0,
    metric,
    source,
    mtu,
    group,
  } = wanted;
  const family = familyOfText(destination);
  const hops = wanted.hops ?? [];
  if (hops.length > MOST_HOPS)
    throw new DriverError('NETLINK_INVALID', `${hops.length} next hops: at most ${MOST_HOPS}`);
  const type = wanted.type ?? (purpose === 'add' ? 'unicast' : 'unspecified');
  const at = writer.struct(HEADER);
  writer.put8(at, numberOf(family));
  writer.put8(at + 1, prefixLength);
  writer.put8(at + 3, tos);
  writer.put8(at + 4, table < 256 ? table : 0);
  writer.put8(at + 5, protocol);
  writer.put8(at + 6, wanted.scope ?? (purpose === 'add' ? scopeOf(family, type, wanted) : SCOPE_NOWHERE));
  writer.put8(at + 7, TYPES.indexOf(type));
  if (hops.length === 1) writer.put8(at + 8, hops[0]?.flags ?? 0);
  writer.address(RTA.DST, destination, family);
  writer.u32(RTA.TABLE, table);
  if (metric !== undefined) writer.u32(RTA.PRIORITY, metric);
  if (source !== undefined) writer.address(RTA.PREFSRC, source, family);
  if (mtu !== undefined) writer.nest(RTA.METRICS, () => writer.u32(RTA.METRICS_MTU, mtu));
  if (group !== undefined) writer.u32(RTA.NH_ID, group);
  if (hops.length === 1) writeHop(writer, family, hops[0] as HopWanted);
  if (hops.length > 1) writer.nest(RTA.MULTIPATH, () => writeHops(writer, family, hops));
}

/** As iproute2 does: what has no gateway is on the link. */
function scopeOf(family: Family, type: RouteType, { hops = [], group }: RouteWanted): number {
  if (family === 6) return 0;
  if (type === 'local') return SCOPE_HOST;
  if (type === 'broadcast' || type === 'multicast' || type === 'anycast') return SCOPE_LINK;
  const onLink =
    type === 'unicast' && group === undefined && hops.every(({ gateway }) => gateway === undefined);
  return onLink ? SCOPE_LINK : 0;
}

function writeHop(writer: MessageWriter, family: Family, { gateway, interface: output }: HopWanted): void {
  if (output !== undefined) writer.u32(RTA.OIF, output);
  if (gateway === undefined) return;
  const own = familyOfText(gateway);
  if (own === family) {
    writer.address(RTA.GATEWAY, gateway, family);
    return;
  }
  const via = Buffer.alloc(2 + sizeOf(own));
  via.writeUInt16LE(numberOf(own), 0);
  putAddress(gateway, own, via, 2);
  writer.blob(RTA.VIA, via);
}

function writeHops(writer: MessageWriter, family: Family, hops: readonly HopWanted[]): void {
  for (const hop of hops) {
    const { interface: output = 0, weight = 1, flags = 0, gateway } = hop;
    writer.measured(() => {
      const at = writer.struct(HOP_HEADER);
      writer.put8(at + 2, flags);
      writer.put8(at + 3, weight - 1);
      writer.putSigned32(at + 4, output);
      if (gateway !== undefined) writeHop(writer, family, { gateway });
    });
  }
}
