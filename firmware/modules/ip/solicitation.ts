/** Answering Router Solicitations (RFC 1256 4.2, 4.3). */
import type { Context } from 'hitless/runtime';
import { sameNetwork, toNumber } from '../address.ts';
import { count } from '../counter.ts';
import { addressesOf } from './interface.ts';
import { ALL_SYSTEMS, advertise } from './router-advertisement.ts';
import type { Interface, State } from './state.ts';

const UNSPECIFIED = '0.0.0.0';
/** MAX_RESPONSE_DELAY (RFC 1256 section 6), in ms. */
const MAX_RESPONSE_DELAY = 2000;

/** Answers a solicitation that decoded well: its sender alone and at once, or all hosts when it has no address yet. */
export function receiveSolicitation(ctx: Context, state: State, iface: Interface, from: string): void {
  const { link, name } = iface;
  const near = link?.addresses.some((own) => sameNetwork(from, own.address, own.prefixLength)) ?? false;
  if (from !== UNSPECIFIED && !near) {
    count(iface.counters, 'source');
    return;
  }
  const solicited = count(iface.counters, 'solicited');
  const first = addressesOf(iface)[0];
  if (first === undefined) return;
  if (from !== UNSPECIFIED) {
    advertise(ctx, state, iface, from);
  } else if (ctx.timerDue('answer', name) === undefined) {
    // One multicast answers all solicitations that come meanwhile.
    ctx.setTimer('answer', name, responseDelay(first, solicited));
  }
}

/** The delayed answer is due. */
export function answer(ctx: Context, state: State, iface: Interface): void {
  advertise(ctx, state, iface, ALL_SYSTEMS);
}

/** Milliseconds, spread by our address so that routers do not answer together (4.3), yet the same when replayed. */
function responseDelay(address: string, solicited: number): number {
  const MULTIPLIER = 2_654_435_761;
  const spread = Math.imul(toNumber(address) + solicited, MULTIPLIER) >>> 0;
  return (spread / 2 ** 32) * MAX_RESPONSE_DELAY;
}
