/** A kernel as far as interfaces go: it has links, addresses and variables, and does what Linux does with changes. */
import type { KernelChange, KernelRow } from '../../drivers/kernel-tables.ts';
import type { InterfaceAddress } from '../../drivers/netlink/address.ts';
import type { Link } from '../../drivers/netlink/link.ts';
import { readAddress } from '../../firmware/modules/ip/interfaces/interface-address.ts';
import { addressKey } from '../../firmware/modules/ip/state.ts';

export class FakeKernel {
  readonly links = new Map<number, Link>();
  readonly addresses = new Map<string, InterfaceAddress>();
  readonly variables = new Map<string, string>();
  /** `lan0 10.0.1.254`: no packets to it are taken. */
  readonly closed = new Set<string>();
  /** Linux before 6.17. */
  isOld = false;
  #index = 1;

  link(name: string, more: Partial<Link> = {}): Link {
    const link: Link = {
      index: ++this.#index,
      name,
      flags: 0,
      up: true,
      carrier: true,
      mtu: 1500,
      mac: '02:00:00:00:00:01',
      kind: 'veth',
      parent: 0,
      master: 0,
      alias: '',
      group: 0,
      hardware: 1,
      operational: 6,
      ...more,
    };
    this.links.set(link.index, link);
    this.tell({ kind: 'link', row: { ...link } });
    return link;
  }

  named(name: string): Link | undefined {
    return [...this.links.values()].find((link) => link.name === name);
  }

  give(name: string, text: string, more: Partial<InterfaceAddress> = {}): InterfaceAddress {
    const { index } = this.named(name)!;
    const { address, family, prefixLength } = readAddress(text)!;
    const row = {
      family,
      index,
      address,
      prefixLength,
      flags: 0,
      secondary: false,
      scope: 0,
      protocol: 0,
      ...more,
    };
    this.addresses.set(addressKey(row), row);
    this.tell({ kind: 'address', row: { ...row } });
    return row;
  }

  /** `lan0 10.0.1.1/24`, in order. */
  get has(): string[] {
    return [...this.addresses.values()].map(
      ({ index, address, prefixLength }) => `${this.links.get(index)?.name} ${address}/${prefixLength}`,
    );
  }

  /** @returns the old value of a variable, or why it is refused */
  do(change: KernelChange): { was?: string } | { errno: number; name: string; text: string } {
    if (change.kind === 'sysctl') {
      if (this.isOld && change.path.endsWith('/force_forwarding'))
        return { errno: 2, name: 'ENOENT', text: 'No such file or directory' };
      const was = this.variables.get(change.path) ?? '0';
      this.variables.set(change.path, change.value);
      return { was };
    }
    if (change.kind === 'address') {
      const { index, address, prefixLength, protocol = 0 } = change.wanted;
      const link = this.links.get(index);
      if (link === undefined) return { errno: 19, name: 'ENODEV', text: 'No such device' };
      if (change.verb === 'replace') this.give(link.name, `${address}/${prefixLength}`, { protocol });
      else if (!this.takeAway(index, address, prefixLength))
        return { errno: 99, name: 'EADDRNOTAVAIL', text: 'not there' };
      return {};
    }
    if (change.kind === 'closed') {
      const { index, address } = change.wanted;
      const text = `${this.links.get(index)?.name} ${address}`;
      if (change.verb === 'replace') this.closed.add(text);
      else this.closed.delete(text);
      return {};
    }
    if (change.kind !== 'link') throw new Error(`a ${change.kind} is no setting`);
    const { index = 0, name, kind, vlanId, table, ...values } = change.wanted;
    if (change.verb === 'add') {
      if (kind === 'vrf') return { errno: 95, name: 'EOPNOTSUPP', text: 'Unknown device type' };
      if (this.named(name!)) return { errno: 17, name: 'EEXIST', text: 'File exists' };
      this.link(name!, { kind: kind!, up: false, ...(vlanId !== undefined && { vlan: vlanId }), ...values });
      return {};
    }
    const link = this.links.get(index);
    if (link === undefined) return { errno: 19, name: 'ENODEV', text: 'No such device' };
    if (change.verb === 'remove') this.remove(link);
    else if (values.mtu !== undefined && values.mtu > 9000)
      return { errno: 22, name: 'EINVAL', text: 'mtu greater than device maximum' };
    else this.set(index, values);
    return {};
  }

  set(index: number, changed: Partial<Link>): void {
    const link = Object.assign(this.links.get(index)!, changed);
    this.tell({ kind: 'link', row: { ...link } });
  }

  remove(link: Link): void {
    for (const { index, address, prefixLength } of [...this.addresses.values()])
      if (index === link.index) this.takeAway(index, address, prefixLength);
    this.links.delete(link.index);
    for (const text of this.closed) if (text.startsWith(`${link.name} `)) this.closed.delete(text);
    this.tell({ kind: 'link', row: { ...link }, gone: true });
  }

  /** False where it is not there. */
  takeAway(index: number, address: string, prefixLength: number): boolean {
    const isIt = (row: InterfaceAddress) =>
      row.index === index && row.address === address && row.prefixLength === prefixLength;
    const row = [...this.addresses.values()].find(isIt);
    if (row === undefined) return false;
    this.addresses.delete(addressKey(row));
    this.tell({ kind: 'address', row, gone: true });
    return true;
  }

  /** A row is new, or otherwise; for a kernel that tells of it. */
  protected tell(_row: KernelRow): void {}
}
