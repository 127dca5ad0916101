/** Works VRRP's agenda off. This file alone knows all nouns. */
import { settling } from '../agenda.ts';
import { advertise, countAnew } from './advertisement.ts';
import type { Item, VrrpAgenda } from './agenda.ts';
import { forgetHeard } from './checksum-form.ts';
import { announce, hold, holdNoMore, holdRole, tell } from './holding.ts';
import { notify } from './script.ts';
import type { State } from './state.ts';
import { lead } from './sync.ts';
import { virtualRouterEvent } from './virtual-router.ts';

export const { settle, settleAtOnce } = settling<State, Item, VrrpAgenda>({
  virtualRouter: (state, { router, event, run }, agenda, ctx) =>
    virtualRouterEvent(state, router, event, run, agenda, ctx),
  advertise: (state, { run, priority }, _agenda, ctx) => advertise(state, run, priority, ctx),
  roleChanged: (state, { router, before }, agenda, ctx) => {
    countAnew(router);
    notify(state, router, before, ctx);
    holdRole(state, router, before, agenda);
    lead(state, router, before, agenda);
  },
  acceptChanged: (_state, { router }, agenda) => hold(router, agenda),
  announce: (_state, { router }, agenda, ctx) => announce(router, agenda, ctx),
  takenOver: (_state, { router }, agenda) => holdNoMore(router, agenda),
  left: (_state, { router }) => forgetHeard(router),
  tell: (state, _item, _agenda, ctx) => tell(state, ctx),
});
