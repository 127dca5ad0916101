/**
 * IP: interfaces, routes and their exchange with other modules, IPv4 and IPv6; ICMP router discovery, the router's part
 * (RFC 1256; required of IPv4 routers by RFC 1812 4.3.3.10); IPv6 router advertisements (RFC 4861).
 *
 * module.ts                the manifest, and which input goes where
 * settle.ts                works the agenda off: what an input sets off, in its order; agenda.ts, what may be on it
 * kernel.ts                data of the port `kernel`: lists, changes, answers; request.ts, requests to it, a few under way
 * work.ts                  what is too long for one handler, in turns: which comes before which
 * exchange.ts              messages between IP and other modules: what begins, goes on, and ends
 * config.ts                the section of the configuration, and what is made of it; config-record.ts, as it stands in the state
 * plan.ts                  what another configuration would change; apply.ts does it
 * views.ts                 what people are shown
 * migration.ts             earlier versions of the state, and the state handlers from and to them
 * state.ts                 configuration, interfaces, tables, counters: each field with its owner
 * drop.ts                  every reason why a message is dropped
 *
 * discovery/               ICMP router discovery (RFC 1256)
 *   interface.ts             when an interface begins to advertise, when it does, when it ceases (4.3)
 *   router-advertisement.ts  sending advertisements (4.3), and what becomes of those that do not leave
 *   solicitation.ts          answering solicitations (4.2, 4.3)
 *   receive.ts               messages that are heard (4.2, 5.2)
 *   eligibility.ts           which addresses of an interface are offered, and why others are not (4.3, 5.2)
 *   packet.ts                messages as bytes (section 3; checks of 4.2 and 5.2)
 *
 * nd/                      IPv6 router advertisements (RFC 4861 6.1 and 6.2, routes of RFC 4191, name servers of RFC 8106)
 *   advertising.ts           when an interface is an advertising one, when the next leaves, when it ceases (6.2.2, 6.2.4, 6.2.5)
 *   advertisement.ts         sending them (6.2.3), and what becomes of those that do not leave
 *   solicitation.ts          answering solicitations (6.2.6)
 *   consistency.ts           other routers' advertisements that contradict ours (6.2.7)
 *   receive.ts               messages that are heard (6.1)
 *   eligibility.ts           what an interface offers, and from which address (6.2.2, 6.2.3); offer.ts, as a value
 *   packet.ts                messages as bytes; packet-options.ts, their options
 *   config.ts                the key `router-advertisements` (6.2.1); advertising-record.ts, in the state
 *
 * interfaces/              what the configuration sets of interfaces in the kernel, and how it is taken back
 *   settings.ts              which settings are under way, done, undone; interface-record.ts, what is kept for their undoing
 *   interface-settings.ts    from what the kernel has of an interface to what is wanted of it, step by step
 *   wanted.ts                what that is: device.ts, of VLANs, bridges, VRFs; sysctl.ts, of the kernel's variables
 *   lingering.ts             devices that are left as they are until another router has taken over
 *   closed-address.ts        addresses to which the host takes no packets
 *   given-address.ts         addresses that we gave, and that another program took away
 *   interface-config.ts      their keys, and what these contradict; interface-address.ts, addresses of it
 *
 * virtual/                 virtual routers of other modules in the kernel: their MAC and addresses (RFC 9568 7.3, 8.2.2)
 *   virtual-source.ts        messages of them: each is the next one, or the whole set is asked for
 *   virtual-router.ts        what is wanted of the kernel for each, and what became of it; virtual-record.ts, in the state
 *
 * rib/                     routes
 *   rib.ts                   candidates in and out, the longest match; prefix.ts and route-record.ts, as values
 *   connected.ts             links and addresses, and the prefixes that are connected by them
 *   static-route.ts          routes of the configuration; static-config.ts, its keys `routes`, `tables`, `keep-routes`
 *   foreign.ts               routes of other programs, which are never changed
 *   next-hop.ts              how each next hop is reached now, down to a link
 *   selection.ts             which candidate of a prefix is used
 *   fib.ts                   our routes in the kernel: what is asked, refused, put back; fib-route.ts, in its shape
 *   sweep.ts                 routes that were found there, and that nobody claims; seen.ts, what the last list had
 *   queue.ts                 prefixes that wait for their turn
 *
 * exchange/                messages between IP and other modules (../messages/)
 *   link-told.ts             links with their addresses, as others are told of them
 *   route-source.ts          protocols that send routes; route-message.ts, their messages as values
 *   redistribution.ts        routes for protocols that subscribe
 *   route-filter.ts          what routes pass on their way in or out, by name: route-map.ts, prefix-list.ts; filter-config.ts, their keys
 *   tracking.ts              next hops and prefixes whose reachability others want to know
 *   complaint.ts             lines of the log about what is refused; exchange-record.ts, what is kept of all this
 *
 * views/                   interface.ts, advertising.ts, routes.ts, rib.ts, filters.ts; query.ts, the words behind `show ip route`;
 *                          standing.ts, how a candidate stands; prefixes.ts, in their order
 *
 * Departures:
 * - Advertisements go out at a fixed interval and not at a random one (4.3): a monitor can then tell a gap from chance.
 *   Where TIMER runs, they go out on its ticks (../pulse.ts).
 * - All addresses of an interface have the same preference level (4.1: one each).
 * - An interface where the kernel does not forward is no advertising one, as if the system were a host there; it
 *   stays in 224.0.0.2 all the same (4.3: a host leaves it).
 * - There is no Advertise flag (4.1): addresses that no host of the link has as a neighbour are left out, /32 and
 *   point-to-point ones.
 * - The random delay of an answer to all hosts (4.3) is derived from our address, so that it can be replayed.
 * - In IPv6 solicitations are answered to all nodes, never to one host (6.2.6: a router may).
 * - Random times are derived from our address and a count, so that they can be replayed (6.2.4, 6.2.6).
 * - A link-local address that is gone cannot say farewell: hosts forget it when its lifetime is over (6.2.8).
 * - In the name of a virtual router an advertisement has its address and its MAC as the sender's (RFC 9568 8.2.3), and leaves
 *   by the interface: the frame has the MAC of that. A Backup Router, and one that becomes it, says nothing and no farewell.
 * - Below an interval of 3 s multicast advertisements may follow each other as closely as that (RFC 6275 7.5).
 * The port `icmp` sends with TTL 1 and joins 224.0.0.2, where hosts solicit (sections 3, 4.3); `icmp6` sends with hop
 * limit 255, receives nothing else, and joins ff02::1 and ff02::2.
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
import type { KernelIn } from '../../../drivers/kernel-tables.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import type { RawIp6In } from '../../../drivers/raw-ip6.ts';
import { MAX_HANDLER_MS } from '../handler-time.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkState } from '../messages/link.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import type {
  Redistribute,
  Redistributed,
  RedistributionTaken,
  Subscriptions,
} from '../messages/redistribute.ts';
import type { Routes, RoutesWanted } from '../messages/routes.ts';
import type { Track, Tracked, Tracking } from '../messages/track.ts';
import type { VirtualRouterHeld, VirtualRouters, VirtualRoutersWanted } from '../messages/virtual-routers.ts';
import type { Rows } from '../rows.ts';
import { IpAgenda } from './agenda.ts';
import { apply, ceaseRemoved, openAdvertising } from './apply.ts';
import { readConfig, section } from './config.ts';
import {
  advertiseNow,
  advertiseOnTick,
  cease,
  goOn,
  linkChanged,
  startAdvertising,
} from './discovery/interface.ts';
import { ALL_ROUTERS, ICMP_TYPES } from './discovery/packet.ts';
import { receive } from './discovery/receive.ts';
import { failingOf, failureText } from './discovery/router-advertisement.ts';
import { answer } from './discovery/solicitation.ts';
import { tellSpeeds } from './exchange/link-told.ts';
import { redistributionTaken, takeRedistribute } from './exchange/redistribution.ts';
import { takeRoutes } from './exchange/route-source.ts';
import { stillTracking, takeTrack } from './exchange/tracking.ts';
import { armExchange, beginExchange, endExchange, goOnExchange } from './exchange.ts';
import { lookAgain } from './interfaces/settings.ts';
import { lookForOverdue, openKernel, receiveKernel } from './kernel.ts';
import { down1, down2, up1, up2 } from './migration.ts';
import { failingOf6, failureText6 } from './nd/advertisement.ts';
import { cease6, due6, resume6 } from './nd/advertising.ts';
import { ALL_NODES6, ALL_ROUTERS6 } from './nd/offer.ts';
import { ICMP6_TYPES } from './nd/packet.ts';
import { receive6 } from './nd/receive.ts';
import { type Plan, planFor } from './plan.ts';
import { settle, settleAtOnce } from './settle.ts';
import { initialState, type State, TABLES } from './state.ts';
import type { NotShown } from './views/query.ts';
import { ANSWERS, type Typed, type ViewRequest, views } from './views.ts';
import { AGAIN, announceAgain } from './virtual/virtual-router.ts';
import { takeVirtualRouters } from './virtual/virtual-source.ts';
import {
  armWork,
  goOn as goOnWork,
  lookForClaimants,
  takeBackSettings,
  tryAgain,
  withdrawRoutes,
  work,
} from './work.ts';

export type IpProtocol = {
  accepts: {
    routes: Routes;
    redistribute: Redistribute;
    redistributionTaken: RedistributionTaken;
    track: Track;
    tracking: Tracking;
    virtualRouters: VirtualRouters;
  } & Record<ViewRequest, Typed>;
  subscribes: { broadcast: Broadcast; link: LinkState };
  publishes: {
    links: LinkAndAddresses;
    routesWanted: RoutesWanted;
    redistributed: Redistributed;
    subscriptions: Subscriptions;
    tracked: Tracked;
    virtualRoutersWanted: VirtualRoutersWanted;
    virtualRouterHeld: VirtualRouterHeld;
  };
  timers: {
    advertise: undefined;
    answer: undefined;
    ra6: undefined;
    work: undefined;
    settings: undefined;
    exchange: undefined;
  };
  ports: { icmp: RawIpIn; icmp6: RawIp6In; kernel: KernelIn };
};

export const manifest = {
  api: 2,
  name: 'IP',
  version: '3.5.0',
  description: 'interfaces, routes, router discovery (RFC 1256) and IPv6 router advertisements (RFC 4861)',
  maxHandlerMs: MAX_HANDLER_MS,
  accepts: {
    routes: [1],
    redistribute: [1],
    redistributionTaken: [1],
    track: [1],
    tracking: [1],
    virtualRouters: [1],
    showRoutes: [1],
    showRoutes6: [1],
    showRouteSummary: [1],
    showRouteSummary6: [1],
    showRib: [1],
    showRib6: [1],
    showNextHops: [1],
    showInterfaces: [1],
    showInterfaces6: [1],
    showNeighbors: [1],
    showNeighbors6: [1],
    showAdvertising6: [1],
    showPrefixLists: [1],
    showRouteMaps: [1],
  },
  subscribes: { broadcast: [1], link: [1] },
  publishes: {
    links: 1,
    routesWanted: 1,
    redistributed: 1,
    subscriptions: 1,
    tracked: 1,
    virtualRoutersWanted: 1,
    virtualRouterHeld: 1,
  },
  timers: ['advertise', 'answer', 'ra6', 'work', 'settings', 'exchange'],
  ports: {
    icmp: { kind: 'raw-ip', protocol: 1, groups: [ALL_ROUTERS], ttl: 1, icmpTypes: ICMP_TYPES },
    icmp6: {
      kind: 'raw-ip6',
      protocol: 58,
      groups: [ALL_NODES6, ALL_ROUTERS6],
      hopLimit: 255,
      icmpTypes: ICMP6_TYPES,
      anySource: true,
    },
    kernel: { kind: 'kernel' },
  },
  config: section,
  views,
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 }, tables: TABLES },
} satisfies Manifest<State, IpProtocol>;

export default class Ip extends Module<State> implements Handlers<IpProtocol> {
  initial(config: unknown): State {
    return initialState(readConfig(config));
  }

  /** Interfaces that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited: ReadonlySet<string> = new Set();
  #inherited6: readonly string[] = [];

  override start(why: StartReason): void {
    this.#inherited = failingOf(this.state);
    this.#inherited6 = failingOf6(this.state);
    openKernel(this.ctx);
    for (const iface of this.state.interfaces.values()) {
      startAdvertising(this.state, iface, this.ctx);
      openAdvertising(this.state, iface, this.ctx);
      resume6(this.state, iface, this.ctx);
    }
    beginExchange(this.state, this.ctx);
    // Told then, and not here, where it only reads.
    if (why !== 'cold') this.ctx.setTimer('work', 'speeds', 0);
  }

  override configure(next: unknown): Plan {
    return planFor(this.state.config, readConfig(next));
  }

  override apply(plan: Plan): void {
    this.#inherited = failingOf(this.state);
    this.#inherited6 = failingOf6(this.state);
    const ceasing = new IpAgenda();
    ceaseRemoved(this.state, plan, ceasing, this.ctx);
    settleAtOnce(this.state, ceasing, this.ctx);
    const agenda = new IpAgenda();
    apply(this.state, plan, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
    armWork(this.state, this.ctx);
  }

  override isHealthy(): true | string {
    const failing = [...failingOf(this.state)].filter((name) => !this.#inherited.has(name));
    const failing6 = failingOf6(this.state).filter((name) => !this.#inherited6.includes(name));
    if (failing.length === 0 && failing6.length === 0) return true;
    const texts = [failureText(failing, this.ctx), failureText6(failing6, this.ctx)];
    return texts.filter((text) => text !== '').join('; ');
  }

  override stop(why: StopReason): void {
    withdrawRoutes(this.state, why, this.ctx);
    const agenda = new IpAgenda();
    for (const iface of this.state.interfaces.values()) {
      cease(iface, agenda, this.ctx);
      cease6(iface, agenda, this.ctx);
    }
    settleAtOnce(this.state, agenda, this.ctx);
    takeBackSettings(this.state, why, this.ctx);
    endExchange(this.state, why, this.ctx);
  }

  *onBroadcast({ body }: Message<Broadcast>): Steps {
    const agenda = new IpAgenda();
    advertiseOnTick(this.state, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onAdvertise({ key, due }: Expiry<undefined>): Steps {
    const iface = this.state.interfaces.get(key);
    if (iface === undefined) return;
    const agenda = new IpAgenda();
    advertiseNow(this.state, iface, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
    goOn(this.state, iface, due, this.ctx);
  }

  *onLink({ body }: Message<LinkState>): Steps {
    const iface = this.state.interfaces.get(body.name);
    if (iface === undefined) return;
    const agenda = new IpAgenda();
    linkChanged(this.state, iface, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onIcmp({ key, datum }: Packet<RawIpIn>): Steps {
    const iface = this.state.interfaces.get(key);
    if (iface === undefined) return;
    const agenda = new IpAgenda();
    receive(iface, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onAnswer({ key }: Expiry<undefined>): Steps {
    const iface = this.state.interfaces.get(key);
    if (iface === undefined) return;
    const agenda = new IpAgenda();
    answer(iface, agenda);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onIcmp6({ key, datum }: Packet<RawIp6In>): Steps {
    const iface = this.state.interfaces.get(key);
    if (iface === undefined) return;
    const agenda = new IpAgenda();
    receive6(this.state, iface, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onRa6({ key }: Expiry<undefined>): Steps {
    const iface = this.state.interfaces.get(key);
    if (iface === undefined) return;
    const agenda = new IpAgenda();
    due6(iface, agenda);
    yield* settle(this.state, agenda, this.ctx);
  }

  *onKernel({ datum }: Packet<KernelIn>): Steps {
    const began = this.ctx.now();
    const agenda = new IpAgenda();
    receiveKernel(this.state, datum, agenda, this.ctx);
    goOnWork(this.state, began, agenda, this.ctx);
    yield* this.#settle(agenda);
  }

  *onWork({ key }: Expiry<undefined>): Steps {
    const agenda = new IpAgenda();
    if (key === 'retry') tryAgain(this.state, this.ctx);
    if (key === 'overdue') lookForOverdue(this.state, this.ctx);
    if (key === 'claimants') lookForClaimants(this.state, this.ctx);
    if (key === 'speeds') tellSpeeds(this.state, agenda);
    work(this.state, agenda, this.ctx);
    yield* this.#settle(agenda);
  }

  *onSettings({ key }: Expiry<undefined>): Steps {
    const agenda = new IpAgenda();
    if (key.startsWith(AGAIN)) announceAgain(this.state, key.slice(AGAIN.length), agenda, this.ctx);
    else lookAgain(key, agenda);
    yield* this.#settle(agenda);
  }

  *onRoutes({ from, body }: Message<Routes>): Steps {
    const began = this.ctx.now();
    const agenda = new IpAgenda();
    takeRoutes(this.state, from, body, this.ctx);
    goOnWork(this.state, began, agenda, this.ctx);
    yield* this.#settle(agenda);
  }

  *onRedistribute({ from, body }: Message<Redistribute>): Steps {
    takeRedistribute(this.state, from, body, this.ctx);
    yield* this.#settle(new IpAgenda());
  }

  *onRedistributionTaken({ from, body }: Message<RedistributionTaken>): Steps {
    redistributionTaken(this.state, from, body, this.ctx);
    yield* this.#settle(new IpAgenda());
  }

  onTracking({ from, body }: Message<Tracking>): void {
    stillTracking(this.state, from, body);
  }

  *onTrack({ from, body }: Message<Track>): Steps {
    takeTrack(this.state, from, body, this.ctx);
    yield* this.#settle(new IpAgenda());
  }

  *onVirtualRouters({ from, body }: Message<VirtualRouters>): Steps {
    const agenda = new IpAgenda();
    takeVirtualRouters(this.state, from, body, agenda, this.ctx);
    yield* this.#settle(agenda);
  }

  *onExchange({ key }: Expiry<undefined>): Steps {
    const agenda = new IpAgenda();
    goOnExchange(this.state, key, agenda, this.ctx);
    yield* this.#settle(agenda);
  }

  // Requests of the views: views.ts.

  onShowRoutes({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRoutes(this.state, body, this.ctx);
  }

  onShowRoutes6({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRoutes6(this.state, body, this.ctx);
  }

  onShowRouteSummary({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRouteSummary(this.state, body, this.ctx);
  }

  onShowRouteSummary6({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRouteSummary6(this.state, body, this.ctx);
  }

  onShowRib({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRib(this.state, body, this.ctx);
  }

  onShowRib6({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRib6(this.state, body, this.ctx);
  }

  onShowNextHops({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showNextHops(this.state, body, this.ctx);
  }

  onShowInterfaces({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showInterfaces(this.state, body, this.ctx);
  }

  onShowInterfaces6({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showInterfaces6(this.state, body, this.ctx);
  }

  onShowNeighbors({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showNeighbors(this.state, body, this.ctx);
  }

  onShowNeighbors6({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showNeighbors6(this.state, body, this.ctx);
  }

  onShowAdvertising6({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showAdvertising6(this.state, body, this.ctx);
  }

  onShowPrefixLists({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showPrefixLists(this.state, body, this.ctx);
  }

  onShowRouteMaps({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRouteMaps(this.state, body, this.ctx);
  }

  /** Settles what concerns the RIB, and sees to it that the rest is done in its turns. */
  *#settle(agenda: IpAgenda): Steps {
    yield* settle(this.state, agenda, this.ctx);
    armWork(this.state, this.ctx);
    armExchange(this.state, this.ctx);
  }
}
