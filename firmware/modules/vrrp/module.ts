/**
 * VRRP version 3 over IPv4 (RFC 9568).
 *
 * module.ts          the manifest, and which input goes where
 * packet.ts          advertisements as bytes (5.2)
 * drop.ts            every reason why a packet is dropped (7.1)
 * interface.ts       when virtual routers start and stop, which packets they take (6.4.1, 7.1)
 * agreement.ts       what neighbours advertise otherwise than we do (7.1)
 * virtual-router.ts  the state machine, its timer, sending (6.1, 6.4, 7.2)
 * statistics.ts      what is counted and remembered of each virtual router
 * state.ts           configuration (6.1), links, virtual routers, counters; state handlers from and to version 1
 *
 * Departures:
 * - The virtual addresses and the virtual MAC are not put on the kernel yet: no gratuitous ARP, advertisements leave
 *   from the interface's own MAC (6.4, 7.2, 7.3). Who is Active is elected and told, but traffic does not follow yet.
 * - Advertisements go out on ticks of TIMER's broadcast and not by an Adver_Timer (6.4.3): the interval should be a
 *   multiple of its period, and no shorter. One is sent at once where 6.4 says so.
 * - Shutdown happens when the interface goes down, when priority 0 can no longer be told.
 * - A Max Advertise Interval of 0 and an empty address list are dropped, as the errata to 7.1 and 5.2.5 say.
 * The port `vrrp` sends with TTL 255, from the first address of the interface, which the checksum counts on.
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
} from 'hitless/runtime';
import type { LinkState } from '../../../drivers/links.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import type { Broadcast } from '../broadcast.ts';
import { count, isMilestone } from '../counter.ts';
import { sendRelay } from '../relay.ts';
import { DROP_REASONS } from './drop.ts';
import { type Dropped, linkChanged, receive } from './interface.ts';
import { down, initialState, type State, up } from './state.ts';
import {
  activeDown,
  advertiseOnTick,
  running,
  unheard,
  type VirtualRouterView,
  virtualRouterViews,
} from './virtual-router.ts';

export type VrrpProtocol = {
  accepts: { virtualRouters: undefined };
  subscribes: { broadcast: Broadcast; link: LinkState };
  timers: { activeDown: undefined };
  ports: { vrrp: RawIpIn };
};

export const manifest = {
  api: 1,
  name: 'VRRP',
  version: '2.0.0',
  description: 'VRRP version 3 advertisements and election (RFC 9568)',
  accepts: { virtualRouters: [1] },
  sends: { OSPF: { relay: 1 } },
  subscribes: { broadcast: [1], link: [1] },
  timers: ['activeDown'],
  ports: ['vrrp'],
  state: { version: 2, up: { 1: up }, down: { 1: down } },
} satisfies Manifest<State, VrrpProtocol>;

export default class Vrrp extends Module<State> implements Handlers<VrrpProtocol> {
  initial(config: unknown): State {
    return initialState(config);
  }

  onBroadcast({ body }: Message<Broadcast>): void {
    advertiseOnTick(this.ctx, this.state, body);
    const next = sendRelay(this.ctx, this.state.relay);
    if (next === this.state.relay) count(this.state.counters, 'relayRefused');
    this.state.relay = next;
  }

  onLink({ body }: Message<LinkState>): void {
    const ours = this.state.config.groups.some((group) => group.interface === body.name);
    if (ours) linkChanged(this.ctx, this.state, body);
  }

  onVrrp({ key, datum }: Packet<RawIpIn>): void {
    const dropped = receive(this.ctx, this.state, key, datum);
    if (dropped !== undefined) this.#drop(key, datum.from, dropped);
  }

  onActiveDown({ key }: Expiry<undefined>): void {
    const run = running(this.state, key);
    if (run !== undefined) activeDown(this.ctx, run);
  }

  onVirtualRouters(): VirtualRouterView[] {
    return virtualRouterViews(this.state);
  }

  /** An Active Router that nobody hears is worse than none: the others take over, and it does not know. */
  override isHealthy(): true | string {
    const router = unheard(this.state);
    if (router === undefined) return true;
    const { interface: name, group, statistics } = router;
    return `virtual router ${group} on ${name} is Active, but its last ${statistics.unsent} advertisements could not be sent`;
  }

  /** 7.1: who discards should log it, but not flood the log. */
  #drop(name: string, from: string, { reason, dropped }: Dropped): void {
    if (reason === 'own' || reason === 'inactive' || !isMilestone(dropped)) return;
    this.ctx.log(
      'warn',
      `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason}, ${dropped} so far)`,
    );
  }
}
