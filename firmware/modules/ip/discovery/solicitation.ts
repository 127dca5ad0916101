/** Answering Router Solicitations (RFC 1256 4.2, 4.3). */
import type { Context } from 'hitless/runtime';
import { sameNetwork, toNumber } from '../../address.ts';
import { count } from '../../counter.ts';
import type { IpAgenda } from '../agenda.ts';
import type { Interface } from '../state.ts';
import { eligibleOf } from './eligibility.ts';
import { ALL_SYSTEMS } from './packet.ts';

const UNSPECIFIED = '0.0.0.0';
/** MAX_RESPONSE_DELAY (RFC 1256 section 6), in ms. */
const MAX_RESPONSE_DELAY = 2000;

/** Answers to hosts alone in each ALONE_WINDOW ms. More would wait for made-up hosts, and keep our own from being sent. */
export const MOST_ALONE = 10;
const ALONE_WINDOW = 1000;

/**
 * Answers a solicitation that decoded well: its sender alone and at once, or all hosts, when it has no address yet or
 * many ask.
 */
export function receiveSolicitation(iface: Interface, from: string, agenda: IpAgenda, ctx: Context): void {
  const { link, name } = iface;
  const near = link?.addresses.some((own) => sameNetwork(from, own.address, own.prefixLength)) ?? false;
  if (from !== UNSPECIFIED && !near) {
    count(iface.counters, 'source');
    return;
  }
  const solicited = count(iface.counters, 'solicited');
  const first = eligibleOf(link)[0];
  if (first === undefined) return;
  if (from !== UNSPECIFIED && mayAnswerAlone(iface, ctx)) {
    agenda.advertise(iface, from);
  } else if (ctx.timerDue('answer', name) === undefined) {
    // One multicast answers all solicitations that come meanwhile.
    ctx.setTimer('answer', name, responseDelay(first, solicited));
  }
}

function mayAnswerAlone(iface: Interface, ctx: Context): boolean {
  const now = ctx.now();
  const since = iface.alone?.since ?? Number.NEGATIVE_INFINITY;
  // After a checkpoint of another boot the clock may have begun elsewhere.
  if (now < since || now - since >= ALONE_WINDOW || iface.alone === undefined)
    iface.alone = { since: now, answers: 0 };
  return ++iface.alone.answers <= MOST_ALONE;
}

/** The delayed answer is due. */
export function answer(iface: Interface, agenda: IpAgenda): void {
  agenda.advertise(iface, ALL_SYSTEMS);
}

/** The interface is no advertising one any more: nobody is answered. */
export function ceased({ name }: Interface, ctx: Context): void {
  ctx.cancelTimer('answer', name);
}

/** Milliseconds, spread by our address so that routers do not answer together (4.3), yet the same when replayed. */
function responseDelay(address: string, solicited: number): number {
  const MULTIPLIER = 2_654_435_761;
  const spread = Math.imul(toNumber(address) + solicited, MULTIPLIER) >>> 0;
  return (spread / 2 ** 32) * MAX_RESPONSE_DELAY;
}
