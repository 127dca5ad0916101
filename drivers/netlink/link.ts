/** Links: the interfaces of this network namespace (struct ifinfomsg of linux/rtnetlink.h, IFLA_… of linux/if_link.h). */
import { DriverError } from '../errors.ts';
import { AttributeReader } from './attributes.ts';
import { GROUP, IFF_LOWER_UP, IFF_UP, IFLA, RTM, WITHOUT_STATISTICS } from './constants.ts';
import { macBytes } from './ip-text.ts';
import type { Kind } from './kind.ts';
import type { Decoded } from './message.ts';
import type { MessageWriter } from './writer.ts';

export interface Link {
  index: number;
  name: string;
  /** IFF_… of linux/if.h. */
  flags: number;
  /** Set up by the administrator. */
  up: boolean;
  carrier: boolean;
  /** In bytes. */
  mtu: number;
  /** `00:00:5e:00:01:33`; empty when the link has none. */
  mac: string;
  /** `macvlan`, `bridge`, …; empty for a device of hardware. */
  kind: string;
  /** Index of the link that it is on; 0 when it is on none. It may be one of another namespace. */
  parent: number;
  /** Index of the bridge or VRF that it is in; 0 when it is in none. */
  master: number;
  alias: string;
  group: number;
  /** ARPHRD_… of linux/if_arp.h. */
  hardware: number;
  /** IF_OPER_… of linux/if.h (RFC 2863). */
  operational: number;
  /** In Mbit/s, as its driver says; netlink does not tell it with the link (link-speed.ts). Absent where it is not known. */
  speed?: number;
  /** Of a VLAN, its number. */
  vlan?: number;
  /** Of a VRF, the number of its table. */
  table?: number;
}

/** A link to be made, or what is to be changed of the one with this index. What is left out stays. */
export interface LinkSettings {
  index?: number;
  name?: string;
  up?: boolean;
  mtu?: number;
  mac?: string;
  alias?: string;
  group?: number;
  master?: number;
  parent?: number;
  kind?: string;
  /** MACVLAN_MODE_… of linux/if_link.h, of a new macvlan. */
  macvlanMode?: number;
  /** Of a new VLAN on its parent. */
  vlanId?: number;
  /** Of a new VRF: the number of its table. */
  table?: number;
  /** Name of the other end of a new veth. */
  peer?: string;
}

/** Only a question after one link takes an index or a name; a dump returns all links. */
export interface LinkFilter {
  index?: number;
  name?: string;
}

const HEADER = 16;
const LONGEST_NAME = 15;
const LONGEST_ALIAS = 255;

export const LINKS: Kind<Link, LinkSettings, LinkFilter> = {
  name: 'link',
  added: RTM.NEWLINK,
  removed: RTM.DELLINK,
  get: RTM.GETLINK,
  groups: [GROUP.LINK],

  ask(writer, { index = 0, name }) {
    header(writer, index, 0, 0);
    if (name !== undefined) writer.text(IFLA.IFNAME, interfaceName(name));
    writer.u32(IFLA.EXT_MASK, WITHOUT_STATISTICS);
  },

  decode(bytes, from, end) {
    if (end - from < HEADER) return { error: 'a link without its header' };
    // A bridge tells of its ports in messages of its own family: one that leaves the bridge is not gone.
    if (bytes.readUInt8(from) !== 0) return undefined;
    const flags = bytes.readUInt32LE(from + 8);
    const link: Link = {
      index: bytes.readInt32LE(from + 4),
      name: '',
      flags,
      up: (flags & IFF_UP) !== 0,
      carrier: (flags & IFF_LOWER_UP) !== 0,
      mtu: 0,
      mac: '',
      kind: '',
      parent: 0,
      master: 0,
      alias: '',
      group: 0,
      hardware: bytes.readUInt16LE(from + 2),
      operational: 0,
    };
    return readLink(link, new AttributeReader(bytes, from + HEADER, end));
  },

  write(writer, wanted) {
    const { index = 0, name, up } = wanted;
    header(writer, index, up === true ? IFF_UP : 0, up === undefined ? 0 : IFF_UP);
    if (name !== undefined) writer.text(IFLA.IFNAME, interfaceName(name));
    writeSettings(writer, wanted);
    if (wanted.kind !== undefined) writer.nest(IFLA.LINKINFO, () => writeKind(writer, wanted));
  },

  key: ({ index }) => String(index),
  tell: ({ index, name }) => name ?? `with index ${index ?? 0}`,
};

