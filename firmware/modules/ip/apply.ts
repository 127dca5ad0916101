/** Carries out what was planned for another configuration (plan.ts). What the plan does not name is not touched. */
import type { Context } from 'hitless/runtime';
import { forgetSources } from '../limited-log.ts';
import type { IpAgenda } from './agenda.ts';
import { cease, retimeAdvertising, startAdvertising } from './discovery/interface.ts';
import { ALL_SYSTEMS } from './discovery/packet.ts';
import { filtersChanged } from './exchange/redistribution.ts';
import { sourceFiltersChanged, wantAll } from './exchange/route-source.ts';
import { compareNamed } from './interfaces/settings.ts';
import { cease6, follow6, forget6, retime6 } from './nd/advertising.ts';
import type { Plan } from './plan.ts';
import { askForList } from './request.ts';
import { retableAll } from './rib/connected.ts';
import { changeStatic } from './rib/static-route.ts';
import { configOf, type Interface, newInterface, type State } from './state.ts';

/** RFC 1256 4.3: on interfaces that are configured no more hosts are told to forget us, as they were told of us. */
export function ceaseRemoved(
  state: State,
  { removed, quieted, advertising }: Plan,
  agenda: IpAgenda,
  ctx: Context,
): void {
  for (const name of [...removed, ...quieted]) cease(state.interfaces.get(name)!, agenda, ctx);
  for (const name of [...removed, ...advertising.end]) cease6(state.interfaces.get(name)!, agenda, ctx);
}

/** Puts the configuration in force, when interfaces that go have ceased. */
export function apply(
  state: State,
  {
    config,
    added,
    removed,
    otherwise,
    retimed,
    discovered,
    quieted,
    retold,
    resettled,
    advertising,
    statics,
    retabled,
  }: Plan,
  agenda: IpAgenda,
  ctx: Context,
): void {
  for (const name of removed) {
    if (state.interfaces.get(name)?.advertising !== undefined) ctx.closePort('icmp6', name);
    state.interfaces.delete(name);
    if (state.lines !== undefined) forgetSources(state.lines, name);
    ctx.closePort('icmp', name);
  }
  for (const name of quieted) ctx.closePort('icmp', name);
  for (const name of advertising.end) {
    forget6(state.interfaces.get(name)!);
    ctx.closePort('icmp6', name);
  }
  const { filters } = state.config;
  state.config = config;
  filtersChanged(state, filters);
  sourceFiltersChanged(state, filters, ctx);
  for (const name of retimed) retimeAdvertising(state, state.interfaces.get(name)!, ctx);
  // Hosts need not wait for the next interval to hear what is new.
  for (const name of otherwise) agenda.advertise(state.interfaces.get(name)!, ALL_SYSTEMS);
  for (const name of added) {
    const iface = newInterface(name);
    state.interfaces.set(name, iface);
    startAdvertising(state, iface, ctx);
  }
  for (const name of discovered) startAdvertising(state, state.interfaces.get(name)!, ctx);
  for (const name of retold) {
    const index = state.names.get(name);
    if (index !== undefined) agenda.linkChanged(index, name);
  }
  compareNamed(state, resettled, agenda);
  applyAdvertising(state, [...added, ...advertising.begin], advertising.change, ctx);
  changeStatic(state, statics);
  if (!retabled) return;
  retableAll(state, agenda, ctx);
  wantAll(state, ctx);
  askForList(ctx);
}

function applyAdvertising(
  state: State,
  begin: readonly string[],
  change: readonly string[],
  ctx: Context,
): void {
  for (const name of begin) openAdvertising(state, state.interfaces.get(name)!, ctx);
  for (const name of change) {
    const iface = state.interfaces.get(name)!;
    follow6(state, iface, ctx);
    retime6(state, iface, ctx);
  }
}

/** Opens the port of an interface on which IPv6 advertisements are configured. */
export function openAdvertising(state: State, iface: Interface, ctx: Context): void {
  if (configOf(state, iface).advertising === undefined) return;
  ctx.openPort('icmp6', iface.name);
  follow6(state, iface, ctx);
}
