/**
 * OSPF version 2 (RFC 2328).
 *
 * module.ts            the manifest, and which input goes where
 * settle.ts            works the agenda off: what an input sets off, in its order; agenda.ts, what may be on it
 * receive.ts           which packets are taken (8.2), and to whom they go by their type
 * work.ts              what is too long for one handler, in turns
 * apply.ts             does what was planned for another configuration; plan.ts, what that would change
 * transmit.ts          where packets go, how many bytes fit (4.3, 8.1); keys.ts, sequence.ts, with what authentication (D)
 * relay.ts             relay numbers from IP and VRRP of before 2.2.0, which are not OSPF's (paper, section 5)
 * config.ts            the section of the configuration; config-record.ts, as it stands in the state
 * migration.ts         earlier versions of the state, and the state handlers from and to them
 * state.ts             all that survives a swap: each field with its owner; selectors.ts, what follows by a look
 * followers.ts         those who follow what happens here (views/debug.ts), and notes for them
 * constants.ts         architectural constants (B); drop.ts, every reason why a packet is dropped
 *
 * adjacency/           interfaces and neighbours (9, 10)
 *   adjacency-record.ts  their records in the state
 *   interface.ts         its state machine, its link and address (9.1 to 9.3); subnet-choice.ts, which address
 *   election.ts          the designated router and its backup (9.4)
 *   hello.ts             which Hellos agree with us (10.5), and sending them (9.5); spare.ts, how many of what is limited
 *   neighbor.ts          their state machine (10.1 to 10.4); for how many there is room
 *   exchange.ts          Database Descriptions (10.6, 10.8)
 *   request.ts           Link State Requests, ours and theirs (10.7, 10.9); request-list.ts, what is missing here
 *   telling.ts           which neighbours are Full, for other modules
 *   receive.ts           what these packets set off
 *
 * packet/              packets and LSAs as bytes (A)
 *   header.ts            what begins each packet (A.3.1); authentication.ts, what shows that it may be trusted (D)
 *   hello.ts, description.ts, request.ts, update.ts, acknowledgment.ts: the bodies (A.3.2 to A.3.6)
 *   lsa.ts               LSAs (A.4); lsa-header.ts, lsa-router.ts, parts of them; fletcher.ts, their checksum (12.1.7)
 *   text.ts              packets and LSAs as people read them
 *   router-information.ts, grace.ts: contents of opaque LSAs (RFC 7770, RFC 3623); bytes.ts, numbers
 *
 * lsdb/                the link state database (12, 13, 14)
 *   lsdb.ts              which LSAs there are, which instance is newer (12.2, 13.1, 13.2); buckets.ts, long lists
 *   flooding.ts          which LSAs of an Update are taken, and where they go on to (13); update.ts, LSAs on their way out
 *   acknowledgment.ts    acknowledgments of ours (13.5)
 *   retransmission.ts    what was flooded and is not acknowledged (13.6, 13.7)
 *   origination.ts       when LSAs of ours are made, refreshed, flushed (12.4, 13.4, 14.1)
 *   aging.ts             LSAs that come to an age (14), or turn out to be of our router id of before (13.4)
 *
 * origination/         what LSAs of ours hold (12.4): router-lsa.ts, network-lsa.ts, summary-lsa.ts, external-lsa.ts,
 *                      nssa-lsa.ts (RFC 3101), router-information-lsa.ts (RFC 7770, 5642); maker.ts and makers.ts, what these
 *                      are; origin.ts, the key of an LSA of ours; origins.ts, which ones a change concerns; returned.ts, those
 *                      of an earlier life that come back (13.4)
 *
 * routing/             routes (16)
 *   routing.ts           when they are computed, in turns, and what differs then; working.ts, what turns work with
 *   calculation.ts       a whole calculation in steps; area-view.ts, an area as it is given
 *   graph.ts             an area as a graph; spf.ts, its tree (16.1); heap.ts, hops.ts, of which it is made
 *   leaves.ts            LSAs by their destination; paths.ts, paths to one (16.2 to 16.4); table.ts, all of them (11)
 *   role.ts              area border router (RFC 3509), AS boundary router; ranges.ts, ranges of an area (3.5); prefix.ts
 *   translation.ts       LSAs of type 7 into type 5 (RFC 3101 3)
 *   announcing.ts        routes for IP (../messages/routes.ts)
 *   redistribution.ts    routes from IP (../messages/redistribute.ts)
 *
 * restart/             graceful restart (RFC 3623): restarting.ts, ours (2); helping.ts, a neighbour's (3)
 * config/              keys of the section: interface-config.ts, area-config.ts, authentication-config.ts, external-config.ts;
 *                      schemas.ts, of values that several have
 * views.ts             what people are shown; views/, general.ts, interface.ts, neighbor.ts, database.ts, route.ts, drops.ts,
 *                      debug.ts;
 *                      typed.ts, words behind a view's
 *
 * Departures:
 * - Where TIMER runs, Hellos go out on its ticks (../pulse.ts), else by a timer per interface (9.3). A new neighbour is
 *   sent one at once besides, to its own address, so that 2-Way takes milliseconds and not a HelloInterval (8.2 accepts
 *   that). These are limited, and who gets none has the next Hello to all.
 * - Another router id at a neighbour's address is another router: the relation with the one before ends, where 10.5
 *   only writes the new id down.
 * - The number of neighbours has a bound, and those that do not list us have a smaller one (neighbor.ts).
 * - Who ends its service says so by a Hello that lists nobody: neighbours need not wait for RouterDeadInterval.
 * - A designated router that names us as its backup ends our waiting, too (10.5).
 * - An exchange that begins anew within a second waits for the rest of it: a neighbour that refuses each costs little.
 * - An LSA of MaxAge that nobody needs is kept for a moment (lsdb/aging.ts), so that a late copy does not bring it back.
 * - RFC1583Compatibility is off (16.4.1). An area border router is one as RFC 3509 2.2 says, and not 3.3.
 * - That a start is a graceful restart is not kept on a disk (RFC 3623 2.1): our grace-LSA comes back from neighbours.
 * - HMAC takes keys as RFC 2104 says, not RFC 5709 3.3 (packet/authentication.ts): FRR and BIRD do so, too.
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
import type { Adjacencies } from '../messages/adjacencies.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import type {
  Redistribute,
  Redistributed,
  RedistributionTaken,
  Subscriptions,
} from '../messages/redistribute.ts';
import type { Relay } from '../messages/relay.ts';
import type { Routes, RoutesWanted } from '../messages/routes.ts';
import type { Rows } from '../rows.ts';
import { exchangeIsLate } from './adjacency/exchange.ts';
import { failingOf, hellosLeave, poll, sayFarewell, sendHellos, sendOnTick } from './adjacency/hello.ts';
import { linkChanged, refresh, takeDown } from './adjacency/interface.ts';
import { knowConfigured } from './adjacency/neighbor.ts';
import { requestIsLate } from './adjacency/request.ts';
import { beginTelling, endTelling, tellAdjacencies } from './adjacency/telling.ts';
import { LeavingAgenda, OspfAgenda } from './agenda.ts';
import { apply, beginTimers, firstInterfaces, leave, leaveInterfaces, openPorts } from './apply.ts';
import { readConfig, section } from './config.ts';
import { ALL_SPF_ROUTERS } from './constants.ts';
import { sendDelayed } from './lsdb/acknowledgment.ts';
import { age, armAging } from './lsdb/aging.ts';
import { beginStub, endStub, flushAll, originateWaiting } from './lsdb/origination.ts';
import { type RetransmitBody, retransmit } from './lsdb/retransmission.ts';
import { down1, down2, down3, downLsa4, up1, up2, up3, upLsa4 } from './migration.ts';
import { type Plan, planFor } from './plan.ts';
import { receive } from './receive.ts';
import { receiveRelay } from './relay.ts';
import { graceIsOver } from './restart/helping.ts';
import { abandonRestart, askForGrace, beginLooking, timeIsOver } from './restart/restarting.ts';
import { takeRoutesWanted, withdrawAll } from './routing/announcing.ts';
import { subscribe, takeRedistributed, takeSubscriptions, unsubscribe } from './routing/redistribution.ts';
import { forgetRole, waitIsOver } from './routing/routing.ts';
import { newWorking } from './routing/working.ts';
import { findByTimer, findNeighbor, idOf } from './selectors.ts';
import { settle, settleAtOnce } from './settle.ts';
import { type Interface, initialState, type Neighbor, type State, TABLES } from './state.ts';
import type { NotShown, Typed } from './views/typed.ts';
import { ANSWERS, type ViewRequest, views } from './views.ts';
import { armWork, hasWork, TURNS, work } from './work.ts';

export type OspfProtocol = {
  accepts: { relay: Relay } & Record<ViewRequest, Typed>;
  subscribes: {
    broadcast: Broadcast;
    links: LinkAndAddresses;
    routesWanted: RoutesWanted;
    redistributed: Redistributed;
    subscriptions: Subscriptions;
  };
  publishes: { adjacencies: Adjacencies };
  sends: {
    IP: { routes: Routes; redistribute: Redistribute; redistributionTaken: RedistributionTaken };
  };
  timers: {
    hello: undefined;
    wait: undefined;
    inactivity: undefined;
    poll: undefined;
    exchange: undefined;
    request: undefined;
    retransmit: RetransmitBody | undefined;
    acknowledge: undefined;
    originate: undefined;
    aging: undefined;
    stub: undefined;
    grace: undefined;
    spf: undefined;
    work: undefined;
    resume: undefined;
    adjacencies: undefined;
  };
  ports: { ospf: RawIpIn };
};

export const manifest = {
  api: 2,
  name: 'OSPF',
  version: '4.2.4',
  description: 'OSPF version 2 (RFC 2328)',
  maxHandlerMs: MAX_HANDLER_MS,
  needs: ['links'],
  accepts: {
    relay: [1],
    neighbors: [1],
    showOspf: [1],
    showInterfaces: [1],
    showNeighbors: [1],
    showDatabase: [1],
    showRoutes: [1],
    showBorders: [1],
    showTrees: [1],
    showDrops: [1],
    debug: [1],
  },
  subscribes: { broadcast: [1], links: [1], routesWanted: [1], redistributed: [1], subscriptions: [1] },
  publishes: { adjacencies: 1 },
  sends: { IP: { routes: 1, redistribute: 1, redistributionTaken: 1 } },
  timers: [
    'hello',
    'wait',
    'inactivity',
    'poll',
    'exchange',
    'request',
    'retransmit',
    'acknowledge',
    'originate',
    'aging',
    'stub',
    'grace',
    'spf',
    'work',
    'resume',
    'adjacencies',
  ],
  // A.1: AllSPFRouters, TTL 1. AllDRouters is joined where we are one of these.
  ports: { ospf: { kind: 'raw-ip', protocol: 89, groups: [ALL_SPF_ROUTERS], ttl: 1 } },
  config: section,
  views,
  state: {
    version: 5,
    up: { 1: up1, 2: up2, 3: up3 },
    down: { 1: down1, 2: down2, 3: down3 },
    tables: { ...TABLES, lsas: { up: { 4: upLsa4 }, down: { 4: downLsa4 } } },
  },
} satisfies Manifest<State, OspfProtocol>;

export default class Ospf extends Module<State> implements Handlers<OspfProtocol> {
  initial(given: unknown): State {
    const config = readConfig(given);
    if ('error' in config) throw new Error(config.error);
    // Another session than that of any state before: what IP has of that one is not ours (../messages/routes.ts).
    const state = initialState(config, idOf(config.routerId), `${Date.now().toString(36)}`);
    firstInterfaces(state);
    return state;
  }

  /** Interfaces that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited: ReadonlySet<string> = new Set();
  /** Of trees under way: made anew after a swap. */
  readonly #working = newWorking();

  override start(why: StartReason): void {
    this.#inherited = failingOf(this.state);
    openPorts(this.state, this.ctx);
    for (const iface of this.state.interfaces.values()) beginTimers(this.state, iface, this.ctx);
    armAging(this.ctx);
    if (why === 'cold' || why === 'resume') subscribe(this.state, this.ctx);
    if (why === 'cold') {
      if (this.state.config.gracefulRestart.restarter) beginLooking(this.state, this.ctx);
      else beginStub(this.state, this.ctx);
    }
    if (why === 'resume') forgetRole(this.state);
    // Interfaces that are down since our `stop`, and neighbours that are new to this version, are written then, not here.
    this.ctx.setTimer('resume', '', 0);
    beginTelling(this.ctx);
    armWork(this.state, this.#working, this.ctx);
  }

  override configure(given: unknown): Plan | string {
    const config = readConfig(given);
    return 'error' in config ? config.error : planFor(this.state.config, config);
  }

  override apply(plan: Plan): void {
    this.#inherited = failingOf(this.state);
    // A whole set under way would go on by the configuration of before.
    delete this.#working.whole;
    for (const step of [leave, leaveInterfaces, apply]) {
      const agenda = plan.startsAgain && step !== apply ? new LeavingAgenda() : new OspfAgenda();
      step(this.state, plan, agenda, this.ctx);
      settleAtOnce(this.state, agenda, this.ctx);
    }
    armWork(this.state, this.#working, this.ctx);
  }

  override stop(why: StopReason): void {
    // RFC 3623 2.1: neighbours go on as if we were there.
    if (why === 'shutdown' && this.state.config.gracefulRestart.restarter) {
      askForGrace(this.state, this.ctx);
      return;
    }
    abandonRestart(this.state, this.ctx);
    const agenda = new LeavingAgenda();
    flushAll(this.state, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
    for (const iface of this.state.interfaces.values()) {
      sayFarewell(this.state, iface, this.ctx);
      takeDown(this.state, iface, agenda, this.ctx);
    }
    settleAtOnce(this.state, agenda, this.ctx);
    endTelling(this.ctx);
    withdrawAll(this.state, this.ctx);
    unsubscribe(this.ctx);
  }

  /** Runs what an input sets off, and sees to it that the work that is left is done. */
  // biome-ignore lint/suspicious/noConfusingVoidType: what an input begins seldom takes slices
  *#handle(begin: (agenda: OspfAgenda) => Iterable<'slice'> | void): Steps {
    const agenda = new OspfAgenda();
    const steps = begin(agenda);
    if (steps !== undefined) yield* steps;
    yield* settle(this.state, agenda, this.ctx);
    armWork(this.state, this.#working, this.ctx);
  }

  #neighbor(
    found: [Interface, Neighbor] | undefined,
    act: (iface: Interface, neighbor: Neighbor, agenda: OspfAgenda) => void,
  ): Steps {
    return this.#handle((agenda) => {
      if (found !== undefined) act(...found, agenda);
    });
  }

  #interface(key: string, act: (iface: Interface, agenda: OspfAgenda) => void): Steps {
    return this.#handle((agenda) => {
      const iface = this.state.interfaces.get(key);
      if (iface !== undefined) act(iface, agenda);
    });
  }

  // ——— Packets and links ———

  onOspf({ key, datum }: Packet<RawIpIn>): Steps {
    return this.#handle((agenda) => receive(this.state, key, datum, agenda, this.ctx));
  }

  onLinks({ body }: Message<LinkAndAddresses>): Steps {
    return this.#handle((agenda) => linkChanged(this.state, body, agenda, this.ctx));
  }

  onResume(): Steps {
    return this.#handle((agenda) => {
      for (const iface of this.state.interfaces.values()) {
        knowConfigured(this.state, iface, agenda, this.ctx);
        beginTimers(this.state, iface, this.ctx);
        refresh(this.state, iface, agenda, this.ctx);
      }
    });
  }

  // ——— Adjacencies ———

  onBroadcast({ body }: Message<Broadcast>): void {
    sendOnTick(this.state, body, this.ctx);
  }

  onHello({ key }: Expiry<undefined>): Steps {
    return this.#interface(key, (iface) => sendHellos(this.state, iface, this.ctx));
  }

  onWait({ key }: Expiry<undefined>): Steps {
    return this.#interface(key, (iface, agenda) => agenda.interface(iface, 'WaitTimer'));
  }

  onInactivity({ key }: Expiry<undefined>): Steps {
    return this.#neighbor(findByTimer(this.state, key), (iface, neighbor, agenda) =>
      agenda.neighbor(iface, neighbor, 'InactivityTimer'),
    );
  }

  onPoll({ key }: Expiry<undefined>): Steps {
    return this.#neighbor(findNeighbor(this.state, key), (iface, neighbor) =>
      poll(this.state, iface, neighbor, this.ctx),
    );
  }

  onExchange({ key }: Expiry<undefined>): Steps {
    return this.#neighbor(findNeighbor(this.state, key), (iface, neighbor) =>
      exchangeIsLate(this.state, iface, neighbor, this.ctx),
    );
  }

  onRequest({ key }: Expiry<undefined>): Steps {
    return this.#neighbor(findNeighbor(this.state, key), (iface, neighbor) =>
      requestIsLate(this.state, iface, neighbor, this.ctx),
    );
  }

  onAdjacencies(): void {
    tellAdjacencies(this.state, this.ctx);
  }

  // ——— The link state database ———

  onRetransmit({ key, body }: Expiry<RetransmitBody | undefined>): Steps {
    return this.#neighbor(findNeighbor(this.state, key), (iface, neighbor) =>
      retransmit(this.state, iface, neighbor, body, this.ctx),
    );
  }

  onAcknowledge({ key }: Expiry<undefined>): Steps {
    return this.#interface(key, (iface) => sendDelayed(this.state, iface, this.ctx));
  }

  onOriginate({ key }: Expiry<undefined>): Steps {
    return this.#handle((agenda) => originateWaiting(this.state, key, agenda, this.ctx));
  }

  onAging(): Steps {
    return this.#handle((agenda) => age(this.state, agenda, this.ctx));
  }

  onGrace({ key }: Expiry<undefined>): Steps {
    return this.#handle((agenda) =>
      key === '' || key === 'listen'
        ? timeIsOver(this.state, key, agenda, this.ctx)
        : graceIsOver(this.state, key, agenda, this.ctx),
    );
  }

  onStub(): Steps {
    return this.#handle((agenda) => endStub(this.state, agenda));
  }

  // ——— Routes ———

  onSpf({ key }: Expiry<undefined>): Steps {
    return this.#handle(() => waitIsOver(this.state, key, this.ctx));
  }

  *onWork(): Steps {
    for (let turn = 1; ; turn++) {
      yield* this.#handle((agenda) => work(this.state, this.#working, agenda, this.ctx));
      // A swap waits for the end of this.
      if (turn === TURNS || this.ctx.draining || !hasWork(this.state, this.#working, this.ctx)) return;
      yield 'slice';
    }
  }

  onRoutesWanted({ body }: Message<RoutesWanted>): Steps {
    return this.#handle(() => takeRoutesWanted(this.state, body, this.#working, this.ctx));
  }

  onRedistributed({ body }: Message<Redistributed>): Steps {
    return this.#handle((agenda) => takeRedistributed(this.state, body, agenda, this.ctx));
  }

  onSubscriptions({ body }: Message<Subscriptions>): void {
    takeSubscriptions(this.state, body, this.ctx);
  }

  onRelay(message: Message<Relay>): void {
    receiveRelay(this.state, message, this.ctx);
  }

  // ——— Views ———

  onNeighbors({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.neighbors(this.state, body, this.ctx);
  }

  onShowOspf({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showOspf(this.state, body, this.ctx);
  }

  onShowInterfaces({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showInterfaces(this.state, body, this.ctx);
  }

  onShowNeighbors({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showNeighbors(this.state, body, this.ctx);
  }

  onShowDatabase({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showDatabase(this.state, body, this.ctx);
  }

  onShowRoutes({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showRoutes(this.state, body, this.ctx);
  }

  onShowBorders({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showBorders(this.state, body, this.ctx);
  }

  onShowTrees({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showTrees(this.state, body, this.ctx);
  }

  onDebug({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.debug(this.state, body, this.ctx);
  }

  onShowDrops({ body }: Message<Typed>): Rows | NotShown {
    return ANSWERS.showDrops(this.state, body, this.ctx);
  }

  /** Our neighbours forget us when our Hellos do not leave. */
  override isHealthy(): true | string {
    return hellosLeave(this.state, this.#inherited, this.ctx);
  }
}
