/** Works OSPF's agenda off. This file alone knows all nouns. */
import { settling } from '../agenda.ts';
import type { Item, OspfAgenda } from './agenda.ts';
import { answerHello, hellosEnd } from './hello.ts';
import { interfaceEvent } from './interface.ts';
import { neighborEvent } from './neighbor.ts';
import type { State } from './state.ts';

export const { settle, settleAtOnce } = settling<State, Item, OspfAgenda>({
  neighbor: (state, { iface, neighbor, event }, agenda, ctx) =>
    neighborEvent(state, iface, neighbor, event, agenda, ctx),
  interface: (_state, { iface, event }, agenda) => interfaceEvent(iface, event, agenda),
  answer: (state, { iface, neighbor }, _agenda, ctx) => answerHello(state, iface, neighbor, ctx),
  hellosEnd: (_state, { iface }) => hellosEnd(iface),
});
