/**
 * VRRP version 3 over IPv4 (RFC 9568).
 *
 * module.ts          the manifest, and which input goes where
 * virtual-router.ts  the state machine (6.4), and leaving
 * interface.ts       when virtual routers start and stop, which packets they take (6.4.1, 7.1)
 * agreement.ts       what neighbours advertise otherwise than we do (7.1)
 * advertisement.ts   sending (7.2), and what becomes of advertisements that do not leave
 * checksum-form.ts   in which form checksums are sent (5.2.8)
 * running.ts         a virtual router that can run, its priority and times (6.1)
 * ownership.ts       the primary address, who owns the virtual addresses, what contradicts
 * packet.ts          advertisements as bytes (5.2)
 * drop.ts            every reason why a packet is dropped (7.1)
 * views.ts           what is shown to people
 * statistics.ts      what is counted and remembered of each virtual router
 * state.ts           configuration (6.1), links, virtual routers, counters
 * migration.ts       earlier shapes of the state
 *
 * Departures:
 * - The virtual addresses and the virtual MAC are not put on the kernel yet: no gratuitous ARP, advertisements leave
 *   from the interface's own MAC (6.4, 7.2, 7.3). Who is Active is elected and told, but traffic does not follow yet.
 * - Advertisements go out on ticks of TIMER's broadcast and not by an Adver_Timer (6.4.3): the interval should be a
 *   multiple of its period, and no shorter. One is sent at once where 6.4 says so.
 * - 5.2.8 has the checksum cover the message alone for IPv4; RFC 5798 5.2.8, which it obsoletes, had a pseudo-header
 *   before it, and FRR and keepalived send that by default. Both are taken. What is sent begins with the pseudo-header
 *   and follows the group, or is configured.
 * - The priority of a router that owns a virtual address is 255, as RFC 5798 5.2.4 says, whatever is configured.
 * - Shutdown sends priority 0 when VRRP ends its service (6.4.3), but not when the interface goes down: it cannot
 *   be told there any more.
 * - A Max Advertise Interval of 0 and an empty address list are dropped, as the errata to 7.1 and 5.2.5 say.
 * The port `vrrp` sends with TTL 255, from the source that the packet names.
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
  type StopReason,
} from 'hitless/runtime';
import type { LinkState } from '../../../drivers/links.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import type { Broadcast } from '../broadcast.ts';
import { count } from '../counter.ts';
import { sendRelay } from '../relay.ts';
import { advertiseOnTick, unheard } from './advertisement.ts';
import { linkChanged, lookAfter, receive } from './interface.ts';
import { down1, down2, up1, up2 } from './migration.ts';
import { running } from './running.ts';
import { initialState, type State } from './state.ts';
import { type VirtualRouterView, virtualRouterViews } from './views.ts';
import { activeDown, leave } from './virtual-router.ts';

export type VrrpProtocol = {
  accepts: { virtualRouters: undefined };
  subscribes: { broadcast: Broadcast; link: LinkState };
  timers: { activeDown: undefined };
  ports: { vrrp: RawIpIn };
};

export const manifest = {
  api: 1,
  name: 'VRRP',
  version: '2.1.0',
  description: 'VRRP version 3 advertisements and election (RFC 9568)',
  accepts: { virtualRouters: [1] },
  sends: { OSPF: { relay: 1 } },
  subscribes: { broadcast: [1], link: [1] },
  timers: ['activeDown'],
  ports: ['vrrp'],
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 } },
} satisfies Manifest<State, VrrpProtocol>;

export default class Vrrp extends Module<State> implements Handlers<VrrpProtocol> {
  initial(config: unknown): State {
    return initialState(config);
  }

  onBroadcast({ body }: Message<Broadcast>): void {
    lookAfter(this.ctx, this.state);
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
    receive(this.ctx, this.state, key, datum);
  }

  onActiveDown({ key }: Expiry<undefined>): void {
    const run = running(this.state, key);
    if (run !== undefined) activeDown(this.ctx, this.state, run);
  }

  onVirtualRouters(): VirtualRouterView[] {
    return virtualRouterViews(this.state);
  }

  /** 6.4.3: the other routers need not wait until they miss us. */
  override stop(_why: StopReason): void {
    leave(this.ctx, this.state);
  }

  /** An Active Router that nobody hears is worse than none: the others take over, and it does not know. */
  override isHealthy(): true | string {
    return unheard(this.ctx, this.state) ?? true;
  }
}
