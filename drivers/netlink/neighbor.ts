/** Neighbours: which hardware address an IP address has on a link (struct ndmsg and NDA_… of linux/neighbour.h). */
import { AttributeReader } from './attributes.ts';
import { GROUP, NDA, RTM } from './constants.ts';
import { type Family, familyOf, familyOfText, macBytes, numberOf } from './ip-text.ts';
import type { Kind } from './kind.ts';

/** NUD_… of linux/neighbour.h. */
export const NEIGHBOR_STATE = {
  INCOMPLETE: 0x01,
  REACHABLE: 0x02,
  STALE: 0x04,
  DELAY: 0x08,
  PROBE: 0x10,
  FAILED: 0x20,
  NOARP: 0x40,
  PERMANENT: 0x80,
} as const;

export interface Neighbor {
  family: Family;
  /** Of the interface. */
  index: number;
  address: string;
  /** Empty while it is not known. */
  mac: string;
  /** Of `NEIGHBOR_STATE`; 0 for none. */
  state: number;
  /** NTF_… of linux/neighbour.h. */
  flags: number;
}

export interface NeighborWanted {
  index: number;
  address: string;
  mac?: string;
  /** PERMANENT unless told. */
  state?: number;
  flags?: number;
}

export interface NeighborFilter {
  family: Family;
  /** Index of the interface. */
  index?: number;
}

const HEADER = 12;
const NDA_IFINDEX = 8;

export const NEIGHBORS: Kind<Neighbor, NeighborWanted, NeighborFilter> = {
  name: 'neighbor',
  added: RTM.NEWNEIGH,
  removed: RTM.DELNEIGH,
  get: RTM.GETNEIGH,
  groups: [GROUP.NEIGH],

  ask(writer, { family, index }) {
    const at = writer.struct(HEADER);
    writer.put8(at, numberOf(family));
    if (index !== undefined) writer.u32(NDA_IFINDEX, index);
  },

  decode(bytes, from, end) {
    if (end - from < HEADER) return { error: 'a neighbor without its header' };
    const family = familyOf(bytes.readUInt8(from));
    if (family === undefined) return undefined;
    const neighbor: Neighbor = {
      family,
      index: bytes.readInt32LE(from + 4),
      address: '',
      mac: '',
      state: bytes.readUInt16LE(from + 8),
      flags: bytes.readUInt8(from + 10),
    };
    const attributes = new AttributeReader(bytes, from + HEADER, end);
    while (attributes.next()) {
      if (attributes.type === NDA.DST) neighbor.address = attributes.address(family);
      else if (attributes.type === NDA.LLADDR) neighbor.mac = attributes.mac();
    }
    if (attributes.error !== '') return { error: attributes.error };
    return neighbor.address === '' ? { error: 'a neighbor without an address' } : neighbor;
  },

  write(writer, { index, address, mac, state = NEIGHBOR_STATE.PERMANENT, flags = 0 }) {
    const family = familyOfText(address);
    const at = writer.struct(HEADER);
    writer.put8(at, numberOf(family));
    writer.putSigned32(at + 4, index);
    writer.put16(at + 8, state);
    writer.put8(at + 10, flags);
    writer.address(NDA.DST, address, family);
    if (mac !== undefined) writer.blob(NDA.LLADDR, macBytes(mac));
  },

  key: ({ index, address, flags }) => `${index} ${address} ${flags & NTF_PROXY}`,
  tell: ({ index, address }) => `${address} on the link with index ${index}`,
};

const NTF_PROXY = 0x08;
