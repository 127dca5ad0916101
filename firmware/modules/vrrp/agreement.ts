/** Neighbours that are configured otherwise than we are (RFC 9568 7.1): counted, told within limits, and obeyed. */
import type { Context } from 'hitless/runtime';
import { count } from '../counter.ts';
import { leftOutText, lineDue, noteWell } from '../limited-log.ts';
import { RESIGNS } from './constants.ts';
import type { Advertisement } from './packet.ts';
import { type Disagreement, keyOf, nameOf, type Running, type State } from './state.ts';

/** Checks that the advertised interval and addresses are those configured here. */
export function checkAgreement(
  state: State,
  { router, config }: Running,
  { interval, addresses, priority }: Advertisement,
  from: string,
  ctx: Context,
): void {
  const source = `${keyOf(config)} ${from}`;
  const compare = (mismatch: Disagreement, agrees: boolean, theirs: string, ours: string) => {
    const now = ctx.now();
    if (agrees) {
      noteWell(state.limited, mismatch, source, now);
      return;
    }
    count(router.statistics.counters, mismatch);
    const due = lineDue(state.limited, mismatch, source, now);
    if (due === undefined) return;
    ctx.log(
      'warn',
      `${nameOf(config)}: ${from} advertises ${theirs}, configured here is ${ours}; make them agree (${mismatch})${leftOutText(due)}`,
    );
  };
  // A router that resigns need not know the interval any more.
  if (priority !== RESIGNS) {
    const agrees = interval === config.interval;
    compare('intervalMismatch', agrees, `an interval of ${interval} cs`, `${config.interval} cs`);
  }
  const [theirs, ours] = [[...addresses].sort(), [...config.addresses].sort()];
  const agree = theirs.length === ours.length && theirs.every((address, i) => address === ours[i]);
  compare('addressMismatch', agree, `the addresses ${shortened(theirs)}`, shortened(ours));
}

/** Of 255 addresses the first are enough to see the difference, unless it is further behind. */
const MOST_LISTED = 8;

function shortened(addresses: readonly string[]): string {
  return addresses.length <= MOST_LISTED
    ? addresses.join(' ')
    : `${addresses.slice(0, MOST_LISTED).join(' ')} and ${addresses.length - MOST_LISTED} more`;
}
