/** Sending Router Advertisements (RFC 1256 4.3). */
import type { Context } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { type Broadcast, isDue } from '../broadcast.ts';
import { count } from '../counter.ts';
import { advertised } from './interface.ts';
import { encode } from './packet.ts';
import type { State } from './state.ts';

/** RFC 1256 4.1: the default AdvertisementAddress, all systems on this network. */
export const ALL_SYSTEMS = '224.0.0.1';

/** Advertises on each interface whose interval ends with this tick. */
export function advertiseOnTick(ctx: Context, state: State, broadcast: Broadcast): void {
  for (const [name, { interval }] of Object.entries(state.config.interfaces)) {
    if (isDue(broadcast, interval)) advertise(ctx, state, name, ALL_SYSTEMS);
  }
}

/** Sends one advertisement, or nothing when there is no address to advertise. */
export function advertise(ctx: Context, state: State, name: string, to: string): void {
  const addresses = advertised(state, name);
  if (addresses.length === 0) return;
  const payload = encode({ type: 'advertisement', lifetime: state.config.lifetime, addresses });
  const packet: RawIpOut = { to, payload };
  count(state.counters, ctx.transmit('icmp', name, packet) === 'sent' ? 'sent' : 'notSent');
}
