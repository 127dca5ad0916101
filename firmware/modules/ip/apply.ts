/** Carries out what was planned for another configuration (plan.ts). What the plan does not name is not touched. */
import type { Context } from 'hitless/runtime';
import { forgetSources } from '../limited-log.ts';
import type { IpAgenda } from './agenda.ts';
import { retableAll } from './connected.ts';
import { cease, retimeAdvertising, startAdvertising } from './interface.ts';
import { ALL_SYSTEMS } from './packet.ts';
import type { Plan } from './plan.ts';
import { askForList } from './request.ts';
import { compareNamed } from './settings.ts';
import { newInterface, type State } from './state.ts';
import { changeStatic } from './static-route.ts';

/** RFC 1256 4.3: on interfaces that are configured no more hosts are told to forget us, as they were told of us. */
export function ceaseRemoved(state: State, { removed, quieted }: Plan, agenda: IpAgenda, ctx: Context): void {
  for (const name of [...removed, ...quieted]) cease(state.interfaces.get(name)!, agenda, ctx);
}

/** Puts the configuration in force, when interfaces that go have ceased. */
export function apply(
  state: State,
  { config, added, removed, otherwise, retimed, discovered, quieted, resettled, statics, retabled }: Plan,
  agenda: IpAgenda,
  ctx: Context,
): void {
  for (const name of removed) {
    state.interfaces.delete(name);
    if (state.lines !== undefined) forgetSources(state.lines, name);
    ctx.closePort('icmp', name);
  }
  for (const name of quieted) ctx.closePort('icmp', name);
  state.config = config;
  for (const name of retimed) retimeAdvertising(state, state.interfaces.get(name)!, ctx);
  // Hosts need not wait for the next interval to hear what is new.
  for (const name of otherwise) agenda.advertise(state.interfaces.get(name)!, ALL_SYSTEMS);
  for (const name of added) {
    const iface = newInterface(name);
    state.interfaces.set(name, iface);
    startAdvertising(state, iface, ctx);
  }
  for (const name of discovered) startAdvertising(state, state.interfaces.get(name)!, ctx);
  compareNamed(state, resettled, agenda);
  changeStatic(state, statics, ctx);
  if (!retabled) return;
  retableAll(state, agenda, ctx);
  askForList(ctx);
}
