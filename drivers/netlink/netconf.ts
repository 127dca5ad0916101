/** The kernel's switches of each interface, as far as they are read: whether it forwards (linux/netconf.h). */
import { AttributeReader } from './attributes.ts';
import { GROUP, NETCONFA, RTM } from './constants.ts';
import { type Family, familyOf, numberOf } from './ip-text.ts';
import type { Asks } from './kind.ts';

export interface Netconf {
  family: Family;
  /** Of the interface; or `ALL_INTERFACES`, the switch by which Linux forwards IPv6 at all. */
  index: number;
  /** Packets that come in there are forwarded; missing in an event about another switch. */
  forwarding?: boolean;
}

/** Only a question after one interface takes an index. */
export interface NetconfFilter {
  family: Family;
  index?: number;
}

/** NETCONFA_IFINDEX_ALL. */
export const ALL_INTERFACES = -1;

/** They are set in /proc/sys/net, and not by netlink. */
export const NETCONFS: Asks<Netconf, NetconfFilter> = {
  name: 'netconf',
  added: RTM.NEWNETCONF,
  removed: RTM.DELNETCONF,
  get: RTM.GETNETCONF,
  groups: [GROUP.IPV4_NETCONF, GROUP.IPV6_NETCONF],

  ask(writer, { family, index }) {
    const at = writer.struct(1);
    writer.put8(at, numberOf(family));
    if (index !== undefined) writer.u32(NETCONFA.IFINDEX, index);
  },

  decode(bytes, from, end) {
    if (end - from < 1) return { error: 'a netconf without its header' };
    const family = familyOf(bytes.readUInt8(from));
    if (family === undefined) return undefined;
    const netconf: Netconf = { family, index: 0 };
    const attributes = new AttributeReader(bytes, from + 4, end);
    while (attributes.next()) {
      if (attributes.type === NETCONFA.IFINDEX) netconf.index = attributes.i32();
      else if (attributes.type === NETCONFA.FORWARDING) netconf.forwarding = attributes.i32() !== 0;
    }
    if (attributes.error !== '') return { error: attributes.error };
    // The other ones below 0 are of interfaces to come.
    return netconf.index > 0 || netconf.index === ALL_INTERFACES ? netconf : undefined;
  },

  key: ({ family, index }) => `${family} ${index}`,
};
