/** Works IP's agenda off. This file alone knows all nouns. */
import { settling } from '../agenda.ts';
import type { IpAgenda, Item } from './agenda.ts';
import { advertised } from './interface.ts';
import { advertise, mayKnow, withdraw, withdrawAll } from './router-advertisement.ts';
import { ceased } from './solicitation.ts';
import type { State } from './state.ts';

export const { settle, settleAtOnce } = settling<State, Item, IpAgenda>({
  settingsAnswered: () => {},
  linkChanged: () => {},
  selected: () => {},
  hopChanged: () => {},
  mayKnow: (_state, { iface, addresses }) => mayKnow(iface, addresses),
  withdraw: (state, { iface, all }, _agenda, ctx) =>
    all ? withdrawAll(state, iface, ctx) : withdraw(state, iface, ctx),
  advertise: (state, { iface, to, regular }, agenda, ctx) =>
    advertise(state, iface, to, regular, agenda, ctx),
  advertised: (_state, { iface }) => advertised(iface),
  ceased: (_state, { iface }, _agenda, ctx) => ceased(iface, ctx),
});
