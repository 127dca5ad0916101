/**
 * VRRP version 3 over IPv4 (RFC 9568).
 *
 * module.ts          the manifest, and which input goes where
 * settle.ts          works the agenda off: what an input sets off, in its order
 * receive.ts         which packets are taken (7.1)
 * apply.ts           does what was planned for another configuration
 * plan.ts            what another configuration would change
 * virtual-router.ts  the state machine as a table (6.4)
 * interface.ts       when virtual routers start and stop (6.4.1), what contradicts
 * advertisement.ts   sending (7.2), and what becomes of advertisements that do not leave
 * agreement.ts       what neighbours advertise otherwise than we do (7.1)
 * checksum-form.ts   in which form checksums are sent (5.2.8)
 * views.ts           what is shown to people
 * running.ts         a virtual router that can run, its priority and times (6.1)
 * ownership.ts       the primary address, who owns the virtual addresses, what contradicts
 * packet.ts          advertisements as bytes (5.2)
 * config.ts          the section of the configuration (6.1), and what is made of it
 * relations.ts       relations between the section's keys
 * migration.ts       earlier shapes of the state
 * state.ts           configuration, links, virtual routers, counters: each field with its owner
 * agenda.ts          what may be on the agenda
 * drop.ts            every reason why a packet is dropped (7.1)
 *
 * Departures:
 * - The virtual addresses and the virtual MAC are not put on the kernel yet: no gratuitous ARP, advertisements leave
 *   from the interface's own MAC (6.4, 7.2, 7.3). Who is Active is elected and told, but traffic does not follow yet.
 * - Where TIMER runs, advertisements go out on its ticks (../pulse.ts), else by the Adver_Timer (6.4.3).
 * - 5.2.8 has the checksum cover the message alone for IPv4; RFC 5798 5.2.8, which it obsoletes, had a pseudo-header
 *   before it, and FRR and keepalived send that by default. Both are taken. What is sent begins with the pseudo-header
 *   and follows the group, or is configured.
 * - The priority of a router that owns a virtual address is 255, as RFC 5798 5.2.4 says, whatever is configured.
 * - Shutdown sends priority 0 when VRRP ends its service (6.4.3), but not when the interface goes down: it cannot
 *   be told there any more.
 * - A Max Advertise Interval of 0 and an empty address list are dropped, as the errata to 7.1 and 5.2.5 say.
 * The port `vrrp` sends with TTL 255 (5.1.1.3), from the source that the packet names.
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
  type StopReason,
} from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { MAX_HANDLER_MS } from '../handler-time.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkState } from '../messages/link.ts';
import { advertiseOnTick, failingOf, unheard } from './advertisement.ts';
import { VrrpAgenda } from './agenda.ts';
import { apply, leaveRemoved } from './apply.ts';
import { readConfig, section } from './config.ts';
import { checkOnce, leaveAll, linkChanged, startIdle, usePorts } from './interface.ts';
import { down1, down2, up1, up2 } from './migration.ts';
import { TTL, VRRP_GROUP } from './packet.ts';
import { type Plan, planFor } from './plan.ts';
import { receive } from './receive.ts';
import { settle, settleAtOnce } from './settle.ts';
import { initialState, type State } from './state.ts';
import { type VirtualRouterView, views, virtualRouterViews } from './views.ts';
import { startAdverTimers } from './virtual-router.ts';

export type VrrpProtocol = {
  accepts: { virtualRouters: undefined };
  subscribes: { broadcast: Broadcast; link: LinkState };
  timers: { activeDown: undefined; adver: undefined; look: undefined };
  ports: { vrrp: RawIpIn };
};

export const manifest = {
  api: 2,
  name: 'VRRP',
  version: '2.3.1',
  description: 'VRRP version 3 advertisements and election (RFC 9568)',
  maxHandlerMs: MAX_HANDLER_MS,
  accepts: { virtualRouters: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ['activeDown', 'adver', 'look'],
  ports: { vrrp: { kind: 'raw-ip', protocol: 112, groups: [VRRP_GROUP], ttl: TTL } },
  config: section,
  views,
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 } },
} satisfies Manifest<State, VrrpProtocol>;

export default class Vrrp extends Module<State> implements Handlers<VrrpProtocol> {
  initial(given: unknown): State {
    const config = readConfig(given);
    if ('error' in config) throw new Error(config.error);
    return initialState(config);
  }

  /** Virtual routers that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited: ReadonlySet<string> = new Set();

  override start(why: StartReason): void {
    this.#inherited = failingOf(this.state, this.ctx);
    usePorts(this.state, this.ctx);
    startAdverTimers(this.state, this.ctx);
    if (why !== 'cold') this.ctx.setTimer('look', '', 0);
  }

  override configure(given: unknown): Plan | string {
    const config = readConfig(given);
    return 'error' in config ? config.error : planFor(this.state.config, config);
  }

  override apply(plan: Plan): void {
    this.#inherited = failingOf(this.state, this.ctx);
    const leaving = new VrrpAgenda();
    leaveRemoved(this.state, plan, leaving);
    settleAtOnce(this.state, leaving, this.ctx);
    const agenda = new VrrpAgenda();
    apply(this.state, plan, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
  }

  /** Soon after a start that is not the first: what no event sets off. */
  *onLook(_: Expiry<undefined>): Steps {
    const agenda = new VrrpAgenda();
    startIdle(this.state, agenda);
    checkOnce(this.state, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onBroadcast({ body }: Message<Broadcast>): Steps {
    const agenda = new VrrpAgenda();
    advertiseOnTick(this.state, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onAdver({ key }: Expiry<undefined>): Steps {
    const router = this.state.groups.get(key);
    if (router === undefined) return;
    const agenda = new VrrpAgenda();
    agenda.virtualRouter(router, { type: 'AdverTimer' });
    yield* settle(this.state, agenda, this.ctx);
  }

  *onLink({ body }: Message<LinkState>): Steps {
    if (!this.state.config.groups.some((group) => group.interface === body.name)) return;
    const agenda = new VrrpAgenda();
    linkChanged(this.state, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onVrrp({ key, datum }: Packet<RawIpIn>): Steps {
    const agenda = new VrrpAgenda();
    receive(this.state, key, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onActiveDown({ key }: Expiry<undefined>): Steps {
    const router = this.state.groups.get(key);
    if (router === undefined) return;
    const agenda = new VrrpAgenda();
    agenda.virtualRouter(router, { type: 'ActiveDownTimer' });
    yield* settle(this.state, agenda, this.ctx);
  }

  onVirtualRouters(): VirtualRouterView[] {
    return virtualRouterViews(this.state);
  }

  /** 6.4.3: the other routers need not wait until they miss us. */
  override stop(_why: StopReason): void {
    const agenda = new VrrpAgenda();
    leaveAll(this.state, agenda);
    settleAtOnce(this.state, agenda, this.ctx);
  }

  /** An Active Router that nobody hears is worse than none: the others take over, and it does not know. */
  override isHealthy(): true | string {
    return unheard(this.state, this.#inherited, this.ctx) ?? true;
  }
}
