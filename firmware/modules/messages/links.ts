/**
 * Body of IP's event `links`, version 1, retained by name: a link of the kernel with its addresses, whenever one of these
 * is another than before. It is withdrawn, with index 0, when there is no link of this name any more. After IP's first start
 * each link is told once; a swap of IP tells nothing again, and whoever subscribes later is given what is retained.
 */
export interface LinkAndAddresses {
  name: string;
  /** The kernel's interface index; 0 when there is no such link any more. */
  index: number;
  /** Set up by the administrator. */
  admin: boolean;
  /** Set up, and there is a carrier: packets can leave and come in. */
  up: boolean;
  /** In bytes. */
  mtu: number;
  /** In Mbit/s, as configured or as the driver says, which comes some ms behind the link; absent where it is not known. */
  speed?: number;
  /** `00:00:5e:00:01:33`; empty when the link has none. */
  mac: string;
  /** `macvlan`, `bridge`, …; empty for a device of hardware. */
  kind: string;
  /** One link with one other end: neighbours are not asked for by address there. */
  pointToPoint: boolean;
  /** Table of its routes: 254, or that of its VRF; 0 where it is in one that is not configured. */
  table: number;
  /** IPv4 and IPv6, the kernel's primary addresses first. */
  addresses: readonly AddressOfLink[];
}

export interface AddressOfLink {
  address: string;
  prefixLength: number;
  /** The other end, where the address is point-to-point; the prefix is that of the other end then. */
  peer?: string;
  /** Another address of the same network came first. */
  secondary?: true;
  /** IPv6: it is still looked for whether somebody else has it, or somebody has. Nothing is sent from it (RFC 4862 5.4). */
  tentative?: true;
}
