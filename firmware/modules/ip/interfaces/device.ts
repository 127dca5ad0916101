/** Links that are made where they are not there: VLANs, bridges and VRFs, and macvlans of virtual routers. */
import type { KernelChange } from '../../../../drivers/kernel-tables.ts';
import type { Link, LinkSettings } from '../../../../drivers/netlink/link.ts';
import type { Device } from './wanted.ts';

/**
 * The group of the links that we made, "hitl" in ASCII (`ip link show group 1751741548`). It is the kernel's own mark, given
 * as a link is made: a state that was lost, or one of an older version, needs no memory of them. Nobody else takes that
 * number by chance, and what has it is removed where it is not wanted.
 */
export const OWN_GROUP = 0x6869_746c;
/** The same of macvlans, "hitv": the port removes them when the process is killed, and them alone. */
export const VIRTUAL_GROUP = 0x6869_7476;

/** In the order in which they are removed: a macvlan may be on a VLAN, that on a bridge, and a bridge in a VRF. */
const KINDS: readonly string[] = ['macvlan', 'vlan', 'bridge', 'vrf'];
/**
 * MACVLAN_MODE_VEPA (linux/if_link.h): virtual routers of one interface do not hear each other. The mode "private" does that
 * too, but there the kernel keeps from the parent what another router sends from the same MAC: two would be Active.
 */
const VEPA = 2;

/** We made it. */
export function isOwnDevice({ kind, group }: Link): boolean {
  return KINDS.includes(kind) && group === groupOf(kind);
}

function groupOf(kind: string): number {
  return kind === 'macvlan' ? VIRTUAL_GROUP : OWN_GROUP;
}

/** Those that we made, in the order in which they are removed. */
export function ownDevices(links: Iterable<Link>): Link[] {
  const rank = ({ kind }: Link) => KINDS.indexOf(kind);
  return [...links].filter(isOwnDevice).sort((one, other) => rank(one) - rank(other));
}

/** The link is what is wanted of a device. @param parent of a VLAN or macvlan, as it is now */
export function isDevice(link: Link, device: Device, parent: Link | undefined): boolean {
  if (link.kind !== device.kind) return false;
  if (device.kind === 'macvlan')
    return parent !== undefined && link.parent === parent.index && link.mac === device.mac;
  if (device.kind === 'vlan')
    return parent !== undefined && link.parent === parent.index && (link.vlan ?? device.id) === device.id;
  return device.kind === 'bridge' || (link.table ?? device.table) === device.table;
}

/** Makes it; undefined while its parent is not there. */
export function makeDevice(name: string, device: Device, parent: Link | undefined): KernelChange | undefined {
  const common: LinkSettings = { name, kind: device.kind, group: groupOf(device.kind) };
  switch (device.kind) {
    case 'macvlan': {
      if (parent === undefined) return undefined;
      const { mac } = device;
      return {
        verb: 'add',
        kind: 'link',
        wanted: { ...common, parent: parent.index, mac, macvlanMode: VEPA },
      };
    }
    case 'vlan':
      if (parent === undefined) return undefined;
      return { verb: 'add', kind: 'link', wanted: { ...common, parent: parent.index, vlanId: device.id } };
    case 'vrf':
      return { verb: 'add', kind: 'link', wanted: { ...common, table: device.table } };
    case 'bridge':
      return { verb: 'add', kind: 'link', wanted: common };
  }
}

export function removeDevice({ index, name }: Link): KernelChange {
  return { verb: 'remove', kind: 'link', wanted: { index, name } };
}

/** The device in words. */
export function deviceText(device: Device): string {
  switch (device.kind) {
    case 'macvlan':
      return `a macvlan of ${device.parent} with MAC ${device.mac}`;
    case 'vlan':
      return `VLAN ${device.id} of ${device.parent}`;
    case 'vrf':
      return `the VRF of table ${device.table}`;
    case 'bridge':
      return 'a bridge';
  }
}

/** A link of that name is there, and is something else of somebody else. */
export function notThisText(name: string, device: Device): string {
  return `${name} is there already and is not ${deviceText(device)}: it is left as it is, and its settings are not applied`;
}
