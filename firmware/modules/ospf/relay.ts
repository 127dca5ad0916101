/** The relay numbers that other modules send, once per broadcast (paper, section 5 and Figure 10). */
import type { Context, Message } from 'hitless/runtime';
import type { Relay } from '../relay.ts';
import type { State } from './state.ts';

/** Logs the number as the paper's Figure 10 does: `got msg : 89 from IP V1`. */
export function receiveRelay(ctx: Context, state: State, { from, fromVersion, body }: Message<Relay>): void {
  const received = (state.relays.get(from)?.received ?? 0) + 1;
  state.relays.set(from, { last: body.relay, received });
  ctx.log('info', `got msg : ${body.relay} from ${from} V${fromVersion.split('.', 1)[0]}`);
}
