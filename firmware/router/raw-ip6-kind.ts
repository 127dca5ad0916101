/**
 * Ports of kind `raw-ip6`: raw IPv6 packets of one protocol number, on the interface that is the port's key. The manifest says
 * protocol, groups, hop limit, where a checksum stands and, of ICMPv6, the types; the module joins further groups while the
 * port is open: `ctx.openPort('ospf', 'eth0', { groups: ['ff02::6'] })`.
 */
import { isIPv6 } from 'node:net';
import { probeRawIp6, type RawIp6Options, RawIp6Port } from '../../drivers/raw-ip6.ts';
import type { PortDeclaration, PortKind } from '../../runtime/index.ts';
import { isWhole, shown } from './interface-port.ts';
import type { LinkedPorts } from './linked-ports.ts';
import { type RawDeclaration, type RawDriver, rawKind } from './raw-kind.ts';

/** The protocol number of ICMPv6. */
const ICMPV6 = 58;
/** The highest hop limit: a packet that was sent with it and has it still, no router has forwarded (RFC 5082). */
const UNFORWARDED = 255;

interface RawIp6Declaration extends RawDeclaration {
  /** Of what is sent; 1 unless told. Where it is 255, only packets that have it still are received. */
  readonly hopLimit?: number;
  /** Packets may leave from addresses of other interfaces, too. */
  readonly anySource?: boolean;
  /** Where in the payload the checksum stands that the kernel fills in and checks. */
  readonly checksum?: number;
}

/**
 * @param make makes the driver; a test's own, or a raw IPv6 port
 * @param probe throws where none could be opened
 */
export function rawIp6Kind(
  linked: LinkedPorts,
  make: (options: RawIp6Options) => RawDriver = (options) => new RawIp6Port(options),
  probe: (protocol: number) => void = (protocol) => probeRawIp6(protocol, 'any interface'),
): PortKind {
  return rawKind<RawIp6Declaration, RawIp6Options>(linked, {
    kind: 'raw-ip6',
    groups: {
      is: (text) => isIPv6(text) && !text.includes('%') && /^ff/i.test(text),
      range: 'ff00::/8',
      example: 'ff02::6',
    },
    icmp: { protocol: ICMPV6, highestType: 255 },
    keys: ['protocol', 'groups', 'hopLimit', 'anySource', 'icmpTypes', 'checksum'],
    wrong: wrongKey,
    options: ({ hopLimit = 1, anySource = false, checksum }, common) => ({
      ...common,
      hopLimit,
      anySource,
      ...(hopLimit === UNFORWARDED && { leastHopLimit: UNFORWARDED }),
      ...(checksum !== undefined && { checksum }),
    }),
    make,
    probe,
  });
}

function wrongKey({ protocol, hopLimit, anySource, checksum }: PortDeclaration): string | undefined {
  if (anySource !== undefined && typeof anySource !== 'boolean')
    return `anySource must be true or false, not ${shown(anySource)}`;
  if (hopLimit !== undefined && !isWhole(hopLimit, 1, 255))
    return `hopLimit must be a whole number from 1 to 255, not ${shown(hopLimit)}`;
  if (checksum !== undefined && !(isWhole(checksum, 0, 65_534) && (checksum as number) % 2 === 0))
    return `checksum must be an even number from 0 to 65534, not ${shown(checksum)}`;
  if (checksum !== undefined && protocol === ICMPV6)
    return `checksum is not for protocol ${ICMPV6}: the kernel knows where it stands`;
  return undefined;
}
