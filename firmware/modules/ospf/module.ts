/**
 * OSPF version 2 (RFC 2328): the Hello protocol on broadcast networks, up to 2-Way.
 *
 * module.ts     the manifest, and which input goes where
 * settle.ts     works the agenda off: what an input sets off, in its order
 * receive.ts    which packets are taken (8.2, 10.5)
 * apply.ts      does what was planned for another configuration
 * plan.ts       what another configuration would change, and which interfaces it concerns
 * interface.ts  its state and address (9.1 to 9.3)
 * neighbor.ts   neighbours and their state machine as a table (10.1 to 10.3); for how many there is room
 * hello.ts      which Hellos agree with us (10.5), and sending them (9.5)
 * relay.ts      relay numbers from IP and VRRP of before 2.2.0, which are not OSPF's (paper, section 5)
 * views.ts      what is shown to people
 * packet.ts     the header and the Hello as bytes (A.3.1, A.3.2; AuType 0 of D.1)
 * config.ts     the section of the configuration (C.1 to C.3), and what is made of it
 * migration.ts  state versions 1 and 2, and the state handlers from and to them
 * state.ts      configuration, interfaces with neighbours, counters: each field with its owner
 * agenda.ts     what may be on the agenda
 * drop.ts       every reason why a packet is dropped
 *
 * Departures:
 * - There is no election (9.4) and no adjacency (10.4): our Hellos say priority 0 and no designated router whatever is
 *   configured, so 2-Way is where every neighbour rests. Packets of types 2 to 5 are dropped.
 * - Where TIMER runs, Hellos go out on its ticks (../pulse.ts), else by a timer per interface (9.3). A new neighbour is
 *   sent one at once besides, to its own address, so that 2-Way takes milliseconds and not a HelloInterval (8.2 accepts
 *   that). These are limited, and who gets none has the next Hello to all.
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
  type Steps,
} from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { MAX_HANDLER_MS } from '../handler-time.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkState } from '../messages/link.ts';
import type { Relay } from '../messages/relay.ts';
import { OspfAgenda } from './agenda.ts';
import { apply, leaveRemoved } from './apply.ts';
import { readConfig, section } from './config.ts';
import { beginHellos, failingOf, hellosLeave, sendOnTick, sendToAll } from './hello.ts';
import { linkChanged, tellChoices, tellPriority } from './interface.ts';
import { down1, down2, up1, up2 } from './migration.ts';
import { ALL_SPF_ROUTERS } from './packet.ts';
import { type Plan, planFor } from './plan.ts';
import { receive } from './receive.ts';
import { receiveRelay } from './relay.ts';
import { settle, settleAtOnce } from './settle.ts';
import { findNeighbor, initialState, type State } from './state.ts';
import { type NeighborView, neighborViews, views } from './views.ts';

export type OspfProtocol = {
  accepts: { relay: Relay; neighbors: undefined };
  subscribes: { broadcast: Broadcast; link: LinkState };
  timers: { hello: undefined; inactivity: undefined };
  ports: { ospf: RawIpIn };
};

export const manifest = {
  api: 2,
  name: 'OSPF',
  version: '2.3.1',
  description: 'OSPF Hellos and neighbours up to 2-Way (RFC 2328)',
  maxHandlerMs: MAX_HANDLER_MS,
  accepts: { relay: [1], neighbors: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ['hello', 'inactivity'],
  // A.1: AllSPFRouters, TTL 1.
  ports: { ospf: { kind: 'raw-ip', protocol: 89, groups: [ALL_SPF_ROUTERS], ttl: 1 } },
  config: section,
  views,
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 } },
} satisfies Manifest<State, OspfProtocol>;

export default class Ospf extends Module<State> implements Handlers<OspfProtocol> {
  initial(given: unknown): State {
    const config = readConfig(given);
    if ('error' in config) throw new Error(config.error);
    return initialState(config);
  }

  /** Interfaces that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited: ReadonlySet<string> = new Set();

  override start(why: StartReason): void {
    this.#inherited = failingOf(this.state);
    for (const iface of this.state.interfaces.values()) {
      this.ctx.openPort('ospf', iface.name);
      beginHellos(this.state, iface, this.ctx);
      if (why === 'cold') tellPriority(this.state, iface, this.ctx);
    }
  }

  override configure(given: unknown): Plan | string {
    const config = readConfig(given);
    return 'error' in config ? config.error : planFor(this.state, config);
  }

  override apply(plan: Plan): void {
    this.#inherited = failingOf(this.state);
    const leaving = new OspfAgenda();
    leaveRemoved(this.state, plan, leaving);
    settleAtOnce(this.state, leaving, this.ctx);
    const agenda = new OspfAgenda();
    apply(this.state, plan, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
  }

  onBroadcast({ body }: Message<Broadcast>): void {
    tellChoices(this.state, this.ctx);
    sendOnTick(this.state, body, this.ctx);
  }

  onHello({ key }: Expiry<undefined>): void {
    const iface = this.state.interfaces.get(key);
    tellChoices(this.state, this.ctx);
    if (iface !== undefined) sendToAll(this.state, iface, this.ctx);
  }

  *onLink({ body }: Message<LinkState>): Steps {
    const iface = this.state.interfaces.get(body.name);
    if (iface === undefined) return;
    const agenda = new OspfAgenda();
    linkChanged(this.state, iface, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onOspf({ key, datum }: Packet<RawIpIn>): Steps {
    const iface = this.state.interfaces.get(key);
    if (iface === undefined) return;
    const agenda = new OspfAgenda();
    receive(this.state, iface, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onInactivity({ key }: Expiry<undefined>): Steps {
    const found = findNeighbor(this.state, key);
    if (found === undefined) return;
    const agenda = new OspfAgenda();
    agenda.neighbor(...found, 'InactivityTimer');
    yield* settle(this.state, agenda, this.ctx);
  }

  onRelay(message: Message<Relay>): void {
    receiveRelay(this.state, message, this.ctx);
  }

  onNeighbors(): NeighborView[] {
    return neighborViews(this.state, this.ctx);
  }

  /** Our neighbours forget us when our Hellos do not leave. */
  override isHealthy(): true | string {
    return hellosLeave(this.state, this.#inherited, this.ctx);
  }
}
