/** Sending Hellos (RFC 2328 9.5) and receiving them (10.5). */
import type { Context } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { maskOf, toAddress } from '../address.ts';
import { type Broadcast, isDue } from '../broadcast.ts';
import { count } from '../counter.ts';
import type { DropReason } from './drop.ts';
import { ALL_SPF_ROUTERS, addressOf, interfaceEvent } from './interface.ts';
import { type Neighbor, neighborEvent } from './neighbor.ts';
import { decodeHello, E_BIT, encodeHello, type Hello, neighborsThatFit, type Packet } from './packet.ts';
import type { Interface, State } from './state.ts';

const NONE = '0.0.0.0';

/** Sends a Hello on each interface whose HelloInterval ends with this tick. */
export function sendOnTick(ctx: Context, state: State, broadcast: Broadcast): void {
  for (const iface of state.interfaces.values()) {
    const { helloInterval = 0 } = state.config.interfaces[iface.name] ?? {};
    if (isDue(broadcast, helloInterval * 1000)) sendHello(ctx, state, iface, ALL_SPF_ROUTERS);
  }
}

/** Sends one Hello, or nothing when the interface is down or has no address. */
export function sendHello(ctx: Context, state: State, iface: Interface, to: string): void {
  const config = state.config.interfaces[iface.name];
  const own = addressOf(iface.link);
  if (config === undefined || own === undefined) return;
  const { routerId, area } = state.config;
  const payload = encodeHello(routerId, area, {
    mask: toAddress(maskOf(own.prefixLength)),
    helloInterval: config.helloInterval,
    options: E_BIT,
    priority: 0,
    deadInterval: config.deadInterval,
    dr: NONE,
    bdr: NONE,
    neighbors: [...iface.neighbors.keys()],
  });
  const packet: RawIpOut = { to, payload };
  count(state.counters, ctx.transmit('ospf', iface.name, packet) === 'sent' ? 'helloSent' : 'helloNotSent');
}

/** Handles a Hello whose header was accepted; answers why it was dropped, if it was. The order is RFC 2328 10.5's. */
export function receiveHello(
  ctx: Context,
  state: State,
  iface: Interface,
  from: string,
  { routerId, body }: Packet,
): DropReason | undefined {
  const { name, link, neighbors } = iface;
  const config = state.config.interfaces[name];
  const own = addressOf(link);
  if (config === undefined || link === undefined || own === undefined) return 'destination';
  const hello = decodeHello(body);
  if ('error' in hello) return hello.error;
  if (hello.mask !== toAddress(maskOf(own.prefixLength))) return 'mask';
  if (hello.helloInterval !== config.helloInterval) return 'helloInterval';
  if (hello.deadInterval !== config.deadInterval) return 'deadInterval';
  if ((hello.options & E_BIT) === 0) return 'externalRouting';
  if (routerId === state.config.routerId || routerId === NONE) return 'routerId';
  const known = neighbors.get(routerId);
  if (known === undefined && neighbors.size >= neighborsThatFit(link.mtu)) return 'tooManyNeighbors';
  count(state.counters, 'helloReceived');
  const neighbor: Neighbor = known ?? { routerId, address: from, state: 'Down', events: {} };
  if (known === undefined) neighbors.set(routerId, neighbor);
  const changed = noteElection(neighbor, hello, from);
  neighbor.address = from;
  neighborEvent(ctx, state, iface, neighbor, 'HelloReceived');
  if (!hello.neighbors.includes(state.config.routerId)) {
    neighborEvent(ctx, state, iface, neighbor, '1-WayReceived');
    return undefined;
  }
  neighborEvent(ctx, state, iface, neighbor, '2-WayReceived');
  if (changed) interfaceEvent(ctx, state, iface, 'NeighborChange');
  return undefined;
}

/** Keeps what a Hello says for the election; true when that should make an interface elect again (10.5). */
function noteElection(neighbor: Neighbor, { priority, dr, bdr }: Hello, from: string): boolean {
  const before = neighbor.election;
  neighbor.election = { priority, dr, bdr };
  if (before === undefined) return false;
  const declared = (field: string) => field === from;
  return (
    before.priority !== priority ||
    declared(before.dr) !== declared(dr) ||
    declared(before.bdr) !== declared(bdr)
  );
}
