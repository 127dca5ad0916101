/** An interface to a broadcast network (RFC 2328 9): its state machine, its link and its address. */
import type { Context } from 'hitless/runtime';
import { count } from '../counter.ts';
import type { LinkState } from '../messages/link.ts';
import { choiceText, chooseSubnet } from '../subnet.ts';
import type { OspfAgenda } from './agenda.ts';
import {
  configOf,
  type Interface,
  type InterfaceEvent,
  type InterfaceState,
  type State,
  subnetOf,
} from './state.ts';

/** RFC 2328 9.3, whatever the state is. At NeighborChange the election would begin (9.4). */
const NEXT: Readonly<Record<InterfaceEvent, InterfaceState | undefined>> = {
  InterfaceUp: 'DROther',
  InterfaceDown: 'Down',
  NeighborChange: undefined,
};

/** Runs the interface's state machine. */
export function interfaceEvent(iface: Interface, event: InterfaceEvent, agenda: OspfAgenda): void {
  count(iface.events, event);
  iface.state = NEXT[event] ?? iface.state;
  if (event !== 'InterfaceDown') return;
  agenda.hellosEnd(iface);
  for (const neighbor of iface.neighbors.values()) agenda.neighbor(iface, neighbor, 'KillNbr');
}

/** Takes note of a link's state. Another address is another interface: the old one goes down first. */
export function linkChanged(
  state: State,
  iface: Interface,
  link: LinkState,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const before = subnetOf(state, iface);
  iface.link = link;
  const now = subnetOf(state, iface);
  tellChoice(state, iface, ctx);
  if (before?.address === now?.address && before?.prefixLength === now?.prefixLength) return;
  if (before !== undefined) agenda.interface(iface, 'InterfaceDown');
  if (now !== undefined) agenda.interface(iface, 'InterfaceUp');
}

/** Brings an interface down, and up again with what the configuration says now. */
export function restart(state: State, iface: Interface, agenda: OspfAgenda): void {
  if (iface.state !== 'Down') agenda.interface(iface, 'InterfaceDown');
  if (subnetOf(state, iface) !== undefined) agenda.interface(iface, 'InterfaceUp');
}

/** Says which addresses are used, where a version before may have chosen in silence. */
export function tellChoices(state: State, ctx: Context): void {
  for (const iface of state.interfaces.values())
    if (iface.choice === undefined) tellChoice(state, iface, ctx);
}

/** Says once which of an interface's addresses is used, when there is a choice; again when that changes. */
export function tellChoice(state: State, iface: Interface, ctx: Context): void {
  if (iface.link === undefined) return;
  const choice = chooseSubnet(iface.link, configOf(state, iface).address);
  const text = choiceText(iface.name, choice) ?? '';
  if (text !== '' && text !== iface.choice) ctx.log(choice.used === undefined ? 'warn' : 'info', text);
  iface.choice = text;
}

/** Says of a Router Priority that nothing comes of it. */
export function tellPriority(state: State, iface: Interface, ctx: Context): void {
  const { priority } = configOf(state, iface);
  if (priority === 0) return;
  ctx.log(
    'warn',
    `${iface.name}: priority ${priority} has no effect, this version takes part in no election and says 0`,
  );
}
