/**
 * Ports of kind `raw-ip6`: raw IPv6 packets of one protocol number, on the interface that is the port's key. The manifest says
 * protocol, groups, hop limit, where a checksum stands and, of ICMPv6, the types; the module joins further groups while the
 * port is open: `ctx.openPort('ospf', 'eth0', { groups: ['ff02::6'] })`.
 */
import { isIPv6 } from 'node:net';
import { probeRawIp6, type RawIp6Options, RawIp6Port } from '../../drivers/raw-ip6.ts';
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

/** The protocol number of ICMPv6. */
const ICMPV6 = 58;
/** The highest hop limit: a packet that was sent with it and has it still, no router has forwarded (RFC 5082). */
const UNFORWARDED = 255;

const GROUPS: GroupForm = {
  is: (text) => isIPv6(text) && !text.includes('%') && /^ff/i.test(text),
  range: 'ff00::/8',
  example: 'ff02::6',
};

/** A declaration that `check` has found to be right. */
interface RawIp6Declaration extends PortDeclaration {
  readonly protocol: number;
  readonly groups?: readonly string[];
  /** Of what is sent; 1 unless told. Where it is 255, only packets that have it still are received. */
  readonly hopLimit?: number;
  readonly icmpTypes?: readonly number[];
  /** Where in the payload the checksum stands that the kernel fills in and checks. */
  readonly checksum?: number;
}

/** A raw IPv6 port, as far as the kind needs it. */
export interface RawIp6Driver extends LinkedPort {
  regroup(groups: readonly string[]): void;
}

/**
 * @param make makes the driver; a test's own, or a raw IPv6 port
 * @param probe throws where none could be opened
 */
export function rawIp6Kind(
  linked: LinkedPorts,
  make: (options: RawIp6Options) => RawIp6Driver = (options) => new RawIp6Port(options),
  probe: (protocol: number) => void = (protocol) => probeRawIp6(protocol, 'any interface'),
): PortKind {
  return {
    probe: ({ protocol }) => probe(protocol as number),
    check: (declaration, settings) => wrongDeclaration(declaration) ?? wrongSettings(settings, GROUPS),
    make: ({ module, port, key, declaration: given, settings }) => {
      const declaration = given as RawIp6Declaration;
      mustBeInterface(key);
      const driver = make(optionsOf(key, declaration, settings));
      const change = (changed: unknown) => driver.regroup(groupsOf(declaration.groups ?? [], changed));
      return linked.follow(driver, key, `${module}'s port ${port}`, change);
    },
  };
}

function optionsOf(name: string, declaration: RawIp6Declaration, settings: unknown): RawIp6Options {
  const { protocol, groups = [], hopLimit = 1, icmpTypes, checksum } = declaration;
  return {
    interface: name,
    protocol,
    groups: groupsOf(groups, settings),
    hopLimit,
    ...(hopLimit === UNFORWARDED && { leastHopLimit: UNFORWARDED }),
    ...(icmpTypes !== undefined && { icmpTypes }),
    ...(checksum !== undefined && { checksum }),
  };
}

// --- what is wrong, in words

const KEYS = ['kind', 'protocol', 'groups', 'hopLimit', 'icmpTypes', 'checksum'];

function wrongDeclaration(declaration: PortDeclaration): string | undefined {
  const { protocol, groups, hopLimit, icmpTypes, checksum } = declaration;
  const strange = Object.keys(declaration).find((key) => !KEYS.includes(key));
  if (strange !== undefined)
    return `there is no "${strange}"; a port of kind raw-ip6 has ${KEYS.slice(1).join(', ')}`;
  if (!isWhole(protocol, 1, 254))
    return `protocol must be a whole number from 1 to 254, not ${shown(protocol)}`;
  if (hopLimit !== undefined && !isWhole(hopLimit, 1, 255))
    return `hopLimit must be a whole number from 1 to 255, not ${shown(hopLimit)}`;
  if (
    icmpTypes !== undefined &&
    !(Array.isArray(icmpTypes) && icmpTypes.every((type) => isWhole(type, 0, 255)))
  )
    return `icmpTypes must be a list of whole numbers from 0 to 255, not ${shown(icmpTypes)}`;
  if (icmpTypes !== undefined && protocol !== ICMPV6) return `icmpTypes are for protocol ${ICMPV6} alone`;
  if (checksum !== undefined && !(isWhole(checksum, 0, 65_534) && (checksum as number) % 2 === 0))
    return `checksum must be an even number from 0 to 65534, not ${shown(checksum)}`;
  if (checksum !== undefined && protocol === ICMPV6)
    return `checksum is not for protocol ${ICMPV6}: the kernel knows where it stands`;
  return groups === undefined ? undefined : wrongGroups('groups', groups, GROUPS);
}
