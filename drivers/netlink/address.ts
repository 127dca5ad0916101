/** Addresses of interfaces (struct ifaddrmsg and IFA_… of linux/if_addr.h). */
import { AttributeReader } from './attributes.ts';
import { GROUP, IFA, IFA_F_SECONDARY, RTM } from './constants.ts';
import { type Family, familyOf, familyOfText, numberOf } from './ip-text.ts';
import type { Kind } from './kind.ts';
import type { Decoded } from './message.ts';

export interface InterfaceAddress {
  family: Family;
  /** Of the interface. */
  index: number;
  address: string;
  prefixLength: number;
  /** The other end, where the address is point-to-point; the prefix is that of the other end then. */
  peer?: string;
  broadcast?: string;
  label?: string;
  /** IFA_F_… of linux/if_addr.h. */
  flags: number;
  /** Another address of the same network came first. */
  secondary: boolean;
  /** RT_SCOPE_… of linux/rtnetlink.h. */
  scope: number;
  /** The program or protocol that it is by (IFAPROT_…); 0 where nobody said. */
  protocol: number;
}

export interface AddressWanted {
  index: number;
  address: string;
  prefixLength: number;
  peer?: string;
  broadcast?: string;
  flags?: number;
  scope?: number;
  /** Linux keeps it from 5.18 on. */
  protocol?: number;
  /** Metric of the route to its network. */
  metric?: number;
}

export interface AddressFilter {
  family?: Family;
  /** Of the interface. */
  index?: number;
}

const HEADER = 8;

export const ADDRESSES: Kind<InterfaceAddress, AddressWanted, AddressFilter> = {
  name: 'address',
  added: RTM.NEWADDR,
  removed: RTM.DELADDR,
  get: RTM.GETADDR,
  groups: [GROUP.IPV4_IFADDR, GROUP.IPV6_IFADDR],

  ask(writer, { family, index = 0 }) {
    const at = writer.struct(HEADER);
    writer.put8(at, family === undefined ? 0 : numberOf(family));
    writer.put32(at + 4, index);
  },

  decode(bytes, from, end) {
    if (end - from < HEADER) return { error: 'an address without its header' };
    const family = familyOf(bytes.readUInt8(from));
    if (family === undefined) return undefined;
    const address: InterfaceAddress = {
      family,
      index: bytes.readUInt32LE(from + 4),
      address: '',
      prefixLength: bytes.readUInt8(from + 1),
      flags: bytes.readUInt8(from + 2),
      secondary: false,
      scope: bytes.readUInt8(from + 3),
      protocol: 0,
    };
    return readAddress(address, new AttributeReader(bytes, from + HEADER, end));
  },

  write(writer, wanted) {
    const { address, prefixLength, index, peer, broadcast, flags = 0, scope, protocol, metric } = wanted;
    const family = familyOfText(address);
    const at = writer.struct(HEADER);
    writer.put8(at, numberOf(family));
    writer.put8(at + 1, prefixLength);
    writer.put8(at + 3, scope ?? 0);
    writer.put32(at + 4, index);
    writer.address(IFA.LOCAL, address, family);
    writer.address(IFA.ADDRESS, peer ?? address, family);
    if (broadcast !== undefined) writer.address(IFA.BROADCAST, broadcast, family);
    if (flags !== 0) writer.u32(IFA.FLAGS, flags);
    if (protocol !== undefined) writer.u8(IFA.PROTO, protocol);
    if (metric !== undefined) writer.u32(IFA.RT_PRIORITY, metric);
  },

  key: ({ index, address, prefixLength, peer = '' }) => `${index} ${address}/${prefixLength} ${peer}`,
  tell: ({ index, address, prefixLength }) => `${address}/${prefixLength} of the link with index ${index}`,
};

function readAddress(found: InterfaceAddress, attributes: AttributeReader): Decoded<InterfaceAddress> {
  let local = '';
  let address = '';
  while (attributes.next()) {
    switch (attributes.type) {
      case IFA.LOCAL:
        local = attributes.address(found.family);
        break;
      case IFA.ADDRESS:
        address = attributes.address(found.family);
        break;
      case IFA.BROADCAST:
        found.broadcast = attributes.address(found.family);
        break;
      case IFA.LABEL:
        found.label = attributes.text();
        break;
      case IFA.FLAGS:
        found.flags = attributes.u32();
        break;
      case IFA.PROTO:
        found.protocol = attributes.u8();
        break;
    }
  }
  if (attributes.error !== '') return { error: attributes.error };
  // IPv6 has the own address alone, unless there is a peer.
  found.address = local || address;
  if (address !== '' && address !== found.address) found.peer = address;
  found.secondary = (found.flags & IFA_F_SECONDARY) !== 0;
  return found.address === '' ? { error: 'an address that is none' } : found;
}
