/** Carries out what was planned for another configuration (plan.ts). What the plan does not name is not touched. */
import type { Context } from 'hitless/runtime';
import type { OspfAgenda } from './agenda.ts';
import { beginHellos, endHellos, retimeHellos } from './hello.ts';
import { restart, tellChoice, tellPriority } from './interface.ts';
import type { Plan } from './plan.ts';
import { newInterface, type State } from './state.ts';

export function apply(
  state: State,
  { config, added, removed, changed }: Plan,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  for (const name of removed) {
    agenda.interface(state.interfaces.get(name)!, 'InterfaceDown');
    state.interfaces.delete(name);
    endHellos(name, ctx);
    ctx.closePort('ospf', name);
  }
  state.config = config;
  for (const { name, restarts, retimed } of changed) {
    const iface = state.interfaces.get(name)!;
    if (restarts) restart(state, iface, agenda);
    if (retimed) retimeHellos(state, iface, ctx);
    tellChoice(state, iface, ctx);
    tellPriority(state, iface, ctx);
  }
  for (const name of added) {
    const iface = newInterface(name);
    state.interfaces.set(name, iface);
    // The host says of its link what it knows when the port comes into use: it is up then.
    ctx.openPort('ospf', name);
    beginHellos(state, iface, ctx);
    tellPriority(state, iface, ctx);
  }
}
