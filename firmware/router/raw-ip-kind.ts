/**
 * Ports of kind `raw-ip`: raw IPv4 packets of one protocol number, on the interface that is the port's key. The manifest says
 * protocol, groups, TTL and, of ICMP, the types; the module joins further groups while the port is open:
 * `ctx.openPort('ospf', 'eth0', { groups: ['224.0.0.6'] })`.
 */
import { isIPv4 } from 'node:net';
import { probeRawIp, type RawIpOptions, RawIpPort } from '../../drivers/raw-ip.ts';
import type { PortDeclaration, PortKind } from '../../runtime/index.ts';
import { isWhole, shown } from './interface-port.ts';
import type { LinkedPorts } from './linked-ports.ts';
import { type RawDeclaration, type RawDriver, rawKind } from './raw-kind.ts';

type Ttl = number | { readonly multicast: number; readonly unicast: number };

interface RawIpDeclaration extends RawDeclaration {
  /** Both 1 unless told. */
  readonly ttl?: Ttl;
}

/**
 * @param make makes the driver; a test's own, or a raw IP port
 * @param probe throws where none could be opened
 */
export function rawIpKind(
  linked: LinkedPorts,
  make: (options: RawIpOptions) => RawDriver = (options) => new RawIpPort(options),
  probe: (protocol: number) => void = (protocol) => probeRawIp(protocol, 'any interface'),
): PortKind {
  return rawKind<RawIpDeclaration, RawIpOptions>(linked, {
    kind: 'raw-ip',
    groups: {
      is: (text) => isIPv4(text) && Number(text.split('.', 1)[0]) >> 4 === 14,
      range: '224.0.0.0/4',
      example: '224.0.0.6',
    },
    icmp: { protocol: 1, highestType: 31 },
    keys: ['protocol', 'groups', 'ttl', 'icmpTypes'],
    wrong: wrongTtl,
    options: ({ ttl = 1 }, common) => {
      const { multicast, unicast } = typeof ttl === 'number' ? { multicast: ttl, unicast: ttl } : ttl;
      return { ...common, multicastTtl: multicast, unicastTtl: unicast };
    },
    make,
    probe,
  });
}

function wrongTtl({ ttl }: PortDeclaration): string | undefined {
  return ttl === undefined || isTtl(ttl)
    ? undefined
    : `ttl must be a whole number from 1 to 255, or { multicast, unicast }, not ${shown(ttl)}`;
}

function isTtl(ttl: unknown): boolean {
  if (typeof ttl !== 'object' || ttl === null) return isWhole(ttl, 1, 255);
  const { multicast, unicast, ...rest } = ttl as Record<string, unknown>;
  return isWhole(multicast, 1, 255) && isWhole(unicast, 1, 255) && Object.keys(rest).length === 0;
}
