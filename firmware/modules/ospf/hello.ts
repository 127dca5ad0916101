/** Sending Hellos (RFC 2328 9.5) and receiving them (10.5). */
import type { Context } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { maskOf, toAddress } from '../address.ts';
import { type Broadcast, isDue } from '../broadcast.ts';
import { count } from '../counter.ts';
import type { DropReason } from './drop.ts';
import { ALL_SPF_ROUTERS, addressOf } from './interface.ts';
import { heardOn, type Neighbor, neighborEvent, neighborKey } from './neighbor.ts';
import { decodeHello, E_BIT, encodeHello, neighborsThatFit, type Packet } from './packet.ts';
import type { State } from './state.ts';

const NONE = '0.0.0.0';

/** Sends a Hello on each interface whose HelloInterval ends with this tick. */
export function sendOnTick(ctx: Context, state: State, broadcast: Broadcast): void {
  for (const [name, { helloInterval }] of Object.entries(state.config.interfaces)) {
    if (isDue(broadcast, helloInterval * 1000)) sendHello(ctx, state, name, ALL_SPF_ROUTERS);
  }
}

/** Sends one Hello, or nothing when the interface is down or has no address. */
export function sendHello(ctx: Context, state: State, name: string, to: string): void {
  const config = state.config.interfaces[name];
  const own = addressOf(state.links.get(name));
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
    neighbors: heardOn(state, name),
  });
  const packet: RawIpOut = { to, payload };
  count(state.counters, ctx.transmit('ospf', name, packet) === 'sent' ? 'helloSent' : 'helloNotSent');
}

/** Handles a Hello whose header was accepted; answers why it was dropped, if it was. The order is RFC 2328 10.5's. */
export function receiveHello(
  ctx: Context,
  state: State,
  name: string,
  from: string,
  { routerId, body }: Packet,
): DropReason | undefined {
  const config = state.config.interfaces[name];
  const link = state.links.get(name);
  const own = addressOf(link);
  if (config === undefined || link === undefined || own === undefined) return 'destination';
  const hello = decodeHello(body);
  if ('error' in hello) return hello.error;
  if (hello.mask !== toAddress(maskOf(own.prefixLength))) return 'mask';
  if (hello.helloInterval !== config.helloInterval) return 'helloInterval';
  if (hello.deadInterval !== config.deadInterval) return 'deadInterval';
  if ((hello.options & E_BIT) === 0) return 'externalRouting';
  if (routerId === state.config.routerId || routerId === NONE) return 'routerId';
  const key = neighborKey({ interface: name, routerId });
  const known = state.neighbors.get(key);
  if (known === undefined && heardOn(state, name).length >= neighborsThatFit(link.mtu)) {
    return 'tooManyNeighbors';
  }
  count(state.counters, 'helloReceived');
  const before = known?.state ?? 'Down';
  const neighbor: Neighbor = known ?? { interface: name, routerId, address: from, state: 'Down' };
  if (known === undefined) state.neighbors.set(key, neighbor);
  neighbor.address = from;
  neighborEvent(ctx, state, neighbor, 'HelloReceived');
  const listed = hello.neighbors.includes(state.config.routerId);
  neighborEvent(ctx, state, neighbor, listed ? '2-WayReceived' : '1-WayReceived');
  // Who is new, or has forgotten us, need not wait for our next interval to be listed.
  if (before === 'Down' || (before === '2-Way' && !listed)) {
    sendHello(ctx, state, name, from);
    count(state.counters, 'helloAnswered');
  }
  return undefined;
}
