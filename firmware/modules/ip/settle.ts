/** Works IP's agenda off. This file alone knows all nouns. */
import type { Context } from 'hitless/runtime';
import { workOff, workOffAtOnce } from '../agenda.ts';
import type { IpAgenda, Item } from './agenda.ts';
import { advertised } from './interface.ts';
import { advertise, mayKnow, withdraw, withdrawAll } from './router-advertisement.ts';
import { ceased } from './solicitation.ts';
import type { State } from './state.ts';

type Work = {
  readonly [On in Item['on']]: (
    state: State,
    item: Extract<Item, { on: On }>,
    agenda: IpAgenda,
    ctx: Context,
  ) => void;
};

const WORK: Work = {
  mayKnow: (_state, { iface, addresses }) => mayKnow(iface, addresses),
  withdraw: (state, { iface, all }, _agenda, ctx) =>
    all ? withdrawAll(state, iface, ctx) : withdraw(state, iface, ctx),
  advertise: (state, { iface, to, regular }, agenda, ctx) =>
    advertise(state, iface, to, regular, agenda, ctx),
  advertised: (_state, { iface }) => advertised(iface),
  ceased: (_state, { iface }, _agenda, ctx) => ceased(iface, ctx),
};

/** In slices, as handlers do it. */
export function settle(state: State, agenda: IpAgenda, ctx: Context): Generator<'slice', void, unknown> {
  return workOff(agenda, (item) => work(state, item, agenda, ctx));
}

/** At once, for the module's last word. */
export function settleAtOnce(state: State, agenda: IpAgenda, ctx: Context): void {
  workOffAtOnce(agenda, (item) => work(state, item, agenda, ctx));
}

function work(state: State, item: Item, agenda: IpAgenda, ctx: Context): void {
  const of = WORK[item.on] as Work[keyof Work] as (...given: unknown[]) => void;
  of(state, item, agenda, ctx);
}
