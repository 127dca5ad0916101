/** IP's agenda: what is to be sent, in the order in which that was set off; and what became of links and of the RIB. */
import type { KernelRefusal } from '../../../drivers/kernel-tables.ts';
import { Agenda } from '../agenda.ts';
import type { RouterAdvertisement6 } from './nd/offer.ts';
import type { Interface } from './state.ts';

export type Item = InterfaceItem | TableItem;

type InterfaceItem = { iface: Interface } & (
  | { on: 'mayKnow'; addresses: readonly string[] }
  /** Hosts are told to forget what is not offered any more, or all. */
  | { on: 'withdraw'; all: boolean }
  /** An advertisement is to leave; a regular one is that of the interval. */
  | { on: 'advertise'; to: string; regular: boolean }
  /** A regular one has left. */
  | { on: 'advertised' }
  /** The interface is no advertising one any more. */
  | { on: 'ceased' }
  /** IPv6: an advertisement is to leave, or was to; a host has asked for one; what was offered is not any more. */
  | { on: 'advertise6' }
  | { on: 'advertised6'; sent: boolean }
  | { on: 'asked6' }
  | { on: 'farewell6'; offer: RouterAdvertisement6; source: string }
);

type TableItem =
  /** Changes of interfaces were carried out, but for those that were refused. `was` is by their places. */
  | {
      on: 'settingsAnswered';
      request: number;
      refusals: readonly KernelRefusal[];
      was: readonly (string | undefined)[];
    }
  /** A whole list of the kernel's tables came, and what it did not have is forgotten. */
  | { on: 'listed' }
  /** A link is to be compared with what the configuration wants of it. */
  | { on: 'linkSettings'; index: number }
  /** A VLAN, bridge or VRF of this name is to be made where it is wanted and not there. */
  | { on: 'device'; name: string }
  /** Other modules want something else of these links. */
  | { on: 'wantedChanged'; names: readonly string[] }
  /** Virtual routers of these interfaces are others, or are Active or not. */
  | { on: 'virtualChanged'; names: readonly string[] }
  /** A link came, went, or is another than before; so are its addresses. */
  | { on: 'linkChanged'; index: number; name: string }
  /** A prefix has another selected candidate, or the same one leads elsewhere. */
  | { on: 'selected'; prefix: string }
  /** Another program's route is where ours would be. */
  | { on: 'heldBack'; prefix: string; source: string }
  /** A next hop is reachable now, or not any more, or leads elsewhere. */
  | { on: 'hopChanged'; hop: string };

const ORDER: readonly (readonly Item['on'][])[] = [
  ['settingsAnswered', 'linkChanged', 'listed', 'wantedChanged', 'virtualChanged'],
  ['linkSettings', 'device'],
  ['hopChanged', 'selected', 'heldBack'],
  ['mayKnow', 'withdraw', 'advertise', 'advertised', 'ceased'],
  ['asked6', 'advertise6', 'advertised6', 'farewell6'],
];

export class IpAgenda extends Agenda<Item> {
  /** Links whose change is still to be worked off. */
  #changed = new Set<string>();

  constructor() {
    super(ORDER);
  }

  override next(): Item | undefined {
    const item = super.next();
    if (item?.on === 'linkChanged') this.#changed.delete(changeOf(item));
    return item;
  }

  /** Hosts may know these addresses, though this version did not tell them. */
  mayKnow(iface: Interface, addresses: readonly string[]): void {
    this.push({ on: 'mayKnow', iface, addresses });
  }

  withdraw(iface: Interface, all = false): void {
    this.push({ on: 'withdraw', iface, all });
  }

  advertise(iface: Interface, to: string, regular = false): void {
    this.push({ on: 'advertise', iface, to, regular });
  }

  advertised(iface: Interface): void {
    this.push({ on: 'advertised', iface });
  }

  ceased(iface: Interface): void {
    this.push({ on: 'ceased', iface });
  }

  settingsAnswered(
    request: number,
    refusals: readonly KernelRefusal[],
    was: readonly (string | undefined)[],
  ): void {
    this.push({ on: 'settingsAnswered', request, refusals, was });
  }

  listed(): void {
    this.push({ on: 'listed' });
  }

  wantedChanged(names: readonly string[]): void {
    this.push({ on: 'wantedChanged', names });
  }

  virtualChanged(names: readonly string[]): void {
    this.push({ on: 'virtualChanged', names });
  }

  linkSettings(index: number): void {
    this.push({ on: 'linkSettings', index });
  }

  device(name: string): void {
    this.push({ on: 'device', name });
  }

  advertise6(iface: Interface): void {
    this.push({ on: 'advertise6', iface });
  }

  /** @param sent it has left */
  advertised6(iface: Interface, sent: boolean): void {
    this.push({ on: 'advertised6', iface, sent });
  }

  asked6(iface: Interface): void {
    this.push({ on: 'asked6', iface });
  }

  /** @param source the address that it was sent from */
  farewell6(iface: Interface, offer: RouterAdvertisement6, source: string): void {
    this.push({ on: 'farewell6', iface, offer, source });
  }

  /** Once for all rows of a datum: a link may have a thousand addresses. */
  linkChanged(index: number, name: string): void {
    const change = changeOf({ index, name });
    if (this.#changed.has(change)) return;
    this.#changed.add(change);
    this.push({ on: 'linkChanged', index, name });
  }

  /** @param prefix its key in the RIB */
  selected(prefix: string): void {
    this.push({ on: 'selected', prefix });
  }

  /** @param prefix its key in the RIB @param source of ours */
  heldBack(prefix: string, source: string): void {
    this.push({ on: 'heldBack', prefix, source });
  }

  /** @param hop its key among the next hops */
  hopChanged(hop: string): void {
    this.push({ on: 'hopChanged', hop });
  }
}

function changeOf({ index, name }: { index: number; name: string }): string {
  return `${index} ${name}`;
}
