/** Works VRRP's agenda off. This file alone knows all nouns. */
import { settling } from '../agenda.ts';
import { advertise, countAnew } from './advertisement.ts';
import type { Item, VrrpAgenda } from './agenda.ts';
import { forgetHeard } from './checksum-form.ts';
import type { State } from './state.ts';
import { virtualRouterEvent } from './virtual-router.ts';

export const { settle, settleAtOnce } = settling<State, Item, VrrpAgenda>({
  virtualRouter: (state, { router, event, run }, agenda, ctx) =>
    virtualRouterEvent(state, router, event, run, agenda, ctx),
  advertise: (state, { run, priority }, _agenda, ctx) => advertise(state, run, priority, ctx),
  roleChanged: (_state, { router }) => countAnew(router),
  left: (_state, { router }) => forgetHeard(router),
});
