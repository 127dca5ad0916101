/**
 * OSPF's agenda (design rule 15): machines come to rest, neighbours before their interface; then LSAs are made, then
 * flooded; then single packets leave, and routing is told last. The tree is never computed here: it has its timer.
 */
import { Agenda } from '../agenda.ts';
import type { Interface, InterfaceEvent, Neighbor, NeighborEvent, Origin } from './state.ts';

export type Item =
  | { on: 'neighbor'; iface: Interface; neighbor: Neighbor; event: NeighborEvent }
  | { on: 'interface'; iface: Interface; event: InterfaceEvent }
  /** An LSA of ours is to be as things are now: made, made anew, or flushed (12.4). */
  | { on: 'origination'; of: Origin; force?: true }
  /** An LSA was installed, and goes on to others than the one it came from (13.3). */
  | { on: 'flooding'; key: string; from?: { iface: Interface; neighbor: Neighbor } }
  /** ExStart: the first Database Description of an exchange is due (10.8). */
  | { on: 'exchange'; iface: Interface; neighbor: Neighbor }
  /** Something is on the link state request list: as many requests as are allowed are sent (10.9). */
  | { on: 'request'; iface: Interface; neighbor: Neighbor }
  /** A Hello to one neighbour, at once. */
  | { on: 'answer'; iface: Interface; neighbor: Neighbor }
  /** Hellos begin, or end, for the interface is down. */
  | { on: 'hellos'; iface: Interface; begin: boolean }
  /** The database, or what routes are made of besides, is another: what is to be computed anew (16). */
  | { on: 'routing'; change: RoutingChange };

/** What another LSA, interface or setting concerns (13.2). */
export type RoutingChange =
  /** Type 1 or 2 of an area: its tree. */
  | { of: 'tree'; area: number }
  /** Type 3 or 4 of an area: what lies behind its border routers. */
  | { of: 'summary'; area: number; key: string }
  /** Type 5 or 7. */
  | { of: 'external'; key: string }
  /** All of it: another configuration. */
  | { of: 'all' };

const ORDER: readonly (readonly Item['on'][])[] = [
  ['neighbor'],
  ['interface'],
  ['origination'],
  ['flooding'],
  ['exchange', 'request', 'answer', 'hellos'],
  ['routing'],
];

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

  originate(of: Origin): void {
    this.push({ on: 'origination', of });
  }

  flood(key: string, from?: { iface: Interface; neighbor: Neighbor }): void {
    this.push({ on: 'flooding', key, ...(from && { from }) });
  }

  exchange(iface: Interface, neighbor: Neighbor): void {
    this.push({ on: 'exchange', iface, neighbor });
  }

  request(iface: Interface, neighbor: Neighbor): void {
    this.push({ on: 'request', iface, neighbor });
  }

  answer(iface: Interface, neighbor: Neighbor): void {
    this.push({ on: 'answer', iface, neighbor });
  }

  hellos(iface: Interface, begin: boolean): void {
    this.push({ on: 'hellos', iface, begin });
  }

  routing(change: RoutingChange): void {
    this.push({ on: 'routing', change });
  }
}
