/** The relay numbers that other modules send, once per broadcast (paper, section 5 and Figure 10). */
import type { Context, Message } from 'hitless/runtime';
import type { Relay } from '../relay.ts';
import type { State } from './state.ts';

/** Logs the number as the paper's Figure 10 does (`got msg : 89 from IP V1`), and warns of one that is not the next. */
export function receiveRelay(ctx: Context, state: State, { from, fromVersion, body }: Message<Relay>): void {
  const { relay } = body;
  const who = `${from} V${fromVersion.split('.', 1)[0]}`;
  const sender = state.relays.get(from) ?? { last: relay - 1, received: 0, skipped: 0, repeated: 0 };
  const expected = sender.last + 1;
  state.relays.set(from, sender);
  sender.last = relay;
  sender.received++;
  ctx.log('info', `got msg : ${relay} from ${who}`);
  if (relay > expected) {
    sender.skipped += relay - expected;
    ctx.log('warn', `relay numbers ${expected} to ${relay - 1} from ${who} are missing`);
  } else if (relay < expected) {
    sender.repeated++;
    ctx.log('warn', `relay number ${relay} from ${who} comes again, expected was ${expected}`);
  }
}
