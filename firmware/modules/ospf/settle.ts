/** Works OSPF's agenda off. This file alone knows all nouns. */
import type { Context } from 'hitless/runtime';
import { type AgendaWork, MOST_CONSEQUENCES } from '../agenda.ts';
import { beginExchange, describe, endExchange } from './adjacency/exchange.ts';
import { answerHello, hellosChange } from './adjacency/hello.ts';
import { interfaceEvent, virtualWayChanged } from './adjacency/interface.ts';
import { neighborEvent } from './adjacency/neighbor.ts';
import { endRequests, requestsChanged } from './adjacency/request.ts';
import { clearRequested } from './adjacency/request-list.ts';
import { tellAdjacencies } from './adjacency/telling.ts';
import type { Item, OspfAgenda } from './agenda.ts';
import { dropDelayed } from './lsdb/acknowledgment.ts';
import { removeAged } from './lsdb/aging.ts';
import { flood, sendUpdates } from './lsdb/flooding.ts';
import { beginStub, originate } from './lsdb/origination.ts';
import { clearRetransmissions, sendAndAwait } from './lsdb/retransmission.ts';
import { lsaChanged } from './restart/helping.ts';
import { lookAgain } from './restart/restarting.ts';
import { announceLater } from './routing/announcing.ts';
import { routingChanged } from './routing/routing.ts';
import type { State } from './state.ts';

/** A slice, in ms, and consequences between two looks at the clock: an LSA may take as long as a hundred others. */
const SLICE_MS = 0.25;
const SOME = 4;

const WORK: AgendaWork<State, Item, OspfAgenda> = {
  neighbor: (state, { iface, neighbor, event, reason }, agenda, ctx) =>
    neighborEvent(state, iface, neighbor, event, reason, agenda, ctx),
  lists: (state, { neighbor }, _agenda, ctx) => {
    endExchange(neighbor, ctx);
    clearRequested(state, neighbor);
    endRequests(neighbor, ctx);
    clearRetransmissions(state, neighbor, ctx);
  },
  interface: (state, { iface, event }, agenda, ctx) => interfaceEvent(state, iface, event, agenda, ctx),
  virtual: (state, { iface, way }, agenda, ctx) => virtualWayChanged(state, iface, way, agenda, ctx),
  exchange: (state, { iface, neighbor }, _agenda, ctx) => beginExchange(state, iface, neighbor, ctx),
  description: (state, { iface, neighbor, description }, agenda, ctx) =>
    describe(state, iface, neighbor, description, agenda, ctx),
  origination: (state, item, agenda, ctx) => originate(state, item, agenda, ctx),
  flooding: (state, { key }, agenda, ctx) => flood(state, key, agenda, ctx),
  retransmission: (state, { iface, neighbor, key }, _agenda, ctx) =>
    sendAndAwait(state, iface, neighbor, key, ctx),
  aging: (state, { key }, agenda, ctx) => removeAged(state, key, agenda, ctx.now()),
  restart: (state, { key }, agenda, ctx) => {
    if (key !== undefined) lsaChanged(state, key, agenda, ctx);
    lookAgain(state, key, agenda, ctx);
  },
  stub: (state, _item, _agenda, ctx) => beginStub(state, ctx),
  updates: (state, { iface }, _agenda, ctx) => sendUpdates(state, iface, ctx),
  request: (state, { iface, neighbor }, agenda, ctx) => requestsChanged(state, iface, neighbor, agenda, ctx),
  answer: (state, { iface, neighbor }, _agenda, ctx) => answerHello(state, iface, neighbor, ctx),
  hellos: (state, { iface, begin }, _agenda, ctx) => {
    hellosChange(state, iface, begin, ctx);
    if (!begin) dropDelayed(iface, ctx);
  },
  routing: (state, { change }, _agenda, ctx) => routingChanged(state, change, ctx),
  announcing: (state, { prefix }) => announceLater(state, prefix),
  adjacencies: (state, _item, _agenda, ctx) => tellAdjacencies(state, ctx),
};

/**
 * With all that its items put there in turn, in slices, as handlers do it.
 * @throws Error when there is no end of it
 */
export function* settle(state: State, agenda: OspfAgenda, ctx: Context): Generator<'slice', void, unknown> {
  let until = ctx.now() + SLICE_MS;
  for (let done = 1; done <= MOST_CONSEQUENCES; done++) {
    const item = agenda.next();
    if (item === undefined) return;
    const work = WORK[item.on] as (...given: unknown[]) => void;
    work(state, item, agenda, ctx);
    if (done % SOME !== 0 || ctx.now() < until) continue;
    yield 'slice';
    until = ctx.now() + SLICE_MS;
  }
  throw new Error(
    `one input has more than ${MOST_CONSEQUENCES} consequences: some of them set each other off`,
  );
}

/** The same at once, for hooks that cannot give way: each has its own limit of time. */
export function settleAtOnce(state: State, agenda: OspfAgenda, ctx: Context): void {
  for (const _ of settle(state, agenda, ctx));
}
