/** The relay numbers that other modules send, once per broadcast (paper, section 5 and Figure 10). */
import type { Context, Message } from 'hitless/runtime';
import { leftOutText, lineDue, noteWell } from '../limited-log.ts';
import type { Relay } from '../messages/relay.ts';
import type { State } from './state.ts';

/** Lines about one sender's numbers that need not wait. */
const LINES_AT_ONCE = 8;

/**
 * Logs the number as the paper's Figure 10 does (`got msg : 89 from IP V1`), for whoever follows the paper: the lab
 * shows what is logged as `debug`. Warns of a number that is not the next.
 */
export function receiveRelay(state: State, { from, fromVersion, body }: Message<Relay>, ctx: Context): void {
  const { relay } = body;
  const who = `${from} V${fromVersion.split('.', 1)[0]}`;
  const sender = state.relays.get(from) ?? { last: relay - 1, received: 0, skipped: 0, repeated: 0 };
  const expected = sender.last + 1;
  state.relays.set(from, sender);
  sender.last = relay;
  sender.received++;
  ctx.log('debug', `got msg : ${relay} from ${who}`);
  if (relay > expected) {
    sender.skipped += relay - expected;
    warn(state, from, ctx, `relay numbers ${expected} to ${relay - 1} from ${who} are missing`);
  } else if (relay < expected) {
    sender.repeated++;
    warn(state, from, ctx, `relay number ${relay} from ${who} comes again, expected was ${expected}`);
  }
}

function warn(state: State, from: string, ctx: Context, text: string): void {
  const due = lineDue(state.changes, 'relay', from, ctx.now(), LINES_AT_ONCE);
  noteWell(state.changes, 'relay', from, ctx.now());
  if (due !== undefined) ctx.log('warn', `${text}${leftOutText(due)}`);
}
