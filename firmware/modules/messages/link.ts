/** Body of the event `link`, version 1: what the host says of one of its links, again with each change. */
export interface LinkState {
  name: string;
  /** The kernel's interface index; 0 when there is no such interface any more. */
  index: number;
  /** Set up by the administrator, and there is a carrier. */
  up: boolean;
  /** In bytes. */
  mtu: number;
  /** `00:00:5e:00:01:33`; empty when the link has none. */
  mac: string;
  /** IPv4 only, the kernel's primary address first. */
  addresses: LinkAddress[];
  /** The kernel forwards IPv4 packets that come in here; absent where it does not say. */
  forwarding?: boolean;
}

export interface LinkAddress {
  /** In dotted notation. */
  address: string;
  prefixLength: number;
  /** The other end, where the address is point-to-point; the prefix is that of the other end then. */
  peer?: string;
}
