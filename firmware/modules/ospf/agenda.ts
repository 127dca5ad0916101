/**
 * OSPF's agenda (design rule 15): machines come to rest, neighbours before their interface; then LSAs are made, then
 * flooded; then single packets leave, and routing is told last. The tree is never computed here: it has its timer.
 */
import { Agenda } from '../agenda.ts';
import type { Description } from './packet/description.ts';
import type { Id, Interface, InterfaceEvent, Neighbor, NeighborEvent, Origin } from './state.ts';

export type Item =
  /** `reason` says why, where the event is a hindrance: with both values. */
  | { on: 'neighbor'; iface: Interface; neighbor: Neighbor; event: NeighborEvent; reason?: string }
  /** The adjacency has ended, or begins anew: its exchange, its request and retransmission lists are cleared (10.3). */
  | { on: 'lists'; iface: Interface; neighbor: Neighbor }
  | { on: 'interface'; iface: Interface; event: InterfaceEvent }
  /** An LSA of ours is to be as things are now: made, made anew, or flushed (12.4). */
  | { on: 'origination'; of: Origin; force: boolean }
  /** An LSA of ours, or one that has reached MaxAge here, goes out (13.3). */
  | { on: 'flooding'; key: string }
  /** A Database Description was taken: it is looked at when the machines have come to rest (10.6). */
  | { on: 'description'; iface: Interface; neighbor: Neighbor; description: Description }
  /** An LSA goes on the neighbour's retransmission list, and to it: MaxAge, so it is in no description (10.3). */
  | { on: 'retransmission'; iface: Interface; neighbor: Neighbor; key: string }
  /** LSAs wait to leave on the interface, as many in a packet as fit (13.3 (5)). */
  | { on: 'updates'; iface: Interface }
  /** An LSA of MaxAge is on fewer retransmission lists: it may be removed (14). */
  | { on: 'aging'; key: string }
  /** RFC 3623: an LSA is another than before while somebody restarts, or says that it does; without a key, a neighbour is Full. */
  | { on: 'restart'; key?: string }
  /** We are a stub router for a while from now on (RFC 6987). */
  | { on: 'stub' }
  /** ExStart: the first Database Description of an exchange is due (10.8). */
  | { on: 'exchange'; iface: Interface; neighbor: Neighbor }
  /** The link state request list is another: the next are asked for, or all have come (10.9). */
  | { on: 'request'; iface: Interface; neighbor: Neighbor }
  /** A Hello to one neighbour, at once. */
  | { on: 'answer'; iface: Interface; neighbor: Neighbor }
  /** Hellos begin, or end, for the interface is down. */
  | { on: 'hellos'; iface: Interface; begin: boolean }
  /** The database, or what routes are made of besides, is another: what is to be computed anew (16). */
  | { on: 'routing'; change: RoutingChange }
  /** The route to a prefix is another, or gone: IP is told. */
  | { on: 'announcing'; prefix: string }
  /** Other neighbours are Full than before: other modules are told. */
  | { on: 'adjacencies' }
  /** A virtual link's other end is reached otherwise (16.1 (4), 16.7): absent `way`: not at all. */
  | { on: 'virtual'; iface: Interface; way?: VirtualWay };

/** How packets get to the other end of a virtual link: out of the tree of its transit area. */
export interface VirtualWay {
  /** An address of the other end. */
  to: Id;
  /** Key of the interface by which packets leave, and its address: the source of ours. */
  over: string;
  address: Id;
  cost: number;
}

/** Consequences for routes of another LSA, interface or setting (13.2). */
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
  ['lists'],
  ['interface', 'virtual'],
  ['exchange'],
  ['description'],
  ['stub'],
  ['origination'],
  ['flooding', 'retransmission'],
  ['restart'],
  ['aging', 'updates'],
  ['request', 'answer', 'hellos'],
  ['routing', 'announcing'],
  ['adjacencies'],
];

const RANKS: ReadonlyMap<Item['on'], number> = new Map(
  ORDER.flatMap((nouns, rank) => nouns.map((noun) => [noun, rank] as const)),
);

export class OspfAgenda extends Agenda<Item> {
  readonly #queues: Item[][] = ORDER.map(() => []);
  /** Of each queue, how many are worked off: thousands of items are not moved up for each of them. */
  readonly #done: number[] = ORDER.map(() => 0);
  #tells = false;

  constructor() {
    super([]);
  }

  override push(item: Item): void {
    this.#queues[RANKS.get(item.on)!]!.push(item);
  }

  override next(): Item | undefined {
    for (let rank = 0; rank < ORDER.length; rank++) {
      const queue = this.#queues[rank]!;
      if (queue.length === 0) continue;
      const item = queue[this.#done[rank]!++];
      if (this.#done[rank] === queue.length) {
        queue.length = 0;
        this.#done[rank] = 0;
      }
      if (item?.on === 'adjacencies') this.#tells = false;
      return item;
    }
    return undefined;
  }

  neighbor(iface: Interface, neighbor: Neighbor, event: NeighborEvent, reason?: string): void {
    this.push({ on: 'neighbor', iface, neighbor, event, ...(reason !== undefined && { reason }) });
  }

  lists(iface: Interface, neighbor: Neighbor): void {
    this.push({ on: 'lists', iface, neighbor });
  }

  description(iface: Interface, neighbor: Neighbor, description: Description): void {
    this.push({ on: 'description', iface, neighbor, description });
  }

  retransmission(iface: Interface, neighbor: Neighbor, key: string): void {
    this.push({ on: 'retransmission', iface, neighbor, key });
  }

  interface(iface: Interface, event: InterfaceEvent): void {
    this.push({ on: 'interface', iface, event });
  }

  /** @param force also where it holds the same as before: it is refreshed, or somebody else has another of it */
  originate(of: Origin, force = false): void {
    this.push({ on: 'origination', of, force });
  }

  flood(key: string): void {
    this.push({ on: 'flooding', key });
  }

  updates(iface: Interface): void {
    this.push({ on: 'updates', iface });
  }

  restart(key?: string): void {
    this.push({ on: 'restart', ...(key !== undefined && { key }) });
  }

  stub(): void {
    this.push({ on: 'stub' });
  }

  aging(key: string): void {
    this.push({ on: 'aging', key });
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

  announce(prefix: string): void {
    this.push({ on: 'announcing', prefix });
  }

  /** Once for all that one input sets off. */
  adjacencies(): void {
    if (this.#tells) return;
    this.#tells = true;
    this.push({ on: 'adjacencies' });
  }

  virtual(iface: Interface, way: VirtualWay | undefined): void {
    this.push({ on: 'virtual', iface, ...(way && { way }) });
  }
}

/** Of a router whose LSAs are flushed: none is made any more, whatever comes to an end besides. */
export class LeavingAgenda extends OspfAgenda {
  override originate(): void {}
}
