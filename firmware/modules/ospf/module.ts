/**
 * OSPF version 2 (RFC 2328): the Hello protocol on broadcast networks, up to 2-Way.
 *
 * module.ts     the manifest, and which input goes where
 * packet.ts     the header and the Hello as bytes (A.3.1, A.3.2; AuType 0 of D.1)
 * drop.ts       every reason why a packet is dropped
 * interface.ts  its state and address (9.1 to 9.3), and which packets are taken (8.2)
 * hello.ts      sending Hellos (9.5) and receiving them (10.5)
 * neighbor.ts   neighbours and their state machine as a table (10.1 to 10.3); for how many there is room
 * relay.ts      relay numbers from IP and VRRP, which are not OSPF's (paper, section 5)
 * state.ts      configuration (C.1 to C.3), interfaces with neighbours, counters
 * migration.ts  state versions 1 and 2, and the state handlers from and to them
 *
 * Departures:
 * - There is no election (9.4) and no adjacency (10.4): our Hellos say priority 0 and no designated router whatever is
 *   configured, so 2-Way is where every neighbour rests. Packets of types 2 to 5 are dropped.
 * - Hellos go out on ticks of TIMER's broadcast and not by a timer per interface (9.3). A new neighbour is sent one at
 *   once besides, to its own address, so that 2-Way takes milliseconds and not a HelloInterval (8.2 accepts that).
 *   These are limited, and who gets none has the next Hello to all.
 * - Another router id at a neighbour's address is another router: the relation with the one before ends, where 10.5
 *   only writes the new id down.
 * - The number of neighbours has a bound, and those that do not list us have a smaller one (neighbor.ts).
 * - One subnet of an interface takes part, the configured one or the first that is a network; point-to-point links are
 *   not supported. Areas are no stubs (E-bit set).
 */
import {
  type Expiry,
  type Handlers,
  type Manifest,
  type Message,
  Module,
  type Packet,
  type StartReason,
} from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import { leftOutText, lineDue, noteAllWell } from '../limited-log.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkState } from '../messages/link.ts';
import type { Relay } from '../messages/relay.ts';
import { type Drop, dropText } from './drop.ts';
import { hellosLeave, receiveHello, sendOnTick } from './hello.ts';
import { accept, linkChanged } from './interface.ts';
import { down1, down2, up1, up2 } from './migration.ts';
import { findNeighbor, type NeighborView, neighborEvent, neighborViews } from './neighbor.ts';
import { receiveRelay } from './relay.ts';
import { initialState, type State } from './state.ts';

export type OspfProtocol = {
  accepts: { relay: Relay; neighbors: undefined };
  subscribes: { broadcast: Broadcast; link: LinkState };
  timers: { inactivity: undefined };
  ports: { ospf: RawIpIn };
};

export const manifest = {
  api: 1,
  name: 'OSPF',
  version: '2.2.0',
  description: 'OSPF Hellos and neighbours up to 2-Way (RFC 2328)',
  accepts: { relay: [1], neighbors: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ['inactivity'],
  ports: ['ospf'],
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 } },
} satisfies Manifest<State, OspfProtocol>;

export default class Ospf extends Module<State> implements Handlers<OspfProtocol> {
  initial(config: unknown): State {
    return initialState(config);
  }

  override start(why: StartReason): void {
    if (why !== 'cold') return;
    for (const [name, { priority }] of Object.entries(this.state.config.interfaces)) {
      if (priority > 0) {
        this.ctx.log(
          'warn',
          `${name}: priority ${priority} has no effect, this version takes part in no election and says 0`,
        );
      }
    }
  }

  onBroadcast({ body }: Message<Broadcast>): void {
    sendOnTick(this.ctx, this.state, body);
  }

  onLink({ body }: Message<LinkState>): void {
    const iface = this.state.interfaces.get(body.name);
    if (iface !== undefined) linkChanged(this.ctx, this.state, iface, body);
  }

  onOspf({ key, datum }: Packet<RawIpIn>): void {
    const iface = this.state.interfaces.get(key);
    if (iface === undefined) return;
    const packet = accept(this.state, iface, datum);
    const dropped =
      'error' in packet ? packet : receiveHello(this.ctx, this.state, iface, datum.from, packet);
    if (dropped !== undefined) this.#drop(key, datum.from, dropped);
    else noteAllWell(this.state.drops, `${key} ${datum.from}`, this.ctx.now());
  }

  onInactivity({ key }: Expiry<undefined>): void {
    const found = findNeighbor(this.state, key);
    if (found !== undefined) neighborEvent(this.ctx, this.state, ...found, 'InactivityTimer');
  }

  onRelay(message: Message<Relay>): void {
    receiveRelay(this.ctx, this.state, message);
  }

  onNeighbors(): NeighborView[] {
    return neighborViews(this.ctx, this.state);
  }

  /** Our neighbours forget us when our Hellos do not leave. */
  override isHealthy(): true | string {
    return hellosLeave(this.ctx, this.state);
  }

  #drop(name: string, from: string, drop: Drop): void {
    count(this.state.counters, drop.error);
    if (drop.error === 'own') return;
    const due = lineDue(this.state.drops, drop.error, `${name} ${from}`, this.ctx.now());
    if (due === undefined) return;
    this.ctx.log('warn', `dropped a packet from ${from} on ${name}: ${dropText(drop)}${leftOutText(due)}`);
  }
}
