/** Neighbours that are configured otherwise than we are (RFC 9568 7.1): counted, logged once each, and obeyed. */
import type { Context } from 'hitless/runtime';
import { count } from '../counter.ts';
import type { Advertisement } from './packet.ts';
import type { State } from './state.ts';
import type { Running } from './virtual-router.ts';

export type Disagreement = 'intervalMismatch' | 'addressMismatch';

/** Of these, the latest are remembered: a forged source must not fill the state. */
const MOST_TOLD = 64;

/** Checks that the advertised interval and addresses are those configured here. */
export function checkAgreement(
  ctx: Context,
  state: State,
  { router, config }: Running,
  { interval, addresses, priority }: Advertisement,
  from: string,
): void {
  const tell = (mismatch: Disagreement, theirs: string, ours: string) => {
    count(router.statistics.counters, mismatch);
    const about = `${config.interface}/${config.group} ${from} ${mismatch}`;
    if (state.told.includes(about)) return;
    state.told = [...state.told, about].slice(-MOST_TOLD);
    ctx.log(
      'warn',
      `virtual router ${config.group} on ${config.interface}: ${from} advertises ${theirs}, configured here is ${ours}; make them agree (${mismatch})`,
    );
  };
  // A router that resigns need not know the interval any more.
  if (interval !== config.interval && priority !== 0) {
    tell('intervalMismatch', `an interval of ${interval} cs`, `${config.interval} cs`);
  }
  const [theirs, ours] = [addresses, config.addresses].map((list) => [...list].sort().join(' '));
  if (theirs !== ours) tell('addressMismatch', `the addresses ${theirs}`, `${ours}`);
}
