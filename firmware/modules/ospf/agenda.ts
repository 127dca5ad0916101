/**
 * OSPF's agenda: neighbours come to rest before their interface, which may elect then (RFC 2328 9.4), and interfaces before
 * anything is sent.
 */
import { Agenda } from '../agenda.ts';
import type { Interface, InterfaceEvent, Neighbor, NeighborEvent } from './state.ts';

export type Item = { iface: Interface } & (
  | { on: 'neighbor'; neighbor: Neighbor; event: NeighborEvent }
  | { on: 'interface'; event: InterfaceEvent }
  /** A Hello to one neighbour, at once. */
  | { on: 'answer'; neighbor: Neighbor }
  /** The interface is down: no Hello is missed there any more. */
  | { on: 'hellosEnd' }
);

const ORDER: readonly (readonly Item['on'][])[] = [['neighbor'], ['interface'], ['answer', 'hellosEnd']];

export class OspfAgenda extends Agenda<Item> {
  constructor() {
    super(ORDER);
  }

  neighbor(iface: Interface, neighbor: Neighbor, event: NeighborEvent): void {
    this.push({ on: 'neighbor', iface, neighbor, event });
  }

  interface(iface: Interface, event: InterfaceEvent): void {
    this.push({ on: 'interface', iface, event });
  }

  answer(iface: Interface, neighbor: Neighbor): void {
    this.push({ on: 'answer', iface, neighbor });
  }

  hellosEnd(iface: Interface): void {
    this.push({ on: 'hellosEnd', iface });
  }
}
