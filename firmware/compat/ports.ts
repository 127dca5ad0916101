/**
 * The ports of modules that were made for api 1: their manifests only name them, so it stands here what they are, and where
 * configuration and settings say on which interfaces. A version of api 2 says both itself, and takes nothing from this file.
 */
import type { PortDeclaration } from '../../runtime/index.ts';

export interface CompatPort {
  readonly module: string;
  /** Its name in the module's manifest. */
  readonly port: string;
  readonly declaration: PortDeclaration;
  /**
   * The mapping or list of interfaces, in the configuration file and in the module's settings: they are its keys, or the
   * member `as` of each entry.
   */
  readonly interfaces: { readonly in: string; readonly settings: string; readonly as?: string };
}

export const COMPAT_PORTS: readonly CompatPort[] = [
  // RFC 1256 section 3 and 4.3: advertisements and solicitations, the latter to all routers; neither leaves the link.
  {
    module: 'IP',
    port: 'icmp',
    declaration: { kind: 'raw-ip', protocol: 1, groups: ['224.0.0.2'], ttl: 1, icmpTypes: [9, 10] },
    interfaces: { in: 'ip.interfaces', settings: 'interfaces' },
  },
  // RFC 2328 A.1: AllSPFRouters, TTL 1.
  {
    module: 'OSPF',
    port: 'ospf',
    declaration: { kind: 'raw-ip', protocol: 89, groups: ['224.0.0.5'], ttl: 1 },
    interfaces: { in: 'ospf.interfaces', settings: 'interfaces' },
  },
  // RFC 9568 5.1.1.2 and 5.1.1.3: TTL 255 proves that the sender is on the link.
  {
    module: 'VRRP',
    port: 'vrrp',
    declaration: { kind: 'raw-ip', protocol: 112, groups: ['224.0.0.18'], ttl: 255 },
    interfaces: { in: 'vrrp', settings: 'groups', as: 'interface' },
  },
];
