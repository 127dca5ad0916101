/**
 * VRRP version 3 over IPv4 and IPv6 (RFC 9568), and version 2 over IPv4 (RFC 3768).
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
 * holding.ts         what the kernel is to have of a virtual router: IP sees to it
 * tracking.ts        prefixes and next hops that virtual routers depend on: IP tells
 * adjacency.ts       neighbours of routing protocols that virtual routers depend on: these tell
 * script.ts          programs that are run with a change of role, and that virtual routers depend on
 * sync.ts            virtual routers that are Active together
 * views.ts           what is shown to people
 * dependency.ts      what virtual routers depend on, once for all; those that are to look again
 * running.ts         a virtual router that can run, its priority and times (6.1)
 * acceptance.ts      which take no packets to their addresses (6.4.3), and whether that is so
 * ownership.ts       the primary address, who owns the virtual addresses, what contradicts
 * packet.ts          advertisements as bytes (5.2)
 * config.ts          the section of the configuration (6.1), and what is made of it
 * relations.ts       relations between the section's keys
 * config-record.ts   the configuration as it stands in the state
 * migration.ts       earlier shapes of the state
 * state.ts           configuration, links, virtual routers, counters: each field with its owner
 * agenda.ts          what may be on the agenda
 * constants.ts       numbers of the RFCs
 * drop.ts            every reason why a packet is dropped (7.1)
 *
 * Departures:
 * - Where TIMER runs, advertisements go out on its ticks (../pulse.ts), else by the Adver_Timer (6.4.3).
 * - 5.2.8 has the checksum cover the message alone for IPv4; RFC 5798 5.2.8, which it obsoletes, had a pseudo-header
 *   before it, and FRR and keepalived send that by default. Both are taken. What is sent begins with the pseudo-header
 *   and follows the group, or is configured.
 * - The priority of a router that owns a virtual address is 255, as RFC 5798 5.2.4 says, whatever is configured.
 * - Shutdown sends priority 0 when VRRP ends its service (6.4.3), but not when the interface goes down: it cannot
 *   be told there any more.
 * - A Max Advertise Interval of 0 and an empty address list are dropped, as the errata to 7.1 and 5.2.5 say.
 * - One that leaves, or is killed, has its addresses and MAC in the kernel until another must have taken over (holding.ts): hosts
 *   lose nothing. 6.4.3 has it stop at once.
 * - Accept_Mode (6.1) is true unless it is configured, as it is with FRR and keepalived: hosts ping their gateway, and an
 *   upgrade must not end that. With false IP has the kernel drop what comes to the addresses, also while they are not ours.
 * - A preempt delay, a start delay, tracking and sync groups are none of the RFC's: they are as other routers have them.
 * - Version 2 takes other addresses than ours from one that does not own them, where RFC 3768 7.1 lets it drop them.
 * The ports send with TTL or hop limit 255 (5.1.1.3, 5.1.2.3), from the source that the packet names.
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
import type { ProgramIn } from '../../../drivers/program.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import type { RawIp6In } from '../../../drivers/raw-ip6.ts';
import { MAX_HANDLER_MS } from '../handler-time.ts';
import type { Adjacencies } from '../messages/adjacencies.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import type { Subscriptions } from '../messages/redistribute.ts';
import type { Track, Tracked, Tracking } from '../messages/track.ts';
import type { VirtualRouterHeld, VirtualRouters, VirtualRoutersWanted } from '../messages/virtual-routers.ts';
import { awaitAdjacencies, protocolSilent, takeAdjacencies } from './adjacency.ts';
import { advertiseOnTick, failingOf, unheard } from './advertisement.ts';
import { type RouterEvent, VrrpAgenda } from './agenda.ts';
import { apply, leaveRemoved } from './apply.ts';
import { readConfig, section } from './config.ts';
import { type Family, GROUPS, PROTOCOL, UNFORWARDED } from './constants.ts';
import { forgetAll, keepDependencies } from './dependency.ts';
import { beginHolding, holdAgain, releaseAll, takeHeld, takeWanted, tellRefusing } from './holding.ts';
import { leaveAll, linkChanged, startIdle, tellContradictions, usePorts } from './interface.ts';
import { down1, down2, down3, down4, up1, up2, up3, up4 } from './migration.ts';
import type { Datum } from './packet.ts';
import { type Plan, planFor } from './plan.ts';
import { receive } from './receive.ts';
import { runCheck, takeChecked, takeNotified, useScripts } from './script.ts';
import { settle, settleAtOnce } from './settle.ts';
import { initialState, type State } from './state.ts';
import { takeTracked, takeTracks, track } from './tracking.ts';
import {
  detailViews,
  dropViews,
  historyViews,
  statisticsViews,
  type VirtualRouterView,
  views,
  virtualRouterViews,
} from './views.ts';
import { startAdverTimers } from './virtual-router.ts';

export type VrrpProtocol = {
  accepts: {
    virtualRouters: undefined;
    showDetail: undefined;
    showStatistics: undefined;
    showHistory: undefined;
    showDrops: undefined;
  };
  subscribes: {
    broadcast: Broadcast;
    links: LinkAndAddresses;
    tracked: Tracked;
    subscriptions: Subscriptions;
    virtualRoutersWanted: VirtualRoutersWanted;
    virtualRouterHeld: VirtualRouterHeld;
    adjacencies: Adjacencies;
  };
  sends: { IP: { virtualRouters: VirtualRouters; track: Track; tracking: Tracking } };
  timers: {
    activeDown: undefined;
    adver: undefined;
    preempt: undefined;
    begin: undefined;
    tell: undefined;
    look: undefined;
    check: undefined;
    silence: 'last' | undefined;
  };
  ports: {
    notify: ProgramIn;
    script: ProgramIn;
    vrrp: RawIpIn;
    vrrp6: RawIp6In;
    virtual: RawIpIn;
    virtual6: RawIp6In;
  };
};

export const manifest = {
  api: 2,
  name: 'VRRP',
  version: '4.2.0',
  description: 'VRRP version 3 over IPv4 and IPv6 (RFC 9568), and version 2 (RFC 3768)',
  maxHandlerMs: MAX_HANDLER_MS,
  needs: ['links'],
  accepts: { virtualRouters: [1], showDetail: [1], showStatistics: [1], showHistory: [1], showDrops: [1] },
  subscribes: {
    broadcast: [1],
    links: [1],
    tracked: [1],
    subscriptions: [1],
    virtualRoutersWanted: [1],
    virtualRouterHeld: [1],
    adjacencies: [1],
  },
  sends: { IP: { virtualRouters: 1, track: 1, tracking: 1 } },
  timers: ['activeDown', 'adver', 'preempt', 'begin', 'tell', 'look', 'check', 'silence'],
  ports: {
    vrrp: { kind: 'raw-ip', protocol: PROTOCOL, groups: [GROUPS[4]], ttl: UNFORWARDED },
    vrrp6: { kind: 'raw-ip6', protocol: PROTOCOL, groups: [GROUPS[6]], hopLimit: UNFORWARDED },
    // A Backup Router must not tell switches of the virtual MAC by joining a group with it.
    virtual: { kind: 'raw-ip', protocol: PROTOCOL, groups: [], ttl: UNFORWARDED },
    // The source is the link-local address of the interface that the virtual MAC is on.
    virtual6: { kind: 'raw-ip6', protocol: PROTOCOL, groups: [], hopLimit: UNFORWARDED, anySource: true },
    notify: { kind: 'program' },
    script: { kind: 'program' },
  },
  config: section,
  views,
  state: {
    version: 5,
    up: { 1: up1, 2: up2, 3: up3, 4: up4 },
    down: { 1: down1, 2: down2, 3: down3, 4: down4 },
  },
} satisfies Manifest<State, VrrpProtocol>;

export default class Vrrp extends Module<State> implements Handlers<VrrpProtocol> {
  initial(given: unknown): State {
    const config = readConfig(given);
    if ('error' in config) throw new Error(config.error);
    // Another session than that of any state before: what IP has of that one is not ours (../messages/virtual-routers.ts).
    return initialState(config, Date.now().toString(36));
  }

  /** Virtual routers that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited: ReadonlySet<string> = new Set();

  override start(why: StartReason): void {
    this.#inherited = failingOf(this.state, this.ctx);
    usePorts(this.state, this.ctx);
    const begins = why === 'cold' || why === 'resume';
    if (begins) beginHolding(this.state);
    if (begins) forgetAll(this.state, this.ctx.now());
    else keepDependencies(this.state, this.ctx.now());
    useScripts(this.state, this.ctx);
    startAdverTimers(this.state, this.ctx);
    if (begins) track(this.state, undefined, this.ctx);
    awaitAdjacencies(this.state, this.ctx);
    this.ctx.setTimer('look', '', 0);
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

  /** 6.4.3: the other routers need not wait until they miss us. */
  override stop(_why: StopReason): void {
    const agenda = new VrrpAgenda();
    leaveAll(this.state, agenda);
    settleAtOnce(this.state, agenda, this.ctx);
    releaseAll(this.state, this.ctx);
  }

  /** An Active Router that nobody hears is worse than none: the others take over, and it does not know. */
  override isHealthy(): true | string {
    return unheard(this.state, this.#inherited, this.ctx) ?? true;
  }

  *#handle(begin: (agenda: VrrpAgenda) => void): Steps {
    const agenda = new VrrpAgenda();
    begin(agenda);
    yield* settle(this.state, agenda, this.ctx);
  }

  #event(key: string, event: RouterEvent): Steps {
    return this.#handle((agenda) => {
      const router = this.state.groups.get(key);
      if (router !== undefined) agenda.virtualRouter(router, event);
    });
  }

  #packet(name: string, family: Family, datum: Datum): Steps {
    return this.#handle((agenda) => receive(this.state, name, family, datum, agenda, this.ctx));
  }

  // ——— Packets and links ———

  onVrrp({ key, datum: { ttl, ...datum } }: Packet<RawIpIn>): Steps {
    return this.#packet(key, 4, { ...datum, hops: ttl });
  }

  onVrrp6({ key, datum: { hopLimit, ...datum } }: Packet<RawIp6In>): Steps {
    return this.#packet(key, 6, { ...datum, hops: hopLimit });
  }

  /** Advertisements go to the group, which the interface itself has joined: nothing is awaited at the virtual MAC. */
  onVirtual(): void {}

  onVirtual6(): void {}

  onLinks({ body }: Message<LinkAndAddresses>): Steps {
    return this.#handle((agenda) => linkChanged(this.state, body, agenda, this.ctx));
  }

  /** Soon after a start: what no event sets off. */
  onLook(): Steps {
    return this.#handle((agenda) => {
      startIdle(this.state, agenda);
      holdAgain(this.state);
      for (const config of this.state.config.groups) tellContradictions(this.state, config, this.ctx);
      tellRefusing(this.state, agenda);
      agenda.tell();
    });
  }

  // ——— Times ———

  onBroadcast({ body }: Message<Broadcast>): Steps {
    return this.#handle((agenda) => advertiseOnTick(this.state, body, agenda, this.ctx));
  }

  onAdver({ key, overruns }: Expiry<undefined>): Steps {
    return this.#event(key, { type: 'AdverTimer', missed: overruns });
  }

  onActiveDown({ key }: Expiry<undefined>): Steps {
    return this.#event(key, { type: 'ActiveDownTimer' });
  }

  onPreempt({ key }: Expiry<undefined>): Steps {
    return this.#event(key, { type: 'PreemptTimer' });
  }

  onBegin({ key }: Expiry<undefined>): Steps {
    return this.#event(key, { type: 'StartTimer' });
  }

  // ——— What IP has and tells ———

  onTell(): Steps {
    return this.#handle((agenda) => agenda.tell());
  }

  onVirtualRoutersWanted({ body }: Message<VirtualRoutersWanted>): Steps {
    return this.#handle((agenda) => takeWanted(this.state, body, agenda, this.ctx));
  }

  onVirtualRouterHeld({ body }: Message<VirtualRouterHeld>): void {
    if (takeHeld(this.state, body, this.ctx)) usePorts(this.state, this.ctx);
  }

  onSubscriptions({ body }: Message<Subscriptions>): void {
    takeTracks(this.state, body, this.ctx);
  }

  onTracked({ body }: Message<Tracked>): Steps {
    return this.#handle((agenda) => takeTracked(this.state, body, agenda, this.ctx));
  }

  // ——— What routing protocols tell ———

  onAdjacencies({ body }: Message<Adjacencies>): Steps {
    return this.#handle((agenda) => takeAdjacencies(this.state, body, agenda, this.ctx));
  }

  onSilence({ key, body }: Expiry<'last' | undefined>): Steps {
    return this.#handle((agenda) => protocolSilent(this.state, key, body === 'last', agenda, this.ctx));
  }

  // ——— Programs ———

  onNotify({ key, datum }: Packet<ProgramIn>): void {
    takeNotified(this.state, key, datum, this.ctx);
  }

  onCheck({ key }: Expiry<undefined>): void {
    runCheck(key, this.ctx);
  }

  onScript({ key, datum }: Packet<ProgramIn>): Steps {
    return this.#handle((agenda) => takeChecked(this.state, key, datum, agenda, this.ctx));
  }

  // ——— Views ———

  onVirtualRouters(): VirtualRouterView[] {
    return virtualRouterViews(this.state);
  }

  onShowDetail(): object[] {
    return detailViews(this.state, this.ctx);
  }

  onShowStatistics(): object[] {
    return statisticsViews(this.state);
  }

  onShowHistory(): object[] {
    return historyViews(this.state, this.ctx);
  }

  onShowDrops(): object[] {
    return dropViews(this.state);
  }
}
