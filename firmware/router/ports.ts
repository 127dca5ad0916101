/** Which raw IP ports each module has, and which interfaces they are on: what joins the modules to the drivers. */
import type { RawIpOptions } from '../../drivers/raw-ip.ts';
import type { Config } from '../config/check.ts';
import { at, keys } from '../config/paths.ts';

type ModuleName = 'IP' | 'OSPF' | 'VRRP';

interface PortKind {
  module: ModuleName;
  /** The port's name in the module's manifest. */
  port: string;
  options: Omit<RawIpOptions, 'interface'>;
}

export const PORT_KINDS: readonly PortKind[] = [
  // RFC 1256 section 3 and 4.3: advertisements and solicitations, the latter to all routers; neither leaves the link.
  {
    module: 'IP',
    port: 'icmp',
    options: { protocol: 1, icmpTypes: [9, 10], groups: ['224.0.0.2'], multicastTtl: 1, unicastTtl: 1 },
  },
  // RFC 2328 A.1: AllSPFRouters, TTL 1.
  {
    module: 'OSPF',
    port: 'ospf',
    options: { protocol: 89, groups: ['224.0.0.5'], multicastTtl: 1, unicastTtl: 1 },
  },
  // RFC 9568 5.1.1.2 and 5.1.1.3: TTL 255 proves that the sender is on the link.
  {
    module: 'VRRP',
    port: 'vrrp',
    options: { protocol: 112, groups: ['224.0.0.18'], multicastTtl: 255, unicastTtl: 255 },
  },
];

/** The interfaces that a module works on, each with the key of the configuration that names it. */
export function interfacesOf(module: ModuleName, config: Config): Map<string, string> {
  switch (module) {
    case 'IP':
      return named(Object.keys(at(config.whole, ['ip', 'interfaces']) ?? {}), 'ip.interfaces');
    case 'OSPF':
      return named(Object.keys(at(config.whole, ['ospf', 'interfaces']) ?? {}), 'ospf.interfaces');
    case 'VRRP':
      return new Map(
        keys(config.whole, ['vrrp']).map((path, i) => [
          String(at(config.whole, [...path, 'interface'])),
          `vrrp[${i}].interface`,
        ]),
      );
  }
}

function named(interfaces: string[], key: string): Map<string, string> {
  return new Map(interfaces.map((name) => [name, `${key}.${name}`]));
}
