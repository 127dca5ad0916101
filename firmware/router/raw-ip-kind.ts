/**
 * Ports of kind `raw-ip`: raw IPv4 packets of one protocol number, on the interface that is the port's key. The manifest says
 * protocol, groups, TTL and, of ICMP, the types; the module joins further groups while the port is open:
 * `ctx.openPort('ospf', 'eth0', { groups: ['224.0.0.6'] })`.
 */
import { isIPv4 } from 'node:net';
import { probeRawIp } from '../../drivers/addon.ts';
import { type RawIpOptions, RawIpPort } from '../../drivers/raw-ip.ts';
import type { PortDeclaration, PortKind } from '../../runtime/index.ts';
import {
  type GroupForm,
  groupsOf,
  isWhole,
  mustBeInterface,
  shown,
  wrongGroups,
  wrongSettings,
} from './interface-port.ts';
import type { LinkedPort, LinkedPorts } from './linked-ports.ts';

const GROUPS: GroupForm = {
  is: (text) => isIPv4(text) && Number(text.split('.', 1)[0]) >> 4 === 14,
  range: '224.0.0.0/4',
  example: '224.0.0.6',
};

type Ttl = number | { readonly multicast: number; readonly unicast: number };

/** A declaration that `check` has found to be right. */
interface RawIpDeclaration extends PortDeclaration {
  readonly protocol: number;
  readonly groups?: readonly string[];
  /** Both 1 unless told. */
  readonly ttl?: Ttl;
  readonly icmpTypes?: readonly number[];
}

/** A raw IP port, as far as the kind needs it. */
export interface RawIpDriver extends LinkedPort {
  regroup(groups: readonly string[]): void;
}

/**
 * @param make makes the driver; a test's own, or a raw IP port
 * @param probe throws where none could be opened
 */
export function rawIpKind(
  linked: LinkedPorts,
  make: (options: RawIpOptions) => RawIpDriver = (options) => new RawIpPort(options),
  probe: (protocol: number) => void = (protocol) => probeRawIp(protocol, 'any interface'),
): PortKind {
  return {
    probe: ({ protocol }) => probe(protocol as number),
    check: (declaration, settings) => wrongDeclaration(declaration) ?? wrongSettings(settings, GROUPS),
    make: ({ module, port, key, declaration: given, settings }) => {
      const declaration = given as RawIpDeclaration;
      mustBeInterface(key);
      const driver = make(optionsOf(key, declaration, settings));
      const change = (changed: unknown) => driver.regroup(groupsOf(declaration.groups ?? [], changed));
      return linked.follow(driver, key, `${module}'s port ${port}`, change);
    },
  };
}

function optionsOf(name: string, declaration: RawIpDeclaration, settings: unknown): RawIpOptions {
  const { protocol, groups = [], ttl = 1, icmpTypes } = declaration;
  const { multicast, unicast } = typeof ttl === 'number' ? { multicast: ttl, unicast: ttl } : ttl;
  return {
    interface: name,
    protocol,
    groups: groupsOf(groups, settings),
    multicastTtl: multicast,
    unicastTtl: unicast,
    ...(icmpTypes !== undefined && { icmpTypes }),
  };
}

// --- what is wrong, in words

const KEYS = ['kind', 'protocol', 'groups', 'ttl', 'icmpTypes'];

function wrongDeclaration(declaration: PortDeclaration): string | undefined {
  const { protocol, groups, ttl, icmpTypes } = declaration;
  const strange = Object.keys(declaration).find((key) => !KEYS.includes(key));
  if (strange !== undefined)
    return `there is no "${strange}"; a port of kind raw-ip has ${KEYS.slice(1).join(', ')}`;
  if (!isWhole(protocol, 1, 254))
    return `protocol must be a whole number from 1 to 254, not ${shown(protocol)}`;
  if (ttl !== undefined && !isTtl(ttl))
    return `ttl must be a whole number from 1 to 255, or { multicast, unicast }, not ${shown(ttl)}`;
  if (
    icmpTypes !== undefined &&
    !(Array.isArray(icmpTypes) && icmpTypes.every((type) => isWhole(type, 0, 31)))
  )
    return `icmpTypes must be a list of whole numbers from 0 to 31, not ${shown(icmpTypes)}`;
  if (icmpTypes !== undefined && protocol !== 1) return 'icmpTypes are for protocol 1 alone';
  return groups === undefined ? undefined : wrongGroups('groups', groups, GROUPS);
}

function isTtl(ttl: unknown): boolean {
  if (typeof ttl !== 'object' || ttl === null) return isWhole(ttl, 1, 255);
  const { multicast, unicast, ...rest } = ttl as Record<string, unknown>;
  return isWhole(multicast, 1, 255) && isWhole(unicast, 1, 255) && Object.keys(rest).length === 0;
}
