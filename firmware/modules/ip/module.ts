/**
 * IP: ICMP router discovery, the router's part (RFC 1256; required of IPv4 routers by RFC 1812 4.3.3.10).
 *
 * module.ts                the manifest, and which input goes where
 * packet.ts                Router Advertisements and Solicitations as bytes (section 3; checks of 4.2 and 5.2)
 * router-advertisement.ts  sending advertisements (4.3)
 * sending.ts               what was not sent, in the log and for isHealthy
 * solicitation.ts          answering solicitations (4.2, 4.3)
 * eligibility.ts           which addresses of an interface are offered, and why others are not (4.3, 5.2)
 * interface.ts             when an interface begins and ceases to advertise (4.3), and who takes what is heard there
 * state.ts                 configuration (4.1), interfaces, counters; state handlers from and to version 1
 *
 * Departures:
 * - Advertisements go out on ticks of TIMER's broadcast, at a fixed interval and not at a random one (4.3): a
 *   monitor can then tell a gap from chance.
 * - All addresses of an interface have the same preference level (4.1: one each).
 * - An interface where the kernel does not forward is no advertising one, as if the system were a host there; it
 *   stays in 224.0.0.2 all the same (4.3: a host leaves it).
 * - There is no Advertise flag (4.1): addresses that no host of the link has as a neighbour are left out, /32 and
 *   point-to-point ones.
 * - The random delay of an answer to all hosts (4.3) is derived from our address, so that it can be replayed.
 * The port `icmp` sends with TTL 1 and joins 224.0.0.2, where hosts solicit (sections 3, 4.3); the host sees to both.
 *
 * After each broadcast a relay number goes to OSPF (../relay.ts).
 */
import {
  type Expiry,
  type Handlers,
  type Manifest,
  type Message,
  Module,
  type Packet,
  type StartReason,
  type StopReason,
} from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkState } from '../messages/link.ts';
import { sendRelay } from '../relay.ts';
import { advertiseOnTick, cease, linkChanged, receive } from './interface.ts';
import { failingOf, failureText } from './sending.ts';
import { answer } from './solicitation.ts';
import { down, initialState, type State, up } from './state.ts';

export type IpProtocol = {
  subscribes: { broadcast: Broadcast; link: LinkState };
  timers: { answer: undefined };
  ports: { icmp: RawIpIn };
};

export const manifest = {
  api: 1,
  name: 'IP',
  version: '2.2.0',
  description: 'ICMP router advertisements and answers to solicitations (RFC 1256)',
  accepts: {},
  sends: { OSPF: { relay: 1 } },
  subscribes: { broadcast: [1], link: [1] },
  timers: ['answer'],
  ports: ['icmp'],
  state: { version: 2, up: { 1: up }, down: { 1: down } },
} satisfies Manifest<State, IpProtocol>;

export default class Ip extends Module<State> implements Handlers<IpProtocol> {
  initial(config: unknown): State {
    return initialState(config);
  }

  /** Interfaces that were failing when this version began: that is not its fault. */
  #inherited: string[] = [];

  override start(_why: StartReason): void {
    this.#inherited = failingOf(this.state);
  }

  override isHealthy(): true | string {
    const failing = failingOf(this.state).filter((name) => !this.#inherited.includes(name));
    return failing.length === 0 || failureText(this.ctx, failing);
  }

  override stop(_why: StopReason): void {
    for (const iface of this.state.interfaces.values()) cease(this.ctx, this.state, iface);
  }

  onBroadcast({ body }: Message<Broadcast>): void {
    advertiseOnTick(this.ctx, this.state, body);
    const next = sendRelay(this.ctx, this.state.relay);
    if (next === this.state.relay) count(this.state.counters, 'relayRefused');
    this.state.relay = next;
  }

  onLink({ body }: Message<LinkState>): void {
    const iface = this.state.interfaces.get(body.name);
    if (iface !== undefined) linkChanged(this.ctx, this.state, iface, body);
  }

  onIcmp({ key, datum }: Packet<RawIpIn>): void {
    const iface = this.state.interfaces.get(key);
    if (iface !== undefined) receive(this.ctx, this.state, iface, datum);
  }

  onAnswer({ key }: Expiry<undefined>): void {
    const iface = this.state.interfaces.get(key);
    if (iface !== undefined) answer(this.ctx, this.state, iface);
  }
}
