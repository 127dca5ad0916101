/** An interface to a broadcast network (RFC 2328 9): its state and address, and which packets it takes (8.2). */
import type { Context } from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { sameNetwork } from '../address.ts';
import { count } from '../counter.ts';
import type { LinkState } from '../messages/link.ts';
import { choiceText, chooseSubnet, textOf } from '../subnet.ts';
import type { Drop } from './drop.ts';
import { neighborEvent } from './neighbor.ts';
import { decode, type Packet, TYPE_HELLO, TYPE_LAST } from './packet.ts';
import { type Interface, type State, subnetOf } from './state.ts';

export const ALL_SPF_ROUTERS = '224.0.0.5';
const ALL_D_ROUTERS = '224.0.0.6';

/** RFC 2328 9.1. With priority 0 and no election an interface is one or the other. */
export type InterfaceState = 'Down' | 'DROther';

/** RFC 2328 9.2 */
export type InterfaceEvent = 'InterfaceUp' | 'InterfaceDown' | 'NeighborChange';

/** Takes note of a link's state. Another address is another interface: the old one goes down first. */
export function linkChanged(ctx: Context, state: State, iface: Interface, link: LinkState): void {
  const before = subnetOf(state, iface);
  const now = subnetOf(state, { ...iface, link });
  const same = before?.address === now?.address && before?.prefixLength === now?.prefixLength;
  if (before !== undefined && !same) interfaceEvent(ctx, state, iface, 'InterfaceDown');
  iface.link = link;
  tellChoice(ctx, state, iface);
  if (now !== undefined && !same) interfaceEvent(ctx, state, iface, 'InterfaceUp');
}

/** Says once which of an interface's addresses is used, when there is a choice; again when that changes. */
export function tellChoice(ctx: Context, state: State, iface: Interface): void {
  if (iface.link === undefined) return;
  const choice = chooseSubnet(iface.link, state.config.interfaces[iface.name]?.address);
  const text = choiceText(iface.name, choice) ?? '';
  if (text !== '' && text !== iface.choice) ctx.log(choice.used === undefined ? 'warn' : 'info', text);
  iface.choice = text;
}

/** Runs the interface's state machine (9.3). NeighborChange is only counted: the election would begin there (9.4). */
export function interfaceEvent(ctx: Context, state: State, iface: Interface, event: InterfaceEvent): void {
  count(iface.events, event);
  if (event === 'InterfaceUp') {
    iface.state = 'DROther';
  } else if (event === 'InterfaceDown') {
    iface.state = 'Down';
    iface.unsent = 0;
    for (const neighbor of [...iface.neighbors.values()]) {
      neighborEvent(ctx, state, iface, neighbor, 'KillNbr');
    }
  }
}

/** The packet's header checked in the order of RFC 2328 8.2; IP's own checks and protocol 89 are the kernel's. */
export function accept(state: State, iface: Interface, { from, to, payload }: RawIpIn): Packet | Drop {
  const own = subnetOf(state, iface);
  if (own === undefined || (to !== own.address && to !== ALL_SPF_ROUTERS && to !== ALL_D_ROUTERS)) {
    return { error: 'destination', theirs: to };
  }
  if (iface.link?.addresses.some(({ address }) => address === from)) return { error: 'own' };
  const packet = decode(payload);
  if ('error' in packet) {
    return packet.error === 'version' ? { ...packet, theirs: payload[0]! } : packet;
  }
  const { area } = state.config;
  if (packet.area !== area) return { error: 'area', theirs: packet.area, ours: area };
  if (!sameNetwork(from, own.address, own.prefixLength)) {
    return { error: 'network', theirs: from, ours: textOf(own) };
  }
  if (to === ALL_D_ROUTERS) return { error: 'allDRouters' };
  if (packet.auType !== 0) return { error: 'auType', theirs: packet.auType };
  if (!packet.checksumGood) return { error: 'checksum' };
  if (packet.type === 0 || packet.type > TYPE_LAST) return { error: 'type', theirs: packet.type };
  if (packet.type !== TYPE_HELLO) return { error: 'noAdjacency', theirs: packet.type };
  return packet;
}
