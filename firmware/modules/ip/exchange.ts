/** Whatever passes between IP and other modules: messages, the questions after them, and what begins and ends them. */
import type { Context, StopReason } from 'hitless/runtime';
import type { Subscriptions } from '../messages/redistribute.ts';
import type { IpAgenda } from './agenda.ts';
import { QUESTION_MS } from './exchange/exchange-record.ts';
import { withdrawLinks } from './exchange/link-told.ts';
import { missSubscribers } from './exchange/redistribution.ts';
import { askAgain, askAll, missAnswers } from './exchange/route-source.ts';
import { missTrackers } from './exchange/tracking.ts';
import type { State } from './state.ts';
import { endVirtual } from './virtual/virtual-router.ts';
import { askVirtual, askVirtualAgain, missVirtual, VIRTUAL } from './virtual/virtual-source.ts';

/** A version starts: the others may have said something that this state does not have. It only reads. */
export function beginExchange(state: State, ctx: Context): void {
  tellAll(state, ctx);
  for (const [source, row] of state.sources)
    if (row.state === 'wanted' && ctx.timerDue('exchange', source) === undefined)
      ctx.setTimer('exchange', source, 0);
}

/** Sees to it that the next question is asked where there is somebody to answer. */
export function armExchange({ sources, subscriptions, tracks, virtual }: State, ctx: Context): void {
  if (sources.size + subscriptions.size + tracks.size + (virtual?.sources.size ?? 0) === 0) return;
  if (ctx.timerDue('exchange') === undefined) ctx.setTimer('exchange', '', QUESTION_MS);
}

/** The timer `exchange`: its key is the source whose whole set is wanted, `virtual routers`, or empty for the question to all. */
export function goOnExchange(state: State, key: string, agenda: IpAgenda, ctx: Context): void {
  if (key === VIRTUAL) {
    askVirtualAgain(state, ctx);
    return;
  }
  if (key !== '') {
    askAgain(state, key, ctx);
    return;
  }
  missAnswers(state, ctx);
  missSubscribers(state, ctx);
  missTrackers(state, ctx);
  missVirtual(state, agenda, ctx);
  tellAll(state, ctx);
  armExchange(state, ctx);
}

/** There is no IP from now on: nobody tells of links. Whatever else is retained, the next one publishes anew. */
export function endExchange(state: State, why: StopReason, ctx: Context): void {
  endVirtual(state, ctx);
  if (why === 'remove') withdrawLinks(state, ctx);
}

function tellAll(state: State, ctx: Context): void {
  askAll(state, ctx);
  askVirtual(state, ctx);
  const redistribute: Record<string, { session: string; number: number }> = {};
  for (const [to, { session, number, sources }] of state.subscriptions)
    if (sources.length > 0) redistribute[to] = { session, number };
  const body: Subscriptions = { redistribute, track: [...state.tracks.keys()] };
  ctx.publish('subscriptions', body, { retain: 'all' });
}
