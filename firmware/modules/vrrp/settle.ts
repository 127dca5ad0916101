/** Works VRRP's agenda off. This file alone knows all nouns. */
import type { Context } from 'hitless/runtime';
import { workOff, workOffAtOnce } from '../agenda.ts';
import { advertise, countAnew } from './advertisement.ts';
import type { Item, VrrpAgenda } from './agenda.ts';
import { forgetHeard } from './checksum-form.ts';
import type { State, VirtualRouter } from './state.ts';
import { virtualRouterEvent } from './virtual-router.ts';

type Work = {
  readonly [On in Item['on']]: (
    state: State,
    router: VirtualRouter,
    item: Extract<Item, { on: On }>,
    agenda: VrrpAgenda,
    ctx: Context,
  ) => void;
};

const WORK: Work = {
  virtualRouter: (state, router, { event }, agenda, ctx) =>
    virtualRouterEvent(state, router, event, agenda, ctx),
  advertise: (state, router, { priority }, _agenda, ctx) => advertise(state, router, priority, ctx),
  roleChanged: (_state, router) => countAnew(router),
  left: (_state, router) => forgetHeard(router),
};

/** In slices, as handlers do it. */
export function settle(state: State, agenda: VrrpAgenda, ctx: Context): Generator<'slice', void, unknown> {
  return workOff(agenda, (item) => work(state, item, agenda, ctx));
}

/** At once, for the module's last word. */
export function settleAtOnce(state: State, agenda: VrrpAgenda, ctx: Context): void {
  workOffAtOnce(agenda, (item) => work(state, item, agenda, ctx));
}

function work(state: State, item: Item, agenda: VrrpAgenda, ctx: Context): void {
  const router = state.groups.get(item.key);
  const of = WORK[item.on] as Work[keyof Work] as (...given: unknown[]) => void;
  if (router !== undefined) of(state, router, item, agenda, ctx);
}
