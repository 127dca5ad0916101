/** Carries out what was planned for another configuration (plan.ts). What the plan does not name is not touched. */
import type { Context } from 'hitless/runtime';
import { forgetSources } from '../limited-log.ts';
import type { OspfAgenda } from './agenda.ts';
import { beginHellos, endHellos, retimeHellos } from './hello.ts';
import { restart, tellChoice } from './interface.ts';
import { tellTaken } from './neighbor.ts';
import type { Plan } from './plan.ts';
import { newInterface, type State } from './state.ts';

/** RFC 2328 9.3: interfaces that are configured no more go down, with their neighbours. */
export function leaveRemoved(state: State, { removed }: Plan, agenda: OspfAgenda): void {
  for (const name of removed) agenda.interface(state.interfaces.get(name)!, 'InterfaceDown');
}

/** Puts the configuration in force, when interfaces that go are down. */
export function apply(
  state: State,
  { config, added, removed, changed }: Plan,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  for (const name of removed) {
    state.interfaces.delete(name);
    forgetSources(state.drops, name);
    forgetSources(state.changes, name);
    endHellos(name, ctx);
    ctx.closePort('ospf', name);
  }
  if (config.routerId !== state.config.routerId) tellTaken(state, config.routerId, ctx);
  state.config = config;
  for (const { name, restarts, retimed } of changed) {
    const iface = state.interfaces.get(name)!;
    if (restarts) restart(state, iface, agenda);
    if (retimed) retimeHellos(state, iface, ctx);
    tellChoice(state, iface, ctx);
  }
  for (const name of added) {
    const iface = newInterface(name);
    state.interfaces.set(name, iface);
    // The host says of its link what it knows when the port comes into use: it is up then.
    ctx.openPort('ospf', name);
    beginHellos(state, iface, ctx);
  }
}