function readLink(link: Link, attributes: AttributeReader): Decoded<Link> {
  while (attributes.next()) {
    switch (attributes.type) {
      case IFLA.IFNAME:
        link.name = attributes.text();
        break;
      case IFLA.MTU:
        link.mtu = attributes.u32();
        break;
      case IFLA.ADDRESS:
        link.mac = attributes.mac();
        break;
      case IFLA.LINK:
        link.parent = attributes.u32();
        break;
      case IFLA.MASTER:
        link.master = attributes.u32();
        break;
      case IFLA.IFALIAS:
        link.alias = attributes.text();
        break;
      case IFLA.GROUP:
        link.group = attributes.u32();
        break;
      case IFLA.OPERSTATE:
        link.operational = attributes.u8();
        break;
      case IFLA.LINKINFO:
        readKind(link, attributes);
        break;
    }
  }
  if (attributes.error !== '') return { error: attributes.error };
  return link.name === '' ? { error: `link ${link.index} has no name` } : link;
}

/** The kernel writes the kind before its data. */
function readKind(link: Link, attributes: AttributeReader): void {
  const info = attributes.nested();
  while (info.next()) {
    if (info.type === IFLA.INFO_KIND) link.kind = info.text();
    if (info.type === IFLA.INFO_DATA) readData(link, info);
  }
  if (info.error !== '') attributes.fail(info.error);
}

function readData(link: Link, attributes: AttributeReader): void {
  if (link.kind !== 'vlan' && link.kind !== 'vrf') return;
  const data = attributes.nested();
  while (data.next()) {
    if (link.kind === 'vlan' && data.type === IFLA.VLAN_ID) link.vlan = data.u16();
    if (link.kind === 'vrf' && data.type === IFLA.VRF_TABLE) link.table = data.u32();
  }
  if (data.error !== '') attributes.fail(data.error);
}

function header(writer: MessageWriter, index: number, flags: number, change: number): void {
  const at = writer.struct(HEADER);
  writer.putSigned32(at + 4, index);
  writer.put32(at + 8, flags);
  writer.put32(at + 12, change);
}

function writeSettings(
  writer: MessageWriter,
  { mtu, mac, alias, group, master, parent }: LinkSettings,
): void {
  if (mtu !== undefined) writer.u32(IFLA.MTU, mtu);
  if (mac !== undefined) writer.blob(IFLA.ADDRESS, macBytes(mac));
  if (alias !== undefined) {
    if (Buffer.byteLength(alias) > LONGEST_ALIAS)
      throw new DriverError('NETLINK_INVALID', `an alias has at most ${LONGEST_ALIAS} bytes`);
    // Without the zero byte: an empty value takes the alias away.
    writer.blob(IFLA.IFALIAS, Buffer.from(alias));
  }
  if (group !== undefined) writer.u32(IFLA.GROUP, group);
  if (master !== undefined) writer.u32(IFLA.MASTER, master);
  if (parent !== undefined) writer.u32(IFLA.LINK, parent);
}

function writeKind(
  writer: MessageWriter,
  { kind = '', macvlanMode, vlanId, table, peer }: LinkSettings,
): void {
  writer.text(IFLA.INFO_KIND, kind);
  writer.nest(IFLA.INFO_DATA, () => {
    if (macvlanMode !== undefined) writer.u32(IFLA.MACVLAN_MODE, macvlanMode);
    if (vlanId !== undefined) writer.u16(IFLA.VLAN_ID, vlanId);
    if (table !== undefined) writer.u32(IFLA.VRF_TABLE, table);
    if (peer === undefined) return;
    writer.nest(IFLA.VETH_PEER, () => {
      header(writer, 0, 0, 0);
      writer.text(IFLA.IFNAME, interfaceName(peer));
    });
  });
}

/** dev_valid_name of the kernel. */
function interfaceName(name: string): string {
  if (/^[^\s/:\0]+$/.test(name) && name !== '.' && name !== '..' && Buffer.byteLength(name) <= LONGEST_NAME)
    return name;
  throw new DriverError(
    'NETLINK_INVALID',
    `"${name}" is no name of an interface: 1 to 15 bytes, no space, / or :`,
  );
}
