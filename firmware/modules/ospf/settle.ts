/** Works OSPF's agenda off. This file alone knows all nouns. */
import type { Context } from 'hitless/runtime';
import { workOff } from '../agenda.ts';
import type { Item, OspfAgenda } from './agenda.ts';
import { answerHello, hellosEnd } from './hello.ts';
import { interfaceEvent } from './interface.ts';
import { neighborEvent } from './neighbor.ts';
import type { State } from './state.ts';

type Work = {
  readonly [On in Item['on']]: (
    state: State,
    item: Extract<Item, { on: On }>,
    agenda: OspfAgenda,
    ctx: Context,
  ) => void;
};

const WORK: Work = {
  neighbor: (state, { iface, neighbor, event }, agenda, ctx) =>
    neighborEvent(state, iface, neighbor, event, agenda, ctx),
  interface: (_state, { iface, event }, agenda) => interfaceEvent(iface, event, agenda),
  answer: (state, { iface, neighbor }, _agenda, ctx) => answerHello(state, iface, neighbor, ctx),
  hellosEnd: (_state, { iface }) => hellosEnd(iface),
};

/** In slices, as handlers do it. */
export function settle(state: State, agenda: OspfAgenda, ctx: Context): Generator<'slice', void, unknown> {
  return workOff(agenda, (item) => {
    const of = WORK[item.on] as Work[keyof Work] as (...given: unknown[]) => void;
    of(state, item, agenda, ctx);
  });
}
