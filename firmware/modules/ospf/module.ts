/**
 * OSPF version 2 (RFC 2328): the Hello protocol on broadcast networks, up to 2-Way.
 *
 * module.ts     the manifest, and which input goes where
 * packet.ts     the header and the Hello as bytes (A.3.1, A.3.2; AuType 0 of D.1)
 * drop.ts       every reason why a packet is dropped
 * interface.ts  its state and address (9.1 to 9.3), and which packets are taken (8.2)
 * hello.ts      sending Hellos (9.5) and receiving them (10.5)
 * neighbor.ts   neighbours and their state machine as a table (10.1 to 10.3)
 * relay.ts      relay numbers from IP and VRRP, which are not OSPF's (paper, section 5)
 * state.ts      configuration (C.1 to C.3), interfaces with neighbours, counters; state handlers from and to version 1
 *
 * Departures:
 * - There is no election (9.4) and no adjacency (10.4): our Hellos say priority 0 and no designated router whatever is
 *   configured, so 2-Way is where every neighbour rests. Packets of types 2 to 5 are dropped.
 * - Hellos go out on ticks of TIMER's broadcast and not by a timer per interface (9.3). A new neighbour is sent one at
 *   once besides, to its own address, so that 2-Way takes milliseconds and not a HelloInterval (8.2 accepts that).
 * - A neighbour is known by its router id and not by its source address (10.5), since Hellos list router ids.
 * - Nothing but the first address of an interface takes part. Areas are no stubs (E-bit set).
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
import type { LinkState } from '../../../drivers/links.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import type { Broadcast } from '../broadcast.ts';
import { count, isMilestone } from '../counter.ts';
import type { Relay } from '../relay.ts';
import { DROP_REASONS, type DropReason } from './drop.ts';
import { receiveHello, sendOnTick } from './hello.ts';
import { accept, linkChanged } from './interface.ts';
import { findNeighbor, type NeighborView, neighborEvent, neighborViews } from './neighbor.ts';
import { receiveRelay } from './relay.ts';
import { down, initialState, type State, up } from './state.ts';

export type OspfProtocol = {
  accepts: { relay: Relay; neighbors: undefined };
  subscribes: { broadcast: Broadcast; link: LinkState };
  timers: { inactivity: undefined };
  ports: { ospf: RawIpIn };
};

export const manifest = {
  api: 1,
  name: 'OSPF',
  version: '2.0.0',
  description: 'OSPF Hellos and neighbours up to 2-Way (RFC 2328)',
  accepts: { relay: [1], neighbors: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ['inactivity'],
  ports: ['ospf'],
  state: { version: 2, up: { 1: up }, down: { 1: down } },
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
      'error' in packet ? packet.error : receiveHello(this.ctx, this.state, iface, datum.from, packet);
    if (dropped !== undefined) this.#drop(key, datum.from, dropped);
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

  #drop(name: string, from: string, reason: DropReason): void {
    const dropped = count(this.state.counters, reason);
    if (reason === 'own' || !isMilestone(dropped)) return;
    this.ctx.log(
      'warn',
      `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason}, ${dropped} so far)`,
    );
  }
}
